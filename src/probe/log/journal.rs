//! Entries of `journalctl -o json` (systemd.journal-fields(7), "Journal JSON Format").

use serde::Deserialize;
use serde_json::Value;

use crate::domain::stamp::Stamp;

/// The fields that are read. Any field may be a text, null (too long), an array of bytes (not UTF-8), or an array
/// of these (given several times).
#[derive(Debug, Deserialize)]
pub(super) struct JournalEntry {
    #[serde(rename = "__CURSOR", default)]
    cursor: Value,
    #[serde(rename = "__REALTIME_TIMESTAMP", default)]
    realtime: Value,
    #[serde(rename = "_SOURCE_REALTIME_TIMESTAMP", default)]
    source_time: Value,
    #[serde(rename = "PRIORITY", default)]
    priority: Value,
    #[serde(rename = "SYSLOG_IDENTIFIER", default)]
    identifier: Value,
    #[serde(rename = "_COMM", default)]
    comm: Value,
    #[serde(rename = "_TRANSPORT", default)]
    transport: Value,
    #[serde(rename = "MESSAGE", default)]
    message: Value,
}

impl JournalEntry {
    pub(super) fn read(line: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(line)
    }

    pub(super) fn cursor(&self) -> Option<String> {
        // A cursor becomes an argument again: what is no cursor must not.
        let text = text(&self.cursor)?;
        (text.len() < 512 && text.bytes().all(|b| b.is_ascii_graphic())).then_some(text)
    }

    /// When the journal took it, else when its sender says (journald's clock is the node's, too).
    pub(super) fn at(&self) -> Option<Stamp> {
        let micros = |v: &Value| text(v)?.parse().ok();
        micros(&self.realtime).or_else(|| micros(&self.source_time)).map(Stamp)
    }

    pub(super) fn priority(&self) -> Option<u8> {
        text(&self.priority)?.trim().parse().ok().filter(|p| *p <= 7)
    }

    pub(super) fn program(&self) -> String {
        if text(&self.transport).as_deref() == Some("kernel") {
            return "kernel".to_owned();
        }
        text(&self.identifier).or_else(|| text(&self.comm)).unwrap_or_default()
    }

    pub(super) fn message(&self) -> String {
        text(&self.message).unwrap_or_else(|| "(a message too long to show)".to_owned())
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) if items.iter().all(Value::is_number) => {
            let bytes: Vec<u8> = items.iter().filter_map(|v| u8::try_from(v.as_u64()?).ok()).collect();
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        // Not deeper than one level: entries do not nest.
        Value::Array(items) => items.iter().find(|v| v.is_string() || v.is_number()).and_then(text),
        _ => None,
    }
}
