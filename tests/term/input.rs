//! Bytes of the terminal, as keys and pasted text.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use quorate::term::input::parser::Parser;

const NONE: KeyModifiers = KeyModifiers::NONE;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const ALT: KeyModifiers = KeyModifiers::ALT;
const CONTROL: KeyModifiers = KeyModifiers::CONTROL;

fn key(code: KeyCode, with: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, with))
}

fn char(c: char) -> Event {
    key(KeyCode::Char(c), NONE)
}

fn events(parser: &mut Parser) -> Vec<Event> {
    std::iter::from_fn(|| parser.pop()).collect()
}

/// What these pieces are, one soon after the other, and silence then.
fn read(pieces: &[&[u8]]) -> Vec<Event> {
    let mut parser = Parser::default();
    for piece in pieces {
        parser.feed(piece);
    }
    parser.settle();
    assert_eq!(parser.patience(), None);
    events(&mut parser)
}

#[test]
fn keys_whole_and_in_pieces() {
    let control_alt = CONTROL | ALT;
    let cases: &[(&[u8], KeyCode, KeyModifiers)] = &[
        (b"q", KeyCode::Char('q'), NONE),
        (b"G", KeyCode::Char('G'), NONE),
        (b" ", KeyCode::Char(' '), NONE),
        ("é".as_bytes(), KeyCode::Char('é'), NONE),
        ("€".as_bytes(), KeyCode::Char('€'), NONE),
        ("🦀".as_bytes(), KeyCode::Char('🦀'), NONE),
        (b"\r", KeyCode::Enter, NONE),
        (b"\n", KeyCode::Enter, NONE),
        (b"\t", KeyCode::Tab, NONE),
        (b"\x08", KeyCode::Backspace, NONE),
        (b"\x7f", KeyCode::Backspace, NONE),
        (b"\x00", KeyCode::Char(' '), CONTROL),
        (b"\x01", KeyCode::Char('a'), CONTROL),
        (b"\x03", KeyCode::Char('c'), CONTROL),
        (b"\x1a", KeyCode::Char('z'), CONTROL),
        (b"\x1c", KeyCode::Char('4'), CONTROL),
        (b"\x1f", KeyCode::Char('7'), CONTROL),
        (b"\x1b", KeyCode::Esc, NONE),
        (b"\x1bx", KeyCode::Char('x'), ALT),
        ("\x1bé".as_bytes(), KeyCode::Char('é'), ALT),
        (b"\x1b\x7f", KeyCode::Backspace, ALT),
        (b"\x1b\x03", KeyCode::Char('c'), control_alt),
        (b"\x1b[", KeyCode::Char('['), ALT),
        (b"\x1bO", KeyCode::Char('O'), ALT),
        (b"\x1b]", KeyCode::Char(']'), ALT),
        (b"\x1bP", KeyCode::Char('P'), ALT),
        (b"\x1b[A", KeyCode::Up, NONE),
        (b"\x1b[B", KeyCode::Down, NONE),
        (b"\x1b[C", KeyCode::Right, NONE),
        (b"\x1b[D", KeyCode::Left, NONE),
        (b"\x1b[H", KeyCode::Home, NONE),
        (b"\x1b[F", KeyCode::End, NONE),
        (b"\x1bOA", KeyCode::Up, NONE),
        (b"\x1bOF", KeyCode::End, NONE),
        (b"\x1bOP", KeyCode::F(1), NONE),
        (b"\x1bOR", KeyCode::F(3), NONE),
        (b"\x1bO5C", KeyCode::Right, CONTROL),
        (b"\x1b[P", KeyCode::F(1), NONE),
        (b"\x1b[[A", KeyCode::F(1), NONE),
        (b"\x1b[[E", KeyCode::F(5), NONE),
        (b"\x1b[Z", KeyCode::BackTab, SHIFT),
        (b"\x1b[1~", KeyCode::Home, NONE),
        (b"\x1b[2~", KeyCode::Insert, NONE),
        (b"\x1b[3~", KeyCode::Delete, NONE),
        (b"\x1b[4~", KeyCode::End, NONE),
        (b"\x1b[5~", KeyCode::PageUp, NONE),
        (b"\x1b[6~", KeyCode::PageDown, NONE),
        (b"\x1b[7~", KeyCode::Home, NONE),
        (b"\x1b[8~", KeyCode::End, NONE),
        (b"\x1b[11~", KeyCode::F(1), NONE),
        (b"\x1b[15~", KeyCode::F(5), NONE),
        (b"\x1b[17~", KeyCode::F(6), NONE),
        (b"\x1b[24~", KeyCode::F(12), NONE),
        (b"\x1b[34~", KeyCode::F(17), NONE),
        (b"\x1b[5;5~", KeyCode::PageUp, CONTROL),
        (b"\x1b[1;2A", KeyCode::Up, SHIFT),
        (b"\x1b[1;3D", KeyCode::Left, ALT),
        (b"\x1b[1;7B", KeyCode::Down, control_alt),
        (b"\x1b[5C", KeyCode::Right, CONTROL),
        (b"\x1b[1;2P", KeyCode::F(1), SHIFT),
        (b"\x1b[1;5:2A", KeyCode::Up, CONTROL),
        (b"\x1b[99;5u", KeyCode::Char('c'), CONTROL),
        (b"\x1b[97:65;2u", KeyCode::Char('A'), NONE),
        (b"\x1b[9;2u", KeyCode::BackTab, SHIFT),
        (b"\x1b[13u", KeyCode::Enter, NONE),
        (b"\x1b[27u", KeyCode::Esc, NONE),
        (b"\x1b[127;3u", KeyCode::Backspace, ALT),
        (b"\x1b[57399u", KeyCode::Char('0'), NONE),
        (b"\x1b[57414u", KeyCode::Enter, NONE),
        (b"\x1b[57426u", KeyCode::Delete, NONE),
    ];
    for (bytes, code, with) in cases {
        for cut in 0..bytes.len() {
            let (one, two) = bytes.split_at(cut);
            assert_eq!(read(&[one, two]), [key(*code, *with)], "{} cut at {cut}", bytes.escape_ascii());
        }
    }
}

#[test]
fn what_is_no_key_is_swallowed_whole() {
    let cases: &[&[u8]] = &[
        // Reports: DECRPM, colours, attributes, the cursor, flags of the keyboard, the window.
        b"\x1b[?2026;2$y",
        b"\x1b[?997;1n",
        b"\x1b[?64;1;2c",
        b"\x1b[>0;276;0c",
        b"\x1b[0;0R",
        b"\x1b[1;2R",
        b"\x1b[?0u",
        b"\x1b[8;24;80t",
        // Focus, mice of three kinds, a key that was let go, a modifier alone, F1 of nobody.
        b"\x1b[I",
        b"\x1b[O",
        b"\x1b[M qq",
        b"\x1b[M\xa0\xff\xff",
        b"\x1b[<0;10;10M",
        b"\x1b[<0;10;10m",
        b"\x1b[32;10;10M",
        b"\x1b[97;1:3u",
        b"\x1b[57441;2u",
        b"\x1b[99~",
        b"\x1b[[q",
        b"\x1bOq",
        b"\x1b[201~",
        b"\x1b[99999999999~",
        // Strings: OSC by BEL and by ST, DCS, APC, PM, SOS.
        b"\x1b]11;rgb:0/0/0\x07",
        b"\x1b]52;c;cXFx\x1b\\",
        "\x1b]0;Größe\x07".as_bytes(),
        b"\x1bP1$r0m\x1b\\",
        b"\x1bP>|xterm(390)\x1b\\",
        b"\x1b_Gi=1;OK\x1b\\",
        b"\x1b^qq\x1b\\",
        b"\x1bXqq\x1b\\",
        // No UTF-8: a byte alone, too long a form, a control character of two bytes.
        b"\xff",
        b"\x80",
        b"\xc0\xaf",
        b"\xe0\x80\x80",
        b"\xed\xa0\x80",
        b"\xc2\x9b",
    ];
    for bytes in cases {
        for cut in 0..bytes.len() {
            let (one, two) = bytes.split_at(cut);
            assert_eq!(read(&[one, two, b"q"]), [char('q')], "{} cut at {cut}", bytes.escape_ascii());
        }
    }
}

#[test]
fn escapes_and_what_follows_them() {
    let esc = || key(KeyCode::Esc, NONE);
    let up = || key(KeyCode::Up, NONE);
    assert_eq!(read(&[b"\x1b\x1b"]), [esc(), esc()]);
    assert_eq!(read(&[b"\x1b\x1b[A"]), [esc(), up()]);
    assert_eq!(read(&[b"\x1b[1;\x1b[A"]), [up()], "a new sequence ends one that broke off");
    assert_eq!(read(&[b"\x1b]0;x\x1b[A"]), [up()]);
    assert_eq!(read(&[b"\x1b]0;x\x1b\x1b[A"]), [esc(), up()]);
    assert_eq!(read(&[b"\xe2\x82q"]), [char('q')]);
    assert_eq!(read(&[b"\xe2\xc3\xa9"]), [char('é')]);

    let mut parser = Parser::default();
    parser.feed(b"\x1b");
    assert_eq!(parser.pop(), None, "more may come");
    assert_eq!(parser.patience(), Some(Duration::from_millis(50)));
    parser.settle();
    parser.feed(b"[A");
    assert_eq!(events(&mut parser), [esc(), char('['), char('A')]);
}

#[test]
fn control_characters_end_what_broke_off() {
    let begun: &[&[u8]] =
        &[b"\x1b[?2026;2", b"\x1b]11;rgb", b"\x1bP1$r", b"\x1bO", b"\x1b[", b"\x1b[M", b"\x1b[M!", b"\x1b[[", b"\xe2\x82"];
    for bytes in begun {
        let mut parser = Parser::default();
        parser.feed(bytes);
        parser.feed(b"\x03");
        assert_eq!(events(&mut parser), [key(KeyCode::Char('c'), CONTROL)], "{}", bytes.escape_ascii());
    }
}

#[test]
fn what_never_ends_is_given_up_by_its_length() {
    let begun: &[&[u8]] = &[b"\x1b]11;", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX"];
    for bytes in begun {
        let mut parser = Parser::default();
        parser.feed(bytes);
        parser.feed(&b"q".repeat(70_000));
        assert!(events(&mut parser).ends_with(&[char('q')]), "{}", bytes.escape_ascii());
    }
    for bytes in [b"\x1b[", b"\x1bO"] {
        let mut parser = Parser::default();
        parser.feed(bytes);
        parser.feed(&b"1".repeat(300));
        assert!(events(&mut parser).ends_with(&[char('1')]), "{}", bytes.escape_ascii());
    }
}

#[test]
fn pasted_text_is_no_keys() {
    let paste = |text: &str| Event::Paste(text.to_owned());
    let cases: &[(&[u8], &str)] = &[
        (b"\x1b[200~vm1 q\r\n\x03\x1b[A\x1b[201~", "vm1 q\r\n\x03\x1b[A"),
        (b"\x1b[200~\x1b[201~", ""),
        ("\x1b[200~Größe\x1b[201~".as_bytes(), "Größe"),
        (b"\x1b[200~a\xffb\x1b[201~", "a\u{fffd}b"),
    ];
    for (bytes, text) in cases {
        for cut in 0..bytes.len() {
            let (one, two) = bytes.split_at(cut);
            assert_eq!(read(&[one, two, b"q"]), [paste(text), char('q')], "{} cut at {cut}", bytes.escape_ascii());
        }
    }
    let mut parser = Parser::default();
    parser.feed(b"\x1b[200~half");
    assert!(parser.patience().is_some_and(|time| time >= Duration::from_secs(5)), "a slow line is no end of it");
    parser.settle();
    parser.feed(b"q");
    assert_eq!(events(&mut parser), [paste("half"), char('q')]);

    let mut parser = Parser::default();
    parser.feed(b"\x1b[200~");
    parser.feed(&b"x".repeat(1 << 20));
    parser.feed(b"\x1b[201~q");
    let found = events(&mut parser);
    assert!(matches!(found.as_slice(), [Event::Paste(text), Event::Key(_)] if (1 << 10..1 << 17).contains(&text.len())), "it is bounded");
}

/// What sequences begin and end with.
const KNOWN: &[&str] =
    &["\x1b", "\x1b[", "\x1bO", "\x1b]", "\x1bP", "\x1b\\", "\x07", "\x1b[200~", "\x1b[201~", "\x1b[M", "\x1b[[", "1;2", "A", "€"];

/// Bytes as they may come: pieces of sequences, and anything.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(KNOWN).prop_map(|text| text.as_bytes().to_vec());
    let piece = prop_oneof![known, prop::collection::vec(any::<u8>(), 1..6)];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn after_anything_and_silence_a_key_is_that_key(bytes in bytes()) {
        let mut parser = Parser::default();
        parser.feed(&bytes);
        parser.settle();
        prop_assert_eq!(parser.patience(), None);
        events(&mut parser);
        parser.feed(b"q");
        prop_assert_eq!(events(&mut parser), vec![char('q')]);
    }

    #[test]
    fn pieces_are_read_as_the_whole_is(bytes in bytes(), cut in any::<prop::sample::Index>()) {
        let (one, two) = bytes.split_at(cut.index(bytes.len() + 1));
        prop_assert_eq!(read(&[one, two]), read(&[&bytes]));
    }
}
