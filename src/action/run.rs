//! Start, stop, restart: by the manager's target-role.

use std::sync::Arc;

use crate::domain::cluster::{Service, ServiceKind, ServiceState};
use crate::domain::task::{Action, ServiceVerb};

use super::commands::{crm_resource, meta};
use super::condition::Condition;
use super::plan::{Confirm, Consequences, Fate, FateKind, Input, Plan, Refusal, Step, Undo, When};
use super::suspend::{guest_of, runs_alone, runs_by_libvirt};
use super::{astray, held, whereabouts};

/// Seconds for a start or a stop where no timeout is configured, with the time that the manager needs beside it.
const PATIENCE: u64 = 300;

/// The plan for start, stop, restart.
pub(super) fn plan(input: &Input<'_>, verb: ServiceVerb, id: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    if let Some(held) = held::held(input.cluster, input.found, service) {
        let why = format!("the manager leaves {id} alone ({}): it would neither start nor stop it", held.why);
        return Err(vec![Refusal::new("unmanaged", why, held.lift)]);
    }
    let post = whereabouts::post_or_refuse(input.cluster, None)?;
    match verb {
        ServiceVerb::Start => start(input, service, &post),
        ServiceVerb::Restart => restart(input, service, &post),
        _ => stop(input, service, &post, verb == ServiceVerb::StopForced),
    }
}

fn seconds(input: &Input<'_>, id: &str, operation: &str) -> u64 {
    input.found.primitive(id).and_then(|c| c.timeout(operation)).map_or(PATIENCE, |secs| secs + 60)
}

fn fate(service: &Service, kind: FateKind) -> Fate {
    let from = service.owners.first().map(Arc::clone);
    Fate { service: service.id.clone(), guest: service.kind == ServiceKind::Vm, kind, from, to: None, why: None }
}

fn start(input: &Input<'_>, service: &Service, post: &Arc<str>) -> Result<Plan, Vec<Refusal>> {
    let id = &service.id;
    if service.state == ServiceState::Started {
        return Err(vec![Refusal::new("already", format!("{id} is started"), "nothing to do")]);
    }
    astray::none(input)?;
    let mut plan = input.blank();
    plan.steps.push(Step::change(format!("Tell the manager to start {id}"), post, meta(id, "target-role", "Started"), 60));
    if service.failed_operation {
        plan.steps.push(Step::change("Let the manager forget its failures", post, crm_resource(&["--cleanup", "--resource", id]), 60));
        plan.notices.push(format!("it failed before: {}", service.reason.as_deref().unwrap_or("no reason is known")));
    }
    // A container's target-role keeps its members down, whatever theirs is.
    let outer = whereabouts::outermost(input.cluster, service);
    if outer.id != *id && outer.state == ServiceState::Disabled {
        plan.notices.push(format!("it is part of {}, which is disabled: only {id} is told to start", outer.id));
    }
    plan.steps.push(Step::wait(format!("{id} is started"), Condition::Runs(id.clone()), seconds(input, id, "start")));
    plan.proof = vec![Condition::Runs(id.clone())];
    plan.proof.extend(runs_by_libvirt(input, service));
    plan.proof.extend(runs_alone(input, service));
    plan.undo = Undo::By(Action::Service(ServiceVerb::Stop, id.clone()));
    plan.consequences.fates.push(fate(service, FateKind::Starts));
    plan.consequences.by = "what was asked for";
    plan.confirm = Confirm::Yes;
    Ok(plan)
}

fn stop(input: &Input<'_>, service: &Service, post: &Arc<str>, forced: bool) -> Result<Plan, Vec<Refusal>> {
    let id = &service.id;
    if service.state == ServiceState::Disabled && service.owners.is_empty() {
        return Err(vec![Refusal::new("already", format!("{id} is stopped"), "nothing to do")]);
    }
    let mut plan = input.blank();
    plan.steps.push(Step::change(format!("Tell the manager to stop {id}"), post, meta(id, "target-role", "Stopped"), 60));
    let guest = guest_of(input, service);
    if forced {
        whereabouts::guest_only(service, "be stopped by force")?;
        let guest = guest.as_ref().map_err(Clone::clone)?;
        // The agent may have been quicker: then libvirt knows no such guest, which is what was wanted.
        let kill = crate::link::CommandLine::script(
            "as_root virsh -c \"$1\" destroy --domain \"$2\" || as_root virsh -c \"$1\" domstate --domain \"$2\" 2>&1 | grep -q -e 'failed to get domain' -e 'shut off'",
            [guest.uri.as_str(), &guest.handle],
        );
        plan.steps.push(Step::change(format!("Switch {} off on {}", guest.name, guest.node), &guest.node, kill.privileged(), 60));
        plan.consequences.lost.push("what the guest had not written to its disks".to_owned());
        plan.confirm = Confirm::TypeName;
    }
    plan.steps.push(Step::wait(format!("{id} is stopped"), Condition::Stopped(id.clone()), seconds(input, id, "stop")));
    plan.proof = vec![Condition::Stopped(id.clone())];
    if let Ok(guest) = guest {
        plan.proof.push(guest.is(None));
    }
    plan.undo = Undo::By(Action::Service(ServiceVerb::Start, id.clone()));
    plan.consequences = match input.found.simulation() {
        Some(sim) => {
            let told = Consequences::simulated(sim, input.cluster, None);
            Consequences { lost: [plan.consequences.lost, told.lost].concat(), ..told }
        }
        None => Consequences { fates: vec![fate(service, FateKind::Stops)], by: "what was asked for", ..plan.consequences },
    };
    Ok(plan)
}

fn restart(input: &Input<'_>, service: &Service, post: &Arc<str>) -> Result<Plan, Vec<Refusal>> {
    let id = &service.id;
    if service.owners.is_empty() {
        return Err(vec![Refusal::new("not-running", format!("{id} runs nowhere"), format!("quorate act start {id}"))]);
    }
    let mut plan = input.blank();
    let secs = seconds(input, id, "stop") + seconds(input, id, "start");
    let command = crm_resource(&["--restart", "--resource", id, "--timeout", &format!("{secs}s")]);
    plan.steps.push(Step::change(format!("Restart {id}"), post, command, secs + 30));
    plan.steps.push(Step::wait(format!("{id} is started"), Condition::Runs(id.clone()), 60).when(When::Always));
    plan.proof = vec![Condition::Runs(id.clone())];
    plan.proof.extend(runs_by_libvirt(input, service));
    plan.undo = Undo::Never("a restart is over when it is over".to_owned());
    plan.consequences.fates.push(fate(service, FateKind::Restarts));
    plan.consequences.by = "what was asked for";
    if let Some(sim) = input.found.simulation() {
        // What its stop would stop is started again with it.
        let told = Consequences::simulated(sim, input.cluster, None);
        let again = |f: Fate| if f.kind == FateKind::Stops { Fate { kind: FateKind::Restarts, why: None, ..f } } else { f };
        plan.consequences.fates.extend(told.fates.into_iter().filter(|f| f.service != *id).map(again));
        (plan.consequences.by, plan.consequences.lost) = (told.by, told.lost);
    } else {
        plan.notices.push("what depends on it is restarted, too".to_owned());
    }
    Ok(plan)
}
