//! Drives one connection: lanes, streams, deadlines, echoes, heartbeats. The same for every transport.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::action::Change;
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::redact;
use crate::domain::stamp::Stamp;
use crate::link::burst::Burst;
use crate::link::command_line::{Become, CommandLine};
use crate::link::deed::Deed;
use crate::link::gate::Gate;
use crate::link::inbox::{Inbox, refusal, timespec};
use crate::link::lane::{AGAIN, HOPELESS, Track};
use crate::link::mark::Nonce;
use crate::link::pipe::{LONGEST, Pipe};
use crate::link::pulse::{Beat, Pulse};
use crate::link::speaker::{SPEAK_AGAIN, Speaker};
use crate::link::stream::Stream;
use crate::link::wire::{Duct, OpenError, PassError, Wire};
use crate::link::{Ask, AskError, ChangeError, ChangeId, Lane, NO_SESSION, Order, Report, StreamId, guard};

mod open;
mod pump;
mod time;

/// Size of the read buffer: one full SSH packet.
const BUFFER: usize = 32 << 10;

/// Characters of a login shell's own words that are shown.
const NOISE: usize = 200;
/// How long the actions' pipe is kept while nothing is asked: every channel of a node counts.
const KEPT: Duration = Duration::from_secs(30);
/// When a login shell without a hello is called late.
const SAY_LATE: Duration = Duration::from_millis(2500);

/// How a connection ended.
#[derive(Debug)]
pub enum Over {
    /// By order.
    Closed,
    /// It broke.
    Lost(LinkTrouble),
}

/// What the server grants.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Sessions, as far as they were tried.
    pub sessions: usize,
    /// Streams to promise.
    pub streams: usize,
    /// Actions may have a pipe of their own.
    pub action: bool,
    /// What to say about it.
    pub note: Option<String>,
}

/// Which channel is in the opening: never more than one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    Nothing,
    Shell,
    Pass,
}

/// One connection at work.
#[derive(Debug)]
pub struct Engine<'a, W: Wire> {
    wire: W,
    nonce: Nonce,
    rights: Become,
    grant: Grant,
    inbox: &'a Inbox,
    speaker: &'a mut Speaker,
    fast: Track<W::Duct>,
    slow: Track<W::Duct>,
    /// What actions ask, and when it was used last.
    action: Track<W::Duct>,
    used: Instant,
    /// There is no session for it: it shares the slow lane's.
    shared: bool,
    /// The slow lane has left its session to a changing command, and shares the fast lane's until that is over.
    ceded: bool,
    /// A session was refused to a change or a stream: when to ask again, and until when.
    room: Option<(Instant, Instant)>,
    streams: Vec<Stream<W::Duct>>,
    waiting: Vec<(StreamId, CommandLine)>,
    /// Changing commands under way, each on a channel of its own, and those that wait for theirs.
    deeds: Vec<Deed<W::Duct>>,
    changes: VecDeque<Change>,
    gates: Vec<Gate<W::Pass>>,
    opening: Opening,
    pulse: Pulse,
    burst: Burst,
    up: bool,
    /// It was said that the login shell is late.
    late: bool,
    /// Something is left to do before the next wait.
    again: bool,
    buf: Vec<u8>,
}

impl<'a, W: Wire> Engine<'a, W> {
    /// On a fresh connection.
    pub fn new(wire: W, nonce: Nonce, rights: Become, grant: Grant, inbox: &'a Inbox, speaker: &'a mut Speaker) -> Self {
        Self {
            wire,
            nonce,
            rights,
            grant,
            inbox,
            speaker,
            fast: Track::default(),
            slow: Track::default(),
            action: Track::default(),
            used: Instant::now(),
            shared: false,
            ceded: false,
            room: None,
            streams: Vec::new(),
            waiting: Vec::new(),
            deeds: Vec::new(),
            changes: VecDeque::new(),
            gates: Vec::new(),
            opening: Opening::Nothing,
            pulse: Pulse::new(Instant::now()),
            burst: Burst::default(),
            up: false,
            late: false,
            again: false,
            buf: vec![0; BUFFER],
        }
    }

    /// Runs until the connection ends; `early` are orders that came while it was being made. Every ask gets its
    /// answer and every stream its end before this returns. Says also whether it was ever up.
    pub fn run(mut self, early: Vec<Order>) -> (Over, bool) {
        let over = self.work(early);
        let trouble = match &over {
            Over::Lost(trouble) => trouble.clone(),
            Over::Closed => LinkTrouble { fault: LinkFault::Unreachable, text: "the link is closed".to_owned() },
        };
        self.lose_asks(&trouble);
        self.lose_changes(&trouble);
        for deed in std::mem::take(&mut self.deeds) {
            let why = deed.lost(trouble.clone());
            self.changed(deed.id, Err(why));
        }
        let ids: Vec<_> = self.streams.iter().map(|s| s.id).chain(self.waiting.iter().map(|w| w.0)).collect();
        for id in ids {
            self.speaker.say(Report::Ended { id, why: trouble.to_string() });
        }
        (over, self.pulse.ever())
    }

    fn work(&mut self, early: Vec<Order>) -> Over {
        for order in early {
            if self.obey(order) {
                return Over::Closed;
            }
        }
        loop {
            while let Some(order) = self.inbox.take() {
                if self.obey(order) {
                    return Over::Closed;
                }
            }
            self.speaker.flush();
            if self.speaker.alone() {
                return Over::Closed;
            }
            self.again = false;
            let step = self.keep_time().and_then(|()| {
                let closing = self.wire.tidy();
                self.open()?;
                self.pump()?;
                self.open_further().map(|()| closing)
            });
            match step {
                Ok(closing) => self.wait(closing),
                Err(trouble) => return Over::Lost(trouble),
            }
        }
    }

    /// Carries out an order; true for the last one.
    fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::Close => return true,
            Order::Ask(ask) if self.pulse.is_hung() => {
                let trouble = self.pulse.trouble();
                self.speaker.say(Report::Answer { id: ask.id, result: Err(AskError::Lost(trouble)) });
            }
            Order::Ask(ask) => self.put(ask),
            Order::Change(change) if self.pulse.is_hung() || !self.up => {
                let why = if self.pulse.is_hung() { self.pulse.trouble() } else { trouble(LinkFault::Timeout, "not connected yet") };
                self.changed(change.id(), Err(ChangeError::NotSent(why)));
            }
            Order::Change(change) => self.changes.push_back(change),
            Order::Follow { id, .. } if self.grant.streams == 0 => {
                let why = self.no_session();
                self.end(id, &why);
            }
            Order::Follow { id, command } => self.waiting.push((id, command)),
            Order::Unfollow(id) => self.unfollow(id),
            Order::Tunnel(door) => self.gates.push(Gate::new(door)),
            Order::Untunnel(door) => {
                if let Some(at) = self.gates.iter().position(|g| g.is(&door)) {
                    let ended = self.gates.swap_remove(at).close();
                    for pass in ended {
                        self.wire.end(pass);
                    }
                    self.again = true;
                }
            }
            Order::Reply(..) | Order::Hurry | Order::Libvirt(_) => {}
        }
        false
    }

    /// Puts a question into its lane, or the one that this lane shares.
    fn put(&mut self, ask: Ask) {
        let rights = self.rights;
        let lane = match ask.lane {
            Lane::Action if self.grant.action && !self.shared => Lane::Action,
            Lane::Action | Lane::Slow if self.grant.sessions > 1 && !self.ceded => Lane::Slow,
            _ => Lane::Fast,
        };
        if lane == Lane::Action {
            self.used = Instant::now();
        }
        self.track(lane).ask(ask, rights);
    }

    const fn track(&mut self, lane: Lane) -> &mut Track<W::Duct> {
        match lane {
            Lane::Fast => &mut self.fast,
            Lane::Slow => &mut self.slow,
            Lane::Action => &mut self.action,
        }
    }

    /// The pipes that are open.
    fn pipes(&self) -> impl Iterator<Item = &Pipe<W::Duct>> {
        [&self.fast.pipe, &self.slow.pipe, &self.action.pipe].into_iter().flatten()
    }

    fn unfollow(&mut self, id: StreamId) {
        if let Some(at) = self.streams.iter().position(|s| s.id == id) {
            let stream = self.streams.swap_remove(at);
            self.wire.close(stream.duct);
            self.end(id, "unfollowed");
        } else if let Some(at) = self.waiting.iter().position(|w| w.0 == id) {
            self.waiting.remove(at);
            self.end(id, "unfollowed");
        }
    }

    fn end(&mut self, id: StreamId, why: &str) {
        self.speaker.say(Report::Ended { id, why: why.to_owned() });
    }

    fn no_session(&self) -> String {
        format!("{NO_SESSION} (MaxSessions {})", self.grant.sessions)
    }

    fn changed(&mut self, id: ChangeId, result: Result<super::Answer, ChangeError>) {
        self.speaker.say(Report::Changed { id, result });
    }

    /// Changes that were not begun never will be.
    fn lose_changes(&mut self, trouble: &LinkTrouble) {
        for change in std::mem::take(&mut self.changes) {
            self.changed(change.id(), Err(ChangeError::NotSent(trouble.clone())));
        }
    }

    /// Abandons a lane's pipe: its processes are ended, the question whose turn it was gets this, the others wait for the next pipe.
    fn give_up(&mut self, lane: Lane, why: AskError) {
        self.again = true;
        let (duct, head) = self.track(lane).abandon();
        if let Some(duct) = duct {
            self.wire.close(duct);
        }
        if let Some(ask) = head {
            self.speaker.say(Report::Answer { id: ask.id, result: Err(why) });
        }
    }

    /// Up once the fast lane's shell has answered, and again when a node that hung is heard.
    fn rise(&mut self) {
        let ready = self.fast.pipe.as_ref().is_some_and(Pipe::is_ready);
        if !self.up && self.pulse.is_well() && (ready || self.pulse.ever()) {
            self.up = true;
            self.pulse.rose();
            for track in [&mut self.fast, &mut self.slow, &mut self.action] {
                if let Some(pipe) = &mut track.pipe {
                    pipe.resume();
                }
            }
            self.speaker.say(Report::Up { streams: self.grant.streams, note: self.grant.note.clone() });
        }
    }

    fn lose_asks(&mut self, trouble: &LinkTrouble) {
        let asks = self.fast.forget().into_iter().chain(self.slow.forget()).chain(self.action.forget()).collect();
        self.answer_lost(asks, trouble);
    }

    fn answer_lost(&mut self, asks: Vec<Ask>, trouble: &LinkTrouble) {
        for ask in asks {
            if let Some(report) = refusal(Order::Ask(ask), trouble) {
                self.speaker.say(report);
            }
        }
    }
}

fn trouble(fault: LinkFault, text: &str) -> LinkTrouble {
    LinkTrouble { fault, text: text.to_owned() }
}

fn broken(e: &std::io::Error) -> LinkTrouble {
    trouble(LinkFault::Protocol, &format!("the connection broke: {}", redact::said(&e.to_string())))
}

/// The login shell said something else than a hello: a locked account, a forced command, no `sh`.
fn no_shell<D: Duct>(pipe: &Pipe<D>) -> LinkTrouble {
    trouble(LinkFault::Protocol, &format!("logged in, but the account runs no shell for us{}", said(pipe)))
}

/// It has said nothing that we understand so far.
fn late_shell<D: Duct>(pipe: &Pipe<D>) -> LinkTrouble {
    trouble(LinkFault::Timeout, &format!("logged in, but the account's shell does not answer yet{}", said(pipe)))
}

fn said<D: Duct>(pipe: &Pipe<D>) -> String {
    let noise = redact::said_bytes(pipe.noise().trim_ascii());
    let short: String = noise.chars().take(NOISE).collect();
    let more = if short.len() < noise.len() { " ..." } else { "" };
    if short.is_empty() { short } else { format!(": {short}{more}") }
}
