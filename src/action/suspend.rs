//! A guest stands still, goes on, or is reset: by libvirt, on the node where it runs. The manager calls it started all the while.

use std::sync::Arc;

use crate::domain::cluster::Service;
use crate::domain::observation::simulation::GuestState;
use crate::domain::task::{Action, ServiceVerb};

use super::commands::virsh;
use super::condition::Condition;
use super::handle;
use super::inquiry::libvirt_of;
use super::plan::{Confirm, Fate, FateKind, Input, Plan, Refusal, Step, Undo};
use super::whereabouts;

/// A guest as libvirt knows it.
pub(super) struct Guest {
    pub node: Arc<str>,
    pub uri: String,
    /// For people.
    pub name: String,
    /// For virsh.
    pub handle: String,
    pub state: GuestState,
}

impl Guest {
    /// That it is in this state where it is.
    pub(super) fn is(&self, state: Option<&'static str>) -> Condition {
        Condition::guest(&self.node, &self.uri, &self.handle, &self.name, state)
    }
}

/// The guest behind a service, where it runs.
pub(super) fn guest_of(input: &Input<'_>, service: &Service) -> Result<Guest, Vec<Refusal>> {
    if service.rhcs.is_some() {
        return super::rhcs::guest(input, service);
    }
    let owner = whereabouts::owner(service)?;
    let node = whereabouts::within_reach(input.cluster, &owner)?;
    let config = input.found.primitive(&service.id);
    let definition = config.and_then(|c| c.attribute("config")).and_then(|file| input.found.definition(file));
    let Some(definition) = definition else {
        let trouble = input.found.troubles().next().map(|(node, t)| format!(" ({node}: {t})")).unwrap_or_default();
        let why = format!("the definition of {} could not be read{trouble}: its name for libvirt is not known", service.id);
        return Err(vec![Refusal::new("no-definition", why, "make the definition readable, or act with virsh")]);
    };
    let name = definition.name.clone();
    let Some(handle) = handle::of_definition(definition, input.cluster) else { return Err(vec![handle::missing(&name)]) };
    let state = input.found.place(&owner).and_then(Result::ok).map(|p| p.guest.clone()).unwrap_or_default();
    Ok(Guest { node, uri: libvirt_of(config), name, handle, state })
}

/// What proves, by libvirt, that a guest runs: wherever the manager has it by then. None: what names it for libvirt is not known.
pub(super) fn runs_by_libvirt(input: &Input<'_>, service: &Service) -> Option<Condition> {
    let (uri, handle, name) = names(input, service)?;
    Some(Condition::at_owner(input.cluster, &service.id, &uri, &handle, name))
}

/// What proves, by libvirt, that it runs nowhere else.
pub(super) fn runs_alone(input: &Input<'_>, service: &Service) -> Option<Condition> {
    let (uri, handle, name) = names(input, service)?;
    Some(Condition::alone(input.cluster, &service.id, &uri, &handle, name))
}

/// The libvirt of a guest, its name there, and for people.
fn names<'a>(input: &Input<'a>, service: &Service) -> Option<(String, String, &'a str)> {
    let config = input.found.primitive(&service.id).filter(|c| c.is_guest())?;
    let definition = config.attribute("config").and_then(|file| input.found.definition(file))?;
    Some((libvirt_of(Some(config)), handle::lasting(definition)?, definition.name.as_str()))
}

/// The plan for suspend, resume and reset.
pub(super) fn plan(input: &Input<'_>, verb: ServiceVerb, id: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    whereabouts::guest_only(service, &format!("be {}", done(verb)))?;
    let guest = guest_of(input, service)?;
    let wanted = if verb == ServiceVerb::Resume { "paused" } else { "running" };
    in_state(&guest, wanted)?;
    if verb == ServiceVerb::Resume {
        runs_once(input, id, &guest)?;
    }
    let (command, becomes, undo, kind) = match verb {
        ServiceVerb::Suspend => ("suspend", "paused", Undo::By(Action::Service(ServiceVerb::Resume, id.to_owned())), FateKind::Pauses),
        ServiceVerb::Resume => ("resume", "running", Undo::By(Action::Service(ServiceVerb::Suspend, id.to_owned())), FateKind::Starts),
        _ => ("reset", "running", Undo::Never("what was in its memory is gone".to_owned()), FateKind::Restarts),
    };
    let mut plan = input.blank();
    let title = format!("{} {} on {}", capital(verb.word()), guest.name, guest.node);
    plan.steps = vec![Step::change(title, &guest.node, virsh(&guest.uri, &[command, "--domain", &guest.handle]), 60)];
    plan.proof = vec![guest.is(Some(becomes))];
    plan.undo = undo;
    let node = Some(Arc::clone(&guest.node));
    plan.consequences.fates.push(Fate { service: id.to_owned(), guest: true, kind, from: node.clone(), to: node, why: None });
    plan.consequences.by = "what was asked for";
    match verb {
        ServiceVerb::Suspend => {
            plan.notices.push("the manager goes on to call it started: nothing but quorate tells that it stands still".to_owned());
            plan.notices.push("connections to it time out; its clock stands still".to_owned());
        }
        ServiceVerb::Resume => plan.notices.push("its clock has stood still meanwhile".to_owned()),
        _ => {
            plan.consequences.lost.push("what the guest had not written to its disks".to_owned());
            plan.confirm = Confirm::TypeName;
        }
    }
    Ok(plan)
}

/// A guest whose other half runs elsewhere must not run here too: both would write to its disks.
fn runs_once(input: &Input<'_>, id: &str, guest: &Guest) -> Result<(), Vec<Refusal>> {
    let same = |g: &&crate::domain::guest::Guest| g.name == guest.name || g.managed_by.as_deref() == Some(id);
    let mut elsewhere = input.cluster.guests.iter().filter(same).filter(|g| g.node != guest.node && g.state.is_active());
    elsewhere.next().map_or(Ok(()), |other| {
        let why = format!("{} is {} on {} as well: both would write to its disks", guest.name, other.state.word(), other.node);
        Err(vec![Refusal::new("guest-twice", why, format!("stop it on {} first", other.node))])
    })
}

/// Whether a guest is as it is because of a migration, by the words of `virsh domstate --reason`.
pub(super) fn by_migration(reason: Option<&str>) -> bool {
    reason.is_some_and(|reason| reason == "migrating" || reason.starts_with("post-copy"))
}

pub(super) fn in_state(guest: &Guest, wanted: &str) -> Result<(), Vec<Refusal>> {
    let refuse = |why: String, lift: &str| Err(vec![Refusal::new("guest-state", why, lift)]);
    match &guest.state {
        // Its other half may run on the target already.
        GuestState::Is(state, reason) if state == wanted && by_migration(reason.as_deref()) => {
            refuse(format!("{} is {state} by a migration", guest.name), "look at the other node first; cancel the migration")
        }
        GuestState::Is(state, _) if state == wanted => Ok(()),
        GuestState::Is(state, _) => refuse(format!("{} is {state} on {}, not {wanted}", guest.name, guest.node), "nothing to do"),
        GuestState::Absent => refuse(format!("libvirt on {} does not know {}", guest.node, guest.name), "look where it runs"),
        GuestState::Silent(why) => refuse(format!("libvirt on {} does not answer: {why}", guest.node), "bring libvirt back"),
        GuestState::NotAsked => refuse(format!("the state of {} on {} is not known", guest.name, guest.node), "ask again"),
    }
}

pub(super) const fn done(verb: ServiceVerb) -> &'static str {
    match verb {
        ServiceVerb::Suspend => "suspended",
        ServiceVerb::Resume => "resumed",
        _ => "reset",
    }
}

/// With a capital.
pub(super) fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
