//! Fencing: a node switched off or on by its fence device; the word of a human that it is off; trying the devices without harm.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::cluster::{Cluster, Member, MemberStatus};
use crate::domain::node::{LinkFault, Reach};
use crate::domain::task::FenceHow;
use crate::link::CommandLine;

use super::condition::{Condition, movable_on};
use super::inquiry::{Query, What};
use super::plan::{Confirm, Consequences, FateKind, Input, Plan, QuorumAfter, Refusal, Step, Undo};
use super::whereabouts;

/// Seconds that the fencer is given.
const TIMEOUT: u64 = 120;

/// The plan for a fencing.
pub(super) fn plan(input: &Input<'_>, node: &str, how: FenceHow) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    let post = whereabouts::post_or_refuse(cluster, Some(node))?;
    let mut plan = input.blank();
    let word = match how {
        FenceHow::Reboot => "--reboot",
        FenceHow::Off => "--fence",
        FenceHow::On => "--unfence",
    };
    let timeout = TIMEOUT.to_string();
    let tag = format!("quorate-{}", input.intent.tag);
    let command = stonith_admin(&[word, node, "--tag", &tag, "--timeout", &timeout]);
    plan.steps = vec![Step::change(format!("Fence {node}: {}", how.word()), &post, command, TIMEOUT * 2)];
    let name = Arc::clone(&member.name);
    plan.proof = vec![Condition::Fenced(node.to_owned(), how, input.now)];
    plan.confirm = Confirm::TypeName;
    plan.needs.fresh = Duration::from_secs(20);
    if how == FenceHow::On {
        plan.undo = Undo::Never("fence it off again where that is wanted".to_owned());
        return Ok(plan);
    }
    plan.proof.push(Condition::Interrupted(Arc::clone(&name), input.now));
    plan.consequences = match input.found.simulation() {
        Some(sim) => Consequences::simulated(sim, cluster, Some(node)),
        None => Consequences::reckoned(cluster, node, FateKind::DiesStays),
    };
    plan.consequences.quorum = QuorumAfter::without(cluster, node);
    plan.consequences.lost.push(format!("what runs on {node} dies at once: what it has not written is gone"));
    let again: Vec<Condition> = plan
        .consequences
        .fates
        .iter()
        .filter(|f| f.kind == FateKind::DiesRestarts && cluster.service(&f.service).is_some())
        .map(|f| Condition::Runs(f.service.clone()))
        .collect();
    if !again.is_empty() {
        plan.steps.push(Step::wait("What died runs again elsewhere", Condition::All(again), 300));
    }
    plan.notices = signs(cluster, member);
    plan.notices.extend(devices(input));
    plan.undo = Undo::Never("a fencing cannot be taken back".to_owned());
    Ok(plan)
}

/// Whether a node really looks dead, in the order of what counts: SSH, libvirt, storage, the manager.
pub(super) fn signs(cluster: &Cluster, member: &Member) -> Vec<String> {
    let mut alive = Vec::new();
    if member.reach.is_up() {
        alive.push("SSH".to_owned());
    }
    alive.extend(member.reach.answered().map(|trouble| format!("SSH: {trouble}")));
    let libvirt = cluster.virt.iter().find(|v| v.node == member.name);
    if libvirt.is_some_and(|v| v.up) {
        alive.push("libvirt".to_owned());
    }
    alive.extend(at_storage(cluster, member));
    if matches!(member.status, MemberStatus::Online | MemberStatus::Standby | MemberStatus::Maintenance) {
        alive.push(format!("the manager has it {}", member.status.word()));
    }
    if alive.is_empty() {
        let ssh = if let Reach::Down { trouble, .. } = &member.reach { format!("SSH: {trouble}") } else { "SSH: not tried".to_owned() };
        let libvirt = if libvirt.is_some() { "; libvirt does not answer" } else { "" };
        let storage = "no other member sees it at shared storage";
        let name = &member.name;
        let mut said = vec![format!("{name} does not answer: {ssh}{libvirt}; {storage}; the manager has it {}", member.status.word())];
        if matches!(&member.reach, Reach::Down { trouble, .. } if trouble.fault == LinkFault::Refused && !trouble.is_on_the_way()) {
            said.push(format!("the host of {name} ANSWERS all the same: it refuses the port of sshd, so that it is not switched off"));
        }
        return said;
    }
    vec![format!("{} ANSWERS ({}): this node is alive", member.name, alive.join(", "))]
}

/// It is at work on storage: it says so itself, or the lock manager of another member has it.
fn at_storage(cluster: &Cluster, member: &Member) -> Option<String> {
    let own = || {
        let active = cluster.volumes.iter().filter(|v| v.active_on.contains(&member.name)).count();
        let mounted = cluster.filesystems.iter().filter(|f| f.node == member.name).count();
        member.reach.is_up() && active + mounted > 0
    };
    let id = member.id.as_deref().and_then(|id| id.parse::<u32>().ok());
    let others = cluster.members.iter().filter(|m| m.name != member.name && m.reach.is_up());
    let locks =
        |m: &&Member| m.dlm.as_ref().is_some_and(|dlm| dlm.lockspaces.iter().any(|(_, ids, _)| id.is_some_and(|id| ids.contains(&id))));
    if let Some(by) = others.into_iter().find(locks) {
        return Some(format!("storage: the lock manager of {} has it", by.name));
    }
    own().then(|| "storage".to_owned())
}

fn devices(input: &Input<'_>) -> Vec<String> {
    let mut said = Vec::new();
    for (node, tests) in input.found.fence_devices() {
        if tests.is_empty() {
            said.push(format!("as seen from {node} no fence device can reach it"));
        }
        said.extend(
            tests.iter().map(|t| format!("fence device {} by {node}: {}", t.device, if t.well { "answers" } else { "DOES NOT ANSWER" })),
        );
    }
    said
}

/// The plan for the word of a human that a node is off.
pub(super) fn confirm(input: &Input<'_>, node: &str) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    let post = whereabouts::post_or_refuse(cluster, Some(node))?;
    let mut plan = input.blank();
    let tag = format!("quorate-{}", input.intent.tag);
    plan.steps =
        vec![Step::change(format!("Tell the cluster that {node} is off"), &post, stonith_admin(&["--confirm", node, "--tag", &tag]), 60)];
    plan.proof = vec![Condition::Member(Arc::clone(&member.name), vec![MemberStatus::Offline])];
    plan.confirm = Confirm::TypeName;
    plan.consequences = match input.found.simulation() {
        Some(sim) => Consequences::simulated(sim, cluster, Some(node)),
        None => Consequences::reckoned(cluster, node, FateKind::DiesRestarts),
    };
    plan.consequences.lost.push(format!("if {node} still writes, what both sides write is ruined"));
    plan.notices = signs(cluster, member);
    plan.notices.push("say this only after the node was seen to be off, or cut off from its storage".to_owned());
    plan.undo = Undo::Never("the services start elsewhere at once".to_owned());
    Ok(plan)
}

/// The plan for trying the devices of a node, from every node that can be asked.
pub(super) fn test(input: &Input<'_>, node: &str) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let able = |m: &&Member| whereabouts::is_within_reach(m) && m.manager != Some(false) && m.status != MemberStatus::Offline;
    let mut plan = input.blank();
    plan.steps = cluster
        .members
        .iter()
        .filter(able)
        .map(|m| Step::ask(format!("Try from {}", m.name), Query::new(&m.name, What::FenceDevices(node.to_owned()))))
        .collect();
    if plan.steps.is_empty() {
        whereabouts::post_or_refuse(cluster, None)?;
    }
    plan.undo = Undo::NotNeeded;
    plan.confirm = Confirm::None;
    plan.notices.push(format!("{} services that can move run on {node}; none is touched", movable_on(cluster, node).len()));
    Ok(plan)
}

fn stonith_admin(args: &[&str]) -> CommandLine {
    CommandLine::new("stonith_admin", args.iter().copied()).privileged()
}
