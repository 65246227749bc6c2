//! Events by callback: lines for the timeline, and what they make stale.

use super::stats::operation;
use crate::domain::event::{Severity, Source};
use crate::domain::observation::Question;
use crate::domain::observation::log::LogLine;
use crate::domain::text::clean;
use crate::link::libvirt::said::{Fields, Heard, Value, What};

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The line for the timeline; none for what happens all the time.
    pub line: Option<LogLine>,
    /// The guest began, went on or ended: what the manager believes may be of before.
    pub turns: bool,
    /// Snapshots that are stale now.
    pub stale: Vec<Question>,
}

/// Reads an event.
pub fn told(heard: &Heard) -> Told {
    use Severity::{Info, Notice, Warning};
    let name = clean(&heard.who.name);
    let guests = vec![Question::Guests];
    let (severity, text, stale) = match &heard.what {
        What::Lifecycle(event, detail) => {
            let Some((severity, words)) = lifecycle(*event, *detail) else { return Told { line: None, turns: false, stale: guests } };
            (severity, format!("{name} {words}"), guests)
        }
        What::Reboot => (Notice, format!("{name} rebooted"), guests),
        What::Watchdog(action) => (Warning, format!("the watchdog of {name} fired: {}", watchdog(*action)), guests),
        What::IoError { path, alias, action, reason } => {
            let space = if reason == "enospc" { "no space left" } else { "I/O error" };
            let disk = clean(if path.is_empty() { alias } else { path });
            let then = if *action == 1 { ": the guest is paused" } else { "" };
            (if *action == 1 { Severity::Critical } else { Warning }, format!("{name}: {space} on {disk}{then}"), guests)
        }
        What::JobCompleted(fields) => {
            let (severity, text) = job(&name, fields);
            (severity, text, vec![Question::Guests, Question::GuestJobs])
        }
        What::Iteration(1) => (Info, format!("{name}: migration copies the memory"), vec![Question::GuestJobs]),
        // A migration that does not converge goes round several times a second.
        What::Iteration(round @ 11..) if round % 10 != 0 => return Told { line: None, turns: false, stale: vec![Question::GuestJobs] },
        What::Iteration(round) => {
            (Info, format!("{name}: migration copies what has changed meanwhile, round {round}"), vec![Question::GuestJobs])
        }
        What::BlockJob(disk, kind, status) => {
            let (severity, words) = block_job(*kind, *status);
            (severity, format!("{name}: {words} of {}", clean(disk)), guests)
        }
        What::Agent(state, _) => (Info, format!("the guest agent of {name} {}", if *state == 1 { "connected" } else { "is gone" }), guests),
        What::Threshold(device, threshold, excess) => {
            let text = format!("{name}: {} was written beyond {} MiB by {} bytes", clean(device), threshold >> 20, excess);
            (Warning, text, vec![Question::GuestStats])
        }
        What::Balloon(kib) => (Info, format!("{name}: the balloon leaves it {} MiB", kib >> 10), vec![Question::GuestStats]),
        What::Device(alias) => (Info, format!("{name}: device {} came or went", clean(alias)), guests),
    };
    let line = LogLine { at: None, source: Source::Libvirt, severity, subject: Some(name), text, stale: Vec::new(), cursor: None };
    let turns = matches!(heard.what, What::Lifecycle(2..=6 | 8, _));
    Told { line: Some(line), turns, stale }
}

/// `virDomainEventType` and its detail; none for what only makes noise.
const fn lifecycle(event: i32, detail: i32) -> Option<(Severity, &'static str)> {
    use Severity::{Critical, Info, Notice, Warning};
    Some(match (event, detail) {
        (0, 1) => (Info, "has a changed definition"),
        (0, 2) => (Info, "was renamed"),
        (0, _) => (Info, "was defined"),
        // The old name of a renamed guest.
        (1, 1) => return None,
        (1, _) => (Notice, "was undefined"),
        (2, 0) => (Info, "started (booted)"),
        (2, 1) => (Info, "started (migrated here)"),
        (2, 2) => (Info, "started (restored)"),
        (2, 3) => (Info, "started (from snapshot)"),
        (2, 4) => (Info, "woke up"),
        (2, _) => (Info, "started"),
        (3, 1) => (Info, "is paused for the end of its migration"),
        (3, 2) => (Critical, "is paused: I/O error"),
        (3, 3) => (Warning, "is paused by its watchdog"),
        (3, 4) => (Info, "is paused (restored)"),
        (3, 5) => (Info, "is paused (from snapshot)"),
        (3, 6) => (Warning, "is paused after an error of libvirt"),
        (3, 7) => (Info, "is paused: its memory follows (post-copy)"),
        (3, 8) => (Critical, "is paused: post-copy migration failed"),
        (3, _) => (Notice, "is paused"),
        (4, 1) => (Info, "is running here (migrated)"),
        (4, 2) => (Info, "is running again (from snapshot)"),
        (4, 3) => (Info, "is running here, its memory follows (post-copy)"),
        (4, 4) => (Critical, "is running, but post-copy migration failed"),
        (4, _) => (Info, "is running again"),
        (5, 0) => (Notice, "stopped (shut down)"),
        (5, 1) => (Warning, "stopped (destroyed)"),
        (5, 2) => (Critical, "stopped (crashed)"),
        (5, 3) => (Info, "left (migrated)"),
        (5, 4) => (Notice, "stopped (saved)"),
        (5, 5) => (Critical, "stopped (failed)"),
        (5, _) => (Notice, "stopped"),
        (6, 1) => (Notice, "shuts down by itself"),
        (6, 2) => (Notice, "shuts down as asked by the host"),
        (6, _) => (Notice, "shuts down"),
        (7, _) => (Notice, "suspended itself (power management)"),
        (8, _) => (Critical, "crashed (panicked)"),
        _ => return None,
    })
}

const fn watchdog(action: i32) -> &'static str {
    match action {
        1 => "paused",
        2 => "reset",
        3 => "powered off",
        4 => "shut down",
        5 => "debug",
        6 => "NMI",
        _ => "nothing done",
    }
}

fn block_job(kind: i32, status: i32) -> (Severity, String) {
    let kind = match kind {
        1 => "pull",
        2 => "copy",
        3 => "commit",
        4 => "active commit",
        5 => "backup",
        _ => "block job",
    };
    match status {
        0 => (Severity::Info, format!("{kind} completed")),
        1 => (Severity::Warning, format!("{kind} FAILED")),
        2 => (Severity::Notice, format!("{kind} cancelled")),
        3 => (Severity::Info, format!("{kind} ready")),
        _ => (Severity::Info, kind.to_owned()),
    }
}

fn job(name: &str, fields: &Fields) -> (Severity, String) {
    let count = |key: &str| fields.get(key).and_then(Value::count);
    let what = operation(count("operation"));
    if fields.get("success") == Some(&Value::Flag(false)) {
        let why = match fields.get("errmsg") {
            Some(Value::Text(why)) => format!(": {}", clean(why)),
            _ => String::new(),
        };
        return (Severity::Warning, format!("{name}: {what} failed{why}"));
    }
    #[allow(clippy::cast_precision_loss, reason = "seconds with one decimal")]
    let took = count("time_elapsed").map(|ms| format!(", {:.1} s", ms as f64 / 1000.0)).unwrap_or_default();
    let down = count("downtime").map(|ms| format!(", {ms} ms of downtime")).unwrap_or_default();
    let moved = count("data_processed")
        .map(|b| if b < 1 << 20 { format!(", {} KiB", b >> 10) } else { format!(", {} MiB", b >> 20) })
        .unwrap_or_default();
    (Severity::Info, format!("{name}: {what} completed{took}{down}{moved}"))
}
