//! What a guest is made of, as far as a move depends on it: disks that both nodes must share, bridges, memory, CPU.

use crate::action::inquiry::Finding;
use crate::domain::guest::{Disk, DiskKind, Guest, NicKind};
use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::GuestDefinition;

use super::Move;

/// The disk's own path and those of the files below it, where they are paths of the node.
fn paths_of(disk: &Disk) -> impl Iterator<Item = &String> {
    disk.source.iter().chain(&disk.backing).filter(|path| path.starts_with('/'))
}

/// All paths that must be on the target.
pub(super) fn paths(row: &Guest) -> Vec<String> {
    row.definition.iter().flat_map(|d| &d.disks).flat_map(paths_of).cloned().collect()
}

/// Bridges that must be on the target.
pub(super) fn bridges(row: &Guest) -> Vec<String> {
    let nics = row.definition.iter().flat_map(|d| &d.nics).filter(|n| n.kind == NicKind::Bridge);
    nics.filter_map(|n| n.source.clone()).collect()
}

/// Its definition by libvirt, with the disks and bridges that were looked at; as it was seen, where libvirt did not tell.
pub(super) fn definition(row: &Guest, told: Option<&Result<Finding, Trouble>>) -> Option<GuestDefinition> {
    let seen = row.definition.as_ref()?;
    let mut definition = match told {
        Some(Ok(Finding::Definition(told))) => told.clone(),
        _ => GuestDefinition { name: row.name.clone(), uuid: Some(row.uuid.clone()), ..GuestDefinition::default() },
    };
    definition.memory = definition.memory.or(seen.memory);
    definition.passed_through = definition.passed_through.max(seen.host_devices.len());
    (definition.disks, definition.bridges) = (paths(row), bridges(row));
    Some(definition)
}

impl Move<'_> {
    /// Why its disks are not the same on both nodes, or why that is not known.
    pub(super) fn unshared(&self) -> Vec<String> {
        let disks = self.row.definition.iter().flat_map(|d| &d.disks);
        let written = disks.filter(|d| !d.read_only && d.device != "cdrom" && d.source.is_some() && d.kind != DiskKind::Network);
        written.filter_map(|disk| self.not_shared(disk)).collect()
    }

    fn not_shared(&self, disk: &Disk) -> Option<String> {
        let (from, to) = (&self.row.node, &self.to);
        let known = matches!(disk.kind, DiskKind::File | DiskKind::Block) && paths_of(disk).next().is_some();
        if !known {
            let source = disk.source.as_deref().unwrap_or_default();
            return Some(format!("whether {source} is one disk for {from} and {to} is not known"));
        }
        paths_of(disk).find_map(|path| match self.is_same(path) {
            Some(true) => None,
            Some(false) => Some(format!("{path} on {to} is another disk than on {from}: it is not shared")),
            None => Some(format!("whether {path} is one disk for {from} and {to} is not known")),
        })
    }

    /// Whether the path is one disk on both nodes. What is missing on the target is said elsewhere.
    fn is_same(&self, path: &str) -> Option<bool> {
        let cluster = self.input.cluster;
        let found = self.input.found;
        let place = |node: &str| found.place(node).and_then(Result::ok);
        let on = |node: &str| place(node)?.disks.iter().find(|(p, _)| p == path).map(|(_, is)| is);
        if place(&self.to).is_some_and(|p| p.missing.iter().any(|m| m.strip_prefix("disk ") == Some(path))) {
            return Some(true);
        }
        if let Some(same) = on(&self.row.node).zip(on(&self.to)).and_then(|(a, b)| a.is_same(b)) {
            return Some(same);
        }
        // A link of this folder has its name from what the unit says of itself.
        if path.strip_prefix("/dev/disk/by-id/").is_some_and(|name| !name.starts_with("dm-name-")) {
            return Some(true);
        }
        let shared = |node: &str| cluster.shared_disk(node, path);
        path.starts_with("/dev/").then(|| shared(&self.row.node).zip(shared(&self.to)).map(|(a, b)| a == b))?
    }

    /// The folder of a disk that is a file: what both nodes see there.
    pub(super) fn folder(&self) -> Option<&str> {
        let disks = self.row.definition.iter().flat_map(|d| &d.disks).filter(|d| d.kind == DiskKind::File && !d.read_only);
        let mut paths = disks.filter_map(|d| d.source.as_deref()).filter(|path| self.is_same(path) == Some(true));
        paths.find_map(|path| Some(path.rsplit_once('/')?.0).filter(|folder| !folder.is_empty()))
    }
}
