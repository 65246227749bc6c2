//! A service moved to another member: live (`clusvcadm -M`), or stopped and started (`-r`), which for some guests means suspended and resumed.

use std::sync::Arc;

use crate::action::condition::Condition;
use crate::action::plan::{Confirm, FateKind, Input, Plan, Reads, Refusal, Step, Undo, Way};
use crate::action::relocate::refuse;
use crate::action::whereabouts;
use crate::domain::cluster::{Service, ServiceKind};
use crate::domain::task::{Action, Limits, RelocateHow};
use crate::probe::rhcs::act::Verb;

use super::{OPERATION, clusvcadm, place, service};

/// The plan.
pub fn plan(input: &Input<'_>, id: &str, to: &str, how: Option<RelocateHow>) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(moved) = cluster.service(id) else { return Err(Vec::new()) };
    let from = whereabouts::owner(moved)?;
    if *from == *to {
        return Err(vec![Refusal::new("already-there", format!("{id} runs on {to} already"), "name another node")]);
    }
    let post = whereabouts::post_or_refuse(cluster, None)?;
    let ways: Vec<Way> = RelocateHow::ALL.into_iter().map(|how| Way { how, closed: closed(input, moved, to, how) }).collect();
    let chosen = how.or_else(|| ways.iter().find(|w| w.closed.is_empty()).map(|w| w.how));
    let Some(way) = ways.iter().find(|w| Some(w.how) == chosen && w.closed.is_empty()).map(|w| w.how) else {
        return Err(refuse(&ways, how, "lift what stands against it first"));
    };
    let verb = if way == RelocateHow::Live { Verb::Migrate } else { Verb::Relocate };
    let target: Arc<str> = Arc::from(to);
    let mut plan = input.blank();
    let command = clusvcadm(cluster, verb, id, Some(to))?;
    let title = format!("{} {id} to {to}", if way == RelocateHow::Live { "Migrate" } else { "Relocate" });
    plan.steps = vec![Step::change(title, &post, command, OPERATION).read_by(Reads::Clusvcadm(Some(Arc::clone(&target))))];
    plan.proof = vec![Condition::RunsOn(id.to_owned(), Arc::clone(&target))];
    plan.proof.extend(service::seen_by_libvirt(input, moved, Some(to), &[&from]));
    consequences(input, moved, &target, way, &mut plan);
    notices(input, moved, to, way, &mut plan);
    plan.undo = Undo::By(Action::Relocate { service: id.to_owned(), to: from.to_string(), how: Some(way), limits: Limits::default() });
    plan.confirm = Confirm::Yes;
    plan.intent.action = Action::Relocate { service: id.to_owned(), to: to.to_owned(), how: Some(way), limits: Limits::default() };
    plan.ways = ways;
    Ok(plan)
}

/// What says that its stop keeps the guest's memory; none: nothing does.
fn suspends(input: &Input<'_>, service: &Service) -> Option<String> {
    if let Some(folder) = place::conf(service).and_then(|c| c.snapshot.as_ref()) {
        return Some(format!("its snapshot folder {folder} in cluster.conf"));
    }
    let (script, suspends) = input.found.stop_suspends()?;
    suspends.then(|| format!("the stop of its script {script}"))
}

/// What stands against a way.
fn closed(input: &Input<'_>, service: &Service, to: &str, how: RelocateHow) -> Vec<String> {
    let cluster = input.cluster;
    let mut closed = Vec::new();
    match cluster.member(to) {
        Some(member) => closed.extend(place::unable(member)),
        None => closed.push(format!("{to} is not a member")),
    }
    closed.extend(place::forbidden(cluster, service, to));
    let elsewhere: Vec<Arc<str>> = service::running_on(input).into_iter().filter(|n| !service.owners.contains(n)).collect();
    closed.extend(elsewhere.iter().map(|n| format!("libvirt has its guest running on {n} as well")));
    let script = place::conf(service).is_some_and(|c| !c.scripts.is_empty());
    match how {
        RelocateHow::Live if service.kind != ServiceKind::Vm => closed.push(format!("it is a {}: only a vm migrates", service.kind.word())),
        RelocateHow::Live if !place::migrates(service) => closed.push("other resources stand inside it in cluster.conf".to_owned()),
        RelocateHow::Suspend if suspends(input, service).is_none() => closed.push(match input.found.stop_suspends() {
            Some((file, _)) => format!("its script {file} does not say that its stop suspends"),
            None if script => "whether the stop of its script suspends could not be read on the node where it runs".to_owned(),
            None => "its stop shuts it down: cluster.conf gives it no snapshot folder".to_owned(),
        }),
        RelocateHow::Live | RelocateHow::Suspend => {}
        RelocateHow::Restart => closed.extend(suspends(input, service).map(|by| format!("its stop is a suspend, by {by}"))),
    }
    closed
}

fn consequences(input: &Input<'_>, service: &Service, to: &Arc<str>, way: RelocateHow, plan: &mut Plan) {
    let (kind, why) = match way {
        RelocateHow::Live => (FateKind::Migrates, None),
        RelocateHow::Suspend => {
            (FateKind::Pauses, suspends(input, service).map(|by| format!("stands still meanwhile: suspended and resumed, by {by}")))
        }
        RelocateHow::Restart => {
            let guest = service.kind == ServiceKind::Vm;
            (
                FateKind::Moves,
                Some(if guest { "is shut down and started: what is in its memory is gone" } else { "is stopped and started" }.to_owned()),
            )
        }
    };
    plan.consequences.by = "what was asked for";
    plan.consequences.fates.push(service::fate(service, kind, Some(Arc::clone(to)), why));
    if way != RelocateHow::Live {
        plan.consequences.fates.extend(place::dependents(input.cluster, &service.id));
    }
}

fn notices(input: &Input<'_>, service: &Service, to: &str, way: RelocateHow, plan: &mut Plan) {
    plan.notices = service::not_known(input, service);
    if way == RelocateHow::Live {
        plan.notices.push(
            "if the agent fails half-way, rgmanager calls the service failed though its guest may run: look where, before cleanup"
                .to_owned(),
        );
        if place::conf(service).and_then(|c| c.migrate.as_deref()) == Some("pause") {
            plan.notices.push("cluster.conf says migrate=pause: it stands still while it moves".to_owned());
        }
    } else {
        plan.notices.push(format!(
            "{to} is a wish to rgmanager: if it does not start there, the other members are tried, then {} again; that counts as failed here",
            service.owner.as_deref().unwrap_or("the old one")
        ));
    }
    if let Some(domain) = place::domain(service) {
        let own = |n: &str| domain.nodes.iter().find(|(name, _)| name == n).map(|(_, p)| *p);
        if own(to).is_none() && !domain.restricted {
            plan.notices.push(format!("{to} is outside its failover domain {}", domain.name));
        }
        let better = domain.nodes.iter().any(|(n, p)| n != to && own(to).is_none_or(|mine| domain.ordered && *p < mine));
        if better && !domain.nofailback {
            plan.notices
                .push(format!("its failover domain {} prefers others, and fails back: it moves again when one of them comes", domain.name));
        }
    }
}
