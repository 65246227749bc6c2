//! What VMware Server alone tells of a guest.

use super::time;
use crate::app::document::Document;
use crate::app::model::Model;
use crate::app::words;
use crate::domain::guest::{Guest, VmwareFacts};
use crate::theme::Role;

/// Writes it, a question that waits for an answer first.
pub fn write(doc: &mut Document, model: &Model, g: &Guest, facts: &VmwareFacts) {
    doc.head("VMware Server");
    if let Some(question) = &facts.question {
        doc.pair("asks", Role::Crit, question.message.as_deref().unwrap_or("a question"));
        doc.pair("question", Role::Warn, &question.text);
        for (number, word) in &question.choices {
            let default = if question.default == Some(*number) { " (by default)" } else { "" };
            doc.pair(&format!("answer {number}"), Role::Text, &format!("{word}{default}"));
        }
        if question.is_about_uuid() {
            doc.pair("mind", Role::Warn, "a new UUID brings new MAC addresses: answer Keep for a guest that came from another node");
        }
        if let Some(service) = &g.managed_by {
            doc.pair("to answer", Role::Text, &format!("x a, or: quorate act answer {service} CHOICE --confirm {service}"));
        }
    }
    doc.pair("says", Role::Text, facts.state.word());
    doc.pair("file", Role::Text, &facts.vmx);
    let sample = facts.sample.as_ref();
    doc.maybe("up for", sample.and_then(|s| s.uptime).map(words::span));
    match (facts.still_since, sample.and_then(|s| s.heartbeat)) {
        (Some(since), _) => doc.pair("heartbeat", Role::Warn, &format!("has not moved since {}", time(model, since))),
        (None, Some(0)) => doc.pair("heartbeat", Role::Dim, "none: VMware's Tools do not run in it"),
        (None, Some(beat)) => doc.pair("heartbeat", Role::Text, &beat.to_string()),
        (None, None) => {}
    }
    doc.maybe("process", sample.and_then(|s| s.pid).map(|pid| pid.to_string()));
    doc.maybe("id", sample.and_then(|s| s.id).map(|id| id.to_string()));
}
