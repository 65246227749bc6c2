//! What was done, written down before it is sent: append-only JSON lines, flushed to the disk.
//!
//! One object a line: `at`, `tag` (the action's name beyond this session), `event`, `action`, `target`, `by`, `from`, `cluster`, and what belongs to the event:
//! `step`, `node`, `command`, `argv` (the command whole, without what looks like a password), `code`, `text`.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::Serialize;

use super::intent::Intent;
use crate::domain::redact::redact_text;
use crate::domain::stamp::Stamp;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The gate let it through.
    Begin,
    /// A changing command is about to be sent.
    Send,
    /// It was answered.
    Answer,
    /// Its answer was lost.
    Lost,
    /// It was never sent.
    NotSent,
    /// It is over: done, failed, stopped, unknown.
    End,
}

/// One line.
#[derive(Clone, Debug, Serialize)]
struct Line<'a> {
    at: Stamp,
    tag: &'a str,
    event: Kind,
    action: String,
    target: String,
    by: &'a str,
    from: &'a str,
    cluster: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    argv: Option<Vec<Cow<'a, str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// What belongs to an event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail<'a> {
    /// The step, counted from 1.
    pub step: Option<usize>,
    /// Where.
    pub node: Option<&'a str>,
    /// The exact command.
    pub command: Option<&'a str>,
    /// All of it, the program first.
    pub argv: Option<&'a [String]>,
    /// Its exit status.
    pub code: Option<i32>,
    /// What was said.
    pub text: Option<&'a str>,
}

/// The journal of one operator.
#[derive(Debug)]
pub struct Journal {
    file: File,
    /// The folder whose entry for the file may not be on the disk yet.
    unsynced: Option<File>,
    cluster: Option<String>,
}

impl Journal {
    /// Opens it for appending; made with mode 0600 where it is missing. It stays one file for ever: nothing is ever taken out of it.
    ///
    /// # Errors
    /// It cannot be opened: then nothing may be changed.
    pub fn open(path: &Path, cluster: Option<String>) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let unsynced = path.parent().map(File::open).transpose()?;
        Ok(Self { file, unsynced, cluster })
    }

    /// Writes one line and waits until the disk has it.
    ///
    /// # Errors
    /// It could not be written: then what it announces must not be done.
    pub fn write(&mut self, intent: &Intent, event: Kind, detail: Detail<'_>, at: Stamp) -> io::Result<()> {
        let line = Line {
            at,
            tag: &intent.tag,
            event,
            action: intent.action.to_string(),
            target: intent.action.target().to_string(),
            by: &intent.by,
            from: &intent.from,
            cluster: self.cluster.as_deref(),
            step: detail.step,
            node: detail.node,
            command: detail.command,
            argv: detail.argv.map(|argv| argv.iter().map(|word| redact_text(word)).collect()),
            code: detail.code,
            text: detail.text,
        };
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        // A file whose name is not on the disk is none after a power cut.
        if let Some(folder) = &self.unsynced {
            folder.sync_all()?;
            self.unsynced = None;
        }
        // One write, so that two quorates do not mix their lines.
        self.file.write_all(&bytes)?;
        self.file.sync_data()
    }
}
