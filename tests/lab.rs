//! The program on the namespace lab: real corosync, pacemaker, sshd. `make test-lab` brings it up and runs this inside its network.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

#[path = "lab/support.rs"]
mod support;

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
