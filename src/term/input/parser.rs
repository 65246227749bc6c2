//! Bytes of the terminal to keys and pasted text, in whatever pieces they come.
//!
//! What is no key (reports, answers that another program asked for) is swallowed whole: its letters must not act. Nothing is waited for
//! without end: what breaks off is given up for a byte that it cannot hold, for its length, or after a silence.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::keys;

const BEL: u8 = 0x07;
const ESC: u8 = 0x1b;

/// A silence after which ESC is the key of that name. Over a bad link an arrow key comes in two pieces.
const LONE: Duration = Duration::from_millis(50);
/// A silence after which what has begun will not end any more.
const BROKEN: Duration = Duration::from_millis(500);
/// The same for pasted text, the rest of which would act as keys.
const PASTE: Duration = Duration::from_secs(10);

/// Longest parameters of a sequence.
const PARAMETERS: usize = 256;
/// Longest string of a terminal.
const STRING: usize = 64 << 10;
/// So much of pasted text is kept.
const KEPT: usize = 64 << 10;
/// Ends pasted text.
const PASTED: &[u8] = b"\x1b[201~";

/// What is under way.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Nothing.
    #[default]
    Ground,
    /// ESC: the key, or the beginning of all below.
    Escape,
    /// A character of several bytes.
    Utf8 { length: usize, with: KeyModifiers },
    /// `ESC [` (CSI).
    Csi,
    /// `ESC O` (SS3).
    Ss3,
    /// `ESC [ [`: F1 to F5 of the Linux console.
    Console,
    /// `ESC [ M`: an old mouse's report, three bytes.
    Mouse,
    /// A string: OSC, DCS, APC, PM, SOS.
    Text { opener: u8, length: usize },
    /// ESC in a string, whose end it begins.
    TextEscape,
    /// Pasted text.
    Paste,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Parser {
    state: State,
    /// The bytes of what is under way.
    held: Vec<u8>,
    found: VecDeque<Event>,
}

impl Parser {
    /// Takes what was read.
    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    /// The next key or pasted text.
    pub fn pop(&mut self) -> Option<Event> {
        self.found.pop_front()
    }

    /// How long a silence ends what is under way, by [`Parser::settle`]; none: nothing is.
    pub fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            State::Escape => Some(LONE),
            State::Paste => Some(PASTE),
            _ => Some(BROKEN),
        }
    }

    /// Nothing came for so long: what is under way is what it is.
    pub fn settle(&mut self) {
        match self.state {
            State::Escape | State::TextEscape => self.key(KeyCode::Esc.into()),
            // Alt with a key that sequences begin with.
            State::Csi if self.held.is_empty() => self.ground(b'[', KeyModifiers::ALT),
            State::Ss3 if self.held.is_empty() => self.ground(b'O', KeyModifiers::ALT),
            State::Text { opener, length: 0 } => self.ground(opener, KeyModifiers::ALT),
            State::Paste => self.pasted(self.held.len()),
            _ => {}
        }
        self.enter(State::Ground);
    }

    fn byte(&mut self, byte: u8) {
        match self.state {
            State::Ground => self.anew(byte),
            State::Escape => self.escape(byte),
            State::Utf8 { length, with } => self.utf8(byte, length, with),
            State::Csi => self.csi(byte),
            State::Ss3 => self.ss3(byte),
            State::Console => self.console(byte),
            State::Mouse => self.mouse(byte),
            State::Text { opener, length } => self.text(byte, opener, length),
            State::TextEscape => self.text_escape(byte),
            State::Paste => self.paste(byte),
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.held.clear();
    }

    fn key(&mut self, key: KeyEvent) {
        self.found.push_back(Event::Key(key));
    }

    /// Whatever was under way is given up: this byte stands for itself.
    fn anew(&mut self, byte: u8) {
        self.ground(byte, KeyModifiers::NONE);
    }

    fn ground(&mut self, byte: u8, with: KeyModifiers) {
        self.enter(State::Ground);
        match byte {
            ESC => self.enter(State::Escape),
            0x80.. => self.lead(byte, with),
            _ => {
                let mut key = keys::ascii(byte);
                key.modifiers |= with;
                self.key(key);
            }
        }
    }

    fn escape(&mut self, byte: u8) {
        match byte {
            b'[' => self.enter(State::Csi),
            b'O' => self.enter(State::Ss3),
            b']' | b'P' | b'X' | b'^' | b'_' => self.enter(State::Text { opener: byte, length: 0 }),
            // The first was the key; the second may begin something.
            ESC => self.key(KeyCode::Esc.into()),
            _ => self.ground(byte, KeyModifiers::ALT),
        }
    }

    fn lead(&mut self, byte: u8, with: KeyModifiers) {
        let length = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return,
        };
        self.enter(State::Utf8 { length, with });
        self.held.push(byte);
    }

    fn utf8(&mut self, byte: u8, length: usize, with: KeyModifiers) {
        if !(0x80..=0xbf).contains(&byte) {
            self.anew(byte);
            return;
        }
        self.held.push(byte);
        if self.held.len() == length {
            let c = std::str::from_utf8(&self.held).ok().and_then(|text| text.chars().next());
            self.enter(State::Ground);
            if let Some(c) = c.filter(|c| !c.is_control()) {
                self.key(KeyEvent::new(KeyCode::Char(c), with));
            }
        }
    }

    fn csi(&mut self, byte: u8) {
        match byte {
            b'[' if self.held.is_empty() => self.enter(State::Console),
            b'M' if self.held.is_empty() => self.enter(State::Mouse),
            b'~' if self.held == b"200" => self.enter(State::Paste),
            _ => self.sequence(byte, keys::csi),
        }
    }

    fn ss3(&mut self, byte: u8) {
        self.sequence(byte, keys::ss3);
    }

    /// Parameters, and the byte that ends them: `key` is the table that says what they mean together.
    fn sequence(&mut self, byte: u8, key: fn(&[u8], u8) -> Option<KeyEvent>) {
        match byte {
            0x20..=0x3f => self.hold(byte),
            0x40..=0x7e => {
                let key = key(&self.held, byte);
                self.enter(State::Ground);
                self.found.extend(key.map(Event::Key));
            }
            _ => self.anew(byte),
        }
    }

    fn hold(&mut self, byte: u8) {
        if self.held.len() < PARAMETERS {
            self.held.push(byte);
        } else {
            self.enter(State::Ground);
        }
    }

    fn console(&mut self, byte: u8) {
        if !(0x20..=0x7e).contains(&byte) {
            self.anew(byte);
            return;
        }
        self.enter(State::Ground);
        if let n @ 1..=5 = byte.wrapping_sub(b'@') {
            self.key(KeyCode::F(n).into());
        }
    }

    fn mouse(&mut self, byte: u8) {
        if byte < 0x20 {
            self.anew(byte);
            return;
        }
        self.held.push(byte);
        if self.held.len() == 3 {
            self.enter(State::Ground);
        }
    }

    fn text(&mut self, byte: u8, opener: u8, length: usize) {
        match byte {
            BEL => self.enter(State::Ground),
            ESC => self.enter(State::TextEscape),
            // No terminal sends control characters in a string: that is a key.
            _ if byte < 0x20 => self.anew(byte),
            _ if length == STRING => self.enter(State::Ground),
            _ => self.state = State::Text { opener, length: length + 1 },
        }
    }

    fn text_escape(&mut self, byte: u8) {
        if byte == b'\\' {
            self.enter(State::Ground);
        } else {
            self.enter(State::Escape);
            self.escape(byte);
        }
    }

    fn paste(&mut self, byte: u8) {
        self.held.push(byte);
        if self.held.ends_with(PASTED) {
            self.pasted(self.held.len() - PASTED.len());
            self.enter(State::Ground);
        } else if self.held.len() > KEPT + PASTED.len() {
            // Its end is looked for all the same.
            self.held.remove(KEPT);
        }
    }

    fn pasted(&mut self, length: usize) {
        let text = String::from_utf8_lossy(self.held.get(..length).unwrap_or_default()).into_owned();
        self.found.push_back(Event::Paste(text));
    }
}
