//! Volume groups and physical volumes, merged across nodes by UUID.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::cluster::{PhysicalVolume, Sight, VolumeGroup};
use crate::domain::observation::storage::{PvRow, VgRow};
use crate::domain::stamp::Stamp;

use super::identity::{Names, Nodes};

/// What makes two rows of two nodes one thing: the UUID, or the name of what is shared; else each node's is its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Identity {
    /// Dashes removed.
    Uuid(String),
    /// A name within a group that is shared.
    Shared(String),
    /// A name within one node.
    Local(String, Arc<str>),
}

/// A UUID as device-mapper writes it.
pub(super) fn bare(uuid: &str) -> String {
    uuid.chars().filter(|c| *c != '-').collect()
}

/// Which volume groups are shared, by their own flags, told by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Sharing {
    flagged: BTreeSet<String>,
}

impl Sharing {
    /// Reads what every node says of its groups.
    pub(super) fn read(nodes: &Nodes, names: &Names) -> Self {
        let rows = names.roll(nodes).flat_map(|(_, n)| n.answers.vgs.rows());
        Self { flagged: rows.filter(|r| is_flagged(r)).map(|r| r.vg.clone()).collect() }
    }

    /// The identity of something in a group, seen by a node.
    pub(super) fn identity(&self, uuid: Option<&str>, vg: Option<&str>, name: &str, node: &Arc<str>) -> Identity {
        match uuid.filter(|u| !u.is_empty()) {
            Some(uuid) => Identity::Uuid(bare(uuid)),
            None if vg.is_some_and(|vg| self.flagged.contains(vg)) => Identity::Shared(name.to_owned()),
            None => Identity::Local(name.to_owned(), node.clone()),
        }
    }
}

/// Shared by its own flags.
pub(super) fn is_flagged(row: &VgRow) -> bool {
    row.shared || row.clustered || row.lock_type.as_deref().is_some_and(|t| !t.is_empty() && t != "none")
}

/// Volume groups, by name, then by who sees them.
pub(super) fn fold_groups(nodes: &Nodes, names: &Names, sharing: &Sharing) -> Vec<VolumeGroup> {
    let mut groups: HashMap<Identity, VolumeGroup> = HashMap::new();
    for (name, node) in names.roll(nodes) {
        let Some((rows, at)) = node.answers.vgs.seen() else { continue };
        for row in rows {
            let identity = sharing.identity(row.uuid.as_deref(), Some(&row.vg), &row.vg, name);
            let group = groups.entry(identity).or_default();
            see(&mut group.seen_by, name);
            group.shared |= is_flagged(row) || group.seen_by.len() > 1;
            if newer(&group.sight, at) {
                let seen_by = std::mem::take(&mut group.seen_by);
                *group = VolumeGroup {
                    name: row.vg.clone(),
                    uuid: row.uuid.clone(),
                    size: row.size,
                    free: row.free,
                    shared: group.shared,
                    lock_type: row.lock_type.clone().filter(|t| !t.is_empty()).or_else(|| by_attribute(row).map(str::to_owned)),
                    seen_by,
                    sight: Sight { by: name.clone(), at },
                };
            }
        }
    }
    let mut groups: Vec<VolumeGroup> = groups.into_values().collect();
    groups.sort_by(|a, b| (&a.name, &a.seen_by, &a.uuid).cmp(&(&b.name, &b.seen_by, &b.uuid)));
    groups
}

/// Whose lock protects a group, by its attributes alone (vgs(8): `c` clustered, `s` shared).
const fn by_attribute(row: &VgRow) -> Option<&'static str> {
    match (row.clustered, row.shared) {
        (true, _) => Some("clvmd"),
        (_, true) => Some("lvmlockd"),
        _ => None,
    }
}

/// Physical volumes, by path, then by who sees them. A node that has lost one still lists it: as missing, without its path.
pub(super) fn fold_pvs(nodes: &Nodes, names: &Names, sharing: &Sharing) -> Vec<PhysicalVolume> {
    let mut pvs: BTreeMap<Identity, (PhysicalVolume, Stamp)> = BTreeMap::new();
    for (name, node) in names.roll(nodes) {
        let Some((rows, at)) = node.answers.pvs.seen() else { continue };
        for row in rows {
            let identity = sharing.identity(row.uuid.as_deref(), row.vg.as_deref(), &row.path, name);
            let (pv, seen) = pvs.entry(identity).or_insert_with(|| (physical(row), Stamp(i64::MIN)));
            if row.is_missing() {
                see(&mut pv.missing_on, name);
            } else {
                if pv.seen_by.is_empty() {
                    pv.path.clone_from(&row.path);
                } else if pv.path != row.path && !pv.seen_by.contains(name) {
                    pv.elsewhere.push((name.clone(), row.path.clone()));
                }
                see(&mut pv.seen_by, name);
            }
            if at > *seen {
                (pv.vg, pv.size, pv.free, *seen) = (row.vg.clone(), row.size, row.free, at);
            }
        }
    }
    let mut pvs: Vec<PhysicalVolume> = pvs.into_values().map(|(pv, _)| pv).collect();
    pvs.sort_by(|a, b| (&a.path, &a.seen_by, &a.uuid).cmp(&(&b.path, &b.seen_by, &b.uuid)));
    pvs
}

fn physical(row: &PvRow) -> PhysicalVolume {
    PhysicalVolume {
        path: row.path.clone(),
        uuid: row.uuid.clone(),
        vg: row.vg.clone(),
        size: row.size,
        free: row.free,
        ..PhysicalVolume::default()
    }
}

/// Adds a node once; nodes come in the order of their names.
pub(super) fn see(list: &mut Vec<Arc<str>>, name: &Arc<str>) {
    if !list.contains(name) {
        list.push(name.clone());
    }
}

fn newer(sight: &Sight, at: Stamp) -> bool {
    sight.by.is_empty() || at > sight.at
}
