//! The wallboard: from five metres, nobody at the keys. Nothing is shown as well that was not seen to be.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{big, header, panes, screens};
use crate::app::detail::severity_mark;
use crate::app::fresh;
use crate::app::rows::Pane;
use crate::app::wall::{self, Page};
use crate::app::words;
use crate::domain::cluster::MemberStatus;
use crate::theme::Role;

/// Draws the whole board.
pub fn draw(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    if fresh::nothing_known(&model.shown, model.setup.now, model.setup.stale_after) {
        return stale(pen, area);
    }
    let title = Rect { height: 1.min(area.height), ..area };
    top(pen, title);
    let quorum = Rect { y: area.y + 2.min(area.height), height: 1.min(area.height.saturating_sub(2)), ..area };
    let ((role, text), (_, short)) = header::quorum(pen);
    let text = if pen.width(&text) + 4 > area.width { short } else { text };
    if quorum.height > 0 {
        pen.put(quorum.x + 2, quorum.y, quorum.width.saturating_sub(2), &text, role);
    }
    let mut body = Rect { y: area.y + 4.min(area.height), height: area.height.saturating_sub(4), ..area };
    if area.height >= 24 {
        let word = match model.shown.quorum.quorate {
            _ if role == Role::Unknown => "UNKNOWN",
            Some(true) => "QUORATE",
            Some(false) => "NO QUORUM",
            None => "QUORUM",
        };
        big::draw(pen, Rect { height: 6, ..body }, word, role);
        body = Rect { y: body.y + 7, height: body.height - 7, ..body };
    }
    match wall::page(&model.shown, &model.index, model.setup.now) {
        Page::Summary => summary(pen, body),
        Page::Members => panes::full(pen, Pane::Members, body),
        Page::Services => panes::brief(pen, Pane::Services, body),
        Page::Storage => {
            let half = body.height / 2;
            panes::brief(pen, Pane::Storage, Rect { height: half, ..body });
            panes::brief(pen, Pane::Network, Rect { y: body.y + half, height: body.height - half, ..body });
        }
        Page::Events => panes::full(pen, Pane::Events, body),
    }
}

fn name(pen: &Pen<'_>) -> String {
    let model = pen.model;
    model.shown.name.as_deref().or(model.setup.current.as_deref()).unwrap_or("no cluster yet").to_uppercase()
}

fn top(pen: &mut Pen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let time = words::minute(pen.model.setup.now, &pen.model.setup.zone);
    let room = area.width.saturating_sub(12);
    pen.put(area.x + 2, area.y, room, &name(pen), Role::Accent);
    pen.put_right(area.x, area.y, area.width.saturating_sub(2), &time, Role::Title);
}

/// Nobody answers: the board says so, and since when.
fn stale(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    let last = fresh::last_truth(&model.shown);
    let text = match last {
        Some(at) => format!("the last answer of any node came at {}", words::date(at, &model.setup.zone)),
        None => "no node has answered yet".to_owned(),
    };
    let word = if last.is_some() { "STALE" } else { "NO DATA" };
    let letters = Rect { y: area.y + 1.min(area.height), height: area.height.saturating_sub(3), ..area };
    if area.height < 3 {
        pen.put(area.x, area.y, area.width, &format!("{word}: {text}"), Role::Crit);
        return;
    }
    top(pen, Rect { height: 1, ..area });
    let clock = last.filter(|_| letters.height >= 12).map(|at| words::minute(at, &model.setup.zone));
    let upper = if clock.is_some() { letters.height * 3 / 5 } else { letters.height };
    big::draw(pen, Rect { height: upper, ..letters }, word, Role::Crit);
    if let Some(clock) = clock {
        big::draw(pen, Rect { y: letters.y + upper, height: letters.height - upper, ..letters }, &clock, Role::Warn);
    }
    let x = area.x + area.width.saturating_sub(pen.width(&text)) / 2;
    pen.put(x, area.bottom() - 1, area.right() - x, &text, Role::Crit);
}

fn summary(pen: &mut Pen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let model = pen.model;
    let counts = model.index.counts;
    bars(pen, Rect { height: 1, ..area });
    let alerts = model.shown.alerts.len();
    let room = area.height.saturating_sub(6).max(1);
    let list = Rect { y: area.y + 2.min(area.height), height: room.min(area.height.saturating_sub(2)), ..area };
    if alerts == 0 {
        if list.height > 0 {
            pen.put(list.x + 2, list.y, list.width.saturating_sub(2), "no alerts", Role::Dim);
        }
    } else {
        screens::alerts(pen, list, false);
    }
    let mut line = format!("{} of {} services", counts.started, counts.wanted);
    if counts.paths.1 > 0 {
        let _ = write!(line, "      paths {}/{}", counts.paths.0, counts.paths.1);
    }
    if let Some((name, fill)) = &model.index.fullest {
        let _ = write!(line, "      fullest {name} {}", words::percent(*fill));
    }
    let last = model.timeline.visible().next_back();
    let below = |up: u16| area.bottom().checked_sub(up).filter(|y| *y > area.y);
    if let Some(y) = below(3) {
        pen.put(area.x + 2, y, area.width.saturating_sub(4), &line, Role::Title);
    }
    if let (Some(y), Some(entry)) = (below(2), last) {
        let (role, mark) = severity_mark(entry.event.severity);
        let node = entry.event.node.as_deref().unwrap_or("--");
        let text = format!("last: {} {node} {mark} {}", words::second(entry.event.at, &model.setup.zone), entry.event.text);
        pen.put(area.x + 2, y, area.width.saturating_sub(4), &text, role);
    }
}

/// A bar for each member: full, half, hollow.
fn bars(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    let (now, limit) = (model.setup.now, model.setup.stale_after);
    let members = &model.shown.members;
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(2);
    // More members than fit are a number, not bars.
    if members.len() * 4 + 24 <= usize::from(area.width) {
        for m in members {
            let seen = fresh::member(m, now, limit).is_none() && m.reach.is_up();
            let (role, text) = match (m.status, seen) {
                (MemberStatus::Online, true) => (Role::Ok, "███"),
                (MemberStatus::Online, false) | (MemberStatus::Unknown, _) => (Role::Unknown, "◌◌◌"),
                (MemberStatus::Offline | MemberStatus::Unclean, _) => (Role::Crit, "✕✕✕"),
                _ => (Role::Warn, "◐◐◐"),
            };
            cursor.text(text, role).skip(1);
        }
        cursor.skip(3);
    }
    let up = members.iter().filter(|m| m.status == MemberStatus::Online).count();
    let role = if up == members.len() { Role::Text } else { Role::Warn };
    let text = format!("{up} of {} online, {} answer", words::count(members.len(), "node", "nodes"), model.index.counts.reachable);
    cursor.text(&text, role);
}
