//! A changing command on its way: sent at most once, its output passed on as it comes.
//!
//! Unlike everything else on a channel it outlives the connection (see [`guard::perform`]): half a change is worse than a whole
//! one. What happened to a command whose answer was lost, nobody knows from here: it is said so, and never sent again.

use std::io;
use std::time::Instant;

use rustix::event::PollFd;

use super::command_line::Become;
use super::guard;
use super::mark::{Nonce, Piece, Scanner};
use super::pipe::Outgoing;
use super::wire::{Duct, Got, Side};
use super::{Answer, ChangeError, ChangeId};
use crate::action::Change;
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::stamp::Stamp;

/// Most of each output that is kept for the answer.
const KEPT: usize = 256 << 10;

/// What a pump brought.
#[derive(Debug, Default)]
pub struct Flow {
    /// Bytes came.
    pub heard: bool,
    /// What the command printed on either output.
    pub bytes: Vec<u8>,
    /// It is over.
    pub ended: Option<Result<Answer, ChangeError>>,
}

/// One changing command with its channel.
#[derive(Debug)]
pub struct Deed<D> {
    /// Its name.
    pub id: ChangeId,
    /// Its channel.
    pub duct: D,
    out: Scanner,
    err: Scanner,
    outgoing: Outgoing,
    /// Written once the shell has answered its hello, and gone from here then.
    line: Option<String>,
    greeted: (bool, bool),
    until: Instant,
    sent: Option<Stamp>,
    said: (Vec<u8>, Vec<u8>),
    code: Option<i32>,
    err_done: bool,
}

impl<D: Duct> Deed<D> {
    /// On a fresh channel; only the hello is on its way.
    #[allow(clippy::needless_pass_by_value, reason = "it is used up here")]
    pub fn new(change: Change, duct: D, nonce: &Nonce, rights: Become) -> Self {
        let mut outgoing = Outgoing::default();
        outgoing.push(&guard::hello(nonce, rights));
        Self {
            id: change.id(),
            duct,
            out: Scanner::new(nonce),
            err: Scanner::new(nonce),
            outgoing,
            line: Some(guard::perform(change.command(), change.note(), rights, change.id().0)),
            greeted: (false, false),
            until: Instant::now() + change.patience(),
            sent: None,
            said: (Vec::new(), Vec::new()),
            code: None,
            err_done: false,
        }
    }

    /// Writes a line for the guard.
    pub fn tell(&mut self, line: &str) {
        self.outgoing.push(line);
    }

    /// Adds the channel's own descriptors to wait for.
    pub fn watch<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        self.duct.watch(true, !self.outgoing.is_empty(), fds);
    }

    /// When it will be given up.
    pub const fn due(&self) -> Instant {
        self.until
    }

    /// What its end is when the connection or its time is over.
    pub fn lost(&self, trouble: LinkTrouble) -> ChangeError {
        if self.sent.is_some() { ChangeError::Unknown(trouble) } else { ChangeError::NotSent(trouble) }
    }

    /// Writes and reads what can be without waiting.
    pub fn pump(&mut self, buf: &mut [u8]) -> io::Result<Flow> {
        let mut flow = Flow::default();
        let mut gone = self.outgoing.drain(&mut self.duct)?;
        for side in [Side::Err, Side::Out] {
            match self.duct.some(side, buf)? {
                Got::Bytes(bytes) => {
                    flow.heard = true;
                    self.take(side, bytes, &mut flow.bytes);
                }
                Got::Nothing => {}
                Got::End => gone = true,
            }
        }
        if self.greeted == (true, true)
            && let Some(line) = self.line.take()
        {
            // From here on it may have happened.
            self.sent = Some(Stamp::now());
            self.outgoing.push(&line);
            gone |= self.outgoing.drain(&mut self.duct)?;
        }
        if let Some(code) = self.code.filter(|_| self.err_done) {
            flow.ended = Some(Ok(self.answer(code)));
        } else if gone && !flow.heard {
            let text = "the shell on the node ended in the middle of the command".to_owned();
            flow.ended = Some(Err(self.lost(LinkTrouble { fault: LinkFault::Protocol, text })));
        } else if Instant::now() >= self.until {
            let text = "the command gave no answer in its time; it may still be running".to_owned();
            flow.ended = Some(Err(self.lost(LinkTrouble { fault: LinkFault::Timeout, text })));
        }
        Ok(flow)
    }

    fn answer(&mut self, code: i32) -> Answer {
        let (stdout, stderr) = std::mem::take(&mut self.said);
        let done = Stamp::now();
        let sent = self.sent.unwrap_or(done);
        Answer { stdout, stderr, code, sent, began: sent, done }
    }

    fn take(&mut self, side: Side, bytes: &[u8], into: &mut Vec<u8>) {
        let (scanner, greeted, said) = match side {
            Side::Out => (&mut self.out, &mut self.greeted.0, &mut self.said.0),
            Side::Err => (&mut self.err, &mut self.greeted.1, &mut self.said.1),
        };
        let (code, err_done) = (&mut self.code, &mut self.err_done);
        scanner.feed(bytes, |piece| match piece {
            // What a login shell prints by itself.
            Piece::Data(_) if !*greeted => {}
            Piece::Data(data) => {
                into.extend_from_slice(data);
                let room = KEPT.saturating_sub(said.len());
                said.extend_from_slice(data.get(..data.len().min(room)).unwrap_or_default());
            }
            Piece::Mark(mark) if mark.starts_with('e') && side == Side::Err => {}
            Piece::Mark(_) if !*greeted => *greeted = true,
            Piece::Mark(mark) if side == Side::Out => *code = Some(mark.split(' ').nth(1).and_then(|c| c.parse().ok()).unwrap_or(-1)),
            Piece::Mark(_) => *err_done = true,
        });
    }
}
