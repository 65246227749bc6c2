//! `events` and `doctor`, and `status` for people.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use super::cluster::cluster;
use super::rig::{Site, fixture};

/// A journal with these lines, then silence.
fn journal(site: &Site, node: &str, lines: &str) {
    let node = site.node(node);
    node.prints("journal-lines", lines);
    node.tool(
        "journalctl",
        &format!(
            "case \" $* \" in *' -f '*|*follow*) cat {}; exec sleep 1000;; *) echo 'Nov 22 22:29:54 n1 corosync[1]: x';; esac",
            node.sshd.path("journal-lines.out").display()
        ),
    );
}

#[test]
fn events_come_as_lines_of_json_until_the_time_is_over() {
    let Some(site) = cluster(&["n1"]) else { return };
    let typed = r#"{"MESSAGE":"anna : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/sbin/pcs stonith create i fence_ipmilan password=S3cr3tPW","SYSLOG_IDENTIFIER":"sudo","PRIORITY":"5","__REALTIME_TIMESTAMP":"1700000000000000","__CURSOR":"s=1"}"#;
    journal(&site, "n1", &format!("{typed}\n{}", fixture("log/journal-corosync-node-lost.jsonl")));
    let run = site.run(&["events", "--json", "--for", "6s"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("pcs stonith create i fence_ipmilan password=***") && !run.stdout.contains("S3cr3t"), "{}", run.stdout);
    for line in run.stdout.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let keys: Vec<&str> = event.as_object().unwrap().keys().map(String::as_str).collect();
        for key in ["at", "node", "source", "severity", "subject", "text"] {
            assert!(keys.contains(&key), "{line}");
        }
        assert!(event["at"].as_str().unwrap().ends_with('Z'), "{line}");
        assert!(["info", "notice", "warning", "critical"].contains(&event["severity"].as_str().unwrap()), "{line}");
    }
    let lost: Vec<Value> =
        run.stdout.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()).filter(|e| e["source"] == "corosync").collect();
    assert!(!lost.is_empty(), "{}", run.stdout);
    assert!(lost.iter().all(|e| e["node"] == "n1"));
}

#[test]
fn events_end_with_zero_when_interrupted() {
    let Some(site) = cluster(&["n1"]) else { return };
    journal(&site, "n1", &fixture("log/journal-corosync-node-lost.jsonl"));
    for signal in ["INT", "TERM"] {
        let mut child = site.command(&["events", "--for", "60s"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("corosync")));
        let killed = std::process::Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status().unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn what_is_folded_when_events_end_is_told_then() {
    let Some(site) = cluster(&["n1"]) else { return };
    let entry = |i: u32| {
        let words = format!("\"MESSAGE\":\"[TOTEM ] Retransmit List: {i}\",\"SYSLOG_IDENTIFIER\":\"corosync\",\"PRIORITY\":\"4\"");
        format!("{{{words},\"__REALTIME_TIMESTAMP\":\"1700000000000000\",\"__CURSOR\":\"s={i}\"}}\n")
    };
    journal(&site, "n1", &(0..300).map(entry).collect::<String>());
    let mut child = site.command(&["events", "--for", "60s"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("Retransmit List: 9")));
    std::thread::sleep(Duration::from_millis(300));
    let killed = std::process::Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line.contains("more lines like: [TOTEM] Retransmit List")), "{rest:?}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn doctor_names_what_is_missing_and_its_cure() {
    let Some(site) = cluster(&["n1"]) else { return };
    site.configure(&Site::entry("n2", 1));
    let run = site.run(&["doctor"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("n1") && run.stdout.contains("n2") && run.stdout.contains("refused"), "{}", run.stdout);
    site.configure("");
    site.node("n1").removes("crm_mon");
    let run = site.run(&["doctor"]);
    let line = run.stdout.lines().find(|l| l.contains("crm_mon")).unwrap_or_default();
    assert!(line.contains("MISSING"), "{}", run.stdout);
    assert_eq!(run.code, 1);
}

#[test]
fn doctor_is_content_with_a_node_that_has_it_all() {
    let Some(site) = cluster(&["n1"]) else { return };
    let node = site.node("n1");
    node.prints("corosync-cfgtool", &fixture("pacemaker/healthy-cfgtool-s.txt"));
    node.prints(
        "corosync-cmapctl",
        &(super::cluster::cmap("lab", &[(1, "n1", "192.0.2.1")]) + &fixture("pacemaker/failing-cmapctl-stats.txt")),
    );
    node.prints("df", "Filesystem Type 1B-blocks Used Available Capacity Mounted on\n/dev/vda ext4 1000 500 500 50% /\n");
    node.answers(
        "ip",
        &[
            ("*-V*", "ip utility, iproute2-6.1.0\n"),
            ("*addr*", &fixture("net/ip-j-addr.json")),
            ("*link*", &fixture("net/ip-j-d-s-link.json")),
        ],
    );
    node.tool(
        "systemctl",
        "for u in corosync pacemaker; do printf 'Id=%s.service\\nLoadState=loaded\\nActiveState=active\\nSubState=running\\n\\n' $u; done",
    );
    journal(&site, "n1", "");
    for (tool, json) in [("lvs", "lv"), ("vgs", "vg"), ("pvs", "pv")] {
        node.prints(tool, &format!("{{\"report\":[{{\"{json}\":[]}}]}}"));
    }
    node.prints("dmsetup", "No devices found\n");
    for tool in ["multipath", "multipathd", "iscsiadm", "virsh"] {
        node.removes(tool);
    }
    let run = site.run(&["doctor"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.contains("all well"), "{}", run.stdout);
}

/// A host without a manager whose guests libvirt has lacks nothing of Pacemaker's.
#[test]
fn doctor_wants_no_manager_where_there_are_only_guests() {
    let Some(site) = cluster(&["n1"]) else { return };
    let node = site.node("n1");
    for tool in ["crm_mon", "cibadmin", "stonith_admin", "corosync-quorumtool", "corosync-cfgtool", "corosync-cmapctl"] {
        node.removes(tool);
    }
    node.tool("virsh", "exit 1");
    let run = site.run(&["doctor"]);
    assert!(!run.stdout.contains("install pacemaker"), "{}", run.stdout);
    assert!(!run.stdout.lines().any(|l| l.contains("MISSING") && l.contains("corosync")), "{}", run.stdout);
}

/// What a script learns from the exit status does not hang on who reads the output.
#[test]
fn the_exit_status_outlives_the_reader_and_a_full_disk_is_none_of_the_clusters() {
    let home = tempfile::tempdir().unwrap();
    let args = ["--host", "root@127.0.0.1:1", "status", "--json"];
    let mut child = super::rig::quorate(home.path()).args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(3));
    for (words, code) in [(&["doctor"][..], 1), (&["plan", "drain", "n2"][..], 4)] {
        let args = [&["--host", "root@127.0.0.1:1"], words].concat();
        let mut child = super::rig::quorate(home.path()).args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{words:?}");
    }
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let out = super::rig::quorate(home.path()).args(args).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    let last = said.lines().last().unwrap_or_default();
    assert_eq!(out.status.code(), Some(74), "{said}");
    assert!(last.starts_with("quorate: ") && last.contains("standard output") && !said.contains('\u{1b}'), "{said}");
}

/// A recording that cannot be written any more does not go on as if it were.
#[test]
fn a_recording_on_a_full_disk_ends_and_says_so() {
    let Some(site) = cluster(&["n1"]) else { return };
    let file = site.home.path().join("a.rec").to_string_lossy().into_owned();
    let plain = site.command(&["record", &file, "--for", "40s"]);
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""]).arg(plain.get_program()).args(plain.get_args());
    limited.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
    let run = super::rig::Run::of(limited.output().unwrap());
    assert_eq!(run.code, 74, "{}", run.stderr);
    assert!(run.stderr.lines().last().unwrap().contains("a file could not be used"), "{}", run.stderr);
}

/// In a replay a node that was given by its address alone is asked for its name, as it was.
#[test]
fn a_recording_has_its_first_nodes_as_they_were_given() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("a.rec");
    let config = home.path().join("config.toml");
    std::fs::write(&config, format!("[[cluster]]\nname = \"lab\"\n{}", Site::entry("n1", 1))).unwrap();
    let mut command = super::rig::quorate(home.path());
    command.arg("--config").arg(&config).args(["--host", "root@127.0.0.2:1", "record"]).arg(&file).args(["--for", "1s"]);
    let run = super::rig::Run::of(command.output().unwrap());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = std::fs::read_to_string(&file).unwrap();
    let header: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let given = json!([{ "key": 0, "name": "n1", "address": "127.0.0.1" }, { "key": 1, "name": null, "address": "127.0.0.2" }]);
    assert_eq!(header["nodes"], given, "{header}");
}

#[test]
fn status_for_people_has_the_same_exit_status() {
    let Some(site) = cluster(&["n1", "n2", "n3"]) else { return };
    let run = site.run(&["status"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    for word in ["lab", "n1", "n2", "n3", "quorate"] {
        assert!(run.stdout.contains(word), "{word}: {}", run.stdout);
    }
    assert!(!run.stdout.contains('\u{1b}'));
    let json = site.status().0;
    assert_eq!(json["schema"], json!(1));
}
