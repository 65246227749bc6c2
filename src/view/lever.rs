//! The dialog before an action.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::dialogs::frame;
use super::pen::Pen;
use crate::app::act::choosing::{Choosing, Typed, Typing};
use crate::app::act::look::Look;
use crate::app::act::page::CHANGED;
use crate::app::act::{Dialog, Reading, Stage, dialog, page};
use crate::app::document::{Document, Line, pad, wrap};
use crate::app::list::{part, window};
use crate::app::words;
use crate::command::Command;
use crate::theme::Role;

/// Draws the dialog.
pub fn draw(pen: &mut Pen<'_>, area: Rect, shown: &Dialog) {
    let width = dialog::width(pen.model);
    let mut doc = Document::new(width);
    let (answer, scroll): (Vec<(Role, String)>, usize) = match &shown.stage {
        Stage::Choosing(choosing) => return choose(pen, area, shown, choosing),
        Stage::Typing(typing) => (typed(&mut doc, typing), 0),
        Stage::Looking(look) => (vec![(Role::Moving, asking(look))], 0),
        Stage::Approving(_, input, refusal) => {
            doc = dialog::refusals(std::slice::from_ref(refusal), pen.model);
            (vec![(Role::Link, format!("Code: {}_", input.text())), (Role::Dim, "enter: run it   esc: cancel".to_owned())], 0)
        }
        Stage::Sent(_) => (vec![(Role::Moving, "confirmed; the gate looks once more".to_owned())], 0),
        Stage::Refused(refused) => {
            doc = dialog::refusals(&refused.against, pen.model);
            (vec![(Role::Link, "Nothing was sent. esc: close".to_owned())], shown.scroll)
        }
        Stage::Reading(reading) => {
            doc = dialog::document(reading, pen.model);
            (answer(reading, usize::from(width)), reading.scroll)
        }
    };
    let answer = whole(answer, usize::from(width));
    let inside = frame(pen, area, width, lines(&[doc.lines.len(), answer.len(), 1]), &shown.title);
    let above = answered(pen, inside, &answer);
    text(pen, above, &doc, scroll, "up, down");
}

fn lines(parts: &[usize]) -> u16 {
    u16::try_from(parts.iter().sum::<usize>()).unwrap_or(u16::MAX)
}

/// The lines of an answer, those that are too long broken between the keys.
fn whole(answer: Vec<(Role, String)>, width: usize) -> Vec<(Role, String)> {
    let break_up = |(role, line): (Role, String)| {
        if line.width() <= width {
            return vec![(role, line)];
        }
        let mut lines: Vec<(Role, String)> = Vec::new();
        for item in line.split("   ") {
            match lines.last_mut().filter(|(_, last)| last.width() + 3 + item.width() <= width) {
                Some((_, last)) => *last = format!("{last}   {item}"),
                None => lines.extend(wrap(item, width).into_iter().map(|part| (role, part))),
            }
        }
        lines
    };
    answer.into_iter().flat_map(break_up).collect()
}

/// Writes the answer at the bottom; what is left above it.
fn answered(pen: &mut Pen<'_>, inside: Rect, answer: &[(Role, String)]) -> Rect {
    let below = lines(&[answer.len()]).min(inside.height);
    let above = inside.height - below;
    for (y, (role, line)) in (inside.y + above..inside.bottom()).zip(answer) {
        pen.put(inside.x, y, inside.width, line, *role);
    }
    Rect { height: above, ..inside }
}

/// The lines; where not all fit, the last one says how many there are, by which keys they come, and whether one that changed is out of sight.
fn text(pen: &mut Pen<'_>, area: Rect, doc: &Document, scroll: usize, keys: &str) {
    let (all, room) = (doc.lines.len(), usize::from(area.height));
    let folds = all > room && room > 1;
    let seen = if folds { room - 1 } else { room };
    let scroll = scroll.min(all.saturating_sub(seen.max(1)));
    write(pen, Rect { height: area.height - u16::from(folds), ..area }, doc.lines.iter().skip(scroll));
    if folds {
        let changed = |line: &&Line| line.iter().any(|(_, text)| text.starts_with(CHANGED));
        let above = doc.lines.iter().take(scroll).any(|line| changed(&line));
        let below = doc.lines.iter().skip(scroll + seen).any(|line| changed(&line));
        let line = format!("  lines {}-{} of {all}: {keys}", scroll + 1, (scroll + seen).min(all));
        let mut cursor = pen.at(area.x, area.bottom() - 1, area.width);
        cursor.text(&line, Role::Link);
        for place in [(above, "above"), (below, "below")].into_iter().filter_map(|(is, place)| is.then_some(place)) {
            cursor.skip(2).text(&format!("{CHANGED} {place}"), Role::Crit);
        }
    }
}

fn write<'l>(pen: &mut Pen<'_>, area: Rect, lines: impl Iterator<Item = &'l Line>) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        let mut cursor = pen.at(area.x, y, area.width);
        for (role, text) in line {
            cursor.text(text, *role);
        }
    }
}

/// A list to choose from, and below it, always in sight, what is known of the marked one.
fn choose(pen: &mut Pen<'_>, area: Rect, shown: &Dialog, choosing: &Choosing) {
    let width = dialog::width(pen.model);
    let (mut list, mut known) = (Document::new(width), Document::new(width));
    choices(&mut list, choosing);
    what_is_known(&mut known, choosing);
    let answer = whole(vec![(Role::Link, "up, down: choose   enter: plan it   esc: cancel".to_owned())], usize::from(width));
    let all = list.lines.len();
    let wanted = lines(&[all, known.lines.len(), answer.len(), 1]);
    // Inside the frame, less the answer: the list keeps three lines at least.
    let inside = wanted.min(area.height.saturating_sub(2)).saturating_sub(lines(&[answer.len()]));
    let below = lines(&[known.lines.len()]).min(inside.saturating_sub(3));
    let seen = window(0, choosing.cursor, all, usize::from(inside - below));
    let inside = frame(pen, area, width, wanted, &format!("{}{}", shown.title, part(&seen, all)));
    let above = answered(pen, inside, &answer);
    let rows = above.height.min(lines(&[seen.len()]));
    write(pen, Rect { height: rows, ..above }, list.lines.iter().skip(seen.start));
    text(pen, Rect { y: above.y + rows, height: above.height - rows, ..above }, &known, shown.scroll, "pageup, pagedown");
}

fn choices(doc: &mut Document, choosing: &Choosing) {
    let widest = choosing.choices.iter().map(|c| c.label.chars().count()).max().unwrap_or(0).clamp(8, 40);
    for (at, choice) in choosing.choices.iter().enumerate() {
        let marked = at == choosing.cursor;
        let role = if marked {
            Role::Selected
        } else if choice.closed.is_some() {
            Role::Dim
        } else {
            Role::Text
        };
        let note = choice.closed.as_ref().map_or_else(|| choice.note.clone(), |why| format!("not possible: {why}"));
        let mark = if marked { "▸ " } else { "  " };
        doc.lines.push(vec![(role, format!("{mark}{}", pad(&choice.label, widest))), (Role::Dim, format!("  {note}"))]);
    }
}

/// What stands against the marked choice, or how it could be done.
fn what_is_known(doc: &mut Document, choosing: &Choosing) {
    if let Some(why) = choosing.marked().and_then(|c| c.closed.as_ref()) {
        doc.lines.push(Vec::new());
        doc.pair("not possible", Role::Crit, why);
        return;
    }
    let Some(look) = choosing.looks.get(&choosing.cursor) else { return };
    doc.lines.push(Vec::new());
    match &look.outcome {
        None => doc.say(Role::Moving, &asking(look)),
        Some(Ok(plan)) => {
            for way in &plan.ways {
                let (role, words) = if way.closed.is_empty() {
                    (Role::Text, "possible".to_owned())
                } else {
                    (Role::Dim, format!("not possible: {}", way.closed.join("; ")))
                };
                doc.pair(way.how.word(), role, &words);
            }
        }
        Some(Err(against)) => {
            for refusal in against {
                doc.pair("not possible", Role::Crit, &refusal.why);
            }
        }
    }
}

fn asking(look: &Look) -> String {
    format!("asking the nodes: {} open   esc: cancel", words::count(look.open_questions(), "question", "questions"))
}

fn typed(doc: &mut Document, typing: &Typing) -> Vec<(Role, String)> {
    let (ask, help) = match typing.of {
        Typed::Size(_) => ("Size", "like +10G (by so much) or 100G (to that size); powers of 1024. A volume is never made smaller."),
        Typed::Votes => ("Votes", "how many cman is to expect; more than half of them make quorum"),
        Typed::Limits(_) => {
            ("Limits", "how long it may stand still at the end, like 500ms or 2s; how much is sent in a second, like 8M; or both")
        }
        Typed::Guest => ("Guest", "the guest's name for libvirt, then the nodes that it prefers, the best first"),
    };
    doc.say(Role::Dim, help);
    if let Some(mistake) = &typing.mistake {
        doc.say(Role::Warn, mistake);
    }
    vec![(Role::Link, format!("{ask}: {}_", typing.input.text())), (Role::Dim, "enter: plan it   esc: cancel".to_owned())]
}

/// What is answered to a plan, and how.
fn answer(reading: &Reading, width: usize) -> Vec<(Role, String)> {
    let mut lines = Vec::new();
    if reading.is_unread() {
        lines.push((Role::Crit, "The world moved. Read what is loud, then press r: nothing counts before.".to_owned()));
        lines.push((Role::Dim, "esc: cancel".to_owned()));
        return lines;
    }
    if !reading.against.is_empty() {
        lines.push((Role::Link, "Refused as it stands. esc: close".to_owned()));
        return lines;
    }
    if reading.is_looking() {
        lines.push((Role::Moving, "Something moved: the nodes are asked again. Enter does nothing before they have answered.".to_owned()));
    }
    if reading.emptied {
        lines.push((Role::Warn, "It changed, and changed back: your answer does not count. Answer again.".to_owned()));
    }
    if reading.wants_name() {
        if reading.wrong {
            lines.push((Role::Crit, format!("That is not the name: {}. Nothing was sent.", reading.name)));
        }
        let what = reading.kind();
        let (ask, typed) = (format!("Type the {what}'s name, {}:", reading.name), reading.input.text());
        if ask.chars().count() + typed.chars().count() + 2 <= width {
            lines.push((Role::Link, format!("{ask} {typed}_")));
        } else {
            // Where there is little room the whole name stands by itself, and of what was typed the end is in sight.
            let cut = typed.chars().count().saturating_sub(width.saturating_sub(3));
            lines.push((Role::Link, format!("Type the {what}'s name:")));
            lines.push((Role::Link, reading.name.clone()));
            lines.push((Role::Link, format!("> {}_", typed.chars().skip(cut).collect::<String>())));
        }
        lines.push((Role::Dim, "enter: run it   esc: cancel".to_owned()));
        return lines;
    }
    let ways = if reading.plan.ways.len() > 1 { "   w: another way" } else { "" };
    let verb = page::verb(&reading.plan.intent.action);
    let buttons = if reading.on_run { format!("  Cancel   ▸[{verb}]") } else { format!("▸[Cancel]   {verb} ") };
    lines.push((Role::Link, buttons));
    lines.push((Role::Dim, format!("tab: the other one   enter: do it   esc: cancel{ways}")));
    lines
}

/// The keys of the list of tasks.
pub const HINTS: &[(Command, &str)] = &[
    (Command::Back, "back"),
    (Command::Enter, "steps"),
    (Command::StopTask, "stop after this step"),
    (Command::TakeBack, "take it back"),
    (Command::Help, "help"),
];

/// The keys of a task's page.
pub const TASK_HINTS: &[(Command, &str)] =
    &[(Command::Back, "back"), (Command::StopTask, "stop after this step"), (Command::TakeBack, "take it back"), (Command::Help, "help")];
