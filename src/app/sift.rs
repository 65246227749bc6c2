//! Which rows pass a filter.

use super::filter::{Field, contains, severity};
use super::index::{Index, Level};
use super::order::Wish;
use super::rows::Row;
use crate::domain::cluster::{Cluster, Service};
use crate::domain::event::Severity;

/// Whether a row is one that the operator wants to see.
pub fn keep(row: Row, c: &Cluster, index: &Index, wish: &Wish) -> bool {
    (!wish.problems || index.level(row, c) > Level::Quiet)
        && (wish.filter.is_empty() || wish.filter.matches(|field, value| has(row, c, index, field, value)))
}

fn has(row: Row, c: &Cluster, index: &Index, field: Field, value: &str) -> bool {
    if field == Field::Severity {
        let level = match severity(value) {
            Some(Severity::Critical) => Level::Critical,
            Some(Severity::Warning) => Level::Warning,
            Some(Severity::Notice) => Level::Moving,
            Some(Severity::Info) => Level::Quiet,
            None => return false,
        };
        return index.level(row, c) >= level;
    }
    let hit = |text: &str| contains(text, value);
    let (any, node) = (field == Field::Any, matches!(field, Field::Any | Field::Node));
    let at = |i: u32| i as usize;
    let name = || row.id(c, index).is_some_and(|id| hit(&id.title()));
    match row {
        Row::Member(i) => c
            .members
            .get(at(i))
            .is_some_and(|m| (node && hit(&m.name)) || (matches!(field, Field::Any | Field::State) && hit(m.status.word()))),
        Row::Service(i) => c.services.get(at(i)).is_some_and(|s| service_has(s, field, value)),
        Row::Group(i) => (any && name()) || (node && c.groups.get(at(i)).is_some_and(|g| g.seen_by.iter().any(|n| hit(n)))),
        Row::Volume(i) => c.volumes.get(at(i)).is_some_and(|v| {
            (any && name())
                || (node && v.active_on.iter().any(|n| hit(n)))
                || (matches!(field, Field::Any | Field::Service) && v.used_by.iter().any(|u| hit(u)))
        }),
        Row::Mount(i) => {
            let nodes = index.mounts.get(at(i)).into_iter().flatten().filter_map(|k| c.filesystems.get(*k));
            (any && name()) || nodes.into_iter().any(|f| (node && hit(&f.node)) || (any && hit(&f.kind)))
        }
        Row::Paths(i) => {
            let nodes = index.paths.get(at(i)).into_iter().flatten().filter_map(|k| c.maps.get(*k));
            (any && name()) || (node && nodes.into_iter().any(|m| hit(&m.node)))
        }
        Row::Iscsi(i) => (any && name()) || (node && c.iscsi.get(at(i)).is_some_and(|(n, _)| hit(n))),
        Row::Pv(i) => (any && name()) || (node && c.pvs.get(at(i)).is_some_and(|p| p.seen_by.iter().any(|n| hit(n)))),
        Row::Net(i) => index.net.get(at(i)).is_some_and(|n| {
            (node && hit(&n.node)) || (any && c.bonds.get(n.bonds.clone()).is_some_and(|b| b.iter().any(|b| hit(&b.name))))
        }),
        Row::Bond(i) => {
            c.bonds.get(at(i)).is_some_and(|b| (node && hit(&b.node)) || (any && (name() || b.ports.iter().any(|p| hit(&p.name)))))
        }
        Row::Guest(i) => c.guests.get(at(i)).is_some_and(|g| {
            (node && hit(&g.node))
                || (any && hit(&g.name))
                || (matches!(field, Field::Any | Field::State) && hit(g.state.word()))
                || (matches!(field, Field::Any | Field::Service) && hit(g.managed_by.as_deref().unwrap_or("nobody")))
        }),
        Row::Nic(i) => c
            .nics
            .get(at(i))
            .is_some_and(|n| (node && hit(&n.node)) || (any && name()) || (matches!(field, Field::Any | Field::State) && hit(&n.state))),
    }
}

fn service_has(s: &Service, field: Field, value: &str) -> bool {
    let hit = |text: &str| contains(text, value);
    match field {
        Field::Service => hit(&s.id),
        Field::Node => s.owners.iter().any(|o| hit(o)),
        Field::State => hit(s.state.word()) || s.flags.iter().any(|f| hit(f)),
        Field::Any => {
            hit(&s.id)
                || hit(s.kind.word())
                || s.reason.as_deref().is_some_and(hit)
                || service_has(s, Field::Node, value)
                || service_has(s, Field::State, value)
        }
        Field::Source | Field::Severity => false,
    }
}
