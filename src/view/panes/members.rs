//! Members and quorum.
//!
//! ```text
//!    NODE  STATUS       V  LINKS  CPU%  MEM%  UP    VMS
//!    n1    ● online DC  1  ●●       12    41  2d03    2
//! ```

use ratatui::layout::Rect;

use super::{Look, name};
use crate::app::act::safe;
use crate::app::columns::{Members as Columns, SAFE};
use crate::app::index::{LINKS, LinkSign};
use crate::app::rows::Row;
use crate::app::words;
use crate::app::{foot, fresh};
use crate::domain::cluster::{Member, MemberStatus};
use crate::domain::node::Reach;
use crate::domain::observation::Question;
use crate::domain::observation::manager::{FenceStatus, NodeKind};
use crate::theme::Role;
use crate::view::chrome;
use crate::view::pen::{Cursor, Pen};

/// Whether rgmanager runs.
const RGMGR: u16 = 5;
const CLOCK: u16 = 8;
const DAEMONS: u16 = 18;
const KERNEL: u16 = 24;

/// The column heads.
pub fn heads(pen: &mut Pen<'_>, area: Rect) {
    let c = Columns::new(&pen.model.index, area.width);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.cell(c.name, "NODE", Role::Dim).cell(c.status, "STATUS", Role::Dim);
    if c.votes {
        cursor.right(2, "V", Role::Dim);
    }
    if c.suite {
        cursor.right(4, "ID", Role::Dim).cell(RGMGR, "RGMGR", Role::Dim);
    }
    if c.links {
        cursor.cell(6, "LINKS", Role::Dim);
    }
    cursor.right(4, "CPU%", Role::Dim).right(4, "MEM%", Role::Dim);
    if c.uptime {
        cursor.right(5, "UP", Role::Dim);
    }
    if c.guests {
        cursor.right(4, "VMS", Role::Dim);
    }
    if c.safe {
        cursor.skip(1).cell(SAFE - 1, "STILL SAFE", Role::Warn);
    }
    if c.size {
        for (width, head) in [(4, "SVCS"), (5, "CPUS"), (6, "MEMORY"), (5, "NICS"), (5, "LOAD")] {
            cursor.right(width, head, Role::Dim);
        }
    }
    if c.care {
        cursor.right(CLOCK, "CLOCK ms", Role::Dim).skip(1).cell(DAEMONS, "DAEMONS", Role::Dim);
    }
    if c.hostname > 0 {
        cursor.cell(c.hostname, "HOSTNAME", Role::Dim);
    }
    if c.system {
        cursor.cell(KERNEL, "KERNEL", Role::Dim).text("SYSTEM", Role::Dim);
    }
}

/// A member.
pub fn row(pen: &mut Pen<'_>, i: u32, area: Rect, look: Look) {
    let model = pen.model;
    let Some(m) = model.shown.members.get(i as usize) else { return };
    let c = Columns::new(&model.index, area.width);
    let level = model.level(Row::Member(i));
    name(pen, area.x, area.y, c.name.min(area.width), model.index.names.short(&m.name), level, look);
    let left = model.index.left.get(i as usize) == Some(&true);
    let (role, sign, word) = if left { (Role::Crit, "✕", "left ring") } else { status(m) };
    let stale = fresh::member(m, model.setup.now, model.setup.stale_after);
    let instead = instead(m, stale, area.width);
    let after = (c.name + 1).min(area.width);
    let mut cursor = pen.at(area.x + after, area.y, c.status.min(area.width - after));
    cursor.text(sign, role).skip(1).text(word, role).text(tail(m), role);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(c.name + c.status + 2);
    if c.votes {
        cursor.right(2, &m.votes.map_or_else(|| "-".to_owned(), |v| v.to_string()), Role::Dim);
    }
    if c.suite {
        let (role, runs) = match m.manager {
            Some(true) => (Role::Dim, "runs"),
            Some(false) => (Role::Warn, "no"),
            None => (Role::Unknown, "?"),
        };
        cursor.right(4, m.id.as_deref().unwrap_or("-"), Role::Dim).cell(RGMGR, runs, role);
    }
    if let Some(fence) = pending_fence(pen, m) {
        let mut cursor = rest(pen, area, &c);
        cursor.text(&fence, Role::Moving);
        return;
    }
    let mut cursor = rest(pen, area, &c);
    if let Some((role, text)) = &instead {
        cursor.text(&chrome::sentence(model, text, area.width), *role);
        return;
    }
    let quiet = if stale.is_some() { Role::Dim } else { Role::Text };
    if c.links {
        cursor_links(&mut cursor, model.index.links.get(i as usize));
    }
    figures(&mut cursor, m, &c, quiet, model.loads.get(&m.name).copied().unwrap_or_default());
    if let Some(age) = stale {
        cursor.text(&format!("{} old", words::age(age)), Role::Warn);
    } else if let Some((_, trouble)) = m.troubles.iter().find(|(q, _)| *q == Question::Host) {
        cursor.text(&trouble.text, Role::Warn);
    }
}

/// A cursor behind name, status and votes.
fn rest<'p, 'a>(pen: &'p mut Pen<'a>, area: Rect, c: &Columns) -> Cursor<'p, 'a> {
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(c.name + c.status + 2 + if c.votes { 3 } else { 0 } + if c.suite { 4 + 1 + RGMGR + 1 } else { 0 });
    cursor
}

/// Who fences the member now: nothing else about it matters until that has ended.
fn pending_fence(pen: &Pen<'_>, m: &Member) -> Option<String> {
    let f = pen.model.shown.fences.iter().take_while(|f| f.status == FenceStatus::Pending).find(|f| *f.target == *m.name)?;
    let by =
        f.delegate.as_deref().or(f.origin.as_deref()).map_or_else(String::new, |by| format!(" by {}", pen.model.index.names.short(by)));
    Some(format!("→ fence {}{by}", f.action))
}

fn figures(cursor: &mut Cursor<'_, '_>, m: &Member, c: &Columns, quiet: Role, loads: (Option<f64>, Option<f64>)) {
    let dash = || "-".to_owned();
    let number = |v: Option<f64>| v.map_or_else(dash, |v| words::whole_percent(v).to_string());
    let hot = |v: Option<f64>| if v.is_some_and(|v| v >= 90.0) && quiet == Role::Text { Role::Warn } else { quiet };
    cursor.right(4, &number(loads.0), hot(loads.0)).right(4, &number(loads.1), hot(loads.1));
    if c.uptime {
        cursor.right(5, &m.host.uptime.map_or_else(dash, words::span), quiet);
    }
    if c.guests {
        cursor.right(4, &m.guests.to_string(), quiet);
    }
    if c.safe {
        cursor.skip(1).cell(SAFE - 1, safe::of_member(), Role::Text);
    }
    if c.size {
        cursor
            .right(4, &m.services.to_string(), quiet)
            .right(5, &m.host.cpus.map_or_else(dash, |n| n.to_string()), quiet)
            .right(6, &m.host.memory_bytes.map_or_else(dash, words::bytes), quiet)
            .right(5, &m.host.nics.map_or_else(dash, |n| n.to_string()), quiet)
            .right(5, &m.host.load.map_or_else(dash, |l| format!("{:.1}", l[0])), quiet);
    }
    if c.care {
        let off = m.clock_offset.filter(|(offset, error)| offset.abs() - error.abs() > 1_000_000);
        let clock = m.clock_offset.map_or_else(dash, |(offset, _)| words::milliseconds(offset));
        cursor.right(CLOCK, &clock, if off.is_some() { Role::Warn } else { quiet }).skip(1);
        let (role, daemons) = daemons(m);
        cursor.cell(DAEMONS, &daemons, if role == Role::Text { quiet } else { role });
    }
    if c.hostname > 0 {
        cursor.cell(c.hostname, m.host.hostname.as_deref().unwrap_or("-"), quiet);
    }
    if c.system {
        let text = |t: &Option<String>| t.clone().unwrap_or_else(|| "-".to_owned());
        cursor.cell(KERNEL, &text(&m.host.kernel), quiet);
        let left = cursor.left();
        cursor.cell(left, &text(&m.host.os), quiet);
    }
}

/// `4 run`, `pacemaker failed`.
fn daemons(m: &Member) -> (Role, String) {
    if let Some(failed) = m.units.iter().find(|u| u.active == "failed") {
        return (Role::Crit, format!("✕ {} failed", failed.name));
    }
    match m.units.iter().filter(|u| u.active == "active").count() {
        0 if m.units.is_empty() => (Role::Dim, "-".to_owned()),
        0 => (Role::Warn, "none runs".to_owned()),
        n => (Role::Text, format!("{n} run")),
    }
}

/// What stands in place of figures that nobody gave: why there are none.
fn instead(m: &Member, stale: Option<std::time::Duration>, width: u16) -> Option<(Role, String)> {
    match &m.reach {
        Reach::Down { trouble, .. } => {
            let seen = if width < 80 { "" } else { "last seen " };
            let age = stale.map_or_else(|| "never seen".to_owned(), |a| format!("{seen}{} ago", words::age(a)));
            // Where the reason has no room, what is wrong and since when has.
            let why = if width < 50 { String::new() } else { format!(": {}", trouble.text) };
            Some((Role::Warn, format!("{}, {age}{why}", trouble.fault.word())))
        }
        Reach::Connecting { .. } if m.host.at.is_none() => Some((Role::Moving, "connecting".to_owned())),
        Reach::Untried if m.host.at.is_none() => Some((Role::Dim, "not asked by quorate".to_owned())),
        _ if m.host.at.is_none() => {
            let trouble = m.troubles.iter().find(|(q, _)| *q == Question::Host)?;
            Some((Role::Warn, trouble.1.text.clone()))
        }
        _ => None,
    }
}

/// Role, sign and word of a member's status.
fn status(m: &Member) -> (Role, &'static str, &'static str) {
    let (role, sign) = match m.status {
        MemberStatus::Online => (Role::Text, "●"),
        MemberStatus::Standby | MemberStatus::Maintenance => (Role::Warn, "◐"),
        MemberStatus::Pending => (Role::Moving, "→"),
        MemberStatus::Offline => (Role::Crit, "✕"),
        MemberStatus::Unclean => (Role::Crit, "▲"),
        MemberStatus::Unknown => (Role::Unknown, "◌"),
    };
    // A member that is online for others while we cannot reach it is not simply well.
    let role = if m.status == MemberStatus::Online && !m.reach.is_up() { Role::Dim } else { role };
    (role, sign, m.status.word())
}

/// What stands behind the status.
const fn tail(m: &Member) -> &'static str {
    match (m.dc, m.kind) {
        (true, _) => " DC",
        (_, NodeKind::Remote) => " rem",
        (_, NodeKind::Guest) => " gst",
        _ => "",
    }
}

/// One sign per link number: up to every peer, down to some, or not known.
fn cursor_links(cursor: &mut Cursor<'_, '_>, links: Option<&[Option<LinkSign>; LINKS]>) {
    let before = cursor.left();
    for sign in links.into_iter().flatten().flatten().take(6) {
        match sign {
            LinkSign::Up => cursor.text("●", Role::Text),
            LinkSign::Down => cursor.text("✕", Role::Crit),
            LinkSign::Unknown => cursor.text("◌", Role::Unknown),
        };
    }
    let used = before - cursor.left();
    if used == 0 {
        cursor.cell(6, "-", Role::Dim);
    } else {
        cursor.skip(7_u16.saturating_sub(used));
    }
}

/// The lines below the members: views that contradict each other, fencing, quorum's own rules.
pub fn foot(pen: &mut Pen<'_>, area: Rect) {
    for (line, y) in foot::lines(pen.model, usize::from(area.height)).iter().zip(area.y..area.bottom()) {
        let mut cursor = pen.at(area.x + 2.min(area.width), y, area.width.saturating_sub(2));
        for (role, text) in line {
            cursor.text(text, *role);
        }
    }
}
