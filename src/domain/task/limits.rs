//! What a live migration may take.

use std::fmt;

/// What a live migration may take. Nothing said: what is configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Limits {
    /// For so many milliseconds the guest may stand still at its end.
    pub downtime_ms: Option<u64>,
    /// So many MiB a second may be sent.
    pub bandwidth_mib: Option<u64>,
}

impl Limits {
    /// Nothing is limited.
    pub const fn is_none(self) -> bool {
        self.downtime_ms.is_none() && self.bandwidth_mib.is_none()
    }

    /// Reads `500ms`, `2s`; a number alone counts milliseconds. An hour at most.
    ///
    /// # Errors
    /// What was expected.
    pub fn downtime(text: &str) -> Result<u64, String> {
        let text = text.trim();
        let (number, factor) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
            (Some(number), _) => (number, 1),
            (None, Some(number)) => (number, 1000),
            (None, None) => (text, 1),
        };
        let ms = number.trim().parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).filter(|ms| (1..=3_600_000).contains(ms));
        ms.ok_or_else(|| "expected how long the guest may stand still, like 500ms or 2s".to_owned())
    }

    /// Reads `8M`, `1G`; a number alone counts MiB a second.
    ///
    /// # Errors
    /// What was expected.
    pub fn bandwidth(text: &str) -> Result<u64, String> {
        let text = text.trim().trim_end_matches("/s");
        let (number, factor) = match text.find(|c: char| !c.is_ascii_digit()) {
            Some(at) => (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default()),
            None => (text, "M"),
        };
        let factor: Option<u64> = match factor.trim().to_ascii_lowercase().as_str() {
            "m" | "mb" | "mib" => Some(1),
            "g" | "gb" | "gib" => Some(1024),
            _ => None,
        };
        let mib = factor.and_then(|f| number.parse::<u64>().ok()?.checked_mul(f)).filter(|mib| (1..=1 << 20).contains(mib));
        mib.ok_or_else(|| "expected how much may be sent in a second, like 8M or 1G (MiB, GiB)".to_owned())
    }
}

/// As options behind an action.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.downtime_ms.map_or(Ok(()), |ms| write!(f, " --max-downtime {ms}ms"))?;
        self.bandwidth_mib.map_or(Ok(()), |mib| write!(f, " --bandwidth {mib}M"))
    }
}
