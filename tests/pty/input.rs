//! What a terminal sends beside keys, and keys that come in pieces.

use std::time::{Duration, Instant};

use super::held::{LONG, Terminal, home};

const SIZE: (u16, u16) = (80, 24);

#[test]
fn a_report_that_nobody_asked_for_leaves_the_keys_alive() {
    for report in [&b"\x1b[?2026;2$y"[..], b"\x1b[?997;1n", b"\x1b[>0;276;0c", b"\x1b]11;rgb:0/0/0\x07", b"\x1b[0;0R"] {
        let home = home();
        let mut terminal = Terminal::demo(home.path(), &[], &[], SIZE);
        terminal.keys(report);
        terminal.keys(b"q");
        assert_eq!(terminal.end().exit_code(), 0, "{}", report.escape_ascii());
        terminal.assert_restored();
    }
}

#[test]
fn a_report_that_breaks_off_holds_the_keys_for_a_moment_only() {
    for begun in [&b"\x1b[?2026;2$"[..], b"\x1b]11;rgb:0", b"\x1bP1$r", b"\x1b[M "] {
        let home = home();
        let mut terminal = Terminal::demo(home.path(), &[], &[], SIZE);
        terminal.keys(begun);
        let end = Instant::now() + LONG;
        while terminal.is_running() {
            assert!(Instant::now() < end, "{}: it is not left", begun.escape_ascii());
            std::thread::sleep(Duration::from_secs(1));
            terminal.keys(b"q");
        }
        assert_eq!(terminal.end().exit_code(), 0, "{}", begun.escape_ascii());
        terminal.assert_restored();
    }
}

#[test]
fn an_arrow_key_in_two_pieces_is_one_key() {
    let home = home();
    let mut terminal = Terminal::demo(home.path(), &[], &[], SIZE);
    for _ in 0..20 {
        terminal.keys(b"?");
        terminal.until("help", |text| text.contains("▸Help  1-"));
        let begun = Instant::now();
        terminal.keys(b"\x1b");
        std::thread::sleep(Duration::from_millis(20));
        terminal.keys(b"[B");
        if begun.elapsed() < Duration::from_millis(45) {
            terminal.until("the next line", |text| text.contains("▸Help  2-"));
            terminal.keys(b"q");
            assert_eq!(terminal.end().exit_code(), 0);
            terminal.assert_restored();
            return;
        }
        // Sent too late on a busy machine: the first piece may have been the key esc.
        terminal.keys(b"\x1b");
        terminal.until("no help", |text| !text.contains("▸Help"));
    }
    panic!("this machine never found the time to send two pieces within 45 ms");
}

#[test]
fn the_terminal_goes_on_blocking() {
    let home = home();
    let terminal = Terminal::demo(home.path(), &[], &[], SIZE);
    let info = std::fs::read_to_string(format!("/proc/{}/fdinfo/0", terminal.pid())).unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
    assert_eq!(i32::from_str_radix(flags, 8).unwrap() & libc::O_NONBLOCK, 0, "{info}");
}
