//! The live streams of one node: which flow, which are polled in their place, and where to resume.

use std::collections::{BTreeMap, BTreeSet};

use super::STREAM_RETRY;
use crate::domain::cluster::StreamFacts;
use crate::domain::observation::Question;
use crate::domain::observation::host::Tools;
use crate::domain::observation::log::{LogLine, StreamItem};
use crate::domain::stamp::Stamp;
use crate::link::{NO_SESSION, Order, StreamId};
use crate::probe::log::{self, Decoder, Folder, Resume, StreamKind};

/// The order in which streams get the channels that sshd grants: what carries most first.
const WANTED: &[StreamKind] = &[StreamKind::Journal, StreamKind::LogFiles, StreamKind::CorosyncMap, StreamKind::Netlink];

struct Flow {
    id: StreamId,
    decoder: Decoder,
    /// Something of use came: a stream that ends without is not worth its place.
    spoke: bool,
}

/// When lines come so much later or sooner after their own time than those before, their clock may have been set. Microseconds.
const STEP: u64 = 2_000_000;

/// The streams of one node.
#[derive(Default)]
pub(super) struct NodeStreams {
    granted: usize,
    tools: Option<Tools>,
    flows: BTreeMap<StreamKind, Flow>,
    resumes: BTreeMap<StreamKind, Resume>,
    refused: BTreeMap<StreamKind, String>,
    retry: BTreeMap<StreamKind, Stamp>,
    folder: Folder,
    folding: bool,
    last_data: Option<Stamp>,
    /// The node's clock minus ours, microseconds.
    clock_offset: i64,
    /// How long after its own time the last line came, microseconds.
    lag: Option<i64>,
}

impl std::fmt::Debug for NodeStreams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NodeStreams({:?})", self.facts())
    }
}

impl NodeStreams {
    /// Our clock was set back: nothing was to be tried later than now, and nothing has come later.
    pub fn not_after(&mut self, now: Stamp) {
        self.retry.values_mut().chain(&mut self.last_data).for_each(|at| *at = now.min(*at));
    }

    /// How many streams the server grants on this connection. After a hang that the connection outlived all stands as it stood.
    pub fn granted(&mut self, streams: usize) {
        self.granted = streams;
        if self.flows.is_empty() && self.retry.is_empty() {
            self.refused.clear();
        }
    }

    /// The tools are known, or were asked again: starts all streams that the node can give and that do not flow, from where they stopped.
    pub fn start(&mut self, tools: &Tools, now: Stamp, next_id: &mut u64) -> Vec<Order> {
        self.tools = Some(tools.clone());
        // Summer time may have come or gone under a stream that flows for months.
        if let Some(secs) = tools.utc_offset_secs {
            for flow in self.flows.values_mut() {
                flow.decoder.set_utc_offset(secs);
            }
        }
        for kind in WANTED {
            let in_place = *kind == StreamKind::LogFiles && self.command(StreamKind::Journal).is_some();
            if !in_place && !self.has_logs(*kind) && !self.flows.contains_key(kind) && self.command(*kind).is_some() {
                self.retry.insert(*kind, now);
            }
        }
        self.restart_due(now, next_id)
    }

    /// The node's clock was looked at: theirs minus ours, microseconds.
    pub fn clock(&mut self, offset: i64) {
        self.clock_offset = offset;
        for flow in self.flows.values_mut() {
            flow.decoder.set_clock_offset(offset);
        }
    }

    /// Whether the lines that a stream would bring come by another one: journal and log files say the same.
    fn has_logs(&self, kind: StreamKind) -> bool {
        let logs = [StreamKind::Journal, StreamKind::LogFiles];
        logs.contains(&kind) && logs.iter().any(|other| *other != kind && self.flows.contains_key(other))
    }

    fn command(&self, kind: StreamKind) -> Option<crate::link::CommandLine> {
        let tools = self.tools.as_ref()?;
        log::command(kind, tools, self.resumes.get(&kind).unwrap_or(&Resume::default()))
    }

    /// Starts the streams whose wait is over.
    pub fn restart_due(&mut self, now: Stamp, next_id: &mut u64) -> Vec<Order> {
        let due: Vec<StreamKind> = WANTED.iter().copied().filter(|k| self.retry.get(k).is_some_and(|at| *at <= now)).collect();
        let mut orders = Vec::new();
        for kind in due {
            self.retry.remove(&kind);
            if self.flows.contains_key(&kind) || self.has_logs(kind) {
                continue;
            }
            if self.flows.len() >= self.granted {
                self.refused.insert(kind, "sshd grants no further session on this connection (MaxSessions)".to_owned());
                continue;
            }
            let Some(command) = self.command(kind) else { continue };
            *next_id += 1;
            let id = StreamId(*next_id);
            let mut decoder = Decoder::new(kind, now);
            decoder.set_clock_offset(self.clock_offset);
            if let Some(resume) = self.resumes.get(&kind) {
                decoder.resume_from(resume);
            }
            if let Some(secs) = self.tools.as_ref().and_then(|t| t.utc_offset_secs) {
                decoder.set_utc_offset(secs);
            }
            self.flows.insert(kind, Flow { id, decoder, spoke: false });
            self.refused.remove(&kind);
            orders.push(Order::Follow { id, command });
        }
        orders
    }

    /// Bytes came: lines for the timeline, and what they make stale.
    pub fn data(&mut self, id: StreamId, bytes: &[u8], at: Stamp) -> (Vec<(LogLine, u32)>, Vec<Question>) {
        let Some(flow) = self.flows.values_mut().find(|f| f.id == id) else { return (Vec::new(), Vec::new()) };
        let mut lines = Vec::new();
        let mut stale = BTreeSet::new();
        for item in flow.decoder.feed(bytes, at) {
            match item {
                StreamItem::Line(line) => {
                    stale.extend(line.stale.iter().copied());
                    lines.push(line);
                }
                StreamItem::Stale(questions) => stale.extend(questions),
            }
        }
        flow.spoke = flow.decoder.is_fruitful();
        // Where the next lines belong, nobody knows before the clock is looked at.
        if let Some(lag) = lines.iter().rev().find_map(|line| Some(at.0.saturating_sub(line.at?.0)))
            && self.lag.replace(lag).is_some_and(|before| before.abs_diff(lag) > STEP)
        {
            stale.insert(Question::Clock);
        }
        let lines = if lines.is_empty() { Vec::new() } else { self.folder.fold(lines, at) };
        self.folding = true;
        self.last_data = Some(at);
        (lines, stale.into_iter().collect())
    }

    /// Gives out what was folded, once the flood is over.
    pub fn flush(&mut self, now: Stamp) -> Vec<(LogLine, u32)> {
        let lines = self.folder.tick(now);
        self.folding = self.folder.is_holding();
        lines
    }

    /// When [`NodeStreams::flush`] or a restart is due.
    pub fn next_wake(&self) -> Option<Stamp> {
        let fold = (self.folding && self.folder.is_holding()).then(|| self.last_data.map(|at| at.shifted(1_100_000))).flatten();
        self.retry.values().copied().chain(fold).min()
    }

    /// Whether a stream must begin anew, from the last line that came whole.
    pub fn is_torn(&self, id: StreamId) -> bool {
        self.flows.values().any(|flow| flow.id == id && flow.decoder.is_torn())
    }

    /// A stream ended by itself, or was refused.
    pub fn ended(&mut self, id: StreamId, why: &str, now: Stamp) -> Vec<(LogLine, u32)> {
        let Some(kind) = self.flows.iter().find(|(_, f)| f.id == id).map(|(k, _)| *k) else { return Vec::new() };
        let Some(flow) = self.flows.remove(&kind) else { return Vec::new() };
        self.resumes.insert(kind, flow.decoder.resume());
        let no_session = why.starts_with(NO_SESSION);
        if kind == StreamKind::Journal && !flow.spoke && !no_session && self.command(StreamKind::LogFiles).is_some() {
            // No journal to follow: its log files are followed in its place.
            self.refused.insert(kind, why.to_owned());
            self.retry.insert(StreamKind::LogFiles, now);
        } else if no_session {
            self.refused.insert(kind, why.to_owned());
        } else {
            self.refused.insert(kind, format!("{why}; tried again"));
            self.retry.insert(kind, now.after(if flow.spoke { STREAM_RETRY } else { STREAM_RETRY * 12 }));
        }
        self.flush(now)
    }

    /// The connection is gone: every stream resumes where it stopped, once the node is back.
    pub fn connection_lost(&mut self) {
        for (kind, flow) in std::mem::take(&mut self.flows) {
            self.resumes.insert(kind, flow.decoder.resume());
        }
        self.retry.clear();
    }

    /// What flows, and what is polled in its place.
    pub fn facts(&self) -> StreamFacts {
        let live = self.flows.keys().map(|k| k.name().to_owned()).collect();
        let polled =
            self.refused.iter().filter(|(k, _)| !self.flows.contains_key(k)).map(|(k, why)| (k.name().to_owned(), why.clone())).collect();
        StreamFacts { live, polled }
    }

    /// The questions that a flowing stream makes stale when they change.
    pub fn covers(&self) -> BTreeSet<Question> {
        let mut covered = BTreeSet::new();
        for kind in self.flows.keys() {
            covered.extend(match kind {
                StreamKind::Journal => &[Question::CrmMon, Question::Clustat, Question::Multipath, Question::Links, Question::Units][..],
                StreamKind::LogFiles => &[Question::CrmMon, Question::Clustat, Question::Multipath, Question::Links][..],
                StreamKind::CorosyncMap => &[Question::Quorum, Question::Links, Question::LinkStats][..],
                StreamKind::Netlink => &[Question::Net, Question::Bonding][..],
            });
        }
        covered
    }
}
