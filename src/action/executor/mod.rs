//! The only code that can send a changing command.
//!
//! It takes tickets of the gate and nothing else. Like `watch` it is a pure machine: it is told what links report, what the picture is and what time it is, and says
//! what to order from links. Its one piece of I/O is the journal, written before each changing command.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::cluster::Cluster;
use crate::domain::node::NodeKey;
use crate::domain::observation::Question;
use crate::domain::stamp::Stamp;
use crate::domain::task::{Task, TaskId};
use crate::link::{AskId, ChangeId, Order, Report, StreamId};

use super::gate::Ticket;
use super::inquiry::Query;
use super::journal::Journal;
use super::plan::Refusal;

mod ending;
pub mod hearing;
mod outcome;
mod run;
mod steps;

use run::Run;

/// Ids of its own begin here: `watch` counts from 1.
const FIRST_ID: u64 = 1 << 62;
/// How often what is waited for is looked at.
pub const LOOK: Duration = Duration::from_secs(1);

/// What it wants done.
#[derive(Debug)]
pub enum Out {
    /// Give this order to a node's link.
    Order(NodeKey, Order),
    /// The manager's view, the constraints and the votes are wanted anew.
    Refresh,
    /// So are every node's answers to these.
    RefreshStorage(&'static [Question]),
    /// A task changed.
    Task(Box<Task>),
}

/// Runs tickets.
#[derive(Debug)]
pub struct Executor {
    journal: Journal,
    runs: BTreeMap<TaskId, Run>,
    next: u64,
    changes: BTreeMap<ChangeId, (TaskId, usize)>,
    asks: BTreeMap<AskId, (TaskId, Query)>,
    locks: BTreeMap<StreamId, TaskId>,
}

impl Executor {
    /// With its journal: without one nothing may be changed.
    pub const fn new(journal: Journal) -> Self {
        Self { journal, runs: BTreeMap::new(), next: FIRST_ID, changes: BTreeMap::new(), asks: BTreeMap::new(), locks: BTreeMap::new() }
    }

    /// Begins. Nothing is sent yet but the question for the lock.
    pub fn start(&mut self, ticket: Ticket, cluster: &Cluster, now: Stamp) -> Result<(TaskId, Vec<Out>), Refusal> {
        if !ticket.is_fresh(now) {
            return Err(Refusal::new("stale", "what this rests on is too old by now", "plan anew"));
        }
        let id = TaskId(self.fresh());
        let mut run = Run::new(id, ticket, now);
        let mut out = Vec::new();
        self.lock(&mut run, cluster, now, &mut out)?;
        out.push(Out::Task(Box::new(run.task.clone())));
        self.runs.insert(id, run);
        Ok((id, out))
    }

    /// All tasks of this session, the oldest first.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.runs.values().map(|run| &run.task)
    }

    /// One task.
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.runs.get(&id).map(|run| &run.task)
    }

    /// Whether something is under way.
    pub fn is_busy(&self) -> bool {
        self.tasks().any(|task| !task.status.is_over())
    }

    /// The operator stops a task: the step that runs is finished, of the others only those that leave nothing behind.
    pub fn stop(&mut self, id: TaskId) {
        if let Some(run) = self.runs.get_mut(&id) {
            run.stopping = true;
        }
    }

    /// When [`Executor::tick`] wants to be called next.
    pub fn next_wake(&self) -> Option<Stamp> {
        self.runs.values().filter_map(Run::next_wake).min()
    }

    /// Time passed, or the picture changed.
    pub fn tick(&mut self, cluster: &Cluster, now: Stamp) -> Vec<Out> {
        let mut out = Vec::new();
        self.each(&mut out, |this, run, out| this.look(run, cluster, now, out));
        out
    }

    /// A link spoke. What is not for the executor is given back.
    pub fn report(&mut self, report: Report, cluster: &Cluster, now: Stamp) -> Result<Vec<Out>, Report> {
        let Some(task) = self.concerned(&report) else { return Err(report) };
        let mut out = Vec::new();
        if let Some(mut run) = self.runs.remove(&task) {
            let before = run.task.clone();
            self.hear(&mut run, report, cluster, now, &mut out);
            tell(&before, &run, &mut out);
            self.runs.insert(task, run);
        }
        Ok(out)
    }

    fn concerned(&self, report: &Report) -> Option<TaskId> {
        match report {
            Report::Output { id, .. } | Report::Changed { id, .. } => self.changes.get(id).map(|(task, _)| *task),
            Report::Data { id, .. } | Report::Ended { id, .. } => self.locks.get(id).copied(),
            Report::Answer { id, .. } => self.asks.get(id).map(|(task, _)| *task),
            _ => None,
        }
    }

    fn each(&mut self, out: &mut Vec<Out>, mut work: impl FnMut(&mut Self, &mut Run, &mut Vec<Out>)) {
        for id in self.runs.keys().copied().collect::<Vec<_>>() {
            let Some(mut run) = self.runs.remove(&id) else { continue };
            let before = run.task.clone();
            work(self, &mut run, out);
            tell(&before, &run, out);
            self.runs.insert(id, run);
        }
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

fn tell(before: &Task, run: &Run, out: &mut Vec<Out>) {
    if *before != run.task {
        out.push(Out::Task(Box::new(run.task.clone())));
    }
}
