//! Signals as messages, so that every way out restores the terminal.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Exit status when the terminal was taken away.
pub const HUNG_UP: u8 = 129;

/// What a signal tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Leave, with this exit status (128 and the signal's number, as shells count).
    Quit(u8),
    /// Stop as for ^Z.
    Stop,
    /// Somebody stopped and continued us: the screen may be anybody's.
    Continue,
}

/// All signals that the cockpit minds.
pub struct Signals {
    terminate: Signal,
    hangup: Signal,
    interrupt: Signal,
    quit: Signal,
    stop: Signal,
    go_on: Signal,
}

impl Signals {
    /// Takes over the signals' default actions.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(SignalKind::from_raw(libc::SIGTSTP))?,
            go_on: signal(SignalKind::from_raw(libc::SIGCONT))?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Quit(143),
            _ = self.hangup.recv() => Told::Quit(HUNG_UP),
            _ = self.interrupt.recv() => Told::Quit(130),
            _ = self.quit.recv() => Told::Quit(131),
            _ = self.stop.recv() => Told::Stop,
            _ = self.go_on.recv() => Told::Continue,
        }
    }
}
