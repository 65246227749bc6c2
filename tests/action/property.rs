//! No sequence of messages sends a changing command without a ticket for that very target; in a read-only session none at all.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use quorate::action::plan::Work;
use quorate::action::{Executor, Journal, Out, Session, gate};
use quorate::domain::node::{LinkFault, LinkTrouble, NodeKey};
use quorate::domain::observation::manager::{ManagerView, Primitive};
use quorate::domain::role::Role;
use quorate::domain::task::{Action, FenceHow, Limits, NodeVerb, RelocateHow, ServiceVerb, TaskId};
use quorate::link::{Answer, AskId, ChangeError, ChangeId, Order, Report, StreamId};

use super::stage;
use crate::state::build::{Lab, one, started, stopped};

fn action() -> impl Strategy<Value = Action> {
    let service = prop::sample::select(vec!["vm1", "vm2", "web", "web-app", "lone", "lone@n1", "nobody"]).prop_map(str::to_owned);
    let node = prop::sample::select(vec!["n1", "n2", "n3", "n9"]).prop_map(str::to_owned);
    let how = prop::option::of(prop::sample::select(RelocateHow::ALL.to_vec()));
    let verb = prop::sample::select(vec![
        ServiceVerb::Suspend,
        ServiceVerb::Resume,
        ServiceVerb::Start,
        ServiceVerb::Stop,
        ServiceVerb::StopForced,
        ServiceVerb::Restart,
        ServiceVerb::Reset,
        ServiceVerb::Freeze,
        ServiceVerb::Unfreeze,
        ServiceVerb::Cleanup,
        ServiceVerb::Clear,
        ServiceVerb::Cancel,
        ServiceVerb::Unregister,
    ]);
    let on_node = prop::sample::select(vec![
        NodeVerb::Standby,
        NodeVerb::Unstandby,
        NodeVerb::Drain,
        NodeVerb::ConfirmFence,
        NodeVerb::TestFence,
        NodeVerb::Leave,
        NodeVerb::Reboot,
        NodeVerb::Join,
    ]);
    prop_oneof![
        3 => (service.clone(), node.clone(), how).prop_map(|(service, to, how)| Action::Relocate { service, to, how, limits: Limits::default() }),
        4 => (verb, service).prop_map(|(verb, service)| Action::Service(verb, service)),
        3 => (on_node, node.clone()).prop_map(|(verb, node)| Action::Node(verb, node)),
        1 => node.prop_map(|node| Action::Fence { node, how: FenceHow::Reboot }),
        1 => any::<bool>().prop_map(|on| Action::Maintenance { on }),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Act { action: Action, typed: Option<String>, role: Role, read_only: bool, late: bool },
    Pass(i64),
    Picture(u8),
    LinkDown(u32),
    LinkUp(u32),
    Answer(usize, u8),
    Lock(usize, u8),
    Stop(usize),
    Forged(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let role = prop::sample::select(vec![Role::Viewer, Role::Operator, Role::Admin, Role::Admin]);
    let typed =
        prop::option::of(prop::sample::select(vec!["vm1", "vm2", "web", "lone", "n1", "n2", "n3", "on", "off"]).prop_map(str::to_owned));
    prop_oneof![
        6 => (action(), typed, role, prop::bool::weighted(0.2), prop::bool::weighted(0.1))
            .prop_map(|(action, typed, role, read_only, late)| Step::Act { action, typed, role, read_only, late }),
        3 => (0_i64..40_000).prop_map(Step::Pass),
        4 => (0_u8..6).prop_map(Step::Picture),
        1 => (1_u32..4).prop_map(Step::LinkDown),
        2 => (1_u32..4).prop_map(Step::LinkUp),
        8 => (0_usize..6, 0_u8..8).prop_map(|(at, how)| Step::Answer(at, how)),
        6 => (0_usize..6, 0_u8..6).prop_map(|(at, how)| Step::Lock(at, how)),
        1 => (0_usize..4).prop_map(Step::Stop),
        1 => any::<u64>().prop_map(Step::Forged),
    ]
}

fn picture(which: u8) -> ManagerView {
    let mut view = stage::view_now();
    match which {
        1 => view.resources[0] = one(started("vm1", &["n2"])),
        2 => view.resources[0] = one(stopped("vm1")),
        3 => view.nodes[1].standby = true,
        4 => view.nodes[2].unclean = true,
        5 => view.resources[0] = one(Primitive { pending: Some("Migrating".to_owned()), ..started("vm1", &["n1"]) }),
        _ => {}
    }
    view
}

/// A target, and the changing commands that may be sent for it: node and arguments.
type Granted = (String, Vec<(String, Vec<String>)>);

/// What was let through, and what was seen to be sent.
struct Watcher {
    lab: Lab,
    executor: Executor,
    journal: std::path::PathBuf,
    /// For each task: its target, and the changing commands of its plan with their nodes, as often as they stand there.
    tickets: BTreeMap<TaskId, Granted>,
    out: Vec<(ChangeId, TaskId)>,
    locks: Vec<StreamId>,
    lost: BTreeSet<TaskId>,
    seen: BTreeSet<ChangeId>,
    sent: usize,
    /// How often each command was sent.
    told: std::collections::HashMap<String, usize>,
}

impl Watcher {
    fn watch(&mut self, orders: Vec<Out>, of: Option<TaskId>) {
        for out in orders {
            let Out::Order(node, order) = out else { continue };
            match order {
                Order::Change(change) => self.changing(node, &change, of),
                Order::Follow { id, .. } => self.locks.push(id),
                // A question: what is asked changes nothing.
                Order::Ask(ask) => {
                    let words = ask.command.argv().join(" ");
                    let changing =
                        ["--move", "--ban", "--clear", "--set-parameter", "--reboot", "--confirm", "--update", "destroy", "restore"];
                    assert!(!changing.iter().any(|c| ask.command.argv().iter().any(|a| a == c)), "asked: {words}");
                }
                Order::Unfollow(_) => {}
                other => panic!("the executor ordered {other:?}"),
            }
        }
    }

    fn changing(&mut self, node: NodeKey, change: &quorate::action::Change, of: Option<TaskId>) {
        let argv = change.command().argv().to_vec();
        let name = format!("n{}", node.0);
        assert!(self.seen.insert(change.id()), "an id was used twice");
        let fits = |(_, plan): &Granted| plan.contains(&(name.clone(), argv.clone()));
        let task = match of {
            Some(task) => task,
            None => {
                *self
                    .tickets
                    .iter()
                    .find(|(id, t)| !self.lost.contains(id) && fits(t))
                    .unwrap_or_else(|| panic!("no ticket for {argv:?} on {name}"))
                    .0
            }
        };
        let (target, plan) = self.tickets.get_mut(&task).expect("a changing command of a task that had no ticket");
        let at = plan.iter().position(|step| *step == (name.clone(), argv.clone()));
        let at = at.unwrap_or_else(|| panic!("{argv:?} on {name} is not in the plan for {target}, or was sent before"));
        // Once sent, it is used up.
        plan.remove(at);
        assert!(change.note().contains(target.as_str()), "{} does not name {target}", change.note());
        assert!(!self.lost.contains(&task), "sent after an answer was lost");
        let written = std::fs::read_to_string(&self.journal).unwrap();
        // Two tasks may go on at once: each command has a line of its own before it is sent, the last or not.
        let exact = quorate::action::plan::exact(change.command());
        let lines = written.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let whole = serde_json::json!(change.command().argv());
        let noted = lines.filter(|line| line["event"] == "send" && line["command"] == exact.as_str() && line["argv"] == whole).count();
        let sent = self.told.entry(exact).or_default();
        *sent += 1;
        assert!(noted >= *sent, "the journal comes first");
        self.out.push((change.id(), task));
        self.sent += 1;
    }

    fn report(&mut self, report: Report, of: Option<TaskId>) {
        let cluster = self.lab.picture();
        let now = self.lab.now;
        if let Ok(orders) = self.executor.report(report, &cluster, now) {
            self.watch(orders, of);
        }
    }

    fn tick(&mut self) {
        let cluster = self.lab.picture();
        let now = self.lab.now;
        let orders = self.executor.tick(&cluster, now);
        self.watch(orders, None);
    }

    fn act(&mut self, action: &Action, session: &Session, late: bool) {
        let cluster = self.lab.picture();
        let Ok(plan) = stage::plan_of(action, &cluster, self.lab.now) else { return };
        let may = !session.read_only && session.role >= gate::needed_role(action);
        let target = plan.target.to_string();
        let right = session.typed.as_ref().is_none_or(|t| *t == target);
        let steps = plan.steps.iter().filter_map(|s| match &s.work {
            Work::Change { node, command, .. } => Some((node.to_string(), command.argv().to_vec())),
            _ => None,
        });
        let steps: Vec<_> = steps.collect();
        let Ok(ticket) = gate::open(plan, &cluster, session, self.lab.now) else { return };
        assert!(may && right, "the gate let {action} through for {session:?}");
        if late {
            self.lab.pass(60_000);
        }
        let now = self.lab.now;
        match self.executor.start(ticket, &cluster, now) {
            Ok((id, orders)) => {
                assert!(!late, "a ticket of a minute ago counted");
                self.tickets.insert(id, (target, steps));
                self.watch(orders, Some(id));
            }
            Err(why) => assert!(matches!(why.code, "stale" | "no-post"), "{why:?}"),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Act { action, typed, role, read_only, late } => {
                let tasks = self.executor.tasks().filter(|t| !t.status.is_over()).cloned().collect();
                let session = Session { role, read_only, tasks, typed, ..Session::default() };
                self.act(&action, &session, late);
            }
            Step::Pass(millis) => {
                self.lab.pass(millis);
                self.tick();
            }
            Step::Picture(which) => {
                self.lab.pass(10);
                stage::tell(&mut self.lab, picture(which));
                self.tick();
            }
            Step::LinkDown(node) => {
                self.lab.down(node, LinkFault::Timeout);
                self.tick();
            }
            Step::LinkUp(node) => {
                self.lab.up(node);
            }
            Step::Answer(at, how) => {
                if self.out.is_empty() {
                    return;
                }
                let (id, task) = self.out.remove(at % self.out.len());
                let trouble = || LinkTrouble { fault: LinkFault::Timeout, text: "gone".to_owned() };
                let now = self.lab.now;
                let answer = |code| Answer { stdout: b"said\n".to_vec(), stderr: Vec::new(), code, sent: now, began: now, done: now };
                let result = match how {
                    0 => {
                        self.lost.insert(task);
                        Err(ChangeError::Unknown(trouble()))
                    }
                    1 => Err(ChangeError::NotSent(trouble())),
                    2 => Ok(answer(1)),
                    _ => Ok(answer(0)),
                };
                self.report(Report::Changed { id, result }, Some(task));
                // An answer that comes twice changes nothing.
                self.report(Report::Changed { id, result: Ok(answer(0)) }, Some(task));
            }
            Step::Lock(at, how) => {
                if self.locks.is_empty() {
                    return;
                }
                let id = self.locks[at % self.locks.len()];
                let now = self.lab.now;
                let data = |bytes: &[u8]| Report::Data { id, bytes: bytes.to_vec(), at: now };
                let report = match how {
                    0 => data(b"busy restart vm1 by ben@host, aaaa\n"),
                    1 => Report::Ended { id, why: "sshd grants no further session".to_owned() },
                    2 => data(b"no"),
                    3 => Report::Ended { id, why: "the connection broke".to_owned() },
                    _ => data(b"held\n"),
                };
                self.report(report, None);
            }
            Step::Stop(at) => {
                let ids: Vec<TaskId> = self.executor.tasks().map(|t| t.id).collect();
                if let Some(id) = ids.get(at) {
                    self.executor.stop(*id);
                }
            }
            Step::Forged(id) => {
                let now = self.lab.now;
                let answer = Answer { stdout: b"held\n".to_vec(), stderr: Vec::new(), code: 0, sent: now, began: now, done: now };
                self.report(Report::Changed { id: ChangeId(id), result: Ok(answer.clone()) }, None);
                self.report(Report::Answer { id: AskId(id), result: Ok(answer) }, None);
                self.report(Report::Data { id: StreamId(id), bytes: b"held\n".to_vec(), at: now }, None);
            }
        }
    }
}

fn run(steps: Vec<Step>) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal.jsonl");
    let executor = Executor::new(Journal::open(&journal, Some("lab".to_owned())).unwrap());
    let mut lab = stage::lab(stage::view_now());
    stage::guests(&mut lab);
    let mut watcher = Watcher {
        lab,
        executor,
        journal,
        tickets: BTreeMap::new(),
        out: Vec::new(),
        locks: Vec::new(),
        lost: BTreeSet::new(),
        seen: BTreeSet::new(),
        sent: 0,
        told: std::collections::HashMap::new(),
    };
    for step in steps {
        watcher.take(step);
    }
    watcher.sent
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_sent_without_a_ticket_for_that_very_target(steps in prop::collection::vec(step(), 1..60)) {
        run(steps);
    }

    #[test]
    fn a_read_only_session_or_a_viewer_gets_no_ticket(action in action(), role in prop::sample::select(vec![Role::Viewer, Role::Admin])) {
        let mut lab = stage::lab(stage::view_now());
        stage::guests(&mut lab);
        let cluster = lab.picture();
        let now = crate::state::build::START;
        if let Ok(plan) = stage::plan_of(&action, &cluster, now) {
            let session = Session { role, read_only: role != Role::Viewer, ..Session::default() };
            prop_assert!(gate::open(plan, &cluster, &session, now).is_err());
        }
    }
}

/// The property above would hold of an executor that never sends anything: this one does.
#[test]
fn a_ticket_is_used_step_by_step() {
    let act = Step::Act {
        action: Action::Relocate {
            service: "vm1".to_owned(),
            to: "n3".to_owned(),
            how: Some(RelocateHow::Live),
            limits: Limits::default(),
        },
        typed: Some("vm1".to_owned()),
        role: Role::Operator,
        read_only: false,
        late: false,
    };
    let mut moved = stage::view_now();
    moved.resources[0] = one(started("vm1", &["n3"]));
    assert_eq!(run(vec![act.clone(), Step::Lock(0, 5)]), 1);
    assert_eq!(run(vec![act.clone(), Step::Lock(0, 5), Step::Answer(0, 5), Step::Pass(2000)]), 1, "it waits for the guest to arrive");
    assert_eq!(run(vec![act.clone(), Step::Lock(0, 0), Step::Pass(2000)]), 0, "another quorate has it");
    assert_eq!(run(vec![act.clone(), Step::Lock(0, 1), Step::Pass(2000)]), 1, "that node has no room for a lock, and says so");
    assert_eq!(run(vec![act.clone(), Step::Lock(0, 3), Step::Pass(2000)]), 0, "whether another quorate has it is not known");
    assert_eq!(run(vec![act, Step::Lock(0, 5), Step::Answer(0, 0), Step::Pass(90_000), Step::Pass(2000)]), 1, "a lost answer ends it");
}

/// What is given back to the manager at the wrong moment is stopped by it.
#[test]
fn a_cancelled_guest_is_taken_over_only_where_all_before_it_went_well() {
    let act = Step::Act {
        action: Action::Service(ServiceVerb::Cancel, "vm1".to_owned()),
        typed: None,
        role: Role::Operator,
        read_only: false,
        late: false,
    };
    // Left alone, aborted, the constraint gone; then the manager sees its end, and looks on the first node.
    let begun = || {
        let answered = [Step::Answer(0, 5), Step::Answer(0, 5), Step::Answer(0, 5), Step::Picture(0)];
        [Step::Picture(5), act.clone(), Step::Lock(0, 5)].into_iter().chain(answered).collect::<Vec<_>>()
    };
    let with = |more: Vec<Step>| run(begun().into_iter().chain(more).collect());
    assert_eq!(with(Vec::new()), 4);
    let looked = || vec![Step::Answer(0, 5), Step::Answer(0, 5), Step::Answer(0, 5), Step::Picture(0)];
    assert_eq!(with(looked()), 7, "on three nodes, then it is taken over");
    assert_eq!(with(vec![Step::Answer(0, 2), Step::Picture(0), Step::Pass(2000)]), 4, "a node that could not be looked at");
    assert_eq!(with([vec![Step::Stop(0)], looked()].concat()), 7, "stopped by the operator it is taken over all the same");
}
