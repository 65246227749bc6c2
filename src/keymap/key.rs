//! Keys: how they are written, and what the terminal sends for them.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// One key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// With Control.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift; never set for characters, which carry it in themselves (`G`).
    pub shift: bool,
}

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the words on the keys")]
pub enum Code {
    Char(char),
    F(u8),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

/// Names of the keys that are no characters; the first of several is the one that is printed.
const NAMES: &[(&str, Code)] = &[
    ("enter", Code::Enter),
    ("return", Code::Enter),
    ("esc", Code::Esc),
    ("escape", Code::Esc),
    ("tab", Code::Tab),
    ("space", Code::Char(' ')),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
];

/// What people write for some of them.
const SHORTENED: &[(&str, &str)] = &[
    ("bs", "backspace"),
    ("bsp", "backspace"),
    ("cr", "enter"),
    ("rtn", "enter"),
    ("spc", "space"),
    ("pgu", "pageup"),
    ("pgd", "pagedown"),
    ("dn", "down"),
];

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// A character.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// Control and a character.
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: true, alt: false, shift: false }
    }

    /// Reads one key: `G`, `ctrl-d`, `alt-x`, `shift-tab`, `space`, `f1`, `-`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        loop {
            let lower = rest.to_ascii_lowercase();
            let flag = if lower.starts_with("ctrl-") {
                &mut ctrl
            } else if lower.starts_with("alt-") {
                &mut alt
            } else if lower.starts_with("shift-") {
                &mut shift
            } else {
                break;
            };
            *flag = true;
            rest = &rest[rest.find('-').map_or(0, |at| at + 1)..];
        }
        let code = parse_code(rest).ok_or_else(|| {
            format!("'{text}' is no key: a character, f1 to f12, or a name such as enter, esc, tab, space, pageup, with ctrl-, alt- or shift- before it")
        })?;
        Ok(Self { code, ctrl, alt, shift }.normal())
    }

    /// A character with Shift is another character; a letter with Control has no case.
    fn normal(mut self) -> Self {
        if let Code::Char(c) = self.code {
            if self.ctrl && c.is_ascii_uppercase() {
                self.code = Code::Char(c.to_ascii_lowercase());
            } else if self.shift && c.is_ascii_lowercase() && !self.ctrl {
                self.code = Code::Char(c.to_ascii_uppercase());
            }
            self.shift = false;
        }
        self
    }

    /// What the terminal sent, if it is a press of a key that quorate knows.
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let code = match event.code {
            KeyCode::Char(c) => Code::Char(c),
            KeyCode::F(n) => Code::F(n),
            KeyCode::Enter => Code::Enter,
            KeyCode::Esc => Code::Esc,
            KeyCode::Tab | KeyCode::BackTab => Code::Tab,
            KeyCode::Backspace => Code::Backspace,
            KeyCode::Delete => Code::Delete,
            KeyCode::Insert => Code::Insert,
            KeyCode::Up => Code::Up,
            KeyCode::Down => Code::Down,
            KeyCode::Left => Code::Left,
            KeyCode::Right => Code::Right,
            KeyCode::Home => Code::Home,
            KeyCode::End => Code::End,
            KeyCode::PageUp => Code::PageUp,
            KeyCode::PageDown => Code::PageDown,
            _ => return None,
        };
        let shift = event.modifiers.contains(KeyModifiers::SHIFT) || event.code == KeyCode::BackTab;
        let key =
            Self { code, ctrl: event.modifiers.contains(KeyModifiers::CONTROL), alt: event.modifiers.contains(KeyModifiers::ALT), shift };
        Some(key.normal())
    }

    /// The character that this key types into an input line.
    pub const fn typed(self) -> Option<char> {
        match self {
            Self { code: Code::Char(c), ctrl: false, alt: false, .. } => Some(c),
            _ => None,
        }
    }
}

fn parse_code(text: &str) -> Option<Code> {
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control()).then_some(Code::Char(c));
    }
    let lower = text.to_ascii_lowercase();
    if let Some(number) = lower.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
        return (1..=12).contains(&number).then_some(Code::F(number));
    }
    NAMES.iter().find(|(name, _)| *name == lower).map(|(_, code)| *code)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, word) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if on {
                f.write_str(word)?;
            }
        }
        match self.code {
            Code::F(n) => write!(f, "f{n}"),
            Code::Char(c) if c != ' ' => write!(f, "{c}"),
            code => f.write_str(NAMES.iter().find(|(_, c)| *c == code).map_or("?", |(name, _)| name)),
        }
    }
}

/// Reads a chord: keys with blanks between (`g g`), or `gg` where every key is a letter or digit of its own.
pub fn parse_chord(text: &str) -> Result<Vec<Key>, String> {
    let mut keys = Vec::new();
    for word in text.split_whitespace() {
        match Key::parse(word) {
            Ok(key) => keys.push(typed(word, key)?),
            Err(_) if word.len() <= 3 && word.chars().all(|c| c.is_ascii_alphanumeric()) && !is_numbered(word) => {
                if let Some(name) = meant(word) {
                    let spread: Vec<String> = word.chars().map(String::from).collect();
                    let spread = spread.join(" ");
                    return Err(format!("'{word}' is no key: '{name}' is meant? Keys one after the other are written '{spread}'"));
                }
                keys.extend(word.chars().map(Key::char));
            }
            Err(error) => return Err(error),
        }
    }
    if keys.is_empty() {
        return Err("a key is missing: write 'space' for the space bar".to_owned());
    }
    Ok(keys)
}

/// With Shift a digit or a sign is another character, and which one is the keyboard's affair.
fn typed(word: &str, key: Key) -> Result<Key, String> {
    match key.code {
        Code::Char(c) if !c.is_alphabetic() && word.to_ascii_lowercase().contains("shift-") => {
            Err(format!("'{word}' is no key of its own: write the character that it types"))
        }
        _ => Ok(key),
    }
}

/// A function key that there is not: `f13`.
fn is_numbered(word: &str) -> bool {
    word.strip_prefix(['f', 'F']).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// The name that a word shortens: `del`, `ret`, `bs`.
fn meant(word: &str) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    let known = SHORTENED.iter().find(|(short, _)| *short == lower).map(|(_, name)| *name);
    known.or_else(|| NAMES.iter().map(|(name, _)| *name).find(|name| lower.len() > 2 && name.starts_with(&lower)))
}

/// Prints a chord so that [`parse_chord`] reads it back.
pub fn print_chord(keys: &[Key]) -> String {
    let words: Vec<String> = keys.iter().map(Key::to_string).collect();
    if keys.len() > 1 && keys.len() <= 3 && words.iter().all(|w| w.len() == 1 && w.is_ascii() && w.as_bytes()[0].is_ascii_alphanumeric()) {
        let joined = words.concat();
        // `f1` would be read back as the function key.
        if parse_chord(&joined).is_ok_and(|read| read == keys) {
            return joined;
        }
    }
    words.join(" ")
}
