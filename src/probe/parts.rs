//! What the parsers of several families share: marked sections, the first JSON value of an answer, sizes.

use std::borrow::Cow;

use serde_json::Value;

use super::Raw;
use crate::domain::observation::Trouble;
use crate::domain::observation::host::Tools;
use crate::domain::text::clean;

/// How a fixed script marks the beginning of a part of its output: this, and the part's name, on a line of its own.
pub const MARK: &str = "@@quorate ";

/// Whether a tool may be asked: it is there, or nobody looked yet.
pub fn may_have(tools: &Tools, tool: &str) -> bool {
    tools.present.is_empty() || tools.has(tool)
}

/// Output as text; what is not UTF-8 becomes U+FFFD.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // The check of the standard library is several times as fast as its repair, and nearly nothing needs one.
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Splits the output of a fixed script at its marks: (name, text). What stands before the first mark has no name
/// and is left out if it is blank.
pub fn sections(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let (mut name, mut start, mut at) = ("", 0, 0);
    for line in text.split_inclusive('\n') {
        if let Some(next) = line.trim_end().strip_prefix(MARK) {
            found.push((name, text.get(start..at).unwrap_or_default()));
            (name, start) = (next, at + line.len());
        }
        at += line.len();
    }
    found.push((name, text.get(start..).unwrap_or_default()));
    found.retain(|(name, body)| !name.is_empty() || !body.trim().is_empty());
    found
}

/// The first JSON value in a text. Tools print warnings before it and scripts print more after it.
pub fn first_json(raw: Raw<'_>, text: &str) -> Result<Value, Trouble> {
    let Some(start) = text.find(['{', '[']) else {
        return Err(raw.garbled("no JSON in it"));
    };
    let json = text.get(start..).unwrap_or_default();
    match serde_json::Deserializer::from_str(json).into_iter::<Value>().next() {
        Some(Ok(value)) => Ok(value),
        Some(Err(e)) if start == 0 => Err(raw.garbled(&e.to_string())),
        Some(Err(e)) => Err(raw.garbled(&format!("{e}, counted from byte {start}"))),
        None => Err(raw.garbled("no JSON in it")),
    }
}

/// A field of a JSON object as harmless text: strings trimmed, numbers written out; none if it is absent or blank.
pub fn text_of(object: &Value, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) => filled(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A field of a JSON object as a number, also if it is written as a string.
pub fn number_of(object: &Value, key: &str) -> Option<u64> {
    match object.get(key)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// As [`number_of`], in 32 bits.
pub fn small_of(object: &Value, key: &str) -> Option<u32> {
    number_of(object, key).and_then(|n| u32::try_from(n).ok())
}

/// Harmless text, or none if it is blank.
pub fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| clean(text))
}

/// Bytes out of a size as LVM, df and multipath print it: `64.00m`, `<3.00g`, `3.0G`, `0 `, `1073741824B`, `3.00 GiB`.
/// Units are powers of 1024.
pub fn size(text: &str) -> Option<u64> {
    let text = text.trim().trim_start_matches(['<', '>', '~']);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    let first = unit.bytes().next().map(|b| b.to_ascii_lowercase());
    let power = match first {
        None | Some(b'b') => 0,
        Some(letter) => b"kmgtpe".iter().position(|b| *b == letter)? + 1,
    };
    if unit.len() > 3 {
        return None;
    }
    scaled(number, 1_u64.checked_shl(u32::try_from(power).ok()?.checked_mul(10)?)?)
}

/// A decimal number times a factor, without the loss of a float.
pub fn scaled(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.get(..fraction.len().min(9))?;
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    if fraction.is_empty() {
        return Some(whole);
    }
    let digits = u32::try_from(fraction.len()).ok()?;
    let part = u128::from(fraction.parse::<u64>().ok()?) * u128::from(factor) / 10_u128.pow(digits);
    whole.checked_add(u64::try_from(part).ok()?)
}
