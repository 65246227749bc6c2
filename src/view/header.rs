//! The header that never leaves: the truth about the whole.
//!
//! ```text
//!  net-cluster  pacemaker 2.1.5   ● QUORATE 5 of 5 votes, 3 needed, 2 may fail   nodes 5/5   OPERATOR anna@bastion   22:49
//!  net-cluster  ● QUORATE 5/5, 2 may fail  nodes 5/5  OPERATOR  22:49
//! ```

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::app::document::pad;
use crate::app::fresh;
use crate::app::words;
use crate::domain::node::Reach;
use crate::theme::Role;

type Piece = (Role, String);

/// Draws the header: one line, or two where there is little room.
pub fn draw(pen: &mut Pen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let time = words::minute(pen.model.setup.now, &pen.model.setup.zone);
    let brief = (Role::Text, role(pen));
    if area.height >= 2 {
        let second = Rect { y: area.y + 1, height: 1, ..area };
        let left = room(pen, area, &time).saturating_sub(taken(pen, &[frozen(pen), brief.clone()]));
        line(pen, Rect { height: 1, ..area }, &[frozen(pen), name_in(pen, left), brief], &time);
        let (long, short) = quorum(pen);
        let pieces = if pen.width(&long.1) + 12 <= area.width { long } else { short };
        line(pen, second, &[pieces, nodes(pen)], "");
        return;
    }
    let (long, short) = quorum(pen);
    let who = (Role::Text, format!("{} {}", role(pen), pen.model.setup.who));
    let variants: [Vec<Piece>; 3] = [
        vec![frozen(pen), name(pen), stack(pen), long.clone(), nodes(pen), who],
        vec![frozen(pen), name(pen), long, nodes(pen), brief.clone()],
        vec![frozen(pen), name(pen), short.clone(), nodes(pen), brief.clone()],
    ];
    let all = room(pen, area, &time);
    let pieces = variants.into_iter().find(|v| taken(pen, v) <= all).unwrap_or_else(|| without_name(pen, all, short, brief));
    line(pen, area, &pieces, &time);
}

/// Where there is no room for the whole name the role counts more: whether keys act here.
fn without_name(pen: &Pen<'_>, all: u16, quorum: Piece, role: Piece) -> Vec<Piece> {
    let mut pieces = vec![frozen(pen), quorum.clone(), nodes(pen), role.clone()];
    let needed = taken(pen, &pieces);
    if needed > all {
        return vec![frozen(pen), role, quorum, nodes(pen)];
    }
    pieces.push(name_in(pen, all - needed));
    pieces
}

/// Cells for the pieces of a line that ends with this.
fn room(pen: &Pen<'_>, area: Rect, right: &str) -> u16 {
    let width = pen.width(right);
    if width > 0 && width + 12 < area.width { area.width - width - 2 } else { area.width }
}

/// Cells that pieces take, with the blanks beside them.
fn taken(pen: &Pen<'_>, pieces: &[Piece]) -> u16 {
    pieces.iter().filter(|p| !p.1.is_empty()).map(|p| pen.width(&p.1).saturating_add(2)).fold(1, u16::saturating_add)
}

fn line(pen: &mut Pen<'_>, area: Rect, pieces: &[Piece], right: &str) {
    let room = room(pen, area, right);
    let mut cursor = pen.at(area.x, area.y, room);
    cursor.skip(1);
    for (role, text) in pieces.iter().filter(|p| !p.1.is_empty()) {
        cursor.text(text, *role).skip(2);
    }
    if room < area.width {
        pen.put_right(area.x, area.y, area.width.saturating_sub(1), right, Role::Text);
    }
}

fn name(pen: &Pen<'_>) -> Piece {
    let model = pen.model;
    let name = model.shown.name.as_deref().or(model.setup.current.as_deref()).unwrap_or("no cluster yet");
    let room = usize::from(model.setup.size.0 / 4).max(12);
    (Role::Accent, pad(name, room).trim_end().to_owned())
}

/// The name in what the other pieces leave; a letter or two of it tell nothing.
fn name_in(pen: &Pen<'_>, room: u16) -> Piece {
    let (role, text) = name(pen);
    let text = if room < 4 { String::new() } else { pad(&text, usize::from(room)).trim_end().to_owned() };
    (role, text)
}

fn stack(pen: &Pen<'_>) -> Piece {
    let c = &pen.model.shown;
    let version = c.version.as_deref().unwrap_or_default();
    // 2.1.5-a3f44794f94: what follows the dash is for developers.
    let version = version.split('-').next().unwrap_or_default();
    let stack = c.stack.map(crate::domain::cluster::Stack::word).unwrap_or_default();
    (Role::Dim, pad(&format!("{stack} {version}"), 24).trim().to_owned())
}

fn frozen(pen: &Pen<'_>) -> Piece {
    match pen.model.frozen {
        Some(at) => (Role::Focus, format!(" FROZEN {} ", words::age(at.age(pen.model.setup.now)))),
        None => (Role::Text, String::new()),
    }
}

/// Quorum in long and in short. What was not seen for long is not known, whatever it was.
pub fn quorum(pen: &Pen<'_>) -> (Piece, Piece) {
    let (c, setup) = (&pen.model.shown, &pen.model.setup);
    let q = &c.quorum;
    let both = |role: Role, long: String, short: String| ((role, long), (role, short));
    let n = |v: Option<u32>| v.map_or_else(|| "?".to_owned(), |v| v.to_string());
    if setup.current.is_none() {
        return both(Role::Dim, String::new(), String::new());
    }
    let deaf = !c.members.is_empty() && c.members.iter().all(|m| matches!(m.reach, Reach::Down { .. }));
    if pen.model.pictured && deaf && c.members.iter().all(|m| m.answered.is_none()) {
        return both(Role::Unknown, "◌ QUORUM UNKNOWN, no node answers".to_owned(), "◌ QUORUM UNKNOWN".to_owned());
    }
    if !pen.model.pictured || (!q.answered && c.members.iter().all(|m| m.answered.is_none())) {
        let text = "◌ QUORUM UNKNOWN, asking".to_owned();
        return both(Role::Unknown, text.clone(), text);
    }
    if let Some(age) = fresh::quorum(c, setup.now, setup.stale_after).filter(|_| q.answered) {
        let was = match q.quorate {
            Some(true) => "quorate",
            Some(false) => "without quorum",
            None => "contradictory",
        };
        let long = format!("◌ QUORUM UNKNOWN, was {was} {} ago", words::age(age));
        return both(Role::Unknown, long, "◌ QUORUM UNKNOWN".to_owned());
    }
    let votes = format!("{} of {} votes, {} needed", n(q.total), n(q.expected), n(q.needed));
    let short_votes = format!("{}/{}", n(q.total), n(q.expected));
    match q.quorate {
        Some(true) => {
            let spare = q.can_lose.map_or_else(String::new, |n| format!(", {n} may fail"));
            let role = if q.can_lose == Some(0) { Role::Warn } else { Role::Ok };
            both(role, format!("● QUORATE {votes}{spare}"), format!("● QUORATE {short_votes}{spare}"))
        }
        Some(false) => both(Role::Crit, format!("▲ NO QUORUM {votes}"), format!("▲ NO QUORUM {short_votes}, {} needed", n(q.needed))),
        None if q.answered => {
            let views: Vec<String> = q.partitions.iter().map(|p| p.members.len().to_string()).collect();
            both(
                Role::Crit,
                format!("▲ QUORUM DISPUTED: views of {} members contradict each other", views.join(" and ")),
                "▲ QUORUM DISPUTED".to_owned(),
            )
        }
        None => {
            let text = "◌ QUORUM UNKNOWN".to_owned();
            both(Role::Unknown, format!("{text}: no node could say"), text)
        }
    }
}

fn nodes(pen: &Pen<'_>) -> Piece {
    if pen.model.shown.members.is_empty() {
        return (Role::Text, String::new());
    }
    let (up, all) = (pen.model.index.counts.reachable, pen.model.shown.members.len());
    let role = if up < all { Role::Warn } else { Role::Text };
    // Where nobody answers any more, all that is on the screen is as old as their last word.
    let setup = &pen.model.setup;
    let old = fresh::everything(&pen.model.shown, setup.now, setup.stale_after);
    let old = old.map_or_else(String::new, |age| format!(", {} old", words::age(age)));
    (role, format!("nodes {up}/{all}{old}"))
}

fn role(pen: &Pen<'_>) -> String {
    let setup = &pen.model.setup;
    if setup.read_only { "READ-ONLY".to_owned() } else { setup.role.to_uppercase() }
}
