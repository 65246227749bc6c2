//! Every way out gives the terminal back.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::held::{Terminal, home, quorate};

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

/// A shell that minds no hang-up leads the session, as `nohup` and some multiplexers do: nothing tells quorate but the terminal itself.
#[test]
fn a_terminal_that_is_taken_away_without_a_signal() {
    let home = home();
    let ended = home.path().join("ended");
    let usual = quorate(home.path(), &[], &[]);
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", "trap '' HUP; \"$0\" demo; echo $? >\"$1.new\"; mv \"$1.new\" \"$1\"", env!("CARGO_BIN_EXE_quorate")]);
    command.arg(&ended);
    command.env_clear();
    for (name, value) in usual.iter_extra_env_as_str() {
        command.env(name, value);
    }
    let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("QUORATE") {
        let mut buf = [0; 4096];
        let n = reader.read(&mut buf).unwrap();
        assert!(n > 0, "it ended: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buf[..n]);
    }
    drop((reader, pair.master));
    let end = Instant::now() + Duration::from_secs(40);
    while !ended.exists() {
        assert!(Instant::now() < end, "it lives on without a terminal");
        std::thread::sleep(Duration::from_millis(50));
    }
    let code = std::fs::read_to_string(&ended).unwrap();
    assert!(["129", "74"].contains(&code.trim()), "hung up, or a write that failed: {code}");
    child.wait().unwrap();
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

/// Who is stopped by STOP itself can give nothing back: the shell makes the terminal its own meanwhile.
#[test]
fn stopped_without_a_word_and_back() {
    let home = home();
    let mut terminal = Terminal::demo(home.path(), &[], &[], SIZE);
    terminal.signal("STOP");
    terminal.wait("the stop", |t| t.state() == 'T');
    terminal.cook();
    assert!(terminal.is_cooked());
    let before = terminal.bytes().len();
    terminal.signal("CONT");
    terminal.wait("the screen, and pasting that is no typing", |t| {
        let pastes = t.bytes().get(before..).is_some_and(|new| String::from_utf8_lossy(new).contains("\x1b[?2004h"));
        pastes && !t.is_cooked() && t.text().to_lowercase().contains("quorate")
    });
    terminal.keys(b"q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_restored();
}

/// A shell that runs make or a script waits for those.
#[test]
fn who_waits_for_it_stops_with_it() {
    let home = home();
    let usual = quorate(home.path(), &[], &[]);
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", "\"$0\" demo; exit $?", env!("CARGO_BIN_EXE_quorate")]);
    command.env_clear();
    for (name, value) in usual.iter_extra_env_as_str() {
        command.env(name, value);
    }
    let mut terminal = Terminal::start(command, SIZE);
    terminal.until("the demo", |text| text.contains("QUORATE"));
    terminal.keys(b"\x1a");
    terminal.wait("the stop", |t| t.state() == 'T' && t.is_cooked());
    let group = format!("-{}", terminal.pid());
    assert!(std::process::Command::new("kill").args(["-CONT", "--", group.as_str()]).status().unwrap().success());
    terminal.wait("the screen", |t| t.parsed().screen().alternate_screen() && !t.is_cooked());
    terminal.keys(b"q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_restored();
}

/// Runs itself as a child, which panics while it has the screen.
#[test]
fn a_panic_is_told_on_a_terminal_that_can_show_it() {
    const CHILD: &str = "QUORATE_TEST_PANICS";
    if std::env::var_os(CHILD).is_some() {
        let _guard = quorate::term::Guard::enter().unwrap();
        panic!("by intention");
    }
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "pty::leaving::a_panic_is_told_on_a_terminal_that_can_show_it", "--nocapture", "--test-threads=1"]);
    command.env(CHILD, "1");
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
