//! Entering the terminal, and giving it back whole on every way out.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, tcgetattr};

/// Alternate screen, cursor hidden, bracketed paste: so that pasted text never acts as keys.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[m\x1b[2J\x1b[H";
/// Ends a frame that was cut short, then takes back what [`ENTER`] did.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[m\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// Undoes what a guest may have left: a string that never ended, application keys, mouse, scroll region, charsets, colours, its alternate screen.
const TAME: &[u8] = b"\x1b\\\x1b[!p\x1b[?1l\x1b>\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[r\x1b(B\x0f\x1b[m\x1b[?25h\x1b[?1049l\r\n";

/// Whether the terminal is ours now. The panic hook must know, and it has no guard at hand.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Holds the terminal in raw mode on the alternate screen until dropped.
#[derive(Debug)]
pub struct Guard(());

/// Whether the other end of the terminal was closed: a connection or a window that is no more.
pub fn is_gone() -> bool {
    let out = io::stdout();
    let mut fds = [PollFd::new(&out, PollFlags::empty())];
    let polled = poll(&mut fds, Some(&Timespec::default()));
    polled.is_ok() && fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

impl Guard {
    /// Takes the terminal, and makes a panic give it back before the report is printed.
    pub fn enter() -> io::Result<Self> {
        install_panic_hook();
        take()?;
        Ok(Self(()))
    }

    /// Gives the terminal back for a while (^Z, a console).
    pub fn pause(&self) {
        leave();
    }

    /// Lends it raw: on the operator's own screen, with this line above.
    pub fn lend(&self, words: &str) -> io::Result<()> {
        leave();
        terminal::enable_raw_mode()?;
        // A panic meanwhile must still end raw mode.
        ENTERED.store(true, Ordering::SeqCst);
        let mut out = io::stdout().lock();
        write!(out, "\r\n{words}\r\n")?;
        out.flush()
    }

    /// Takes it back from whatever was done to it; the caller repaints everything.
    pub fn take_back(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(TAME)?;
        out.flush()?;
        drop(out);
        take()
    }

    /// Whether somebody has made it edit lines since it was taken: a shell, after we were stopped without a word.
    pub fn is_lost(&self) -> bool {
        tcgetattr(io::stdout()).is_ok_and(|now| now.local_modes.contains(LocalModes::ICANON))
    }

    /// Takes it again; the caller repaints everything.
    pub fn resume(&self) -> io::Result<()> {
        take()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

fn take() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let mut out = io::stdout().lock();
    out.write_all(ENTER)?;
    out.flush()
}

/// Restores the terminal if it is ours. Safe to call from anywhere, more than once.
pub fn leave() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout().lock();
        // The terminal may be gone (SIGHUP): then there is nothing to restore.
        let _ = out.write_all(LEAVE).and_then(|()| out.flush());
        let _ = terminal::disable_raw_mode();
    }
}

fn install_panic_hook() {
    static ONCE: AtomicBool = AtomicBool::new(false);
    if ONCE.swap(true, Ordering::SeqCst) {
        return;
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        leave();
        before(info);
    }));
}
