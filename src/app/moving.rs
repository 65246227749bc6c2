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
use crate::domain::guest::{Guest, GuestState};
use crate::domain::task::Action;

/// How libvirt calls the job of the side that a guest leaves, and of the one that it comes to.
const OUT: &str = "outgoing migration";
const IN: &str = "incoming migration";

/// A move under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Way {
    /// Where it was, where that is known.
    pub from: Option<Arc<str>>,
    /// Where it goes, where that is known.
    pub to: Option<Arc<str>>,
    /// How far it is, in percent.
    pub percent: Option<f64>,
    /// Seconds left.
    pub left: Option<u64>,
}

/// One of a moving guest's two rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// The row of the node that it leaves.
    Leaves(Way),
    /// That of the node that it comes to.
    Arrives(Way),
}

/// The moves that the manager and libvirt know of, by the service or, where none manages it, by the guest's name.
pub fn of_guests(c: &Cluster) -> HashMap<String, Way> {
    let mut ways: HashMap<String, Way> = HashMap::new();
    for s in c.services.iter().filter(|s| s.state == ServiceState::Migrating) {
        let from = s.owner.clone().or_else(|| s.owners.first().cloned());
        let to = s.moving_to.clone().filter(|to| Some(to) != from.as_ref());
        ways.insert(s.id.clone(), Way { from, to, ..Way::default() });
    }
    // What was on its way when a node fell silent may be anywhere by now. Who is left tells more than who is come to: it goes first.
    let known = || c.guests.iter().filter(|g| !g.stale);
    for g in known() {
        if let Some(job) = g.job.as_ref().filter(|job| job.operation == OUT) {
            let way = ways.entry(key(g).to_owned()).or_default();
            (way.from, way.percent, way.left) = (Some(g.node.clone()), job.percent(), guest::left(job));
            way.to = way.to.take().filter(|to| *to != g.node);
        }
    }
    for g in known() {
        let operation = g.job.as_ref().map(|job| job.operation);
        if operation == Some(IN) || (operation.is_none() && g.migrating) {
            let way = ways.entry(key(g).to_owned()).or_default();
            if way.from.as_ref() != Some(&g.node) {
                way.to = Some(g.node.clone());
            }
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
    if let Some((to, percent)) = task_of(model, |service| service == s.id) {
        way.to = way.to.or(Some(to));
        way.percent = way.percent.or(percent);
    }
    Some(way)
}

/// The move of a guest, as one of its two rows tells it; none: it stays, or stands still for another reason, which matters more.
///
/// The manager and libvirt tell a move once it is under way, the task of this session that wants it from its beginning.
pub fn of_guest(model: &Model, g: &Guest) -> Option<Move> {
    let runs = g.state == GuestState::Running || (g.state.is_active() && (g.migrating || g.job.is_some()));
    if g.stale || !runs {
        return None;
    }
    let mut way = model.index.moving.get(key(g)).cloned().unwrap_or_default();
    let task = task_of(model, |service| is_of(model, service, g));
    if let (None, None, Some((to, _))) = (&way.from, &way.to, &task) {
        // What runs at the target alone has arrived.
        let here = **to == *g.node;
        way.from = Some(if here { half(model, g, None)?.node.clone() } else { g.node.clone() });
    }
    if let Some((to, percent)) = task {
        way.to = way.to.or(Some(to));
        way.percent = way.percent.or(percent);
    }
    let is = |side: &Option<Arc<str>>| side.as_ref().map(|node| *node == g.node);
    let leaves = match (is(&way.from), is(&way.to), &g.managed_by) {
        (Some(true), ..) => true,
        (_, Some(true), _) => false,
        // Another guest may have its name.
        (None, None, _) | (Some(false), Some(false), _) | (.., None) => return None,
        (from, ..) => from.is_none(),
    };
    if !leaves {
        way.from = way.from.or_else(|| half(model, g, None).map(|other| other.node.clone()));
    }
    Some(if leaves { Move::Leaves(way) } else { Move::Arrives(way) })
}

/// The other half of a guest that is on two nodes, on any other node or on this one.
fn half<'a>(model: &'a Model, g: &Guest, node: Option<&str>) -> Option<&'a Guest> {
    let other = |o: &&Guest| o.uuid == g.uuid && o.node != g.node && !o.stale && o.state.is_active() && node.is_none_or(|n| n == &*o.node);
    model.shown.guests.iter().find(other)
}

/// Whether an action that names this moves the guest: by its service, by its name, or by NAME@NODE of the node that it leaves.
fn is_of(model: &Model, service: &str, g: &Guest) -> bool {
    service == key(g)
        || g.managed_by.is_none()
            && service
                .rsplit_once('@')
                .is_some_and(|(name, node)| name == g.name && (node == &*g.node || half(model, g, Some(node)).is_some()))
}

/// What the task of this session that moves it knows: where to, how far it is.
fn task_of(model: &Model, is_it: impl Fn(&str) -> bool) -> Option<(Arc<str>, Option<f64>)> {
    model.tasks.all.iter().rev().filter(|t| !t.status.is_over()).find_map(|t| match &t.action {
        Action::Relocate { service, to, .. } if is_it(service) => {
            Some((to.as_str().into(), t.progress.as_ref().and_then(|p| p.percent).map(f64::from)))
        }
        _ => None,
    })
}

impl Move {
    /// `→ n4 71%, 9 s left`, `→ from n3 71%`, without the arrow, in so many cells.
    pub fn words(&self, g: &Guest, names: &Names, room: usize) -> String {
        match self {
            Self::Leaves(way) if way.to.is_some() => {
                let to = way.words(names, room + 2).trim_start_matches("→ ").to_owned();
                let rest = g.job.as_ref().map(guest::progress).unwrap_or_default();
                let percent = way.percent.map(words::percent).unwrap_or_default();
                let rest = rest.split_once(percent.as_str()).filter(|_| !percent.is_empty()).map_or("", |(_, rest)| rest);
                format!("{to}{rest}")
            }
            Self::Leaves(way) => match (&g.job, way.percent.map(words::percent).unwrap_or_default()) {
                (Some(job), percent) => {
                    let whole = guest::progress(job);
                    if whole.width() <= room { whole } else { format!("{percent} {}", job.operation).trim_start().to_owned() }
                }
                (None, percent) => format!("leaving {percent}").trim_end().to_owned(),
            },
            Self::Arrives(way) => {
                let from = Way { to: way.from.clone(), ..way.clone() };
                let of = |begin: &str| match &way.from {
                    Some(_) => {
                        let rest = from.words(names, (room + 2).saturating_sub(begin.width() + 6));
                        format!("{begin}from {}", rest.trim_start_matches("→ "))
                    }
                    None => format!("arriving {}", way.percent.map(words::percent).unwrap_or_default()).trim_end().to_owned(),
                };
                let whole = of("arriving ");
                if whole.width() <= room && !whole.contains('…') { whole } else { of("") }
            }
        }
    }
}

impl Way {
    /// `→ n4 71%`, in so many cells: of a name that is too long what heads its column, or its beginning; the percentage is never cut.
    pub fn words(&self, names: &Names, room: usize) -> String {
        let percent = self.percent.map(words::percent);
        match (self.to.as_deref(), percent) {
            (Some(to), percent) => {
                let percent = percent.map(|p| format!(" {p}")).unwrap_or_default();
                let rest = room.saturating_sub(percent.len() + 2).max(3);
                let head = names.column(to).and_then(|at| names.columns().get(at)).filter(|_| names.heads_differ());
                let head = head.map(|(_, head)| head.as_str());
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
