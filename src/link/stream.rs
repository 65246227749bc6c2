//! A followed command: a shell whose one command's output is passed on as it comes.

use std::io;

use rustix::event::PollFd;

use super::StreamId;
use super::command_line::{Become, CommandLine};
use super::guard;
use super::mark::{Nonce, Piece, Scanner};
use super::pipe::Outgoing;
use super::wire::{Duct, Got, Side};
use crate::domain::redact;

/// Most of a tool's last words that are kept.
const WORDS: usize = 600;

/// What a pump brought.
#[derive(Debug, Default)]
pub struct Flow {
    /// Bytes came.
    pub heard: bool,
    /// What the tool printed.
    pub bytes: Vec<u8>,
    /// The tool has ended: why, with its last words.
    pub ended: Option<String>,
}

/// One stream.
#[derive(Debug)]
pub struct Stream<D> {
    /// Its name.
    pub id: StreamId,
    /// Its channel.
    pub duct: D,
    out: Scanner,
    err: Scanner,
    outgoing: Outgoing,
    greeted: (bool, bool),
    words: Vec<u8>,
    code: Option<String>,
    err_done: bool,
}

impl<D: Duct> Stream<D> {
    /// On a fresh channel; hello and command are on their way.
    pub fn new(id: StreamId, command: &CommandLine, duct: D, nonce: &Nonce, rights: Become) -> Self {
        let mut outgoing = Outgoing::default();
        outgoing.push(&guard::hello(nonce, rights));
        outgoing.push(&guard::run(command, rights, id.0));
        Self {
            id,
            duct,
            out: Scanner::new(nonce),
            err: Scanner::new(nonce),
            outgoing,
            greeted: (false, false),
            words: Vec::new(),
            code: None,
            err_done: false,
        }
    }

    /// Writes a line for the guard.
    pub fn tell(&mut self, line: &str) {
        self.outgoing.push(line);
    }

    /// Adds the channel's own descriptors to wait for.
    pub fn watch<'a>(&'a self, reading: bool, fds: &mut Vec<PollFd<'a>>) {
        self.duct.watch(reading, !self.outgoing.is_empty(), fds);
    }

    /// Writes what can be without waiting and, where `reading`, reads at most one buffer of each output.
    pub fn pump(&mut self, reading: bool, buf: &mut [u8]) -> io::Result<Flow> {
        let mut flow = Flow::default();
        let mut gone = self.outgoing.drain(&mut self.duct)?;
        for side in [Side::Err, Side::Out].into_iter().filter(|_| reading) {
            match self.duct.some(side, buf)? {
                Got::Bytes(bytes) => {
                    flow.heard = true;
                    self.take(side, bytes, &mut flow.bytes);
                }
                Got::Nothing => {}
                Got::End => gone = true,
            }
        }
        // Both marks: the outputs run apart, and the last words may come after the exit status.
        if let Some(code) = self.code.as_ref().filter(|_| self.err_done) {
            flow.ended = Some(self.epitaph(&format!("the tool ended with exit status {code}")));
        } else if gone && flow.bytes.is_empty() {
            flow.ended = Some(self.epitaph("its shell on the node ended"));
        }
        Ok(flow)
    }

    fn take(&mut self, side: Side, bytes: &[u8], into: &mut Vec<u8>) {
        // Where all of a short tool comes at once its last words are read before standard output's greeting.
        let spoke = side == Side::Out && self.greeted.1;
        let (scanner, greeted) = match side {
            Side::Out => (&mut self.out, &mut self.greeted.0),
            Side::Err => (&mut self.err, &mut self.greeted.1),
        };
        let (words, code, err_done) = (&mut self.words, &mut self.code, &mut self.err_done);
        scanner.feed(bytes, |piece| match piece {
            Piece::Data(data) if side == Side::Out && *greeted => into.extend_from_slice(data),
            Piece::Data(data) => {
                words.extend_from_slice(data);
                let over = words.len().saturating_sub(WORDS);
                words.drain(..over);
            }
            Piece::Mark(_) if !*greeted => {
                *greeted = true;
                if !spoke {
                    words.clear();
                }
            }
            Piece::Mark(mark) if side == Side::Out => *code = mark.split(' ').nth(1).map(str::to_owned),
            Piece::Mark(mark) => *err_done |= !mark.starts_with('e'),
        });
    }

    fn epitaph(&self, why: &str) -> String {
        let words = redact::said_bytes(self.words.trim_ascii());
        if words.is_empty() { why.to_owned() } else { format!("{why}: {words}") }
    }
}
