//! What live streams carry: log lines and hints.

use crate::domain::event::{Severity, Source};
use crate::domain::stamp::Stamp;

use super::Question;

/// One line of a node's journal or log file, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The time on the node's own clock. None: the line carries none, the arrival counts.
    pub at: Option<Stamp>,
    /// Who speaks.
    pub source: Source,
    /// How much it matters.
    pub severity: Severity,
    /// The member, service, `vg/lv` ... that it is about.
    pub subject: Option<String>,
    /// The message, harmless.
    pub text: String,
    /// Snapshots that this line makes stale.
    pub stale: Vec<Question>,
    /// For a resume: the journal's cursor after this line, if it is a journal.
    pub cursor: Option<String>,
}

/// What a stream yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamItem {
    /// A line for the timeline.
    Line(LogLine),
    /// Nothing for the timeline, but these snapshots are stale (a change of corosync's map, a netlink message).
    Stale(Vec<Question>),
}
