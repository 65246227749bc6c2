//! How a run ends: proof, look-up, the last words.

use crate::action::back;
use crate::action::commands::moved_by;
use crate::action::condition::{Condition, Seen, Verdict};
use crate::action::inquiry::Query;
use crate::action::journal::{Detail, Kind};
use crate::action::plan::{When, Work};
use crate::domain::cluster::Cluster;
use crate::domain::observation::Question;
use crate::domain::stamp::Stamp;
use crate::domain::task::{Action, NodeVerb, StepState, TaskStatus};

use super::run::{LOOKUP_PATIENCE, PROOF_PATIENCE, Phase, Run, UNHEARD_PATIENCE};
use super::steps::is_of_storage;
use super::{Executor, Out};

impl Executor {
    /// No step is left.
    pub(super) fn steps_over(&mut self, run: &mut Run, now: Stamp, out: &mut Vec<Out>) {
        run.task.progress = None;
        run.looked = Stamp::default();
        if let Some(why) = unfenceable(run) {
            run.fail(why);
        }
        if run.lost.is_some() {
            run.phase = Phase::LookingUp(now);
        } else if let Some(why) = run.failed.clone() {
            let why = with_undone(run, why);
            let why = salvaged(run, why);
            self.end(run, TaskStatus::Failed, why, now, out);
        } else if run.stopping {
            let why = with_undone(run, "stopped by the operator; what was done stays done, and what is on its way goes on".to_owned());
            let why = salvaged(run, why);
            self.end(run, TaskStatus::Stopped, why, now, out);
        } else {
            run.task.status = TaskStatus::Proving;
            run.phase = Phase::Proving(now);
        }
    }

    pub(super) fn prove(&mut self, run: &mut Run, since: Stamp, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        let verdicts = judge_all(run, cluster);
        if verdicts.iter().all(Verdict::holds) {
            // What was tried and did not answer well is no success, though nothing had to change.
            let sour = run.task.steps.iter().any(|s| s.state == StepState::Failed);
            let status = if sour { TaskStatus::Failed } else { TaskStatus::Done };
            if !sour {
                run.task.notices.extend(run.ticket.plan().remains.iter().cloned());
            }
            let result = if sour { run.task.notices.join("; ") } else { "done and proved".to_owned() };
            run.task.proof = verdicts.iter().map(|v| v.words().to_owned()).collect();
            return self.end(run, status, result, now, out);
        }
        // Who has not told anything yet may only be slow; who has told something else has had its time.
        let unheard = verdicts.iter().any(|v| matches!(v, Verdict::Unknown(_)));
        if since.age(now) > if unheard { UNHEARD_PATIENCE } else { PROOF_PATIENCE } || run.stopping {
            run.task.proof = verdicts.iter().map(line).collect();
            let bad = verdicts.iter().find(|v| matches!(v, Verdict::Not(_))).or_else(|| verdicts.iter().find(|v| !v.holds()));
            let why = format!("all steps ran, but it is not proved: {}", bad.map(Verdict::words).unwrap_or_default());
            let status = if matches!(bad, Some(Verdict::Unknown(_))) { TaskStatus::Unknown } else { TaskStatus::Failed };
            return self.end(run, status, why, now, out);
        }
        let queries = proof_queries(run, cluster);
        self.look_again(run, &queries, cluster, now, out);
    }

    /// What became of a command whose answer was lost: it is looked at, never repeated.
    pub(super) fn look_up(&mut self, run: &mut Run, since: Stamp, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        let verdicts = judge_all(run, cluster);
        let known = verdicts.iter().all(|v| !matches!(v, Verdict::Unknown(_)));
        // The command may still be at work: what is there right now need not be the end of it.
        let settled = verdicts.iter().all(Verdict::holds);
        if settled || since.age(now) > LOOKUP_PATIENCE || (known && run.stopping) {
            run.task.proof = verdicts.iter().map(line).collect();
            let found: Vec<&str> = verdicts.iter().map(Verdict::words).collect();
            let lost = run.lost.clone().unwrap_or_default();
            let mut why = format!("outcome unknown: {lost}; it was not sent again. Looked up: {}", found.join("; "));
            if let Some(left) = left_behind(run, cluster) {
                why.push_str("; ");
                why.push_str(&left);
            }
            let why = salvaged(run, why);
            return self.end(run, TaskStatus::Unknown, why, now, out);
        }
        let queries = proof_queries(run, cluster);
        self.look_again(run, &queries, cluster, now, out);
    }

    /// Ends the run.
    pub(super) fn end(&mut self, run: &mut Run, status: TaskStatus, result: String, now: Stamp, out: &mut Vec<Out>) {
        for at in 0..run.task.steps.len() {
            if run.task.steps.get(at).is_some_and(|s| matches!(s.state, StepState::Pending)) {
                run.mark(at, StepState::Skipped, now);
            }
        }
        if !run.sent {
            run.task.undo = None;
        } else if status != TaskStatus::Done {
            halfway(run);
        }
        run.phase = Phase::Over;
        run.task.progress = None;
        run.task.status = status;
        run.task.ended = Some(now);
        let words = format!("{}: {result}", status.word());
        run.task.result = Some(result);
        let detail = Detail { text: Some(&words), ..Detail::default() };
        let intent = run.ticket.plan().intent.clone();
        if let Err(error) = self.journal.write(&intent, Kind::End, detail, now) {
            run.task.notices.push(format!("the journal could not be written: {error}"));
        }
        if let Some(node) = run.last_node.filter(|_| run.sent) {
            self.say_on_node(run, node, &words, out);
        }
        self.unlock(run, out);
        out.push(Out::Refresh);
        if is_of_storage(&run.task.action) {
            out.push(Out::RefreshStorage(&[Question::Lvs, Question::Vgs, Question::Pvs, Question::Filesystems]));
        }
    }
}

/// One node without a device may be as it should; if no node has one, nothing can fence it, and that is what was to be tested.
fn unfenceable(run: &Run) -> Option<String> {
    let Action::Node(NodeVerb::TestFence, node) = &run.task.action else { return None };
    if run.stopping {
        return None;
    }
    let mut seen = run.found.fence_devices().peekable();
    seen.peek()?;
    let none = seen.all(|(_, tests)| tests.is_empty());
    none.then(|| format!("no node has a fence device for {node}: nothing can fence it (pcmk_host_list, pcmk_host_map of the devices)"))
}

pub(super) fn judge_all(run: &mut Run, cluster: &Cluster) -> Vec<Verdict> {
    let seen = Seen { cluster, found: &run.found, since: run.since };
    let mut verdicts = Vec::new();
    for (at, condition) in run.ticket.plan().proof.iter().enumerate() {
        let mut verdict = condition.judge(&seen);
        // A node that was seen to go may be back by the time that all else is proved.
        if let (Condition::Interrupted(..), Some(latch)) = (condition, run.latched.get_mut(at)) {
            match (&verdict, &latch) {
                (Verdict::Holds(words), None) => *latch = Some(words.clone()),
                (_, Some(words)) => verdict = Verdict::Holds(words.clone()),
                _ => {}
            }
        }
        verdicts.push(verdict);
    }
    verdicts
}

fn proof_queries(run: &Run, cluster: &Cluster) -> Vec<Query> {
    run.ticket.plan().proof.iter().flat_map(|condition| condition.due(cluster)).cloned().collect()
}

fn line(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Holds(words) => words.clone(),
        Verdict::Not(words) => format!("NOT: {words}"),
        Verdict::Unknown(words) => format!("UNKNOWN: {words}"),
    }
}

/// What the steps that did not run any more would have tidied: the constraints that stand, and all that was not run.
fn left_behind(run: &Run, cluster: &Cluster) -> Option<String> {
    let left = |condition: &Condition| {
        let (id, left): (&str, Vec<&str>) = match condition {
            Condition::Unmoved(id, node) => (id.as_str(), moved_by(cluster.service(id)?, node)),
            Condition::NoLeftovers(id) => (id.as_str(), cluster.service(id)?.leftovers.iter().map(String::as_str).collect()),
            _ => return None,
        };
        (!left.is_empty()).then(|| format!("left behind: {} (quorate act clear {id})", left.join(", ")))
    };
    let all: Vec<String> = run.ticket.plan().proof.iter().filter_map(left).chain(undone(run)).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// The tidying steps that did not run any more.
fn undone(run: &Run) -> Option<String> {
    let steps = run.ticket.plan().steps.iter().zip(&run.task.steps);
    let tidies = |when: When| matches!(when, When::Always | When::Settled);
    let open =
        steps.filter(|(step, shown)| tidies(step.when) && matches!(step.work, Work::Change { .. }) && shown.state == StepState::Skipped);
    let commands: Vec<String> = open.filter_map(|(step, _)| Some(format!("on {}: {}", step.node()?, step.command()?))).collect();
    (run.sent && !commands.is_empty()).then(|| format!("not run any more: {}", commands.join("; ")))
}

/// A drain that did not come to its end is taken back as far as it came.
fn halfway(run: &mut Run) {
    let (Action::Node(NodeVerb::Drain | NodeVerb::Standby | NodeVerb::Reboot, node), plan) = (&run.task.action, run.ticket.plan()) else {
        return;
    };
    // What was told to go may go, whether that was waited for or not.
    let told = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| run.task.steps.get(before)).map(|step| step.state);
        matches!(before, Some(StepState::Done | StepState::Unknown))
    };
    let waits = |at: usize| match &plan.steps.get(at)?.work {
        Work::Wait { until, .. } if told(at) => Some(until),
        _ => None,
    };
    let all = || (0..plan.steps.len()).filter_map(waits);
    let emptied = all().any(|until| matches!(until, Condition::Empty(_)));
    let left = |until: &Condition| match until {
        Condition::Left(id, _) | Condition::Elsewhere(id, _) => Some(id.clone()),
        _ => None,
    };
    let gone: Vec<String> = all().filter_map(left).collect();
    run.task.undo = match run.task.undo.take() {
        // What was put into standby at once: all of it went.
        Some(Action::PutBack { node, services }) if emptied => Some(Action::PutBack { node, services }),
        _ if emptied || !gone.is_empty() => Some(back::action(node, gone)),
        _ => None,
    };
}

/// Where a guest's memory is that nothing has used: said in the result, and how it is taken up by hand in the notes.
fn salvaged(run: &mut Run, why: String) -> String {
    let Some(salvage) = run.ticket.plan().salvage.clone() else { return why };
    let of = |at: &usize| run.task.steps.get(*at).map(|step| step.state);
    let saved = of(&salvage.saved);
    let untried = matches!(saved, None | Some(StepState::Pending | StepState::Skipped)) || run.was_never_sent(salvage.saved);
    let used = salvage.restored.iter().any(|at| run.went_well(*at));
    if untried || used || run.went_well(salvage.seen) {
        return why;
    }
    // Where an answer was lost, or nobody could be asked, it may run after all.
    let words = salvage.words(saved == Some(StepState::Done) && run.lost.is_none());
    let first = words.first().cloned().unwrap_or_default();
    run.task.notices.extend(words);
    format!("{why}; {first}")
}

fn with_undone(run: &Run, why: String) -> String {
    match undone(run) {
        Some(undone) => format!("{why}; {undone}"),
        None => why,
    }
}
