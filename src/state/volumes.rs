//! Logical volumes, merged across nodes by UUID; where they are active, by `lvs` and by device-mapper.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::domain::cluster::{Sight, Volume};
use crate::domain::observation::storage::{DmDevice, LvRow};
use crate::domain::stamp::Stamp;

use super::facts::NodeState;
use super::identity::{Names, Nodes};
use super::storage::{Identity, Sharing, bare, is_flagged, see};

/// device-mapper's word overrules that of an `lvs` older than this, microseconds: the two are not asked together.
const OVERRULES: i64 = 5_000_000;
/// A size is stale if device-mapper was read at most this much before `lvs`, microseconds.
const BESIDE: i64 = 2_000_000;
/// Length of `<vg uuid><lv uuid>` and of one of them.
const UUIDS: usize = 64;
const UUID: usize = 32;

/// One volume with the rows of all nodes that list it, in the order of their names.
#[derive(Default)]
struct Draft<'a> {
    rows: Vec<(&'a Arc<str>, &'a LvRow, Stamp)>,
    devices: Vec<(&'a Arc<str>, &'a DmDevice, Stamp)>,
}

/// Volumes by vg, lv, then by who sees them. Hidden ones are left out.
pub(super) fn fold(nodes: &Nodes, names: &Names, sharing: &Sharing) -> Vec<Volume> {
    let views = GroupViews::read(nodes, names);
    let mut drafts: HashMap<Identity, Draft<'_>> = HashMap::new();
    for (name, node) in names.roll(nodes) {
        let Some((rows, at)) = node.answers.lvs.seen() else { continue };
        for row in rows.iter().filter(|r| !r.is_hidden() && !views.is_gone(name, r, at)) {
            let identity = sharing.identity(row.uuid.as_deref(), Some(&row.vg), &full(&row.vg, &row.lv), name);
            drafts.entry(identity).or_default().rows.push((name, row, at));
        }
    }
    for (name, node) in names.roll(nodes) {
        let Some((devices, at)) = node.answers.device_mapper.seen() else { continue };
        for device in devices {
            if let Some(draft) = find(&mut drafts, device, name) {
                draft.devices.push((name, device, at));
            }
        }
    }
    let mut volumes: Vec<Volume> = drafts.into_values().filter_map(|draft| volume(&draft, nodes, names, &views)).collect();
    volumes.sort_by(|a, b| (&a.vg, &a.lv, &a.seen_by, &a.uuid).cmp(&(&b.vg, &b.lv, &b.seen_by, &b.uuid)));
    volumes
}

/// The UUID of the volume that a device is of, or is a part of.
fn volume_uuid(device: &DmDevice) -> Option<&str> {
    device.uuid.strip_prefix("LVM-")?.get(UUID..UUIDS)
}

fn full(vg: &str, lv: &str) -> String {
    format!("{vg}/{lv}")
}

/// The volume behind a device: by UUID; by name only where `lvs` gave no UUIDs.
fn find<'d, 'a>(drafts: &'d mut HashMap<Identity, Draft<'a>>, device: &DmDevice, node: &Arc<str>) -> Option<&'d mut Draft<'a>> {
    let known = device.uuid.strip_prefix("LVM-")?;
    let suffix = known.get(UUIDS..).unwrap_or_default();
    if !matches!(suffix, "" | "-tpool" | "-pool") {
        return None;
    }
    let by_uuid = volume_uuid(device).map(|uuid| Identity::Uuid(uuid.to_owned()));
    if let Some(identity) = by_uuid.filter(|i| drafts.contains_key(i)) {
        return drafts.get_mut(&identity);
    }
    let (vg, lv) = device.vg_lv()?;
    let name = full(&vg, lv.strip_suffix("-tpool").unwrap_or(&lv));
    let local = Identity::Local(name.clone(), node.clone());
    let identity = if drafts.contains_key(&local) { local } else { Identity::Shared(name) };
    drafts.get_mut(&identity)
}

fn volume(draft: &Draft<'_>, nodes: &Nodes, names: &Names, views: &GroupViews) -> Option<Volume> {
    let (by, newest, at) = draft.rows.iter().max_by_key(|(name, _, at)| (*at, std::cmp::Reverse(*name)))?;
    let active = active_on(draft, nodes, names);
    let spoken = active.iter().find_map(|name| draft.rows.iter().find(|(by, _, _)| by == &name));
    let attr = spoken.or_else(|| draft.rows.first()).map(|(_, row, _)| row.attr.clone()).unwrap_or_default();
    // Fill is only told where the volume is active.
    let mut told: Vec<_> = draft.rows.iter().collect();
    told.sort_by_key(|(_, _, at)| std::cmp::Reverse(*at));
    let fill = |of: fn(&LvRow) -> Option<f64>| told.iter().find_map(|(_, row, _)| of(row));
    Some(Volume {
        vg: newest.vg.clone(),
        lv: newest.lv.clone(),
        uuid: newest.uuid.clone(),
        size: newest.size,
        seen_by: seen_by(draft, newest, &active, views),
        attr,
        used_by: Vec::new(),
        data_percent: fill(|r| r.data_percent),
        metadata_percent: fill(|r| r.metadata_percent),
        pool: newest.pool.clone().filter(|p| !p.is_empty()),
        is_thin_pool: newest.is_thin_pool(),
        copy_percent: fill(|r| r.copy_percent),
        stale_sizes: stale_sizes(draft, newest, *at),
        suspended_on: draft.devices.iter().filter(|(_, device, _)| device.suspended).map(|(name, _, _)| (*name).clone()).collect(),
        health: draft.rows.iter().filter_map(|(name, row, _)| Some(((*name).clone(), row.health.clone()?))).collect(),
        sight: Sight { by: (*by).clone(), at: *at },
        active_on: active,
    })
}

/// Where it is active: by the node's `lvs` or its device-mapper; a clearly newer device-mapper decides alone.
fn active_on(draft: &Draft<'_>, nodes: &Nodes, names: &Names) -> Vec<Arc<str>> {
    let mut active: BTreeSet<Arc<str>> = draft.devices.iter().map(|(name, _, _)| (*name).clone()).collect();
    for (name, _, at) in draft.rows.iter().filter(|(_, row, _)| row.is_active()) {
        let mapper = node(nodes, names, name).and_then(|n| n.answers.device_mapper.at());
        if mapper.is_none_or(|mapper| mapper.0.saturating_sub(at.0) <= OVERRULES) {
            active.insert((*name).clone());
        }
    }
    // And the other way round: a clearly newer `lvs` says that it is gone.
    for (name, _, at) in draft.rows.iter().filter(|(_, row, _)| !row.is_active() && row.attr.len() > 4) {
        let device = draft.devices.iter().find(|(by, _, _)| by == name);
        if device.is_some_and(|(_, _, seen)| at.0.saturating_sub(seen.0) > OVERRULES) {
            active.remove(*name);
        }
    }
    active.into_iter().collect()
}

fn node<'a>(nodes: &'a Nodes, names: &Names, name: &str) -> Option<&'a NodeState> {
    nodes.get(&names.key(name)?)
}

/// Who lists it, has it active, or (not having been asked for volumes since before it was listed) sees its group.
fn seen_by(draft: &Draft<'_>, row: &LvRow, active: &[Arc<str>], views: &GroupViews) -> Vec<Arc<str>> {
    let mut seen: Vec<Arc<str>> = active.to_vec();
    for (name, _, _) in &draft.rows {
        see(&mut seen, name);
    }
    let listed = draft.rows.iter().map(|(_, _, at)| *at).max();
    let viewers = draft.rows.iter().find_map(|(name, _, _)| Some(views.viewers(views.group_of(name, &row.vg)?)));
    for (other, asked) in viewers.unwrap_or_default() {
        if *asked < listed {
            see(&mut seen, other);
        }
    }
    seen.sort();
    seen
}

/// Of a thick snapshot `lvs` gives the size of what it holds of changes, device-mapper that of its origin.
fn stale_sizes(draft: &Draft<'_>, row: &LvRow, at: Stamp) -> Vec<(Arc<str>, u64)> {
    let Some(size) = row.size.filter(|_| !row.is_thin_pool() && !row.is_thick_snapshot()) else { return Vec::new() };
    draft
        .devices
        .iter()
        .filter(|(_, device, seen)| seen.0 >= at.0.saturating_sub(BESIDE) && device.size.is_some_and(|s| s != size))
        .filter_map(|(name, device, _)| Some(((*name).clone(), device.size?)))
        .collect()
}

/// A node that sees a group, with when it told its volumes.
type Viewer = (Arc<str>, Option<Stamp>);

/// Which groups the nodes see, by UUID. A node that sees a shared group sees its volumes, though only one is asked for them often: what the
/// others said may be old.
#[derive(Default)]
struct GroupViews {
    groups: HashMap<(Arc<str>, String), String>,
    /// Who sees a group, with when it told its volumes.
    viewers: HashMap<String, Vec<Viewer>>,
    /// The newest list of the volumes of each shared group, by UUID.
    newest: HashMap<String, (Stamp, HashSet<String>)>,
    /// Volumes that a node's device-mapper has, by UUID.
    mapped: HashSet<String>,
}

impl GroupViews {
    fn read(nodes: &Nodes, names: &Names) -> Self {
        let mut views = Self::default();
        for (name, node) in names.roll(nodes) {
            views.mapped.extend(node.answers.device_mapper.rows().iter().filter_map(volume_uuid).map(str::to_owned));
            let Some((groups, at)) = node.answers.vgs.seen() else { continue };
            for row in groups {
                let Some(uuid) = row.uuid.as_deref().filter(|u| !u.is_empty()).map(bare) else { continue };
                views.viewers.entry(uuid.clone()).or_default().push((name.clone(), node.answers.lvs.at()));
                // A node may have lost the group since: only one that was seen with its volumes, or after them, has that list.
                if let Some((volumes, told)) = node.answers.lvs.seen().filter(|(_, told)| is_flagged(row) && at >= *told)
                    && views.newest.get(&uuid).is_none_or(|(known, _)| *known < told)
                {
                    let listed = volumes.iter().filter(|v| v.vg == row.vg).filter_map(|v| v.uuid.as_deref()).map(bare);
                    views.newest.insert(uuid.clone(), (told, listed.collect()));
                }
                views.groups.insert((name.clone(), row.vg.clone()), uuid);
            }
        }
        views
    }

    fn group_of(&self, node: &Arc<str>, vg: &str) -> Option<&str> {
        self.groups.get(&(node.clone(), vg.to_owned())).map(String::as_str)
    }

    fn viewers(&self, group: &str) -> &[(Arc<str>, Option<Stamp>)] {
        self.viewers.get(group).map_or(&[], Vec::as_slice)
    }

    /// Whether a newer list of the same shared group does not have a volume any more, and no device is left of it.
    fn is_gone(&self, node: &Arc<str>, row: &LvRow, at: Stamp) -> bool {
        let Some(uuid) = row.uuid.as_deref().filter(|u| !u.is_empty()).map(bare) else { return false };
        let newest = self.group_of(node, &row.vg).and_then(|group| self.newest.get(group));
        newest.is_some_and(|(told, listed)| *told > at && !listed.contains(&uuid)) && !self.mapped.contains(&uuid)
    }
}
