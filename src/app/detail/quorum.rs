//! Votes and quorum, view by view; fencing; what the manager is told to do.

use super::service::mark;
use super::{alerts, join, time};
use crate::app::document::Document;
use crate::app::fencing::{self, outcome};
use crate::app::model::Model;
use crate::app::{foot, fresh, words};
use crate::domain::observation::manager::FenceRecord;
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
    write_views(doc, model);
    write_manager(doc, model);
    super::rhcs::write(doc, model);
    doc.head("Fencing");
    let (role, ready) = fencing::ready(c);
    doc.say(role, &ready);
    write_devices(doc, model);
    for f in &c.fences {
        let (role, text) = fence(model, f);
        doc.say(role, &text);
    }
    Some(())
}

/// Who says what: a line for each view, a column for each member, side by side where they contradict each other.
fn write_views(doc: &mut Document, model: &Model) {
    let (q, names) = (&model.shown.quorum, &model.index.names);
    doc.head(if q.partitions.len() > 1 { "Views: they contradict each other" } else { "Views" });
    let columns = names.columns().iter().map(|(name, head)| if names.heads_differ() { head.as_str() } else { names.short(name) });
    let heads: Vec<&str> = ["SAID BY", "QUORUM"].into_iter().chain(columns).collect();
    let mut rows: Vec<(Role, Vec<String>)> = Vec::new();
    for p in &q.partitions {
        for sight in &p.said_by {
            let (role, mut word) = foot::claim(p);
            if let Some(age) = fresh::node(&sight.by, &model.shown, model.setup.now, model.setup.stale_after) {
                word = format!("{word}, {} old", words::age(age));
            }
            let mut cells = vec![names.short(&sight.by).to_owned(), word];
            cells.extend(names.columns().iter().map(|(name, _)| if p.members.contains(name) { "●" } else { "✕" }.to_owned()));
            rows.push((role, cells));
        }
    }
    // With more members than columns fit, names say it.
    if names.columns().len() > 24 {
        for p in &q.partitions {
            let said: Vec<&str> = p.said_by.iter().map(|s| names.short(&s.by)).collect();
            let (role, word) = foot::claim(p);
            doc.say(role, &format!("{word}: members {}, said by {}", join(&p.members), said.join(", ")));
        }
    } else if rows.is_empty() {
        doc.say(Role::Unknown, "no node has told its view");
    } else {
        doc.table(&heads, &rows);
    }
    let silent: Vec<&str> = model
        .shown
        .members
        .iter()
        .filter(|m| !q.partitions.iter().any(|p| p.said_by.iter().any(|s| s.by == m.name)))
        .map(|m| names.short(&m.name))
        .collect();
    if !silent.is_empty() {
        doc.say(Role::Dim, &format!("not heard: {}", silent.join(" ")));
    }
}

/// Where each fence device is registered, and who watches it.
fn write_devices(doc: &mut Document, model: &Model) {
    let c = &model.shown;
    let mut names: Vec<&str> = c.fence_devices.iter().map(|d| d.name.as_str()).chain(fencing::missing(c)).collect();
    names.sort_unstable();
    let rows: Vec<(Role, Vec<String>)> = names
        .into_iter()
        .map(|name| {
            let device = c.fence_devices.iter().find(|d| d.name == name);
            let service = c.service(name);
            let (role, state) = match service {
                Some(s) => (mark(s).0, format!("{} {}", mark(s).1, s.state.word())),
                None => (Role::Text, "-".to_owned()),
            };
            let on = device.map_or_else(|| "nowhere".to_owned(), |d| join(&d.on));
            let watched = service.map_or_else(|| "-".to_owned(), |s| join(&s.owners));
            (role, vec![name.to_owned(), state, on, watched])
        })
        .collect();
    if !rows.is_empty() {
        doc.table(&["DEVICE", "STATE", "REGISTERED ON", "WATCHED BY"], &rows);
    }
    if !c.fences.is_empty() {
        doc.head("Fencings, newest first");
    }
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
    doc.maybe("fence timeout", o.fencing_timeout.map(words::span));
    if let Some(change) = &c.last_change {
        let by: Vec<&str> = [&change.user, &change.client, &change.origin].into_iter().filter_map(|p| p.as_deref()).collect();
        doc.pair("last change", Role::Text, &format!("{} {}", change.time, by.join(" ")));
    }
    for warning in &c.manager_warnings {
        doc.pair("warning", Role::Warn, warning);
    }
}

/// A fencing in one line.
pub fn fence(model: &Model, f: &FenceRecord) -> (Role, String) {
    let (role, word) = outcome(f.status);
    let at = f.completed.map_or_else(|| "now".to_owned(), |at| time(model, at));
    let by = f.delegate.as_deref().map_or_else(String::new, |o| format!(" by {o}"));
    let asker: Vec<&str> = [&f.client, &f.origin].into_iter().filter_map(|p| p.as_deref()).collect();
    let asked = if asker.is_empty() { String::new() } else { format!(", asked by {}", asker.join(" on ")) };
    let why = f.reason.as_deref().map_or_else(String::new, |r| format!(": {r}"));
    (role, format!("{at}  {} {} {word}{by}{asked}{why}", f.target, f.action))
}
