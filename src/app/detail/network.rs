//! Bonds, bridges, VLANs and interfaces of a node in full.

use super::guest::write_dies;
use super::{alerts, history, join};
use crate::app::depend::Thing;
use crate::app::document::Document;
use crate::app::model::Model;
use crate::app::rows::RowId;
use crate::domain::cluster::{Bond, BondStatus, Interface, Port};
use crate::theme::Role;

/// Writes the page; none if there is no such thing.
pub fn write(doc: &mut Document, model: &Model, id: &RowId) -> Option<()> {
    let c = &model.shown;
    let node = match id {
        RowId::Net(node) => node.clone(),
        RowId::Bond(node, name) => {
            let bond = c.bonds.iter().find(|b| b.node == *node && b.name == *name)?;
            write_bond(doc, model, bond);
            write_dies(doc, model, Thing::Link(node, name));
            node.clone()
        }
        RowId::Nic(node, name) => {
            let nic = c.nics.iter().find(|n| n.node == *node && n.name == *name)?;
            write_nic(doc, nic);
            write_dies(doc, model, Thing::Link(node, name));
            node.clone()
        }
        _ => return None,
    };
    let place = model.index.net.iter().find(|n| n.node == node)?;
    if matches!(id, RowId::Net(_)) {
        for bond in c.bonds.get(place.bonds.clone())?.iter().filter(|b| b.node == node) {
            write_bond(doc, model, bond);
        }
    }
    let rows: Vec<(Role, Vec<String>)> = c.nics.get(place.nics.clone())?.iter().filter(|n| n.node == node).map(nic_row).collect();
    if !rows.is_empty() {
        doc.head(&format!("Other interfaces of {node}"));
        doc.table(&["NAME", "STATE", "KIND", "ABOVE", "BELOW", "SPEED", "MTU", "ADDRESSES"], &rows);
    }
    history(doc, model, |e| e.node.as_deref() == Some(&*node) && e.source == crate::domain::event::Source::Net);
    Some(())
}

/// Role and word of a bond's status.
pub const fn status(b: &Bond) -> (Role, &'static str) {
    match b.status {
        BondStatus::Up => (Role::Text, "● up"),
        BondStatus::Degraded => (Role::Warn, "△ degraded"),
        BondStatus::Down => (Role::Crit, "✕ down"),
    }
}

/// `1000 full`: speed in Mb/s and duplex.
pub fn speed(mbps: Option<u32>, duplex: Option<&str>) -> String {
    match (mbps, duplex) {
        (Some(s), Some(d)) => format!("{s} {d}"),
        (Some(s), None) => s.to_string(),
        (None, d) => d.unwrap_or("-").to_owned(),
    }
}

fn write_bond(doc: &mut Document, model: &Model, b: &Bond) {
    let subject = format!("{}:{}", b.node, b.name);
    doc.head(&format!("Bond {} on {}", b.name, b.node));
    alerts(doc, model, |s| s == subject);
    let (role, word) = status(b);
    doc.pair("status", role, word);
    doc.pair("mode", Role::Text, &b.mode);
    doc.maybe("active port", b.active_port.as_deref());
    doc.maybe("LACP partner", b.partner.as_deref());
    doc.maybe("bridge", b.bridge.as_deref());
    if !b.vlans.is_empty() {
        let vlans: Vec<String> = b.vlans.iter().map(|(name, id)| format!("{id} ({name})")).collect();
        doc.pair("VLANs", Role::Text, &vlans.join(", "));
    }
    let rows: Vec<(Role, Vec<String>)> = b.ports.iter().map(|p| port_row(p, b)).collect();
    if rows.is_empty() {
        doc.pair("ports", Role::Crit, "none");
    } else {
        doc.table(&["PORT", "STATE", "SPEED Mb/s", "FAILURES", "PARTNER"], &rows);
    }
}

fn port_row(p: &Port, b: &Bond) -> (Role, Vec<String>) {
    let active = b.active_port.as_deref() == Some(p.name.as_str());
    let (role, state) = match (p.up, active) {
        (true, true) => (Role::Text, "● up, active"),
        (true, false) => (Role::Text, "● up"),
        (false, _) => (Role::Crit, "✕ down"),
    };
    let failures = p.failures.map_or_else(|| "-".to_owned(), |f| f.to_string());
    let cells = vec![
        p.name.clone(),
        state.to_owned(),
        speed(p.speed_mbps, p.duplex.as_deref()),
        failures,
        p.partner.clone().unwrap_or_else(|| "-".to_owned()),
    ];
    (role, cells)
}

fn nic_row(n: &Interface) -> (Role, Vec<String>) {
    let dash = |t: Option<String>| t.unwrap_or_else(|| "-".to_owned());
    let role = if n.state == "down" && n.is_nic { Role::Warn } else { Role::Text };
    let cells = vec![
        n.name.clone(),
        n.state.clone(),
        nic_kind(n),
        dash(n.master.clone()),
        dash(n.lower.clone()),
        speed(n.speed_mbps, n.duplex.as_deref()),
        dash(n.mtu.map(|m| m.to_string())),
        join(&n.addresses),
    ];
    (role, cells)
}

/// `vlan 12`, `bridge`, `NIC`.
pub fn nic_kind(n: &Interface) -> String {
    match (&n.kind, n.vlan) {
        (Some(kind), Some(id)) => format!("{kind} {id}"),
        (Some(kind), None) => kind.clone(),
        (None, _) => "NIC".to_owned(),
    }
}

fn write_nic(doc: &mut Document, n: &Interface) {
    doc.head(&format!("Interface {} on {}", n.name, n.node));
    doc.pair("state", Role::Text, &n.state);
    doc.pair("kind", Role::Text, &nic_kind(n));
    doc.maybe("above", n.master.as_deref());
    doc.maybe("below", n.lower.as_deref());
    doc.pair("speed", Role::Text, &speed(n.speed_mbps, n.duplex.as_deref()));
    doc.maybe("MTU", n.mtu.map(|m| m.to_string()));
    doc.pair("addresses", Role::Text, &join(&n.addresses));
}
