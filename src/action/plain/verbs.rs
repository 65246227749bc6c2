//! Suspend, resume, start, stop, restart, reset: virsh on the guest's node, proved by libvirt there.

use std::sync::Arc;

use crate::action::commands::virsh;
use crate::action::plan::{Confirm, Fate, FateKind, Input, Plan, Refusal, Step, Undo};
use crate::action::suspend::{self, capital};
use crate::action::whereabouts;
use crate::domain::guest::{Guest, GuestState as Seen};
use crate::domain::observation::simulation::GuestState;
use crate::domain::task::{Action, ServiceVerb};

use super::{around, has_manager, up};

/// How long a guest may take to shut down.
pub(super) const SHUTDOWN: u64 = 300;

/// The plan. `rows`: the guests of that name, one at least.
pub(super) fn plan(input: &Input<'_>, verb: ServiceVerb, id: &str, rows: &[&Guest]) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let named = |g: &Guest| format!("quorate act {}", Action::Service(verb, format!("{}@{}", g.name, g.node)));
    let row = one(verb == ServiceVerb::Start, &named, rows)?;
    let node = whereabouts::within_reach(cluster, &row.node)?;
    if up(cluster, &node).is_none() {
        return Err(vec![super::silent(&node)]);
    }
    let guest = super::target(row, node, input);
    fits(verb, &guest, row)?;
    let mut plan = input.blank();
    // In a cluster without quorum the other side is not seen: what starts or goes on here may run there.
    plan.needs.quorum = has_manager(cluster) && super::looks_around(verb);
    if super::looks_around(verb) {
        plan.notices.extend(around::alone(input, row, rows)?);
    }
    if verb == ServiceVerb::Start {
        around::disks_free(cluster, row)?;
    }
    let deed = Deed { verb, id, row, guest: &guest };
    plan.steps = deed.steps();
    let becomes = match verb {
        ServiceVerb::Suspend => Some("paused"),
        ServiceVerb::Stop | ServiceVerb::StopForced => None,
        _ => Some("running"),
    };
    plan.proof = vec![guest.is(becomes)];
    plan.consequences.fates.push(deed.fate());
    plan.consequences.by = "what was asked for";
    deed.words(&mut plan);
    if has_manager(cluster) {
        plan.notices.push("no service of the cluster manages it: nobody restarts or moves it".to_owned());
    }
    Ok(plan)
}

/// The one that is meant, of all that have the name. `starts`: it must run nowhere; `name`: the action on one of them.
pub(super) fn one<'a>(starts: bool, name: &dyn Fn(&Guest) -> String, rows: &[&'a Guest]) -> Result<&'a Guest, Vec<Refusal>> {
    let refuse = |code: &'static str, why: String, lift: String| Err(vec![Refusal::new(code, why, lift)]);
    let Some(first) = rows.first() else { return Err(Vec::new()) };
    let places = |of: &[&Guest]| of.iter().map(|g| &*g.node).collect::<Vec<_>>().join(", ");
    if rows.iter().any(|g| g.uuid != first.uuid) {
        let why = format!("there are several guests '{}': on {}", first.name, places(rows));
        return refuse("ambiguous", why, format!("name the one that is meant: {}", name(first)));
    }
    let active: Vec<&Guest> = rows.iter().copied().filter(|g| g.state.is_active()).collect();
    match (starts, active.as_slice()) {
        (true, [running, ..]) => {
            refuse("already", format!("{} is {} on {}", running.name, running.state.word(), running.node), "nothing to do".to_owned())
        }
        (true, []) if rows.len() > 1 => {
            let why = format!("{} is defined on {}: where it is to start is not said", first.name, places(rows));
            refuse("ambiguous", why, format!("name it with its node: {}", name(first)))
        }
        (_, []) => Ok(first),
        (_, [only]) => Ok(only),
        (_, several) => {
            let why = format!("{} runs on {}: both write to its disks", first.name, places(several));
            let lift = format!("switch one of them off: quorate act stop {}@{} --force", first.name, several[0].node);
            refuse("guest-twice", why, lift)
        }
    }
}

/// Whether it is in a state for this.
fn fits(verb: ServiceVerb, guest: &suspend::Guest, row: &Guest) -> Result<(), Vec<Refusal>> {
    let refuse = |why: String, lift: &str| Err(vec![Refusal::new("guest-state", why, lift)]);
    let running = !matches!(&guest.state, GuestState::Is(state, _) if state == "shut off");
    if row.migrating && row.state.is_active() {
        return refuse(format!("{} is on its way to another node", row.name), "wait until its migration is over");
    }
    let kept = row.definition.as_ref().and_then(|d| d.persistent) != Some(false);
    match verb {
        ServiceVerb::Resume => suspend::in_state(guest, "paused"),
        ServiceVerb::Start => suspend::in_state(guest, "shut off"),
        ServiceVerb::StopForced if running && matches!(guest.state, GuestState::Is(..)) => Ok(()),
        ServiceVerb::Restart if !kept => {
            refuse(format!("{} is transient: once it is off libvirt does not know it any more", row.name), "reset works on it")
        }
        _ => suspend::in_state(guest, "running"),
    }
}

/// What is done to one guest.
struct Deed<'a> {
    verb: ServiceVerb,
    id: &'a str,
    row: &'a Guest,
    guest: &'a suspend::Guest,
}

impl Deed<'_> {
    fn step(&self, title: &str, command: &str) -> Step {
        let guest = self.guest;
        let title = format!("{title} {} on {}", self.row.name, guest.node);
        Step::change(title, &guest.node, virsh(&guest.uri, &[command, "--domain", &guest.handle]), 60)
    }

    /// Its power button, and what comes of it.
    fn shut_down(&self) -> [Step; 2] {
        let guest = self.guest;
        let off = guest.is(None);
        [self.step("Have the power button pressed of", "shutdown"), Step::wait(format!("{} is off", self.row.name), off, SHUTDOWN)]
    }

    fn steps(&self) -> Vec<Step> {
        match self.verb {
            ServiceVerb::Stop => self.shut_down().into(),
            ServiceVerb::Restart => self.shut_down().into_iter().chain([self.step("Start", "start")]).collect(),
            ServiceVerb::StopForced => vec![self.step("Switch off", "destroy")],
            verb => vec![self.step(&capital(verb.word()), verb.word())],
        }
    }

    fn fate(&self) -> Fate {
        let kind = match self.verb {
            ServiceVerb::Suspend => FateKind::Pauses,
            ServiceVerb::Resume | ServiceVerb::Start => FateKind::Starts,
            ServiceVerb::Stop | ServiceVerb::StopForced => FateKind::Stops,
            _ => FateKind::Restarts,
        };
        let node = Some(Arc::clone(&self.guest.node));
        Fate { service: self.id.to_owned(), guest: true, kind, from: node.clone(), to: node, why: None }
    }

    /// What is lost, what takes it back, how strongly it is confirmed.
    fn words(&self, plan: &mut Plan) {
        let back = |verb| Undo::By(Action::Service(verb, self.id.to_owned()));
        let transient = self.row.definition.as_ref().and_then(|d| d.persistent) == Some(false);
        match self.verb {
            ServiceVerb::Suspend => {
                plan.undo = back(ServiceVerb::Resume);
                plan.notices.push("connections to it time out; its clock stands still".to_owned());
            }
            ServiceVerb::Resume => {
                plan.undo = back(ServiceVerb::Suspend);
                plan.notices.push("its clock has stood still meanwhile".to_owned());
            }
            ServiceVerb::Start => {
                plan.undo = back(ServiceVerb::Stop);
                if self.row.state == Seen::Saved {
                    plan.notices.push("its memory was saved: it goes on from there".to_owned());
                }
            }
            ServiceVerb::Stop | ServiceVerb::StopForced if transient => {
                plan.undo = Undo::Never("it is transient: libvirt forgets it once it is off".to_owned());
                plan.consequences.lost.push("its definition, which libvirt keeps only while it runs".to_owned());
                plan.confirm = Confirm::TypeName;
            }
            ServiceVerb::Stop | ServiceVerb::StopForced => plan.undo = back(ServiceVerb::Start),
            ServiceVerb::Restart => plan.undo = Undo::Never("a restart is over when it is over".to_owned()),
            _ => plan.undo = Undo::Never("what was in its memory is gone".to_owned()),
        }
        match self.verb {
            ServiceVerb::Stop | ServiceVerb::Restart => {
                plan.notices.push("a guest that does not listen to its power button stays on: 'stop --force' switches it off".to_owned());
            }
            ServiceVerb::StopForced | ServiceVerb::Reset => {
                plan.consequences.lost.push("what the guest had not written to its disks".to_owned());
                plan.confirm = Confirm::TypeName;
            }
            _ => {}
        }
    }
}
