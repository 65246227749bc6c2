//! Fencing: its history (as XML and as text) and the devices that are registered.

use super::value::instant;
use super::xml::{Doc, Tag, plain, some};
use crate::domain::observation::Trouble;
use crate::domain::observation::manager::{FenceRecord, FenceStatus};
use crate::domain::redact;
use crate::domain::text;

/// One `<fence_event>`; none where its status is unknown or its target missing.
pub fn event(tag: &Tag<'_>) -> Option<FenceRecord> {
    let (mut it, mut status, mut extended) = (blank(), None, None);
    for (key, value) in tag.attributes() {
        match key {
            "target" => it.target = plain(value),
            "action" => it.action = plain(value),
            "status" => status = status_word(value),
            "origin" => it.origin = some(value),
            "client" => it.client = some(value),
            "delegate" => it.delegate = some(value),
            "completed" => ended(&mut it, value),
            "exit-reason" | "exit_reason" => it.reason = some(value).map(|r| redact::said(&r)),
            "extended-status" => extended = some(value).map(|r| redact::said(&r)),
            _ => {}
        }
    }
    it.status = status?;
    if it.status == FenceStatus::Failed && it.reason.is_none() {
        // Before 2.1.3 there is no exit-reason; a bare number there is an internal state.
        it.reason = extended.filter(|e| e.parse::<i64>().is_err());
    }
    (!it.target.is_empty()).then_some(it)
}

fn status_word(word: &str) -> Option<FenceStatus> {
    match word {
        "success" => Some(FenceStatus::Success),
        "failed" => Some(FenceStatus::Failed),
        "pending" => Some(FenceStatus::Pending),
        _ => None,
    }
}

const fn blank() -> FenceRecord {
    FenceRecord {
        target: String::new(),
        action: String::new(),
        status: FenceStatus::Pending,
        origin: None,
        client: None,
        delegate: None,
        completed: None,
        completed_local: None,
        reason: None,
    }
}

/// When it was over: an instant, or the node's local time as printed, which only its zone makes one.
fn ended(it: &mut FenceRecord, printed: &str) {
    it.completed = instant(printed);
    it.completed_local = (it.completed.is_none() && !printed.trim().is_empty()).then(|| text::clean(printed.trim()));
}

/// `stonith_admin --history`'s XML: events wherever they stand below the root.
pub fn events(doc: &mut Doc<'_>, tag: &Tag<'_>, into: &mut Vec<FenceRecord>) -> Result<(), Trouble> {
    doc.children(tag, |_, child| {
        if child.name() == "fence_event" {
            into.extend(event(child));
        }
        Ok(())
    })
}

/// `stonith_admin --history '*' --verbose` as text; none if nothing of it is understood.
///
/// 2.0.3 to 2.1: `reboot of n2 successful: delegate=n1, client=pacemaker-controld.386, origin=n3, completed='...'`.
/// 1.1: `n1 was able to reboot node n2 on behalf of crmd.386 from n3 at Sun Nov 22 ...`; 2.0.2: `n1 succeeded reboot node n2 on behalf of ...`.
pub fn history_text(said: &str) -> Option<Vec<FenceRecord>> {
    let mut found = Vec::new();
    let mut understood = said.trim().is_empty();
    for line in said.lines().map(str::trim) {
        if let Some(record) = modern_line(line).or_else(|| legacy_line(line)) {
            found.push(record);
        } else if !(line.ends_with("events found") || line.ends_with("event found") || line.contains("last fenced at")) {
            continue;
        }
        understood = true;
    }
    understood.then_some(found)
}

fn modern_line(line: &str) -> Option<FenceRecord> {
    let (action, rest) = line.split_once(" of ")?;
    let (head, fields) = rest.split_once(": ").unwrap_or((rest, ""));
    let (target, status, after) = ["successful", "failed", "pending"].iter().find_map(|word| {
        let (target, after) = head.split_once(&format!(" {word}"))?;
        Some((target.trim_end_matches(" is"), *word, after))
    })?;
    let mut it = blank();
    it.action = action_word(action);
    it.target = text::clean(target);
    it.status = status_word(if status == "successful" { "success" } else { status })?;
    // 2.1.3 and later: `failed (No such device): delegate=...`.
    it.reason = after.trim().strip_prefix('(').and_then(|r| r.strip_suffix(')')).map(redact::said);
    for (key, value) in fields.split(", ").filter_map(|f| f.split_once('=')) {
        let value = value.trim_matches('\'');
        let kept = || (!value.is_empty()).then(|| text::clean(value));
        match key {
            "delegate" => it.delegate = kept(),
            "client" => it.client = kept(),
            "origin" => it.origin = kept(),
            "completed" | "last-successful" | "last-failed" => ended(&mut it, value),
            _ => {}
        }
    }
    Some(it)
}

/// The action as the XML names it.
fn action_word(words: &str) -> String {
    match words {
        "turn off" | "turning off" => "off".to_owned(),
        "turn on" | "turning on" | "unfencing" => "on".to_owned(),
        other => text::clean(other),
    }
}

fn legacy_line(line: &str) -> Option<FenceRecord> {
    let (who, status, rest) = [
        (" was able to ", FenceStatus::Success),
        (" were able to ", FenceStatus::Success),
        (" succeeded ", FenceStatus::Success),
        (" failed to ", FenceStatus::Failed),
        (" failed ", FenceStatus::Failed),
        (" wishes to ", FenceStatus::Pending),
    ]
    .into_iter()
    .find_map(|(words, status)| line.split_once(words).map(|(who, rest)| (who, status, rest)))?;
    let (action, rest) = rest.split_once(" node ")?;
    let (target, rest) = rest.split_once(" on behalf of ").or_else(|| rest.split_once(" - ")).unwrap_or((rest, ""));
    let (asked, when) = rest.rsplit_once(" at ").unwrap_or((rest, ""));
    let named = |name: &str| (!name.is_empty() && !matches!(name, "We" | "This node")).then(|| text::clean(name));
    let mut it = FenceRecord { target: text::clean(target), action: action_word(action), status, ..blank() };
    if status == FenceStatus::Pending {
        // `crmd.386 at n3 wishes ...`; the first versions name the node alone.
        let (client, origin) = who.split_once(" at ").unwrap_or(("", who));
        (it.client, it.origin) = (named(client), named(origin));
    } else {
        let (client, origin) = asked.split_once(" from ").unwrap_or(("", asked));
        (it.client, it.origin, it.delegate) = (named(client), named(origin), named(who));
        ended(&mut it, when);
    }
    Some(it)
}

/// `<item name="device">`s of `stonith_admin -L`'s XML.
pub fn devices(doc: &mut Doc<'_>, tag: &Tag<'_>, into: &mut Vec<String>) -> Result<(), Trouble> {
    doc.children(tag, |doc, child| {
        if child.name() == "item" {
            into.push(doc.text(child)?);
        }
        Ok(())
    })
}

/// `stonith_admin -L` as text: a device a line, then `2 devices found` or `No devices found`; none without that line.
pub fn devices_text(said: &str) -> Option<Vec<String>> {
    let closing = |line: &str| line.ends_with("devices found") || line.ends_with("device found");
    let lines = || said.lines().map(str::trim).filter(|l| !l.is_empty());
    lines().any(closing).then(|| lines().filter(|l| !closing(l)).map(text::clean).collect())
}
