//! Volumes, device-mapper and filesystems.

use super::Raw;
use super::parts::may_have;
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::link::CommandLine;

mod commands;
mod device_mapper;
mod filesystems;
pub mod grow;
mod report;
mod rows;

/// The command for a question of this family; none if no tool of the node can answer it.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    match question {
        Question::Lvs => commands::report(tools, &commands::LVS),
        Question::Vgs => commands::report(tools, &commands::VGS),
        Question::Pvs => commands::report(tools, &commands::PVS),
        Question::DeviceMapper => may_have(tools, "dmsetup").then(device_mapper::command),
        Question::Filesystems => may_have(tools, "df").then(|| CommandLine::script(filesystems::SCRIPT, [""; 0])),
        _ => None,
    }
}

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    match question {
        Question::Lvs => rows::volumes(raw).map(Observation::Lvs),
        Question::Vgs => rows::groups(raw).map(Observation::Vgs),
        Question::Pvs => rows::physical(raw).map(Observation::Pvs),
        Question::DeviceMapper => device_mapper::parse(raw).map(Observation::DeviceMapper),
        Question::Filesystems => filesystems::parse(raw).map(Observation::Filesystems),
        _ => Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family"))),
    }
}
