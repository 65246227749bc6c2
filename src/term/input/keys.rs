//! Which key a byte or a sequence is, as xterm, rxvt, the consoles and kitty send them. What is no key of the table is none.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A number of a sequence, and the one behind its colon.
type Number = (u32, Option<u32>);

/// Kitty's word for a key that was let go.
const LET_GO: u32 = 3;

/// Kitty's keypad, from this number on.
const KEYPAD_FROM: u32 = 57_399;
const KEYPAD: [KeyCode; 28] = [
    KeyCode::Char('0'),
    KeyCode::Char('1'),
    KeyCode::Char('2'),
    KeyCode::Char('3'),
    KeyCode::Char('4'),
    KeyCode::Char('5'),
    KeyCode::Char('6'),
    KeyCode::Char('7'),
    KeyCode::Char('8'),
    KeyCode::Char('9'),
    KeyCode::Char('.'),
    KeyCode::Char('/'),
    KeyCode::Char('*'),
    KeyCode::Char('-'),
    KeyCode::Char('+'),
    KeyCode::Enter,
    KeyCode::Char('='),
    KeyCode::Char(','),
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::PageUp,
    KeyCode::PageDown,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::Insert,
    KeyCode::Delete,
];

/// A byte of ASCII. Terminals differ in what backspace sends, and scripts in how they end a line.
pub(super) fn ascii(byte: u8) -> KeyEvent {
    let control = |c: u8| KeyEvent::new(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    match byte {
        b'\r' | b'\n' => KeyCode::Enter.into(),
        b'\t' => KeyCode::Tab.into(),
        0x08 | 0x7f => KeyCode::Backspace.into(),
        0 => control(b' '),
        _ if byte < 0x1b => control(byte + b'a' - 1),
        _ if byte < 0x20 => control(byte + b'4' - 0x1c),
        _ => KeyCode::Char(char::from(byte)).into(),
    }
}

/// `ESC O`, numbers that few terminals send there, and the last byte.
pub(super) fn ss3(body: &[u8], last: u8) -> Option<KeyEvent> {
    // Behind `ESC [` it ends a report of where the cursor is.
    let code = if last == b'R' { KeyCode::F(3) } else { letter(last)? };
    lettered(numbers(body)?, code)
}

/// `ESC [`, numbers, and the last byte.
pub(super) fn csi(body: &[u8], last: u8) -> Option<KeyEvent> {
    let body = numbers(body)?;
    match last {
        b'Z' => Some(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)),
        b'~' => Some(KeyEvent::new(numbered(number(body, 0)?.0)?, modifiers(number(body, 1))?)),
        b'u' => unicode(body),
        _ => lettered(body, letter(last)?),
    }
}

/// The parameters of a key: numbers alone. A report has other signs in it (`?`, `>`, `$`).
fn numbers(body: &[u8]) -> Option<&str> {
    std::str::from_utf8(body).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit() || b == b';' || b == b':'))
}

/// The n-th of them, counted from 0.
fn number(body: &str, n: usize) -> Option<Number> {
    let mut parts = body.split(';').nth(n)?.split(':');
    let first = parts.next()?.parse().ok()?;
    Some((first, parts.next().and_then(|part| part.parse().ok())))
}

/// What is held with the key, of the number that says so; none if the key was let go.
fn modifiers(told: Option<Number>) -> Option<KeyModifiers> {
    let (mask, kind) = told.unwrap_or((1, None));
    if kind == Some(LET_GO) {
        return None;
    }
    let bits = mask.saturating_sub(1);
    let mut held = KeyModifiers::NONE;
    for (bit, modifier) in [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL)] {
        held.set(modifier, bits & bit != 0);
    }
    Some(held)
}

/// A key that ends in a letter: what is held is the second number, or with some terminals the only one.
fn lettered(body: &str, code: KeyCode) -> Option<KeyEvent> {
    Some(KeyEvent::new(code, modifiers(number(body, 1).or_else(|| number(body, 0)))?))
}

fn letter(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

fn numbered(n: u32) -> Option<KeyCode> {
    let n = u8::try_from(n).ok()?;
    Some(match n {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(n - 10),
        17..=21 => KeyCode::F(n - 11),
        23..=26 => KeyCode::F(n - 12),
        28..=29 => KeyCode::F(n - 15),
        31..=34 => KeyCode::F(n - 17),
        _ => return None,
    })
}

/// A key as the number of its character: `CSI u`, which another program may have left on.
fn unicode(body: &str) -> Option<KeyEvent> {
    let (code, shifted) = number(body, 0)?;
    let mut held = modifiers(number(body, 1))?;
    let shift = held.contains(KeyModifiers::SHIFT);
    let code = match code {
        0x08 | 0x7f => KeyCode::Backspace,
        0x09 if shift => KeyCode::BackTab,
        0x09 => KeyCode::Tab,
        0x0a | 0x0d => KeyCode::Enter,
        0x1b => KeyCode::Esc,
        // Where Unicode has no characters kitty has the keys that type none.
        57_344..=63_743 => *KEYPAD.get(usize::try_from(code.checked_sub(KEYPAD_FROM)?).ok()?)?,
        _ => {
            let other = shifted.filter(|_| shift);
            if other.is_some() {
                held.remove(KeyModifiers::SHIFT);
            }
            KeyCode::Char(char::from_u32(other.unwrap_or(code)).filter(|c| !c.is_control())?)
        }
    };
    Some(KeyEvent::new(code, held))
}
