//! Guests of all nodes, and what no cluster manager checks: the same guest or disk in use twice, services whose guest is not what the manager
//! believes, guests that nobody manages, definitions that differ between nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::cluster::Volume;
use crate::domain::guest::{Definition, Guest, GuestState, Hypervisor, VirtNode, volume_of};
use crate::domain::observation::Question;
use crate::domain::observation::guest::GuestRow;
use crate::domain::observation::manager::GuestParam;
use crate::domain::rows::Rows;
use crate::domain::stamp::Stamp;

use super::facts::NodeState;
use super::identity::{Names, Nodes};
use super::{stranded, vmware};

/// Two beginnings of a guest's process this close are one. Microseconds.
const SAME_START: u64 = 5_000_000;

/// All guests, by name, then node. A daemon that two nodes of the session reach counts once. `is_off`: whether the cluster knows a node to be off.
pub(super) fn fold(nodes: &Nodes, names: &Names, is_off: &dyn Fn(&str) -> bool) -> Vec<Guest> {
    let mut guests = Vec::new();
    let mut daemons: Vec<(&str, &str)> = Vec::new();
    for (name, node) in names.roll(nodes) {
        if let Some(daemon) = daemon(node) {
            if daemons.contains(&daemon) {
                continue;
            }
            daemons.push(daemon);
        }
        let Some((rows, at)) = node.answers.guests.seen() else { continue };
        // What ran before the node booted does not any more, also where its libvirt has not spoken since.
        if node.host.booted().is_some_and(|boot| at < boot) {
            continue;
        }
        let stale = !node.reach.is_up() || node.troubles.contains_key(&Question::Guests);
        for row in rows {
            let definition = node.guests.definition(&row.uuid).cloned();
            let saved = row.state == GuestState::Shutoff && definition.as_ref().is_some_and(|d| d.saved);
            guests.push(Guest {
                name: row.name.clone(),
                uuid: row.uuid.clone(),
                node: name.clone(),
                state: if saved { GuestState::Saved } else { row.state },
                reason: row.reason.map(str::to_owned),
                migrating: row.migrating,
                managed_by: None,
                definition,
                figures: node.guests.figures(&row.uuid),
                job: node.answers.jobs.rows().iter().find(|j| j.uuid == row.uuid).cloned(),
                since: node.guests.since(&row.uuid),
                active_since: node.guests.active_since(&row.uuid),
                up_since: up_since(node, row),
                at,
                asked: node.asked(Question::Guests).unwrap_or(at),
                stale,
                vmware: None,
            });
        }
    }
    stranded::settle(&mut guests, nodes, names, is_off);
    guests.extend(vmware::fold(nodes, names));
    guests.sort_by(|a, b| (&a.name, &a.node, &a.uuid).cmp(&(&b.name, &b.node, &b.uuid)));
    guests
}

/// Since when a guest runs: as its node told, or as it was seen to begin after that.
fn up_since(node: &NodeState, row: &GuestRow) -> Option<Stamp> {
    if !row.state.is_active() {
        return None;
    }
    let began = node.guests.since(&row.uuid).filter(|since| node.guests.active_since(&row.uuid) == Some(*since));
    let told = node.answers.guest_starts.seen();
    if began.is_some_and(|began| told.is_none_or(|(_, at)| at < began)) {
        return began;
    }
    told.and_then(|(starts, _)| starts.get(&row.name)).copied().or(began)
}

/// When each guest's process began. A node counts in whole seconds and its answer takes some time: what was told before stands while it is
/// the same but for that.
pub(super) fn starts(ages: &[(String, Duration)], before: Option<&BTreeMap<String, Stamp>>, at: Stamp) -> BTreeMap<String, Stamp> {
    let start = |(name, age): &(String, Duration)| {
        let now = at.shifted(-i64::try_from(age.as_micros()).unwrap_or(i64::MAX));
        let told = before.and_then(|before| before.get(name)).filter(|told| told.0.abs_diff(now.0) <= SAME_START);
        (name.clone(), told.copied().unwrap_or(now))
    };
    ages.iter().map(start).collect()
}

/// Two nodes that are the same libvirt daemon behind two addresses: host name and host UUID are those of one machine.
fn daemon(node: &NodeState) -> Option<(&str, &str)> {
    let host = node.answers.virt_host.get()?;
    Some((host.hostname.as_deref()?, host.uuid.as_deref()?))
}

/// The hypervisors of every node, by its name.
pub(super) fn nodes(nodes: &Nodes, names: &Names) -> Vec<VirtNode> {
    let mut all: Vec<VirtNode> = names
        .roll(nodes)
        .filter_map(|(name, node)| {
            let trouble = node.troubles.get(&Question::Guests).map(|t| t.text.clone());
            let listed = node.answers.guests.get().is_some();
            let up = listed && trouble.is_none() && node.reach.is_up();
            (listed || trouble.is_some()).then(|| VirtNode {
                node: name.clone(),
                hypervisor: Hypervisor::Libvirt,
                up,
                trouble,
                changed: node.guests.changed(),
                host: node.answers.virt_host.get().cloned(),
            })
        })
        .collect();
    all.extend(vmware::nodes(nodes, names));
    all.sort_by(|a, b| (&a.node, a.hypervisor).cmp(&(&b.node, b.hypervisor)));
    all
}

/// Which guest each service is: what the agent's parameters say, else the resource's own name.
pub(super) fn params(nodes: &Nodes) -> Vec<GuestParam> {
    let told = nodes.values().filter_map(|n| Some((n.is_live(), n.answers.guest_params.seen()?)));
    told.max_by_key(|(live, (_, at))| (*live, *at)).map(|(_, (rows, _))| rows.clone()).unwrap_or_default()
}

/// A guest that is active on several nodes, or a disk that is open for writing by two guests on two nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Twice {
    /// The guest's name.
    pub(super) name: String,
    /// The service, if one manages it.
    pub(super) service: Option<String>,
    /// What is used twice.
    pub(super) text: String,
}

/// Everything of these that runs twice. Not a live migration: there one side waits until the other has let go.
pub(super) fn twice(guests: &[&Guest], shared: &dyn Fn(&Guest, &str) -> Option<String>) -> Vec<Twice> {
    let active: Vec<&Guest> = guests.iter().copied().filter(|g| g.state.is_active() && !g.migrating).collect();
    let mut found = Vec::new();
    let mut same: BTreeMap<&str, Vec<&Guest>> = BTreeMap::new();
    for guest in &active {
        same.entry(&guest.uuid).or_default().push(guest);
    }
    for group in same.values().filter(|g| g.len() > 1) {
        // Two halves of one guest are none that could run.
        if at_once(group) && !group.iter().all(|g| g.is_torn()) {
            let why = if group[0].known_uuid().is_some() { "same UUID" } else { "same configuration" };
            found.push(told(group, why));
        }
    }
    let mut disks: BTreeMap<String, Vec<&Guest>> = BTreeMap::new();
    for guest in &active {
        for path in writable(guest) {
            if let Some(identity) = shared(guest, path).or_else(|| twin(guest, path, &active)) {
                disks.entry(identity).or_default().push(guest);
            }
        }
    }
    for (disk, group) in &disks {
        let apart = group.iter().any(|g| g.node != group[0].node) && group.iter().any(|g| g.uuid != group[0].uuid);
        if apart && at_once(group) {
            found.push(told(group, &format!("both write to {disk}")));
        }
    }
    found
}

/// Another guest of the same name, MAC address and disk path on another node is the same guest, defined without a UUID of its own.
fn twin(guest: &Guest, path: &str, active: &[&Guest]) -> Option<String> {
    let macs = |g: &Guest| g.definition.iter().flat_map(|d| &d.nics).filter_map(|n| n.mac.clone()).collect::<Vec<_>>();
    let mine = macs(guest);
    let other = |g: &&&Guest| {
        g.node != guest.node && g.name == guest.name && writable(g).any(|p| p == path) && macs(g).iter().any(|m| mine.contains(m))
    };
    active.iter().find(other).map(|_| path.to_owned())
}

/// Sources of disks that are open for writing by one guest alone, as far as it knows.
fn writable(guest: &Guest) -> impl Iterator<Item = &str> {
    let disks = guest.definition.iter().flat_map(|d| &d.disks);
    disks.filter(|d| d.is_its_own()).filter_map(|d| d.source.as_deref())
}

/// Whether another was still seen after the last of them had begun: what was asked before that may be of before a move.
fn at_once(group: &[&Guest]) -> bool {
    let last = group.iter().filter_map(|g| g.active_since).max();
    let stands = |g: &&&Guest| last.is_none_or(|last| g.asked >= last || g.active_since == Some(last));
    group.iter().filter(stands).map(|g| &g.node).collect::<BTreeSet<_>>().len() > 1
}

fn told(group: &[&Guest], why: &str) -> Twice {
    let first = group[0];
    let mut names: Vec<&str> = group.iter().map(|g| g.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let places: Vec<String> = group.iter().map(|g| format!("{} ({})", g.node, g.word())).collect();
    let who = if names.len() == 1 { format!("{} runs TWICE", first.name) } else { format!("{} run on one disk", names.join(" and ")) };
    Twice {
        name: first.name.clone(),
        service: group.iter().find_map(|g| g.managed_by.clone()),
        text: format!("{who}: {}, {why}; stop one of them before the disk is destroyed", places.join(" and ")),
    }
}

/// Guests that are kept on several nodes with different definitions: the name, the nodes, and what differs.
pub(super) fn differing(guests: &[Guest]) -> Vec<(String, String)> {
    let mut kept: BTreeMap<&str, Vec<(&Guest, &Arc<Definition>)>> = BTreeMap::new();
    for guest in guests {
        if let Some(definition) = guest.definition.as_ref().filter(|d| d.fingerprint.is_some()) {
            kept.entry(&guest.name).or_default().push((guest, definition));
        }
    }
    let mut found = Vec::new();
    for (name, rows) in kept {
        let (first, base) = rows[0];
        let Some((other, definition)) = rows.iter().find(|(_, d)| d.fingerprint != base.fingerprint) else { continue };
        let what = difference(base, definition);
        found.push((name.to_owned(), format!("the definition of {name} differs between {} and {}: {what}", first.node, other.node)));
    }
    found
}

fn difference(a: &Definition, b: &Definition) -> String {
    let gib = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), |n| format!("{} MiB", n >> 20));
    let number = |n: Option<u32>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let mut said = Vec::new();
    if a.uuid != b.uuid {
        said.push("UUID".to_owned());
    }
    if a.memory != b.memory {
        said.push(format!("memory {} and {}", gib(a.memory), gib(b.memory)));
    }
    if a.vcpus != b.vcpus {
        said.push(format!("{} and {} vCPUs", number(a.vcpus), number(b.vcpus)));
    }
    let sources = |d: &Definition| d.disks.iter().map(|k| (k.target.clone(), k.source.clone(), k.format.clone())).collect::<Vec<_>>();
    if sources(a) != sources(b) {
        said.push("disks".to_owned());
    }
    let nics = |d: &Definition| d.nics.iter().map(|n| (n.mac.clone(), n.source.clone(), n.vlans.clone())).collect::<Vec<_>>();
    if nics(a) != nics(b) {
        said.push("network interfaces".to_owned());
    }
    if a.cpu != b.cpu {
        said.push("CPU model".to_owned());
    }
    if a.machine != b.machine {
        said.push("machine type".to_owned());
    }
    if said.is_empty() { "other parts of its XML".to_owned() } else { said.join(", ") }
}

/// Whose disk a volume is stands until [`use_volumes`] looks anew: rows that are told again as they were stay the same rows.
pub(super) fn keep_users(before: &[Volume], volumes: &mut [Volume]) {
    for (volume, before) in volumes.iter_mut().zip(before) {
        if volume.vg == before.vg && volume.lv == before.lv {
            volume.used_by.clone_from(&before.used_by);
        }
    }
}

/// Fills in which services use each volume: by the disks of their guests.
pub(super) fn use_volumes(volumes: &mut Rows<Volume>, guests: &[Guest]) {
    for at in 0..volumes.len() {
        let volume = &volumes[at];
        let mut users: Vec<String> = guests
            .iter()
            .filter(|g| volume.seen_by.contains(&g.node))
            .filter(|g| g.definition.iter().flat_map(|d| &d.disks).any(|d| uses(d.source.as_deref(), &d.backing, volume)))
            .map(|g| g.managed_by.clone().unwrap_or_else(|| g.name.clone()))
            .collect();
        users.sort();
        users.dedup();
        if volume.used_by != users {
            volumes[at].used_by = users;
        }
    }
}

fn uses(source: Option<&str>, backing: &[String], volume: &Volume) -> bool {
    source
        .into_iter()
        .chain(backing.iter().map(String::as_str))
        .any(|path| volume_of(path).is_some_and(|(vg, lv)| vg == volume.vg && lv == volume.lv))
}
