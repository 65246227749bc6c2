//! What plans say: exact commands, where, and what happens to everything else.

use quorate::action::inquiry::Finding;
use quorate::action::plan::{Confirm, FateKind, Undo};
use quorate::domain::cluster::Cluster;
use quorate::domain::observation::simulation::GuestState;
use quorate::domain::task::{Action, FenceHow, NodeVerb, RelocateHow, ServiceVerb};

use super::stage::{self, commands, plan_of, plan_with};
use crate::state::build::START;

fn relocate(how: Option<RelocateHow>) -> Action {
    Action::Relocate { service: "vm1".to_owned(), to: "n3".to_owned(), how }
}

fn refused(action: &Action, cluster: &Cluster) -> Vec<&'static str> {
    plan_of(action, cluster, START).unwrap_err().iter().map(|r| r.code).collect()
}

#[test]
fn live_is_a_constraint_a_wait_and_no_constraint() {
    let plan = plan_of(&relocate(None), &stage::cluster(), START).unwrap();
    let commands = commands(&plan);
    assert_eq!(commands.len(), 2);
    assert!(commands[0].1.starts_with("crm_resource --move --resource vm1 --node n3 --lifetime PT"), "{commands:?}");
    assert_eq!(commands[1].1, "crm_resource --clear --resource vm1");
    assert_eq!(plan.undo, Undo::By(Action::Relocate { service: "vm1".to_owned(), to: "n1".to_owned(), how: Some(RelocateHow::Live) }));
    assert!(plan.ways.iter().all(|w| w.closed.is_empty()), "{:?}", plan.ways);
    assert_eq!((plan.consequences.fates[0].service.as_str(), plan.consequences.fates[0].kind), ("vm1", FateKind::Migrates));
    assert_eq!(plan.proof.len(), 4, "the manager, the constraints, and libvirt on both nodes");
}

#[test]
fn the_ways_say_why_they_are_closed() {
    let cluster = stage::cluster();
    let unlike = |query: &quorate::action::Query, finding: &mut Finding| match finding {
        Finding::Primitive(config) => config.meta.clear(),
        Finding::Simulation(sim) => {
            sim.actions.iter_mut().for_each(|a| a.action = quorate::domain::observation::simulation::SimAction::Move);
        }
        Finding::Place(place) if &*query.node == "n3" => place.config_file = Some("1:2:3".to_owned()),
        _ => {}
    };
    let plan = plan_with(&relocate(None), &cluster, START, unlike).unwrap();
    let closed = |how| plan.ways.iter().find(|w| w.how == how).unwrap().closed.join("; ");
    assert!(closed(RelocateHow::Live).contains("allow-migrate is not set"), "{}", closed(RelocateHow::Live));
    assert!(closed(RelocateHow::Suspend).contains("not shared"), "{}", closed(RelocateHow::Suspend));
    assert_eq!(closed(RelocateHow::Restart), "");
    assert_eq!(plan.consequences.fates[0].kind, FateKind::Moves);
    let against = plan_with(&relocate(Some(RelocateHow::Live)), &cluster, START, unlike).unwrap_err();
    assert_eq!((against[0].code, against[0].lift.as_str()), ("way-closed", "possible is: --how restart"));
}

#[test]
fn restart_of_a_guest_that_could_migrate_switches_that_off_and_on_again() {
    let plan = plan_of(&relocate(Some(RelocateHow::Restart)), &stage::cluster(), START).unwrap();
    let all: Vec<String> = commands(&plan).into_iter().map(|(_, c)| c).collect();
    assert_eq!(all[0], "crm_resource --resource vm1 --meta --set-parameter allow-migrate --parameter-value false");
    assert_eq!(all.last().unwrap(), "crm_resource --resource vm1 --meta --set-parameter allow-migrate --parameter-value true");
}

#[test]
fn suspend_goes_around_the_manager_and_uses_the_image_once() {
    let plan = plan_of(&relocate(Some(RelocateHow::Suspend)), &stage::cluster(), START).unwrap();
    let all = commands(&plan);
    assert_eq!(all[1], ("n1".to_owned(), "virsh -c qemu:///system save --domain vm1 --file /srv/shared/vm1.quorate-save".to_owned()));
    assert_eq!((all[2].0.as_str(), all[3].0.as_str()), ("n3", "n1"), "restored there; back here if that failed");
    assert_eq!(all.last().unwrap().1, "crm_resource --resource vm1 --meta --delete-parameter is-managed");
}

#[test]
fn a_bad_target_is_named() {
    let cluster = stage::cluster();
    let to = |to: &str| Action::Relocate { service: "vm1".to_owned(), to: to.to_owned(), how: None };
    assert_eq!(refused(&to("n9"), &cluster), ["unknown-target"]);
    assert_eq!(refused(&to("n1"), &cluster), ["already-there"]);
    assert_eq!(refused(&Action::Service(ServiceVerb::Stop, "vm".to_owned()), &cluster), ["unknown-target"]);
    assert_eq!(refused(&Action::Fence { node: "n22".to_owned(), how: FenceHow::Off }, &cluster), ["unknown-target"]);
    assert_eq!(refused(&Action::Service(ServiceVerb::Reset, "web-app".to_owned()), &cluster), ["not-a-guest"]);
    assert_eq!(refused(&Action::Service(ServiceVerb::Cancel, "vm1".to_owned()), &cluster), ["not-migrating"]);
    assert_eq!(refused(&Action::Service(ServiceVerb::Enable, "vm1".to_owned()), &cluster), ["wrong-stack"]);
}

#[test]
fn a_member_of_a_group_moves_with_its_group() {
    let action = Action::Relocate { service: "web-app".to_owned(), to: "n3".to_owned(), how: Some(RelocateHow::Restart) };
    let plan = plan_with(&action, &stage::cluster(), START, |_, finding| match finding {
        Finding::Simulation(sim) => sim.actions[0].resource = "web-app".to_owned(),
        Finding::Primitive(config) => config.meta.clear(),
        _ => {}
    })
    .unwrap();
    assert!(commands(&plan)[0].1.contains("--resource web --node n3"), "{:?}", commands(&plan));
    assert!(plan.notices.iter().any(|n| n.contains("all of it moves")), "{:?}", plan.notices);
}

#[test]
fn fencing_says_who_dies_where_it_restarts_and_whether_the_node_lives() {
    let plan = plan_of(&Action::Fence { node: "n2".to_owned(), how: FenceHow::Reboot }, &stage::cluster(), START).unwrap();
    assert_eq!(commands(&plan), [("n1".to_owned(), "stonith_admin --reboot n2 --tag quorate-7f3a90c2 --timeout 120".to_owned())]);
    let fates: Vec<_> = plan.consequences.fates.iter().map(|f| (f.service.as_str(), f.kind, f.to.as_deref())).collect();
    assert!(fates.contains(&("vm2", FateKind::DiesRestarts, Some("n3"))), "{fates:?}");
    let quorum = plan.consequences.quorum.as_ref().unwrap();
    assert_eq!((quorum.votes, quorum.after, quorum.needed, quorum.quorate, quorum.can_lose), (3, 2, 2, true, 0));
    assert!(plan.notices.iter().any(|n| n.contains("this node is alive")), "{:?}", plan.notices);
    assert!(plan.notices.iter().any(|n| n.contains("no fence device")), "{:?}", plan.notices);
    assert_eq!(plan.confirm, Confirm::TypeName);
    assert!(matches!(plan.undo, Undo::Never(_)));
}

#[test]
fn a_drain_goes_one_by_one_and_leaves_no_constraint() {
    let plan = plan_of(&Action::Node(NodeVerb::Drain, "n2".to_owned()), &stage::cluster(), START).unwrap();
    let all: Vec<String> = commands(&plan).into_iter().map(|(_, c)| c).collect();
    let at = |what: &str| all.iter().position(|c| c.contains(what)).unwrap_or_else(|| panic!("no {what} in {all:?}"));
    assert!(at("--ban --resource vm2") < at("--name standby --update on"));
    assert!(at("--ban --resource web --node n2") < at("--name standby --update on"), "the group as one");
    assert!(at("--clear --resource vm2 --node n2") > at("--name standby --update on"));
    assert!(!all.iter().any(|c| c.contains("web-app")), "no part of a group by itself: {all:?}");
    assert_eq!(plan.undo, Undo::By(Action::Node(NodeVerb::Unstandby, "n2".to_owned())));
}

#[test]
fn a_guest_is_only_resumed_where_its_other_half_cannot_run() {
    let state = |state: &'static str, reason: &'static str| {
        move |_: &quorate::action::Query, finding: &mut Finding| {
            if let Finding::Place(place) = finding {
                place.guest = GuestState::Is(state.to_owned(), Some(reason.to_owned()));
            }
        }
    };
    let resume = Action::Service(ServiceVerb::Resume, "vm1".to_owned());
    let cluster = stage::cluster();
    assert!(plan_with(&resume, &cluster, START, state("paused", "user")).is_ok());
    assert_eq!(plan_with(&resume, &cluster, START, state("paused", "migrating")).unwrap_err()[0].code, "guest-state");
    assert_eq!(plan_with(&resume, &cluster, START, state("running", "booted")).unwrap_err()[0].code, "guest-state");
}

#[test]
fn names_stay_data() {
    let mut view = stage::view_now();
    let hostile = "vm1'; reboot #";
    view.resources[0] = crate::state::build::one(crate::state::build::started(hostile, &["n1"]));
    let cluster = stage::lab(view).picture();
    let plan = plan_of(&Action::Service(ServiceVerb::Freeze, hostile.to_owned()), &cluster, START).unwrap();
    let command = commands(&plan)[0].1.clone();
    assert!(command.contains("'vm1'\\''; reboot #'"), "{command}");
}
