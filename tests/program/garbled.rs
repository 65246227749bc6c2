//! Answers that cannot be read: each is said with its command, its node and the place in it, and the rest of the picture stays.

use std::fs;

use serde_json::{Value, json};

use super::cluster::{CrmMon, Ring, cluster, equip, nodes, vm};
use super::rig::{Node, Run, Site, fixture, member, service};

/// Two nodes with a guest, a volume on each, and a bond on each.
fn site() -> Option<Site> {
    let site = cluster(&["n1", "n2"])?;
    let mut mon = CrmMon::of(&nodes(&["n1", "n2"]));
    mon.resources = vm("vm1", "Started", "", &["n1"]);
    equip(&site, &Ring::of(&["n1", "n2"]), &mon);
    for node in &site.nodes {
        node.prints("lvs", &lvs(&node.name));
        node.answers("ip", &[("*-j*addr*", "[]"), ("*-j*link*", &fixture("net/ip-j-d-s-link.json"))]);
    }
    Some(site)
}

fn lvs(node: &str) -> String {
    let row = r#""lv_name":"root","lv_attr":"-wi-ao----","lv_size":"1073741824""#;
    format!("{{\"report\":[{{\"lv\":[{{\"vg_name\":\"vg{node}\",\"lv_uuid\":\"{node}\",{row}}}]}}]}}")
}

/// A tool that prints these bytes.
fn says(node: &Node, tool: &str, bytes: &[u8]) {
    let file = node.sshd.path(&format!("{tool}.bytes"));
    fs::write(&file, bytes).unwrap();
    node.tool(tool, &format!("exec cat {}", file.display()));
}

fn count(json: &Value, list: &str, node: &str) -> usize {
    let rows = json[list].as_array().unwrap().iter();
    rows.filter(|r| r["node"] == node || r["seen_by"].as_array().is_some_and(|by| by.contains(&json!(node)))).count()
}

/// On one line, for a script and for people: the node and the command, and these words.
fn said(run: &Run, words: &[&str]) {
    let found = run.stderr.lines().any(|line| words.iter().all(|w| line.contains(w)));
    assert!(found, "no line with {words:?} in {}", run.stderr);
}

#[test]
fn an_answer_that_cannot_be_read_costs_itself_alone() {
    let Some(site) = site() else { return };
    let n2 = site.node("n2");
    let cut = lvs("n2");
    says(n2, "lvs", &cut.as_bytes()[..cut.len() - 20]);
    says(n2, "ip", b"[{\"ifname\":\"eth0\xff\xfe\x00\", \x1b]0;x\x07");
    says(n2, "corosync-quorumtool", b"\xde\xad\xbe\xef\x1b[2J\n");
    let run = site.run(&["status", "--json"]);
    let json = run.json();
    super::shape::check(&json);
    assert_eq!((&json["cluster"]["quorate"], &member(&json, "n2")["status"]), (&json!(true), &json!("online")));
    assert_eq!((&service(&json, "vm1")["owner"], &member(&json, "n2")["reachable"]), (&json!("n1"), &json!(true)));
    assert_eq!((count(&json, "volumes", "n1"), count(&json, "volumes", "n2")), (1, 0));
    assert_eq!((count(&json, "bonds", "n1"), count(&json, "bonds", "n2"), &member(&json, "n2")["nics"]), (2, 0, &Value::Null));
    said(&run, &["n2: ", "lvs", "line 1 column"]);
    said(&run, &["n2: ", "ip -d -s link", "line 1 column"]);
    said(&run, &["n2: ", "corosync-quorumtool -s"]);
    assert!(!run.stderr.contains('\x1b') && !run.stdout.contains('\x1b'), "{}", run.stderr);
    let text = site.run(&["status"]).stdout;
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("not told: cannot read what 'lvs") && flat.contains("line 1 column"), "{text}");
    assert!(flat.contains("vm1 started n1"), "{text}");
}

/// What passes for a node that has nothing: it is said all the same. One that has nothing stays quiet.
#[test]
fn silence_and_noise_are_not_taken_for_a_node_that_has_nothing() {
    let Some(site) = site() else { return };
    let n2 = site.node("n2");
    n2.tool("df", "exit 0");
    says(n2, "dmsetup", b"vg\xffn2-root\x00\xfe|\n\x1b]0;x\x07|||\n");
    says(n2, "corosync-cfgtool", b"Local node ID 2, transport knet\nL\xffNK ID 0 udp\n\tnod\x00id: 1: connected\n");
    let n1 = site.node("n1");
    n1.prints("df", &fixture("lvm/df.txt"));
    n1.prints("dmsetup", "No devices found\n");
    n1.prints("corosync-cfgtool", &fixture("pacemaker/healthy-cfgtool-s.txt"));
    let run = site.run(&["status", "--json"]);
    super::shape::check(&run.json());
    for tool in ["df", "dmsetup", "corosync-cfgtool"] {
        said(&run, &["n2: ", "cannot read", tool]);
        assert!(!run.stderr.lines().any(|line| line.starts_with("n1: ") && line.contains(tool)), "{tool}: {}", run.stderr);
    }
    assert!(!run.stderr.contains('\x1b'), "{}", run.stderr);
}

/// Every node's manager prints what cannot be read: quorum, volumes and bonds are known all the same.
#[test]
fn a_manager_that_prints_nonsense_leaves_the_rest() {
    let xml = CrmMon::of(&nodes(&["n1", "n2"])).xml();
    let cases: [(&str, Vec<u8>, &[&str]); 4] = [
        ("cut", xml.as_bytes()[..xml.len() / 2].to_vec(), &["crm_mon"]),
        ("empty", Vec::new(), &["crm_mon"]),
        ("not UTF-8", b"\xff\xfe<\x00pacemaker".to_vec(), &["crm_mon"]),
        ("another root", b"<html><body>502 Bad Gateway</body></html>".to_vec(), &["crm_mon", "no XML"]),
    ];
    let Some(site) = site() else { return };
    for (what, bytes, words) in cases {
        for node in &site.nodes {
            says(node, "crm_mon", &bytes);
        }
        let run = site.run(&["status", "--json"]);
        let json = run.json();
        super::shape::check(&json);
        assert_eq!((&json["cluster"]["quorate"], &json["services"]), (&json!(true), &json!([])), "{what}");
        assert_eq!((count(&json, "volumes", "n1"), count(&json, "bonds", "n2")), (1, 2), "{what}");
        let named =
            run.stderr.lines().any(|line| words.iter().all(|w| line.contains(w)) && (line.contains("n1: ") || line.contains("n2: ")));
        assert!(named, "{what}: {}", run.stderr);
    }
}

/// A tool that never stops printing costs its answer, not the node.
#[test]
fn an_answer_without_end_is_cut_off_and_said() {
    let Some(site) = site() else { return };
    site.node("n2").tool("lvs", "exec yes 'vg|lv|what else'");
    let run = site.run(&["status", "--json"]);
    let json = run.json();
    assert_eq!((&member(&json, "n2")["reachable"], count(&json, "volumes", "n1")), (&json!(true), 1));
    said(&run, &["n2: ", "lvs"]);
}

/// What tools say on standard error may hold what an administrator typed.
#[test]
fn no_password_in_the_words_of_a_tool() {
    let Some(site) = site() else { return };
    let secrets = "password=S3cr3tOne passwd=\"S3cr3tTwo\" fence_ipmilan -a x -p S3cr3tThree qemu+tls://root:S3cr3tFour@n1/system";
    for node in &site.nodes {
        for (tool, code) in [
            ("lvs", 5),
            ("vgs", 126),
            ("crm_mon", 102),
            ("cibadmin", 77),
            ("stonith_admin", 1),
            ("corosync-quorumtool", 1),
            ("ip", 1),
            ("journalctl", 1),
            ("virsh", 1),
        ] {
            node.tool(tool, &format!("echo '{secrets}: permission denied' >&2; exit {code}"));
        }
    }
    for args in [&["status", "--json"][..], &["status"], &["doctor"], &["events", "--for", "8s"]] {
        let run = site.run(args);
        let all = run.stdout + &run.stderr;
        assert!(all.contains("password=***") && all.contains("://root:***@n1"), "{args:?}: the words are there: {all}");
        assert!(!all.contains("S3cr3t"), "{args:?}: {all}");
    }
    let log = fs::read_to_string(site.home.path().join("state/quorate/quorate.log")).unwrap_or_default();
    assert!(!log.contains("S3cr3t"), "{log}");
}
