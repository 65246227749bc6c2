//! The one table of commands. Keymaps, help and the palette come from it; nothing else names a command.

mod table;

pub use table::{Command, TABLE};

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
    /// The timeline, focused or zoomed.
    Timeline,
    /// The list of alerts.
    Alerts,
}

impl Scope {
    /// All, in the order in which help lists them.
    pub const ALL: [Self; 6] = [Self::Global, Self::Overview, Self::Table, Self::Detail, Self::Timeline, Self::Alerts];

    /// The section's name in a keymap file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Overview => "overview",
            Self::Table => "table",
            Self::Detail => "detail",
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
}

impl When {
    /// Whether it applies; if not, why.
    pub const fn check(self, facts: Facts) -> Result<(), &'static str> {
        match self {
            Self::Selected if !facts.selected => Err("nothing is selected"),
            Self::SeveralClusters if !facts.several_clusters => Err("only one cluster is configured"),
            Self::AnyAlert if !facts.any_alert => Err("there are no alerts"),
            Self::Back if !facts.back => Err("this is the first screen"),
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
