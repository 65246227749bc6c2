//! The node's clock: `date +%s.%N`.

use crate::domain::observation::Trouble;
use crate::domain::observation::host::ClockSample;
use crate::domain::stamp::Stamp;
use crate::probe::Raw;
use crate::probe::parts::lossy;

/// The last second of the year 9999: a clock beyond it is no clock.
const LAST: i64 = 253_402_300_799;

/// Reads the node's clock. `sent` and `received` are ours and zero here: whoever asked knows them and fills them in.
///
/// A date without nanoseconds (busybox prints the `%N`, or nothing) says only that the second has begun: the middle
/// of that second is taken, which is wrong by at most half a second.
pub fn parse(raw: Raw<'_>) -> Result<ClockSample, Trouble> {
    let text = lossy(raw.stdout);
    let Some(line) = text.lines().map(str::trim).find(|l| !l.is_empty()) else {
        return Err(raw.refusal());
    };
    let (seconds, fraction) = line.split_once('.').unwrap_or((line, ""));
    let seconds = seconds.parse::<i64>().ok().filter(|s| (0..=LAST).contains(s));
    let Some(seconds) = seconds else {
        return Err(if raw.code == 0 { raw.garbled("line 1 is no time in seconds") } else { raw.refusal() });
    };
    let theirs = Stamp::from_secs(seconds).shifted(micros(fraction).unwrap_or(500_000));
    Ok(ClockSample { theirs, sent: Stamp::default(), received: Stamp::default() })
}

/// Microseconds of a decimal fraction; none if it is not made of digits.
fn micros(fraction: &str) -> Option<i64> {
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let six: String = fraction.chars().chain("000000".chars()).take(6).collect();
    six.parse().ok()
}
