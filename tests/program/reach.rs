//! The way to nodes: what is late, hung, refused, unknown; what is found by itself.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cluster::{CrmMon, Ring, cluster, cmap, dummy, equip, nodes};
use super::rig::{Node, Run, Site, fixture, has_alert, member, quorate, service};
use crate::link::rig::{until, user};

/// A run that is given up on after a generous while.
fn patient(site: &Site, args: &[&str]) -> Run {
    let mut child = site.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(40);
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = out.read_to_string(&mut text);
        text
    });
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code().unwrap_or(-1);
        }
        assert!(Instant::now() < end, "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    };
    Run { code, stdout: reader.join().unwrap(), stderr: String::new() }
}

const HANG: &str = "exec sleep 1000";

#[test]
fn what_is_late_is_null_and_the_rest_is_there() {
    let Some(site) = cluster(&["n1", "n2"]) else { return };
    for node in &site.nodes {
        node.prints("df", "Filesystem Type 1B-blocks Used Available Capacity Mounted on\n/dev/vda ext4 1000 500 500 50% /\n");
        node.prints("multipathd", &fixture("multipath/multipathd-maps.json"));
        node.prints("lvs", &fixture("lvm/lvs.json"));
    }
    let n1 = site.node("n1");
    for tool in ["lvs", "cibadmin", "corosync-cmapctl"] {
        n1.tool(tool, HANG);
    }
    let run = patient(&site, &["status", "--json"]);
    let json = run.json();
    super::shape::check(&json);
    assert_eq!(super::rig::row(&json, "volumes", "lv", "vm1")["seen_by"], json!(["n2"]));
    for name in ["n1", "n2"] {
        assert_eq!((&member(&json, name)["status"], &member(&json, name)["reachable"]), (&json!("online"), &json!(true)));
        super::rig::row(&json, "filesystems", "node", name);
        super::rig::row(&json, "paths", "node", name);
    }
    assert_eq!(json["cluster"]["quorate"], true);
}

#[test]
fn a_manager_that_hangs_everywhere_leaves_services_unknown() {
    let Some(site) = cluster(&["n1", "n2"]) else { return };
    for node in &site.nodes {
        node.tool("crm_mon", HANG);
    }
    let run = patient(&site, &["status", "--json"]);
    let json = run.json();
    super::shape::check(&json);
    assert_eq!((&json["services"], &json["cluster"]["quorate"], &json["cluster"]["version"]), (&json!([]), &json!(true), &Value::Null));
    assert_eq!((&member(&json, "n1")["status"], &member(&json, "n1")["votes"]), (&json!("unknown"), &json!(1)));
    assert!(member(&json, "n2")["cpu_percent"].is_number());
}

#[test]
fn a_hung_manager_on_one_node_is_asked_on_another() {
    let Some(site) = cluster(&["n1", "n2"]) else { return };
    site.node("n1").tool("crm_mon", &format!("case \"$*\" in *--version*) echo 'Pacemaker 2.1.5';; *) {HANG};; esac"));
    let json = patient(&site, &["status", "--json"]).json();
    assert_eq!(member(&json, "n2")["status"], "online");
    assert_eq!(json["cluster"]["version"], "2.1.5-a3f44794f94");
}

#[test]
fn a_node_that_accepts_and_never_answers() {
    let Some(site) = cluster(&["n1"]) else { return };
    let mute = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    site.configure(&Site::entry("n2", mute.local_addr().unwrap().port()));
    equip(&site, &Ring::of(&["n1", "n2"]), &CrmMon::of(&nodes(&["n1", "n2"])));
    let json = patient(&site, &["status", "--json"]).json();
    let n2 = member(&json, "n2");
    assert!(n2["error"].as_str().unwrap().starts_with("timeout"), "{n2}");
    // Unreachable says nothing about status.
    assert_eq!((&n2["status"], &n2["reachable"]), (&json!("online"), &json!(false)));
    assert!(has_alert(&json, "warning", "member-unreachable", "n2"));
    assert_eq!(member(&json, "n1")["reachable"], true);
}

#[test]
fn why_a_node_is_not_reached() {
    let Some(site) = Site::new(&["n1", "locked", "changed", "new"]) else { return };
    site.configure("");
    fs::write(site.node("locked").sshd.path("authorized"), "").unwrap();
    let known = site.home.path().join("known");
    let text = fs::read_to_string(&known).unwrap();
    let port = |name: &str| format!("[127.0.0.1]:{} ", site.node(name).sshd.port);
    let mut lines: Vec<String> = text.lines().filter(|l| !l.starts_with(&port("new"))).map(str::to_owned).collect();
    let stolen = text.lines().find(|l| l.starts_with(&port("n1"))).unwrap().replace(&port("n1"), &port("changed"));
    let at = lines.iter().position(|l| l.starts_with(&port("changed"))).unwrap();
    lines[at] = stolen;
    fs::write(&known, lines.join("\n") + "\n").unwrap();
    equip(&site, &Ring::of(&["n1"]), &CrmMon::of(&nodes(&["n1", "locked", "changed", "new"])));
    let run = site.run(&["status", "--json"]);
    let json = run.json();
    let error = |name: &str| member(&json, name)["error"].as_str().unwrap_or_default().to_owned();
    assert!(error("locked").starts_with("auth"), "{}", error("locked"));
    assert!(error("changed").starts_with("hostkey") && error("changed").contains(&format!("known:{}", at + 1)), "{}", error("changed"));
    assert!(error("new").starts_with("hostkey"), "{}", error("new"));
    assert_eq!(member(&json, "n1")["reachable"], true);
    assert_eq!(fs::read_to_string(&known).unwrap(), lines.join("\n") + "\n", "nothing is written without a word");
    let json = site.run(&["status", "--json", "--host-keys", "accept-new"]).json();
    assert_eq!(member(&json, "new")["reachable"], true, "{}", member(&json, "new"));
    assert!(member(&json, "changed")["error"].as_str().unwrap().starts_with("hostkey"));
    assert!(fs::read_to_string(&known).unwrap().contains(&port("new")));
}

/// Two nodes that share a port, on two addresses of loopback.
fn neighbours(second: &str) -> Option<Site> {
    let port = crate::link::rig::free_port();
    let site = Site::of(vec![Node::at("n1", "127.0.0.1", port)?, Node::at(second, "127.0.0.2", port)?]);
    Some(site)
}

#[test]
fn members_are_found_by_ring_address() {
    let Some(site) = neighbours("quorate-test-n2.invalid") else { return };
    let names = ["n1", "quorate-test-n2.invalid"];
    equip(&site, &Ring::of(&names), &CrmMon::of(&nodes(&names)));
    for node in &site.nodes {
        node.prints("corosync-cmapctl", &cmap("lab", &[(1, names[0], "127.0.0.1"), (2, names[1], "127.0.0.2")]));
    }
    let host = format!("{}@127.0.0.1:{}", user(), site.nodes[0].sshd.port);
    let json = patient(&site, &["status", "--json", "--host", &host]).json();
    assert_eq!(json["members"].as_array().unwrap().len(), 2);
    for name in names {
        let it = member(&json, name);
        assert_eq!((&it["reachable"], &it["status"]), (&json!(true), &json!("online")), "{it}");
    }
}

/// A busy corosync, or one that is started after quorate, tells them when the member is looked for by its name already.
#[test]
fn members_are_found_by_a_ring_address_that_is_told_late() {
    let Some(site) = neighbours("quorate-test-n2.invalid") else { return };
    let names = ["n1", "quorate-test-n2.invalid"];
    equip(&site, &Ring::of(&names), &CrmMon::of(&nodes(&names)));
    let map = site.nodes[0].sshd.path("map");
    fs::write(&map, cmap("lab", &[(1, names[0], "127.0.0.1"), (2, names[1], "127.0.0.2")])).unwrap();
    site.nodes[0].tool("corosync-cmapctl", &format!("[ $# -gt 0 ] || sleep 4; exec cat {}", map.display()));
    let host = format!("{}@127.0.0.1:{}", user(), site.nodes[0].sshd.port);
    let mut command = site.command(&["events", "--json", "--for", "40s", "--host", &host]);
    let mut events = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let log = site.nodes[1].sshd.path("log");
    until("the login to the member", || fs::read_to_string(&log).unwrap_or_default().contains("Accepted publickey"));
    let _ = events.kill();
    let _ = events.wait();
}

#[test]
fn members_are_found_by_name_first() {
    let Some(site) = neighbours("127.0.0.2") else { return };
    let names = ["n1", "127.0.0.2"];
    equip(&site, &Ring::of(&names), &CrmMon::of(&nodes(&names)));
    for node in &site.nodes {
        node.prints("corosync-cmapctl", &cmap("lab", &[(1, names[0], "127.0.0.1"), (2, names[1], "127.0.0.9")]));
    }
    let host = format!("{}@127.0.0.1:{}", user(), site.nodes[0].sshd.port);
    let json = patient(&site, &["status", "--json", "--host", &host]).json();
    assert_eq!(member(&json, "127.0.0.2")["reachable"], true, "{}", json["members"]);
    assert_eq!(member(&json, "n1")["reachable"], true);
}

/// As of a node that was named; and where there is no way to it, that is its trouble alone.
#[test]
fn what_ssh_config_says_of_a_member_that_turns_up_is_told() {
    let Some(site) = neighbours("127.0.0.2") else { return };
    let names = ["n1", "127.0.0.2"];
    equip(&site, &Ring::of(&names), &CrmMon::of(&nodes(&names)));
    for node in &site.nodes {
        node.prints("corosync-cmapctl", &cmap("lab", &[(1, names[0], "127.0.0.1"), (2, names[1], "127.0.0.2")]));
    }
    let config = site.home.path().join("ssh_config");
    let host = format!("{}@127.0.0.1:{}", user(), site.nodes[0].sshd.port);
    let status = |text: &str| {
        fs::write(&config, text).unwrap();
        let mut command = quorate(site.home.path());
        command.args(["status", "--json", "--host", &host, "--ssh-config"]).arg(&config);
        command.arg("--identity").arg(site.nodes[0].sshd.path("id")).arg("--known-hosts").arg(site.home.path().join("known"));
        Run::of(command.output().unwrap())
    };
    let run = status("Host 127.0.0.2\n ProxyCommand nc %h %p\n");
    assert!(run.stderr.contains("127.0.0.2: not honoured: ") && run.stderr.contains("ProxyCommand nc"), "{}", run.stderr);
    assert_eq!(member(&run.json(), "127.0.0.2")["reachable"], true, "{}", run.stdout);
    let json = status("Host 127.0.0.2\n ProxyJump 127.0.0.2\n").json();
    let error = member(&json, "127.0.0.2")["error"].as_str().unwrap_or_default();
    assert!(error.starts_with("unreachable") && error.contains("in a circle"), "{error}");
    assert_eq!(member(&json, "n1")["reachable"], true, "{json}");
}

#[test]
fn a_host_beside_the_configured_nodes() {
    let Some(site) = Site::new(&["n1", "n2"]) else { return };
    site.write_config(&format!("[[cluster]]\nname = \"lab\"\nuser = \"{}\"\n{}", user(), Site::entry("n1", site.nodes[0].sshd.port)));
    equip(&site, &Ring::of(&["n1", "n2"]), &CrmMon::of(&nodes(&["n1", "n2"])));
    let host = format!("127.0.0.1:{}", site.nodes[1].sshd.port);
    let json = site.run(&["status", "--json", "--host", &host]).json();
    for name in ["n1", "n2"] {
        assert_eq!(member(&json, name)["reachable"], true, "{}", json["members"]);
    }
    assert_eq!(json["members"].as_array().unwrap().len(), 2);
    // A second way to the same member is no further member.
    let twice = format!("127.0.0.1:{}", site.nodes[0].sshd.port);
    let json = site.run(&["status", "--json", "--host", &host, "--host", &twice]).json();
    assert_eq!(json["members"].as_array().unwrap().len(), 2, "{}", json["members"]);
}

#[test]
fn commands_run_in_the_environment_that_sshd_gives() {
    let Some(site) = cluster(&["n1"]) else { return };
    let node = site.node("n1");
    let seen = node.sshd.path("environment");
    let bin = fs::canonicalize(node.sshd.path("bin")).unwrap();
    node.tool("corosync-qdevice-tool", &format!("env > {}; exit 1", seen.display()));
    site.status();
    let text = fs::read_to_string(&seen).unwrap();
    // Before it stands what this account's shell puts there.
    let path = format!("{}:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", bin.display());
    assert!(text.lines().any(|l| l.starts_with("PATH=") && l.ends_with(&path)), "{text}");
    assert!(text.lines().any(|l| l == "LC_ALL=C"), "{text}");
}

#[test]
fn names_are_data() {
    let Some(site) = cluster(&["n1"]) else { return };
    let node = site.node("n1");
    let mark = site.home.path().join("executed");
    let bad = format!("x'; touch {}; $(touch {}) \u{202e}&#27;[31m", mark.display(), mark.display());
    let mut mon = CrmMon::of(&nodes(&["n1"]));
    mon.resources = dummy(&bad, "Started", "", &["n1"]) + &dummy(&"long".repeat(80), "Started", "", &["n1"]);
    super::cluster::set_manager(node, &mon);
    for args in [&["status", "--json"][..], &["status"]] {
        let run = site.run(args);
        assert!(!run.stdout.contains(['\u{202e}', '\u{1b}']), "{}", run.stdout);
        assert_eq!(run.code, 1, "{}", run.stdout);
    }
    let json = site.status().0;
    assert_eq!(service(&json, &"long".repeat(80))["state"], "started");
    assert!(!mark.exists());
}

#[test]
fn a_node_without_any_tool() {
    let Some(site) = Site::new(&["n1"]) else { return };
    site.configure("");
    for tool in ["crm_mon", "corosync-quorumtool", "corosync-cmapctl", "cibadmin", "crm_node", "stonith_admin", "virsh", "ip", "lvs"] {
        site.node("n1").removes(tool);
    }
    let run = site.run(&["status", "--json"]);
    let json = run.json();
    super::shape::check(&json);
    assert_eq!(run.code, 3);
    let row = member(&json, "n1");
    assert_eq!((&row["status"], &row["reachable"], &row["manager"]), (&json!("unknown"), &json!(true), &Value::Null));
}

/// On a node of the cluster no host need be named, and no SSH is spoken.
#[test]
fn without_a_host_this_very_node_is_looked_at() {
    let Some(site) = cluster(&["n1"]) else { return };
    site.write_config("");
    let bin = fs::canonicalize(site.node("n1").sshd.path("bin")).unwrap();
    let mut command = site.command(&["status", "--json"]);
    let run = Run::of(command.env("PATH", format!("{}:/usr/bin:/bin", bin.display())).output().unwrap());
    let json = run.json();
    super::shape::check(&json);
    let row = member(&json, "n1");
    assert_eq!(
        (&row["local"], &row["reachable"], &row["error"], &row["status"]),
        (&json!(true), &json!(true), &Value::Null, &json!("online"))
    );
    assert_eq!((&json["cluster"]["name"], &json["cluster"]["quorate"]), (&json!("lab"), &json!(true)), "{}", run.stderr);
}
