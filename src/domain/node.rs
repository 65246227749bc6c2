//! Nodes as quorate reaches them.

use std::fmt;

use serde::Serialize;

use super::stamp::Stamp;

/// A node of this session: its place in the session's node table. Stays the same while quorate runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeKey(pub u32);

/// Why a node is not reachable; the first word of `members[].error` in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkFault {
    /// Nothing answered in time: switched off, cut off, or it accepts TCP and stays silent.
    Timeout,
    /// The port is closed.
    Refused,
    /// No route, no such name, network down.
    Unreachable,
    /// sshd took none of our keys.
    Auth,
    /// The host key is unknown and refused, changed, or revoked.
    Hostkey,
    /// sshd grants no session channel.
    Sessions,
    /// Neither side understands the other, or the connection broke in the middle.
    Protocol,
}

impl LinkFault {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Timeout, Self::Refused, Self::Unreachable, Self::Auth, Self::Hostkey, Self::Sessions, Self::Protocol];

    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Auth => "auth",
            Self::Hostkey => "hostkey",
            Self::Sessions => "sessions",
            Self::Protocol => "protocol",
        }
    }

    /// Whether nobody was met: what was met is the node, whatever it said.
    pub const fn leads_nowhere(self) -> bool {
        matches!(self, Self::Unreachable | Self::Timeout | Self::Refused)
    }
}

/// What failed on the way to a node, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTrouble {
    /// The kind, for scripts.
    pub fault: LinkFault,
    /// One sentence for the operator (without the fault's word), already harmless.
    pub text: String,
}

/// How the text of a trouble begins that a host on the way to the node had, or made (`link::ssh::dial`).
const ON_THE_WAY: &str = "jump host ";

impl LinkTrouble {
    /// Whether it was met before the node was.
    pub fn is_on_the_way(&self) -> bool {
        self.text.starts_with(ON_THE_WAY)
    }
}

impl fmt::Display for LinkTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.fault.word(), self.text)
    }
}

impl std::error::Error for LinkTrouble {}

/// The state of the way to a node.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Reach {
    /// Nothing has been tried.
    #[default]
    Untried,
    /// The first attempt runs.
    Connecting {
        /// Since when.
        since: Stamp,
    },
    /// Connected, authenticated, and the pipe's echo is in time.
    Up {
        /// Since when.
        since: Stamp,
        /// What is less than it should be (old algorithms, few sessions).
        note: Option<String>,
    },
    /// Not reachable; tried again by itself.
    Down {
        /// Since when.
        since: Stamp,
        /// What failed at the last attempt.
        trouble: LinkTrouble,
    },
}

impl Reach {
    /// Whether the node answers now.
    pub const fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }

    /// What its sshd said at the last attempt, where that answers and lets nobody in: such a node is not off.
    pub fn answered(&self) -> Option<&LinkTrouble> {
        use LinkFault as F;
        let Self::Down { trouble, .. } = self else { return None };
        let spoke = matches!(trouble.fault, F::Auth | F::Hostkey | F::Sessions | F::Protocol);
        (spoke && !trouble.is_on_the_way()).then_some(trouble)
    }

    /// What counts as its trouble where nobody waits any longer; none where it answers, or is known to be down.
    pub fn late(&self, now: Stamp) -> Option<LinkTrouble> {
        let text = match self {
            Self::Connecting { since } => format!("no answer for {} s, still trying", since.age(now).as_secs()),
            Self::Untried => "no answer yet".to_owned(),
            Self::Up { .. } | Self::Down { .. } => return None,
        };
        Some(LinkTrouble { fault: LinkFault::Timeout, text })
    }
}
