//! The node itself: its tools, /proc, clock, watchdog.

use super::Raw;
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::link::CommandLine;

mod clock;
mod sample;
mod tools;
mod watchdog;

/// The command for a question of this family; none if no tool of the node can answer it.
pub fn command(question: Question, _tools: &Tools) -> Option<CommandLine> {
    let none: [&str; 0] = [];
    match question {
        Question::Tools => Some(CommandLine::script(tools::SCRIPT, none)),
        Question::Host => Some(CommandLine::script(sample::SCRIPT, none)),
        Question::Watchdog => Some(CommandLine::script(watchdog::SCRIPT, none)),
        Question::Clock => Some(CommandLine::new("date", ["+%s.%N"])),
        _ => None,
    }
}

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    match question {
        Question::Tools => tools::parse(raw).map(Observation::Tools),
        Question::Host => sample::parse(raw).map(Observation::Host),
        Question::Watchdog => watchdog::parse(raw).map(Observation::Watchdog),
        Question::Clock => clock::parse(raw).map(Observation::Clock),
        _ => Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family"))),
    }
}
