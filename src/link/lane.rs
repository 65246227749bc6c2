//! A lane: its pipe, and the questions that wait while it has none.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Ask;
use super::command_line::Become;
use super::mark::Nonce;
use super::pipe::Pipe;
use super::wire::Duct;

/// How long to wait before asking again for a session that was refused.
pub const AGAIN: Duration = Duration::from_millis(250);
/// How long questions wait for a session that is refused: the processes of an abandoned pipe hold theirs until they have ended.
pub const HOPELESS: Duration = Duration::from_secs(5);

/// One lane of a link.
#[derive(Debug)]
pub struct Track<D> {
    /// The pipe, where it is open.
    pub pipe: Option<Pipe<D>>,
    /// Questions that wait for a pipe.
    pub backlog: VecDeque<Ask>,
    /// Refused: not before then.
    not_before: Option<Instant>,
    /// Refused since then.
    refused: Option<Instant>,
}

impl<D> Default for Track<D> {
    fn default() -> Self {
        Self { pipe: None, backlog: VecDeque::new(), not_before: None, refused: None }
    }
}

impl<D: Duct> Track<D> {
    /// Asks now, or once there is a pipe.
    pub fn ask(&mut self, ask: Ask, rights: Become) {
        match &mut self.pipe {
            Some(pipe) => pipe.ask(ask, rights),
            None => self.backlog.push_back(ask),
        }
    }

    /// A channel was opened for this lane.
    pub fn equip(&mut self, duct: D, nonce: &Nonce, rights: Become) {
        let mut pipe = Pipe::new(duct, nonce, rights);
        for ask in self.backlog.drain(..) {
            pipe.ask(ask, rights);
        }
        self.pipe = Some(pipe);
        self.not_before = None;
        self.refused = None;
    }

    /// No channel was granted.
    pub fn refused(&mut self) {
        let now = Instant::now();
        self.not_before = Some(now + AGAIN);
        self.refused.get_or_insert(now);
    }

    /// The questions that waited for too long for a session that the server does not grant.
    pub fn hopeless(&mut self, now: Instant) -> Option<Vec<Ask>> {
        let long = self.pipe.is_none() && !self.backlog.is_empty() && self.refused.is_some_and(|since| now >= since + HOPELESS);
        long.then(|| self.backlog.drain(..).collect())
    }

    /// Whether it needs a channel now. A lane without questions does without, unless it must `always` have one.
    pub fn wants(&self, always: bool, now: Instant) -> bool {
        self.pipe.is_none() && (always || !self.backlog.is_empty()) && self.not_before.is_none_or(|at| at <= now)
    }

    /// When to look at it again.
    pub fn due(&self) -> Option<Instant> {
        match &self.pipe {
            Some(pipe) if !pipe.is_ready() => Some(pipe.born() + Pipe::<D>::PATIENCE),
            Some(pipe) => pipe.due(),
            None => self.not_before,
        }
    }

    /// Gives the pipe up. The question whose turn it was comes back to be answered; the others wait for the next pipe.
    pub fn abandon(&mut self) -> (Option<D>, Option<Ask>) {
        let Some(pipe) = self.pipe.take() else { return (None, None) };
        let (duct, head, rest) = pipe.abandon();
        for ask in rest.into_iter().rev() {
            self.backlog.push_front(ask);
        }
        (Some(duct), head)
    }

    /// Gives the pipe up for good, with every question that is out or waits: another lane asks them, the one whose turn it was once more.
    pub fn cede(&mut self) -> (Option<D>, Vec<Ask>) {
        let (duct, head) = self.abandon();
        (duct, head.into_iter().chain(self.backlog.drain(..)).collect())
    }

    /// Every question that is out or waits.
    pub fn forget(&mut self) -> Vec<Ask> {
        let mut asks = self.pipe.as_mut().map(Pipe::forget).unwrap_or_default();
        asks.extend(self.backlog.drain(..));
        asks
    }
}
