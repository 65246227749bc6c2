//! Every way out gives the terminal back.

use std::os::unix::fs::PermissionsExt as _;

use portable_pty::CommandBuilder;

use super::held::{Terminal, home};

const SIZE: (u16, u16) = (80, 24);

#[test]
fn keys_that_leave() {
    for key in [&b"q"[..], b"\x03"] {
        let home = home();
        let mut terminal = Terminal::demo(home.path(), &[], &[], SIZE);
        assert!(!terminal.is_cooked());
        assert!(terminal.bytes().starts_with(b"\x1b[?1049h"), "nothing is printed before the screen is entered");
        terminal.keys(key);
        assert_eq!(terminal.end().exit_code(), 0);
        terminal.assert_restored();
    }
}

#[test]
fn signals() {
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let home = home();
        let mut terminal = Terminal::demo(home.path(), &[], &[], SIZE);
        terminal.signal(signal);
        assert_eq!(terminal.end().exit_code(), code, "{signal}");
        terminal.assert_restored();
    }
}

#[test]
fn stopped_and_back() {
    let home = home();
    let mut terminal = Terminal::demo(home.path(), &[], &[], SIZE);
    for way in ["key", "signal"] {
        match way {
            "key" => terminal.keys(b"\x1a"),
            _ => terminal.signal("TSTP"),
        }
        // What it wrote last may still be on its way through the terminal.
        terminal.wait("the stop", |t| t.state() == 'T' && !t.parsed().screen().alternate_screen() && t.is_cooked());
        terminal.assert_restored();
        terminal.signal("CONT");
        terminal.wait("the screen", |t| {
            t.parsed().screen().alternate_screen() && !t.is_cooked() && t.text().to_lowercase().contains("quorate")
        });
    }
    terminal.keys(b"q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_restored();
}

/// Runs only as the child of the test below.
#[test]
#[ignore = "panics by intention, in a terminal of its own"]
fn a_panic_in_the_cockpit() {
    let _guard = quorate::term::Guard::enter().unwrap();
    panic!("by intention");
}

#[test]
fn a_panic_is_told_on_a_terminal_that_can_show_it() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "pty::leaving::a_panic_in_the_cockpit", "--ignored", "--nocapture", "--test-threads=1"]);
    let mut terminal = Terminal::start(command, SIZE);
    assert_ne!(terminal.end().exit_code(), 0);
    terminal.assert_restored();
    let bytes = terminal.bytes();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("\x1b[?1049h"));
    let said = text.find("by intention").unwrap_or_else(|| panic!("{text}"));
    assert!(text.find("\x1b[?1049l").is_some_and(|left| left < said), "left before the report");
}

#[test]
fn the_log_is_for_its_owner_alone() {
    let home = home();
    let mut terminal = Terminal::demo(home.path(), &[], &[("QUORATE_LOG", "debug")], SIZE);
    terminal.keys(b"q");
    terminal.end();
    let log = home.path().join("state/quorate/quorate.log");
    let mode = std::fs::metadata(&log).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
