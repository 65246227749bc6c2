//! A user who is not root: `become = "sudo"`, where sudo lets us and where it does not.

use std::fs;

use serde_json::json;

use super::cluster::cluster;
use super::rig::{Site, member};

const BECOME: &str = "become = \"sudo\"\n";

fn site(sudo: &str) -> Option<Site> {
    let site = cluster(&["n1"])?;
    site.configure(BECOME);
    let node = site.node("n1");
    node.prints(
        "lvs",
        "{\"report\":[{\"lv\":[{\"vg_name\":\"v\",\"lv_name\":\"l\",\"lv_attr\":\"-wi-a-----\",\"lv_size\":\"1024\",\"lv_uuid\":\"u\"}]}]}",
    );
    node.tool("sudo", &format!("printf '%s\\n' \"$*\" >>{}; {sudo}", node.sshd.path("sudo.log").display()));
    Some(site)
}

#[test]
fn privileged_commands_and_no_others_run_with_sudo() {
    let Some(site) = site("[ \"$1\" = -n ] || exit 9; shift; exec \"$@\"") else { return };
    let (json, code) = site.status();
    assert_eq!(
        (&member(&json, "n1")["status"], &json["volumes"][0]["lv"], &json["cluster"]["quorate"]),
        (&json!("online"), &json!("l"), &json!(true))
    );
    assert_eq!(code, 1, "one node of one: {}", json["alerts"]);
    let log = fs::read_to_string(site.node("n1").sshd.path("sudo.log")).unwrap();
    assert!(log.lines().all(|line| line.starts_with("-n ")), "{log}");
    for tool in ["crm_mon", "corosync-quorumtool", "lvs"] {
        assert!(log.lines().any(|line| line.starts_with(&format!("-n {tool} "))), "{tool}: {log}");
    }
    for (plain, why) in [("date", "a clock needs no rights"), ("df", "nor does a filesystem's usage"), ("ip", "nor do interfaces")] {
        assert!(!log.lines().any(|line| line.starts_with(&format!("-n {plain}"))), "{why}: {log}");
    }
}

#[test]
fn what_sudo_refuses_is_said_in_place_of_a_blank() {
    for (words, code, cure) in [
        ("sudo: a password is required", 1, "NOPASSWD"),
        ("Sorry, user ops is not allowed to execute '/usr/sbin/crm_mon' as root on n1.", 1, "NOPASSWD"),
        ("sudo: sorry, you must have a tty to run sudo", 1, "Defaults !requiretty"),
        ("sudo: interactive authentication is required", 1, "NOPASSWD"),
        ("sudo: I'm sorry ops. I'm afraid I can't do that", 1, "NOPASSWD"),
    ] {
        let Some(site) = site(&format!("echo \"{words}\" >&2; exit {code}")) else { return };
        let run = site.run(&["status", "--json"]);
        let json = run.json();
        super::shape::check(&json);
        assert_eq!((run.code, &member(&json, "n1")["reachable"], &json["services"]), (3, &json!(true), &json!([])));
        assert!(run.stderr.lines().any(|l| l.contains("n1: sudo refuses") && l.contains(cure)), "{}", run.stderr);
        let text = site.run(&["status"]).stdout;
        assert!(text.contains("not told: sudo refuses"), "{text}");
    }
}

/// LVM's report is well formed and without rows for a user who may not read anything: that is no node without volumes.
#[test]
fn volumes_that_a_user_may_not_read_are_said_in_place_of_a_blank() {
    let Some(site) = cluster(&["n1"]) else { return };
    let words = "  WARNING: Running as a non-root user. Functionality may be unavailable.\n  /run/lock/lvm/P_global:aux: open failed: Permission denied";
    site.node("n1").tool("lvs", &format!("echo '{{\"report\":[{{\"lv\":[]}}]}}'; echo '{words}' >&2; exit 5"));
    let run = site.run(&["status", "--json"]);
    assert_eq!(run.json()["volumes"], json!([]));
    assert!(run.stderr.lines().any(|l| l.contains("n1: ") && l.contains("lvs") && l.contains("Permission denied")), "{}", run.stderr);
}
