//! The commands of the streams.

use quorate::domain::observation::host::Tools;
use quorate::probe::log::{Resume, command};

use super::*;

fn tools(names: &[&str]) -> Tools {
    Tools { present: names.iter().map(|n| (*n).to_owned()).collect(), ..Tools::default() }
}

#[test]
fn streams_need_their_tools() {
    let none = tools(&[]);
    let resume = Resume::default();
    for kind in [StreamKind::Journal, StreamKind::Netlink, StreamKind::CorosyncMap] {
        assert_eq!(command(kind, &none, &resume), None, "{}", kind.name());
    }
    assert!(command(StreamKind::LogFiles, &none, &resume).unwrap().is_privileged());
    assert!(!command(StreamKind::Netlink, &tools(&["ip"]), &resume).unwrap().is_privileged());
    // Without stdbuf its output would come in blocks of 4 KiB: better asked than followed.
    assert_eq!(command(StreamKind::CorosyncMap, &tools(&["corosync-cmapctl"]), &resume), None);
    assert!(command(StreamKind::CorosyncMap, &tools(&["corosync-cmapctl", "stdbuf"]), &resume).unwrap().is_privileged());
}

#[test]
fn the_journal_resumes_after_its_cursor() {
    let tools = tools(&["journalctl"]);
    let fresh = command(StreamKind::Journal, &tools, &Resume::default()).unwrap();
    assert_eq!(fresh.argv().get(4..7), Some(&["-n".to_owned(), "50".to_owned(), "_TRANSPORT=kernel".to_owned()][..]));
    let mut decoder = Decoder::new(StreamKind::Journal, arrival());
    decoder.feed(&fixture("journal-controld.jsonl"), arrival());
    let again = command(StreamKind::Journal, &tools, &decoder.resume()).unwrap();
    let cursor = again.argv().iter().find_map(|a| a.strip_prefix("--after-cursor=")).unwrap();
    let last = fixture("journal-controld.jsonl");
    let last = String::from_utf8(last).unwrap();
    assert!(last.lines().last().unwrap().contains(cursor));
    assert!(again.argv().iter().any(|a| a == "--no-tail") && !again.argv().iter().any(|a| a == "-n"));
}

/// On many nodes a user without rights has a journal, and is shown that one alone: it says nothing of the cluster.
#[test]
fn the_user_s_own_journal_is_not_the_node_s() {
    let dir = tempfile::tempdir().unwrap();
    let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
    let follow = command(StreamKind::Journal, &tools(&["journalctl"]), &Resume::default()).unwrap();
    let cases =
        [("echo entry", "echo entry", "followed"), (":", "echo entry", "only the user's own part"), (":", ":", "no journal is kept")];
    for (system, own, expected) in cases {
        let fake = format!("#!/bin/sh\ncase \" $* \" in\n*' _UID=0 '*) {system} ;;\n*' -f '*) echo followed >&2 ;;\n*) {own} ;;\nesac\n");
        crate::link::rig::executable(&dir.path().join("journalctl"), fake);
        let out = std::process::Command::new(&follow.argv()[0]).args(&follow.argv()[1..]).env("PATH", &path).output().unwrap();
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(said.starts_with(expected), "{said}");
        assert_eq!(out.status.success(), expected == "followed", "{said}");
    }
}

/// A Pacemaker Remote node has a unit and a daemon of its own, and none of the others'.
#[test]
fn the_journal_of_a_remote_node_is_followed_too() {
    let follow = command(StreamKind::Journal, &tools(&["journalctl"]), &Resume::default()).unwrap();
    for wanted in [
        "_SYSTEMD_UNIT=pacemaker_remote.service",
        "UNIT=pacemaker_remote.service",
        "SYSLOG_IDENTIFIER=pacemaker-remoted",
        "SYSLOG_IDENTIFIER=pacemaker_remoted",
    ] {
        assert!(follow.argv().iter().any(|a| a == wanted), "{wanted}");
    }
    for program in ["pacemaker-remoted", "pacemaker_remoted"] {
        let line = format!(
            "Nov 22 22:12:25 remote1 {program}[390]:  notice: Result of start operation for vm1 on remote1: error (no such domain)"
        );
        let Some(StreamItem::Line(line)) = one(&line) else { panic!("{program} is not heard") };
        assert_eq!(line.source, Source::Pacemaker);
    }
}

#[test]
fn a_cursor_that_is_none_never_becomes_an_argument() {
    let mut decoder = Decoder::new(StreamKind::Journal, arrival());
    decoder.feed(b"{\"__CURSOR\":\"s=1;i=2 --rotate\",\"MESSAGE\":\"x\"}\n", arrival());
    assert_eq!(decoder.resume().cursor, None);
}
