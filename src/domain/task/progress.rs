//! How far an action is: tasks and their steps.

use std::sync::Arc;
use std::time::Duration;

use super::Action;
use crate::domain::stamp::Stamp;

/// Names a task of this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// How an action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskStatus {
    /// Waits for the lock that keeps other quorates off the target.
    Waiting,
    /// Its steps run.
    Running,
    /// All steps are done; an independent plane is asked whether it is so.
    Proving,
    /// Done and proved.
    Done,
    /// It failed, or is done and not so.
    Failed,
    /// Stopped by the operator between two steps.
    Stopped,
    /// Refused before anything was sent.
    Refused,
    /// The answer to a changing command was lost: whether it took effect is not known.
    Unknown,
}

impl TaskStatus {
    /// One word for columns.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Proving => "proving",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    /// Whether nothing more will happen.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Stopped | Self::Refused | Self::Unknown)
    }
}

/// How one step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the words say it")]
pub enum StepState {
    #[default]
    Pending,
    Running,
    Done,
    Failed,
    /// Its answer was lost.
    Unknown,
    /// Not run, because an earlier one failed or the operator stopped.
    Skipped,
}

impl StepState {
    /// One word for columns.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// One step of a task, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskStep {
    /// What it does.
    pub title: String,
    /// The exact command; none for a wait.
    pub command: Option<String>,
    /// All of it, the program first; empty for a wait.
    pub argv: Vec<String>,
    /// The tools that it runs, where it is a script of several lines.
    pub tools: Vec<String>,
    /// Where it runs.
    pub node: Option<Arc<str>>,
    /// How it stands.
    pub state: StepState,
    /// The last lines that it printed, harmless.
    pub output: Vec<String>,
    /// Its exit status.
    pub code: Option<i32>,
    /// When it began.
    pub began: Option<Stamp>,
    /// When it ended.
    pub ended: Option<Stamp>,
}

/// How far a long step is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Percent, where it can be known.
    pub percent: Option<u8>,
    /// In words: `412 of 1024 MiB`.
    pub words: String,
    /// Time left, by what was done so far.
    pub left: Option<Duration>,
}

/// An action under way or over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// What.
    pub action: Action,
    /// How it stands.
    pub status: TaskStatus,
    /// `user@host` of the operator.
    pub by: String,
    /// Where the operator sits (the SSH client's address, or the terminal).
    pub from: String,
    /// When it was confirmed.
    pub started: Stamp,
    /// When it was over.
    pub ended: Option<Stamp>,
    /// Its steps.
    pub steps: Vec<TaskStep>,
    /// How far the step that runs is.
    pub progress: Option<Progress>,
    /// How it ended, in one sentence.
    pub result: Option<String>,
    /// What was proved, line by line, and what was not.
    pub proof: Vec<String>,
    /// What the operator should know beside it.
    pub notices: Vec<String>,
    /// What takes it back.
    pub undo: Option<Action>,
}

impl Task {
    /// How many steps are over, and how many there are.
    pub fn count(&self) -> (usize, usize) {
        let over = self.steps.iter().filter(|s| !matches!(s.state, StepState::Pending | StepState::Running)).count();
        (over, self.steps.len())
    }
}
