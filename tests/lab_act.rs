//! `plan` and `act` on the namespace lab: each action by the program, its effect judged by the cluster's own tools.

use std::io::{BufRead as _, BufReader};
use std::process::{Output, Stdio};

use serde_json::Value;

use super::{LAB, config, on_node, quorate, service, until};

/// Runs an action; gives exit status and what was printed.
fn act(args: &[&str]) -> (i32, String) {
    run("act", args, &[])
}

fn run(verb: &str, args: &[&str], global: &[&str]) -> (i32, String) {
    let config = config();
    let mut all = vec![verb];
    all.extend(args);
    if !global.contains(&"--config") {
        all.extend(["--config", &config]);
    }
    all.extend(global);
    let Output { status, stdout, stderr } = quorate(&all).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code().unwrap_or(-1), text)
}

/// Runs an action that must be done and proved.
fn done(args: &[&str]) -> String {
    let (code, text) = act(args);
    assert_eq!(code, 0, "act {args:?}: {text}");
    text
}

fn owner(json: &Value, id: &str) -> String {
    service(json, id)["owner"].as_str().unwrap_or_default().to_owned()
}

fn started(id: &str) -> Value {
    until(&format!("{id} is started"), |j| service(j, id)["state"] == "started")
}

/// Another node than this one.
fn other(than: &str) -> &'static str {
    ["node1", "node2", "node3"].into_iter().find(|n| *n != than).unwrap()
}

fn number(node: &str) -> u8 {
    node.trim_start_matches("node").parse().unwrap()
}

/// What `crm_resource` itself says of where a resource runs.
fn located(id: &str) -> String {
    on_node(1, &["crm_resource", "--locate", "-r", id])
}

fn constraints() -> String {
    on_node(1, &["cibadmin", "--query", "--scope", "constraints"])
}

/// The seconds that a guest has counted, by its serial port.
fn ticks(id: &str) -> u64 {
    let said = on_node(1, &["tail", "-c", "200", &format!("/srv/shared/{id}.serial")]);
    said.lines().rev().find_map(|l| l.trim().strip_prefix("tick ")?.trim().parse().ok()).unwrap_or(0)
}

#[test]
fn each_way_of_relocation_brings_the_guest_there_and_leaves_nothing() {
    for how in ["live", "suspend", "restart"] {
        let from = owner(&started("vm1"), "vm1");
        let to = other(&from);
        let before = ticks("vm1");
        let text = done(&["relocate", "vm1", "--to", to, "--how", how, "--confirm", "vm1"]);
        assert!(text.contains("done and proved") || text.contains("done after"), "{text}");
        assert!(located("vm1").contains(to), "{how}: {}", located("vm1"));
        assert!(!constraints().contains("cli-"), "{how}: {}", constraints());
        let xml = on_node(1, &["crm_resource", "-q", "-r", "vm1"]);
        assert!(xml.contains("allow-migrate") && xml.contains("\"true\"") && !xml.contains("is-managed"), "{how}: {xml}");
        assert!(on_node(number(to), &["virsh", "domstate", "vm1"]).contains("running"), "{how}");
        assert_eq!(on_node(number(to), &["ls", "/srv/shared"]).matches("quorate-save").count(), 0, "the image was used once");
        // A guest that was only moved goes on counting; one that was restarted begins anew.
        std::thread::sleep(std::time::Duration::from_secs(3));
        let after = ticks("vm1");
        assert_eq!(after > before, how != "restart", "{how}: {before} then {after}");
    }
}

#[test]
fn suspend_and_resume() {
    let node = number(&owner(&started("vm2"), "vm2"));
    done(&["suspend", "vm2", "--confirm", "vm2"]);
    assert!(on_node(node, &["virsh", "domstate", "vm2"]).contains("paused"));
    let (code, text) = act(&["suspend", "vm2", "--confirm", "vm2"]);
    assert_eq!(code, 4, "it stands still already: {text}");
    done(&["resume", "vm2", "--confirm", "vm2"]);
    assert!(on_node(node, &["virsh", "domstate", "vm2"]).contains("running"));
    done(&["reset", "vm2", "--confirm", "vm2"]);
}

#[test]
fn stop_start_restart() {
    started("vm2");
    done(&["stop", "vm2", "--confirm", "vm2"]);
    assert!(!located("vm2").contains("node"), "{}", located("vm2"));
    done(&["start", "vm2", "--confirm", "vm2"]);
    assert!(located("vm2").contains("node"));
    done(&["restart", "web-app", "--confirm", "web-app"]);
    done(&["stop", "vm2", "--force", "--confirm", "vm2"]);
    done(&["start", "vm2", "--confirm", "vm2"]);
}

#[test]
fn freeze_and_maintenance() {
    started("web-app");
    done(&["freeze", "web-app", "--confirm", "web-app"]);
    assert!(
        on_node(1, &["crm_mon", "-1"]).contains("web-app\t(ocf:pacemaker:Dummy):\t Started")
            || on_node(1, &["crm_mon", "-1"]).contains("unmanaged")
    );
    let (code, text) = act(&["stop", "web-app", "--confirm", "web-app"]);
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("unfreeze"), "the refusal says what lifts it: {text}");
    done(&["unfreeze", "web-app", "--confirm", "web-app"]);
    done(&["maintenance", "on", "--confirm", "nslab"]);
    assert!(on_node(1, &["crm_attribute", "-t", "crm_config", "-n", "maintenance-mode", "-G", "-q"]).contains("true"));
    done(&["maintenance", "off", "--confirm", "off"]);
    until("all is healthy again", |j| j["health"] == "healthy");
}

#[test]
fn cleanup_and_clear() {
    started("web");
    on_node(1, &["crm_failcount", "-r", "web-app", "-N", "node1", "-v", "3"]);
    on_node(1, &["crm_resource", "--ban", "-r", "web", "--node", "node3", "--lifetime", "PT1H"]);
    until("the ban stands", |j| j["alerts"].as_array().unwrap().iter().any(|a| a["code"] == "leftover-constraint"));
    done(&["clear", "web", "--confirm", "web"]);
    assert!(!constraints().contains("cli-ban"), "{}", constraints());
    on_node(1, &["crm_failcount", "-r", "web-app", "-N", "node1", "-D"]);
    done(&["cleanup", "web-app", "--confirm", "web-app"]);
}

#[test]
fn standby_drain_and_back() {
    started("vm3");
    done(&["standby", "node2", "--confirm", "node2"]);
    assert!(on_node(1, &["crm_mon", "-1"]).contains("Node node2: standby"), "{}", on_node(1, &["crm_mon", "-1"]));
    done(&["unstandby", "node2", "--confirm", "node2"]);
    let busy = owner(&started("vm1"), "vm1");
    done(&["drain", &busy, "--confirm", &busy]);
    for vm in ["vm1", "vm2", "vm3"] {
        assert!(!located(vm).contains(&busy), "{}", located(vm));
    }
    assert!(!constraints().contains("cli-"), "{}", constraints());
    done(&["unstandby", &busy, "--confirm", &busy]);
}

#[test]
fn what_the_gate_refuses_changes_nothing() {
    let epoch = || on_node(1, &["cibadmin", "--query", "--xpath", "/cib/configuration"]);
    started("vm1");
    let before = epoch();
    let (code, text) = act(&["stop", "vm1", "--confirm", "vm2"]);
    assert_eq!(code, 4, "{text}");
    let (code, text) = run("act", &["stop", "vm1", "--confirm", "vm1"], &["--read-only"]);
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("read-only"), "{text}");
    let file = std::env::temp_dir().join("quorate-lab-viewer.toml");
    std::fs::write(&file, std::fs::read_to_string(config()).unwrap().replace("user = \"root\"", "user = \"root\"\nrole = \"viewer\""))
        .unwrap();
    let (code, text) = run("act", &["stop", "vm1", "--confirm", "vm1"], &["--config", file.to_str().unwrap()]);
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("viewer"), "{text}");
    let (code, text) = act(&["stop", "vm11", "--confirm", "vm11"]);
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("'vm1' is there"), "{text}");
    let (code, text) = act(&["confirm-fence", "node2", "--confirm", "node2"]);
    assert_eq!(code, 4, "{text}");
    assert_eq!(act(&["stop", "vm1"]).0, 64, "without --confirm");
    let (code, text) = run("plan", &["fence", "node1", "--json"], &[]);
    assert_eq!(code, 0, "{text}");
    let plan: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(plan["steps"][0]["argv"][0], "stonith_admin");
    assert_eq!(before, epoch());
}

#[test]
fn two_quorates_never_act_on_one_target_at_once() {
    started("web-app");
    let config = config();
    let both: Vec<_> = (0..2)
        .map(|_| {
            let args = ["act", "restart", "web-app", "--confirm", "web-app", "--config", &config];
            quorate(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let ends: Vec<(Option<i32>, String)> = both
        .into_iter()
        .map(|child| {
            let out = child.wait_with_output().unwrap();
            (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
        })
        .collect();
    let mut codes: Vec<_> = ends.iter().map(|(code, _)| *code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(4)], "{ends:?}");
}

#[test]
fn a_connection_cut_in_the_middle_is_an_unknown_outcome_and_nothing_is_sent_twice() {
    started("vm2");
    let config = config();
    let mut child = quorate(&["act", "restart", "vm2", "--confirm", "vm2", "--config", &config]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let sent = lines.find(|l| l.contains("crm_resource --restart")).unwrap();
    let node = sent.split("on node").nth(1).and_then(|r| r.chars().next()).and_then(|c| c.to_digit(10)).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    on_node(u8::try_from(node).unwrap(), &["pkill", "-KILL", "-f", "'sshd: root@notty'"]);
    let rest: Vec<String> = lines.collect();
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(5), "{sent}\n{}", rest.join("\n"));
    let said = rest.join("\n");
    assert!(said.contains("outcome unknown") && said.contains("not sent again"), "{said}");
    // The command itself went on: nothing that changes a cluster is cut off in the middle.
    started("vm2");
    assert!(!on_node(1, &["crm_resource", "-q", "-r", "vm2"]).contains("Stopped"), "{}", on_node(1, &["crm_resource", "-q", "-r", "vm2"]));
}

#[test]
fn fencing_is_planned_with_what_dies_and_proved_by_the_membership() {
    until("all three are there", |j| j["health"] == "healthy" || j["health"] == "degraded");
    let victim = owner(&started("vm3"), "vm3");
    let (code, text) = run("plan", &["fence", &victim], &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("vm3 dies-restarts") && text.contains("this node is alive"), "{text}");
    assert_eq!(act(&["test-fence", &victim, "--confirm", &victim]).0, 0);
    let text = done(&["fence", &victim, "--confirm", &victim]);
    assert!(text.contains("reboot of") && text.contains("succeeded"), "{text}");
    started("vm3");
    // A node that boots within a second hears of its own fencing, and its manager ends: then it is started again.
    LAB.lab("heal", &["daemon", victim.trim_start_matches("node")]);
    until("the node is back", |j| j["members"].as_array().unwrap().iter().all(|m| m["status"] == "online"));
}

#[test]
fn a_guest_is_let_go_while_it_runs_and_made_a_service_again() {
    let node = number(&owner(&started("vm2"), "vm2"));
    let before = ticks("vm2");
    let text = std::fs::read_to_string(config()).unwrap().replace("user = \"root\"", "user = \"root\"\nrole = \"admin\"");
    let file = std::env::temp_dir().join("quorate-lab-registrar.toml");
    std::fs::write(&file, text).unwrap();
    let admin = ["--config", file.to_str().unwrap()];
    assert_eq!(act(&["unregister", "vm2", "--confirm", "vm2"]).0, 4, "an operator may not");
    let (code, text) = run("act", &["unregister", "vm2", "--confirm", "vm2"], &admin);
    assert_eq!(code, 0, "{text}");
    assert!(!on_node(1, &["crm_mon", "-1", "-r"]).contains("vm2"));
    assert!(on_node(node, &["virsh", "domstate", "vm2"]).contains("running"));
    let (code, text) = run("act", &["register", "vm2", "--confirm", "vm2"], &admin);
    assert_eq!(code, 0, "{text}");
    assert!(located("vm2").contains("node"), "{}", located("vm2"));
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(ticks("vm2") > before, "it has run on all the while");
}

#[test]
fn a_node_leaves_and_joins_again() {
    until("all three are there", |j| j["members"].as_array().unwrap().iter().all(|m| m["status"] == "online"));
    let text = std::fs::read_to_string(config()).unwrap().replace("user = \"root\"", "user = \"root\"\nrole = \"admin\"");
    let file = std::env::temp_dir().join("quorate-lab-admin.toml");
    std::fs::write(&file, text).unwrap();
    let admin = ["--config", file.to_str().unwrap()];
    let (code, text) = run("act", &["leave", "node3", "--confirm", "node3"], &admin);
    assert_eq!(code, 0, "{text}");
    assert!(!on_node(1, &["corosync-quorumtool", "-l"]).contains("node3"));
    let (code, text) = run("act", &["join", "node3", "--confirm", "node3"], &admin);
    assert_eq!(code, 0, "{text}");
    assert!(on_node(1, &["corosync-quorumtool", "-l"]).contains("node3"));
}
