//! Tests of term: the bytes of a frame, read back by a terminal emulator.

mod input;

use std::collections::BTreeMap;

use proptest::prelude::*;
use quorate::term::{Caps, Painter, sized};
use quorate::theme::Depth;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

fn screen(parser: &vt100::Parser, area: Rect) -> Vec<String> {
    (0..area.height).map(|y| parser.screen().rows(0, area.width).nth(usize::from(y)).unwrap()).collect()
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    (0..area.height).map(|y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned()).collect()
}

#[test]
fn an_unchanged_frame_is_no_bytes() {
    let area = Rect::new(0, 0, 20, 3);
    let mut painter = Painter::default();
    let draw = || {
        let mut b = Buffer::empty(area);
        b.set_string(1, 1, "n1 ● online", Style::new().fg(Color::Green).add_modifier(Modifier::BOLD));
        b
    };
    assert!(!painter.frame(&mut draw()).is_empty());
    assert_eq!(painter.frame(&mut draw()), b"");
}

#[test]
fn forgetting_repaints_all() {
    let mut painter = Painter::default();
    let draw = || Buffer::with_lines(["hello     ", "world     "]);
    let first = painter.frame(&mut draw()).to_vec();
    painter.forget();
    assert_eq!(painter.frame(&mut draw()), first);
}

#[test]
fn mono_frames_hold_no_colour() {
    let area = Rect::new(0, 0, 10, 1);
    let mut b = Buffer::empty(area);
    b.set_string(0, 0, "sel", Style::new().add_modifier(Modifier::REVERSED));
    let bytes = String::from_utf8(Painter::default().frame(&mut b).to_vec()).unwrap();
    assert!(bytes.contains("\x1b[7msel\x1b[m"), "{bytes:?}");
    assert!(!bytes.contains("\x1b[3") && !bytes.contains("\x1b[4"), "{bytes:?}");
}

#[test]
fn the_environment_decides_the_depth() {
    type Case = (&'static [(&'static str, &'static str)], Depth, bool);
    let cases: &[Case] = &[
        (&[("TERM", "xterm-256color"), ("LANG", "C.UTF-8")], Depth::Ansi256, true),
        (&[("TERM", "xterm"), ("COLORTERM", "truecolor")], Depth::True, false),
        (&[("TERM", "linux"), ("LANG", "de_DE.utf8")], Depth::Ansi16, false),
        (&[("TERM", "screen"), ("LANG", "de_DE.utf8")], Depth::Ansi16, true),
        (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Depth::Mono, false),
        (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Depth::Ansi256, false),
        (&[("TERM", "vt220")], Depth::Mono, false),
        (&[("TERM", "screen"), ("LC_ALL", "C"), ("LANG", "en_US.UTF-8")], Depth::Ansi16, false),
    ];
    for (env, depth, utf8) in cases {
        let caps = Caps::detect(|name| env.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned()));
        assert_eq!((caps.depth, caps.utf8), (*depth, *utf8), "{env:?}");
    }
}

#[test]
fn a_side_that_the_terminal_does_not_know_is_the_environments() {
    type Case = ((u16, u16), &'static [(&'static str, &'static str)], (u16, u16));
    let cases: &[Case] = &[
        ((132, 43), &[("COLUMNS", "100"), ("LINES", "30")], (132, 43)),
        ((0, 0), &[], (80, 24)),
        ((0, 0), &[("COLUMNS", "100"), ("LINES", " 30 ")], (100, 30)),
        ((0, 43), &[("LINES", "30")], (80, 43)),
        ((0, 0), &[("COLUMNS", "0"), ("LINES", "many")], (80, 24)),
        ((0, 0), &[("COLUMNS", "65535"), ("LINES", "-3")], (80, 24)),
    ];
    for (told, env, size) in cases {
        let found = sized(*told, |name| env.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned()));
        assert_eq!(found, *size, "{told:?} {env:?}");
    }
}

/// Texts stand in slots of six columns, one each: half a wide character under another is no picture that can be drawn.
fn cell() -> impl Strategy<Value = ((u16, u16), (&'static str, usize))> {
    (0u16..5, 0u16..8, prop::sample::select(vec!["a", "online", "●", "▏▎", "日本", "é", "e\u{301}", " "]), 0usize..6)
        .prop_map(|(x, y, text, style)| ((x * 6, y), (text, style)))
}

proptest! {
    /// Whatever is drawn, in however many frames, the terminal shows the last frame.
    #[test]
    fn a_terminal_shows_what_was_drawn(frames in prop::collection::vec(prop::collection::vec(cell(), 0..20), 1..6)) {
        let area = Rect::new(0, 0, 30, 8);
        let styles = [
            Style::new(),
            Style::new().fg(Color::Red),
            Style::new().bg(Color::Indexed(200)).add_modifier(Modifier::BOLD),
            Style::new().add_modifier(Modifier::REVERSED),
            Style::new().fg(Color::LightBlue).add_modifier(Modifier::DIM | Modifier::UNDERLINED),
            Style::new().fg(Color::Rgb(1, 2, 3)),
        ];
        let mut painter = Painter::default();
        let mut parser = vt100::Parser::new(8.try_into().unwrap(), 30.try_into().unwrap(), 0);
        for frame in frames {
            let mut buffer = Buffer::empty(area);
            for ((x, y), (text, style)) in frame.into_iter().collect::<BTreeMap<_, _>>() {
                buffer.set_string(x, y, text, styles[style]);
            }
            let wanted = buffer.clone();
            parser.process(painter.frame(&mut buffer));
            let plain = |lines: Vec<String>| lines.iter().map(|l| l.replace(' ', "")).collect::<Vec<_>>();
            prop_assert_eq!(plain(screen(&parser, area)), plain(lines(&wanted)));
            for y in 0..8 {
                for x in 0..30 {
                    let (ours, theirs) = (&wanted[(x, y)], parser.screen().cell(y, x).unwrap());
                    if ours.symbol().is_ascii() && !theirs.is_wide_continuation() {
                        prop_assert_eq!(ours.modifier.contains(Modifier::REVERSED), theirs.inverse(), "{},{} {:?}", x, y, ours.symbol());
                        prop_assert_eq!(ours.modifier.contains(Modifier::BOLD), theirs.bold());
                    }
                }
            }
        }
    }
}
