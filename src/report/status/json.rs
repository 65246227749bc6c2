//! `status --json`, schema 1 (contract). Every key is always there; what is unknown is null.

use serde::Serialize;

use crate::domain::alert::Alert;
use crate::domain::cluster::{
    Bond, BondStatus, Cluster, Filesystem, Health, Member, MemberStatus, PathMap, PhysicalVolume, Port, Service, ServiceKind, ServiceState,
    Stack, Volume,
};
use crate::domain::guest::{Guest, GuestState};
use crate::domain::node::Reach;
use crate::domain::observation::manager::{FenceRecord, FenceStatus};
use crate::domain::stamp::Stamp;

#[derive(Serialize)]
pub(super) struct Status<'a> {
    schema: u32,
    taken_at: Stamp,
    health: Health,
    cluster: Heads<'a>,
    members: Vec<MemberRow<'a>>,
    services: Vec<ServiceRow<'a>>,
    guests: Vec<GuestRow<'a>>,
    volumes: Vec<VolumeRow<'a>>,
    pvs: Vec<PvRow<'a>>,
    filesystems: Vec<FilesystemRow<'a>>,
    paths: Vec<PathRow<'a>>,
    bonds: Vec<BondRow<'a>>,
    fences: Vec<FenceRow<'a>>,
    alerts: &'a [Alert],
}

#[derive(Serialize)]
struct Heads<'a> {
    name: Option<&'a str>,
    stack: Option<Stack>,
    version: Option<&'a str>,
    quorate: Option<bool>,
    votes: Votes,
    can_lose: Option<u32>,
    flags: &'a [String],
}

#[derive(Serialize)]
struct Votes {
    total: Option<u32>,
    expected: Option<u32>,
    needed: Option<u32>,
}

#[derive(Serialize)]
struct MemberRow<'a> {
    name: &'a str,
    id: Option<&'a str>,
    votes: Option<u32>,
    status: MemberStatus,
    local: bool,
    dc: bool,
    manager: Option<bool>,
    reachable: bool,
    error: Option<String>,
    uptime_s: Option<u64>,
    cpus: Option<u32>,
    memory_bytes: Option<u64>,
    cpu_percent: Option<f64>,
    memory_percent: Option<f64>,
    nics: Option<u32>,
}

#[derive(Serialize)]
struct ServiceRow<'a> {
    id: &'a str,
    kind: ServiceKind,
    state: ServiceState,
    owner: Option<&'a str>,
    owners: Vec<&'a str>,
    last_owner: Option<&'a str>,
    flags: &'a [&'static str],
    failures: u64,
    reason: Option<&'a str>,
    guest: Option<ServiceGuestRow<'a>>,
    drift: Option<&'a str>,
}

#[derive(Serialize)]
struct ServiceGuestRow<'a> {
    state: GuestState,
    node: &'a str,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct GuestRow<'a> {
    name: &'a str,
    uuid: Option<&'a str>,
    node: &'a str,
    state: GuestState,
    vcpus: Option<u32>,
    memory_bytes: Option<u64>,
    managed_by: Option<&'a str>,
}

#[derive(Serialize)]
struct VolumeRow<'a> {
    vg: &'a str,
    lv: &'a str,
    size_bytes: Option<u64>,
    active_on: Vec<&'a str>,
    seen_by: Vec<&'a str>,
    attr: &'a str,
    used_by: &'a [String],
}

#[derive(Serialize)]
struct PvRow<'a> {
    path: &'a str,
    vg: Option<&'a str>,
    size_bytes: Option<u64>,
    free_bytes: Option<u64>,
    seen_by: Vec<&'a str>,
}

#[derive(Serialize)]
struct FilesystemRow<'a> {
    node: &'a str,
    mount: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    source: &'a str,
    size_bytes: Option<u64>,
    used_bytes: Option<u64>,
}

#[derive(Serialize)]
struct PathRow<'a> {
    node: &'a str,
    map: &'a str,
    active: u32,
    total: u32,
}

#[derive(Serialize)]
struct BondRow<'a> {
    node: &'a str,
    name: &'a str,
    mode: Option<&'a str>,
    status: BondStatus,
    active_port: Option<&'a str>,
    ports: Vec<PortRow<'a>>,
}

#[derive(Serialize)]
struct PortRow<'a> {
    name: &'a str,
    status: &'static str,
    speed_mbps: Option<u32>,
    failures: Option<u64>,
}

#[derive(Serialize)]
struct FenceRow<'a> {
    target: &'a str,
    action: &'a str,
    status: FenceStatus,
    origin: Option<&'a str>,
    completed_at: Option<Stamp>,
}

impl<'a> Status<'a> {
    pub(super) fn of(cluster: &'a Cluster, taken_at: Stamp) -> Self {
        let quorum = &cluster.quorum;
        Self {
            schema: 1,
            taken_at,
            health: cluster.health(),
            cluster: Heads {
                name: cluster.name.as_deref(),
                stack: cluster.stack,
                version: cluster.version.as_deref(),
                quorate: quorum.quorate,
                votes: Votes { total: quorum.total, expected: quorum.expected, needed: quorum.needed },
                can_lose: quorum.can_lose,
                flags: &quorum.flags,
            },
            members: cluster.members.iter().map(|m| MemberRow::of(m, taken_at)).collect(),
            services: cluster.services.iter().map(ServiceRow::of).collect(),
            guests: cluster.guests.iter().map(GuestRow::of).collect(),
            volumes: cluster.volumes.iter().map(VolumeRow::of).collect(),
            pvs: cluster.pvs.iter().map(PvRow::of).collect(),
            filesystems: cluster.filesystems.iter().map(FilesystemRow::of).collect(),
            paths: cluster.maps.iter().map(PathRow::of).collect(),
            bonds: cluster.bonds.iter().map(BondRow::of).collect(),
            fences: cluster.fences.iter().map(FenceRow::of).collect(),
            alerts: &cluster.alerts,
        }
    }
}

/// One decimal: what lies behind is noise, and 15 digits are no better.
fn tenth(percent: Option<f64>) -> Option<f64> {
    percent.map(|p| (p * 10.0).round() / 10.0)
}

fn names(list: &[std::sync::Arc<str>]) -> Vec<&str> {
    list.iter().map(|n| &**n).collect()
}

/// Why a member is not reachable; its first word is one of the contract's.
pub(super) fn error(member: &Member, taken_at: Stamp) -> Option<String> {
    match &member.reach {
        Reach::Down { trouble, .. } => Some(trouble.to_string()),
        // Nobody was to connect to it.
        Reach::Untried if member.node.is_none() => None,
        reach => reach.late(taken_at).map(|trouble| trouble.to_string()),
    }
}

impl<'a> MemberRow<'a> {
    fn of(member: &'a Member, taken_at: Stamp) -> Self {
        let host = &member.host;
        Self {
            name: &member.name,
            id: member.id.as_deref(),
            votes: member.votes,
            status: member.status,
            local: member.local,
            dc: member.dc,
            manager: member.manager,
            reachable: member.reach.is_up(),
            error: error(member, taken_at),
            uptime_s: host.uptime.map(|u| u.as_secs()),
            cpus: host.cpus,
            memory_bytes: host.memory_bytes,
            cpu_percent: tenth(host.cpu_percent),
            memory_percent: tenth(host.memory_percent),
            nics: host.nics,
        }
    }
}

impl<'a> ServiceRow<'a> {
    fn of(service: &'a Service) -> Self {
        Self {
            id: &service.id,
            kind: service.kind,
            state: service.state,
            owner: service.owner.as_deref(),
            owners: names(&service.owners),
            last_owner: service.last_owner.as_deref(),
            flags: &service.flags,
            failures: service.failures,
            reason: service.reason.as_deref(),
            guest: service.guest.as_ref().map(|g| ServiceGuestRow { state: g.state, node: &g.node, reason: g.reason.as_deref() }),
            drift: service.drift.as_deref(),
        }
    }
}

impl<'a> GuestRow<'a> {
    fn of(guest: &'a Guest) -> Self {
        Self {
            name: &guest.name,
            uuid: guest.known_uuid(),
            node: &guest.node,
            state: guest.state,
            vcpus: guest.vcpus(),
            memory_bytes: guest.memory(),
            managed_by: guest.managed_by.as_deref(),
        }
    }
}

impl<'a> VolumeRow<'a> {
    fn of(volume: &'a Volume) -> Self {
        Self {
            vg: &volume.vg,
            lv: &volume.lv,
            size_bytes: volume.size,
            active_on: names(&volume.active_on),
            seen_by: names(&volume.seen_by),
            attr: &volume.attr,
            used_by: &volume.used_by,
        }
    }
}

impl<'a> PvRow<'a> {
    fn of(pv: &'a PhysicalVolume) -> Self {
        let vg = pv.vg.as_deref().filter(|vg| !vg.is_empty());
        Self { path: &pv.path, vg, size_bytes: pv.size, free_bytes: pv.free, seen_by: names(&pv.seen_by) }
    }
}

impl<'a> FilesystemRow<'a> {
    fn of(fs: &'a Filesystem) -> Self {
        Self { node: &fs.node, mount: &fs.mount, kind: &fs.kind, source: &fs.source, size_bytes: fs.size, used_bytes: fs.used }
    }
}

impl<'a> PathRow<'a> {
    fn of(map: &'a PathMap) -> Self {
        Self { node: &map.node, map: &map.map.name, active: map.active, total: map.total }
    }
}

impl<'a> BondRow<'a> {
    fn of(bond: &'a Bond) -> Self {
        Self {
            node: &bond.node,
            name: &bond.name,
            mode: Some(bond.mode.as_str()).filter(|mode| !mode.is_empty()),
            status: bond.status,
            active_port: bond.active_port.as_deref(),
            ports: bond.ports.iter().map(PortRow::of).collect(),
        }
    }
}

impl<'a> PortRow<'a> {
    fn of(port: &'a Port) -> Self {
        Self { name: &port.name, status: if port.up { "up" } else { "down" }, speed_mbps: port.speed_mbps, failures: port.failures }
    }
}

impl<'a> FenceRow<'a> {
    fn of(fence: &'a FenceRecord) -> Self {
        Self {
            target: &fence.target,
            action: &fence.action,
            status: fence.status,
            origin: fence.origin.as_deref(),
            completed_at: fence.completed,
        }
    }
}
