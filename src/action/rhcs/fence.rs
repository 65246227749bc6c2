//! Fencing: `fence_node` from a member of the fence domain, `fence_ack_manual` where the fencing waits, and the power that a fence device tells.

use std::sync::Arc;

use crate::action::condition::Condition;
use crate::action::fence::signs;
use crate::action::inquiry::{Query, What};
use crate::action::plan::{Confirm, FateKind, Input, Needs, Plan, QuorumAfter, Reads, Refusal, Step, Undo};
use crate::action::whereabouts;
use crate::domain::cluster::{Cluster, Member, MemberStatus};
use crate::domain::task::FenceHow;
use crate::probe::rhcs::fence;

use super::place;

/// Seconds for all methods of a node.
const TIMEOUT: u64 = 300;
/// Seconds after which fence_ack_manual, which waits for ever, is ended.
const ACKNOWLEDGE: u32 = 60;

/// Whether the tools are those of RHEL 6 (cluster 3.x); those of RHEL 5 are 2.x, and its fence domain has no master.
pub(super) fn is_rhel6(cluster: &Cluster) -> bool {
    match &cluster.version {
        Some(_) => is_newer(cluster, &[3]),
        None => cluster.rhcs.as_ref().and_then(|r| r.fence.as_ref()).is_some_and(|d| d.master.is_some()),
    }
}

/// Whether the tools are newer than `than`.
fn is_newer(cluster: &Cluster, than: &[u32]) -> bool {
    let numbers: Vec<u32> = cluster.version.as_deref().unwrap_or_default().split('.').filter_map(|n| n.parse().ok()).collect();
    numbers.as_slice() > than
}

/// A member of the fence domain that can be told: only there does fenced learn of it, and not fence again.
fn post(cluster: &Cluster, node: &str) -> Result<Arc<str>, Vec<Refusal>> {
    let domain = cluster.rhcs.as_ref().and_then(|r| r.fence.as_ref());
    let Some(domain) = domain.filter(|d| !d.members.is_empty()) else {
        let why = "no node that quorate reaches is in a fence domain";
        return Err(vec![Refusal::new("no-fence-domain", why, "fenced must run (service cman start)")]);
    };
    let able = |m: &&Member| {
        &*m.name != node && whereabouts::is_within_reach(m) && m.status == MemberStatus::Online && domain.members.contains(&m.name)
    };
    let master = domain.master.as_ref().and_then(|name| cluster.member(name)).filter(able);
    let found = master.or_else(|| cluster.members.iter().find(able)).map(|m| Arc::clone(&m.name));
    found.ok_or_else(|| {
        let why = format!("no other member of the fence domain can be reached: {}", domain.members.join(", "));
        vec![Refusal::new("no-fence-domain", why, "connect quorate to one of them")]
    })
}

/// What its first method does: off where cluster.conf says so, else reboot.
fn configured(member: &Member) -> Result<FenceHow, Vec<Refusal>> {
    let Some(facts) = &member.rhcs else { return Ok(FenceHow::Reboot) };
    if facts.methods.as_ref().is_some_and(|m| m.iter().all(|(_, devices)| devices.is_empty())) {
        let why = format!("cluster.conf gives {} no fence method: fence_node can do nothing", member.name);
        return Err(vec![Refusal::new("no-method", why, "a fence method in cluster.conf")]);
    }
    Ok(facts.fence_action())
}

/// The plan for a fencing.
pub fn plan(input: &Input<'_>, node: &str, how: FenceHow) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    let does = configured(member)?;
    if how != does {
        let why = format!("fence_node does to {node} what cluster.conf says, and that is {}, not {}", does.word(), how.word());
        return Err(vec![Refusal::new("way-closed", why, format!("--how {}", does.word()))]);
    }
    let post = post(cluster, node)?;
    let mut plan = input.blank();
    let command = fence::fence_node(node, !is_rhel6(cluster));
    plan.steps = vec![Step::change(format!("Fence {node}: {}", how.word()), &post, command, TIMEOUT).read_by(Reads::FenceNode)];
    plan.proof = gone(member, input);
    plan.confirm = Confirm::TypeName;
    lost(input, member, &mut plan);
    plan.undo = Undo::Never("a fencing cannot be taken back".to_owned());
    if let Some(methods) = member.rhcs.as_ref().and_then(|r| r.methods.as_ref()) {
        let levels = methods.iter().map(|(name, devices)| format!("{name}: {}", devices.join(" and ")));
        plan.notices.push(format!("its fence methods, in this order: {}", levels.collect::<Vec<_>>().join("; ")));
    }
    Ok(plan)
}

/// The member was seen to go, and nobody waits for its fencing any more.
pub fn gone(member: &Member, input: &Input<'_>) -> Vec<Condition> {
    vec![Condition::Interrupted(Arc::clone(&member.name), input.now), Condition::NoVictim(Arc::clone(&member.name))]
}

/// What happens when a member dies at once, and a wait for what runs again elsewhere.
pub fn lost(input: &Input<'_>, member: &Member, plan: &mut Plan) {
    let cluster = input.cluster;
    let name = &member.name;
    plan.consequences = place::without(cluster, name, true);
    plan.consequences.quorum = QuorumAfter::without(cluster, name);
    plan.consequences.lost.push(format!("what runs on {name} dies at once: what it has not written is gone"));
    let dying = plan.consequences.fates.iter().filter(|f| f.kind == FateKind::DiesRestarts);
    let again: Vec<Condition> = dying.map(|f| Condition::Left(f.service.clone(), Arc::clone(name))).collect();
    if !again.is_empty() {
        plan.steps.push(Step::wait("What died has been taken over elsewhere", Condition::All(again), 300));
    }
    plan.notices.extend(signs(cluster, member));
    let two_node = cluster.quorum.flags.iter().any(|f| f == "two-node");
    if two_node {
        plan.notices.push("two_node: the one that is left stays quorate alone, whatever the other does".to_owned());
    }
}

/// Whether a fencing of the member is not done.
pub fn waits(cluster: &Cluster, member: &Member) -> bool {
    let domain = cluster.rhcs.as_ref().and_then(|r| r.fence.as_ref());
    member.status == MemberStatus::Unclean || domain.is_some_and(|d| d.victims.contains(&member.name))
}

/// The plan for the word of a human that a node is off.
pub fn confirm(input: &Input<'_>, node: &str) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    let domain = cluster.rhcs.as_ref().and_then(|r| r.fence.as_ref());
    if !waits(cluster, member) {
        let why = format!("no fencing of {node} waits to be acknowledged: {node} is {}", member.status.word());
        return Err(vec![Refusal::new("no-victim", why, "nothing to do: fenced asks nobody")]);
    }
    let master = domain.and_then(|d| d.master.clone());
    let mut all: Vec<_> = input.found.overrides().collect();
    all.sort_by_key(|(n, found)| (!found.waits, Some(*n) != master.as_ref()));
    let Some((post, found)) = all.first().map(|(n, found)| (Arc::clone(n), **found)) else {
        let why = "no member that quorate reaches has fence_ack_manual".to_owned();
        return Err(vec![Refusal::new("no-post", why, "connect quorate to the node that fences")]);
    };
    let mut plan = input.blank();
    let command = fence::fence_ack_manual(node, found.kind, ACKNOWLEDGE);
    let title = format!("Tell fenced that {node} is off");
    plan.steps = vec![Step::change(title, &post, command, u64::from(ACKNOWLEDGE) + 30).read_by(Reads::Acknowledge)];
    plan.proof =
        vec![Condition::Member(Arc::clone(&member.name), vec![MemberStatus::Offline]), Condition::NoVictim(Arc::clone(&member.name))];
    plan.confirm = Confirm::TypeName;
    plan.consequences = place::without(cluster, node, true);
    plan.consequences.lost.push(format!("if {node} still writes, what both sides write is ruined"));
    plan.notices = signs(cluster, member);
    plan.notices.push("say this only after the node was seen to be off, or cut off from its storage".to_owned());
    if !found.waits {
        plan.notices.push(format!("fenced on {post} holds nothing open for it right now: fence_ack_manual waits {ACKNOWLEDGE} s for it"));
    }
    if master.as_ref().is_some_and(|m| *m != post) {
        plan.notices.push(format!("{} fences, and {post} is asked: it may have no effect there", master.as_deref().unwrap_or_default()));
    }
    // What waits for a fencing has no quorum to wait for.
    plan.needs = Needs { quorum: false, ..Needs::default() };
    plan.undo = Undo::Never("the services start elsewhere at once".to_owned());
    Ok(plan)
}

/// The plan for trying the devices of a node: the power state that they tell, asked from each member.
pub fn test(input: &Input<'_>, node: &str) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    if !is_newer(cluster, &[3, 0, 12]) {
        let is = cluster.version.as_deref().unwrap_or("of unknown version");
        let why = format!("fence_node here ({is}) cannot ask a device without fencing: that came with 3.0.12.1");
        return Err(vec![Refusal::new("not-in-version", why, "ask the fence agent by hand, with its action status")]);
    }
    if let Some(member) = cluster.member(node) {
        configured(member)?;
    }
    let mut plan = input.blank();
    let able = |m: &&Member| whereabouts::is_within_reach(m) && m.status == MemberStatus::Online;
    let ask = |m: &Member| Step::ask(format!("Ask from {}", m.name), Query::new(&m.name, What::Power(node.to_owned())));
    plan.steps = cluster.members.iter().filter(able).map(ask).collect();
    if plan.steps.is_empty() {
        whereabouts::post_or_refuse(cluster, None)?;
    }
    plan.undo = Undo::NotNeeded;
    plan.confirm = Confirm::None;
    plan.needs = Needs { quorum: false, ..Needs::default() };
    plan.notices.push(format!("{} services run on {node}; none is touched", place::on(cluster, node).count()));
    Ok(plan)
}
