//! The one table of commands. Keymaps, help and the palette come from it; nothing else names a command.

mod table;

pub use table::{Command, TABLE};

use crate::domain::cluster::Stack;
use crate::domain::role::Role;

/// Where a command works, and the keymap section that may bind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere but in dialogs and input lines.
    Global,
    /// The overview.
    Overview,
    /// A zoomed table.
    Table,
    /// A detail page.
    Detail,
    /// Members: their pane, their table, a member's page.
    Members,
    /// Services and guests in the same way.
    Services,
    /// Storage in the same way.
    Storage,
    /// Tasks, and the page of one.
    Tasks,
    /// The timeline, focused or zoomed.
    Timeline,
    /// The list of alerts.
    Alerts,
}

impl Scope {
    /// All, in the order in which help lists them.
    pub const ALL: [Self; 10] = [
        Self::Global,
        Self::Overview,
        Self::Table,
        Self::Detail,
        Self::Members,
        Self::Services,
        Self::Storage,
        Self::Tasks,
        Self::Timeline,
        Self::Alerts,
    ];

    /// The section's name in a keymap file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Overview => "overview",
            Self::Table => "table",
            Self::Detail => "detail",
            Self::Members => "members",
            Self::Services => "services",
            Self::Storage => "storage",
            Self::Tasks => "tasks",
            Self::Timeline => "timeline",
            Self::Alerts => "alerts",
        }
    }

    /// The scope with this name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// When a command applies, beside its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// A row is selected.
    Selected,
    /// More than one cluster is configured.
    SeveralClusters,
    /// An alert is known.
    AnyAlert,
    /// There is a screen, a filter or a frozen picture to come back from.
    Back,
    /// Something can be changed at all.
    Acting,
    /// A service is selected, and something can be changed.
    Service,
    /// A service is selected, or a task that moves one.
    Migration,
    /// A member is selected.
    Member,
    /// A logical volume is selected.
    Volume,
    /// A physical volume is selected.
    Pv,
    /// A task of this session is selected.
    Task,
}

/// What a command can do to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// Nothing: it looks.
    Looks,
    /// It tidies: nothing that runs is touched.
    Tidies,
    /// It changes what runs where.
    Changes,
    /// What it ends, or where it leads, cannot be taken back.
    Ends,
}

/// What kind of thing is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named by what they are")]
pub enum Kind {
    Service,
    Member,
    Volume,
    Pv,
    Task,
}

/// What the screen says about [`When`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// A row is selected.
    pub selected: bool,
    /// More than one cluster is configured.
    pub several_clusters: bool,
    /// An alert is known.
    pub any_alert: bool,
    /// There is something to come back from.
    pub back: bool,
    /// What can be acted upon is selected.
    pub kind: Option<Kind>,
    /// Why nothing can be changed, if so.
    pub barred: Option<&'static str>,
    /// A task that moves a service is selected, and not over.
    pub moves: bool,
    /// What is selected, or moved by the selected task, is a guest that no service manages: its migration is libvirt's on every stack.
    pub alone: bool,
    /// What the operator may do.
    pub role: Role,
    /// Which cluster stack runs.
    pub stack: Option<Stack>,
}

impl When {
    /// Whether it applies; if not, why.
    pub const fn check(self, facts: Facts) -> Result<(), &'static str> {
        match self {
            Self::Selected if !facts.selected => Err("nothing is selected"),
            Self::SeveralClusters if !facts.several_clusters => Err("only one cluster is configured"),
            Self::AnyAlert if !facts.any_alert => Err("there are no alerts"),
            Self::Back if !facts.back => Err("this is the first screen"),
            Self::Service if !matches!(facts.kind, Some(Kind::Service)) => Err("select a service"),
            Self::Migration if !matches!(facts.kind, Some(Kind::Service)) && !facts.moves => {
                Err("select a service, or a task that moves one")
            }
            Self::Member if !matches!(facts.kind, Some(Kind::Member)) => Err("select a member"),
            Self::Volume if !matches!(facts.kind, Some(Kind::Volume)) => Err("select a logical volume"),
            Self::Pv if !matches!(facts.kind, Some(Kind::Pv)) => Err("select a physical volume"),
            Self::Task if !matches!(facts.kind, Some(Kind::Task)) => Err("select a task of this session"),
            _ => Ok(()),
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its identity.
    pub id: Command,
    /// Its name in keymaps and in the palette.
    pub name: &'static str,
    /// One line for help and the palette.
    pub doc: &'static str,
    /// Where it works.
    pub scope: Scope,
    /// When it applies.
    pub when: When,
    /// The least role that may do it.
    pub role: Role,
    /// What it can do to the cluster.
    pub danger: Danger,
}

impl Entry {
    /// Whether it acts on the cluster: the palette shows it everywhere, with the reason where it does not apply.
    pub const fn acts(&self) -> bool {
        matches!(self.when, When::Acting | When::Service | When::Migration | When::Member | When::Volume | When::Pv | When::Task)
    }

    /// Whether it applies now; if not, why.
    pub fn check(&self, facts: Facts) -> Result<(), &'static str> {
        if self.acts() {
            if let Some(why) = facts.barred {
                return Err(why);
            }
            if self.role > facts.role {
                return Err("it needs the role admin");
            }
            let of_libvirt = facts.alone && matches!(self.when, When::Migration);
            if let Some(why) = self.id.bars(facts.stack).filter(|_| !of_libvirt) {
                return Err(why);
            }
        }
        self.when.check(facts)
    }
}

impl Command {
    /// Its row.
    pub fn entry(self) -> &'static Entry {
        // The table holds every variant in its order: a test checks it.
        &TABLE[self as usize]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The command with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|e| e.name == name).map(|e| e.id)
    }
}
