//! Guests that run where the manager does not have them: nothing that would have it start them once more is planned.

use quorate::action::condition::Seen;
use quorate::action::inquiry::Finding;
use quorate::action::plan::Plan;
use quorate::action::{Findings, Refusal};
use quorate::domain::cluster::{Cluster, MemberStatus};
use quorate::domain::node::{LinkFault, LinkTrouble, Reach};
use quorate::domain::observation::manager::{ManagerView, Primitive};
use quorate::domain::observation::simulation::GuestState;
use quorate::domain::stamp::Stamp;
use quorate::domain::task::{Action, ServiceVerb};

use super::stage::{self, plan_of, plan_with};
use crate::state::build::{START, one, started, stopped};

fn on(verb: ServiceVerb) -> Action {
    Action::Service(verb, "vm1".to_owned())
}

/// libvirt has vm1 running on n1, the manager as it is told here.
fn picture(vm1: Primitive, maintenance: bool) -> Cluster {
    let mut view: ManagerView = stage::view_now();
    view.resources[0] = one(vm1);
    view.options.maintenance_mode = Some(maintenance);
    let mut lab = stage::lab(view);
    stage::guests(&mut lab);
    (*lab.picture()).clone()
}

fn frozen(primitive: Primitive) -> Primitive {
    Primitive { managed: false, ..primitive }
}

fn why(planned: Result<Plan, Vec<Refusal>>) -> Vec<(&'static str, String)> {
    planned.err().into_iter().flatten().map(|r| (r.code, format!("{} / {}", r.why, r.lift))).collect()
}

#[test]
fn what_runs_elsewhere_is_not_started_once_more() {
    let cases = [
        (on(ServiceVerb::Start), picture(stopped("vm1"), false)),
        (on(ServiceVerb::Unfreeze), picture(frozen(started("vm1", &["n3"])), false)),
        (on(ServiceVerb::Unfreeze), picture(frozen(stopped("vm1")), false)),
        (Action::Maintenance { on: false }, picture(started("vm1", &["n3"]), true)),
        (Action::Maintenance { on: false }, picture(stopped("vm1"), true)),
    ];
    for (action, cluster) in cases {
        let against = why(plan_of(&action, &cluster, START));
        assert!(matches!(&against[..], [("guest-twice", text)] if text.contains("vm1 is running on n1")), "{action}: {against:?}");
        assert!(against[0].1.contains("crm_resource --refresh --resource vm1"), "{action}: {against:?}");
        // libvirt is asked before that is believed; and what moves is where the manager will have it.
        let gone = |_: &quorate::action::Query, finding: &mut Finding| {
            if let Finding::State(state) = finding {
                *state = GuestState::Absent;
            }
        };
        assert_eq!(why(plan_with(&action, &cluster, START, gone)), [], "{action}");
        let mut moving = cluster.clone();
        for guest in moving.guests.iter_mut().filter(|g| g.name == "vm1") {
            guest.migrating = true;
        }
        assert_eq!(why(plan_of(&action, &moving, START)), [], "{action}");
        // Nobody says any more what is there: it runs, unless the node is known to be off.
        let mut silent = cluster.clone();
        for guest in silent.guests.iter_mut().filter(|g| g.name == "vm1") {
            guest.stale = true;
        }
        assert!(matches!(&why(plan_of(&action, &silent, START))[..], [("guest-twice", _)]), "{action}");
        let n1 = silent.members.iter_mut().find(|m| &*m.name == "n1").unwrap();
        let trouble = LinkTrouble { fault: LinkFault::Timeout, text: "no answer".to_owned() };
        (n1.status, n1.reach) = (MemberStatus::Offline, Reach::Down { since: START, trouble });
        assert!(!why(plan_of(&action, &silent, START)).iter().any(|(code, _)| *code == "guest-twice"), "{action}");
    }
}

#[test]
fn what_runs_where_the_manager_has_it_is_in_nobodys_way() {
    let cases = [
        (on(ServiceVerb::Unfreeze), picture(frozen(started("vm1", &["n1"])), false)),
        (Action::Maintenance { on: false }, picture(started("vm1", &["n1"]), true)),
        // It stays frozen when the maintenance ends.
        (Action::Maintenance { on: false }, picture(frozen(started("vm1", &["n3"])), true)),
        // Another one than that which runs astray.
        (Action::Service(ServiceVerb::Freeze, "vm2".to_owned()), picture(stopped("vm1"), false)),
    ];
    for (action, cluster) in cases {
        assert_eq!(why(plan_of(&action, &cluster, START)), [], "{action}");
    }
}

#[test]
fn a_start_is_proved_by_the_other_nodes_too() {
    let mut view = stage::view_now();
    view.resources[0] = one(stopped("vm1"));
    let plan = plan_of(&on(ServiceVerb::Start), &stage::lab(view).picture(), START).unwrap();
    let alone = plan.proof.last().unwrap();
    assert_eq!(alone.words(), "libvirt has vm1 running on no other node");
    let mut view = stage::view_now();
    view.resources[0] = one(started("vm1", &["n2"]));
    let cluster = stage::lab(view).picture();
    let due: Vec<&str> = alone.due(&cluster).into_iter().map(|query| &*query.node).collect();
    assert_eq!(due, ["n1", "n3"]);
    for (on, holds) in [(&["n2"][..], true), (&["n1", "n2"], false), (&["n3"], false)] {
        let mut found = Findings::default();
        for query in alone.queries() {
            let state = if on.contains(&&*query.node) { GuestState::Is("running".to_owned(), None) } else { GuestState::Absent };
            found.put(query.clone(), Ok(Finding::State(state)));
        }
        let verdict = alone.judge(&Seen { cluster: &cluster, found: &found, since: Stamp(0) });
        assert_eq!(verdict.holds(), holds, "{on:?}: {verdict:?}");
    }
    let unasked = alone.judge(&Seen { cluster: &cluster, found: &Findings::default(), since: Stamp(0) });
    assert!(!unasked.holds(), "{unasked:?}");
}
