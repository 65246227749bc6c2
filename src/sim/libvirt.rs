//! libvirt on a simulated node.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::answer::{net, storage};
use super::world::{GuestAt, NodeAt, Run, Work, World};
use crate::domain::stamp::Stamp;
use crate::link::libvirt::said::{DefinitionSaid, Fields, GuestsSaid, Heard, HostSaid, JobSaid, RowSaid, StatsSaid, Value, What, Who};
use crate::link::libvirt::{Fault, FaultKind, Query, Reread, Said};
use crate::link::{LibvirtOrder, LibvirtReport};

/// What a session has of a node's libvirt.
#[derive(Debug, Default)]
pub struct Session {
    open: bool,
    /// Definitions that were sent.
    sent: Vec<GuestAt>,
    /// What each guest here did when it was looked at last.
    seen: BTreeMap<GuestAt, Run>,
}

impl Session {
    /// What an order is answered with, if with anything.
    pub fn order(&mut self, world: &World, node: NodeAt, order: &LibvirtOrder) -> Option<LibvirtReport> {
        match order {
            LibvirtOrder::Open { .. } => {
                *self = Self { open: true, sent: Vec::new(), seen: here(world, node) };
                Some(LibvirtReport::Up { hears: true })
            }
            LibvirtOrder::Ask { id, query } => {
                let now = Stamp::now();
                let result = if self.open { Ok(self.answer(world, node, *query)) } else { Err(closed()) };
                Some(LibvirtReport::Answer { id: *id, result, sent: now, done: now })
            }
            LibvirtOrder::Cut => {
                self.open = false;
                None
            }
            LibvirtOrder::Console { far, .. } => {
                use std::io::Write as _;
                let mut far = &**far;
                let _ = far.write_all(b"a simulated guest has no console\r\n");
                let _ = far.shutdown(std::net::Shutdown::Both);
                None
            }
            LibvirtOrder::Reread(Reread::All) => {
                self.sent.clear();
                None
            }
            LibvirtOrder::Reread(Reread::Oldest) | LibvirtOrder::GiveUp(_) => None,
        }
    }

    fn answer(&mut self, world: &World, node: NodeAt, query: Query) -> Said {
        let guests = here(world, node);
        match query {
            Query::Host => Said::Host(host(world, node)),
            Query::Guests => {
                self.sent.retain(|at| guests.contains_key(at));
                let new: Vec<GuestAt> = guests.keys().copied().filter(|at| !self.sent.contains(at)).collect();
                self.sent.extend(&new);
                Said::Guests(GuestsSaid {
                    rows: guests.iter().map(|(at, run)| row(world, node, *at, *run)).collect(),
                    definitions: new.into_iter().map(|at| definition(world, at)).collect(),
                })
            }
            Query::Stats => Said::Stats(guests.keys().map(|at| stats(world, *at)).collect()),
            Query::Jobs => Said::Jobs(guests.keys().filter_map(|at| job(world, node, *at)).collect()),
        }
    }

    /// Events since the last look.
    pub fn news(&mut self, world: &World, node: NodeAt) -> Vec<LibvirtReport> {
        if !self.open {
            return Vec::new();
        }
        let now = here(world, node);
        let before = std::mem::replace(&mut self.seen, now.clone());
        let all = before.keys().chain(now.keys()).collect::<std::collections::BTreeSet<_>>();
        let changed = all.into_iter().filter_map(|at| Some((*at, lifecycle(world, *at, before.get(at).copied(), now.get(at).copied())?)));
        changed
            .filter_map(|(at, (event, detail))| {
                let guest = world.guests.get(at)?;
                let who = Who { uuid: guest.uuid.clone(), name: guest.name.clone() };
                Some(LibvirtReport::Event(Heard { who, what: What::Lifecycle(event, detail) }, Stamp::now()))
            })
            .collect()
    }
}

fn closed() -> Fault {
    Fault::new(FaultKind::Lost, "libvirt is not connected")
}

/// The guests that a node's libvirt has, and what they do: transient, as the cluster's agent starts them.
fn here(world: &World, node: NodeAt) -> BTreeMap<GuestAt, Run> {
    let runs = |at: &GuestAt| world.runs_on(*at) == Some(node) || target_of(world, *at) == Some(node);
    let active = |at: GuestAt| world.guests.get(at).map(|g| (at, g.run)).filter(|(_, run)| *run != Run::Off);
    (0..world.guests.len()).filter(runs).filter_map(active).collect()
}

fn target_of(world: &World, guest: GuestAt) -> Option<NodeAt> {
    match world.guests.get(guest)?.work {
        Some(Work::Migrate { to, .. }) => Some(to),
        _ => None,
    }
}

/// `virDomainEventType` and detail of a change.
fn lifecycle(world: &World, guest: GuestAt, before: Option<Run>, now: Option<Run>) -> Option<(i32, i32)> {
    let moved = || world.guests.get(guest).is_some_and(|g| g.on.is_some() && g.run == Run::Running);
    Some(match (before, now) {
        (None, None) => return None,
        (None, Some(_)) if target_of(world, guest).is_some() => (2, 1),
        (None, Some(_)) => (2, 0),
        (Some(_), None) if moved() => (5, 3),
        (Some(Run::Crashed), None) => (5, 2),
        (Some(_), None) => (5, 0),
        (Some(old), Some(new)) if old == new => return None,
        (Some(_), Some(Run::Paused)) => (3, 0),
        (Some(_), Some(Run::Running)) => (4, 0),
        (Some(_), Some(Run::Crashed)) => (8, 0),
        (Some(_), Some(_)) => (5, 4),
    })
}

fn row(world: &World, node: NodeAt, at: GuestAt, run: Run) -> RowSaid {
    let (uuid, name) = world.guests.get(at).map(|g| (g.uuid.clone(), g.name.clone())).unwrap_or_default();
    let (state, reason) = match run {
        // The target of a migration waits.
        Run::Running if target_of(world, at) == Some(node) => (3, 2),
        Run::Running => (1, 1),
        Run::Paused => (3, 1),
        Run::Crashed => (6, 1),
        Run::Saved => (5, 5),
        Run::Off => (5, 1),
    };
    let id = u32::try_from(at + 1).ok().filter(|_| run != Run::Saved);
    RowSaid { uuid, name, id, state, reason }
}

fn definition(world: &World, at: GuestAt) -> DefinitionSaid {
    let Some(g) = world.guests.get(at) else { return DefinitionSaid::default() };
    let disk = g.volume.and_then(|v| world.volumes.get(v)).map_or_else(
        || format!("<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/netcluster0/{}.qcow2'/>", g.name),
        |v| {
            format!(
                "<disk type='block' device='disk'><driver name='qemu' type='raw' cache='none'/><source dev='/dev/{}/{}'/>",
                storage::GROUP,
                v.name
            )
        },
    );
    let mut xml = String::new();
    let _ = write!(
        xml,
        "<domain type='kvm' id='{}'>\n  <name>{}</name>\n  <uuid>{}</uuid>\n  <memory unit='KiB'>{}</memory>\n  <vcpu placement='static'>{}</vcpu>\n  \
         <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type><boot dev='hd'/></os>\n  <cpu mode='host-model'/>\n  <devices>\n    {disk}\
         <target dev='vda' bus='virtio'/></disk>\n    <interface type='bridge'><mac address='52:54:00:aa:{:02x}:{:02x}'/><source bridge='{}'/>\
         <target dev='vnet{at}'/><model type='virtio'/></interface>\n    <console type='pty'/>\n    <channel type='unix'>\
         <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>\n  </devices>\n</domain>\n",
        at + 1,
        g.name,
        g.uuid,
        g.memory >> 10,
        g.vcpus,
        at >> 8 & 0xff,
        at & 0xff,
        net::bridge_of(at),
    );
    DefinitionSaid {
        uuid: g.uuid.clone(),
        xml,
        persistent: Some(false),
        autostart: Some(false),
        saved: Some(false),
        ..DefinitionSaid::default()
    }
}

fn stats(world: &World, at: GuestAt) -> StatsSaid {
    let Some(g) = world.guests.get(at) else { return StatsSaid::default() };
    // Counters only grow: a load that wandered would make them step back.
    let micros = u64::try_from((Stamp::now().0 - world.began.0).max(0)).unwrap_or(0);
    let load = if g.run == Run::Running { 6 + super::chance::below(world.seed, 1000 + at as u64, 7, 30) } else { 0 };
    let busy = load * u64::from(g.vcpus);
    let counters = [
        ("cpu.time", micros.saturating_mul(busy).saturating_mul(10)),
        ("vcpu.current", u64::from(g.vcpus)),
        ("balloon.current", g.memory >> 10),
        ("balloon.usable", (g.memory >> 10) / 3),
        ("net.count", 1),
        ("net.0.rx.bytes", micros.saturating_mul(busy) / 900),
        ("net.0.tx.bytes", micros.saturating_mul(busy) / 400),
        ("block.count", 1),
        ("block.0.rd.bytes", micros.saturating_mul(busy) / 200),
        ("block.0.wr.bytes", micros.saturating_mul(busy) / 90),
        ("block.0.capacity", g.volume.and_then(|v| world.volumes.get(v)).map_or(20 << 30, |v| v.size)),
    ];
    let mut fields: Fields = counters.into_iter().map(|(name, n)| (name.to_owned(), Value::Count(n))).collect();
    fields.insert("block.0.name".to_owned(), Value::Text("vda".to_owned()));
    StatsSaid { uuid: g.uuid.clone(), fields }
}

fn job(world: &World, node: NodeAt, at: GuestAt) -> Option<JobSaid> {
    let g = world.guests.get(at)?;
    let Some(Work::Migrate { from, until, .. }) = g.work else { return None };
    if world.runs_on(at) != Some(node) {
        return None;
    }
    let (whole, done) = ((until.0 - from.0).max(1), (world.now.0 - from.0).max(0));
    let part = |n: i64| u64::try_from(n.clamp(0, whole)).unwrap_or(0).saturating_mul(g.memory) / u64::try_from(whole).unwrap_or(1);
    let counters = [
        ("operation", 5),
        ("data_total", g.memory),
        ("data_processed", part(done)),
        ("data_remaining", part(whole - done)),
        ("time_elapsed", u64::try_from(done / 1000).unwrap_or(0)),
        ("time_remaining", u64::try_from((whole - done).max(0) / 1000).unwrap_or(0)),
        ("memory_iteration", 1),
    ];
    let fields = counters.into_iter().map(|(name, n)| (name.to_owned(), Value::Count(n))).collect();
    Some(JobSaid { uuid: g.uuid.clone(), kind: 2, fields })
}

fn host(world: &World, node: NodeAt) -> HostSaid {
    let capabilities = format!(
        "<capabilities><host><uuid>00000000-0000-4000-9000-{node:012x}</uuid><cpu><arch>x86_64</arch><model>Westmere</model><vendor>Intel</vendor></cpu></host></capabilities>"
    );
    HostSaid {
        hostname: Some(world.name(node).to_owned()),
        driver: Some("QEMU".to_owned()),
        hypervisor: Some(7_002_000),
        library: Some(9_000_000),
        capabilities: Some(capabilities),
        ..HostSaid::default()
    }
}
