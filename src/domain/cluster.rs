//! The folded picture of a cluster: what screens and reports read.
//!
//! Built by `state`, never changed by anything else. Every value that a node said carries who said it and when
//! (see [`Sight`]); what nobody said is `None`, never a guess.

use std::sync::Arc;
use std::time::Duration;

use super::alert::Alert;
use super::guest::{Guest, GuestState, VirtNode};
use super::node::{NodeKey, Reach};
use super::observation::corosync::{DlmView, QdeviceView};
use super::observation::host::{Unit, WatchdogView};
use super::observation::manager::{Change, Constraint, FenceRecord, NodeKind, Options};
use super::observation::storage::{IscsiSession, MapRow};
use super::observation::{Question, Trouble};
use super::rhcs::{RhcsFacts, RhcsMember, RhcsService};
use super::stamp::Stamp;

/// Who said something, and when (our clock).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// The member's name.
    pub by: Arc<str>,
    /// When the answer was complete.
    pub at: Stamp,
}

/// The whole picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cluster {
    /// The cluster's name: by corosync, the manager, or the configuration.
    pub name: Option<String>,
    /// Which stack manages it.
    pub stack: Option<Stack>,
    /// The manager's version.
    pub version: Option<String>,
    /// Votes and quorum.
    pub quorum: Quorum,
    /// Members, bytewise by name.
    pub members: Vec<Member>,
    /// Services, bytewise by id.
    pub services: Vec<Service>,
    /// Guests as libvirt has them, by name, node.
    pub guests: Vec<Guest>,
    /// The libvirt of each member that has one.
    pub virt: Vec<VirtNode>,
    /// Volume groups.
    pub groups: Vec<VolumeGroup>,
    /// Logical volumes, by vg, lv.
    pub volumes: Vec<Volume>,
    /// Physical volumes, by path.
    pub pvs: Vec<PhysicalVolume>,
    /// Mounted filesystems, by node, mount.
    pub filesystems: Vec<Filesystem>,
    /// Multipath maps, by node, name.
    pub maps: Vec<PathMap>,
    /// iSCSI sessions: (member, session).
    pub iscsi: Vec<(Arc<str>, IscsiSession)>,
    /// Bonds, by node, name.
    pub bonds: Vec<Bond>,
    /// Other interfaces, by node, name.
    pub nics: Vec<Interface>,
    /// Fencings, newest first, at most 20, records of one fencing merged.
    pub fences: Vec<FenceRecord>,
    /// Fence devices, by name, and on which of the nodes that were asked each is registered.
    pub fence_devices: Vec<FenceDevice>,
    /// How many nodes said which devices are registered on them.
    pub fence_views: usize,
    /// The manager's options.
    pub options: Options,
    /// The manager's constraints.
    pub constraints: Vec<Constraint>,
    /// When they were read.
    pub constraints_at: Option<Stamp>,
    /// Last change of the configuration.
    pub last_change: Option<Change>,
    /// Who spoke for the manager.
    pub manager_sight: Option<Sight>,
    /// What only Red Hat Cluster Suite has.
    pub rhcs: Option<Box<RhcsFacts>>,
    /// Alerts, worst first, then code, subject.
    pub alerts: Vec<Alert>,
    /// When this picture was folded.
    pub at: Stamp,
}

/// A fence device as fenced (stonithd) knows it. A node registers the devices that it may use itself: one that a constraint bans
/// from a node is missing there and no trouble.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FenceDevice {
    /// The resource's id.
    pub name: String,
    /// Nodes that have it registered.
    pub on: Vec<Arc<str>>,
}

/// The kind of cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum Stack {
    Pacemaker,
    Rhcs,
    Libvirt,
    Vsphere,
}

impl Stack {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pacemaker => "pacemaker",
            Self::Rhcs => "rhcs",
            Self::Libvirt => "libvirt",
            Self::Vsphere => "vsphere",
        }
    }
}

/// The health of the whole, as the contract defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum Health {
    Healthy,
    Degraded,
    Critical,
    Unknown,
}

impl Cluster {
    /// The worst alert decides; unknown if no node could say whether there is quorum.
    pub fn health(&self) -> Health {
        use super::event::Severity;
        if !self.quorum.answered {
            return Health::Unknown;
        }
        match self.alerts.iter().map(|a| a.severity).max() {
            Some(Severity::Critical) => Health::Critical,
            Some(Severity::Warning) => Health::Degraded,
            _ => Health::Healthy,
        }
    }

    /// A member by name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|m| &*m.name == name)
    }

    /// A service by id.
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.id == id)
    }
}

/// Votes and quorum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quorum {
    /// True if a reachable partition claims it; none if nobody said, or two disjoint partitions claim it.
    pub quorate: Option<bool>,
    /// Whether at least one node answered the question at all (yes, no, or in contradiction).
    pub answered: bool,
    /// Votes present in the partition that counts.
    pub total: Option<u32>,
    /// Expected votes.
    pub expected: Option<u32>,
    /// Votes needed.
    pub needed: Option<u32>,
    /// How many members may vanish at once, heaviest first, with quorum left.
    pub can_lose: Option<u32>,
    /// The contract's flags: two-node, wait-for-all ...
    pub flags: Vec<String>,
    /// The views of the nodes, grouped: more than one means that they contradict each other.
    pub partitions: Vec<Partition>,
    /// The quorum device.
    pub qdevice: Option<QdeviceView>,
}

/// Nodes that share one view of the membership.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// The nodes that say so.
    pub said_by: Vec<Sight>,
    /// Their members' names.
    pub members: Vec<Arc<str>>,
    /// What they say of quorum.
    pub quorate: Option<bool>,
    /// Their votes.
    pub votes: Option<u32>,
}

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
    /// How many streams are live, how many are polled in their place (and why).
    pub streams: StreamFacts,
    /// What only Red Hat Cluster Suite has.
    pub rhcs: Option<Box<RhcsMember>>,
    /// How many services are active here.
    pub services: usize,
    /// How many guests run here (kind vm).
    pub guests: usize,
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

/// The contract's service states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum ServiceState {
    Started,
    Starting,
    Stopped,
    Stopping,
    Failed,
    Disabled,
    Recovering,
    Migrating,
    Blocked,
    #[default]
    Unknown,
}

impl ServiceState {
    /// Whether the manager is at work on it.
    pub const fn is_in_transit(self) -> bool {
        matches!(self, Self::Starting | Self::Stopping | Self::Migrating | Self::Recovering)
    }

    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Starting => "starting",
            Self::Stopped => "stopped",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
            Self::Disabled => "disabled",
            Self::Recovering => "recovering",
            Self::Migrating => "migrating",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }

    /// How bad it is, worst first: failed, blocked, unknown, stopped, recovering, stopping, starting, migrating, disabled, started.
    pub const fn badness(self) -> u8 {
        match self {
            Self::Failed => 9,
            Self::Blocked => 8,
            Self::Unknown => 7,
            Self::Stopped => 6,
            Self::Recovering => 5,
            Self::Stopping => 4,
            Self::Starting => 3,
            Self::Migrating => 2,
            Self::Disabled => 1,
            Self::Started => 0,
        }
    }
}

/// The contract's service kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum ServiceKind {
    Vm,
    Service,
    #[default]
    Resource,
    Stonith,
    Group,
    Clone,
    Bundle,
}

impl ServiceKind {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::Service => "service",
            Self::Resource => "resource",
            Self::Stonith => "stonith",
            Self::Group => "group",
            Self::Clone => "clone",
            Self::Bundle => "bundle",
        }
    }
}

/// A service (rgmanager) or resource (Pacemaker).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Its full name or id.
    pub id: String,
    /// What it is.
    pub kind: ServiceKind,
    /// The agent, as the manager names it.
    pub agent: Option<String>,
    /// Its state.
    pub state: ServiceState,
    /// The one owner, if there is exactly one (never for an anonymous clone).
    pub owner: Option<Arc<str>>,
    /// Where it is active.
    pub owners: Vec<Arc<str>>,
    /// Where it was before, where known.
    pub last_owner: Option<Arc<str>>,
    /// frozen, unmanaged, maintenance, orphaned, locked, promoted, partial.
    pub flags: Vec<&'static str>,
    /// Fail-counts summed over nodes; INFINITY is 1,000,000.
    pub failures: u64,
    /// Why it is not started, or not where it prefers to be: one sentence.
    pub reason: Option<String>,
    /// Whether an operation of it failed and was not cleaned up.
    pub failed_operation: bool,
    /// Since when it is in this state, by the manager's history or by our own watching.
    pub since: Option<Stamp>,
    /// The group, clone or bundle that contains it.
    pub parent: Option<String>,
    /// Where it prefers to be (best positive location score), if anywhere.
    pub prefers: Option<Arc<str>>,
    /// The pending operation, as the manager words it.
    pub pending: Option<String>,
    /// The target of a running migration, where known.
    pub moving_to: Option<Arc<str>>,
    /// Ids of leftover cli-* constraints on it.
    pub leftovers: Vec<String>,
    /// What only Red Hat Cluster Suite has.
    pub rhcs: Option<Box<RhcsService>>,
    /// The guest that it is, by libvirt.
    pub guest: Option<ServiceGuest>,
    /// Where libvirt denies what the manager believes: one sentence.
    pub drift: Option<String>,
}

/// The guest of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceGuest {
    /// Its state.
    pub state: GuestState,
    /// Where.
    pub node: Arc<str>,
    /// Why, in libvirt's words.
    pub reason: Option<String>,
}

/// A volume group, merged across nodes by UUID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeGroup {
    /// Name.
    pub name: String,
    /// UUID.
    pub uuid: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes.
    pub free: Option<u64>,
    /// Shared between nodes (lvmlockd, clvmd, or simply seen by several).
    pub shared: bool,
    /// dlm, sanlock ...; clvmd for a clustered group of old.
    pub lock_type: Option<String>,
    /// Who sees it.
    pub seen_by: Vec<Arc<str>>,
    /// Who said so last.
    pub sight: Sight,
}

/// A logical volume, merged across nodes by UUID.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Volume {
    /// Volume group.
    pub vg: String,
    /// Name.
    pub lv: String,
    /// UUID.
    pub uuid: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Nodes where it is active.
    pub active_on: Vec<Arc<str>>,
    /// Nodes that see it.
    pub seen_by: Vec<Arc<str>>,
    /// Attributes from the first node where it is active.
    pub attr: String,
    /// Services that use it.
    pub used_by: Vec<String>,
    /// Fill of a thin pool, thin volume or snapshot.
    pub data_percent: Option<f64>,
    /// Fill of a thin pool's metadata.
    pub metadata_percent: Option<f64>,
    /// The thin pool that it belongs to.
    pub pool: Option<String>,
    /// It is a thin pool.
    pub is_thin_pool: bool,
    /// Progress of a pvmove or mirror sync.
    pub copy_percent: Option<f64>,
    /// Nodes whose device-mapper still shows another size: (node, bytes).
    pub stale_sizes: Vec<(Arc<str>, u64)>,
    /// Who said so last.
    pub sight: Sight,
}

/// A physical volume, merged across nodes by UUID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhysicalVolume {
    /// Path on the first node that sees it.
    pub path: String,
    /// UUID.
    pub uuid: Option<String>,
    /// Volume group.
    pub vg: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes.
    pub free: Option<u64>,
    /// Who sees it.
    pub seen_by: Vec<Arc<str>>,
}

/// A filesystem mounted on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filesystem {
    /// The member.
    pub node: Arc<str>,
    /// Where.
    pub mount: String,
    /// ext4 ...
    pub kind: String,
    /// `vg/lv` or the device.
    pub source: String,
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes.
    pub used: Option<u64>,
    /// Bytes that may still be written.
    pub available: Option<u64>,
    /// When.
    pub at: Stamp,
}

impl Filesystem {
    /// Fill in percent, as df counts it: used of (used + available).
    pub fn percent(&self) -> Option<f64> {
        let used = self.used?;
        let whole = match self.available {
            Some(available) => used.checked_add(available)?,
            None => self.size?,
        };
        #[allow(clippy::cast_precision_loss, reason = "a percentage")]
        (whole > 0).then(|| used as f64 * 100.0 / whole as f64)
    }
}

/// A multipath map on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathMap {
    /// The member.
    pub node: Arc<str>,
    /// Paths alive.
    pub active: u32,
    /// Paths.
    pub total: u32,
    /// As multipathd says.
    pub map: MapRow,
    /// When.
    pub at: Stamp,
}

/// A bond's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum BondStatus {
    Up,
    Degraded,
    #[default]
    Down,
}

/// A bond on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bond {
    /// The member.
    pub node: Arc<str>,
    /// Name.
    pub name: String,
    /// Mode.
    pub mode: String,
    /// up, degraded, down.
    pub status: BondStatus,
    /// Where the mode has one.
    pub active_port: Option<String>,
    /// The ports, by name.
    pub ports: Vec<Port>,
    /// 802.3ad: the partner's MAC address.
    pub partner: Option<String>,
    /// Bridge above it, if any.
    pub bridge: Option<String>,
    /// VLANs on top: (interface, id).
    pub vlans: Vec<(String, u16)>,
    /// When.
    pub at: Stamp,
}

/// A port of a bond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Port {
    /// Name.
    pub name: String,
    /// Up.
    pub up: bool,
    /// Mb/s.
    pub speed_mbps: Option<u32>,
    /// full or half.
    pub duplex: Option<String>,
    /// Link failure count.
    pub failures: Option<u64>,
    /// 802.3ad: the partner's MAC address.
    pub partner: Option<String>,
}

/// An interface that is no bond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// The member.
    pub node: Arc<str>,
    /// Name.
    pub name: String,
    /// bridge, vlan, veth ...; none for hardware.
    pub kind: Option<String>,
    /// up, down, unknown, as the kernel's operstate in lower case.
    pub state: String,
    /// Bond or bridge above.
    pub master: Option<String>,
    /// VLAN id.
    pub vlan: Option<u16>,
    /// Lower interface.
    pub lower: Option<String>,
    /// Mb/s.
    pub speed_mbps: Option<u32>,
    /// full or half.
    pub duplex: Option<String>,
    /// MTU.
    pub mtu: Option<u32>,
    /// Addresses.
    pub addresses: Vec<String>,
    /// Counts as a NIC: a device behind it, or veth.
    pub is_nic: bool,
}
