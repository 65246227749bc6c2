//! `virsh` on a node: what an action asks of libvirt there, by the tool that every node has.

use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::{GuestJob, GuestState};
use crate::domain::redact;
use crate::domain::task::Limits;
use crate::domain::text;
use crate::link::CommandLine;
use crate::probe::Raw;

pub mod cpu;
pub mod definition;
pub mod place;
pub mod reach;

/// The state of a guest, by the read-only socket.
pub fn state(uri: &str, guest: &str) -> CommandLine {
    CommandLine::new("virsh", ["-r", "-c", uri, "domstate", "--reason", "--domain", guest]).privileged()
}

/// Reads the state. Not knowing the guest is an answer.
pub fn parse_state(raw: Raw<'_>) -> Result<GuestState, Trouble> {
    let out = text::clean_bytes(raw.stdout.trim_ascii());
    if raw.code == 0 && !out.is_empty() {
        return Ok(state_of(&out));
    }
    let said = redact::said_bytes(raw.stderr.trim_ascii());
    if said.contains("failed to get domain") || said.contains("Domain not found") {
        return Ok(GuestState::Absent);
    }
    if said.contains("failed to connect") { Ok(GuestState::Silent(said)) } else { Err(raw.refusal()) }
}

/// `running (booted)`.
pub(super) fn state_of(line: &str) -> GuestState {
    match line.split_once(" (") {
        Some((state, reason)) => GuestState::Is(state.to_owned(), Some(reason.trim_end_matches(')').to_owned())),
        None => GuestState::Is(line.to_owned(), None),
    }
}

/// What a migration of the guest may take. These two calls want the socket that may write, and change nothing.
const LIMITS: &str = "\
as_root virsh -c \"$1\" migrate-getspeed --domain \"$2\" || exit
as_root virsh -c \"$1\" migrate-getmaxdowntime --domain \"$2\"";

/// The limits of a guest's migration.
pub fn limits(uri: &str, guest: &str) -> CommandLine {
    CommandLine::script(LIMITS, [uri, guest]).privileged()
}

/// Reads them: MiB a second, then milliseconds. A guest that is gone has none: its migration is over.
pub fn parse_limits(raw: Raw<'_>) -> Result<Limits, Trouble> {
    let out = String::from_utf8_lossy(raw.stdout);
    let mut numbers = out.lines().filter_map(|l| l.trim().parse::<u64>().ok());
    let limits = Limits { bandwidth_mib: numbers.next(), downtime_ms: numbers.next() };
    if limits.is_none() && !is_gone(raw) { Err(raw.refusal()) } else { Ok(limits) }
}

/// libvirt does not know the guest, or has it off.
fn is_gone(raw: Raw<'_>) -> bool {
    let said = String::from_utf8_lossy(raw.stderr);
    said.contains("failed to get domain") || said.contains("not running")
}

/// Older ones (before libvirt 6: RHEL 7, Debian 10) have no `--rawstats`, and tell the same for people.
const JOB: &str =
    "as_root virsh -r -c \"$1\" domjobinfo --domain \"$2\" --rawstats 2>/dev/null || as_root virsh -r -c \"$1\" domjobinfo --domain \"$2\"";

/// The job of a guest.
pub fn job(uri: &str, guest: &str) -> CommandLine {
    CommandLine::script(JOB, [uri, guest]).privileged()
}

/// Reads a job: `memory_total: 41943040` with `--rawstats`, or `Memory total:     40.000 MiB`. A guest that is gone, or off, has none.
pub fn parse_job(raw: Raw<'_>) -> Result<GuestJob, Trouble> {
    let out = String::from_utf8_lossy(raw.stdout);
    if raw.code != 0 && out.trim().is_empty() {
        return if is_gone(raw) { Ok(GuestJob::default()) } else { Err(raw.refusal()) };
    }
    let mut job = GuestJob::default();
    let (mut pages, mut page) = (None, 4096_u64);
    for (key, value) in out.lines().filter_map(|l| l.split_once(':')) {
        let key = key.trim().to_ascii_lowercase().replace(' ', "_");
        let amount = amount(value.trim());
        match key.as_str() {
            "data_total" | "memory_total" => job.total = amount.or(job.total),
            "data_remaining" | "memory_remaining" => job.remaining = amount.or(job.remaining),
            "memory_bandwidth" | "memory_bps" => job.bandwidth = amount,
            "memory_dirty_rate" | "dirty_rate" => pages = amount,
            "memory_page_size" | "page_size" => page = amount.filter(|n| *n > 0).unwrap_or(page),
            "memory_iteration" | "iteration" => job.iteration = amount,
            "downtime" | "expected_downtime" => job.downtime_ms = amount,
            "time_elapsed" => job.elapsed_ms = amount,
            "memory_postcopy_requests" | "postcopy_requests" => job.postcopy_requests = amount,
            _ => {}
        }
    }
    job.dirty_rate = pages.map(|pages| pages.saturating_mul(page));
    Ok(job)
}

/// `41943040`, `40.000 MiB`, `12.5 MiB/s`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an amount for a progress bar")]
fn amount(text: &str) -> Option<u64> {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number: f64 = number.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0)?;
    let factor = match unit.trim_start().trim_end_matches("/s") {
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        "TiB" => 1_099_511_627_776.0,
        _ => 1.0,
    };
    Some((number * factor) as u64)
}
