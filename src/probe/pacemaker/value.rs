//! Pacemaker's ways to write truth, scores, spans and times.

use std::time::Duration;

use crate::domain::stamp::Stamp;

/// INFINITY as a number.
pub const INFINITY: i64 = 1_000_000;

/// `crm_is_true`'s words and their opposites; none for anything else.
pub fn truth(word: &str) -> Option<bool> {
    // What nearly every attribute says.
    match word {
        "true" => return Some(true),
        "false" => return Some(false),
        _ => {}
    }
    let is = |words: &[&str]| words.iter().any(|w| word.eq_ignore_ascii_case(w));
    if is(&["true", "1", "yes", "on", "y"]) {
        Some(true)
    } else if is(&["false", "0", "no", "off", "n"]) {
        Some(false)
    } else {
        None
    }
}

/// Whether a word means yes.
pub fn yes(word: &str) -> bool {
    truth(word) == Some(true)
}

/// A score, clamped to +-INFINITY.
pub fn score(word: &str) -> Option<i64> {
    let word = word.trim();
    let (minus, digits) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let size = if digits.eq_ignore_ascii_case("infinity") {
        INFINITY
    } else if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        digits.parse().unwrap_or(INFINITY).min(INFINITY)
    } else {
        return None;
    };
    Some(if minus { -size } else { size })
}

/// A fail count or a threshold: never negative.
pub fn count(word: &str) -> Option<u32> {
    u32::try_from(score(word)?).ok()
}

/// `30000ms`, `20s`, `5min`, or plain milliseconds.
pub fn span(word: &str) -> Option<Duration> {
    let word = word.trim();
    let end = word.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(word.len());
    let (number, unit) = word.split_at(end);
    let number: u64 = number.parse().ok()?;
    match unit.trim() {
        "" | "ms" | "msec" => Some(Duration::from_millis(number)),
        "us" | "usec" => Some(Duration::from_micros(number)),
        "s" | "sec" => Some(Duration::from_secs(number)),
        "m" | "min" => Some(Duration::from_secs(number.saturating_mul(60))),
        "h" | "hr" => Some(Duration::from_secs(number.saturating_mul(3600))),
        _ => None,
    }
}

/// A point in time where the text pins one down: seconds since the epoch, or a date with a zone
/// (`2026-11-22 22:10:45Z`, `... 22:10:45.123456Z`, `... 22:10:45 +01:00`). A ctime is the node's local time: none.
pub fn instant(word: &str) -> Option<Stamp> {
    let word = word.trim();
    if !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()) {
        return word.parse().ok().filter(|secs| *secs > 0).map(Stamp::from_secs);
    }
    let (date, rest) = word.split_once([' ', 'T'])?;
    let time: String = rest.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    Stamp::parse(&format!("{date}T{time}"))
}

/// A primitive's id without the suffix of an anonymous clone's instance (`dlm:0`).
pub fn without_instance(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((name, suffix)) if !name.is_empty() && !suffix.is_empty() && suffix.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => id,
    }
}
