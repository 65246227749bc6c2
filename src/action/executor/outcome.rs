//! What an answer means for the step that asked it, or sent the command.

use std::time::Duration;

use crate::action::condition::Condition;
use crate::action::inquiry::{Finding, Query};
use crate::action::plan::{Reads, Work};
use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::GuestJob;
use crate::domain::stamp::Stamp;
use crate::domain::task::{Action, NodeVerb, Progress, StepState, TaskStep};
use crate::link::Answer;
use crate::probe::Raw;
use crate::probe::rhcs::act::{self, Outcome, Verdict};
use crate::probe::rhcs::{fence, inventory};

use super::run::Run;

/// What became of a changing command that has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Became {
    /// It did its work; words that the operator should read beside it.
    Good(Option<String>),
    /// It did not.
    Bad(String),
    /// Its answer does not tell.
    Unclear(String),
}

/// Judges the answer to a changing command. `words`: what it said last, for those whose exit status tells.
pub(super) fn of_change(reads: &Reads, answer: &Answer, words: &str) -> Became {
    let by_status = || {
        let colon = if words.is_empty() { "" } else { ": " };
        Became::Bad(format!("exit status {}{colon}{words}", answer.code))
    };
    // The shell's own word: there is no such tool, or it cannot be run; and sudo's.
    if matches!(answer.code, 126 | 127) || (answer.code == 1 && answer.stderr.starts_with(b"sudo: ")) {
        return by_status();
    }
    let raw = Raw { command: "", stdout: &answer.stdout, stderr: &answer.stderr, code: answer.code };
    match reads {
        Reads::InitScript if answer.stdout.windows(8).any(|w| w == b"[FAILED]") => by_status(),
        Reads::Status | Reads::InitScript if answer.code == 0 => Became::Good(None),
        Reads::Status | Reads::InitScript => by_status(),
        Reads::FenceNode => judged(fence::fence_node_outcome(raw)),
        Reads::Acknowledge => judged(fence::acknowledge_outcome(raw)),
        Reads::Validation => judged(inventory::validation(raw)),
        Reads::Distribution => judged(inventory::distribution(raw)),
        Reads::CmanTool => judged(fence::cman_tool_outcome(raw)),
        Reads::Clusvcadm(to) => {
            let said = act::outcome(raw);
            let strayed = said.now_on.as_deref().zip(to.as_deref()).filter(|(is, wanted)| is != wanted);
            if let Some((is, wanted)) = strayed {
                return Became::Bad(format!("it runs on {is} now, not on {wanted} ({})", said.words));
            }
            if let Some(other) = &said.taken_for {
                return Became::Bad(format!("clusvcadm took another member for the one that was named: {other}"));
            }
            judged(said)
        }
    }
}

fn judged(said: Outcome) -> Became {
    match said.verdict {
        Verdict::Done => Became::Good(None),
        Verdict::Already | Verdict::DoneWithWarning => Became::Good(Some(said.words)),
        Verdict::Refused | Verdict::Failed => Became::Bad(said.words),
        Verdict::Unknown if said.words.is_empty() => Became::Unclear("it said nothing".to_owned()),
        Verdict::Unknown => Became::Unclear(said.words),
    }
}

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
        Ok(Finding::Power(on)) => Ok(format!("{node}: the fence device answers, the power is {}", if *on { "on" } else { "off" })),
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

/// How far a job is: what was moved, what moves and what the guest changes meanwhile, how long it would stand still.
pub(super) fn progress(job: &GuestJob) -> Option<Progress> {
    let (total, remaining) = job.total.zip(job.remaining).filter(|(total, _)| *total > 0)?;
    let done = total.saturating_sub(remaining);
    let percent = u8::try_from(done.saturating_mul(100) / total).unwrap_or(100).min(100);
    let mut words = format!("{} of {} MiB", done >> 20, total >> 20);
    let rate = |bytes: u64| if bytes < 10 << 20 { format!("{} KiB/s", bytes >> 10) } else { format!("{} MiB/s", bytes >> 20) };
    let more = [
        job.iteration.map(|n| format!("round {n}")),
        job.bandwidth.map(|n| format!("{} sent", rate(n))),
        job.dirty_rate.map(|n| format!("{} changed", rate(n))),
        job.downtime_ms.map(|ms| format!("{ms} ms of downtime expected")),
        (job.converges() == Some(false)).then(|| "WILL NOT CONVERGE".to_owned()),
    ];
    for part in more.into_iter().flatten() {
        words.push_str(", ");
        words.push_str(&part);
    }
    Some(Progress { percent: Some(percent), words, left: left(job).filter(|_| job.converges() != Some(false)) })
}

/// How far a node is emptied, or filled again, one service after another: how many are there, and how long the rest will take by what those took. None: this is no such
/// action.
pub(super) fn caravan(run: &Run, now_waits_for: &str, now: Stamp) -> Option<Progress> {
    let one_by_one = matches!(run.task.action, Action::Node(NodeVerb::Drain | NodeVerb::Reboot, _) | Action::PutBack { .. });
    let moved = |until: &Condition| matches!(until, Condition::Left(..) | Condition::Elsewhere(..) | Condition::RunsOn(..));
    let moves = |work: &Work| matches!(work, Work::Wait { until, .. } if moved(until));
    let steps = run.ticket.plan().steps.iter().zip(&run.task.steps).filter(|(step, _)| moves(&step.work));
    let all: Vec<&TaskStep> = steps.map(|(_, shown)| shown).collect();
    let over: Vec<&&TaskStep> = all.iter().filter(|s| s.state == StepState::Done).collect();
    if !one_by_one || all.len() < 2 || over.len() == all.len() {
        return None;
    }
    let took: Duration = over.iter().filter_map(|s| Some(s.began?.age(s.ended?))).sum();
    let running = all.iter().find(|s| s.state == StepState::Running).and_then(|s| s.began).map(|began| began.age(now)).unwrap_or_default();
    let each = u32::try_from(over.len()).ok().filter(|n| *n > 0).map(|n| took / n);
    let rest = u32::try_from(all.len() - over.len()).unwrap_or(u32::MAX);
    Some(Progress {
        percent: u8::try_from(over.len() * 100 / all.len()).ok(),
        words: format!("{} of {} moved; {now_waits_for}", over.len(), all.len()),
        left: each.map(|each| each.saturating_mul(rest).saturating_sub(running)),
    })
}

/// How long a job will take, by what it moves and what the guest dirties meanwhile; none: it does not come nearer.
pub(super) fn left(job: &GuestJob) -> Option<Duration> {
    let speed = job.bandwidth?.checked_sub(job.dirty_rate.unwrap_or(0)).filter(|s| *s > 0)?;
    Some(Duration::from_secs(job.remaining? / speed))
}
