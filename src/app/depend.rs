//! What stands on what: from a guest down to paths and ports, and from any of those up to the guests that would die with it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::domain::cluster::{Bond, Cluster, Filesystem, Interface, Volume};
use crate::domain::guest::{Disk, Guest, Nic};

/// Deeper than this no network is stacked; it also ends a circle in bad input.
const DEEPEST: u8 = 8;

/// Something that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing<'a> {
    /// A member.
    Member(&'a str),
    /// An interface or bond of a node.
    Link(&'a str, &'a str),
    /// A volume, and the nodes that see it: each host may have one of that name for itself.
    Volume(&'a str, &'a str, &'a [Arc<str>]),
    /// A volume group, and the nodes that see it.
    Group(&'a str, &'a [Arc<str>]),
    /// A filesystem, by its mount point and source.
    Mount(&'a str, &'a str),
}

/// The guests that run now and would die, or lose their network, with this.
pub fn dies<'a>(thing: Thing<'_>, c: &'a Cluster) -> Vec<&'a Guest> {
    let active = c.guests.iter().filter(|g| g.state.is_active());
    active.filter(|g| hangs_on(g, thing, c)).collect()
}

fn hangs_on(guest: &Guest, thing: Thing<'_>, c: &Cluster) -> bool {
    let disks = || guest.definition.iter().flat_map(|d| &d.disks);
    match thing {
        Thing::Member(node) => &*guest.node == node,
        Thing::Link(node, name) => {
            let nics = guest.definition.iter().flat_map(|d| &d.nics).filter_map(bridge_of);
            &*guest.node == node
                && nics
                    .into_iter()
                    .any(|bridge| is_alive(c, node, bridge, None, DEEPEST) && !is_alive(c, node, bridge, Some(name), DEEPEST))
        }
        Thing::Volume(vg, lv, seen_by) => {
            let is = |v: &Volume| v.vg == vg && (v.lv == lv || v.pool.as_deref() == Some(lv));
            seen_by.contains(&guest.node) && disks().any(|d| volumes_behind(d, guest, c).any(is))
        }
        Thing::Group(vg, seen_by) => seen_by.contains(&guest.node) && disks().any(|d| volumes_behind(d, guest, c).any(|v| v.vg == vg)),
        Thing::Mount(mount, source) => {
            let is = |f: &Filesystem| f.mount == mount && f.source == source;
            disks().flat_map(paths_of).any(|path| mount_behind(path, guest, c).is_some_and(is))
        }
    }
}

/// The bridge or device of the host that a guest's NIC is plugged into.
pub fn bridge_of(nic: &Nic) -> Option<&str> {
    nic.bridge.as_deref().or(nic.source.as_deref())
}

/// The volume behind a disk: it is the disk, or it carries the filesystem that the disk is a file of.
pub fn volume_behind<'a>(disk: &'a Disk, guest: &'a Guest, c: &'a Cluster) -> Option<&'a Volume> {
    volumes_behind(disk, guest, c).next()
}

fn volumes_behind<'a>(disk: &'a Disk, guest: &'a Guest, c: &'a Cluster) -> impl Iterator<Item = &'a Volume> {
    paths_of(disk).filter_map(move |path| {
        let mounted = || c.volume_named(&guest.node, mount_behind(path, guest, c)?.source.split_once('/')?);
        c.volume_at(&guest.node, path).or_else(mounted)
    })
}

/// A disk's own path and those of the files below it.
fn paths_of(disk: &Disk) -> impl Iterator<Item = &str> {
    disk.source.iter().chain(&disk.backing).map(String::as_str)
}

/// The filesystem of the guest's node that a file is in.
fn mount_behind<'a>(path: &str, guest: &Guest, c: &'a Cluster) -> Option<&'a Filesystem> {
    if !path.starts_with('/') || path.starts_with("/dev/") {
        return None;
    }
    let within = |mount: &str| path.strip_prefix(mount.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
    c.filesystems.iter().filter(|f| f.node == guest.node && within(&f.mount)).max_by_key(|f| f.mount.len())
}

/// Whether frames still get through an interface with one other taken away.
fn is_alive(c: &Cluster, node: &str, name: &str, without: Option<&str>, depth: u8) -> bool {
    if Some(name) == without || depth == 0 {
        return false;
    }
    if let Some(bond) = c.bonds.iter().find(|b| &*b.node == node && b.name == name) {
        return bond.ports.iter().any(|p| p.up && Some(p.name.as_str()) != without);
    }
    let Some(nic) = c.nics.iter().find(|n| &*n.node == node && n.name == name) else { return false };
    match nic.kind.as_deref() {
        Some("vlan") => nic.lower.as_deref().is_some_and(|lower| is_alive(c, node, lower, without, depth - 1)),
        Some("bridge") => uplinks(c, node, name).iter().any(|up| is_alive(c, node, up, without, depth - 1)),
        _ => nic.state != "down",
    }
}

/// What a bridge is plugged into, guests' own taps left out.
fn uplinks<'a>(c: &'a Cluster, node: &str, bridge: &str) -> Vec<&'a str> {
    let taps: HashSet<&str> =
        c.guests.iter().filter_map(|g| g.definition.as_ref()).flat_map(|d| &d.nics).filter_map(|n| n.device.as_deref()).collect();
    let nics = c.nics.iter().filter(|n| &*n.node == node && n.master.as_deref() == Some(bridge) && !taps.contains(n.name.as_str()));
    let bonds = c.bonds.iter().filter(|b| &*b.node == node && b.bridge.as_deref() == Some(bridge));
    nics.map(|n| n.name.as_str()).chain(bonds.map(|b| b.name.as_str())).collect()
}

/// One line of a chain: how deep it stands, what it is, and whether it is in trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// 0: the guest's own part.
    pub depth: usize,
    /// The thing in a few words.
    pub text: String,
    /// It is down, or redundancy is lost.
    pub bad: bool,
}

/// What a guest stands on: service, its volumes down to paths, its bridges down to ports.
pub fn below(guest: &Guest, c: &Cluster) -> Vec<Step> {
    let mut steps = Vec::new();
    let Some(definition) = &guest.definition else { return steps };
    for disk in definition.disks.iter().filter(|d| d.source.is_some()) {
        storage(disk, guest, c, &mut steps);
    }
    for nic in &definition.nics {
        let place = bridge_of(nic).unwrap_or("-");
        step(&mut steps, 0, format!("nic {}", nic.mac.as_deref().unwrap_or("-")), nic.down);
        link(c, &guest.node, place, 1, &mut steps);
    }
    steps
}

fn step(steps: &mut Vec<Step>, depth: usize, text: String, bad: bool) {
    steps.push(Step { depth, text, bad });
}

fn storage(disk: &Disk, guest: &Guest, c: &Cluster, steps: &mut Vec<Step>) {
    step(steps, 0, format!("disk {}  {}", disk.target, disk.source.as_deref().unwrap_or("-")), false);
    if let Some(volume) = paths_of(disk).find_map(|path| c.volume_at(&guest.node, path)) {
        step(steps, 1, format!("volume {}/{}", volume.vg, volume.lv), false);
        group(&volume.vg, guest, c, steps);
    } else if let Some(mount) = disk.source.as_deref().and_then(|path| mount_behind(path, guest, c)) {
        step(
            steps,
            1,
            format!("filesystem {} ({}) on {}", mount.mount, mount.kind, mount.source),
            mount.percent().is_some_and(|p| p >= 98.0),
        );
        let vg = mount.source.split_once('/').map(|(vg, _)| vg).filter(|vg| c.groups.iter().any(|g| g.name == *vg));
        match vg {
            Some(vg) => group(vg, guest, c, steps),
            None => paths(&mount.source, 2, guest, c, steps),
        }
    } else if let Some(source) = &disk.source {
        paths(source, 1, guest, c, steps);
    }
}

fn group(vg: &str, guest: &Guest, c: &Cluster, steps: &mut Vec<Step>) {
    step(steps, 2, format!("volume group {vg}"), false);
    for pv in c.pvs.iter().filter(|p| p.vg.as_deref() == Some(vg) && p.seen_by.contains(&guest.node)) {
        let path = pv.path_on(&guest.node);
        step(steps, 3, format!("physical volume {path}"), false);
        paths(path, 4, guest, c, steps);
    }
}

/// How many ways lead to a device, where it is a multipath map or a partition of one.
fn paths(device: &str, depth: usize, guest: &Guest, c: &Cluster, steps: &mut Vec<Step>) {
    if let Some((map, _)) = c.map_behind(&guest.node, device) {
        step(steps, depth, format!("paths {} of {}", map.active, map.total), map.is_short());
    }
}

fn link(c: &Cluster, node: &str, name: &str, depth: usize, steps: &mut Vec<Step>) {
    if depth > usize::from(DEEPEST) {
        return;
    }
    if let Some(bond) = c.bonds.iter().find(|b| &*b.node == node && b.name == name) {
        return bonded(bond, depth, steps);
    }
    let Some(nic) = c.nics.iter().find(|n| &*n.node == node && n.name == name) else {
        return step(steps, depth, format!("{name} (not seen on {node})"), false);
    };
    step(steps, depth, described(nic), nic.state == "down");
    match nic.kind.as_deref() {
        Some("vlan") => {
            if let Some(lower) = &nic.lower {
                link(c, node, lower, depth + 1, steps);
            }
        }
        Some("bridge") => uplinks(c, node, name).into_iter().for_each(|up| link(c, node, up, depth + 1, steps)),
        _ => {}
    }
}

fn bonded(bond: &Bond, depth: usize, steps: &mut Vec<Step>) {
    step(steps, depth, format!("bond {} ({})", bond.name, bond.mode_words()), bond.ports.iter().any(|p| !p.up));
    for port in &bond.ports {
        let active = if bond.active_port.as_deref() == Some(&port.name) { ", active" } else { "" };
        step(steps, depth + 1, format!("port {} {}{active}", port.name, if port.up { "up" } else { "down" }), !port.up);
    }
}

fn described(nic: &Interface) -> String {
    let kind = nic.kind.as_deref().unwrap_or("interface");
    let vlan = nic.vlan.map(|v| format!(" {v}")).unwrap_or_default();
    format!("{kind}{vlan} {} {}", nic.name, nic.state)
}
