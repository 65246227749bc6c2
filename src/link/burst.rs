//! Log lines that pour in are read by the handful: a wakeup costs more than the lines that it brings, and the screen shows what came ten times a
//! second at most. What comes after some quiet is read at once.

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// So many readings within [`WITHIN`] are a burst.
const MANY: usize = 4;
/// See [`MANY`]. Readings that are [`REST`] apart still are one.
const WITHIN: Duration = Duration::from_millis(400);
/// Between two readings in a burst.
const REST: Duration = Duration::from_millis(80);

/// When the streams of one connection brought something lately.
#[derive(Debug, Default)]
pub struct Burst {
    came: VecDeque<Instant>,
    /// When something else came last.
    other: Option<Instant>,
}

impl Burst {
    /// Lines came.
    pub fn came(&mut self, now: Instant) {
        if self.came.len() == MANY {
            self.came.pop_front();
        }
        self.came.push_back(now);
    }

    /// Something else than lines came: who talks over this connection is not kept waiting.
    pub fn other(&mut self, now: Instant) {
        self.other = Some(now);
    }

    /// Until when nothing need be read; none: what comes is read at once.
    pub fn rest(&self, now: Instant) -> Option<Instant> {
        if self.other.is_some_and(|at| now.saturating_duration_since(at) <= WITHIN) {
            return None;
        }
        let (first, last) = (self.came.front().filter(|_| self.came.len() == MANY)?, self.came.back()?);
        let until = next(*last);
        (last.duration_since(*first) <= WITHIN && until > now).then_some(until)
    }
}

/// The end of the rest that an instant lies in. All links rest together, so that who reads what they say is woken once.
fn next(at: Instant) -> Instant {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let began = *BEGAN.get_or_init(Instant::now);
    let rests = at.saturating_duration_since(began).as_millis() / REST.as_millis() + 1;
    u32::try_from(rests).map_or(at, |rests| began + REST * rests)
}
