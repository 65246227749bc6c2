//! The rows.

use super::{Danger, Entry, Scope, When};
use crate::domain::cluster::Stack;
use crate::domain::role::Role;

impl Command {
    /// Why there is no such thing on this cluster stack; none: there is, or which stack runs is not known.
    pub fn bars(self, stack: Option<Stack>) -> Option<&'static str> {
        match (stack, self) {
            (
                Some(Stack::Pacemaker),
                Self::Enable
                | Self::Disable
                | Self::Convalesce
                | Self::Answer
                | Self::Policy
                | Self::Kill
                | Self::RgmanagerStart
                | Self::RgmanagerStop
                | Self::ClvmdStart
                | Self::ClvmdStop
                | Self::ExpectedVotes,
            ) => Some("Red Hat Cluster Suite has it, Pacemaker does not"),
            (Some(Stack::Rhcs), Self::Standby | Self::Unstandby) => Some("rgmanager has no standby: drain, then rgmanager-stop"),
            (Some(Stack::Rhcs), Self::MaintenanceOn | Self::MaintenanceOff) => Some("rgmanager has no maintenance mode: freeze services"),
            (Some(Stack::Rhcs), Self::Clear) => Some("rgmanager keeps no constraints"),
            (Some(Stack::Rhcs), Self::CancelMigration) => Some("rgmanager would call the service failed"),
            (
                Some(Stack::Libvirt),
                Self::Suspend
                | Self::Resume
                | Self::Start
                | Self::Stop
                | Self::StopForced
                | Self::Restart
                | Self::Reset
                | Self::Relocate
                | Self::Limit
                | Self::PostCopy
                | Self::CancelMigration
                | Self::StopTask
                | Self::TakeBack,
            ) => None,
            (Some(Stack::Libvirt), command) if command.entry().acts() => Some("no cluster manager runs here"),
            _ => None,
        }
    }
}

/// Makes the enum and the table from one list, so that neither can miss a command.
macro_rules! commands {
    ($($id:ident $name:literal $scope:ident $when:ident $role:ident $danger:ident $doc:literal;)*) => {
        /// Every command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Command { $(#[doc = $doc] $id,)* }

        /// Every command's row, in the order of the enum.
        pub const TABLE: &[Entry] = &[$(Entry {
            id: Command::$id, name: $name, doc: $doc, scope: Scope::$scope, when: When::$when, role: Role::$role, danger: Danger::$danger,
        },)*];
    };
}

commands! {
    Help "help" Global Always Viewer Looks "keys and commands of this screen";
    Palette "palette" Global Always Viewer Looks "type a command";
    Quit "quit" Global Always Viewer Looks "leave quorate; the cluster does not notice";
    Back "back" Global Back Viewer Looks "back: out of the screen, the filter, the frozen picture";
    Enter "enter" Global Always Viewer Looks "deeper: zoom a pane, open a row";
    MoveDown "move-down" Global Always Viewer Looks "next row or line";
    MoveUp "move-up" Global Always Viewer Looks "row or line before";
    MoveLeft "move-left" Global Always Viewer Looks "pane to the left";
    MoveRight "move-right" Global Always Viewer Looks "pane to the right";
    NextPane "next-pane" Global Always Viewer Looks "next pane";
    PreviousPane "previous-pane" Global Always Viewer Looks "pane before";
    PageDown "page-down" Global Always Viewer Looks "a page down";
    PageUp "page-up" Global Always Viewer Looks "a page up";
    First "first" Global Always Viewer Looks "first row";
    Last "last" Global Always Viewer Looks "last row; the timeline follows again";
    Members "members" Global Always Viewer Looks "go to members and quorum";
    Services "services" Global Always Viewer Looks "go to services";
    Storage "storage" Global Always Viewer Looks "go to storage";
    Network "network" Global Always Viewer Looks "go to bonds and interfaces";
    Guests "guests" Global Always Viewer Looks "go to the guests, as libvirt has them";
    Console "console" Global Selected Viewer Looks "the serial console of the selected guest; ^] comes back";
    Timeline "timeline" Global Always Viewer Looks "go to the timeline";
    Alerts "alerts" Global Always Viewer Looks "list the alerts";
    WorstAlert "worst-alert" Global AnyAlert Viewer Looks "go to what the worst alert is about";
    Quorum "quorum" Global Always Viewer Looks "votes and quorum in detail, view by view";
    Filter "filter" Global Always Viewer Looks "filter the pane: words, node: svc: sev: src: state:, ! for not";
    ClearFilter "clear-filter" Global Always Viewer Looks "show every row of the pane again";
    Freeze "freeze" Global Always Viewer Looks "freeze the whole screen, or let it go on";
    Clusters "clusters" Global SeveralClusters Viewer Looks "pick a cluster";
    NextCluster "next-cluster" Global SeveralClusters Viewer Looks "go to the next configured cluster";
    Hurry "hurry" Global Always Viewer Looks "try the nodes that do not answer again now";
    Copy "copy" Global Selected Viewer Looks "copy the selected row";
    NextTheme "next-theme" Global Always Viewer Looks "change the colours";
    Redraw "redraw" Global Always Viewer Looks "draw the whole screen anew";
    Shell "shell" Global Always Viewer Looks "stop quorate and go to the shell; fg comes back";
    Sort "sort" Table Always Viewer Looks "sort the table by a column";
    Problems "problems" Table Always Viewer Looks "only rows in trouble, or all again";
    Follow "follow" Timeline Always Viewer Looks "follow new events again";
    NextTrouble "next-trouble" Timeline Always Viewer Looks "next warning or worse";
    PreviousTrouble "previous-trouble" Timeline Always Viewer Looks "warning or worse before";
    QuietShort "quiet-10m" Alerts Selected Viewer Looks "quiet this alert for 10 minutes";
    QuietLong "quiet-1h" Alerts Selected Viewer Looks "quiet this alert for an hour";
    Unquiet "unquiet" Alerts Selected Viewer Looks "make a quieted alert loud again";
    Tasks "tasks" Global Always Viewer Looks "tasks of all operators: what runs, what was done";
    Relocate "relocate" Services Service Operator Changes "move it to another node: live, by suspend and resume, by stop and start";
    Limit "limit" Services Migration Operator Changes "limit its migration: how long it may stand still, how much is sent";
    PostCopy "post-copy" Services Migration Operator Ends "let it run on the target at once, and copy after it what it lacks";
    CancelMigration "cancel" Services Migration Operator Changes "cancel its migration";
    Suspend "suspend" Services Service Operator Changes "let a guest stand still with its memory";
    Resume "resume" Services Service Operator Changes "let a guest go on";
    Start "start" Services Service Operator Changes "start it";
    Stop "stop" Services Service Operator Changes "stop it; a guest is asked to shut down";
    StopForced "stop-force" Services Service Operator Ends "switch a guest off without asking it";
    Restart "restart" Services Service Operator Changes "stop it and start it again";
    Reset "reset" Services Service Operator Ends "reset a guest, as its button would";
    LeaveAlone "freeze-service" Services Service Operator Changes "tell the manager to leave it alone";
    LookAfter "unfreeze-service" Services Service Operator Changes "let the manager look after it again";
    Cleanup "cleanup" Services Service Operator Tidies "let the manager forget its failures and try again";
    Clear "clear" Services Service Operator Tidies "take its leftover constraints away";
    Enable "enable" Services Service Operator Changes "start it where its failover domain wants it (rgmanager)";
    Disable "disable" Services Service Operator Changes "stop it, and keep it down (rgmanager)";
    Convalesce "convalesce" Services Service Operator Changes "start again what failed of it and is not critical (rgmanager)";
    Answer "answer" Services Service Operator Changes "answer the question that a guest of VMware Server waits with";
    Policy "policy" Services Service Admin Changes "its failover domain, or what is done when it fails (rgmanager)";
    Unregister "unregister" Services Service Admin Ends "take it out of the cluster; its guest runs on";
    Register "register" Services Acting Admin Changes "make a guest a service of the cluster";
    Fence "fence" Members Member Operator Ends "fence the node: reboot, off, on";
    ConfirmFence "confirm-fence" Members Member Admin Ends "tell the cluster that the node is off";
    TestFence "test-fence" Members Member Operator Looks "try its fence devices, without harm, from every node";
    Standby "standby" Members Member Operator Changes "put the node into standby: all that can moves off";
    Unstandby "unstandby" Members Member Operator Changes "take the node out of standby";
    Drain "drain" Members Member Operator Changes "move everything off, one after another, then standby";
    LeaveCluster "leave" Members Member Admin Ends "let the node leave the cluster";
    JoinCluster "join" Members Member Operator Changes "let the node join the cluster again";
    Reboot "reboot" Members Member Operator Ends "drain the node and reboot it";
    Kill "kill" Members Member Admin Ends "throw the node out of the cluster, to be fenced (cman)";
    RgmanagerStart "rgmanager-start" Members Member Operator Changes "start rgmanager on the node";
    RgmanagerStop "rgmanager-stop" Members Member Admin Ends "stop rgmanager on the node: its services move off";
    ClvmdStart "clvmd-start" Members Member Operator Changes "start clvmd on the node";
    ClvmdStop "clvmd-stop" Members Member Admin Ends "stop clvmd on the node";
    ExpectedVotes "expected" Members Acting Admin Ends "tell cman how many votes to expect";
    MaintenanceOn "maintenance-on" Global Acting Operator Ends "the manager starts, stops and moves nothing any more";
    MaintenanceOff "maintenance-off" Global Acting Operator Changes "the manager looks after everything again";
    Grow "grow" Storage Volume Operator Ends "grow the volume and all that stands on it";
    Evacuate "evacuate" Storage Pv Admin Ends "move everything off the physical volume";
    StopTask "stop-task" Tasks Task Operator Changes "stop the task after the step that runs";
    TakeBack "take-back" Tasks Task Operator Changes "plan what takes the task back";
}
