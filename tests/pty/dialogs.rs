//! What is asked on the way to a node.

use std::fs;

use super::held::{Terminal, home, quorate};
use crate::link::rig::{Sshd, keygen, user};

fn cockpit(home: &std::path::Path, sshd: &Sshd, identity: &str, known: &str) -> Terminal {
    let (identity, known) = (sshd.path(identity), sshd.path(known));
    let host = format!("{}@127.0.0.1:{}", user(), sshd.port);
    let args =
        ["--ssh-config", "none", "--identity", &identity.to_string_lossy(), "--known-hosts", &known.to_string_lossy(), "--host", &host];
    Terminal::start(quorate(home, &args, &[]), (120, 40))
}

#[test]
fn an_unknown_host_key_is_asked_for() {
    let Some(sshd) = Sshd::start("") else { return };
    fs::write(sshd.path("empty"), "").unwrap();
    let home = home();
    let mut terminal = cockpit(home.path(), &sshd, "id", "empty");
    terminal.until("the question", |t| t.contains("UNKNOWN HOST KEY") && t.contains("SHA256:"));
    terminal.keys(b"n\r");
    terminal.until("the refusal", |t| !t.contains("UNKNOWN HOST KEY") && t.to_lowercase().contains("host"));
    assert_eq!(fs::read_to_string(sshd.path("empty")).unwrap(), "");
    terminal.keys(b"q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_restored();

    let mut terminal = cockpit(home.path(), &sshd, "id", "empty");
    terminal.until("the question", |t| t.contains("UNKNOWN HOST KEY"));
    terminal.keys(b"y\r");
    terminal.until("the end of the question", |t| !t.contains("UNKNOWN HOST KEY"));
    terminal.wait("the line in known_hosts", |_| {
        fs::read_to_string(sshd.path("empty")).unwrap().contains(&format!("[127.0.0.1]:{} ", sshd.port))
    });
    terminal.keys(b"q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_restored();
}

#[test]
fn a_passphrase_is_asked_for_and_never_shown() {
    let Some(sshd) = Sshd::start("") else { return };
    keygen(&sshd.path("locked"), "ed25519", "opensesame");
    fs::copy(sshd.path("locked.pub"), sshd.path("authorized")).unwrap();
    let home = home();
    let mut terminal = cockpit(home.path(), &sshd, "locked", "known");
    terminal.until("the question", |t| t.contains("PASSPHRASE"));
    terminal.keys(b"wrong\r");
    terminal.until("the second question", |t| t.contains("was wrong"));
    terminal.keys(b"opensesame\r");
    terminal.until("the end of the question", |t| !t.contains("PASSPHRASE"));
    terminal.keys(b"q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_restored();
    let bytes = terminal.bytes();
    assert!(!String::from_utf8_lossy(&bytes).contains("opensesame"));
    let log = fs::read_to_string(home.path().join("state/quorate/quorate.log")).unwrap_or_default();
    assert!(!log.contains("opensesame"));
}
