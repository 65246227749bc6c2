//! Members: their status, what their hosts measure, and the links between them.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::node::{NodeKey, Reach};
use crate::domain::observation::corosync::DlmView;
use crate::domain::observation::host::{Unit, WatchdogView};
use crate::domain::observation::manager::NodeKind;
use crate::domain::observation::{Question, Trouble};
use crate::domain::rhcs::RhcsMember;
use crate::domain::stamp::Stamp;

/// A member's status, the first that applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum MemberStatus {
    Unclean,
    Pending,
    Offline,
    Standby,
    Maintenance,
    Online,
    #[default]
    Unknown,
}

impl MemberStatus {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unclean => "unclean",
            Self::Pending => "pending",
            Self::Offline => "offline",
            Self::Standby => "standby",
            Self::Maintenance => "maintenance",
            Self::Online => "online",
            Self::Unknown => "unknown",
        }
    }
}

/// A member (or a configured node that no manager knows).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// Its name in the cluster.
    pub name: Arc<str>,
    /// The node of this session that it is, if quorate asks it.
    pub node: Option<NodeKey>,
    /// Its id.
    pub id: Option<String>,
    /// Member, remote or guest node.
    pub kind: NodeKind,
    /// Votes.
    pub votes: Option<u32>,
    /// The manager's status.
    pub status: MemberStatus,
    /// Its health by the manager, where that is not green.
    pub health: Option<String>,
    /// quorate runs on it.
    pub local: bool,
    /// It is the DC.
    pub dc: bool,
    /// The manager (pacemaker, rgmanager) runs there.
    pub manager: Option<bool>,
    /// The way to it.
    pub reach: Reach,
    /// When it answered last.
    pub answered: Option<Stamp>,
    /// The host's figures.
    pub host: HostFigures,
    /// Theirs minus ours, microseconds, and half the round trip of the best sample.
    pub clock_offset: Option<(i64, i64)>,
    /// Daemons that matter.
    pub units: Vec<Unit>,
    /// Watchdog and sbd.
    pub watchdog: Option<WatchdogView>,
    /// DLM.
    pub dlm: Option<DlmView>,
    /// corosync's links to each peer.
    pub links: Vec<PeerLink>,
    /// Questions that got no answer at the last attempt: shown in place of a blank.
    pub troubles: Vec<(Question, Trouble)>,
    /// Questions about storage and guests that are out: within reach, but neither answered nor failed so far.
    pub unheard: Vec<Question>,
    /// How many streams are live, how many are polled in their place (and why).
    pub streams: StreamFacts,
    /// What only Red Hat Cluster Suite has.
    pub rhcs: Option<Box<RhcsMember>>,
    /// How many services are active here.
    pub services: usize,
    /// How many guests run here (kind vm).
    pub guests: usize,
}

impl Member {
    /// Whether the cluster knows it to be off, and nobody reaches it either.
    pub fn is_off(&self) -> bool {
        self.status == MemberStatus::Offline && !self.reach.is_up()
    }
}

/// What a host says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostFigures {
    /// When.
    pub at: Option<Stamp>,
    /// Uptime when asked.
    pub uptime: Option<Duration>,
    /// CPUs.
    pub cpus: Option<u32>,
    /// Bytes.
    pub memory_bytes: Option<u64>,
    /// From two readings at least 0.5 s apart.
    pub cpu_percent: Option<f64>,
    /// Used share.
    pub memory_percent: Option<f64>,
    /// 1, 5, 15 minutes.
    pub load: Option<[f32; 3]>,
    /// Interfaces with a device behind them, or veth.
    pub nics: Option<u32>,
    /// Kernel release.
    pub kernel: Option<String>,
    /// Distribution.
    pub os: Option<String>,
    /// The host's own name (`uname -n`), which need not be the member's.
    pub hostname: Option<String>,
    /// CPU percent of the last minutes, oldest first.
    pub cpu_history: Vec<u8>,
}

/// The live streams of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamFacts {
    /// Names of the streams that flow.
    pub live: Vec<String>,
    /// Names of those that are polled in place, with the reason.
    pub polled: Vec<(String, String)>,
}

/// A corosync link from a member to a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerLink {
    /// Link number.
    pub number: u32,
    /// The peer's name; none for corosync 2's rings.
    pub peer: Option<Arc<str>>,
    /// Connected.
    pub connected: Option<bool>,
    /// Average latency.
    pub latency: Option<Duration>,
    /// How often it went down.
    pub down_count: Option<u64>,
    /// Our and the peer's address.
    pub addresses: (Option<String>, Option<String>),
    /// As printed when it is not simply connected.
    pub detail: Option<String>,
}
