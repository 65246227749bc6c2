use quorate::domain::observation::{Question, TroubleKind};
use quorate::probe::command;

use super::host_support::{ended, read, rows, tools};

const P3: &str = include_str!("../fixtures/iscsi/iscsiadm-session-P3.txt");

#[test]
fn sessions_of_a_real_node() {
    let sessions = rows!(Iscsi, read(Question::Iscsi, P3));
    assert_eq!(sessions.len(), 2);
    for (session, (sid, portal, devices)) in
        sessions.iter().zip([(1, "10.77.2.250:3260", ["sda", "sdb", "sdd"]), (2, "10.77.2.251:3260", ["sdc", "sde", "sdf"])])
    {
        assert_eq!((session.sid, session.target.as_str(), session.portal.as_str()), (Some(sid), "iqn.2026-01.lab:san", portal));
        assert_eq!((session.session_state.as_deref(), session.connection_state.as_deref()), (Some("LOGGED_IN"), Some("LOGGED IN")));
        assert_eq!(session.devices, devices);
    }
}

#[test]
fn secrets_are_not_kept() {
    let text = P3.replace("username: <empty>", "username: joe").replace("password: ********", "password: hunter2");
    let kept = format!("{:?}", read(Question::Iscsi, &text).unwrap());
    assert!(!kept.contains("joe") && !kept.contains("hunter2") && kept.contains("sda"));
}

#[test]
fn one_line_each() {
    let text = "tcp: [12] 10.0.0.1:3260,1 iqn.2001-05.com.x:a (non-flash)\niser: [3] [fe80::1]:3260,-1 iqn.b\n";
    let sessions = rows!(Iscsi, read(Question::Iscsi, text));
    assert_eq!(
        (sessions[0].sid, sessions[0].portal.as_str(), sessions[0].target.as_str()),
        (Some(12), "10.0.0.1:3260", "iqn.2001-05.com.x:a")
    );
    assert_eq!((sessions[1].sid, sessions[1].portal.as_str()), (Some(3), "[fe80::1]:3260"));
    assert_eq!(sessions[0].session_state, None);
}

#[test]
fn none_denied_absent_nonsense() {
    assert!(rows!(Iscsi, ended(Question::Iscsi, "", "iscsiadm: No active sessions.\n", 21)).is_empty());
    assert!(rows!(Iscsi, read(Question::Iscsi, "")).is_empty());
    assert_eq!(ended(Question::Iscsi, "", "sudo: a password is required", 1).unwrap_err().kind, TroubleKind::Denied);
    assert_eq!(read(Question::Iscsi, "hello\n").unwrap_err().kind, TroubleKind::Garbled);
    assert!(command(Question::Iscsi, &tools(&["ip"])).is_none());
    assert!(command(Question::Iscsi, &tools(&["iscsiadm"])).unwrap().is_privileged());
}
