//! The right to run one plan, once.

use std::time::Duration;

use crate::action::plan::{Plan, Work};
use crate::domain::stamp::Stamp;
use crate::link::{ChangeId, CommandLine};

/// The right to run one plan, once. Only the gate makes one; it cannot be copied.
#[derive(Debug)]
pub struct Ticket {
    plan: Plan,
    issued: Stamp,
    /// Which steps were drawn already.
    drawn: Vec<bool>,
}

/// For how long a ticket counts: what was true then need not be later.
pub const LIFETIME: Duration = Duration::from_secs(15);

impl Ticket {
    /// For the gate alone.
    pub(super) fn issue(plan: Plan, issued: Stamp) -> Self {
        let drawn = vec![false; plan.steps.len()];
        Self { plan, issued, drawn }
    }

    /// What it is for.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether it still counts.
    pub fn is_fresh(&self, now: Stamp) -> bool {
        self.issued.age(now) <= LIFETIME
    }

    /// The changing command of one step, as a link takes it. Each step gives it once: a second time there is none, whatever happened to the first.
    pub fn draw(&mut self, step: usize, id: ChangeId, note: String) -> Option<Change> {
        let drawn = self.drawn.get_mut(step)?;
        let Work::Change { command, patience, .. } = &self.plan.steps.get(step)?.work else { return None };
        let first = !std::mem::replace(drawn, true);
        first.then(|| Change { id, command: command.clone(), note, patience: *patience })
    }
}

/// A changing command on its way to a link. It comes out of a [`Ticket`], and cannot be copied.
#[derive(Debug)]
pub struct Change {
    id: ChangeId,
    command: CommandLine,
    note: String,
    patience: Duration,
}

impl Change {
    /// Its name.
    pub const fn id(&self) -> ChangeId {
        self.id
    }

    /// What to run.
    pub const fn command(&self) -> &CommandLine {
        &self.command
    }

    /// The line for the node's log.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// How long its answer is waited for.
    pub const fn patience(&self) -> Duration {
        self.patience
    }
}
