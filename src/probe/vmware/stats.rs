//! Figures of guests that run.

use std::time::Duration;

use super::{marked, value_of};
use crate::domain::observation::Trouble;
use crate::domain::observation::vmware::VmwareSample;
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::{lossy, sections};

/// Reads what the script printed; nothing where no guest runs.
pub fn read(raw: Raw<'_>) -> Result<Vec<VmwareSample>, Trouble> {
    let text = lossy(raw.stdout);
    if raw.code != 0 && text.trim().is_empty() {
        return Err(raw.refusal());
    }
    let guests = sections(&text).into_iter().filter_map(|(name, body)| Some((name.strip_prefix("guest ")?, body)));
    Ok(guests.map(|(path, body)| sample(clean(path), body)).collect())
}

fn sample(vmx: String, body: &str) -> VmwareSample {
    let number = |verb: &str| value_of(marked(body, ">"), verb).and_then(|v| v.parse::<u64>().ok());
    VmwareSample {
        vmx,
        heartbeat: number("getheartbeat"),
        uptime: number("getuptime").map(Duration::from_secs),
        pid: number("getpid").and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0),
        id: number("getid"),
    }
}
