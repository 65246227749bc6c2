//! `plan` and `act` for pipes.

use crate::action::Refusal;
use crate::domain::task::{Task, TaskStatus};

mod json;
mod text;

pub use json::{plan_json, refused_json, task_json};
pub use text::{plan_text, refused_text, task_text};

/// Exit status of a task: 0 done and proved, 1 failed (or stopped), 4 refused, 5 outcome unknown.
pub const fn task_code(task: &Task) -> u8 {
    match task.status {
        TaskStatus::Done => 0,
        TaskStatus::Failed | TaskStatus::Stopped => 1,
        TaskStatus::Refused => 4,
        TaskStatus::Unknown | TaskStatus::Waiting | TaskStatus::Running | TaskStatus::Proving => 5,
    }
}

/// Exit status for a refusal.
pub const REFUSED: u8 = 4;

/// Whether `plan` counts these as a refusal: it changes nothing, so that what keeps this operator or this session from acting does not keep
/// it from planning.
pub fn stands_against_planning(refusal: &Refusal) -> bool {
    !matches!(refusal.code, "role" | "read-only" | "second-operator" | "no-journal")
}
