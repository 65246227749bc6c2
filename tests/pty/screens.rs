//! The recorded cluster on real terminals.

use super::rig::Terminal;

const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/recordings/nslab.jsonl");

/// A recording has its own clock, behind the wall's: its pictures must be drawn without a key having been pressed.
#[test]
fn a_recording_shows_its_cluster_by_itself() {
    let mut t = Terminal::open(&["replay", RECORDING], &[], (100, 30));
    t.wait("quorum", |s| s.contains("QUORATE 3 of 3"));
    t.wait("services", |s| s.contains("vm3"));
    t.type_in("q");
    assert_eq!(t.end(), 0);
    assert!(!t.screen.screen().alternate_screen() && !t.screen.screen().hide_cursor());
}

#[test]
fn a_storm_of_resizes_ends_in_a_whole_screen() {
    let mut t = Terminal::open(&["replay", RECORDING], &[], (100, 30));
    t.wait("services", |s| s.contains("vm3"));
    for n in 0..40_u16 {
        t.resize(60 + n, 14 + n);
    }
    t.resize(80, 24);
    // The notice at the bottom ends by the recording's clock, and gives its place back to the keys.
    let text = t.wait("the last line of 80x24", |s| s.lines().nth(23).is_some_and(|l| l.contains("? help")));
    assert!(text.lines().next().unwrap().contains("QUORATE 3/3"), "{text}");
    t.resize(40, 10);
    t.wait("two lines of header", |s| s.lines().nth(1).is_some_and(|l| l.contains("QUORATE 3/3")));
    t.type_in("q");
    assert_eq!(t.end(), 0);
}

/// libvirt's own test driver, in the program itself: its guest has no console, which is said; then the screen comes back whole.
#[test]
fn a_console_gives_the_terminal_back_whole() {
    let mut t = Terminal::open(&[], &[("LIBVIRT_DEFAULT_URI", "test:///default")], (120, 30));
    t.wait("the overview", |s| s.contains("Services"));
    t.type_in("v");
    t.wait("the guest", |s| s.contains("test") && s.contains("● running"));
    t.type_in("jt");
    t.wait("the console", |s| s.contains("^] comes back") && s.contains("virDomainOpenConsole"));
    t.wait("the table again", |s| s.contains("Guests 1/1 running"));
    assert!(t.screen.screen().alternate_screen() && t.screen.screen().hide_cursor());
    t.type_in("q");
    assert_eq!(t.end(), 0);
    assert!(!t.screen.screen().alternate_screen() && !t.screen.screen().hide_cursor());
}

#[test]
fn a_read_only_session_opens_no_console() {
    let mut t = Terminal::open(&["--read-only", "demo", "--stack", "pacemaker"], &[], (120, 30));
    t.wait("quorum", |s| s.contains("QUORATE"));
    t.type_in("v");
    t.wait("guests", |s| s.contains("MANAGED BY") && s.contains("running"));
    t.type_in("jt");
    t.wait("the refusal", |s| s.contains("read-only"));
    t.type_in("q");
    assert_eq!(t.end(), 0);
}
