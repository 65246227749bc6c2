//! What a glance must tell: the sentences of the issue, one by one.

use std::sync::Arc;

use quorate::app::{Msg, update};
use quorate::domain::cluster::Cluster;
use quorate::domain::event::{Severity, Source};
use quorate::domain::stamp::Stamp;
use quorate::theme::{Depth, Theme};
use ratatui::style::Color;

use super::frames::{keys, model};
use super::{paint, sample};

fn text(width: u16, height: u16, cluster: Cluster) -> String {
    paint::text(&paint::frame(&model(sample::setup(width, height), cluster)))
}

fn line<'a>(frame: &'a str, word: &str) -> &'a str {
    frame.lines().find(|l| l.contains(word)).unwrap_or_else(|| panic!("no {word} in\n{frame}"))
}

#[test]
fn without_quorum_it_says_who_is_missing_since_when_and_who_says_so() {
    for (width, height) in [(140, 36), (80, 24)] {
        let frame = text(width, height, sample::no_quorum());
        assert!(frame.contains("n3 n4 n5 not seen since 22:41:10 (n1, n2 agree)"), "{frame}");
    }
    let frame = text(80, 24, sample::split());
    assert!(frame.contains("n1 n2 see n1 n2: quorate  |  n3 sees n3 n4 n5: quorate"), "{frame}");
    assert!(text(140, 36, sample::split()).contains("n3 sees n3 n4 n5  ● quorate, 3 votes"), "{frame}");
    assert!(!text(140, 36, sample::healthy()).contains("not seen"));
}

#[test]
fn views_that_disagree_stand_side_by_side() {
    let mut m = model(sample::setup(100, 30), sample::split());
    keys(&mut m, "6");
    let frame = paint::text(&paint::frame(&m));
    let marks = |node: &str| -> String {
        let row = frame.lines().find(|l| l.starts_with(&format!("  {node}  "))).unwrap();
        row.chars().filter(|c| matches!(c, '●' | '✕')).skip(1).collect()
    };
    assert_eq!((marks("n1").as_str(), marks("n3").as_str()), ("●●✕✕✕", "✕✕●●●"), "{frame}");
    assert!(frame.contains("not heard: n4 n5"), "{frame}");
}

#[test]
fn a_member_that_is_being_fenced_says_so_and_by_whom() {
    for (width, height) in [(140, 36), (80, 24)] {
        let frame = text(width, height, sample::fencing());
        assert!(frame.contains("→ fence reboot by n4"), "{frame}");
        assert!(line(&frame, "▲ unclean").contains("n2"), "{frame}");
        assert!(line(&frame, "n3   ● online").contains("●●"), "links to a member that is gone are no trouble: {frame}");
    }
}

/// corosync tells of a lost member seconds before the manager does.
#[test]
fn a_member_that_no_ring_contains_is_not_online() {
    let mut c = sample::healthy();
    c.quorum.partitions[0].members.retain(|m| &**m != "n4");
    let frame = text(140, 36, c.clone());
    assert!(line(&frame, "✕ left ring").contains("n4"), "{frame}");
    c.members[3].kind = quorate::domain::observation::manager::NodeKind::Remote;
    assert!(text(140, 36, c).contains("● online rem"), "a remote node is in no ring");
}

#[test]
fn services_have_a_place_also_at_80_columns() {
    let frame = text(80, 24, sample::degraded());
    assert!(line(&frame, "SERVICE").contains("n 1 2 3 4 5"), "{frame}");
    assert!(line(&frame, "db  ").contains("· ● · · ▲ started x2"), "{frame}");
    assert!(line(&frame, "www.cnaf").contains("· · · · ✕ failed 3x"), "{frame}");
    assert!(line(&frame, "licman2").contains("· · ● → · → n4"), "{frame}");
    let wide = text(140, 36, sample::degraded());
    assert!(line(&wide, "licman2").contains("n3 → n4"), "{wide}");
}

/// A mark is drawn upon a dimmed dot, and is not dimmed by it.
#[test]
fn marks_are_as_loud_as_what_they_say() {
    let frame = paint::frame(&model(sample::setup(140, 36), sample::degraded()));
    let services = frame.content.chunks(140).flat_map(|line| &line[57..]);
    let marks: Vec<_> = services.filter(|c| matches!(c.symbol(), "●" | "▲" | "✕")).collect();
    assert!(marks.len() > 20 && marks.iter().all(|c| !c.modifier.contains(ratatui::style::Modifier::DIM)));
}

#[test]
fn quieted_alerts_are_counted_in_sight() {
    let mut m = model(sample::setup(140, 36), sample::degraded());
    keys(&mut m, "a z esc");
    let frame = paint::text(&paint::frame(&m));
    let worst = frame.lines().nth(1).unwrap();
    assert!(worst.contains("www.cnaf failed") && worst.contains("1 of 4 alerts, 1 quiet"), "{worst}");
    update(&mut m, Msg::Resize { width: 80, height: 24 });
    assert!(paint::text(&paint::frame(&m)).lines().nth(1).unwrap().contains("1 of 4, 1 quiet"));
}

#[test]
fn an_alert_that_was_there_at_the_first_look_may_be_older() {
    let mut setup = sample::setup(140, 36);
    setup.now = sample::ago(29);
    let mut m = quorate::app::Model::new(setup);
    update(&mut m, Msg::Picture(Arc::new(sample::degraded())));
    let frame = paint::text(&paint::frame(&m));
    assert!(frame.lines().nth(1).unwrap().contains("since 22:48:31 or earlier"), "{frame}");
    assert!(!text(140, 36, sample::degraded()).contains("or earlier"));
}

#[test]
fn the_smallest_screen_tells_whole_sentences_and_answers_keys() {
    let frame = text(40, 12, sample::degraded());
    assert!(frame.contains("www.cnaf failed to start on n5:\n") && frame.contains("timed out after 60 s"), "{frame}");
    let mut m = model(sample::setup(40, 10), sample::degraded());
    update(&mut m, Msg::Notice("host key of n6 changed".to_owned()));
    assert!(paint::text(&paint::frame(&m)).lines().last().unwrap().contains("host key of n6"));
    keys(&mut m, "esc / n 1");
    assert!(paint::text(&paint::frame(&m)).lines().last().unwrap().contains("/n1"));
    keys(&mut m, "enter F");
    assert!(paint::text(&paint::frame(&m)).lines().next().unwrap().contains("FROZEN"));
}

#[test]
fn paths_of_a_node_that_is_silent_are_not_known() {
    let frame = text(140, 36, sample::node_lost());
    assert!(line(&frame, "paths san1").contains("n4 ◌") && !frame.contains("n4 2/2"), "{frame}");
    assert!(frame.contains("3 Storage paths 8/8"), "{frame}");
}

#[test]
fn before_anything_was_heard_nothing_is_claimed() {
    let frame = paint::text(&paint::frame(&quorate::app::Model::new(sample::setup(140, 36))));
    for word in ["0/0", "no device", "nothing has happened", "no alerts"] {
        assert!(!frame.contains(word), "{word}: {frame}");
    }
}

#[test]
fn while_a_cluster_is_picked_nothing_is_said_of_any() {
    let mut setup = sample::setup(100, 24);
    (setup.current, setup.clusters) = (None, vec!["a".to_owned(), "b".to_owned()]);
    let frame = paint::text(&paint::frame(&quorate::app::Model::new(setup)));
    assert!(frame.contains("pick a cluster") && !frame.contains("QUORUM") && !frame.contains("asking"), "{frame}");
}

#[test]
fn where_no_node_ever_answered_it_does_not_pretend_to_wait() {
    let mut c = sample::stale();
    c.quorum = quorate::domain::cluster::Quorum::default();
    for m in &mut c.members {
        m.answered = None;
    }
    let frame = text(100, 24, c);
    assert!(frame.contains("QUORUM UNKNOWN, no node answers") && frame.contains("unreachable, never seen"), "{frame}");
}

#[test]
fn events_of_another_day_carry_their_date() {
    let mut m = model(sample::setup(100, 30), sample::healthy());
    assert!(!paint::text(&paint::frame(&m)).contains("11-22 22:48:31"));
    let old = sample::event(sample::ago(90_000), "n1", Source::Kernel, Severity::Info, "an old line");
    update(&mut m, Msg::Events(vec![old]));
    let frame = paint::text(&paint::frame(&m));
    assert!(line(&frame, "an old line").contains("11-21 21:49:00") && frame.contains("11-22 22:48:31"), "{frame}");
}

#[test]
fn a_frozen_screen_says_so_above_and_below() {
    let mut m = model(sample::setup(80, 24), sample::degraded());
    keys(&mut m, "F");
    update(&mut m, Msg::Tick(Stamp(sample::NOW.0 + 65_000_000)));
    let frame = paint::text(&paint::frame(&m));
    assert!(frame.lines().next().unwrap().contains("FROZEN 1 min") && frame.lines().last().unwrap().contains("F goes on"), "{frame}");
}

/// Whether keys act here is said whatever else there is to say.
#[test]
fn the_header_names_the_role_whatever_the_room() {
    let mut cases = Vec::new();
    for size in [(40, 10), (60, 24), (80, 24)] {
        for votes in [5, 16, 1000] {
            cases.extend([(size, votes, 3), (size, votes, 20), (size, votes, 300)]);
        }
    }
    for (size, votes, name) in cases {
        for (read_only, role) in [(true, "READ-ONLY"), (false, "OPERATOR")] {
            let mut c = sample::healthy();
            c.name = Some("n".repeat(name));
            (c.quorum.total, c.quorum.expected, c.quorum.can_lose) = (Some(votes), Some(votes), Some((votes - 1) / 2));
            let mut setup = sample::setup(size.0, size.1);
            setup.read_only = read_only;
            let mut m = model(setup, c);
            for frozen in [false, true] {
                if frozen {
                    keys(&mut m, "F");
                }
                let frame = paint::text(&paint::frame(&m));
                let head: Vec<&str> = frame.lines().take(2).collect();
                for word in [role, "QUORATE"] {
                    assert!(head.iter().any(|l| l.contains(word)), "{size:?} {votes} {word}: {frame}");
                }
                assert_eq!(head[0].contains("FROZEN"), frozen, "{frame}");
            }
        }
    }
}

#[test]
fn titles_say_how_a_table_is_sorted() {
    let mut m = model(sample::setup(100, 30), sample::degraded());
    keys(&mut m, "1 o j j enter");
    assert!(paint::text(&paint::frame(&m)).contains("1 Members by CPU"));
}

#[test]
fn the_wallboard_is_green_only_while_nothing_is_wrong() {
    let green = |cluster| {
        let mut setup = sample::setup(120, 30);
        setup.wallboard = true;
        setup.theme = Theme::load("default", None, Depth::Ansi16).unwrap();
        let frame = paint::frame(&model(setup, cluster));
        let big: Vec<_> = frame.content.iter().filter(|c| c.symbol().starts_with('█')).map(|c| c.fg).collect();
        assert!(big.len() > 150, "{}", paint::text(&frame));
        (big[0], paint::text(&frame))
    };
    assert_eq!(green(sample::healthy()).0, Color::Green);
    assert_eq!(green(sample::node_lost()).0, Color::Yellow);
    let (worst, text) = green(sample::degraded());
    assert_eq!(worst, Color::LightRed);
    for word in ["nodes online", "services started", "fullest", "db runs TWICE", "last: 22:48:31 n2"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn a_members_page_tells_how_sbd_keeps_it() {
    use quorate::domain::observation::host::WatchdogView;
    let page = |runs, disks: &[&str]| {
        let mut cluster = sample::healthy();
        cluster.members[0].watchdog = Some(WatchdogView {
            devices: vec!["/dev/watchdog0".to_owned()],
            identity: Some("iTCO_wdt".to_owned()),
            state: Some("active".to_owned()),
            sbd_running: Some(runs),
            sbd_devices: disks.iter().map(|d| (*d).to_owned()).collect(),
            sbd_watchdog: Some("/dev/watchdog0".to_owned()),
            sbd_timeout_s: Some(5),
        });
        let mut m = model(sample::setup(120, 120), cluster);
        keys(&mut m, "1 enter");
        paint::text(&paint::frame(&m))
    };
    for (runs, disks, words) in [
        (true, &[][..], "runs, by the watchdog alone"),
        (true, &["/dev/disk/by-id/sbd"], "runs, with its disks"),
        (false, &["/dev/disk/by-id/sbd"], "does not run, though SBD_DEVICE names its disks"),
        (false, &[], "does not run"),
    ] {
        let text = page(runs, disks);
        let line = line(&text, "sbd  ");
        assert!(line.trim_end().ends_with(words), "{line}");
        assert!(text.contains("5 s without sbd") && text.contains("iTCO_wdt"), "{text}");
    }
}
