//! A pseudo-terminal that outlives the program: what it left behind can be looked at.

use std::io::{Read as _, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};

/// Nothing in these tests takes as long as this.
pub const LONG: Duration = Duration::from_secs(120);

/// The program, and what it wrote.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    /// Held open: the terminal outlives the program, as an operator's does.
    _slave: Box<dyn SlavePty + Send>,
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    bytes: Arc<Mutex<Vec<u8>>>,
    size: (u16, u16),
}

fn cells(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap()
}

/// A home with nothing in it.
pub fn home() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("qhome").tempdir().unwrap()
}

/// The program with arguments, in a home, with these variables beside the usual ones.
pub fn quorate(home: &Path, args: &[&str], env: &[(&str, &str)]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quorate"));
    command.args(args);
    command.env_clear();
    let state = home.join("state").to_string_lossy().into_owned();
    let config = home.join("config").to_string_lossy().into_owned();
    let home = home.to_string_lossy().into_owned();
    let usual = [
        ("HOME", home.as_str()),
        ("PATH", "/usr/bin:/bin"),
        ("LANG", "C.UTF-8"),
        ("TERM", "xterm-256color"),
        ("XDG_STATE_HOME", state.as_str()),
        ("XDG_CONFIG_HOME", config.as_str()),
    ];
    for (name, value) in usual.iter().chain(env) {
        command.env(name, value);
    }
    command
}

impl Terminal {
    /// Starts a command on a terminal of (columns, rows); one that nobody gave a size (0) is looked at as 80 by 24.
    pub fn start(command: CommandBuilder, (cols, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&bytes);
        std::thread::spawn(move || {
            let mut buf = [0; 16384];
            while let Ok(n @ 1..) = reader.read(&mut buf) {
                into.lock().unwrap().extend_from_slice(&buf[..n]);
            }
        });
        let size = if cols > 0 && rows > 0 { (cols, rows) } else { (80, 24) };
        Self { master: pair.master, _slave: pair.slave, child, writer, bytes, size }
    }

    /// The cockpit on the recorded demo, once it shows its cluster.
    pub fn demo(home: &Path, args: &[&str], env: &[(&str, &str)], size: (u16, u16)) -> Self {
        let all: Vec<&str> = std::iter::once("demo").chain(args.iter().copied()).collect();
        let terminal = Self::start(quorate(home, &all, env), size);
        terminal.until("the demo", |text| text.contains("QUORATE") || text.contains("quorate"));
        terminal
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }

    /// The terminal as the operator has it now.
    pub fn parsed(&self) -> vt100::Parser {
        let mut parser = vt100::Parser::new(cells(self.size.1), cells(self.size.0), 0);
        parser.process(&self.bytes());
        parser
    }

    pub fn text(&self) -> String {
        self.parsed().screen().contents()
    }

    /// Waits until the screen's text is as wanted.
    pub fn until(&self, what: &str, good: impl Fn(&str) -> bool) {
        let end = Instant::now() + LONG;
        while !good(&self.text()) {
            assert!(Instant::now() < end, "waited for {what}; the screen:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until something about the process or its terminal holds.
    pub fn wait(&self, what: &str, good: impl Fn(&Self) -> bool) {
        let end = Instant::now() + LONG;
        while !good(self) {
            assert!(Instant::now() < end, "waited for {what}; the screen:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn keys(&mut self, keys: &[u8]) {
        self.writer.write_all(keys).unwrap();
        self.writer.flush().unwrap();
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub fn signal(&self, name: &str) {
        let status = std::process::Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status().unwrap();
        assert!(status.success());
    }

    /// Sets the terminal as a shell does that has it back.
    pub fn cook(&self) {
        let tty = self.master.tty_name().unwrap();
        assert!(std::process::Command::new("stty").arg("-F").arg(tty).arg("sane").status().unwrap().success());
    }

    pub fn resize(&mut self, (cols, rows): (u16, u16)) {
        self.size = (cols, rows);
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Gives the terminal another size, and waits until these words were written anew: what stood there before is no answer to it.
    pub fn redrawn(&mut self, size: (u16, u16), words: &str) {
        let before = self.bytes().len();
        self.resize(size);
        self.wait("a picture of the new size", |t| t.bytes().get(before..).is_some_and(|new| String::from_utf8_lossy(new).contains(words)));
    }

    /// The letter of the process's state in /proc (`T`: stopped).
    pub fn state(&self) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()).unwrap_or('?')
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub fn end(&mut self) -> ExitStatus {
        let end = Instant::now() + LONG;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < end, "it does not end; the screen:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        };
        // What it wrote last may still be on its way through the terminal: it leaves the alternate screen last, and then is silent.
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let before = self.bytes().len();
            std::thread::sleep(Duration::from_millis(100));
            if self.bytes().len() == before && (!self.parsed().screen().alternate_screen() || Instant::now() > end) {
                return status;
            }
        }
    }

    /// Lines are edited and echoed, as a shell wants it.
    pub fn is_cooked(&self) -> bool {
        let flags = self.master.get_termios().unwrap().local_flags.bits();
        flags & libc::ICANON != 0 && flags & libc::ECHO != 0 && flags & libc::ISIG != 0
    }

    /// Whether the terminal is as it was before: an operator goes on in it.
    pub fn assert_restored(&self) {
        let parser = self.parsed();
        let screen = parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "pasting is plain");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(self.is_cooked(), "raw mode is off");
        let bytes = self.bytes();
        let last = |needle: &[u8]| bytes.windows(needle.len()).rposition(|w| w == needle);
        assert!(last(b"\x1b[?2026l") >= last(b"\x1b[?2026h"), "no synchronized output is left open");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
