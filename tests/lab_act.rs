//! `plan` and `act` on the namespace lab: each action by the program, its effect judged by the cluster's own tools.

use std::io::{BufRead as _, BufReader};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

#[path = "lab_act_plain.rs"]
mod plain;

use super::whole::{all_there, left_whole};
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
    let is = |j: &Value| j["services"].as_array().unwrap().iter().any(|s| s["id"] == id && s["state"] == "started");
    until(&format!("{id} is started"), is)
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
    all_there();
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
        let limit = Instant::now() + LAB.patience;
        loop {
            let after = ticks("vm1");
            if (after > before && how != "restart") || (after < before && how == "restart") {
                break;
            }
            assert!(Instant::now() < limit, "{how}: {before} then {after}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

#[test]
fn a_ban_of_somebody_else_outlives_a_relocation() {
    all_there();
    let from = owner(&started("vm1"), "vm1");
    let to = other(&from);
    let third = ["node1", "node2", "node3"].into_iter().find(|n| *n != from && *n != to).unwrap();
    on_node(1, &["crm_resource", "--ban", "-r", "vm1", "--node", third, "--lifetime", "PT1H"]);
    until("the ban stands", |j| j["alerts"].as_array().unwrap().iter().any(|a| a["code"] == "leftover-constraint"));
    let said = done(&["relocate", "vm1", "--to", to, "--how", "live", "--confirm", "vm1"]);
    let left = constraints();
    on_node(1, &["crm_resource", "--clear", "-r", "vm1"]);
    assert!(left.contains(&format!("cli-ban-vm1-on-{third}")) && !left.contains("cli-prefer"), "{said}\n{left}");
    left_whole();
}

#[test]
fn suspend_and_resume() {
    all_there();
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
    all_there();
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
    all_there();
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
    all_there();
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
    all_there();
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
    all_there();
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
    all_there();
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
    all_there();
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
    all_there();
    let victim = owner(&started("vm3"), "vm3");
    let (code, text) = run("plan", &["fence", &victim], &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("vm3 dies-restarts") && text.contains("this node is alive"), "{text}");
    assert_eq!(act(&["test-fence", &victim, "--confirm", &victim]).0, 0);
    let text = done(&["fence", &victim, "--confirm", &victim]);
    assert!(text.contains("reboot of") && text.contains("succeeded"), "{text}");
    started("vm3");
    until("the node is back", |j| j["members"].as_array().unwrap().iter().all(|m| m["status"] == "online"));
}

#[test]
fn a_guest_is_let_go_while_it_runs_and_made_a_service_again() {
    all_there();
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
    counts_beyond("vm2", before);
}

#[test]
fn a_node_leaves_and_joins_again() {
    all_there();
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

/// A run of the program whose lines are read as they come.
struct Running {
    child: std::process::Child,
    lines: Box<dyn Iterator<Item = String>>,
    said: Vec<String>,
}

impl Running {
    fn act(args: &[&str]) -> Self {
        let config = config();
        let mut all = vec!["act"];
        all.extend(args);
        all.extend(["--config", &config]);
        let mut child = quorate(&all).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = Box::new(BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok));
        Self { child, lines, said: Vec::new() }
    }

    /// Reads up to a line with these words.
    fn until(&mut self, words: &str) -> String {
        for line in self.lines.by_ref() {
            self.said.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
        panic!("it never said '{words}':\n{}", self.said.join("\n"))
    }

    /// Its exit status and all that it said.
    fn end(mut self) -> (i32, String) {
        self.said.extend(self.lines.by_ref());
        (self.child.wait().unwrap().code().unwrap_or(-1), self.said.join("\n"))
    }

    fn interrupt(&self) {
        let pid = i32::try_from(self.child.id()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), rustix::process::Signal::INT).unwrap();
    }
}

/// A guest that is a service as long as this lives.
struct Guest(String);

impl Guest {
    /// Made a service on a node that may run it.
    fn of(name: &str, options: &str, prefers: Option<&str>) -> Self {
        let pair = |of: &str, key: &str, value: &str| format!("<nvpair id=\"{name}-{of}-{key}\" name=\"{key}\" value=\"{value}\"/>");
        // The shared folder is one of this machine: libvirt does not take it for shared storage.
        let options = pair("ia", "migrate_options", format!("--unsafe {options}").trim());
        let op = |what: &str, every: &str, secs: u32| {
            format!("<op id=\"{name}-{what}\" name=\"{what}\" interval=\"{every}\" timeout=\"{secs}s\"/>")
        };
        let xml = format!(
            "<primitive id=\"{name}\" class=\"ocf\" provider=\"heartbeat\" type=\"VirtualDomain\"><instance_attributes id=\"{name}-ia\">{}{}{}{options}</instance_attributes><meta_attributes id=\"{name}-meta\">{}</meta_attributes><operations>{}{}{}{}{}</operations></primitive>",
            pair("ia", "config", &format!("/srv/shared/{name}.xml")),
            pair("ia", "hypervisor", "qemu:///system"),
            pair("ia", "migration_transport", "tcp"),
            // Where it goes must be known before it starts: it would stay where it is.
            pair("meta", "allow-migrate", "true") + &prefers.map(|_| pair("meta", "target-role", "Stopped")).unwrap_or_default(),
            op("start", "0", 120),
            op("stop", "0", 120),
            op("migrate_to", "0", 300),
            op("migrate_from", "0", 300),
            op("monitor", "20s", 60),
        );
        on_node(1, &["cibadmin", "--create", "--scope", "resources", "--xml-text", &format!("'{xml}'")]);
        if let Some(node) = prefers {
            let xml = format!("<rsc_location id=\"prefer-{name}\" rsc=\"{name}\" node=\"{node}\" score=\"100\"/>");
            on_node(1, &["cibadmin", "--create", "--scope", "constraints", "--xml-text", &format!("'{xml}'")]);
            on_node(1, &["crm_resource", "--resource", name, "--meta", "--delete-parameter", "target-role"]);
        }
        Self(name.to_owned())
    }

    /// The busy guest, which counts already: before that it is deaf to its power button, and a stop would have to wait in vain.
    fn busy(options: &str) -> Self {
        on_node(1, &["truncate", "-s", "0", "/srv/shared/busy.serial"]);
        let guest = Self::of("busy", options, None);
        started("busy");
        counts("busy");
        guest
    }
}

impl Drop for Guest {
    /// Stopped before it is taken out of the configuration: with its configuration its stop would lose its timeout, too.
    fn drop(&mut self) {
        let id = &self.0;
        on_node(1, &["crm_resource", "-r", id, "--meta", "-p", "target-role", "-v", "Stopped"]);
        on_node(1, &["timeout", "180", "crm_resource", "--wait"]);
        on_node(1, &["cibadmin", "--delete", "--xpath", &format!("\"//rsc_location[@rsc='{id}']\""), "--force"]);
        on_node(1, &["cibadmin", "--delete", "--xpath", &format!("\"//primitive[@id='{id}']\"")]);
        on_node(1, &["timeout", "60", "crm_resource", "--wait"]);
    }
}

/// Waits until a guest counts.
fn counts(id: &str) {
    counts_beyond(id, ticks(id));
}

/// Waits until a guest has counted further than that: one that was started anew begins at 1.
fn counts_beyond(id: &str, before: u64) {
    let limit = Instant::now() + LAB.patience;
    while ticks(id) <= before {
        assert!(Instant::now() < limit, "{id} does not go on counting: {before}, then {}", ticks(id));
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// How long the busy guest was silent at most while something was done. It prints at every tick of its timer, 55 ms.
fn silence(meanwhile: impl FnOnce()) -> Duration {
    use std::sync::atomic::{AtomicBool, Ordering};
    let serial = LAB.file("config.toml").parent().unwrap().parent().unwrap().join("ns/shared/busy.serial");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let longest = scope.spawn(|| {
            let (mut size, mut at, mut longest) = (0, Instant::now(), Duration::ZERO);
            while !over.load(Ordering::Relaxed) {
                let now = std::fs::metadata(&serial).map_or(0, |m| m.len());
                if now != size {
                    longest = longest.max(if size == 0 { Duration::ZERO } else { at.elapsed() });
                    (size, at) = (now, Instant::now());
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            longest
        });
        meanwhile();
        over.store(true, Ordering::Relaxed);
        longest.join().unwrap()
    })
}

/// What was measured, for whoever reads the run.
fn figure(text: &str) {
    println!("figure: {text}");
}

/// `done after 12 s`.
fn seconds(said: &str) -> String {
    said.lines().find_map(|l| l.strip_prefix("done after ")?.split(':').next().map(str::to_owned)).unwrap_or_else(|| "?".to_owned())
}

#[test]
fn a_migration_that_cannot_converge_is_said_so_and_cancelled() {
    all_there();
    let guest = Guest::busy("");
    let from = owner(&started("busy"), "busy");
    let to = other(&from);
    let mut relocation = Running::act(&["relocate", "busy", "--to", to, "--bandwidth", "1M", "--confirm", "busy"]);
    let verdict = relocation.until("will not converge");
    assert!(verdict.contains("cancel") && verdict.contains("post-copy") && verdict.contains("downtime"), "{verdict}");
    figure(&verdict);
    let (before, domain) = (ticks("busy"), on_node(number(&from), &["virsh", "domid", "busy"]));
    let text = done(&["cancel", "busy", "--confirm", "busy"]);
    figure(&format!("cancel: {}", seconds(&text)));
    let (code, said) = relocation.end();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("called off"), "{said}");
    let json = started("busy");
    assert_eq!((owner(&json, "busy").as_str(), &service(&json, "busy")["failures"]), (from.as_str(), &0.into()), "{json}");
    assert!(on_node(number(&from), &["virsh", "domstate", "busy"]).contains("running"));
    assert!(!constraints().contains("cli-"), "{}", constraints());
    assert!(!on_node(1, &["crm_resource", "-q", "-r", "busy"]).contains("is-managed"), "the manager looks after it again");
    // Neither stopped nor started: the same domain, which goes on counting.
    assert_eq!(on_node(number(&from), &["virsh", "domid", "busy"]), domain);
    counts_beyond("busy", before);
    drop(guest);
    left_whole();
}

#[test]
fn a_migration_that_runs_is_limited_otherwise_and_then_converges() {
    all_there();
    let guest = Guest::busy("");
    let from = owner(&started("busy"), "busy");
    let to = other(&from);
    let mut relocation = Running::act(&["relocate", "busy", "--to", to, "--bandwidth", "1M", "--confirm", "busy"]);
    relocation.until("round 2");
    assert_eq!(act(&["post-copy", "busy", "--confirm", "busy"]).0, 4, "it was not begun with --postcopy");
    let text = done(&["limit", "busy", "--bandwidth", "512M", "--max-downtime", "400ms", "--confirm", "busy"]);
    assert!(text.contains("--max-downtime 400ms --bandwidth 512M") || text.contains("is over"), "{text}");
    let (code, said) = relocation.end();
    assert_eq!(code, 0, "{said}");
    assert_eq!(owner(&started("busy"), "busy"), to);
    // Back again: 8 MiB at 2 MiB/s take four seconds, which it may stand still.
    let gap = silence(|| {
        let text = done(&["relocate", "busy", "--to", &from, "--bandwidth", "2M", "--max-downtime", "20s", "--confirm", "busy"]);
        figure(&format!("relocate with 2 MiB/s and 20 s of downtime allowed: {}", seconds(&text)));
    });
    figure(&format!("its guest was silent for {} ms at most", gap.as_millis()));
    assert_eq!(act(&["limit", "busy", "--bandwidth", "1M", "--confirm", "busy"]).0, 4, "nothing migrates any more");
    drop(guest);
    left_whole();
}

#[test]
fn a_migration_is_switched_to_post_copy() {
    all_there();
    let guest = Guest::busy("--postcopy");
    let from = owner(&started("busy"), "busy");
    let to = other(&from);
    let before = ticks("busy");
    let mut relocation = Running::act(&["relocate", "busy", "--to", to, "--bandwidth", "1M", "--confirm", "busy"]);
    relocation.until("round 2");
    let gap = silence(|| {
        let text = done(&["post-copy", "busy", "--confirm", "busy"]);
        figure(&format!("post-copy: {}", seconds(&text)));
    });
    let (code, said) = relocation.end();
    assert_eq!(code, 0, "{said}");
    figure(&format!("its guest was silent for {} ms at most", gap.as_millis()));
    assert_eq!(owner(&started("busy"), "busy"), to);
    counts_beyond("busy", before);
    drop(guest);
    left_whole();
}

#[test]
fn the_downtime_of_a_live_migration_beside_virsh_alone() {
    all_there();
    let guest = Guest::busy("");
    let from = owner(&started("busy"), "busy");
    let to = other(&from);
    let mut took = String::new();
    let ours = silence(|| took = seconds(&done(&["relocate", "busy", "--to", to, "--how", "live", "--confirm", "busy"])));
    on_node(1, &["crm_resource", "-r", "busy", "--meta", "-p", "is-managed", "-v", "false"]);
    let began = Instant::now();
    let virsh = silence(|| {
        on_node(
            number(to),
            &["virsh", "migrate", "--live", "--unsafe", "busy", &format!("qemu+tcp://{from}/system"), &format!("tcp://{from}")],
        );
    });
    let alone = began.elapsed();
    for node in [&from, to] {
        on_node(1, &["crm_resource", "--refresh", "-r", "busy", "--node", node]);
    }
    on_node(1, &["crm_resource", "-r", "busy", "--meta", "-d", "is-managed"]);
    figure(&format!(
        "live migration: {} ms silent in {took}; virsh migrate alone: {} ms silent in {:.1} s",
        ours.as_millis(),
        virsh.as_millis(),
        alone.as_secs_f64()
    ));
    assert_eq!(owner(&started("busy"), "busy"), from);
    let before = ticks("busy");
    let took = Instant::now();
    let gap = silence(|| {
        done(&["relocate", "busy", "--to", to, "--how", "suspend", "--confirm", "busy"]);
    });
    figure(&format!("suspend and resume elsewhere: {} ms silent in {:.1} s", gap.as_millis(), took.elapsed().as_secs_f64()));
    // Its memory went along.
    counts_beyond("busy", before);
    drop(guest);
    left_whole();
}

/// The steps that were sent, by the journal, of the last action with this target.
fn sent(target: &str) -> Vec<u64> {
    let file = std::env::temp_dir().join("quorate-lab-state/quorate/journal.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).filter(|l: &Value| l["target"] == target).collect();
    let tag = lines.last().unwrap()["tag"].clone();
    lines.iter().filter(|l| l["tag"] == tag && l["event"] == "send").map(|l| l["step"].as_u64().unwrap()).collect()
}

/// A tool of all nodes that stands still before it does anything, once it is called with these words, until it is let go.
struct Held(&'static str);

impl Held {
    fn before(tool: &'static str, words: &str) -> Self {
        on_node(1, &["rm", "-f", "/srv/shared/held", "/srv/shared/go"]);
        for node in 1..=3 {
            let real = on_node(node, &["command", "-v", tool]);
            let script = format!(
                "#!/bin/sh\\ncase \"$*\" in *\"{words}\"*) : >/srv/shared/held; n=0; until [ -e /srv/shared/go ] || [ $n = 600 ]; do sleep 0.1; n=$((n+1)); done;; esac\\nexec {} \"$@\"\\n",
                real.trim()
            );
            on_node(node, &[&format!("printf '{script}' >/usr/local/sbin/{tool} && chmod 755 /usr/local/sbin/{tool}")]);
        }
        Self(tool)
    }

    /// Waits until it stands, cuts every connection to every node, and lets it go.
    fn cut(&self) {
        let limit = Instant::now() + LAB.patience;
        while on_node(1, &["ls", "/srv/shared/held"]).is_empty() {
            assert!(Instant::now() < limit, "{} was never called", self.0);
            std::thread::sleep(Duration::from_millis(200));
        }
        for node in 1..=3 {
            on_node(node, &["pkill", "-KILL", "-f", "'sshd: [r]oot@notty'"]);
        }
        std::thread::sleep(Duration::from_secs(1));
        on_node(1, &["touch", "/srv/shared/go"]);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        on_node(1, &["touch", "/srv/shared/go"]);
        for node in 1..=3 {
            on_node(node, &["rm", "-f", &format!("/usr/local/sbin/{}", self.0)]);
        }
    }
}

#[test]
fn the_connection_is_cut_at_each_step_of_a_relocation_and_what_remains_is_what_is_said() {
    all_there();
    for (step, tool, words) in [(1, "crm_resource", "--move"), (2, "virsh", "migrate --live"), (3, "crm_resource", "--clear")] {
        let from = owner(&started("vm2"), "vm2");
        let to = other(&from);
        let held = Held::before(tool, words);
        let running = Running::act(&["relocate", "vm2", "--to", to, "--how", "live", "--confirm", "vm2"]);
        held.cut();
        let (code, said) = running.end();
        drop(held);
        let sent = sent("vm2");
        let mut once = sent.clone();
        once.dedup();
        assert_eq!(sent, once, "nothing is sent twice: {said}");
        // In the second step the manager is at work, and nothing of quorate's is on its way: it only looks again.
        let lost = step != 2;
        assert_eq!(code, if lost { 5 } else { 0 }, "cut at step {step}: {said}");
        assert_eq!(sent, if step == 1 { vec![1] } else { vec![1, 3] }, "{said}");
        assert_eq!(lost, said.contains("outcome unknown") && said.contains("not sent again"), "{said}");
        assert_eq!(!lost, said.contains("done and proved"), "{said}");
        let stands = constraints().contains("cli-");
        figure(&format!("cut at step {step}: exit status {code}, sent {sent:?}, constraint left: {stands}"));
        // The command itself went on without its connection: what nobody took away is there, and is said.
        assert_eq!(stands, step == 1, "{said}\n{}", constraints());
        assert_eq!(stands, said.contains("left behind") || said.contains("stands"), "what remains is what it says: {said}");
        until("vm2 has arrived", |j| service(j, "vm2")["state"] == "started" && owner(j, "vm2") == to);
        if stands {
            done(&["clear", "vm2", "--confirm", "vm2"]);
        }
    }
    left_whole();
}

#[test]
fn a_libvirtd_that_is_stopped_closes_the_way_and_is_said() {
    all_there();
    let from = owner(&started("vm1"), "vm1");
    let to = other(&from);
    let plan = || run("plan", &["relocate", "vm1", "--to", to, "--how", "live"], &[]);
    // Without a guest on it no monitor of the manager waits for its libvirtd, which would have it fenced in the end.
    done(&["drain", to, "--confirm", to]);
    done(&["unstandby", to, "--confirm", to]);
    assert_eq!(plan().0, 0, "with its libvirtd it is open: {}", plan().1);
    for (how, end, back, word) in [
        (
            "gone",
            "pkill -x libvirtd",
            "/usr/local/lib/ns-daemon start libvirtd",
            "libvirt on {to} does not answer: error: failed to connect",
        ),
        (
            "stopped",
            "pkill -STOP -x libvirtd",
            "pkill -CONT -x libvirtd",
            "{to} gave no answer in time about the guest's place there: libvirtd hangs",
        ),
    ] {
        on_node(number(to), &[end]);
        let (code, text) = plan();
        let (acted, refused) = act(&["relocate", "vm1", "--to", to, "--how", "live", "--confirm", "vm1"]);
        on_node(number(to), &[back]);
        figure(&format!("libvirtd of the target {how}: exit status {code}: {}", text.lines().next().unwrap_or_default()));
        let word = word.replace("{to}", to);
        assert_eq!((code, acted), (4, 4), "{how}: {text}\n{refused}");
        assert!(text.contains(&word) && refused.contains(&word), "{how}: {text}\n{refused}");
        assert!(!constraints().contains("cli-") && owner(&started("vm1"), "vm1") == from, "{}", constraints());
        let limit = Instant::now() + LAB.patience;
        while plan().0 != 0 {
            assert!(Instant::now() < limit, "{how}: the way stays closed: {}", plan().1);
            std::thread::sleep(Duration::from_secs(1));
        }
    }
    left_whole();
}

#[test]
fn a_node_is_fenced_off_and_on_and_what_it_ran_runs_elsewhere() {
    all_there();
    let json = started("vm1");
    let victim = owner(&json, "vm1");
    let guests: Vec<&str> = ["vm1", "vm2", "vm3"].into_iter().filter(|g| owner(&json, g) == victim).collect();
    let began = Instant::now();
    let text = done(&["fence", &victim, "--how", "off", "--confirm", &victim]);
    until("all run again", |j| guests.iter().all(|g| service(j, g)["state"] == "started" && owner(j, g) != victim));
    figure(&format!(
        "fence off with {} guests: {}, all run elsewhere after {:.1} s",
        guests.len(),
        seconds(&text),
        began.elapsed().as_secs_f64()
    ));
    assert!(text.contains(&format!("off of {victim} succeeded")), "{text}");
    let text = done(&["fence", &victim, "--how", "on", "--confirm", &victim]);
    assert!(text.contains(&format!("on of {victim} succeeded")), "{text}");
    until("the node is back", |j| j["members"].as_array().unwrap().iter().all(|m| m["status"] == "online"));
    left_whole();
}

#[test]
fn a_node_is_drained_and_rebooted_and_comes_back() {
    all_there();
    let busy = owner(&started("vm1"), "vm1");
    let before = on_node(number(&busy), &["cat", "/proc/1/stat"]);
    let text = done(&["reboot", &busy, "--confirm", &busy]);
    figure(&format!("reboot: {}", seconds(&text)));
    assert_ne!(before, on_node(number(&busy), &["cat", "/proc/1/stat"]), "another process 1");
    assert!(!constraints().contains("cli-"), "{}", constraints());
    started("vm1");
    left_whole();
}

#[test]
fn ten_guests_are_drained_one_by_one_and_the_drain_can_be_stopped_halfway() {
    all_there();
    let names: Vec<String> = (1..=9).map(|n| format!("g{n}")).collect();
    let guests: Vec<Guest> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            on_node(1, &["sh", "-c", &super::stray(name, &format!("00000000-0000-4000-8000-0000000000b{at}"))]);
            on_node(1, &["sed", "-i", &format!("s/52:54:00:98:00:77/52:54:00:98:01:0{at}/"), &format!("/srv/shared/{name}.xml")]);
            Guest::of(name, "", Some("node1"))
        })
        .collect();
    let all = |j: &Value, good: &dyn Fn(&str) -> bool| {
        let rows = j["services"].as_array().unwrap().iter().filter(|s| s["state"] == "started");
        rows.filter(|s| names.iter().any(|n| s["id"] == n.as_str()) && good(s["owner"].as_str().unwrap_or_default())).count()
    };
    let json = until("nine guests run on node1", |j| all(j, &|node| node == "node1") == names.len());
    let more = ["vm1", "vm2", "vm3"].iter().filter(|vm| owner(&json, vm) == "node1").count();
    let mut drain = Running::act(&["drain", "node1", "--confirm", "node1"]);
    for _ in 0..3 {
        drain.until("has left node1");
    }
    drain.interrupt();
    let (code, said) = drain.end();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("stopped"), "{said}");
    assert!(!constraints().contains("cli-"), "{}", constraints());
    let json = until("nothing is in transit", |j| all(j, &|_| true) == names.len());
    assert!(all(&json, &|node| node == "node1") > 0, "it was stopped halfway: {said}");
    let mut drain = Running::act(&["drain", "node1", "--confirm", "node1"]);
    let announced = drain.until("Keep");
    let (code, said) = drain.end();
    assert_eq!(code, 0, "{announced}\n{said}");
    figure(&format!("drain of a node with {} guests of its own and {more} more: {}", names.len(), seconds(&said)));
    let json = until("node1 is empty", |j| all(j, &|node| node != "node1") == names.len());
    assert_eq!(all(&json, &|node| node == "node1"), 0);
    done(&["unstandby", "node1", "--confirm", "node1"]);
    drop(guests);
    until("the guests are gone", |j| {
        j["services"].as_array().unwrap().iter().all(|s| !names.contains(&s["id"].as_str().unwrap().to_owned()))
    });
    left_whole();
}

#[test]
fn a_target_that_moves_while_its_dialog_is_open_is_not_acted_upon_unread() {
    all_there();
    let json = started("vm3");
    let from = owner(&json, "vm3");
    let to = other(&from);
    let mut screen = super::screen::Screen::of(&LAB, 140, 40);
    screen.until(&["QUORATE", "vm3"]);
    screen.press("2\r");
    screen.until(&["▸2 Services", "esc back"]);
    screen.press("/vm3\r");
    std::thread::sleep(Duration::from_secs(1));
    screen.press("gg");
    screen.press("xt");
    screen.until(&["STOP vm3", "[Cancel]", "crm_resource"]);
    on_node(1, &["crm_resource", "--move", "-r", "vm3", "--node", to]);
    screen.until(&["CHANGED"]);
    // Neither the button nor enter counts until it was read again.
    screen.press("\t\r");
    std::thread::sleep(Duration::from_secs(2));
    assert!(!on_node(1, &["crm_resource", "-q", "-r", "vm3"]).contains("Stopped"));
    screen.press("\x1b");
    on_node(1, &["crm_resource", "--clear", "-r", "vm3"]);
    until("vm3 runs", |j| service(j, "vm3")["state"] == "started");
    left_whole();
}
