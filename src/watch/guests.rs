//! What is asked of a node's libvirt, and when: states by events, statistics every few seconds, and nothing that one guest or a daemon that
//! hangs could hold up for long.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Output;
use super::balloons::Balloons;
use super::cadence;
use super::flights::{Flights, LATE};
use super::listed::Listed;
use super::sockets::Sockets;
use crate::domain::node::NodeKey;
use crate::domain::observation::guest::VirtSocket;
use crate::domain::observation::{Observation, Observed, Question, Trouble, TroubleKind};
use crate::domain::stamp::Stamp;
use crate::link::libvirt::{Fault, FaultKind, Reread};
use crate::link::{AskId, LibvirtOrder, LibvirtReport, Order};
use crate::probe::libvirt as probe;

/// What libvirt's connection answers.
const QUESTIONS: [Question; 4] = [Question::Guests, Question::GuestStats, Question::GuestJobs, Question::VirtHost];
/// A connection that takes longer is cut. A daemon that is only just started looks at its qemu first.
const CUT: Duration = Duration::from_secs(20);

/// A tenth of the definitions is read again this often: what no event tells of is seen within five minutes.
const RENEW: Duration = Duration::from_secs(30);

/// The connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing was tried since the node came up.
    #[default]
    Closed,
    Opening {
        since: Stamp,
        late: bool,
    },
    Open,
    /// Tried again then.
    Waiting {
        until: Stamp,
    },
}

/// What a word of one libvirt makes stale elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ripple {
    /// What the manager believes of its guests.
    pub manager: bool,
    /// What the other nodes have: a guest that is new here may still run there.
    pub guests: bool,
}

/// The libvirt of one node.
#[derive(Debug)]
pub(super) struct GuestWatch {
    key: NodeKey,
    phase: Phase,
    sockets: Sockets,
    /// The node is one that has had libvirt.
    has_virsh: bool,
    hears: bool,
    tries: u32,
    due: BTreeMap<Question, Stamp>,
    flights: Flights,
    last: BTreeMap<Question, (Stamp, Duration)>,
    seen: BTreeSet<Question>,
    /// A job runs, or may: its progress is asked for.
    busy: bool,
    listed: Listed,
    /// Since then a guest is active elsewhere that was not: a list from before says nothing of whether it still is here.
    doubted: Option<Stamp>,
    /// All definitions are to be read again.
    reread: bool,
    /// When some of them were read again for their age, or all were read.
    renewed: Stamp,
    balloons: Balloons,
    /// The last statistics were given up, or late.
    stalled: bool,
    /// They were given up.
    given_up: bool,
}

impl GuestWatch {
    pub fn new(key: NodeKey) -> Self {
        Self {
            key,
            phase: Phase::Closed,
            sockets: Sockets::default(),
            has_virsh: false,
            hears: false,
            tries: 0,
            due: BTreeMap::new(),
            flights: Flights::default(),
            last: BTreeMap::new(),
            seen: BTreeSet::new(),
            busy: false,
            listed: Listed::default(),
            doubted: None,
            reread: false,
            renewed: Stamp::default(),
            balloons: Balloons::default(),
            stalled: false,
            given_up: false,
        }
    }

    /// The way to the node ended: so did what it carried.
    pub fn lost(&mut self, out: &mut Vec<Output>) {
        if self.phase != Phase::Closed {
            out.push(Output::Order(self.key, Order::Libvirt(LibvirtOrder::Cut)));
        }
        let listed = std::mem::take(&mut self.listed).lost();
        *self = Self { listed, ..Self::new(self.key) };
    }

    /// The node said where libvirt listens.
    pub fn sockets(&mut self, sockets: &[VirtSocket], has_virsh: bool, now: Stamp, out: &mut Vec<Output>) {
        let changed = self.sockets.told(sockets);
        self.has_virsh = has_virsh;
        let denied = || !sockets.is_empty() && sockets.iter().all(|s| !s.usable);
        let denied =
            denied().then(|| Trouble::new(TroubleKind::Denied, "this user may not speak to libvirt: put it into the group libvirt"));
        if let Some(trouble) = denied {
            if !matches!(self.phase, Phase::Open) {
                self.fail(trouble, now, out);
            }
        } else if changed && matches!(self.phase, Phase::Closed | Phase::Waiting { .. }) {
            self.tries = 0;
            self.phase = Phase::Waiting { until: now };
        }
    }

    /// The socket for a connection that may write.
    pub fn writable(&self) -> Option<String> {
        self.sockets.writable()
    }

    /// libvirt spoke.
    pub fn report(&mut self, report: LibvirtReport, now: Stamp, out: &mut Vec<Output>) -> Ripple {
        let mut ripple = Ripple::default();
        match report {
            LibvirtReport::Up { hears } => {
                self.phase = Phase::Open;
                (self.hears, self.tries, self.busy, self.reread, self.renewed) = (hears, 0, true, false, now);
                (self.doubted, self.stalled, self.given_up) = (None, false, false);
                self.due = QUESTIONS.iter().map(|q| (*q, now)).collect();
            }
            LibvirtReport::Down(fault) => self.down(&fault, now, out),
            LibvirtReport::Answer { id, result, sent, done } => {
                let Some(flight) = self.flights.end(id) else { return ripple };
                let took = Duration::from_micros(u64::try_from(done.0 - sent.0).unwrap_or(0));
                let outcome = result.map(probe::read).map_err(|fault| probe::trouble(&fault));
                if let Ok(Observation::Guests(list)) = &outcome {
                    ripple = self.listed.compare(list);
                }
                if let Ok(Observation::GuestStats(samples)) = &outcome {
                    let missing = self.listed.count(samples);
                    if std::mem::take(&mut self.given_up) && !missing.is_empty() {
                        out.push(Output::Lines(self.key, missing, now));
                    }
                    self.stalled = took >= LATE;
                }
                if flight.question == Question::Guests && (outcome.is_err() || self.doubted.is_some_and(|since| since <= flight.since)) {
                    self.doubted = None;
                }
                self.answered(flight.question, took, outcome, now, out);
            }
            LibvirtReport::Event(heard, at) => {
                let told = probe::told(&heard);
                if let Some(line) = told.line.filter(|_| self.balloons.is_news(&heard)) {
                    out.push(Output::Lines(self.key, vec![(line, 0)], at));
                }
                for question in told.stale {
                    self.busy |= question == Question::GuestJobs;
                    self.stale(question, now);
                }
                ripple.manager = told.turns;
            }
        }
        ripple
    }

    fn down(&mut self, fault: &Fault, now: Stamp, out: &mut Vec<Output>) {
        self.flights.clear();
        self.due.clear();
        self.doubted = None;
        out.push(Output::Order(self.key, Order::Libvirt(LibvirtOrder::Cut)));
        let failed = matches!(self.phase, Phase::Opening { .. }) && fault.kind == FaultKind::Failed;
        if failed && self.sockets.has_another() {
            self.phase = Phase::Waiting { until: now };
            return;
        }
        let nowhere = self.sockets.are_none() && fault.kind == FaultKind::Absent;
        self.tries = self.tries.saturating_add(1);
        let pause = Duration::from_secs(if nowhere { 60 } else { (1 << self.tries.min(5)).min(30) });
        self.phase = Phase::Waiting { until: now.after(pause) };
        if !nowhere {
            self.fail(probe::trouble(fault), now, out);
        } else if self.has_virsh {
            let text = "libvirtd does not run on the node: there is no socket in /run/libvirt";
            self.fail(Trouble::new(TroubleKind::Failed, text), now, out);
        }
    }

    /// A guest is active elsewhere that was not: whether it still is here is asked anew, and this look is not over before.
    pub fn doubt(&mut self, now: Stamp) {
        if self.phase == Phase::Open && self.listed.has_active() {
            self.doubted = Some(now);
        }
        self.stale(Question::Guests, now);
    }

    fn answered(&mut self, question: Question, took: Duration, outcome: Result<Observation, Trouble>, now: Stamp, out: &mut Vec<Output>) {
        self.seen.insert(question);
        self.last.insert(question, (now, took));
        if let Ok(Observation::GuestJobs(jobs)) = &outcome {
            self.busy = !jobs.is_empty();
        }
        // What this libvirt does not know at all will not be known in a minute either.
        let absent = matches!(&outcome, Err(t) if t.kind == TroubleKind::Absent);
        let quiet = match question {
            Question::GuestJobs => !self.busy,
            _ => self.hears,
        };
        let period = if absent { Duration::from_secs(300) } else { cadence::period(question, quiet) };
        let next = now.after(period.max(cadence::gap(took)));
        let due = self.due.entry(question).or_insert(next);
        *due = (*due).min(next);
        out.push(Output::Observed(Box::new(Observed { node: self.key, question, at: now, took, outcome })));
    }

    /// What is known of the guests is not kept up any more.
    fn fail(&mut self, trouble: Trouble, now: Stamp, out: &mut Vec<Output>) {
        self.seen.insert(Question::Guests);
        let observed = Observed { node: self.key, question: Question::Guests, at: now, took: Duration::ZERO, outcome: Err(trouble) };
        out.push(Output::Observed(Box::new(observed)));
    }

    /// Makes a question due at once, but not sooner than its cost allows.
    pub fn stale(&mut self, question: Question, now: Stamp) {
        if self.phase != Phase::Open {
            return;
        }
        // States are cheap (one call, no monitor): they follow the event.
        let gap = |cost: Duration| if question == Question::Guests { cost } else { cadence::gap(cost) };
        let earliest = self.last.get(&question).map_or(now, |(at, cost)| at.after(gap(*cost)).max(now));
        let due = self.due.entry(question).or_insert(earliest);
        *due = (*due).min(earliest);
    }

    /// Our clock was set back: nothing was to be asked later than now, and nothing has happened later.
    pub fn not_after(&mut self, now: Stamp) {
        self.flights.not_after(now);
        let stamps = self.due.values_mut().chain(self.last.values_mut().map(|(at, _)| at)).chain(&mut self.doubted);
        stamps.chain([&mut self.renewed]).for_each(|at| *at = now.min(*at));
        if let Phase::Opening { since: at, .. } | Phase::Waiting { until: at } = &mut self.phase {
            *at = now.min(*at);
        }
    }

    /// The operator wants a fresh look.
    pub fn refresh(&mut self, now: Stamp) {
        self.reread = true;
        for question in QUESTIONS {
            self.stale(question, now);
        }
        if let Phase::Waiting { until } = &mut self.phase {
            *until = now;
        }
    }

    /// Connects, asks, and gives up what takes too long.
    pub fn work(&mut self, now: Stamp, next_id: &mut u64, out: &mut Vec<Output>) {
        self.connect(now, out);
        self.watch_flights(now, out);
        if self.phase != Phase::Open {
            return;
        }
        let ready: Vec<Question> = self.due.iter().filter(|(q, at)| **at <= now && !self.flights.has(**q)).map(|(q, _)| *q).collect();
        for question in ready {
            self.due.remove(&question);
            let Some(query) = probe::query(question) else { continue };
            if question == Question::Guests
                && let Some(which) = self.reread(now)
            {
                out.push(Output::Order(self.key, Order::Libvirt(LibvirtOrder::Reread(which))));
            }
            *next_id += 1;
            let id = AskId(*next_id);
            self.flights.begin(id, question, now);
            out.push(Output::Order(self.key, Order::Libvirt(LibvirtOrder::Ask { id, query })));
        }
    }

    /// Which definitions are read again together with the next list.
    fn reread(&mut self, now: Stamp) -> Option<Reread> {
        let all = std::mem::take(&mut self.reread);
        if !all && self.renewed.age(now) < RENEW {
            return None;
        }
        self.renewed = now;
        Some(if all { Reread::All } else { Reread::Oldest })
    }

    fn connect(&mut self, now: Stamp, out: &mut Vec<Output>) {
        match self.phase {
            Phase::Waiting { until } if until <= now && self.sockets.are_known() => {
                self.phase = Phase::Opening { since: now, late: false };
                let open = LibvirtOrder::Open { socket: self.sockets.choose() };
                out.push(Output::Order(self.key, Order::Libvirt(open)));
            }
            Phase::Opening { since, .. } if since.age(now) >= CUT => {
                out.push(Output::Order(self.key, Order::Libvirt(LibvirtOrder::Cut)));
                self.phase = Phase::Waiting { until: now.after(Duration::from_secs(10)) };
            }
            Phase::Opening { since, late: false } if since.age(now) >= LATE => {
                self.phase = Phase::Opening { since, late: true };
                let text = "libvirtd takes the connection and says nothing: it hangs, or is only just starting";
                self.fail(Trouble::new(TroubleKind::Late, text), now, out);
            }
            _ => {}
        }
    }

    fn watch_flights(&mut self, now: Stamp, out: &mut Vec<Output>) {
        let (late, given_up) = self.flights.overdue(now, self.stalled);
        for question in late {
            let what = match question {
                Question::GuestStats | Question::GuestJobs => "statistics: a guest's monitor or storage hangs, or libvirtd does",
                _ => "an answer: libvirtd hangs",
            };
            let trouble =
                Trouble::new(TroubleKind::Late, &format!("libvirt has been waited for more than {} s for {what}", LATE.as_secs()));
            self.seen.insert(question);
            if question == Question::Guests {
                self.doubted = None;
            }
            let outcome = Err(trouble);
            out.push(Output::Observed(Box::new(Observed { node: self.key, question, at: now, took: LATE, outcome })));
        }
        for question in given_up {
            if let Some(query) = probe::query(question) {
                out.push(Output::Order(self.key, Order::Libvirt(LibvirtOrder::GiveUp(query))));
            }
            // What one guest has held up so far is asked again at once.
            let stats = question == Question::GuestStats;
            let at_once = stats && !self.stalled;
            self.stalled |= stats;
            self.given_up |= stats;
            self.due.insert(question, if at_once { now } else { now.after(Duration::from_secs(5)) });
        }
    }

    /// When [`GuestWatch::work`] wants to be called next.
    pub fn next_due(&self) -> Option<Stamp> {
        let phase = match self.phase {
            Phase::Waiting { until } if self.sockets.are_known() => Some(until),
            Phase::Opening { since, late } => Some(since.after(if late { CUT } else { LATE })),
            _ => None,
        };
        let due = self.due.iter().filter(|(q, _)| !self.flights.has(**q)).map(|(_, at)| *at);
        due.chain(self.flights.due(self.stalled)).chain(phase).min()
    }

    /// Guests were listed, or cannot be; and none that is new elsewhere makes that list doubtful.
    pub fn looked_once(&self) -> bool {
        let told = self.seen.contains(&Question::Guests);
        match self.phase {
            Phase::Open => told && self.doubted.is_none(),
            // A further attempt does not make what is known unknown.
            Phase::Opening { .. } | Phase::Waiting { .. } => told || self.tries > 0,
            Phase::Closed => self.sockets.are_known(),
        }
    }
}
