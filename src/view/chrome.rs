//! What surrounds every screen: the worst alert, titles, keys.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::app::detail::severity_mark;
use crate::app::overlay::Overlay;
use crate::app::rows::Pane;
use crate::app::screen::Screen;
use crate::app::words;
use crate::app::{alerts, emergency};
use crate::command::Command;
use crate::keymap::print_chord;
use crate::theme::Role;

/// The worst alert, always in sight; while there is no quorum, who is missing below it.
pub fn alert(pen: &mut Pen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    worst(pen, Rect { height: 1, ..area });
    if area.height > 1 && emergency::is_on(pen.model) {
        let (role, text) = emergency::line(pen.model);
        pen.put(area.x + 3, area.y + 1, area.width.saturating_sub(4), &text, role);
    }
}

fn worst(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    let loud = model.alerts.loud(&model.shown).count();
    let quiet = model.shown.alerts.len() - loud;
    let Some(worst) = model.alerts.loud(&model.shown).next() else {
        let text = match (model.pictured, quiet) {
            (false, _) if model.setup.current.is_none() => "pick a cluster to look at".to_owned(),
            (false, _) => "asking the nodes".to_owned(),
            (true, 0) => "no alerts".to_owned(),
            (true, n) => format!("{} quieted, none loud", words::count(n, "alert", "alerts")),
        };
        pen.put(area.x + 1, area.y, area.width.saturating_sub(2), &text, Role::Dim);
        return;
    };
    let (role, mark) = severity_mark(worst.severity);
    let quiet = if quiet > 0 { format!(", {quiet} quiet") } else { String::new() };
    let tail = if area.width >= 100 {
        let (list, go) = (model.setup.keymap.hint(Command::Alerts), model.setup.keymap.hint(Command::WorstAlert));
        format!("1 of {}{quiet}; {list} lists, {go} goes there", words::count(loud, "alert", "alerts"))
    } else {
        format!("1 of {loud}{quiet}")
    };
    let room = area.width.saturating_sub(pen.width(&tail) + 4);
    let since = if worst.since.0 == 0 { String::new() } else { format!("  since {}", alerts::since(model, worst.since)) };
    let text = format!("{mark} {}", worst.text);
    let used = pen.put(area.x + 1, area.y, room, &text, role);
    // The sentence matters more than its time.
    if pen.width(&since) <= room - used {
        pen.put(area.x + 1 + used, area.y, room - used, &since, Role::Dim);
    }
    pen.put_right(area.x, area.y, area.width.saturating_sub(1), &tail, Role::Dim);
}

/// A pane's title: its number and name, what the operator should know, a line to its end. Focus is marked.
pub fn title(pen: &mut Pen<'_>, area: Rect, pane: Pane, focused: bool, note: &str, stale: &str) {
    if area.height == 0 {
        return;
    }
    let name = pane.number().map_or_else(|| pane.title().to_owned(), |n| format!("{n} {}", pane.title()));
    let filter = pen.model.filter(pane).text().to_owned();
    let mut cursor = pen.at(area.x, area.y, area.width);
    if focused {
        cursor.text(&format!("▸{name} "), Role::Focus);
    } else {
        cursor.text(&format!(" {name} "), Role::Title);
    }
    // What is left out must be seen to be left out.
    if !filter.is_empty() {
        cursor.text(&format!("/{filter}"), Role::Link).skip(1);
    }
    if !note.is_empty() {
        cursor.text(note, Role::Text).skip(1);
    }
    if !stale.is_empty() {
        cursor.text(stale, Role::Warn).skip(1);
    }
    let left = cursor.left();
    pen.rule(area.right() - left, area.y, left, Role::Dim);
}

/// The title of a screen that is no pane, with the way back.
pub fn screen_title(pen: &mut Pen<'_>, area: Rect, name: &str) {
    if area.height == 0 {
        return;
    }
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.text(&format!("▸{name} "), Role::Focus);
    let left = cursor.left();
    pen.rule(area.right() - left, area.y, left, Role::Dim);
}

/// The last line: a notice, an unfinished chord, what is typed, or the keys of this screen. Where the screen is too small for keys
/// the others are laid over its last line.
pub fn footer(pen: &mut Pen<'_>, area: Rect, whole: Rect) {
    let model = pen.model;
    let speaks = matches!(model.overlay, Some(Overlay::Filter { .. })) || model.notice.is_some() || !model.chord.is_empty();
    if area.height == 0 {
        if speaks && whole.height > 2 {
            let last = Rect { y: whole.bottom() - 1, height: 1, ..whole };
            pen.clear(last);
            footer(pen, last, whole);
        }
        return;
    }
    if let Some(Overlay::Filter { pane, input, .. }) = &model.overlay {
        let mut cursor = pen.at(area.x, area.y, area.width);
        cursor.skip(1).text(&format!("filter {}: /{}", pane.title().to_lowercase(), input.text()), Role::Text).text("_", Role::Link);
        let mistake = model.filter(*pane).mistake();
        let help = mistake.as_deref().unwrap_or("node: svc: src: sev: state: !not   enter keeps, esc takes back");
        cursor.skip(2).text(help, if mistake.is_some() { Role::Warn } else { Role::Dim });
        return;
    }
    if !model.chord.is_empty() {
        let text = format!("{} ...", print_chord(&model.chord));
        pen.put(area.x + 1, area.y, area.width.saturating_sub(1), &text, Role::Link);
        return;
    }
    if let Some((text, _)) = &model.notice {
        pen.put(area.x + 1, area.y, area.width.saturating_sub(1), text, Role::Title);
        return;
    }
    let facts = model.facts();
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(1);
    if model.frozen.is_some() {
        cursor.text(&format!(" {} goes on ", model.setup.keymap.hint(Command::Freeze)), Role::Focus).skip(2);
    }
    if let Some(text) = crate::app::act::tasks::footer(model) {
        let key = model.setup.keymap.hint(Command::Tasks);
        cursor.text(&text, Role::Moving).skip(2).text(&key, Role::Link).skip(1).text("tasks", Role::Dim).skip(2);
    }
    let in_vain = |c: Command| c == Command::StopTask && !model.tasks.is_busy();
    let applies = |c: Command| c == Command::Back || (c.entry().check(facts).is_ok() && !in_vain(c));
    for (command, word) in hints(model.screen(), model.focus) {
        let key = model.setup.keymap.hint(*command);
        let needed = key.chars().count() + word.chars().count() + 1;
        if key.is_empty() || !applies(*command) || usize::from(cursor.left()) < needed {
            continue;
        }
        cursor.text(&key, Role::Link).skip(1).text(word, Role::Dim).skip(2);
    }
}

/// The keys worth a place at the bottom, the most needed first.
const fn hints(screen: &Screen, focus: Pane) -> &'static [(Command, &'static str)] {
    match screen {
        Screen::Overview if matches!(focus, Pane::Events) => &[
            (Command::Help, "help"),
            (Command::Quit, "quit"),
            (Command::Filter, "filter"),
            (Command::Follow, "follow"),
            (Command::PreviousTrouble, "warning before"),
            (Command::Enter, "zoom"),
            (Command::Alerts, "alerts"),
            (Command::Freeze, "freeze"),
            (Command::Palette, "command"),
        ],
        Screen::Overview => &[
            (Command::Help, "help"),
            (Command::Quit, "quit"),
            (Command::Palette, "command"),
            (Command::Filter, "filter"),
            (Command::Enter, "zoom"),
            (Command::Relocate, "relocate"),
            (Command::Fence, "fence"),
            (Command::Grow, "grow"),
            (Command::NextPane, "next pane"),
            (Command::Alerts, "alerts"),
            (Command::Freeze, "freeze"),
            (Command::Clusters, "clusters"),
        ],
        Screen::Table(Pane::Events) => &[
            (Command::Back, "back"),
            (Command::Help, "help"),
            (Command::Filter, "filter"),
            (Command::Follow, "follow"),
            (Command::PreviousTrouble, "warning before"),
            (Command::Enter, "detail"),
            (Command::Copy, "copy"),
        ],
        Screen::Table(_) => &[
            (Command::Back, "back"),
            (Command::Help, "help"),
            (Command::Enter, "detail"),
            (Command::Relocate, "relocate"),
            (Command::Suspend, "suspend"),
            (Command::Fence, "fence"),
            (Command::Grow, "grow"),
            (Command::Filter, "filter"),
            (Command::Sort, "sort"),
            (Command::Problems, "problems only"),
            (Command::NextPane, "next pane"),
            (Command::Copy, "copy"),
        ],
        Screen::Alerts => &[
            (Command::Back, "back"),
            (Command::Enter, "go there"),
            (Command::QuietShort, "quiet 10 min"),
            (Command::QuietLong, "quiet 1 h"),
            (Command::Unquiet, "loud again"),
            (Command::Help, "help"),
        ],
        Screen::Detail(_) => &[
            (Command::Back, "back"),
            (Command::Relocate, "relocate"),
            (Command::Suspend, "suspend"),
            (Command::Fence, "fence"),
            (Command::Grow, "grow"),
            (Command::Copy, "copy"),
            (Command::PageDown, "page"),
            (Command::Help, "help"),
        ],
        Screen::Tasks | Screen::Task(_) => super::lever::HINTS,
        Screen::Help(_) => &[(Command::Back, "back"), (Command::PageDown, "page")],
        Screen::Clusters(_) => &[(Command::Enter, "show it"), (Command::Back, "back"), (Command::Quit, "quit")],
    }
}
