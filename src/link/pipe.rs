//! A shell on a node as a request/response pipe: questions go down pipelined, answers come back in order.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use rustix::event::PollFd;

use super::command_line::Become;
use super::guard;
use super::mark::{Nonce, Piece, Scanner};
use super::wire::{Duct, Got, Side};
use super::{Answer, Ask, AskError};
use crate::domain::stamp::Stamp;

/// Longest answer: twice what `crm_mon` says of a thousand members.
pub const LONGEST: usize = 32 << 20;
/// Most of standard error that is kept.
const LONGEST_ERR: usize = 64 << 10;
/// Most of what a login shell prints by itself that is kept for a message.
const NOISE: usize = 512;

/// Reads of one output in one pump.
const ROUNDS: usize = 16;

/// What a pump brought.
#[derive(Debug, Default)]
pub struct Pumped {
    /// Bytes came: the node lives.
    pub heard: bool,
    /// The channel has ended.
    pub ended: bool,
    /// Answers that are complete.
    pub answers: Vec<(Ask, Result<Answer, AskError>)>,
}

/// Bytes on their way down a channel.
#[derive(Debug, Default)]
pub struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outgoing {
    /// Appends.
    pub fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Whether something is left to send.
    pub fn is_empty(&self) -> bool {
        self.sent >= self.bytes.len()
    }

    /// Sends what fits. True: the channel has ended. Errors are the connection's.
    pub fn drain(&mut self, duct: &mut impl Duct) -> io::Result<bool> {
        while let Some(rest) = self.bytes.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match duct.write(rest) {
                Ok(0) => return Ok(false),
                Ok(n) => self.sent += n,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Ok(true),
                Err(e) => return Err(e),
            }
        }
        self.bytes.clear();
        self.sent = 0;
        Ok(false)
    }
}

/// A question that was written to the node.
#[derive(Debug)]
struct Entry {
    ask: Ask,
    sent: Stamp,
    turn: Option<(Instant, Stamp)>,
    first: bool,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    code: Option<i32>,
    err_done: bool,
}

/// A shell that answers questions.
#[derive(Debug)]
pub struct Pipe<D> {
    /// Its channel.
    pub duct: D,
    out: Scanner,
    err: Scanner,
    outgoing: Outgoing,
    queue: VecDeque<Entry>,
    greeted: (bool, bool),
    noise: Vec<u8>,
    born: Instant,
}

impl<D: Duct> Pipe<D> {
    /// On a fresh channel; the hello is on its way.
    pub fn new(duct: D, nonce: &Nonce, rights: Become) -> Self {
        let mut outgoing = Outgoing::default();
        outgoing.push(&guard::hello(nonce, rights));
        Self {
            duct,
            out: Scanner::new(nonce),
            err: Scanner::new(nonce),
            outgoing,
            queue: VecDeque::new(),
            greeted: (false, false),
            noise: Vec::new(),
            born: Instant::now(),
        }
    }

    /// Whether the shell has answered its hello.
    pub const fn is_ready(&self) -> bool {
        self.greeted.0 && self.greeted.1
    }

    /// Whether no question is out.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// When the channel was opened.
    pub const fn born(&self) -> Instant {
        self.born
    }

    /// What the shell said instead of a hello.
    pub fn noise(&self) -> &[u8] {
        &self.noise
    }

    /// Writes a line for the guard.
    pub fn tell(&mut self, line: &str) {
        self.outgoing.push(line);
    }

    /// Asks a question.
    pub fn ask(&mut self, ask: Ask, rights: Become) {
        self.outgoing.push(&guard::run(&ask.command, rights, ask.id.0));
        let (at, sent) = now();
        let turn = (self.queue.is_empty() && self.is_ready()).then_some((at, sent));
        self.queue.push_back(Entry { ask, sent, turn, first: false, stdout: Vec::new(), stderr: Vec::new(), code: None, err_done: false });
    }

    /// Adds the channel's own descriptors to wait for.
    pub fn watch<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        self.duct.watch(true, !self.outgoing.is_empty(), fds);
    }

    /// Writes and reads what can be without waiting. Errors are the connection's.
    pub fn pump(&mut self, buf: &mut [u8]) -> io::Result<Pumped> {
        let mut pumped = Pumped { ended: self.outgoing.drain(&mut self.duct)?, ..Pumped::default() };
        for side in [Side::Out, Side::Err] {
            // A long answer takes turns with everything else.
            for _ in 0..ROUNDS {
                match self.duct.some(side, buf)? {
                    Got::Bytes(bytes) => {
                        pumped.heard = true;
                        self.take(side, bytes, &mut pumped);
                        continue;
                    }
                    Got::Nothing => {}
                    Got::End => pumped.ended = true,
                }
                break;
            }
        }
        Ok(pumped)
    }

    fn take(&mut self, side: Side, bytes: &[u8], pumped: &mut Pumped) {
        let mut scanner = match side {
            Side::Out => std::mem::replace(&mut self.out, Scanner::idle()),
            Side::Err => std::mem::replace(&mut self.err, Scanner::idle()),
        };
        scanner.feed(bytes, |piece| match (piece, side) {
            (Piece::Data(data), _) => self.data(side, data),
            (Piece::Mark(words), Side::Out) => self.out_mark(words, pumped),
            (Piece::Mark(words), Side::Err) => self.err_mark(words, pumped),
        });
        match side {
            Side::Out => self.out = scanner,
            Side::Err => self.err = scanner,
        }
    }

    fn data(&mut self, side: Side, data: &[u8]) {
        let greeted = if side == Side::Out { self.greeted.0 } else { self.greeted.1 };
        // The two outputs run apart: the next question's first bytes on one may come before the last mark on the other.
        let entry = match side {
            Side::Out => self.queue.iter_mut().find(|e| e.code.is_none()),
            Side::Err => self.queue.iter_mut().find(|e| !e.err_done),
        };
        let Some(entry) = entry.filter(|_| greeted) else {
            let room = NOISE.saturating_sub(self.noise.len());
            self.noise.extend_from_slice(data.get(..data.len().min(room)).unwrap_or_default());
            return;
        };
        entry.first = true;
        let (kept, room) = match side {
            Side::Out => (&mut entry.stdout, LONGEST + 1),
            Side::Err => (&mut entry.stderr, LONGEST_ERR),
        };
        let room = room.saturating_sub(kept.len());
        kept.extend_from_slice(data.get(..data.len().min(room)).unwrap_or_default());
    }

    fn out_mark(&mut self, words: &str, pumped: &mut Pumped) {
        if !self.greeted.0 {
            self.greeted.0 = true;
            return self.turn();
        }
        let code = words.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(-1);
        if let Some(entry) = self.queue.iter_mut().find(|e| e.code.is_none()) {
            entry.first = true;
            entry.code = Some(code);
        }
        self.finish(pumped);
    }

    fn err_mark(&mut self, words: &str, pumped: &mut Pumped) {
        // An echo proves that the node lives, which having read it has said already.
        if words.starts_with('e') {
            return;
        }
        if !self.greeted.1 {
            self.greeted.1 = true;
            return self.turn();
        }
        if let Some(entry) = self.queue.iter_mut().find(|e| !e.err_done) {
            entry.err_done = true;
        }
        self.finish(pumped);
    }

    fn finish(&mut self, pumped: &mut Pumped) {
        let Some(code) = self.queue.front().filter(|e| e.err_done).and_then(|e| e.code) else { return };
        let Some(entry) = self.queue.pop_front() else { return };
        let done = Stamp::now();
        let too_long = entry.stdout.len() > LONGEST;
        let began = entry.turn.map_or(entry.sent, |(_, stamp)| stamp);
        let answer = Answer { stdout: entry.stdout, stderr: entry.stderr, code, sent: entry.sent, began, done };
        pumped.answers.push((entry.ask, if too_long { Err(AskError::TooLong(LONGEST)) } else { Ok(answer) }));
        self.turn();
    }

    /// The deadlines of the question whose turn it is now begin.
    fn turn(&mut self) {
        if self.is_ready()
            && let Some(entry) = self.queue.front_mut()
        {
            entry.turn.get_or_insert_with(now);
        }
    }

    /// When the question whose turn it is will be late.
    pub fn due(&self) -> Option<Instant> {
        let entry = self.queue.front()?;
        let (turn, _) = entry.turn?;
        let total = turn + entry.ask.total;
        Some(if entry.first { total } else { total.min(turn + entry.ask.first_byte) })
    }

    /// The answer that is coming is longer than any may be.
    pub fn is_too_long(&self) -> bool {
        self.queue.front().is_some_and(|e| e.stdout.len() > LONGEST)
    }

    /// How late the question whose turn it is has become, if it is late: the pipe must be abandoned.
    pub fn late(&self, now: Instant) -> Option<AskError> {
        let entry = self.queue.front()?;
        (self.due()? <= now).then(|| AskError::Late(entry.turn.map_or(Duration::ZERO, |(turn, _)| now.saturating_duration_since(turn))))
    }

    /// The question whose turn it was, and those that waited behind it.
    pub fn abandon(mut self) -> (D, Option<Ask>, Vec<Ask>) {
        let head = self.queue.pop_front().map(|e| e.ask);
        let rest = self.queue.into_iter().map(|e| e.ask).collect();
        (self.duct, head, rest)
    }

    /// The connection has ended: every question that was out.
    pub fn forget(&mut self) -> Vec<Ask> {
        self.queue.drain(..).map(|e| e.ask).collect()
    }

    /// The node answers again: the question whose turn it is gets its time anew, and so does a shell that has not said hello yet.
    pub fn resume(&mut self) {
        self.born = Instant::now();
        if let Some(entry) = self.queue.front_mut() {
            entry.turn = entry.turn.map(|_| now());
        }
    }

    /// How long a shell may take to say hello.
    pub const PATIENCE: Duration = Duration::from_secs(15);
}

fn now() -> (Instant, Stamp) {
    (Instant::now(), Stamp::now())
}
