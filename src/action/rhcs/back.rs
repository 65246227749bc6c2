//! What a drain has moved away is put back. rgmanager has no standby: there is nothing else to end.

use std::sync::Arc;

use crate::action::back::{Sorted, nothing, sort, stays};
use crate::action::condition::Condition;
use crate::action::plan::{FateKind, Input, Plan, Reads, Refusal, Step, Undo};
use crate::action::whereabouts;
use crate::domain::cluster::Service;
use crate::domain::task::{Action, NodeVerb};
use crate::probe::rhcs::act::Verb;

use super::node::online;
use super::{OPERATION, clusvcadm, place, service};

/// The plan.
pub fn plan(input: &Input<'_>, node: &str, services: &[String]) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    online(member)?;
    let post = whereabouts::post_or_refuse(cluster, None)?;
    let barred = |s: &Service| {
        let why = place::unable(member).or_else(|| place::forbidden(cluster, s, node))?;
        Some(Refusal::new("barred", format!("{} cannot go to {node}: {why}", s.id), "leave it out of --back, or lift that"))
    };
    let Sorted { able, blocked } = sort(cluster, member, services, barred);
    if able.is_empty() {
        return Err(nothing(member, blocked));
    }
    let mut plan = input.blank();
    for moved in able {
        let (verb, kind, word) = if place::migrates(moved) {
            (Verb::Migrate, FateKind::Migrates, "Migrate")
        } else {
            (Verb::Relocate, FateKind::Moves, "Relocate")
        };
        let on = Condition::RunsOn(moved.id.clone(), Arc::clone(&member.name));
        let command = clusvcadm(cluster, verb, &moved.id, Some(node))?;
        let reads = Reads::Clusvcadm(Some(Arc::clone(&member.name)));
        plan.steps.push(Step::change(format!("{word} {} to {node}", moved.id), &post, command, OPERATION).read_by(reads));
        plan.steps.push(Step::wait(format!("{} runs on {node}", moved.id), on.clone(), 120));
        plan.proof.push(on);
        plan.consequences.fates.push(service::fate(moved, kind, Some(Arc::clone(&member.name)), None));
    }
    plan.consequences.by = "what was asked for";
    plan.undo = Undo::By(Action::Node(NodeVerb::Drain, node.to_owned()));
    plan.notices.push("one after another; can be stopped between two: what is back stays there".to_owned());
    plan.notices.extend(stays(&blocked));
    Ok(plan)
}
