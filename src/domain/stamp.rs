//! Points in time and the age of what was seen.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A point in time: microseconds since the Unix epoch, UTC, on the clock of the machine that quorate runs on
/// unless a field says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub i64);

impl Stamp {
    /// The present, by this machine's clock. Only `link`, `watch` and `app::runtime` may ask.
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// From whole seconds since the epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// How long before `now` this was; zero if it lies in the future.
    pub fn age(self, now: Self) -> Duration {
        Duration::from_micros(u64::try_from(now.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// Whether a pause that began here is over. It is where the clock was set back to before its beginning: nobody would know when it ends.
    pub fn is_over(self, pause: Duration, now: Self) -> bool {
        now < self || self.age(now) >= pause
    }

    /// This point moved by `micros` (negative: earlier).
    #[must_use]
    pub const fn shifted(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// This point moved later by `by`.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        self.shifted(i64::try_from(by.as_micros()).unwrap_or(i64::MAX))
    }

    /// RFC 3339 in UTC with milliseconds, as the contract's JSON wants it; the epoch for what no calendar holds.
    pub fn rfc3339(self) -> String {
        let at = jiff::Timestamp::from_microsecond(self.0).unwrap_or_default();
        format!("{at:.3}")
    }

    /// Reads an RFC 3339 time (`2026-11-22T22:10:45Z`; a blank in place of the T is taken too, and one before the zone, as Pacemaker writes it).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let joined = || {
            let (rest, zone) = text.rsplit_once(' ').filter(|(_, zone)| zone.starts_with(['+', '-']))?;
            format!("{}{zone}", rest.trim_end()).parse::<jiff::Timestamp>().ok()
        };
        let at = text.parse::<jiff::Timestamp>().ok().or_else(joined)?;
        Some(Self(at.as_microsecond()))
    }

    /// Reads a time in a rule of Pacemaker's. A date alone is its midnight; what has no zone is the time of a clock that goes so many seconds
    /// ahead of UTC.
    pub fn of_rule(text: &str, utc_offset_secs: i32) -> Option<Self> {
        Self::parse(text).or_else(|| Self::local(text.trim().parse().ok()?, utc_offset_secs))
    }

    fn local(at: jiff::civil::DateTime, utc_offset_secs: i32) -> Option<Self> {
        let zone = jiff::tz::Offset::from_seconds(utc_offset_secs).ok()?;
        Some(Self(zone.to_timestamp(at).ok()?.as_microsecond()))
    }

    /// Reads what ctime(3) prints, `Sun Nov 22 22:10:45 2026`, where the clock goes so many seconds ahead of UTC.
    pub fn from_ctime(text: &str, utc_offset_secs: i32) -> Option<Self> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let [_, month, day, clock, year] = words.as_slice() else { return None };
        let month = MONTHS.iter().position(|m| m == month)? + 1;
        Self::local(format!("{year}-{month:02}-{day:0>2}T{clock}").parse().ok()?, utc_offset_secs)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.rfc3339())
    }
}
