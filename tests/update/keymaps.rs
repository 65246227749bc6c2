//! Keys are read and printed; keymap files and the mistakes in them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use quorate::command::{Command, Scope};
use quorate::keymap::{Code, Found, Key, Keymap, parse_chord, print_chord};

#[test]
fn keys_read_and_printed() {
    for (text, key, printed) in [
        ("G", Key::char('G'), "G"),
        ("shift-g", Key::char('G'), "G"),
        ("ctrl-d", Key::ctrl('d'), "ctrl-d"),
        ("Ctrl-D", Key::ctrl('d'), "ctrl-d"),
        ("space", Key::char(' '), "space"),
        ("return", Key::plain(Code::Enter), "enter"),
        ("-", Key::char('-'), "-"),
        ("ctrl--", Key::ctrl('-'), "ctrl--"),
        ("F5", Key::plain(Code::F(5)), "f5"),
        ("ü", Key::char('ü'), "ü"),
        ("shift-tab", Key { shift: true, ..Key::plain(Code::Tab) }, "shift-tab"),
    ] {
        assert_eq!(Key::parse(text), Ok(key), "{text}");
        assert_eq!(key.to_string(), printed);
    }
    for wrong in ["", "ctrl-", "hyper-x", "f13", "f0", "enterr", "\u{7}"] {
        assert!(Key::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_the_terminal_sends() {
    let sent = |code, modifiers| Key::from_event(KeyEvent::new(code, modifiers));
    assert_eq!(sent(KeyCode::Char('G'), KeyModifiers::SHIFT), Some(Key::char('G')));
    assert_eq!(sent(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Key::ctrl('c')));
    assert_eq!(sent(KeyCode::BackTab, KeyModifiers::SHIFT), Key::parse("shift-tab").ok());
    assert_eq!(sent(KeyCode::BackTab, KeyModifiers::NONE), Key::parse("shift-tab").ok());
    assert_eq!(sent(KeyCode::CapsLock, KeyModifiers::NONE), None);
}

proptest! {
    #[test]
    fn printed_chords_read_back(keys in prop::collection::vec((any::<char>(), any::<bool>(), any::<bool>()), 1..4)) {
        let keys: Vec<Key> = keys
            .into_iter()
            .filter(|(c, ..)| !c.is_control() && !c.is_whitespace())
            .filter_map(|(c, ctrl, alt)| Key::parse(&format!("{}{}{c}", if ctrl { "ctrl-" } else { "" }, if alt { "alt-" } else { "" })).ok())
            .collect();
        prop_assume!(!keys.is_empty());
        prop_assert_eq!(parse_chord(&print_chord(&keys)), Ok(keys));
    }

    #[test]
    fn any_text_is_a_keymap_or_a_fault(text in ".{0,200}") {
        if let Err(fault) = Keymap::layered("x", "x.toml", &text) {
            prop_assert!(fault.line >= 1 && fault.column >= 1);
        }
    }
}

#[test]
fn keys_run_together_where_they_are_no_misspelt_key() {
    for (text, keys) in [("gg", "g g"), ("re", "r e"), ("xdo", "x d o"), ("d e l", "d e l"), ("f 1 3", "f 1 3")] {
        let chord = parse_chord(text).unwrap();
        assert_eq!(chord, parse_chord(keys).unwrap(), "{text}");
        assert_eq!(parse_chord(&print_chord(&chord)), Ok(chord), "{text}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, expected) in [
        ("[global]\n\"x\" = \"qiut\"\n", "k.toml:2:7: no command 'qiut': 'quit' is meant?"),
        ("[globl]\n", "k.toml:1:2: no section 'globl': 'global' is meant?"),
        ("[global]\n\n  \"ctlr-x\" = \"quit\"", "k.toml:3:3: 'ctlr-x' is no key"),
        ("[global]\n\"ctrl-j\" = \"move-down\"", "k.toml:2:1: 'ctrl-j' never comes: the terminal sends enter for it"),
        ("[global]\n\"ctrl-H\" = \"move-left\"", "k.toml:2:1: 'ctrl-h' never comes: the terminal sends backspace for it"),
        ("[global]\n\"x\" = 3", "k.toml:2:7: a command's name in quotes is expected"),
        ("[global]\n\"z\" = \"quiet-10m\"", "k.toml:2:7: 'quiet-10m' works in [alerts] only"),
        ("[global]\n\"x\" = \"quit\"\n\"x x\" = \"help\"\n", "'xx' (help) conflicts with 'x' (quit) in [global]"),
        ("[global]\n\"enter\" = \"quit\"\n\"return\" = \"help\"\n", "(help) conflicts with 'enter' (quit)"),
        ("[global]\n\"x\" = \"quit\"\n\"x\" = \"help\"\n", "k.toml:3:1: duplicate key"),
        ("[global", "k.toml:1:"),
        ("[global]\n\"q\" = \"none\"\n\"ctrl-c\" = \"none\"\n", "no key is left for 'quit' in [global]"),
        ("[global]\n\"q\" = \"none\"\n\"ctrl-c\" = \"none\"\n[table]\n\"Q\" = \"quit\"\n", "no key is left for 'quit' in [global]"),
        ("[global]\n\"ret\" = \"freeze\"\n", "k.toml:2:1: 'ret' is no key: 'return' is meant? Keys one after the other are"),
        ("[global]\n\"Del\" = \"clear-filter\"\n", "k.toml:2:1: 'Del' is no key: 'delete' is meant?"),
        ("[global]\n\"bs\" = \"back\"\n", "k.toml:2:1: 'bs' is no key: 'backspace' is meant?"),
        ("[global]\n\"f13\" = \"redraw\"\n", "k.toml:2:1: 'f13' is no key: a character, f1 to f12"),
        ("[global]\n\"ctrl-m\" = \"alerts\"\n", "k.toml:2:1: 'ctrl-m' never comes: the terminal sends enter for it"),
        ("[global]\n\"x ctrl-[\" = \"alerts\"\n", "k.toml:2:1: 'ctrl-[' never comes: the terminal sends esc for it"),
        ("[global]\n\"shift-1\" = \"alerts\"\n", "k.toml:2:1: 'shift-1' is no key of its own"),
        ("global = 1", "'global' must be a section: [global]"),
    ] {
        let fault = Keymap::layered("k", "k.toml", text).unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault} does not say {expected}");
    }
}

#[test]
fn the_operators_file_lies_over_the_default() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("keymaps")).unwrap();
    std::fs::write(dir.path().join("keymaps/mine.toml"), "[global]\n\"g\" = \"help\"\n\"j\" = \"none\"\n").unwrap();
    let map = Keymap::load("mine", Some(dir.path())).unwrap();
    let find = |keys: &str| map.find(&[Scope::Global], &parse_chord(keys).unwrap());
    assert_eq!(find("g"), Found::Command(Command::Help), "the chord gg of the default is gone");
    assert_eq!(find("j"), Found::Nothing);
    assert_eq!(find("k"), Found::Command(Command::MoveUp));
    let fault = Keymap::load("absent", Some(dir.path())).unwrap_err().to_string();
    assert!(fault.contains("absent.toml") && fault.contains("shipped are default, arrows"), "{fault}");
    assert!(Keymap::load("../mine", Some(dir.path())).is_err(), "a name is no path");
    std::fs::write(dir.path().join("keymaps/latin.toml"), b"[global]\n# \xc3\xa4, in Latin-1 \xe4\n").unwrap();
    let fault = Keymap::load("latin", Some(dir.path())).unwrap_err().to_string();
    assert!(fault.ends_with("keymaps/latin.toml:2:17: this byte is not UTF-8"), "{fault}");
}
