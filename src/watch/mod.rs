//! When to ask what.
//!
//! [`Watch`] is a pure machine: it is told what links report and what time it is, and says what to order from them and what was observed. It does no I/O
//! and reads no clock. Push comes before poll: live streams say which snapshot has gone stale, and just that one is asked for; a slow
//! full round is the safety net under what the streams missed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::cluster::StreamFacts;
use crate::domain::node::{LinkFault, NodeKey, Reach};
use crate::domain::observation::host::Tools;
use crate::domain::observation::log::LogLine;
use crate::domain::observation::{Observation, Observed, Question};
use crate::domain::stamp::Stamp;
use crate::link::{Order, Prompt, PromptId, Report};

mod anew;
mod balloons;
mod cadence;
mod flights;
mod guests;
mod listed;
mod looked;
mod manager;
mod moved;
mod node;
mod sockets;
mod streams;

use cadence::Whom;
use guests::GuestWatch;
use manager::ManagerWatch;
use node::NodeWatch;
use streams::NodeStreams;

/// What the watch wants done, or has learnt.
#[derive(Debug)]
pub enum Output {
    /// Give this order to a node's link.
    Order(NodeKey, Order),
    /// An answer was read (or could not be).
    Observed(Box<Observed>),
    /// The way to a node changed.
    Reach(NodeKey, Reach),
    /// Lines for the timeline: each with the number of lines folded into it, and when they arrived.
    Lines(NodeKey, Vec<(LogLine, u32)>, Stamp),
    /// Which streams of a node flow.
    Streams(NodeKey, StreamFacts),
    /// The operator must decide.
    Prompt(NodeKey, PromptId, Prompt),
    /// A sentence for the operator.
    Note(NodeKey, String),
}

/// What is asked of every node of a session.
#[derive(Debug, Default)]
pub struct Watch {
    nodes: BTreeMap<NodeKey, NodeWatch>,
    streams: BTreeMap<NodeKey, NodeStreams>,
    guests: BTreeMap<NodeKey, GuestWatch>,
    manager: ManagerWatch,
    next_id: u64,
    follow: bool,
    everyone: bool,
    /// Where each manager said last that its services are, as a fingerprint.
    services: BTreeMap<Question, u64>,
    patient: &'static [Question],
}

impl Watch {
    /// A watch that follows live streams (the cockpit, `events`) or only asks (`status`).
    pub fn new(follow: bool) -> Self {
        Self { follow, ..Self::default() }
    }

    /// A watch that only asks, and gives these questions the time that they take.
    pub fn patient(questions: &'static [Question]) -> Self {
        Self { patient: questions, ..Self::default() }
    }

    /// Asks every node also what one answers for the manager: `doctor` wants to know whether each could.
    pub fn ask_everyone(&mut self) {
        self.everyone = true;
    }

    /// A further node. `utc_offset_secs` is not known before it answers.
    pub fn add(&mut self, key: NodeKey) {
        self.nodes.insert(key, NodeWatch::new(key, !self.follow, self.patient));
        self.streams.insert(key, NodeStreams::default());
        self.guests.insert(key, GuestWatch::new(key));
    }

    /// A link spoke.
    pub fn report(&mut self, key: NodeKey, report: Report, now: Stamp) -> Vec<Output> {
        let mut out = Vec::new();
        match report {
            Report::Connecting => self.set_reach(key, Reach::Connecting { since: now }, &mut out),
            Report::Up { streams, note } => {
                self.set_reach(key, Reach::Up { since: now, note: note.clone() }, &mut out);
                if let Some(note) = note {
                    out.push(Output::Note(key, note));
                }
                if let Some(node) = self.nodes.get_mut(&key) {
                    node.came_up(now);
                }
                self.share_storage();
                if let Some(s) = self.streams.get_mut(&key) {
                    s.granted(streams);
                }
            }
            Report::Down { trouble, retry_at } => {
                let mut hangs = false;
                if let Some(node) = self.nodes.get_mut(&key) {
                    // No next attempt is named: this one goes on, the node is only said to be late.
                    node.still_trying = retry_at.is_none() && trouble.fault == LinkFault::Timeout;
                    hangs = node.still_trying && (node.reach.is_up() || node.hangs);
                }
                let since = match self.nodes.get(&key).map(|n| &n.reach) {
                    Some(Reach::Down { since, .. }) => *since,
                    _ => now,
                };
                self.set_reach(key, Reach::Down { since, trouble }, &mut out);
                self.lost(key, hangs, now, &mut out);
            }
            Report::Answer { id, result } => {
                if let Some(seen) = self.nodes.get_mut(&key).and_then(|n| n.answered(id, result, now)) {
                    self.observed(seen, now, &mut out);
                }
            }
            Report::Data { id, bytes, at } => {
                if let Some(s) = self.streams.get_mut(&key) {
                    let (lines, stale) = s.data(id, &bytes, at);
                    if !lines.is_empty() {
                        out.push(Output::Lines(key, lines, at));
                    }
                    let torn = s.is_torn(id);
                    self.mark_stale(key, &stale, now);
                    if torn {
                        out.push(Output::Order(key, Order::Unfollow(id)));
                        self.stream_ended(key, id, "lines of several log files came torn", now, &mut out);
                    }
                }
            }
            Report::Ended { id, why } => self.stream_ended(key, id, &why, now, &mut out),
            Report::Libvirt(report) => {
                let ripple = self.guests.get_mut(&key).map(|g| g.report(*report, now, &mut out)).unwrap_or_default();
                if ripple.guests {
                    for (_, guests) in self.guests.iter_mut().filter(|(other, _)| **other != key) {
                        guests.doubt(now);
                    }
                }
                if ripple.manager {
                    for question in [Question::CrmMon, Question::Clustat] {
                        self.manager.stale(question, now);
                    }
                }
            }
            Report::Note(text) => out.push(Output::Note(key, text)),
            Report::Prompt { id, what } => out.push(Output::Prompt(key, id, what)),
            // The executor's; it took what concerns it before.
            Report::Output { .. } | Report::Changed { .. } => {}
        }
        self.work(now, &mut out);
        out
    }

    /// Time passed.
    pub fn tick(&mut self, now: Stamp) -> Vec<Output> {
        let mut out = Vec::new();
        for (key, s) in &mut self.streams {
            let lines = s.flush(now);
            if !lines.is_empty() {
                out.push(Output::Lines(*key, lines, now));
            }
        }
        self.work(now, &mut out);
        out
    }

    /// What is still folded of each node's lines, whether or not the flood is over.
    pub fn last_lines(&mut self, now: Stamp) -> Vec<(NodeKey, Vec<(LogLine, u32)>)> {
        self.streams.iter_mut().map(|(key, s)| (*key, s.flush(now.after(LONG_FOLDED)))).collect()
    }

    /// When [`Watch::tick`] wants to be called next.
    pub fn next_wake(&self) -> Option<Stamp> {
        let asks = self.nodes.values().filter_map(NodeWatch::next_due);
        let streams = self.streams.values().filter_map(NodeStreams::next_wake);
        let guests = self.guests.values().filter_map(GuestWatch::next_due);
        asks.chain(streams).chain(guests).chain(self.manager.next_due()).min()
    }

    /// The socket of a node's libvirt for a connection that may write; none if there is none that this user may use.
    pub fn libvirt_socket(&self, node: NodeKey) -> Option<String> {
        self.guests.get(&node).and_then(GuestWatch::writable)
    }

    /// How long this node may take for what an action asks, if it usually takes no longer than that.
    pub fn patience(&self, node: NodeKey, usual: Duration) -> Duration {
        cadence::patience(usual, self.nodes.get(&node).map(NodeWatch::dearest).unwrap_or_default())
    }

    fn set_reach(&mut self, key: NodeKey, reach: Reach, out: &mut Vec<Output>) {
        if let Some(node) = self.nodes.get_mut(&key) {
            // A new attempt does not make a node that is down look better.
            if matches!(reach, Reach::Connecting { .. }) && matches!(node.reach, Reach::Down { .. }) {
                return;
            }
            if node.reach != reach {
                node.reach = reach.clone();
                out.push(Output::Reach(key, reach));
            }
        }
    }

    fn lost(&mut self, key: NodeKey, hangs: bool, now: Stamp, out: &mut Vec<Output>) {
        if let Some(node) = self.nodes.get_mut(&key) {
            node.went_down(hangs);
        }
        self.share_storage();
        self.manager.node_down(key, now);
        // What hangs may come back, and libvirt's connection with it.
        if !hangs && let Some(guests) = self.guests.get_mut(&key) {
            guests.lost(out);
        }
        if let Some(s) = self.streams.get_mut(&key) {
            if !hangs {
                s.connection_lost();
            }
            out.push(Output::Streams(key, s.facts()));
        }
        self.note_live();
    }

    fn observed(&mut self, seen: Observed, now: Stamp, out: &mut Vec<Output>) {
        if let Ok(Observation::Tools(tools)) = &seen.outcome {
            self.tools_known(seen.node, tools, now, out);
        }
        if let Ok(Observation::Clock(sample)) = &seen.outcome
            && let Some(s) = self.streams.get_mut(&seen.node)
        {
            s.clock(sample.offset_micros());
        }
        if let Ok(Observation::LibvirtSockets(place)) = &seen.outcome {
            let has_virsh = self.nodes.get(&seen.node).and_then(|n| n.tools.as_ref()).is_some_and(|t| t.has("virsh"));
            if let Some(guests) = self.guests.get_mut(&seen.node) {
                guests.sockets(&place.sockets, has_virsh, now, out);
            }
        }
        if cadence::whom(seen.question) == Whom::Manager {
            self.manager.answered(&seen, &mut self.nodes, now);
        }
        if let Ok(answer) = &seen.outcome {
            self.follow_services(answer, now);
        }
        if seen.question == Question::Vgs || (cadence::whom(seen.question) == Whom::Storage && seen.outcome.is_err()) {
            self.share_storage();
        }
        out.push(Output::Observed(Box::new(seen)));
    }

    fn tools_known(&mut self, key: NodeKey, tools: &Tools, now: Stamp, out: &mut Vec<Output>) {
        self.manager.node_ready(tools, now);
        if self.everyone
            && let Some(node) = self.nodes.get_mut(&key)
        {
            for question in cadence::MANAGER.iter().filter(|q| tools.has(cadence::tool(**q))) {
                node.ask_now(*question, now);
            }
        }
        if self.follow
            && let Some(s) = self.streams.get_mut(&key)
        {
            let orders = s.start(tools, now, &mut self.next_id);
            out.extend(orders.into_iter().map(|o| Output::Order(key, o)));
            out.push(Output::Streams(key, s.facts()));
            self.note_live();
        }
    }

    fn stream_ended(&mut self, key: NodeKey, id: crate::link::StreamId, why: &str, now: Stamp, out: &mut Vec<Output>) {
        if let Some(s) = self.streams.get_mut(&key) {
            let lines = s.ended(id, why, now);
            if !lines.is_empty() {
                out.push(Output::Lines(key, lines, now));
            }
            out.push(Output::Streams(key, s.facts()));
        }
        self.note_live();
    }

    /// Tells each node and the manager which of their questions a live stream covers.
    fn note_live(&mut self) {
        let mut manager_live = false;
        for (key, s) in &self.streams {
            let covered = s.covers();
            // The logs cover both managers alike.
            manager_live |= covered.contains(&Question::CrmMon);
            if let Some(node) = self.nodes.get_mut(key) {
                node.live = covered;
            }
        }
        self.manager.set_live(manager_live);
    }

    fn mark_stale(&mut self, key: NodeKey, questions: &[Question], now: Stamp) {
        for question in questions.iter().flat_map(|q| std::iter::once(q).chain(cadence::twins(*q))) {
            if cadence::whom(*question) == Whom::Manager {
                self.manager.stale(*question, now);
            } else if let Some(node) = self.nodes.get_mut(&key) {
                node.stale(*question, now);
            }
        }
    }

    /// Of all nodes that see the same shared groups, the first that tells of its storage answers for them; the others are asked seldom.
    fn share_storage(&mut self) {
        let (mut told, mut covered) = (BTreeSet::new(), BTreeSet::new());
        for (key, node) in &self.nodes {
            let Some(groups) = node.told_groups() else { continue };
            if groups.iter().all(|(name, shared)| *shared && told.contains(name.as_str())) {
                covered.insert(*key);
            }
            told.extend(groups.iter().filter(|(_, shared)| *shared).map(|(name, _)| name.as_str()));
        }
        for (key, node) in self.nodes.iter_mut().filter(|(_, node)| node.reach.is_up()) {
            node.cover(covered.contains(key));
        }
    }

    /// Sends all that is due.
    fn work(&mut self, now: Stamp, out: &mut Vec<Output>) {
        self.manager.assign(&mut self.nodes, now);
        let mut orders = Vec::new();
        for (key, node) in &mut self.nodes {
            node.send_due(now, &mut self.next_id, &mut orders);
            out.extend(orders.drain(..).map(|o| Output::Order(*key, o)));
        }
        for (key, guests) in &mut self.guests {
            if self.nodes.get(key).is_some_and(|n| n.reach.is_up()) {
                guests.work(now, &mut self.next_id, out);
            }
        }
        if self.follow {
            for (key, s) in &mut self.streams {
                if self.nodes.get(key).is_some_and(|n| n.reach.is_up()) {
                    let orders = s.restart_due(now, &mut self.next_id);
                    out.extend(orders.into_iter().map(|o| Output::Order(*key, o)));
                }
            }
        }
    }
}

/// Nothing is folded for as long.
const LONG_FOLDED: Duration = Duration::from_secs(10);

/// How long a stream that ended by itself waits before it is started again.
const STREAM_RETRY: Duration = Duration::from_secs(5);
