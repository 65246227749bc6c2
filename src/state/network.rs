//! Bonds and other interfaces: `ip`, `/proc/net/bonding` and sysfs, put together for each node.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::domain::cluster::{Bond, BondStatus, Interface, Port};
use crate::domain::observation::net::{BondPort, BondRow, LinkSpeed, NetView, Nic};
use crate::domain::stamp::Stamp;

use super::facts::NodeState;
use super::identity::{Names, Nodes};

/// Modes in which one port carries the traffic (kernel, bonding.rst).
const WITH_ACTIVE_PORT: [&str; 3] = ["active-backup", "balance-tlb", "balance-alb"];

/// Bonds by node and name, other interfaces by node and name.
pub(super) fn fold(nodes: &Nodes, names: &Names) -> (Vec<Bond>, Vec<Interface>) {
    let (mut bonds, mut others) = (Vec::new(), Vec::new());
    for (name, node) in names.roll(nodes) {
        bonds.extend(bonds_of(name, node));
        others.extend(interfaces_of(name, node));
    }
    bonds.sort_by(|a, b| (&a.node, &a.name).cmp(&(&b.node, &b.name)));
    others.sort_by(|a, b| (&a.node, &a.name).cmp(&(&b.node, &b.name)));
    (bonds, others)
}

/// Interfaces with a device behind them, or veth (contract, Members).
pub(super) fn nic_count(view: &NetView) -> u32 {
    u32::try_from(view.links.iter().filter(|l| is_nic(l)).count()).unwrap_or(u32::MAX)
}

fn is_nic(nic: &Nic) -> bool {
    !nic.loopback && (nic.device || nic.kind.as_deref() == Some("veth"))
}

fn is_bond(nic: &Nic) -> bool {
    nic.kind.as_deref() == Some("bond") || nic.bond.is_some()
}

fn bonds_of(name: &Arc<str>, node: &NodeState) -> Vec<Bond> {
    let net = node.answers.net.seen();
    let links: &[Nic] = net.map_or(&[], |(view, _)| view.links.as_slice());
    let mut rows: BTreeMap<&str, Vec<(&BondRow, Stamp)>> = BTreeMap::new();
    let empty = BondRow::default();
    if let Some((_, at)) = net {
        for link in links.iter().filter(|l| is_bond(l)) {
            rows.entry(&link.name).or_default().push((link.bond.as_ref().unwrap_or(&empty), at));
        }
    }
    if let Some((bonding, at)) = node.answers.bonding.seen() {
        for row in bonding {
            if let Some(name) = name_of(row, links) {
                rows.entry(name).or_default().push((row, at));
            }
        }
    }
    let speeds: HashMap<&str, &LinkSpeed> = node.answers.speeds.rows().iter().map(|s| (s.name.as_str(), s)).collect();
    rows.into_iter()
        .map(|(bond, mut rows)| {
            rows.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
            bond_of(name, bond, &rows, net, &speeds)
        })
        .collect()
}

/// A file of /proc/net/bonding that came without its name is that of the bond whose ports it lists.
fn name_of<'a>(row: &'a BondRow, links: &'a [Nic]) -> Option<&'a str> {
    if !row.name.is_empty() {
        return Some(&row.name);
    }
    let is_port = |link: &&Nic| row.ports.iter().any(|p| p.name == link.name);
    let by_port = links.iter().filter(is_port).find_map(|l| l.master.as_deref());
    by_port.or_else(|| {
        let mut bonds = links.iter().filter(|l| is_bond(l));
        let only = bonds.next()?;
        bonds.next().is_none().then_some(only.name.as_str())
    })
}

/// `rows`: what was said of the bond, newest first.
fn bond_of(
    node: &Arc<str>,
    name: &str,
    rows: &[(&BondRow, Stamp)],
    net: Option<(&NetView, Stamp)>,
    speeds: &HashMap<&str, &LinkSpeed>,
) -> Bond {
    let links: &[Nic] = net.map_or(&[], |(view, _)| view.links.as_slice());
    let mode = rows.iter().map(|(r, _)| r.mode.as_str()).find(|m| !m.is_empty()).unwrap_or_default().to_owned();
    let ports = ports_of(name, rows, net, speeds);
    let up = ports.iter().filter(|p| p.up).count();
    let status = match up {
        0 => BondStatus::Down,
        n if n < ports.len() => BondStatus::Degraded,
        _ => BondStatus::Up,
    };
    let active_port = WITH_ACTIVE_PORT.contains(&mode.as_str()).then(|| active_port(name, rows, links)).flatten();
    let vlans: Vec<&Nic> = links.iter().filter(|l| l.vlan.is_some() && l.lower.as_deref() == Some(name)).collect();
    Bond {
        node: node.clone(),
        name: name.to_owned(),
        status,
        active_port,
        ports,
        partner: rows.iter().find_map(|(r, _)| r.partner.clone()),
        bridge: bridge_above(name, links, &vlans),
        vlans: vlans.iter().filter_map(|l| Some((l.name.clone(), l.vlan?))).collect(),
        at: rows.first().map(|(_, at)| *at).unwrap_or_default(),
        mode,
    }
}

/// The newest word counts, and "none" is one too.
fn active_port(bond: &str, rows: &[(&BondRow, Stamp)], links: &[Nic]) -> Option<String> {
    let told = rows.iter().find(|(r, _)| !r.mode.is_empty()).and_then(|(r, _)| r.active_port.clone());
    told.filter(|p| !p.is_empty() && !p.eq_ignore_ascii_case("none")).or_else(|| {
        let mut active = links
            .iter()
            .filter(|l| l.master.as_deref() == Some(bond) && l.port.as_ref().is_some_and(|p| p.state.as_deref() == Some("ACTIVE")));
        let first = active.next()?.name.clone();
        active.next().is_none().then_some(first)
    })
}

fn ports_of(bond: &str, rows: &[(&BondRow, Stamp)], net: Option<(&NetView, Stamp)>, speeds: &HashMap<&str, &LinkSpeed>) -> Vec<Port> {
    let mut told: BTreeMap<&str, Vec<(Stamp, &BondPort)>> = BTreeMap::new();
    let mut links: HashMap<&str, &Nic> = HashMap::new();
    let unsaid = BondPort::default();
    if let Some((view, at)) = net {
        for link in view.links.iter().filter(|l| l.master.as_deref() == Some(bond)) {
            links.insert(&link.name, link);
            told.entry(&link.name).or_default().push((at, link.port.as_ref().unwrap_or(&unsaid)));
        }
    }
    for (row, at) in rows {
        for port in &row.ports {
            told.entry(&port.name).or_default().push((*at, port));
        }
    }
    // A port that only the older of two answers still names has left the bond.
    let newest = rows.first().map(|(_, at)| *at).unwrap_or_default();
    if told.values().flatten().any(|(at, _)| *at >= newest) {
        told.retain(|_, said| said.iter().any(|(at, _)| *at >= newest));
    }
    let watched = rows.iter().find_map(|(r, _)| r.miimon) != Some(0);
    told.into_iter()
        .map(|(name, mut said)| {
            said.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            port_of(name, &said, links.get(name).copied(), speeds.get(name).copied(), watched)
        })
        .collect()
}

/// `watched`: the bond looks at its ports' carrier. One that does not calls each port up for ever.
fn port_of(name: &str, said: &[(Stamp, &BondPort)], link: Option<&Nic>, speed: Option<&LinkSpeed>, watched: bool) -> Port {
    let carrier = || link.is_some_and(|l| l.carrier.unwrap_or(l.operstate.eq_ignore_ascii_case("up")));
    let unplugged = link.is_some_and(|l| l.carrier == Some(false));
    Port {
        name: name.to_owned(),
        up: said.iter().find_map(|(_, p)| p.mii_up).unwrap_or_else(carrier) && (watched || !unplugged),
        speed_mbps: said.iter().find_map(|(_, p)| p.speed_mbps).or_else(|| speed?.speed_mbps),
        duplex: said.iter().find_map(|(_, p)| p.duplex.clone()).or_else(|| speed?.duplex.clone()),
        failures: said.iter().find_map(|(_, p)| p.failures),
        partner: said.iter().find_map(|(_, p)| p.partner.clone()),
    }
}

/// The bridge that the bond, or else a VLAN of it, belongs to.
fn bridge_above(bond: &str, links: &[Nic], vlans: &[&Nic]) -> Option<String> {
    let is_bridge = |name: &&String| links.iter().any(|l| l.name == **name && l.kind.as_deref() == Some("bridge"));
    let own = links.iter().find(|l| l.name == bond).and_then(|l| l.master.as_ref());
    own.into_iter().chain(vlans.iter().filter_map(|l| l.master.as_ref())).find(is_bridge).cloned()
}

fn interfaces_of(name: &Arc<str>, node: &NodeState) -> Vec<Interface> {
    let Some(view) = node.answers.net.get() else { return Vec::new() };
    let speeds: HashMap<&str, &LinkSpeed> = node.answers.speeds.rows().iter().map(|s| (s.name.as_str(), s)).collect();
    view.links
        .iter()
        .filter(|l| !l.loopback && !is_bond(l))
        .map(|link| Interface {
            node: name.clone(),
            name: link.name.clone(),
            kind: link.kind.clone(),
            state: link.operstate.to_lowercase(),
            master: link.master.clone(),
            vlan: link.vlan,
            lower: link.lower.clone(),
            speed_mbps: speeds.get(link.name.as_str()).and_then(|s| s.speed_mbps),
            duplex: speeds.get(link.name.as_str()).and_then(|s| s.duplex.clone()),
            mtu: link.mtu,
            addresses: link.addresses.clone(),
            is_nic: is_nic(link),
        })
        .collect()
}
