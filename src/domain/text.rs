//! Text from the cluster made harmless.
//!
//! Names, log lines and error output are untrusted: a journal line must never drive the operator's terminal
//! (design, safety rule 2). Everything that enters the model passes through [`clean`] or [`clean_bytes`].

use std::borrow::Cow;
use std::fmt::Write as _;

/// Longest text that is kept from one field; the rest is replaced by an ellipsis.
pub const LONGEST: usize = 4096;

/// Makes control characters, escape sequences, bidi marks and other invisible characters visible
/// (`\x1b` becomes `\e`, a newline `\n`, U+202E `<202e>`), and cuts beyond [`LONGEST`] characters.
pub fn clean(text: &str) -> String {
    clean_cow(text).into_owned()
}

/// As [`clean`], for bytes of any encoding: what is not UTF-8 becomes U+FFFD.
pub fn clean_bytes(bytes: &[u8]) -> String {
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => clean(text),
        Cow::Owned(text) => clean(&text),
    }
}

/// As [`clean`], without a copy where nothing has to change.
pub fn clean_cow(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST && text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        push_visible(&mut out, c);
    }
    Cow::Owned(out)
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push(' '),
        '\x1b' => out.push_str("\\e"),
        c if is_hidden(c) => {
            out.push('<');
            let _ = write!(out, "{:02x}", u32::from(c));
            out.push('>');
        }
        c => out.push(c),
    }
}

/// Control characters, and the format characters that reorder or hide text around them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Compares names as people count: `n2` before `n10`. For screens; reports order bytewise.
pub fn natural_cmp(a: &str, b: &str) -> std::cmp::Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (a.first(), b.first()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (na, ra) = take_number(a);
                let (nb, rb) = take_number(b);
                let order = na.len().cmp(&nb.len()).then_with(|| na.cmp(nb));
                if order.is_ne() {
                    return order;
                }
                (a, b) = (ra, rb);
            }
            (Some(x), Some(y)) if x == y => (a, b) = (&a[1..], &b[1..]),
            (x, y) => return x.cmp(&y),
        }
    }
}

fn take_number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().take_while(|b| **b == b'0').count();
    (&digits[zeros.min(digits.len().saturating_sub(1))..], rest)
}
