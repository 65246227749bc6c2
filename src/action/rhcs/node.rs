//! A node: emptied one service after another, out of the cluster in the order that hangs nothing, in again, rebooted; its daemons.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::condition::Condition;
use crate::action::node::{quorate_without, restart_host};
use crate::action::plan::{Confirm, Consequences, FateKind, Input, Needs, Plan, QuorumAfter, Reads, Refusal, Step, Undo};
use crate::action::whereabouts;
use crate::domain::cluster::{Cluster, Member, MemberStatus, Service};
use crate::domain::task::{Action, Daemon, NodeVerb};
use crate::link::CommandLine;
use crate::probe::rhcs::act::Verb;
use crate::probe::rhcs::fence::{Cman, cman_tool, end_qdiskd, leave_domain};

use super::{OPERATION, clusvcadm, fence, place, service};

/// Seconds for an init script that only starts or stops a daemon.
const SCRIPT: u64 = 300;
/// Seconds that a host may take to come back.
const BOOT: u64 = 900;

fn init(daemon: &str, verb: &str) -> CommandLine {
    CommandLine::new("service", [daemon, verb]).privileged()
}

fn script(here: &Arc<str>, daemon: &str, verb: &str, secs: u64) -> Step {
    let title = format!("{}{} {daemon} there", verb.get(..1).unwrap_or_default().to_uppercase(), verb.get(1..).unwrap_or_default());
    Step::change(title, here, init(daemon, verb), secs).read_by(Reads::InitScript)
}

/// Whether a node has an init script; none where it has not listed them.
fn listed(member: &Member, name: &str) -> Option<bool> {
    let mut scripts = member.units.iter().filter(|u| u.load.starts_with("init")).peekable();
    scripts.peek().is_some().then(|| scripts.any(|u| u.name == name))
}

/// Whether qdiskd has a script of its own: it has in RHEL 5; in RHEL 6 cman's starts and stops it.
fn has_qdiskd(cluster: &Cluster, member: &Member) -> bool {
    listed(member, "qdiskd").unwrap_or_else(|| !fence::is_rhel6(cluster))
}

pub(super) fn online(member: &Member) -> Result<(), Vec<Refusal>> {
    if member.status == MemberStatus::Online {
        return Ok(());
    }
    let why = format!("{} is {}", member.name, member.status.word());
    Err(vec![Refusal::new("not-online", why, "it must be online")])
}

/// Frozen services are not stopped with rgmanager: nobody would know of them any more.
fn nothing_frozen(cluster: &Cluster, node: &str) -> Result<(), Vec<Refusal>> {
    let frozen = place::on(cluster, node).filter(|s| s.flags.contains(&"frozen"));
    let all: Vec<Refusal> = frozen
        .map(|s| {
            let why = format!("{} on {node} is frozen: it is neither moved nor stopped", s.id);
            Refusal::new("frozen", why, format!("quorate act unfreeze {}", s.id))
        })
        .collect();
    if all.is_empty() { Ok(()) } else { Err(all) }
}

/// The plan for moving all services off, one after another.
pub fn drain(input: &Input<'_>, node: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(member) = input.cluster.member(node) else { return Err(Vec::new()) };
    online(member)?;
    let mut plan = input.blank();
    let moves = moves(input, member)?;
    if moves.is_empty() {
        return Err(vec![Refusal::new("already", format!("no service runs on {node}"), "nothing to do")]);
    }
    let services = moves.iter().map(|(service, _)| service.id.clone()).collect();
    off_it(input, node, moves, &mut plan)?;
    plan.proof = vec![Condition::Empty(Arc::clone(&member.name))];
    plan.undo = Undo::By(Action::PutBack { node: node.to_owned(), services });
    plan.notices.push(format!(
        "rgmanager has no standby: what prefers {node} may come back when a member comes or goes, unless its rgmanager is stopped: quorate act daemon {node} rgmanager stop"
    ));
    plan.notices.push("it can be stopped between two services: what has moved stays where it is".to_owned());
    Ok(plan)
}

/// Each service of the node, and where it goes.
fn moves<'a>(input: &Input<'a>, member: &Member) -> Result<Vec<(&'a Service, Arc<str>)>, Vec<Refusal>> {
    use crate::domain::cluster::ServiceState as S;
    let cluster = input.cluster;
    nothing_frozen(cluster, &member.name)?;
    let mut load: BTreeMap<Arc<str>, usize> = cluster.members.iter().map(|m| (Arc::clone(&m.name), m.services)).collect();
    let (mut all, mut stuck) = (Vec::new(), Vec::new());
    for service in place::on(cluster, &member.name) {
        let id = &service.id;
        if service.state != S::Started {
            stuck.push(Refusal::new("in-transit", format!("{id} is {}", service.state.word()), "wait until it has settled"));
            continue;
        }
        let Some(to) = place::best(cluster, service, Some(&member.name), &|n| load.get(n).copied().unwrap_or(0)) else {
            stuck.push(Refusal::new(
                "nowhere",
                format!("{id} can run on no other member now"),
                format!("quorate act disable {id}, or bring a member back"),
            ));
            continue;
        };
        *load.entry(Arc::clone(&to)).or_default() += 1;
        all.push((service, to));
    }
    if stuck.is_empty() { Ok(all) } else { Err(stuck) }
}

fn off_it(input: &Input<'_>, node: &str, moves: Vec<(&Service, Arc<str>)>, plan: &mut Plan) -> Result<(), Vec<Refusal>> {
    let cluster = input.cluster;
    let post = whereabouts::post(cluster, Some(node)).map_or_else(|| whereabouts::post_or_refuse(cluster, None), Ok)?;
    for (moved, to) in moves {
        let (verb, kind, word) = if place::migrates(moved) {
            (Verb::Migrate, FateKind::Migrates, "Migrate")
        } else {
            (Verb::Relocate, FateKind::Moves, "Relocate")
        };
        let command = clusvcadm(cluster, verb, &moved.id, Some(&to))?;
        // Anywhere else is as good: the node has to be empty.
        plan.steps.push(Step::change(format!("{word} {} to {to}", moved.id), &post, command, OPERATION).read_by(Reads::Clusvcadm(None)));
        if let Some(owner) = &moved.owner {
            plan.steps.push(Step::wait(
                format!("{} has left {owner}", moved.id),
                Condition::Left(moved.id.clone(), Arc::clone(owner)),
                120,
            ));
        }
        plan.consequences.fates.push(service::fate(moved, kind, Some(to), None));
    }
    plan.consequences.by = place::BY;
    Ok(())
}

/// rgmanager first, cman last: the other way round the filesystems hang and the node is fenced.
fn down(cluster: &Cluster, member: &Member, here: &Arc<str>) -> Vec<Step> {
    let mut steps = Vec::new();
    if member.manager != Some(false) {
        steps.push(script(here, "rgmanager", "stop", OPERATION));
    }
    for kind in ["gfs2", "gfs"] {
        if cluster.filesystems.iter().any(|f| f.node == *here && f.kind == kind) {
            steps.push(script(here, kind, "stop", SCRIPT));
        }
    }
    if member.rhcs.as_ref().and_then(|r| r.clvmd) == Some(true) {
        steps.push(script(here, "clvmd", "stop", SCRIPT));
    }
    steps.push(quorate_without(member));
    let disk = cluster.rhcs.as_ref().and_then(|r| r.quorum_disk.as_ref()).is_some();
    let by_script = has_qdiskd(cluster, member);
    if disk && by_script {
        steps.push(script(here, "qdiskd", "stop", SCRIPT));
    }
    if in_domain(cluster, member) {
        // cman refuses to leave while fenced still has a domain.
        steps.push(Step::change("Leave the fence domain", here, leave_domain(!fence::is_rhel6(cluster)), SCRIPT));
    }
    if disk && !by_script {
        steps.push(Step::change("End qdiskd, as cman's own script does", here, end_qdiskd(), 60));
    }
    let leave = Step::change("Leave the cluster", here, cman_tool(Cman::Leave), SCRIPT);
    steps.push(leave.read_by(Reads::CmanTool));
    steps
}

fn in_domain(cluster: &Cluster, member: &Member) -> bool {
    cluster.rhcs.as_ref().and_then(|r| r.fence.as_ref()).is_some_and(|d| d.members.contains(&member.name))
}

fn offline(member: &Member) -> Condition {
    Condition::Member(Arc::clone(&member.name), vec![MemberStatus::Offline])
}

/// In again, with its rgmanager, and where there is a fence domain in that too: outside it nobody fences it, and it fences nobody.
fn back(cluster: &Cluster, member: &Member) -> Condition {
    let name = || Arc::clone(&member.name);
    let mut all = vec![Condition::Member(name(), vec![MemberStatus::Online]), Condition::ManagerOn(name(), true)];
    if cluster.rhcs.as_ref().and_then(|r| r.fence.as_ref()).is_some_and(|d| !d.members.is_empty()) {
        all.push(Condition::InDomain(name()));
    }
    Condition::All(all)
}

/// The plan for leaving.
pub fn leave(input: &Input<'_>, node: &str) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    if member.status != MemberStatus::Online {
        return Err(vec![Refusal::new("already", format!("{node} is {}", member.status.word()), "nothing to do")]);
    }
    nothing_frozen(cluster, node)?;
    let here = whereabouts::within_reach(cluster, node)?;
    let mut plan = input.blank();
    plan.steps = down(cluster, member, &here);
    plan.steps.push(Step::wait(format!("{node} is offline"), offline(member), 120));
    plan.proof = vec![offline(member)];
    plan.consequences = place::without(cluster, node, false);
    plan.consequences.quorum = QuorumAfter::without(cluster, node);
    plan.confirm = Confirm::TypeName;
    plan.undo = Undo::By(Action::Node(NodeVerb::Join, node.to_owned()));
    plan.notices.push("rgmanager stops what it runs there; the others start it. That may take minutes".to_owned());
    plan.notices.push("the votes that are needed stay as they are".to_owned());
    Ok(plan)
}

/// The plan for joining again.
pub fn join(input: &Input<'_>, node: &str) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    if !matches!(member.status, MemberStatus::Offline | MemberStatus::Unknown | MemberStatus::Pending) {
        return Err(vec![Refusal::new("already", format!("{node} is {}", member.status.word()), "nothing to do")]);
    }
    let here = whereabouts::within_reach(cluster, node)?;
    let mut plan = input.blank();
    // RHEL 4 starts by scripts of their own what cman's starts later on.
    let has = |name: &str| listed(member, name) == Some(true);
    if has("ccsd") {
        plan.steps.push(script(&here, "ccsd", "start", SCRIPT));
    }
    plan.steps.push(script(&here, "cman", "start", SCRIPT));
    let disk = cluster.rhcs.as_ref().and_then(|r| r.quorum_disk.as_ref()).is_some_and(|d| d.conf.is_some());
    // Where it has no script of its own, cman's has started it.
    if disk && has_qdiskd(cluster, member) {
        plan.steps.push(script(&here, "qdiskd", "start", SCRIPT));
    }
    if has("fenced") {
        plan.steps.push(script(&here, "fenced", "start", SCRIPT));
    }
    if cluster.groups.iter().any(|g| g.lock_type.as_deref() == Some("clvmd")) {
        plan.steps.push(script(&here, "clvmd", "start", SCRIPT));
    }
    for kind in ["gfs2", "gfs"] {
        if cluster.filesystems.iter().any(|f| f.kind == kind) {
            plan.steps.push(script(&here, kind, "start", SCRIPT));
        }
    }
    plan.steps.push(script(&here, "rgmanager", "start", SCRIPT));
    plan.steps.push(Step::wait(format!("{node} is back"), back(cluster, member), 180));
    plan.proof = vec![back(cluster, member)];
    comes_back(cluster, node, &mut plan);
    if cluster.quorum.quorate != Some(true) {
        let wait = cluster.rhcs.as_ref().and_then(|r| r.fence_delays.1).map_or_else(|| "post_join_delay".to_owned(), |s| format!("{s} s"));
        plan.notices.push(format!("if this makes quorum, nodes that have not joined within {wait} are fenced: start the others soon"));
    }
    // It is what brings quorum back.
    plan.needs = Needs { quorum: false, ..Needs::default() };
    plan.undo = Undo::By(Action::Node(NodeVerb::Leave, node.to_owned()));
    Ok(plan)
}

fn comes_back(cluster: &Cluster, node: &str, plan: &mut Plan) {
    plan.consequences = Consequences { fates: place::coming_back(cluster, node), by: place::BY, ..Consequences::default() };
}

/// The plan for a reboot in good order.
pub fn reboot(input: &Input<'_>, node: &str) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    online(member)?;
    let here = whereabouts::within_reach(cluster, node)?;
    let mut plan = input.blank();
    off_it(input, node, moves(input, member)?, &mut plan)?;
    plan.steps.push(quorate_without(member));
    plan.steps.extend(down(cluster, member, &here));
    plan.steps.push(Step::wait(format!("{node} is offline"), offline(member), 120));
    plan.steps.push(Step::change(format!("Reboot {node}"), &here, restart_host(), 60));
    plan.steps.push(Step::wait(format!("{node} is back"), back(cluster, member), BOOT));
    plan.proof = vec![back(cluster, member), Condition::Interrupted(Arc::clone(&member.name), input.now)];
    plan.consequences.quorum = QuorumAfter::without(cluster, node);
    plan.confirm = Confirm::TypeName;
    plan.undo = Undo::Never("it comes back by itself".to_owned());
    plan.notices.push("cman, clvmd and rgmanager must start at boot there (chkconfig); if they do not: quorate act join".to_owned());
    Ok(plan)
}

/// The plan for one daemon.
pub fn daemon(input: &Input<'_>, node: &str, daemon: Daemon, start: bool) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    let word = daemon.word();
    let runs = match daemon {
        Daemon::Rgmanager => member.manager,
        Daemon::Clvmd => member.rhcs.as_ref().and_then(|r| r.clvmd),
    };
    if runs == Some(start) {
        let why = format!("{word} {} on {node}", if start { "runs" } else { "does not run" });
        return Err(vec![Refusal::new("already", why, "nothing to do")]);
    }
    online(member)?;
    let here = whereabouts::within_reach(cluster, node)?;
    let mut plan = input.blank();
    let verb = if start { "start" } else { "stop" };
    plan.steps = vec![script(&here, word, verb, if start { SCRIPT } else { OPERATION })];
    let name = Arc::clone(&member.name);
    plan.proof = vec![match daemon {
        Daemon::Rgmanager => Condition::ManagerOn(name, start),
        Daemon::Clvmd => Condition::ClvmdOn(name, start),
    }];
    plan.undo = Undo::By(Action::Daemon { node: node.to_owned(), daemon, start: !start });
    match (daemon, start) {
        (Daemon::Rgmanager, true) => comes_back(cluster, node, &mut plan),
        (Daemon::Rgmanager, false) => {
            nothing_frozen(cluster, node)?;
            plan.consequences = place::without(cluster, node, false);
            plan.confirm = Confirm::TypeName;
            plan.notices.push(format!("{node} stays a member and keeps its vote; no service runs there until rgmanager is started again"));
        }
        (Daemon::Clvmd, true) => {}
        (Daemon::Clvmd, false) => {
            let here: Vec<&str> = place::on(cluster, node).map(|s| s.id.as_str()).collect();
            if !here.is_empty() {
                let why = format!("services run on {node} whose volumes clvmd keeps: {}", here.join(", "));
                return Err(vec![Refusal::new("in-use", why, format!("quorate act drain {node}"))]);
            }
            plan.confirm = Confirm::TypeName;
            plan.notices.push("without it on one member no clustered volume can be changed on any".to_owned());
        }
    }
    Ok(plan)
}
