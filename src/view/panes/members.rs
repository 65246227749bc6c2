//! Members and quorum.
//!
//! ```text
//!    NODE  STATUS       V  LINKS  CPU%  MEM%  UP    VMS
//!    n1    ● online DC  1  ●●       12    41  2d03    2
//! ```

use ratatui::layout::Rect;

use super::{Look, name};
use crate::app::detail::quorum::fence_word;
use crate::app::fresh;
use crate::app::rows::Row;
use crate::app::words;
use crate::domain::cluster::{Member, MemberStatus};
use crate::domain::node::Reach;
use crate::domain::observation::Question;
use crate::domain::observation::manager::NodeKind;
use crate::theme::Role;
use crate::view::pen::{Cursor, Pen};

/// The columns that there is room for.
#[derive(Clone, Copy, Debug)]
struct Columns {
    name: u16,
    status: u16,
    votes: bool,
    links: bool,
    uptime: bool,
    size: bool,
    system: bool,
}

fn columns(pen: &Pen<'_>, width: u16) -> Columns {
    let longest = pen.model.index.names.widest().clamp(4, if width >= 100 { 30 } else { 14 });
    let status = 13;
    // CPU, memory, guests: always.
    let base = longest + status + 5 + 5 + 4 + 2;
    Columns {
        name: longest,
        status,
        votes: width >= base + 16,
        links: width >= base + 13,
        uptime: width >= base + 6,
        size: width >= 90,
        system: width >= 120,
    }
}

/// The column heads.
pub fn heads(pen: &mut Pen<'_>, area: Rect) {
    let c = columns(pen, area.width);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.cell(c.name, "NODE", Role::Dim).cell(c.status, "STATUS", Role::Dim);
    if c.votes {
        cursor.right(2, "V", Role::Dim);
    }
    if c.links {
        cursor.cell(6, "LINKS", Role::Dim);
    }
    cursor.right(4, "CPU%", Role::Dim).right(4, "MEM%", Role::Dim);
    if c.uptime {
        cursor.right(5, "UP", Role::Dim);
    }
    cursor.right(4, "VMS", Role::Dim);
    if c.size {
        cursor.right(4, "SVCS", Role::Dim).right(5, "CPUS", Role::Dim).right(6, "MEMORY", Role::Dim).right(5, "NICS", Role::Dim).right(
            5,
            "LOAD",
            Role::Dim,
        );
    }
    if c.system {
        cursor.skip(1).cell(28, "KERNEL", Role::Dim).cell(40, "SYSTEM", Role::Dim);
    }
}

/// A member.
pub fn row(pen: &mut Pen<'_>, i: u32, area: Rect, look: Look) {
    let model = pen.model;
    let Some(m) = model.shown.members.get(i as usize) else { return };
    let c = columns(pen, area.width);
    let level = model.level(Row::Member(i));
    name(pen, area.x, area.y, c.name.min(area.width), model.index.names.short(&m.name), level, look);
    let (role, text) = status(m);
    let stale = fresh::member(m, model.setup.now, model.setup.stale_after);
    let instead = instead(m, stale);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(c.name + 1).cell(c.status, &text, role);
    if c.votes {
        cursor.right(2, &m.votes.map_or_else(|| "-".to_owned(), |v| v.to_string()), Role::Dim);
    }
    if let Some((role, text)) = &instead {
        cursor.text(text, *role);
        return;
    }
    let quiet = if stale.is_some() { Role::Dim } else { Role::Text };
    if c.links {
        cursor_links(&mut cursor, m);
    }
    figures(&mut cursor, m, &c, quiet, model.loads.get(&m.name).copied().unwrap_or_default());
    if let Some(age) = stale {
        cursor.text(&format!("{} old", words::age(age)), Role::Warn);
    } else if let Some((_, trouble)) = m.troubles.iter().find(|(q, _)| *q == Question::Host) {
        cursor.text(&trouble.text, Role::Warn);
    }
}

fn figures(cursor: &mut Cursor<'_, '_>, m: &Member, c: &Columns, quiet: Role, loads: (Option<f64>, Option<f64>)) {
    let dash = || "-".to_owned();
    let number = |v: Option<f64>| v.map_or_else(dash, |v| words::whole_percent(v).to_string());
    let hot = |v: Option<f64>| if v.is_some_and(|v| v >= 90.0) && quiet == Role::Text { Role::Warn } else { quiet };
    cursor.right(4, &number(loads.0), hot(loads.0)).right(4, &number(loads.1), hot(loads.1));
    if c.uptime {
        cursor.right(5, &m.host.uptime.map_or_else(dash, words::span), quiet);
    }
    cursor.right(4, &m.guests.to_string(), quiet);
    if c.size {
        cursor
            .right(4, &m.services.to_string(), quiet)
            .right(5, &m.host.cpus.map_or_else(dash, |n| n.to_string()), quiet)
            .right(6, &m.host.memory_bytes.map_or_else(dash, words::bytes), quiet)
            .right(5, &m.host.nics.map_or_else(dash, |n| n.to_string()), quiet)
            .right(5, &m.host.load.map_or_else(dash, |l| format!("{:.1}", l[0])), quiet);
    }
    if c.system {
        let text = |t: &Option<String>| t.clone().unwrap_or_else(|| "-".to_owned());
        cursor.skip(1).cell(28, &text(&m.host.kernel), quiet).cell(40, &text(&m.host.os), quiet);
    }
}

/// What stands in place of figures that nobody gave: why there are none.
fn instead(m: &Member, stale: Option<std::time::Duration>) -> Option<(Role, String)> {
    match &m.reach {
        Reach::Down { trouble, .. } => {
            let age = stale.map_or_else(|| "never seen".to_owned(), |a| format!("last seen {} ago", words::age(a)));
            Some((Role::Warn, format!("{} {age}: {}", trouble.fault.word(), trouble.text)))
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

/// Sign, word and role of a member's status.
fn status(m: &Member) -> (Role, String) {
    let (role, sign) = match m.status {
        MemberStatus::Online => (Role::Text, "●"),
        MemberStatus::Standby | MemberStatus::Maintenance => (Role::Warn, "◐"),
        MemberStatus::Pending => (Role::Moving, "→"),
        MemberStatus::Offline => (Role::Crit, "✕"),
        MemberStatus::Unclean => (Role::Crit, "▲"),
        MemberStatus::Unknown => (Role::Unknown, "◌"),
    };
    let tail = match (m.dc, m.kind) {
        (true, _) => " DC",
        (_, NodeKind::Remote) => " rem",
        (_, NodeKind::Guest) => " gst",
        _ => "",
    };
    // A member that is online for others while we cannot reach it is not simply well.
    let role = if m.status == MemberStatus::Online && !m.reach.is_up() { Role::Dim } else { role };
    (role, format!("{sign} {}{tail}", m.status.word()))
}

/// One sign per link number: up to every peer, down to some, or not known.
fn cursor_links(cursor: &mut Cursor<'_, '_>, m: &Member) {
    let mut numbers: Vec<u32> = m.links.iter().map(|l| l.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() {
        cursor.cell(6, "-", Role::Dim);
        return;
    }
    let mut signs = String::new();
    let mut role = Role::Text;
    for number in numbers.into_iter().take(6) {
        let of: Vec<_> = m.links.iter().filter(|l| l.number == number).map(|l| l.connected).collect();
        if of.contains(&Some(false)) {
            signs.push('✕');
            role = Role::Crit;
        } else if of.contains(&None) {
            signs.push('◌');
            role = if role == Role::Text { Role::Unknown } else { role };
        } else {
            signs.push('●');
        }
    }
    cursor.cell(6, &signs, role);
}

/// The line below the members: is fencing ready, and what was fenced last.
pub fn fences(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    let c = &model.shown;
    let (role, ready) = match (c.options.fencing_enabled, c.fence_devices.len()) {
        (Some(false), _) => (Role::Warn, "fencing is DISABLED".to_owned()),
        (_, 0) => (Role::Dim, "fence: no device known".to_owned()),
        (_, n) => (Role::Dim, format!("fence: {} ready", words::count(n, "device", "devices"))),
    };
    let mut cursor = pen.at(area.x + 2, area.y, area.width.saturating_sub(2));
    cursor.text(&ready, role);
    if let Some(last) = c.fences.first() {
        let (role, word) = fence_word(last.status);
        let role = if role == Role::Text { Role::Dim } else { role };
        // Ages from a minute on change with the header's clock.
        let at = last.completed.map(|at| at.age(model.setup.now).max(std::time::Duration::from_secs(60)));
        let ago = at.map_or_else(String::new, |a| format!(", {} ago", words::age(a)));
        let target = model.index.names.short(&last.target);
        cursor.skip(3).text(&format!("last: {target} {} {word}{ago}", last.action), role);
    }
}
