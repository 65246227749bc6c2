//! The timeline: newest last, like a log.

use ratatui::layout::Rect;

use crate::app::detail::severity_mark;
use crate::app::layout;
use crate::app::rows::Pane;
use crate::app::screen::Screen;
use crate::app::timeline::Entry;
use crate::app::words;
use crate::theme::Role;
use crate::view::chrome;
use crate::view::pen::Pen;

/// Draws the timeline with its title.
pub fn draw(pen: &mut Pen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let model = pen.model;
    let zoomed = matches!(model.screen(), Screen::Table(Pane::Events));
    let keyed = model.focus == Pane::Events || zoomed;
    let rows = layout::table_rows(Pane::Events, area);
    let page = model.timeline.page(usize::from(rows.height));
    let seen = if zoomed { model.timeline.part(&page) } else { String::new() };
    chrome::title(pen, area, Pane::Events, keyed, &format!("{}{seen}", note(pen)), "");
    // Yesterday's events need their day, and then all on the page show it: columns stay columns.
    let dated = page.first().is_some_and(|e| !words::same_day(e.event.at, model.setup.now, &model.setup.zone));
    for (y, entry) in (rows.y..rows.bottom()).zip(&page) {
        row(pen, entry, Rect { y, height: 1, ..rows }, keyed, dated);
    }
    if page.is_empty() && rows.height > 0 {
        let text = match model.timeline.len() {
            0 if !model.pictured => "asking the nodes",
            0 => "nothing has happened since quorate looks",
            _ if model.timeline.filter().is_empty() => "nothing had happened when the screen was frozen",
            _ => "the filter hides every event",
        };
        pen.put(rows.x + 2, rows.y, rows.width.saturating_sub(2), text, Role::Dim);
    }
}

/// `live`, `12 new below`, `3 hidden`, `900 dropped`.
fn note(pen: &Pen<'_>) -> String {
    let t = &pen.model.timeline;
    let mut parts = Vec::new();
    match (pen.model.frozen, t.news()) {
        (Some(_), n) => parts.push(format!("frozen, {n} new")),
        (None, _) if t.is_following() => parts.push("live".to_owned()),
        (None, n) => parts.push(format!("{n} new below")),
    }
    if t.hidden() > 0 {
        parts.push(format!("{} hidden", t.hidden()));
    }
    if t.dropped > 0 {
        parts.push(format!("{} oldest dropped", t.dropped));
    }
    parts.join(", ")
}

/// One event on one line.
fn row(pen: &mut Pen<'_>, entry: &Entry, area: Rect, keyed: bool, dated: bool) {
    let model = pen.model;
    let selected = model.timeline.selected == Some(entry.number);
    let e = &entry.event;
    let (role, mark) = severity_mark(e.severity);
    if selected {
        pen.put(area.x, area.y, 1, "▸", Role::Link);
    }
    let time_style = if selected && keyed { pen.style(Role::Selected) } else { pen.style(Role::Dim) };
    let node = e.node.as_deref().map_or("--", |n| model.index.names.short(n));
    let width = model.index.names.widest().clamp(2, 14);
    let mut cursor = pen.at(area.x, area.y, area.width);
    let zone = &model.setup.zone;
    let (room, time) = if dated { (14, words::day_second(e.at, zone)) } else { (8, words::second(e.at, zone)) };
    cursor.skip(2).styled(room, &time, time_style).skip(1).cell(width, node, Role::Text);
    if area.width >= 60 {
        cursor.cell(9, e.source.word(), Role::Dim);
    }
    let folded = if e.folded > 0 { format!(" (+{} like it)", e.folded) } else { String::new() };
    cursor.text(mark, role).skip(1).text(&format!("{}{folded}", chrome::sentence(model, &e.text, area.width)), role);
}
