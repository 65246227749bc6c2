//! Theme files, and what remains of them where there are few colours.

use proptest::prelude::*;
use quorate::theme::{Depth, Role, SHIPPED, Theme};
use ratatui::style::{Color, Modifier};

#[test]
fn shipped_themes_tell_roles_apart_at_every_depth() {
    for (name, ..) in SHIPPED {
        for depth in [Depth::Mono, Depth::Ansi16, Depth::Ansi256, Depth::True] {
            let theme = Theme::load(name, None, depth).unwrap();
            let text = theme.style(Role::Text);
            for role in [Role::Warn, Role::Crit, Role::Focus, Role::Selected, Role::Title] {
                assert_ne!(theme.style(role), text, "{name} {depth:?} {}", role.word());
            }
            assert_ne!(theme.style(Role::Warn), theme.style(Role::Ok), "{name} {depth:?}");
        }
    }
}

#[test]
fn colours_shrink_to_the_nearest() {
    let text = "[roles]\nok = \"#ff0000\"\nwarn = { fg = \"#ff8700\", bold = true }\nselected = { bg = \"#000080\" }\n";
    let load = |depth| Theme::parse("t", "t.toml", text, None, depth).unwrap();
    assert_eq!(load(Depth::True).style(Role::Ok).fg, Some(Color::Rgb(255, 0, 0)));
    assert_eq!(load(Depth::Ansi256).style(Role::Warn).fg, Some(Color::Indexed(208)));
    assert_eq!(load(Depth::Ansi16).style(Role::Ok).fg, Some(Color::LightRed));
    let mono = load(Depth::Mono);
    assert_eq!((mono.style(Role::Warn).fg, mono.style(Role::Warn).add_modifier), (None, Modifier::BOLD));
    assert_eq!(mono.style(Role::Selected).add_modifier, Modifier::REVERSED, "a lost background is reversed");
}

#[test]
fn inheritance_and_the_operators_files() {
    let dir = tempfile::tempdir().unwrap();
    let themes = dir.path().join("themes");
    std::fs::create_dir(&themes).unwrap();
    std::fs::write(themes.join("mine.toml"), "inherits = \"dark\"\n[palette]\nfire = \"208\"\n[roles]\ncrit = \"fire\"\n").unwrap();
    std::fs::write(themes.join("dark.toml"), "inherits = \"dark\"\n[roles]\nok = \"blue\"\n").unwrap();
    std::fs::write(themes.join("a.toml"), "inherits = \"b\"\n").unwrap();
    std::fs::write(themes.join("b.toml"), "inherits = \"a\"\n").unwrap();
    std::fs::write(themes.join("me.toml"), "inherits = \"me\"\n").unwrap();
    let mine = Theme::load("mine", Some(dir.path()), Depth::True).unwrap();
    assert_eq!(mine.style(Role::Crit).fg, Some(Color::Indexed(208)));
    assert_eq!(mine.style(Role::Ok).fg, Some(Color::Blue), "the operator's dark lies between");
    assert_eq!(mine.style(Role::Moving), Theme::load("dark", None, Depth::True).unwrap().style(Role::Moving));
    std::fs::write(themes.join("latin.toml"), b"[roles]\n# \xc3\xa4, in Latin-1 \xe4\n").unwrap();
    for (name, words) in [
        ("a", "in a circle"),
        ("me", "inherits from itself"),
        ("absent", "shipped are default, light"),
        ("latin", "latin.toml:2:17: this byte is not UTF-8"),
    ] {
        let fault = Theme::load(name, Some(dir.path()), Depth::True).unwrap_err().to_string();
        assert!(fault.contains(words), "{fault}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, expected) in [
        ("[roles]\nwarning = \"red\"", "t.toml:2:1: no role 'warning': 'warn' is meant?"),
        ("[roles]\nwarn = \"rde\"", "t.toml:2:8: no colour 'rde': 'red' is meant?"),
        ("[roles]\nwarn = { fg = \"#12345\" }", "t.toml:2:15: no colour '#12345'"),
        ("[roles]\nwarn = { blod = true }", "t.toml:2:10: no key 'blod': 'bold' is meant?"),
        ("[roles]\nwarn = { bold = 1 }", "t.toml:2:17: true or false is expected"),
        ("[rolls]\n", "t.toml:1:2: no key 'rolls': 'roles' is meant?"),
        ("inherits = 3", "t.toml:1:12: text in quotes is expected"),
        ("inherits = \"nosuch\"", "no theme 'nosuch'"),
    ] {
        let fault = Theme::parse("t", "t.toml", text, None, Depth::True).unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault} does not say {expected}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_theme_or_a_fault(text in ".{0,200}") {
        if let Err(fault) = Theme::parse("t", "t.toml", &text, None, Depth::Ansi256) {
            prop_assert!(fault.line >= 1 && fault.column >= 1);
        }
    }
}
