//! Services by node: where a thing runs is a matter of place. Services are rows, nodes are columns, a mark stands
//! where it runs. With too many nodes for columns their names stand in one.
//!
//! ```text
//!    SERVICE      n1  n2  n3  n4  n5   STATE      FAILS  NOTE
//!    abbone        ·   ·   ·   ●   ·   started        0
//! ```

use ratatui::layout::Rect;

use super::{Look, name};
use crate::app::act::safe;
use crate::app::columns::{AUTO, FAILS, FLAGS, GUEST, Heads, KIND, SAFE, SINCE, Services as Columns, Suite};
use crate::app::detail::service::{is_twice, mark, note, state_word};
use crate::app::fresh;
use crate::app::index::{Level, domain};
use crate::app::moving::{self, Way};
use crate::app::rows::Row;
use crate::app::words;
use crate::domain::cluster::{Service, ServiceState};
use crate::domain::node::Reach;
use crate::theme::Role;
use crate::view::pen::{Cursor, Pen};

/// The column heads.
pub fn heads(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    let c = Columns::new(&model.index, area.width);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.cell(c.name, "SERVICE", Role::Dim);
    match c.matrix {
        Some((width, heads)) => {
            let tiny = model.index.names.tiny().filter(|_| heads == Heads::Tiny).map_or(&[][..], |(_, tiny)| tiny);
            for (i, (node, head)) in model.index.names.columns().iter().enumerate() {
                let up = model.shown.member(node).is_some_and(|m| matches!(m.reach, Reach::Up { .. }));
                let head = tiny.get(i).unwrap_or(head);
                cursor.cell(width - 1, head, if up { Role::Title } else { Role::Warn });
            }
        }
        None => _ = cursor.cell(c.owners, "ON", Role::Dim),
    }
    cursor.cell(c.state, "STATE", Role::Dim);
    if c.guest {
        cursor.cell(GUEST, "GUEST", Role::Dim);
    }
    if c.kind {
        cursor.cell(KIND, "KIND", Role::Dim);
    }
    if c.fails {
        cursor.right(FAILS, "FAILS", Role::Dim);
    }
    if c.since {
        cursor.cell(SINCE, "SINCE", Role::Dim);
    }
    if let Some(suite) = c.suite {
        cursor.cell(suite.last, "LAST", Role::Dim).cell(FLAGS, "FLAGS", Role::Dim);
        cursor.cell(AUTO, "AUTO", Role::Dim).cell(suite.domain, "DOMAIN", Role::Dim);
    }
    if c.safe {
        cursor.cell(SAFE - 1, "STILL SAFE", Role::Warn);
    }
    if cursor.left() > 6 {
        cursor.text("NOTE", Role::Dim);
    }
    if matches!(c.matrix, Some((_, Heads::Tiny))) {
        // What the heads leave out stands before them: `node 1 2 3`.
        let prefix = model.index.names.tiny().map_or("", |(prefix, _)| prefix);
        if pen.width(prefix) + 8 <= c.name {
            pen.put_right(area.x, area.y, c.name, prefix, Role::Dim);
        }
    }
}

/// A service.
pub fn row(pen: &mut Pen<'_>, i: u32, area: Rect, look: Look) {
    let model = pen.model;
    let Some(s) = model.shown.services.get(i as usize) else { return };
    let c = Columns::new(&model.index, area.width);
    let level = model.level(Row::Service(i));
    let depth = model.index.tree.get(i as usize).map_or(0, |t| u16::from(t.1.min(2)));
    let indent = depth * 2;
    name(pen, area.x + indent.min(area.width), area.y, c.name.saturating_sub(indent).min(area.width), &s.id, level, look);
    let names = &model.index.names;
    let way = moving::of_service(model, s);
    let (role, sign) = mark(s);
    let role = if pen.stale_manager && role == Role::Text { Role::Dim } else { role };
    if let Some((width, _)) = c.matrix {
        let after = (c.name + 1).min(area.width);
        matrix(pen, s, way.as_ref(), Rect { x: area.x + after, width: area.width - after, ..area }, width, role);
    }
    let columns = u16::try_from(names.columns().len()).unwrap_or(u16::MAX);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(c.name + 1);
    match c.matrix {
        Some((width, _)) => cursor.skip(width.saturating_mul(columns)),
        None => cursor.cell(c.owners, &owners(s, way.as_ref(), |n| names.short(n).to_owned()), role),
    };
    let placed = c.matrix.is_some() && (!s.owners.is_empty() || s.last_owner.is_some());
    // Healthy is quiet: what is started needs no emphasis.
    let word_role = if s.state == ServiceState::Started && role == Role::Text { Role::Dim } else { role };
    let start = cursor.left();
    if !placed && way.is_none() {
        cursor.text(sign, word_role).skip(1);
    }
    // Where there is no column for the guest, what libvirt says of it counts more than what the manager believes.
    let drifts = s.drift.is_some() && s.state == ServiceState::Started && !c.guest;
    match &way {
        Some(way) => cursor.text(&way.words(names, usize::from(c.state)), Role::Moving),
        None => cursor.text(if drifts { guest(s).0 } else { state_word(s) }, word_role),
    };
    if is_twice(s) {
        cursor.text(&format!(" x{}", s.owners.len()), word_role);
    }
    if !c.fails && s.failures > 0 {
        cursor.text(&format!(" {}x", failures(s.failures)), Role::Warn);
    }
    let used = start - cursor.left();
    cursor.skip((c.state + 1).saturating_sub(used).max(1));
    if c.guest {
        let (text, role) = guest(s);
        cursor.cell(GUEST, text, role);
    }
    if c.kind {
        cursor.cell(KIND, s.kind.word(), Role::Dim);
    }
    if c.fails {
        cursor.right(FAILS, &failures(s.failures), Role::Warn);
    }
    if c.since {
        cursor.cell(SINCE, &s.since.map_or_else(String::new, |at| words::day_minute(at, &model.setup.zone)), Role::Dim);
    }
    if let Some(suite) = c.suite {
        cursor_suite(&mut cursor, s, suite, s.last_owner.as_deref().map_or("-", |n| names.short(n)));
    }
    if c.safe {
        cursor.cell(SAFE - 1, safe::of_service(s), Role::Text);
    }
    if cursor.left() > 6 {
        let note = if model.index.inquorate && !c.safe { safe_first(s, model) } else { note(s, model, c.suite.is_none()) };
        cursor.text(&note, if level > Level::Moving { Role::Warn } else { Role::Dim });
    }
}

/// Where there is no room for the column, the note begins with it.
fn safe_first(s: &Service, model: &crate::app::Model) -> String {
    let (safe, note) = (safe::of_service(s), note(s, model, true));
    if note.is_empty() { format!("safe: {safe}") } else { format!("safe: {safe}, {note}") }
}

/// Last owner, flags, autostart and failover domain, as clustat and luci have them.
fn cursor_suite(cursor: &mut Cursor<'_, '_>, s: &Service, suite: Suite, last: &str) {
    let conf = s.rhcs.as_ref().and_then(|r| r.conf.as_ref());
    let flags = match (s.flags.as_slice(), s.rhcs.as_ref().is_some_and(|r| r.tells_flags)) {
        ([], true) => "none".to_owned(),
        ([], false) => "-".to_owned(),
        (flags, _) => flags.join(","),
    };
    let auto = conf.map_or("-", |c| if c.autostart { "yes" } else { "no" });
    cursor.cell(suite.last, last, Role::Dim);
    cursor.cell(FLAGS, &flags, if s.flags.is_empty() { Role::Dim } else { Role::Warn });
    cursor.cell(AUTO, auto, if auto == "no" { Role::Text } else { Role::Dim });
    cursor.cell(suite.domain, domain(s).unwrap_or(if conf.is_some() { "none" } else { "-" }), Role::Dim);
}

/// The guest's state, loud where it is not what the manager believes.
fn guest(s: &Service) -> (&'static str, Role) {
    let word = s.guest.as_ref().map_or("", |g| g.state.word());
    match (&s.drift, word) {
        (Some(_), "") => ("absent", Role::Warn),
        (Some(_), word) => (word, Role::Warn),
        (None, word) => (word, Role::Dim),
    }
}

/// INFINITY is said as such; none is no number worth reading.
fn failures(n: u64) -> String {
    match n {
        0 => String::new(),
        1_000_000.. => "INF".to_owned(),
        n => n.to_string(),
    }
}

/// The marks: where it runs, where it goes, where it was when it stopped.
fn matrix(pen: &mut Pen<'_>, s: &Service, way: Option<&Way>, area: Rect, width: u16, role: Role) {
    let names = &pen.model.index.names;
    let mark_at = |pen: &mut Pen<'_>, column: usize, sign: &str, role: Role| {
        let x = u16::try_from(column).ok().and_then(|c| c.checked_mul(width)).and_then(|x| x.checked_add(area.x));
        if let Some(x) = x.filter(|x| *x < area.right()) {
            pen.put(x, area.y, 1, sign, role);
        }
    };
    for column in 0..names.columns().len() {
        mark_at(pen, column, "·", Role::Dim);
    }
    let sign = mark(s).1;
    if let Some(was) = s.last_owner.as_deref().filter(|_| s.owners.is_empty()).and_then(|n| names.column(n)) {
        mark_at(pen, was, sign, role);
    }
    let twice = is_twice(s);
    let to = way.and_then(|way| way.to.as_deref());
    let runs = (s.state == ServiceState::Started && s.drift.is_none()) || (s.state == ServiceState::Migrating && to.is_some());
    for (n, owner) in s.owners.iter().enumerate() {
        let Some(column) = names.column(owner) else { continue };
        match (twice && n > 0, runs) {
            (true, _) => mark_at(pen, column, "▲", Role::Crit),
            (false, true) => mark_at(pen, column, "●", role),
            (false, false) => mark_at(pen, column, sign, role),
        }
    }
    if let Some(to) = to.and_then(|n| names.column(n)) {
        mark_at(pen, to, "→", Role::Moving);
    }
}

fn owners(s: &Service, way: Option<&Way>, short: impl Fn(&str) -> String) -> String {
    match (s.owners.as_slice(), way.and_then(|way| way.to.as_deref())) {
        ([], _) => "-".to_owned(),
        ([one], Some(to)) => format!("{}→{}", short(one), short(to)),
        (many, _) => many.iter().take(16).map(|o| short(o)).collect::<Vec<_>>().join(" "),
    }
}

/// What the title says if the manager has not spoken for long.
pub fn stale(pen: &Pen<'_>, width: u16) -> String {
    let (c, setup) = (&pen.model.shown, &pen.model.setup);
    match (fresh::manager(c, setup.now, setup.stale_after), &c.manager_sight) {
        (Some(age), _) if width < 60 => format!("{} old", words::age(age)),
        (Some(age), Some(sight)) => format!("as {} said {} ago", pen.model.index.names.short(&sight.by), words::age(age)),
        _ => String::new(),
    }
}
