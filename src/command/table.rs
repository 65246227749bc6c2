//! The rows.

use super::{Entry, Scope, When};

/// Makes the enum and the table from one list, so that neither can miss a command.
macro_rules! commands {
    ($($id:ident $name:literal $scope:ident $when:ident $doc:literal;)*) => {
        /// Every command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Command { $(#[doc = $doc] $id,)* }

        /// Every command's row, in the order of the enum.
        pub const TABLE: &[Entry] = &[$(Entry {
            id: Command::$id, name: $name, doc: $doc, scope: Scope::$scope, when: When::$when,
        },)*];
    };
}

commands! {
    Help "help" Global Always "keys and commands of this screen";
    Palette "palette" Global Always "type a command";
    Quit "quit" Global Always "leave quorate; the cluster does not notice";
    Back "back" Global Back "back: out of the screen, the filter, the frozen picture";
    Enter "enter" Global Always "deeper: zoom a pane, open a row";
    MoveDown "move-down" Global Always "next row or line";
    MoveUp "move-up" Global Always "row or line before";
    MoveLeft "move-left" Global Always "pane to the left";
    MoveRight "move-right" Global Always "pane to the right";
    NextPane "next-pane" Global Always "next pane";
    PreviousPane "previous-pane" Global Always "pane before";
    PageDown "page-down" Global Always "a page down";
    PageUp "page-up" Global Always "a page up";
    First "first" Global Always "first row";
    Last "last" Global Always "last row; the timeline follows again";
    Members "members" Global Always "go to members and quorum";
    Services "services" Global Always "go to services";
    Storage "storage" Global Always "go to storage";
    Network "network" Global Always "go to bonds and interfaces";
    Guests "guests" Global Always "go to the guests, as libvirt has them";
    Console "console" Global Selected "the serial console of the selected guest; ^] comes back";
    Timeline "timeline" Global Always "go to the timeline";
    Alerts "alerts" Global Always "list the alerts";
    WorstAlert "worst-alert" Global AnyAlert "go to what the worst alert is about";
    Quorum "quorum" Global Always "votes and quorum in detail, view by view";
    Filter "filter" Global Always "filter the pane: words, node: svc: sev: src: state:, ! for not";
    ClearFilter "clear-filter" Global Always "show every row of the pane again";
    Freeze "freeze" Global Always "freeze the whole screen, or let it go on";
    Clusters "clusters" Global SeveralClusters "pick a cluster";
    NextCluster "next-cluster" Global SeveralClusters "go to the next configured cluster";
    Hurry "hurry" Global Always "try the nodes that do not answer again now";
    Copy "copy" Global Selected "copy the selected row";
    NextTheme "next-theme" Global Always "change the colours";
    Redraw "redraw" Global Always "draw the whole screen anew";
    Suspend "suspend" Global Always "stop quorate and go to the shell; fg comes back";
    Sort "sort" Table Always "sort the table by a column";
    Problems "problems" Table Always "only rows in trouble, or all again";
    Follow "follow" Timeline Always "follow new events again";
    NextTrouble "next-trouble" Timeline Always "next warning or worse";
    PreviousTrouble "previous-trouble" Timeline Always "warning or worse before";
    QuietShort "quiet-10m" Alerts Selected "quiet this alert for 10 minutes";
    QuietLong "quiet-1h" Alerts Selected "quiet this alert for an hour";
    Unquiet "unquiet" Alerts Selected "make a quieted alert loud again";
}
