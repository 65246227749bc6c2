//! What VMware Server on a node has in its list: guests registered there, and unregistered.

use super::{Places, Subject, blank, fate, hosts, is_frozen, is_started, state};
use crate::action::plan::{FateKind, Input, Plan, Refusal, Step, Undo};
use crate::action::whereabouts;
use crate::domain::observation::vmware::VmwareState;
use crate::domain::task::{Action, ServiceVerb};
use crate::probe::vmware::act::{self, Verb};

pub(super) fn register(input: &Input<'_>, subject: &Subject<'_>, places: &Places, prefer: &[String]) -> Result<Plan, Vec<Refusal>> {
    if let Some((node, row)) = places.0.first() {
        let why = format!("{} is registered on {node}, and {}", subject.name, row.state.said());
        return Err(vec![Refusal::new("already", why, "one node alone may have it: unregister it there first")]);
    }
    let Some(service) = subject.service else { return Err(Vec::new()) };
    let domain = service.rhcs.as_ref().and_then(|r| r.domain.as_ref()).and_then(|d| d.nodes.first()).map(|(name, _)| name.clone());
    let wish = prefer.first().cloned();
    let place = wish.or_else(|| service.owner.as_ref().or(service.last_owner.as_ref()).map(ToString::to_string)).or(domain);
    let Some(place) = place else {
        return Err(vec![Refusal::new("no-place", "on which node it is to be registered is not said", "name one with --prefer NODE")]);
    };
    let node = whereabouts::within_reach(input.cluster, &place)?;
    if !hosts(input.cluster).any(|host| *host == node) {
        return Err(vec![Refusal::new("no-vmware", format!("VMware Server does not answer on {node}"), "name another node with --prefer")]);
    }
    let mut plan = blank(input);
    if let Some(command) = act::keep_uuid(&subject.vmx) {
        plan.steps.push(Step::change(format!("Have {} keep its UUID", subject.name), &node, command, 30));
    }
    let command = act::command(subject.tool, Verb::Register, &subject.vmx);
    plan.steps.push(Step::change(format!("Register {} on {node}", subject.name), &node, command, 60));
    plan.proof = vec![state(&node, subject, &[VmwareState::Off, VmwareState::Suspended, VmwareState::On])];
    plan.undo = Undo::By(Action::Service(ServiceVerb::Unregister, service.id.clone()));
    fate(&mut plan, subject, FateKind::Unwatched, &node, Some("is known to VMware there, and not started"));
    if !is_started(service) {
        plan.notices.push(format!(
            "rgmanager has {} {}: enabling it registers the guest by itself, where it starts it",
            service.id,
            service.state.word()
        ));
    }
    plan.needs.quorum = true;
    Ok(plan)
}

pub(super) fn unregister(input: &Input<'_>, subject: &Subject<'_>, places: &Places) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = subject.service else { return Err(Vec::new()) };
    if let Some((node, row)) = places.active().next() {
        let why = format!("{} is {} on {node}: VMware does not let go of a guest that runs", subject.name, row.state.said());
        let lift = format!("disable {}: its script suspends and unregisters it; or suspend it first", service.id);
        return Err(vec![Refusal::new("guest-state", why, lift)]);
    }
    let mut plan = blank(input);
    for (node, row) in &places.0 {
        let command = act::command(subject.tool, Verb::Unregister, &subject.vmx);
        let title = format!("Unregister {} on {node}, where it is {}", subject.name, row.state.word());
        plan.steps.push(Step::change(title, node, command, 60));
        plan.proof.push(state(node, subject, &[]));
        fate(&mut plan, subject, FateKind::Stops, node, Some("VMware there forgets it; its files stay"));
    }
    if plan.steps.is_empty() {
        return Err(vec![Refusal::new("already", format!("VMware on no reachable node has {} registered", subject.name), "nothing to do")]);
    }
    // By its service: once VMware has forgotten the guest, nobody knows its own name.
    let prefer = places.0.iter().map(|(node, _)| node.to_string()).collect();
    plan.undo = Undo::By(Action::Register { guest: service.id.clone(), prefer });
    if is_started(service) && !is_frozen(service) {
        plan.notices.push(format!("rgmanager has {} {}: it will start it again", service.id, service.state.word()));
    }
    Ok(plan)
}
