//! Storage by the names that actions use. Each node may have a group, a volume or a disk of its own by one and the same name (`vg0/root`, `/dev/sda2`):
//! behind an `@` stands then which node's is meant, as with guests.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::cluster::{Cluster, PhysicalVolume, Volume};
use crate::domain::task::{Action, VolumeName};

use super::plan::Refusal;

/// The volumes that a name means: more than one where the node is wanting.
pub fn volumes<'a>(cluster: &'a Cluster, name: &'a VolumeName) -> impl Iterator<Item = &'a Volume> {
    let here = |v: &&Volume| name.node.as_deref().is_none_or(|node| v.seen_by.iter().any(|n| **n == *node));
    cluster.volumes.iter().filter(|v| v.vg == name.vg && v.lv == name.lv).filter(here)
}

/// The physical volumes that a name means: a path, or a path and a node. A path may have an `@` of its own.
pub fn pvs<'a>(cluster: &'a Cluster, name: &str) -> Vec<&'a PhysicalVolume> {
    let of = |path: &str| cluster.pvs.iter().filter(|p| p.path == path).collect::<Vec<_>>();
    let whole = of(name);
    match name.rsplit_once('@') {
        Some((path, node)) if whole.is_empty() => {
            let mut at = of(path);
            at.retain(|p| p.seen_by.iter().any(|n| **n == *node));
            at
        }
        _ => whole,
    }
}

/// How an action names this volume of the picture: with a node where the name alone means several.
pub fn volume(cluster: &Cluster, row: &Volume) -> VolumeName {
    let others = cluster.volumes.iter().filter(|v| v.vg == row.vg && v.lv == row.lv && !std::ptr::eq(*v, row));
    let node = place(&row.seen_by, &others.map(|v| v.seen_by.as_slice()).collect::<Vec<_>>());
    VolumeName { vg: row.vg.clone(), lv: row.lv.clone(), node }
}

/// How an action names this physical volume of the picture.
pub fn pv(cluster: &Cluster, row: &PhysicalVolume) -> String {
    let others = cluster.pvs.iter().filter(|p| p.path == row.path && !std::ptr::eq(*p, row));
    match place(&row.seen_by, &others.map(|p| p.seen_by.as_slice()).collect::<Vec<_>>()) {
        Some(node) => format!("{}@{node}", row.path),
        None => row.path.clone(),
    }
}

/// A node that tells the one from the others; none where there are no others, or nothing tells them apart.
fn place(mine: &[Arc<str>], others: &[&[Arc<str>]]) -> Option<String> {
    let alone = |node: &&Arc<str>| !others.iter().any(|nodes| nodes.contains(node));
    mine.iter().find(alone).filter(|_| !others.is_empty()).map(ToString::to_string)
}

/// Several things have the name that was given.
pub(super) fn ambiguous(name: &str, what: &str, ways: &[String]) -> Refusal {
    let why = format!("there are several {what} '{name}', each of other nodes");
    let named: BTreeSet<&str> = ways.iter().map(String::as_str).filter(|way| *way != name).collect();
    if named.len() < ways.len() {
        return Refusal::new("ambiguous", why, "do it on the node itself, or give the groups names of their own (vgrename)");
    }
    Refusal::new("ambiguous", why, format!("name one: {}", named.into_iter().collect::<Vec<_>>().join(", ")))
}

/// The picture without what only shares a name with the storage that an action is about: other nodes' own groups of that name, and what they have
/// mounted of them.
pub(super) fn scene<'a>(action: &Action, cluster: &'a Cluster) -> Cow<'a, Cluster> {
    let (vg, path, seen) = match action {
        Action::Grow { volume, .. } => {
            let [row] = volumes(cluster, volume).collect::<Vec<_>>()[..] else { return Cow::Borrowed(cluster) };
            (row.vg.as_str(), None, [row.seen_by.as_slice(), &row.active_on].concat())
        }
        Action::Evacuate { pv, .. } => {
            let [row] = pvs(cluster, pv)[..] else { return Cow::Borrowed(cluster) };
            let Some(vg) = &row.vg else { return Cow::Borrowed(cluster) };
            (vg.as_str(), Some(row.path.as_str()), row.seen_by.clone())
        }
        _ => return Cow::Borrowed(cluster),
    };
    let alien = |nodes: &[Arc<str>]| !nodes.is_empty() && !nodes.iter().any(|node| seen.contains(node));
    let mut elsewhere: BTreeSet<Arc<str>> = BTreeSet::new();
    elsewhere.extend(cluster.groups.iter().filter(|g| g.name == vg && alien(&g.seen_by)).flat_map(|g| g.seen_by.iter().cloned()));
    elsewhere.extend(cluster.volumes.iter().filter(|v| v.vg == vg && alien(&v.seen_by)).flat_map(|v| v.seen_by.iter().cloned()));
    let other_disk = |p: &PhysicalVolume| (p.vg.as_deref() == Some(vg) || Some(p.path.as_str()) == path) && alien(&p.seen_by);
    if elsewhere.is_empty() && !cluster.pvs.iter().any(other_disk) {
        return Cow::Borrowed(cluster);
    }
    let mut scene = cluster.clone();
    scene.groups.retain(|g| g.name != vg || !alien(&g.seen_by));
    scene.volumes.retain(|v| v.vg != vg || !alien(&v.seen_by));
    scene.pvs.retain(|p| !other_disk(p));
    let of_group = |source: &str| source.split_once('/').is_some_and(|(group, _)| group == vg);
    scene.filesystems.retain(|f| !(of_group(&f.source) && elsewhere.contains(&f.node)));
    Cow::Owned(scene)
}
