//! libvirt: where it listens on a node, and what its answers and events mean. Numbers are those of libvirt's API (libvirt-domain.h, 11.x).

use std::sync::Arc;

use super::Raw;
use crate::domain::observation::guest::GuestList;
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::link::CommandLine;
use crate::link::libvirt::{Fault, FaultKind, Query, Said};

mod definition;
mod events;
mod host;
mod sockets;
mod states;
mod stats;
mod tree;

pub use definition::definition;
pub use events::{Told, told};

/// The command for a question of this family; none for what libvirt's own connection answers.
pub fn command(question: Question, _tools: &Tools) -> Option<CommandLine> {
    (question == Question::LibvirtSockets).then(|| CommandLine::script(sockets::SCRIPT, [""; 0]))
}

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    match question {
        Question::LibvirtSockets => sockets::parse(raw).map(Observation::LibvirtSockets),
        _ => Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is answered by libvirt itself"))),
    }
}

/// The query behind a question that libvirt's connection answers.
pub const fn query(question: Question) -> Option<Query> {
    Some(match question {
        Question::VirtHost => Query::Host,
        Question::Guests => Query::Guests,
        Question::GuestStats => Query::Stats,
        Question::GuestJobs => Query::Jobs,
        _ => return None,
    })
}

/// Reads libvirt's answer.
pub fn read(said: Said) -> Observation {
    match said {
        Said::Host(said) => Observation::VirtHost(Box::new(host::read(&said))),
        Said::Guests(said) => {
            let rows = said.rows.iter().map(states::row).collect();
            Observation::Guests(GuestList { rows, definitions: said.definitions.iter().map(|d| Arc::new(definition(d))).collect() })
        }
        Said::Stats(rows) => Observation::GuestStats(rows.iter().map(stats::sample).collect()),
        Said::Jobs(rows) => Observation::GuestJobs(rows.iter().map(stats::job).collect()),
    }
}

/// libvirt's refusal as trouble.
pub fn trouble(fault: &Fault) -> Trouble {
    let kind = match fault.kind {
        FaultKind::Absent => TroubleKind::Absent,
        FaultKind::Denied => TroubleKind::Denied,
        FaultKind::Late => TroubleKind::Late,
        FaultKind::Lost => TroubleKind::Lost,
        FaultKind::Failed => TroubleKind::Failed,
    };
    Trouble::new(kind, &fault.text)
}
