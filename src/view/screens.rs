//! The screens that are no panes: alerts, pages of text, the picker of clusters.

use ratatui::layout::Rect;

use super::chrome;
use super::pen::Pen;
use crate::app::detail::severity_mark;
use crate::app::document::{Document, wrap};
use crate::app::layout;
use crate::app::list::{part, scrolled, window};
use crate::app::words;
use crate::domain::alert::Alert;
use crate::theme::Role;

/// A page of text.
pub fn page(pen: &mut Pen<'_>, area: Rect, title: &str, document: &Document, scroll: usize) {
    let lines = layout::page(area);
    let all = document.lines.len();
    let seen = usize::from(lines.height);
    let scroll = scroll.min(all.saturating_sub(seen.max(1)));
    let more = if all > seen { format!("{title}  {}-{} of {all}", scroll + 1, (scroll + seen).min(all)) } else { title.to_owned() };
    chrome::screen_title(pen, area, &more);
    for (y, line) in (lines.y..lines.bottom()).zip(document.lines.iter().skip(scroll)) {
        let mut cursor = pen.at(lines.x, y, lines.width);
        for (role, text) in line {
            cursor.text(text, *role);
        }
    }
}

/// The list of alerts. On a compact screen it is all there is, and has no title; long ones are wrapped if all fit.
pub fn alerts(pen: &mut Pen<'_>, area: Rect, titled: bool) {
    let model = pen.model;
    let all = &model.shown.alerts;
    let mut rows = area;
    if titled {
        let loud = model.alerts.loud(&model.shown).count();
        let quiet = all.len() - loud;
        let tail = if quiet > 0 { format!(", {quiet} quieted") } else { String::new() };
        rows = layout::page(area);
        let seen = window(model.alerts.offset, model.alerts.cursor, all.len(), usize::from(rows.height));
        chrome::screen_title(pen, area, &format!("Alerts {loud}{tail}{}", part(&seen, all.len())));
    }
    if all.is_empty() && rows.height > 0 {
        let text = if model.pictured { "no alerts" } else { "asking the nodes" };
        pen.put(rows.x + 2, rows.y, rows.width.saturating_sub(2), text, Role::Dim);
    }
    if !titled && wrapped(pen, rows) {
        return;
    }
    // Where there is no title the last line says how many are below: the marked one stands above it.
    let most = usize::from(rows.height);
    let seen = if titled || all.len() <= most { most } else { most.saturating_sub(1).max(1) };
    let offset = scrolled(model.alerts.offset, model.alerts.cursor, all.len(), seen);
    let folds = !titled && all.len() > offset + most && rows.height > 1;
    let room = rows.height - u16::from(folds);
    for (i, y) in (offset..all.len()).zip(rows.y..rows.y + room) {
        alert(pen, i, Rect { y, height: 1, ..rows });
    }
    if folds {
        let text = format!("+ {} more", all.len() - offset - usize::from(room));
        pen.put(rows.x + 2, rows.bottom() - 1, rows.width.saturating_sub(2), &text, Role::Dim);
    }
}

/// The alerts with their whole text, if there is room for all of it.
fn wrapped(pen: &mut Pen<'_>, rows: Rect) -> bool {
    let model = pen.model;
    let all = &model.shown.alerts;
    let room = usize::from(rows.width.saturating_sub(4));
    if rows.width >= 80 || room < 10 || all.len() > usize::from(rows.height) {
        return false;
    }
    let whole = |a: &Alert| match model.alerts.quiet_until(a) {
        Some(_) => vec![String::new()],
        None => wrap(&chrome::sentence(model, &a.text, rows.width), room),
    };
    let texts: Vec<Vec<String>> = all.iter().map(whole).collect();
    if texts.iter().map(Vec::len).sum::<usize>() > usize::from(rows.height) {
        return false;
    }
    let mut y = rows.y;
    for (i, lines) in texts.iter().enumerate() {
        alert(pen, i, Rect { y, height: 1, ..rows });
        let Some(a) = all.get(i).filter(|_| lines.len() > 1) else {
            y += 1;
            continue;
        };
        let role = severity_mark(a.severity).0;
        for line in lines {
            let area = Rect { x: rows.x + 3, y, width: rows.width - 3, height: 1 };
            pen.clear(area);
            pen.put(area.x, y, area.width, line.trim_end(), role);
            y += 1;
        }
    }
    true
}

fn alert(pen: &mut Pen<'_>, i: usize, area: Rect) {
    let model = pen.model;
    let Some(a) = model.shown.alerts.get(i) else { return };
    let selected = model.alerts.selected.as_ref().is_some_and(|(code, subject)| *code == a.code && *subject == a.subject);
    let quiet = model.alerts.quiet_until(a);
    let (role, mark) = severity_mark(a.severity);
    let role = if quiet.is_some() { Role::Dim } else { role };
    if selected {
        pen.put(area.x, area.y, 1, "▸", Role::Link);
    }
    let style = pen.style(role);
    let marked = if selected { pen.style(Role::Selected) } else { style };
    let wide = area.width >= 80;
    let mut cursor = pen.at(area.x + 1.min(area.width), area.y, area.width.saturating_sub(1));
    cursor.styled(1, mark, style);
    if wide {
        cursor.styled(8, a.severity.word(), marked).cell(words::WHEN, &words::when(a.since, model.setup.now, &model.setup.zone), Role::Dim);
    }
    if let Some(until) = quiet {
        cursor.text(&format!("quiet until {}  ", words::minute(until, &model.setup.zone)), Role::Dim);
    }
    let text_style = if selected && !wide { marked } else { style };
    let left = cursor.left();
    cursor.styled(left, &chrome::sentence(model, &a.text, area.width), text_style);
}

/// The configured clusters.
pub fn clusters(pen: &mut Pen<'_>, area: Rect, at: usize) {
    let model = pen.model;
    let rows = layout::page(area);
    let names = &model.setup.clusters;
    let seen = window(0, at, names.len(), usize::from(rows.height));
    chrome::screen_title(pen, area, &format!("Clusters{}", part(&seen, names.len())));
    let widest = names.iter().map(|name| pen.width(name)).max().unwrap_or(0).clamp(8, rows.width.saturating_sub(14).max(8));
    for (i, y) in seen.zip(rows.y..rows.bottom()) {
        let Some(name) = names.get(i) else { break };
        let shown = model.setup.current.as_ref() == Some(name);
        let style = pen.style(if i == at { Role::Selected } else { Role::Text });
        if i == at {
            pen.put(rows.x, y, 1, "▸", Role::Link);
        }
        let mut cursor = pen.at(rows.x + 2.min(rows.width), y, rows.width.saturating_sub(2));
        cursor.styled(widest, name, style).text(if shown { "shown now" } else { "" }, Role::Dim);
    }
}
