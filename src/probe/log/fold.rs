//! Floods: the first lines of a kind pass, the rest become one line with a count.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::event::{Severity, Source};
use crate::domain::observation::Question;
use crate::domain::observation::log::LogLine;
use crate::domain::stamp::Stamp;

/// Lines of one pattern and one second that pass within a window.
const PER_PATTERN: u32 = 10;
/// Lines of one source and one second that pass within a window, whatever their patterns; the first of each warning passes anyway.
const PER_SOURCE: u32 = 200;
/// Lines that pass within a window while their seconds are kept apart: so much of what was written while we were away comes whole.
const BACKLOG: u32 = 2_000;
/// A window.
const WINDOW: Duration = Duration::from_secs(1);
/// Patterns kept apart at a time; what comes beyond is counted by source and severity alone.
const PATTERNS: usize = 512;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    source: Source,
    severity: Severity,
    pattern: String,
    /// Twenty services that fail at once are twenty warnings.
    subject: Option<String>,
    /// By the node's own clock. What was written over a minute and comes in one go, after a lost connection, is no flood.
    second: i64,
}

#[derive(Debug)]
struct Group {
    since: Stamp,
    passed: u32,
    folded: u32,
    last: Option<LogLine>,
    stale: Vec<Question>,
}

/// Folds the lines of one node.
#[derive(Debug, Default)]
pub struct Folder {
    groups: HashMap<Kind, Group>,
    sources: HashMap<(Source, i64), (Stamp, u32)>,
    /// Since when, and how many passed.
    passed: Option<(Stamp, u32)>,
}

impl Folder {
    /// Takes lines as they came; gives those that pass (with 0), and what [`Folder::tick`] gives at this time.
    pub fn fold(&mut self, lines: Vec<LogLine>, now: Stamp) -> Vec<(LogLine, u32)> {
        let mut out = self.tick(now);
        for line in lines {
            if let Some(line) = self.pass(line, now) {
                out.push((line, 0));
            }
        }
        out
    }

    /// What was folded in windows that have ended: the last line of each kind, its text telling the count, with
    /// everything that the folded lines made stale.
    pub fn tick(&mut self, now: Stamp) -> Vec<(LogLine, u32)> {
        let over = |since: Stamp| now < since || since.age(now) >= WINDOW;
        self.sources.retain(|_, (since, _)| !over(*since));
        self.passed = self.passed.filter(|(since, _)| !over(*since));
        let mut out = Vec::new();
        self.groups.retain(|_, group| {
            if !over(group.since) {
                return true;
            }
            if let Some(mut line) = group.last.take() {
                let lines = if group.folded == 1 { "line" } else { "lines" };
                line.text = format!("folded {} more {lines} like: {}", grouped(group.folded), line.text);
                line.stale = std::mem::take(&mut group.stale);
                out.push((line, group.folded));
            }
            false
        });
        out.sort_by_key(|(line, _)| line.at);
        out
    }

    /// Whether something waits for a [`Folder::tick`].
    pub fn is_holding(&self) -> bool {
        self.groups.values().any(|g| g.folded > 0)
    }

    fn pass(&mut self, line: LogLine, now: Stamp) -> Option<LogLine> {
        let mut kind = Kind::of(&line, now);
        let (_, passed) = self.passed.get_or_insert((now, 0));
        if *passed >= BACKLOG {
            kind.second = 0;
        }
        if self.groups.len() >= PATTERNS && !self.groups.contains_key(&kind) {
            kind.pattern.clear();
            kind.subject = None;
        }
        let (_, of_source) = self.sources.entry((kind.source, kind.second)).or_insert((now, 0));
        let group = self.groups.entry(kind).or_insert(Group { since: now, passed: 0, folded: 0, last: None, stale: Vec::new() });
        let first_warning = group.passed == 0 && line.severity >= Severity::Warning;
        if first_warning || (group.passed < PER_PATTERN && *of_source < PER_SOURCE) {
            group.passed += 1;
            *of_source += 1;
            *passed += 1;
            return Some(line);
        }
        group.folded = group.folded.saturating_add(1);
        for question in &line.stale {
            if !group.stale.contains(question) {
                group.stale.push(*question);
            }
        }
        group.last = Some(line);
        None
    }
}

impl Kind {
    fn of(line: &LogLine, now: Stamp) -> Self {
        Self {
            source: line.source,
            severity: line.severity,
            pattern: pattern(&line.text),
            subject: line.subject.clone().filter(|_| line.severity >= Severity::Warning),
            second: line.at.unwrap_or(now).0.div_euclid(1_000_000),
        }
    }
}

/// A text without what differs between lines of a kind: numbers become `#`; the first 64 characters.
fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(64);
    for c in text.chars() {
        match c {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            c => out.push(c),
        }
        if out.len() >= 64 {
            break;
        }
    }
    out
}

/// `9940` as `9,940`.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
