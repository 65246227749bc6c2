//! What one node answered to one question, as it was said, before anything is concluded from it.

use std::time::Duration;

use super::node::NodeKey;
use super::stamp::Stamp;

pub mod corosync;
pub mod guest;
pub mod host;
pub mod log;
pub mod manager;
pub mod net;
pub mod references;
pub mod rhcs;
pub mod simulation;
pub mod storage;
pub mod vmware;

/// What can be asked of a node. One question is one command (or one fixed script) and one parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// Which of the tools that quorate uses exist, and their versions.
    Tools,
    /// `crm_mon -1` as XML: the manager's whole view. Asked of one node.
    CrmMon,
    /// `cibadmin --scope constraints`: preferences, bans, leftovers. Asked of one node.
    Constraints,
    /// `stonith_admin --history`: where `crm_mon` does not carry it. Asked of one node.
    FenceHistory,
    /// `stonith_admin --list-registered`: fence devices that this node may use. Asked of each node.
    FenceDevices,
    /// `corosync-quorumtool -s`: this node's own view of votes and quorum.
    Quorum,
    /// `corosync-cfgtool`: knet links (or totem rings) to each peer.
    Links,
    /// `corosync-cmapctl -m stats`: latency and down counts of the links, per peer.
    LinkStats,
    /// `corosync-cmapctl`: cluster name, node names and addresses, transport.
    Cmap,
    /// `corosync-qdevice-tool -s`.
    Qdevice,
    /// `dlm_tool status` and `ls`.
    Dlm,
    /// Watchdog devices and sbd.
    Watchdog,
    /// States of the daemons that matter, by systemd.
    Units,
    /// Processes of the daemons that matter, where there is no systemd.
    Daemons,
    /// CPU, memory, load, uptime, kernel.
    Host,
    /// The node's clock beside ours.
    Clock,
    /// `lvs`: logical volumes. Slow lane.
    Lvs,
    /// `vgs`. Slow lane.
    Vgs,
    /// `pvs`. Slow lane.
    Pvs,
    /// `dmsetup`: which volumes are active here. Cheap, asked of each node.
    DeviceMapper,
    /// Mounted filesystems and their usage. Slow lane: a dead server blocks it.
    Filesystems,
    /// `multipathd show maps json` (or `multipath -ll`).
    Multipath,
    /// `iscsiadm -m session`.
    Iscsi,
    /// Interfaces, bonds, bridges, VLANs.
    Net,
    /// `/proc/net/bonding/*`: what `ip` cannot say, or all where `ip` has no JSON.
    Bonding,
    /// Speed and duplex of each interface, from sysfs.
    LinkSpeeds,
    /// Where libvirt listens, and whether this user may connect.
    LibvirtSockets,
    /// Which guests the manager's resources are (`cibadmin --xpath`): the agent's parameters that name them. Asked of one node.
    GuestParams,
    /// The host as its libvirt knows it. By libvirt's own connection, as all that follow.
    VirtHost,
    /// Guests and their definitions.
    Guests,
    /// Bulk statistics of running guests.
    GuestStats,
    /// Running jobs of guests.
    GuestJobs,
    /// `clustat -x`: rgmanager's whole view. Asked of one node.
    Clustat,
    /// `cman_tool status` and `nodes`: this node's own view of votes and membership.
    Cman,
    /// `fence_tool ls -n`, `group_tool ls`: fence domain, DLM and GFS groups.
    Groups,
    /// /etc/cluster/cluster.conf, without its passwords.
    ClusterConf,
    /// `mkqdisk -L`: quorum disks. Reads every block device.
    QuorumDisk,
    /// `service NAME status` and `chkconfig`, where there is no systemd.
    InitScripts,
    /// `vmware-cmd -l` and `getstate`, or `vmrun list`: guests of VMware Server. Slow lane.
    Vmware,
    /// `vmware-cmd ... getheartbeat`, `getuptime`, `getpid`, `getid` of those that run. Slow lane.
    VmwareStats,
}

impl Question {
    /// All of them.
    pub const ALL: [Self; 40] = [
        Self::Tools,
        Self::CrmMon,
        Self::Constraints,
        Self::FenceHistory,
        Self::FenceDevices,
        Self::Quorum,
        Self::Links,
        Self::LinkStats,
        Self::Cmap,
        Self::Qdevice,
        Self::Dlm,
        Self::Watchdog,
        Self::Units,
        Self::Daemons,
        Self::Host,
        Self::Clock,
        Self::Lvs,
        Self::Vgs,
        Self::Pvs,
        Self::DeviceMapper,
        Self::Filesystems,
        Self::Multipath,
        Self::Iscsi,
        Self::Net,
        Self::Bonding,
        Self::LinkSpeeds,
        Self::LibvirtSockets,
        Self::GuestParams,
        Self::VirtHost,
        Self::Guests,
        Self::GuestStats,
        Self::GuestJobs,
        Self::Clustat,
        Self::Cman,
        Self::Groups,
        Self::ClusterConf,
        Self::QuorumDisk,
        Self::InitScripts,
        Self::Vmware,
        Self::VmwareStats,
    ];

    /// Answered by libvirt's own connection, not by a command.
    pub const fn is_libvirt(self) -> bool {
        matches!(self, Self::VirtHost | Self::Guests | Self::GuestStats | Self::GuestJobs)
    }
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "one variant per question")]
pub enum Observation {
    Tools(host::Tools),
    Manager(Box<manager::ManagerView>),
    Constraints(Vec<manager::Constraint>),
    FenceHistory(Vec<manager::FenceRecord>),
    FenceDevices(Vec<String>),
    Quorum(corosync::QuorumView),
    Links(corosync::LinksView),
    LinkStats(Vec<corosync::LinkStat>),
    Cmap(corosync::CmapView),
    Qdevice(corosync::QdeviceView),
    Dlm(corosync::DlmView),
    Watchdog(host::WatchdogView),
    Units(Vec<host::Unit>),
    Host(host::HostSample),
    Clock(host::ClockSample),
    Lvs(Vec<storage::LvRow>),
    Vgs(Vec<storage::VgRow>),
    Pvs(Vec<storage::PvRow>),
    DeviceMapper(Vec<storage::DmDevice>),
    Filesystems(Vec<storage::MountRow>),
    Multipath(Vec<storage::MapRow>),
    Iscsi(Vec<storage::IscsiSession>),
    Net(net::NetView),
    Bonding(Vec<net::BondRow>),
    LinkSpeeds(Vec<net::LinkSpeed>),
    LibvirtSockets(guest::VirtPlace),
    GuestParams(Vec<manager::GuestParam>),
    VirtHost(Box<guest::VirtHost>),
    Guests(guest::GuestList),
    GuestStats(Vec<guest::GuestSample>),
    GuestJobs(Vec<guest::GuestJob>),
    Clustat(Box<rhcs::ClustatView>),
    Cman(Box<rhcs::CmanView>),
    Groups(rhcs::GroupsView),
    ClusterConf(Box<rhcs::ClusterConf>),
    QuorumDisk(Vec<rhcs::QuorumDisk>),
    Vmware(vmware::VmwareList),
    VmwareStats(Vec<vmware::VmwareSample>),
}

/// Why a question got no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// The tool is not installed on the node.
    Absent,
    /// The user may not ask this; the text says which right is missing.
    Denied,
    /// The deadline passed.
    Late,
    /// The tool said no (cluster not running, bad state).
    Failed,
    /// The answer could not be read.
    Garbled,
    /// The connection ended before the answer.
    Lost,
}

/// A question without an answer: what failed, and the tool's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The kind.
    pub kind: TroubleKind,
    /// The command (as typed), the place in its output where that helps, and what to do. Harmless text.
    pub text: String,
}

impl Trouble {
    /// Text from a node or a library is made harmless here, and loses its passwords.
    pub fn new(kind: TroubleKind, text: &str) -> Self {
        Self { kind, text: super::redact::said(text) }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// One answer (or its absence) with who said it and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Who was asked.
    pub node: NodeKey,
    /// What was asked.
    pub question: Question,
    /// When the answer was complete, on our clock; where the node hung meanwhile, when it was asked: what it says may be as old as that.
    pub at: Stamp,
    /// How long the node took.
    pub took: Duration,
    /// What came.
    pub outcome: Result<Observation, Trouble>,
}
