//! Network: on the overview a row a node with its bonds, the active port in brackets; as a table a row for each
//! bond and interface.
//!
//! ```text
//!    n2  bond0 [eth0] eth2    bond1 [eth3] eth1✕    br0 vlan 1,2,3
//! ```

use ratatui::layout::Rect;

use super::{Look, name};
use crate::app::Model;
use crate::app::detail::network::{nic_kind, speed, status};
use crate::app::fresh;
use crate::app::rows::Row;
use crate::app::words;
use crate::domain::cluster::{Bond, BondStatus, Interface};
use crate::theme::Role;
use crate::view::pen::{Cursor, Pen};

/// Widths of the table's columns.
struct Columns {
    node: u16,
    name: u16,
    state: u16,
    kind: u16,
    /// None where the ports need the room: the active port's speed is in the bond's page.
    speed: Option<u16>,
    above: u16,
}

impl Columns {
    const fn of(width: u16) -> Self {
        if width < 100 {
            Self { node: 10, name: 9, state: 10, kind: 13, speed: None, above: 6 }
        } else {
            Self { node: 12, name: 14, state: 11, kind: 14, speed: Some(10), above: 9 }
        }
    }
}

/// The column heads of the table.
pub fn heads(pen: &mut Pen<'_>, area: Rect) {
    let c = Columns::of(area.width);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.cell(c.node, "NODE", Role::Dim).cell(c.name, "NAME", Role::Dim).cell(c.state, "STATE", Role::Dim).cell(
        c.kind,
        "KIND",
        Role::Dim,
    );
    if let Some(speed) = c.speed {
        cursor.right(speed, "Mb/s", Role::Dim);
    }
    cursor.cell(c.above, "BELOW", Role::Dim);
    cursor.text("PORTS AND THEIR FAILURES, ADDRESSES", Role::Dim);
}

/// A row of the network.
pub fn row(pen: &mut Pen<'_>, row: Row, area: Rect, look: Look) {
    let c = &pen.model.shown;
    match row {
        Row::Net(i) => net(pen, i, area, look),
        Row::Bond(i) => {
            if let Some(b) = c.bonds.get(i as usize) {
                bond(pen, row, b, area, look);
            }
        }
        Row::Nic(i) => {
            if let Some(n) = c.nics.get(i as usize) {
                nic(pen, row, n, area, look);
            }
        }
        _ => {}
    }
}

fn net(pen: &mut Pen<'_>, i: u32, area: Rect, look: Look) {
    let model = pen.model;
    let (c, index) = (&model.shown, &model.index);
    let Some(place) = index.net.get(i as usize) else { return };
    let level = model.level(Row::Net(i));
    let short = index.names.short(&place.node);
    let width = index.names.widest().clamp(3, 12);
    name(pen, area.x, area.y, width.min(area.width), short, level, look);
    let stale = fresh::node(&place.node, c, model.setup.now, model.setup.stale_after);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(width + 1);
    let bonds = c.bonds.get(place.bonds.clone()).unwrap_or_default();
    if let Some(age) = stale {
        cursor.text(&format!("{} old", words::age(age)), Role::Warn).skip(2);
    }
    // Bonds in trouble first where there is little room: the others are the ones to go.
    let narrow = area.width < 70;
    let (loud, quiet): (Vec<&Bond>, Vec<&Bond>) = bonds.iter().partition(|b| narrow && b.status != BondStatus::Up);
    for b in loud.into_iter().chain(quiet) {
        brief_bond(&mut cursor, b, stale.is_some());
    }
    if let Some(b) = bonds.iter().find(|b| b.status == BondStatus::Degraded) {
        let up = b.ports.iter().filter(|p| p.up).count();
        if up == 1 {
            cursor.text("one cable from outage", Role::Warn).skip(2);
        }
    }
    let nics = c.nics.get(place.nics.clone()).unwrap_or_default();
    brief_rest(&mut cursor, bonds, nics);
}

fn brief_bond(cursor: &mut Cursor<'_, '_>, b: &Bond, stale: bool) {
    let (role, _) = status(b);
    let role = if stale && role == Role::Text { Role::Dim } else { role };
    cursor.text(&b.name, role);
    if b.status == BondStatus::Down {
        cursor.text(" down", Role::Crit);
    }
    for port in &b.ports {
        let active = b.active_port.as_deref() == Some(port.name.as_str());
        // A blank before the sign: glued to a name its ASCII twin would be part of the name.
        let (role, sign) = if port.up { (if stale { Role::Dim } else { Role::Text }, "") } else { (Role::Crit, " ✕") };
        let text = if active { format!(" [{}]{sign}", port.name) } else { format!(" {}{sign}", port.name) };
        cursor.text(&text, role);
    }
    cursor.skip(3);
}

/// Bridges, VLANs, and interfaces that are no port of a bond.
fn brief_rest(cursor: &mut Cursor<'_, '_>, bonds: &[Bond], nics: &[Interface]) {
    let of_kind = |kind: &str| -> Vec<&Interface> { nics.iter().filter(|n| n.kind.as_deref() == Some(kind)).collect() };
    let bridges: Vec<&str> = of_kind("bridge").iter().map(|n| n.name.as_str()).take(6).collect();
    if !bridges.is_empty() {
        cursor.text(&bridges.join(" "), Role::Dim).skip(2);
    }
    let mut vlans: Vec<u16> = of_kind("vlan").iter().filter_map(|n| n.vlan).collect();
    vlans.extend(bonds.iter().flat_map(|b| &b.vlans).map(|(_, id)| *id));
    vlans.sort_unstable();
    vlans.dedup();
    if !vlans.is_empty() {
        let ids: Vec<String> = vlans.iter().take(12).map(u16::to_string).collect();
        cursor.text(&format!("vlan {}", ids.join(",")), Role::Dim).skip(2);
    }
    let port = |n: &Interface| bonds.iter().any(|b| b.ports.iter().any(|p| p.name == n.name));
    for n in nics.iter().filter(|n| n.is_nic && !port(n)) {
        let (role, sign) = if n.state == "down" { (Role::Warn, " ✕") } else { (Role::Dim, "") };
        cursor.text(&format!("{}{sign}", n.name), role).skip(1);
    }
}

fn bond(pen: &mut Pen<'_>, row: Row, b: &Bond, area: Rect, look: Look) {
    let model = pen.model;
    let level = model.level(row);
    let c = Columns::of(area.width);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.cell(c.node, model.index.names.short(&b.node), Role::Text);
    name(pen, area.x + (c.node + 1).min(area.width), area.y, c.name.min(area.width.saturating_sub(c.node + 1)), &b.name, level, look);
    let (role, word) = status(b);
    let old = old(model, &b.node);
    let role = if old.is_some() && role == Role::Text { Role::Dim } else { role };
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(c.node + c.name + 2).cell(c.state, word, role).cell(c.kind, &b.mode, Role::Text);
    let active = b.ports.iter().find(|p| b.active_port.as_deref() == Some(p.name.as_str()));
    if let Some(width) = c.speed {
        cursor.right(width, &active.map_or_else(String::new, |p| speed(p.speed_mbps, p.duplex.as_deref())), Role::Text);
    }
    cursor.cell(c.above, b.bridge.as_deref().unwrap_or_default(), Role::Dim);
    if let Some(old) = &old {
        cursor.text(old, Role::Warn).skip(2);
    }
    for p in &b.ports {
        let sign = if p.up { "" } else { " ✕" };
        let failures = p.failures.filter(|f| *f > 0).map_or_else(String::new, |f| format!(" failed {f}x"));
        let role = match (p.up, old.is_some()) {
            (false, _) => Role::Crit,
            (true, old) => {
                if old {
                    Role::Dim
                } else {
                    Role::Text
                }
            }
        };
        let active = b.active_port.as_deref() == Some(p.name.as_str());
        let name = if active { format!("[{}]", p.name) } else { p.name.clone() };
        cursor.text(&format!("{name}{sign}"), role);
        if !active {
            cursor.skip(1).text(&speed(p.speed_mbps, p.duplex.as_deref()), Role::Dim);
        }
        cursor.text(&failures, Role::Warn).skip(2);
    }
    if let Some(partner) = &b.partner {
        cursor.text(&format!("partner {partner}"), Role::Dim).skip(2);
    }
    let vlans: Vec<String> = b.vlans.iter().map(|(_, id)| id.to_string()).collect();
    if !vlans.is_empty() {
        cursor.text(&format!("vlan {}", vlans.join(",")), Role::Dim);
    }
}

/// `8 min old`, where the node does not answer any more.
fn old(model: &Model, node: &str) -> Option<String> {
    let age = fresh::node(node, &model.shown, model.setup.now, model.setup.stale_after)?;
    Some(format!("{} old", words::age(age)))
}

fn nic(pen: &mut Pen<'_>, row: Row, n: &Interface, area: Rect, look: Look) {
    let model = pen.model;
    let c = Columns::of(area.width);
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.cell(c.node, model.index.names.short(&n.node), Role::Dim);
    name(
        pen,
        area.x + (c.node + 1).min(area.width),
        area.y,
        c.name.min(area.width.saturating_sub(c.node + 1)),
        &n.name,
        model.level(row),
        look,
    );
    let (role, sign) = match n.state.as_str() {
        "up" => (Role::Text, "●"),
        "down" if n.is_nic => (Role::Warn, "✕"),
        "down" => (Role::Dim, "✕"),
        _ => (Role::Dim, "◌"),
    };
    let old = old(model, &n.node);
    let role = if old.is_some() && role == Role::Text { Role::Dim } else { role };
    let mut cursor = pen.at(area.x, area.y, area.width);
    cursor.skip(c.node + c.name + 2).cell(c.state, &format!("{sign} {}", n.state), role).cell(c.kind, &nic_kind(n), Role::Text);
    let known = n.speed_mbps.is_some() || n.duplex.is_some();
    if let Some(width) = c.speed {
        cursor.right(width, &if known { speed(n.speed_mbps, n.duplex.as_deref()) } else { String::new() }, Role::Text);
    }
    cursor.cell(c.above, n.master.as_deref().unwrap_or_default(), Role::Dim);
    if let Some(old) = &old {
        cursor.text(old, Role::Warn).skip(2);
    }
    if let Some(lower) = &n.lower {
        cursor.text(&format!("on {lower}"), Role::Dim).skip(2);
    }
    cursor.text(&n.addresses.join(" "), Role::Dim);
}
