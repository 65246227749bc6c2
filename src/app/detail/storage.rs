//! Volume groups, volumes, filesystems, paths and sessions in full.

use super::guest::write_dies;
use super::{alerts, history, join, percent, size};
use crate::app::depend::Thing;
use crate::app::document::Document;
use crate::app::model::Model;
use crate::app::rows::RowId;
use crate::domain::cluster::{Volume, VolumeGroup};
use crate::theme::Role;

/// Writes the page; none if there is no such thing.
pub fn write(doc: &mut Document, model: &Model, id: &RowId) -> Option<()> {
    let c = &model.shown;
    match id {
        RowId::Group(name, uuid) => {
            let group = c.groups.iter().find(|g| g.name == *name && g.uuid == *uuid)?;
            write_group(doc, model, group);
            write_dies(doc, model, Thing::Group(name, &group.seen_by));
        }
        RowId::Volume(vg, lv, uuid) => {
            let v = c.volumes.iter().find(|v| v.vg == *vg && v.lv == *lv && v.uuid == *uuid)?;
            write_volume(doc, model, v);
            write_dies(doc, model, Thing::Volume(vg, lv, &v.seen_by));
            if let Some(group) = c.groups.iter().find(|g| g.name == *vg && v.seen_by.iter().any(|n| g.seen_by.contains(n))) {
                write_group(doc, model, group);
            }
        }
        RowId::Mount(mount, source) => {
            write_mount(doc, model, mount, source)?;
            write_dies(doc, model, Thing::Mount(mount, source));
        }
        RowId::Paths(name) => write_paths(doc, model, name)?,
        RowId::Iscsi(node, target, portal) => {
            let (_, s) = c.iscsi.iter().find(|(n, s)| n == node && s.target == *target && s.portal == *portal)?;
            doc.head("iSCSI session");
            doc.pair("node", Role::Text, node);
            doc.pair("target", Role::Text, target);
            doc.pair("portal", Role::Text, portal);
            doc.maybe("session", s.session_state.as_deref());
            doc.maybe("connection", s.connection_state.as_deref());
            doc.pair("devices", Role::Text, &join(&s.devices));
        }
        RowId::Pv(path, uuid) => {
            let p = c.pvs.iter().find(|p| p.path == *path && p.uuid == *uuid)?;
            doc.head("Physical volume");
            doc.maybe("group", p.vg.as_deref());
            doc.pair("size", Role::Text, &format!("{}, free {}", size(p.size), size(p.free)));
            doc.pair("seen by", Role::Text, &join(&p.seen_by));
            for (node, path) in &p.elsewhere {
                doc.pair("path", Role::Text, &format!("{path} on {node}"));
            }
            if !p.missing_on.is_empty() {
                doc.pair("missing on", Role::Warn, &join(&p.missing_on));
            }
        }
        _ => return None,
    }
    Some(())
}

fn write_group(doc: &mut Document, model: &Model, g: &VolumeGroup) {
    let c = &model.shown;
    doc.head(&format!("Volume group {}", g.name));
    doc.pair("size", Role::Text, &format!("{}, free {}", size(g.size), size(g.free)));
    let lock = g.lock_type.as_deref().map_or_else(String::new, |l| format!(", locks by {l}"));
    doc.pair("shared", Role::Text, &format!("{}{lock}", if g.shared { "yes" } else { "no" }));
    doc.pair("seen by", Role::Text, &join(&g.seen_by));
    let ours = |nodes: &[std::sync::Arc<str>]| nodes.iter().any(|n| g.seen_by.contains(n));
    let rows: Vec<(Role, Vec<String>)> = c
        .volumes
        .iter()
        .filter(|v| v.vg == g.name && ours(&v.seen_by))
        .map(|v| {
            let role = super::level_role(model.index.said(&format!("{}/{}", v.vg, v.lv)));
            let fill = match (v.data_percent, v.metadata_percent) {
                (Some(d), Some(m)) => format!("{} meta {}", percent(Some(d)), percent(Some(m))),
                (d, _) => percent(d),
            };
            (role, vec![v.lv.clone(), fill, size(v.size), v.attr.clone(), join(&v.active_on), join(&v.used_by)])
        })
        .collect();
    if !rows.is_empty() {
        doc.head("Logical volumes");
        doc.table(&["LV", "FILL", "SIZE", "ATTR", "ACTIVE ON", "USED BY"], &rows);
    }
    let rows: Vec<(Role, Vec<String>)> = c
        .pvs
        .iter()
        // One that every node has lost is of the group all the same.
        .filter(|p| p.vg.as_deref() == Some(&g.name) && (p.seen_by.is_empty() || ours(&p.seen_by)))
        .map(|p| (Role::Text, vec![p.path.clone(), size(p.size), size(p.free), join(&p.seen_by)]))
        .collect();
    if !rows.is_empty() {
        doc.head("Physical volumes");
        doc.table(&["PV", "SIZE", "FREE", "SEEN BY"], &rows);
    }
}

fn write_volume(doc: &mut Document, model: &Model, v: &Volume) {
    let subject = format!("{}/{}", v.vg, v.lv);
    alerts(doc, model, |s| s == subject);
    doc.head(&format!("Volume {subject}"));
    doc.pair("size", Role::Text, &size(v.size));
    doc.maybe("data", v.data_percent.map(crate::app::words::percent));
    doc.maybe("metadata", v.metadata_percent.map(crate::app::words::percent));
    doc.maybe("copied", v.copy_percent.map(crate::app::words::percent));
    if v.is_thin_pool {
        doc.pair("kind", Role::Text, "thin pool");
    }
    doc.maybe("pool", v.pool.as_deref());
    doc.pair("attributes", Role::Text, &v.attr);
    doc.pair("active on", Role::Text, &join(&v.active_on));
    doc.pair("seen by", Role::Text, &join(&v.seen_by));
    doc.pair("used by", Role::Text, &join(&v.used_by));
    for (node, bytes) in &v.stale_sizes {
        let text = format!("{node} still maps {}: refresh it there", crate::app::words::bytes(*bytes));
        doc.pair("other size", Role::Warn, &text);
    }
    if !v.suspended_on.is_empty() {
        doc.pair("suspended", Role::Warn, &format!("on {}: what uses it there stands still", join(&v.suspended_on)));
    }
    for (node, word) in &v.health {
        doc.pair("health", Role::Warn, &format!("{word}, says {node}"));
    }
    history(doc, model, |e| e.subject.as_deref() == Some(&subject));
}

fn write_mount(doc: &mut Document, model: &Model, mount: &str, source: &str) -> Option<()> {
    let c = &model.shown;
    let found: Vec<_> = c.filesystems.iter().filter(|f| f.mount == mount && f.source == source).collect();
    let first = found.first()?;
    alerts(doc, model, |s| found.iter().any(|f| s == format!("{}:{}", f.node, f.mount)));
    doc.head("Filesystem");
    doc.pair("type", Role::Text, &first.kind);
    doc.pair("source", Role::Text, source);
    let fixed: Vec<_> = found.iter().filter(|f| f.read_only).map(|f| f.node.clone()).collect();
    if !fixed.is_empty() {
        doc.pair("read-only", Role::Text, &format!("on {}", join(&fixed)));
    }
    let rows: Vec<(Role, Vec<String>)> = found
        .iter()
        .map(|f| {
            let role = match super::old(model, &f.node) {
                Some(_) => Role::Unknown,
                None => super::level_role(model.index.said(&format!("{}:{}", f.node, f.mount))),
            };
            (role, vec![f.node.to_string(), percent(f.percent()), size(f.size), size(f.used), size(f.available)])
        })
        .collect();
    doc.head("Mounted on");
    doc.table(&["NODE", "FILL", "SIZE", "USED", "LEFT"], &rows);
    Some(())
}

fn write_paths(doc: &mut Document, model: &Model, name: &str) -> Option<()> {
    let found: Vec<_> = model.shown.maps.iter().filter(|m| m.map.name == name).collect();
    let first = found.first()?;
    alerts(doc, model, |s| s.split_once(':').is_some_and(|(_, map)| map == name));
    doc.head("Multipath map");
    doc.maybe("WWID", first.map.wwid.as_deref());
    doc.maybe("size", first.map.size.map(crate::app::words::bytes));
    doc.maybe("no path", first.map.queueing.as_deref());
    let mut rows = Vec::new();
    for map in found {
        let old = super::old(model, &map.node).is_some();
        if map.map.paths.is_empty() {
            let (role, glyph) = if old { (Role::Unknown, "◌ old") } else { (Role::Crit, "✕ none") };
            rows.push((role, [&*map.node, glyph, "0/0", "", "", ""].map(str::to_owned).to_vec()));
        }
        for p in &map.map.paths {
            let (role, glyph) = match (p.is_alive(), old) {
                (_, true) => (Role::Unknown, "◌ old"),
                (true, false) => (Role::Text, "● alive"),
                (false, false) => (Role::Crit, "✕ lost"),
            };
            let states = format!("{} {} {}", p.dm_state, p.checker_state, p.device_state);
            let counts = format!("{}/{}", map.active, map.total);
            rows.push((
                role,
                vec![map.node.to_string(), glyph.to_owned(), counts, p.device.clone(), states, p.host.clone().unwrap_or_default()],
            ));
        }
    }
    doc.head("Paths");
    doc.table(&["NODE", "PATH", "ALIVE", "DEVICE", "STATES", "HOST"], &rows);
    Some(())
}
