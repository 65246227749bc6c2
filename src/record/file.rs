//! The file: JSON lines, the first one a header.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::link::libvirt::{Fault, Heard, Query, Said};

/// Version of the format.
pub const FORMAT: u32 = 1;

/// One line of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Entry {
    /// The first line.
    Header {
        /// [`FORMAT`].
        quorate: u32,
        /// Microseconds since the epoch when it began.
        began: i64,
        /// The cluster's configured name.
        cluster: Option<String>,
        /// The nodes, in the order of their keys.
        nodes: Vec<RecordedNode>,
    },
    /// A node that was found later.
    Node(RecordedNode),
    /// An answer.
    Answer {
        /// Microseconds after the beginning.
        at: i64,
        /// Which node.
        node: u32,
        /// The argument vector.
        argv: Vec<String>,
        /// Exit status.
        code: i32,
        /// Microseconds that it took.
        took: i64,
        /// Standard output.
        #[serde(flatten)]
        out: Out,
        /// Standard error.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        err: String,
    },
    /// Bytes of a stream.
    Data {
        /// Microseconds after the beginning.
        at: i64,
        /// Which node.
        node: u32,
        /// The argument vector of the followed command.
        argv: Vec<String>,
        /// The bytes.
        #[serde(flatten)]
        out: Out,
    },
    /// The node's libvirt spoke.
    Libvirt {
        /// Microseconds after the beginning.
        at: i64,
        /// Which node.
        node: u32,
        /// What it said.
        said: LibvirtEntry,
    },
    /// The way to a node came up, or went down with this text.
    Reach {
        /// Microseconds after the beginning.
        at: i64,
        /// Which node.
        node: u32,
        /// None: up.
        down: Option<String>,
        /// The connection was lost and its streams ended; else it stands, and the node is late.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        lost: bool,
    },
}

/// What a node's libvirt said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LibvirtEntry {
    /// Connected; whether events are told.
    Up(bool),
    /// Not connected.
    Down(Fault),
    /// The answer to a query, and the microseconds that it took.
    Answer(Query, i64, Said),
    /// A query was refused.
    Refused(Query, Fault),
    /// An event.
    Event(Heard),
}

/// Bytes: as text where they are UTF-8, else in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Out {
    /// As text.
    Text(String),
    /// In base64.
    Base64(String),
}

impl Out {
    /// Packs bytes.
    pub fn pack(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }

    /// The bytes; none if the base64 is broken.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.clone().into_bytes()),
            Self::Base64(text) => STANDARD.decode(text).ok(),
        }
    }
}

/// A node of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedNode {
    /// Its key.
    pub key: u32,
    /// Its configured name.
    pub name: Option<String>,
    /// Where it was reached.
    pub address: String,
}

/// What a recording cannot be read for.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not a recording, or of a newer quorate.
    #[error("line 1 is no header of a quorate recording (format {FORMAT})")]
    NoHeader,
    /// A broken line. A recording that was cut off in the middle of its last line is taken without it.
    #[error("line {line}: {what}")]
    Broken {
        /// Which line.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}

/// A recording, ready for replay.
#[derive(Debug, Default)]
pub struct Recording {
    /// Microseconds since the epoch when it began.
    pub began: i64,
    /// The cluster's configured name.
    pub cluster: Option<String>,
    /// Its nodes.
    pub nodes: Vec<RecordedNode>,
    /// For each node: all that it said, in order.
    pub said: BTreeMap<u32, Vec<Entry>>,
}

impl Recording {
    /// The text of a recording's bytes, as far as it goes: the last line may have been cut off in the middle of a character.
    pub fn text(bytes: Vec<u8>) -> Result<String, ReadError> {
        String::from_utf8(bytes).or_else(|error| {
            let (good, bad) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
            if bad.contains(&b'\n') {
                let line = good.split(|b| *b == b'\n').count();
                return Err(ReadError::Broken { line, what: "it is not UTF-8".to_owned() });
            }
            Ok(String::from_utf8_lossy(good).into_owned())
        })
    }

    /// Reads a recording.
    pub fn read(text: &str) -> Result<Self, ReadError> {
        let mut recording = Self::default();
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str::<Entry>(line) {
                Ok(entry) => recording.take(entry, index)?,
                Err(_) if index == 0 => return Err(ReadError::NoHeader),
                Err(_) if index + 1 == lines.len() && !text.ends_with('\n') => {}
                Err(error) => return Err(ReadError::Broken { line: index + 1, what: error.to_string() }),
            }
        }
        if recording.nodes.is_empty() {
            return Err(ReadError::NoHeader);
        }
        Ok(recording)
    }

    fn take(&mut self, entry: Entry, index: usize) -> Result<(), ReadError> {
        match entry {
            Entry::Header { quorate, began, cluster, nodes } if index == 0 && quorate == FORMAT => {
                self.began = began;
                self.cluster = cluster;
                self.nodes = nodes;
            }
            _ if index == 0 => return Err(ReadError::NoHeader),
            Entry::Header { .. } => return Err(ReadError::Broken { line: index + 1, what: "a second header".to_owned() }),
            Entry::Node(node) => self.nodes.push(node),
            Entry::Answer { node, .. } | Entry::Data { node, .. } | Entry::Libvirt { node, .. } | Entry::Reach { node, .. } => {
                self.said.entry(node).or_default().push(entry);
            }
        }
        Ok(())
    }
}
