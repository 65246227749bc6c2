//! Guests that no cluster manager looks after: libvirt alone acts on them, on the node that has them.
//!
//! Where no manager runs all guests are such, in a cluster those that are no service. They are named by their name, or by `NAME@NODE` where one of several is
//! meant. A guest that a service manages is the manager's: what is asked of it is refused, with that service's name.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::cluster::{Cluster, Member, Service, ServiceKind, Stack};
use crate::domain::guest::{Guest, Hypervisor, VirtNode};
use crate::domain::observation::simulation::GuestState;
use crate::domain::task::{Action, ServiceVerb};

use super::handle;
use super::inquiry::{Findings, Query, What, libvirt_on};
use super::plan::{Input, Plan, Refusal};
use super::suspend;
use super::whereabouts;

mod around;
mod moving;
mod relocate;
mod verbs;

/// The guests that are named so: none where a service is, or where it is not known which manager runs.
pub fn rows<'a>(cluster: &'a Cluster, id: &str) -> Vec<&'a Guest> {
    if cluster.stack.is_none() || cluster.service(id).is_some() {
        return Vec::new();
    }
    let of = |name: &str, node: Option<&str>| {
        let mine = |g: &&Guest| g.vmware.is_none() && g.name == name && node.is_none_or(|n| n == &*g.node);
        cluster.guests.iter().filter(mine).collect::<Vec<_>>()
    };
    match (of(id, None), id.rsplit_once('@')) {
        (none, Some((name, node))) if none.is_empty() => of(name, Some(node)),
        (all, _) => all,
    }
}

/// A name without the node that may stand behind it.
pub(super) fn bare(id: &str) -> &str {
    id.rsplit_once('@').map_or(id, |(name, _)| name)
}

/// How an action names this guest.
pub fn id(cluster: &Cluster, guest: &Guest) -> String {
    if rows(cluster, &guest.name).len() == 1 { guest.name.clone() } else { format!("{}@{}", guest.name, guest.node) }
}

/// How a move names it, whose halves are on two nodes meanwhile.
pub fn id_of_all(cluster: &Cluster, guest: &Guest) -> String {
    if rows(cluster, &guest.name).iter().all(|g| g.uuid == guest.uuid) { guest.name.clone() } else { id(cluster, guest) }
}

/// Why a guest that is named so cannot go to a member, as far as the picture tells.
pub fn barred(cluster: &Cluster, member: &Member) -> Option<String> {
    relocate::barred(cluster, member).map(|refusal| refusal.why)
}

/// The names of all guests that no service manages.
pub(super) fn names(cluster: &Cluster) -> impl Iterator<Item = &str> + Clone {
    cluster.guests.iter().filter(|g| g.vmware.is_none() && g.managed_by.is_none()).map(|g| g.name.as_str())
}

/// What an action on a service names.
const fn named(action: &Action) -> Option<&String> {
    match action {
        Action::Relocate { service, .. } | Action::Limit { service, .. } | Action::Policy { service, .. } | Action::Service(_, service) => {
            Some(service)
        }
        _ => None,
    }
}

/// Whether the action names a guest and no service.
pub(super) fn is_wanted(action: &Action, cluster: &Cluster) -> bool {
    named(action).is_some_and(|id| !rows(cluster, id).is_empty())
}

/// Whether libvirt alone can do this to a guest.
pub const fn can(verb: ServiceVerb) -> bool {
    use ServiceVerb as V;
    matches!(verb, V::Suspend | V::Resume | V::Start | V::Stop | V::StopForced | V::Restart | V::Reset)
}

/// Whether it must be certain that the guest runs nowhere else.
const fn looks_around(verb: ServiceVerb) -> bool {
    matches!(verb, ServiceVerb::Start | ServiceVerb::Resume | ServiceVerb::Restart)
}

/// Where the guest is, for the lock: where no manager runs each quorate may know other nodes, but all know these. It lies on each node that has the guest
/// and is within reach, in the order of their names: another quorate may mean the same guest's other row.
pub(super) fn places(action: &Action, cluster: &Cluster) -> Option<Vec<Arc<str>>> {
    let rows = rows(cluster, named(action)?);
    let row = rows.iter().find(|g| g.state.is_active()).or(rows.first())?;
    if has_manager(cluster) {
        return None;
    }
    let able = |g: &&Guest| g.vmware.is_none() && g.uuid == row.uuid && cluster.member(&g.node).is_some_and(whereabouts::is_within_reach);
    let nodes: BTreeSet<Arc<str>> = cluster.guests.iter().filter(able).map(|g| Arc::clone(&g.node)).collect();
    Some(nodes.into_iter().collect())
}

const fn has_manager(cluster: &Cluster) -> bool {
    matches!(cluster.stack, Some(Stack::Pacemaker | Stack::Rhcs))
}

/// What the gate has against it beside what it has against every action; none of it where a manager must be heard first.
pub(super) fn refusals(action: &Action, cluster: &Cluster) -> Vec<Refusal> {
    let Some(id) = named(action) else { return Vec::new() };
    let rows = rows(cluster, id);
    let mut against: Vec<Refusal> = managed(action, &rows, cluster).into_iter().collect();
    if !rows.is_empty() && !has_manager(cluster) && !rows.iter().any(|g| up(cluster, &g.node).is_some()) {
        against.push(silent(&rows[0].node));
    }
    against
}

/// Whether the gate goes by the manager's view.
pub(super) fn rests_on_manager(action: &Action, cluster: &Cluster) -> bool {
    has_manager(cluster) || !is_wanted(action, cluster)
}

/// Who looks after the guest after all.
fn managed(action: &Action, rows: &[&Guest], cluster: &Cluster) -> Option<Refusal> {
    let first = rows.first()?;
    let part = |s: &&Service| {
        let conf = s.rhcs.as_ref().and_then(|r| r.conf.as_ref());
        conf.is_some_and(|c| c.resources.iter().any(|(kind, name)| kind == "vm" && *name == first.name))
    };
    let by_name = || cluster.services.iter().find(part).map(|s| s.id.as_str());
    if let Some(service) = rows.iter().find_map(|g| g.managed_by.as_deref()).or_else(by_name) {
        let rest = action.to_string();
        let rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
        let options = rest.find(" --").and_then(|at| rest.get(at..)).unwrap_or_default();
        let what = if service == first.name { "a service".to_owned() } else { format!("the guest of {service}") };
        let why = format!("{} is {what}: its manager looks after it", first.name);
        return Some(Refusal::new("managed", why, format!("quorate act {} {service}{options}", action.word())));
    }
    let strange = |s: &&Service| s.kind == ServiceKind::Vm && s.guest.is_none() && rows.iter().any(|g| s.owners.contains(&g.node));
    let service = cluster.services.iter().find(strange)?;
    let why = format!("{} is {}, and which guest it is is not known: it may be {}", service.id, service.state.word(), first.name);
    Some(Refusal::new("managed", why, format!("see why libvirt does not have the guest of {}", service.id)))
}

/// The hypervisor of a node, while it answers.
fn up<'a>(cluster: &'a Cluster, node: &str) -> Option<&'a VirtNode> {
    cluster.virt.iter().find(|v| v.hypervisor == Hypervisor::Libvirt && v.up && &*v.node == node)
}

fn silent(node: &str) -> Refusal {
    Refusal::new("libvirt-silent", format!("libvirt on {node} does not answer"), "bring libvirt back there")
}

fn state_of(guest: &Guest, cluster: &Cluster) -> Query {
    Query::new(&guest.node, What::State(libvirt_on(cluster, &guest.node), handle::of_guest(guest)))
}

/// What must be asked: how the guest is where it is, and whether it is elsewhere. None: this is about a service.
pub(super) fn needed(action: &Action, cluster: &Cluster, found: &Findings) -> Option<Vec<Query>> {
    if !is_wanted(action, cluster) {
        return None;
    }
    let rows = named(action).map(|id| rows(cluster, id)).unwrap_or_default();
    let able = |node: &str| cluster.member(node).is_some_and(whereabouts::is_within_reach);
    let mut asked = match action {
        _ if managed(action, &rows, cluster).is_some() => Vec::new(),
        Action::Relocate { to, .. } => relocate::needed(cluster, to, &rows, found),
        action if action.is_about_migration() => moving::needed(action, cluster, &rows),
        Action::Service(verb, _) if can(*verb) => {
            let mut asked: Vec<Query> = rows.iter().filter(|g| able(&g.node)).map(|g| state_of(g, cluster)).collect();
            if looks_around(*verb) {
                asked.extend(around::queries(cluster, &rows));
            }
            asked
        }
        _ => Vec::new(),
    };
    asked.retain(|query| !found.has(query));
    Some(asked)
}

/// How libvirt has it there, as it was just asked.
fn told(guest: &Guest, input: &Input<'_>) -> GuestState {
    around::answer(input, &state_of(guest, input.cluster))
}

/// It on its node.
fn target(row: &Guest, node: Arc<str>, input: &Input<'_>) -> suspend::Guest {
    let uri = libvirt_on(input.cluster, &row.node);
    suspend::Guest { node, uri, name: row.name.clone(), handle: handle::of_guest(row), state: told(row, input) }
}

/// The plan.
pub(super) fn plan(input: &Input<'_>) -> Result<Plan, Vec<Refusal>> {
    let (action, cluster) = (&input.intent.action, input.cluster);
    let rows = named(action).map(|id| rows(cluster, id)).unwrap_or_default();
    if let Some(why) = managed(action, &rows, cluster) {
        return Err(vec![why]);
    }
    let Some(first) = rows.first() else { return Err(Vec::new()) };
    match action {
        Action::Relocate { service, to, how, limits } => relocate::plan(input, service, to, *how, *limits, &rows),
        Action::Limit { service, .. } | Action::Service(ServiceVerb::Cancel | ServiceVerb::PostCopy, service) => {
            moving::plan(input, service, &rows)
        }
        Action::Service(verb, id) if can(*verb) => verbs::plan(input, *verb, id, &rows),
        _ => {
            let why = format!("no manager looks after {}: '{}' is done by one", first.name, action.word());
            let lift = "relocate, suspend, resume, start, stop, restart and reset work on every guest";
            Err(vec![Refusal::new("not-managed", why, lift)])
        }
    }
}
