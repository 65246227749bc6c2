//! The program on the QEMU lab: what only whole machines have, against what their own tools say. `make test-full` brings the lab up
//! and runs this inside its network, one test at a time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

#[path = "lab_full_grow.rs"]
mod grow;
#[path = "lab/screen.rs"]
mod screen;
#[path = "lab/session.rs"]
mod session;
#[path = "lab/support.rs"]
mod support;

use screen::Screen;
use session::Session;
use support::{Lab, names, service};

/// Emulated machines on a busy host: a fencing with the way back takes minutes.
const LAB: Lab = Lab { kind: Some("full"), client: "client-full", net: "10.77.1", patience: Duration::from_secs(900) };
static SESSION: LazyLock<Session> = LazyLock::new(|| Session::of(&LAB));
const NODES: [&str; 3] = ["node1", "node2", "node3"];

/// A fault that is healed when it goes out of sight, also by a failed test.
struct Fault(&'static str, String);

impl Fault {
    fn order(word: &'static str, node: &str, how: Option<&str>) -> Self {
        let number = node.trim_start_matches("node").to_owned();
        let words: Vec<&str> = [word, &number].into_iter().chain(how).collect();
        LAB.lab("fault", &words);
        Self(word, number)
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        LAB.lab("heal", &[self.0, &self.1]);
    }
}

fn node(name: &str) -> u8 {
    name.trim_start_matches("node").parse().unwrap()
}

fn on(name: &str, command: &str) -> String {
    LAB.on_node(node(name), &[command])
}

/// What keeps the whole cluster from being well.
fn lacking(j: &Value) -> Vec<String> {
    let rows = |key: &str| j[key].as_array().unwrap().as_slice();
    let started = |id: &&str| !rows("services").iter().any(|s| s["id"] == **id && s["state"] == "started");
    let services = ["vm1", "vm2", "vm3", "gfs", "vgvm", "vgdata", "dlm", "lvmlockd", "web-app"].into_iter().filter(started);
    let absent = |m: &&Value| !(m["status"] == "online" && m["reachable"] == true && !m["nics"].is_null());
    let members =
        rows("members").iter().filter(absent).map(|m| format!("{}: {}, {}, {} NICs", m["name"], m["status"], m["reachable"], m["nics"]));
    let shared = rows("filesystems").iter().filter(|f| f["mount"] == "/mnt/gfs2").count();
    let counts = [
        ("bonds", rows("bonds").len(), 6),
        ("paths", rows("paths").len(), 9),
        ("pvs", rows("pvs").len(), 6),
        ("mounts of GFS2", shared, 3),
    ];
    let short = counts.iter().filter(|(_, is, needed)| is != needed).map(|(what, is, needed)| format!("{is} of {needed} {what}"));
    let ill = (j["health"] != "healthy").then(|| format!("{}: {}", j["health"], j["alerts"]));
    services.map(|id| format!("{id} is not started")).chain(members).chain(short).chain(ill).collect()
}

/// Waits until the whole cluster is well, as it must be before and after every fault.
fn well() -> (Value, std::sync::Arc<quorate::domain::cluster::Cluster>) {
    let mut told = std::time::Instant::now();
    SESSION.until("all is well", move |j, _| {
        let lacking = lacking(j);
        if told.elapsed() > Duration::from_secs(30) {
            told = std::time::Instant::now();
            println!("waiting: {}", lacking.join("; "));
            // A machine that has just booted on a busy host may be off by more than a second, and nothing in the lab serves time.
            for skewed in j["alerts"].as_array().unwrap().iter().filter(|a| a["code"] == "clock-skew") {
                LAB.lab("heal", &["clock", skewed["subject"].as_str().unwrap().trim_start_matches("node")]);
            }
        }
        lacking.is_empty()
    })
}

fn rows<'a>(json: &'a Value, list: &str, key: &str, value: &str) -> Vec<&'a Value> {
    json[list].as_array().unwrap().iter().filter(|row| row[key] == value).collect()
}

fn alerts(json: &Value, code: &str) -> Vec<String> {
    rows(json, "alerts", "code", code).iter().map(|a| a["subject"].as_str().unwrap().to_owned()).collect()
}

fn bond<'a>(json: &'a Value, node: &str, name: &str) -> &'a Value {
    json["bonds"].as_array().unwrap().iter().find(|b| b["node"] == node && b["name"] == name).unwrap_or(&Value::Null)
}

/// A field of /proc/net/bonding/NAME, in the part of a port or before all ports.
fn bonding(text: &str, port: Option<&str>, field: &str) -> String {
    let mut parts = text.split("Slave Interface: ");
    let head = parts.next().unwrap();
    let part = match port {
        None => head,
        Some(port) => parts.find(|p| p.lines().next() == Some(port)).unwrap_or_else(|| panic!("no port {port}: {text}")),
    };
    let line = part.lines().find_map(|l| l.strip_prefix(field)).unwrap_or_else(|| panic!("no {field}: {text}"));
    line.trim_start_matches(':').trim().to_owned()
}

#[test]
fn bonds_are_as_the_kernel_has_them() {
    let (json, _) = well();
    for name in NODES {
        for which in ["bond0", "bond1"] {
            let kernel = on(name, &format!("cat /proc/net/bonding/{which}"));
            let shown = bond(&json, name, which);
            assert_eq!(bonding(&kernel, None, "Bonding Mode"), "fault-tolerance (active-backup)");
            assert_eq!((&shown["mode"], &shown["status"]), (&json!("active-backup"), &json!("up")), "{shown}");
            assert_eq!(shown["active_port"], bonding(&kernel, None, "Currently Active Slave"));
            let ports = shown["ports"].as_array().unwrap();
            assert_eq!(ports.len(), 2, "{shown}");
            for port in ports {
                let told = |field| bonding(&kernel, port["name"].as_str(), field);
                assert_eq!(port["status"], told("MII Status"));
                assert_eq!(port["failures"].as_u64().unwrap().to_string(), told("Link Failure Count"));
                let speed = port["speed_mbps"].as_u64().map_or_else(|| "Unknown".to_owned(), |s| format!("{s} Mbps"));
                assert_eq!(speed, told("Speed"));
            }
        }
    }
}

#[test]
fn a_pulled_nic_degrades_its_bond_and_the_other_port_takes_over() {
    let (before, _) = well();
    let old = bond(&before, "node1", "bond0");
    let active = old["active_port"].as_str().unwrap().to_owned();
    let other = if active == "eth0" { "eth2" } else { "eth0" };
    let failures = |b: &Value| b["ports"].as_array().unwrap().iter().find(|p| p["name"] == active.as_str()).unwrap()["failures"].as_u64();
    let mark = SESSION.mark();
    let fault = Fault::order("nic", "node1", Some(&active));
    let (json, _) = SESSION.until("node1's bond0 is degraded", |j, _| {
        bond(j, "node1", "bond0")["status"] == "degraded" && failures(bond(j, "node1", "bond0")) > failures(old)
    });
    let new = bond(&json, "node1", "bond0");
    assert_eq!(new["active_port"], other, "{new}");
    assert_eq!(failures(new), failures(old).map(|f| f + 1), "{new}");
    let kernel = on("node1", "cat /proc/net/bonding/bond0");
    assert_eq!(bonding(&kernel, Some(&active), "Link Failure Count"), failures(new).unwrap().to_string());
    assert_eq!(alerts(&json, "bond-degraded"), ["node1:bond0"]);
    assert_eq!(json["health"], "degraded");
    SESSION.event(mark, "the kernel's word", |e| {
        e["source"] == "kernel" && e["node"] == "node1" && e["text"].as_str().unwrap().contains("link status definitely down")
    });
    SESSION.event(mark, "the interface's own", |e| e["source"] == "net" && e["node"] == "node1" && e["subject"] == active.as_str());
    drop(fault);
    let (json, _) = well();
    assert!(alerts(&json, "bond-degraded").is_empty());
}

#[test]
fn a_lost_path_is_counted_and_comes_back() {
    let (json, _) = well();
    for name in NODES {
        let tool = on(name, "multipathd show paths raw format '%m %t'");
        for map in ["san1", "san2", "san3"] {
            let alive = tool.lines().filter(|l| l.split(' ').next() == Some(map) && l.contains("active")).count();
            let shown = json["paths"].as_array().unwrap().iter().find(|p| p["node"] == name && p["map"] == map).unwrap();
            assert_eq!((&shown["active"], &shown["total"]), (&json!(alive), &json!(2)), "{name} {map}: {tool}");
        }
    }
    let mark = SESSION.mark();
    let fault = Fault::order("path", "node2", Some("b"));
    let (json, _) = SESSION.until("node2 has lost a path to each disk", |j, _| alerts(j, "path-lost").len() == 3);
    assert_eq!(alerts(&json, "path-lost"), ["node2:san1", "node2:san2", "node2:san3"]);
    let counts: Vec<_> = rows(&json, "paths", "node", "node2").iter().map(|p| (p["active"].as_u64(), p["total"].as_u64())).collect();
    assert_eq!(counts, [(Some(1), Some(2)); 3]);
    SESSION.event(mark, "the lost path", |e| e["source"] == "storage" && e["node"] == "node2" && e["severity"] == "warning");
    drop(fault);
    well();
}

/// Rows of an LVM report: cells by column.
fn report(node: &str, tool: &str, columns: &str) -> Vec<Vec<String>> {
    let text = on(node, &format!("{tool} --noheadings --units b --nosuffix --separator '|' -o {columns} 2>/dev/null"));
    text.lines().map(|l| l.split('|').map(|c| c.trim().to_owned()).collect()).collect()
}

#[test]
fn shared_groups_are_one_and_local_ones_their_nodes_own() {
    let (json, cluster) = well();
    let told = report("node1", "lvs", "vg_name,lv_name,lv_size,vg_shared");
    let shared: Vec<&Vec<String>> = told.iter().filter(|r| r[3] == "shared").collect();
    assert_eq!(shared.len(), 4, "{told:?}");
    for row in shared {
        let found: Vec<&Value> =
            json["volumes"].as_array().unwrap().iter().filter(|v| v["vg"] == row[0].as_str() && v["lv"] == row[1].as_str()).collect();
        let [volume] = found[..] else { panic!("not one row for {row:?}: {found:?}") };
        assert_eq!(volume["seen_by"], json!(NODES), "{volume}");
        assert_eq!(volume["size_bytes"].as_u64().unwrap().to_string(), row[2]);
        let active: Vec<&str> =
            NODES.into_iter().filter(|n| on(n, &format!("[ -e /dev/{}/{} ] && echo y", row[0], row[1])) == "y\n").collect();
        assert_eq!(volume["active_on"], json!(active), "{volume}");
        assert_eq!(active, NODES);
    }
    assert_eq!(rows(&json, "volumes", "vg", "vglocal").iter().filter(|v| v["lv"] == "data").count(), 3);
    for volume in rows(&json, "volumes", "vg", "vglocal") {
        assert_eq!((volume["seen_by"].as_array().unwrap().len(), &volume["active_on"]), (1, &volume["seen_by"]), "{volume}");
    }
    for row in report("node2", "pvs", "pv_name,vg_name,pv_size,pv_free") {
        let path = row[0].as_str();
        let found = rows(&json, "pvs", "path", path);
        let seen: BTreeSet<String> = found.iter().map(|p| p["seen_by"].to_string()).collect();
        if row[1] == "vglocal" {
            assert_eq!(seen, NODES.iter().map(|n| json!([n]).to_string()).collect(), "{path}");
        } else {
            assert_eq!(seen, BTreeSet::from([json!(NODES).to_string()]), "{path}");
        }
        let mine = found.iter().find(|p| p["seen_by"].as_array().unwrap().contains(&json!("node2"))).unwrap();
        assert_eq!(mine["vg"], row[1].as_str());
        assert_eq!(
            (mine["size_bytes"].as_u64().unwrap().to_string(), mine["free_bytes"].as_u64().unwrap().to_string()),
            (row[2].clone(), row[3].clone())
        );
    }
    let groups: Vec<_> = cluster.groups.iter().map(|g| (g.name.as_str(), g.shared, g.lock_type.as_deref(), g.seen_by.len())).collect();
    let local = ("vglocal", false, None, 1);
    assert_eq!(groups, [("vgdata", true, Some("dlm"), 3), local, local, local, ("vgvm", true, Some("dlm"), 3)]);
}

#[test]
fn gfs2_is_mounted_on_all_three() {
    let (json, _) = well();
    let shown = rows(&json, "filesystems", "mount", "/mnt/gfs2");
    assert_eq!(shown.iter().map(|f| f["node"].as_str().unwrap()).collect::<Vec<_>>(), NODES);
    for row in shown {
        let df = on(row["node"].as_str().unwrap(), "df -B1 --output=size /mnt/gfs2 | tail -n 1");
        assert_eq!((&row["type"], &row["size_bytes"]), (&json!("gfs2"), &json!(df.trim().parse::<u64>().unwrap())), "{row}");
        assert!(row["used_bytes"].as_u64().unwrap() > 0 && row["source"].as_str().unwrap().contains("gfs"), "{row}");
    }
}

#[test]
fn sessions_locks_daemons_and_watchdogs_are_as_their_tools_say() {
    let good = |c: &quorate::domain::cluster::Cluster| {
        c.iscsi.len() == 6
            && c.members.iter().all(|m| m.dlm.is_some() && m.watchdog.is_some() && !m.units.is_empty() && m.troubles.is_empty())
    };
    well();
    let (_, cluster) = SESSION.until("every node has answered everything", |j, c| good(c) && j["health"] == "healthy");
    for name in NODES {
        let member = cluster.member(name).unwrap();
        let sessions: Vec<_> = cluster.iscsi.iter().filter(|(n, _)| &**n == name).map(|(_, s)| s).collect();
        let told = on(name, "iscsiadm -m session");
        assert_eq!(sessions.len(), told.lines().count(), "{told}");
        for session in sessions {
            assert!(told.contains(&session.target) && told.contains(&session.portal), "{session:?}: {told}");
            assert_eq!(session.session_state.as_deref(), Some("LOGGED_IN"));
            assert_eq!(session.devices.len(), 3, "{session:?}");
        }
        let dlm = member.dlm.as_ref().unwrap();
        let mut spaces: Vec<_> = dlm.lockspaces.iter().map(|(n, m, _)| (n.clone(), m.len())).collect();
        spaces.sort();
        let mut told: Vec<_> = on(name, "dlm_tool ls | sed -n 's/^name *//p'").lines().map(|n| (n.to_owned(), 3)).collect();
        told.sort();
        assert_eq!(spaces, told);
        assert_eq!((dlm.quorate, dlm.waiting.len()), (Some(true), 0));
        for unit in ["corosync", "pacemaker", "libvirtd", "multipathd", "iscsid"] {
            let shown = member.units.iter().find(|u| u.name == unit).unwrap_or_else(|| panic!("{unit}: {:?}", member.units));
            let told = on(name, &format!("systemctl show -P ActiveState {unit}; systemctl show -P SubState {unit}"));
            assert_eq!(format!("{}\n{}\n", shown.active, shown.sub), told);
        }
        let watchdog = member.watchdog.as_ref().unwrap();
        assert_eq!(watchdog.identity.as_deref(), Some(on(name, "cat /sys/class/watchdog/watchdog0/identity").trim()));
        assert!(watchdog.devices.iter().any(|d| d == "/dev/watchdog0"), "{watchdog:?}");
        assert_ne!(watchdog.sbd_running, Some(true));
        assert_eq!(member.host.kernel.as_deref(), Some(on(name, "uname -r").trim()));
    }
}

#[test]
fn hosts_are_measured_as_proc_has_them() {
    let (json, _) = SESSION.until("every node has figures", |j, _| {
        j["members"].as_array().is_some_and(|m| m.len() == 3 && m.iter().all(|m| m["cpu_percent"].is_number() && m["nics"].is_number()))
    });
    for name in NODES {
        let member = *rows(&json, "members", "name", name).first().unwrap();
        let told = on(name, "awk '/^MemTotal/ {print $2 * 1024}' /proc/meminfo; nproc; cut -d. -f1 /proc/uptime");
        let told: Vec<u64> = told.lines().map(|l| l.parse().unwrap()).collect();
        assert_eq!((&member["memory_bytes"], &member["cpus"], &member["nics"]), (&json!(told[0]), &json!(told[1]), &json!(4)), "{member}");
        let uptime = member["uptime_s"].as_u64().unwrap();
        assert!(uptime > 0 && uptime <= told[2], "{uptime} {told:?}");
    }
}

#[test]
fn a_log_line_is_one_event_and_a_lost_connection_loses_and_doubles_none() {
    well();
    let tag = format!("mark {}", std::process::id());
    let said = |text: &str| SESSION.since(0).iter().filter(|e| e["text"] == text).count();
    let wait = |text: &str| SESSION.event(0, text, |e| e["text"] == text && e["node"] == "node3");
    on("node3", &format!("for i in 1 2 3; do logger -t quorate \"{tag} before $i\"; done"));
    wait(&format!("{tag} before 3"));
    // Ends every connection to the node's sshd (the lab has its own), and writes while nobody listens.
    let script = format!("pkill -P $(cat /run/sshd.pid); for i in 1 2 3; do logger -t quorate '{tag} while' $i; done");
    LAB.lab("exec", &["3", &script]);
    wait(&format!("{tag} while 3"));
    on("node3", &format!("for i in 1 2 3; do logger -t quorate \"{tag} after $i\"; done"));
    let last = wait(&format!("{tag} after 3"));
    assert_eq!((&last["source"], &last["severity"]), (&json!("operator"), &json!("notice")));
    for part in ["before", "while", "after"] {
        for i in 1..=3 {
            assert_eq!(said(&format!("{tag} {part} {i}")), 1, "{tag} {part} {i}");
        }
    }
}

#[test]
fn links_and_addresses_are_events_when_they_change() {
    well();
    let mark = SESSION.mark();
    let net = |what: &str, subject: &str| {
        SESSION.event(mark, what, |e| {
            e["source"] == "net" && e["node"] == "node2" && e["text"].to_string().contains(what) && e["subject"] == subject
        })
    };
    on("node2", "ip link add lab0 type dummy && ip link set lab0 up && ip addr add 192.0.2.7/32 dev lab0");
    net("interface added", "lab0");
    net("192.0.2.7", "lab0");
    on("node2", "ip link del lab0");
    net("interface removed", "lab0");
}

#[test]
fn a_wrong_clock_is_an_alert_and_its_lines_keep_their_place() {
    well();
    let fault = Fault::order("clock", "node2", Some("90"));
    let (json, _) = SESSION.until("node2's clock is seen", |j, _| alerts(j, "clock-skew") == ["node2"]);
    let text = rows(&json, "alerts", "code", "clock-skew")[0]["text"].as_str().unwrap().to_owned();
    let off: f64 = text.split(' ').find_map(|w| w.parse().ok()).unwrap();
    assert!((off - 90.0).abs() < 5.0 && text.contains("ahead"), "{text}");
    let word = format!("skewed {}", std::process::id());
    let mark = SESSION.mark();
    on("node2", &format!("logger -t quorate '{word}'"));
    let event = SESSION.event(mark, &word, |e| e["text"] == word.as_str());
    let at = jiff::Timestamp::from_microsecond(event["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_microsecond()).unwrap();
    let age = jiff::Timestamp::now().as_microsecond() - at.as_microsecond();
    assert!(age > -10_000_000, "not 90 s in the future: {event}, {age} us old");
    drop(fault);
    let (json, _) = well();
    assert!(alerts(&json, "clock-skew").is_empty());
}

#[test]
fn a_filled_volume_and_a_filled_pool_are_alerts() {
    well();
    let mark = SESSION.mark();
    let fault = Fault::order("fill", "node1", Some("99"));
    // It may be seen half filled first.
    let (json, _) = SESSION.until("/srv/data is full", |j, _| {
        alerts(j, "volume-full") == ["node1:/srv/data"] && rows(j, "alerts", "code", "volume-full")[0]["severity"] == "critical"
    });
    assert_eq!(json["health"], "critical");
    SESSION.event(mark, "the event", |e| e["subject"] == "node1:/srv/data" && e["severity"] == "critical" && e["source"] == "storage");
    // Its pool is larger than it: a second volume fills that too.
    let nolock = "--config global/use_lvmlockd=0";
    on(
        "node1",
        &format!(
            "lvcreate {nolock} -q -y -V 32M --thinpool vglocal/pool -n more && dd if=/dev/urandom of=/dev/vglocal/more bs=1M count=14 conv=fsync"
        ),
    );
    let (json, _) = SESSION.until("the pool is nearly full", |j, _| alerts(j, "thin-pool-full") == ["vglocal/pool"]);
    let told = on("node1", "lvs --noheadings -o data_percent vglocal/pool 2>/dev/null");
    let text = rows(&json, "alerts", "code", "thin-pool-full")[0]["text"].as_str().unwrap();
    assert!(text.contains(&format!(" {} %", told.trim().split('.').next().unwrap())), "{text}: {told}");
    on("node1", &format!("lvremove {nolock} -q -y vglocal/more"));
    drop(fault);
    well();
}

#[test]
fn a_stopped_daemon_shows_and_an_sshd_that_is_gone_delays_nobody() {
    well();
    let unit = |c: &quorate::domain::cluster::Cluster, name: &str, unit: &str| {
        c.member(name).and_then(|m| m.units.iter().find(|u| u.name == unit)).map(|u| u.active.clone())
    };
    let mark = SESSION.mark();
    let fault = Fault::order("daemon", "node3", Some("pacemakerd"));
    let (json, _) = SESSION.until("pacemaker on node3 is inactive", |j, c| {
        unit(c, "node3", "pacemaker").as_deref() == Some("inactive") && alerts(j, "manager-down") == ["node3"]
    });
    assert_eq!(rows(&json, "members", "name", "node3")[0]["manager"], false);
    SESSION
        .event(mark, "systemd's word", |e| e["node"] == "node3" && e["source"] == "pacemaker" && e["text"].to_string().contains("Stopped"));
    drop(fault);
    well();
    let fault = Fault::order("daemon", "node3", Some("sshd"));
    // Its connections outlive it.
    LAB.lab("exec", &["3", "kill $(cat /sys/fs/cgroup/system.slice/ssh.service/cgroup.procs)"]);
    let (json, _) = SESSION.until("node3 refuses", |j, _| rows(j, "members", "name", "node3")[0]["reachable"] == false);
    let member = rows(&json, "members", "name", "node3")[0];
    assert_eq!(member["status"], "online", "{member}");
    SESSION.until("it is said why", |j, _| rows(j, "members", "name", "node3")[0]["error"].to_string().contains("refused"));
    drop(fault);
    well();
}

#[test]
fn a_dead_bmc_makes_its_fence_device_fail() {
    well();
    let fault = Fault::order("fence", "node2", Some("down"));
    let (json, _) = SESSION.until("fence-node2 has failed", |j, _| alerts(j, "service-failed").contains(&"fence-node2".to_owned()));
    assert_eq!(service(&json, "fence-node2")["kind"], "stonith");
    drop(fault);
    on("node1", "crm_resource --cleanup -r fence-node2");
    well();
}

/// The fencings of a node that the cluster's own tool has on record, and those that quorate shows.
fn fencings(json: &Value, node: &str) -> usize {
    rows(json, "fences", "target", node).len()
}

#[test]
fn a_frozen_node_is_fenced_once_and_comes_back() {
    let (before, _) = well();
    let (old, mark) = (fencings(&before, "node3"), SESSION.mark());
    // The fencing ends it: nothing is left to heal.
    let _fault = Fault::order("freeze", "node3", None);
    SESSION.until("node3 does not answer", |j, _| {
        let m = rows(j, "members", "name", "node3")[0].clone();
        m["reachable"] == false && m["error"].as_str().unwrap().starts_with("timeout")
    });
    SESSION.event(mark, "corosync's map", |e| e["source"] == "corosync" && e["text"].to_string().contains("corosync's members changed"));
    let (json, _) = SESSION.until("node3 is fenced", |j, _| {
        rows(j, "fences", "target", "node3").iter().filter(|f| f["status"] == "success").count() > 0 && fencings(j, "node3") > old
    });
    let fence = rows(&json, "fences", "target", "node3")[0];
    assert_eq!((&fence["action"], fence["origin"].is_string()), (&json!("reboot"), true), "{fence}");
    let (json, _) = well();
    let told = on("node1", "stonith_admin --history node3 --verbose");
    assert_eq!(fencings(&json, "node3"), old + 1, "one fencing, whoever asked for it: {told}");
    assert!(told.contains("node3"), "{told}");
    let fenced: Vec<String> = SESSION.since(mark).iter().filter(|e| e["source"] == "fence").map(|e| e["text"].to_string()).collect();
    let derived = fenced.iter().filter(|t| t.contains("succeeded")).count();
    let logged = fenced.iter().filter(|t| t.contains("targeting node3") && t.contains("OK")).count();
    // The daemons' own lines stand for it; where none of them came, the picture's difference does, once.
    assert!(derived <= 1 && derived + logged >= 1, "{fenced:#?}");
}

#[test]
fn a_killed_and_a_cut_node_are_fenced_and_come_back() {
    well();
    for (word, name) in [("kill", "node2"), ("cut", "node1")] {
        let old = fencings(&well().0, name);
        let fault = Fault::order(word, name, None);
        SESSION.until(&format!("{name} is fenced"), |j, _| {
            fencings(j, name) > old && rows(j, "fences", "target", name)[0]["status"] == "success"
        });
        drop(fault);
        let (json, _) = well();
        assert_eq!(fencings(&json, name), old + 1);
    }
}

#[test]
fn the_commands_for_pipes_see_the_same_machines() {
    well();
    let json =
        LAB.until("every node is reached", |j| j["members"].as_array().unwrap().iter().filter(|m| m["reachable"] == true).count() == 3);
    assert_eq!(names(&json, "members", "name"), NODES);
    let (json, output) = LAB.status(&["--config", "/dev/null", "--host", "root@10.77.1.2"]);
    let code = ["healthy", "degraded", "critical", "unknown"].iter().position(|h| json["health"] == *h).unwrap();
    assert_eq!(output.status.code(), i32::try_from(code).ok(), "{json}");
    let word = format!("for pipes {}", std::process::id());
    let config = LAB.config();
    let mut events =
        LAB.quorate(&["events", "--json", "--for", "90s", "--config", &config]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    on("node1", &format!("logger -t quorate '{word}'"));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut events.stdout.take().unwrap(), &mut text).unwrap();
    assert_eq!(events.wait().unwrap().code(), Some(0));
    let said: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).filter(|e: &Value| e["text"] == word.as_str()).collect();
    assert_eq!(said.len(), 1, "{text}");
    assert_eq!((&said[0]["node"], &said[0]["source"]), (&json!("node1"), &json!("operator")));
}

#[test]
fn the_screen_shows_bonds_and_paths() {
    well();
    for (columns, rows) in [(80, 24), (200, 50)] {
        let mut screen = Screen::of(&LAB, columns, rows);
        let votes = if columns < 100 { "3/3, 1 may fail" } else { "3 of 3" };
        let text = screen.until(&["QUORATE", votes, "nodes 3/3", "node1", "node2", "node3"]);
        assert!(text.lines().count() <= usize::from(rows), "{text}");
        screen.until(&["bond0", "bond1", "san1", "br0"]);
        if rows > 24 {
            screen.until(&["node1 2/2", "vgvm", "vm1"]);
        }
        screen.press("4");
        screen.press("\r");
        screen.until(&["bond0", "bond1", "active-backup", "eth0", "eth2"]);
        screen.press("\x1b");
        screen.press("3");
        screen.press("\r");
        screen.until(&["vgdata", "san1", "2/2"]);
        // On a small screen the filesystems are at the end of the table.
        screen.press("G");
        screen.until(&["/mnt/gfs2", "/srv/data"]);
        screen.press("q");
    }
}
