//! The dialog before an action, and the list of tasks.

use ratatui::layout::Rect;

use super::chrome;
use super::dialogs::frame;
use super::pen::Pen;
use crate::app::act::choosing::{Choosing, Typed, Typing};
use crate::app::act::look::Look;
use crate::app::act::{Dialog, Reading, Stage, dialog, page, tasks};
use crate::app::document::{Document, pad};
use crate::app::list::scrolled;
use crate::app::{layout, words};
use crate::command::Command;
use crate::theme::Role;

/// Draws the dialog.
pub fn draw(pen: &mut Pen<'_>, area: Rect, shown: &Dialog) {
    let width = dialog::width(pen.model);
    let mut doc = Document::new(width);
    let (answer, scroll): (Vec<(Role, String)>, usize) = match &shown.stage {
        Stage::Choosing(choosing) => {
            choices(&mut doc, choosing);
            (vec![(Role::Link, "up, down: choose   enter: plan it   esc: cancel".to_owned())], 0)
        }
        Stage::Typing(typing) => (typed(&mut doc, typing), 0),
        Stage::Looking(look) => (vec![(Role::Moving, asking(look))], 0),
        Stage::Approving(_, input, refusal) => {
            for fact in page::refusals(std::slice::from_ref(refusal)) {
                doc.pair(&fact.name, fact.role, &fact.text);
            }
            (vec![(Role::Link, format!("Code: {}_", input.text())), (Role::Dim, "enter: run it   esc: cancel".to_owned())], 0)
        }
        Stage::Sent(_) => (vec![(Role::Moving, "confirmed; the gate looks once more".to_owned())], 0),
        Stage::Refused(refused) => {
            for fact in page::refusals(&refused.against) {
                doc.pair(&fact.name, fact.role, &fact.text);
            }
            (vec![(Role::Link, "Nothing was sent. esc: close".to_owned())], 0)
        }
        Stage::Reading(reading) => {
            doc = dialog::document(reading, pen.model);
            (answer(reading, usize::from(width)), reading.scroll)
        }
    };
    let lines = u16::try_from(doc.lines.len() + answer.len() + 1).unwrap_or(u16::MAX);
    let inside = frame(pen, area, width, lines, &shown.title);
    let below = u16::try_from(answer.len()).unwrap_or(0).min(inside.height);
    let above = inside.height - below;
    text(pen, Rect { height: above, ..inside }, &doc, scroll);
    for (y, (role, line)) in (inside.y + above..inside.bottom()).zip(&answer) {
        pen.put(inside.x, y, inside.width, line, *role);
    }
}

/// The lines; where not all fit, the last one says how many there are.
fn text(pen: &mut Pen<'_>, area: Rect, doc: &Document, scroll: usize) {
    let (all, room) = (doc.lines.len(), usize::from(area.height));
    let folds = all > room && room > 1;
    let seen = if folds { room - 1 } else { room };
    let scroll = scroll.min(all.saturating_sub(seen.max(1)));
    for (y, line) in (area.y..area.bottom()).zip(doc.lines.iter().skip(scroll).take(seen)) {
        let mut cursor = pen.at(area.x, y, area.width);
        for (role, text) in line {
            cursor.text(text, *role);
        }
    }
    if folds {
        let line = format!("  lines {}-{} of {all}: up, down", scroll + 1, (scroll + seen).min(all));
        pen.put(area.x, area.bottom() - 1, area.width, &line, Role::Link);
    }
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

/// The tasks of all operators, the newest first.
pub fn list(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    let all = &model.tasks;
    let running = all.all.iter().filter(|t| !t.status.is_over()).count();
    chrome::screen_title(pen, area, &format!("Tasks {}, {running} under way", all.len()));
    let rows = layout::page(area);
    if all.is_empty() && rows.height > 0 {
        pen.put(rows.x + 2, rows.y, rows.width.saturating_sub(2), "nothing was done yet", Role::Dim);
        return;
    }
    let wide = rows.width >= 120;
    let name = (rows.width / 3).clamp(20, 48);
    if rows.height > 0 {
        let mut cursor = pen.at(rows.x + 2.min(rows.width), rows.y, rows.width.saturating_sub(2));
        cursor.cell(name, "TASK", Role::Dim).cell(8, "STATUS", Role::Dim).cell(22, "PROGRESS", Role::Dim).cell(8, "STARTED", Role::Dim);
        cursor.cell(12, "TOOK", Role::Dim);
        if wide {
            cursor.text("BY, FROM", Role::Dim);
        }
    }
    let below = Rect { y: rows.y + 1.min(rows.height), height: rows.height.saturating_sub(1), ..rows };
    let offset = scrolled(0, all.cursor, all.len(), usize::from(below.height));
    for (i, y) in (offset..all.len()).zip(below.y..below.bottom()) {
        row(pen, i, Rect { y, height: 1, ..below }, name, wide);
    }
}

fn row(pen: &mut Pen<'_>, i: usize, area: Rect, name: u16, wide: bool) {
    let model = pen.model;
    let (now, zone) = (model.setup.now, &model.setup.zone);
    let mine = model.tasks.all.iter().rev().nth(i);
    let foreign = model.tasks.foreign.iter().rev().nth(i.saturating_sub(model.tasks.all.len()));
    let (role, cells) = if let Some(t) = mine {
        let (role, word) = tasks::status(t.status);
        (
            role,
            [
                t.action.to_string(),
                word.to_owned(),
                tasks::step_words(t),
                words::second(t.started, zone),
                tasks::took(t, now),
                format!("{}, {}", t.by, t.from),
            ],
        )
    } else if let Some(f) = foreign {
        let (role, word) = if f.over { (Role::Dim, f.said.split(':').next().unwrap_or("over")) } else { (Role::Moving, "running") };
        let took = if f.over { tasks::exact(f.began.age(f.at)) } else { words::age(f.began.age(now)) };
        let said = f.said.split(": ").next().unwrap_or_default().to_owned();
        (role, [f.action.clone(), word.to_owned(), said, words::second(f.began, zone), took, format!("{}, {}", f.by, f.from)])
    } else {
        return;
    };
    let selected = i == model.tasks.cursor;
    if selected {
        pen.put(area.x, area.y, 1, "▸", Role::Link);
    }
    let style = pen.style(if selected { Role::Selected } else { Role::Text });
    let [what, word, how_far, started, took, by] = cells;
    let mut cursor = pen.at(area.x + 2.min(area.width), area.y, area.width.saturating_sub(2));
    cursor.styled(name, &what, style).cell(8, &word, role).cell(22, &how_far, Role::Text).cell(8, &started, Role::Dim);
    cursor.cell(12, &took, Role::Dim);
    if wide {
        cursor.text(&by, Role::Dim);
    }
}

/// The keys of the screens of tasks.
pub const HINTS: &[(Command, &str)] = &[
    (Command::Back, "back"),
    (Command::Enter, "steps and output"),
    (Command::StopTask, "stop after this step"),
    (Command::TakeBack, "take it back"),
    (Command::Help, "help"),
];
