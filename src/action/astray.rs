//! Guests that run where the manager does not have their services: what it starts, or looks after again, would run a second time.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::cluster::{Cluster, Member, Service, ServiceState};
use crate::domain::guest::Guest;
use crate::domain::observation::simulation::GuestState;
use crate::domain::task::{Action, ServiceVerb};

use super::condition::standing;
use super::inquiry::{Finding, Query, What, libvirt_on};
use super::plan::{Input, Refusal};
use super::whereabouts;

/// All of them, with their services.
fn all(cluster: &Cluster) -> impl Iterator<Item = (&Service, &Guest)> {
    let services: HashMap<&str, &Service> = cluster.services.iter().map(|s| (s.id.as_str(), s)).collect();
    cluster.guests.iter().filter_map(move |guest| {
        let service = *services.get(guest.managed_by.as_deref()?)?;
        is_astray(cluster, service, guest).then_some((service, guest))
    })
}

/// What was seen on a node that does not answer runs there until that is known to be off. What is on its way, by the manager or by a migration, is where the manager will have it.
fn is_astray(cluster: &Cluster, service: &Service, guest: &Guest) -> bool {
    guest.vmware.is_none()
        && guest.state.is_active()
        && (!guest.stale || !cluster.member(&guest.node).is_some_and(Member::is_off))
        && !service.owners.contains(&guest.node)
        && !service.state.is_in_transit()
        && !cluster.guests.iter().any(|g| g.migrating && g.managed_by == guest.managed_by)
}

/// Those that this action would have the manager start elsewhere.
fn of<'a>(action: &Action, cluster: &'a Cluster) -> Vec<(&'a Service, &'a Guest)> {
    match action {
        Action::Service(ServiceVerb::Start | ServiceVerb::Unfreeze, id) => {
            all(cluster).filter(|(service, _)| whereabouts::is_part(cluster, &service.id, id)).collect()
        }
        Action::Maintenance { on: false } => all(cluster).collect(),
        _ => Vec::new(),
    }
}

/// What is asked before that is believed: libvirt there, and for the whole cluster whether the service stays frozen.
pub(super) fn questions(action: &Action, cluster: &Cluster, post: &Arc<str>) -> Vec<Query> {
    let mut asked = Vec::new();
    for (service, guest) in of(action, cluster) {
        if cluster.member(&guest.node).is_some_and(whereabouts::is_within_reach) {
            asked.push(state_of(cluster, guest));
        }
        if matches!(action, Action::Maintenance { .. }) {
            asked.push(Query::new(post, What::Primitive(service.id.clone())));
        }
    }
    asked
}

fn state_of(cluster: &Cluster, guest: &Guest) -> Query {
    Query::new(&guest.node, What::State(libvirt_on(cluster, &guest.node), guest.uuid.clone()))
}

/// Refuses what would run a guest twice.
pub(super) fn none(input: &Input<'_>) -> Result<(), Vec<Refusal>> {
    let action = &input.intent.action;
    // What is frozen by itself is not looked after for the end of a maintenance.
    let frozen = |id: &str| {
        let word = input.found.primitive(id).and_then(|config| config.meta("is-managed"));
        matches!(action, Action::Maintenance { .. }) && word.is_some_and(|word| !super::relocate::is_true(word))
    };
    let strays = of(action, input.cluster).into_iter().filter(|(service, _)| !frozen(&service.id));
    let against: Vec<Refusal> = strays.filter_map(|(service, guest)| refusal(input, service, guest)).collect();
    if against.is_empty() { Ok(()) } else { Err(against) }
}

fn refusal(input: &Input<'_>, service: &Service, guest: &Guest) -> Option<Refusal> {
    let (id, node) = (&service.id, &guest.node);
    let state = match input.found.get(&state_of(input.cluster, guest)) {
        Some(Ok(Finding::State(GuestState::Absent))) => return None,
        Some(Ok(Finding::State(GuestState::Is(state, _)))) if state == "shut off" => return None,
        Some(Ok(Finding::State(GuestState::Is(state, _)))) => state.as_str(),
        // It was seen there, and nobody says otherwise.
        _ => guest.word(),
    };
    let why = format!(
        "{} is {state} on {node}, and to the manager {}: it would run twice, and both would write to its disks",
        guest.name,
        standing(service)
    );
    let lift = if service.state == ServiceState::Disabled {
        format!("stop it on {node} first")
    } else {
        format!("have the manager find it there (crm_resource --refresh --resource {id}), or stop it on {node}")
    };
    Some(Refusal::new("guest-twice", why, lift))
}
