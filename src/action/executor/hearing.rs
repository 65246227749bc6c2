//! What links say to a run.

use crate::action::inquiry::{Finding, Findings, Query};
use crate::action::journal::{Detail, Kind};
use crate::action::lock;
use crate::action::plan::{Reads, Work};
use crate::domain::cluster::Cluster;
use crate::domain::observation::{Trouble, TroubleKind};
use crate::domain::redact;
use crate::domain::stamp::Stamp;
use crate::domain::task::{Progress, StepState, TaskStatus};
use crate::link::{Answer, AskError, ChangeError, NO_SESSION, Report, StreamId};
use crate::probe::Raw;

use super::run::{Phase, Run};
use super::{Executor, Out, outcome};

impl Executor {
    /// Takes a report that concerns this run.
    pub(super) fn hear(&mut self, run: &mut Run, report: Report, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        match report {
            Report::Data { id, bytes, .. } => self.lock_spoke(run, id, &bytes, cluster, now, out),
            Report::Ended { id, why } => self.lock_ended(run, id, &why, cluster, now, out),
            Report::Output { id, bytes, .. } => {
                if let Some((_, at)) = self.changes.get(&id).copied() {
                    printed(run, at, &bytes);
                }
            }
            Report::Changed { id, result } => {
                if let Some((_, at)) = self.changes.remove(&id) {
                    self.changed(run, at, result, cluster, now, out);
                }
            }
            Report::Answer { id, result } => {
                if let Some((_, query)) = self.asks.remove(&id) {
                    self.answered(run, &query, result, cluster, now, out);
                }
            }
            _ => {}
        }
    }

    fn lock_spoke(&mut self, run: &mut Run, id: StreamId, bytes: &[u8], cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        if !run.asks_lock(id) {
            return;
        }
        run.lock_said.extend_from_slice(bytes);
        run.lock_said.truncate(4096);
        match lock::said(&run.lock_said) {
            None => {}
            Some(lock::Said::Held) => {
                run.held = true;
                self.locked(run, cluster, now, out);
            }
            Some(lock::Said::Busy(who)) => {
                let why = format!("another quorate is at work on this target: {who}; nothing was sent");
                self.end(run, TaskStatus::Refused, why, now, out);
            }
            Some(lock::Said::Unable) => {
                self.unlocked(run, "that node has no flock, or its file is another user's", cluster, now, out);
            }
        }
    }

    fn lock_ended(&mut self, run: &mut Run, id: StreamId, why: &str, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        let asked = run.asks_lock(id);
        let Some(at) = run.locks.iter().position(|(_, lock)| *lock == id) else { return };
        let (node, _) = run.locks.remove(at);
        self.locks.remove(&id);
        let is_fenced = run.fenced == Some(node);
        // A node that has no room for it never will; one that was lost may have given the lock to another quorate.
        if asked && (is_fenced || why.starts_with(NO_SESSION)) {
            return self.unlocked(run, why, cluster, now, out);
        }
        // What is fenced takes its lock with it.
        if is_fenced || run.phase == Phase::Over {
            return;
        }
        if matches!(run.phase, Phase::Locking(_)) {
            let why = format!("whether another quorate is at work on this target could not be asked ({why}); nothing was sent: try again");
            self.end(run, TaskStatus::Refused, why, now, out);
        } else if run.held {
            run.task.notices.push(format!("the lock on the target was lost: {why}"));
            run.held = false;
        }
    }

    /// Without a lock the action still runs: in an emergency a missing tool must not stand in the way. The operator is told.
    pub(super) fn unlocked(&mut self, run: &mut Run, why: &str, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        let words = if run.held || !run.posts.is_empty() { "one lock less keeps" } else { "no lock keeps" };
        run.task.notices.push(format!("{words} other quorates off this target: {why}"));
        self.locked(run, cluster, now, out);
    }

    /// What one node says of the lock is known: the next is asked, else it begins.
    fn locked(&mut self, run: &mut Run, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        if !self.ask_lock(run, now, out) {
            run.since = now;
            self.advance(run, None, cluster, now, out);
        }
    }

    fn changed(
        &mut self,
        run: &mut Run,
        at: usize,
        result: Result<Answer, ChangeError>,
        cluster: &Cluster,
        now: Stamp,
        out: &mut Vec<Out>,
    ) {
        if !matches!(run.phase, Phase::Changing(step, _) if step == at) {
            return;
        }
        flush(run, at);
        run.since = now;
        // What was answered before says nothing about what is so now.
        run.found = Findings::default();
        let intent = run.ticket.plan().intent.clone();
        let title = run.task.steps.get(at).map(|s| s.title.clone()).unwrap_or_default();
        let reads = match run.ticket.plan().steps.get(at).map(|s| &s.work) {
            Some(Work::Change { reads, .. }) => reads.clone(),
            _ => Reads::Status,
        };
        let (kind, code, said) = match &result {
            Ok(answer) => (Kind::Answer, Some(answer.code), last_words(answer)),
            Err(ChangeError::NotSent(trouble)) => (Kind::NotSent, None, trouble.to_string()),
            Err(ChangeError::Unknown(trouble)) => (Kind::Lost, None, trouble.to_string()),
        };
        let detail = Detail { step: Some(at + 1), code, text: (!said.is_empty()).then_some(said.as_str()), ..Detail::default() };
        if let Err(error) = self.journal.write(&intent, kind, detail, now) {
            run.task.notices.push(format!("the journal could not be written: {error}"));
        }
        match result {
            Ok(answer) => {
                if let Some(step) = run.task.steps.get_mut(at) {
                    step.code = Some(answer.code);
                }
                match outcome::of_change(&reads, &answer, &said) {
                    outcome::Became::Good(words) => {
                        run.mark(at, StepState::Done, now);
                        run.task.notices.extend(words.map(|words| format!("{title}: {words}")));
                    }
                    outcome::Became::Bad(words) => {
                        run.mark(at, StepState::Failed, now);
                        run.fail(format!("{title}: {words}"));
                    }
                    outcome::Became::Unclear(words) => return lost(run, at, format!("{title}: its answer does not tell ({words})"), now),
                }
                self.advance(run, Some(at), cluster, now, out);
            }
            Err(ChangeError::NotSent(trouble)) => {
                run.mark(at, StepState::Failed, now);
                run.print(at, format!("not sent: {trouble}"));
                run.sent = run.task.steps.iter().any(|s| s.code.is_some());
                run.fail(format!("{title}: not sent: {trouble}"));
                self.advance(run, Some(at), cluster, now, out);
            }
            Err(ChangeError::Unknown(trouble)) => {
                run.print(at, format!("the answer was lost: {trouble}"));
                lost(run, at, format!("{title}: the answer was lost ({trouble})"), now);
            }
        }
    }

    fn answered(
        &mut self,
        run: &mut Run,
        query: &Query,
        result: Result<Answer, AskError>,
        cluster: &Cluster,
        now: Stamp,
        out: &mut Vec<Out>,
    ) {
        run.asking.remove(query);
        let found = read(query, result);
        if let Ok(Finding::Job(job)) = &found {
            run.migrates(job);
        }
        run.found.put(query.clone(), found.clone());
        if let Phase::Asking(at, _) = run.phase {
            match outcome::of_question(query, &found) {
                Ok(words) => {
                    run.print(at, words);
                    run.mark(at, StepState::Done, now);
                }
                Err(words) => {
                    run.print(at, words.clone());
                    run.mark(at, StepState::Failed, now);
                    // The other nodes are asked all the same: each answer says something.
                    run.task.notices.push(words);
                }
            }
            self.advance(run, Some(at), cluster, now, out);
        } else {
            self.look(run, cluster, now, out);
        }
    }
}

/// What a command did is not known: nothing more is sent, and it is looked up.
fn lost(run: &mut Run, at: usize, why: String, now: Stamp) {
    run.mark(at, StepState::Unknown, now);
    run.lost = Some(why);
    for later in at + 1..run.task.steps.len() {
        run.mark(later, StepState::Skipped, now);
    }
    run.phase = Phase::LookingUp(now);
    run.looked = Stamp::default();
}

fn read(query: &Query, result: Result<Answer, AskError>) -> Result<Finding, Trouble> {
    let command = query.command().display();
    match result {
        Ok(answer) => query.parse(Raw { command: &command, stdout: &answer.stdout, stderr: &answer.stderr, code: answer.code }),
        Err(AskError::Late(limit)) => {
            Err(Trouble::new(TroubleKind::Late, &format!("'{command}' gave no answer within {} s", limit.as_secs())))
        }
        Err(AskError::Lost(trouble)) => Err(Trouble::new(TroubleKind::Lost, &trouble.to_string())),
        Err(AskError::TooLong(limit)) => Err(Trouble::new(TroubleKind::Garbled, &format!("'{command}' printed more than {limit} bytes"))),
    }
}

/// As [`read`], for who asks before there is a run.
pub fn understand(query: &Query, result: Result<Answer, AskError>) -> Result<Finding, Trouble> {
    read(query, result)
}

fn printed(run: &mut Run, at: usize, bytes: &[u8]) {
    run.partial.extend_from_slice(bytes);
    // A progress bar overwrites its line with a carriage return: each is a line here.
    while let Some(end) = run.partial.iter().position(|b| matches!(b, b'\n' | b'\r')) {
        let line: Vec<u8> = run.partial.drain(..=end).collect();
        let line = redact::said_bytes(line.trim_ascii());
        if !line.is_empty() {
            if let Some(percent) = outcome::percent(&line) {
                run.task.progress = Some(Progress { percent: Some(percent), words: line.clone(), left: None });
            }
            run.print(at, line);
        }
    }
    if run.partial.len() > 64 << 10 {
        flush(run, at);
    }
}

fn flush(run: &mut Run, at: usize) {
    let rest = std::mem::take(&mut run.partial);
    let line = redact::said_bytes(rest.trim_ascii());
    if !line.is_empty() {
        run.print(at, line);
    }
}

/// What a command said last: standard error before standard output, one line.
fn last_words(answer: &Answer) -> String {
    let said = if answer.stderr.trim_ascii().is_empty() { &answer.stdout } else { &answer.stderr };
    let lines: Vec<&[u8]> = said.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|l| !l.is_empty()).collect();
    let tail = lines.iter().rev().take(3).rev().copied().collect::<Vec<_>>().join(&b"; "[..]);
    redact::said_bytes(tail.get(..tail.len().min(600)).unwrap_or_default())
}
