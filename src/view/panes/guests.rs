//! Guests as their hypervisors have them.
//!
//! ```text
//!    GUEST    NODE  STATE              vCPU  CPU%  MEM   DISK r/w    NET r/w     AGENT      MANAGED BY     UP  SINCE
//!    db       n2    ● running             2    38  4.0G  1.2M 300K   12K  4K     connected  db           2d03  22:48
//! ```

use ratatui::layout::Rect;

use super::{Look, name};
use crate::app::columns::Guests as Columns;
use crate::app::detail::guest::{agent_word, mark, progress, state_words};
use crate::app::moving;
use crate::app::rows::Row;
use crate::app::words;
use crate::domain::guest::{GuestState, Hypervisor};
use crate::domain::observation::guest::GuestJob;
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
        cursor.right(6, "UP", Role::Dim);
    }
    if c.since {
        cursor.cell(11, "SINCE", Role::Dim);
    }
}

/// A guest.
pub fn row(pen: &mut Pen<'_>, i: u32, area: Rect, look: Look) {
    let model = pen.model;
    let Some(g) = model.shown.guests.get(i as usize) else { return };
    let c = Columns::new(&model.index, area.width);
    name(pen, area.x, area.y, c.name.min(area.width), &g.name, model.level(Row::Guest(i)), look);
    let moves = moving::of_guest(model, g);
    let (role, sign) = if moves.is_some() { (Role::Moving, "→") } else { mark(g) };
    let quiet = if g.stale || !g.state.is_active() { Role::Dim } else { Role::Text };
    let room = usize::from(c.state).saturating_sub(2);
    let said = match (&moves, &g.job) {
        (Some(moves), _) => moves.words(g, &model.index.names, room),
        (None, Some(job)) if !g.stale => job_words(job, room),
        _ => state_words(g),
    };
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
        cursor.right(6, &g.up_since.map_or_else(dash, |at| words::span(at.age(model.setup.now))), quiet);
    }
    if c.since {
        cursor.cell(11, &g.since.map_or_else(String::new, |at| words::day_minute(at, &model.setup.zone)), Role::Dim);
    }
}

/// How far a job is that moves it nowhere. The percentage comes first where not all fits.
fn job_words(job: &GuestJob, room: usize) -> String {
    let whole = progress(job);
    if whole.chars().count() <= room {
        return whole;
    }
    let percent = job.percent().map(words::percent).unwrap_or_default();
    format!("{percent} {}", job.operation).trim_start().to_owned()
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
