//! A logical volume grown with all that stands on it: the volume, its device on every node, the guests' disks, the filesystem. Grow only.
//!
//! Found on real clusters: after lvextend of a volume that is active on several nodes the others keep the old size until `lvchange --refresh` there, whatever lvextend says;
//! `lvextend -r` on GFS2 fails when the volume has already grown; `virsh blockresize` counts in KiB unless told. So each step is one command, and the next one waits until
//! the sizes are seen to be right. Everything is planned from what is there: a pipeline that broke is taken up where it stopped, by the same command.

use std::sync::Arc;

use crate::domain::cluster::{Cluster, Filesystem, Volume};
use crate::domain::guest::{Guest, volume_of};
use crate::domain::observation::simulation::{GuestDefinition, VolumeFacts};
use crate::domain::task::{Action, GrowSize, VolumeName};
use crate::link::CommandLine;

use super::commands::virsh;
use super::condition::Condition;
use super::handle;
use super::inquiry::{Finding, Findings, Query, What, first_within_reach, libvirt_of, libvirt_on};
use super::plan::{Confirm, Input, Needs, Plan, Refusal, Step, Undo};
use super::{named, sight, whereabouts};

/// Seconds for one of LVM's commands, the lock of the cluster included.
const LVM: u64 = 180;
/// Seconds for a filesystem to grow: it writes as it goes.
const FILESYSTEM: u64 = 3600;

/// The plan.
pub(super) fn plan(input: &Input<'_>, name: &VolumeName, size: GrowSize) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let volume = match named::volumes(cluster, name)[..] {
        [] => return Err(Vec::new()),
        [volume] => volume,
        ref several => return Err(vec![named::several_volumes(cluster, name, several)]),
    };
    let places = if volume.active_on.is_empty() { &volume.seen_by } else { &volume.active_on };
    let Some(first) = first_within_reach(places, cluster) else {
        return Err(vec![Refusal::new(
            "unreachable",
            format!("no node that sees {name} can be reached"),
            "connect quorate to one of them",
        )]);
    };
    let Some(facts) = input.found.volume() else {
        let trouble = input.found.troubles().next().map(|(n, t)| format!(": {n}: {t}")).unwrap_or_default();
        return Err(vec![Refusal::new("not-known", format!("{name} could not be looked at{trouble}"), "lvs must answer there")]);
    };
    let bytes = target(name, facts, size)?;
    against(input, volume, name, facts, bytes)?;
    let mut plan = input.blank();
    plan.intent.action = Action::Grow { volume: name.clone(), size: GrowSize::To(bytes) };
    if bytes > facts.size {
        let length = format!("{bytes}B");
        let command = CommandLine::new("lvextend", ["--size", &length, &name.path()]).privileged();
        plan.steps.push(Step::change(format!("Grow {name} from {} to {bytes} bytes", facts.size), &first, command, LVM));
    } else {
        plan.notices.push(format!("{name} has {bytes} bytes already: what stands on it is looked after"));
    }
    devices(volume, name, bytes, &mut plan);
    if volume.active_on.is_empty() {
        at_rest(&first, name, bytes, &mut plan);
    }
    guests(input, volume, bytes, &mut plan)?;
    filesystem(input, volume, facts, bytes, &mut plan);
    plan.notices.extend(plan.remains.iter().cloned());
    if mounts(cluster, volume).next().is_none() {
        plan.notices.extend(sight::blind(cluster, &volume.active_on));
    }
    plan.undo = Undo::Never("volumes and filesystems only grow".to_owned());
    plan.confirm = Confirm::TypeName;
    plan.needs = Needs { at_rest: false, ..Needs::default() };
    plan.notices.push(format!("should it break, this takes it up again: quorate act {}", plan.intent.action));
    Ok(plan)
}

/// The size that it shall have, in whole extents.
fn target(name: &VolumeName, facts: &VolumeFacts, size: GrowSize) -> Result<u64, Vec<Refusal>> {
    let wanted = match size {
        GrowSize::By(more) => facts.size.checked_add(more),
        GrowSize::To(bytes) => Some(bytes),
    };
    // What a pipeline that broke left is gone on with, also where LVM has rounded up.
    if let GrowSize::To(bytes) = size
        && facts.has(bytes)
    {
        return Ok(facts.size);
    }
    let bytes = wanted
        .and_then(|w| facts.rounded(w))
        .ok_or_else(|| vec![Refusal::new("size", "that size is beyond all measure", "name a smaller one")])?;
    if bytes < facts.size {
        let why = format!("{name} has {} bytes; {bytes} would be less, and quorate only grows", facts.size);
        return Err(vec![Refusal::new("shrink", why, "name a size above that")]);
    }
    Ok(bytes)
}

/// What stands against growing it at all.
fn against(input: &Input<'_>, volume: &Volume, name: &VolumeName, facts: &VolumeFacts, bytes: u64) -> Result<(), Vec<Refusal>> {
    let mut all = Vec::new();
    let cluster = input.cluster;
    let more = bytes - facts.size;
    if volume.pool.is_none() && more > facts.free {
        all.push(Refusal::new("no-room", format!("{} has {} bytes free, {more} are needed", name.vg, facts.free), "add a physical volume"));
    }
    let pool = volume.pool.as_ref().and_then(|p| cluster.volumes.iter().find(|v| v.vg == name.vg && v.lv == *p));
    if let Some(full) = pool.and_then(|p| p.data_percent.into_iter().chain(p.metadata_percent).reduce(f64::max)).filter(|f| *f >= 90.0) {
        all.push(Refusal::new("pool-full", format!("the thin pool below {name} is {full:.0} % full"), "grow the pool first"));
    }
    if matches!(facts.attr.as_bytes().first(), Some(b'o' | b'O' | b's' | b'S')) {
        all.push(Refusal::new("snapshot", format!("{name} is a snapshot, or has one"), "merge or remove the snapshot first"));
    }
    if facts.attr.as_bytes().first() == Some(&b'p') || volume.copy_percent.is_some_and(|p| p < 100.0) {
        all.push(Refusal::new("moving", format!("extents of {name} are being moved"), "wait until that is over"));
    }
    let lock = cluster.groups.iter().find(|g| g.name == name.vg).and_then(|g| g.lock_type.clone());
    if volume.active_on.len() > 1 && lock.as_deref().is_none_or(|l| l.is_empty() || l == "none") {
        let why = format!("{name} is active on {} nodes, and no lock protects {}", volume.active_on.len(), name.vg);
        all.push(Refusal::new("no-lock", why, "a shared volume group (lvmlockd or clvmd), or one active node"));
    }
    for node in &volume.active_on {
        if !cluster.member(node).is_some_and(whereabouts::is_within_reach) {
            let why = format!("{name} is active on {node}, which cannot be reached: it would keep the old size");
            all.push(Refusal::new("unreachable", why, "connect quorate to it, or deactivate the volume there"));
        }
    }
    if all.is_empty() { Ok(()) } else { Err(all) }
}

/// Every node where it is active sees the new size before anything stands on it.
fn devices(volume: &Volume, name: &VolumeName, bytes: u64, plan: &mut Plan) {
    for node in &volume.active_on {
        let command = CommandLine::new("lvchange", ["--refresh", &name.path()]).privileged();
        plan.steps.push(Step::change(format!("Let {node} see the new size"), node, command, LVM));
    }
    for node in &volume.active_on {
        let size = device(node, name, bytes);
        plan.steps.push(Step::wait(format!("{node} has {bytes} bytes"), size.clone(), 60));
        plan.proof.push(size);
    }
}

/// A volume that is active nowhere has no device: what LVM's metadata say by now is all there is to see.
fn at_rest(node: &Arc<str>, name: &VolumeName, bytes: u64, plan: &mut Plan) {
    let size = Condition::Size { query: Query::new(node, What::Volume(name.clone())), what: format!("{name}, by lvs on {node},"), bytes };
    plan.steps.push(Step::wait(format!("lvs has {bytes} bytes"), size.clone(), 60));
    plan.proof.push(size);
}

fn device(node: &Arc<str>, name: &VolumeName, bytes: u64) -> Condition {
    Condition::Size { query: Query::new(node, What::DeviceSize(name.clone())), what: format!("{name} on {node}"), bytes }
}

/// A guest that runs, with the volume as a disk.
pub(super) struct User {
    node: Arc<str>,
    uri: String,
    /// What names it for virsh.
    handle: String,
    path: String,
    /// What is in the volume, where that is no raw disk: it has a size of its own.
    format: Option<String>,
}

impl User {
    /// Asks for the size of that disk as the guest sees it.
    pub(super) fn disk(&self) -> Query {
        Query::new(&self.node, What::GuestDisk(self.uri.clone(), self.handle.clone(), self.path.clone()))
    }
}

/// The running guests that have the volume as a disk.
pub(super) fn users(cluster: &Cluster, found: &Findings, volume: &Volume) -> Vec<User> {
    let mut users = by_services(cluster, found, volume);
    // A guest without a manager, or whose service does not tell its definition (rgmanager's): libvirt has it.
    users.extend(by_libvirt(cluster, volume, &users));
    users
}

/// The disks of running guests. A stopped guest sees the new size when it starts.
fn guests(input: &Input<'_>, volume: &Volume, bytes: u64, plan: &mut Plan) -> Result<(), Vec<Refusal>> {
    for user in users(input.cluster, input.found, volume) {
        let query = user.disk();
        let User { node, uri, handle: guest, path, format } = user;
        if let Some(format) = format {
            remain(
                plan,
                format!(
                    "{guest} has {format} in the volume, whose size is its own: quorate leaves it; where it is to grow, on {node}: \
                     virsh blockresize --domain {guest} --path {path} --size SIZE"
                ),
            );
            continue;
        }
        let has = disk_size(input, &query, &guest)?;
        if has > bytes {
            let why = format!("the disk of {guest} on {node} has {has} bytes; {bytes} would be less, and quorate only grows");
            return Err(vec![Refusal::new("shrink", why, "look what is in the volume: virsh dumpxml, qemu-img info")]);
        }
        let size = Condition::Size { query, what: format!("the disk of {guest}"), bytes };
        if has < bytes {
            let length = format!("{bytes}B");
            let command = virsh(&uri, &["blockresize", "--domain", &guest, "--path", &path, "--size", &length]);
            plan.steps.push(Step::change(format!("Let {guest} see the new size"), &node, command, 120));
            plan.steps.push(Step::wait(format!("{guest} has {bytes} bytes"), size.clone(), 60));
        }
        plan.proof.push(size);
        remain(
            plan,
            format!(
                "inside {guest} (quorate does not go there): growpart DISK PART, then pvresize and lvextend where it has LVM, then resize2fs or xfs_growfs"
            ),
        );
    }
    Ok(())
}

fn remain(plan: &mut Plan, rest: String) {
    if !plan.remains.contains(&rest) {
        plan.remains.push(rest);
    }
}

/// The size of a guest's disk. QEMU makes a disk smaller, too, if it is told so: nothing is sent before this is known.
fn disk_size(input: &Input<'_>, query: &Query, guest: &str) -> Result<u64, Vec<Refusal>> {
    let trouble = match input.found.get(query) {
        Some(Ok(Finding::Bytes(bytes))) => return Ok(*bytes),
        Some(Err(trouble)) => format!(": {trouble}"),
        _ => String::new(),
    };
    let why = format!("the size of the disk of {guest} on {} is not known{trouble}", query.node);
    Err(vec![Refusal::new("not-known", why, "libvirt there must answer (virsh domblkinfo)")])
}

fn is_volume(path: &str, volume: &Volume) -> bool {
    volume_of(path).is_some_and(|(vg, lv)| vg == volume.vg && lv == volume.lv)
}

/// By the definitions that Pacemaker's services name.
fn by_services(cluster: &Cluster, found: &Findings, volume: &Volume) -> Vec<User> {
    let mut users = Vec::new();
    for service in volume.used_by.iter().filter_map(|id| cluster.service(id)) {
        let config = found.primitive(&service.id);
        let Some(definition) = config.and_then(|c| c.attribute("config")).and_then(|f| found.definition(f)) else { continue };
        let Some(path) = definition.disks.iter().find(|path| is_volume(path, volume)) else { continue };
        let Some(handle) = handle::of_definition(definition, cluster) else { continue };
        // Where it runs on another node's volume of that name, this one is none of its disks.
        let able = |o: &&Arc<str>| volume.seen_by.contains(o) && cluster.member(o).is_some_and(whereabouts::is_within_reach);
        let nodes = service.owners.iter().filter(able);
        let user = |node: &Arc<str>| User {
            node: Arc::clone(node),
            uri: libvirt_of(config),
            handle: handle.clone(),
            path: path.clone(),
            format: format_of(cluster, node, definition, path),
        };
        users.extend(nodes.map(user));
    }
    users
}

/// What is in a disk of a guest's, by libvirt's word where it runs, else by its definition; none: it is raw, as libvirt takes it where nothing is said.
fn format_of(cluster: &Cluster, node: &Arc<str>, definition: &GuestDefinition, path: &str) -> Option<String> {
    let row = cluster.guests.iter().find(|g| g.vmware.is_none() && g.node == *node && g.name == definition.name);
    let seen = row.and_then(|g| g.definition.as_ref()).and_then(|d| d.disks.iter().find(|disk| disk.source.as_deref() == Some(path)));
    let told = || definition.formats.iter().find(|(of, _)| of == path).map(|(_, format)| format.clone());
    seen.and_then(|disk| disk.format.clone()).or_else(told).filter(|format| format != "raw")
}

/// By what libvirt has running, but for those that are known.
fn by_libvirt(cluster: &Cluster, volume: &Volume, known: &[User]) -> Vec<User> {
    let is_known = |g: &Guest| known.iter().any(|u| u.node == g.node && u.handle == handle::of_guest(g));
    let able = |g: &&Guest| g.vmware.is_none() && g.state.is_active() && volume.seen_by.contains(&g.node) && !is_known(g);
    let user = |g: &Guest| {
        let mut disks = g.definition.iter().flat_map(|d| &d.disks).filter_map(|d| Some((d.source.as_deref()?, d.format.as_deref())));
        let (path, format) = disks.find(|(path, _)| is_volume(path, volume))?;
        let (node, uri) = (Arc::clone(&g.node), libvirt_on(cluster, &g.node));
        let format = format.filter(|format| *format != "raw").map(str::to_owned);
        Some(User { node, uri, handle: handle::of_guest(g), path: path.to_owned(), format })
    };
    cluster.guests.iter().filter(able).filter_map(user).collect()
}

/// Where it is mounted: on nodes that have it, for another one may have its own of that name.
pub(super) fn mounts<'a>(cluster: &'a Cluster, volume: &'a Volume) -> impl Iterator<Item = &'a Filesystem> {
    let source = format!("{}/{}", volume.vg, volume.lv);
    cluster.filesystems.iter().filter(move |f| f.source == source && volume.seen_by.contains(&f.node))
}

/// The filesystem, where the cluster mounts it: ext and XFS where they are mounted, GFS2 on one node for all.
fn filesystem(input: &Input<'_>, volume: &Volume, facts: &VolumeFacts, bytes: u64, plan: &mut Plan) {
    let mounted: Vec<&Filesystem> = mounts(input.cluster, volume).collect();
    let within_reach = |f: &&&Filesystem| input.cluster.member(&f.node).is_some_and(whereabouts::is_within_reach);
    let Some(one) = mounted.iter().find(within_reach) else { return };
    let device = format!("/dev/{}/{}", volume.vg, volume.lv);
    let command = match one.kind.as_str() {
        "ext2" | "ext3" | "ext4" => CommandLine::new("resize2fs", [device]),
        "xfs" => CommandLine::new("xfs_growfs", [one.mount.clone()]),
        "gfs2" => CommandLine::new("gfs2_grow", [one.mount.clone()]),
        "gfs" => CommandLine::new("gfs_grow", [one.mount.clone()]),
        other => {
            plan.remains.push(format!(
                "{} on {} is {other}: quorate cannot grow it, the volume below it is larger afterwards",
                one.mount, one.node
            ));
            return;
        }
    };
    if !matches!(one.kind.as_str(), "gfs" | "gfs2") && mounted.len() > 1 {
        plan.notices.push(format!("{} is mounted on several nodes though {} is not made for that: left alone", one.mount, one.kind));
        return;
    }
    plan.steps.push(Step::change(format!("Grow the filesystem {} ({})", one.mount, one.kind), &one.node, command.privileged(), FILESYSTEM));
    // What the filesystem keeps for itself grows with it: four fifths of what came must be there.
    let at_least = one.size.unwrap_or(0).saturating_add((bytes - facts.size) / 5 * 4);
    for row in mounted.iter().filter(within_reach) {
        plan.proof.push(Condition::Filesystem(Arc::clone(&row.node), row.mount.clone(), at_least));
    }
}
