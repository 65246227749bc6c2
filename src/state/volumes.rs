//! Logical volumes, merged across nodes by UUID; where they are active, by `lvs` and by device-mapper.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::cluster::{Sight, Volume};
use crate::domain::observation::storage::{DmDevice, LvRow};
use crate::domain::stamp::Stamp;

use super::facts::NodeState;
use super::identity::{Names, Nodes};
use super::storage::{Identity, Sharing, bare, see};

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
    let mut drafts: HashMap<Identity, Draft<'_>> = HashMap::new();
    for (name, node) in names.roll(nodes) {
        let Some((rows, at)) = node.answers.lvs.seen() else { continue };
        for row in rows.iter().filter(|r| !r.is_hidden()) {
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
    let views = GroupViews::read(nodes, names);
    let mut volumes: Vec<Volume> = drafts.into_values().filter_map(|draft| volume(&draft, nodes, names, &views)).collect();
    volumes.sort_by(|a, b| (&a.vg, &a.lv, &a.seen_by, &a.uuid).cmp(&(&b.vg, &b.lv, &b.seen_by, &b.uuid)));
    volumes
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
    let by_uuid = known.get(UUID..UUIDS).map(|uuid| Identity::Uuid(uuid.to_owned()));
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

/// Who lists it, has it active, or (not having been asked for volumes) sees its group.
fn seen_by(draft: &Draft<'_>, row: &LvRow, active: &[Arc<str>], views: &GroupViews) -> Vec<Arc<str>> {
    let mut seen: Vec<Arc<str>> = active.to_vec();
    for (name, _, _) in &draft.rows {
        see(&mut seen, name);
        if let Some(group) = views.group_of(name, &row.vg) {
            for other in views.only_groups(group) {
                see(&mut seen, other);
            }
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

/// Which groups the nodes see, by UUID: a node that sees a shared group sees its volumes, though only one is asked.
struct GroupViews {
    groups: HashMap<(Arc<str>, String), String>,
    only_groups: HashMap<String, Vec<Arc<str>>>,
}

impl GroupViews {
    fn read(nodes: &Nodes, names: &Names) -> Self {
        let mut views = Self { groups: HashMap::new(), only_groups: HashMap::new() };
        for (name, node) in names.roll(nodes) {
            let asked = node.answers.lvs.get().is_some();
            for row in node.answers.vgs.rows() {
                let Some(uuid) = row.uuid.as_deref().filter(|u| !u.is_empty()).map(bare) else { continue };
                if !asked {
                    views.only_groups.entry(uuid.clone()).or_default().push(name.clone());
                }
                views.groups.insert((name.clone(), row.vg.clone()), uuid);
            }
        }
        views
    }

    fn group_of(&self, node: &Arc<str>, vg: &str) -> Option<&str> {
        self.groups.get(&(node.clone(), vg.to_owned())).map(String::as_str)
    }

    fn only_groups(&self, uuid: &str) -> &[Arc<str>] {
        self.only_groups.get(uuid).map_or(&[], Vec::as_slice)
    }
}
