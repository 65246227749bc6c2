//! The wallboard: from five metres, nobody at the keys. Nothing is shown as well that was not seen to be.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{big, chrome, header, panes, screens};
use crate::app::detail::severity_mark;
use crate::app::rows::Pane;
use crate::app::wall::{self, Page};
use crate::app::words;
use crate::app::{emergency, fresh};
use crate::domain::cluster::MemberStatus;
use crate::domain::event::Severity;
use crate::theme::Role;

/// Draws the whole board.
pub fn draw(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    if fresh::nothing_known(&model.shown, model.setup.now, model.setup.stale_after) {
        return stale(pen, area);
    }
    top(pen, Rect { height: 1.min(area.height), ..area });
    let ((role, text), (_, short)) = header::quorum(pen);
    let text = if pen.width(&text) + 4 > area.width { short } else { text };
    let role = worst(pen, role);
    if area.height > 2 {
        pen.put(area.x + 2, area.y + 2, area.width.saturating_sub(2), &text, role);
    }
    if area.height > 3 && emergency::is_on(model) {
        let (role, text) = emergency::line(model);
        pen.put(area.x + 2, area.y + 3, area.width.saturating_sub(2), &text, role);
    }
    let below = foot(pen, area);
    let mut body = Rect { y: area.y + 4.min(area.height), height: area.height.saturating_sub(4 + below), ..area };
    if area.height >= 24 {
        let word = match model.shown.quorum.quorate {
            _ if role == Role::Unknown => "UNKNOWN",
            Some(true) => "QUORATE",
            Some(false) => "NO QUORUM",
            None => "DISPUTED",
        };
        let height = (area.height / 5).max(5);
        big::draw(pen, Rect { height, ..body }, word, role);
        body = Rect { y: body.y + height + 1, height: body.height - height - 1, ..body };
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

/// What every page ends with: how much runs, the last event, how old all of this is. How many lines it took.
fn foot(pen: &mut Pen<'_>, area: Rect) -> u16 {
    let lines = match area.height {
        0..7 => return 0,
        7..10 => 1,
        _ => 2,
    };
    if lines == 2 {
        counts(pen, Rect { y: area.bottom() - 2, height: 1, ..area });
    }
    last(pen, Rect { y: area.bottom() - 1, height: 1, ..area });
    lines
}

/// The colour of the whole: from five metres the colour is read before the word, so quorum is green only while nothing is wrong.
fn worst(pen: &Pen<'_>, quorum: Role) -> Role {
    match pen.model.shown.alerts.iter().map(|a| a.severity).max() {
        _ if quorum == Role::Unknown => quorum,
        Some(Severity::Critical) => Role::Crit,
        Some(Severity::Warning) if quorum == Role::Ok => Role::Warn,
        _ => quorum,
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
    let mut body = area;
    let mut take = |lines: u16| {
        let taken = Rect { height: lines.min(body.height), ..body };
        body = Rect { y: body.y + taken.height, height: body.height - taken.height, ..body };
        taken
    };
    // Where there is little room every line is one more alert.
    let gap = u16::from(area.height >= 8);
    let bars_at = take(1);
    bars(pen, bars_at);
    take(gap);
    if area.height >= 16 {
        let tall = (area.height / 4).max(5);
        let at = take(tall + 2);
        figures(pen, at, tall);
    }
    let list = Rect { height: body.height.saturating_sub(gap), ..body };
    if pen.model.shown.alerts.is_empty() {
        if list.height > 0 {
            pen.put(list.x + 2, list.y, list.width.saturating_sub(2), "no alerts", Role::Dim);
        }
    } else {
        screens::alerts(pen, list, false);
    }
}

/// Nodes, services and the fullest volume as numbers that can be read from afar.
fn figures(pen: &mut Pen<'_>, area: Rect, tall: u16) {
    let model = pen.model;
    let counts = model.index.counts;
    let members = &model.shown.members;
    let online = members.iter().filter(|m| m.status == MemberStatus::Online).count();
    let role = |whole: bool| if whole { Role::Text } else { Role::Warn };
    let mut all = vec![
        (format!("{online}/{}", members.len()), "nodes online".to_owned(), role(online == members.len())),
        (format!("{}/{}", counts.started, counts.wanted), "services started".to_owned(), role(counts.started == counts.wanted)),
    ];
    if let Some((name, fill)) = &model.index.fullest {
        all.push((words::percent(*fill), format!("fullest: {name}"), role(*fill < 90.0)));
    }
    let wanted = |figures: &[(String, String, Role)], tall: u16| -> u16 {
        figures.iter().map(|(n, ..)| big::width(n, tall).saturating_add(4)).fold(0, u16::saturating_add)
    };
    let mut tall = tall;
    while tall > 5 && wanted(&all, tall) > area.width {
        tall -= 5;
    }
    while all.len() > 1 && wanted(&all, tall) > area.width {
        all.pop();
    }
    let mut x = area.x + 2;
    let share = (area.width.saturating_sub(2)) / u16::try_from(all.len()).unwrap_or(1);
    for (number, what, role) in &all {
        let width = big::width(number, tall).min(area.right().saturating_sub(x));
        big::draw(pen, Rect { x, width, height: tall.min(area.height), ..area }, number, *role);
        if area.height > tall {
            pen.put(x, area.y + tall, share.saturating_sub(2), what, Role::Dim);
        }
        x = x.saturating_add(share);
    }
}

/// `13 of 15 services   paths 9/10   fullest vg/lv_db 92%`: as much of it as fits.
fn counts(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    let counts = model.index.counts;
    let room = area.width.saturating_sub(4);
    let gap = if area.width >= 80 { "      " } else { "  " };
    let mut parts = vec![vec![format!("{} of {} services", counts.started, counts.wanted)]];
    if counts.paths.1 > 0 {
        parts.push(vec![format!("paths {}/{}", counts.paths.0, counts.paths.1)]);
    }
    if let Some((name, fill)) = &model.index.fullest {
        let (name, percent) = (model.index.names.within(name), words::percent(*fill));
        // The end of a path says more than its beginning.
        let end = name.rsplit('/').next().unwrap_or_default();
        parts.push(vec![format!("fullest {name} {percent}"), format!("fullest {end} {percent}"), format!("fullest {percent}")]);
    }
    let mut line = String::new();
    for part in &parts {
        let before = if line.is_empty() { "" } else { gap };
        if let Some(fits) = part.iter().map(|p| format!("{before}{p}")).find(|p| pen.width(&line) + pen.width(p) <= room) {
            line.push_str(&fits);
        }
    }
    pen.put(area.x + 2, area.y, room, &line, Role::Title);
}

/// The last event that mattered, and how old the newest answer of any node is.
fn last(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    let (now, limit) = (model.setup.now, model.setup.stale_after);
    let old = |age: std::time::Duration| format!("{} old", words::age(age));
    let data = fresh::last_truth(&model.shown).map_or_else(|| "no data".to_owned(), |at| format!("data {}", old(at.age(now))));
    let manager = fresh::manager(&model.shown, now, limit);
    let manager = manager.map(|age| format!("manager {}, ", old(age))).unwrap_or_default();
    let age = format!("{manager}{data}");
    let room = area.width.saturating_sub(4);
    pen.put_right(area.x + 2, area.y, room, &age, if manager.is_empty() { Role::Dim } else { Role::Warn });
    let room = room.saturating_sub(pen.width(&age) + 2);
    let loud = model.timeline.visible().rev().take(500).find(|e| e.event.severity > Severity::Info);
    let Some(entry) = loud.or_else(|| model.timeline.visible().next_back()) else { return };
    let (role, mark) = severity_mark(entry.event.severity);
    let node = entry.event.node.as_deref().map_or("--", |n| model.index.names.short(n));
    let at = words::when(entry.event.at, now, &model.setup.zone);
    let text = format!("last: {at} {node} {mark} {}", chrome::sentence(model, &entry.event.text, area.width));
    pen.put(area.x + 2, area.y, room, &text, role);
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
