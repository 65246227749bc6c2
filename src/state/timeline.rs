//! The timeline: log lines and derived changes on one clock, each thing said once.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::cluster::Cluster;
use crate::domain::event::{Event, Severity, Source};
use crate::domain::observation::log::LogLine;
use crate::domain::stamp::Stamp;

/// A derived change this soon after a line about the same is taken as said. Microseconds.
const SAID: i64 = 5_000_000;
/// How many lines are remembered for that.
const REMEMBERED: usize = 512;

/// What a log line was about, and when it came.
#[derive(Clone, Debug)]
struct Line {
    arrival: Stamp,
    source: Source,
    severity: Severity,
    subject: String,
}

/// Lines of late, and derived events not yet fetched.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    lines: VecDeque<Line>,
    waiting: Vec<Event>,
}

impl Timeline {
    /// Turns a log line into an event. `offset`: theirs minus ours, microseconds.
    pub(super) fn log(
        &mut self,
        node: Option<Arc<str>>,
        line: LogLine,
        folded: u32,
        arrival: Stamp,
        offset: Option<i64>,
        picture: &Cluster,
    ) -> Event {
        // Nothing happens after it was told, however wrong the clock.
        let at = line.at.map_or(arrival, |at| Stamp(at.0.saturating_sub(offset.unwrap_or(0))).min(arrival));
        let subject = line.subject.map(|s| qualified(s, line.source, node.as_deref(), picture));
        if let Some(subject) = &subject {
            if self.lines.len() == REMEMBERED {
                self.lines.pop_front();
            }
            self.lines.push_back(Line { arrival, source: line.source, severity: line.severity, subject: subject.clone() });
        }
        Event { at, node, source: line.source, severity: line.severity, subject, text: line.text, folded }
    }

    /// Takes derived changes, without those that a line said.
    pub(super) fn derived(&mut self, events: Vec<Event>) {
        let lines = &self.lines;
        self.waiting.extend(events.into_iter().filter(|event| !lines.iter().any(|line| says(line, event))));
    }

    /// The changes since the last call.
    pub(super) fn drain(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.waiting)
    }
}

fn says(line: &Line, event: &Event) -> bool {
    (0..=SAID).contains(&event.at.0.saturating_sub(line.arrival.0))
        && line.source == event.source
        && line.severity >= event.severity
        && event.subject.as_deref() == Some(line.subject.as_str())
}

/// A node's own logs name a bond or a map without the node; the timeline's subject is `node:bond`.
fn qualified(subject: String, source: Source, node: Option<&str>, picture: &Cluster) -> String {
    let Some(node) = node.filter(|_| matches!(source, Source::Kernel | Source::Net | Source::Storage)) else { return subject };
    let bond = picture.bonds.binary_search_by(|b| (&*b.node, b.name.as_str()).cmp(&(node, &subject))).is_ok();
    let map = || picture.maps.binary_search_by(|m| (&*m.node, m.map.name.as_str()).cmp(&(node, &subject))).is_ok();
    if bond || map() { format!("{node}:{subject}") } else { subject }
}
