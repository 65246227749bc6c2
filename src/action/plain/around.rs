//! Whether a guest runs elsewhere, or another one writes to its disks.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::action::inquiry::{Finding, Query, What, libvirt_on};
use crate::action::plan::{Input, Refusal};
use crate::action::whereabouts;
use crate::domain::cluster::{Cluster, Member};
use crate::domain::guest::{Guest, Hypervisor};
use crate::domain::observation::manager::NodeKind;
use crate::domain::observation::simulation::GuestState;

/// Nodes with a libvirt, and those of which nobody knows, but for those of the guest itself.
fn others<'a>(cluster: &'a Cluster, rows: &[&Guest]) -> Vec<&'a Arc<str>> {
    let mine: BTreeSet<&str> = rows.iter().map(|g| &*g.node).collect();
    let libvirt = cluster.virt.iter().filter(|v| v.hypervisor == Hypervisor::Libvirt).map(|v| &v.node);
    let unheard =
        |m: &&Member| m.kind != NodeKind::Guest && !m.reach.is_up() && !m.is_off() && !cluster.virt.iter().any(|v| v.node == m.name);
    let silent = cluster.members.iter().filter(unheard).map(|m| &m.name);
    libvirt.chain(silent).filter(|node| !mine.contains(&***node)).collect()
}

fn query(cluster: &Cluster, node: &Arc<str>, uuid: &str) -> Query {
    Query::new(node, What::State(libvirt_on(cluster, node), uuid.to_owned()))
}

/// What the other nodes are asked: by its UUID, for another one may have its name.
pub(super) fn queries(cluster: &Cluster, rows: &[&Guest]) -> Vec<Query> {
    let Some(first) = rows.first() else { return Vec::new() };
    let able = |node: &&Arc<str>| cluster.member(node).is_some_and(whereabouts::is_within_reach);
    others(cluster, rows).into_iter().filter(able).map(|node| query(cluster, node, &first.uuid)).collect()
}

/// What a node says of it.
pub(super) fn answer(input: &Input<'_>, query: &Query) -> GuestState {
    match input.found.get(query) {
        Some(Ok(Finding::State(state))) => state.clone(),
        Some(Err(trouble)) => GuestState::Silent(trouble.text.clone()),
        _ => GuestState::NotAsked,
    }
}

/// What another node than its own said of it, by its UUID.
pub(super) fn known_on(input: &Input<'_>, node: &Arc<str>, guest: &Guest) -> GuestState {
    answer(input, &query(input.cluster, node, &guest.uuid))
}

/// That it runs nowhere else: by what the nodes say now, and by what was seen of those that say nothing. Gives what is not known.
pub(super) fn alone(input: &Input<'_>, guest: &Guest, rows: &[&Guest]) -> Result<Vec<String>, Vec<Refusal>> {
    let cluster = input.cluster;
    let mut notices = Vec::new();
    let seen = |node: &str| cluster.guests.iter().find(|g| g.uuid == guest.uuid && &*g.node == node);
    let mut places: Vec<(&Arc<str>, GuestState)> =
        others(cluster, rows).into_iter().map(|node| (node, answer(input, &query(cluster, node, &guest.uuid)))).collect();
    places.extend(rows.iter().filter(|g| g.node != guest.node).map(|g| (&g.node, super::told(g, input))));
    for (node, state) in places {
        match state {
            GuestState::Absent => {}
            GuestState::Is(state, _) if state == "shut off" => {}
            GuestState::Is(state, _) => {
                let why = format!("{} is {state} on {node} as well: both would write to its disks", guest.name);
                return Err(vec![Refusal::new("guest-twice", why, format!("stop it on {node} first"))]);
            }
            GuestState::Silent(_) | GuestState::NotAsked if seen(node).is_some() => {
                let why = format!("libvirt on {node} had {} and does not answer now: it may run there", guest.name);
                return Err(vec![Refusal::new("unknown-state", why, format!("libvirt on {node} must answer, or {node} be fenced"))]);
            }
            GuestState::Silent(_) | GuestState::NotAsked => {
                notices.push(format!("whether it runs on {node} is not known: libvirt there does not answer"));
            }
        }
    }
    Ok(notices)
}

/// That no other guest writes to its disks.
pub(super) fn disks_free(cluster: &Cluster, guest: &Guest) -> Result<(), Vec<Refusal>> {
    let mine: BTreeSet<String> = writable(guest).map(|path| identity(cluster, &guest.node, path)).collect();
    let other = |g: &&Guest| g.uuid != guest.uuid && g.state.is_active();
    for user in cluster.guests.iter().filter(other) {
        if let Some(path) = writable(user).find(|path| mine.contains(&identity(cluster, &user.node, path))) {
            let why = format!("{} is {} on {} and writes to {path}, a disk of {}", user.name, user.state.word(), user.node, guest.name);
            return Err(vec![Refusal::new("disk-busy", why, format!("stop {} first", user.name))]);
        }
    }
    Ok(())
}

/// The same for all nodes that share the disk, else the node's own.
fn identity(cluster: &Cluster, node: &str, path: &str) -> String {
    cluster.shared_disk(node, path).unwrap_or_else(|| format!("{node} {path}"))
}

fn writable(guest: &Guest) -> impl Iterator<Item = &str> {
    let disks = guest.definition.iter().flat_map(|d| &d.disks);
    disks.filter(|d| d.is_its_own()).filter_map(|d| d.source.as_deref())
}
