//! Votes and quorum, view by view; fencing; what the manager is told to do.

use super::{alerts, join, time};
use crate::app::document::Document;
use crate::app::model::Model;
use crate::domain::observation::manager::{FenceRecord, FenceStatus};
use crate::theme::Role;

/// Writes the page.
#[allow(clippy::unnecessary_wraps, reason = "every page may be about something that has vanished")]
pub fn write(doc: &mut Document, model: &Model) -> Option<()> {
    let (c, q) = (&model.shown, &model.shown.quorum);
    let name = c.name.as_deref().unwrap_or_default();
    alerts(doc, model, |s| s == name);
    doc.head("Quorum");
    let number = |n: Option<u32>| n.map_or_else(|| "not known".to_owned(), |n| n.to_string());
    let (role, word) = match q.quorate {
        Some(true) => (Role::Ok, "● quorate"),
        Some(false) => (Role::Crit, "▲ no quorum"),
        None if q.answered => (Role::Crit, "▲ the nodes contradict each other"),
        None => (Role::Unknown, "◌ no node could say"),
    };
    doc.pair("state", role, word);
    doc.pair("votes", Role::Text, &format!("{} of {}, {} needed", number(q.total), number(q.expected), number(q.needed)));
    doc.pair("may fail", Role::Text, &number(q.can_lose));
    if !q.flags.is_empty() {
        doc.pair("flags", Role::Text, &join(&q.flags));
    }
    if let Some(d) = &q.qdevice {
        let parts: Vec<&str> = [&d.model, &d.state, &d.qnetd, &d.algorithm].into_iter().filter_map(|p| p.as_deref()).collect();
        doc.pair("qdevice", Role::Text, &parts.join(", "));
    }
    doc.head(if q.partitions.len() > 1 { "Views: they contradict each other" } else { "Views" });
    for p in &q.partitions {
        let said: Vec<String> = p.said_by.iter().map(|s| s.by.to_string()).collect();
        let (role, word) = match p.quorate {
            Some(true) => (Role::Ok, "quorate"),
            Some(false) => (Role::Crit, "not quorate"),
            None => (Role::Unknown, "no word of quorum"),
        };
        let votes = p.votes.map_or_else(String::new, |v| format!(", {v} votes"));
        doc.say(role, &format!("{word}{votes}: members {}, said by {}", join(&p.members), said.join(", ")));
    }
    write_manager(doc, model);
    doc.head("Fencing");
    doc.pair("devices", Role::Text, &join(&c.fence_devices));
    for f in &c.fences {
        let (role, text) = fence(model, f);
        doc.say(role, &text);
    }
    Some(())
}

fn write_manager(doc: &mut Document, model: &Model) {
    let (c, o) = (&model.shown, &model.shown.options);
    doc.head("Manager");
    if let Some(stack) = c.stack {
        doc.pair("stack", Role::Text, &format!("{} {}", stack.word(), c.version.as_deref().unwrap_or_default()));
    }
    if let Some(sight) = &c.manager_sight {
        doc.pair("said by", Role::Text, &sight.by);
    }
    let on = |v: Option<bool>| v.map(|v| if v { "yes" } else { "no" });
    let role = if o.fencing_enabled == Some(false) { Role::Warn } else { Role::Text };
    if let Some(word) = on(o.fencing_enabled) {
        doc.pair("fencing", role, word);
    }
    let role = if o.maintenance_mode == Some(true) { Role::Warn } else { Role::Text };
    if let Some(word) = on(o.maintenance_mode) {
        doc.pair("maintenance", role, word);
    }
    doc.maybe("symmetric", on(o.symmetric_cluster));
    doc.maybe("stop all", on(o.stop_all_resources));
    doc.maybe("no quorum", o.no_quorum_policy.as_deref());
    if let Some(change) = &c.last_change {
        let by: Vec<&str> = [&change.user, &change.client, &change.origin].into_iter().filter_map(|p| p.as_deref()).collect();
        doc.pair("last change", Role::Text, &format!("{} {}", change.time, by.join(" ")));
    }
}

/// Role and word of a fencing's outcome.
pub const fn fence_word(status: FenceStatus) -> (Role, &'static str) {
    match status {
        FenceStatus::Pending => (Role::Moving, "→ pending"),
        FenceStatus::Success => (Role::Text, "● ok"),
        FenceStatus::Failed => (Role::Crit, "✕ failed"),
    }
}

/// A fencing in one line.
pub fn fence(model: &Model, f: &FenceRecord) -> (Role, String) {
    let (role, word) = fence_word(f.status);
    let at = f.completed.map_or_else(|| "now".to_owned(), |at| time(model, at));
    let by = f.delegate.as_deref().or(f.origin.as_deref()).map_or_else(String::new, |o| format!(" by {o}"));
    let why = f.reason.as_deref().map_or_else(String::new, |r| format!(": {r}"));
    (role, format!("{at}  {} {} {word}{by}{why}", f.target, f.action))
}
