//! What corosync says of itself.

use std::time::Duration;

/// `corosync-quorumtool -s`, one node's own view. Never judged by the exit code: its meaning was inverted in 3.0.2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuorumView {
    /// `Quorate: Yes`.
    pub quorate: Option<bool>,
    /// This node's id.
    pub node_id: Option<u32>,
    /// The ring id (`1.16`; in corosync 2 `1/16`): equal on all nodes of one partition.
    pub ring_id: Option<String>,
    /// Expected votes.
    pub expected: Option<u32>,
    /// Highest expected.
    pub highest_expected: Option<u32>,
    /// Votes of this partition.
    pub total: Option<u32>,
    /// Votes needed.
    pub needed: Option<u32>,
    /// Flags as printed, without `Quorate`: 2Node, WaitForAll, LastManStanding, AutoTieBreaker, AllowDownscale, Qdevice.
    pub flags: Vec<String>,
    /// The members of this partition.
    pub members: Vec<QuorumMember>,
    /// The quorum device's row: (votes, name).
    pub qdevice: Option<(u32, String)>,
}

/// A row of the membership information.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuorumMember {
    /// Node id.
    pub id: u32,
    /// Votes; none where the list does not tell.
    pub votes: Option<u32>,
    /// As printed: a name, or an address where no name is known.
    pub name: String,
    /// The node that answered.
    pub local: bool,
    /// `A/NA,V/NV,MW/NMW` where a qdevice is used.
    pub qdevice: Option<String>,
}

/// `corosync-cfgtool -s` and `-n`: this node's links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinksView {
    /// knet, udpu, udp.
    pub transport: Option<String>,
    /// The node's own id.
    pub local_id: Option<u32>,
    /// Every link to every peer (corosync 2: each ring once, peer none).
    pub links: Vec<Link>,
}

/// One link to one peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Link or ring number.
    pub number: u32,
    /// Id of the peer; none where the tool does not tell peers apart.
    pub peer: Option<u32>,
    /// Our address on it.
    pub address: Option<String>,
    /// The peer's address.
    pub peer_address: Option<String>,
    /// Enabled.
    pub enabled: Option<bool>,
    /// Connected (a ring: no fault).
    pub connected: Option<bool>,
    /// As printed when it is not simply connected.
    pub detail: Option<String>,
}

/// `stats.knet.nodeN.linkM.*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkStat {
    /// Id of the peer.
    pub peer: u32,
    /// Link number.
    pub link: u32,
    /// Connected.
    pub connected: Option<bool>,
    /// Enabled.
    pub enabled: Option<bool>,
    /// Average latency.
    pub latency: Option<Duration>,
    /// How often it went down.
    pub down_count: Option<u64>,
    /// How often it came up.
    pub up_count: Option<u64>,
}

/// `corosync-cmapctl`: what else matters of the map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CmapView {
    /// `totem.cluster_name`.
    pub cluster_name: Option<String>,
    /// `totem.token`, `runtime.config.totem.token`.
    pub token: Option<Duration>,
    /// The nodelist.
    pub nodes: Vec<CmapNode>,
    /// Ids with `runtime.members.N.status` (3.x) or `runtime.totem.pg.mrp.srp.members.N.status` (2.x) joined.
    pub joined: Vec<u32>,
    /// `quorum.device.model`.
    pub qdevice_model: Option<String>,
}

/// `nodelist.node.N`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CmapNode {
    /// Node id.
    pub id: Option<u32>,
    /// `name`.
    pub name: Option<String>,
    /// `ring0_addr` and so on.
    pub addresses: Vec<String>,
    /// `quorum_votes`.
    pub votes: Option<u32>,
}

/// `corosync-qdevice-tool -s(v)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QdeviceView {
    /// Net.
    pub model: Option<String>,
    /// Connected, Disconnected ...
    pub state: Option<String>,
    /// host:port.
    pub qnetd: Option<String>,
    /// The algorithm.
    pub algorithm: Option<String>,
    /// Tie-breaker.
    pub tie_breaker: Option<String>,
}

/// `dlm_tool status` and `ls`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DlmView {
    /// Cluster node id of this node.
    pub node_id: Option<u32>,
    /// The daemon's own quorum.
    pub quorate: Option<bool>,
    /// Anything it waits for (`fence`, `ringid` ...), harmless text.
    pub waiting: Vec<String>,
    /// Lockspaces: (name, member ids, change in progress).
    pub lockspaces: Vec<(String, Vec<u32>, bool)>,
}
