//! What the answer to a question means for the step that asked it.

use std::time::Duration;

use crate::action::inquiry::{Finding, Query};
use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::GuestJob;

/// Good or bad, in words.
pub(super) fn of_question(query: &Query, found: &Result<Finding, Trouble>) -> Result<String, String> {
    let node = &query.node;
    match found {
        Ok(Finding::FenceDevices(tests)) if tests.is_empty() => Ok(format!("{node} has no fence device for it")),
        Ok(Finding::FenceDevices(tests)) => {
            let list = |well: bool| tests.iter().filter(|t| t.well == well).map(|t| t.device.as_str()).collect::<Vec<_>>().join(", ");
            if tests.iter().all(|t| t.well) {
                Ok(format!("{node}: {} answers", list(true)))
            } else {
                Err(format!("{node}: {} does not answer", list(false)))
            }
        }
        Ok(_) => Ok(format!("{node} has answered")),
        Err(trouble) => Err(format!("{node}: {trouble}")),
    }
}

/// The percentage that a tool prints as it goes: pvmove's `/dev/sda: Moved: 12.50%`, virsh's `Save: [ 45 %]`.
pub(super) fn percent(line: &str) -> Option<u8> {
    let (before, _) = line.rsplit_once('%')?;
    let number = before.trim_end().rsplit(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    let whole = number.split('.').next()?;
    whole.parse().ok().filter(|p| *p <= 100)
}

/// How long a job will take, by what it moves and what the guest dirties meanwhile; none: it does not come nearer.
pub(super) fn left(job: &GuestJob) -> Option<Duration> {
    let speed = job.bandwidth?.checked_sub(job.dirty_rate.unwrap_or(0)).filter(|s| *s > 0)?;
    Some(Duration::from_secs(job.remaining? / speed))
}
