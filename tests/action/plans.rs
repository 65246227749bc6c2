//! What plans say: exact commands, where, and what happens to everything else.

use quorate::action::condition::{Condition, Seen};
use quorate::action::inquiry::{Finding, What};
use quorate::action::plan::{self, Confirm, FateKind, Undo, When, Work};
use quorate::domain::cluster::{Cluster, Filesystem, PhysicalVolume, Volume, VolumeGroup};
use quorate::domain::observation::manager::Primitive;
use quorate::domain::observation::simulation::{CpuFit, GuestState, Origin, VolumeFacts};
use quorate::domain::observation::{Trouble, TroubleKind};
use quorate::domain::task::{Action, FenceHow, GrowSize, Limits, NodeVerb, RelocateHow, ServiceVerb, VolumeName};

use super::stage::{self, commands, plan_of, plan_with};
use crate::state::build::{START, group, one, started, stopped};

fn relocate(how: Option<RelocateHow>) -> Action {
    Action::Relocate { service: "vm1".to_owned(), to: "n3".to_owned(), how, limits: Limits::default() }
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
    assert_eq!(commands[1].1, "crm_resource --clear --resource vm1 --node n3 --force");
    assert_eq!(
        plan.undo,
        Undo::By(Action::Relocate {
            service: "vm1".to_owned(),
            to: "n1".to_owned(),
            how: Some(RelocateHow::Live),
            limits: Limits::default()
        })
    );
    assert!(plan.ways.iter().all(|w| w.closed.is_empty()), "{:?}", plan.ways);
    assert_eq!((plan.consequences.fates[0].service.as_str(), plan.consequences.fates[0].kind), ("vm1", FateKind::Migrates));
    assert_eq!(plan.proof.len(), 4, "the manager, the constraints, and libvirt on both nodes");
}

#[test]
fn a_relocation_takes_its_own_constraint_away_and_leaves_those_of_others() {
    let mut cluster = (*stage::cluster()).clone();
    cluster.services[0].leftovers = ["cli-ban-vm1-on-n2", "cli-prefer-vm1"].map(str::to_owned).to_vec();
    cluster.constraints_at = Some(START.shifted(1));
    let plan = plan_of(&relocate(None), &cluster, START).unwrap();
    for note in ["left cli-prefer-vm1: it goes", "left cli-ban-vm1-on-n2: it stays"] {
        assert!(plan.notices.iter().any(|n| n.contains(note)), "{note}: {:?}", plan.notices);
    }
    let own = plan.proof.iter().find(|c| matches!(c, Condition::Unmoved(..))).unwrap();
    let holds = |cluster: &Cluster| {
        own.judge(&Seen { cluster, found: &quorate::action::Findings::default(), since: START.shifted(-60_000_000) }).holds()
    };
    assert!(!holds(&cluster));
    cluster.services[0].leftovers.truncate(1);
    assert!(holds(&cluster), "the ban on n2 is somebody else's");
    // Around the manager no constraint is set, and none is taken away.
    cluster.services[0].leftovers.push("cli-prefer-vm1".to_owned());
    let plan = plan_of(&relocate(Some(RelocateHow::Suspend)), &cluster, START).unwrap();
    assert!(plan.notices.iter().any(|n| n.contains("left cli-ban-vm1-on-n2, cli-prefer-vm1: it stays")), "{:?}", plan.notices);
    assert!(!plan.proof.iter().any(|c| matches!(c, Condition::Unmoved(..) | Condition::NoLeftovers(_))), "{:?}", plan.proof);
    assert!(!commands(&plan).iter().any(|(_, c)| c.contains("--clear")), "{:?}", commands(&plan));
}

#[test]
fn a_cancelled_migration_of_a_part_takes_the_constraint_of_the_whole_away() {
    let mut view = stage::view_now();
    view.resources.push(group("pack", vec![started("vm3", &["n1"])]));
    let mut cluster = (*stage::lab(view).picture()).clone();
    cluster.services.iter_mut().find(|s| s.id == "vm3").unwrap().state = quorate::domain::cluster::ServiceState::Migrating;
    let plan = plan_of(&Action::Service(ServiceVerb::Cancel, "vm3".to_owned()), &cluster, START).unwrap();
    let clears: Vec<String> = commands(&plan).into_iter().map(|(_, c)| c).filter(|c| c.contains("--clear")).collect();
    assert_eq!(clears, ["crm_resource --clear --resource pack --node n1 --force"]);
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
fn what_the_manager_would_migrate_is_migrated_wherever_it_is_allowed() {
    let cluster = stage::cluster();
    // By the defaults; and where only the simulation knows.
    for told in [true, false] {
        let change = |_: &quorate::action::Query, finding: &mut Finding| {
            if let Finding::Primitive(config) = finding {
                config.meta.clear();
                if told {
                    config.inherited.push((Origin::Defaults, "allow-migrate".to_owned(), "true".to_owned()));
                }
            }
        };
        let plan = plan_with(&relocate(None), &cluster, START, change).unwrap();
        assert_eq!(plan.consequences.fates[0].kind, FateKind::Migrates, "{:?}", plan.ways);
        // Its own is set while it is moved, and taken away again: it had none.
        let plan = plan_with(&relocate(Some(RelocateHow::Restart)), &cluster, START, change).unwrap();
        let all: Vec<String> = commands(&plan).into_iter().map(|(_, c)| c).collect();
        assert_eq!(all[0], "crm_resource --resource vm1 --meta --set-parameter allow-migrate --parameter-value false");
        assert_eq!(all.last().unwrap(), "crm_resource --resource vm1 --meta --delete-parameter allow-migrate");
    }
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
    let to = |to: &str| Action::Relocate { service: "vm1".to_owned(), to: to.to_owned(), how: None, limits: Limits::default() };
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
    let action =
        Action::Relocate { service: "web-app".to_owned(), to: "n3".to_owned(), how: Some(RelocateHow::Restart), limits: Limits::default() };
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
fn a_group_moves_by_what_the_manager_would_do_to_its_members() {
    use quorate::domain::observation::simulation::SimAction;
    let mut view = stage::view_now();
    view.resources.push(group("pack", vec![started("vm3", &["n1"]), started("vm4", &["n1"])]));
    let cluster = stage::lab(view).picture();
    let of = |id: &str, how| Action::Relocate { service: id.to_owned(), to: "n3".to_owned(), how, limits: Limits::default() };
    // crm_simulate names members alone.
    let told = |members: &'static [(&'static str, SimAction)]| {
        move |_: &quorate::action::Query, finding: &mut Finding| {
            if let Finding::Simulation(sim) = finding {
                let first = sim.actions.remove(0);
                sim.actions = members.iter().map(|(id, action)| step(&first, id, *action)).collect();
            }
        }
    };
    let plan = plan_with(&of("web", None), &cluster, START, told(&[("web-app", SimAction::Move)])).unwrap();
    assert!(commands(&plan)[0].1.contains("--move --resource web --node n3"), "{:?}", commands(&plan));
    let closed = |how| plan.ways.iter().find(|w| w.how == how).unwrap().closed.join("; ");
    assert_eq!((closed(RelocateHow::Live).as_str(), closed(RelocateHow::Restart).as_str()), ("no guest is in web", ""));
    // All of its guests migrate: live; by restart each is switched, and switched back.
    let both = told(&[("vm3", SimAction::Migrate), ("vm4", SimAction::Migrate)]);
    let plan = plan_with(&of("pack", None), &cluster, START, both).unwrap();
    assert_eq!((plan.consequences.fates[0].service.as_str(), plan.consequences.fates[0].kind), ("pack", FateKind::Migrates));
    let plan = plan_with(&of("pack", Some(RelocateHow::Restart)), &cluster, START, both).unwrap();
    let all: Vec<String> = commands(&plan).into_iter().map(|(_, c)| c).collect();
    let switch =
        |id: &str, value: &str| format!("crm_resource --resource {id} --meta --set-parameter allow-migrate --parameter-value {value}");
    assert_eq!(
        (&all[0], &all[1], &all[4], &all[5]),
        (&switch("vm3", "false"), &switch("vm4", "false"), &switch("vm3", "true"), &switch("vm4", "true"))
    );
    assert!(plan.consequences.fates.iter().all(|f| f.kind == FateKind::Moves), "{:?}", plan.consequences.fates);
    // One does not: not live. None goes there: not at all.
    let half = told(&[("vm3", SimAction::Migrate), ("vm4", SimAction::Move)]);
    let against = plan_with(&of("pack", Some(RelocateHow::Live)), &cluster, START, half).unwrap_err();
    assert!(against[0].why.contains("would not migrate vm4"), "{against:?}");
    let against = plan_with(&of("pack", None), &cluster, START, told(&[("vm2", SimAction::Move)])).unwrap_err();
    assert!(against.iter().all(|r| r.code == "way-closed") && against[2].why.contains("would not put it on n3"), "{against:?}");
}

/// As another step, of this resource.
fn step(
    like: &quorate::domain::observation::simulation::SimStep,
    id: &str,
    action: quorate::domain::observation::simulation::SimAction,
) -> quorate::domain::observation::simulation::SimStep {
    quorate::domain::observation::simulation::SimStep { resource: id.to_owned(), action, ..like.clone() }
}

#[test]
fn what_holds_a_service_is_named_with_what_ends_it() {
    type Own = Vec<(String, String)>;
    type Inherited = Vec<(Origin, String, String)>;
    let held = |id: &str, node: &str| Primitive { managed: false, ..started(id, &[node]) };
    let mut view = stage::view_now();
    view.resources[0] = one(held("vm1", "n1"));
    view.resources.push(group("pack", vec![held("vm3", "n1"), held("vm4", "n1")]));
    let on = |verb: ServiceVerb, id: &str| Action::Service(verb, id.to_owned());
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let from = |origin: Origin, name: &str, value: &str| (origin, name.to_owned(), value.to_owned());
    let told = |id: &str, verb: ServiceVerb, own: &Own, inherited: &Inherited| {
        plan_with(&on(verb, id), &stage::lab(view.clone()).picture(), START, |_, finding| {
            if let Finding::Primitive(config) = finding {
                (config.meta, config.inherited, config.template) = (own.clone(), inherited.clone(), Some("vm".to_owned()));
            }
        })
    };
    let frozen = vec![pair("is-managed", "false")];
    let none = Own::new();
    // Its own, and the group's, are what unfreeze ends.
    for (id, own, inherited) in [("vm1", &frozen, vec![]), ("pack", &none, vec![from(Origin::Container, "is-managed", "no")])] {
        let plan = told(id, ServiceVerb::Unfreeze, own, &inherited).unwrap();
        assert_eq!(commands(&plan)[0].1, format!("crm_resource --resource {id} --meta --delete-parameter is-managed"));
        assert_eq!(told(id, ServiceVerb::Freeze, own, &inherited).unwrap_err()[0].why, format!("{id} is frozen"));
    }
    for (id, own, inherited, lift) in [
        ("vm3", &none, vec![from(Origin::Container, "is-managed", "false")], "quorate act unfreeze pack"),
        ("pack", &frozen, vec![], "quorate act unfreeze vm3"),
        (
            "vm1",
            &frozen,
            vec![from(Origin::Defaults, "is-managed", "false")],
            "crm_attribute --type rsc_defaults --name is-managed --delete",
        ),
        ("vm1", &none, vec![from(Origin::Template, "is-managed", "false")], "out of the template vm"),
        ("vm1", &vec![pair("maintenance", "true")], vec![], "crm_resource --resource vm1 --meta --delete-parameter maintenance"),
        ("vm1", &none, vec![], "--set-parameter is-managed --parameter-value true"),
    ] {
        let against = told(id, ServiceVerb::Unfreeze, own, &inherited).unwrap_err();
        assert!(against[0].code == "held" && against[0].lift.contains(lift), "{lift}: {against:?}");
        assert!(told(id, ServiceVerb::Restart, own, &inherited).unwrap_err()[0].lift.contains(lift), "{lift}");
        assert!(told(id, ServiceVerb::Freeze, own, &inherited).unwrap_err()[0].why.contains("alone already"), "{lift}");
    }
    // Its node's maintenance is seen without the configuration.
    view.nodes[0].maintenance = true;
    let against = plan_of(&on(ServiceVerb::Unfreeze, "vm1"), &stage::lab(view.clone()).picture(), START).unwrap_err();
    assert!(against[0].lift.contains("pcs node unmaintenance n1"), "{against:?}");
    let move_it = plan_of(&relocate(None), &stage::lab(view).picture(), START).unwrap_err();
    assert!(move_it.iter().all(|r| r.lift.contains("pcs node unmaintenance n1") && !r.lift.contains("unfreeze")), "{move_it:?}");
}

#[test]
fn instances_everywhere_have_no_one_place() {
    let mut view = stage::view_now();
    let of_dlm = |node: &str| one(started("dlm", &[node]));
    view.resources.push(crate::state::build::clone("dlm-clone", false, vec![of_dlm("n1"), of_dlm("n2")]));
    let cluster = stage::lab(view).picture();
    for id in ["dlm-clone", "dlm"] {
        let action = Action::Relocate { service: id.to_owned(), to: "n3".to_owned(), how: None, limits: Limits::default() };
        let against = plan_of(&action, &cluster, START).unwrap_err();
        assert!(against[0].code == "several-owners" && against[0].lift.contains("quorate act drain"), "{against:?}");
    }
}

#[test]
fn a_drain_takes_a_group_last_whose_member_has_nowhere_to_go() {
    use quorate::domain::observation::simulation::SimAction;
    let mut view = stage::view_now();
    view.resources.push(group("apps", vec![started("app", &["n2"])]));
    let cluster = stage::lab(view).picture();
    let order = |stops: bool| {
        let change = |_: &quorate::action::Query, finding: &mut Finding| {
            if let (Finding::Simulation(sim), true) = (finding, stops) {
                let like = quorate::domain::observation::simulation::SimStep {
                    resource: "app".to_owned(),
                    action: SimAction::Stop,
                    source: Some("n2".to_owned()),
                    dest: None,
                    reason: None,
                };
                sim.actions.push(like);
            }
        };
        let plan = plan_with(&Action::Node(NodeVerb::Drain, "n2".to_owned()), &cluster, START, change).unwrap();
        let bans = commands(&plan).into_iter().filter_map(|(_, c)| c.strip_prefix("crm_resource --ban --resource ").map(str::to_owned));
        bans.map(|c| c.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(order(false), ["apps", "vm2", "web"]);
    assert_eq!(order(true), ["vm2", "web", "apps"]);
}

#[test]
fn a_drain_waits_for_what_has_a_place_elsewhere_to_run_there() {
    use quorate::domain::observation::simulation::{SimAction, SimStep};
    let mut view = stage::view_now();
    view.resources.push(one(started("vm3", &["n2"])));
    let mut cluster = (*stage::lab(view).picture()).clone();
    // One has nowhere to go, one does not run well as it is.
    cluster.services.iter_mut().find(|s| s.id == "vm3").unwrap().state = quorate::domain::cluster::ServiceState::Failed;
    let change = |_: &quorate::action::Query, finding: &mut Finding| {
        if let Finding::Simulation(sim) = finding {
            let (resource, source) = ("web-app".to_owned(), Some("n2".to_owned()));
            sim.actions.push(SimStep { resource, action: SimAction::Stop, source, dest: None, reason: None });
        }
    };
    let waits = |verb: NodeVerb| -> Vec<Condition> {
        let plan = plan_with(&Action::Node(verb, "n2".to_owned()), &cluster, START, change).unwrap();
        let until = |work: Work| if let Work::Wait { until, .. } = work { Some(until) } else { None };
        plan.steps.into_iter().filter_map(|s| until(s.work)).chain(plan.proof).collect()
    };
    for verb in [NodeVerb::Drain, NodeVerb::Reboot] {
        let all = waits(verb);
        assert!(all.contains(&Condition::Elsewhere("vm2".to_owned(), "n2".into())), "{all:?}");
        for id in ["vm3", "web"] {
            assert!(all.contains(&Condition::Left(id.to_owned(), "n2".into())), "{id}: {all:?}");
        }
    }
    let runs = Condition::All(vec![Condition::Runs("vm2".to_owned())]);
    assert_eq!(waits(NodeVerb::Standby).iter().filter(|c| **c == runs).count(), 2, "waited for, and proved");
}

#[test]
fn what_the_manager_does_afterwards_is_simulated_and_told() {
    use quorate::domain::observation::simulation::{SimAction, SimStep};
    let mut view = stage::view_now();
    view.nodes[2].standby = true;
    view.resources.push(one(stopped("vm3")));
    view.resources.push(one(Primitive { managed: false, ..started("vm4", &["n1"]) }));
    let mut held = view.clone();
    held.options.maintenance_mode = Some(true);
    let (cluster, held) = (stage::lab(view).picture(), stage::lab(held).picture());
    let of = |verb: ServiceVerb, id: &str| Action::Service(verb, id.to_owned());
    let told = |query: &quorate::action::Query, finding: &mut Finding| {
        if let (What::WhatAfter(..), Finding::Simulation(sim)) = (&query.what, finding) {
            let (source, dest) = (Some("n2".to_owned()), Some("n3".to_owned()));
            sim.actions.push(SimStep { resource: "vm2".to_owned(), action: SimAction::Migrate, source, dest, reason: None });
            sim.fences.push("n9".to_owned());
        }
    };
    for (action, cluster) in [
        (Action::Node(NodeVerb::Unstandby, "n3".to_owned()), &cluster),
        (of(ServiceVerb::Clear, "vm1"), &cluster),
        (of(ServiceVerb::Start, "vm3"), &cluster),
        (of(ServiceVerb::Unfreeze, "vm4"), &cluster),
        (Action::Maintenance { on: false }, &held),
    ] {
        let plan = plan_with(&action, cluster, START, told).unwrap();
        let fates: Vec<_> = plan.consequences.fates.iter().map(|f| (f.service.as_str(), f.kind, f.to.as_deref())).collect();
        assert!(fates.contains(&("vm2", FateKind::Migrates, Some("n3"))), "{action}: {fates:?}");
        assert_eq!(plan.consequences.lost, ["the manager would fence n9: what runs there dies"], "{action}");
        assert_eq!(plan.confirm, Confirm::Yes, "{action}");
    }
    // What sets nothing in motion is not asked about.
    assert_eq!(plan_of(&of(ServiceVerb::Clear, "vm1"), &cluster, START).unwrap().confirm, Confirm::None);
    assert_eq!(plan_of(&of(ServiceVerb::Cleanup, "vm1"), &cluster, START).unwrap().confirm, Confirm::None);
    let mut failed = (*cluster).clone();
    failed.services[0].failures = 1;
    assert_eq!(plan_of(&of(ServiceVerb::Cleanup, "vm1"), &failed, START).unwrap().confirm, Confirm::Yes);
    // Of a node that is not there only its friends are known.
    let mut away = (*cluster).clone();
    away.members[2].status = quorate::domain::cluster::MemberStatus::Offline;
    away.services[0].prefers = Some("n3".into());
    let plan = plan_of(&Action::Node(NodeVerb::Join, "n3".to_owned()), &away, START).unwrap();
    assert!(plan.notices.iter().any(|n| n.starts_with("prefer n3, ") && n.ends_with(": vm1")), "{:?}", plan.notices);
}

#[test]
fn a_restart_names_what_is_restarted_with_it() {
    use quorate::domain::observation::simulation::{SimAction, SimStep};
    let stop = |id: &str| SimStep {
        resource: id.to_owned(),
        action: SimAction::Stop,
        source: Some("n2".to_owned()),
        dest: None,
        reason: Some("due to unrunnable stop".to_owned()),
    };
    let plan = plan_with(&Action::Service(ServiceVerb::Restart, "vm2".to_owned()), &stage::cluster(), START, |_, finding| {
        if let Finding::Simulation(sim) = finding {
            sim.actions = vec![stop("web-app"), stop("vm2")];
        }
    })
    .unwrap();
    let fates: Vec<_> = plan.consequences.fates.iter().map(|f| (f.service.as_str(), f.kind)).collect();
    assert_eq!(fates, [("vm2", FateKind::Restarts), ("web-app", FateKind::Restarts)]);
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
fn the_first_guest_that_becomes_a_service_needs_a_place_that_all_members_see() {
    let mut view = stage::view_now();
    view.resources.drain(..2);
    let mut lab = stage::lab(view);
    stage::guests(&mut lab);
    let mut cluster = (*lab.picture()).clone();
    let register = Action::Register { guest: "lone".to_owned(), prefer: vec!["n1".to_owned()] };
    assert_eq!(refused(&register, &cluster), ["no-folder"]);
    let mount = |node: &str| Filesystem {
        node: node.into(),
        mount: "/srv/all".to_owned(),
        kind: "gfs2".to_owned(),
        source: "vg/all".to_owned(),
        ..Filesystem::default()
    };
    cluster.filesystems.extend(["n1", "n2"].map(mount));
    assert_eq!(refused(&register, &cluster), ["no-folder"], "n3 has it not");
    cluster.filesystems.push(mount("n3"));
    let plan = plan_of(&register, &cluster, START).unwrap();
    let all: Vec<String> = commands(&plan).into_iter().map(|(_, c)| c).collect();
    assert!(plan.steps[0].title.ends_with("/srv/all/lone.xml") && all[1].contains("value=\"/srv/all/lone.xml\""), "{all:?}");
    assert!(all[2].contains("rsc_location") && all[2].contains("node=\"n1\""), "{all:?}");
    assert!(plan.notices.iter().any(|n| n.contains("allow-migrate")), "{:?}", plan.notices);
    assert_eq!(plan.undo, Undo::By(Action::Service(ServiceVerb::Unregister, "lone".to_owned())));
}

#[test]
fn fencing_says_by_which_signs_a_node_lives() {
    let fence = Action::Fence { node: "n2".to_owned(), how: FenceHow::Reboot };
    let said = |cluster: &Cluster| plan_of(&fence, cluster, START).unwrap().notices.remove(0);
    let mut cluster = storage();
    cluster.virt.push(quorate::domain::guest::VirtNode {
        node: "n2".into(),
        hypervisor: quorate::domain::guest::Hypervisor::Libvirt,
        up: true,
        trouble: None,
        changed: None,
        host: None,
    });
    assert_eq!(said(&cluster), "n2 ANSWERS (SSH, libvirt, storage, the manager has it online): this node is alive");
    // Nothing of its own is heard: what others see at shared storage still counts.
    let n2 = cluster.members.iter_mut().find(|m| &*m.name == "n2").unwrap();
    n2.status = quorate::domain::cluster::MemberStatus::Unclean;
    n2.reach = quorate::domain::node::Reach::Untried;
    let id: u32 = n2.id.as_deref().unwrap().parse().unwrap();
    cluster.virt[0].up = false;
    let silent = said(&cluster);
    assert!(
        silent.starts_with("n2 does not answer: SSH: not tried; libvirt does not answer; no other member sees it at shared storage"),
        "{silent}"
    );
    let dlm =
        quorate::domain::observation::corosync::DlmView { lockspaces: vec![("lvm".to_owned(), vec![1, id], false)], ..Default::default() };
    cluster.members.iter_mut().find(|m| &*m.name == "n1").unwrap().dlm = Some(dlm);
    assert!(said(&cluster).contains("n2 ANSWERS (storage: the lock manager of n1 has it)"), "{}", said(&cluster));
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
    let services = vec!["vm2".to_owned(), "web".to_owned()];
    assert_eq!(plan.undo, Undo::By(Action::PutBack { node: "n2".to_owned(), services }));
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
    assert_eq!(plan_with(&resume, &cluster, START, state("paused", "post-copy")).unwrap_err()[0].code, "guest-state");
    assert_eq!(plan_with(&resume, &cluster, START, state("running", "booted")).unwrap_err()[0].code, "guest-state");
    // How it came there once is no reason (virsh domstate --reason says so until the next change).
    let suspend = Action::Service(ServiceVerb::Suspend, "vm1".to_owned());
    for came in ["migrated", "migration canceled"] {
        assert!(plan_with(&suspend, &cluster, START, state("running", came)).is_ok(), "{came}");
    }
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

/// A shared volume with GFS2 on two nodes, and the physical volume below it.
pub fn storage() -> Cluster {
    let mut cluster = (*stage::cluster()).clone();
    let names = |all: &[&str]| all.iter().map(|n| std::sync::Arc::from(*n)).collect::<Vec<_>>();
    cluster.groups.push(VolumeGroup { name: "vg".to_owned(), lock_type: Some("dlm".to_owned()), shared: true, ..VolumeGroup::default() });
    cluster.volumes.push(Volume {
        vg: "vg".to_owned(),
        lv: "data".to_owned(),
        size: Some(64 << 20),
        active_on: names(&["n1", "n2"]),
        seen_by: names(&["n1", "n2"]),
        attr: "-wi-ao----".to_owned(),
        ..Volume::default()
    });
    for (path, free) in [("/dev/mapper/san1", 1_u64 << 30), ("/dev/mapper/san2", 2 << 30)] {
        let pv = PhysicalVolume {
            path: path.to_owned(),
            vg: Some("vg".to_owned()),
            size: Some(2 << 30),
            free: Some(free),
            ..PhysicalVolume::default()
        };
        cluster.pvs.push(PhysicalVolume { seen_by: names(&["n1", "n2"]), ..pv });
    }
    for node in names(&["n1", "n2"]) {
        let (kind, source) = ("gfs2".to_owned(), "vg/data".to_owned());
        cluster.filesystems.push(Filesystem {
            node,
            mount: "/mnt/d".to_owned(),
            kind,
            source,
            size: Some(60 << 20),
            ..Filesystem::default()
        });
    }
    cluster
}

fn grow(size: GrowSize) -> Action {
    Action::Grow { volume: VolumeName { vg: "vg".to_owned(), lv: "data".to_owned(), node: None }, size }
}

#[test]
fn growing_lets_every_node_see_the_size_before_the_filesystem_grows_once() {
    let plan = plan_of(&grow(GrowSize::By(10_000_000)), &storage(), START).unwrap();
    // 64 MiB and 10 MB, in extents of 4 MiB.
    let bytes = 76 << 20;
    let expected = [
        ("n1", format!("lvextend --size {bytes}B vg/data")),
        ("n1", "lvchange --refresh vg/data".to_owned()),
        ("n2", "lvchange --refresh vg/data".to_owned()),
        ("n1", "gfs2_grow /mnt/d".to_owned()),
    ];
    assert_eq!(commands(&plan), expected.map(|(node, command)| (node.to_owned(), command)));
    let waits: Vec<&str> = plan.steps.iter().filter(|s| s.node().is_none()).map(|s| s.title.as_str()).collect();
    assert_eq!(waits.len(), 2, "each node's size is seen before the filesystem: {waits:?}");
    assert!(
        plan.notices.iter().any(|n| n.contains(&format!("grow vg/data --to {bytes}B"))),
        "how it is taken up again: {:?}",
        plan.notices
    );
}

#[test]
fn what_is_active_nowhere_is_seen_to_have_grown_by_lvms_own_word() {
    let mut cluster = storage();
    cluster.volumes[0].active_on.clear();
    cluster.filesystems.clear();
    let plan = plan_of(&grow(GrowSize::To(68 << 20)), &cluster, START).unwrap();
    assert_eq!(commands(&plan), [("n1".to_owned(), format!("lvextend --size {}B vg/data", 68 << 20))]);
    let [proof] = &plan.proof[..] else { panic!("{:?}", plan.proof) };
    let judged = |size: u64| {
        let mut found = quorate::action::Findings::default();
        for query in proof.queries() {
            let facts = VolumeFacts { size, extent: 4 << 20, free: 0, stripes: 1, data: 1, kind: "linear".to_owned(), attr: String::new() };
            found.put(query.clone(), Ok(Finding::Volume(facts)));
        }
        proof.judge(&Seen { cluster: &cluster, found: &found, since: START })
    };
    assert!(judged(68 << 20).holds() && !judged(64 << 20).holds(), "{:?}", judged(64 << 20));
}

/// `act grow /dev/vg/data --confirm /dev/vg/data` repeats what was asked for.
#[test]
fn a_volume_is_confirmed_by_its_name_or_its_device() {
    use quorate::action::{Session, gate};
    let cluster = storage();
    let wrong = |typed: &str| {
        let plan = plan_of(&grow(GrowSize::By(10_000_000)), &cluster, START).unwrap();
        let session = Session { typed: Some(typed.to_owned()), ..Session::default() };
        gate::open(plan, &cluster, &session, START).err().unwrap_or_default().iter().any(|r| r.code == "wrong-confirm")
    };
    for (typed, is_wrong) in [("vg/data", false), ("/dev/vg/data", false), ("/dev/vg/other", true), ("/dev//dev/vg/data", true)] {
        assert_eq!(wrong(typed), is_wrong, "{typed}");
    }
}

/// A guest that is no service runs on n1 with the volume as its disk.
fn lone_on_the_volume(format: Option<&str>) -> Cluster {
    use quorate::domain::guest::{Definition, Disk, GuestState};
    let mut cluster = storage();
    cluster.filesystems.clear();
    cluster.volumes[0].active_on.truncate(1);
    let mut lab = stage::lab(stage::view_now());
    stage::guests(&mut lab);
    cluster.guests.clone_from(&lab.picture().guests);
    let disk = |path: &str| Disk { target: "vdb".to_owned(), device: "disk".to_owned(), source: Some(path.to_owned()), ..Disk::default() };
    let guest = cluster.guests.iter_mut().find(|g| g.name == "lone" && &*g.node == "n1").unwrap();
    assert_eq!((guest.managed_by.as_deref(), guest.state), (None, GuestState::Running));
    let disks = vec![disk("/images/root"), Disk { format: format.map(str::to_owned), ..disk("/dev/mapper/vg-data") }];
    guest.definition = Some(std::sync::Arc::new(Definition { name: "lone".to_owned(), disks, ..Definition::default() }));
    cluster
}

#[test]
fn a_guests_disk_never_shrinks_and_one_with_a_size_of_its_own_is_left_alone() {
    let (action, cluster) = (grow(GrowSize::To(68 << 20)), lone_on_the_volume(Some("raw")));
    let sized = |cluster: &Cluster, bytes: u64| {
        plan_with(&action, cluster, START, |query, finding| {
            if matches!(query.what, What::GuestDisk(..)) {
                *finding = Finding::Bytes(bytes);
            }
        })
    };
    let resizes = |plan: &quorate::action::Plan| commands(plan).iter().any(|(_, c)| c.contains("blockresize"));
    assert!(resizes(&sized(&cluster, 64 << 20).unwrap()));
    let same = sized(&cluster, 68 << 20).unwrap();
    assert!(!resizes(&same) && same.proof.iter().any(|c| c.words().starts_with("the disk of lone")), "{same:?}");
    assert_eq!(sized(&cluster, 100 << 20).unwrap_err()[0].code, "shrink");
    let qcow2 = sized(&lone_on_the_volume(Some("qcow2")), 100 << 20).unwrap();
    assert!(!resizes(&qcow2) && qcow2.remains[0].starts_with("lone has qcow2 in the volume"), "{qcow2:?}");
    // What nobody tells is not taken for well.
    let mut disks = Vec::new();
    let mut found = stage::found(&action, &cluster, |query, _| {
        if matches!(query.what, What::GuestDisk(..)) {
            disks.push(query.clone());
        }
    });
    assert_eq!(disks.len(), 1);
    found.put(disks.remove(0), Err(Trouble::new(TroubleKind::Late, "no answer within 20 s")));
    let intent = stage::intent(action.clone());
    let refused = plan::plan(&plan::Input { intent: &intent, cluster: &cluster, found: &found, now: START }).unwrap_err();
    assert!(refused[0].code == "not-known" && refused[0].why.contains("no answer within 20 s"), "{refused:?}");
}

#[test]
fn a_guest_that_no_service_tells_of_sees_the_size_by_libvirts_word() {
    use quorate::domain::guest::GuestState;
    let mut cluster = lone_on_the_volume(None);
    let plan = plan_of(&grow(GrowSize::To(68 << 20)), &cluster, START).unwrap();
    let bytes = 68 << 20;
    let sent = format!("virsh -c qemu:///system blockresize --domain lone --path /dev/mapper/vg-data --size {bytes}B");
    assert_eq!(commands(&plan).last().unwrap(), &("n1".to_owned(), sent));
    assert!(plan.remains.len() == 1 && plan.remains[0].starts_with("inside lone"), "{:?}", plan.remains);
    assert!(plan.notices.contains(&plan.remains[0]), "{:?}", plan.notices);
    // One that is shut off sees it when it starts.
    cluster.guests.iter_mut().find(|g| g.name == "lone").unwrap().state = GuestState::Shutoff;
    let plan = plan_of(&grow(GrowSize::To(68 << 20)), &cluster, START).unwrap();
    assert!(plan.remains.is_empty() && !commands(&plan).iter().any(|(_, c)| c.contains("blockresize")));
}

#[test]
fn a_pipeline_that_broke_is_taken_up_where_it_stopped_and_nothing_shrinks() {
    let again = plan_of(&grow(GrowSize::To(64 << 20)), &storage(), START).unwrap();
    assert_eq!(commands(&again)[0].1, "lvchange --refresh vg/data", "the volume has that size already");
    assert_eq!(refused(&grow(GrowSize::To(32 << 20)), &storage()), ["shrink"]);
    assert_eq!(refused(&grow(GrowSize::By(2 << 30)), &storage()), ["no-room"]);
    assert_eq!(refused(&grow(GrowSize::To(u64::MAX)), &storage()), ["size"]);
    let mut unlocked = storage();
    unlocked.groups[0].lock_type = None;
    assert_eq!(refused(&grow(GrowSize::By(1)), &unlocked), ["no-lock"]);
    let mut away = storage();
    away.members[1].reach = quorate::domain::node::Reach::Untried;
    assert_eq!(refused(&grow(GrowSize::By(1)), &away), ["unreachable"], "n2 would keep the old size");
}

#[test]
fn a_volume_with_parity_grows_by_whole_stripes_of_data_and_is_gone_on_with_where_lvm_rounded_up() {
    use quorate::domain::observation::simulation::VolumeFacts;
    use quorate::probe::lvm::grow as lvs;
    let facts = |line: &'static str| {
        let raw = quorate::probe::Raw { command: "lvs", stdout: line.as_bytes(), stderr: b"", code: 0 };
        lvs::parse_facts(raw).unwrap()
    };
    for (kind, stripes, data) in [
        ("linear", 1, 1),
        ("striped", 3, 3),
        ("raid1", 2, 1),
        ("raid10", 4, 2),
        ("raid4", 3, 2),
        ("raid5_ls", 4, 3),
        ("raid5", 1, 1),
        ("raid6_zr", 5, 3),
        ("thin", 0, 1),
    ] {
        assert_eq!(VolumeFacts::data_of(kind, stripes), data, "{kind}");
    }
    let raid5 = facts("  268435456|4194304|1073741824|3|raid5|rwi-aor---\n");
    assert_eq!((raid5.stripes, raid5.data, raid5.rounded((256 << 20) + 1)), (3, 2, Some(264 << 20)), "two extents, not three");
    let of = |size: GrowSize| {
        plan_with(&grow(size), &storage(), START, |_, finding| {
            if let Finding::Volume(found) = finding {
                found.clone_from(&raid5);
            }
        })
    };
    // Asked for once, rounded up by LVM, broken, asked for again: what stands on it is still looked after.
    let again = of(GrowSize::To((256 << 20) - (8 << 20))).unwrap();
    assert_eq!(commands(&again)[0].1, "lvchange --refresh vg/data");
    assert_eq!(again.intent.action.to_string(), format!("grow vg/data --to {}B", 256 << 20));
    assert_eq!(of(GrowSize::To((256 << 20) - (12 << 20))).unwrap_err()[0].code, "shrink");
    // More than was asked for is there: that is no failure.
    let size = again.proof.iter().find(|c| matches!(c, Condition::Size { .. })).unwrap();
    let mut found = quorate::action::Findings::default();
    for (there, holds) in [(255 << 20, false), (256 << 20, true), (260_u64 << 20, true)] {
        found.put(size.queries()[0].clone(), Ok(Finding::Bytes(there)));
        assert_eq!(size.judge(&Seen { cluster: &storage(), found: &found, since: START }).holds(), holds, "{there}");
    }
}

#[test]
fn evacuation_wants_room_and_in_a_shared_group_one_active_node() {
    let evacuate = |onto: Option<&str>| Action::Evacuate { pv: "/dev/mapper/san1".to_owned(), onto: onto.map(str::to_owned) };
    let mut cluster = storage();
    assert_eq!(refused(&evacuate(None), &cluster), ["several-active"]);
    cluster.volumes[0].active_on.truncate(1);
    let plan = plan_of(&evacuate(Some("/dev/mapper/san2")), &cluster, START).unwrap();
    let expected = "pvmove --interval 5 --name vg/data /dev/mapper/san1 /dev/mapper/san2";
    assert_eq!(commands(&plan), [("n1".to_owned(), expected.to_owned())]);
    cluster.pvs[1].free = Some(1 << 20);
    assert_eq!(refused(&evacuate(None), &cluster), ["no-room"]);
    assert_eq!(refused(&evacuate(Some("/dev/sdx")), &cluster), ["unknown-target"]);
}

fn limited(how: Option<RelocateHow>) -> Action {
    let limits = Limits { downtime_ms: Some(500), bandwidth_mib: Some(8) };
    Action::Relocate { service: "vm1".to_owned(), to: "n3".to_owned(), how, limits }
}

#[test]
fn a_target_whose_libvirt_hangs_is_no_target() {
    let (action, cluster) = (relocate(None), stage::cluster());
    let mut places = Vec::new();
    let mut found = stage::found(&action, &cluster, |query, _| {
        if matches!(query.what, What::Place(..)) && &*query.node == "n3" {
            places.push(query.clone());
        }
    });
    assert_eq!(places.len(), 1);
    found.put(places.remove(0), Err(Trouble::new(TroubleKind::Late, "no answer within 20 s")));
    let intent = stage::intent(action);
    let input = plan::Input { intent: &intent, cluster: &cluster, found: &found, now: START };
    let refused = plan::plan(&input).unwrap_err();
    assert_eq!(refused.iter().map(|r| r.code).collect::<Vec<_>>(), ["way-closed"; 3], "{refused:?}");
    assert!(refused.iter().all(|r| r.why.contains("n3 gave no answer in time") && r.why.contains("libvirtd hangs")), "{refused:?}");
    assert!(refused.iter().all(|r| !r.why.contains("is not shared")), "what is not known is not said: {refused:?}");
}

#[test]
fn a_limited_relocation_sets_the_speed_before_and_the_downtime_while_it_runs() {
    let plan = plan_of(&limited(None), &stage::cluster(), START).unwrap();
    let all = commands(&plan);
    assert_eq!(all[0], ("n1".to_owned(), "virsh -c qemu:///system migrate-setspeed --domain vm1 --bandwidth 8".to_owned()));
    assert!(all[1].1.starts_with("crm_resource --move --resource vm1 --node n3"), "{all:?}");
    assert!(all[2].1.starts_with("sh -c 'said=$(") && all[2].0 == "n1", "the downtime, where it runs: {all:?}");
    assert!(all[2].1.ends_with(" ...' qemu:///system vm1 500"), "and for whom, and how long: {all:?}");
    assert_eq!(plan.steps[2].title, "Its migration has begun");
    assert_eq!(all.last().unwrap().1, "virsh -c qemu:///system migrate-setspeed --domain vm1 --bandwidth 8796093022207", "if it breaks");
    assert_eq!(plan.intent.action.to_string(), "relocate vm1 --to n3 --how live --max-downtime 500ms --bandwidth 8M");
    assert_eq!(
        refused(&limited(Some(RelocateHow::Restart)), &stage::cluster()),
        ["way-closed"],
        "nothing less gentle is done in its place"
    );
}

#[test]
fn a_running_migration_is_limited_switched_or_taken_back() {
    let mut cluster = (*stage::cluster()).clone();
    cluster.services[0].state = quorate::domain::cluster::ServiceState::Migrating;
    let limits = Limits { downtime_ms: Some(2000), bandwidth_mib: None };
    let limit = Action::Limit { service: "vm1".to_owned(), limits };
    let plan = plan_of(&limit, &cluster, START).unwrap();
    assert_eq!((commands(&plan).len(), plan.confirm, plan.needs.quorum, plan.needs.at_rest), (1, Confirm::None, false, false));
    assert_eq!(limit.to_string(), "limit vm1 --max-downtime 2000ms");
    let switch = Action::Service(ServiceVerb::PostCopy, "vm1".to_owned());
    assert_eq!(refused(&switch, &cluster), ["not-prepared"]);
    let prepared = |_: &quorate::action::Query, finding: &mut Finding| {
        if let Finding::Primitive(config) = finding {
            config.attributes.push(("migrate_options".to_owned(), "--verbose --postcopy".to_owned()));
        }
    };
    let plan = plan_with(&switch, &cluster, START, prepared).unwrap();
    assert_eq!(commands(&plan), [("n1".to_owned(), "virsh -c qemu:///system migrate-postcopy --domain vm1".to_owned())]);
    assert!(!plan.consequences.lost.is_empty() && matches!(plan.undo, Undo::Never(_)));
    let switched = |_: &quorate::action::Query, finding: &mut Finding| {
        if let Finding::Job(job) = finding {
            (job.total, job.postcopy_requests) = (Some(1), Some(3));
        }
    };
    let cancel = Action::Service(ServiceVerb::Cancel, "vm1".to_owned());
    let plan = plan_of(&cancel, &cluster, START).unwrap();
    let all = commands(&plan);
    let looked: Vec<_> = all.iter().filter_map(|(_, c)| c.strip_prefix("crm_resource --refresh --resource vm1 --node ")).collect();
    assert_eq!(looked, ["n1", "n2", "n3"], "a record of the migration left on any node would have it stopped: {all:?}");
    let (last, before) = (&plan.steps[plan.steps.len() - 2], &plan.steps[plan.steps.len() - 3]);
    assert_eq!(last.command().unwrap(), "crm_resource --resource vm1 --meta --delete-parameter is-managed");
    assert!(
        matches!(before.work, Work::Wait { .. }) && last.when == When::Settled,
        "only what is seen to be clean is taken over: {before:?}"
    );
    let mut frozen = cluster.clone();
    frozen.services[0].flags.push("unmanaged");
    let kept = plan_of(&cancel, &frozen, START).unwrap();
    assert!(commands(&kept).iter().all(|(_, c)| !c.contains("is-managed")), "who has frozen it may want it so: {kept:?}");
    assert!(plan.notices[0].contains("stop and start") && plan.notices[0].contains("quorate act unfreeze vm1"), "{:?}", plan.notices);
    assert_eq!(plan_with(&cancel, &cluster, START, switched).unwrap_err()[0].code, "post-copy", "it would kill the guest");
    assert_eq!(refused(&limit, &stage::cluster()), ["not-migrating"]);
}

#[test]
fn a_cpu_that_lacks_something_closes_what_keeps_the_memory_and_what_was_compared_is_said() {
    let cluster = stage::cluster();
    let cpu = |fit: CpuFit| {
        move |_: &quorate::action::Query, finding: &mut Finding| match finding {
            Finding::Definition(d) => {
                (d.kind, d.cpu) =
                    (Some("kvm".to_owned()), Some("<cpu mode='custom' match='exact'><model>Haswell</model></cpu>".to_owned()));
            }
            Finding::Cpu(found) => *found = fit.clone(),
            _ => {}
        }
    };
    let plan = plan_with(&relocate(None), &cluster, START, cpu(CpuFit::Lacks("incompatible".to_owned()))).unwrap();
    let open: Vec<_> = plan.ways.iter().filter(|w| w.closed.is_empty()).map(|w| w.how).collect();
    assert_eq!(open, [RelocateHow::Restart], "{:?}", plan.ways);
    let plan = plan_with(&relocate(None), &cluster, START, cpu(CpuFit::Fits("a superset".to_owned()))).unwrap();
    assert_eq!(
        plan.notices[0],
        "on n3: CPU fits (a superset); 8192 MiB free, 32 needed; 1 of 1 disks, 0 of 0 bridges there; definition the same"
    );
    let plan = plan_of(&relocate(None), &cluster, START).unwrap();
    assert!(plan.notices[0].starts_with("on n3: CPU not known;"), "{:?}", plan.notices);
}

#[test]
fn without_quorum_only_what_starts_nothing_is_planned_to_run() {
    use quorate::action::gate::safe;
    let cluster = stage::cluster();
    for verb in
        [ServiceVerb::Suspend, ServiceVerb::Stop, ServiceVerb::Freeze, ServiceVerb::Cleanup, ServiceVerb::Restart, ServiceVerb::Reset]
    {
        let action = Action::Service(verb, "vm1".to_owned());
        let plan = plan_of(&action, &cluster, START).unwrap();
        assert_eq!(plan.needs.quorum, verb != ServiceVerb::Suspend, "{action}");
    }
    assert_eq!((safe::of_service(&cluster.services[0]), safe::of_service(cluster.service("web").unwrap())), ("suspend", "nothing"));
    let mut inquorate = (*cluster).clone();
    (inquorate.quorum.quorate, inquorate.quorum.total) = (Some(false), Some(1));
    let session = quorate::action::Session { role: quorate::domain::role::Role::Admin, ..Default::default() };
    let plan = plan_of(&Action::Service(ServiceVerb::Stop, "vm1".to_owned()), &cluster, START).unwrap();
    let against = quorate::action::gate::refusals(&plan, &inquorate, &session, START);
    assert!(against.iter().any(|r| r.code == "no-quorum" && r.why.contains("moves nothing")), "{against:?}");
}

#[test]
fn a_node_that_does_not_tell_its_storage_is_named_where_that_matters() {
    use quorate::action::sight;
    use quorate::domain::cluster::MemberStatus;
    use quorate::domain::node::Reach;
    use quorate::domain::observation::{Question, Trouble, TroubleKind};
    let action = grow(GrowSize::By(1));
    let names = |cluster: &Cluster| -> Vec<String> {
        let against = sight::clear(&action, cluster).err().unwrap_or_default();
        against.iter().map(|r| r.why.trim_start_matches("libvirt of ").split(' ').next().unwrap().to_owned()).collect()
    };
    assert!(names(&storage()).is_empty());
    let mut late = storage();
    late.members[2].troubles.push((Question::Lvs, Trouble::new(TroubleKind::Late, "'lvs' gave no answer")));
    late.members[0].unheard.push(Question::DeviceMapper);
    assert_eq!(names(&late), ["n1", "n3"]);
    assert!(plan_of(&action, &late, START).unwrap_err().iter().all(|r| r.code == "slow-node"), "the planner itself refuses");
    // A member that cannot be reached may have it active; one that is not there has nothing.
    let mut away = storage();
    away.members[2].reach = Reach::Connecting { since: START };
    assert_eq!(names(&away), ["n3"]);
    away.members[2].status = MemberStatus::Offline;
    assert!(names(&away).is_empty());
    // A group of one node is not another's affair, unless that has told nothing yet and may have one of the name; what is not known yet may be anywhere.
    (late.groups[0].shared, late.groups[0].lock_type) = (false, None);
    assert_eq!(names(&late), ["n3"]);
    let named = Action::Grow { volume: "vg/data@n1".parse().unwrap(), size: GrowSize::By(1) };
    assert!(sight::clear(&named, &late).is_ok());
    late.volumes.clear();
    assert_eq!(names(&late).len(), 2);
    assert!(sight::clear(&Action::Maintenance { on: true }, &late).is_ok());
    // What nobody mounts may be a guest's disk: libvirt must have spoken where it is active.
    let mut disk = storage();
    disk.members[1].unheard.push(Question::Guests);
    assert!(names(&disk).is_empty());
    disk.filesystems.clear();
    assert_eq!(names(&disk), ["n2"]);
    disk.members[1].unheard.clear();
    disk.members[1].troubles.push((Question::Guests, Trouble::new(TroubleKind::Late, "libvirtd hangs")));
    assert_eq!(names(&disk), ["n2"]);
    // Where it does not run at all the operator is told.
    disk.members[1].troubles = vec![(Question::Guests, Trouble::new(TroubleKind::Failed, "libvirtd does not run"))];
    assert!(names(&disk).is_empty());
    let plan = plan_of(&action, &disk, START).unwrap();
    assert!(plan.notices.iter().any(|n| n.contains("a guest on n2") && n.contains("does not run")), "{:?}", plan.notices);
}
