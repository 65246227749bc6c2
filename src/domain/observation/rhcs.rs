//! What Red Hat Cluster Suite says (`clustat`, `cman_tool`, `fence_tool`, `group_tool`, `mkqdisk`, cluster.conf), RHEL 4 to 6.

use crate::domain::stamp::Stamp;

mod conf;
mod fence;

pub use conf::{ClusterConf, ConfDisk, ConfNode, ConfService, FailoverDomain, FenceDevice, FenceMethod};
pub use fence::{Attempt, FenceDomain, FenceNode, Fencing, Group, GroupsView};

/// One `clustat` answer: the cluster as the node that was asked sees it. Text is harmless already. `None` is "not said".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClustatView {
    /// The cluster's name.
    pub cluster_name: Option<String>,
    /// Grows at each change of the membership; equal on all members.
    pub generation: Option<u64>,
    /// Quorum by cman.
    pub quorate: Option<bool>,
    /// Quorate, and rgmanager runs on the node that was asked. RHEL 6's text does not say.
    pub group_member: Option<bool>,
    /// All nodes, without the quorum disk.
    pub nodes: Vec<ClustatNode>,
    /// The quorum disk: its device or label, and whether it is there.
    pub quorum_disk: Option<(String, bool)>,
    /// The services. None: rgmanager gave no list, which says nothing of what runs.
    pub groups: Option<Vec<ClustatGroup>>,
    /// It was the text form, which cuts names and leaves out flags, restarts and times.
    pub from_text: bool,
    /// What the tool said before the XML, or on standard error.
    pub warnings: Vec<String>,
}

impl ClustatView {
    /// rgmanager answers on the node that was asked, and clustat complains of nothing: where it prints no list then, there is none to print.
    pub fn is_content(&self) -> bool {
        let quorate = self.quorate == Some(true) && self.group_member == Some(true);
        quorate && self.warnings.is_empty() && self.nodes.iter().any(|n| n.local && n.rgmanager)
    }
}

/// A node as clustat shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "clustat's own attributes")]
pub struct ClustatNode {
    /// As in cluster.conf; `Node<id>` where it is not in there.
    pub name: String,
    /// cman's node id (64 bits in RHEL 4).
    pub id: Option<u64>,
    /// A member now.
    pub online: bool,
    /// The node that was asked.
    pub local: bool,
    /// Online, but not in cluster.conf.
    pub estranged: bool,
    /// rgmanager answers there, as far as the node that was asked knows.
    pub rgmanager: bool,
    /// It evaluates events for all (`central_processing`).
    pub master: bool,
}

/// A service as clustat shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClustatGroup {
    /// `vm:wiki`, `service:web`; without a prefix in RHEL 4.
    pub name: String,
    /// 110 to 120 ([`GroupState`]); none for a word or a number that no version has.
    pub state: Option<GroupState>,
    /// The state as printed.
    pub word: String,
    /// Neither checked, started, stopped nor recovered. None: this version or form does not say.
    pub frozen: Option<bool>,
    /// Some non-critical resources of it do not run.
    pub partial: Option<bool>,
    /// The owner; none for `none` and `unknown`.
    pub owner: Option<String>,
    /// The owner before.
    pub last_owner: Option<String>,
    /// Recoveries since the last normal start.
    pub restarts: Option<u32>,
    /// Last change of state; none if it never changed since the cluster formed.
    pub last_transition: Option<Stamp>,
}

/// rgmanager's states, by their codes (rgmanager's resgroup.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "rgmanager's own words")]
pub enum GroupState {
    Stopped = 110,
    Starting = 111,
    Started = 112,
    Stopping = 113,
    Failed = 114,
    Uninitialized = 115,
    Checking = 116,
    Recoverable = 117,
    Recovering = 118,
    Disabled = 119,
    Migrating = 120,
}

impl GroupState {
    const ALL: [(Self, &'static str); 11] = [
        (Self::Stopped, "stopped"),
        (Self::Starting, "starting"),
        (Self::Started, "started"),
        (Self::Stopping, "stopping"),
        (Self::Failed, "failed"),
        (Self::Uninitialized, "uninitialized"),
        (Self::Checking, "checking"),
        (Self::Recoverable, "recoverable"),
        (Self::Recovering, "recovering"),
        (Self::Disabled, "disabled"),
        (Self::Migrating, "migrating"),
    ];

    /// The state of a code.
    pub fn of_code(code: u32) -> Option<Self> {
        Self::ALL.iter().map(|(state, _)| *state).find(|state| *state as u32 == code)
    }

    /// The state of clustat's word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| word.eq_ignore_ascii_case(w)).map(|(state, _)| *state)
    }

    /// clustat's word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    /// Whether a service in this state has an owner on which some or all of it runs.
    pub const fn is_owned(self) -> bool {
        matches!(self, Self::Starting | Self::Started | Self::Stopping | Self::Checking | Self::Recoverable | Self::Migrating)
    }
}

/// `cman_tool status` and `cman_tool nodes`: one node's own view of votes and membership.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CmanView {
    /// The cluster's name.
    pub cluster_name: Option<String>,
    /// Version of the configuration that runs.
    pub config_version: Option<u32>,
    /// Equal on all members.
    pub generation: Option<u64>,
    /// `Cluster-Member`, `Joining`, `Leaving`, `Not-in-Cluster`.
    pub membership: Option<String>,
    /// Expected votes.
    pub expected: Option<u32>,
    /// Votes of the quorum disk, where one is registered and alive.
    pub disk_votes: Option<u32>,
    /// Votes of this partition, the quorum disk's included.
    pub total: Option<u32>,
    /// This node's votes (not in early RHEL 5).
    pub own_votes: Option<u32>,
    /// Votes needed.
    pub needed: Option<u32>,
    /// `Activity blocked`: no quorum.
    pub blocked: bool,
    /// As printed: 2node, Shutdown, Error, DisallowedNodes, DisallowedEnabled, Dirty, HaveState.
    pub flags: Vec<String>,
    /// Ports bound on this node: 0 cman, 11 clvmd, 177 rgmanager. None: not printed.
    pub ports: Option<Vec<u32>>,
    /// This node's name in the cluster.
    pub node_name: Option<String>,
    /// This node's id.
    pub node_id: Option<u32>,
    /// Multicast addresses.
    pub multicast: Vec<String>,
    /// Names of the nodes that are present but not allowed.
    pub disallowed: Vec<String>,
    /// All nodes, without the quorum disk.
    pub nodes: Vec<CmanNode>,
    /// The quorum disk's row: its device or label, and whether it is there.
    pub quorum_disk: Option<(String, bool)>,
}

impl CmanView {
    /// Whether this node's partition has quorum; none where `cman_tool status` said nothing of it.
    pub fn quorate(&self) -> Option<bool> {
        self.needed.map(|_| !self.blocked)
    }

    /// Whether a daemon listens on a cman port of this node (11 clvmd, 177 rgmanager).
    pub fn is_bound(&self, port: u32) -> Option<bool> {
        self.ports.as_ref().map(|ports| ports.contains(&port))
    }
}

/// A row of `cman_tool nodes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CmanNode {
    /// Node id.
    pub id: u32,
    /// As in cluster.conf; `Node<id>` where it is not in there.
    pub name: String,
    /// In the membership or not.
    pub standing: Standing,
    /// The incarnation: the ring at which it joined.
    pub incarnation: Option<u64>,
    /// When it joined, as printed: local time of the node that was asked.
    pub joined: Option<String>,
    /// Addresses of its rings.
    pub addresses: Vec<String>,
    /// Votes (RHEL 6 alone prints them).
    pub votes: Option<u32>,
    /// When and by what it was fenced last, as printed (RHEL 5).
    pub last_fenced: Option<String>,
    /// It went down and has not been fenced since (RHEL 5).
    pub unfenced: bool,
}

/// How a node stands to the membership, by the letters of `cman_tool nodes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// `M`.
    Member,
    /// `X`: dead, or it never joined.
    Dead,
    /// `d`: there, with state that it should not have; it has to be rebooted.
    Disallowed,
    /// On its way in.
    Joining,
    /// On its way out.
    Leaving,
    /// `?`, or what no version prints.
    #[default]
    Unknown,
}

/// A quorum disk that `mkqdisk -L` found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuorumDisk {
    /// All its paths.
    pub paths: Vec<String>,
    /// Its label.
    pub label: Option<String>,
    /// When it was made, as printed.
    pub created: Option<String>,
    /// Who made it.
    pub host: Option<String>,
    /// What each node last wrote to it (`-d`).
    pub slots: Vec<DiskSlot>,
}

/// A node's status block on a quorum disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "mkqdisk's own words")]
pub struct DiskSlot {
    pub node: u32,
    pub updated: Option<String>,
    pub state: Option<String>,
    pub score: Option<String>,
}
