//! What VMware Server does for a service of rgmanager's: exact commands, and what is refused.

use quorate::action::inquiry::Finding;
use quorate::action::plan::{Confirm, Undo};
use quorate::cli::{self, Command};
use quorate::domain::cluster::Cluster;
use quorate::domain::observation::vmware::VmwareState;
use quorate::domain::task::{Action, ServiceVerb};
use quorate::probe::vmware::act::Look;

use super::stage::{commands, plan_of, plan_with};
use crate::state::build::START;
use crate::state::vmware::{BOOKS, lab};

const WIKI: &str = "/vm/wiki/wiki.vmx";

fn verb(verb: ServiceVerb) -> Action {
    Action::Service(verb, "service:wiki".to_owned())
}

fn answer(choice: &str) -> Action {
    Action::Answer { service: "service:wiki".to_owned(), choice: choice.to_owned() }
}

/// The wiki's guest in this state on n1, where rgmanager has it in that state.
fn cluster(state: &str, code: u32) -> std::sync::Arc<Cluster> {
    lab(&[("wiki", code, "n1"), ("books", 119, "none")], &[(WIKI, state, 1)], &[]).picture()
}

fn refused(action: &Action, cluster: &Cluster) -> &'static str {
    plan_of(action, cluster, START).unwrap_err()[0].code
}

#[test]
fn suspending_tells_rgmanager_first_and_resuming_last() {
    let c = cluster("on", 112);
    let plan = plan_of(&verb(ServiceVerb::Suspend), &c, START).unwrap();
    let all = commands(&plan);
    assert_eq!(
        all.iter().map(|(_, c)| c.as_str()).collect::<Vec<_>>(),
        ["clusvcadm -Z service:wiki", "vmware-cmd /vm/wiki/wiki.vmx suspend trysoft"]
    );
    assert_eq!(all[1].0, "n1");
    assert_eq!(plan.undo, Undo::By(verb(ServiceVerb::Resume)));
    assert_eq!(plan.proof[0].words(), "VMware on n1 has wiki suspended");
    let mut frozen = (*cluster("suspended", 112)).clone();
    frozen.services.iter_mut().find(|s| s.id == "service:wiki").unwrap().flags.push("frozen");
    let plan = plan_of(&verb(ServiceVerb::Resume), &frozen, START).unwrap();
    let all: Vec<String> = commands(&plan).into_iter().map(|(_, c)| c).collect();
    assert_eq!(all, ["vmware-cmd /vm/wiki/wiki.vmx start trysoft", "clusvcadm -U service:wiki"]);
    assert_eq!(refused(&verb(ServiceVerb::Suspend), &frozen), "guest-state");
    assert_eq!(refused(&verb(ServiceVerb::Resume), &c), "guest-state");
}

/// vmrun lists what runs: of a guest whose files cannot be found it is no more than that.
#[test]
fn a_suspend_by_vmrun_is_proved_by_a_guest_that_no_longer_runs() {
    use quorate::action::condition::Seen;
    use quorate::domain::observation::vmware::{VmwareRow, VmwareTool};
    let mut c = (*cluster("on", 112)).clone();
    for guest in &mut c.guests {
        guest.vmware.as_mut().unwrap().tool = VmwareTool::Run;
    }
    let plan = plan_of(&verb(ServiceVerb::Suspend), &c, START).unwrap();
    assert_eq!(plan.proof[0].words(), "VMware on n1 has wiki suspended or off");
    for (state, holds) in [(VmwareState::Suspended, true), (VmwareState::Off, true), (VmwareState::On, false)] {
        let mut found = quorate::action::Findings::default();
        let row = VmwareRow { vmx: WIKI.to_owned(), state, ..VmwareRow::default() };
        found.put(plan.proof[0].queries()[0].clone(), Ok(Finding::Vmware(Look::Is(Box::new(row)))));
        assert_eq!(plan.proof[0].judge(&Seen { cluster: &c, found: &found, since: START }).holds(), holds, "{state:?}");
    }
}

#[test]
fn a_reset_wants_the_name_and_nothing_is_done_where_a_node_does_not_say() {
    let c = cluster("on", 112);
    let plan = plan_of(&verb(ServiceVerb::Reset), &c, START).unwrap();
    assert_eq!(commands(&plan)[0].1, "vmware-cmd /vm/wiki/wiki.vmx reset hard");
    assert_eq!(plan.confirm, Confirm::TypeName);
    let twice = |query: &quorate::action::Query, finding: &mut Finding| {
        if let (Finding::Vmware(look), "n2") = (finding, &*query.node) {
            let mut row = quorate::domain::observation::vmware::VmwareRow { vmx: WIKI.to_owned(), ..Default::default() };
            row.state = VmwareState::On;
            *look = Look::Is(Box::new(row));
        }
    };
    let against = plan_with(&verb(ServiceVerb::Reset), &c, START, twice).unwrap_err();
    assert_eq!(against[0].code, "guest-twice");
    let unasked = quorate::action::plan::plan(&quorate::action::plan::Input {
        intent: &super::stage::intent(verb(ServiceVerb::Reset)),
        cluster: &c,
        found: &quorate::action::Findings::default(),
        now: START,
    });
    assert_eq!(unasked.unwrap_err()[0].code, "unknown-state");
}

#[test]
fn a_question_is_answered_by_number_or_word_and_a_new_uuid_wants_the_name() {
    let c = cluster("stuck", 112);
    for said in ["1", "keep", "Keep"] {
        let plan = plan_of(&answer(said), &c, START).unwrap();
        let (node, command) = commands(&plan).remove(0);
        assert!(node == "n1" && command.contains("vmware-cmd ... answer"), "{command}");
        let quorate::action::plan::Work::Change { command, .. } = &plan.steps[0].work else { panic!() };
        assert_eq!(command.argv()[4..], [WIKI, "1", "msg.uuid.moved"]);
        assert_eq!((plan.confirm, plan.consequences.lost.len()), (Confirm::Yes, 0));
        assert_eq!(plan.proof[0].words(), "VMware on n1 has wiki on");
    }
    let plan = plan_of(&answer("Create"), &c, START).unwrap();
    assert_eq!((plan.confirm, plan.consequences.lost.len()), (Confirm::TypeName, 1));
    assert_eq!(refused(&answer("Perhaps"), &c), "bad-answer");
    assert_eq!(refused(&verb(ServiceVerb::Reset), &c), "guest-state");
    assert_eq!(refused(&answer("1"), &cluster("on", 112)), "no-question");
    let other = Action::Answer { service: "service:web".to_owned(), choice: "1".to_owned() };
    assert_eq!(refused(&other, &lab(&[("web", 112, "n1")], &[], &[]).picture()), "not-a-guest");
}

#[test]
fn registered_on_one_node_alone_and_let_go_where_it_does_not_run() {
    let none = lab(&[("wiki", 119, "none"), ("books", 119, "none")], &[], &[]).picture();
    let register = |guest: &str, prefer: &[&str]| Action::Register {
        guest: guest.to_owned(),
        prefer: prefer.iter().map(|n| (*n).to_owned()).collect(),
    };
    let plan = plan_of(&register("books", &["n2"]), &none, START).unwrap();
    let all = commands(&plan);
    assert!(all[0].1.contains("uuid.action = \"keep\""), "{all:?}");
    assert_eq!(all[1], ("n2".to_owned(), format!("vmware-cmd -s register {BOOKS}")));
    let there = lab(&[("books", 119, "none")], &[], &[(BOOKS, "suspended", 2)]).picture();
    assert_eq!(refused(&register("books", &["n1"]), &there), "already");
    let out = Action::Service(ServiceVerb::Unregister, "service:books".to_owned());
    let plan = plan_of(&out, &there, START).unwrap();
    assert_eq!(commands(&plan), [("n2".to_owned(), format!("vmware-cmd -s unregister {BOOKS}"))]);
    assert_eq!(plan.proof[0].words(), "VMware on n2 has no library registered");
    let on = lab(&[("books", 112, "n2")], &[], &[(BOOKS, "on", 2)]).picture();
    assert_eq!(refused(&out, &on), "guest-state");
}

/// A guest of VMware's is registered with VMware; whatever else becomes a service, or is one no more, is a change of cluster.conf.
#[test]
fn vmware_s_guests_are_registered_with_vmware_and_all_others_in_cluster_conf() {
    use quorate::action::inquiry::{self, What};
    let c = lab(&[("wiki", 112, "n1"), ("books", 119, "none"), ("web", 112, "n1")], &[(WIKI, "on", 1)], &[]).picture();
    let asks = |action: &Action| {
        let all = inquiry::needed(action, &c, &quorate::action::Findings::default());
        assert!(!all.is_empty(), "{action}");
        let vmware = all.iter().all(|q| matches!(q.what, What::Vmware(_)));
        assert!(vmware || all.iter().all(|q| matches!(q.what, What::ConfFile | What::Ricci)), "{action}: {all:?}");
        vmware
    };
    let register = |guest: &str| Action::Register { guest: guest.to_owned(), prefer: Vec::new() };
    let out = |id: &str| Action::Service(ServiceVerb::Unregister, id.to_owned());
    assert!(asks(&register("books")) && asks(&register("service:books")), "its service starts it from its .vmx");
    assert!(asks(&out("service:wiki")), "VMware has it");
    assert!(!asks(&register("fresh")) && !asks(&register("vm:fresh")), "nobody's guest yet");
    assert!(!asks(&out("service:books")), "VMware does not have it: the service itself goes");
    assert!(!asks(&out("service:web")), "a service without a guest");
}

/// A guest that no service runs is VMware's alone: nobody is told to look away.
#[test]
fn a_guest_without_a_service_is_acted_upon() {
    const TEST: &str = "/vm/test/test.vmx";
    let books = &[("books", 119, "none")];
    let one = |state: &str| lab(books, &[(TEST, state, 7)], &[]).picture();
    let on = |verb: ServiceVerb, id: &str| Action::Service(verb, id.to_owned());
    for (verb, state, command) in [
        (ServiceVerb::Suspend, "on", "suspend trysoft"),
        (ServiceVerb::Reset, "on", "reset hard"),
        (ServiceVerb::Resume, "suspended", "start trysoft"),
    ] {
        for id in ["test", "test@n1"] {
            let plan = plan_of(&on(verb, id), &one(state), START).unwrap();
            assert_eq!(commands(&plan), [("n1".to_owned(), format!("vmware-cmd {TEST} {command}"))], "{id}");
            assert_ne!(plan.basis, quorate::action::plan::Basis::Nothing, "it is refused where it moved meanwhile");
        }
    }
    assert_eq!(plan_of(&on(ServiceVerb::Suspend, "test"), &one("on"), START).unwrap().undo, Undo::By(on(ServiceVerb::Resume, "test")));
    let keep = Action::Answer { service: "test".to_owned(), choice: "Keep".to_owned() };
    assert_eq!(plan_of(&keep, &one("stuck"), START).unwrap().proof[0].words(), "VMware on n1 has test on");
    let choices = quorate::app::act::choosing::answers("test", &one("stuck"));
    assert_eq!(choices.iter().map(|c| c.label.as_str()).collect::<Vec<_>>(), ["0 Create", "1 Keep"]);
    for verb in [ServiceVerb::Start, ServiceVerb::Freeze, ServiceVerb::Unregister] {
        assert_eq!(refused(&on(verb, "test"), &one("on")), "not-managed", "{verb:?}");
    }
    assert_eq!(refused(&on(ServiceVerb::Resume, "test"), &one("on")), "guest-state");
    assert_eq!(refused(&on(ServiceVerb::Suspend, "tset"), &one("on")), "unknown-target");
    let two = lab(books, &[(TEST, "on", 7)], &[(TEST, "on", 8)]).picture();
    assert_eq!(refused(&on(ServiceVerb::Suspend, "test"), &two), "ambiguous");
    let twice = lab(books, &[(TEST, "on", 7)], &[(TEST, "on", 7)]).picture();
    assert_eq!(refused(&on(ServiceVerb::Suspend, "test"), &twice), "guest-twice");
    // A script runs some guest of VMware's there, and nobody knows which.
    let strange = lab(&[("mail", 112, "n1")], &[(TEST, "on", 7)], &[]).picture();
    assert_eq!(refused(&on(ServiceVerb::Suspend, "test"), &strange), "managed");
}

/// rgmanager's vm could never start it.
#[test]
fn a_guest_of_vmware_does_not_become_a_vm_of_cluster_conf() {
    let c = lab(&[("books", 119, "none")], &[("/vm/test/test.vmx", "on", 7)], &[(BOOKS, "suspended", 2)]).picture();
    for (guest, lift) in [
        ("test", "print vmware-service"),
        ("vm:test", "print vmware-service"),
        ("test@n1", "print vmware-service"),
        ("library", "act register service:books"),
    ] {
        let action = Action::Register { guest: guest.to_owned(), prefer: Vec::new() };
        let (intent, found) = (super::stage::intent(action), quorate::action::Findings::default());
        let input = quorate::action::plan::Input { intent: &intent, cluster: &c, found: &found, now: START };
        let against = quorate::action::plan::plan(&input).unwrap_err();
        assert_eq!(against[0].code, "not-libvirt", "{guest}: {against:?}");
        assert!(against[0].why.contains("VMware Server on n") && against[0].lift.contains(lift), "{guest}: {against:?}");
    }
}

#[test]
fn the_words_of_the_command_line() {
    let read = |line: &str| match cli::read(line.split(' ')).unwrap().command {
        Some(Command::Plan(planned)) => planned.action.action(),
        other => panic!("{other:?}"),
    };
    assert_eq!(read("quorate plan answer service:wiki Keep"), answer("Keep"));
    assert_eq!(answer("Keep").to_string(), "answer service:wiki Keep");
    assert_eq!(answer("Always Keep").to_string(), "answer service:wiki 'Always Keep'");
}
