//! Signs and their ASCII twins, for terminals that know nothing else.

use std::fmt::Write as _;

/// The twin of a sign: as different from each other as the signs are.
const TWINS: &[(char, &str)] = &[
    ('●', "*"),
    ('◐', "o"),
    ('○', "."),
    ('✕', "x"),
    ('▲', "!"),
    ('△', "~"),
    ('→', ">"),
    ('◌', "?"),
    ('▸', ">"),
    ('·', "-"),
    ('…', "~"),
    ('─', "-"),
    ('│', "|"),
    ('┌', "+"),
    ('┐', "+"),
    ('└', "+"),
    ('┘', "+"),
    ('▁', "_"),
    ('▂', "."),
    ('▃', "-"),
    ('▄', "~"),
    ('▅', "+"),
    ('▆', "*"),
    ('▇', "%"),
    ('█', "#"),
    ('▉', "#"),
    ('▊', "#"),
    ('▋', "#"),
    ('▌', "#"),
    ('▍', " "),
    ('▎', " "),
    ('▏', " "),
];

/// The sign where a text is cut: always glued to what is left of it, where the marks that look like its twin stand by themselves.
pub const fn cut(ascii: bool) -> char {
    if ascii { '~' } else { '…' }
}

/// Text for a terminal that knows ASCII only. Signs become their twins, other characters their number: two names
/// that differ stay different.
pub fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else if let Some((_, twin)) = TWINS.iter().find(|(sign, _)| *sign == c) {
            out.push_str(twin);
        } else {
            let _ = write!(out, "<{:x}>", u32::from(c));
        }
    }
    out
}
