//! Which rows a pane has, and in which order.

use std::cmp::Ordering;

use super::filter::{Field, Filter, contains, severity};
use super::index::{Index, Level};
use super::rows::{Pane, Row};
use crate::domain::cluster::{Cluster, Service};
use crate::domain::event::Severity;
use crate::domain::text::natural_cmp;

/// What a table may be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns' names")]
pub enum SortKey {
    #[default]
    Name,
    State,
    Node,
    Cpu,
    Memory,
    Uptime,
    Guests,
    Failures,
    Since,
    Fill,
    Size,
}

impl SortKey {
    /// Its word in the menu.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::State => "state, worst first",
            Self::Node => "node",
            Self::Cpu => "CPU, busiest first",
            Self::Memory => "memory, fullest first",
            Self::Uptime => "uptime, shortest first",
            Self::Guests => "guests, most first",
            Self::Failures => "failures, most first",
            Self::Since => "last change, newest first",
            Self::Fill => "fill, fullest first",
            Self::Size => "size, largest first",
        }
    }

    /// The keys of a pane.
    pub const fn of(pane: Pane) -> &'static [Self] {
        match pane {
            Pane::Members => &[Self::Name, Self::State, Self::Cpu, Self::Memory, Self::Uptime, Self::Guests],
            Pane::Services => &[Self::Name, Self::State, Self::Node, Self::Failures, Self::Since],
            Pane::Storage => &[Self::Name, Self::State, Self::Fill, Self::Size],
            Pane::Network => &[Self::Node, Self::State, Self::Name],
            Pane::Events => &[],
        }
    }
}

/// How the operator wants a pane.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Sorted by.
    pub sort: SortKey,
    /// The other way round.
    pub reversed: bool,
    /// Only rows that pass.
    pub filter: Filter,
    /// Only rows in trouble.
    pub problems: bool,
}

/// The rows of a pane's full table.
pub fn full(pane: Pane, c: &Cluster, index: &Index, wish: &Wish) -> Vec<Row> {
    let mut rows = all(pane, c, index);
    rows.retain(|r| keep(*r, c, index, wish));
    sort(&mut rows, c, index, wish);
    rows
}

/// The rows of a pane on the overview, before folding: the interfaces of a node are one row there, and what only
/// matters in detail is left out while it is quiet.
pub fn brief(pane: Pane, full_rows: &[Row], c: &Cluster, index: &Index, wish: &Wish) -> Vec<Row> {
    match pane {
        Pane::Network => {
            let mut rows: Vec<Row> = (0_u32..).take(index.net.len()).map(Row::Net).collect();
            rows.retain(|r| keep(*r, c, index, wish));
            rows
        }
        Pane::Storage => full_rows
            .iter()
            .copied()
            .filter(|r| !matches!(r, Row::Pv(_) | Row::Iscsi(_)) || index.level(*r, c) > Level::Quiet)
            .collect(),
        _ => full_rows.to_vec(),
    }
}

/// Rows in trouble first, each part in its order; and how many are not quiet.
pub fn loud_first(rows: &[Row], c: &Cluster, index: &Index) -> (Vec<Row>, usize) {
    let (mut loud, quiet): (Vec<Row>, Vec<Row>) = rows.iter().partition(|r| index.level(**r, c) > Level::Quiet);
    let count = loud.len();
    loud.extend(quiet);
    (loud, count)
}

fn all(pane: Pane, c: &Cluster, index: &Index) -> Vec<Row> {
    let each = |len: usize, row: fn(u32) -> Row| (0_u32..).take(len).map(row);
    match pane {
        Pane::Members => each(c.members.len(), Row::Member).collect(),
        Pane::Services => each(c.services.len(), Row::Service).collect(),
        Pane::Storage => each(c.groups.len(), Row::Group)
            .chain(each(index.paths.len(), Row::Paths))
            .chain(each(c.volumes.len(), Row::Volume))
            .chain(each(index.mounts.len(), Row::Mount))
            .chain(each(c.iscsi.len(), Row::Iscsi))
            .chain(each(c.pvs.len(), Row::Pv))
            .collect(),
        Pane::Network => each(c.bonds.len(), Row::Bond).chain(each(c.nics.len(), Row::Nic)).collect(),
        Pane::Events => Vec::new(),
    }
}

fn keep(row: Row, c: &Cluster, index: &Index, wish: &Wish) -> bool {
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
    let name = row.id(c, index).is_some_and(|id| hit(&id.title()));
    match row {
        Row::Member(i) => c.members.get(at(i)).is_some_and(|m| {
            (node && hit(&m.name)) || (matches!(field, Field::Any | Field::State) && hit(m.status.word()))
        }),
        Row::Service(i) => c.services.get(at(i)).is_some_and(|s| {
            (matches!(field, Field::Any | Field::Service) && hit(&s.id))
                || (node && s.owners.iter().any(|o| hit(o)))
                || (matches!(field, Field::Any | Field::State) && (hit(s.state.word()) || s.flags.iter().any(|f| hit(f))))
                || (any && (hit(s.kind.word()) || s.reason.as_deref().is_some_and(hit)))
        }),
        Row::Group(i) => (any && name) || (node && c.groups.get(at(i)).is_some_and(|g| g.seen_by.iter().any(|n| hit(n)))),
        Row::Volume(i) => c.volumes.get(at(i)).is_some_and(|v| {
            (any && name)
                || (node && v.active_on.iter().any(|n| hit(n)))
                || (matches!(field, Field::Any | Field::Service) && v.used_by.iter().any(|u| hit(u)))
        }),
        Row::Mount(i) => {
            let nodes = index.mounts.get(at(i)).into_iter().flatten().filter_map(|k| c.filesystems.get(*k));
            (any && name) || nodes.into_iter().any(|f| (node && hit(&f.node)) || (any && hit(&f.kind)))
        }
        Row::Paths(i) => {
            let nodes = index.paths.get(at(i)).into_iter().flatten().filter_map(|k| c.maps.get(*k));
            (any && name) || (node && nodes.into_iter().any(|m| hit(&m.node)))
        }
        Row::Iscsi(i) => (any && name) || (node && c.iscsi.get(at(i)).is_some_and(|(n, _)| hit(n))),
        Row::Pv(i) => (any && name) || (node && c.pvs.get(at(i)).is_some_and(|p| p.seen_by.iter().any(|n| hit(n)))),
        Row::Net(i) => index.net.get(at(i)).is_some_and(|n| {
            (node && hit(&n.node)) || (any && c.bonds.get(n.bonds.clone()).is_some_and(|b| b.iter().any(|b| hit(&b.name))))
        }),
        Row::Bond(i) => c.bonds.get(at(i)).is_some_and(|b| {
            (node && hit(&b.node)) || (any && (name || b.ports.iter().any(|p| hit(&p.name))))
        }),
        Row::Nic(i) => c.nics.get(at(i)).is_some_and(|n| {
            (node && hit(&n.node)) || (any && name) || (matches!(field, Field::Any | Field::State) && hit(&n.state))
        }),
    }
}

fn sort(rows: &mut [Row], c: &Cluster, index: &Index, wish: &Wish) {
    let by_level = |a: &Row, b: &Row| index.level(*b, c).cmp(&index.level(*a, c));
    rows.sort_by(|a, b| {
        let order = match wish.sort {
            SortKey::Name => Ordering::Equal,
            SortKey::State => by_level(a, b).then_with(|| badness(*b, c).cmp(&badness(*a, c))),
            key => compare(*a, *b, key, c, index),
        };
        let order = order.then_with(|| by_name(*a, *b, c, index, wish.sort));
        if wish.reversed { order.reverse() } else { order }
    });
}

fn badness(row: Row, c: &Cluster) -> u8 {
    match row {
        Row::Service(i) => c.services.get(i as usize).map_or(0, |s| s.state.badness()),
        _ => 0,
    }
}

fn compare(a: Row, b: Row, key: SortKey, c: &Cluster, index: &Index) -> Ordering {
    let descending = |value: fn(Row, &Cluster, &Index) -> Option<f64>| {
        let of = |row| value(row, c, index).unwrap_or(f64::NEG_INFINITY);
        of(b).total_cmp(&of(a))
    };
    match (key, a, b) {
        (SortKey::Node, Row::Service(x), Row::Service(y)) => match (service(c, x), service(c, y)) {
            (Some(x), Some(y)) => {
                let of = |s: &Service| s.owners.first().map(|o| o.to_string());
                match (of(x), of(y)) {
                    (Some(x), Some(y)) => natural_cmp(&x, &y),
                    (x, y) => y.is_some().cmp(&x.is_some()),
                }
            }
            _ => Ordering::Equal,
        },
        (SortKey::Uptime, ..) => descending(figure_uptime),
        (SortKey::Cpu, ..) => descending(|r, c, _| member(r, c)?.host.cpu_percent),
        (SortKey::Memory, ..) => descending(|r, c, _| member(r, c)?.host.memory_percent),
        #[allow(clippy::cast_precision_loss, reason = "a sort key")]
        (SortKey::Guests, ..) => descending(|r, c, _| Some(member(r, c)?.guests as f64)),
        #[allow(clippy::cast_precision_loss, reason = "a sort key")]
        (SortKey::Failures, ..) => descending(|r, c, _| Some(row_service(r, c)?.failures as f64)),
        #[allow(clippy::cast_precision_loss, reason = "a sort key")]
        (SortKey::Since, ..) => descending(|r, c, _| Some(row_service(r, c)?.since?.0 as f64)),
        (SortKey::Fill, ..) => descending(fill),
        (SortKey::Size, ..) => descending(size),
        _ => Ordering::Equal,
    }
}

fn service(c: &Cluster, i: u32) -> Option<&Service> {
    c.services.get(i as usize)
}

fn row_service(row: Row, c: &Cluster) -> Option<&Service> {
    match row {
        Row::Service(i) => service(c, i),
        _ => None,
    }
}

fn member(row: Row, c: &Cluster) -> Option<&crate::domain::cluster::Member> {
    match row {
        Row::Member(i) => c.members.get(i as usize),
        _ => None,
    }
}

fn figure_uptime(row: Row, c: &Cluster, _: &Index) -> Option<f64> {
    member(row, c)?.host.uptime.map(|u| -u.as_secs_f64())
}

/// Fill in percent of anything that fills.
pub fn fill(row: Row, c: &Cluster, index: &Index) -> Option<f64> {
    match row {
        Row::Group(i) => {
            let g = c.groups.get(i as usize)?;
            let (size, free) = (g.size?, g.free?);
            #[allow(clippy::cast_precision_loss, reason = "a percentage")]
            (size > 0).then(|| size.saturating_sub(free) as f64 * 100.0 / size as f64)
        }
        Row::Volume(i) => {
            let v = c.volumes.get(i as usize)?;
            match (v.data_percent, v.metadata_percent) {
                (Some(d), Some(m)) => Some(d.max(m)),
                (d, m) => d.or(m),
            }
        }
        Row::Mount(i) => {
            let set = index.mounts.get(i as usize)?;
            set.iter().filter_map(|k| c.filesystems.get(*k)?.percent()).max_by(f64::total_cmp)
        }
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "a sort key")]
fn size(row: Row, c: &Cluster, index: &Index) -> Option<f64> {
    let bytes = match row {
        Row::Group(i) => c.groups.get(i as usize)?.size?,
        Row::Volume(i) => c.volumes.get(i as usize)?.size?,
        Row::Pv(i) => c.pvs.get(i as usize)?.size?,
        Row::Mount(i) => c.filesystems.get(*index.mounts.get(i as usize)?.first()?)?.size?,
        _ => return None,
    };
    Some(bytes as f64)
}

/// Rows of different kinds keep the order of [`all`]; members of groups stand below their group.
fn by_name(a: Row, b: Row, c: &Cluster, index: &Index, key: SortKey) -> Ordering {
    match (a, b) {
        (Row::Member(x), Row::Member(y)) => text(c.members.get(x as usize), c.members.get(y as usize), |m| &m.name),
        (Row::Service(x), Row::Service(y)) => by_tree(x, y, c, index),
        (Row::Group(x), Row::Group(y)) => text(c.groups.get(x as usize), c.groups.get(y as usize), |g| &g.name),
        (Row::Volume(x), Row::Volume(y)) => {
            let (x, y) = (c.volumes.get(x as usize), c.volumes.get(y as usize));
            text(x, y, |v| &v.vg).then_with(|| text(x, y, |v| &v.lv))
        }
        (Row::Bond(x), Row::Bond(y)) => {
            let (x, y) = (c.bonds.get(x as usize), c.bonds.get(y as usize));
            let (node, name) = (text(x, y, |b| &b.node), text(x, y, |b| &b.name));
            if key == SortKey::Name { name.then(node) } else { node.then(name) }
        }
        (Row::Nic(x), Row::Nic(y)) => {
            let (x, y) = (c.nics.get(x as usize), c.nics.get(y as usize));
            let (node, name) = (text(x, y, |b| &b.node), text(x, y, |b| &b.name));
            if key == SortKey::Name { name.then(node) } else { node.then(name) }
        }
        // Bonds and interfaces of one node stand together.
        (Row::Bond(x), Row::Nic(y)) => across(c, x, y, key),
        (Row::Nic(x), Row::Bond(y)) => across(c, y, x, key).reverse(),
        _ => Ordering::Equal,
    }
}

fn across(c: &Cluster, bond: u32, nic: u32, key: SortKey) -> Ordering {
    match (c.bonds.get(bond as usize), c.nics.get(nic as usize)) {
        (Some(b), Some(n)) if key != SortKey::Name => natural_cmp(&b.node, &n.node).then(Ordering::Less),
        _ => Ordering::Less,
    }
}

fn by_tree(x: u32, y: u32, c: &Cluster, index: &Index) -> Ordering {
    let place = |i: u32| index.tree.get(i as usize).copied().unwrap_or((i, 0));
    let ((root_x, depth_x), (root_y, depth_y)) = (place(x), place(y));
    if root_x == root_y {
        return depth_x.min(1).cmp(&depth_y.min(1)).then_with(|| text(service(c, x), service(c, y), |s| &s.id));
    }
    text(service(c, root_x), service(c, root_y), |s| &s.id).then(root_x.cmp(&root_y))
}

fn text<'a, T>(a: Option<&'a T>, b: Option<&'a T>, of: impl Fn(&'a T) -> &'a str) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => natural_cmp(of(a), of(b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}
