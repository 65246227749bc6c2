//! The timeline's events.

use std::sync::Arc;

use serde::Serialize;

use super::stamp::Stamp;

/// How much an event or an alert matters. Ordered: the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Daily life; events only.
    Info,
    /// Worth a look.
    Notice,
    /// Redundancy or a service suffers.
    Warning,
    /// Something is down or about to be.
    Critical,
}

impl Severity {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Who speaks in an event; the contract's `source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the words are the field's own")]
pub enum Source {
    Corosync,
    Pacemaker,
    Rgmanager,
    Fence,
    Libvirt,
    Kernel,
    Net,
    Storage,
    Operator,
    Quorate,
}

impl Source {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Corosync => "corosync",
            Self::Pacemaker => "pacemaker",
            Self::Rgmanager => "rgmanager",
            Self::Fence => "fence",
            Self::Libvirt => "libvirt",
            Self::Kernel => "kernel",
            Self::Net => "net",
            Self::Storage => "storage",
            Self::Operator => "operator",
            Self::Quorate => "quorate",
        }
    }
}

/// One line of the timeline. All text is already harmless (`domain::text`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When it happened, corrected for the node's clock offset.
    pub at: Stamp,
    /// The member it comes from; none if quorate itself noticed it on no single node.
    pub node: Option<Arc<str>>,
    /// Who speaks.
    pub source: Source,
    /// How much it matters.
    pub severity: Severity,
    /// The member, service, `vg/lv`, `node:bond` ... that it is about, where the line names one.
    pub subject: Option<String>,
    /// One line.
    pub text: String,
    /// How many lines like it were folded into this one (a flood); 0 for a line that stands for itself.
    #[serde(skip)]
    pub folded: u32,
}
