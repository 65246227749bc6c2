//! What is on its way from one node to another: where to, and how far it is. The manager tells the target late, libvirt and the task that moves it
//! tell it at once.

use std::collections::HashMap;
use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

use super::detail::guest;
use super::document::pad;
use super::model::Model;
use super::names::Names;
use super::words;
use crate::domain::cluster::{Cluster, Service, ServiceState};
use crate::domain::guest::Guest;
use crate::domain::task::Action;

/// How libvirt calls the job of the side that a guest leaves, and of the one that it comes to.
const OUT: &str = "outgoing migration";
const IN: &str = "incoming migration";

/// A move under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Way {
    /// Where it goes, where that is known.
    pub to: Option<Arc<str>>,
    /// How far it is, in percent.
    pub percent: Option<f64>,
    /// Seconds left.
    pub left: Option<u64>,
}

/// The moves that libvirt knows of, by the service or, where none manages it, by the guest's name.
pub fn of_guests(c: &Cluster) -> HashMap<String, Way> {
    let mut ways: HashMap<String, Way> = HashMap::new();
    // What was on its way when a node fell silent may be anywhere by now.
    for g in c.guests.iter().filter(|g| !g.stale) {
        let operation = g.job.as_ref().map(|job| job.operation);
        if let Some(job) = g.job.as_ref().filter(|job| job.operation == OUT) {
            let way = ways.entry(key(g).to_owned()).or_default();
            (way.percent, way.left) = (job.percent(), guest::left(job));
        } else if operation == Some(IN) || (operation.is_none() && g.migrating) {
            ways.entry(key(g).to_owned()).or_default().to = Some(g.node.clone());
        }
    }
    ways
}

fn key(g: &Guest) -> &str {
    g.managed_by.as_deref().unwrap_or(&g.name)
}

/// The move of a service; none: it stays where it is, or what is wrong with it matters more.
pub fn of_service(model: &Model, s: &Service) -> Option<Way> {
    if s.state != ServiceState::Started && !s.state.is_in_transit() {
        return None;
    }
    let seen = model.index.moving.get(&s.id);
    if s.state != ServiceState::Migrating && seen.is_none_or(|way| way.percent.is_none()) {
        return None;
    }
    let mut way = seen.cloned().unwrap_or_default();
    // A guest that is seen where it runs goes elsewhere.
    way.to = s.moving_to.clone().or_else(|| way.to.filter(|to| !s.owners.contains(to)));
    Some(complete(model, &s.id, way))
}

/// The move of a guest, at the side that it leaves.
pub fn of_guest(model: &Model, g: &Guest) -> Option<Way> {
    let job = g.job.as_ref().filter(|job| job.operation == OUT && !g.stale)?;
    let seen = model.index.moving.get(key(g)).cloned().unwrap_or_default();
    let way = Way { to: seen.to.filter(|to| *to != g.node), percent: job.percent(), left: guest::left(job) };
    Some(complete(model, key(g), way))
}

/// What the task of this session that moves it knows.
fn complete(model: &Model, id: &str, mut way: Way) -> Way {
    let mine = model.tasks.all.iter().rev().filter(|t| !t.status.is_over());
    let mut mine = mine.filter_map(|t| match &t.action {
        Action::Relocate { service, to, .. } if service == id => Some((to, t.progress.as_ref().and_then(|p| p.percent))),
        _ => None,
    });
    if let Some((to, percent)) = mine.next() {
        way.to = way.to.or_else(|| Some(to.as_str().into()));
        way.percent = way.percent.or_else(|| percent.map(f64::from));
    }
    way
}

impl Way {
    /// `→ n4 71%`, in so many cells: of a name that is too long what heads its column, or its beginning; the percentage is never cut.
    pub fn words(&self, names: &Names, room: usize) -> String {
        let percent = self.percent.map(words::percent);
        match (self.to.as_deref(), percent) {
            (Some(to), percent) => {
                let percent = percent.map(|p| format!(" {p}")).unwrap_or_default();
                let rest = room.saturating_sub(percent.len() + 2).max(3);
                let head = names.column(to).and_then(|at| names.columns().get(at)).map(|(_, head)| head.as_str());
                let fits = |name: &&str| name.width() <= rest;
                let name = [Some(names.short(to)), head].into_iter().flatten().find(fits);
                format!("→ {}{percent}", name.map_or_else(|| pad(names.short(to), rest).trim_end().to_owned(), str::to_owned))
            }
            (None, Some(percent)) => {
                let whole = format!("migrating {percent}");
                if whole.len() <= room { whole } else { format!("→ {percent}") }
            }
            (None, None) => "migrating".to_owned(),
        }
    }
}
