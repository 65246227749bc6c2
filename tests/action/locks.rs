//! Where the lock of an action lies, and what it is begun without: quorates that must not act at once meet on a node.

use std::collections::VecDeque;

use quorate::action::{Executor, Journal, Out, Session, gate};
use quorate::domain::guest::GuestState as Seen;
use quorate::domain::node::LinkFault;
use quorate::domain::observation::corosync::QuorumView;
use quorate::domain::role::Role;
use quorate::domain::task::{Action, FenceHow, NodeVerb, ServiceVerb, Task, TaskStatus};
use quorate::link::{Order, Report};

use super::plain::{hosts, row, verb};
use super::stage::{self, plan_of};
use crate::state::build::{Lab, online, ring, view};

const HELD: &str = "held\n";
const BUSY: &str = "busy fence n9 by ben@host, aaaa\n";
/// What a node does that says nothing of the lock.
const SILENT: &str = "";
const BREAKS: &str = "breaks";

fn fence(node: &str) -> Action {
    Action::Fence { node: node.to_owned(), how: FenceHow::Reboot }
}

fn on(verb: NodeVerb, node: &str) -> Action {
    Action::Node(verb, node.to_owned())
}

fn three() -> Lab {
    stage::lab(stage::view_now())
}

/// Two members, one of which is enough.
fn two() -> Lab {
    let mut lab = Lab::of(&["n1", "n2"]);
    for id in 1..=2 {
        let both = ring(id, true, 1, &[(1, "n1", 1), (2, "n2", 1)]);
        lab.quorum(id, QuorumView { flags: vec!["2Node".to_owned()], ..both });
    }
    lab.manager(1, view(vec![online("n1", 1), online("n2", 2)], Vec::new()));
    lab
}

/// The nodes that are asked for the lock, in this order, how many changing commands are sent then, and the task. `says`: what each node answers.
fn begun(action: &Action, mut lab: Lab, says: impl Fn(u32) -> &'static str) -> (Vec<u32>, usize, Task) {
    let dir = tempfile::tempdir().unwrap();
    let mut executor = Executor::new(Journal::open(&dir.path().join("journal.jsonl"), None).unwrap());
    let cluster = lab.picture();
    let plan = plan_of(action, &cluster, lab.now).unwrap_or_else(|why| panic!("{action}: {why:?}"));
    let session = Session { role: Role::Admin, typed: Some(plan.target.to_string()), ..Session::default() };
    let ticket = gate::open(plan, &cluster, &session, lab.now).unwrap_or_else(|why| panic!("{action}: {why:?}"));
    let (task, out) = executor.start(ticket, &cluster, lab.now).unwrap();
    let mut out: VecDeque<Out> = out.into();
    let (mut asked, mut sent) = (Vec::new(), 0);
    while let Some(one) = out.pop_front() {
        match one {
            Out::Order(node, Order::Follow { id, .. }) => {
                asked.push(node.0);
                let report = match says(node.0) {
                    SILENT => {
                        lab.pass(16_000);
                        out.extend(executor.tick(&cluster, lab.now));
                        continue;
                    }
                    BREAKS => Report::Ended { id, why: "the connection broke".to_owned() },
                    line => Report::Data { id, bytes: line.as_bytes().to_vec(), at: lab.now },
                };
                out.extend(executor.report(report, &cluster, lab.now).unwrap());
            }
            Out::Order(_, Order::Change(_)) => sent += 1,
            _ => {}
        }
    }
    let task = executor.task(task).unwrap().clone();
    (asked, sent, task)
}

fn asked(action: &Action, lab: Lab) -> Vec<u32> {
    let (asked, sent, task) = begun(action, lab, |_| HELD);
    assert_eq!(sent, 1, "{action}: {task:?}");
    asked
}

#[test]
fn whatever_is_done_to_a_node_the_same_other_node_has_its_lock() {
    // The first is the DC.
    for (node, keeper) in [("n1", 2), ("n2", 1), ("n3", 1)] {
        for verb in [NodeVerb::Standby, NodeVerb::Drain, NodeVerb::Leave, NodeVerb::Reboot] {
            assert_eq!(asked(&on(verb, node), three()), [keeper], "{verb:?} {node}");
        }
    }
    let mut alone = three();
    alone.down(2, LinkFault::Timeout).down(3, LinkFault::Timeout);
    assert_eq!(asked(&on(NodeVerb::Drain, "n1"), alone), [1], "there is no other");
}

#[test]
fn any_two_fencings_meet() {
    let all = ["n1", "n2", "n3"].map(|node| asked(&fence(node), three()));
    assert_eq!(all, [[2, 3], [1, 3], [1, 2]]);
    assert_eq!(["n1", "n2"].map(|node| asked(&fence(node), two())), [[1, 2], [1, 2]]);
    let mut dead = two();
    dead.down(2, LinkFault::Timeout);
    assert_eq!(asked(&fence("n2"), dead), [1]);
}

#[test]
fn a_fencing_that_meets_another_one_is_refused() {
    for (node, busy) in [("n1", 2), ("n1", 3), ("n2", 1)] {
        let (_, sent, task) = begun(&fence(node), three(), |n| if n == busy { BUSY } else { HELD });
        assert_eq!((sent, task.status), (0, TaskStatus::Refused), "{node}: {task:?}");
        assert!(task.result.as_deref().unwrap().contains("fence n9 by ben@host"), "{task:?}");
    }
    for broken in [SILENT, BREAKS] {
        let (_, sent, task) = begun(&fence("n1"), three(), |n| if n == 3 { broken } else { HELD });
        assert_eq!((sent, task.status), (0, TaskStatus::Refused), "whether it is held there is not known: {task:?}");
    }
}

#[test]
fn a_node_that_hangs_does_not_keep_itself_from_being_fenced() {
    for broken in [SILENT, BREAKS] {
        for (fenced, other) in [(1, 2), (2, 1)] {
            let action = fence(&format!("n{fenced}"));
            let (_, sent, task) = begun(&action, two(), |n| if n == fenced { broken } else { HELD });
            assert_eq!(sent, 1, "{task:?}");
            assert!(task.notices.iter().any(|n| n.starts_with("one lock less keeps other quorates off")), "{task:?}");
            let (_, sent, task) = begun(&action, two(), |n| if n == other { broken } else { HELD });
            assert_eq!((sent, task.status), (0, TaskStatus::Refused), "{task:?}");
        }
    }
}

/// Without a manager each quorate may mean another row of one guest: the lock lies wherever that is.
#[test]
fn a_guest_that_several_hosts_have_is_locked_on_each() {
    let both = || hosts(vec![row("web", "u1", Seen::Shutoff)], vec![row("web", "u1", Seen::Shutoff)]);
    for node in ["n1", "n2"] {
        let start = verb(ServiceVerb::Start, &format!("web@{node}"));
        let (asked, sent, _) = begun(&start, both(), |_| HELD);
        assert_eq!((asked, sent), (vec![1, 2], 1), "{node}");
        let (asked, sent, task) = begun(&start, both(), |at| if at == 2 { BUSY } else { HELD });
        assert_eq!((asked, sent, task.status), (vec![1, 2], 0, TaskStatus::Refused), "{node}");
    }
}
