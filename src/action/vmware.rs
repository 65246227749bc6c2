//! Guests of VMware Server whose service is a script of rgmanager's: suspended, resumed, reset, registered, unregistered, their questions answered.
//!
//! rgmanager restarts a service whose guest does not run, maybe elsewhere: it is told to leave it alone before the guest is suspended, and to look after
//! it again once the guest goes on. A guest that no service runs is suspended, resumed and reset without that.

use std::sync::Arc;

use crate::domain::cluster::{Cluster, Service, ServiceState};
use crate::domain::guest::{Guest, Hypervisor, VmwareFacts};
use crate::domain::observation::vmware::{VmwareRow, VmwareState, VmwareTool};
use crate::domain::task::{Action, ServiceVerb};
use crate::probe::rhcs::act as clusvcadm;
use crate::probe::vmware::act::{self, Look, Verb};

use super::condition::Condition;
use super::inquiry::{Findings, Query, What};
use super::plan::{Confirm, Fate, FateKind, Input, Needs, Plan, Reads, Refusal, Step, Undo};
use super::whereabouts;

mod listing;
mod lone;

use listing::{register, unregister};
pub(super) use lone::names;
use lone::{against, alone};
pub use lone::{id, lone};

/// How long a suspend or a resume may take: all of the guest's memory is written or read.
const MEMORY_SECS: u64 = 300;

/// What a guest of VMware's is for an action.
struct Subject<'a> {
    /// None: no service runs it.
    service: Option<&'a Service>,
    /// How an action names it.
    id: String,
    vmx: String,
    tool: VmwareTool,
    name: String,
}

/// VMware's facts of the guest of a service.
fn facts<'a>(cluster: &'a Cluster, id: &str) -> Option<(&'a Guest, &'a VmwareFacts)> {
    let mine = cluster.guests.iter().filter(|g| g.managed_by.as_deref() == Some(id));
    mine.filter_map(|g| Some((g, g.vmware.as_deref()?))).max_by_key(|(g, _)| g.state.is_active())
}

/// The service that an action is about, where its guest is one of VMware's: by what VMware lists, or by its script.
fn subject<'a>(cluster: &'a Cluster, id: &str) -> Option<Subject<'a>> {
    let service = cluster.service(id)?;
    if let Some((guest, facts)) = facts(cluster, id) {
        return Some(Subject {
            service: Some(service),
            id: id.to_owned(),
            vmx: facts.vmx.clone(),
            tool: facts.tool,
            name: guest.name.clone(),
        });
    }
    let vmx = service.rhcs.as_ref()?.vmx.clone()?;
    let tool = if vmx.starts_with('[') { VmwareTool::Run } else { VmwareTool::Cmd };
    let name = crate::domain::observation::vmware::stem(&vmx).to_owned();
    Some(Subject { service: Some(service), id: id.to_owned(), vmx, tool, name })
}

/// The service of a guest that is named as itself: by its own name, or by its service's.
fn service_named<'a>(cluster: &'a Cluster, guest: &str) -> Option<&'a Service> {
    let bare = |s: &Service| s.id.split_once(':').is_some_and(|(_, name)| name == guest);
    cluster.services.iter().find(|s| s.id == guest || bare(s))
}

/// What an action is about, where it is one that VMware does; none: the manager or libvirt does it.
fn wanted<'a>(action: &Action, cluster: &'a Cluster) -> Option<Subject<'a>> {
    match action {
        Action::Service(ServiceVerb::Suspend | ServiceVerb::Resume | ServiceVerb::Reset, id) | Action::Answer { service: id, .. } => {
            subject(cluster, id).or_else(|| alone(cluster, id))
        }
        // What nobody can do to it is refused by name.
        Action::Service(_, id)
        | Action::Relocate { service: id, .. }
        | Action::Limit { service: id, .. }
        | Action::Policy { service: id, .. }
            if !lone(cluster, id).is_empty() =>
        {
            alone(cluster, id)
        }
        // Of a guest that VMware does not have, the service itself is let go.
        Action::Service(ServiceVerb::Unregister, id) => facts(cluster, id).and_then(|_| subject(cluster, id)),
        // Without a service, the guest is made one.
        Action::Register { guest, .. } => service_named(cluster, guest).and_then(|s| subject(cluster, &s.id)),
        _ => None,
    }
}

/// Members whose VMware can be asked.
fn hosts(cluster: &Cluster) -> impl Iterator<Item = &Arc<str>> {
    let has = |node: &str| cluster.virt.iter().any(|v| v.hypervisor == Hypervisor::Vmware && &*v.node == node);
    cluster.members.iter().filter(move |m| whereabouts::is_within_reach(m) && has(&m.name)).map(|m| &m.name)
}

/// What must be asked: how the guest is, on every node. None: this is nothing of VMware's.
pub(super) fn needed(action: &Action, cluster: &Cluster, found: &Findings) -> Option<Vec<Query>> {
    let subject = wanted(action, cluster)?;
    if subject.service.is_none() && against(cluster, action, &subject).is_some() {
        return Some(Vec::new());
    }
    let mut asked: Vec<Query> = hosts(cluster).map(|node| Query::new(node, What::Vmware(subject.vmx.clone()))).collect();
    asked.retain(|query| !found.has(query));
    Some(asked)
}

/// Whether VMware does it, and neither the manager nor libvirt.
pub(super) fn is_wanted(action: &Action, cluster: &Cluster) -> bool {
    matches!(action, Action::Answer { .. }) || wanted(action, cluster).is_some()
}

/// The plan for what [`is_wanted`].
pub(super) fn plan(input: &Input<'_>) -> Result<Plan, Vec<Refusal>> {
    let action = &input.intent.action;
    let Some(subject) = wanted(action, input.cluster) else {
        let why = format!("{} has no guest of VMware Server: nothing asks there", action.target());
        return Err(vec![Refusal::new("not-a-guest", why, "only VMware's guests wait for answers")]);
    };
    if subject.service.is_none()
        && let Some(why) = against(input.cluster, action, &subject)
    {
        return Err(vec![why]);
    }
    let places = Places::look(input, &subject)?;
    match action {
        Action::Service(ServiceVerb::Suspend, _) => suspend(input, &subject, &places),
        Action::Service(ServiceVerb::Resume, _) => resume(input, &subject, &places),
        Action::Service(ServiceVerb::Reset, _) => reset(input, &subject, &places),
        Action::Answer { choice, .. } => answer(input, &subject, &places, choice),
        Action::Register { prefer, .. } => register(input, &subject, &places, prefer),
        _ => unregister(input, &subject, &places),
    }
}

/// Where VMware has the guest, as it was just asked.
struct Places(Vec<(Arc<str>, VmwareRow)>);

impl Places {
    /// A node that does not say is none where the guest does not run: it may.
    fn look(input: &Input<'_>, subject: &Subject<'_>) -> Result<Self, Vec<Refusal>> {
        let mut all = Vec::new();
        for node in hosts(input.cluster) {
            match input.found.vmware(node, &subject.vmx) {
                Some(Ok(Look::Is(row))) => all.push((Arc::clone(node), (**row).clone())),
                Some(Ok(Look::Absent)) => {}
                Some(Err(trouble)) => return Err(vec![unknown(node, &trouble.text)]),
                None => return Err(vec![unknown(node, "it was not asked")]),
            }
        }
        Ok(Self(all))
    }

    fn active(&self) -> impl Iterator<Item = &(Arc<str>, VmwareRow)> {
        self.0.iter().filter(|(_, row)| matches!(row.state, VmwareState::On | VmwareState::Stuck))
    }

    /// The one place where it is in one of these states.
    fn one(&self, subject: &Subject<'_>, states: &[VmwareState], word: &str) -> Result<&(Arc<str>, VmwareRow), Vec<Refusal>> {
        let active: Vec<&str> = self.active().map(|(node, _)| &**node).collect();
        if active.len() > 1 {
            let why = format!("{} runs on {}: both write to its disks", subject.name, active.join(" and "));
            return Err(vec![Refusal::new("guest-twice", why, "switch one of them off first, by hand")]);
        }
        // Where it runs counts before where it is only registered.
        let place = self.active().next().or_else(|| self.0.first());
        let Some(place) = place else {
            let why = format!("VMware on no reachable node has {} registered", subject.name);
            let lift = subject.service.map_or_else(
                || "register it with VMware there".to_owned(),
                |service| format!("enable {}, or register the guest", service.id),
            );
            return Err(vec![Refusal::new("guest-state", why, lift)]);
        };
        if states.contains(&place.1.state) {
            return Ok(place);
        }
        let asks = if place.1.state == VmwareState::Stuck { ": it waits for an answer" } else { "" };
        let why = format!("{} is {} on {}{asks}, so it cannot be {word}", subject.name, place.1.state.said(), place.0);
        let lift = if place.1.state == VmwareState::Stuck { "answer its question first" } else { "nothing to do" };
        Err(vec![Refusal::new("guest-state", why, lift)])
    }
}

fn unknown(node: &str, why: &str) -> Refusal {
    Refusal::new("unknown-state", format!("whether the guest runs on {node} is not known: {why}"), "VMware on that node must answer")
}

fn blank(input: &Input<'_>) -> Plan {
    let mut plan = input.blank();
    // VMware alone does it, and safely also without quorum; what rgmanager is told needs some.
    plan.needs = Needs { quorum: false, ..Needs::default() };
    plan.consequences.by = "what was asked for";
    plan
}

fn fate(plan: &mut Plan, subject: &Subject<'_>, kind: FateKind, node: &Arc<str>, why: Option<&str>) {
    plan.consequences.fates.push(Fate {
        service: subject.id.clone(),
        guest: true,
        kind,
        from: Some(Arc::clone(node)),
        to: Some(Arc::clone(node)),
        why: why.map(str::to_owned),
    });
}

/// Tells rgmanager to leave the service alone, or to look after it again.
fn care(input: &Input<'_>, service: &Service, frozen: bool) -> Result<Step, Vec<Refusal>> {
    let post = whereabouts::post_or_refuse(input.cluster, None)?;
    let (verb, word) =
        if frozen { (clusvcadm::Verb::Freeze, "leave it alone") } else { (clusvcadm::Verb::Unfreeze, "look after it again") };
    let id = &service.id;
    match clusvcadm::clusvcadm(verb, id, super::rhcs::is_bare(service), None, &[]) {
        Ok(command) => Ok(Step::change(format!("Tell rgmanager to {word}: {id}"), &post, command, 60).read_by(Reads::Clusvcadm(None))),
        Err(why) => Err(vec![Refusal::new("bad-name", why.to_string(), "act with clusvcadm")]),
    }
}

fn is_frozen(service: &Service) -> bool {
    service.flags.contains(&"frozen")
}

fn is_started(service: &Service) -> bool {
    !matches!(service.state, ServiceState::Stopped | ServiceState::Disabled | ServiceState::Failed)
}

fn state(node: &Arc<str>, subject: &Subject<'_>, states: &'static [VmwareState]) -> Condition {
    let query = Query::new(node, What::Vmware(subject.vmx.clone()));
    Condition::Vmware { query, guest: subject.name.clone(), states }
}

fn suspend(input: &Input<'_>, subject: &Subject<'_>, places: &Places) -> Result<Plan, Vec<Refusal>> {
    let (node, _) = places.one(subject, &[VmwareState::On], "suspended")?;
    let mut plan = blank(input);
    let id = &subject.id;
    if let Some(service) = subject.service.filter(|s| is_started(s) && !is_frozen(s)) {
        plan.steps.push(care(input, service, true)?);
        plan.notices.push(
            "rgmanager leaves the service alone until it is resumed: it is neither checked nor recovered, also not if its node dies"
                .to_owned(),
        );
    }
    let command = act::command(subject.tool, Verb::Suspend, &subject.vmx);
    plan.steps.push(Step::change(format!("Suspend {} on {node}", subject.name), node, command, MEMORY_SECS));
    let after: &'static [VmwareState] = if subject.tool == VmwareTool::Run {
        plan.notices.push(
            "vmrun does not tell a suspended guest from one that is off, its files do: where they are not found, it is proved that it no longer runs"
                .to_owned(),
        );
        &[VmwareState::Suspended, VmwareState::Off]
    } else {
        &[VmwareState::Suspended]
    };
    plan.proof = vec![state(node, subject, after)];
    plan.undo = Undo::By(Action::Service(ServiceVerb::Resume, id.clone()));
    fate(&mut plan, subject, FateKind::Pauses, node, Some("its memory goes to a file beside its configuration"));
    plan.notices.push("connections to it time out; its clock stands still".to_owned());
    Ok(plan)
}

fn resume(input: &Input<'_>, subject: &Subject<'_>, places: &Places) -> Result<Plan, Vec<Refusal>> {
    let (node, row) = places.one(subject, &[VmwareState::Suspended, VmwareState::Off], "resumed")?;
    let owner = subject.service.filter(|s| is_started(s)).and_then(|s| s.owner.as_ref());
    if let Some(other) = owner.filter(|owner| *owner != node) {
        let why = format!("{} is registered on {node}, and rgmanager has {} on {other}", subject.name, subject.id);
        return Err(vec![Refusal::new("elsewhere", why, format!("unregister it on {node} first"))]);
    }
    let mut plan = blank(input);
    let id = &subject.id;
    let command = act::command(subject.tool, Verb::Start, &subject.vmx);
    plan.steps.push(Step::change(format!("Start {} on {node}", subject.name), node, command, MEMORY_SECS));
    plan.steps.push(Step::wait(format!("{} runs", subject.name), state(node, subject, &[VmwareState::On]), 60));
    if let Some(service) = subject.service.filter(|s| is_frozen(s)) {
        plan.steps.push(care(input, service, false)?);
    }
    plan.proof = vec![state(node, subject, &[VmwareState::On])];
    plan.undo = Undo::By(Action::Service(ServiceVerb::Suspend, id.clone()));
    fate(&mut plan, subject, FateKind::Starts, node, None);
    if row.state == VmwareState::Off {
        plan.notices.push("it is off, not suspended: it boots".to_owned());
    } else {
        plan.notices.push("its clock has stood still meanwhile".to_owned());
    }
    plan.notices.push("one that came from another node may ask whether it was moved: answer Keep".to_owned());
    plan.needs.quorum = true;
    Ok(plan)
}

fn reset(input: &Input<'_>, subject: &Subject<'_>, places: &Places) -> Result<Plan, Vec<Refusal>> {
    let (node, _) = places.one(subject, &[VmwareState::On], "reset")?;
    let mut plan = blank(input);
    let command = act::command(subject.tool, Verb::Reset, &subject.vmx);
    plan.steps.push(Step::change(format!("Reset {} on {node}", subject.name), node, command, 120));
    plan.proof = vec![state(node, subject, &[VmwareState::On])];
    plan.undo = Undo::Never("what was in its memory is gone".to_owned());
    plan.consequences.lost.push("what the guest had not written to its disks".to_owned());
    plan.confirm = Confirm::TypeName;
    fate(&mut plan, subject, FateKind::Restarts, node, None);
    plan.needs.quorum = true;
    Ok(plan)
}

fn answer(input: &Input<'_>, subject: &Subject<'_>, places: &Places, choice: &str) -> Result<Plan, Vec<Refusal>> {
    let Some((node, row)) = places.0.iter().find(|(_, row)| row.state == VmwareState::Stuck) else {
        let why = format!("{} waits for no answer", subject.name);
        return Err(vec![Refusal::new("no-question", why, "nothing to do")]);
    };
    if subject.tool == VmwareTool::Run {
        return Err(vec![Refusal::new("no-tool", "vmrun cannot answer questions", "answer it in VMware Server's web page")]);
    }
    let Some(question) = &row.question else {
        let why = format!("what {} waits for on {node} could not be read", subject.name);
        return Err(vec![Refusal::new("no-question", why, format!("log in to {node}: vmware-cmd '{}' answer", subject.vmx))]);
    };
    let Some(number) = question.choice(choice) else {
        let why = format!("'{}' is no answer to: {}", crate::domain::text::clean(choice), question.gist());
        return Err(vec![Refusal::new("bad-answer", why, format!("the answers are {}", question.answers()))]);
    };
    let word = question.choices.iter().find(|(n, _)| *n == number).map_or("", |(_, word)| word.as_str());
    let keeps = word.to_lowercase().contains("keep") || word.to_lowercase().contains("moved");
    let mut plan = blank(input);
    let name = question.message.as_deref().unwrap_or(&question.text);
    plan.steps.push(Step::change(
        format!("Answer {number}, {word}, by vmware-cmd '{}' answer", subject.vmx),
        node,
        act::answer(&subject.vmx, number, name),
        60,
    ));
    let after: &'static [VmwareState] =
        if question.is_about_uuid() && keeps { &[VmwareState::On] } else { &[VmwareState::On, VmwareState::Off, VmwareState::Suspended] };
    plan.steps.push(Step::wait(format!("{} goes on", subject.name), state(node, subject, after), 120));
    plan.proof = vec![state(node, subject, after)];
    plan.undo = Undo::Never("an answer cannot be taken back".to_owned());
    plan.notices.push(format!("asked was: {}", question.text));
    if question.is_about_uuid() && !keeps {
        plan.confirm = Confirm::TypeName;
        plan.consequences.lost.push("its UUID, and with it its MAC addresses: its network will not know it".to_owned());
    }
    fate(&mut plan, subject, FateKind::Starts, node, None);
    Ok(plan)
}
