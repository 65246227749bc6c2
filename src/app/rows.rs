//! Panes, their rows, and the identity of a row.

use std::sync::Arc;

use super::index::Index;
use crate::domain::cluster::Cluster;

/// The panes of the overview, in the order of their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pane {
    /// Members and quorum.
    #[default]
    Members,
    /// Services by node.
    Services,
    /// Volume groups, paths, volumes, filesystems.
    Storage,
    /// Bonds and interfaces.
    Network,
    /// The timeline.
    Events,
    /// Guests by libvirt: a table of its own, not on the overview.
    Guests,
}

impl Pane {
    /// Those of the overview, by number.
    pub const ALL: [Self; 5] = [Self::Members, Self::Services, Self::Storage, Self::Network, Self::Events];

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Members => "Members",
            Self::Services => "Services",
            Self::Storage => "Storage",
            Self::Network => "Network",
            Self::Events => "Events",
            Self::Guests => "Guests",
        }
    }

    /// Its number, from 1; none if it is not on the overview.
    pub const fn number(self) -> Option<usize> {
        if matches!(self, Self::Guests) { None } else { Some(self as usize + 1) }
    }

    /// The place of its state in the model; none for the timeline, which is no table.
    pub const fn slot(self) -> Option<usize> {
        match self {
            Self::Events => None,
            Self::Guests => Some(4),
            other => Some(other as usize),
        }
    }
}

/// A row of a table: which kind, and its place in the picture (or in the [`Index`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// `cluster.members`.
    Member(u32),
    /// `cluster.services`.
    Service(u32),
    /// `cluster.groups`.
    Group(u32),
    /// `cluster.volumes`.
    Volume(u32),
    /// `index.mounts`: one filesystem on all its nodes.
    Mount(u32),
    /// `index.paths`: one multipath map on all its nodes.
    Paths(u32),
    /// `cluster.iscsi`.
    Iscsi(u32),
    /// `cluster.pvs`.
    Pv(u32),
    /// `index.net`: all interfaces of a node.
    Net(u32),
    /// `cluster.bonds`.
    Bond(u32),
    /// `cluster.nics`.
    Nic(u32),
    /// `cluster.guests`.
    Guest(u32),
}

/// What a row is about. It stays the same while rows come, go and move.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the fields are names")]
pub enum RowId {
    Member(Arc<str>),
    Service(String),
    /// Name and UUID: two nodes may have a local group of one name.
    Group(String, Option<String>),
    Volume(String, String, Option<String>),
    Mount(String, String),
    Paths(String),
    Iscsi(Arc<str>, String, String),
    Pv(String, Option<String>),
    Net(Arc<str>),
    Bond(Arc<str>, String),
    Nic(Arc<str>, String),
    /// Node, UUID and name.
    Guest(Arc<str>, String, String),
    /// The votes and the views of the nodes.
    Quorum,
    /// An event of the timeline by its number.
    Event(u64),
}

impl RowId {
    /// The row's name in titles.
    pub fn title(&self) -> String {
        match self {
            Self::Member(name) => format!("Member {name}"),
            Self::Service(id) => format!("Service {id}"),
            Self::Group(name, _) => format!("Volume group {name}"),
            Self::Volume(vg, lv, _) => format!("Volume {vg}/{lv}"),
            Self::Mount(mount, _) => format!("Filesystem {mount}"),
            Self::Paths(name) => format!("Paths of {name}"),
            Self::Iscsi(node, target, _) => format!("iSCSI {node} {target}"),
            Self::Pv(path, _) => format!("Physical volume {path}"),
            Self::Net(node) => format!("Interfaces of {node}"),
            Self::Bond(node, name) => format!("Bond {node}:{name}"),
            Self::Nic(node, name) => format!("Interface {node}:{name}"),
            Self::Guest(node, _, name) => format!("Guest {name} on {node}"),
            Self::Quorum => "Votes and quorum".to_owned(),
            Self::Event(_) => "Event".to_owned(),
        }
    }
}

impl Row {
    /// Its identity; none if the row is not of this picture.
    pub fn id(self, c: &Cluster, index: &Index) -> Option<RowId> {
        let at = |i: u32| i as usize;
        Some(match self {
            Self::Member(i) => RowId::Member(c.members.get(at(i))?.name.clone()),
            Self::Service(i) => RowId::Service(c.services.get(at(i))?.id.clone()),
            Self::Group(i) => c.groups.get(at(i)).map(|g| RowId::Group(g.name.clone(), g.uuid.clone()))?,
            Self::Volume(i) => c.volumes.get(at(i)).map(|v| RowId::Volume(v.vg.clone(), v.lv.clone(), v.uuid.clone()))?,
            Self::Mount(i) => {
                let fs = c.filesystems.get(*index.mounts.get(at(i))?.first()?)?;
                RowId::Mount(fs.mount.clone(), fs.source.clone())
            }
            Self::Paths(i) => RowId::Paths(c.maps.get(*index.paths.get(at(i))?.first()?)?.map.name.clone()),
            Self::Iscsi(i) => {
                let (node, session) = c.iscsi.get(at(i))?;
                RowId::Iscsi(node.clone(), session.target.clone(), session.portal.clone())
            }
            Self::Pv(i) => c.pvs.get(at(i)).map(|p| RowId::Pv(p.path.clone(), p.uuid.clone()))?,
            Self::Net(i) => RowId::Net(index.net.get(at(i))?.node.clone()),
            Self::Bond(i) => c.bonds.get(at(i)).map(|b| RowId::Bond(b.node.clone(), b.name.clone()))?,
            Self::Nic(i) => c.nics.get(at(i)).map(|n| RowId::Nic(n.node.clone(), n.name.clone()))?,
            Self::Guest(i) => c.guests.get(at(i)).map(|g| RowId::Guest(g.node.clone(), g.uuid.clone(), g.name.clone()))?,
        })
    }

    /// Whether this row is about `id`. Compares without building an identity.
    pub fn is(self, id: &RowId, c: &Cluster, index: &Index) -> bool {
        let at = |i: u32| i as usize;
        match (self, id) {
            (Self::Member(i), RowId::Member(name)) => c.members.get(at(i)).is_some_and(|m| m.name == *name),
            (Self::Service(i), RowId::Service(name)) => c.services.get(at(i)).is_some_and(|s| s.id == *name),
            (Self::Net(i), RowId::Net(node)) => index.net.get(at(i)).is_some_and(|n| n.node == *node),
            (Self::Bond(i), RowId::Bond(node, name)) => c.bonds.get(at(i)).is_some_and(|b| b.node == *node && b.name == *name),
            (Self::Nic(i), RowId::Nic(node, name)) => c.nics.get(at(i)).is_some_and(|n| n.node == *node && n.name == *name),
            (Self::Guest(i), RowId::Guest(node, uuid, _)) => c.guests.get(at(i)).is_some_and(|g| g.node == *node && g.uuid == *uuid),
            (Self::Volume(i), RowId::Volume(vg, lv, uuid)) => {
                c.volumes.get(at(i)).is_some_and(|v| v.vg == *vg && v.lv == *lv && v.uuid == *uuid)
            }
            (Self::Group(_), RowId::Group(..))
            | (Self::Mount(_), RowId::Mount(..))
            | (Self::Paths(_), RowId::Paths(_))
            | (Self::Iscsi(_), RowId::Iscsi(..))
            | (Self::Pv(_), RowId::Pv(..)) => self.id(c, index).as_ref() == Some(id),
            _ => false,
        }
    }
}
