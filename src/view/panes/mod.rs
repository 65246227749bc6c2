//! The panes: the same rows on the overview and as full tables, with as many columns as there is room for.

pub mod events;
pub mod guests;
pub mod members;
pub mod network;
pub mod services;
pub mod storage;

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::chrome;
use super::pen::Pen;
use crate::app::fresh;
use crate::app::index::Level;
use crate::app::layout;
use crate::app::list::{List, part, window};
use crate::app::order::SortKey;
use crate::app::rows::{Pane, Row};
use crate::app::words;
use crate::domain::guest::{Guest, GuestState};
use crate::domain::observation::Question;
use crate::theme::Role;

/// Draws a pane of the overview.
pub fn brief(pen: &mut Pen<'_>, pane: Pane, area: Rect) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    if pane == Pane::Events {
        return events::draw(pen, area);
    }
    let model = pen.model;
    let Some(state) = model.pane(pane) else { return };
    title(pen, pane, area, model.focus == pane, "");
    let rows = layout::brief_rows(pane, area);
    if layout::has_heads(pane, area) {
        heads(pen, pane, Rect { y: area.y + 1, height: 1, ..area });
    }
    let all = state.brief.rows.len();
    let folds = all > usize::from(rows.height);
    let room = if folds { Rect { height: rows.height.saturating_sub(1), ..rows } } else { rows };
    let shown = body(pen, &state.brief, room, model.focus == pane);
    if folds && rows.height > 0 {
        let text = folded(state.loud, all, shown);
        pen.put(rows.x + 2, rows.bottom() - 1, rows.width.saturating_sub(2), &text, Role::Dim);
    }
    if all == 0 && rows.height > 0 {
        pen.put(rows.x + 2, rows.y, rows.width.saturating_sub(2), &nothing(pen, pane), Role::Dim);
    }
    if layout::has_foot(pane, area) {
        // Right below the rows: what lies between two things that belong together is a gap to jump.
        let y = rows.y + u16::try_from(all.max(1)).unwrap_or(u16::MAX).min(rows.height);
        members::foot(pen, Rect { y, height: area.bottom() - y, ..area });
    }
}

/// `+ 11 quiet`, `+ 3 in trouble, 11 quiet`.
fn folded(loud: usize, all: usize, shown: std::ops::Range<usize>) -> String {
    let loud_seen = shown.end.min(loud).saturating_sub(shown.start.min(loud));
    let (loud_left, quiet_left) = (loud - loud_seen, (all - loud) - (shown.len() - loud_seen));
    match (loud_left, quiet_left) {
        (0, quiet) => format!("+ {quiet} quiet"),
        (loud, 0) => format!("+ {loud} not quiet"),
        (loud, quiet) => format!("+ {loud} not quiet, {quiet} quiet"),
    }
}

/// Draws a pane as a full table.
pub fn full(pen: &mut Pen<'_>, pane: Pane, area: Rect) {
    if pane == Pane::Events {
        return events::draw(pen, area);
    }
    let model = pen.model;
    let Some(state) = model.pane(pane) else { return };
    let rows = layout::table_rows(pane, area);
    let seen = window(state.full.offset, state.full.cursor, state.full.rows.len(), usize::from(rows.height));
    title(pen, pane, area, true, &part(&seen, state.full.rows.len()));
    if area.height > 1 {
        heads(pen, pane, Rect { y: area.y + 1, height: 1, ..area });
    }
    body(pen, &state.full, rows, true);
    if state.full.rows.is_empty() && rows.height > 0 {
        pen.put(rows.x + 2, rows.y, rows.width.saturating_sub(2), &nothing(pen, pane), Role::Dim);
    }
}

fn nothing(pen: &Pen<'_>, pane: Pane) -> String {
    let model = pen.model;
    let hidden = model.pane(pane).map_or(0, |s| s.hidden);
    match (model.pictured, hidden) {
        (false, _) => "asking the nodes".to_owned(),
        (true, 0) => silence(pen, pane).unwrap_or_else(|| "nothing was reported".to_owned()),
        (true, n) => format!("the filter hides all {n}"),
    }
}

/// Why nothing was reported, where somebody was asked in vain, or has not answered yet: that is not nothing.
fn silence(pen: &Pen<'_>, pane: Pane) -> Option<String> {
    use Question as Q;
    let questions: &[Q] = match pane {
        Pane::Services => &[Q::CrmMon, Q::Clustat],
        Pane::Storage => &[Q::Vgs, Q::Lvs, Q::Pvs, Q::Filesystems, Q::Multipath],
        Pane::Network => &[Q::Net, Q::Bonding],
        Pane::Guests => &[Q::Guests, Q::Vmware],
        Pane::Members | Pane::Events => &[],
    };
    let (members, names) = (&pen.model.shown.members, &pen.model.index.names);
    let told = members.iter().find_map(|m| {
        let (_, trouble) = m.troubles.iter().find(|(question, _)| questions.contains(question))?;
        Some(format!("{}: {}", names.short(&m.name), trouble.text))
    });
    let awaited = || members.iter().any(|m| m.unheard.iter().any(|question| questions.contains(question)));
    let deaf = || !members.is_empty() && !members.iter().any(|m| m.reach.is_up());
    told.or_else(|| awaited().then(|| "asking the nodes".to_owned())).or_else(|| deaf().then(|| "no node answers".to_owned()))
}

/// The visible rows; which they are.
fn body(pen: &mut Pen<'_>, list: &List, area: Rect, keyed: bool) -> std::ops::Range<usize> {
    let seen = window(list.offset, list.cursor, list.rows.len(), usize::from(area.height));
    for (y, at) in (area.y..).zip(seen.clone()) {
        let Some(row) = list.rows.get(at) else { break };
        let selected = list.selected.is_some() && at == list.cursor;
        draw_row(pen, *row, Rect { y, height: 1, ..area }, Look { selected, keyed });
    }
    seen
}

/// How a row stands out.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// It is selected.
    pub selected: bool,
    /// Its pane has the keys.
    pub keyed: bool,
}

fn draw_row(pen: &mut Pen<'_>, row: Row, area: Rect, look: Look) {
    if look.selected {
        pen.put(area.x, area.y, 1, "▸", Role::Link);
    }
    let inner = Rect { x: area.x + 2.min(area.width), width: area.width.saturating_sub(2), ..area };
    match row {
        Row::Member(i) => members::row(pen, i, inner, look),
        Row::Service(i) => services::row(pen, i, inner, look),
        Row::Guest(i) => guests::row(pen, i, inner, look),
        Row::Net(_) | Row::Bond(_) | Row::Nic(_) => network::row(pen, row, inner, look),
        _ => storage::row(pen, row, inner, look),
    }
}

/// Writes a row's name: loud as its level, reversed where it is selected.
fn name(pen: &mut Pen<'_>, x: u16, y: u16, width: u16, text: &str, level: Level, look: Look) {
    let role = match level {
        Level::Quiet | Level::Moving => Role::Text,
        Level::Warning => Role::Warn,
        Level::Critical => Role::Crit,
    };
    let style = if look.selected && look.keyed { pen.style(Role::Selected) } else { pen.style(role) };
    pen.put_styled(x, y, width, text, style);
}

/// `part`: which rows are in sight, where not all are.
fn title(pen: &mut Pen<'_>, pane: Pane, area: Rect, focused: bool, part: &str) {
    let model = pen.model;
    let Some(state) = model.pane(pane) else { return };
    let mut note = match pane {
        Pane::Services if !model.shown.services.is_empty() => {
            format!("{}/{} started", model.index.counts.started, model.index.counts.wanted)
        }
        Pane::Storage if model.index.counts.paths.1 > 0 => {
            format!("paths {}/{}", model.index.counts.paths.0, model.index.counts.paths.1)
        }
        Pane::Guests if !model.shown.guests.is_empty() => running(&model.shown.guests),
        _ => String::new(),
    };
    if state.wish.sort != SortKey::default_of(pane) || state.wish.reversed {
        let way = if state.wish.reversed { ", turned round" } else { "" };
        let _ = write!(note, " by {}{way}", state.wish.sort.short());
    }
    if state.wish.problems {
        note.push_str(" problems only");
    }
    note.push_str(part);
    match (state.hidden, part.is_empty()) {
        (0, _) => {}
        (hidden, true) => _ = write!(note, " {} of {}", state.full.rows.len(), state.full.rows.len() + hidden),
        (hidden, false) => _ = write!(note, ", {hidden} hidden"),
    }
    let stale = match pane {
        Pane::Services => services::stale(pen, area.width),
        Pane::Guests => guests::silent(pen),
        Pane::Storage | Pane::Network => {
            let age = fresh::everything(&model.shown, model.setup.now, model.setup.stale_after);
            age.map_or_else(String::new, |a| format!("{} old", words::age(a)))
        }
        _ => String::new(),
    };
    chrome::title(pen, area, pane, focused, note.trim(), &stale);
}

/// `3/5 running, 2 not known`: what a node that fell silent said of its guests is no longer so for sure.
fn running(guests: &[Guest]) -> String {
    let unknown = guests.iter().filter(|g| g.stale).count();
    let running = guests.iter().filter(|g| g.state == GuestState::Running && !g.stale).count();
    let unknown = if unknown > 0 { format!(", {unknown} not known") } else { String::new() };
    format!("{running}/{} running{unknown}", guests.len())
}

fn heads(pen: &mut Pen<'_>, pane: Pane, area: Rect) {
    let inner = Rect { x: area.x + 2.min(area.width), width: area.width.saturating_sub(2), ..area };
    match pane {
        Pane::Members => members::heads(pen, inner),
        Pane::Services => services::heads(pen, inner),
        Pane::Storage => storage::heads(pen, inner),
        Pane::Network => network::heads(pen, inner),
        Pane::Guests => guests::heads(pen, inner),
        Pane::Events => {}
    }
}
