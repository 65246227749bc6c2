//! The namespace lab as each test finds it and must leave it: three members, all services started, nothing left of what an earlier one did.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{LAB, status};

/// How long it may take until all is there: a node boots, guests start one after another, on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);
const NODES: [u8; 3] = [1, 2, 3];
/// What the lab's configuration has; all else was made by a test.
const OWN: [&str; 11] =
    ["vm1", "vm2", "vm3", "web", "web-ip", "web-app", "ping-clone", "ping", "fence-node1", "fence-node2", "fence-node3"];

/// Waits until the cluster is whole, and makes it so where a test before has left something behind.
pub fn all_there() {
    whole(true);
}

/// Waits until the cluster is whole by itself.
pub fn left_whole() {
    whole(false);
}

fn whole(heal: bool) {
    let began = Instant::now();
    let (mut round, mut gone) = (0_u32, 0);
    loop {
        let found = look();
        if found.wrong.is_empty() {
            return;
        }
        assert!(
            began.elapsed() < LIMIT,
            "the cluster is not whole: {}\n{}\n{}\n{}",
            found.wrong.join("; "),
            ask("crm_mon -1 -r -f"),
            ask("stonith_admin --history '*' --verbose"),
            found.json
        );
        // On a busy machine a fence device's own monitor may come late: no test's doing.
        for device in &found.devices {
            ask(&format!("crm_resource --cleanup -r {device}"));
        }
        if heal {
            round += 1;
            mend(&found);
            if round % 5 == 4 {
                for n in NODES {
                    LAB.on_node(n, &[NODE]);
                }
            }
            // A node that booted too early hears of its own fencing, and its manager ends.
            gone = if found.offline { gone + 1 } else { 0 };
            if gone > 10 {
                for n in NODES.map(|n| n.to_string()) {
                    LAB.lab("heal", &["kill", &n]);
                    LAB.lab("heal", &["daemon", &n]);
                }
                gone = 0;
            }
        }
        std::thread::sleep(Duration::from_secs(2));
    }
}

/// What a test may have left on a node, beside the cluster: a hung libvirtd, a tool held, guests started or suspended by hand.
const NODE: &str = "pkill -CONT -x libvirtd; rm -f /usr/local/sbin/crm_resource /usr/local/sbin/virsh; for d in $(timeout 10 virsh list --name); do \
    case $d in vm[123]) timeout 10 virsh resume $d;; *) timeout 10 virsh destroy $d;; esac; done";

struct Found {
    wrong: Vec<String>,
    offline: bool,
    cib: String,
    json: Value,
    /// Fence devices that have failed.
    devices: Vec<String>,
}

/// The cluster's own tools first: only where they are content the program is asked.
fn look() -> Found {
    let mut wrong = Vec::new();
    let (cib, mon) = (ask("cibadmin --query"), ask("crm_mon -1 -r"));
    let offline = !mon.contains("Online: [ node1 node2 node3 ]");
    if offline {
        wrong.push("not all nodes are online".to_owned());
    }
    let unrest =
        ["Failed ", "FAILED", "Stopped", "Starting", "Stopping", "Migrating", "ORPHANED", "unmanaged", "maintenance", "standby", "blocked"];
    wrong.extend(unrest.iter().filter(|word| mon.contains(**word)).map(|word| format!("crm_mon says '{}'", word.trim())));
    wrong.extend(strangers(&cib).into_iter().map(|id| format!("{id} is still a service")));
    wrong.extend(left(&cib).into_iter().map(|id| format!("{id} is left")));
    let failed = |n: &u8| {
        mon.contains(&format!("* fence-node{n}_")) || mon.lines().any(|l| l.contains(&format!("fence-node{n}\t")) && l.contains("FAILED"))
    };
    let devices = NODES.iter().filter(|n| failed(n)).map(|n| format!("fence-node{n}")).collect();
    if !wrong.is_empty() {
        return Found { wrong, offline, cib, json: Value::Null, devices };
    }
    let (json, _) = status(&["--config", &super::config()]);
    let rows = |list: &str| json[list].as_array().cloned().unwrap_or_default();
    let running = rows("guests").iter().filter(|g| g["state"] == "running").count();
    if json["health"] != "healthy" || running != 3 || !rows("members").iter().all(|m| m["reachable"] == true) {
        wrong.push(format!("quorate has it {}, with {running} guests running", json["health"]));
    }
    Found { wrong, offline, cib, json, devices }
}

/// What a test has changed is taken back.
fn mend(found: &Found) {
    let mut lines = Vec::new();
    for id in strangers(&found.cib) {
        lines.push(format!("crm_resource -r {id} --meta -p target-role -v Stopped; timeout 150 crm_resource --wait"));
        lines.push(format!(
            "cibadmin --delete --xpath \"//rsc_location[@rsc='{id}']\" --force; cibadmin --delete --xpath \"//primitive[@id='{id}']\""
        ));
    }
    lines.extend(left(&found.cib).into_iter().map(|id| format!("cibadmin --delete --xpath \"//*[@id='{id}']\"")));
    if found.wrong.iter().any(|w| w.contains("Failed") || w.contains("FAILED")) {
        lines.push("crm_resource --cleanup; stonith_admin --cleanup --history '*'".to_owned());
    }
    if !lines.is_empty() {
        println!("mended: {}", lines.join("\n"));
        ask(&lines.join("\n"));
    }
}

/// Constraints of `crm_resource`, and what makes the manager leave something alone or stop it.
fn left(cib: &str) -> Vec<String> {
    let set = |line: &&str| {
        let value = |name: &str, values: &[&str]| {
            line.contains(&format!(" name=\"{name}\"")) && values.iter().any(|v| line.contains(&format!("value=\"{v}\"")))
        };
        line.contains("<rsc_location id=\"cli-")
            || ["maintenance-mode", "maintenance", "standby"].iter().any(|name| value(name, &["true", "on"]))
            || value("is-managed", &["false"])
            || value("allow-migrate", &["false"])
            || value("target-role", &["Stopped"])
    };
    cib.lines().filter(set).filter_map(|line| line.split("id=\"").nth(1)?.split('"').next().map(str::to_owned)).collect()
}

fn strangers(cib: &str) -> Vec<String> {
    let ids = cib
        .lines()
        .filter(|line| line.trim_start().starts_with("<primitive "))
        .filter_map(|line| line.split("id=\"").nth(1)?.split('"').next());
    ids.filter(|id| !OWN.contains(id)).map(str::to_owned).collect()
}

/// What the first node that answers says.
fn ask(command: &str) -> String {
    NODES.iter().map(|n| LAB.on_node(*n, &[command])).find(|said| !said.trim().is_empty()).unwrap_or_default()
}
