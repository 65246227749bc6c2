//! Services by node: where a thing runs is a matter of place. Services are rows, nodes are columns, a mark stands
//! where it runs. With too many nodes for columns their names stand in one.
//!
//! ```text
//!    SERVICE      n1  n2  n3  n4  n5   STATE      FAILS  NOTE
//!    abbone        ·   ·   ·   ●   ·   started        0
//! ```

use ratatui::layout::Rect;

use super::{Look, name};
use crate::app::detail::service::{is_twice, mark, note, state_word};
use crate::app::fresh;
use crate::app::rows::Row;
use crate::app::words;
use crate::domain::cluster::{Service, ServiceState};
use crate::domain::node::Reach;
use crate::theme::Role;
use crate::view::pen::Pen;

const STATE: u16 = 12;
const FAILS: u16 = 5;

/// The columns that there is room for.
#[derive(Clone, Copy, Debug)]
struct Columns {
    name: u16,
    /// Width of a node's column; none if names stand instead.
    matrix: Option<u16>,
    owners: u16,
    kind: bool,
    fails: bool,
}

fn columns(pen: &Pen<'_>, width: u16) -> Columns {
    let nodes = pen.model.index.names.columns();
    let count = u16::try_from(nodes.len()).unwrap_or(u16::MAX);
    let name = if width < 50 { (width / 3).clamp(6, 14) } else { (width / 4).clamp(12, 32) };
    let fails = width >= 44;
    let rest = width.saturating_sub(name + 1 + STATE + 1 + if fails { FAILS + 1 } else { 0 });
    let head = pen.model.index.names.widest_head().clamp(2, 6);
    let kind = width >= 130;
    let rest = rest.saturating_sub(if kind { 9 } else { 0 });
    // A note needs a dozen cells before columns may take more room.
    let fits = |cell: u16| count.saturating_mul(cell).saturating_add(12) <= rest;
    let matrix = [head + 2, head + 1].into_iter().find(|cell| count > 0 && fits(*cell));
    let owners = if matrix.is_some() { 0 } else { pen.model.index.names.widest().clamp(5, (width / 4).max(8)) };
    Columns { name, matrix, owners, kind, fails }
}

/// The column heads.
pub fn heads(pen: &mut Pen<'_>, area: Rect) {
    let c = columns(pen, area.width);
    let model = pen.model;
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.cell(c.name, "SERVICE", Role::Dim);
    if let Some(width) = c.matrix {
        for (node, head) in model.index.names.columns() {
            let up = model.shown.member(node).is_some_and(|m| matches!(m.reach, Reach::Up { .. }));
            cursor.cell(width - 1, head, if up { Role::Title } else { Role::Warn });
        }
    } else {
        cursor.cell(c.owners, "ON", Role::Dim);
    }
    cursor.cell(STATE, "STATE", Role::Dim);
    if c.kind {
        cursor.cell(8, "KIND", Role::Dim);
    }
    if c.fails {
        cursor.right(FAILS, "FAILS", Role::Dim);
    }
    cursor.skip(1).text("NOTE", Role::Dim);
}

/// A service.
pub fn row(pen: &mut Pen<'_>, i: u32, area: Rect, look: Look) {
    let model = pen.model;
    let Some(s) = model.shown.services.get(i as usize) else { return };
    let c = columns(pen, area.width);
    let level = model.level(Row::Service(i));
    let depth = model.index.tree.get(i as usize).map_or(0, |t| u16::from(t.1.min(2)));
    let indent = depth * 2;
    name(pen, area.x + indent.min(area.width), area.y, c.name.saturating_sub(indent).min(area.width), &s.id, level, look);
    let names = &model.index.names;
    let (role, _) = mark(s);
    let role = if pen.stale_manager && role == Role::Text { Role::Dim } else { role };
    if let Some(width) = c.matrix {
        matrix(pen, s, area, c.name + 1, width, role);
    }
    let columns = u16::try_from(names.columns().len()).unwrap_or(u16::MAX);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(c.name + 1);
    match c.matrix {
        Some(width) => cursor.skip(width.saturating_mul(columns)),
        None => cursor.cell(c.owners, &owners(s, |n| names.short(n).to_owned()), role),
    };
    let placed = c.matrix.is_some() && (!s.owners.is_empty() || s.last_owner.is_some());
    let sign = if placed { String::new() } else { format!("{} ", mark(s).1) };
    // Healthy is quiet: what is started needs no emphasis.
    let word_role = if s.state == ServiceState::Started && role == Role::Text { Role::Dim } else { role };
    cursor.cell(STATE, &format!("{sign}{}", state_word(s)), word_role);
    if c.kind {
        cursor.cell(8, s.kind.word(), Role::Dim);
    }
    if c.fails {
        let failures = match s.failures {
            0 => String::new(),
            1_000_000.. => "INF".to_owned(),
            n => n.to_string(),
        };
        cursor.right(FAILS, &failures, Role::Warn);
    }
    let note = note(s, model);
    cursor.skip(1).text(&note, if level > crate::app::index::Level::Moving { Role::Warn } else { Role::Dim });
}

/// The marks: where it runs, where it goes, where it was when it stopped.
fn matrix(pen: &mut Pen<'_>, s: &Service, area: Rect, from: u16, width: u16, role: Role) {
    let names = &pen.model.index.names;
    let twice = is_twice(s);
    let was = if s.owners.is_empty() { s.last_owner.as_deref().and_then(|n| names.column(n)) } else { None };
    let to = s.moving_to.as_deref().and_then(|n| names.column(n));
    let owners: Vec<Option<usize>> = s.owners.iter().map(|o| names.column(o)).collect();
    for column in 0..names.columns().len() {
        let Ok(place) = u16::try_from(column) else { break };
        let x = area.x + from + place * width;
        if x >= area.right() {
            break;
        }
        let owner = owners.iter().position(|o| *o == Some(column));
        let (role, sign) = match owner {
            Some(n) if twice && n > 0 => (Role::Crit, "▲"),
            Some(_) => (role, if s.state == ServiceState::Started { "●" } else { mark(s).1 }),
            None if to == Some(column) => (Role::Moving, "→"),
            None if was == Some(column) => (role, mark(s).1),
            None => (Role::Dim, "·"),
        };
        pen.put(x, area.y, 1, sign, role);
    }
}

fn owners(s: &Service, short: impl Fn(&str) -> String) -> String {
    match (s.owners.as_slice(), &s.moving_to) {
        ([], _) => "-".to_owned(),
        ([one], Some(to)) => format!("{}→{}", short(one), short(to)),
        (many, _) => many.iter().map(|o| short(o)).collect::<Vec<_>>().join(" "),
    }
}

/// What the title says if the manager has not spoken for long.
pub fn stale(pen: &Pen<'_>) -> String {
    let (c, setup) = (&pen.model.shown, &pen.model.setup);
    match (fresh::manager(c, setup.now, setup.stale_after), &c.manager_sight) {
        (Some(age), Some(sight)) => format!("as {} said {} ago", pen.model.index.names.short(&sight.by), words::age(age)),
        _ => String::new(),
    }
}
