//! Storage by the names that actions use. Each node may have a group, a volume or a disk of its own by one and the same name (`vg0/root`, `/dev/sda2`),
//! and one disk may have another path on each: behind an `@` stands then the node that is meant, as with guests.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::cluster::{Cluster, PhysicalVolume, Volume};
use crate::domain::task::{Action, VolumeName};

use super::plan::Refusal;

/// The volumes that a name means: more than one where the node is wanting.
pub fn volumes<'a>(cluster: &'a Cluster, name: &VolumeName) -> Vec<&'a Volume> {
    let here = |v: &Volume| name.node.as_deref().is_none_or(|node| v.seen_by.iter().any(|n| **n == *node));
    cluster.volumes.iter().filter(|v| v.vg == name.vg && v.lv == name.lv && here(v)).collect()
}

/// The physical volumes that a name means: a path on any node, or a path and the node where it counts. A path may have an `@` of its own.
pub fn pvs<'a>(cluster: &'a Cluster, name: &str) -> Vec<&'a PhysicalVolume> {
    let whole: Vec<_> = cluster.pvs.iter().filter(|p| p.has_path(name)).collect();
    match name.rsplit_once('@') {
        Some((path, node)) if whole.is_empty() => {
            let here = |p: &&PhysicalVolume| p.seen_by.iter().any(|n| **n == *node) && p.path_on(node) == path;
            cluster.pvs.iter().filter(here).collect()
        }
        _ => whole,
    }
}

/// How an action names this volume of the picture: with a node where the name alone means several.
pub fn volume(cluster: &Cluster, row: &Volume) -> VolumeName {
    volume_told_apart(cluster, row).unwrap_or_else(|| bare(row))
}

/// How an action names this physical volume of the picture.
pub fn pv(cluster: &Cluster, row: &PhysicalVolume) -> String {
    pv_told_apart(cluster, row).unwrap_or_else(|| row.path.clone())
}

const fn is_one<T>(rows: &[T]) -> bool {
    rows.len() == 1
}

fn bare(row: &Volume) -> VolumeName {
    VolumeName { vg: row.vg.clone(), lv: row.lv.clone(), node: None }
}

/// A name that means this one alone.
fn volume_told_apart(cluster: &Cluster, row: &Volume) -> Option<VolumeName> {
    let at = |node: &Arc<str>| VolumeName { node: Some(node.to_string()), ..bare(row) };
    std::iter::once(bare(row)).chain(row.seen_by.iter().map(at)).find(|name| is_one(&volumes(cluster, name)))
}

fn pv_told_apart(cluster: &Cluster, row: &PhysicalVolume) -> Option<String> {
    let at = |node: &Arc<str>| format!("{}@{node}", row.path_on(node));
    std::iter::once(row.path.clone()).chain(row.seen_by.iter().map(at)).find(|name| is_one(&pvs(cluster, name)))
}

/// Several volumes have the name that was given.
pub(super) fn several_volumes(cluster: &Cluster, name: &VolumeName, rows: &[&Volume]) -> Refusal {
    let ways: Option<Vec<String>> = rows.iter().map(|row| volume_told_apart(cluster, row).map(|name| name.to_string())).collect();
    ambiguous(&name.to_string(), "volumes", ways)
}

/// Several physical volumes have the name that was given.
pub(super) fn several_pvs(cluster: &Cluster, name: &str, rows: &[&PhysicalVolume]) -> Refusal {
    ambiguous(name, "physical volumes", rows.iter().map(|row| pv_told_apart(cluster, row)).collect())
}

fn ambiguous(name: &str, what: &str, ways: Option<Vec<String>>) -> Refusal {
    let lift = match ways {
        Some(ways) => format!("name one: {}", ways.join(", ")),
        None => "do it on the node itself, or give the groups names of their own (vgrename)".to_owned(),
    };
    Refusal::new("ambiguous", format!("there are several {what} '{name}'"), lift)
}

/// The picture without what only shares a name with the storage that an action is about: other nodes' own groups of that name, and what they have
/// mounted of them.
pub(super) fn scene<'a>(action: &Action, cluster: &'a Cluster) -> Cow<'a, Cluster> {
    let Some(Subject { vg, path, seen }) = about(action, cluster) else { return Cow::Borrowed(cluster) };
    let alien = |nodes: &[Arc<str>]| !nodes.is_empty() && !nodes.iter().any(|node| seen.contains(node));
    let mut named = cluster.groups.iter().filter(|g| g.name == vg).peekable();
    // The nodes that have told of it have not told of their group yet: another's may be the same one.
    if named.peek().is_some() && named.all(|g| alien(&g.seen_by)) {
        return Cow::Borrowed(cluster);
    }
    let mut elsewhere: BTreeSet<Arc<str>> = BTreeSet::new();
    elsewhere.extend(cluster.groups.iter().filter(|g| g.name == vg && alien(&g.seen_by)).flat_map(|g| g.seen_by.iter().cloned()));
    elsewhere.extend(cluster.volumes.iter().filter(|v| v.vg == vg && alien(&v.seen_by)).flat_map(|v| v.seen_by.iter().cloned()));
    let other_disk = |p: &PhysicalVolume| (p.vg.as_deref() == Some(vg) || path.is_some_and(|path| p.has_path(path))) && alien(&p.seen_by);
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

/// What an action is about: a group, maybe a disk of it, and who has told of it.
struct Subject<'a> {
    vg: &'a str,
    path: Option<&'a str>,
    seen: Vec<Arc<str>>,
}

/// None where its name does not mean one thing.
fn about<'a>(action: &Action, cluster: &'a Cluster) -> Option<Subject<'a>> {
    match action {
        Action::Grow { volume, .. } => {
            let [row] = volumes(cluster, volume)[..] else { return None };
            Some(Subject { vg: &row.vg, path: None, seen: [row.seen_by.as_slice(), &row.active_on].concat() })
        }
        Action::Evacuate { pv, .. } => {
            let [row] = pvs(cluster, pv)[..] else { return None };
            Some(Subject { vg: row.vg.as_deref()?, path: Some(&row.path), seen: row.seen_by.clone() })
        }
        _ => None,
    }
}
