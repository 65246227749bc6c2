//! What surrounds every screen: the worst alert, titles, keys.

use std::borrow::Cow;

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::app::Model;
use crate::app::detail::severity_mark;
use crate::app::document::{pad, wrap};
use crate::app::layout;
use crate::app::overlay::Overlay;
use crate::app::rows::Pane;
use crate::app::screen::Screen;
use crate::app::words;
use crate::app::{alerts, emergency};
use crate::command::{Command, Danger};
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

/// A sentence about the cluster: where there is little room with the short names of its members.
pub fn sentence<'a>(model: &Model, text: &'a str, width: u16) -> Cow<'a, str> {
    if width < layout::WIDE { model.index.names.within(text) } else { Cow::Borrowed(text) }
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
        let (list, go) = (model.hint(Command::Alerts), model.hint(Command::WorstAlert));
        format!("1 of {}{quiet}; {list} lists, {go} goes there", words::count(loud, "alert", "alerts"))
    } else {
        format!("1 of {loud}{quiet}")
    };
    let room = area.width.saturating_sub(pen.width(&tail) + 4);
    let since = if worst.since.0 == 0 { String::new() } else { format!("  since {}", alerts::since(model, worst.since)) };
    let text = format!("{mark} {}", sentence(model, &worst.text, area.width));
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
    // A wallboard has no keys: neither focus nor the number that is pressed for a pane.
    let wall = pen.model.setup.wallboard;
    let focused = focused && !wall;
    let name = pane.number().filter(|_| !wall).map_or_else(|| pane.title().to_owned(), |n| format!("{n} {}", pane.title()));
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

/// A line of what is said at the bottom.
type Said = Vec<(Role, String)>;

/// The last line: the keys of this screen. What is typed, an unfinished chord and a notice take its place, and if they must some lines above it.
pub fn footer(pen: &mut Pen<'_>, area: Rect, whole: Rect) {
    let said = said(pen.model, usize::from(whole.width.saturating_sub(2)));
    let room = whole.height.saturating_sub(2);
    if !said.is_empty() && room > 0 {
        let height = u16::try_from(said.len()).unwrap_or(u16::MAX).min(room);
        let lines = Rect { y: whole.bottom() - height, height, ..whole };
        pen.clear(lines);
        for (y, line) in (lines.y..lines.bottom()).zip(&said) {
            let mut cursor = pen.at(lines.x + 1, y, lines.width.saturating_sub(1));
            for (role, text) in line {
                cursor.text(text, *role);
            }
        }
        return;
    }
    if area.height > 0 {
        keys(pen, area);
    }
}

fn said(model: &Model, room: usize) -> Vec<Said> {
    if let Some(Overlay::Filter { pane, input, .. }) = &model.overlay {
        let mistake = model.filter(*pane).mistake();
        let help = mistake.as_deref().unwrap_or("node: svc: src: sev: state: !not   enter keeps, esc takes back");
        return vec![vec![
            (Role::Text, format!("filter {}: /{}", pane.title().to_lowercase(), input.text())),
            (Role::Link, "_  ".to_owned()),
            (if mistake.is_some() { Role::Warn } else { Role::Dim }, help.to_owned()),
        ]];
    }
    if !model.chord.is_empty() {
        return continuations(model, room);
    }
    let Some((text, _)) = &model.notice else { return Vec::new() };
    let text = sentence(model, text, model.setup.size.0);
    let mut lines = wrap(&text, room.max(1));
    if lines.len() > NOTICE {
        // What is left out must be seen to be left out.
        let rest: Vec<String> = lines.split_off(NOTICE - 1);
        let rest: Vec<&str> = rest.iter().map(|line| line.trim_end()).collect();
        lines.push(pad(&rest.join(" "), room.max(1)));
    }
    lines.into_iter().map(|line| vec![(Role::Title, line)]).collect()
}

/// Lines that a notice may take.
const NOTICE: usize = 3;

/// What may follow the keys of an unfinished chord, and what that does: of what applies here.
fn continuations(model: &Model, room: usize) -> Vec<Said> {
    let facts = model.facts();
    let all = model.setup.keymap.rest(model.screen().scopes(model.focus), &model.chord);
    let open: Vec<_> = all.iter().filter(|(_, command)| command.entry().check(facts).is_ok()).collect();
    let head = (Role::Link, format!("{} ...", print_chord(&model.chord)));
    if open.is_empty() {
        let why = all.iter().find_map(|(_, command)| command.entry().check(facts).err()).unwrap_or("nothing follows");
        return vec![vec![head, (Role::Dim, format!("  {why}"))]];
    }
    let mut lines = vec![vec![head]];
    let mut used = print_chord(&model.chord).chars().count() + 4;
    for (key, command) in open {
        let entry = command.entry();
        let needed = key.chars().count() + entry.name.len() + 3;
        if used + needed > room && used > 0 {
            lines.push(Vec::new());
            used = 0;
        }
        let gap = if used > 0 { "  " } else { "" };
        used += needed;
        // What ends something looks like it.
        let role = if entry.danger == Danger::Ends { Role::Warn } else { Role::Dim };
        if let Some(line) = lines.last_mut() {
            line.extend([(Role::Link, format!("{gap}{key}")), (role, format!(" {}", entry.name))]);
        }
    }
    lines
}

/// The keys of this screen, as many as fit, the most needed first.
fn keys(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    let facts = model.facts();
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(1);
    if model.frozen.is_some() {
        cursor.text(&format!(" {} goes on ", model.hint(Command::Freeze)), Role::Focus).skip(2);
    }
    if let Some(text) = crate::app::act::tasks::footer(model) {
        let key = model.hint(Command::Tasks);
        cursor.text(&text, Role::Moving).skip(2).text(&key, Role::Link).skip(1).text("tasks", Role::Dim).skip(2);
    }
    let in_vain = |c: Command| c == Command::StopTask && !model.tasks.is_busy();
    let applies = |c: Command| c == Command::Back || (c.entry().check(facts).is_ok() && !in_vain(c));
    for (command, word) in hints(model.screen(), model.focus) {
        let key = model.hint(*command);
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
        Screen::Tasks => super::lever::HINTS,
        Screen::Task(_) => super::lever::TASK_HINTS,
        Screen::Help(_) => &[(Command::Back, "back"), (Command::PageDown, "page")],
        Screen::Clusters(_) => &[(Command::Enter, "show it"), (Command::Back, "back"), (Command::Quit, "quit")],
    }
}
