//! The program on the namespace lab: real corosync, pacemaker, sshd. `make test-lab` brings it up and runs this inside its network.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the lab wrote for its clients.
fn client() -> PathBuf {
    let lab = std::env::var_os("QUORATE_LAB_DIR").map_or_else(|| root().join("target/lab"), PathBuf::from);
    let client = lab.join("client");
    assert!(client.join("config.toml").exists(), "no lab in {}: run 'make test-lab'", lab.display());
    client
}

fn quorate(args: &[&str]) -> Command {
    let client = client();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.args(args).arg("--identity").arg(client.join("id")).arg("--known-hosts").arg(client.join("known_hosts"));
    command.args(["--ssh-config", "none"]).env("XDG_STATE_HOME", std::env::temp_dir().join("quorate-lab-state")).stdin(Stdio::null());
    command
}

fn config() -> String {
    client().join("config.toml").to_string_lossy().into_owned()
}

fn status(args: &[&str]) -> (Value, Output) {
    let mut all = vec!["status", "--json"];
    all.extend(args);
    let output = quorate(&all).output().unwrap();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    (json, output)
}

fn on_node(node: u8, command: &[&str]) -> String {
    let key = client().join("id");
    let output = Command::new("ssh")
        .args(["-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i"])
        .arg(key)
        .arg(format!("root@10.78.1.{node}"))
        .args(command)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Looks again and again until the picture is as it must become.
fn until(what: &str, good: impl Fn(&Value) -> bool) -> Value {
    let limit = Instant::now() + Duration::from_secs(90);
    loop {
        let (json, _) = status(&["--config", &config()]);
        if good(&json) {
            return json;
        }
        assert!(Instant::now() < limit, "waited in vain until {what}: {json}");
    }
}

fn names(json: &Value, list: &str, key: &str) -> Vec<String> {
    json[list].as_array().unwrap().iter().map(|row| row[key].as_str().unwrap_or_default().to_owned()).collect()
}

fn service<'a>(json: &'a Value, id: &str) -> &'a Value {
    json["services"].as_array().unwrap().iter().find(|s| s["id"] == id).unwrap_or_else(|| panic!("no service {id}: {json}"))
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
    let lab = std::env::var_os("QUORATE_LAB_CMD").map_or_else(|| root().join("tests/lab/lab"), PathBuf::from);
    let started = Command::new(lab).args(["exec", "3", "/usr/sbin/sshd"]).status().unwrap();
    assert!(started.success());
    until("node3 is back", |j| j["members"][2]["reachable"] == true);
}
