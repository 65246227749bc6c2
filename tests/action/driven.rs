//! Plans that break on the way, or are stopped: what the executor does then, and what it says is left.

use std::collections::VecDeque;

use quorate::action::plan::Undo;
use quorate::action::{Executor, Journal, Out, Session, gate};
use quorate::domain::cluster::Cluster;
use quorate::domain::node::{LinkFault, LinkTrouble};
use quorate::domain::observation::host::ClockSample;
use quorate::domain::observation::manager::{Ban, FenceRecord, FenceStatus, ManagerView, Primitive};
use quorate::domain::observation::{Observation, Question};
use quorate::domain::role::Role;
use quorate::domain::task::{Action, FenceHow, Limits, NodeVerb, Progress, RelocateHow, ServiceVerb, Task, TaskId, TaskStatus};
use quorate::link::{Answer, ChangeError, Order, Report};

use super::plain_move::shared_pair;
use super::stage::{self, commands, plan_of};
use crate::state::build::{Lab, fail_count, failure, group, one, started, stopped};

/// What a command comes to.
enum Fate {
    Well,
    Fails,
    Unsent,
    Lost,
}

/// A cluster that does what it is told, as far as a test lets it.
struct Stand {
    lab: Lab,
    executor: Executor,
    task: TaskId,
    view: ManagerView,
    /// On which node libvirt has the guest running.
    runs_on: Option<u32>,
    /// What each node says of the fence devices for a node.
    devices: [&'static str; 3],
    /// Every changing command that was sent, with its node.
    sent: Vec<(u32, String)>,
    out: VecDeque<Out>,
    /// All that was said of how far it is.
    progress: Vec<Progress>,
    _dir: tempfile::TempDir,
}

impl Stand {
    fn on(mut lab: Lab, view: ManagerView, action: &Action) -> Self {
        let dir = tempfile::tempdir().unwrap();
        if !view.nodes.is_empty() {
            lab.pass(1000);
            stage::tell(&mut lab, view.clone());
        }
        let mut executor = Executor::new(Journal::open(&dir.path().join("journal.jsonl"), None).unwrap());
        let cluster = lab.picture();
        let plan = plan_of(action, &cluster, lab.now).unwrap();
        let session = Session { role: Role::Admin, typed: Some(plan.target.to_string()), ..Session::default() };
        let ticket = gate::open(plan, &cluster, &session, lab.now).unwrap();
        let (task, out) = executor.start(ticket, &cluster, lab.now).unwrap();
        Self {
            lab,
            executor,
            task,
            view,
            runs_on: Some(1),
            devices: ["done\n"; 3],
            sent: Vec::new(),
            out: out.into(),
            progress: Vec::new(),
            _dir: dir,
        }
    }

    fn begin(action: &Action) -> Self {
        let view = stage::view_now();
        let mut lab = stage::lab(view.clone());
        stage::tell(&mut lab, view.clone());
        Self::on(lab, view, action)
    }

    fn task(&self) -> &Task {
        self.executor.task(self.task).unwrap()
    }

    fn report(&mut self, report: Report) {
        let cluster = self.lab.picture();
        self.out.extend(self.executor.report(report, &cluster, self.lab.now).unwrap());
    }

    /// To the end. `fate`: what each changing command comes to, and what it does to the world.
    fn run(mut self, mut fate: impl FnMut(&mut Self, &str) -> Fate) -> Self {
        for _ in 0..2000 {
            if self.task().status.is_over() {
                return self;
            }
            self.progress.extend(self.executor.task(self.task).and_then(|task| task.progress.clone()));
            let Some(out) = self.out.pop_front() else {
                self.lab.pass(1000);
                let view = self.view.clone();
                if !view.nodes.is_empty() {
                    stage::count(&mut self.lab, &view);
                    stage::tell(&mut self.lab, view);
                }
                let cluster = self.lab.picture();
                self.out.extend(self.executor.tick(&cluster, self.lab.now));
                continue;
            };
            let Out::Order(node, order) = out else { continue };
            let at = self.lab.now;
            let answer = |stdout: &str, stderr: &str, code| Answer {
                stdout: stdout.as_bytes().to_vec(),
                stderr: stderr.as_bytes().to_vec(),
                code,
                sent: at,
                began: at,
                done: at,
            };
            match order {
                Order::Follow { id, .. } => self.report(Report::Data { id, bytes: b"held\n".to_vec(), at }),
                Order::Change(change) => {
                    let command = quorate::action::plan::exact(change.command());
                    self.sent.push((node.0, command.clone()));
                    let trouble = || LinkTrouble { fault: LinkFault::Timeout, text: "gone".to_owned() };
                    self.lab.pass(10);
                    let result = match fate(&mut self, &command) {
                        Fate::Well => Ok(answer("", "", 0)),
                        Fate::Fails => Ok(answer("", "error: it did not work", 1)),
                        Fate::Unsent => Err(ChangeError::NotSent(trouble())),
                        Fate::Lost => Err(ChangeError::Unknown(trouble())),
                    };
                    self.report(Report::Changed { id: change.id(), result });
                }
                Order::Ask(ask) if ask.command.argv().iter().any(|a| a == "domstate") => {
                    let here = self.runs_on == Some(node.0);
                    let said =
                        if here { answer("running (restored)\n", "", 0) } else { answer("", "error: failed to get domain 'vm1'", 1) };
                    self.report(Report::Answer { id: ask.id, result: Ok(said) });
                }
                Order::Ask(ask) if ask.command.argv().iter().any(|a| a.contains("stonith_admin --list")) => {
                    let said = answer(self.devices[node.0 as usize - 1], "", 0);
                    self.report(Report::Answer { id: ask.id, result: Ok(said) });
                }
                _ => {}
            }
        }
        panic!("it never ends: {:#?}", self.task());
    }

    fn commands(&self) -> Vec<&str> {
        self.sent.iter().map(|(_, command)| command.as_str()).collect()
    }
}

fn suspend() -> Action {
    Action::Relocate { service: "vm1".to_owned(), to: "n3".to_owned(), how: Some(RelocateHow::Suspend), limits: Limits::default() }
}

/// As the manager has vm1: left alone or not, on a node or nowhere.
fn vm1(on: Option<&str>, managed: bool) -> Primitive {
    Primitive { managed, ..on.map_or_else(|| stopped("vm1"), |node| started("vm1", &[node])) }
}

/// The world follows the commands; `breaks` says which of them do not work.
fn follow(stand: &mut Stand, command: &str, breaks: &[(&str, u32)], fate: Fate) -> Fate {
    let node = stand.sent.last().unwrap().0;
    let broken = breaks.iter().any(|(word, on)| command.contains(word) && *on == node);
    let managed = |stand: &Stand| !format!("{:?}", stand.view.resources[0]).contains("managed: false");
    if broken {
        return fate;
    }
    if command.contains("is-managed") {
        let on = ["n1", "n2", "n3"].into_iter().nth(stand.runs_on.map_or(9, |n| n as usize - 1));
        stand.view.resources[0] = one(vm1(on, command.contains("--delete-parameter")));
    } else if command.contains(" save ") {
        stand.runs_on = None;
        stand.view.resources[0] = one(vm1(None, managed(stand)));
    } else if command.contains(" restore ") {
        stand.runs_on = Some(node);
        stand.view.resources[0] = one(vm1(Some(&format!("n{node}")), managed(stand)));
    }
    Fate::Well
}

#[test]
fn what_stays_behind_when_an_answer_is_lost_is_told_whole() {
    let restart =
        Action::Relocate { service: "vm1".to_owned(), to: "n3".to_owned(), how: Some(RelocateHow::Restart), limits: Limits::default() };
    let stand = Stand::begin(&restart).run(|s, c| {
        if !c.contains("--move") {
            return Fate::Well;
        }
        for (id, node) in [("cli-prefer-vm1", "n3"), ("cli-ban-vm1-on-n2", "n2")] {
            let (id, resource, node) = (id.to_owned(), "vm1".to_owned(), node.to_owned());
            s.view.bans.push(Ban { id, resource, node, weight: -1_000_000, promoted_only: false });
        }
        Fate::Lost
    });
    assert_eq!(stand.task().status, TaskStatus::Unknown, "{:?}", stand.task());
    let result = stand.task().result.as_deref().unwrap();
    assert!(result.contains("left behind: cli-prefer-vm1 (quorate act clear vm1)"), "and not the ban of another: {result}");
    let switched = "on n1: crm_resource --resource vm1 --meta --set-parameter allow-migrate --parameter-value true";
    assert!(result.contains(switched), "{result}");
}

#[test]
fn a_guest_that_neither_side_takes_back_is_not_lost() {
    let stand = Stand::begin(&suspend()).run(|s, c| follow(s, c, &[(" restore ", 3), (" restore ", 1)], Fate::Fails));
    let task = stand.task();
    assert_eq!(task.status, TaskStatus::Failed);
    let result = task.result.as_deref().unwrap();
    assert!(result.contains("RUNS NOWHERE: its memory is in /srv/shared/vm1.quorate-save"), "{result}");
    let notes = task.notices.join("\n");
    for needed in [
        "on n3 or n1, if it runs on neither: virsh -c qemu:///system restore --file /srv/shared/vm1.quorate-save && rm -f -- /srv/shared/vm1.quorate-save",
        "virsh -c qemu:///system domstate --domain vm1",
        "crm_resource --resource vm1 --meta --delete-parameter is-managed",
    ] {
        assert!(notes.contains(needed), "{needed}:\n{notes}");
    }
    // The manager would start it anew: it leaves it alone.
    assert!(!stand.commands().iter().any(|c| c.contains("--delete-parameter")), "{:?}", stand.sent);
    assert!(!stand.commands().iter().any(|c| c.contains("rm -f") && !c.contains("restore")), "the file stays: {:?}", stand.sent);
    let restored: Vec<u32> = stand.sent.iter().filter(|(_, c)| c.contains(" restore ")).map(|(n, _)| *n).collect();
    assert_eq!(restored, [3, 1], "there, then here");
}

#[test]
fn what_the_target_does_not_take_goes_on_where_it_was() {
    for fate in [Fate::Fails, Fate::Unsent] {
        let mut fate = Some(fate);
        let stand = Stand::begin(&suspend()).run(|s, c| follow(s, c, &[(" restore ", 3)], fate.take().unwrap_or(Fate::Fails)));
        let task = stand.task();
        assert_eq!((task.status, stand.runs_on), (TaskStatus::Failed, Some(1)));
        assert!(!task.result.as_deref().unwrap().contains("RUNS NOWHERE"), "{:?}", task.result);
        assert_eq!(stand.commands().last().unwrap(), &"crm_resource --resource vm1 --meta --delete-parameter is-managed");
    }
}

#[test]
fn a_restore_that_took_effect_and_said_it_failed_is_not_repeated_here() {
    let stand = Stand::begin(&suspend()).run(|s, c| {
        let fate = follow(s, c, &[], Fate::Fails);
        if c.contains(" restore ") { Fate::Fails } else { fate }
    });
    assert_eq!(stand.runs_on, Some(3));
    assert_eq!(stand.sent.iter().filter(|(_, c)| c.contains(" restore ")).count(), 1, "{:?}", stand.sent);
    assert!(!stand.task().result.as_deref().unwrap().contains("RUNS NOWHERE"), "{:?}", stand.task().result);
}

#[test]
fn a_save_that_fails_leaves_the_guest_and_restores_nothing() {
    let stand = Stand::begin(&suspend()).run(|s, c| follow(s, c, &[(" save ", 1)], Fate::Fails));
    assert_eq!((stand.task().status, stand.runs_on), (TaskStatus::Failed, Some(1)));
    assert!(!stand.commands().iter().any(|c| c.contains(" restore ")), "{:?}", stand.sent);
    assert!(!stand.task().notices.iter().any(|n| n.contains("quorate-save")), "{:?}", stand.task().notices);
    assert!(stand.commands().last().unwrap().contains("--delete-parameter"), "the manager has it back");
}

#[test]
fn an_answer_that_is_lost_while_the_memory_is_in_the_file_says_where_it_may_be() {
    for word in [" save ", " restore "] {
        let stand = Stand::begin(&suspend()).run(|s, c| {
            let fate = follow(s, c, &[(" restore ", 3), (" restore ", 1)], Fate::Lost);
            if c.contains(word) { Fate::Lost } else { fate }
        });
        assert_eq!(stand.task().status, TaskStatus::Unknown, "{word}");
        let result = stand.task().result.as_deref().unwrap();
        assert!(result.contains("may be in /srv/shared/vm1.quorate-save. Look first"), "{word}: {result}");
        assert!(stand.commands().last().unwrap().contains(word), "nothing more was sent: {:?}", stand.sent);
    }
}

#[test]
fn stopped_between_save_and_restore_it_is_restored_all_the_same() {
    let stand = Stand::begin(&suspend()).run(|s, c| {
        if c.contains(" save ") {
            s.executor.stop(s.task);
        }
        follow(s, c, &[], Fate::Fails)
    });
    assert_eq!((stand.task().status, stand.runs_on), (TaskStatus::Stopped, Some(3)));
    assert!(stand.commands().last().unwrap().contains("--delete-parameter"), "{:?}", stand.sent);
}

#[test]
fn a_guest_of_no_manager_that_neither_side_takes_back_is_not_lost() {
    let mut lab = shared_pair();
    let action =
        Action::Relocate { service: "web".to_owned(), to: "n2".to_owned(), how: Some(RelocateHow::Suspend), limits: Limits::default() };
    let cluster = lab.picture();
    assert!(plan_of(&action, &cluster, lab.now).is_ok(), "{:?}", plan_of(&action, &cluster, lab.now).map(|p| commands(&p)));
    let none = ManagerView { nodes: Vec::new(), ..stage::view_now() };
    let stand = Stand::on(lab, none, &action).run(|s, c| {
        if c.contains(" save ") {
            s.runs_on = None;
        }
        if c.contains(" restore ") { Fate::Fails } else { Fate::Well }
    });
    let task = stand.task();
    assert_eq!(task.status, TaskStatus::Failed);
    assert!(task.result.as_deref().unwrap().contains("RUNS NOWHERE: its memory is in "), "{:?}", task.result);
    assert!(task.notices.iter().any(|n| n.contains("on n1") && n.contains("restore --file")), "{:?}", task.notices);
}

#[test]
fn orphans_are_stopped_again_only_once_the_guest_is_none() {
    // It is taken out of the configuration and stays an orphan, for the manager does not forget it; it is not even taken out; all goes well.
    for (broken, orphan) in [("--refresh", true), ("--scope resources", false), ("nothing", false)] {
        let stand = Stand::begin(&Action::Service(ServiceVerb::Unregister, "vm1".to_owned())).run(|s, c| {
            if c.contains(broken) {
                return Fate::Fails;
            }
            if c.contains("--scope resources") {
                s.view.resources[0] = one(Primitive { orphaned: true, ..started("vm1", &["n1"]) });
            } else if c.contains("--refresh") {
                s.view.resources.remove(0);
            }
            Fate::Well
        });
        let status = if broken == "nothing" { TaskStatus::Done } else { TaskStatus::Failed };
        assert_eq!(stand.task().status, status, "{broken}: {:?}", stand.task());
        let last = "crm_attribute --type crm_config --name stop-orphan-resources --delete";
        assert_eq!(stand.commands().last() == Some(&last), !orphan, "{broken}: {:?}", stand.sent);
        assert_eq!(stand.task().result.as_deref().unwrap().contains(last), orphan, "who has to do it is told: {:?}", stand.task().result);
    }
}

#[test]
fn a_node_that_no_device_can_fence_does_not_pass_its_test() {
    let test = Action::Node(NodeVerb::TestFence, "n3".to_owned());
    let run = |devices| {
        let mut stand = Stand::begin(&test);
        stand.devices = devices;
        stand.run(|_, _| Fate::Well)
    };
    let stand = run(["done\n"; 3]);
    assert_eq!(stand.task().status, TaskStatus::Failed, "{:?}", stand.task());
    assert!(stand.task().result.as_deref().unwrap().contains("no node has a fence device for n3"), "{:?}", stand.task().result);
    // The node itself may be banned from its own device.
    let stand = run(["device 0 ipmi-n3\ndone\n", "device 0 ipmi-n3\ndone\n", "done\n"]);
    assert_eq!(stand.task().status, TaskStatus::Done, "{:?}", stand.task());
}

#[test]
fn a_guest_is_looked_for_where_the_manager_has_it() {
    let mut view = stage::view_now();
    view.resources[0] = one(stopped("vm1"));
    let start = Action::Service(ServiceVerb::Start, "vm1".to_owned());
    let run = |node: &'static str, by_libvirt: Option<u32>| {
        let mut lab = stage::lab(view.clone());
        // A member that quorate cannot reach.
        lab.down(3, LinkFault::Timeout);
        let mut stand = Stand::on(lab, view.clone(), &start);
        stand.runs_on = by_libvirt;
        stand.run(|s, c| {
            if c.contains("target-role") {
                s.view.resources[0] = one(started("vm1", &[node]));
            }
            Fate::Well
        })
    };
    let there = run("n3", Some(3));
    assert_eq!(there.task().status, TaskStatus::Done, "{:?}", there.task());
    assert!(there.task().proof.iter().any(|p| p.contains("vm1 is started on n3; libvirt could not be asked there")), "{:?}", there.task());
    assert_eq!(run("n2", Some(2)).task().status, TaskStatus::Done);
    // Where it can be asked its word counts.
    let denied = run("n2", Some(1));
    assert_eq!(denied.task().status, TaskStatus::Failed, "{:?}", denied.task());
    assert!(denied.task().result.as_deref().unwrap().contains("libvirt on n2 does not know vm1"), "{:?}", denied.task());
}

/// The world of a drain: what is banned from n2 goes to n3, what is moved to n2 comes.
fn drained(stand: &mut Stand, command: &str) -> Fate {
    let resource = |stand: &mut Stand, id: &str, node: &str| {
        let at = if id == "web" { 2 } else { 1 };
        stand.view.resources[at] = if id == "web" {
            let mut app = started("web-app", &[node]);
            "ocf:pacemaker:Dummy".clone_into(&mut app.agent);
            group("web", vec![app])
        } else {
            one(started(id, &[node]))
        };
    };
    for id in ["vm2", "web"] {
        if command.contains(&format!("--ban --resource {id} ")) {
            resource(stand, id, "n3");
        } else if command.contains(&format!("--move --resource {id} --node n2")) {
            resource(stand, id, "n2");
        }
    }
    if command.contains("--name standby") {
        stand.view.nodes[1].standby = command.contains("--update on");
    }
    Fate::Well
}

#[test]
fn a_drain_that_is_stopped_is_taken_back_as_far_as_it_came() {
    let drain = Action::Node(NodeVerb::Drain, "n2".to_owned());
    let stand = Stand::begin(&drain).run(|s, c| {
        if c.contains("--ban --resource vm2") {
            s.executor.stop(s.task);
        }
        drained(s, c)
    });
    let task = stand.task();
    assert_eq!(task.status, TaskStatus::Stopped);
    let back = Action::PutBack { node: "n2".to_owned(), services: vec!["vm2".to_owned()] };
    assert_eq!(task.undo, Some(back.clone()), "the group never moved");
    // The way back is no dead end: from the world as it is now.
    let (lab, view) = (stand.lab, stand.view);
    let stand = Stand::on(lab, view, &back).run(drained);
    assert_eq!(stand.task().status, TaskStatus::Done, "{:?}", stand.task());
    let sent = stand.commands();
    assert!(sent[0].starts_with("crm_resource --move --resource vm2 --node n2 --lifetime PT"), "{sent:?}");
    assert_eq!(sent[1..], ["crm_resource --clear --resource vm2 --node n2 --force"]);
}

#[test]
fn a_drain_is_taken_back_whole() {
    let drain = Action::Node(NodeVerb::Drain, "n2".to_owned());
    let stand = Stand::begin(&drain).run(drained);
    assert_eq!(stand.task().status, TaskStatus::Done, "{:?}", stand.task());
    let back = stand.task().undo.clone().unwrap();
    assert_eq!(back.to_string(), "unstandby n2 --back vm2,web");
    let half = stand.progress.iter().find(|p| p.words.starts_with("1 of 2 moved")).unwrap();
    assert!(half.percent == Some(50) && half.left.is_some(), "{half:?}");
    let stand = Stand::on(stand.lab, stand.view, &back).run(drained);
    assert_eq!(stand.task().status, TaskStatus::Done, "{:?}", stand.task());
    let sent = stand.commands().join("\n");
    let at = |what: &str| sent.find(what).unwrap_or_else(|| panic!("no {what} in {sent}"));
    assert!(at("--move --resource web --node n2") < at("--name standby --update off"), "{sent}");
    assert!(at("--name standby --update off") < at("--clear --resource vm2"), "{sent}");
}

#[test]
fn a_drain_ends_at_the_first_that_does_not_come_up_elsewhere() {
    // Its start fails on n3, or it is stopped there without a word.
    for fails in [true, false] {
        let stand = Stand::begin(&Action::Node(NodeVerb::Drain, "n2".to_owned())).run(|s, c| {
            if !c.contains("--ban --resource vm2 ") {
                return drained(s, c);
            }
            s.view.resources[1] = one(stopped("vm2"));
            if fails {
                s.view.history.push(fail_count("vm2", "n3", 1_000_000));
                s.view.failures.push(failure("vm2_start_0", "n3", "no such bridge"));
            } else {
                s.executor.stop(s.task);
            }
            Fate::Well
        });
        let task = stand.task();
        assert_eq!(task.status, if fails { TaskStatus::Failed } else { TaskStatus::Stopped }, "{task:?}");
        assert_eq!(task.result.as_deref().unwrap().starts_with("it did not come up: vm2 is "), fails, "{task:?}");
        let sent = stand.commands();
        assert!(!sent.iter().any(|c| c.contains("--ban --resource web") || c.contains("--update on")), "the next ones stay: {sent:?}");
        assert!(sent.contains(&"crm_resource --clear --resource vm2 --node n2"), "{sent:?}");
        assert_eq!(task.undo, Some(Action::PutBack { node: "n2".to_owned(), services: vec!["vm2".to_owned()] }));
    }
}

#[test]
fn a_standby_is_proved_by_what_runs_elsewhere() {
    let stand = Stand::begin(&Action::Node(NodeVerb::Standby, "n2".to_owned())).run(|s, c| {
        s.view.nodes[1].standby = c.contains("--update on");
        s.view.resources[1] = one(stopped("vm2"));
        drained(s, "--ban --resource web ")
    });
    let task = stand.task();
    assert_eq!(task.status, TaskStatus::Failed, "{task:?}");
    assert!(task.result.as_deref().unwrap().contains("vm2 is "), "{task:?}");
}

#[test]
fn a_drain_that_was_stopped_before_anything_moved_has_no_way_back() {
    let stand = Stand::begin(&Action::Node(NodeVerb::Drain, "n2".to_owned()));
    let stand = stand.run(|s, _| {
        s.executor.stop(s.task);
        Fate::Fails
    });
    assert_eq!((stand.task().status, stand.task().undo.clone()), (TaskStatus::Failed, None), "{:?}", stand.task());
}

#[test]
fn a_reboot_takes_no_vote_that_the_others_need_by_then() {
    let reboot = Action::Node(NodeVerb::Reboot, "n2".to_owned());
    // Another member dies while the node is drained; while its manager is stopped.
    for (at, last) in [("--update on", "crm_resource --clear --resource web --node n2"), ("stop pacemaker", "systemctl start pacemaker")] {
        let stand = Stand::begin(&reboot).run(|s, c| {
            if c.contains(at) {
                s.view.nodes[2].online = false;
                s.lab.down(3, LinkFault::Timeout);
            }
            drained(s, c)
        });
        assert_eq!(stand.task().status, TaskStatus::Failed, "{at}: {:?}", stand.task());
        assert!(stand.task().result.as_deref().unwrap().contains("without n2 the others lose quorum"), "{at}: {:?}", stand.task());
        assert_eq!(stand.commands().last(), Some(&last), "{at}: {:?}", stand.sent);
        assert!(!stand.commands().iter().any(|c| c.contains("stop corosync")), "{at}: {:?}", stand.sent);
        assert_eq!(stand.task().undo.as_ref().unwrap().to_string(), "unstandby n2 --back vm2,web", "{at}");
    }
}

/// The node that speaks for the manager may have another time than we.
#[test]
fn a_fencing_is_proved_by_a_history_that_a_slow_clock_has_timed() {
    const BEHIND: i64 = -60_000_000;
    let view = stage::view_now();
    let mut lab = stage::lab(view.clone());
    let now = lab.now;
    lab.say(1, Question::Clock, Observation::Clock(ClockSample { theirs: now.shifted(BEHIND), sent: now, received: now }));
    let fence = Action::Fence { node: "n2".to_owned(), how: FenceHow::Reboot };
    let stand = Stand::on(lab, view, &fence).run(|s, c| {
        assert!(c.contains("--reboot n2"), "{c}");
        s.view.nodes[1].online = false;
        s.view.resources[1] = one(started("vm2", &["n3"]));
        s.view.resources[2] = group("web", vec![started("web-app", &["n3"])]);
        s.view.fences = Some(vec![FenceRecord {
            target: "n2".to_owned(),
            action: "reboot".to_owned(),
            status: FenceStatus::Success,
            origin: None,
            client: None,
            delegate: None,
            completed: Some(s.lab.now.shifted(BEHIND)),
            completed_local: None,
            reason: None,
        }]);
        Fate::Well
    });
    assert_eq!(stand.task().status, TaskStatus::Done, "{:?}", stand.task());
}

/// Commands, notices, the way back.
type Said = (Vec<String>, Vec<String>, Undo);

fn put_back(cluster: &Cluster, services: &[&str]) -> Result<Said, Vec<(&'static str, String)>> {
    let services = services.iter().map(|s| (*s).to_owned()).collect();
    let action = Action::PutBack { node: "n2".to_owned(), services };
    plan_of(&action, cluster, crate::state::build::START)
        .map(|plan| (commands(&plan).into_iter().map(|(_, c)| c).collect(), plan.notices.clone(), plan.undo.clone()))
        .map_err(|against| against.into_iter().map(|r| (r.code, format!("{} / {}", r.why, r.lift))).collect())
}

#[test]
fn what_cannot_be_put_back_is_named_with_what_would_lift_it() {
    let mut view = stage::view_now();
    view.resources[0] = one(started("vm1", &["n3"]));
    view.resources.push(one(stopped("down")));
    view.resources.push(one(Primitive { managed: false, ..started("held", &["n1"]) }));
    let cluster = stage::lab(view.clone()).picture();
    let (sent, notes, undo) = put_back(&cluster, &["vm1", "down", "held", "gone", "vm2"]).unwrap();
    assert!(sent.iter().all(|c| c.contains("vm1")), "{sent:?}");
    assert_eq!(undo, Undo::By(Action::Node(NodeVerb::Drain, "n2".to_owned())));
    let notes = notes.join("\n");
    for needed in
        ["down is stopped", "quorate act start down", "held is unmanaged", "quorate act unfreeze held", "no service 'gone' any more"]
    {
        assert!(notes.contains(needed), "{needed}: {notes}");
    }
    assert!(!notes.contains("vm2"), "it is there: {notes}");
    assert_eq!(put_back(&cluster, &["down"]).unwrap_err()[0].0, "not-running");
    assert_eq!(put_back(&cluster, &["vm2"]).unwrap_err()[0].0, "already");
    view.nodes[1].online = false;
    let away = put_back(&stage::lab(view).picture(), &["vm1"]).unwrap_err();
    assert_eq!(away[0].0, "not-online", "{away:?}");
}
