//! What the target of a move was asked and has answered, whoever moves the guest there.

use crate::action::inquiry::Findings;
use crate::domain::cluster::Cluster;
use crate::domain::guest::{Guest, NicKind};
use crate::domain::observation::TroubleKind;
use crate::domain::observation::guest::VirtHost;
use crate::domain::observation::simulation::{CpuFit, GuestDefinition, GuestPlace, GuestState};

/// What keeps the guest from going on there: what the node lacks, memory for it, libvirt's silence. `file`: the definition that must lie there.
pub(in crate::action) fn lacks(found: &Findings, to: &str, memory: Option<u64>, file: Option<&str>) -> Vec<String> {
    let mut closed = Vec::new();
    let place = match found.place(to) {
        Some(Err(trouble)) if trouble.kind == TroubleKind::Late => {
            return vec![format!("{to} gave no answer in time about the guest's place there: libvirtd hangs, or its storage")];
        }
        Some(Ok(place)) => place,
        _ => return closed,
    };
    closed.extend(place.missing.iter().map(|what| format!("{to} lacks {what}")));
    if let Some(file) = file.filter(|_| place.config_file.is_none()) {
        closed.push(format!("{to} lacks the definition {file}"));
    }
    if let GuestState::Silent(why) = &place.guest {
        closed.push(format!("libvirt on {to} does not answer: {why}"));
    }
    if let Some((needs, free)) = memory.zip(place.free_memory).filter(|(needs, free)| needs > free) {
        closed.push(format!("{to} has {} MiB free, {} are needed", free >> 20, needs >> 20));
    }
    closed
}

/// Why the memory that it has is of no use there.
pub(in crate::action) fn cpu_lacks(found: &Findings, to: &str) -> Option<String> {
    let Some(Ok(CpuFit::Lacks(why))) = found.cpu() else { return None };
    Some(format!("the CPU of {to} lacks what it has ({why})"))
}

/// Why it is tied to its node.
pub(in crate::action) fn passed_through(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{count} devices of the host are passed through to it"))
}

/// Devices of the host that libvirt has told of.
pub(in crate::action) fn host_devices(guest: &Guest) -> usize {
    guest.definition.as_ref().map_or(0, |d| d.host_devices.len())
}

/// Why libvirt would not let it go: what it keeps of it on its node.
pub(in crate::action) fn snapshots(guest: &Guest) -> Option<String> {
    let count = guest.definition.as_ref().map_or(0, |d| d.snapshots.len());
    (count > 0).then(|| format!("{} has {count} snapshots, which tie it to {}", guest.name, guest.node))
}

/// What lifts that.
pub(in crate::action) const DELETE_SNAPSHOTS: &str = "delete them first: virsh snapshot-delete";

/// Virtual networks that it has where it is and that the target, as far as its libvirt has told, does not run.
pub(in crate::action) fn networks_missing(cluster: &Cluster, guest: &Guest, to: &str) -> Vec<String> {
    let host = |node: &str| cluster.virt.iter().filter(|v| *v.node == *node).find_map(|v| v.host.as_ref());
    let runs = |host: &VirtHost, name: &str| host.networks.iter().any(|n| n.name == name && n.active);
    let Some((here, there)) = host(&guest.node).zip(host(to)) else { return Vec::new() };
    let nics = guest.definition.iter().flat_map(|d| &d.nics).filter(|n| n.kind == NicKind::Network);
    let missing = nics.filter_map(|n| n.source.as_deref()).filter(|name| runs(here, name) && !runs(there, name));
    missing.map(|name| format!("{to} does not run the virtual network {name}")).collect()
}

/// How the CPU compares, for whoever reads the plan.
pub(in crate::action) fn cpu(found: &Findings, definition: &GuestDefinition) -> String {
    match (definition.kind.as_deref(), found.cpu()) {
        (_, Some(Ok(CpuFit::Fits(how)))) => format!("CPU fits ({how})"),
        (_, Some(Ok(CpuFit::Lacks(_)))) => "CPU LACKS what it has".to_owned(),
        (Some("qemu"), None) => "CPU is emulated".to_owned(),
        (Some("kvm"), None) if definition.cpu.is_none() => "CPU is libvirt's default".to_owned(),
        _ => "CPU not known".to_owned(),
    }
}

/// Memory, disks and bridges there.
pub(in crate::action) fn things(place: &GuestPlace, definition: &GuestDefinition) -> String {
    let mib = |bytes: Option<u64>| bytes.map_or("?".to_owned(), |b| (b >> 20).to_string());
    let of = |all: &[String], one: &str, many: &str| {
        let missing = place.missing.iter().filter(|m| m.starts_with(one)).count();
        format!("{} of {} {many}", all.len().saturating_sub(missing), all.len())
    };
    let (disks, bridges) = (of(&definition.disks, "disk", "disks"), of(&definition.bridges, "bridge", "bridges"));
    let (free, needs) = (mib(place.free_memory), mib(definition.memory));
    format!("{free} MiB free, {needs} needed; {disks}, {bridges} there")
}
