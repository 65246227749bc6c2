//! Interfaces, bonds, bridges, VLANs.

use super::Raw;
use super::parts::{lossy, may_have};
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::link::CommandLine;

mod bonding;
mod ip_json;
mod ip_text;
mod old;
mod speeds;
mod view;

/// The command for a question of this family; none if no tool of the node can answer it.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    let script = match question {
        Question::Net if may_have(tools, "ip") => view::SCRIPT,
        Question::Bonding => bonding::SCRIPT,
        Question::LinkSpeeds => speeds::SCRIPT,
        _ => return None,
    };
    Some(CommandLine::script(script, [""; 0]))
}

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    let text = lossy(raw.stdout);
    match question {
        Question::Net => view::parse(raw, &text).map(Observation::Net),
        Question::Bonding => bonding::parse(raw, &text).map(Observation::Bonding),
        Question::LinkSpeeds => speeds::parse(raw, &text).map(Observation::LinkSpeeds),
        _ => Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family"))),
    }
}
