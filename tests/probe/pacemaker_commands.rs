//! Which command asks Pacemaker, by version; the scripts run by a real shell against stand-ins of the tools.

use std::process::Command;

use quorate::domain::observation::Question;
use quorate::domain::observation::host::Tools;
use quorate::link::Become;
use quorate::probe::command;

fn tools(present: &[&str], versions: &[(&str, &str)]) -> Tools {
    Tools {
        present: present.iter().map(|t| (*t).to_owned()).collect(),
        versions: versions.iter().map(|(t, v)| ((*t).to_owned(), (*v).to_owned())).collect(),
        ..Tools::default()
    }
}

fn shell(question: Question, tools: &Tools) -> Option<String> {
    command(question, tools).map(|line| line.to_shell(Become::Sudo))
}

#[test]
fn commands_by_version() {
    let all = ["crm_mon", "cibadmin", "stonith_admin"];
    let modern = tools(&all, &[("crm_mon", "Pacemaker 2.0.3-4b1f869f0f")]);
    let legacy = tools(&all, &[("crm_mon", "Pacemaker 1.1.23-1.el7")]);
    let early = tools(&all, &[("crm_mon", "Pacemaker 2.0.2")]);
    assert_eq!(shell(Question::CrmMon, &modern).unwrap(), "sudo -n crm_mon -1 -r -f -A -o -t -L --fence-history=3 --output-as=xml");
    assert_eq!(shell(Question::CrmMon, &legacy).unwrap(), "sudo -n crm_mon -1 -r -f -A -o -t -L -c --as-xml");
    assert_eq!(shell(Question::CrmMon, &early), shell(Question::CrmMon, &legacy));
    assert_eq!(shell(Question::Constraints, &legacy).unwrap(), "sudo -n cibadmin --query --scope constraints");
    assert_eq!(shell(Question::FenceHistory, &modern).unwrap(), "sudo -n stonith_admin --history '*' --verbose --output-as=xml");
    assert_eq!(shell(Question::FenceHistory, &legacy).unwrap(), "sudo -n stonith_admin --history '*' --verbose");
    assert_eq!(shell(Question::FenceDevices, &legacy).unwrap(), "sudo -n stonith_admin -L");
    let newest = tools(&all, &[("crm_mon", "Pacemaker 3.0.2")]);
    assert_eq!(shell(Question::FenceDevices, &newest).unwrap(), "sudo -n stonith_admin -L --output-as=xml");
}

#[test]
fn no_command_for_what_is_absent() {
    let none = tools(&["corosync-quorumtool"], &[]);
    for question in [Question::CrmMon, Question::Constraints, Question::FenceHistory, Question::FenceDevices, Question::Cmap, Question::Dlm]
    {
        assert_eq!(command(question, &none), None, "{question:?}");
        assert!(command(question, &Tools::default()).is_some(), "{question:?}");
    }
    assert!(command(Question::Quorum, &none).is_some());
    let two = tools(&["corosync-cmapctl"], &[("corosync", "Corosync Cluster Engine, version '2.4.5'")]);
    let three = tools(&["corosync-cmapctl"], &[("corosync", "Corosync Cluster Engine, version '3.1.7'")]);
    assert_eq!(command(Question::LinkStats, &two), None);
    assert_eq!(shell(Question::LinkStats, &three).unwrap(), "sudo -n corosync-cmapctl -m stats");
}

/// Runs a question's command with a stand-in `tool` first on PATH.
fn run(question: Question, tool: &str, script: &str) -> (String, String, i32) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(tool);
    crate::link::rig::executable(&path, format!("#!/bin/sh\n{script}\n"));
    let line = command(question, &Tools::default()).unwrap().to_shell(Become::None);
    let out = Command::new("/bin/sh").arg("-c").arg(line).env("PATH", format!("{}:/usr/bin:/bin", dir.path().display())).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&out.stdout), text(&out.stderr), out.status.code().unwrap())
}

const OLD_TOOL: &str = "case \" $* \" in *output-as*) echo \"unrecognized option '--output-as=xml'\" >&2; echo usage; exit 64 ;; esac\necho \"old: $*\"; echo noise >&2; exit 3";
const NEW_TOOL: &str =
    "case \" $* \" in *output-as=xml*) echo '<pacemaker-result>'; printf '%s\\n' 'a\\b</pacemaker-result>'; exit 102 ;; esac\necho wrong";

#[test]
fn an_unknown_version_is_asked_in_the_new_way_then_in_the_old() {
    for (question, tool, old) in [
        (Question::CrmMon, "crm_mon", "old: -1 -r -f -A -o -t -L -c --as-xml\n"),
        (Question::FenceHistory, "stonith_admin", "old: --history * --verbose\n"),
        (Question::FenceDevices, "stonith_admin", "old: -L\n"),
    ] {
        assert_eq!(run(question, tool, NEW_TOOL), ("<pacemaker-result>\na\\b</pacemaker-result>\n".into(), String::new(), 102));
        assert_eq!(run(question, tool, OLD_TOOL), (old.into(), "noise\n".into(), 3));
    }
}

#[test]
fn an_absent_tool_ends_with_127() {
    let (_, said, code) = run(Question::CrmMon, "something-else", "true");
    assert_eq!(code, 127);
    assert!(said.contains("crm_mon"), "{said}");
}

#[test]
fn two_outputs_keep_the_first_status() {
    let cfgtool = "case $1 in -s) echo status; exit 1 ;; *) echo \"invalid option -- 'n'\" >&2; exit 2 ;; esac";
    assert_eq!(run(Question::Links, "corosync-cfgtool", cfgtool), ("status\n== quorate ==\n".into(), String::new(), 1));
    let dlm = "case $1 in status) echo up ;; ls) echo none; exit 1 ;; esac";
    assert_eq!(run(Question::Dlm, "dlm_tool", dlm), ("up\n== quorate ==\nnone\n".into(), String::new(), 1));
}
