//! From step to step: what is sent, what is waited for.

use crate::action::condition::{Condition, Seen, Verdict, standing};
use crate::action::inquiry::Query;
use crate::action::journal::{Detail, Kind};
use crate::action::lock;
use crate::action::plain;
use crate::action::plan::{Refusal, When, Work, exact};
use crate::action::whereabouts;
use crate::domain::cluster::Cluster;
use crate::domain::node::NodeKey;
use crate::domain::observation::Question;
use crate::domain::stamp::Stamp;
use crate::domain::task::{Action, Progress, StepState, Target, TaskStatus};
use crate::link::{Ask, AskId, ChangeId, CommandLine, Order, StreamId};

use super::run::{LOCK_PATIENCE, Phase, Run};
use super::{Executor, LOOK, Out, outcome};

impl Executor {
    /// Asks for the lock on the target.
    pub(super) fn lock(&mut self, run: &mut Run, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) -> Result<(), Refusal> {
        let intent = run.ticket.plan().intent.clone();
        let key = |name: &str| cluster.member(name)?.node;
        let places = plain::places(&intent.action, cluster).unwrap_or_else(|| whereabouts::arbiters(cluster, &intent.action));
        run.posts = places.iter().filter_map(|name| key(name)).collect();
        if let (true, Target::Node(name)) = (lock::is_fencing(&intent.action), &run.ticket.plan().target) {
            run.fenced = key(name);
        }
        if run.posts.is_empty() {
            return Err(Refusal::new(
                "no-post",
                "no member can be reached that could keep other quorates off",
                "connect quorate to a member",
            ));
        }
        self.journal.write(&intent, Kind::Begin, Detail::default(), now).map_err(|e| {
            Refusal::new("no-journal", format!("the journal cannot be written: {e}"), "make room, or a folder that can be written to")
        })?;
        self.ask_lock(run, now, out);
        Ok(())
    }

    /// Asks for the lock on the next node where it lies. False: it was asked for on all.
    pub(super) fn ask_lock(&mut self, run: &mut Run, now: Stamp, out: &mut Vec<Out>) -> bool {
        let Some(node) = run.posts.pop_front() else { return false };
        let id = StreamId(self.fresh());
        self.locks.insert(id, run.task.id);
        run.locks.push((node, id));
        run.lock_said.clear();
        run.phase = Phase::Locking(now);
        out.push(Out::Order(node, Order::Follow { id, command: lock::command(&run.ticket.plan().intent) }));
        true
    }

    /// The next step that may run, after this one; none: the end.
    pub(super) fn advance(&mut self, run: &mut Run, after: Option<usize>, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        let mut at = after.map_or(0, |a| a + 1);
        loop {
            let Some(step) = run.ticket.plan().steps.get(at).cloned() else { return self.steps_over(run, now, out) };
            let halted = run.failed.is_some() || run.stopping || run.lost.is_some();
            let due = match step.when {
                When::Well => !halted,
                When::Always => !halted || run.sent,
                When::Settled => run.sent && at.checked_sub(1).is_some_and(|before| run.went_well(before)),
                When::Broken => run.failed.is_some() && run.sent && at.checked_sub(1).is_some_and(|before| run.was_tried(before)),
            };
            if !due {
                run.mark(at, StepState::Skipped, now);
                at += 1;
                continue;
            }
            run.task.status = TaskStatus::Running;
            run.task.progress = None;
            run.mark(at, StepState::Running, now);
            // A wait before something is made good asks whether what broke took effect after all: what was never sent cannot have.
            if step.when == When::Broken
                && matches!(step.work, Work::Wait { .. })
                && at.checked_sub(1).is_some_and(|b| run.was_never_sent(b))
            {
                run.print(at, "what broke was never sent".to_owned());
                run.mark(at, StepState::Done, now);
                at += 1;
                continue;
            }
            match step.work {
                Work::Change { node, command, .. } => {
                    if self.send(run, at, &node, &command, cluster, now, out) {
                        return;
                    }
                    at += 1;
                }
                Work::Wait { .. } => {
                    run.phase = Phase::Waiting(at, now);
                    run.doubted = false;
                    run.looked = Stamp::default();
                    return self.look(run, cluster, now, out);
                }
                Work::Ask(query) => {
                    run.phase = Phase::Asking(at, now);
                    if self.ask(run, &query, cluster, out) {
                        return;
                    }
                    run.mark(at, StepState::Failed, now);
                    run.fail(format!("{}: {} cannot be reached", step.title, query.node));
                    at += 1;
                }
            }
        }
    }

    /// Sends a changing command: the journal first. False: it was not sent.
    #[allow(clippy::too_many_arguments, reason = "one call")]
    fn send(
        &mut self,
        run: &mut Run,
        at: usize,
        node: &str,
        line: &CommandLine,
        cluster: &Cluster,
        now: Stamp,
        out: &mut Vec<Out>,
    ) -> bool {
        let command = &exact(line);
        let intent = run.ticket.plan().intent.clone();
        let Some(key) = cluster.member(node).filter(|m| whereabouts::is_within_reach(m)).and_then(|m| m.node) else {
            run.mark(at, StepState::Failed, now);
            run.fail(format!("{node} cannot be reached: '{command}' was not sent"));
            return false;
        };
        let detail = Detail { step: Some(at + 1), node: Some(node), command: Some(command), argv: Some(line.argv()), ..Detail::default() };
        if let Err(error) = self.journal.write(&intent, Kind::Send, detail, now) {
            run.mark(at, StepState::Failed, now);
            run.fail(format!("the journal cannot be written ({error}): '{command}' was not sent"));
            return false;
        }
        let id = ChangeId(self.fresh());
        let count = run.task.steps.len();
        let note =
            format!("act {} {} by {} from {}: step {} of {count}: {command}", intent.tag, intent.action, intent.by, intent.from, at + 1);
        let Some(change) = run.ticket.draw(at, id, note) else {
            run.mark(at, StepState::Failed, now);
            run.fail("a step is never sent twice".to_owned());
            return false;
        };
        run.sent = true;
        run.last_node = Some(key);
        run.partial.clear();
        run.phase = Phase::Changing(at, id);
        self.changes.insert(id, (run.task.id, at));
        out.push(Out::Order(key, Order::Change(change)));
        true
    }

    /// Asks a question of the run's own. False: its node cannot be reached.
    pub(super) fn ask(&mut self, run: &mut Run, query: &Query, cluster: &Cluster, out: &mut Vec<Out>) -> bool {
        if run.asking.contains(query) {
            return true;
        }
        let Some(key) = cluster.member(&query.node).filter(|m| whereabouts::is_within_reach(m)).and_then(|m| m.node) else { return false };
        let id = AskId(self.fresh());
        self.asks.insert(id, (run.task.id, query.clone()));
        run.asking.insert(query.clone());
        let (lane, total) = query.pace();
        out.push(Out::Order(key, Order::Ask(Ask { id, command: query.command(), lane, first_byte: total, total })));
        true
    }

    /// Looks at what is waited for: once a second, and whenever something new is known.
    pub(super) fn look(&mut self, run: &mut Run, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        match run.phase.clone() {
            Phase::Changing(at, _) => {
                super::ending::judge_all(run, cluster);
                meanwhile(run, cluster);
                let meter = match run.ticket.plan().steps.get(at).map(|s| &s.work) {
                    Some(Work::Change { meter, .. }) => meter.clone(),
                    _ => None,
                };
                self.look_again(run, meter.as_slice(), cluster, now, out);
            }
            Phase::Locking(_) if run.stopping => {
                self.end(run, TaskStatus::Stopped, "stopped before anything was sent".to_owned(), now, out);
            }
            Phase::Locking(since) if since.age(now) > LOCK_PATIENCE => self.lock_is_late(run, cluster, now, out),
            Phase::Over | Phase::Asking(..) | Phase::Locking(_) => {}
            Phase::Waiting(at, since) => self.wait(run, at, since, cluster, now, out),
            Phase::Proving(since) => self.prove(run, since, cluster, now, out),
            Phase::LookingUp(since) => self.look_up(run, since, cluster, now, out),
        }
    }

    fn lock_is_late(&mut self, run: &mut Run, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        if run.fenced.is_some() && run.fenced == run.locks.last().map(|(node, _)| *node) {
            return self.unlocked(run, "the node itself does not answer", cluster, now, out);
        }
        let why = "the lock on the target was not granted in time: nothing was sent".to_owned();
        self.end(run, TaskStatus::Refused, why, now, out);
    }

    fn wait(&mut self, run: &mut Run, at: usize, since: Stamp, cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        let Some(step) = run.ticket.plan().steps.get(at).cloned() else { return };
        let Work::Wait { until, patience, meter, unless } = step.work else { return };
        let verdict = until.judge(&Seen { cluster, found: &run.found, since: run.since });
        if verdict.holds() {
            run.print(at, verdict.words().to_owned());
            run.mark(at, StepState::Done, now);
            return self.advance(run, Some(at), cluster, now, out);
        }
        if let Some(unless) = unless {
            let vain = unless.judge(&Seen { cluster, found: &run.found, since: run.since });
            // A new failure is one whatever was seen before.
            let fell = matches!(*unless, Condition::Fell(..));
            if vain.holds() && (run.doubted || fell) {
                let why = format!("{}: {}", if fell { "it did not come up" } else { "called off meanwhile" }, vain.words());
                run.print(at, why.clone());
                run.mark(at, StepState::Failed, now);
                run.fail(why);
                return self.advance(run, Some(at), cluster, now, out);
            }
            run.doubted |= matches!(vain, Verdict::Not(_));
        }
        let late = since.age(now) > patience;
        // The wait before an `always` step is the last thing that may be cut short; what hangs on its end waits for it.
        if late || (run.stopping && step.when != When::Settled) {
            let why = format!(
                "{}: {}",
                if late { format!("not within {} s", patience.as_secs()) } else { "stopped, no longer waited for".to_owned() },
                verdict.words()
            );
            run.print(at, why.clone());
            let unknown = matches!(verdict, Verdict::Unknown(_));
            run.mark(at, if unknown && late { StepState::Unknown } else { StepState::Failed }, now);
            if unknown && late {
                run.lost.get_or_insert(why);
            } else if late {
                run.fail(why);
            }
            return self.advance(run, Some(at), cluster, now, out);
        }
        if let Some(progress) = outcome::caravan(run, verdict.words(), now) {
            run.task.progress = Some(progress);
        } else if run.task.progress.as_ref().is_none_or(|p| p.percent.is_none()) {
            run.task.progress = Some(Progress { words: verdict.words().to_owned(), ..Progress::default() });
        }
        let queries: Vec<Query> = until.due(cluster).into_iter().cloned().chain(meter).collect();
        self.look_again(run, &queries, cluster, now, out);
    }

    /// Asks anew for what is looked at, once a second.
    pub(super) fn look_again(&mut self, run: &mut Run, queries: &[Query], cluster: &Cluster, now: Stamp, out: &mut Vec<Out>) {
        if !run.looked.is_over(LOOK, now) {
            return;
        }
        run.looked = now;
        let storage = is_of_storage(&run.task.action);
        // What proves an action upon storage beside questions of its own; a node that is slow with LVM's tools is not to be kept busy with them.
        out.push(if storage { Out::RefreshStorage(&[Question::Filesystems]) } else { Out::Refresh });
        for query in queries {
            self.ask(run, query, cluster, out);
        }
    }

    /// Frees the target for others.
    pub(super) fn unlock(&mut self, run: &mut Run, out: &mut Vec<Out>) {
        for (node, id) in std::mem::take(&mut run.locks) {
            self.locks.remove(&id);
            out.push(Out::Order(node, Order::Unfollow(id)));
        }
    }

    /// A line in the log of the node where the last command ran, so that other quorates see the end.
    pub(super) fn say_on_node(&mut self, run: &Run, node: NodeKey, words: &str, out: &mut Vec<Out>) {
        let intent = &run.ticket.plan().intent;
        let note = format!("act {} {} by {} from {}: {words}", intent.tag, intent.action, intent.by, intent.from);
        let command = CommandLine::new("logger", ["-t", "quorate", "--", &note]);
        let total = std::time::Duration::from_secs(5);
        let id = AskId(self.fresh());
        out.push(Out::Order(node, Order::Ask(Ask { id, command, lane: crate::link::Lane::Fast, first_byte: total, total })));
    }
}

/// Whether it changes volumes.
pub(super) const fn is_of_storage(action: &Action) -> bool {
    matches!(action, Action::Grow { .. } | Action::Evacuate { .. })
}

/// rgmanager's tools say nothing until all is done: what the service does meanwhile is how far it is.
fn meanwhile(run: &mut Run, cluster: &Cluster) {
    let Target::Service(id) = &run.ticket.plan().target else { return };
    if let Some(service) = cluster.service(id).filter(|s| s.rhcs.is_some()) {
        run.task.progress = Some(Progress { words: standing(service), ..Progress::default() });
    }
}
