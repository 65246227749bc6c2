//! An event in full.

use super::severity_mark;
use crate::app::document::{Document, pad};
use crate::app::model::Model;
use crate::app::words;
use crate::theme::Role;

/// Writes the page; none if the event was dropped from the ring.
pub fn write(doc: &mut Document, model: &Model, number: u64) -> Option<()> {
    let event = &model.timeline.get(number)?.event;
    let (role, mark) = severity_mark(event.severity);
    doc.head("Event");
    doc.pair("at", Role::Text, &words::date(event.at, &model.setup.zone));
    doc.pair("node", Role::Text, event.node.as_deref().unwrap_or("no single node"));
    doc.pair("source", Role::Text, event.source.word());
    doc.pair("severity", role, &format!("{mark} {}", event.severity.word()));
    doc.maybe("about", event.subject.as_deref());
    if event.folded > 0 {
        doc.pair("folded", Role::Warn, &format!("{} more lines like it came in one burst", event.folded));
    }
    doc.head("Text");
    doc.say(Role::Text, &event.text);
    doc.head("Around it");
    let near: Vec<_> = model.timeline.all().collect();
    let at = near.iter().position(|e| e.number == number)?;
    for entry in near.iter().take(at + 6).skip(at.saturating_sub(5)) {
        let (role, mark) = severity_mark(entry.event.severity);
        let here = if entry.number == number { "▸" } else { " " };
        let time = pad(&words::when(entry.event.at, model.setup.now, &model.setup.zone), usize::from(words::WHEN));
        let node = entry.event.node.as_deref().unwrap_or("--");
        doc.say(role, &format!("{here} {time} {node}  {}  {mark} {}", entry.event.source.word(), entry.event.text));
    }
    Some(())
}
