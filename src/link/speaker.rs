//! A link's side of its [`Voice`]: never waits for the reader, never grows without bound.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;

use super::{Report, Voice};

/// How soon to try again to speak to a reader that is behind.
pub const SPEAK_AGAIN: Duration = Duration::from_millis(20);

/// Speaks at once where the reader keeps up, and keeps what it could not say. While it is [behind](Speaker::behind)
/// the link reads no stream, so what is kept is at most the answers to the asks that are out.
#[derive(Debug)]
pub struct Speaker {
    voice: Voice,
    kept: VecDeque<Report>,
    alone: bool,
}

impl Speaker {
    /// For one node.
    pub const fn new(voice: Voice) -> Self {
        Self { voice, kept: VecDeque::new(), alone: false }
    }

    /// Says it now or later.
    pub fn say(&mut self, report: Report) {
        if self.kept.is_empty() {
            self.attempt(report);
        } else {
            self.kept.push_back(report);
        }
    }

    /// Tries again to say what was kept.
    pub fn flush(&mut self) {
        while let Some(report) = self.kept.pop_front() {
            if !self.attempt(report) {
                break;
            }
        }
    }

    /// Whether the reader is behind.
    pub fn behind(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Whether nobody listens any more.
    pub const fn alone(&self) -> bool {
        self.alone
    }

    fn attempt(&mut self, report: Report) -> bool {
        match self.voice.try_say(report) {
            Ok(()) => true,
            Err(TrySendError::Full((_, report))) => {
                self.kept.push_front(report);
                false
            }
            Err(TrySendError::Closed(_)) => {
                self.alone = true;
                self.kept.clear();
                false
            }
        }
    }
}
