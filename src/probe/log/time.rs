//! Time stamps at the start of log lines.
//!
//! Forms: `Nov 22 21:30:12`, with `.345`, with a year (`2026 Nov 22`-less logs are the rule), and ISO 8601 /
//! RFC 3339 with or without zone. A time without a zone is the node's local time.

use jiff::civil::DateTime;

use crate::domain::stamp::Stamp;

/// What is known of the node's clock, to read times that leave things out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar {
    /// When the line arrived, our clock: tells the year.
    pub arrival: Stamp,
    /// The node's clock minus ours, microseconds.
    pub clock_offset: i64,
    /// The node's local time minus UTC, seconds.
    pub utc_offset: i32,
}

const DAY: i64 = 86_400_000_000;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads a time at the start of `text`; gives it and what follows.
pub(super) fn leading(text: &str, calendar: Calendar) -> Option<(Stamp, &str)> {
    match text.as_bytes().first()? {
        b'0'..=b'9' => iso(text, calendar),
        b'A'..=b'Z' => bsd(text, calendar),
        _ => None,
    }
}

/// `2026-11-22T21:30:12.345+01:00`, `2026-11-22 21:30:12,345`.
fn iso(text: &str, calendar: Calendar) -> Option<(Stamp, &str)> {
    let word_end = |from: usize| text.get(from..).map(|t| from + t.find([' ', '\t']).unwrap_or(t.len()));
    let mut end = word_end(0)?;
    if end == 10 && text.as_bytes().get(11)?.is_ascii_digit() {
        end = word_end(11)?;
    }
    let (word, rest) = text.split_at_checked(end)?;
    let word = word.replace(',', ".");
    let stamp = Stamp::parse(&word).or_else(|| local(word.parse().ok()?, calendar.utc_offset))?;
    Some((stamp, rest.trim_start()))
}

/// `Nov 22 21:30:12`, `Nov  2 21:30:12.345678`: the latest such time that is not after the arrival by the node's
/// clock (a day of grace for what is not known of it).
fn bsd(text: &str, calendar: Calendar) -> Option<(Stamp, &str)> {
    let month = MONTHS.iter().position(|m| text.starts_with(m))? + 1;
    let rest = text.get(3..)?.strip_prefix(' ')?.trim_start_matches(' ');
    let (day, rest) = rest.split_once(' ')?;
    let rest = rest.trim_start_matches(' ');
    let end = rest.find([' ', '\t']).unwrap_or(rest.len());
    let (clock, rest) = rest.split_at_checked(end)?;
    let clock = clock.trim_end_matches(':');
    let day: u8 = day.parse().ok()?;
    let arrival = calendar.arrival.shifted(calendar.clock_offset);
    let year = jiff::Timestamp::from_microsecond(arrival.0).ok()?.to_zoned(jiff::tz::TimeZone::UTC).year();
    let latest = arrival.shifted(DAY);
    // Eight years back: February 29 around a century without a leap day.
    (-1..=8)
        .find_map(|back: i16| {
            let at: DateTime = format!("{:04}-{month:02}-{day:02}T{clock}", year.checked_sub(back)?).parse().ok()?;
            local(at, calendar.utc_offset).filter(|at| *at <= latest)
        })
        .map(|at| (at, rest.trim_start()))
}

fn local(at: DateTime, utc_offset: i32) -> Option<Stamp> {
    let zone = jiff::tz::Offset::from_seconds(utc_offset).ok()?;
    Some(Stamp(zone.to_timestamp(at).ok()?.as_microsecond()))
}

/// `+0130` as seconds.
pub(super) fn zone(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", d) => (1, d),
        ("-", d) => (-1, d),
        _ => return None,
    };
    let number: i32 = digits.parse().ok().filter(|_| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}
