//! Guests that no cluster manager looks after: exact commands by libvirt alone, and what is refused.

use std::sync::Arc;

use quorate::action::inquiry::{Finding, Query, What};
use quorate::action::plan::{Confirm, FateKind, Undo};
use quorate::action::{Plan, Refusal, Session, gate, intent};
use quorate::domain::cluster::{Cluster, Stack};
use quorate::domain::guest::{Definition, Disk, GuestState as Seen};
use quorate::domain::node::{LinkFault, LinkTrouble, Reach};
use quorate::domain::observation::guest::{GuestList, GuestRow};
use quorate::domain::observation::host::Tools;
use quorate::domain::observation::simulation::GuestState;
use quorate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use quorate::domain::role::Role;
use quorate::domain::task::{Action, FenceHow, NodeVerb, ServiceVerb as V};

use super::stage::{self, commands, plan_of, plan_with};
use crate::state::build::{Lab, START, one, started};

pub(super) fn row(name: &str, uuid: &str, state: Seen) -> GuestRow {
    GuestRow { uuid: uuid.to_owned(), name: name.to_owned(), id: state.is_active().then_some(4), state, reason: None, migrating: false }
}

pub fn definition(name: &str, uuid: &str, disk: &str) -> Arc<Definition> {
    let disk = Disk { target: "vda".to_owned(), device: "disk".to_owned(), source: Some(disk.to_owned()), ..Disk::default() };
    let (name, uuid) = (name.to_owned(), uuid.to_owned());
    Arc::new(Definition { uuid, name, persistent: Some(true), disks: vec![disk], ..Definition::default() })
}

pub(super) fn list(lab: &mut Lab, node: u32, rows: Vec<GuestRow>, definitions: Vec<Arc<Definition>>) {
    lab.say(node, Question::Guests, Observation::Guests(GuestList { rows, definitions }));
}

/// Hosts n1 and n2 on which nothing but libvirt runs, with these guests each.
pub(super) fn hosts(first: Vec<GuestRow>, second: Vec<GuestRow>) -> Lab {
    let mut lab = Lab::of(&["n1", "n2"]);
    for (key, rows) in [(1, first), (2, second)] {
        let tools = Tools { member_name: Some(format!("n{key}")), present: vec!["virsh".to_owned()], ..Tools::default() };
        lab.say(key, Question::Tools, Observation::Tools(tools));
        let definitions = rows.iter().map(|r| definition(&r.name, &r.uuid, &format!("/images/{}", r.uuid))).collect();
        list(&mut lab, key, rows, definitions);
    }
    lab
}

pub(super) fn web(state: Seen) -> Arc<Cluster> {
    let cluster = hosts(vec![row("web", "u1", state)], Vec::new()).picture();
    assert_eq!(cluster.stack, Some(Stack::Libvirt));
    cluster
}

pub(super) fn verb(verb: V, name: &str) -> Action {
    Action::Service(verb, name.to_owned())
}

pub(super) fn refused(action: &Action, cluster: &Cluster) -> Refusal {
    plan_of(action, cluster, START).unwrap_err().remove(0)
}

pub(super) fn session() -> Session {
    Session { role: Role::Operator, ..Session::default() }
}

pub(super) fn only(plan: &Plan) -> String {
    commands(plan).into_iter().map(|(node, command)| format!("{node}: {command}")).collect::<Vec<_>>().join("; ")
}

#[test]
fn each_verb_is_one_command_of_virsh_on_the_guests_node() {
    let v = "virsh -c qemu:///system";
    for (what, state, sent, proof, confirm, back) in [
        (V::Suspend, Seen::Running, format!("n1: {v} suspend --domain web"), "has web paused", Confirm::Yes, Some(V::Resume)),
        (V::Resume, Seen::Paused, format!("n1: {v} resume --domain web"), "has web running", Confirm::Yes, Some(V::Suspend)),
        (V::Start, Seen::Shutoff, format!("n1: {v} start --domain web"), "has web running", Confirm::Yes, Some(V::Stop)),
        (V::Stop, Seen::Running, format!("n1: {v} shutdown --domain web"), "has no web running", Confirm::Yes, Some(V::Start)),
        (V::StopForced, Seen::Running, format!("n1: {v} destroy --domain web"), "has no web running", Confirm::TypeName, Some(V::Start)),
        (V::StopForced, Seen::Paused, format!("n1: {v} destroy --domain web"), "has no web running", Confirm::TypeName, Some(V::Start)),
        (V::Reset, Seen::Running, format!("n1: {v} reset --domain web"), "has web running", Confirm::TypeName, None),
        (
            V::Restart,
            Seen::Running,
            format!("n1: {v} shutdown --domain web; n1: {v} start --domain web"),
            "has web running",
            Confirm::Yes,
            None,
        ),
    ] {
        let cluster = web(state);
        let action = verb(what, "web");
        assert!(intent::resolve(&action, &cluster).is_ok());
        let plan = plan_of(&action, &cluster, START).unwrap();
        assert_eq!(only(&plan), sent);
        assert_eq!(plan.proof[0].words(), format!("libvirt on n1 {proof}"), "{action}");
        assert_eq!(plan.confirm, confirm, "{action}");
        assert_eq!(if let Undo::By(action) = &plan.undo { Some(action.clone()) } else { None }, back.map(|b| verb(b, "web")), "{action}");
        assert_eq!((plan.consequences.fates.len(), plan.consequences.fates[0].guest), (1, true));
        // No manager, no quorum: the gate needs neither here.
        assert_eq!(gate::refusals(&plan, &cluster, &session(), START), Vec::new(), "{action}");
    }
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    for (what, state) in [
        (V::Suspend, Seen::Paused),
        (V::Suspend, Seen::Shutoff),
        (V::Resume, Seen::Running),
        (V::Stop, Seen::Paused),
        (V::StopForced, Seen::Shutoff),
        (V::Reset, Seen::Shutoff),
        (V::Restart, Seen::Shutoff),
    ] {
        assert_eq!(refused(&verb(what, "web"), &web(state)).code, "guest-state", "{what:?} {state:?}");
    }
    assert_eq!(refused(&verb(V::Start, "web"), &web(Seen::Running)).code, "already");
    // What libvirt says now counts, not the picture.
    let off = |_: &Query, finding: &mut Finding| *finding = Finding::State(GuestState::Is("shut off".to_owned(), None));
    assert_eq!(plan_with(&verb(V::Suspend, "web"), &web(Seen::Running), START, off).unwrap_err()[0].code, "guest-state");
}

#[test]
fn what_only_a_manager_does_is_refused_with_what_works() {
    let cluster = web(Seen::Running);
    for what in [V::Freeze, V::Cleanup, V::Clear, V::Unregister, V::Enable] {
        let why = refused(&verb(what, "web"), &cluster);
        assert_eq!(why.code, "not-managed");
        assert!(why.lift.contains("relocate, suspend, resume, start"), "{}", why.lift);
    }
    assert_eq!(refused(&Action::Maintenance { on: true }, &cluster).code, "wrong-stack");
    let nobody = intent::resolve(&verb(V::Start, "wev"), &cluster).unwrap_err();
    assert_eq!((nobody[0].why.as_str(), nobody[0].lift.as_str()), ("there is no guest 'wev'", "'web' is there"));
}

#[test]
fn one_of_several_is_named_with_its_node() {
    // Two guests of one name.
    let two = hosts(vec![row("web", "u1", Seen::Running)], vec![row("web", "u2", Seen::Running)]).picture();
    let why = refused(&verb(V::StopForced, "web"), &two);
    assert_eq!((why.code, why.lift.as_str()), ("ambiguous", "name the one that is meant: quorate act stop web@n1 --force"));
    assert_eq!(only(&plan_of(&verb(V::Suspend, "web@n2"), &two, START).unwrap()), "n2: virsh -c qemu:///system suspend --domain web");
    // One that runs twice: either half can be switched off.
    let twice = hosts(vec![row("web", "u1", Seen::Running)], vec![row("web", "u1", Seen::Running)]).picture();
    assert_eq!(refused(&verb(V::StopForced, "web"), &twice).code, "guest-twice");
    assert!(only(&plan_of(&verb(V::StopForced, "web@n2"), &twice, START).unwrap()).starts_with("n2: "));
    assert_eq!(refused(&verb(V::Restart, "web@n2"), &twice).code, "guest-twice");
    // One that is defined on both.
    let kept = hosts(vec![row("web", "u1", Seen::Shutoff)], vec![row("web", "u1", Seen::Shutoff)]).picture();
    assert_eq!(refused(&verb(V::Start, "web"), &kept).code, "ambiguous");
    assert!(only(&plan_of(&verb(V::Start, "web@n2"), &kept, START).unwrap()).starts_with("n2: "));
    let runs = hosts(vec![row("web", "u1", Seen::Shutoff)], vec![row("web", "u1", Seen::Running)]).picture();
    assert!(only(&plan_of(&verb(V::Suspend, "web"), &runs, START).unwrap()).starts_with("n2: "));
    assert_eq!(refused(&verb(V::Start, "web@n1"), &runs).code, "guest-twice");
    assert_eq!(refused(&verb(V::Suspend, "web@n1"), &runs).code, "guest-state");
    assert_eq!(intent::resolve(&verb(V::Start, "web@n9"), &runs).unwrap_err()[0].code, "unknown-target");
}

#[test]
fn a_guest_is_not_started_where_it_may_run_elsewhere() {
    let start = verb(V::Start, "web");
    let elsewhere = |said: GuestState| {
        move |query: &Query, finding: &mut Finding| {
            if &*query.node == "n2" {
                assert_eq!(query.what, What::State("qemu:///system".to_owned(), "u1".to_owned()), "by its UUID: another may have its name");
                *finding = Finding::State(said.clone());
            }
        }
    };
    let is = |state: &str| GuestState::Is(state.to_owned(), None);
    let cluster = web(Seen::Shutoff);
    assert_eq!(plan_with(&start, &cluster, START, elsewhere(is("running"))).unwrap_err()[0].code, "guest-twice");
    assert_eq!(plan_with(&start, &cluster, START, elsewhere(is("paused"))).unwrap_err()[0].code, "guest-twice");
    assert!(plan_with(&start, &cluster, START, elsewhere(is("shut off"))).is_ok());
    let plan = plan_with(&start, &cluster, START, elsewhere(GuestState::Silent("no".to_owned()))).unwrap();
    assert!(plan.notices.iter().any(|n| n.contains("whether it runs on n2 is not known")), "{:?}", plan.notices);
    // A node that had it and says nothing now may run it.
    let mut lab = hosts(vec![row("web", "u1", Seen::Shutoff)], vec![row("web", "u1", Seen::Shutoff)]);
    lab.down(2, LinkFault::Timeout);
    assert_eq!(refused(&verb(V::Start, "web@n1"), &lab.picture()).code, "unknown-state");
}

#[test]
fn a_guest_is_not_started_on_a_disk_that_another_writes_to() {
    let mut lab = hosts(Vec::new(), Vec::new());
    let rows = vec![row("web", "u1", Seen::Shutoff), row("copy", "u2", Seen::Running)];
    list(&mut lab, 1, rows.clone(), vec![definition("web", "u1", "/images/a"), definition("copy", "u2", "/images/a")]);
    let why = refused(&verb(V::Start, "web"), &lab.picture());
    assert_eq!((why.code, why.lift.as_str()), ("disk-busy", "stop copy first"));
    // Also where both speak SCSI to it.
    let lun = |name: &str, uuid: &str| {
        let mut made = (*definition(name, uuid, "/images/a")).clone();
        "lun".clone_into(&mut made.disks[0].device);
        Arc::new(made)
    };
    list(&mut lab, 1, rows.clone(), vec![lun("web", "u1"), lun("copy", "u2")]);
    assert_eq!(refused(&verb(V::Start, "web"), &lab.picture()).code, "disk-busy");
    // Two hosts have a disk of that path each.
    list(&mut lab, 1, rows[..1].to_vec(), vec![definition("web", "u1", "/images/a")]);
    list(&mut lab, 2, rows[1..].to_vec(), vec![definition("copy", "u2", "/images/a")]);
    assert!(plan_of(&verb(V::Start, "web"), &lab.picture(), START).is_ok());
}

#[test]
fn a_number_is_no_name_for_virsh() {
    let cluster = hosts(vec![row("7", "u7", Seen::Running)], Vec::new()).picture();
    let plan = plan_of(&verb(V::StopForced, "7"), &cluster, START).unwrap();
    assert_eq!(only(&plan), "n1: virsh -c qemu:///system destroy --domain u7");
}

#[test]
fn what_a_transient_guest_loses_is_said() {
    let mut lab = hosts(Vec::new(), Vec::new());
    let mut kept = (*definition("web", "u1", "/images/a")).clone();
    kept.persistent = Some(false);
    list(&mut lab, 1, vec![row("web", "u1", Seen::Running)], vec![Arc::new(kept)]);
    let cluster = lab.picture();
    let plan = plan_of(&verb(V::Stop, "web"), &cluster, START).unwrap();
    assert!(matches!(plan.undo, Undo::Never(_)));
    assert_eq!((plan.confirm, plan.consequences.lost.len()), (Confirm::TypeName, 1));
    assert_eq!(refused(&verb(V::Restart, "web"), &cluster).code, "guest-state");
}

/// A Pacemaker cluster whose n1 has a guest beside vm1 that is no service.
pub fn in_cluster() -> Lab {
    let mut lab = stage::lab(stage::view_now());
    stage::guests(&mut lab);
    lab
}

#[test]
fn in_a_cluster_what_is_managed_is_the_managers() {
    let mut lab = in_cluster();
    let cluster = lab.picture();
    let plan = plan_of(&verb(V::Suspend, "lone"), &cluster, START).unwrap();
    assert_eq!(only(&plan), "n1: virsh -c qemu:///system suspend --domain lone");
    assert!(plan.notices.iter().any(|n| n.contains("no service of the cluster manages it")));
    assert_eq!(gate::refusals(&plan, &cluster, &session(), START), Vec::new());
    // What is a service goes by the manager.
    assert!(only(&plan_of(&verb(V::Stop, "vm1"), &cluster, START).unwrap()).contains("crm_resource"));
    let why = refused(&verb(V::Stop, "vm1@n1"), &cluster);
    assert_eq!((why.code, why.lift.as_str()), ("managed", "quorate act stop vm1"));
    // It is made a service while the dialog is open.
    let mut view = stage::view_now();
    view.resources.push(one(started("lone", &["n1"])));
    stage::tell(&mut lab, view);
    let codes: Vec<&str> = gate::refusals(&plan, &lab.picture(), &session(), START).iter().map(|r| r.code).collect();
    assert_eq!(codes, ["target-moved"]);
}

#[test]
fn a_service_whose_guest_is_not_known_may_be_this_one() {
    let mut lab = in_cluster();
    let mut view = stage::view_now();
    view.resources.push(one(started("vm9", &["n1"])));
    stage::tell(&mut lab, view);
    let cluster = lab.picture();
    assert_eq!(refused(&verb(V::StopForced, "lone"), &cluster).code, "managed");
}

#[test]
fn without_quorum_nothing_starts_and_all_may_stop() {
    let mut lab = in_cluster();
    let mut cluster = (*lab.picture()).clone();
    let stop = plan_of(&verb(V::StopForced, "lone"), &cluster, START).unwrap();
    let restart = plan_of(&verb(V::Restart, "lone"), &cluster, START).unwrap();
    cluster.quorum.quorate = Some(false);
    assert_eq!(gate::refusals(&stop, &cluster, &session(), START), Vec::new());
    let against = gate::refusals(&restart, &cluster, &session(), START);
    assert_eq!(against[0].code, "no-quorum");
    assert!(against[0].why.contains("the other side may run the same guest"), "{}", against[0].why);
}

#[test]
fn the_gate_guards_a_guest_as_it_guards_a_service() {
    let mut lab = hosts(vec![row("web", "u1", Seen::Running)], Vec::new());
    let cluster = lab.picture();
    let plan = || plan_of(&verb(V::StopForced, "web"), &cluster, START).unwrap();
    let codes = |against: Vec<Refusal>| against.iter().map(|r| r.code).collect::<Vec<_>>();
    let of = |session: Session, cluster: &Cluster| codes(gate::refusals(&plan(), cluster, &session, START));
    assert_eq!(of(Session { read_only: true, ..session() }, &cluster), ["read-only"]);
    assert_eq!(of(Session { role: Role::Viewer, ..Session::default() }, &cluster), ["role"]);
    let typed = |name: &str| Session { typed: Some(name.to_owned()), ..session() };
    assert_eq!(gate::open(plan(), &cluster, &typed("wed"), START).map(|_| ()).map_err(codes), Err(vec!["wrong-confirm"]));
    assert!(gate::open(plan(), &cluster, &typed("web"), START).is_ok());
    let other = gate::Other { tag: "1".to_owned(), target: "web@n1".to_owned(), words: "reset web@n1".to_owned(), at: START };
    assert_eq!(of(Session { others: vec![other], ..session() }, &cluster), ["in-flight-elsewhere"]);
    list(&mut lab, 1, vec![row("web", "u1", Seen::Shutoff)], Vec::new());
    assert_eq!(of(session(), &lab.picture()), ["target-moved"]);
    lab.fail(1, Question::Guests, TroubleKind::Lost);
    assert!(of(session(), &lab.picture()).contains(&"libvirt-silent"));
    assert_eq!(refused(&verb(V::Start, "web"), &lab.picture()).code, "libvirt-silent");
}

#[test]
fn a_question_that_failed_is_no_state() {
    let cluster = web(Seen::Running);
    let action = verb(V::Suspend, "web");
    let mut found = stage::found(&action, &cluster, |_, _| {});
    let query = quorate::action::inquiry::needed(&action, &cluster, &quorate::action::Findings::default()).remove(0);
    found.put(query, Err(Trouble::new(TroubleKind::Late, "no answer in time")));
    let intent = stage::intent(action);
    let input = quorate::action::plan::Input { intent: &intent, cluster: &cluster, found: &found, now: START };
    assert_eq!(quorate::action::plan::plan(&input).unwrap_err()[0].code, "guest-state");
}

#[test]
fn what_dies_or_stays_with_a_node_is_said_of_guests_that_are_no_service_too() {
    let mut lab = in_cluster();
    let cluster = lab.picture();
    let fate = |action: &Action, of: &str| {
        let plan = plan_of(action, &cluster, START).unwrap();
        let of = plan.consequences.fates.iter().find(|f| f.service == of).map(|f| (f.kind, f.why.clone().unwrap_or_default()));
        (of, plan.notices)
    };
    let fence = |node: &str, how| Action::Fence { node: node.to_owned(), how };
    let (lone, _) = fate(&fence("n1", FenceHow::Off), "lone");
    assert!(matches!(&lone, Some((FateKind::DiesStays, why)) if why.contains("nothing starts it again")), "{lone:?}");
    assert!(matches!(fate(&fence("n1", FenceHow::Off), "vm1").0, Some((FateKind::DiesRestarts, _))));
    assert_eq!(fate(&fence("n2", FenceHow::Off), "lone").0, None);
    assert_eq!(fate(&fence("n1", FenceHow::On), "lone").0, None);
    let on = |verb| Action::Node(verb, "n1".to_owned());
    assert!(matches!(fate(&on(NodeVerb::Reboot), "lone").0, Some((FateKind::Stops, _))));
    assert!(fate(&on(NodeVerb::Drain), "lone").1.iter().any(|n| n == "stays there, for the manager does not move it: lone"));
    // The manager says nothing of a service that it leaves alone.
    let mut view = stage::view_now();
    view.resources[0] = one(quorate::domain::observation::manager::Primitive { managed: false, ..started("vm1", &["n1"]) });
    stage::tell(&mut lab, view);
    let cluster = lab.picture();
    let silent = |_: &Query, finding: &mut Finding| {
        if let Finding::Simulation(sim) = finding {
            sim.actions.clear();
        }
    };
    let plan = plan_with(&fence("n1", FenceHow::Reboot), &cluster, START, silent).unwrap();
    let vm1 = plan.consequences.fates.iter().find(|f| f.service == "vm1").unwrap();
    assert_eq!((vm1.kind, vm1.why.as_deref()), (FateKind::DiesStays, Some("vm1 is unmanaged: nothing starts it again")));
}

/// A host that was not reached since the program began may run it: that is said.
#[test]
fn who_was_never_heard_is_named_before_a_guest_starts() {
    let mut lab = hosts(vec![row("web", "u1", Seen::Shutoff)], Vec::new());
    assert!(!plan_of(&verb(V::Start, "web"), &lab.picture(), START).unwrap().notices.iter().any(|n| n.contains("not known")));
    let mut cluster = (*lab.picture()).clone();
    cluster.virt.retain(|v| &*v.node == "n1");
    let trouble = LinkTrouble { fault: LinkFault::Timeout, text: "no answer".to_owned() };
    cluster.members[1].reach = Reach::Down { since: START, trouble };
    let plan = plan_of(&verb(V::Start, "web"), &cluster, START).unwrap();
    assert!(plan.notices.iter().any(|n| n == "whether it runs on n2 is not known: libvirt there does not answer"), "{:?}", plan.notices);
}
