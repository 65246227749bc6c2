//! Details: one thing in full, as a page of text.

pub mod event;
pub mod guest;
pub mod help;
pub mod member;
pub mod network;
pub mod quorum;
mod rhcs;
pub mod service;
pub mod storage;
mod vmware;

use std::sync::Arc;
use std::time::Duration;

use super::document::Document;
use super::fresh;
use super::index::{Index, Level};
use super::model::Model;
use super::rows::RowId;
use super::words;
use crate::domain::cluster::{Cluster, Sight};
use crate::domain::event::Severity;
use crate::domain::stamp::Stamp;
use crate::theme::Role;

/// The page about a thing. What has vanished says so: the page does not turn to something else.
pub fn page(id: &RowId, model: &Model) -> Document {
    let mut doc = Document::new(model.setup.size.0);
    for node in tellers(id, &model.shown) {
        if let Some(age) = old(model, &node) {
            doc.say(Role::Warn, &format!("◌ {node} has not answered for {}: what it said last", words::age(age)));
        }
    }
    let found = match id {
        RowId::Member(name) => member::write(&mut doc, model, name),
        RowId::Service(id) => service::write(&mut doc, model, id),
        RowId::Group(..) | RowId::Volume(..) | RowId::Mount(..) | RowId::Paths(_) | RowId::Iscsi(..) | RowId::Pv(..) => {
            storage::write(&mut doc, model, id)
        }
        RowId::Net(_) | RowId::Bond(..) | RowId::Nic(..) => network::write(&mut doc, model, id),
        RowId::Guest(node, uuid, _) => guest::write(&mut doc, model, node, uuid),
        RowId::Quorum => quorum::write(&mut doc, model),
        RowId::Event(number) => event::write(&mut doc, model, *number),
    };
    if found.is_none() {
        doc.say(Role::Warn, "No longer there: the newest picture does not contain it.");
    }
    doc
}

/// The nodes whose word a page of storage or network is; the other pages say themselves how old they are.
fn tellers(id: &RowId, c: &Cluster) -> Vec<Arc<str>> {
    let one = |sight: Option<&Sight>| sight.map(|s| s.by.clone()).into_iter().collect();
    match id {
        RowId::Group(name, uuid) => one(c.groups.iter().find(|g| g.name == *name && g.uuid == *uuid).map(|g| &g.sight)),
        RowId::Volume(vg, lv, uuid) => one(c.volumes.iter().find(|v| v.vg == *vg && v.lv == *lv && v.uuid == *uuid).map(|v| &v.sight)),
        RowId::Mount(mount, source) => {
            c.filesystems.iter().filter(|f| f.mount == *mount && f.source == *source).map(|f| f.node.clone()).collect()
        }
        RowId::Paths(name) => c.maps.iter().filter(|m| m.map.name == *name).map(|m| m.node.clone()).collect(),
        RowId::Net(node) | RowId::Bond(node, _) | RowId::Nic(node, _) | RowId::Iscsi(node, ..) => vec![node.clone()],
        _ => Vec::new(),
    }
}

/// The age of what a node said, if it is stale.
fn old(model: &Model, node: &str) -> Option<Duration> {
    fresh::node(node, &model.shown, model.setup.now, model.setup.stale_after)
}

/// Whether the picture contains the thing.
pub fn exists(id: &RowId, c: &Cluster, index: &Index) -> bool {
    match id {
        RowId::Member(name) => c.member(name).is_some(),
        RowId::Service(id) => c.service(id).is_some(),
        RowId::Group(name, uuid) => c.groups.iter().any(|g| g.name == *name && g.uuid == *uuid),
        RowId::Volume(vg, lv, uuid) => c.volumes.iter().any(|v| v.vg == *vg && v.lv == *lv && v.uuid == *uuid),
        RowId::Mount(mount, source) => c.filesystems.iter().any(|f| f.mount == *mount && f.source == *source),
        RowId::Paths(name) => c.maps.iter().any(|m| m.map.name == *name),
        RowId::Iscsi(node, target, portal) => c.iscsi.iter().any(|(n, s)| n == node && s.target == *target && s.portal == *portal),
        RowId::Pv(path, uuid) => c.pvs.iter().any(|p| p.path == *path && p.uuid == *uuid),
        RowId::Net(node) => index.net.iter().any(|n| n.node == *node),
        RowId::Bond(node, name) => c.bonds.iter().any(|b| b.node == *node && b.name == *name),
        RowId::Nic(node, name) => c.nics.iter().any(|n| n.node == *node && n.name == *name),
        RowId::Guest(_, uuid, _) => c.guests.iter().any(|g| g.uuid == *uuid),
        RowId::Quorum | RowId::Event(_) => true,
    }
}

/// The role of a level.
pub const fn level_role(level: Level) -> Role {
    match level {
        Level::Quiet => Role::Text,
        Level::Moving => Role::Moving,
        Level::Warning => Role::Warn,
        Level::Critical => Role::Crit,
    }
}

/// Role and glyph of a severity.
pub const fn severity_mark(severity: Severity) -> (Role, &'static str) {
    match severity {
        Severity::Critical => (Role::Crit, "▲"),
        Severity::Warning => (Role::Warn, "△"),
        Severity::Notice => (Role::Text, "·"),
        Severity::Info => (Role::Dim, " "),
    }
}

/// The alerts about a subject, loud ones first.
fn alerts(doc: &mut Document, model: &Model, about: impl Fn(&str) -> bool) {
    for alert in model.shown.alerts.iter().filter(|a| about(&a.subject)) {
        let (role, mark) = severity_mark(alert.severity);
        let since = time(model, alert.since);
        doc.say(role, &format!("{mark} {} (since {since})", alert.text));
    }
}

/// The last events about something, newest last.
fn history(doc: &mut Document, model: &Model, about: impl Fn(&crate::domain::event::Event) -> bool) {
    let mut found: Vec<_> = model.timeline.all().rev().filter(|e| about(&e.event)).take(12).collect();
    if found.is_empty() {
        return;
    }
    found.reverse();
    doc.head("Last events");
    for entry in found {
        let (role, mark) = severity_mark(entry.event.severity);
        let at = time(model, entry.event.at);
        let node = entry.event.node.as_deref().unwrap_or("--");
        doc.say(role, &format!("{at}  {node}  {}  {mark} {}", entry.event.source.word(), entry.event.text));
    }
}

/// A point in time; `-` for the epoch, which stands for "not known".
fn time(model: &Model, at: Stamp) -> String {
    if at == Stamp::default() { "-".to_owned() } else { words::moment(at, model.setup.now, &model.setup.zone) }
}

fn size(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "-".to_owned(), words::bytes)
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), words::percent)
}

fn join<T: AsRef<str>>(names: &[T]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ") }
}
