//! What lies over a screen: questions of links, the palette, the menu of columns.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::app::document::wrap;
use crate::app::keys::palette_choices;
use crate::app::list::{part, window};
use crate::app::msg::Ask;
use crate::app::order::SortKey;
use crate::app::overlay::{Choice, Overlay};
use crate::app::prompts::Question;
use crate::command::Danger;
use crate::theme::Role;

/// Draws what lies on top.
pub fn draw(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    if let Some(question) = model.prompts.shown() {
        return prompt(pen, area, question, model.prompts.len());
    }
    if model.overlay.is_none()
        && let Some(dialog) = &model.dialog
    {
        return super::lever::draw(pen, area, dialog);
    }
    match &model.overlay {
        Some(Overlay::Palette { input, cursor }) => palette(pen, area, input.text(), *cursor),
        Some(Overlay::Sort { pane, cursor }) => sort(pen, area, SortKey::of(*pane), *cursor),
        Some(Overlay::Filter { .. }) | None => {}
    }
}

/// An empty box with a frame and a title in the middle of an area; its inside.
pub(super) fn frame(pen: &mut Pen<'_>, area: Rect, width: u16, lines: u16, title: &str) -> Rect {
    let width = width.saturating_add(4).min(area.width);
    let height = lines.saturating_add(2).min(area.height);
    let outer = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    pen.clear(outer);
    // Too small for a frame: the text matters more.
    if outer.width < 16 || outer.height < 4 {
        return outer;
    }
    for y in [outer.y, outer.bottom() - 1] {
        pen.rule(outer.x, y, outer.width, Role::Text);
    }
    for y in outer.y + 1..outer.bottom() - 1 {
        pen.put(outer.x, y, 1, "│", Role::Text);
        pen.put(outer.right() - 1, y, 1, "│", Role::Text);
    }
    let (right, bottom) = (outer.right() - 1, outer.bottom() - 1);
    for (x, y, sign) in [(outer.x, outer.y, "┌"), (right, outer.y, "┐"), (outer.x, bottom, "└"), (right, bottom, "┘")] {
        pen.put(x, y, 1, sign, Role::Text);
    }
    pen.put(outer.x + 2, outer.y, outer.width - 4, &format!(" {title} "), Role::Focus);
    Rect { x: outer.x + 2, y: outer.y + 1, width: outer.width - 4, height: outer.height - 2 }
}

/// What a line of a question is for. Where there is little room the later ones are left out, whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The question and what is asked about.
    Question,
    /// How it is answered.
    Hint,
    /// How many more there are.
    Waiting,
    /// What the answer means.
    Explanation,
}

fn prompt(pen: &mut Pen<'_>, area: Rect, question: &Question, waiting: usize) {
    let width = 72.min(area.width.saturating_sub(4)).max(10);
    let mut lines: Vec<(Part, Role, String)> = Vec::new();
    let mut say = |part: Part, role: Role, text: &str| {
        lines.extend(wrap(text, usize::from(width)).into_iter().map(|l| (part, role, l)));
    };
    let (title, input) = match &question.ask {
        Ask::HostKey { host, kind, fingerprint, file } => {
            say(Part::Question, Role::Text, &format!("{host} shows a host key that is in no known_hosts file:"));
            say(Part::Question, Role::Title, &format!("{kind} {fingerprint}"));
            say(
                Part::Explanation,
                Role::Dim,
                &format!(
                    "Compare it with what the node itself says: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub. If you trust it, it is written to {file}."
                ),
            );
            ("UNKNOWN HOST KEY", question.input.text().to_owned())
        }
        Ask::Passphrase { file, again } => {
            if *again {
                say(Part::Question, Role::Crit, "That passphrase was wrong.");
            }
            say(Part::Question, Role::Text, &format!("Passphrase of {file}, to reach {}:", question.node));
            ("PASSPHRASE", "*".repeat(question.input.text().chars().count().min(40)))
        }
    };
    let host_key = matches!(question.ask, Ask::HostKey { .. });
    if question.unclear {
        let how = if host_key { "Type y or n, then enter." } else { "Type the passphrase, then enter; esc goes without." };
        say(Part::Hint, Role::Warn, how);
    }
    if waiting > 1 {
        say(Part::Waiting, Role::Dim, &format!("{} more questions wait.", waiting - 1));
    }
    let ask = if host_key { "Trust it? y/N, enter: " } else { "enter: use it   esc: go without   > " };
    lines.push((Part::Question, Role::Link, format!("{ask}{input}_")));
    // Inside the frame.
    let room = usize::from(area.height.saturating_sub(2));
    for part in [Part::Explanation, Part::Waiting, Part::Hint] {
        if lines.len() > room {
            lines.retain(|(of, ..)| *of != part);
        }
    }
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let inside = frame(pen, area, width, height, &format!("{title}, {}", question.node));
    // Where even that does not fit the end counts: that is where the answer is typed.
    let skipped = lines.len().saturating_sub(usize::from(inside.height));
    for (y, (_, role, text)) in (inside.y..inside.bottom()).zip(lines.iter().skip(skipped)) {
        pen.put(inside.x, y, inside.width, text, *role);
    }
}

/// Lines of the palette, with the one that is typed into.
const PALETTE: u16 = 14;
/// Cells of a command's name and of its key.
const COMMAND: u16 = 18;
const KEY: u16 = 9;

/// The commands that are found. What each does stands beside it, wrapped; where there is little room below it. Nothing of it is cut.
fn palette(pen: &mut Pen<'_>, area: Rect, text: &str, cursor: usize) {
    let model = pen.model;
    let found = palette_choices(model, text);
    let (width, height) = (76.min(area.width), PALETTE.min(area.height));
    let inner = width.saturating_add(4).min(area.width).saturating_sub(4);
    let before = 1 + 1 + COMMAND + 1 + KEY + 1;
    let (indent, below) = if inner >= before + 24 { (before, 0) } else { (4, 1) };
    let docs: Vec<Vec<String>> =
        found.iter().map(|choice| wrap(&told(choice), usize::from(inner.saturating_sub(indent)).max(10))).collect();
    // Inside the frame, less the line that is typed into.
    let rows = usize::from(height.min(area.height.saturating_sub(2)).saturating_sub(1));
    let seen = whole_ones(&docs, below, cursor, rows);
    let inside = frame(pen, area, width, height, &format!("COMMAND{}", part(&seen, found.len())));
    pen.put(inside.x, inside.y, inside.width, &format!(":{text}_"), Role::Link);
    let mut y = inside.y + 1;
    for (i, (choice, doc)) in found.iter().zip(&docs).enumerate().skip(seen.start).take(seen.len()) {
        command(pen, Rect { y, height: inside.bottom().saturating_sub(y).min(1), ..inside }, choice, i == cursor);
        for (y, line) in (y + u16::from(below > 0)..inside.bottom()).zip(doc) {
            pen.put(inside.x + indent, y, inside.width.saturating_sub(indent), line.trim_end(), Role::Dim);
        }
        y = y.saturating_add(lines_of(doc, below));
    }
    if found.is_empty() && inside.height > 1 {
        pen.put(inside.x, inside.y + 1, inside.width, "no such command", Role::Warn);
    }
}

/// What a choice does; first why it does not apply, if so.
fn told(choice: &Choice) -> String {
    match choice {
        Choice::Command(_, Some(why)) => format!("({why}) {}", choice.doc()),
        _ => choice.doc().to_owned(),
    }
}

fn lines_of(doc: &[String], below: usize) -> u16 {
    u16::try_from(doc.len() + below).unwrap_or(u16::MAX)
}

/// The choices of which all lines are in sight, the marked one among them.
fn whole_ones(docs: &[Vec<String>], below: usize, cursor: usize, rows: usize) -> std::ops::Range<usize> {
    let lines = |at: usize| docs.get(at).map_or(1, |doc| doc.len() + below);
    let (mut first, mut used) = (cursor, lines(cursor));
    while first > 0 && used + lines(first - 1) <= rows {
        first -= 1;
        used += lines(first);
    }
    let mut end = cursor + 1;
    while end < docs.len() && used + lines(end) <= rows {
        used += lines(end);
        end += 1;
    }
    first..end.min(docs.len())
}

/// The line of a choice: its mark, its name, its key on this screen.
fn command(pen: &mut Pen<'_>, area: Rect, choice: &Choice, marked: bool) {
    if area.height == 0 {
        return;
    }
    let role = match choice {
        Choice::Command(_, Some(_)) => Role::Dim,
        // What ends something looks like it.
        Choice::Command(command, None) if command.entry().danger == Danger::Ends => Role::Warn,
        _ => Role::Text,
    };
    let keys = match choice {
        Choice::Command(command, _) => pen.model.hint(*command),
        _ => String::new(),
    };
    let style = pen.style(if marked { Role::Selected } else { role });
    let mut line = pen.at(area.x, area.y, area.width);
    line.styled(1, if marked { "▸" } else { " " }, style);
    // What has no key has its cells for the name.
    match choice {
        Choice::Command(..) => line.styled(COMMAND, &choice.name(), style).cell(KEY, &keys, Role::Link),
        _ => line.styled(COMMAND + 1 + KEY, &choice.name(), style),
    };
}

fn sort(pen: &mut Pen<'_>, area: Rect, keys: &[SortKey], cursor: usize) {
    let lines = u16::try_from(keys.len()).unwrap_or(u16::MAX);
    let seen = window(0, cursor, keys.len(), usize::from(lines.min(area.height.saturating_sub(2))));
    let inside = frame(pen, area, 34, lines, &format!("SORT BY (again: turn round){}", part(&seen, keys.len())));
    for (i, y) in seen.zip(inside.y..inside.bottom()) {
        let Some(key) = keys.get(i) else { break };
        let (mark, role) = if i == cursor { ("▸ ", Role::Selected) } else { ("  ", Role::Text) };
        pen.put(inside.x, y, inside.width, &format!("{mark}{}", key.word()), role);
    }
}
