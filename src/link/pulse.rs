//! Whether a connected node lives: when to ask for an echo, when to send a heartbeat, when it hangs.

use std::time::{Duration, Instant};

use crate::domain::node::{LinkFault, LinkTrouble};

/// Silence after which an echo is asked for. With [`PATIENCE`] it makes the 3 s within which a hung node is shown.
const QUIET: Duration = Duration::from_secs(1);
/// How late an echo may be.
const PATIENCE: Duration = Duration::from_millis(1900);
/// A hung node's connection is given up after this, and a new one is tried.
const GIVE_UP: Duration = Duration::from_secs(20);
/// Between two heartbeats: two may be lost before the node's watchdog ends what we run there.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// Nothing.
    None,
    /// Ask for an echo with this number.
    Echo(u64),
    /// The echo is late: the node hangs.
    Hung,
    /// It hangs for too long: the connection is given up.
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Heard lately.
    Well,
    /// An echo is out since then.
    Asked(Instant),
    /// Hung since then.
    Hung(Instant),
}

/// One connection's pulse.
#[derive(Debug)]
pub struct Pulse {
    heard: Instant,
    state: State,
    sequence: u64,
    beat_at: Instant,
    ever: bool,
}

impl Pulse {
    /// A connection that was just made.
    pub fn new(now: Instant) -> Self {
        Self { heard: now, state: State::Well, sequence: 0, beat_at: now + HEARTBEAT, ever: false }
    }

    /// Bytes came from the node.
    pub fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.state = State::Well;
    }

    /// The link was said to be up.
    pub fn rose(&mut self) {
        self.ever = true;
    }

    /// Whether the link ever was up.
    pub const fn ever(&self) -> bool {
        self.ever
    }

    /// Whether the node hangs.
    pub const fn is_hung(&self) -> bool {
        matches!(self.state, State::Hung(_))
    }

    /// Whether it was heard lately.
    pub const fn is_well(&self) -> bool {
        matches!(self.state, State::Well)
    }

    /// What the time says.
    pub fn beat(&mut self, now: Instant) -> Beat {
        match self.state {
            State::Well if now >= self.heard + QUIET => {
                self.sequence += 1;
                self.state = State::Asked(now);
                Beat::Echo(self.sequence)
            }
            State::Asked(since) if now >= since + PATIENCE => {
                self.state = State::Hung(now);
                Beat::Hung
            }
            State::Hung(since) if now >= since + GIVE_UP => Beat::Dead,
            _ => Beat::None,
        }
    }

    /// Whether a heartbeat is due; at most once for each.
    pub fn heartbeat(&mut self, now: Instant) -> bool {
        let due = now >= self.beat_at;
        if due {
            self.beat_at = now + HEARTBEAT;
        }
        due
    }

    /// When to look again.
    pub fn due(&self) -> Instant {
        let at = match self.state {
            State::Well => self.heard + QUIET,
            State::Asked(since) => since + PATIENCE,
            State::Hung(since) => since + GIVE_UP,
        };
        at.min(self.beat_at)
    }

    /// What to say of a hung node.
    pub fn trouble(&self) -> LinkTrouble {
        let silent = Instant::now().saturating_duration_since(self.heard).as_secs();
        LinkTrouble { fault: LinkFault::Timeout, text: format!("the node hangs: it accepts but does not answer for {silent} s") }
    }
}
