//! Numbers and times as operators read them.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::stamp::Stamp;

/// `512`, `4.0T`, `50G`: bytes in powers of 1024, three characters where possible.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 7] = ["", "K", "M", "G", "T", "P", "E"];
    #[allow(clippy::cast_precision_loss, reason = "rounded to what matters")]
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.5 && unit < UNITS.len() - 1 {
        value /= 1024.0;
        unit += 1;
    }
    if unit > 0 && value < 9.95 { format!("{value:.1}{}", UNITS[unit]) } else { format!("{value:.0}{}", UNITS[unit]) }
}

/// A percentage without decimals; never 100 before it is, never 0 while there is some.
pub fn percent(value: f64) -> String {
    format!("{}%", whole_percent(value))
}

/// See [`percent`].
pub fn whole_percent(value: f64) -> u8 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let rounded = value.clamp(0.0, 100.0).round() as u8;
    match rounded {
        100 if value < 100.0 => 99,
        0 if value > 0.0 => 1,
        other => other,
    }
}

/// Percentages as a row of small bars, oldest first: the last so many.
pub fn bars(percents: &[u8], most: usize) -> String {
    const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let bar = |p: &u8| EIGHTHS[usize::from((*p).min(100)) * 7 / 100];
    percents.iter().skip(percents.len().saturating_sub(most)).map(bar).collect()
}

/// How long, in two figures: `31s`, `4m`, `2h10`, `2d03`.
pub fn span(d: Duration) -> String {
    let s = d.as_secs();
    match s {
        0..=59 => format!("{s}s"),
        60..=3599 => format!("{}m", s / 60),
        3600..=86399 => format!("{}h{:02}", s / 3600, s / 60 % 60),
        86400..=8_639_999 => format!("{}d{:02}", s / 86400, s / 3600 % 24),
        _ => format!("{}d", s / 86400),
    }
}

/// An age that does not flicker: tens of seconds, minutes, hours, days.
pub fn age(d: Duration) -> String {
    let s = d.as_secs();
    match s {
        0..=9 => "<10 s".to_owned(),
        10..=59 => format!("{} s", s / 10 * 10),
        60..=3599 => format!("{} min", s / 60),
        3600..=86399 => format!("{} h", s / 3600),
        _ => format!("{} d", s / 86400),
    }
}

/// `22:48`.
pub fn minute(at: Stamp, zone: &TimeZone) -> String {
    zoned(at, zone, "%H:%M")
}

/// Microseconds as whole milliseconds with their sign: `+1`, `-250`.
pub fn milliseconds(micros: i64) -> String {
    match (micros.saturating_add(500 * micros.signum())) / 1000 {
        0 => "0".to_owned(),
        ms => format!("{ms:+}"),
    }
}

/// `11-22 22:48`.
pub fn day_minute(at: Stamp, zone: &TimeZone) -> String {
    zoned(at, zone, "%m-%d %H:%M")
}

/// `22:48:31`.
pub fn second(at: Stamp, zone: &TimeZone) -> String {
    zoned(at, zone, "%H:%M:%S")
}

/// `11-22 22:48:31`.
pub fn day_second(at: Stamp, zone: &TimeZone) -> String {
    zoned(at, zone, "%m-%d %H:%M:%S")
}

/// When, in at most nine characters: the second of today, the weekday and minute of the last days, the day of what is older:
/// `22:48:31`, `Tue 14:03`, `Nov 03`, `Nov 2025`.
pub fn when(at: Stamp, now: Stamp, zone: &TimeZone) -> String {
    const DAY: u64 = 86_400;
    let format = match at.age(now).as_secs() {
        _ if same_day(at, now, zone) => "%H:%M:%S",
        age if age < 6 * DAY => "%a %H:%M",
        age if age < 300 * DAY => "%b %d",
        _ => "%b %Y",
    };
    zoned(at, zone, format)
}

/// Width of [`when`].
pub const WHEN: u16 = 9;

/// Whether two points in time are of one day.
pub fn same_day(a: Stamp, b: Stamp, zone: &TimeZone) -> bool {
    let day = |at: Stamp| Some(jiff::Timestamp::from_microsecond(at.0).ok()?.to_zoned(zone.clone()).date());
    day(a) == day(b)
}

/// `2026-11-22 22:48:31`.
pub fn date(at: Stamp, zone: &TimeZone) -> String {
    zoned(at, zone, "%Y-%m-%d %H:%M:%S")
}

/// The time of day if it is today, else the date too.
pub fn moment(at: Stamp, now: Stamp, zone: &TimeZone) -> String {
    if at.age(now) < Duration::from_secs(20 * 3600) { second(at, zone) } else { date(at, zone) }
}

fn zoned(at: Stamp, zone: &TimeZone, format: &str) -> String {
    let Ok(time) = jiff::Timestamp::from_microsecond(at.0) else { return "--:--".to_owned() };
    time.to_zoned(zone.clone()).strftime(format).to_string()
}

/// Whether a terminal has lines to spare for a second line of alerts.
pub const fn roomy(size: (u16, u16)) -> bool {
    size.1 >= 16
}

/// `1 node`, `2 nodes`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}
