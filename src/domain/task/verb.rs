//! What can be done to one service, one node, one daemon.

/// What can be done to one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the contract's words")]
pub enum ServiceVerb {
    Cancel,
    PostCopy,
    Suspend,
    Resume,
    Start,
    Stop,
    StopForced,
    Restart,
    Reset,
    Freeze,
    Unfreeze,
    Cleanup,
    Clear,
    Unregister,
    Enable,
    Disable,
    Convalesce,
}

impl ServiceVerb {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::PostCopy => "post-copy",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Start => "start",
            Self::Stop | Self::StopForced => "stop",
            Self::Restart => "restart",
            Self::Reset => "reset",
            Self::Freeze => "freeze",
            Self::Unfreeze => "unfreeze",
            Self::Cleanup => "cleanup",
            Self::Clear => "clear",
            Self::Unregister => "unregister",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Convalesce => "convalesce",
        }
    }
}

/// What can be done to one node, fencing apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the contract's words")]
pub enum NodeVerb {
    ConfirmFence,
    TestFence,
    Standby,
    Unstandby,
    Drain,
    Leave,
    Join,
    Reboot,
    Kill,
}

impl NodeVerb {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ConfirmFence => "confirm-fence",
            Self::TestFence => "test-fence",
            Self::Standby => "standby",
            Self::Unstandby => "unstandby",
            Self::Drain => "drain",
            Self::Leave => "leave",
            Self::Join => "join",
            Self::Reboot => "reboot",
            Self::Kill => "kill",
        }
    }
}

/// A daemon that is started and stopped by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "named by what they are")]
pub enum Daemon {
    Rgmanager,
    Clvmd,
}

impl Daemon {
    /// Its name, which is also its init script's.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rgmanager => "rgmanager",
            Self::Clvmd => "clvmd",
        }
    }
}
