//! A guest in full.

use std::sync::Arc;

use super::{alerts, history, join, size, time};
use crate::app::depend::{self, Thing};
use crate::app::document::Document;
use crate::app::model::Model;
use crate::app::moving::{self, Move};
use crate::app::words;
use crate::domain::guest::{Definition, Guest, GuestState};
use crate::domain::observation::guest::GuestJob;
use crate::theme::Role;

/// Role and glyph of a guest's state.
pub fn mark(g: &Guest) -> (Role, &'static str) {
    if g.stale {
        return (Role::Unknown, "◌");
    }
    match g.state {
        _ if g.migrating || g.job.is_some() => (Role::Moving, "→"),
        GuestState::Running if !g.is_torn() => (Role::Text, "●"),
        GuestState::Running | GuestState::Paused => (Role::Warn, "◐"),
        GuestState::Crashed => (Role::Crit, "✕"),
        GuestState::Saved | GuestState::Shutoff => (Role::Dim, "○"),
        GuestState::Unknown => (Role::Unknown, "◌"),
    }
}

/// The state in words, with its reason where that says more.
pub fn state_words(g: &Guest) -> String {
    match &g.reason {
        Some(reason) if g.state != GuestState::Running || g.migrating || g.is_torn() => format!("{} ({reason})", g.state.word()),
        _ => g.state.word().to_owned(),
    }
}

/// How far a job is, in a few words: `outgoing migration 71%, 9 s left`.
pub fn progress(job: &GuestJob) -> String {
    let done = job.percent().map(|p| format!(" {}", words::percent(p))).unwrap_or_default();
    let left = left(job).map(|s| format!(", {s} s left")).unwrap_or_default();
    let verdict = if job.converges() == Some(false) { ", will not converge" } else { "" };
    format!("{}{done}{left}{verdict}", job.operation)
}

/// Seconds left: as told, or by what moves less what is changed meanwhile.
pub fn left(job: &GuestJob) -> Option<u64> {
    if let Some(ms) = job.remaining_ms.filter(|ms| *ms > 0) {
        return Some(ms.div_ceil(1000));
    }
    let net = job.speed?.checked_sub(job.dirty_rate.unwrap_or(0)).filter(|n| *n > 0)?;
    Some(job.remaining?.div_ceil(net))
}

/// Writes the page; none if there is no such guest.
pub fn write(doc: &mut Document, model: &Model, node: &Arc<str>, uuid: &str) -> Option<()> {
    let mut guests = model.shown.guests.iter().filter(|g| g.uuid == uuid);
    // One that moved on is followed.
    let g = guests.clone().find(|g| g.node == *node).or_else(|| guests.find(|g| g.state.is_active()))?;
    let service = g.managed_by.clone();
    alerts(doc, model, |subject| subject == g.name || service.as_deref() == Some(subject));
    doc.head("State");
    let (role, glyph) = mark(g);
    doc.pair("state", role, &format!("{glyph} {}", state_words(g)));
    doc.pair("on", Role::Text, &g.node);
    let side = |node: &Option<Arc<str>>| node.as_deref().map_or_else(|| "another node".to_owned(), str::to_owned);
    match moving::of_guest(model, g) {
        Some(Move::Leaves(way)) => doc.pair("moves", Role::Moving, &format!("→ leaves for {}", side(&way.to))),
        Some(Move::Arrives(way)) => doc.pair("moves", Role::Moving, &format!("→ arrives from {}", side(&way.from))),
        None => {}
    }
    if g.stale {
        doc.pair("as of", Role::Warn, &format!("{}: {} of {} does not answer", time(model, g.at), g.hypervisor().word(), g.node));
    }
    let up = g.up_since.filter(|_| g.vmware.is_none());
    doc.maybe("up", up.map(|at| format!("{}, since {}", words::span(at.age(model.setup.now)), time(model, at))));
    doc.maybe("since", g.since.map(|at| time(model, at)));
    doc.pair("managed by", Role::Text, service.as_deref().unwrap_or("nobody"));
    if let Some(job) = &g.job {
        write_job(doc, job);
    }
    if let Some(facts) = &g.vmware {
        super::vmware::write(doc, model, g, facts);
    }
    write_figures(doc, g);
    if let Some(d) = &g.definition {
        write_definition(doc, d);
        write_disks(doc, model, g, d);
        write_nics(doc, d);
    }
    write_chain(doc, model, g);
    if let Some(d) = &g.definition {
        if !d.snapshots.is_empty() {
            doc.head("Snapshots");
            d.snapshots.iter().for_each(|s| doc.say(Role::Text, s));
        }
        history(doc, model, |e| e.subject.as_deref() == Some(g.name.as_str()) || (service.is_some() && e.subject == service));
        doc.head(if g.vmware.is_some() { "Configuration" } else { "XML" });
        d.xml.iter().for_each(|line| doc.lines.push(vec![(Role::Dim, format!("  {line}"))]));
    }
    Some(())
}

fn write_job(doc: &mut Document, job: &GuestJob) {
    doc.head("Running job");
    let role = if job.converges() == Some(false) { Role::Warn } else { Role::Moving };
    doc.pair("job", role, &progress(job));
    let rate = |n: Option<u64>| n.map(|n| format!("{}/s", words::bytes(n)));
    doc.maybe("moved", job.processed.map(|n| format!("{} of {}, {} left", words::bytes(n), size(job.total), size(job.remaining))));
    doc.maybe("speed", rate(job.speed));
    doc.maybe("changes", rate(job.dirty_rate));
    doc.maybe("round", job.iteration.map(|n| n.to_string()));
    doc.maybe("downtime", job.downtime_ms.map(|n| format!("{n} ms expected")));
    doc.maybe("for", job.elapsed_ms.map(|n| format!("{} s", n / 1000)));
}

fn write_figures(doc: &mut Document, g: &Guest) {
    let f = &g.figures;
    doc.head("Load");
    doc.maybe("vCPUs", g.vcpus().map(|n| n.to_string()));
    doc.maybe("CPU", f.cpu_percent.map(|p| format!("{} of one host CPU", words::percent(p))));
    if f.cpu_history.len() > 1 {
        doc.pair("last minutes", Role::Text, &words::bars(&f.cpu_history, 60));
    }
    let used = f.memory_used.map(|n| format!(", {} used", words::bytes(n))).unwrap_or_default();
    let balloon = f.memory.filter(|n| Some(*n) != g.memory()).map(|n| format!(", {} by the balloon", words::bytes(n))).unwrap_or_default();
    let rss = f.rss.map(|n| format!(", {} of the host", words::bytes(n))).unwrap_or_default();
    doc.pair("memory", Role::Text, &format!("{}{balloon}{used}{rss}", size(g.memory())));
    let pair = |(a, b): (Option<u64>, Option<u64>), first: &str, second: &str| {
        (a.is_some() || b.is_some()).then(|| format!("{}/s {first}, {}/s {second}", size(a), size(b)))
    };
    doc.maybe("disks", pair(f.disk, "read", "written"));
    doc.maybe("network", pair(f.net, "received", "sent"));
}

fn write_definition(doc: &mut Document, d: &Definition) {
    let yes = |b: Option<bool>| b.map(|b| if b { "yes" } else { "no" });
    doc.head("Definition");
    doc.maybe("title", d.title.as_deref());
    doc.pair("UUID", Role::Text, if d.uuid.starts_with(['/', '[']) { "-" } else { &d.uuid });
    doc.pair("machine", Role::Text, &format!("{} {}", d.kind, d.machine.as_deref().unwrap_or_default()));
    doc.maybe("CPU model", d.cpu.as_deref());
    doc.pair("boots from", Role::Text, &format!("{}{}", join(&d.boot), d.firmware.as_ref().map(|f| format!(" ({f})")).unwrap_or_default()));
    doc.maybe("autostart", yes(d.autostart));
    doc.maybe("kept", d.persistent.map(|p| if p { "yes" } else { "no: gone when it stops" }));
    doc.pair("agent", Role::Text, agent_word(d.agent));
    if d.saved {
        doc.pair("saved", Role::Moving, "suspended to disk: the next start goes on from there");
    }
    if !d.host_devices.is_empty() {
        doc.pair("host devices", Role::Warn, &format!("{}: it cannot migrate live", join(&d.host_devices)));
    }
}

/// The agent in a word.
pub const fn agent_word(agent: Option<bool>) -> &'static str {
    match agent {
        Some(true) => "connected",
        Some(false) => "silent",
        None => "none",
    }
}

fn write_disks(doc: &mut Document, model: &Model, g: &Guest, d: &Definition) {
    if d.disks.is_empty() {
        return;
    }
    doc.head("Disks");
    let rows: Vec<(Role, Vec<String>)> = d
        .disks
        .iter()
        .map(|disk| {
            let figures = g.figures.disks.iter().find(|d| d.target == disk.target);
            let volume = depend::volume_behind(disk, g, &model.shown).map_or_else(|| "-".to_owned(), |v| format!("{}/{}", v.vg, v.lv));
            let flags = [(disk.read_only, "read-only"), (disk.shareable, "shareable")];
            let flags: Vec<&str> = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
            let row = vec![
                disk.target.clone(),
                disk.source.clone().unwrap_or_else(|| format!("(empty {})", disk.device)),
                disk.format.clone().unwrap_or_else(|| "-".to_owned()),
                size(figures.and_then(|f| f.allocation)),
                size(figures.and_then(|f| f.capacity)),
                volume,
                flags.join(" "),
            ];
            (Role::Text, row)
        })
        .collect();
    doc.table(&["DISK", "SOURCE", "FORMAT", "ALLOCATED", "CAPACITY", "VOLUME", ""], &rows);
    for disk in d.disks.iter().filter(|k| !k.backing.is_empty()) {
        doc.pair(&disk.target, Role::Dim, &format!("overlay of {}", disk.backing.join(" of ")));
    }
}

fn write_nics(doc: &mut Document, d: &Definition) {
    if d.nics.is_empty() {
        return;
    }
    doc.head("Network interfaces");
    let rows: Vec<(Role, Vec<String>)> = d
        .nics
        .iter()
        .map(|nic| {
            let vlans: Vec<String> = nic.vlans.iter().map(u16::to_string).collect();
            let source = nic.source.clone().unwrap_or_else(|| "-".to_owned());
            let place = nic.bridge.as_ref().filter(|b| **b != source).map_or_else(|| source.clone(), |b| format!("{source} > {b}"));
            let row = vec![
                nic.mac.clone().unwrap_or_else(|| "-".to_owned()),
                place,
                nic.device.clone().unwrap_or_else(|| "-".to_owned()),
                nic.model.clone().unwrap_or_else(|| "-".to_owned()),
                if vlans.is_empty() { "-".to_owned() } else { vlans.join(",") },
                if nic.down { "down".to_owned() } else { String::new() },
            ];
            (if nic.down { Role::Warn } else { Role::Text }, row)
        })
        .collect();
    doc.table(&["MAC", "ON", "DEVICE", "MODEL", "VLAN", ""], &rows);
}

/// What a guest stands on: a heading and a line for each thing.
pub fn write_chain(doc: &mut Document, model: &Model, g: &Guest) {
    let steps = depend::below(g, &model.shown);
    if steps.is_empty() {
        return;
    }
    doc.head("Stands on");
    let top = g.managed_by.as_ref().map_or_else(|| g.name.clone(), |s| format!("service {s} > guest {}", g.name));
    doc.say(Role::Text, &top);
    for step in steps {
        let role = if step.bad { Role::Warn } else { Role::Text };
        doc.say(role, &format!("{}└ {}", "  ".repeat(step.depth), step.text));
    }
}

/// What would die with a thing: a heading and a line for each guest.
pub fn write_dies(doc: &mut Document, model: &Model, thing: Thing<'_>) {
    let found = depend::dies(thing, &model.shown);
    if model.shown.guests.is_empty() {
        return;
    }
    doc.head("What dies with this");
    if found.is_empty() {
        doc.say(Role::Dim, "no guest that runs now");
    }
    for g in found {
        let (role, glyph) = mark(g);
        let service = g.managed_by.as_ref().filter(|s| **s != g.name).map(|s| format!(" (service {s})")).unwrap_or_default();
        doc.say(role, &format!("{glyph} {} on {}{service}, {}", g.name, g.node, state_words(g)));
    }
}
