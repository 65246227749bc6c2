//! Guests of a host on which no manager runs: libvirt's own test driver tells what is there, a virsh that keeps one guest's state in a file does what is asked.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::link::rig::executable;

const VIRSH: &str = r#"#!/bin/sh
d=$(dirname "$0"); echo "$*" >>"$d/log"
for word; do case $word in
  domstate) cat "$d/state"; exit ;;
  domjobinfo) echo 'Job type:         None'; exit ;;
  suspend) echo 'paused (user)' >"$d/state"; exit ;;
  resume | start | reset) echo 'running (booted)' >"$d/state"; exit ;;
  shutdown | destroy) echo 'shut off (destroyed)' >"$d/state"; exit ;;
esac; done
exit 1
"#;

/// A home, and the folder of virsh in it.
struct Host(tempfile::TempDir);

impl Host {
    /// None where this machine runs a manager: then it is no plain host.
    fn new() -> Option<Self> {
        let host = Self(tempfile::tempdir().unwrap());
        executable(&host.file("virsh"), VIRSH);
        host.is("running (booted)");
        let (_, status) = host.json(&["status", "--json"]);
        if status["cluster"]["stack"] == "libvirt" {
            return Some(host);
        }
        eprintln!("skipped: this machine is no plain libvirt host");
        None
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn is(&self, state: &str) {
        fs::write(self.file("state"), format!("{state}\n")).unwrap();
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        let home: &Path = self.0.path();
        let path = format!("{}:/usr/bin:/bin", home.display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.args(args).env_clear().env("PATH", path).env("HOME", home).env("LANG", "C.UTF-8");
        let out = command.env("LIBVIRT_DEFAULT_URI", "test:///default").output().unwrap();
        (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&out.stdout).into_owned())
    }

    fn json(&self, args: &[&str]) -> (i32, Value) {
        let (code, text) = self.run(args);
        (code, serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}: {text}")))
    }

    /// What virsh was told that changes something.
    fn sent(&self) -> Vec<String> {
        let log = fs::read_to_string(self.file("log")).unwrap_or_default();
        log.lines().filter(|l| !l.starts_with("-r ")).map(str::to_owned).collect()
    }
}

#[test]
fn what_is_planned_is_sent_and_proved() {
    let Some(host) = Host::new() else { return };
    let (code, plan) = host.json(&["plan", "suspend", "test", "--json"]);
    assert_eq!((code, &plan["allowed"], &plan["confirm"]), (0, &true.into(), &"yes".into()), "{plan}");
    assert_eq!(plan["steps"][0]["argv"], serde_json::json!(["virsh", "-c", "test:///default", "suspend", "--domain", "test"]));
    assert_eq!(plan["undo"]["action"], "resume test");
    assert_eq!(host.sent(), [""; 0], "a plan changes nothing");
    let (code, task) = host.json(&["act", "suspend", "test", "--confirm", "test", "--json"]);
    assert_eq!((code, &task["status"]), (0, &"done".into()), "{task}");
    assert_eq!(host.sent(), ["-c test:///default suspend --domain test"]);
    let journal = fs::read_to_string(host.file(".local/state/quorate/journal.jsonl")).unwrap();
    assert!(journal.contains("suspend --domain test"), "{journal}");
    let (code, text) = host.run(&["act", "suspend", "test", "--confirm", "test"]);
    assert!(code == 4 && text.contains("test is paused"), "{code}: {text}");
    assert_eq!(host.run(&["act", "resume", "test", "--confirm", "test"]).0, 0);
    assert_eq!(host.run(&["act", "restart", "test", "--confirm", "test"]).0, 0);
    let sent = host.sent();
    assert_eq!(sent[2..], ["-c test:///default shutdown --domain test", "-c test:///default start --domain test"]);
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_sent() {
    let Some(host) = Host::new() else { return };
    for (args, word) in [
        (&["act", "stop", "test", "--force", "--confirm", "tset"][..], "the target is 'test'"),
        (&["act", "stop", "test", "--force", "--confirm", "test", "--read-only"], "read-only"),
        (&["act", "start", "test", "--confirm", "test"], "test is running"),
        (&["act", "resume", "test", "--confirm", "test"], "not paused"),
        (&["act", "cancel", "test", "--confirm", "test"], "and not migrating"),
        (&["act", "limit", "test", "--bandwidth", "8M", "--confirm", "test"], "and not migrating"),
        (&["act", "freeze", "test", "--confirm", "test"], "no manager looks after test"),
        (&["act", "reset", "tset", "--confirm", "tset"], "'test' is there"),
        (&["act", "maintenance", "on", "--confirm", "on"], "no cluster manager runs"),
    ] {
        let (code, text) = host.run(args);
        assert!(code == 4 && text.contains(word), "{args:?}: {code}: {text}");
    }
    host.is("shut off (shutdown)");
    assert_eq!(host.run(&["act", "reset", "test", "--confirm", "test"]).0, 4, "virsh says that it is off by now");
    assert_eq!(host.sent(), [""; 0]);
}
