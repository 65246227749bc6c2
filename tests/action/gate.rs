//! What the gate refuses, and what it says.

use quorate::action::gate::{self, Other};
use quorate::action::{Refusal, Session};
use quorate::domain::cluster::MemberStatus;
use quorate::domain::node::{LinkFault, LinkTrouble, NodeKey, Reach};
use quorate::domain::observation::manager::{FenceRecord, FenceStatus};
use quorate::domain::observation::{Observation, Question};
use quorate::domain::role::Role;
use quorate::domain::task::{Action, FenceHow, Limits, NodeVerb, RelocateHow, ServiceVerb};

use super::stage::{self, plan_of};
use crate::state::build::{START, one, ring, started};

fn relocate() -> Action {
    Action::Relocate { service: "vm1".to_owned(), to: "n3".to_owned(), how: Some(RelocateHow::Live), limits: Limits::default() }
}

fn fence(node: &str) -> Action {
    Action::Fence { node: node.to_owned(), how: FenceHow::Reboot }
}

fn admin() -> Session {
    Session { role: Role::Admin, ..Session::default() }
}

fn codes(against: &[Refusal]) -> Vec<&'static str> {
    assert!(against.iter().all(|r| !r.why.is_empty() && !r.lift.is_empty()), "each says why and what lifts it: {against:?}");
    against.iter().map(|r| r.code).collect()
}

#[test]
fn a_plan_on_a_healthy_cluster_passes() {
    let cluster = stage::cluster();
    for action in [relocate(), fence("n2"), Action::Maintenance { on: true }, Action::Service(ServiceVerb::Suspend, "vm1".to_owned())] {
        let plan = plan_of(&action, &cluster, START).unwrap();
        assert_eq!(codes(&gate::refusals(&plan, &cluster, &admin(), START)), [""; 0], "{action}");
    }
}

#[test]
fn a_member_may_join_what_has_no_quorum() {
    let mut view = stage::view_now();
    view.nodes[1].online = false;
    let mut cluster = (*stage::lab(view).picture()).clone();
    cluster.quorum.quorate = Some(false);
    let plan = plan_of(&Action::Node(NodeVerb::Join, "n2".to_owned()), &cluster, START).unwrap();
    assert_eq!(codes(&gate::refusals(&plan, &cluster, &admin(), START)), [""; 0], "it brings quorum back");
}

#[test]
fn role_and_mode() {
    let cluster = stage::cluster();
    let plan = |action: &Action| plan_of(action, &cluster, START).unwrap();
    let of = |role, read_only, action: &Action| {
        codes(&gate::refusals(&plan(action), &cluster, &Session { role, read_only, ..Session::default() }, START))
    };
    assert_eq!(of(Role::Viewer, true, &relocate()), ["role"]);
    assert_eq!(of(Role::Operator, true, &relocate()), ["read-only"]);
    assert_eq!(of(Role::Operator, false, &fence("n2")), [""; 0]);
    assert_eq!(of(Role::Operator, false, &Action::Node(NodeVerb::Leave, "n2".to_owned())), ["role"]);
}

#[test]
fn a_wrong_name_is_refused_and_the_right_one_is_not() {
    let cluster = stage::cluster();
    let open = |action: &Action, typed: &str| {
        let session = Session { typed: Some(typed.to_owned()), ..admin() };
        gate::open(plan_of(action, &cluster, START).unwrap(), &cluster, &session, START).map(|_| ()).map_err(|r| codes(&r))
    };
    assert_eq!(open(&fence("n2"), "n2"), Ok(()));
    for wrong in ["n3", "N2", "n2 ", "", "node2"] {
        assert_eq!(open(&fence("n2"), wrong), Err(vec!["wrong-confirm"]), "{wrong:?}");
    }
    assert_eq!(open(&Action::Maintenance { on: true }, "on"), Ok(()));
    assert_eq!(open(&Action::Maintenance { on: true }, "lab"), Err(vec!["wrong-confirm"]), "the cluster has no name here");
}

#[test]
fn without_quorum_only_what_is_safe() {
    let mut lab = stage::lab(stage::view_now());
    for id in 1..=3 {
        lab.quorum(id, ring(id, false, 3, &[(1, "n1", 1), (2, "n2", 1)]));
    }
    let cluster = lab.picture();
    let of = |action: &Action| codes(&gate::refusals(&plan_of(action, &cluster, START).unwrap(), &cluster, &admin(), START));
    assert!(of(&relocate()).contains(&"no-quorum"));
    assert!(of(&fence("n3")).contains(&"no-quorum"));
    assert_eq!(of(&Action::Service(ServiceVerb::Suspend, "vm1".to_owned())), [""; 0]);
    assert_eq!(of(&Action::Node(NodeVerb::TestFence, "n1".to_owned())), [""; 0]);
}

#[test]
fn old_data_and_a_target_that_moved() {
    let mut lab = stage::lab(stage::view_now());
    let before = lab.picture();
    let plan = plan_of(&relocate(), &before, START).unwrap();
    let later = lab.pass(60_000).now;
    assert_eq!(codes(&gate::refusals(&plan, &before, &admin(), later)), ["stale"]);
    let mut moved = stage::view_now();
    moved.resources[0] = one(started("vm1", &["n2"]));
    lab.manager(1, moved);
    let against = gate::refusals(&plan, &lab.picture(), &admin(), later);
    assert_eq!(codes(&against), ["target-moved"]);
    assert!(against[0].why.contains("n1") && against[0].why.contains("n2"), "{against:?}");
}

#[test]
fn what_is_in_flight() {
    let cluster = stage::cluster();
    let plan = plan_of(&relocate(), &cluster, START).unwrap();
    let other = |target: &str, ago: i64| Other {
        tag: "aaaa".to_owned(),
        target: target.to_owned(),
        words: "restart vm1 by ben@host".to_owned(),
        at: START.shifted(-ago * 1_000_000),
    };
    let of = |others| codes(&gate::refusals(&plan, &cluster, &Session { others, ..admin() }, START));
    assert_eq!(of(vec![other("vm1", 5)]), ["in-flight-elsewhere"]);
    assert_eq!(of(vec![other("vm2", 5), other("vm1", 3600)]), [""; 0]);
    let mut moving = stage::view_now();
    let mut vm1 = started("vm1", &["n1"]);
    vm1.pending = Some("Migrating".to_owned());
    moving.resources[0] = one(vm1);
    let cluster = stage::lab(moving).picture();
    let plan = plan_of(&Action::Service(ServiceVerb::Freeze, "vm1".to_owned()), &cluster, START).unwrap();
    assert_eq!(codes(&gate::refusals(&plan, &cluster, &admin(), START)), ["in-transit"]);
}

#[test]
fn a_fencing_that_would_cost_the_quorum() {
    let mut view = stage::view_now();
    view.nodes[2].online = false;
    let mut lab = stage::lab(view);
    for id in 1..=2 {
        lab.quorum(id, ring(id, true, 2, &[(1, "n1", 1), (2, "n2", 1)]));
    }
    lab.down(3, LinkFault::Timeout);
    let cluster = lab.picture();
    let plan = plan_of(&fence("n2"), &cluster, START).unwrap();
    assert_eq!(codes(&gate::refusals(&plan, &cluster, &admin(), START)), ["quorum-lost"]);
    let dead = plan_of(&fence("n3"), &cluster, START).unwrap();
    assert_eq!(codes(&gate::refusals(&dead, &cluster, &admin(), START)), [""; 0]);
    // One whose stop failed, or whose manager has ended, votes as long as the ring has it.
    for status in [MemberStatus::Unclean, MemberStatus::Pending, MemberStatus::Offline] {
        let mut sick = (*cluster).clone();
        sick.members[1].status = status;
        let plan = plan_of(&fence("n2"), &sick, START).unwrap();
        assert!(codes(&gate::refusals(&plan, &sick, &admin(), START)).contains(&"quorum-lost"), "{status:?}");
    }
}

#[test]
fn one_fencing_at_a_time() {
    let mut lab = stage::lab(stage::view_now());
    let record = FenceRecord {
        target: "n3".to_owned(),
        action: "reboot".to_owned(),
        status: FenceStatus::Pending,
        origin: None,
        client: None,
        delegate: None,
        completed: None,
        completed_local: None,
        reason: None,
    };
    lab.say(1, Question::FenceHistory, Observation::FenceHistory(vec![record]));
    let cluster = lab.picture();
    let plan = plan_of(&fence("n2"), &cluster, START).unwrap();
    assert_eq!(codes(&gate::refusals(&plan, &cluster, &admin(), START)), ["fence-pending"]);
}

#[test]
fn nobody_says_of_a_live_node_that_it_is_off() {
    let confirm = Action::Node(NodeVerb::ConfirmFence, "n3".to_owned());
    let alive = stage::cluster();
    let against = gate::refusals(&plan_of(&confirm, &alive, START).unwrap(), &alive, &admin(), START);
    assert_eq!(codes(&against), ["alive", "alive", "alive"], "SSH, the manager and corosync: {against:?}");

    let mut view = stage::view_now();
    (view.nodes[2].online, view.nodes[2].unclean) = (false, true);
    let mut lab = stage::lab(view);
    for id in 1..=2 {
        lab.quorum(id, ring(id, true, 2, &[(1, "n1", 1), (2, "n2", 1)]));
    }
    let ssh_answers = lab.picture();
    assert_eq!(ssh_answers.member("n3").unwrap().status, MemberStatus::Unclean);
    let plan = plan_of(&confirm, &ssh_answers, START).unwrap();
    assert!(codes(&gate::refusals(&plan, &ssh_answers, &admin(), START)).contains(&"alive"));
    for fault in LinkFault::ALL {
        use LinkFault as F;
        lab.down(3, fault);
        let cluster = lab.picture();
        let plan = plan_of(&confirm, &cluster, START).unwrap();
        let against = codes(&gate::refusals(&plan, &cluster, &admin(), START));
        // What lets nobody in is there all the same.
        let lives = matches!(fault, F::Auth | F::Hostkey | F::Sessions | F::Protocol);
        assert_eq!(against, if lives { vec!["alive"] } else { Vec::new() }, "{fault:?}");
        let signs = plan.notices.join("\n");
        assert_eq!(signs.contains("n3 ANSWERS (SSH: "), lives, "{fault:?}: {signs}");
        assert_eq!(signs.contains("the host of n3 ANSWERS"), fault == F::Refused, "{fault:?}: {signs}");
    }
    // A host on the way is another one: whether this one lives nobody has tried.
    let trouble = LinkTrouble { fault: LinkFault::Auth, text: "jump host bastion: it took none of our keys".to_owned() };
    lab.store.reach(NodeKey(3), Reach::Down { since: START, trouble });
    let dead = lab.picture();
    let plan = plan_of(&confirm, &dead, START).unwrap();
    assert_eq!(codes(&gate::refusals(&plan, &dead, &admin(), START)), ["not-looked"]);
    // What the manager has never heard of it would invent.
    let mut strange = (*dead).clone();
    strange.members[2].status = MemberStatus::Unknown;
    let plan = plan_of(&confirm, &strange, START).unwrap();
    assert_eq!(codes(&gate::refusals(&plan, &strange, &admin(), START)), ["not-looked", "unknown-target"]);
}
