//! The folded picture of a cluster: what screens and reports read.
//!
//! Built by `state`, never changed by anything else. Every value that a node said carries who said it and when
//! (see [`Sight`]); what nobody said is `None`, never a guess.

use std::sync::Arc;

use crate::domain::alert::Alert;
use crate::domain::guest::{Guest, VirtNode};
use crate::domain::observation::corosync::QdeviceView;
use crate::domain::observation::manager::{Change, Constraint, FenceRecord, Options};
use crate::domain::observation::storage::IscsiSession;
use crate::domain::rhcs::RhcsFacts;
use crate::domain::rows::Rows;
use crate::domain::stamp::Stamp;

mod member;
mod network;
mod service;
mod shared;
mod storage;

pub use member::{HostFigures, Member, MemberStatus, PeerLink, StreamFacts};
pub use network::{Bond, BondStatus, Interface, Port};
pub use service::{Service, ServiceGuest, ServiceKind, ServiceState};
pub use storage::{Filesystem, PathMap, PhysicalVolume, Volume, VolumeGroup};

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
    pub members: Rows<Member>,
    /// Services, bytewise by id.
    pub services: Rows<Service>,
    /// Guests as libvirt has them, by name, node.
    pub guests: Rows<Guest>,
    /// The libvirt of each member that has one.
    pub virt: Rows<VirtNode>,
    /// Volume groups.
    pub groups: Rows<VolumeGroup>,
    /// Logical volumes, by vg, lv.
    pub volumes: Rows<Volume>,
    /// Physical volumes, by path.
    pub pvs: Rows<PhysicalVolume>,
    /// Mounted filesystems, by node, mount.
    pub filesystems: Rows<Filesystem>,
    /// Multipath maps, by node, name.
    pub maps: Rows<PathMap>,
    /// iSCSI sessions: (member, session).
    pub iscsi: Rows<(Arc<str>, IscsiSession)>,
    /// Bonds, by node, name.
    pub bonds: Rows<Bond>,
    /// Other interfaces, by node, name.
    pub nics: Rows<Interface>,
    /// Fencings, newest first, at most 20, records of one fencing merged.
    pub fences: Vec<FenceRecord>,
    /// Fence devices, by name, and on which of the nodes that were asked each is registered.
    pub fence_devices: Vec<FenceDevice>,
    /// How many nodes said which devices are registered on them.
    pub fence_views: usize,
    /// The manager's options.
    pub options: Options,
    /// The manager's constraints.
    pub constraints: Rows<Constraint>,
    /// When they were read.
    pub constraints_at: Option<Stamp>,
    /// Last change of the configuration.
    pub last_change: Option<Change>,
    /// What the manager's own tool warned of.
    pub manager_warnings: Vec<String>,
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
