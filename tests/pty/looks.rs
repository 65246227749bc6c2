//! Sizes, keys, colours, characters.

use std::time::{Duration, Instant};

use super::held::{LONG, Terminal, home};

/// The bytes that a terminal sends for a key of the keymap's file; none for keys that leave or stop.
fn sent(key: &str, command: &str) -> Option<Vec<u8>> {
    if matches!(command, "quit" | "shell") {
        return None;
    }
    let bytes: &[u8] = match key {
        "enter" => b"\r",
        "esc" => b"\x1b",
        "tab" => b"\t",
        "shift-tab" => b"\x1b[Z",
        "space" => b" ",
        "backspace" => b"\x7f",
        "delete" => b"\x1b[3~",
        "insert" => b"\x1b[2~",
        "up" => b"\x1b[A",
        "down" => b"\x1b[B",
        "right" => b"\x1b[C",
        "left" => b"\x1b[D",
        "home" => b"\x1b[H",
        "end" => b"\x1b[F",
        "pageup" => b"\x1b[5~",
        "pagedown" => b"\x1b[6~",
        "f1" => b"\x1bOP",
        "\\\\" => b"\\",
        chord if chord.contains(' ') => return Some(chord.replace(' ', "").into_bytes()),
        ctrl if ctrl.starts_with("ctrl-") => return Some(vec![ctrl.as_bytes()[5] & 0x1f]),
        one => return Some(one.as_bytes().to_vec()),
    };
    Some(bytes.to_vec())
}

fn all_keys() -> Vec<(String, Vec<u8>)> {
    let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/keymaps/default.toml")).unwrap();
    let rows = file.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" = \""));
    let keys: Vec<_> = rows.filter_map(|(key, rest)| Some((key.to_owned(), sent(key, rest.split('"').next()?)?))).collect();
    assert!(keys.len() > 50, "{keys:?}");
    keys
}

#[test]
fn every_key_is_harmless_at_every_size() {
    for size in [(80, 24), (200, 50), (40, 10)] {
        let home = home();
        let mut terminal = Terminal::demo(home.path(), &[], &[], size);
        for (key, bytes) in all_keys() {
            terminal.keys(&bytes);
            std::thread::sleep(Duration::from_millis(15));
            assert!(terminal.is_running(), "{key} at {size:?}");
        }
        // Out of whatever is open: each esc goes one step back. Some of the keys act on the simulated cluster: while that is under way, quit is
        // asked twice.
        let end = Instant::now() + LONG;
        while terminal.is_running() {
            assert!(Instant::now() < end, "it is not left at {size:?}: {}", terminal.text());
            terminal.keys(b"\x1b");
            std::thread::sleep(Duration::from_millis(100));
            terminal.keys(b"q");
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(terminal.end().exit_code(), 0, "{size:?}");
        terminal.assert_restored();
    }
}

#[test]
fn the_screen_follows_the_terminals_size() {
    let home = home();
    let mut terminal = Terminal::demo(home.path(), &[], &[], (80, 24));
    for size in [(200, 50), (40, 10), (3, 2), (80, 24)] {
        // On the smallest one there is no room for a word.
        terminal.redrawn(size, if size.0 > 10 { "QUORATE" } else { "\x1b[" });
        assert!(terminal.is_running(), "{size:?}");
    }
    terminal.keys(b"q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_restored();
}

/// As `script` without a terminal, `ssh -tt` from none and serial lines have it.
#[test]
fn a_terminal_without_a_size_is_drawn_upon() {
    let home = home();
    let mut terminal = Terminal::demo(home.path(), &[], &[], (0, 0));
    terminal.redrawn((120, 40), "QUORATE");
    terminal.keys(b"q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_restored();
}

/// What is typed and what else comes reach a held program at one moment, as a slow line delivers them.
fn held_while(terminal: &mut Terminal, what_comes: impl FnOnce(&mut Terminal)) {
    terminal.signal("STOP");
    terminal.wait("the stop", |t| t.state() == 'T');
    what_comes(terminal);
    terminal.signal("CONT");
}

#[test]
fn no_key_is_lost_to_a_new_size_or_to_many_keys() {
    let home = home();
    let mut terminal = Terminal::demo(home.path(), &[], &[], (100, 30));
    let is_help = |text: &str| text.contains("▸Help");
    for size in [(80, 24), (120, 40)] {
        held_while(&mut terminal, |t| {
            t.resize(size);
            t.keys(b"?");
        });
        terminal.until("help", is_help);
        terminal.keys(b"\x1b");
        terminal.until("no help", |text| !is_help(text));
    }
    // More than is read at once, and nothing after it.
    held_while(&mut terminal, |t| {
        let mut keys = [b'j', b'k'].repeat(1500);
        keys.push(b'q');
        t.keys(&keys);
    });
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_restored();
}

/// The parameters of all SGR sequences.
pub fn styles(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let ends = |rest: &str| rest.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'));
    text.split("\x1b[")
        .skip(1)
        .filter_map(|rest| Some(rest.split_at(ends(rest)?)))
        .filter(|(_, end)| end.starts_with('m'))
        .map(|(p, _)| p.to_owned())
        .collect()
}

pub fn is_colour(style: &str) -> bool {
    style.split([';', ':']).filter_map(|n| n.parse::<u32>().ok()).any(|n| matches!(n, 30..=38 | 40..=48 | 90..=97 | 100..=107))
}

#[test]
fn no_color_has_none() {
    let home = home();
    let mut plain = Terminal::demo(home.path(), &[], &[("NO_COLOR", "1")], (120, 40));
    plain.keys(b"a");
    plain.until("the alerts", |text| text.contains("▸Alerts"));
    let found = styles(&plain.bytes());
    assert!(!found.is_empty());
    assert!(!found.iter().any(|s| is_colour(s)), "{found:?}");
    let coloured = Terminal::demo(home.path(), &[], &[("COLORTERM", "truecolor")], (120, 40));
    assert!(styles(&coloured.bytes()).iter().any(|s| is_colour(s)));
}

#[test]
fn ascii_is_ascii() {
    for (args, env) in [(&["--ascii"][..], &[][..]), (&[], &[("LANG", "C")])] {
        let home = home();
        let mut terminal = Terminal::demo(home.path(), args, env, (200, 50));
        for key in [&b"1"[..], b"2", b"3", b"4", b"5", b"6", b"?", b"\x1b", b"a"] {
            terminal.keys(key);
            std::thread::sleep(Duration::from_millis(100));
        }
        terminal.until("the last of them", |text| text.contains(">Alerts"));
        let bytes = terminal.bytes();
        let wide = String::from_utf8_lossy(&bytes).chars().find(|c| !c.is_ascii());
        assert_eq!(wide, None, "{args:?}");
    }
}

#[test]
fn the_wallboard_knows_quit_alone() {
    let home = home();
    let mut terminal = Terminal::demo(home.path(), &["wallboard"], &[], (120, 40));
    for (_, bytes) in all_keys() {
        terminal.keys(&bytes);
    }
    std::thread::sleep(Duration::from_millis(500));
    assert!(terminal.is_running());
    let text = terminal.text();
    for dialog in ["UNKNOWN", "palette", "Sort"] {
        assert!(!text.contains(dialog), "{text}");
    }
    terminal.keys(b"q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_restored();
}

#[test]
fn nothing_changed_is_no_bytes() {
    let home = home();
    let mut terminal = Terminal::demo(home.path(), &[], &[], (120, 40));
    terminal.keys(b"F");
    terminal.until("the frozen screen", |text| text.to_uppercase().contains("FROZEN"));
    // Ages and the clock's minutes still go on: some quiet half second must be among these.
    let quiet = (0..20).any(|_| {
        let before = terminal.bytes().len();
        std::thread::sleep(Duration::from_millis(500));
        terminal.bytes().len() == before
    });
    assert!(quiet, "the screen is written to all the time");
}
