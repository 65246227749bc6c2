//! The order of rows.

use std::cmp::Ordering;

use super::index::Index;
use super::order::{SortKey, Wish};
use super::rows::Row;
use crate::domain::cluster::{Cluster, Member, Service};
use crate::domain::guest::Guest;
use crate::domain::text::natural_cmp;

/// Sorts rows as the operator wishes; what is equal stands by name.
pub fn sort(rows: &mut [Row], c: &Cluster, index: &Index, wish: &Wish) {
    let by_level = |a: &Row, b: &Row| index.level(*b, c).cmp(&index.level(*a, c));
    let turned = |order: Ordering| if wish.reversed { order.reverse() } else { order };
    rows.sort_by(|a, b| {
        let order = match wish.sort {
            SortKey::Name => Ordering::Equal,
            SortKey::State => by_level(a, b).then_with(|| badness(*b, c).cmp(&badness(*a, c))),
            key => compare(*a, *b, key, c, index),
        };
        let blocks = || block(*a).cmp(&block(*b));
        turned(order).then_with(blocks).then_with(|| turned(by_name(*a, *b, c, index, wish.sort)))
    });
}

/// Rows of different kinds stand in blocks, whichever way round they are sorted; interfaces and bonds are one.
const fn block(row: Row) -> u8 {
    match row {
        Row::Paths(_) => 1,
        Row::Volume(_) => 2,
        Row::Mount(_) => 3,
        Row::Iscsi(_) => 4,
        Row::Pv(_) => 5,
        Row::Member(_) | Row::Service(_) | Row::Guest(_) | Row::Group(_) | Row::Net(_) | Row::Bond(_) | Row::Nic(_) => 0,
    }
}

fn badness(row: Row, c: &Cluster) -> u8 {
    match row {
        Row::Service(i) => c.services.get(i as usize).map_or(0, |s| s.state.badness()),
        _ => 0,
    }
}

fn compare(a: Row, b: Row, key: SortKey, c: &Cluster, index: &Index) -> Ordering {
    if key == SortKey::Node && !matches!(a, Row::Guest(_)) {
        return match (row_service(a, c), row_service(b, c)) {
            (Some(a), Some(b)) => match (a.owners.first(), b.owners.first()) {
                (Some(a), Some(b)) => natural_cmp(a, b),
                // What runs nowhere stands last.
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
            _ => Ordering::Equal,
        };
    }
    if let (Row::Guest(x), Row::Guest(y)) = (a, b)
        && key == SortKey::Node
    {
        return text(c.guests.get(x as usize), c.guests.get(y as usize), |g| &g.node);
    }
    let of = |row| number(row, key, c, index).unwrap_or(f64::NEG_INFINITY);
    of(b).total_cmp(&of(a))
}

/// What a column is sorted by, the greatest first.
#[allow(clippy::cast_precision_loss, reason = "a sort key")]
fn number(row: Row, key: SortKey, c: &Cluster, index: &Index) -> Option<f64> {
    match key {
        SortKey::Cpu => guest(row, c).map_or_else(|| member(row, c)?.host.cpu_percent, |g| g.figures.cpu_percent),
        SortKey::Memory => guest(row, c).map_or_else(|| member(row, c)?.host.memory_percent, |g| g.memory().map(|n| n as f64)),
        SortKey::Uptime => {
            guest(row, c).map_or_else(|| member(row, c)?.host.uptime.map(|u| -u.as_secs_f64()), |g| g.up_since.map(|at| at.0 as f64))
        }
        SortKey::Guests => Some(member(row, c)?.guests as f64),
        SortKey::Failures => Some(row_service(row, c)?.failures as f64),
        SortKey::Since => Some(guest(row, c).map_or_else(|| row_service(row, c)?.since, |g| g.since)?.0 as f64),
        SortKey::Fill => fill(row, c, index),
        SortKey::Size => size(row, c, index),
        SortKey::Name | SortKey::State | SortKey::Node => None,
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

fn guest(row: Row, c: &Cluster) -> Option<&Guest> {
    match row {
        Row::Guest(i) => c.guests.get(i as usize),
        _ => None,
    }
}

fn member(row: Row, c: &Cluster) -> Option<&Member> {
    match row {
        Row::Member(i) => c.members.get(i as usize),
        _ => None,
    }
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
            let volume = c.volumes.get(i as usize)?;
            match (volume.data_percent, volume.metadata_percent) {
                (Some(data), Some(metadata)) => Some(data.max(metadata)),
                (data, metadata) => data.or(metadata),
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

/// Rows of one block by name; members of groups stand below their group.
fn by_name(left: Row, right: Row, c: &Cluster, index: &Index, key: SortKey) -> Ordering {
    match (left, right) {
        (Row::Member(x), Row::Member(y)) => text(c.members.get(x as usize), c.members.get(y as usize), |m| &m.name),
        (Row::Service(x), Row::Service(y)) => by_tree(x, y, c, index),
        (Row::Guest(x), Row::Guest(y)) => {
            let (x, y) = (c.guests.get(x as usize), c.guests.get(y as usize));
            text(x, y, |g| &g.name).then_with(|| text(x, y, |g| &g.node))
        }
        (Row::Group(x), Row::Group(y)) => text(c.groups.get(x as usize), c.groups.get(y as usize), |g| &g.name),
        (Row::Volume(x), Row::Volume(y)) => {
            let (x, y) = (c.volumes.get(x as usize), c.volumes.get(y as usize));
            text(x, y, |v| &v.vg).then_with(|| text(x, y, |v| &v.lv))
        }
        (Row::Paths(x), Row::Paths(y)) => {
            let map = |i: u32| c.maps.get(*index.paths.get(i as usize)?.first()?);
            text(map(x), map(y), |m| &m.map.name)
        }
        (Row::Mount(x), Row::Mount(y)) => {
            let first = |i: u32| c.filesystems.get(*index.mounts.get(i as usize)?.first()?);
            let (x, y) = (first(x), first(y));
            text(x, y, |f| &f.mount).then_with(|| text(x, y, |f| &f.source))
        }
        (Row::Iscsi(x), Row::Iscsi(y)) => {
            let (x, y) = (c.iscsi.get(x as usize), c.iscsi.get(y as usize));
            text(x, y, |s| &s.0).then_with(|| text(x, y, |s| &s.1.target)).then_with(|| text(x, y, |s| &s.1.portal))
        }
        (Row::Pv(x), Row::Pv(y)) => text(c.pvs.get(x as usize), c.pvs.get(y as usize), |p| &p.path),
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
