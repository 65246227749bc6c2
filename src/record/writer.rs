//! Writes a recording while a session runs.

use std::collections::HashMap;
use std::io::{self, Write};

use super::file::{Entry, FORMAT, LibvirtEntry, Out, RecordedNode};
use super::redact::redact;
use crate::domain::node::NodeKey;
use crate::domain::stamp::Stamp;
use crate::link::libvirt::{Query, Said};
use crate::link::{AskId, LibvirtOrder, LibvirtReport, Order, Report, StreamId};

/// Appends to a recording, line by line; a crash loses at most the last one.
pub struct Recorder<W: Write> {
    to: W,
    began: Stamp,
    asks: HashMap<AskId, Vec<String>>,
    streams: HashMap<StreamId, Vec<String>>,
    queries: HashMap<AskId, Query>,
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
                self.streams.insert(*id, command.argv().to_vec());
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
                let Some(argv) = self.streams.get(id).cloned() else { return Ok(()) };
                self.write(&Entry::Data { at, node, argv, out: Out::pack(&redact(bytes)) })
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
        let plain = |xml: &str| String::from_utf8_lossy(&redact(xml.as_bytes())).into_owned();
        for definition in &mut guests.definitions {
            definition.xml = plain(&definition.xml);
            definition.inactive = definition.inactive.as_deref().map(plain);
        }
    }
    said
}
