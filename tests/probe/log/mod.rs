//! Live streams: what lines mean, at any split of the bytes, and where they resume.

use quorate::domain::event::{Severity, Source};
use quorate::domain::observation::Question;
use quorate::domain::observation::log::{LogLine, StreamItem};
use quorate::domain::stamp::Stamp;
use quorate::probe::log::{Decoder, StreamKind};

mod commands;
mod folding;
mod follow;
mod journals;
mod lines;
mod properties;
mod repeats;
mod resuming;
mod watchers;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/log/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn at(text: &str) -> Stamp {
    Stamp::parse(text).unwrap()
}

/// The evening on which the fixtures were recorded.
fn arrival() -> Stamp {
    at("2026-11-22T22:40:00Z")
}

fn decode(kind: StreamKind, bytes: &[u8]) -> Vec<StreamItem> {
    Decoder::new(kind, arrival()).feed(bytes, arrival())
}

fn lines(items: Vec<StreamItem>) -> Vec<LogLine> {
    items
        .into_iter()
        .filter_map(|item| match item {
            StreamItem::Line(line) => Some(line),
            StreamItem::Stale(_) => None,
        })
        .collect()
}

/// A file as follow.sh prints it.
fn followed(content: &[u8]) -> Vec<u8> {
    let mut out = b"@zone +0000\n@file 1 77 0 /var/log/x.log /var/log/x.log\n".to_vec();
    for line in content.split_inclusive(|b| *b == b'\n') {
        out.extend_from_slice(b"1:");
        out.extend_from_slice(line);
    }
    out
}

/// What one line of a log file becomes.
fn one(line: &str) -> Option<StreamItem> {
    decode(StreamKind::LogFiles, &followed(format!("{line}\n").as_bytes())).into_iter().next()
}

/// Source, severity, subject, beginning of the text, what becomes stale.
type Expected<'a> = (Source, Severity, Option<&'a str>, &'a str, &'a [Question]);

fn assert_line(line: &LogLine, (source, severity, subject, text, stale): Expected<'_>) {
    assert_eq!(
        (line.source, line.severity, line.subject.as_deref(), line.stale.as_slice()),
        (source, severity, subject, stale),
        "{}",
        line.text
    );
    assert!(line.text.starts_with(text), "{} does not start with {text}", line.text);
}
