//! One ticket being run.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use crate::action::gate::Ticket;
use crate::action::inquiry::{Findings, Query};
use crate::action::plan::Undo;
use crate::domain::node::NodeKey;
use crate::domain::observation::simulation::GuestJob;
use crate::domain::stamp::Stamp;
use crate::domain::task::{StepState, Task, TaskId, TaskStatus, TaskStep};
use crate::link::{ChangeId, StreamId};

use super::{LOOK, outcome};
use crate::action::migration;

/// How long a lock is waited for.
pub(super) const LOCK_PATIENCE: Duration = Duration::from_secs(15);
/// How long the proof is looked for after the last step.
pub(super) const PROOF_PATIENCE: Duration = Duration::from_secs(45);
/// The same where something has not been told yet: a node under load may take minutes for its answer.
pub(super) const UNHEARD_PATIENCE: Duration = Duration::from_secs(180);
/// How long it is looked up again what became of a command whose answer was lost.
pub(super) const LOOKUP_PATIENCE: Duration = Duration::from_secs(25);
/// Lines of output that a step keeps.
const LINES: usize = 400;

/// So many looks in a row must say that a migration will not end.
const SURE: u8 = 3;
/// How that verdict begins.
const HOPELESS: &str = "will not converge";

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waits for the lock.
    Locking(Stamp),
    /// A changing command of this step is out.
    Changing(usize, ChangeId),
    /// Waits in this step, since then.
    Waiting(usize, Stamp),
    /// Asks in this step, since then.
    Asking(usize, Stamp),
    /// All steps are done: looks for the proof, since then.
    Proving(Stamp),
    /// An answer was lost: looks what is there, since then.
    LookingUp(Stamp),
    /// Over.
    Over,
}

#[derive(Debug)]
pub(super) struct Run {
    pub ticket: Ticket,
    pub task: Task,
    pub phase: Phase,
    /// The lock's streams, and on which nodes; the last is the one that is asked while the lock is waited for.
    pub locks: Vec<(NodeKey, StreamId)>,
    /// Where the lock has to be taken yet.
    pub posts: VecDeque<NodeKey>,
    /// The node that is fenced: where it says nothing of the lock, that stands in nobody's way.
    pub fenced: Option<NodeKey>,
    pub lock_said: Vec<u8>,
    /// A lock was granted, and none was lost since.
    pub held: bool,
    /// A changing command was sent.
    pub sent: bool,
    /// The first failure.
    pub failed: Option<String>,
    /// The answer to a changing command was lost, or nobody could be asked any more.
    pub lost: Option<String>,
    /// What would end the wait in vain was seen not to be so.
    pub doubted: bool,
    /// How many times in a row its migration did not look like ending.
    pub hopeless: u8,
    /// The operator wants it stopped.
    pub stopping: bool,
    /// What is older than this says nothing about the step that runs.
    pub since: Stamp,
    pub found: Findings,
    /// Questions on their way.
    pub asking: BTreeSet<Query>,
    pub looked: Stamp,
    /// A line of output that is not complete yet.
    pub partial: Vec<u8>,
    /// Conditions of the proof that were seen once, where that is enough.
    pub latched: Vec<Option<String>>,
    /// The node of the last changing command, for the closing line in its log.
    pub last_node: Option<NodeKey>,
}

impl Run {
    pub(super) fn new(id: TaskId, ticket: Ticket, now: Stamp) -> Self {
        let plan = ticket.plan();
        let steps = plan.steps.iter().map(|step| TaskStep {
            title: step.title.clone(),
            command: step.command(),
            argv: step.sends().map(|command| command.argv().to_vec()).unwrap_or_default(),
            tools: step.tools(),
            node: step.node().cloned(),
            ..TaskStep::default()
        });
        let task = Task {
            id,
            action: plan.intent.action.clone(),
            status: TaskStatus::Waiting,
            by: plan.intent.by.clone(),
            from: plan.intent.from.clone(),
            started: now,
            ended: None,
            steps: steps.collect(),
            progress: None,
            result: None,
            proof: Vec::new(),
            notices: Vec::new(),
            undo: if let Undo::By(action) = &plan.undo { Some(action.clone()) } else { None },
        };
        let latched = vec![None; plan.proof.len()];
        Self {
            ticket,
            task,
            phase: Phase::Locking(now),
            locks: Vec::new(),
            posts: VecDeque::new(),
            fenced: None,
            lock_said: Vec::new(),
            held: false,
            sent: false,
            failed: None,
            lost: None,
            doubted: false,
            hopeless: 0,
            stopping: false,
            since: now,
            found: Findings::default(),
            asking: BTreeSet::new(),
            looked: Stamp::default(),
            partial: Vec::new(),
            latched,
            last_node: None,
        }
    }

    pub(super) fn next_wake(&self) -> Option<Stamp> {
        match self.phase {
            Phase::Over => None,
            Phase::Locking(since) => Some(since.after(LOCK_PATIENCE)),
            _ => Some(self.looked.after(LOOK)),
        }
    }

    /// Whether it is this stream of a lock that has to answer now.
    pub(super) fn asks_lock(&self, id: StreamId) -> bool {
        matches!(self.phase, Phase::Locking(_)) && self.locks.last().is_some_and(|(_, asked)| *asked == id)
    }

    pub(super) fn went_well(&self, at: usize) -> bool {
        self.task.steps.get(at).is_some_and(|step| step.state == StepState::Done)
    }

    /// It ran, however it went.
    pub(super) fn was_tried(&self, at: usize) -> bool {
        self.task.steps.get(at).is_some_and(|step| !matches!(step.state, StepState::Pending | StepState::Skipped))
    }

    /// It failed before its command was on its way.
    pub(super) fn was_never_sent(&self, at: usize) -> bool {
        self.task.steps.get(at).is_some_and(|step| step.state == StepState::Failed && step.command.is_some() && step.code.is_none())
    }

    pub(super) fn mark(&mut self, at: usize, state: StepState, now: Stamp) {
        if let Some(step) = self.task.steps.get_mut(at) {
            step.state = state;
            match state {
                StepState::Running => step.began = Some(now),
                StepState::Pending | StepState::Skipped => {}
                _ => step.ended = Some(now),
            }
        }
    }

    pub(super) fn print(&mut self, at: usize, line: String) {
        if let Some(step) = self.task.steps.get_mut(at) {
            if step.output.len() >= LINES {
                step.output.remove(0);
            }
            step.output.push(line);
        }
    }

    /// How far a migration is; the verdict, once it is certain that it does not come nearer.
    pub(super) fn migrates(&mut self, job: &GuestJob) {
        let Some(progress) = outcome::progress(job) else { return };
        self.task.progress = Some(progress);
        self.hopeless = if job.converges() == Some(false) { self.hopeless.saturating_add(1) } else { 0 };
        let told = self.task.notices.iter().any(|n| n.starts_with(HOPELESS));
        if self.hopeless >= SURE
            && !told
            && let Some(verdict) = migration::verdict(job)
        {
            self.task.notices.push(verdict);
        }
    }

    pub(super) fn fail(&mut self, why: String) {
        self.failed.get_or_insert(why);
    }
}
