//! What the terminal sends: keys, pasted text, and its size when that changes.

mod bell;
mod keys;
pub mod parser;

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use crossterm::event::Event;
use crossterm::terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read, retry_on_intr};
use rustix::stdio::stdin;
use rustix::termios::isatty;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use bell::Bell;
use parser::Parser;

/// The terminal's input. Nothing is read but in [`Input::next`]: as long as that is not asked (^Z, a console) the keys are another's.
pub struct Input {
    tty: Arc<OwnedFd>,
    bell: Bell,
    parser: Parser,
    /// When bytes came last.
    since: Instant,
    window: Signal,
}

impl Input {
    /// Listens to standard input if that is a terminal, else to the terminal that the session has.
    pub fn open() -> io::Result<Self> {
        let tty = Arc::new(terminal_itself()?);
        let bell = Bell::new(Arc::clone(&tty))?;
        let window = signal(SignalKind::window_change())?;
        Ok(Self { tty, bell, parser: Parser::default(), since: Instant::now(), window })
    }

    /// Waits for what comes next; may be given up and asked again, nothing is lost by that. An error: the terminal is gone.
    pub async fn next(&mut self) -> io::Result<Event> {
        loop {
            if let Some(event) = self.parser.pop() {
                return Ok(event);
            }
            let patience = self.parser.patience();
            let late = tokio::select! {
                biased;
                _ = self.window.recv() => {
                    if let Ok((width, height)) = terminal::size() {
                        return Ok(Event::Resize(width, height));
                    }
                    false
                }
                rung = self.bell.rung() => {
                    rung?;
                    false
                }
                () = sleep_until(self.since + patience.unwrap_or_default()), if patience.is_some() => true,
            };
            // Looked at once more before silence counts: it may be this program that was busy, and the rest lies ready.
            if !self.take()? && late {
                self.parser.settle();
            }
        }
    }

    /// Takes what lies ready; false: nothing does. Never waits, though the terminal blocks.
    fn take(&mut self) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.tty, PollFlags::IN)];
        retry_on_intr(|| poll(&mut fds, Some(&Timespec::default())))?;
        let ready = fds[0].revents();
        if ready.is_empty() {
            return Ok(false);
        }
        let mut bytes = [0_u8; 1024];
        let n = match retry_on_intr(|| read(&self.tty, &mut bytes)) {
            Ok(0) if ready.intersects(PollFlags::HUP | PollFlags::ERR) => return Err(Errno::IO.into()),
            // Another program on this terminal may have made it non-blocking.
            Err(Errno::AGAIN) => 0,
            got => got?,
        };
        if n == 0 {
            return Ok(false);
        }
        self.since = Instant::now();
        self.parser.feed(bytes.get(..n).unwrap_or_default());
        Ok(true)
    }
}

/// A descriptor of our own. Its flags are the open file's, which the shell has too: they stay as they are.
fn terminal_itself() -> io::Result<OwnedFd> {
    if isatty(stdin()) { stdin().try_clone_to_owned() } else { Ok(File::open("/dev/tty")?.into()) }
}
