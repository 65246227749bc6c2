//! quorate in a pseudo-terminal; what it writes goes through a terminal emulator.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long anything may take before the test fails: generous, the machine may be busy.
const LIMIT: Duration = Duration::from_secs(120);
/// Longer than keys are ignored for after something new stands in a dialog.
pub const READ: Duration = Duration::from_millis(800);
/// After so long a key that came to nothing is pressed again.
const AGAIN: Duration = Duration::from_secs(4);

pub struct Terminal {
    master: Box<dyn MasterPty>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    pub screen: vt100::Parser,
    _home: tempfile::TempDir,
}

impl Terminal {
    /// Starts quorate with a clean home of its own.
    pub fn open(args: &[&str], env: &[(&str, &str)], (width, height): (u16, u16)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let size = PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quorate"));
        command.args(args);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("TZ", "UTC"), ("PATH", "/usr/bin:/bin")].iter().chain(env) {
            command.env(name, value);
        }
        command.env("HOME", home.path());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buf = [0; 16 * 1024];
            while let Ok(n @ 1..) = reader.read(&mut buf) {
                if sender.send(buf[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { master: pair.master, child, keys, bytes, screen: vt100::Parser::new(cells(height), cells(width), 0), _home: home }
    }

    /// What the terminal shows.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits until the screen satisfies `done`, and gives it.
    pub fn wait(&mut self, what: &str, done: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + LIMIT;
        while !done(&self.text()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(why) => panic!("no {what} ({why}) on:\n{}", self.text()),
            }
        }
        self.text()
    }

    /// Whether the screen satisfies `done` within a time; what it shows is taken in until then.
    pub fn within(&mut self, time: Duration, done: impl Fn(&str) -> bool) -> bool {
        let end = Instant::now() + time;
        while !done(&self.text()) {
            match self.bytes.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(_) => return done(&self.text()),
            }
        }
        true
    }

    /// Answers a dialog as somebody who reads and looks: what did not count, because something new stood there or the nodes were asked again, is
    /// answered again; what changed is read. Gives the screen.
    pub fn answer(&mut self, keys: &str, what: &str, done: impl Fn(&str) -> bool) -> String {
        self.answer_by(what, done, |_| keys)
    }

    /// Says yes to a plan that begins on Cancel, and gives the page of its task.
    pub fn say_yes(&mut self) -> String {
        self.answer_by("task", is_task, |text| if text.contains("▸[Cancel]") { "\t" } else { "\r" })
    }

    /// Types the name that a plan asks for, and gives the page of its task.
    pub fn say_name(&mut self, name: &str) -> String {
        self.answer(&format!("\x15{name}\r"), "task", is_task)
    }

    fn answer_by<'k>(&mut self, what: &str, done: impl Fn(&str) -> bool, keys: impl Fn(&str) -> &'k str) -> String {
        let end = Instant::now() + LIMIT;
        loop {
            self.within(READ, |_| false);
            let text = self.text();
            if done(&text) {
                return text;
            }
            assert!(Instant::now() < end, "no {what} on:\n{text}");
            let keys = if text.contains("press r") { "r" } else { keys(&text) };
            self.type_in(keys);
            self.within(AGAIN, |now| done(now) || (now != text && keys == "\t"));
        }
    }

    /// Types.
    pub fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Gives the terminal another size.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.master.resize(PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 }).unwrap();
        self.screen.screen_mut().set_size(cells(height), cells(width));
    }

    /// Waits for the end; the exit status.
    pub fn end(&mut self) -> u32 {
        let end = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.exit_code();
            }
            // Its output is taken meanwhile: it must not wait for its reader.
            if let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(20)) {
                self.screen.process(&bytes);
            }
            assert!(Instant::now() < end, "it does not end; the screen:\n{}", self.text());
        };
        while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_secs(1)) {
            self.screen.process(&bytes);
        }
        status
    }
}

/// The page of a task, and no dialog upon it.
pub fn is_task(text: &str) -> bool {
    text.contains("▸Task ") && !text.contains("esc: cancel") && !text.contains("the gate looks once more")
}

fn cells(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
