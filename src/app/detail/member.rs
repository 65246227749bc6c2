//! A member in full.

use super::service::{mark, state_word};
use super::{alerts, history, join, level_role, percent, size, time};
use crate::app::document::Document;
use crate::app::fresh;
use crate::app::model::Model;
use crate::app::words;
use crate::domain::cluster::{Member, PeerLink, Service, ServiceKind};
use crate::domain::node::Reach;
use crate::domain::observation::Question;
use crate::domain::observation::manager::NodeKind;
use crate::theme::Role;

/// Writes the page; none if there is no such member.
pub fn write(doc: &mut Document, model: &Model, name: &str) -> Option<()> {
    let c = &model.shown;
    let m = c.member(name)?;
    alerts(doc, model, |s| s == name || s.strip_prefix(name).is_some_and(|r| r.starts_with(':')));
    doc.head("Membership");
    let place = c.members.iter().position(|x| x.name == m.name)?;
    let level = model.level(super::super::rows::Row::Member(u32::try_from(place).ok()?));
    let left = model.index.left.get(place) == Some(&true);
    doc.pair("status", level_role(level), &status(m, left));
    doc.maybe("id", m.id.as_deref());
    doc.maybe("votes", m.votes.map(|v| v.to_string()));
    doc.pair("manager", Role::Text, manager(m));
    if let Some(health) = &m.health {
        doc.pair("health", Role::Warn, health);
    }
    doc.pair("services", Role::Text, &format!("{}, of them {}", m.services, words::count(m.guests, "guest", "guests")));
    write_view(doc, model, m);
    write_way(doc, model, m);
    write_host(doc, model, m);
    write_rhcs(doc, m);
    write_services(doc, model, name);
    write_links(doc, m);
    write_daemons(doc, m);
    write_guards(doc, m);
    write_storage(doc, model, name);
    if !m.troubles.is_empty() {
        doc.head("Not answered");
        for (question, trouble) in &m.troubles {
            doc.pair(asked(*question), Role::Warn, &trouble.text);
        }
    }
    super::guest::write_dies(doc, model, crate::app::depend::Thing::Member(name));
    write_fences(doc, model, name);
    history(doc, model, |e| e.node.as_deref() == Some(name) || e.subject.as_deref() == Some(name));
    Some(())
}

/// What the node itself says of the membership: beside the others' word, since they may differ.
fn write_view(doc: &mut Document, model: &Model, m: &Member) {
    let (c, names) = (&model.shown, &model.index.names);
    let Some(p) = c.quorum.partitions.iter().find(|p| p.said_by.iter().any(|s| s.by == m.name)) else { return };
    let (role, word) = super::super::foot::claim(p);
    let members: Vec<&str> = p.members.iter().map(|n| names.short(n)).collect();
    doc.pair("its view", role, &format!("{word}: {}", members.join(" ")));
    let others: Vec<&str> =
        c.quorum.partitions.iter().filter(|o| !std::ptr::eq(*o, p)).flat_map(|o| &o.said_by).map(|s| names.short(&s.by)).collect();
    if !others.is_empty() {
        doc.pair("contradicted", Role::Crit, &format!("by {}", others.join(" ")));
    }
}

fn status(m: &Member, left: bool) -> String {
    let mut words = vec![m.status.word().to_owned()];
    match m.kind {
        NodeKind::Member => {}
        NodeKind::Remote => words.push("remote node".to_owned()),
        NodeKind::Guest => words.push("guest node".to_owned()),
    }
    if left {
        words.push("but no ring that was seen contains it any more".to_owned());
    }
    if m.dc {
        words.push("DC".to_owned());
    }
    if m.local {
        words.push("quorate runs here".to_owned());
    }
    words.join(", ")
}

const fn manager(m: &Member) -> &'static str {
    match m.manager {
        Some(true) => "runs",
        Some(false) => "does not run",
        None => "not known",
    }
}

/// The way to the node, in words.
pub fn reach(model: &Model, m: &Member) -> (Role, String) {
    match &m.reach {
        Reach::Untried => (Role::Unknown, "not asked".to_owned()),
        Reach::Connecting { since } => (Role::Moving, format!("connecting since {}", time(model, *since))),
        Reach::Up { since, .. } => (Role::Text, format!("answers, connected since {}", time(model, *since))),
        Reach::Down { since, trouble } => (Role::Warn, format!("{trouble}; since {}", time(model, *since))),
    }
}

fn write_way(doc: &mut Document, model: &Model, m: &Member) {
    doc.head("Way to it");
    let (role, text) = reach(model, m);
    doc.pair("ssh", role, &text);
    if let Reach::Up { note: Some(note), .. } = &m.reach {
        doc.pair("", Role::Warn, note);
    }
    if let Some(age) = fresh::member(m, model.setup.now, model.setup.stale_after) {
        let at = m.answered.map_or_else(String::new, |a| time(model, a));
        doc.pair("last answer", Role::Warn, &format!("{at}, {} ago: what follows is that old", words::age(age)));
    }
    if !m.streams.live.is_empty() {
        doc.pair("streams", Role::Text, &join(&m.streams.live));
    }
    for (name, why) in &m.streams.polled {
        doc.pair("polled", Role::Warn, &format!("{name}: {why}"));
    }
}

fn write_host(doc: &mut Document, model: &Model, m: &Member) {
    doc.head("Host");
    let h = &m.host;
    let (cpu, memory) = model.loads.get(&m.name).copied().unwrap_or_default();
    doc.maybe("host name", h.hostname.as_deref().filter(|host| *host != &*m.name));
    doc.maybe("system", h.os.as_deref());
    doc.maybe("kernel", h.kernel.as_deref());
    doc.maybe("uptime", h.uptime.map(words::span));
    let cpus = h.cpus.map_or_else(|| "-".to_owned(), |n| n.to_string());
    doc.pair("CPU", Role::Text, &format!("{} of {cpus}", percent(cpu)));
    if h.cpu_history.len() > 1 {
        doc.pair("CPU lately", Role::Text, &words::bars(&h.cpu_history, 60));
    }
    doc.pair("memory", Role::Text, &format!("{} of {}", percent(memory), size(h.memory_bytes)));
    doc.maybe("load", h.load.map(|l| format!("{:.1} {:.1} {:.1}", l[0], l[1], l[2])));
    doc.maybe("NICs", h.nics.map(|n| n.to_string()));
    if let Some((offset, error)) = m.clock_offset {
        let role = if offset.unsigned_abs() > 1_000_000 { Role::Warn } else { Role::Text };
        doc.pair(
            "clock",
            role,
            &format!("{} ms beside ours, within {} ms", words::milliseconds(offset), error.unsigned_abs().div_ceil(1000)),
        );
    }
}

/// What cman, fenced and cluster.conf say of it.
fn write_rhcs(doc: &mut Document, m: &Member) {
    let Some(facts) = &m.rhcs else { return };
    doc.head("Cluster suite");
    if facts.disallowed {
        doc.pair("disallowed", Role::Crit, "it came back with the state of before: it has to be rebooted");
    }
    if facts.estranged {
        doc.pair("estranged", Role::Warn, "it is not in cluster.conf");
    }
    doc.maybe("joined", facts.joined.as_deref());
    if facts.master {
        doc.pair("rgmanager", Role::Text, "evaluates events for all (central processing)");
    }
    if let Some(runs) = facts.clvmd {
        let (role, word) = if runs { (Role::Text, "listens") } else { (Role::Dim, "does not listen") };
        doc.pair("clvmd", role, word);
    }
    let version = |v: Option<u32>| v.map_or_else(|| "not known".to_owned(), |v| v.to_string());
    let role = if facts.config_running == facts.config_on_disk { Role::Text } else { Role::Warn };
    doc.pair("config", role, &format!("runs version {}, on disk {}", version(facts.config_running), version(facts.config_on_disk)));
    match &facts.methods {
        Some(methods) if methods.is_empty() => doc.pair("fencing", Role::Warn, "cluster.conf has no method for it"),
        Some(methods) => {
            for (at, (name, devices)) in methods.iter().enumerate() {
                doc.pair(&format!("fence {}", at + 1), Role::Text, &format!("{name}: {}", devices.join(" and ")));
            }
        }
        None => doc.pair("fencing", Role::Unknown, "not known"),
    }
    doc.maybe("last fenced", facts.last_fence.as_deref());
}

fn write_links(doc: &mut Document, m: &Member) {
    if m.links.is_empty() {
        return;
    }
    doc.head("corosync links");
    let rows: Vec<(Role, Vec<String>)> = m.links.iter().map(link_row).collect();
    doc.table(&["LINK", "STATE", "PEER", "LATENCY", "DOWN", "ADDRESSES", ""], &rows);
}

fn link_row(l: &PeerLink) -> (Role, Vec<String>) {
    let (role, state) = match l.connected {
        Some(true) => (Role::Text, "● up"),
        Some(false) => (Role::Crit, "✕ down"),
        None => (Role::Unknown, "◌ unknown"),
    };
    let of = |v: Option<String>| v.unwrap_or_else(|| "-".to_owned());
    let addresses = match &l.addresses {
        (Some(a), Some(b)) => format!("{a} > {b}"),
        (a, b) => of(a.clone().or_else(|| b.clone())),
    };
    let cells = vec![
        l.number.to_string(),
        state.to_owned(),
        of(l.peer.as_ref().map(ToString::to_string)),
        of(l.latency.map(|d| format!("{} us", d.as_micros()))),
        of(l.down_count.map(|n| format!("{n}x"))),
        addresses,
        l.detail.clone().unwrap_or_default(),
    ];
    (role, cells)
}

fn write_daemons(doc: &mut Document, m: &Member) {
    if !m.units.is_empty() {
        doc.head("Daemons");
        let rows: Vec<(Role, Vec<String>)> = m
            .units
            .iter()
            .map(|u| {
                let role = match u.active.as_str() {
                    "active" => Role::Text,
                    "failed" => Role::Crit,
                    _ => Role::Dim,
                };
                (role, vec![u.name.clone(), format!("{} ({})", u.active, u.sub), u.load.clone()])
            })
            .collect();
        doc.table(&["NAME", "STATE", "UNIT"], &rows);
    }
}

/// What stops the node when it must: watchdog and sbd; and the lock manager.
fn write_guards(doc: &mut Document, m: &Member) {
    if let Some(w) = &m.watchdog {
        doc.head("Watchdog");
        doc.pair("devices", Role::Text, &join(&w.devices));
        doc.maybe("identity", w.identity.as_deref());
        doc.maybe("state", w.state.as_deref());
        if let Some(runs) = w.sbd_running {
            let (role, words) = match (runs, w.sbd_devices.is_empty()) {
                (true, true) => (Role::Text, "runs, by the watchdog alone"),
                (true, false) => (Role::Text, "runs, with its disks"),
                (false, true) => (Role::Text, "does not run"),
                (false, false) => (Role::Warn, "does not run, though SBD_DEVICE names its disks"),
            };
            doc.pair("sbd", role, words);
        }
        if !w.sbd_devices.is_empty() {
            doc.pair("sbd devices", Role::Text, &join(&w.sbd_devices));
        }
        doc.maybe("sbd watchdog", w.sbd_watchdog.as_deref());
        doc.maybe("resets after", w.sbd_timeout_s.map(|s| format!("{s} s without sbd")).as_deref());
    }
    if let Some(dlm) = &m.dlm {
        doc.head("DLM");
        doc.maybe("quorate", dlm.quorate.map(|q| if q { "yes" } else { "no" }));
        if !dlm.waiting.is_empty() {
            doc.pair("waits for", Role::Warn, &join(&dlm.waiting));
        }
        for (name, members, changing) in &dlm.lockspaces {
            let ids: Vec<String> = members.iter().map(ToString::to_string).collect();
            let tail = if *changing { ", changing" } else { "" };
            doc.pair("lockspace", Role::Text, &format!("{name}: members {}{tail}", ids.join(" ")));
        }
    }
}

/// What runs here, and what is on its way here or from here.
fn write_services(doc: &mut Document, model: &Model, name: &str) {
    let here = |s: &&Service| s.owners.iter().any(|o| &**o == name) || s.moving_to.as_deref() == Some(name);
    let whole = |s: &&Service| !matches!(s.kind, ServiceKind::Group | ServiceKind::Clone | ServiceKind::Bundle);
    let rows: Vec<(Role, Vec<String>)> = model
        .shown
        .services
        .iter()
        .filter(here)
        .filter(whole)
        .map(|s| {
            let (role, sign) = mark(s);
            let to = s.moving_to.as_deref().map_or_else(String::new, |to| format!(" → {}", model.index.names.short(to)));
            let state = format!("{sign} {}{to}", state_word(s));
            let since = s.since.map_or_else(|| "-".to_owned(), |at| time(model, at));
            (role, vec![s.id.clone(), state, s.kind.word().to_owned(), since])
        })
        .collect();
    if !rows.is_empty() {
        doc.head("Runs here");
        doc.table(&["NAME", "STATE", "KIND", "SINCE"], &rows);
    }
}

/// Volumes that are active here, filesystems, paths.
fn write_storage(doc: &mut Document, model: &Model, name: &str) {
    let c = &model.shown;
    let here = |nodes: &[std::sync::Arc<str>]| nodes.iter().any(|n| &**n == name);
    let mut rows: Vec<(Role, Vec<String>)> = Vec::new();
    for v in c.volumes.iter().filter(|v| here(&v.active_on)) {
        let subject = format!("{}/{}", v.vg, v.lv);
        let role = level_role(model.index.said(&subject));
        rows.push((role, vec![subject, percent(v.data_percent), size(v.size), "active volume".to_owned()]));
    }
    for f in c.filesystems.iter().filter(|f| &*f.node == name) {
        let role = level_role(model.index.said(&format!("{name}:{}", f.mount)));
        rows.push((role, vec![f.mount.clone(), percent(f.percent()), size(f.size), format!("{} on {}", f.kind, f.source)]));
    }
    for m in c.maps.iter().filter(|m| &*m.node == name) {
        let role = if m.is_short() { Role::Warn } else { Role::Text };
        rows.push((role, vec![m.map.name.clone(), format!("{}/{}", m.active, m.total), size(m.map.size), "paths alive".to_owned()]));
    }
    if !rows.is_empty() {
        doc.head("Storage");
        doc.table(&["NAME", "FILL", "SIZE", "WHAT"], &rows);
    }
}

fn write_fences(doc: &mut Document, model: &Model, name: &str) {
    let mut mine = model.shown.fences.iter().filter(|f| f.target == name).peekable();
    if mine.peek().is_none() {
        return;
    }
    doc.head("Fencings");
    for f in mine {
        let (role, text) = super::quorum::fence(model, f);
        doc.say(role, &text);
    }
}

/// What a question asks for, in words that fit before its trouble.
const fn asked(question: Question) -> &'static str {
    use Question as Q;
    match question {
        Q::Tools => "tools",
        Q::CrmMon => "manager",
        Q::Constraints => "constraints",
        Q::FenceHistory => "fence history",
        Q::FenceDevices => "fence devices",
        Q::Quorum => "quorum",
        Q::Links => "links",
        Q::LinkStats => "link figures",
        Q::Cmap => "ring's map",
        Q::Qdevice => "qdevice",
        Q::Dlm => "DLM",
        Q::Watchdog => "watchdog",
        Q::Units | Q::Daemons => "daemons",
        Q::Host => "host",
        Q::Clock => "clock",
        Q::Lvs => "volumes",
        Q::Vgs => "groups",
        Q::Pvs => "PVs",
        Q::DeviceMapper => "device-mapper",
        Q::Filesystems => "filesystems",
        Q::Multipath => "multipath",
        Q::Iscsi => "iSCSI",
        Q::Net => "interfaces",
        Q::Bonding => "bonds",
        Q::LinkSpeeds => "link speeds",
        Q::LibvirtSockets => "libvirt",
        Q::Vmware => "VMware Server",
        Q::VmwareStats => "VMware figures",
        Q::GuestParams => "guest names",
        Q::VirtHost => "hypervisor",
        Q::Guests => "guests",
        Q::GuestStats => "guest figures",
        Q::GuestJobs => "guest jobs",
        Q::Clustat => "rgmanager",
        Q::Cman => "cman",
        Q::Groups => "fence domain",
        Q::ClusterConf => "cluster.conf",
        Q::QuorumDisk => "quorum disk",
        Q::InitScripts => "init scripts",
    }
}
