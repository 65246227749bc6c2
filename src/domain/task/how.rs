//! How an action is done: ways, sizes, policies.

/// How far a volume grows, in bytes. There is no way to say "smaller".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrowSize {
    /// By this much.
    By(u64),
    /// To this size.
    To(u64),
}

/// How a guest gets to another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelocateHow {
    /// It runs on while its memory is copied.
    Live,
    /// Its memory is saved here and restored there.
    Suspend,
    /// It is stopped here and started there.
    Restart,
}

impl RelocateHow {
    /// All, the gentlest first.
    pub const ALL: [Self; 3] = [Self::Live, Self::Suspend, Self::Restart];

    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Suspend => "suspend",
            Self::Restart => "restart",
        }
    }
}

/// What rgmanager does with a service that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recovery {
    /// Start it again where it was; elsewhere after too many times.
    Restart,
    /// Start it elsewhere.
    Relocate,
    /// Let it be.
    Disable,
    /// Start it again where it was; let it be if that fails.
    RestartDisable,
}

impl Recovery {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Restart, Self::Relocate, Self::Disable, Self::RestartDisable];

    /// As cluster.conf has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Relocate => "relocate",
            Self::Disable => "disable",
            Self::RestartDisable => "restart-disable",
        }
    }

    /// The one of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }
}

/// What fencing does to a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FenceHow {
    /// Off and on again.
    #[default]
    Reboot,
    /// Off.
    Off,
    /// On.
    On,
}

impl FenceHow {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reboot => "reboot",
            Self::Off => "off",
            Self::On => "on",
        }
    }
}
