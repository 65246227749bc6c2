//! Writes a recording while a session runs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

use super::file::{Entry, FORMAT, LibvirtEntry, Out, RecordedNode};
use crate::domain::node::NodeKey;
use crate::domain::redact::{redact, redact_text};
use crate::domain::stamp::Stamp;
use crate::link::libvirt::{Query, Said};
use crate::link::{AskId, LibvirtOrder, LibvirtReport, Order, Report, StreamId};

/// Appends to a recording, line by line; a crash loses at most the last one.
pub struct Recorder<W: Write> {
    to: W,
    began: Stamp,
    asks: HashMap<AskId, Vec<String>>,
    streams: HashMap<StreamId, Stream>,
    queries: HashMap<AskId, Query>,
}

/// What a stream has told: its last line waits until it is whole, for a secret may be cut in two.
struct Stream {
    argv: Vec<String>,
    rest: Vec<u8>,
}

/// A line longer than this is written in pieces.
const LONGEST_LINE: usize = 64 << 10;

impl Stream {
    /// The lines that are whole now.
    fn lines(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.rest.extend_from_slice(bytes);
        let whole = match self.rest.iter().rposition(|b| *b == b'\n') {
            Some(end) => end + 1,
            None if self.rest.len() > LONGEST_LINE => self.rest.len(),
            None => return None,
        };
        let rest = self.rest.split_off(whole);
        Some(std::mem::replace(&mut self.rest, rest))
    }

    /// What is left at its end.
    fn end(&mut self) -> Self {
        Self { argv: self.argv.clone(), rest: std::mem::take(&mut self.rest) }
    }
}

impl<W: Write> Recorder<W> {
    /// Begins a recording with its header.
    pub fn begin(to: W, began: Stamp, cluster: Option<String>, nodes: Vec<RecordedNode>) -> io::Result<Self> {
        let mut recorder = Self { to, began, asks: HashMap::new(), streams: HashMap::new(), queries: HashMap::new() };
        recorder.write(&Entry::Header { quorate: FORMAT, began: began.0, cluster, nodes })?;
        Ok(recorder)
    }

    /// A further node.
    pub fn node(&mut self, node: RecordedNode) -> io::Result<()> {
        self.write(&Entry::Node(node))
    }

    /// An order goes to a node: remembered for its answer.
    pub fn order(&mut self, order: &Order) {
        match order {
            Order::Ask(ask) => {
                self.asks.insert(ask.id, ask.command.argv().to_vec());
            }
            Order::Libvirt(LibvirtOrder::Ask { id, query }) => {
                self.queries.insert(*id, *query);
            }
            Order::Follow { id, command } => {
                self.streams.insert(*id, Stream { argv: command.argv().to_vec(), rest: Vec::new() });
            }
            _ => {}
        }
    }

    /// A node spoke.
    pub fn report(&mut self, node: NodeKey, report: &Report, now: Stamp) -> io::Result<()> {
        let at = now.0 - self.began.0;
        let node = node.0;
        match report {
            Report::Answer { id, result } => {
                let Some(argv) = self.asks.remove(id) else { return Ok(()) };
                let Ok(answer) = result else { return Ok(()) };
                let err = String::from_utf8_lossy(&redact(&answer.stderr)).into_owned();
                let took = answer.done.0 - answer.sent.0;
                self.write(&Entry::Answer { at, node, argv, code: answer.code, took, out: Out::pack(&redact(&answer.stdout)), err })
            }
            Report::Data { id, bytes, .. } => {
                let Some(stream) = self.streams.get_mut(id) else { return Ok(()) };
                let Some(lines) = stream.lines(bytes) else { return Ok(()) };
                let argv = stream.argv.clone();
                self.write(&Entry::Data { at, node, argv, out: Out::pack(&of_stream(&lines)) })
            }
            Report::Ended { id, .. } => {
                let Some(Stream { argv, rest }) = self.streams.get_mut(id).map(Stream::end).filter(|s| !s.rest.is_empty()) else {
                    return Ok(());
                };
                self.write(&Entry::Data { at, node, argv, out: Out::pack(&of_stream(&rest)) })
            }
            Report::Libvirt(report) => {
                let Some(said) = self.libvirt(report) else { return Ok(()) };
                self.write(&Entry::Libvirt { at, node, said })
            }
            Report::Up { .. } => self.write(&Entry::Reach { at, node, down: None, lost: false }),
            Report::Down { trouble, retry_at } => {
                self.write(&Entry::Reach { at, node, down: Some(trouble.to_string()), lost: retry_at.is_some() })
            }
            _ => Ok(()),
        }
    }

    fn libvirt(&mut self, report: &LibvirtReport) -> Option<LibvirtEntry> {
        Some(match report {
            LibvirtReport::Up { hears } => LibvirtEntry::Up(*hears),
            LibvirtReport::Down(fault) => LibvirtEntry::Down(fault.clone()),
            LibvirtReport::Event(heard, _) => LibvirtEntry::Event(heard.clone()),
            LibvirtReport::Answer { id, result, sent, done } => {
                let query = self.queries.remove(id)?;
                match result {
                    Ok(said) => LibvirtEntry::Answer(query, done.0 - sent.0, without_secrets(said.clone())),
                    Err(fault) => LibvirtEntry::Refused(query, fault.clone()),
                }
            }
        })
    }

    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.to.write_all(&line)
    }
}

/// libvirt leaves passwords out of its XML unless it is asked for them; what a guest passes on to qemu by itself may hold some.
fn without_secrets(mut said: Said) -> Said {
    if let Said::Guests(guests) = &mut said {
        let plain = |xml: &str| redact_text(xml).into_owned();
        for definition in &mut guests.definitions {
            definition.xml = plain(&definition.xml);
            definition.inactive = definition.inactive.as_deref().map(plain);
        }
    }
    said
}

/// Lines of a stream without secrets, those too that come as hex digits (`x3 70 61 73 ...`, by od).
fn of_stream(lines: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines.len());
    let mut open: Option<Hex<'_>> = None;
    for line in lines.split_inclusive(|b| *b == b'\n') {
        let more = Hex::of(line);
        if let (Some(hex), Some(more)) = (&mut open, &more)
            && hex.head == more.head
        {
            hex.append(more);
            continue;
        }
        if let Some(hex) = open.take() {
            hex.write(&mut out);
        }
        open = more;
        if open.is_none() {
            out.extend_from_slice(line);
        }
    }
    if let Some(hex) = open {
        hex.write(&mut out);
    }
    redact(&out).into_owned()
}

/// Bytes of a file that came as hex digits.
struct Hex<'a> {
    head: &'a [u8],
    bytes: Vec<u8>,
    lines: Vec<u8>,
}

impl<'a> Hex<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let (head, rest) = line.split_at(line.iter().position(|b| *b == b' ')?);
        let is_head = matches!(head.split_first(), Some((b'x', id)) if !id.is_empty() && id.iter().all(u8::is_ascii_digit));
        let digits = std::str::from_utf8(rest).ok().filter(|_| is_head)?;
        let bytes = digits.split_ascii_whitespace().map(|pair| u8::from_str_radix(pair, 16).ok()).collect::<Option<Vec<u8>>>()?;
        Some(Self { head, bytes, lines: line.to_vec() })
    }

    fn append(&mut self, more: &Self) {
        self.bytes.extend_from_slice(&more.bytes);
        self.lines.extend_from_slice(&more.lines);
    }

    fn write(self, out: &mut Vec<u8>) {
        let Cow::Owned(bytes) = redact(&self.bytes) else { return out.extend(self.lines) };
        out.extend_from_slice(self.head);
        for byte in bytes {
            let _ = write!(out, " {byte:02x}");
        }
        out.push(b'\n');
    }
}
