//! What a drain has moved away is put back, one service after another; the node is taken out of standby where it is in it.

use std::sync::Arc;

use crate::domain::cluster::{Cluster, Member, MemberStatus, Service, ServiceKind, ServiceState, Stack};
use crate::domain::task::{Action, NodeVerb};

use super::commands::{crm_resource, moved_by, unmove};
use super::condition::Condition;
use super::node::{MOVE, online, standby};
use super::plan::{Consequences, Fate, FateKind, Input, Plan, Refusal, Step, Undo, When};
use super::{held, inquiry, whereabouts};

/// The action that puts these back, or only ends the standby.
pub(super) fn action(node: &str, services: Vec<String>) -> Action {
    if services.is_empty() {
        Action::Node(NodeVerb::Unstandby, node.to_owned())
    } else {
        Action::PutBack { node: node.to_owned(), services }
    }
}

/// What of these can go back, and why the rest cannot.
#[derive(Debug, Default)]
pub(super) struct Sorted<'a> {
    pub able: Vec<&'a Service>,
    pub blocked: Vec<Refusal>,
}

/// Sorts the services; one that runs there already is neither. `also`: what else stands against one of them.
pub(super) fn sort<'a>(
    cluster: &'a Cluster,
    member: &Member,
    services: &[String],
    also: impl Fn(&Service) -> Option<Refusal>,
) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for id in services {
        let Some(service) = cluster.service(id) else {
            sorted.blocked.push(Refusal::new("unknown-target", format!("there is no service '{id}' any more"), "leave it out of --back"));
            continue;
        };
        if service.owners.contains(&member.name) {
            continue;
        }
        match blocked(cluster, service).or_else(|| also(service)) {
            Some(why) => sorted.blocked.push(why),
            None => sorted.able.push(service),
        }
    }
    sorted
}

fn blocked(cluster: &Cluster, service: &Service) -> Option<Refusal> {
    let id = &service.id;
    if let Some(flag) = service.flags.iter().find(|f| matches!(**f, "unmanaged" | "maintenance" | "frozen")) {
        let lift = held::held(cluster, &inquiry::Findings::default(), service).map(|held| held.lift);
        let lift = lift.unwrap_or_else(|| format!("quorate act unfreeze {id}"));
        return Some(Refusal::new("frozen", format!("{id} is {flag}: nothing moves it"), lift));
    }
    if service.state.is_in_transit() {
        return Some(Refusal::new("in-transit", format!("{id} is {}", service.state.word()), "wait until it has settled"));
    }
    let why = format!("{id} is {}, so that it cannot be put back", service.state.word());
    match service.state {
        ServiceState::Started => None,
        ServiceState::Failed | ServiceState::Blocked => Some(Refusal::new("not-running", why, format!("quorate act cleanup {id}"))),
        _ => Some(Refusal::new("not-running", why, format!("quorate act start {id}"))),
    }
}

/// None of it can be put back, or nothing is to be done.
pub(super) fn nothing(member: &Member, blocked: Vec<Refusal>) -> Vec<Refusal> {
    if blocked.is_empty() {
        vec![Refusal::new("already", format!("all of it runs on {} already", member.name), "nothing to do")]
    } else {
        blocked
    }
}

/// What stays where it is, in words.
pub(super) fn stays(blocked: &[Refusal]) -> impl Iterator<Item = String> + '_ {
    blocked.iter().map(|r| format!("not put back: {} (would lift it: {})", r.why, r.lift))
}

/// The plan, under Pacemaker.
pub(super) fn plan(input: &Input<'_>, node: &str, services: &[String]) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    let post = whereabouts::post_or_refuse(cluster, None)?;
    let stands_by = member.status == MemberStatus::Standby;
    if !stands_by {
        online(member)?;
    }
    if cluster.options.maintenance_mode == Some(true) {
        let why = "the cluster is in maintenance: the manager moves nothing";
        return Err(vec![Refusal::new("maintenance", why, "quorate act maintenance off")]);
    }
    let Sorted { able, blocked } = sort(cluster, member, services, |_| None);
    if able.is_empty() && !stands_by {
        return Err(nothing(member, blocked));
    }
    let mut plan = input.blank();
    let here = &member.name;
    let on = |s: &Service| Condition::RunsOn(s.id.clone(), Arc::clone(here));
    let lifetime = format!("PT{}S", MOVE * (able.len() as u64 + 2));
    let prefer = |s: &Service| {
        let command = crm_resource(&["--move", "--resource", &s.id, "--node", here, "--lifetime", &lifetime]);
        Step::change(format!("Tell the manager to move {} to {here}", s.id), &post, command, 60)
    };
    let arrives = |s: &Service| Step::wait(format!("{} runs on {here}", s.id), on(s), MOVE);
    for service in able.iter().filter(|s| !moved_by(s, here).is_empty()) {
        let command = unmove(&service.id, here);
        plan.steps.push(Step::change(format!("Take away what keeps {} off {here}", service.id), &post, command, 60));
    }
    if stands_by {
        // Until the standby ends they only wait for it: none has to be asked whether it came back by itself.
        plan.steps.extend(able.iter().map(|s| prefer(s)));
        plan.steps.push(standby(member, &post, false));
        plan.steps.extend(able.iter().map(|s| arrives(s)));
        plan.notices.push(format!("once {here} is out of standby they move together, as far as the cluster's migration-limit lets them"));
    } else {
        plan.steps.extend(able.iter().flat_map(|s| [prefer(s), arrives(s)]));
        plan.notices.push("one after another; can be stopped between two: what is back stays there".to_owned());
    }
    for service in &able {
        let command = unmove(&service.id, here);
        plan.steps.push(Step::change(format!("Take the constraint on {} away again", service.id), &post, command, 60).when(When::Always));
    }
    plan.proof = vec![Condition::Member(Arc::clone(here), vec![MemberStatus::Online])];
    plan.proof.extend(able.iter().flat_map(|s| [on(s), Condition::Unmoved(s.id.clone(), Arc::clone(here))]));
    plan.consequences =
        Consequences { fates: able.iter().map(|s| fate(input, s, here)).collect(), by: "what was asked for", ..Consequences::default() };
    plan.undo = Undo::By(Action::Node(NodeVerb::Drain, node.to_owned()));
    plan.notices.extend(stays(&blocked));
    if stands_by {
        plan.notices.push("services that prefer it, or had nowhere to run, go there, too".to_owned());
    }
    Ok(plan)
}

fn fate(input: &Input<'_>, service: &Service, to: &Arc<str>) -> Fate {
    let migrates = input.found.primitive(&service.id).and_then(|c| c.meta("allow-migrate")).is_some_and(super::relocate::is_true);
    let kind = if migrates { FateKind::Migrates } else { FateKind::Moves };
    let (from, to) = (service.owners.first().map(Arc::clone), Some(Arc::clone(to)));
    Fate { service: service.id.clone(), guest: service.kind == ServiceKind::Vm, kind, from, to, why: None }
}

/// How each guest among them is configured: whether it migrates.
pub(super) fn needed(services: &[String], cluster: &Cluster, asked: &mut Vec<inquiry::Query>) {
    let Some(post) = whereabouts::post(cluster, None).filter(|_| cluster.stack == Some(Stack::Pacemaker)) else { return };
    let guests = services.iter().filter(|id| cluster.service(id).is_some_and(|s| s.kind == ServiceKind::Vm));
    asked.extend(guests.map(|id| inquiry::Query::new(&post, inquiry::What::Primitive(id.clone()))));
}
