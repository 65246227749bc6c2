//! `ip -d -j -s link`, `ip -j addr`, `/proc/net/bonding`, speeds.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::sim::Manager;
use crate::sim::world::{Node, NodeAt, Port, World};

/// VLANs on bond1, each with its bridge.
const VLANS: [u16; 3] = [1, 2, 3];

/// The bridge of the service network that a guest is on.
pub fn bridge_of(guest: usize) -> String {
    format!("br{}", VLANS[guest % VLANS.len()])
}

fn mac(node: NodeAt, port: usize) -> String {
    format!("52:54:00:77:{:02x}:{port:02x}", node + 1)
}

/// The flags of an interface that is switched on, in the order in which ip prints them.
fn flags(carrier: bool, more: &'static str) -> Vec<&'static str> {
    let mut all = if carrier { Vec::new() } else { vec!["NO-CARRIER"] };
    all.extend(["BROADCAST", "MULTICAST"]);
    all.extend(Some(more).filter(|m| !m.is_empty()));
    all.push("UP");
    all.extend(carrier.then_some("LOWER_UP"));
    all
}

/// Those of a port: one that is switched off has no carrier that could be known.
fn port_flags(p: Port) -> Vec<&'static str> {
    if p.enabled { flags(p.plugged, "SLAVE") } else { vec!["BROADCAST", "MULTICAST", "SLAVE"] }
}

const fn state(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}

/// The state of what stands on another interface that has a carrier, or not.
const fn lower_state(up: bool) -> &'static str {
    if up { "UP" } else { "LOWERLAYERDOWN" }
}

/// A bridge has a carrier as long as any port of it has one: the VLAN below, or a guest's interface.
fn bridged(world: &World, node: NodeAt, id: u16) -> bool {
    let carried = world.nodes.get(node).is_some_and(|n| n.active_port(1).is_some());
    carried || (0..world.guests.len()).any(|g| world.runs_on(g) == Some(node) && bridge_of(g) == format!("br{id}"))
}

fn port(n: &Node, node: NodeAt, at: usize) -> Value {
    let Some(p) = n.ports.get(at).copied() else { return Value::Null };
    let (up, failures) = (p.up(), p.failures);
    let bond = at % 2;
    let role = if n.active_port(bond) == Some(at) { "ACTIVE" } else { "BACKUP" };
    json!({
        "ifindex": at + 2, "ifname": format!("eth{at}"), "flags": port_flags(p), "mtu": 1500, "qdisc": "mq",
        "master": format!("bond{bond}"), "operstate": state(up), "link_type": "ether", "address": mac(node, bond),
        "permaddr": mac(node, at), "parentbus": "pci", "parentdev": format!("0000:01:00.{at}"),
        "linkinfo": {"info_slave_kind": "bond", "info_slave_data": {
            "state": role, "mii_status": state(up), "link_failure_count": failures, "perm_hwaddr": mac(node, at), "queue_id": 0}},
        "stats64": stats(node, at),
    })
}

fn stats(node: NodeAt, at: usize) -> Value {
    let side = |bytes: usize| json!({"bytes": bytes, "packets": bytes / 900, "errors": 0, "dropped": 0});
    json!({"rx": side(81_226_112 * (node + 1) + at), "tx": side(61_120_512 * (at + 1))})
}

fn bond(n: &Node, node: NodeAt, at: usize) -> Value {
    let active = n.active_port(at);
    let mut value = json!({
        "ifindex": 10 + at, "ifname": format!("bond{at}"), "flags": flags(active.is_some(), "MASTER"), "mtu": 1500, "qdisc": "noqueue",
        "operstate": state(active.is_some()), "link_type": "ether", "address": mac(node, at),
        "linkinfo": {"info_kind": "bond", "info_data": {"mode": "active-backup", "miimon": 100, "updelay": 0, "downdelay": 0}},
        "stats64": stats(node, 10 + at),
    });
    if let Some(active) = active {
        value["linkinfo"]["info_data"]["active_slave"] = json!(format!("eth{active}"));
    }
    value
}

fn vlan(node: NodeAt, id: u16, up: bool) -> Value {
    json!({
        "ifindex": 20 + id, "link": "bond1", "ifname": format!("bond1.{id}"), "flags": flags(up, ""), "mtu": 1500, "qdisc": "noqueue",
        "master": format!("br{id}"), "operstate": lower_state(up), "link_type": "ether", "address": mac(node, 1),
        "linkinfo": {"info_kind": "vlan", "info_data": {"protocol": "802.1Q", "id": id}, "info_slave_kind": "bridge",
            "info_slave_data": {"state": "forwarding"}},
    })
}

fn bridge(node: NodeAt, id: u16, up: bool) -> Value {
    json!({
        "ifindex": 30 + id, "ifname": format!("br{id}"), "flags": flags(up, ""), "mtu": 1500, "qdisc": "noqueue",
        "operstate": state(up), "link_type": "ether", "address": mac(node, usize::from(id) + 16),
        "linkinfo": {"info_kind": "bridge", "info_data": {"forward_delay": 0, "stp_state": 0, "vlan_filtering": 0}},
    })
}

/// A guest's own interface, on the bridge of its service network.
fn tap(node: NodeAt, guest: usize) -> Value {
    json!({
        "ifindex": 100 + guest, "ifname": format!("vnet{guest}"), "flags": flags(true, ""), "mtu": 1500, "qdisc": "fq_codel",
        "master": bridge_of(guest), "operstate": "UNKNOWN", "link_type": "ether",
        "address": format!("fe:54:00:aa:{:02x}:{guest:02x}", node + 1),
        "linkinfo": {"info_kind": "tun", "info_data": {"type": "tap"}, "info_slave_kind": "bridge", "info_slave_data": {"state": "forwarding"}},
    })
}

/// `ip -d -s link` and `ip -o addr` of an iproute2 without JSON.
fn plain(world: &World, node: NodeAt, n: &Node) -> String {
    let mut out = String::from(
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN \n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n",
    );
    for link in all(world, node, n) {
        let _ = writeln!(out, "{} qlen 1000", link.line());
        let _ = writeln!(out, "    link/ether {} brd ff:ff:ff:ff:ff:ff", mac(node, link.index));
        if let Some((_, id)) = link.name.split_once('@').and_then(|(name, _)| name.split_once('.')) {
            let _ = writeln!(out, "    vlan id {id} <REORDER_HDR> ");
        } else if link.name.starts_with("br") {
            out.push_str("    bridge \n");
        }
    }
    let _ = write!(
        out,
        "\n@@quorate addresses\n1: lo    inet 127.0.0.1/8 scope host lo\n10: bond0    inet 172.18.18.{0}/24 brd 172.18.18.255 scope global bond0\n31: br1    inet 192.0.2.{0}/24 brd 192.0.2.255 scope global br1\n\n@@quorate devices\neth0\neth1\neth2\neth3\n",
        11 + node,
    );
    out
}

/// `ip -d -j -s link`, `ip -j addr`, and which have a device.
pub fn links(world: &World, node: NodeAt) -> String {
    let Some(n) = world.nodes.get(node) else { return String::new() };
    if world.manager == Manager::Rgmanager {
        return plain(world, node, n);
    }
    let mut all = vec![json!({
        "ifindex": 1, "ifname": "lo", "flags": ["LOOPBACK", "UP", "LOWER_UP"], "mtu": 65536, "qdisc": "noqueue", "operstate": "UNKNOWN",
        "link_type": "loopback", "address": "00:00:00:00:00:00",
    })];
    all.extend((0..4).map(|at| port(n, node, at)));
    all.extend((0..2).map(|at| bond(n, node, at)));
    let carried = n.active_port(1).is_some();
    all.extend(VLANS.iter().map(|id| vlan(node, *id, carried)));
    all.extend(VLANS.iter().map(|id| bridge(node, *id, bridged(world, node, *id))));
    all.extend((0..world.guests.len()).filter(|g| world.runs_on(*g) == Some(node)).map(|g| tap(node, g)));
    let address = |name: &str, local: String, length: u8| json!({"ifname": name, "addr_info": [{"family": "inet", "local": local, "prefixlen": length, "scope": "global"}]});
    let addresses = json!([
        address("lo", "127.0.0.1".to_owned(), 8),
        address("bond0", format!("172.18.18.{}", 11 + node), 24),
        address("br1", format!("192.0.2.{}", 11 + node), 24),
    ]);
    format!("{}\n\n@@quorate addresses\n{addresses}\n\n@@quorate devices\neth0\neth1\neth2\neth3\n", Value::Array(all))
}

/// `/proc/net/bonding/*`.
pub fn bonding(world: &World, node: NodeAt) -> String {
    let Some(n) = world.nodes.get(node) else { return String::new() };
    let mut out = String::new();
    for bond in 0..2 {
        let active = n.active_port(bond);
        let _ = write!(
            out,
            "@@quorate bond /proc/net/bonding/bond{bond}\nEthernet Channel Bonding Driver: v6.1.0-28-amd64\n\nBonding Mode: fault-tolerance (active-backup)\nPrimary Slave: None\nCurrently Active Slave: {}\nMII Status: {}\nMII Polling Interval (ms): 100\nUp Delay (ms): 0\nDown Delay (ms): 0\nPeer Notification Delay (ms): 0\n",
            active.map_or_else(|| "None".to_owned(), |a| format!("eth{a}")),
            if active.is_some() { "up" } else { "down" },
        );
        for at in [bond, bond + 2] {
            let (up, failures) = n.ports.get(at).map_or((false, 0), |p| (p.up(), p.failures));
            let (mii, speed, duplex) = if up { ("up", "1000 Mbps", "full") } else { ("down", "Unknown", "Unknown") };
            let _ = write!(
                out,
                "\nSlave Interface: eth{at}\nMII Status: {mii}\nSpeed: {speed}\nDuplex: {duplex}\nLink Failure Count: {failures}\nPermanent HW addr: {}\nSlave queue ID: 0\n",
                mac(node, at),
            );
        }
        out.push('\n');
    }
    out
}

/// Speeds, from sysfs.
pub fn speeds(world: &World, node: NodeAt) -> String {
    let Some(n) = world.nodes.get(node) else { return String::new() };
    let mut out = String::new();
    for (at, port) in n.ports.iter().enumerate() {
        let (speed, duplex) = match (port.enabled, port.plugged) {
            (true, true) => ("1000", "full"),
            (true, false) => ("-1", "unknown"),
            // Reading it is an error.
            (false, _) => ("", ""),
        };
        let _ = write!(out, "@@quorate link eth{at}\n{speed}\n{duplex}\n");
    }
    out
}

/// An interface as `ip -o link` and `ip monitor` print it.
struct Link {
    index: usize,
    name: String,
    flags: Vec<&'static str>,
    qdisc: &'static str,
    master: String,
    state: &'static str,
}

impl Link {
    fn line(&self) -> String {
        let master = if self.master.is_empty() { String::new() } else { format!(" master {}", self.master) };
        format!("{}: {}: <{}> mtu 1500 qdisc {}{master} state {}", self.index, self.name, self.flags.join(","), self.qdisc, self.state)
    }
}

/// Ports, bonds, VLANs and bridges.
fn all(world: &World, node: NodeAt, n: &Node) -> Vec<Link> {
    let link = |index: usize, name: String, flags, qdisc, master: String, state| Link { index, name, flags, qdisc, master, state };
    let mut all = Vec::new();
    for (at, p) in n.ports.iter().enumerate() {
        all.push(link(at + 2, format!("eth{at}"), port_flags(*p), "mq", format!("bond{}", at % 2), state(p.up())));
    }
    for bond in 0..2 {
        let up = n.active_port(bond).is_some();
        all.push(link(10 + bond, format!("bond{bond}"), flags(up, "MASTER"), "noqueue", String::new(), state(up)));
    }
    let carried = n.active_port(1).is_some();
    for id in VLANS {
        let (at, br, up) = (usize::from(id), format!("br{id}"), bridged(world, node, id));
        all.push(link(20 + at, format!("bond1.{id}@bond1"), flags(carried, ""), "noqueue", br.clone(), lower_state(carried)));
        all.push(link(30 + at, br, flags(up, ""), "noqueue", String::new(), state(up)));
    }
    all
}

/// Whether a node has an interface of this name.
pub fn has(world: &World, node: NodeAt, name: &str) -> bool {
    let Some(n) = world.nodes.get(node) else { return false };
    name == "lo" || all(world, node, n).iter().any(|l| l.name.split('@').next() == Some(name))
}

/// A line for each interface, as `ip -o link` and `ip monitor` print it.
pub fn lines(world: &World, node: NodeAt) -> Vec<String> {
    world.nodes.get(node).map(|n| all(world, node, n).iter().map(Link::line).collect()).unwrap_or_default()
}

/// `ip -o link`: what a stream of changes begins with.
pub fn listing(world: &World, node: NodeAt) -> String {
    lines(world, node).into_iter().fold(String::new(), |out, line| out + &line + "\n")
}

/// What `ip link` and `ip addr` print of the whole.
pub fn parts(world: &World, node: NodeAt) -> (String, String) {
    let whole = links(world, node);
    let (links, rest) = whole.split_once("\n@@quorate addresses\n").unwrap_or((&whole, ""));
    let addresses = rest.split("\n@@quorate").next().unwrap_or_default();
    (links.to_owned(), addresses.to_owned())
}
