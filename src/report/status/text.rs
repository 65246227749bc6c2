//! `status` for people: trouble first, 80 columns.

use std::fmt::Write as _;

use crate::domain::cluster::{BondStatus, Cluster, Health, Member, Service, ServiceKind, ServiceState};
use crate::domain::guest::{Guest, VirtNode};
use crate::domain::stamp::Stamp;

use super::json;
use crate::report::refusals;

/// Width that lines of lists keep within where names allow it.
const WIDTH: usize = 80;

pub(super) fn summary(cluster: &Cluster, taken_at: Stamp) -> String {
    let mut out = String::new();
    heads(&mut out, cluster, taken_at);
    for alert in &cluster.alerts {
        wrapped(&mut out, &format!("  {:<8} {}: ", alert.severity.word().to_uppercase(), alert.code.word()), &alert.text);
    }
    members(&mut out, cluster, taken_at);
    services(&mut out, cluster);
    guests(&mut out, cluster);
    storage(&mut out, cluster);
    network(&mut out, cluster);
    if let Some(last) = cluster.fences.first() {
        let at = last.completed.map(|at| format!(" at {at}")).unwrap_or_default();
        let word = match last.status {
            crate::domain::observation::manager::FenceStatus::Pending => "under way",
            crate::domain::observation::manager::FenceStatus::Success => "succeeded",
            crate::domain::observation::manager::FenceStatus::Failed => "failed",
        };
        let _ = writeln!(out, "\nLast fencing: {} {} {word}{at}", last.target, last.action);
    }
    out
}

fn number(value: Option<u32>) -> String {
    value.map_or_else(|| "?".to_owned(), |n| n.to_string())
}

fn heads(out: &mut String, cluster: &Cluster, taken_at: Stamp) {
    let health = match cluster.health() {
        Health::Healthy => "HEALTHY",
        Health::Degraded => "DEGRADED",
        Health::Critical => "CRITICAL",
        Health::Unknown => "UNKNOWN: no node could say whether there is quorum",
    };
    let _ = writeln!(out, "{}: {health}", cluster.name.as_deref().unwrap_or("(cluster without a known name)"));
    let quorum = &cluster.quorum;
    let word = match (quorum.quorate, quorum.answered) {
        (Some(true), _) => "quorate",
        (Some(false), _) => "NO QUORUM",
        (None, true) => "QUORUM CONTRADICTED: two partitions claim it",
        (None, false) => "quorum unknown",
    };
    let _ = write!(out, "{word}");
    if quorum.answered {
        let (total, expected, needed) = (number(quorum.total), number(quorum.expected), number(quorum.needed));
        let _ = write!(out, ", {total} of {expected} votes, {needed} needed");
    }
    if let Some(can_lose) = quorum.can_lose {
        let _ = write!(out, ", {can_lose} may be lost");
    }
    if !quorum.flags.is_empty() {
        let _ = write!(out, " ({})", quorum.flags.join(", "));
    }
    let stack = cluster.stack.map_or("no manager known", |s| s.word());
    let reached = cluster.members.iter().filter(|m| m.reach.is_up()).count();
    let version = cluster.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
    let _ = writeln!(out, "\n{stack}{version}, {reached} of {} members reachable, {taken_at}", cluster.members.len());
}

/// A line that goes on below its own text, not below its head.
fn wrapped(out: &mut String, head: &str, text: &str) {
    let indent = " ".repeat(4);
    let mut line = head.to_owned();
    let mut room = WIDTH.saturating_sub(head.chars().count());
    for word in text.split(' ') {
        let long = word.chars().count() + 1;
        if long > room && !line.trim().is_empty() {
            let _ = writeln!(out, "{}", line.trim_end());
            line.clone_from(&indent);
            room = WIDTH - indent.len();
        }
        line.push_str(word);
        line.push(' ');
        room = room.saturating_sub(long);
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// Width of a first column.
fn column<'a>(head: &str, names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|n| n.chars().count()).chain([head.len()]).max().unwrap_or_default().min(32)
}

fn members(out: &mut String, cluster: &Cluster, taken_at: Stamp) {
    if cluster.members.is_empty() {
        return;
    }
    let width = column("MEMBER", cluster.members.iter().map(|m| &*m.name));
    let _ = writeln!(out, "\n{:<width$}  {:<14} VOTES   CPU%   MEM%  SERVICES", "MEMBER", "STATUS");
    for member in &cluster.members {
        let status = format!("{}{}", member.status.word(), if member.dc { " DC" } else { "" });
        let percent = |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |p| format!("{p:.0}"));
        let (cpu, memory) = (percent(member.host.cpu_percent), percent(member.host.memory_percent));
        let line =
            format!("{:<width$}  {status:<14} {:>5}  {cpu:>5}  {memory:>5}  {:>8}", member.name, number(member.votes), member.services);
        let _ = writeln!(out, "{line}");
        note(out, member, taken_at);
    }
}

fn note(out: &mut String, member: &Member, taken_at: Stamp) {
    if let Some(error) = json::error(member, taken_at) {
        wrapped(out, "    not reachable: ", &error);
    }
    for refusal in refusals::of(member) {
        wrapped(out, "    not told: ", &refusal);
    }
}

fn services(out: &mut String, cluster: &Cluster) {
    let real = |s: &&Service| !matches!(s.kind, ServiceKind::Group | ServiceKind::Clone | ServiceKind::Bundle);
    let all: Vec<&Service> = cluster.services.iter().filter(real).collect();
    if all.is_empty() {
        return;
    }
    let started = all.iter().filter(|s| s.state == ServiceState::Started).count();
    let width = column("SERVICE", all.iter().map(|s| s.id.as_str()));
    let _ = writeln!(out, "\n{:<width$}  {:<10} WHERE   ({started} of {} started)", "SERVICE", "STATE", all.len());
    for service in all {
        let owners = if service.owners.is_empty() { "-".to_owned() } else { service.owners.join(" ") };
        let flags = if service.flags.is_empty() { String::new() } else { format!(" [{}]", service.flags.join(", ")) };
        wrapped(out, &format!("{:<width$}  {:<10} ", service.id, service.state.word()), &format!("{owners}{flags}"));
        if let Some(reason) = &service.reason {
            wrapped(out, "    ", reason);
        }
    }
}

/// Guests that no service stands for, and those of whom nothing is told, unless their member's line says so.
fn guests(out: &mut String, cluster: &Cluster) {
    let alone: Vec<&Guest> = cluster.guests.iter().filter(|g| g.managed_by.is_none()).collect();
    let told =
        |v: &VirtNode| cluster.members.iter().filter(|m| m.name == v.node).flat_map(refusals::of).any(|said| Some(said) == v.trouble);
    let silent: Vec<&VirtNode> = cluster.virt.iter().filter(|v| !v.up && !told(v)).collect();
    if alone.is_empty() && silent.is_empty() {
        return;
    }
    let width = column("GUEST", alone.iter().map(|g| g.name.as_str()));
    let _ = writeln!(out, "\n{:<width$}  {:<10} WHERE   (no service manages these)", "GUEST", "STATE");
    for guest in alone {
        let reason = guest.reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
        wrapped(out, &format!("{:<width$}  {:<10} ", guest.name, guest.state.word()), &format!("{}{reason}", guest.node));
    }
    for node in silent {
        let why = node.trouble.as_deref().unwrap_or("the node does not answer");
        wrapped(out, "    not told: ", &format!("guests of {} on {}: {why}", node.hypervisor.word(), node.node));
    }
}

fn storage(out: &mut String, cluster: &Cluster) {
    if cluster.groups.is_empty() && cluster.filesystems.is_empty() && cluster.maps.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nSTORAGE");
    for group in &cluster.groups {
        let shared = if group.shared { "shared" } else { "local" };
        let (free, size) = (bytes(group.free), bytes(group.size));
        wrapped(
            out,
            &format!("  group {}: ", group.name),
            &format!("{free} free of {size}, {shared}, seen by {}", group.seen_by.join(" ")),
        );
    }
    for fs in &cluster.filesystems {
        let percent = fs.percent().map_or_else(|| "?".to_owned(), |p| format!("{p:.0}"));
        wrapped(out, &format!("  {}:{} ", fs.node, fs.mount), &format!("{percent} % of {} ({})", bytes(fs.size), fs.kind));
    }
    for map in &cluster.maps {
        let _ = writeln!(out, "  {}:{} {} of {} paths", map.node, map.map.name, map.active, map.total);
    }
}

/// Binary units, as LVM prints them.
fn bytes(value: Option<u64>) -> String {
    let Some(value) = value else { return "?".to_owned() };
    let mut unit = "B";
    let (mut whole, mut rest) = (value, 0);
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if whole < 1024 {
            break;
        }
        (rest, whole, unit) = (whole % 1024 * 10 / 1024, whole / 1024, next);
    }
    if unit == "B" || whole >= 100 { format!("{whole} {unit}") } else { format!("{whole}.{rest} {unit}") }
}

fn network(out: &mut String, cluster: &Cluster) {
    if cluster.bonds.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nBONDS");
    for bond in &cluster.bonds {
        let status = match bond.status {
            BondStatus::Up => "up",
            BondStatus::Degraded => "DEGRADED",
            BondStatus::Down => "DOWN",
        };
        let port = |p: &crate::domain::cluster::Port| {
            let down = if p.up { "" } else { " down" };
            if bond.active_port.as_deref() == Some(p.name.as_str()) { format!("[{}]{down}", p.name) } else { format!("{}{down}", p.name) }
        };
        let ports: Vec<String> = bond.ports.iter().map(port).collect();
        let text = format!("{status} ({}): {}", bond.mode_words(), ports.join(", "));
        wrapped(out, &format!("  {}:{} ", bond.node, bond.name), &text);
    }
}
