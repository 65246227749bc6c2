//! Guests as their hypervisors have them.
//!
//! ```text
//!    GUEST    NODE  STATE              vCPU  CPU%  MEM   DISK r/w    NET r/w     AGENT      MANAGED BY  SINCE
//!    db       n2    ● running             2    38  4.0G  1.2M 300K   12K  4K     connected  db          22:48
//! ```

use ratatui::layout::Rect;

use super::{Look, name};
use crate::app::columns::Guests as Columns;
use crate::app::detail::guest::{agent_word, mark, progress, state_words};
use crate::app::moving;
use crate::app::rows::Row;
use crate::app::words;
use crate::domain::guest::{Guest, GuestState, Hypervisor};
use crate::theme::Role;
use crate::view::pen::Pen;

/// The column heads.
pub fn heads(pen: &mut Pen<'_>, area: Rect) {
    let c = Columns::new(&pen.model.index, area.width);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.cell(c.name, "GUEST", Role::Dim).cell(c.node, "NODE", Role::Dim).cell(c.state, "STATE", Role::Dim);
    if c.load {
        cursor.right(4, "vCPU", Role::Dim).right(5, "CPU%", Role::Dim).right(6, "MEM", Role::Dim);
    }
    if c.rates {
        cursor.right(13, "DISK r/w", Role::Dim).right(13, "NET in/out", Role::Dim);
    }
    if c.care {
        cursor.skip(1).cell(10, "AGENT", Role::Dim);
    }
    if c.managed > 0 {
        cursor.cell(c.managed, "MANAGED BY", Role::Dim);
    }
    if c.care {
        cursor.cell(11, "SINCE", Role::Dim);
    }
}

/// A guest.
pub fn row(pen: &mut Pen<'_>, i: u32, area: Rect, look: Look) {
    let model = pen.model;
    let Some(g) = model.shown.guests.get(i as usize) else { return };
    let c = Columns::new(&model.index, area.width);
    name(pen, area.x, area.y, c.name.min(area.width), &g.name, model.level(Row::Guest(i)), look);
    let (role, sign) = mark(g);
    let quiet = if g.stale || !g.state.is_active() { Role::Dim } else { Role::Text };
    let said = on_its_way(pen, g, usize::from(c.state).saturating_sub(2)).unwrap_or_else(|| state_words(g));
    let state_role = if g.state == GuestState::Running && role == Role::Text { Role::Dim } else { role };
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(c.name + 1).cell(c.node, model.index.names.short(&g.node), quiet).cell(c.state, &format!("{sign} {said}"), state_role);
    let f = &g.figures;
    let dash = || "-".to_owned();
    if c.load {
        let cpu = f.cpu_percent.map_or_else(dash, |p| format!("{p:.0}"));
        let hot = f.cpu_percent.is_some_and(|p| p >= 90.0 * f64::from(g.vcpus().unwrap_or(1)));
        cursor.right(4, &g.vcpus().map_or_else(dash, |n| n.to_string()), quiet);
        cursor.right(5, &cpu, if hot { Role::Warn } else { quiet });
        cursor.right(6, &g.memory().map_or_else(dash, words::bytes), quiet);
    }
    if c.rates {
        let pair = |(a, b): (Option<u64>, Option<u64>)| match (a, b) {
            (None, None) => dash(),
            (a, b) => format!("{} {}", a.map_or_else(dash, words::bytes), b.map_or_else(dash, words::bytes)),
        };
        cursor.right(13, &pair(f.disk), quiet).right(13, &pair(f.net), quiet);
    }
    if c.care {
        cursor.skip(1).cell(10, agent_word(g.definition.as_ref().and_then(|d| d.agent)), Role::Dim);
    }
    if c.managed > 0 {
        let (text, role) = match &g.managed_by {
            Some(service) => (service.as_str(), quiet),
            None if g.state.is_active() => ("nobody", Role::Moving),
            None => ("-", Role::Dim),
        };
        cursor.cell(c.managed, text, role);
    }
    if c.care {
        cursor.cell(11, &g.since.map_or_else(String::new, |at| words::day_minute(at, &model.setup.zone)), Role::Dim);
    }
}

/// How far its job is; of a migration where to, as far as that is known. The percentage comes first where not all fits.
fn on_its_way(pen: &Pen<'_>, g: &Guest, room: usize) -> Option<String> {
    let job = g.job.as_ref().filter(|_| !g.stale)?;
    let whole = progress(job);
    let percent = job.percent().map(words::percent).unwrap_or_default();
    let Some(way) = moving::of_guest(pen.model, g).filter(|way| way.to.is_some()) else {
        return Some(if whole.chars().count() <= room { whole } else { format!("{percent} {}", job.operation).trim_start().to_owned() });
    };
    // The sign before it is an arrow already.
    let to = way.words(&pen.model.index.names, room + 2).trim_start_matches("→ ").to_owned();
    let rest = whole.split_once(percent.as_str()).filter(|_| !percent.is_empty()).map_or("", |(_, rest)| rest);
    Some(format!("{to}{rest}"))
}

/// What the title says of hypervisors that do not answer.
pub fn silent(pen: &Pen<'_>) -> String {
    let of = |hypervisor: Hypervisor| {
        let down = pen.model.shown.virt.iter().filter(|v| !v.up && v.hypervisor == hypervisor);
        let names: Vec<&str> = down.map(|v| pen.model.index.names.short(&v.node)).collect();
        (!names.is_empty()).then(|| format!("{} does not answer on {}", hypervisor.word(), names.join(" ")))
    };
    [of(Hypervisor::Libvirt), of(Hypervisor::Vmware)].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
