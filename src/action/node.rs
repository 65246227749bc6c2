//! Nodes: standby and back, drained one by one, out of the cluster and in again, rebooted.

use std::sync::Arc;

use crate::domain::cluster::{Cluster, Member, MemberStatus, ServiceKind, ServiceState};
use crate::domain::observation::simulation::{SimAction, SimStep};
use crate::domain::task::{Action, NodeVerb};
use crate::link::CommandLine;
use crate::probe::systemd::starter::Starter;

use super::commands::crm_resource;
use super::condition::{Condition, movable_on};
use super::plan::{Confirm, Consequences, FateKind, Input, Plan, QuorumAfter, Refusal, Step, Undo, When};
use super::whereabouts;

/// Seconds that one service may take to leave a node.
pub(super) const MOVE: u64 = 600;
/// Seconds that a host may take to come back.
const BOOT: u64 = 900;

/// The plan for standby, unstandby, drain.
pub(super) fn plan(input: &Input<'_>, verb: NodeVerb, node: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(member) = input.cluster.member(node) else { return Err(Vec::new()) };
    let post = whereabouts::post_or_refuse(input.cluster, None)?;
    if verb == NodeVerb::Unstandby {
        return unstandby(input, member, &post);
    }
    if member.status == MemberStatus::Standby {
        return Err(vec![Refusal::new("already", format!("{node} is in standby"), format!("quorate act unstandby {node}"))]);
    }
    online(member)?;
    let mut plan = input.blank();
    if verb == NodeVerb::Drain {
        drain(input, member, &post, &mut plan);
    } else {
        plan.steps = vec![standby(member, &post, true), empty(member)];
        let title = format!("What was on {node} runs elsewhere");
        plan.steps.extend(all_run(input, member).map(|all| Step::wait(title, all, MOVE)));
    }
    plan.proof = vec![Condition::Member(Arc::clone(&member.name), vec![MemberStatus::Standby]), Condition::Empty(Arc::clone(&member.name))];
    plan.proof.extend(all_run(input, member));
    let away = units(input.cluster, &member.name).into_iter().map(str::to_owned).collect();
    plan.undo = Undo::By(super::back::action(node, away));
    consequences(input, node, &mut plan);
    Ok(plan)
}

pub(super) fn online(member: &Member) -> Result<(), Vec<Refusal>> {
    if member.status == MemberStatus::Online {
        return Ok(());
    }
    let why = format!("{} is {}", member.name, member.status.word());
    Err(vec![Refusal::new("not-online", why, "it must be online")])
}

fn consequences(input: &Input<'_>, node: &str, plan: &mut Plan) {
    plan.consequences = match input.found.simulation() {
        Some(sim) => Consequences::simulated(sim, input.cluster, None),
        None => Consequences::reckoned(input.cluster, node, FateKind::Moves),
    };
    let homeless: Vec<&str> = plan
        .consequences
        .fates
        .iter()
        .filter(|f| f.kind == FateKind::Stops && !f.service.contains(':'))
        .map(|f| f.service.as_str())
        .collect();
    if !homeless.is_empty() {
        plan.notices.push(format!("nowhere to go, will be stopped: {}", homeless.join(", ")));
    }
}

pub(super) fn standby(member: &Member, post: &Arc<str>, on: bool) -> Step {
    let (title, value) =
        if on { (format!("Put {} into standby", member.name), "on") } else { (format!("Take {} out of standby", member.name), "off") };
    let args = ["--type", "nodes", "--node", &member.name, "--name", "standby", "--update", value];
    Step::change(title, post, CommandLine::new("crm_attribute", args).privileged(), 60)
}

fn empty(member: &Member) -> Step {
    Step::wait(format!("Everything has left {}", member.name), Condition::Empty(Arc::clone(&member.name)), MOVE * 2)
}

/// Whether the manager's simulation finds no other place for it, or for a part of it.
fn is_homeless(input: &Input<'_>, id: &str) -> bool {
    let stops = |a: &SimStep| a.action == SimAction::Stop && whereabouts::is_part(input.cluster, &a.resource, id);
    input.found.simulation().is_some_and(|sim| sim.actions.iter().any(stops))
}

/// Whether it has to run elsewhere once the node is empty: it runs now, and nothing says that there is no place for it.
fn runs_on(input: &Input<'_>, id: &str) -> bool {
    input.cluster.service(id).is_some_and(|s| s.state == ServiceState::Started) && !is_homeless(input, id)
}

/// That all is started that ran on the node and has a place elsewhere; none: nothing has.
fn all_run(input: &Input<'_>, member: &Member) -> Option<Condition> {
    let units = units(input.cluster, &member.name).into_iter();
    let all: Vec<Condition> = units.filter(|id| runs_on(input, id)).map(|id| Condition::Runs(id.to_owned())).collect();
    (!all.is_empty()).then_some(Condition::All(all))
}

/// That it is down with a failure that it has not had yet: no use in waiting for it.
fn fell(cluster: &Cluster, id: &str) -> Condition {
    Condition::Fell(id.to_owned(), cluster.service(id).map_or(0, |s| s.failures))
}

fn unstandby(input: &Input<'_>, member: &Member, post: &Arc<str>) -> Result<Plan, Vec<Refusal>> {
    if member.status != MemberStatus::Standby {
        let why = format!("{} is {}, not in standby", member.name, member.status.word());
        return Err(vec![Refusal::new("already", why, "nothing to do")]);
    }
    let mut plan = input.blank();
    plan.steps = vec![standby(member, post, false)];
    plan.proof = vec![Condition::Member(Arc::clone(&member.name), vec![MemberStatus::Online])];
    plan.undo = Undo::By(Action::Node(NodeVerb::Standby, member.name.to_string()));
    plan.notices.push("services that prefer it, or had nowhere to run, go there".to_owned());
    Ok(plan)
}

/// What moves as one. Fence devices follow by themselves: they need no care.
fn units<'a>(cluster: &'a Cluster, node: &str) -> Vec<&'a str> {
    let stonith = |id: &&str| cluster.service(id).is_some_and(|s| s.kind == ServiceKind::Stonith);
    movable_on(cluster, node).into_iter().filter(|id| !stonith(id)).collect()
}

/// One service after another is kept off the node until all have left, and run elsewhere, as far as they can; then the node is put into standby and the
/// constraints are taken away. One that does not come up elsewhere ends it: the next ones stay.
fn drain(input: &Input<'_>, member: &Member, post: &Arc<str>, plan: &mut Plan) {
    let mut units = units(input.cluster, &member.name);
    // What would only be stopped goes last: until then somebody may find a place for it.
    units.sort_by_key(|id| is_homeless(input, id));
    let lifetime = format!("PT{}S", MOVE * (units.len() as u64 + 2));
    for id in &units {
        let ban = crm_resource(&["--ban", "--resource", id, "--node", &member.name, "--lifetime", &lifetime]);
        plan.steps.push(Step::change(format!("Keep {id} off {}", member.name), post, ban, 60));
        let (title, here) = (format!("{id} has left {}", member.name), Arc::clone(&member.name));
        plan.steps.push(if runs_on(input, id) {
            Step::wait(title, Condition::Elsewhere((*id).to_owned(), here), MOVE).unless(fell(input.cluster, id))
        } else {
            Step::wait(title, Condition::Left((*id).to_owned(), here), MOVE)
        });
    }
    plan.steps.push(standby(member, post, true));
    plan.steps.push(empty(member));
    for id in &units {
        let clear = crm_resource(&["--clear", "--resource", id, "--node", &member.name]);
        plan.steps.push(Step::change(format!("Take the constraint on {id} away again"), post, clear, 60).when(When::Always));
    }
    plan.notices.push(format!("{} services, one after another; can be stopped between two: what has moved stays where it is", units.len()));
}

/// The plan for leave, join, reboot.
pub(super) fn daemons(input: &Input<'_>, verb: NodeVerb, node: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(member) = input.cluster.member(node) else { return Err(Vec::new()) };
    let here = whereabouts::within_reach(input.cluster, node)?;
    let Some(starter) = input.found.starter(node) else {
        return Err(vec![Refusal::new(
            "unreachable",
            format!("what starts daemons on {node} is not known"),
            "connect quorate to that node",
        )]);
    };
    match verb {
        NodeVerb::Join => join(input, member, &here, starter),
        NodeVerb::Leave => leave(input, member, &here, starter),
        _ => reboot(input, member, &here, starter),
    }
}

fn leave(input: &Input<'_>, member: &Member, here: &Arc<str>, starter: Starter) -> Result<Plan, Vec<Refusal>> {
    if matches!(member.status, MemberStatus::Offline | MemberStatus::Unknown) {
        return Err(vec![Refusal::new("already", format!("{} is {}", member.name, member.status.word()), "nothing to do")]);
    }
    let mut plan = input.blank();
    plan.steps = down(member, here, starter);
    plan.steps.push(Step::wait(format!("{} is offline", member.name), offline(member), 120));
    plan.proof = vec![offline(member)];
    plan.undo = Undo::By(Action::Node(NodeVerb::Join, member.name.to_string()));
    plan.confirm = Confirm::TypeName;
    consequences(input, &member.name, &mut plan);
    plan.consequences.quorum = QuorumAfter::without(input.cluster, &member.name);
    Ok(plan)
}

fn offline(member: &Member) -> Condition {
    Condition::Member(Arc::clone(&member.name), vec![MemberStatus::Offline])
}

fn back(member: &Member) -> Condition {
    let good = vec![MemberStatus::Online, MemberStatus::Standby, MemberStatus::Maintenance];
    Condition::Member(Arc::clone(&member.name), good)
}

/// pacemakerd answers at once and ends when all is stopped; corosync does not end before it.
const SHUTDOWN: &str =
    "as_root pacemakerd --shutdown || exit; while pidof pacemakerd >/dev/null || pidof pacemaker-controld >/dev/null; do sleep 1; done";

/// Hours may have passed since the votes were counted for the gate.
pub(super) fn quorate_without(member: &Member) -> Step {
    Step::wait(format!("The others can do without {}", member.name), Condition::KeepsQuorum(Arc::clone(&member.name)), 60)
}

/// What starts a daemon there; none: nothing does.
fn start(starter: Starter, daemon: &str) -> Option<CommandLine> {
    match starter {
        Starter::Systemd => Some(command(&["systemctl", "start", daemon])),
        Starter::SysV => Some(command(&["service", daemon, "start"])),
        Starter::None => None,
    }
}

/// pacemaker moves or stops what it runs and then ends; corosync after it, if the others have quorum without it by then.
fn down(member: &Member, here: &Arc<str>, starter: Starter) -> Vec<Step> {
    let (manager, ring) = match starter {
        Starter::Systemd => (command(&["systemctl", "stop", "pacemaker"]), command(&["systemctl", "stop", "corosync"])),
        // Their own way needs no script that knows how they were started.
        Starter::SysV | Starter::None => (CommandLine::script(SHUTDOWN, [""; 0]).privileged(), command(&["corosync-cfgtool", "-H"])),
    };
    let mut steps =
        vec![Step::change("Stop the manager there: what it runs moves away first", here, manager, MOVE * 2), quorate_without(member)];
    if let Some(again) = start(starter, "pacemaker") {
        steps.push(Step::change("Start the manager there again", here, again, 180).when(When::Broken));
    }
    steps.push(Step::change("Stop corosync there", here, ring, 120));
    steps
}

fn command(words: &[&str]) -> CommandLine {
    let (program, args) = words.split_first().unwrap_or((&"false", &[]));
    CommandLine::new(program, args.iter().copied()).privileged()
}

fn join(input: &Input<'_>, member: &Member, here: &Arc<str>, starter: Starter) -> Result<Plan, Vec<Refusal>> {
    if !matches!(member.status, MemberStatus::Offline | MemberStatus::Unknown | MemberStatus::Pending) {
        return Err(vec![Refusal::new("already", format!("{} is {}", member.name, member.status.word()), "nothing to do")]);
    }
    let (Some(ring), Some(manager)) = (start(starter, "corosync"), start(starter, "pacemaker")) else {
        let why = format!("{} has no service manager that could start corosync and pacemaker", member.name);
        return Err(vec![Refusal::new("no-starter", why, "start them on the node by hand")]);
    };
    let mut plan = input.blank();
    plan.steps = vec![
        Step::change("Start corosync there", here, ring, 180),
        Step::change("Start the manager there", here, manager, 180),
        Step::wait(format!("{} is back", member.name), back(member), 180),
    ];
    plan.proof = vec![back(member)];
    plan.undo = Undo::By(Action::Node(NodeVerb::Leave, member.name.to_string()));
    Ok(plan)
}

/// The answer must come before the host goes: it goes two seconds later.
const REBOOT: &str =
    "(sleep 2; as_root systemctl reboot || as_root shutdown -r now || as_root reboot) >/dev/null 2>&1 </dev/null & echo 'goes in 2 s'";

/// Reboots the host where it runs.
pub(super) fn restart_host() -> CommandLine {
    CommandLine::script(REBOOT, [""; 0]).privileged()
}

fn reboot(input: &Input<'_>, member: &Member, here: &Arc<str>, starter: Starter) -> Result<Plan, Vec<Refusal>> {
    let post = whereabouts::post_or_refuse(input.cluster, Some(&member.name))?;
    let mut plan = input.blank();
    let was_online = member.status == MemberStatus::Online;
    if was_online {
        drain(input, member, &post, &mut plan);
    } else if member.status != MemberStatus::Standby {
        online(member)?;
    }
    plan.steps.push(quorate_without(member));
    plan.steps.extend(down(member, here, starter));
    plan.steps.push(Step::wait(format!("{} is offline", member.name), offline(member), 120));
    plan.steps.push(Step::change(format!("Reboot {}", member.name), here, restart_host(), 60));
    plan.steps.push(Step::wait(format!("{} is back", member.name), back(member), BOOT));
    if was_online {
        plan.steps.push(standby(member, &post, false));
        plan.proof = vec![Condition::Member(Arc::clone(&member.name), vec![MemberStatus::Online])];
    } else {
        plan.proof = vec![back(member)];
    }
    plan.proof.push(Condition::Interrupted(Arc::clone(&member.name), input.now));
    plan.undo = Undo::Never("it comes back by itself".to_owned());
    plan.confirm = Confirm::TypeName;
    consequences(input, &member.name, &mut plan);
    plan.consequences.quorum = QuorumAfter::without(input.cluster, &member.name);
    plan.notices.push("corosync and pacemaker must start at boot there; if they do not: quorate act join".to_owned());
    Ok(plan)
}
