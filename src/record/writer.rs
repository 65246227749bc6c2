//! Writes a recording while a session runs.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::LazyLock;

use regex::bytes::Regex;

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
#[derive(Default)]
struct Stream {
    argv: Vec<String>,
    rest: Vec<u8>,
    /// The last line of each file whose bytes come as hex digits.
    files: BTreeMap<Vec<u8>, Hex>,
}

/// A line longer than this is written in pieces.
const LONGEST_LINE: usize = 64 << 10;

/// The message of a journal's entry, where it is no UTF-8.
static NUMBERS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(?-u)("MESSAGE" ?: ?\[)([\d, ]*)\]"#).ok());

impl Stream {
    /// What can be written now, without secrets: the lines that are whole.
    fn lines(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(bytes);
        let whole = match self.rest.iter().rposition(|b| *b == b'\n') {
            Some(end) => end + 1,
            None if self.rest.len() > LONGEST_LINE => self.rest.len(),
            None => return Vec::new(),
        };
        let rest = self.rest.split_off(whole);
        let lines = std::mem::replace(&mut self.rest, rest);
        self.clean(&lines)
    }

    /// What is left at its end.
    fn end(&mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.rest);
        let mut out = self.clean(&rest);
        self.flush(&mut out);
        out
    }

    /// Lines without secrets, those too that come as hex digits (`x3 70 61 73 ...`, by od) or as numbers.
    fn clean(&mut self, lines: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(lines.len());
        for line in lines.split_inclusive(|b| *b == b'\n') {
            if let Some((head, bytes)) = digits(line) {
                self.files.entry(head.to_vec()).or_default().take(head, &bytes, line, &mut out);
            } else {
                // A word of the script's own, of a file that begins anew perhaps: what came before stays before it.
                if line.starts_with(b"@") {
                    self.flush(&mut out);
                }
                out.extend_from_slice(&message(line).map_or(Cow::Borrowed(line), Cow::Owned));
            }
        }
        redact(&out).into_owned()
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        for (head, mut line) in std::mem::take(&mut self.files) {
            line.write(&head, out);
        }
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
                self.streams.insert(*id, Stream { argv: command.argv().to_vec(), ..Stream::default() });
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
                let (lines, argv) = (stream.lines(bytes), stream.argv.clone());
                self.data(at, node, argv, &lines)
            }
            Report::Ended { id, .. } => {
                let Some(stream) = self.streams.get_mut(id) else { return Ok(()) };
                let (lines, argv) = (stream.end(), stream.argv.clone());
                self.data(at, node, argv, &lines)
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

    fn data(&mut self, at: i64, node: u32, argv: Vec<String>, lines: &[u8]) -> io::Result<()> {
        if lines.is_empty() { Ok(()) } else { self.write(&Entry::Data { at, node, argv, out: Out::pack(lines) }) }
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

/// An entry of the journal whose message came as numbers, if it held a secret.
fn message(line: &[u8]) -> Option<Vec<u8>> {
    let found = NUMBERS.as_ref()?.captures(line)?;
    let (before, list) = (found.get(1)?.end(), found.get(2)?);
    let numbers = std::str::from_utf8(list.as_bytes()).ok()?.split(',');
    let bytes = numbers.map(|number| number.trim().parse().ok()).collect::<Option<Vec<u8>>>()?;
    let Cow::Owned(clean) = redact(&bytes) else { return None };
    let clean: Vec<String> = clean.iter().map(ToString::to_string).collect();
    Some([line.get(..before)?, clean.join(",").as_bytes(), line.get(list.end()..)?].concat())
}

/// Which file's, and the bytes of a line of hex digits.
fn digits(line: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let (head, rest) = line.split_at(line.iter().position(|b| *b == b' ')?);
    let is_head = matches!(head.split_first(), Some((b'x', id)) if !id.is_empty() && id.iter().all(u8::is_ascii_digit));
    let digits = std::str::from_utf8(rest).ok().filter(|_| is_head)?;
    let bytes = digits.split_ascii_whitespace().map(|pair| u8::from_str_radix(pair, 16).ok()).collect::<Option<Vec<u8>>>()?;
    Some((head, bytes))
}

/// What of a line of a file has come so far as hex digits.
#[derive(Default)]
struct Hex {
    bytes: Vec<u8>,
    /// The same as it came.
    said: Vec<u8>,
}

impl Hex {
    /// Takes more of the file; what is a whole line by now is written.
    fn take(&mut self, head: &[u8], more: &[u8], said: &[u8], out: &mut Vec<u8>) {
        let end = match more.iter().rposition(|b| *b == b'\n') {
            Some(end) => end + 1,
            None if self.bytes.len() > LONGEST_LINE => more.len(),
            None => 0,
        };
        let (whole, rest) = more.split_at(end);
        self.bytes.extend_from_slice(whole);
        if rest.is_empty() {
            self.said.extend_from_slice(said);
        } else if !whole.is_empty() {
            self.said = coded(head, &self.bytes);
        }
        if !whole.is_empty() {
            self.write(head, out);
        }
        if !rest.is_empty() {
            self.bytes.extend_from_slice(rest);
            self.said.extend(if whole.is_empty() { said.to_vec() } else { coded(head, rest) });
        }
    }

    fn write(&mut self, head: &[u8], out: &mut Vec<u8>) {
        match redact(&self.bytes) {
            Cow::Owned(clean) => out.extend(coded(head, &clean)),
            Cow::Borrowed(_) => out.extend_from_slice(&self.said),
        }
        *self = Self::default();
    }
}

/// Bytes as od writes them, on one line.
fn coded(head: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut out = head.to_vec();
    for byte in bytes {
        let _ = write!(out, " {byte:02x}");
    }
    out.push(b'\n');
    out
}
