//! Frames at the sizes that matter: characters and styles, and what must hold for every frame.

use std::collections::BTreeSet;
use std::sync::Arc;

use quorate::app::{Model, Msg, Setup, update};
use quorate::domain::cluster::Cluster;
use quorate::domain::stamp::Stamp;
use quorate::keymap::parse_chord;
use quorate::theme::{Depth, Theme};
use ratatui::style::{Color, Modifier};

use super::{paint, sample};

pub fn model(setup: Setup, cluster: Cluster) -> Model {
    let mut model = sample::model_of(setup, cluster);
    update(&mut model, Msg::Events(sample::events()));
    model
}

pub fn keys(model: &mut Model, script: &str) {
    for key in parse_chord(script).unwrap() {
        update(model, Msg::Key(key));
    }
}

fn text(width: u16, height: u16, cluster: Cluster) -> String {
    paint::text(&paint::frame(&model(sample::setup(width, height), cluster)))
}

#[test]
fn overview_characters_and_styles() {
    type Maker = fn() -> Cluster;
    let cases: [(&str, Maker); 7] = [
        ("healthy", sample::healthy),
        ("degraded", sample::degraded),
        ("split", sample::split),
        ("no_quorum", sample::no_quorum),
        ("node_lost", sample::node_lost),
        ("stale", sample::stale),
        ("hostile", sample::hostile),
    ];
    for (name, cluster) in cases {
        for (width, height) in [(200, 50), (80, 24), (40, 10)] {
            let frame = paint::frame(&model(sample::setup(width, height), cluster()));
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), paint::text(&frame));
            if width == 80 {
                insta::assert_snapshot!(format!("{name}_{width}x{height}_styles"), paint::styles(&frame));
            }
        }
    }
}

#[test]
fn screens_characters() {
    for (name, script) in [
        ("members", "1"),
        ("services", "2 enter"),
        ("storage", "3 enter"),
        ("network", "4 enter"),
        ("timeline", "5 enter"),
        ("member", "1 enter"),
        ("service", "2 enter j enter"),
        ("group", "3 enter enter"),
        ("paths", "3 enter j enter"),
        ("bond", "4 enter enter"),
        ("quorum", "6"),
        ("alerts", "a j z"),
        ("help", "?"),
        ("palette", ": f r"),
        ("sort", "2 enter o"),
    ] {
        let mut model = model(sample::setup(120, 36), sample::degraded());
        keys(&mut model, script);
        insta::assert_snapshot!(format!("screen_{name}"), paint::text(&paint::frame(&model)));
    }
}

/// What keeps services from a node, and what the manager's tool itself is not content with.
#[test]
fn health_and_warnings_of_the_manager() {
    let mut cluster = sample::degraded();
    for member in &mut cluster.members {
        member.health = Some("yellow".to_owned());
    }
    cluster.manager_warnings = vec!["fencing is off".to_owned()];
    for (script, name, value) in [("1 enter", "health", "yellow"), ("6", "warning", "fencing is off")] {
        let mut model = model(sample::setup(120, 60), cluster.clone());
        keys(&mut model, script);
        let page = paint::text(&paint::frame(&model));
        assert!(page.lines().any(|line| line.contains(name) && line.contains(value)), "{page}");
    }
}

/// With room to spare every figure of a table has its column.
#[test]
fn wide_tables_characters() {
    for (name, script) in [("members", "1"), ("services", "2 enter"), ("network", "4 enter")] {
        let mut model = model(sample::setup(200, 24), sample::degraded());
        keys(&mut model, script);
        insta::assert_snapshot!(format!("wide_{name}"), paint::text(&paint::frame(&model)));
    }
    for (name, cluster) in [("fencing", sample::fencing()), ("no_quorum", sample::no_quorum())] {
        let frame = paint::frame(&model(sample::setup(140, 36), cluster));
        insta::assert_snapshot!(format!("{name}_140x36"), paint::text(&frame));
    }
    let mut setup = sample::setup(120, 30);
    setup.wallboard = true;
    insta::assert_snapshot!("wallboard", paint::text(&paint::frame(&model(setup, sample::degraded()))));
}

#[test]
fn every_line_fits_whatever_the_names() {
    for (width, height) in [(200, 50), (140, 36), (80, 24), (61, 15), (40, 10), (17, 5), (1, 1)] {
        for line in text(width, height, sample::hostile()).lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= usize::from(width), "{width}x{height}: {line}");
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(!line.contains('\u{202e}') && !line.contains('\u{2066}'), "{line:?}");
        }
    }
}

#[test]
fn no_size_panics() {
    for cluster in [Cluster::default(), sample::degraded(), sample::hostile()] {
        let cluster = Arc::new(cluster);
        for width in (1..=12).chain([17, 24, 59, 60, 99, 100, 250]) {
            for height in (1..=7).chain([13, 14, 24, 44]) {
                for (script, wallboard) in [("j", false), ("2 enter enter", false), ("?", false), (":", false), ("j", true)] {
                    let mut setup = sample::setup(width, height);
                    setup.wallboard = wallboard;
                    let mut model = Model::new(setup);
                    update(&mut model, Msg::Picture(cluster.clone()));
                    keys(&mut model, script);
                    assert_eq!(paint::frame(&model).area.width, width);
                }
            }
        }
    }
}

/// Words of letters and digits: what remains when signs and lines are taken away.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| w.len() > 1).map(str::to_owned).collect()
}

#[test]
fn ascii_says_the_same_words_in_ascii() {
    for cluster in [sample::degraded, sample::split, sample::stale, sample::no_quorum] {
        let plain = text(140, 36, cluster());
        let mut setup = sample::setup(140, 36);
        setup.ascii = true;
        let ascii = paint::text(&paint::frame(&model(setup, cluster())));
        assert!(ascii.is_ascii(), "{ascii}");
        assert_eq!(words(&plain), words(&ascii));
    }
}

#[test]
fn ascii_keeps_signs_apart() {
    let mut setup = sample::setup(140, 36);
    setup.ascii = true;
    let mut cluster = sample::degraded();
    cluster.members[1].name = "ñ2".into();
    cluster.members[3].name = "ò2".into();
    let frame = paint::text(&paint::frame(&model(setup, cluster)));
    for sign in ["! db runs TWICE", "* online", "o standby", "*x", "1/2 ~", "<f1>2", "<f2>2"] {
        assert!(frame.contains(sign), "{sign}: {frame}");
    }
}

#[test]
fn without_colour_the_characters_are_the_same_and_marks_stay() {
    for name in quorate::theme::SHIPPED.iter().map(|s| s.0) {
        let with = |depth| {
            let mut setup = sample::setup(140, 36);
            setup.theme = Theme::load(name, None, depth).unwrap();
            let mut model = model(setup, sample::degraded());
            keys(&mut model, "2 j j");
            paint::frame(&model)
        };
        let (colour, mono) = (with(Depth::True), with(Depth::Mono));
        assert_eq!(paint::text(&colour), paint::text(&mono));
        assert!(mono.content.iter().all(|c| c.fg == Color::Reset && c.bg == Color::Reset), "{name}");
        let reversed: String =
            mono.content.iter().filter(|c| c.modifier.contains(Modifier::REVERSED)).map(ratatui::buffer::Cell::symbol).collect();
        assert!(reversed.contains("▸2 Services"), "{name}: focus is not marked: {reversed}");
        assert!(reversed.contains("db"), "{name}: the selected row is not marked: {reversed}");
    }
}

#[test]
fn trouble_is_never_folded_away_before_quiet_rows() {
    let frame = text(80, 24, sample::degraded());
    for word in ["db ", "www.cnaf", "licman2", "n3 1/2 △", "one cable from outage", "lv_db", "standby", "quiet"] {
        assert!(frame.contains(word), "{word}: {frame}");
    }
    let frame = text(80, 24, sample::large(1000, 20_000));
    assert!(frame.contains("vm00500") && frame.contains("vm12464"), "{frame}");
    assert!(frame.contains("not quiet"), "{frame}");
}

#[test]
fn a_header_for_each_state_of_quorum() {
    for (cluster, words, short) in [
        (sample::healthy(), "● QUORATE 5 of 5 votes, 3 needed, 2 may fail", "● QUORATE 5/5, 2 may fail"),
        (sample::no_quorum(), "▲ NO QUORUM 2 of 5 votes, 3 needed", "▲ NO QUORUM 2/5, 3 needed"),
        (sample::split(), "▲ QUORUM DISPUTED", "▲ QUORUM DISPUTED"),
        (sample::stale(), "◌ QUORUM UNKNOWN, was quorate 8 min ago", "◌ QUORUM UNKNOWN"),
        (Cluster::default(), "◌ QUORUM UNKNOWN, asking", "◌ QUORUM UNKNOWN, asking"),
    ] {
        assert!(text(140, 36, cluster.clone()).lines().next().unwrap().contains(words), "{words}");
        assert!(text(40, 10, cluster).contains(short), "{short}");
    }
}

#[test]
fn a_member_says_in_words_why_it_has_no_figures() {
    let frame = text(140, 36, sample::node_lost());
    assert!(frame.contains("timeout, 8 min ago: no answer"), "{frame}");
    assert!(frame.contains("needs sudo: cat /proc/stat"), "{frame}");
}

#[test]
fn the_wallboard_says_stale_in_big_letters_and_nothing_green() {
    let mut setup = sample::setup(100, 28);
    setup.wallboard = true;
    setup.theme = Theme::load("default", None, Depth::Ansi16).unwrap();
    let mut m = model(setup, sample::healthy());
    let fresh = paint::frame(&m);
    assert!(fresh.content.iter().any(|c| c.fg == Color::Green));
    assert!(paint::text(&fresh).contains("QUORATE 5 of 5"));
    update(&mut m, Msg::Tick(Stamp(sample::NOW.0 + 45_000_000)));
    assert!(m.take_dirty());
    let stale = paint::frame(&m);
    assert!(stale.content.iter().all(|c| c.fg != Color::Green && c.fg != Color::LightGreen));
    let text = paint::text(&stale);
    assert!(text.contains("the last answer of any node came at 2026-11-22 22:48:59"), "{text}");
    assert!(text.matches('█').count() > 200, "{text}");
    insta::assert_snapshot!("wallboard_stale", text);
    for (width, height) in [(20, 6), (30, 2), (60, 10)] {
        update(&mut m, Msg::Resize { width, height });
        let text = paint::text(&paint::frame(&m));
        assert!(text.contains("STALE") || text.contains('█'), "{width}x{height}: {text}");
    }
}

#[test]
fn the_same_picture_at_a_later_time_is_the_same_frame() {
    let mut m = model(sample::setup(200, 50), sample::degraded());
    let before = paint::frame(&m);
    m.take_dirty();
    let mut later = sample::degraded();
    later.at = Stamp(later.at.0 + 9_000_000);
    for member in &mut later.members {
        member.answered = Some(Stamp(sample::NOW.0 + 8_000_000));
        member.host.at = member.answered;
        member.host.cpu_percent = member.host.cpu_percent.map(|c| c + 0.6);
    }
    update(&mut m, Msg::Picture(Arc::new(later)));
    update(&mut m, Msg::Tick(Stamp(sample::NOW.0 + 9_000_000)));
    assert!(!m.take_dirty(), "nothing visible changed");
    assert!(before.diff(&paint::frame(&m)).is_empty());
}
