//! What an operator can have done, and how far it is: actions, their targets, tasks.
//!
//! The words are those of the contract's ACTION grammar.

mod action;
mod how;
mod limits;
mod progress;
mod target;
mod verb;

pub use action::{ACTION_WORDS, Action};
pub use how::{FenceHow, GrowSize, Recovery, RelocateHow};
pub use limits::Limits;
pub use progress::{Progress, StepState, Task, TaskId, TaskStatus, TaskStep};
pub use target::{Target, VolumeName};
pub use verb::{Daemon, NodeVerb, ServiceVerb};
