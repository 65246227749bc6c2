//! The cockpit in a pseudo-terminal, and what a terminal would show of it.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::support::Lab;

/// A cockpit that runs.
pub struct Screen {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    terminal: Arc<Mutex<vt100::Parser>>,
    patience: Duration,
    _master: Box<dyn MasterPty + Send>,
}

impl Screen {
    /// Starts the cockpit on a terminal of this size.
    pub fn of(lab: &Lab, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quorate"));
        command.args(lab.args(&["--config", &lab.config()]));
        command.env("TERM", "xterm-256color");
        command.env("XDG_STATE_HOME", std::env::temp_dir().join("quorate-lab-state"));
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let terminal = Arc::new(Mutex::new(vt100::Parser::new(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap(), 0)));
        let (mut from, to) = (pair.master.try_clone_reader().unwrap(), terminal.clone());
        std::thread::spawn(move || {
            let mut bytes = vec![0; 65536];
            while let Ok(count) = from.read(&mut bytes) {
                if count == 0 {
                    return;
                }
                to.lock().unwrap().process(&bytes[..count]);
            }
        });
        Self { child, keys: pair.master.take_writer().unwrap(), terminal, patience: lab.patience, _master: pair.master }
    }

    /// What stands on the screen.
    pub fn text(&self) -> String {
        self.terminal.lock().unwrap().screen().contents()
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until all these words stand on the screen.
    pub fn until(&self, words: &[&str]) -> String {
        let limit = Instant::now() + self.patience;
        loop {
            let text = self.text();
            let missing: Vec<&&str> = words.iter().filter(|w| !text.contains(**w)).collect();
            if missing.is_empty() {
                return text;
            }
            assert!(Instant::now() < limit, "not on the screen: {missing:?}\n{text}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
