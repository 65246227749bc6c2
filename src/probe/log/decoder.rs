//! From a stream's bytes, in any split, to what they say.

use super::classify;
use super::cmap::Cmap;
use super::entry::Entry;
use super::files::Files;
use super::journal::JournalEntry;
use super::netlink::Netlink;
use super::split::{Line, Splitter};
use super::time::Calendar;
use super::{Resume, StreamKind};
use crate::domain::event::{Severity, Source};
use crate::domain::observation::log::{LogLine, StreamItem};
use crate::domain::stamp::Stamp;

/// Reads one stream of one node, across losses of the connection. Memory is bounded whatever comes.
#[derive(Debug)]
pub struct Decoder {
    kind: StreamKind,
    splitter: Splitter,
    calendar: Calendar,
    cursor: Option<String>,
    files: Files,
    netlink: Netlink,
    cmap: Cmap,
    /// Unreadable output is told of once per connection.
    garbled: bool,
}

impl Decoder {
    /// A decoder for a stream that begins now (our clock). The node's UTC offset is 0 until it is known: the
    /// scripts of the log files and of netlink tell it.
    pub fn new(kind: StreamKind, now: Stamp) -> Self {
        Self {
            kind,
            splitter: Splitter::default(),
            calendar: Calendar { arrival: now, clock_offset: 0, utc_offset: 0 },
            cursor: None,
            files: Files::default(),
            netlink: Netlink::default(),
            cmap: Cmap::default(),
            garbled: false,
        }
    }

    /// The node's local time minus UTC, in seconds: for times without a zone.
    pub fn set_utc_offset(&mut self, seconds: i32) {
        self.calendar.utc_offset = seconds;
    }

    /// The node's clock minus ours, in microseconds: for times without a year.
    pub fn set_clock_offset(&mut self, micros: i64) {
        self.calendar.clock_offset = micros;
    }

    /// Goes on where another decoder of this stream stopped.
    pub fn resume_from(&mut self, resume: &Resume) {
        self.cursor.clone_from(&resume.cursor);
        self.files = Files::after(resume.files.clone(), resume.denied.clone());
        self.netlink = resume.netlink.clone();
        self.cmap = resume.cmap.clone();
    }

    /// Where to go on: after the last complete line that was handed out.
    pub fn resume(&self) -> Resume {
        Resume {
            cursor: self.cursor.clone(),
            files: self.files.positions(),
            denied: self.files.denied().clone(),
            netlink: self.netlink.settled(),
            cmap: self.cmap.settled(),
            ..Resume::default()
        }
    }

    /// Whether it yields what it is for, once something came: of the log files, one at least must be followed.
    pub fn is_fruitful(&self) -> bool {
        self.kind != StreamKind::LogFiles || self.files.is_following()
    }

    /// Whether lines are missing that can be read anew: the stream must be ended and followed from [`Decoder::resume`] on.
    pub fn is_torn(&self) -> bool {
        self.files.is_torn()
    }

    /// Takes bytes as they came. What they say is the same however they are split.
    pub fn feed(&mut self, bytes: &[u8], arrival: Stamp) -> Vec<StreamItem> {
        self.calendar.arrival = arrival;
        let mut out = Vec::new();
        let mut splitter = std::mem::take(&mut self.splitter);
        splitter.feed(bytes, |line| self.line(line, &mut out));
        self.splitter = splitter;
        out
    }

    fn line(&mut self, line: Line<'_>, out: &mut Vec<StreamItem>) {
        match self.kind {
            StreamKind::Journal => self.journal(line, out),
            StreamKind::LogFiles => self.files.line(line, &mut self.calendar, out),
            StreamKind::Netlink => self.netlink.line(&String::from_utf8_lossy(line.bytes), &mut self.calendar, out),
            StreamKind::CorosyncMap => self.cmap.line(&String::from_utf8_lossy(line.bytes), out),
        }
    }

    fn journal(&mut self, line: Line<'_>, out: &mut Vec<StreamItem>) {
        if line.bytes.trim_ascii().is_empty() {
            return;
        }
        let entry = match JournalEntry::read(line.bytes) {
            Ok(entry) => entry,
            Err(error) => return self.complain(line, &error, out),
        };
        if let Some(cursor) = entry.cursor() {
            self.cursor = Some(cursor);
        }
        let (program, message) = (entry.program(), entry.message());
        let spoken = Entry { at: entry.at(), program: &program, priority: entry.priority(), message: &message };
        out.extend(classify::understand(&spoken, self.cursor.clone()));
    }

    fn complain(&mut self, line: Line<'_>, error: &serde_json::Error, out: &mut Vec<StreamItem>) {
        if std::mem::replace(&mut self.garbled, true) {
            return;
        }
        let what = if line.is_cut() {
            "an entry longer than 256 KiB is left out".to_owned()
        } else {
            format!("column {}: no journal entry", error.column())
        };
        out.push(StreamItem::Line(LogLine {
            at: None,
            source: Source::Quorate,
            severity: Severity::Notice,
            subject: None,
            text: format!("cannot read a line of 'journalctl -f -o json': {what}"),
            stale: Vec::new(),
            cursor: self.cursor.clone(),
        }));
    }
}
