//! Guests of VMware Server beside rgmanager's services.

use std::fmt::Write as _;

use quorate::domain::alert::AlertCode;
use quorate::domain::event::Severity;
use quorate::domain::guest::GuestState;
use quorate::domain::observation::host::Tools;
use quorate::domain::observation::vmware::VmwareSample;
use quorate::domain::observation::{Observation, Question, TroubleKind};
use quorate::probe::{Raw, parse};
use serde_json::Value;

use super::build::{Lab, alerts, service, severity_of};

const CONF: &str = r#"<cluster name="inst" config_version="3"><cman expected_votes="2"/><clusternodes><clusternode name="n1" nodeid="1"/><clusternode name="n2" nodeid="2"/></clusternodes>
<rm><resources><script name="wiki-script" file="/etc/init.d/vm-wiki"/></resources>
<service name="wiki"><fs mountpoint="/vm/wiki" device="/dev/vg/wiki"><script ref="wiki-script"/></fs></service>
<service name="mail"><script name="mail" file="/etc/init.d/vmware-mail"/></service>
<service name="books"><script name="x" file="/usr/local/sbin/library"/></service>
<service name="web"><script name="web" file="/etc/init.d/httpd"/></service>
<service name="ip"><ip address="192.0.2.7"/></service></rm></cluster>"#;

fn seen(question: Question, stdout: &str) -> Observation {
    let raw = Raw { command: "the command", stdout: stdout.as_bytes(), stderr: b"", code: 0 };
    parse(question, raw).unwrap_or_else(|t| panic!("{question:?}: {t}"))
}

/// Services as (name, state's code, owner).
fn clustat(services: &[(&str, u32, &str)]) -> Observation {
    let mut text = "<?xml version=\"1.0\"?>\n<clustat version=\"4.1.1\"><cluster name=\"inst\" id=\"1\" generation=\"4\"/><quorum quorate=\"1\" groupmember=\"1\"/><nodes>\
        <node name=\"n1\" state=\"1\" local=\"1\" estranged=\"0\" rgmanager=\"1\" rgmanager_master=\"0\" qdisk=\"0\" nodeid=\"0x1\"/>\
        <node name=\"n2\" state=\"1\" local=\"0\" estranged=\"0\" rgmanager=\"1\" rgmanager_master=\"0\" qdisk=\"0\" nodeid=\"0x2\"/></nodes><groups>"
        .to_owned();
    for (name, state, owner) in services {
        let _ = write!(
            text,
            "<group name=\"service:{name}\" state=\"{state}\" state_str=\"x\" flags=\"0\" flags_str=\"\" owner=\"{owner}\" last_owner=\"n1\" restarts=\"0\" last_transition=\"1330000000\" last_transition_str=\"x\"/>"
        );
    }
    text.push_str("</groups></clustat>");
    seen(Question::Clustat, &text)
}

/// What a node's VMware lists: path, VMware's word, bytes that tell UUIDs apart.
fn list(guests: &[(&str, &str, u8)]) -> Observation {
    let mut text = "@@quorate list vmware-cmd\n= 0\n".to_owned();
    for (path, state, uuid) in guests {
        let _ = writeln!(text, "@@quorate guest {path}\n> getstate() = {state}\n= 0");
        if *state == "stuck" {
            text.push_str("? Question (id = 0) :msg.uuid.moved:The location has changed.\n? What do you want to do?\n? \t0) Create\n? \t1) Keep\n? Select choice. Press enter for default <0> : \n");
        }
        if *uuid > 0 {
            let _ = writeln!(text, ": uuid.bios = \"56 4d 2b 6e 12 9c 3a 4f-8a 1b 2c 3d 4e 5f 60 {uuid:02x}\"\n: memsize = \"512\"");
        }
    }
    text.push_str("@@quorate script /usr/local/sbin/library\n: /vm/books/library.vmx\n");
    seen(Question::Vmware, &text)
}

pub const BOOKS: &str = "/vm/books/library.vmx";

pub fn lab(services: &[(&str, u32, &str)], n1: &[(&str, &str, u8)], n2: &[(&str, &str, u8)]) -> Lab {
    let mut lab = Lab::of(&["n1", "n2"]);
    for key in [1, 2] {
        lab.up(key);
        let present = ["clustat", "cman_tool", "vmware-cmd"].map(str::to_owned).to_vec();
        lab.say(key, Question::Tools, Observation::Tools(Tools { present, ..Tools::default() }));
        lab.say(key, Question::ClusterConf, seen(Question::ClusterConf, CONF));
    }
    lab.say(1, Question::Clustat, clustat(services));
    lab.say(1, Question::Vmware, list(n1));
    lab.say(2, Question::Vmware, list(n2));
    lab.pass(1000);
    lab
}

fn drift(lab: &mut Lab, id: &str) -> Option<String> {
    service(&lab.picture(), id).drift.clone()
}

#[test]
fn guests_are_tied_to_the_services_whose_scripts_run_them() {
    let services = [("wiki", 112, "n1"), ("mail", 112, "n2"), ("books", 112, "n1"), ("web", 112, "n1"), ("ip", 112, "n1")];
    let here = [("/vm/wiki/wiki.vmx", "on", 1), (BOOKS, "on", 2), ("/vm/web server/x.vmx", "on", 3), ("/vm/ip/ip.vmx", "on", 5)];
    let mut lab = lab(&services, &here, &[("/vm/mail/mail.vmx", "on", 4)]);
    let c = lab.picture();
    for (id, state, node) in [
        ("service:wiki", GuestState::Running, "n1"),
        ("service:mail", GuestState::Running, "n2"),
        ("service:books", GuestState::Running, "n1"),
    ] {
        let guest = service(&c, id).guest.clone().unwrap_or_else(|| panic!("{id} has no guest"));
        assert_eq!((guest.state, &*guest.node), (state, node), "{id}");
        assert_eq!(service(&c, id).drift, None, "{id}");
    }
    // A script is no guest, and a service without one is none either, whatever a guest is called.
    assert!(service(&c, "service:web").guest.is_none() && service(&c, "service:ip").guest.is_none());
    let json: Value = serde_json::from_str(&quorate::report::status::to_json(&c, lab.now)).unwrap();
    let row = json["guests"].as_array().unwrap().iter().find(|g| g["name"] == "wiki").unwrap().clone();
    assert_eq!(row["uuid"], "564d2b6e-129c-3a4f-8a1b-2c3d4e5f6001");
    assert_eq!(
        (&row["state"], &row["managed_by"], &row["memory_bytes"], &row["node"]),
        (&"running".into(), &"service:wiki".into(), &(512 << 20).into(), &"n1".into())
    );
    let unmanaged = alerts(&c).into_iter().filter(|(_, code, _)| *code == "guest-unmanaged").count();
    assert_eq!(unmanaged, 2);
}

#[test]
fn vmware_denies_what_rgmanager_believes() {
    let started = [("wiki", 112, "n1"), ("mail", 112, "n1"), ("books", 119, "none"), ("web", 112, "n1")];
    let said = |n1: &[(&str, &str, u8)], n2: &[(&str, &str, u8)], id: &str| drift(&mut lab(&started, n1, n2), id);
    let wiki = |state: &'static str| said(&[("/vm/wiki/wiki.vmx", state, 1)], &[], "service:wiki").unwrap_or_default();
    assert_eq!(wiki("on"), "");
    assert_eq!(wiki("off"), "the manager says started on n1; VMware there says off");
    assert_eq!(wiki("suspended"), "the manager says started on n1; VMware there says suspended");
    assert_eq!(wiki("stuck"), "the manager says started; VMware says stuck: it waits for an answer: The location has changed.");
    let elsewhere = said(&[], &[("/vm/wiki/wiki.vmx", "on", 1)], "service:wiki");
    assert_eq!(elsewhere.as_deref(), Some("the manager says started on n1; VMware has it running on n2"));
    assert_eq!(said(&[], &[], "service:mail").as_deref(), Some("the manager says started on n1; VMware there has no such guest"));
    // Whether that script runs a guest is not known; and httpd's does not.
    assert_eq!((said(&[], &[], "service:wiki"), said(&[], &[], "service:web")), (None, None));
    let disabled = said(&[], &[(BOOKS, "on", 2)], "service:books");
    assert_eq!(disabled.as_deref(), Some("the manager says disabled; VMware has it running on n2"));
    assert_eq!(said(&[], &[(BOOKS, "suspended", 2)], "service:books"), None);
}

#[test]
fn what_was_said_before_the_service_changed_is_no_drift() {
    let mut lab = lab(&[("mail", 112, "n1")], &[], &[]);
    assert!(drift(&mut lab, "service:mail").is_some());
    lab.say(1, Question::Vmware, list(&[]));
    let now = lab.now.0 / 1_000_000;
    let text = format!(
        "<clustat version=\"4.1.1\"><cluster name=\"inst\" id=\"1\"/><quorum quorate=\"1\" groupmember=\"1\"/><nodes><node name=\"n1\" state=\"1\" local=\"1\" estranged=\"0\" rgmanager=\"1\" rgmanager_master=\"0\" qdisk=\"0\" nodeid=\"0x1\"/></nodes><groups><group name=\"service:mail\" state=\"112\" state_str=\"started\" flags=\"0\" owner=\"n2\" last_owner=\"n1\" restarts=\"0\" last_transition=\"{now}\"/></groups></clustat>"
    );
    lab.pass(1000);
    lab.say(1, Question::Clustat, seen(Question::Clustat, &text));
    assert_eq!(drift(&mut lab, "service:mail"), None);
    lab.pass(5000);
    lab.say(2, Question::Vmware, list(&[]));
    lab.say(1, Question::Clustat, seen(Question::Clustat, &text));
    assert!(drift(&mut lab, "service:mail").is_some());
}

#[test]
fn a_guest_that_runs_on_two_nodes_and_one_that_waits_for_an_answer() {
    let twice = [("/vm/wiki/wiki.vmx", "on", 1)];
    let mut lab =
        lab(&[("wiki", 112, "n1"), ("mail", 112, "n1")], &twice, &[("/vm/wiki/wiki.vmx", "on", 1), ("/vm/mail/mail.vmx", "stuck", 4)]);
    lab.pass(1000);
    lab.say(1, Question::Vmware, list(&twice));
    let c = lab.picture();
    assert_eq!(severity_of(&c, AlertCode::GuestTwice, "service:wiki"), Some(Severity::Critical));
    let drift = service(&c, "service:wiki").drift.clone();
    assert_eq!(drift.as_deref(), Some("the manager says started on n1 alone; VMware has it running on n2 too"));
    assert_eq!(severity_of(&c, AlertCode::GuestQuestion, "service:mail"), Some(Severity::Warning));
    let text = c.alerts.iter().find(|a| a.code == AlertCode::GuestQuestion).unwrap().text.clone();
    assert_eq!(text, "mail on n2 stands still until a question is answered: The location has changed. (0 Create, 1 Keep)");
    let guest = c.guests.iter().find(|g| g.name == "mail").unwrap();
    assert_eq!((guest.state, guest.word()), (GuestState::Paused, "stuck"));
}

#[test]
fn a_heartbeat_that_stopped_is_told_and_a_server_that_does_not_answer_says_nothing() {
    let on = [("/vm/wiki/wiki.vmx", "on", 1)];
    let mut lab = lab(&[("wiki", 112, "n1")], &on, &[]);
    let beat =
        |n: u64| Observation::VmwareStats(vec![VmwareSample { vmx: on[0].0.to_owned(), heartbeat: Some(n), ..VmwareSample::default() }]);
    for (n, silent) in [(73, false), (80, false), (80, true), (81, false), (0, false), (0, false)] {
        lab.say(1, Question::VmwareStats, beat(n));
        assert_eq!(severity_of(&lab.picture(), AlertCode::GuestSilent, "service:wiki"), silent.then_some(Severity::Notice), "{n}");
        lab.pass(30_000);
    }
    lab.fail(1, Question::Vmware, TroubleKind::Failed);
    let c = lab.picture();
    assert!(c.guests[0].stale && !c.virt[0].up);
    assert_eq!(service(&c, "service:wiki").drift, None);
}

#[test]
fn a_guest_without_a_uuid_has_none() {
    let mut lab = lab(&[("wiki", 112, "n1")], &[("/vm/wiki/wiki.vmx", "on", 0)], &[]);
    let c = lab.picture();
    assert_eq!((c.guests[0].known_uuid(), c.guests[0].name.as_str()), (None, "wiki"));
    let json: Value = serde_json::from_str(&quorate::report::status::to_json(&c, lab.now)).unwrap();
    assert!(json["guests"][0]["uuid"].is_null());
}
