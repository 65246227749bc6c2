//! From the write of a log line on a node to its bytes on the terminal, beside what `crm_mon` takes for a change.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::lab::{self, Lab};
use super::pty::{Pty, command};
use super::{clock, line};

const SIZE: (u16, u16) = (200, 50);
const SAMPLES: u32 = 80;
const LONG: Duration = Duration::from_secs(60);
/// The node whose log is written to.
const NODE: u32 = 2;

/// quorate on the namespace lab, its streams flowing.
pub fn cockpit(lab: &Lab, log: &mut Log) -> Pty {
    let mut command = command(&lab.quorate(&[]));
    command.env("XDG_STATE_HOME", std::env::temp_dir().join("quorate-bench-state"));
    let mut pty = Pty::start(command, SIZE);
    let full = |s: &str| s.contains("nodes 3/3") && s.contains("QUORATE 3 of 3");
    pty.until(LONG, full).expect("the lab is seen");
    let end = Instant::now() + LONG;
    loop {
        assert!(Instant::now() < end, "no line of the node's log is seen: {}", pty.screen.screen().contents());
        let mark = log.write();
        if pty.until(Duration::from_secs(2), |s| s.contains(&mark)).is_some() {
            return pty;
        }
    }
}

/// corosync's log on a node.
pub struct Log {
    file: File,
    number: u32,
}

impl Log {
    pub fn new(lab: &Lab) -> Self {
        let file = OpenOptions::new().append(true).open(lab.file(NODE, "/var/log/corosync/corosync.log")).unwrap();
        Self { file, number: 0xa0_0000 }
    }

    /// Writes a line as corosync does: the word to find it by.
    pub fn write(&mut self) -> String {
        self.number += 1;
        let mark = format!("{:x}", self.number);
        let now = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).strftime("%b %d %H:%M:%S.%3f").to_string();
        let line = format!("{now} [79] node{NODE} corosync warning [TOTEM ] Retransmit List: {mark}\n");
        self.file.write_all(line.as_bytes()).unwrap();
        mark
    }
}

pub fn run() {
    let Some(lab) = lab::namespaces() else { return };
    let mut log = Log::new(lab);
    let mut pty = cockpit(lab, &mut log);
    pty.drain(Duration::from_secs(3));
    let mut samples = Vec::new();
    for n in 0..SAMPLES {
        // Apart by more than the pace of frames, and not in step with anything.
        pty.drain(Duration::from_millis(u64::from(230 + n * 37 % 190)));
        let written = Instant::now();
        let mark = log.write();
        let seen = pty.until(LONG, |s| s.contains(&mark)).expect("the line is seen");
        samples.push((seen - written).as_secs_f64() * 1e3);
    }
    drop(pty);
    let p50 = clock::median(&mut samples);
    eprintln!("bench: glass: least {:.2} ms, p50 {p50:.2} ms, p90 {:.2} ms", samples[0], samples[samples.len() * 9 / 10]);
    line::alone("glass-p50", p50, "ms", 1.0);
    if let Some(theirs) = crm_mon(lab) {
        line::beside("glass-beside-crm_mon", p50, "ms", "crm_mon", theirs, 0.1);
    }
}

/// Milliseconds from the end of a change to its bytes in a `crm_mon` that runs on the node.
fn crm_mon(lab: &Lab) -> Option<f64> {
    let mut pty = Pty::start(command(&lab.ssh(NODE, &["-tt", "TERM=xterm", "crm_mon", "-A"])), SIZE);
    pty.until(LONG, |s| s.contains("Online:"))?;
    let mut samples = Vec::new();
    for n in 0..7 {
        pty.drain(Duration::from_millis(3000 + n * 700));
        let mark = format!("m{n}x{}", std::process::id());
        let words = lab.ssh(NODE, &["crm_attribute", "-N", "node1", "-n", "bench", "-l", "reboot", "-v", &mark]);
        let done = Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).status().ok()?;
        let changed = Instant::now();
        if !done.success() {
            return None;
        }
        let seen = pty.until(LONG, |s| s.contains(&mark))?;
        samples.push(seen.saturating_duration_since(changed).as_secs_f64() * 1e3);
    }
    let words = lab.ssh(NODE, &["crm_attribute", "-N", "node1", "-n", "bench", "-l", "reboot", "-D"]);
    let _ = Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).status();
    Some(clock::median(&mut samples))
}
