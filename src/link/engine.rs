//! Drives one connection: lanes, streams, deadlines, echoes, heartbeats. The same for every transport.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};

use super::command_line::{Become, CommandLine};
use super::deed::Deed;
use super::gate::Gate;
use super::inbox::{Inbox, refusal, timespec};
use super::lane::Track;
use super::mark::Nonce;
use super::pipe::{LONGEST, Pipe};
use super::pulse::{Beat, Pulse};
use super::speaker::{SPEAK_AGAIN, Speaker};
use super::stream::Stream;
use super::wire::{Duct, OpenError, PassError, Wire};
use super::{Ask, AskError, ChangeError, ChangeId, Lane, Order, Report, StreamId, guard};
use crate::action::Change;
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::stamp::Stamp;
use crate::domain::text;

/// Size of the read buffer: one full SSH packet.
const BUFFER: usize = 32 << 10;

/// Characters of a login shell's own words that are shown.
const NOISE: usize = 200;
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
    streams: Vec<Stream<W::Duct>>,
    waiting: Vec<(StreamId, CommandLine)>,
    /// Changing commands under way, each on a channel of its own, and those that wait for theirs.
    deeds: Vec<Deed<W::Duct>>,
    changes: VecDeque<Change>,
    gates: Vec<Gate<W::Pass>>,
    opening: Opening,
    pulse: Pulse,
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
            streams: Vec::new(),
            waiting: Vec::new(),
            deeds: Vec::new(),
            changes: VecDeque::new(),
            gates: Vec::new(),
            opening: Opening::Nothing,
            pulse: Pulse::new(Instant::now()),
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
            self.inbox.quiet();
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
                self.pump().map(|()| closing)
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
            Order::Ask(ask) => {
                let rights = self.rights;
                self.track(ask.lane).ask(ask, rights);
            }
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

    fn track(&mut self, lane: Lane) -> &mut Track<W::Duct> {
        match lane {
            Lane::Slow if self.grant.sessions > 1 => &mut self.slow,
            _ => &mut self.fast,
        }
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
        format!("sshd grants no further session (MaxSessions {})", self.grant.sessions)
    }

    /// Opens what is wanted, one channel after another: the fast lane first, then the slow one, then streams, then ways to sockets.
    fn open(&mut self) -> Result<(), LinkTrouble> {
        if self.opening != Opening::Pass {
            self.opening = Opening::Nothing;
            self.open_shells()?;
        }
        if self.opening != Opening::Shell {
            self.opening = Opening::Nothing;
            self.open_passes()?;
        }
        Ok(())
    }

    fn open_passes(&mut self) -> Result<(), LinkTrouble> {
        for gate in &mut self.gates {
            while let Some(to) = gate.wants() {
                match self.wire.pass(&to) {
                    Ok(None) => {
                        self.opening = Opening::Pass;
                        return Ok(());
                    }
                    Ok(Some(pass)) => gate.lead(pass),
                    Err(PassError::Refused(why)) => gate.refuse(why),
                    Err(PassError::Broken(trouble)) => return Err(trouble),
                }
            }
        }
        Ok(())
    }

    fn open_shells(&mut self) -> Result<(), LinkTrouble> {
        loop {
            let now = Instant::now();
            let (fast, slow) = (self.fast.wants(true, now), self.slow.wants(false, now));
            let change = !self.changes.is_empty();
            if !fast && !slow && !change && self.waiting.is_empty() {
                return Ok(());
            }
            match self.wire.open() {
                Ok(None) => {
                    self.opening = Opening::Shell;
                    return Ok(());
                }
                Ok(Some(duct)) if fast => self.fast.equip(duct, &self.nonce, self.rights),
                Ok(Some(duct)) if slow => self.slow.equip(duct, &self.nonce, self.rights),
                Ok(Some(duct)) if change => self.begin(duct),
                Ok(Some(duct)) => {
                    let (id, command) = self.waiting.remove(0);
                    self.streams.push(Stream::new(id, &command, duct, &self.nonce, self.rights));
                }
                Err(OpenError::Refused) if fast => self.fast.refused(),
                Err(OpenError::Refused) if slow => self.slow.refused(),
                Err(OpenError::Refused) if change => {
                    let why = trouble(LinkFault::Sessions, &self.no_session());
                    self.lose_changes(&why);
                }
                Err(OpenError::Refused) => {
                    let (id, _) = self.waiting.remove(0);
                    let why = self.no_session();
                    self.end(id, &why);
                }
                Err(OpenError::Broken(trouble)) => return Err(trouble),
            }
        }
    }

    /// Reads and writes until nothing moves: a read for one channel may bring in packets of another.
    fn pump(&mut self) -> Result<(), LinkTrouble> {
        for _ in 0..64 {
            let (passed, moved) = self.pump_gates();
            let heard = self.pump_lane(Lane::Fast)? | self.pump_lane(Lane::Slow)? | self.pump_streams()? | self.pump_deeds()? | passed;
            if heard {
                self.pulse.heard(Instant::now());
            } else if !moved && !self.pending() {
                self.rise();
                return Ok(());
            }
        }
        self.again = true;
        self.rise();
        Ok(())
    }

    /// Whether a read for one channel brought in something for another that was read before it.
    fn pending(&self) -> bool {
        let pipes = [&self.fast.pipe, &self.slow.pipe];
        pipes.into_iter().flatten().any(|pipe| pipe.duct.pending())
            || self.gates.iter().any(Gate::pending)
            || self.deeds.iter().any(|deed| deed.duct.pending())
            || (!self.speaker.behind() && self.streams.iter().any(|stream| stream.duct.pending()))
    }

    /// Whether something came from the node, and whether anything moved at all.
    fn pump_gates(&mut self) -> (bool, bool) {
        let (mut heard, mut moved) = (false, false);
        for gate in &mut self.gates {
            let (came, went, over) = gate.pump();
            heard |= came;
            moved |= went;
            for pass in over {
                self.wire.end(pass);
            }
        }
        (heard, moved)
    }

    fn pump_lane(&mut self, lane: Lane) -> Result<bool, LinkTrouble> {
        let track = if lane == Lane::Fast { &mut self.fast } else { &mut self.slow };
        let Some(pipe) = &mut track.pipe else { return Ok(false) };
        let pumped = pipe.pump(&mut self.buf).map_err(|e| broken(&e))?;
        for (ask, result) in pumped.answers {
            self.speaker.say(Report::Answer { id: ask.id, result });
        }
        if pumped.ended {
            if !self.up && lane == Lane::Fast {
                return Err(no_shell(pipe));
            }
            self.give_up(lane, AskError::Lost(trouble(LinkFault::Protocol, "the shell on the node ended in the middle of the command")));
        } else if pipe.is_too_long() {
            self.give_up(lane, AskError::TooLong(LONGEST));
        }
        Ok(pumped.heard)
    }

    fn pump_streams(&mut self) -> Result<bool, LinkTrouble> {
        let mut moved = false;
        let mut at = 0;
        while let Some(stream) = self.streams.get_mut(at) {
            let flow = stream.pump(!self.speaker.behind(), &mut self.buf).map_err(|e| broken(&e))?;
            moved |= flow.heard;
            let id = stream.id;
            if !flow.bytes.is_empty() {
                self.speaker.say(Report::Data { id, bytes: flow.bytes, at: Stamp::now() });
            }
            if let Some(why) = flow.ended {
                let stream = self.streams.swap_remove(at);
                self.wire.close(stream.duct);
                self.again = true;
                self.end(id, &why);
            } else {
                at += 1;
            }
        }
        Ok(moved)
    }

    /// Starts the change that waited longest.
    fn begin(&mut self, duct: W::Duct) {
        match self.changes.pop_front() {
            Some(change) => self.deeds.push(Deed::new(change, duct, &self.nonce, self.rights)),
            None => self.wire.close(duct),
        }
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

    fn pump_deeds(&mut self) -> Result<bool, LinkTrouble> {
        let mut moved = false;
        let mut at = 0;
        while let Some(deed) = self.deeds.get_mut(at) {
            let flow = deed.pump(&mut self.buf).map_err(|e| broken(&e))?;
            moved |= flow.heard;
            let id = deed.id;
            if !flow.bytes.is_empty() {
                self.speaker.say(Report::Output { id, bytes: flow.bytes, at: Stamp::now() });
            }
            if let Some(result) = flow.ended {
                let deed = self.deeds.swap_remove(at);
                self.wire.close(deed.duct);
                self.again = true;
                self.changed(id, result);
            } else {
                at += 1;
            }
        }
        Ok(moved)
    }

    /// Abandons a lane's pipe: its processes are ended, the question whose turn it was gets this, the others wait for the next pipe.
    fn give_up(&mut self, lane: Lane, why: AskError) {
        self.again = true;
        let track = if lane == Lane::Fast { &mut self.fast } else { &mut self.slow };
        let (duct, head) = track.abandon();
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
            for track in [&mut self.fast, &mut self.slow] {
                if let Some(pipe) = &mut track.pipe {
                    pipe.resume();
                }
            }
            self.speaker.say(Report::Up { streams: self.grant.streams, note: self.grant.note.clone() });
        }
    }

    /// Deadlines, echoes, heartbeats.
    fn keep_time(&mut self) -> Result<(), LinkTrouble> {
        let now = Instant::now();
        if !self.pulse.is_hung() {
            for lane in [Lane::Fast, Lane::Slow] {
                self.check_deadline(lane, now)?;
            }
        }
        if !self.late && self.slow_shell().is_some_and(|at| at <= now) {
            self.sink();
        }
        match self.pulse.beat(now) {
            Beat::Echo(sequence) => self.tell_fast(&guard::echo(&self.nonce, sequence)),
            Beat::Hung => self.sink(),
            Beat::Dead => return Err(self.pulse.trouble()),
            Beat::None => {}
        }
        if self.pulse.heartbeat(now) {
            let line = guard::heartbeat(&self.nonce);
            self.tell_fast(&line);
            if let Some(pipe) = &mut self.slow.pipe {
                pipe.tell(&line);
            }
            for stream in &mut self.streams {
                stream.tell(&line);
            }
            for deed in &mut self.deeds {
                deed.tell(&line);
            }
        }
        Ok(())
    }

    fn check_deadline(&mut self, lane: Lane, now: Instant) -> Result<(), LinkTrouble> {
        let track = if lane == Lane::Fast { &mut self.fast } else { &mut self.slow };
        if let Some(asks) = track.hopeless(now) {
            let lost = trouble(LinkFault::Sessions, &self.no_session());
            self.answer_lost(asks, &lost);
            return Ok(());
        }
        let Some(pipe) = &track.pipe else { return Ok(()) };
        if !pipe.is_ready() {
            if now < pipe.born() + Pipe::<W::Duct>::PATIENCE {
                return Ok(());
            }
            if !self.up {
                return Err(no_shell(pipe));
            }
            self.give_up(lane, AskError::Late(Pipe::<W::Duct>::PATIENCE));
        } else if let Some(why) = pipe.late(now) {
            self.give_up(lane, why);
        }
        Ok(())
    }

    fn tell_fast(&mut self, line: &str) {
        if let Some(pipe) = &mut self.fast.pipe {
            pipe.tell(line);
        }
    }

    /// When a login shell that has not said hello yet is called late.
    fn slow_shell(&self) -> Option<Instant> {
        let pipe = self.fast.pipe.as_ref().filter(|pipe| !pipe.is_ready() && !self.pulse.ever())?;
        Some(pipe.born() + SAY_LATE)
    }

    /// The node hangs, or its login shell does: say so, and answer what waits. The connection stays, streams too: it may come back.
    fn sink(&mut self) {
        self.up = false;
        let trouble = match (self.slow_shell(), &self.fast.pipe) {
            (Some(_), Some(pipe)) => late_shell(pipe),
            _ => self.pulse.trouble(),
        };
        if !self.pulse.ever() && std::mem::replace(&mut self.late, true) {
            return;
        }
        self.speaker.say(Report::Down { trouble: trouble.clone(), retry_at: None });
        self.lose_asks(&trouble);
        self.lose_changes(&trouble);
    }

    fn lose_asks(&mut self, trouble: &LinkTrouble) {
        let asks = self.fast.forget().into_iter().chain(self.slow.forget()).collect();
        self.answer_lost(asks, trouble);
    }

    fn answer_lost(&mut self, asks: Vec<Ask>, trouble: &LinkTrouble) {
        for ask in asks {
            if let Some(report) = refusal(Order::Ask(ask), trouble) {
                self.speaker.say(report);
            }
        }
    }

    fn wait(&self, closing: bool) {
        let mut until = if self.again { Instant::now() } else { self.pulse.due() };
        let mut sooner = |at: Option<Instant>| until = at.map_or(until, |at| until.min(at));
        if !self.late {
            sooner(self.slow_shell());
        }
        if !self.pulse.is_hung() {
            sooner(self.fast.due());
            sooner(self.slow.due());
        }
        sooner(self.deeds.iter().map(Deed::due).min());
        if self.speaker.behind() || closing {
            sooner(Some(Instant::now() + SPEAK_AGAIN));
        }
        let inbox = self.inbox.fd();
        let mut fds = vec![PollFd::new(&inbox, PollFlags::IN)];
        self.wire.watch(&mut fds);
        for pipe in [&self.fast.pipe, &self.slow.pipe].into_iter().flatten() {
            pipe.watch(&mut fds);
        }
        for deed in &self.deeds {
            deed.watch(&mut fds);
        }
        for stream in &self.streams {
            stream.watch(!self.speaker.behind(), &mut fds);
        }
        for gate in &self.gates {
            gate.watch(&mut fds);
        }
        let _ = poll(&mut fds, Some(&timespec(until)));
        self.wire.waited();
    }
}

fn trouble(fault: LinkFault, text: &str) -> LinkTrouble {
    LinkTrouble { fault, text: text.to_owned() }
}

fn broken(e: &std::io::Error) -> LinkTrouble {
    trouble(LinkFault::Protocol, &format!("the connection broke: {}", text::clean(&e.to_string())))
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
    let noise = text::clean_bytes(pipe.noise().trim_ascii());
    let short: String = noise.chars().take(NOISE).collect();
    let more = if short.len() < noise.len() { " ..." } else { "" };
    if short.is_empty() { short } else { format!(": {short}{more}") }
}
