//! A link that answers from a recording.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::file::{Entry, LibvirtEntry, Out, Recording};
use super::libvirt;
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::stamp::Stamp;
use crate::link::{Answer, Ask, ChangeError, LibvirtOrder, LibvirtReport, Link, Order, Report, StreamId, Voice};

/// Replays what one node said. Time runs as it ran then; after the end, the last answers stay true, with their clocks moved on.
pub fn play(recording: Arc<Recording>, key: u32, voice: Voice) -> Box<dyn Link> {
    let (to, orders) = channel();
    let player = Player {
        recording,
        key,
        voice,
        began: Stamp::now(),
        streams: HashMap::new(),
        early: Vec::new(),
        libvirt_open: false,
        next: 0,
        up: false,
    };
    // The thread ends when the link is dropped; if it cannot start, the node simply never answers.
    let _ = thread::Builder::new().name(format!("replay-{key}")).stack_size(256 * 1024).spawn(move || player.run(&orders));
    Box::new(Handle(to))
}

struct Handle(Sender<Order>);

impl Link for Handle {
    fn order(&self, order: Order) {
        let _ = self.0.send(order);
    }
}

struct Player {
    recording: Arc<Recording>,
    key: u32,
    voice: Voice,
    began: Stamp,
    streams: HashMap<Vec<String>, StreamId>,
    /// What streams told that are not followed yet: places in what was said.
    early: Vec<usize>,
    libvirt_open: bool,
    next: usize,
    up: bool,
}

impl Player {
    fn run(mut self, orders: &Receiver<Order>) {
        if !self.reachable_at_first() {
            let trouble = LinkTrouble { fault: LinkFault::Unreachable, text: "the recording holds nothing of this node".to_owned() };
            self.voice.say(Report::Down { trouble, retry_at: None });
        } else if !self.rise() {
            return;
        }
        loop {
            match orders.recv_timeout(self.until_next()) {
                Ok(Order::Ask(ask)) => {
                    let result = Ok(self.answer(&ask));
                    if !self.voice.say(Report::Answer { id: ask.id, result }) {
                        return;
                    }
                }
                Ok(Order::Follow { id, command }) => {
                    self.streams.insert(command.argv().to_vec(), id);
                    if !self.catch_up() {
                        return;
                    }
                }
                Ok(Order::Change(change)) => {
                    let trouble =
                        LinkTrouble { fault: LinkFault::Protocol, text: "this is a recording: nothing here can be changed".to_owned() };
                    let result = Err(ChangeError::NotSent(trouble));
                    if !self.voice.say(Report::Changed { id: change.id(), result }) {
                        return;
                    }
                }
                Ok(Order::Unfollow(id)) => self.streams.retain(|_, s| *s != id),
                Ok(Order::Close) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Order::Libvirt(order)) => {
                    if !self.libvirt(&order) {
                        return;
                    }
                }
                Ok(Order::Reply(..) | Order::Hurry | Order::Tunnel(_) | Order::Untunnel(_)) => {}
                Err(RecvTimeoutError::Timeout) => {
                    if !self.speak() {
                        return;
                    }
                }
            }
        }
    }

    /// libvirt as it was at this time of the recording.
    fn libvirt(&mut self, order: &LibvirtOrder) -> bool {
        let past = libvirt::Past { said: self.said(), elapsed: self.elapsed() };
        let report = match order {
            LibvirtOrder::Open { .. } => past.open(),
            LibvirtOrder::Ask { id, query } => past.answer(*id, *query, self.replayed_now()),
            LibvirtOrder::Reread(_) | LibvirtOrder::GiveUp(_) | LibvirtOrder::Cut | LibvirtOrder::Console { .. } => return true,
        };
        if let LibvirtReport::Up { .. } = report {
            self.libvirt_open = true;
        }
        self.voice.say(Report::Libvirt(Box::new(report)))
    }

    fn said(&self) -> &[Entry] {
        self.recording.said.get(&self.key).map_or(&[], Vec::as_slice)
    }

    fn reachable_at_first(&self) -> bool {
        !matches!(self.said().first(), None | Some(Entry::Reach { down: Some(_), .. }))
    }

    /// Microseconds since the replay began.
    fn elapsed(&self) -> i64 {
        Stamp::now().0 - self.began.0
    }

    /// The time that the recording has reached.
    fn replayed_now(&self) -> Stamp {
        Stamp(self.recording.began).shifted(self.elapsed())
    }

    /// The answer that was the newest at this time of the recording; before its time, the first one.
    fn answer(&self, ask: &Ask) -> Answer {
        let elapsed = self.elapsed();
        let mut found = None;
        for entry in self.said() {
            if let Entry::Answer { at, argv, .. } = entry
                && is_same(argv, ask.command.argv())
                && (found.is_none() || *at <= elapsed)
            {
                found = Some(entry);
            }
        }
        let now = self.replayed_now();
        let Some(Entry::Answer { at, code, took, out, err, .. }) = found else {
            let text = "the recording has no answer to this".to_owned();
            return Answer { stdout: Vec::new(), stderr: text.into_bytes(), code: 127, sent: now, began: now, done: now };
        };
        // The times of the recording, so that the node's clock is compared with the clock that it was recorded beside.
        let done = Stamp(self.recording.began).shifted(*at);
        let stdout = out.bytes().unwrap_or_default();
        let sent = done.shifted(-*took);
        Answer { stdout, stderr: err.clone().into_bytes(), code: *code, sent, began: sent, done }
    }

    /// Who follows this. One that was started anew told where to go on: it is the same stream with other arguments.
    fn stream(&self, argv: &[String]) -> Option<StreamId> {
        let by = |same: fn(&[String], &[String]) -> bool| self.streams.iter().find(|(followed, _)| same(followed, argv)).map(|(_, id)| *id);
        by(is_same).or_else(|| by(|a, b| script(a).is_some_and(|known| script(b) == Some(known))))
    }

    /// Says what streams told before they were followed: then they were followed sooner. False if nobody listens.
    fn catch_up(&mut self) -> bool {
        let mut listens = true;
        for at in std::mem::take(&mut self.early) {
            match self.said().get(at) {
                Some(Entry::Data { argv, out, .. }) if self.stream(argv).is_some() => listens &= self.pass_on(argv, out),
                _ => self.early.push(at),
            }
        }
        listens
    }

    fn pass_on(&self, argv: &[String], out: &Out) -> bool {
        match (self.stream(argv), out.bytes()) {
            (Some(id), Some(bytes)) => self.voice.say(Report::Data { id, bytes, at: self.replayed_now() }),
            _ => true,
        }
    }

    fn until_next(&self) -> Duration {
        let at = self.said()[self.next.min(self.said().len())..].iter().find_map(|e| match e {
            Entry::Data { at, .. } | Entry::Reach { at, .. } | Entry::Libvirt { at, .. } => Some(*at),
            _ => None,
        });
        at.map_or(Duration::from_secs(3600), |at| Duration::from_micros(u64::try_from(at - self.elapsed()).unwrap_or(0)))
    }

    /// Says the next thing that the node said by itself. False if nobody listens.
    fn speak(&mut self) -> bool {
        let Some(entry) = self.said().get(self.next).cloned() else { return true };
        self.next += 1;
        match entry {
            Entry::Data { argv, .. } if self.stream(&argv).is_none() => {
                self.early.push(self.next - 1);
                true
            }
            Entry::Data { argv, out, .. } => self.pass_on(&argv, &out),
            Entry::Libvirt { said, .. } if self.libvirt_open => match said {
                LibvirtEntry::Event(heard) => self.voice.say(Report::Libvirt(Box::new(LibvirtReport::Event(heard, self.replayed_now())))),
                LibvirtEntry::Down(fault) => {
                    self.libvirt_open = false;
                    self.voice.say(Report::Libvirt(Box::new(LibvirtReport::Down(fault))))
                }
                _ => true,
            },
            Entry::Reach { down: Some(text), lost, .. } => self.fall(&text, lost),
            Entry::Reach { down: None, .. } => self.up || self.rise(),
            _ => true,
        }
    }

    fn rise(&mut self) -> bool {
        self.up = true;
        self.voice.say(Report::Up { streams: 8, note: None })
    }

    fn fall(&mut self, text: &str, lost: bool) -> bool {
        self.up = false;
        let trouble = trouble(text);
        if lost {
            for (_, id) in self.streams.drain() {
                self.voice.say(Report::Ended { id, why: trouble.to_string() });
            }
        }
        self.voice.say(Report::Down { trouble, retry_at: lost.then(|| self.replayed_now()) })
    }
}

/// `timeout: the node hangs` as it was before it was written down.
fn trouble(text: &str) -> LinkTrouble {
    let (word, rest) = text.split_once(": ").unwrap_or(("", text));
    match LinkFault::ALL.into_iter().find(|f| f.word() == word) {
        Some(fault) => LinkTrouble { fault, text: rest.to_owned() },
        None => LinkTrouble { fault: LinkFault::Timeout, text: text.to_owned() },
    }
}

/// Whether two commands ask the same. A script is known by its first line and its first argument: a recording outlives the wording of the rest.
fn is_same(a: &[String], b: &[String]) -> bool {
    let known = |argv: &[String]| script(argv).map(|line| (line.to_owned(), argv.get(4).cloned()));
    a == b || known(a).is_some_and(|known_a| known(b) == Some(known_a))
}

/// The first line of a script.
fn script(argv: &[String]) -> Option<&str> {
    match argv {
        [sh, c, script, _, ..] if sh == "sh" && c == "-c" => Some(script.lines().next().unwrap_or_default()),
        _ => None,
    }
}
