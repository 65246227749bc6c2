//! The program on the namespace lab: real corosync, pacemaker, sshd. `make test-lab` brings it up and runs this inside its network.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

#[path = "lab_act.rs"]
mod act;
#[path = "lab/screen.rs"]
mod screen;
#[path = "lab/support.rs"]
mod support;
#[path = "lab/whole.rs"]
mod whole;

use support::{Lab, names, service};

const LAB: Lab = Lab { kind: None, client: "client", net: "10.78.1", patience: Duration::from_secs(90) };

fn quorate(args: &[&str]) -> Command {
    LAB.quorate(args)
}

fn config() -> String {
    LAB.config()
}

fn status(args: &[&str]) -> (Value, Output) {
    LAB.status(args)
}

fn on_node(node: u8, command: &[&str]) -> String {
    LAB.on_node(node, command)
}

fn until(what: &str, good: impl Fn(&Value) -> bool) -> Value {
    LAB.until(what, good)
}

#[test]
fn a_healthy_cluster_is_told_as_its_own_tools_tell_it() {
    let json = until("all is healthy", |j| j["health"] == "healthy");
    assert_eq!(json["cluster"]["stack"], "pacemaker");
    assert_eq!(json["cluster"]["quorate"], true);
    assert_eq!(json["cluster"]["votes"], serde_json::json!({"total": 3, "expected": 3, "needed": 2}));
    assert_eq!(json["cluster"]["can_lose"], 1);
    assert_eq!(names(&json, "members", "name"), ["node1", "node2", "node3"]);
    for member in json["members"].as_array().unwrap() {
        assert_eq!(
            (&member["status"], &member["reachable"], &member["manager"], &member["nics"]),
            (&"online".into(), &true.into(), &true.into(), &2.into())
        );
        assert!(member["cpu_percent"].is_number() && member["memory_percent"].is_number(), "{member}");
    }
    let dc = on_node(1, &["crmadmin", "-D", "-q"]);
    let told: Vec<_> =
        json["members"].as_array().unwrap().iter().filter(|m| m["dc"] == true).map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(told, [dc.trim()]);
    assert_eq!(service(&json, "vm1")["kind"], "vm");
    assert_eq!(service(&json, "web")["kind"], "group");
    assert_eq!(service(&json, "ping")["owners"], serde_json::json!(["node1", "node2", "node3"]));
    let (_, output) = status(&["--config", &config()]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn one_host_is_enough_to_find_all_members() {
    let (json, _) = status(&["--config", "/dev/null", "--host", "root@10.78.1.2"]);
    assert_eq!(names(&json, "members", "name"), ["node1", "node2", "node3"]);
    assert!(json["members"].as_array().unwrap().iter().all(|m| m["reachable"] == true), "{json}");
}

#[test]
fn sudo_sees_all_and_a_plain_user_is_told_what_it_may_not_see() {
    let text = std::fs::read_to_string(config()).unwrap().replace("user = \"root\"", "user = \"ops\"\nbecome = \"sudo\"");
    let file = std::env::temp_dir().join("quorate-lab-sudo.toml");
    std::fs::write(&file, text).unwrap();
    let (json, _) = status(&["--config", file.to_str().unwrap()]);
    assert_eq!((&json["cluster"]["quorate"], &json["health"]), (&true.into(), &"healthy".into()), "{json}");
    let doctor = quorate(&["doctor", "--config", "/dev/null", "--host", "plain@10.78.1.1"]).output().unwrap();
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert_eq!(doctor.status.code(), Some(1), "{said}");
    assert!(said.contains("DENIED") || said.contains("neither root nor sudo"), "{said}");
}

#[test]
fn a_move_shows_the_owner_and_the_leftover_constraint() {
    let before = until("vm3 runs", |j| service(j, "vm3")["state"] == "started");
    let target = if service(&before, "vm3")["owner"] == "node2" { "node1" } else { "node2" };
    on_node(1, &["crm_resource", "--move", "-r", "vm3", "--node", target]);
    let json = until("vm3 has moved", |j| service(j, "vm3")["owner"] == target && service(j, "vm3")["state"] == "started");
    let left = json["alerts"].as_array().unwrap().iter().find(|a| a["code"] == "leftover-constraint").unwrap_or_else(|| panic!("{json}"));
    assert_eq!((&left["severity"], &left["subject"]), (&"notice".into(), &"vm3".into()));
    on_node(1, &["crm_resource", "--clear", "-r", "vm3"]);
    until("the constraint is gone", |j| !names(j, "alerts", "code").contains(&"leftover-constraint".to_owned()));
}

#[test]
fn maintenance_and_a_disabled_service_are_said() {
    on_node(1, &["crm_attribute", "-t", "crm_config", "-n", "maintenance-mode", "-v", "true"]);
    let json = until("maintenance shows", |j| names(j, "alerts", "code").contains(&"maintenance-on".to_owned()));
    assert_eq!(json["health"], "degraded");
    on_node(1, &["crm_attribute", "-t", "crm_config", "-n", "maintenance-mode", "-D"]);
    on_node(1, &["crm_resource", "--meta", "-r", "web-app", "-p", "target-role", "-v", "Stopped"]);
    let json = until("web-app is disabled", |j| service(j, "web-app")["state"] == "disabled");
    assert!(service(&json, "web-app")["reason"].is_string());
    on_node(1, &["crm_resource", "--meta", "-r", "web-app", "-d", "target-role"]);
    until("all is healthy again", |j| j["health"] == "healthy");
}

#[test]
fn a_log_line_becomes_one_event() {
    let mut events = quorate(&["events", "--json", "--for", "12s", "--config", &config()]).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(5));
    on_node(
        1,
        &[
            "sh",
            "-c",
            "'echo \"$(date +\"%b %d %T\").000 node1 pacemaker-controld [1] (x) notice: quorate lab mark 7f3a\" >> /var/log/pacemaker/pacemaker.log'",
        ],
    );
    let mut text = String::new();
    std::io::Read::read_to_string(&mut events.stdout.take().unwrap(), &mut text).unwrap();
    assert_eq!(events.wait().unwrap().code(), Some(0));
    let marks: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .filter(|e: &Value| e["text"].as_str().unwrap().contains("mark 7f3a"))
        .collect();
    assert_eq!(marks.len(), 1, "{text}");
    assert_eq!((&marks[0]["node"], &marks[0]["source"]), (&"node1".into(), &"pacemaker".into()));
}

#[test]
fn an_sshd_that_is_gone_is_unreachable_not_offline() {
    on_node(3, &["pkill", "-x", "-o", "sshd"]);
    let json = until("node3 is unreachable", |j| j["members"][2]["reachable"] == false);
    assert_eq!(json["members"][2]["status"], "online");
    assert!(json["members"][2]["error"].as_str().unwrap().starts_with("refused"), "{json}");
    // The cluster's own network still reaches it: node1 asks the lab's way in.
    LAB.lab("exec", &["3", "/usr/sbin/sshd"]);
    until("node3 is back", |j| j["members"][2]["reachable"] == true);
}

fn guest<'a>(json: &'a Value, name: &str) -> Option<&'a Value> {
    json["guests"].as_array().unwrap().iter().find(|g| g["name"] == name && matches!(g["state"].as_str(), Some("running" | "paused")))
}

fn node_number(json: &Value, name: &str) -> u8 {
    let node = guest(json, name).unwrap_or_else(|| panic!("no guest {name}: {json}"))["node"].as_str().unwrap().to_owned();
    node.trim_start_matches("node").parse().unwrap()
}

fn codes(json: &Value, subject: &str) -> Vec<String> {
    json["alerts"].as_array().unwrap().iter().filter(|a| a["subject"] == subject).map(|a| a["code"].as_str().unwrap().to_owned()).collect()
}

/// What `events` tells while something is done.
fn events_while(seconds: u32, act: impl FnOnce()) -> Vec<Value> {
    let time = format!("{seconds}s");
    let mut events = quorate(&["events", "--json", "--for", &time, "--config", &config()]).stdout(Stdio::piped()).spawn().unwrap();
    // Connected, before anything is done.
    std::thread::sleep(Duration::from_secs(5));
    act();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut events.stdout.take().unwrap(), &mut text).unwrap();
    assert_eq!(events.wait().unwrap().code(), Some(0));
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn guests_are_listed_as_libvirt_has_them() {
    let json = until("three guests run", |j| ["vm1", "vm2", "vm3"].iter().all(|n| guest(j, n).is_some()));
    for name in ["vm1", "vm2", "vm3"] {
        let row = guest(&json, name).unwrap();
        assert_eq!((&row["vcpus"], &row["memory_bytes"], &row["managed_by"]), (&1.into(), &33_554_432.into(), &name.into()), "{row}");
        let virsh = on_node(node_number(&json, name), &["virsh", "domuuid", name]);
        assert_eq!(row["uuid"], virsh.trim());
        let service = service(&json, name);
        assert_eq!((&service["guest"]["node"], &service["drift"]), (&service["owner"], &Value::Null), "{service}");
    }
}

#[test]
fn a_suspended_guest_is_drift_and_an_event_at_once() {
    let json = until("vm2 runs", |j| guest(j, "vm2").is_some_and(|g| g["state"] == "running"));
    let node = node_number(&json, "vm2");
    let events = events_while(12, || {
        on_node(node, &["virsh", "suspend", "vm2"]);
    });
    let told = events.iter().find(|e| e["source"] == "libvirt" && e["subject"] == "vm2").unwrap_or_else(|| panic!("{events:?}"));
    assert_eq!((&told["node"], &told["text"]), (&format!("node{node}").into(), &"vm2 is paused".into()));
    // The manager's own monitor may have put it right by now: where it has not, it is drift.
    let (json, _) = status(&["--config", &config()]);
    if guest(&json, "vm2").is_some_and(|g| g["state"] == "paused") && service(&json, "vm2")["state"] == "started" {
        assert_eq!(codes(&json, "vm2"), ["guest-drift"], "{json}");
        assert!(service(&json, "vm2")["drift"].as_str().unwrap().contains("paused (user)"));
    }
    on_node(node, &["virsh", "resume", "vm2"]);
    until("the drift is gone", |j| codes(j, "vm2").is_empty() && guest(j, "vm2").is_some_and(|g| g["state"] == "running"));
}

#[test]
fn a_live_migration_is_no_double_run() {
    let before = until("vm1 runs", |j| service(j, "vm1")["state"] == "started" && guest(j, "vm1").is_some());
    let from = node_number(&before, "vm1");
    let target = format!("node{}", if from == 2 { 3 } else { 2 });
    let events = events_while(20, || {
        on_node(1, &["crm_resource", "--move", "-r", "vm1", "--node", &target]);
    });
    let of_vm1: Vec<String> = events
        .iter()
        .filter(|e| e["source"] == "libvirt" && e["subject"] == "vm1")
        .map(|e| e["text"].as_str().unwrap().to_owned())
        .collect();
    assert!(of_vm1.iter().any(|t| t.contains("migrat")), "{events:?}");
    assert!(events.iter().all(|e| e["severity"] != "critical"), "{events:?}");
    let json = until("vm1 runs there", |j| guest(j, "vm1").is_some_and(|g| g["node"] == *target && g["state"] == "running"));
    assert!(!codes(&json, "vm1").contains(&"guest-twice".to_owned()), "{json}");
    on_node(1, &["crm_resource", "--clear", "-r", "vm1"]);
    until("the constraint is gone", |j| !names(j, "alerts", "code").contains(&"leftover-constraint".to_owned()));
}

/// The definition of a lab guest under another name, UUID and disk, on every node's shared folder.
fn stray(name: &str, uuid: &str) -> String {
    format!(
        "'sed -e s,vm1.img,{name}.img, -e s,vm1.serial,{name}.serial, -e s,vm1\\<,{name}\\<, -e s,00000000-0000-4000-8000-000000000001,{uuid}, \
         -e s,52:54:00:98:00:01,52:54:00:98:00:77, /srv/shared/vm1.xml > /srv/shared/{name}.xml && cp /srv/shared/vm1.img /srv/shared/{name}.img'"
    )
}

#[test]
fn a_guest_started_by_hand_is_unmanaged_and_one_that_runs_twice_is_critical() {
    until("all is healthy", |j| j["health"] == "healthy");
    on_node(1, &["sh", "-c", &stray("odd", "00000000-0000-4000-8000-0000000000aa")]);
    on_node(1, &["virsh", "create", "/srv/shared/odd.xml"]);
    let json = until("odd is unmanaged", |j| codes(j, "odd") == ["guest-unmanaged"]);
    assert_eq!((&guest(&json, "odd").unwrap()["node"], &guest(&json, "odd").unwrap()["managed_by"]), (&"node1".into(), &Value::Null));
    assert_eq!(json["health"], "healthy");
    // The same UUID on a second node. A disk of its own, for qemu refuses one that is locked.
    on_node(
        2,
        &[
            "sh",
            "-c",
            "'sed s,odd.img,odd2.img, /srv/shared/odd.xml > /srv/shared/odd2.xml && cp /srv/shared/odd.img /srv/shared/odd2.img'",
        ],
    );
    on_node(2, &["virsh", "create", "/srv/shared/odd2.xml"]);
    let json = until("odd runs twice", |j| codes(j, "odd").contains(&"guest-twice".to_owned()));
    assert_eq!(json["health"], "critical");
    on_node(2, &["virsh", "destroy", "odd"]);
    on_node(1, &["virsh", "destroy", "odd"]);
    until("all is healthy again", |j| j["health"] == "healthy");
}

#[test]
fn a_libvirtd_that_hangs_or_is_gone_holds_nothing_up() {
    until("three guests run", |j| ["vm1", "vm2", "vm3"].iter().all(|n| guest(j, n).is_some()));
    // Without a monitor of the manager that would wait for it too.
    on_node(1, &["crm_attribute", "-t", "crm_config", "-n", "maintenance-mode", "-v", "true"]);
    on_node(3, &["pkill", "-STOP", "-x", "libvirtd"]);
    let began = std::time::Instant::now();
    let (json, output) = status(&["--config", &config()]);
    assert!(began.elapsed() < Duration::from_secs(15), "the whole answer waited: {:?}", began.elapsed());
    assert_eq!(json["members"][2]["reachable"], true, "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.lines().count() == 1 && said.contains("node3: libvirtd takes the connection and says nothing"), "{said}");
    assert!(json["guests"].as_array().unwrap().iter().all(|g| g["node"] != "node3"), "{json}");
    assert!(json["services"].as_array().unwrap().iter().all(|s| s["drift"].is_null()), "{json}");
    on_node(3, &["pkill", "-CONT", "-x", "libvirtd"]);
    until("libvirt of node3 answers again", |j| {
        j["services"].as_array().unwrap().iter().filter(|s| s["kind"] == "vm").all(|s| s["guest"]["node"] == s["owner"])
    });
    on_node(1, &["crm_attribute", "-t", "crm_config", "-n", "maintenance-mode", "-D"]);
    until("all is healthy again", |j| j["health"] == "healthy");
}
