//! The timeline: log lines and derived changes on one clock, each thing said once.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::cluster::Cluster;
use crate::domain::event::{Event, Severity, Source};
use crate::domain::observation::log::LogLine;
use crate::domain::stamp::Stamp;

use super::identity::Names;

/// A derived change this soon after a line about the same, or before it, is taken as said. Microseconds.
const SAID: i64 = 5_000_000;
/// How long a derived change waits for the line that says it better, where logs flow: a snapshot may be quicker than the log. Microseconds.
const PATIENCE: i64 = 1_500_000;
/// How many lines are remembered for that.
const REMEMBERED: usize = 512;

/// What a log line was about, and when it came.
#[derive(Clone, Debug)]
struct Line {
    arrival: Stamp,
    source: Source,
    severity: Severity,
    subject: String,
    node: Option<Arc<str>>,
    text: String,
}

/// Lines of late, and derived events not yet fetched.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    lines: VecDeque<Line>,
    /// With the time when they are given out.
    waiting: Vec<(Stamp, Event)>,
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
        known: (&Cluster, &Names),
    ) -> Event {
        let (picture, names) = known;
        // Nothing happens after it was told, however wrong the clock.
        let at = line.at.map_or(arrival, |at| Stamp(at.0.saturating_sub(offset.unwrap_or(0))).min(arrival));
        let subject = line.subject.map(|s| qualified(s, line.source, node.as_deref(), picture));
        let text = with_names(line.text, line.source, names);
        if let Some(subject) = &subject {
            if self.lines.len() == REMEMBERED {
                self.lines.pop_front();
            }
            let said = Line {
                arrival,
                source: line.source,
                severity: line.severity,
                subject: subject.clone(),
                node: node.clone(),
                text: text.clone(),
            };
            self.waiting.retain(|(_, event)| !says(&said, event));
            self.lines.push_back(said);
        }
        Event { at, node, source: line.source, severity: line.severity, subject, text, folded }
    }

    /// Takes derived changes, without those that a line said. `logs`: lines flow that may yet say them.
    pub(super) fn derived(&mut self, events: Vec<Event>, now: Stamp, logs: bool) {
        for event in events {
            if !self.lines.iter().any(|line| says(line, &event)) {
                let waits = logs && event.source != Source::Quorate && event.subject.is_some();
                self.waiting.push((if waits { now.shifted(PATIENCE) } else { now }, event));
            }
        }
    }

    /// Our clock was set back: nothing waits longer than it would have.
    pub(super) fn not_after(&mut self, now: Stamp) {
        for (at, _) in &mut self.waiting {
            *at = now.shifted(PATIENCE).min(*at);
        }
    }

    /// When the next change is to be given out.
    pub(super) fn next(&self) -> Option<Stamp> {
        self.waiting.iter().map(|(at, _)| *at).min()
    }

    /// The changes since the last call whose time has come; all of them where no time is given.
    pub(super) fn drain(&mut self, now: Option<Stamp>) -> Vec<Event> {
        let due = |(at, _): &mut (Stamp, Event)| now.is_none_or(|now| *at <= now);
        self.waiting.extract_if(.., due).map(|(_, event)| event).collect()
    }
}

fn says(line: &Line, event: &Event) -> bool {
    event.at.0.abs_diff(line.arrival.0) <= SAID.unsigned_abs()
        && line.source == event.source
        && line.severity >= event.severity
        && event.subject.as_deref() == Some(line.subject.as_str())
        && same_link(line, event)
}

/// Of corosync's links to one peer each has its own events, and each node tells its own: `link 1 to n2 is down`, `link: host: 2 link: 1 is down`.
fn same_link(line: &Line, event: &Event) -> bool {
    let number = event.text.strip_prefix("link ").and_then(|rest| rest.split(' ').next());
    number
        .filter(|_| event.source == Source::Corosync)
        .is_none_or(|number| line.node == event.node && line.text.contains(&format!("link: {number} ")))
}

/// The member that logs call `node 2`.
fn member(subject: &str, picture: &Cluster) -> Option<String> {
    let id = subject.strip_prefix("node ")?;
    picture.members.iter().find(|m| m.id.as_deref() == Some(id)).map(|m| m.name.to_string())
}

/// cman, rgmanager and DLM number their nodes: `is now running on member 3` gets the name behind the number.
fn with_names(text: String, source: Source, names: &Names) -> String {
    if !matches!(source, Source::Corosync | Source::Rgmanager | Source::Fence | Source::Kernel | Source::Storage) {
        return text;
    }
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((at, word)) = ["member ", "node ", "Node ", "Member ", "nodeid "].iter().filter_map(|w| Some((rest.find(w)?, w))).min() {
        let after = at + word.len();
        let digits = rest.get(after..).map_or(0, |t| t.bytes().take_while(u8::is_ascii_digit).count());
        let (head, tail) = rest.split_at(after + digits);
        out.push_str(head);
        // A number in a name (`node 3a`, `node 1.2`) is no id.
        let ends = !tail.starts_with(|c: char| c.is_alphanumeric() || c == '-' || (c == '.' && tail.len() > 1 && !tail.starts_with(". ")));
        let id = head.get(after..).and_then(|id| id.parse().ok()).filter(|_| ends);
        if let Some(name) = id.and_then(|id| names.of_id(id)).filter(|_| digits > 0) {
            out.push_str(" (");
            out.push_str(&name);
            out.push(')');
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// A node's own logs name a bond or a map without the node, members by their id, and services of RHEL 4 without their kind; the timeline's subjects are
/// `node:bond`, the member's name, and the service's id.
fn qualified(subject: String, source: Source, node: Option<&str>, picture: &Cluster) -> String {
    if let Some(name) = member(&subject, picture) {
        return name;
    }
    if source == Source::Rgmanager && !subject.contains(':') {
        let id = format!("service:{subject}");
        return if picture.service(&id).is_some() { id } else { subject };
    }
    let Some(node) = node.filter(|_| matches!(source, Source::Kernel | Source::Net | Source::Storage)) else { return subject };
    let bond = picture.bonds.binary_search_by(|b| (&*b.node, b.name.as_str()).cmp(&(node, &subject))).is_ok();
    let map = || picture.maps.binary_search_by(|m| (&*m.node, m.map.name.as_str()).cmp(&(node, &subject))).is_ok();
    if bond || map() { format!("{node}:{subject}") } else { subject }
}
