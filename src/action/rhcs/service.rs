//! One service: enabled, disabled, stopped, restarted, frozen, cleaned up.

use std::sync::Arc;

use crate::action::commands::virsh;
use crate::action::condition::Condition;
use crate::action::handle;
use crate::action::inquiry::libvirt_on;
use crate::action::plan::{Confirm, Fate, FateKind, Input, Plan, Reads, Refusal, Step, Undo, When};
use crate::action::suspend::Guest;
use crate::action::whereabouts;
use crate::domain::cluster::{Service, ServiceKind, ServiceState};
use crate::domain::observation::simulation::GuestState;
use crate::domain::task::{Action, ServiceVerb as V};
use crate::probe::rhcs::act::Verb;

use super::{OPERATION, clusvcadm, place};

/// A guest's name for libvirt: vm.sh takes the service's.
pub fn guest_name(id: &str) -> &str {
    id.strip_prefix("vm:").unwrap_or(id)
}

/// The guest behind a service, where it runs.
pub fn guest(input: &Input<'_>, service: &Service) -> Result<Guest, Vec<Refusal>> {
    let owner = whereabouts::owner(service)?;
    let node = whereabouts::within_reach(input.cluster, &owner)?;
    let state = input.found.states().find(|(n, _)| **n == owner).map(|(_, state)| state.clone());
    if let Some((_, trouble)) = input.found.troubles().find(|(n, _)| **n == owner).filter(|_| state.is_none()) {
        let why = format!("libvirt on {owner} cannot be asked: {trouble}");
        return Err(vec![Refusal::new("no-libvirt", why, "virsh must work on that node, or act on the guest by its own tools")]);
    }
    let (uri, name) = (libvirt_on(input.cluster, &owner), guest_name(&service.id));
    let Some(handle) = handle::of_name(name, input.cluster) else { return Err(vec![handle::missing(name)]) };
    Ok(Guest { node, uri, name: name.to_owned(), handle, state: state.unwrap_or_default() })
}

/// Nodes on which libvirt has the guest running (or paused), whatever rgmanager believes.
pub fn running_on(input: &Input<'_>) -> Vec<Arc<str>> {
    let active = |state: &GuestState| matches!(state, GuestState::Is(word, _) if !matches!(word.as_str(), "shut off" | "crashed"));
    let mut nodes: Vec<Arc<str>> = input.found.states().filter(|(_, s)| active(s)).map(|(n, _)| Arc::clone(n)).collect();
    nodes.sort();
    nodes
}

/// What proves, by libvirt, where a guest is: only nodes whose libvirt has answered can tell.
pub fn seen_by_libvirt(input: &Input<'_>, service: &Service, on: Option<&str>, off: &[&str]) -> Vec<Condition> {
    if service.kind != ServiceKind::Vm {
        return Vec::new();
    }
    let name = guest_name(&service.id);
    let Some(handle) = handle::of_name(name, input.cluster) else { return Vec::new() };
    let answers = |node: &&str| input.found.states().any(|(n, s)| **n == **node && !matches!(s, GuestState::Silent(_)));
    let of = |node: &str, state| Condition::guest(&Arc::from(node), &libvirt_on(input.cluster, node), &handle, name, state);
    let mut proof: Vec<Condition> = on.iter().filter(|n| answers(n)).map(|n| of(n, Some("running"))).collect();
    proof.extend(off.iter().filter(|n| answers(n)).map(|n| of(n, None)));
    proof
}

/// What proves, by libvirt, that the guest runs, wherever that is.
fn runs_somewhere(input: &Input<'_>, service: &Service) -> Option<Condition> {
    let each = input.cluster.members.iter().flat_map(|m| seen_by_libvirt(input, service, Some(&m.name), &[]));
    let each: Vec<Condition> = each.collect();
    (!each.is_empty()).then_some(Condition::Any(each))
}

/// What the inquiry could not find out, each once.
pub fn not_known(input: &Input<'_>, service: &Service) -> Vec<String> {
    let name = Some(guest_name(&service.id)).filter(|_| service.kind == ServiceKind::Vm);
    let nameless = name.filter(|name| handle::of_name(name, input.cluster).is_none());
    let mut all: Vec<String> =
        nameless.map(|name| format!("not known: where libvirt has it: {}", handle::missing(name).why)).into_iter().collect();
    all.extend(input.found.troubles().map(|(node, trouble)| format!("not known: {node}: {trouble}")));
    all.dedup();
    all.truncate(6);
    all
}

/// What happens to it.
pub fn fate(service: &Service, kind: FateKind, to: Option<Arc<str>>, why: Option<String>) -> Fate {
    let from = service.owners.first().map(Arc::clone);
    Fate { service: service.id.clone(), guest: service.kind == ServiceKind::Vm, kind, from, to, why }
}

/// The plan.
pub fn plan(input: &Input<'_>, verb: V, id: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    let post = whereabouts::post_or_refuse(input.cluster, None)?;
    let mut plan = input.blank();
    plan.consequences.by = "what was asked for";
    plan.notices = not_known(input, service);
    let it = Of { input, service, post: &post };
    match verb {
        V::Start | V::Enable => it.enable(&mut plan)?,
        V::Disable => it.disable(&mut plan)?,
        V::Stop => it.stop(&mut plan)?,
        V::StopForced => it.stop_by_force(&mut plan)?,
        V::Restart => it.restart(&mut plan)?,
        V::Freeze | V::Unfreeze => it.freeze(&mut plan, verb == V::Freeze)?,
        V::Cleanup => it.cleanup(&mut plan)?,
        _ => it.convalesce(&mut plan)?,
    }
    Ok(plan)
}

struct Of<'a> {
    input: &'a Input<'a>,
    service: &'a Service,
    post: &'a Arc<str>,
}

impl Of<'_> {
    fn id(&self) -> String {
        self.service.id.clone()
    }

    fn tell(&self, title: impl Into<String>, verb: Verb, to: Option<&str>) -> Result<Step, Vec<Refusal>> {
        let command = clusvcadm(self.input.cluster, verb, &self.service.id, to)?;
        Ok(Step::change(title, self.post, command, OPERATION).read_by(Reads::Clusvcadm(None)))
    }

    /// Where it will start: where its guest runs already, else where its failover domain wants it.
    fn place(&self) -> Result<Arc<str>, Vec<Refusal>> {
        let (cluster, id) = (self.input.cluster, &self.service.id);
        if let [one, rest @ ..] = running_on(self.input).as_slice() {
            if !rest.is_empty() {
                let all: Vec<&str> = std::iter::once(one).chain(rest).map(|n| &**n).collect();
                let why = format!("libvirt has {} running on {}: both write to its disks", guest_name(id), all.join(" and "));
                return Err(vec![Refusal::new("guest-twice", why, "stop one of them with virsh")]);
            }
            if place::migrates(self.service) && self.service.state != ServiceState::Failed {
                return Ok(Arc::clone(one));
            }
        }
        place::best(cluster, self.service, None, &|_| 0).ok_or_else(|| {
            let each = cluster.members.iter().filter_map(|m| place::unable(m).or_else(|| place::forbidden(cluster, self.service, &m.name)));
            let why = format!("no member can run {id} now: {}", each.collect::<Vec<_>>().join("; "));
            vec![Refusal::new("nowhere", why, "bring a member of its failover domain back, with rgmanager")]
        })
    }

    fn enable(&self, plan: &mut Plan) -> Result<(), Vec<Refusal>> {
        let to = self.place()?;
        let adopted = running_on(self.input).contains(&to);
        plan.steps = vec![self.tell(format!("Enable {} on {to}", self.id()), Verb::Enable, Some(&to))?];
        plan.proof = vec![Condition::Runs(self.id())];
        plan.proof.extend(runs_somewhere(self.input, self.service));
        let why = adopted.then(|| "its guest runs there already: rgmanager takes it over".to_owned());
        plan.consequences.fates.push(fate(self.service, FateKind::Starts, Some(Arc::clone(&to)), why));
        if let Some(domain) = place::domain(self.service) {
            plan.notices
                .push(format!("{to} by its failover domain {}; if it does not start there, rgmanager tries the others", domain.name));
        }
        plan.undo = Undo::By(Action::Service(V::Disable, self.id()));
        Ok(())
    }

    fn disable(&self, plan: &mut Plan) -> Result<(), Vec<Refusal>> {
        plan.steps = vec![self.tell(format!("Disable {}", self.id()), Verb::Disable, None)?];
        plan.proof = vec![Condition::InState(self.id(), ServiceState::Disabled)];
        self.stops(plan);
        plan.notices.push("it stays down until it is enabled, whatever happens to nodes".to_owned());
        if self.service.state == ServiceState::Failed {
            plan.notices
                .push("its stop has failed before: it is called disabled even if that fails again; see that it runs nowhere".to_owned());
        }
        plan.undo = Undo::By(Action::Service(V::Enable, self.id()));
        Ok(())
    }

    /// It stops, and all that depends on it; libvirt has to agree.
    fn stops(&self, plan: &mut Plan) {
        let running: Vec<Arc<str>> = running_on(self.input);
        let mut off: Vec<&str> = self.service.owners.iter().chain(&running).map(|n| &**n).collect();
        off.sort_unstable();
        off.dedup();
        plan.proof.extend(seen_by_libvirt(self.input, self.service, None, &off));
        plan.consequences.fates.push(fate(self.service, FateKind::Stops, None, None));
        plan.consequences.fates.extend(place::dependents(self.input.cluster, &self.service.id));
    }

    fn stop(&self, plan: &mut Plan) -> Result<(), Vec<Refusal>> {
        plan.steps = vec![self.tell(format!("Stop {}", self.id()), Verb::Stop, None)?];
        plan.proof = vec![Condition::Stopped(self.id())];
        self.stops(plan);
        plan.notices.push(format!(
            "only until the next change of a member or a service: then rgmanager starts it again. To keep it down: quorate act disable {}",
            self.id()
        ));
        plan.undo = Undo::By(Action::Service(V::Start, self.id()));
        Ok(())
    }

    /// The guest is switched off while nobody looks, then the service is disabled: its stop finds nothing left to ask.
    fn stop_by_force(&self, plan: &mut Plan) -> Result<(), Vec<Refusal>> {
        whereabouts::guest_only(self.service, "be stopped by force")?;
        let guest = guest(self.input, self.service)?;
        plan.steps = vec![
            self.tell("Let rgmanager not look for a moment", Verb::Freeze, None)?,
            Step::change(
                format!("Switch {} off on {}", guest.name, guest.node),
                &guest.node,
                virsh(&guest.uri, &["destroy", "--domain", &guest.handle]),
                60,
            ),
            self.tell("Let rgmanager look again", Verb::Unfreeze, None)?.when(When::Always),
            self.tell(format!("Disable {}", self.id()), Verb::Disable, None)?,
        ];
        plan.proof = vec![Condition::InState(self.id(), ServiceState::Disabled)];
        self.stops(plan);
        plan.consequences.lost.push("what the guest had not written to its disks".to_owned());
        plan.confirm = Confirm::TypeName;
        plan.undo = Undo::By(Action::Service(V::Enable, self.id()));
        Ok(())
    }

    fn restart(&self, plan: &mut Plan) -> Result<(), Vec<Refusal>> {
        let owner = whereabouts::owner(self.service)?;
        plan.steps = vec![self.tell(format!("Restart {} on {owner}", self.id()), Verb::Restart, None)?];
        plan.proof = vec![Condition::Runs(self.id())];
        if self.service.since.is_some() {
            plan.proof.push(Condition::Turned(self.id(), self.service.since));
        } else {
            plan.notices.push(
                "this clustat does not tell when a service changed: that it was restarted is proved by rgmanager's own answer alone"
                    .to_owned(),
            );
        }
        plan.proof.extend(seen_by_libvirt(self.input, self.service, Some(&owner), &[]));
        plan.consequences.fates.push(fate(self.service, FateKind::Restarts, None, None));
        plan.consequences.fates.extend(place::dependents(self.input.cluster, &self.service.id));
        plan.undo = Undo::Never("a restart is over when it is over".to_owned());
        Ok(())
    }

    fn freeze(&self, plan: &mut Plan, on: bool) -> Result<(), Vec<Refusal>> {
        let (title, verb, undo) = if on {
            ("Tell rgmanager to leave it alone", Verb::Freeze, V::Unfreeze)
        } else {
            ("Let rgmanager look after it again", Verb::Unfreeze, V::Freeze)
        };
        plan.steps = vec![self.tell(title, verb, None)?];
        if self.service.rhcs.as_ref().is_some_and(|r| r.tells_flags) {
            plan.proof = vec![Condition::Flag(self.id(), "frozen", on)];
        } else {
            plan.proof = vec![Condition::Known(self.id(), true)];
            plan.notices.push("this clustat does not show what is frozen: rgmanager's own answer is all the proof there is".to_owned());
        }
        plan.undo = Undo::By(Action::Service(undo, self.id()));
        if on {
            plan.consequences.fates.push(fate(self.service, FateKind::Unwatched, None, None));
            plan.notices
                .push("while it is frozen it is neither checked nor started, stopped or moved, not even if its node dies".to_owned());
        }
        Ok(())
    }

    /// Disabled, then enabled; a guest must be seen to run nowhere in between.
    fn cleanup(&self, plan: &mut Plan) -> Result<(), Vec<Refusal>> {
        let to = self.place()?;
        let running = running_on(self.input);
        plan.steps.push(self.tell(format!("Disable {}", self.id()), Verb::Disable, None)?);
        plan.steps.push(Step::wait(format!("{} is disabled", self.id()), Condition::InState(self.id(), ServiceState::Disabled), 60));
        let everywhere: Vec<&str> = self.input.cluster.members.iter().map(|m| &*m.name).collect();
        let nowhere = seen_by_libvirt(self.input, self.service, None, &everywhere);
        if !nowhere.is_empty() {
            plan.steps.push(Step::wait(format!("{} runs nowhere", guest_name(&self.service.id)), Condition::All(nowhere), 180));
        }
        plan.steps.push(self.tell(format!("Enable {} on {to}", self.id()), Verb::Enable, Some(&to))?);
        plan.proof = vec![Condition::Runs(self.id())];
        plan.proof.extend(runs_somewhere(self.input, self.service));
        plan.consequences.fates.push(fate(self.service, FateKind::Starts, Some(to), self.service.reason.clone()));
        if !running.is_empty() {
            plan.consequences.lost.push(format!("its guest RUNS on {}: disabling the service stops it", running.join(", ")));
            plan.confirm = Confirm::TypeName;
        }
        plan.notices.push("its stop has failed before: something of it may be left over where it ran last".to_owned());
        plan.undo = Undo::Never("it only comes out of its failure".to_owned());
        Ok(())
    }

    fn convalesce(&self, plan: &mut Plan) -> Result<(), Vec<Refusal>> {
        plan.steps = vec![self.tell(format!("Start again what failed of {}", self.id()), Verb::Convalesce, None)?];
        plan.proof = vec![Condition::Flag(self.id(), "partial", false), Condition::Runs(self.id())];
        plan.undo = Undo::Never("what it starts belongs to the service".to_owned());
        plan.consequences.fates.push(fate(
            self.service,
            FateKind::Starts,
            None,
            Some("only what failed of it and is not critical".to_owned()),
        ));
        Ok(())
    }
}
