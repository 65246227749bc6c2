//! A program in a pseudo-terminal; what it writes, with the time of each write, and the screen that it makes.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// A program at work.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    // The terminal ends with it.
    _master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    from: Receiver<(Instant, Vec<u8>)>,
    /// When it was started.
    pub born: Instant,
    /// What it shows.
    pub screen: vt100::Parser,
    /// Bytes that it has written.
    pub written: usize,
}

/// A command with the environment of a plain terminal.
pub fn command(words: &[String]) -> CommandBuilder {
    let mut command = CommandBuilder::new(&words[0]);
    command.args(&words[1..]);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env_remove("LC_ALL");
    command.env_remove("NO_COLOR");
    command
}

impl Pty {
    /// Starts a command on a screen of this size.
    pub fn start(command: CommandBuilder, (cols, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (to, from) = channel();
        let born = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        std::thread::spawn(move || {
            let mut buf = vec![0; 1 << 16];
            while let Ok(n) = reader.read(&mut buf) {
                if n == 0 || to.send((Instant::now(), buf[..n].to_vec())).is_err() {
                    break;
                }
            }
        });
        let screen = vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0);
        Self { child, _master: pair.master, writer, from, born, screen, written: 0 }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Takes in the next write: when it came and its bytes. None: nothing came until then, or the program has ended.
    pub fn next(&mut self, until: Instant) -> Option<(Instant, Vec<u8>)> {
        match self.from.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok((at, bytes)) => {
                self.written += bytes.len();
                self.screen.process(&bytes);
                Some((at, bytes))
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Takes in everything that comes for so long.
    pub fn drain(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until && self.next(until).is_some() {}
    }

    /// When the screen first was so; none if it is not within the time.
    pub fn until(&mut self, time: Duration, good: impl Fn(&str) -> bool) -> Option<Instant> {
        let end = Instant::now() + time;
        while let Some((at, _)) = self.next(end) {
            if good(&self.screen.screen().contents()) {
                return Some(at);
            }
        }
        None
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.writer.write_all(b"q");
        let end = Instant::now() + Duration::from_secs(2);
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            self.drain(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
