//! What is asked of one node, what is due, what is on its way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::cadence::{self, Whom};
use crate::domain::node::{NodeKey, Reach};
use crate::domain::observation::host::Tools;
use crate::domain::observation::storage::{DmDevice, LvRow};
use crate::domain::observation::{Observation, Observed, Question, Trouble, TroubleKind};
use crate::domain::stamp::Stamp;
use crate::link::{Answer, Ask, AskError, AskId, Order};
use crate::probe;

mod storage;

/// LVM's own questions.
const STORAGE: [Question; 3] = [Question::Lvs, Question::Vgs, Question::Pvs];

/// What an answer that did not come in time counts as having cost, at most.
const LATE: Duration = Duration::from_secs(6);

/// How often an action asks a node for what it rests on.
const CHANCES: u8 = 2;

/// A question on its way.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub question: Question,
    pub command: String,
    pub since: Stamp,
    /// The node hung since: what it says may be as old as the question.
    stalled: bool,
}

/// The questions of one node.
#[derive(Debug)]
pub(super) struct NodeWatch {
    key: NodeKey,
    /// Everything is asked once, in little time,
    hasty: bool,
    /// but for these.
    patient: &'static [Question],
    pub reach: Reach,
    /// It is said to be late, but the attempt to connect goes on.
    pub still_trying: bool,
    /// It was up and hangs; the connection stands, and so do its streams and what is on its way.
    pub hangs: bool,
    /// Known once the node said so; kept over a lost connection.
    pub tools: Option<Tools>,
    due: BTreeMap<Question, Stamp>,
    pub flights: BTreeMap<AskId, Flight>,
    /// What the last answer cost, and when it came.
    last: BTreeMap<Question, (Stamp, Duration)>,
    /// What the last answer that came cost.
    costs: BTreeMap<Question, Duration>,
    /// Questions answered (or failed) at least once since the connection came up.
    pub seen: BTreeSet<Question>,
    /// How often in a row the answer did not come (in time).
    missed: BTreeMap<Question, u8>,
    /// Questions whose last answer was none.
    failed: BTreeSet<Question>,
    /// Volume groups that it sees, with whether they are shared.
    groups: Option<Vec<(String, bool)>>,
    /// Another node answers for all of them.
    covered: bool,
    /// None of its volumes fills up, moves or copies by itself.
    still: bool,
    /// Its device-mapper tables as they were seen last.
    mapped: Option<Vec<DmDevice>>,
    /// Host readings since the connection came up: a rate needs two.
    pub host_readings: u8,
    /// The partition it sees has quorum.
    pub quorate: Option<bool>,
    /// Its manager (by head question) did not answer at the last attempt: since when.
    pub manager_failed: BTreeMap<Question, Stamp>,
    /// Questions whose live stream flows.
    pub live: BTreeSet<Question>,
}

impl NodeWatch {
    pub fn new(key: NodeKey, hasty: bool, patient: &'static [Question]) -> Self {
        Self {
            key,
            hasty,
            patient,
            reach: Reach::Untried,
            still_trying: false,
            hangs: false,
            tools: None,
            due: BTreeMap::new(),
            flights: BTreeMap::new(),
            last: BTreeMap::new(),
            costs: BTreeMap::new(),
            seen: BTreeSet::new(),
            missed: BTreeMap::new(),
            failed: BTreeSet::new(),
            groups: None,
            covered: false,
            still: false,
            mapped: None,
            host_readings: 0,
            quorate: None,
            manager_failed: BTreeMap::new(),
            live: BTreeSet::new(),
        }
    }

    /// Which node it is.
    pub const fn key(&self) -> NodeKey {
        self.key
    }

    /// The connection came up: everything is looked at anew. Its tools are asked first, for all else depends on them;
    /// clock and host need none. After a hang that the connection outlived, only what is due by then is asked: a node that was
    /// too busy to answer must not be given more to do than it had.
    pub fn came_up(&mut self, now: Stamp) {
        if std::mem::take(&mut self.hangs) {
            return;
        }
        self.due.clear();
        self.seen.clear();
        self.missed.clear();
        self.host_readings = 0;
        self.manager_failed.clear();
        for question in [Question::Tools, Question::Clock, Question::Host] {
            self.due.insert(question, now);
        }
    }

    /// Our clock was set back: nothing was to be asked later than now, and nothing has happened later.
    pub fn not_after(&mut self, now: Stamp) {
        let flights = self.flights.values_mut().map(|flight| &mut flight.since);
        let stamps = self.due.values_mut().chain(self.last.values_mut().map(|(at, _)| at));
        stamps.chain(self.manager_failed.values_mut()).chain(flights).for_each(|at| *at = now.min(*at));
    }

    /// The node went away, or hangs. Nothing is due while it is away. (Each ask on its way still gets its answer from the link.) For the
    /// manager another node answers: what this one says of it when it recovers would be old.
    pub fn went_down(&mut self, hangs: bool) {
        self.hangs = hangs;
        if hangs {
            self.flights.retain(|_, flight| cadence::whom(flight.question) != Whom::Manager);
            self.flights.values_mut().for_each(|flight| flight.stalled = true);
        } else {
            self.due.clear();
        }
    }

    /// The tools are known: all that they can answer is due.
    fn know(&mut self, tools: Tools, now: Stamp) {
        let first = !self.seen.contains(&Question::Quorum) && !self.due.contains_key(&Question::Quorum);
        self.tools = Some(tools);
        if first {
            for question in cadence::EACH {
                self.due.insert(*question, now);
            }
        }
    }

    /// Makes a question due at once, but not sooner than its cost allows.
    pub fn stale(&mut self, question: Question, now: Stamp) {
        self.due_after(question, cadence::gap, now);
    }

    /// An action waits for the answer.
    pub fn awaited(&mut self, question: Question, now: Stamp) {
        self.due_after(question, cadence::short_gap, now);
    }

    fn due_after(&mut self, question: Question, gap: fn(Duration) -> Duration, now: Stamp) {
        if !self.reach.is_up() {
            return;
        }
        let earliest = self.last.get(&question).map_or(now, |(at, cost)| at.after(gap(*cost).max(cadence::least(question))).max(now));
        let due = self.due.entry(question).or_insert(earliest);
        *due = (*due).min(earliest);
    }

    /// Asks as soon as the pipe is free, whatever the last answer cost: the caller has weighed that.
    pub fn ask_now(&mut self, question: Question, now: Stamp) {
        self.due.insert(question, now);
    }

    /// Whether a question is on its way, and since when.
    pub fn in_flight(&self, question: Question) -> Option<Stamp> {
        self.flights.values().find(|f| f.question == question).map(|f| f.since)
    }

    /// When something is due next.
    pub fn next_due(&self) -> Option<Stamp> {
        if !self.reach.is_up() {
            return None;
        }
        self.due.iter().filter(|(q, _)| self.in_flight(**q).is_none()).map(|(_, at)| *at).min()
    }

    /// Sends what is due. Questions that no tool of the node can answer are dropped from the list.
    pub fn send_due(&mut self, now: Stamp, next_id: &mut u64, out: &mut Vec<Order>) {
        if !self.reach.is_up() {
            return;
        }
        let mut ready: Vec<Question> =
            self.due.iter().filter(|(q, at)| **at <= now && self.in_flight(**q).is_none()).map(|(q, _)| *q).collect();
        ready.sort_by_key(|q| cadence::rank(*q));
        for question in ready {
            self.due.remove(&question);
            let none = Tools::default();
            let tools = self.tools.as_ref().unwrap_or(&none);
            let Some(command) = probe::command(question, tools) else {
                self.seen.insert(question);
                continue;
            };
            let (lane, first_byte, total) = probe::pace(question);
            let hasty = self.hasty && !self.patient.contains(&question);
            let (first_byte, total) = if hasty { cadence::hasty(question, (first_byte, total)) } else { (first_byte, total) };
            *next_id += 1;
            let id = AskId(*next_id);
            self.flights.insert(id, Flight { question, command: probe::title(question, &command), since: now, stalled: false });
            out.push(Order::Ask(Ask { id, command, lane, first_byte, total }));
        }
    }

    /// Reads an answer. None if nobody asked (any more).
    pub fn answered(&mut self, id: AskId, result: Result<Answer, AskError>, now: Stamp) -> Option<Observed> {
        let flight = self.flights.remove(&id)?;
        let question = flight.question;
        let (took, outcome) = read(&flight, result);
        let at = if flight.stalled { flight.since } else { now };
        if self.hangs && matches!(&outcome, Err(trouble) if trouble.kind == TroubleKind::Lost) {
            // Asked again as soon as the node recovers.
            if cadence::whom(question) != Whom::Manager {
                self.due.insert(question, now);
            }
            return Some(Observed { node: self.key, question, at, took, outcome });
        }
        self.seen.insert(question);
        self.last.insert(question, (now, took));
        if outcome.is_ok() {
            self.failed.remove(&question);
        } else {
            self.failed.insert(question);
        }
        if matches!(&outcome, Err(trouble) if trouble.kind == TroubleKind::Late) {
            // It may hang for ever: it counts as slow, and not as slow as it was waited for.
            self.costs.insert(question, took.min(LATE));
        }
        if matches!(&outcome, Err(trouble) if matches!(trouble.kind, TroubleKind::Late | TroubleKind::Lost)) {
            let missed = self.missed.entry(question).or_default();
            *missed = missed.saturating_add(1);
        } else {
            self.missed.remove(&question);
        }
        // What it says may bear on when it is asked again.
        if let Ok(observation) = &outcome {
            self.costs.insert(question, took);
            self.learn(observation, now);
        }
        // The answer that ends a hang comes before the word that the node is up again: without a plan it would never be asked again.
        if self.reach.is_up() || self.hangs {
            self.plan_next(question, now, took, outcome.as_ref());
        }
        Some(Observed { node: self.key, question, at, took, outcome })
    }

    /// When the same is asked again if nothing triggers it.
    fn plan_next(&mut self, question: Question, now: Stamp, took: Duration, outcome: Result<&Observation, &Trouble>) {
        if cadence::whom(question) == Whom::Manager {
            return;
        }
        let mut period = self.usual(question, took);
        match outcome {
            // What is not installed or not permitted will not be in a minute either.
            Err(trouble) if matches!(trouble.kind, TroubleKind::Absent | TroubleKind::Denied) => period = Duration::from_secs(300),
            // All else waits for the tools: a node that boots may be late with them.
            Err(_) if question == Question::Tools && self.missed.get(&question).is_some_and(|n| *n <= CHANCES) => {
                period = cadence::short_gap(took);
            }
            // And what failed is no knowledge that lasts.
            Err(_) if question != Question::QuorumDisk => period = period.min(cadence::AGAIN).max(cadence::gap(took)),
            Ok(_) if question == Question::Host && self.host_readings == 1 => period = Duration::from_millis(600),
            _ => {}
        }
        // Nodes are asked out of step, so that many of them do not answer in one burst.
        let jitter = u64::from(self.key.0) * 137 % 1000;
        let after = if period > Duration::from_secs(1) { period + Duration::from_millis(jitter) } else { period };
        let next = now.after(after);
        let due = self.due.entry(question).or_insert(next);
        *due = (*due).min(next);
    }

    fn learn(&mut self, observation: &Observation, now: Stamp) {
        match observation {
            Observation::Tools(tools) => self.know(tools.clone(), now),
            Observation::Host(_) => self.host_readings = self.host_readings.saturating_add(1),
            Observation::Quorum(view) => self.quorate = view.quorate,
            Observation::Cman(view) => self.quorate = view.quorate(),
            Observation::Lvs(rows) => self.still = !rows.iter().any(LvRow::is_restless),
            Observation::DeviceMapper(devices) => {
                if self.mapped.as_ref().is_some_and(|before| before != devices) {
                    for question in STORAGE {
                        self.stale(question, now);
                    }
                }
                self.mapped = Some(devices.clone());
            }
            Observation::Vgs(rows) => self.groups = Some(rows.iter().map(|g| (g.vg.clone(), g.shared || g.clustered)).collect()),
            _ => {}
        }
    }

    /// Everything has been answered once, and a CPU rate is possible.
    pub fn looked_once(&self) -> bool {
        self.tools.is_some()
            && self.host_readings >= 2
            && cadence::EACH.iter().all(|q| self.seen.contains(q))
            && self.seen.contains(&Question::Clock)
    }

    /// The most that an answer costs this node; not counted is what waits for disks or for the cluster by its nature.
    pub fn dearest(&self) -> Duration {
        let counts = |question: &Question| !matches!(question, Question::QuorumDisk | Question::InitScripts | Question::Clustat);
        self.costs.iter().filter(|(question, _)| counts(question)).map(|(_, cost)| *cost).max().unwrap_or_default()
    }

    /// These have been answered once.
    pub fn has_answered(&self, questions: &[Question]) -> bool {
        self.tools.is_some() && questions.iter().all(|q| self.seen.contains(q))
    }

    /// Of these it told something, or will not tell: it was given its chances.
    pub fn has_told(&self, questions: &[Question]) -> bool {
        self.has_answered(questions) && questions.iter().all(|q| self.missed.get(q).is_none_or(|missed| *missed >= CHANCES))
    }

    /// Asks again, soon, what it was asked in vain.
    pub fn urge(&mut self, questions: &[Question], now: Stamp) {
        for question in questions {
            if self.missed.get(question).is_some_and(|missed| *missed < CHANCES) {
                self.awaited(*question, now);
            }
        }
    }
}

/// From the link's words to an observation or trouble.
fn read(flight: &Flight, result: Result<Answer, AskError>) -> (Duration, Result<Observation, Trouble>) {
    let command = flight.command.as_str();
    match result {
        Ok(answer) => {
            let took = Duration::from_micros(u64::try_from(answer.done.0 - answer.began.0).unwrap_or(0));
            let raw = probe::Raw { command, stdout: &answer.stdout, stderr: &answer.stderr, code: answer.code };
            let mut outcome = probe::parse(flight.question, raw);
            if let Ok(Observation::Clock(sample)) = &mut outcome {
                sample.sent = answer.sent;
                sample.received = answer.done;
            }
            (took, outcome)
        }
        Err(AskError::Late(limit)) => {
            let text = format!("'{command}' gave no answer within {} s; it was ended and will be asked again", limit.as_secs());
            (limit, Err(Trouble::new(TroubleKind::Late, &text)))
        }
        Err(AskError::Lost(trouble)) => (Duration::ZERO, Err(Trouble::new(TroubleKind::Lost, &trouble.to_string()))),
        Err(AskError::TooLong(limit)) => {
            let text = format!("'{command}' printed more than {limit} bytes; the answer was dropped");
            (Duration::ZERO, Err(Trouble::new(TroubleKind::Garbled, &text)))
        }
    }
}
