//! Storage: volume groups and what is in them, paths, filesystems, sessions.
//!
//! ```text
//!    vg_cluster         4.0T  ██████████████▊      71%  shared, 5 nodes
//!    paths san1               n1 2/2  n2 2/2  n3 1/2
//!    vg_cluster/lv_db    50G  ██████████████████▌  92%  n2 n5
//! ```

use std::sync::Arc;

use ratatui::layout::Rect;

use super::{Look, name};
use crate::app::Model;
use crate::app::fresh;
use crate::app::index::{Index, Level};

use crate::app::rows::Row;
use crate::app::sort::fill;
use crate::app::words;
use crate::domain::cluster::{Cluster, Filesystem, PathMap, Volume};
use crate::theme::Role;
use crate::view::glyph::gauge;
use crate::view::pen::{Cursor, Pen};

const SIZE: u16 = 5;
const PERCENT: u16 = 4;

fn widths(index: &Index, width: u16) -> (u16, u16) {
    let most = if width < 60 { width / 2 } else { width * 3 / 8 };
    let name = index.widths.storage.clamp(8, most.clamp(8, 48));
    let gauge = if width >= 50 { (width / 7).min(20) } else { 0 };
    (name, gauge)
}

/// The column heads of the table.
pub fn heads(pen: &mut Pen<'_>, area: Rect) {
    let (name, gauge) = widths(&pen.model.index, area.width);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.cell(name, "STORAGE", Role::Dim).right(SIZE, "SIZE", Role::Dim);
    if gauge > 0 {
        cursor.cell(gauge, "FILL", Role::Dim);
    }
    cursor.right(PERCENT, "%", Role::Dim).skip(1).text("WHERE, WHAT", Role::Dim);
}

/// A row of storage.
pub fn row(pen: &mut Pen<'_>, row: Row, area: Rect, look: Look) {
    let model = pen.model;
    let (c, index) = (&model.shown, &model.index);
    let level = model.level(row);
    let (width, bar) = widths(index, area.width);
    let (label, size) = label(pen, row);
    name(pen, area.x, area.y, width.min(area.width), &label, level, look);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(width + 1);
    if matches!(row, Row::Paths(_)) {
        return paths(cursor, row, model);
    }
    cursor.right(SIZE, &size.map_or_else(String::new, words::bytes), Role::Text);
    let filled = fill(row, c, index);
    let role = match level {
        Level::Critical => Role::Crit,
        Level::Warning => Role::Warn,
        _ => Role::Text,
    };
    if bar > 0 {
        cursor.cell(bar, &filled.map_or_else(String::new, |f| gauge(f, bar)), if role == Role::Text { Role::Dim } else { role });
    }
    cursor.right(PERCENT, &filled.map_or_else(String::new, words::percent), role);
    let (role, text) = place(model, row);
    if let Some(age) = stale(model, row) {
        cursor.skip(1).text(&format!("{} old", words::age(age)), Role::Warn);
    }
    cursor.skip(1).text(&text, role);
}

fn label(pen: &Pen<'_>, row: Row) -> (String, Option<u64>) {
    let (c, index) = (&pen.model.shown, &pen.model.index);
    let at = |i: u32| i as usize;
    match row {
        Row::Group(i) => c.groups.get(at(i)).map(|g| (g.name.clone(), g.size)),
        Row::Volume(i) => c.volumes.get(at(i)).map(|v| (format!("{}/{}", v.vg, v.lv), v.size)),
        Row::Mount(i) => first_mount(c, index, i).map(|f| (f.mount.clone(), f.size)),
        Row::Paths(i) => {
            index.paths.get(at(i)).and_then(|s| c.maps.get(*s.first()?)).map(|m| (format!("paths {}", m.map.name), m.map.size))
        }
        Row::Iscsi(i) => c.iscsi.get(at(i)).map(|(n, s)| (format!("iscsi {} {}", index.names.short(n), s.target), None)),
        Row::Pv(i) => c.pvs.get(at(i)).map(|p| (format!("pv {}", p.path), p.size)),
        _ => None,
    }
    .unwrap_or_default()
}

/// The age of a row if who said it is stale: a volume may be seen by others, but only one said so last.
fn stale(model: &Model, row: Row) -> Option<std::time::Duration> {
    let c = &model.shown;
    let by = match row {
        Row::Group(i) => &c.groups.get(i as usize)?.sight.by,
        Row::Volume(i) => &c.volumes.get(i as usize)?.sight.by,
        Row::Iscsi(i) => &c.iscsi.get(i as usize)?.0,
        _ => return None,
    };
    fresh::node(by, c, model.setup.now, model.setup.stale_after)
}

fn first_mount<'a>(c: &'a Cluster, index: &Index, i: u32) -> Option<&'a Filesystem> {
    c.filesystems.get(*index.mounts.get(i as usize)?.first()?)
}

/// Where it is, and what is worth knowing about it.
fn place(model: &Model, row: Row) -> (Role, String) {
    let (c, index) = (&model.shown, &model.index);
    let at = |i: u32| i as usize;
    // More than a few are a number: their names would be cut anyway.
    let short = |nodes: &[Arc<str>]| match nodes.len() {
        0..=3 => nodes.iter().map(|n| index.names.short(n)).collect::<Vec<_>>().join(" "),
        n => format!("{n} nodes"),
    };
    match row {
        Row::Group(i) => c.groups.get(at(i)).map(|g| {
            let kind = if g.shared { "shared" } else { "local" };
            let lock = g.lock_type.as_deref().map_or_else(String::new, |l| format!(" {l}"));
            let free = g.free.map_or_else(String::new, |f| format!(", {} free", words::bytes(f)));
            // Local ones have the same name on many nodes: there the node tells them apart.
            let (nodes, what) = (short(&g.seen_by), format!("{kind}{lock}{free}"));
            (Role::Dim, if g.shared { format!("{what}, {nodes}") } else { format!("{nodes}  {what}") })
        }),
        Row::Volume(i) => c.volumes.get(at(i)).map(|v| {
            let mut text = if v.active_on.is_empty() { "not active".to_owned() } else { short(&v.active_on) };
            if let Some(p) = v.copy_percent.filter(|p| *p < 100.0) {
                text = format!("{text}, copying {}", words::percent(p));
            }
            if let Some(wrong) = ailing(v, short) {
                return (Role::Warn, format!("{text}, {wrong}"));
            }
            if v.is_thin_pool {
                let meta = v.metadata_percent.map_or_else(String::new, |p| format!(", metadata {}", words::percent(p)));
                text = format!("{text}, thin pool{meta}");
            }
            if !v.used_by.is_empty() {
                text = format!("{text}  {}", v.used_by.join(" "));
            }
            (Role::Dim, text)
        }),
        Row::Mount(i) => index.mounts.get(at(i)).and_then(|set| {
            let first = c.filesystems.get(*set.first()?)?;
            let nodes: Vec<_> = set.iter().filter_map(|k| Some(c.filesystems.get(*k)?.node.clone())).collect();
            let fullest = set
                .iter()
                .filter_map(|k| c.filesystems.get(*k))
                .max_by(|a, b| a.percent().unwrap_or(0.0).total_cmp(&b.percent().unwrap_or(0.0)))?;
            let stale = nodes.iter().any(|n| fresh::node(n, c, model.setup.now, model.setup.stale_after).is_some());
            let tail = if nodes.len() > 1 { format!(", fullest {}", index.names.short(&fullest.node)) } else { String::new() };
            let old = if stale { ", part of it old" } else { "" };
            let fixed: Vec<_> = set.iter().filter_map(|k| c.filesystems.get(*k)).filter(|f| f.read_only).map(|f| f.node.clone()).collect();
            let mode = match fixed.len() {
                0 => String::new(),
                n if n == nodes.len() => ", read-only".to_owned(),
                _ => format!(", read-only on {}", short(&fixed)),
            };
            Some((Role::Dim, format!("{} {}{mode}{tail}{old}", first.kind, short(&nodes))))
        }),
        Row::Iscsi(i) => c.iscsi.get(at(i)).map(|(_, s)| {
            let state = s.session_state.as_deref().unwrap_or("state not known");
            (if state == "LOGGED_IN" { Role::Dim } else { Role::Warn }, format!("{} {state} {}", s.portal, s.devices.join(" ")))
        }),
        Row::Pv(i) => c.pvs.get(at(i)).map(|p| {
            let free = p.free.map_or_else(String::new, |f| format!(", {} free", words::bytes(f)));
            let text = format!("of {}{free}, {}", p.vg.as_deref().unwrap_or("no group"), words::count(p.seen_by.len(), "node", "nodes"));
            match p.missing_on.as_slice() {
                [] => (Role::Dim, text),
                lost => (Role::Warn, format!("{text}, missing on {}", short(lost))),
            }
        }),
        _ => None,
    }
    .unwrap_or((Role::Dim, String::new()))
}

/// What is wrong with a volume, in words.
fn ailing(v: &Volume, short: impl Fn(&[Arc<str>]) -> String) -> Option<String> {
    if !v.suspended_on.is_empty() {
        return Some(format!("suspended on {}", short(&v.suspended_on)));
    }
    if let Some((_, word)) = v.health.first() {
        let nodes: Vec<Arc<str>> = v.health.iter().filter(|(_, other)| other == word).map(|(node, _)| node.clone()).collect();
        return Some(format!("{word} on {}", short(&nodes)));
    }
    (!v.stale_sizes.is_empty()).then(|| format!("other size on {}", words::count(v.stale_sizes.len(), "node", "nodes")))
}

/// Paths alive of each node.
fn paths(mut cursor: Cursor<'_, '_>, row: Row, model: &Model) {
    let (c, index) = (&model.shown, &model.index);
    let Row::Paths(i) = row else { return };
    let maps: Vec<&PathMap> = index.paths.get(i as usize).into_iter().flatten().filter_map(|k| c.maps.get(*k)).collect();
    let old = |m: &PathMap| fresh::node(&m.node, c, model.setup.now, model.setup.stale_after).is_some();
    let lost = |m: &PathMap| m.is_short() && !old(m);
    // Nodes that lost a path first: on a narrow screen the others are the ones to go.
    let (bad, good): (Vec<&PathMap>, Vec<&PathMap>) = maps.into_iter().partition(|m| lost(m) || old(m));
    let alike = good.first().filter(|first| good.len() > 3 && good.iter().all(|m| m.total == first.total));
    let (named, folded) = if alike.is_some() { (Vec::new(), good.len()) } else { (good.clone(), 0) };
    for m in bad.into_iter().chain(named) {
        let name = index.names.short(&m.node);
        if cursor.left() < 6 {
            break;
        }
        if old(m) {
            cursor.text(name, Role::Dim).skip(1).text("◌", Role::Unknown).skip(2);
            continue;
        }
        let (role, sign) = match (lost(m), m.active) {
            (false, _) => (Role::Dim, ""),
            // A blank before the sign: glued to a figure its ASCII twin would be the sign of what is cut.
            (true, 0) => (Role::Crit, " ▲"),
            (true, _) => (Role::Warn, " △"),
        };
        cursor.text(&format!("{name} {}/{}{sign}", m.active, m.total), role).skip(2);
    }
    if let Some(first) = alike {
        cursor.text(&format!("{folded} nodes {}/{}", first.active, first.total), Role::Dim);
    }
}
