//! Mounted filesystems and multipath maps: each node answers for itself.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::cluster::{Filesystem, PathMap};

use super::facts::NodeState;
use super::identity::{Names, Nodes};

/// Filesystems by node and mount.
pub(super) fn fold(nodes: &Nodes, names: &Names) -> Vec<Filesystem> {
    let mut rows = Vec::new();
    for (name, node) in names.roll(nodes) {
        let Some((mounts, at)) = node.answers.filesystems.seen() else { continue };
        let volumes = volumes(node);
        rows.extend(mounts.iter().map(|mount| Filesystem {
            node: name.clone(),
            mount: mount.mount.clone(),
            kind: mount.kind.clone(),
            source: volumes.get(&mount.source).cloned().unwrap_or_else(|| mount.source.clone()),
            size: mount.size,
            used: mount.used,
            available: mount.available,
            read_only: mount.read_only == Some(true),
            at,
        }));
    }
    rows.sort_by(|a, b| (&a.node, &a.mount).cmp(&(&b.node, &b.mount)));
    rows
}

/// The device paths of this node's logical volumes. A name of device-mapper alone is no proof: multipath aliases
/// may hold a dash as well.
fn volumes(node: &NodeState) -> HashMap<String, String> {
    let mut paths = HashMap::new();
    let mut add = |vg: &str, lv: &str| {
        let mapper = format!("/dev/mapper/{}-{}", vg.replace('-', "--"), lv.replace('-', "--"));
        let name = format!("{vg}/{lv}");
        paths.insert(mapper, name.clone());
        paths.insert(format!("/dev/{name}"), name);
    };
    for device in node.answers.device_mapper.rows().iter().filter(|d| d.uuid.starts_with("LVM-")) {
        if let Some((vg, lv)) = device.vg_lv() {
            add(&vg, &lv);
        }
    }
    for row in node.answers.lvs.rows() {
        add(&row.vg, row.lv.trim_matches(['[', ']']));
    }
    paths
}

/// The most paths alive at once that each map was seen with, by node and name.
pub(super) type MostPaths = HashMap<(Arc<str>, String), u32>;

/// Multipath maps by node and name.
pub(super) fn fold_maps(nodes: &Nodes, names: &Names, most: &mut MostPaths) -> Vec<PathMap> {
    let mut rows = Vec::new();
    for (name, node) in names.roll(nodes) {
        let Some((maps, at)) = node.answers.multipath.seen() else { continue };
        rows.extend(maps.iter().map(|map| {
            let active = count(map.paths.iter().filter(|p| p.is_alive()).count());
            let most = most.entry((name.clone(), map.name.clone())).or_default();
            *most = active.max(*most);
            PathMap { node: name.clone(), active, total: count(map.paths.len()), most: *most, map: map.clone(), at }
        }));
    }
    rows.sort_by(|a, b| (&a.node, &a.map.name).cmp(&(&b.node, &b.map.name)));
    rows
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
