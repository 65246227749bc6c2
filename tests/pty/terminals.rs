//! Terminals that are not xterm, and what stands between one and quorate: tmux, GNU screen.

use std::path::Path;

use portable_pty::CommandBuilder;

use super::held::{Terminal, home, quorate};
use super::looks::{is_colour, styles};

fn leaves(mut terminal: Terminal, what: &str) {
    terminal.keys(b"q");
    assert_eq!(terminal.end().exit_code(), 0, "{what}");
    terminal.assert_restored();
}

#[test]
fn whatever_term_says_the_cockpit_is_drawn() {
    for term in
        [Some("xterm"), Some("screen"), Some("tmux-256color"), Some("linux"), Some("vt100"), Some("no-such-terminal"), Some(""), None]
    {
        let home = home();
        let mut command = quorate(home.path(), &["demo"], &[("TERM", term.unwrap_or_default())]);
        if term.is_none() {
            command.env_remove("TERM");
        }
        let terminal = Terminal::start(command, (80, 24));
        terminal.until("the demo", |text| text.contains("QUORATE"));
        assert!(terminal.bytes().starts_with(b"\x1b[?1049h"), "{term:?}: nothing is said beforehand");
        let plain = matches!(term, None | Some("" | "vt100"));
        let coloured = styles(&terminal.bytes()).iter().any(|s| is_colour(s));
        assert!(!(plain && coloured), "{term:?}: colours for a terminal that has none");
        leaves(terminal, &format!("{term:?}"));
    }
}

#[test]
fn a_dumb_terminal_is_warned_of_what_comes() {
    for term in ["dumb", "unknown"] {
        let home = home();
        let terminal = Terminal::start(quorate(home.path(), &["demo"], &[("TERM", term)]), (80, 24));
        terminal.until("the demo", |text| text.contains("QUORATE"));
        let bytes = terminal.bytes();
        let entered = bytes.windows(8).position(|w| w == b"\x1b[?1049h").unwrap();
        let before = String::from_utf8_lossy(&bytes[..entered]).into_owned();
        assert!(
            before.starts_with("quorate: this terminal says that it cannot place its cursor") && before.contains("quorate status"),
            "{before:?}"
        );
        leaves(terminal, term);
    }
}

/// Runs the demo below a multiplexer, if it is installed.
fn below(multiplexer: &str, args: &dyn Fn(&Path) -> Vec<String>) {
    if !Path::new("/usr/bin").join(multiplexer).exists() {
        eprintln!("{multiplexer} is not installed: not tested");
        return;
    }
    let home = home();
    // screen wants its folder for itself.
    std::fs::set_permissions(home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let usual = quorate(home.path(), &[], &[]);
    let mut command = CommandBuilder::new(multiplexer);
    command.args(args(home.path()));
    command.env_clear();
    for (name, value) in usual.iter_extra_env_as_str() {
        command.env(name, value);
    }
    command.env("SCREENDIR", home.path());
    let mut terminal = Terminal::start(command, (100, 30));
    terminal.until("the demo", |text| text.contains("QUORATE"));
    terminal.redrawn((80, 24), "QUORATE");
    terminal.keys(b"q");
    terminal.end();
    assert!(terminal.is_cooked(), "{multiplexer} ends with its only window, which is quorate's");
}

#[test]
fn in_tmux() {
    below("tmux", &|home| {
        let socket = home.join("tmux").to_string_lossy().into_owned();
        ["-S", &socket, "-f", "/dev/null", "new-session", env!("CARGO_BIN_EXE_quorate"), "demo"].map(str::to_owned).to_vec()
    });
}

#[test]
fn in_gnu_screen() {
    below("screen", &|_| ["-c", "/dev/null", "-U", env!("CARGO_BIN_EXE_quorate"), "demo"].map(str::to_owned).to_vec());
}
