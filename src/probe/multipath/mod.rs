//! multipath

use super::Raw;
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::link::CommandLine;

/// The command for a question of this family; none if no tool of the node can answer it.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    let _ = (question, tools);
    None
}

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    let _ = raw;
    Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family")))
}
