//! `ip -d -s link` and `ip addr` as text: iproute2 without JSON, and busybox.

use super::view::{carrier, mii_up, mode, stands_on};
use crate::domain::observation::net::{BondPort, BondRow, Nic};
use crate::domain::text::clean;

/// Kinds that ip names as the first word of a detail line.
const KINDS: [&str; 19] = [
    "bond",
    "bridge",
    "vlan",
    "veth",
    "tun",
    "macvlan",
    "macvtap",
    "vxlan",
    "dummy",
    "ipvlan",
    "gre",
    "gretap",
    "ipip",
    "sit",
    "vrf",
    "team",
    "ifb",
    "wireguard",
    "openvswitch",
];

/// Reads the interfaces; with `-o` the lines of one are joined by backslashes.
pub fn parse(text: &str) -> Vec<Nic> {
    let mut links: Vec<Nic> = Vec::new();
    let mut counting = Counting::Nothing;
    for line in text.lines().flat_map(|l| l.split("\\ ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(nic) = heading(line, &words) {
            links.push(nic);
            counting = Counting::Nothing;
        } else if let Some(nic) = links.last_mut() {
            counting = detail(nic, &words, counting);
        }
    }
    for nic in &mut links {
        let keep = stands_on(nic.kind.as_deref());
        nic.lower = nic.lower.take().filter(|_| keep);
        if let Some(bond) = &mut nic.bond {
            bond.mii_up = nic.carrier;
        }
    }
    links
}

/// What the line of numbers below counts.
#[derive(Clone, Copy)]
enum Counting {
    Nothing,
    Received,
    Sent,
}

/// `5: bond0.100@bond0: <BROADCAST,UP> mtu 1500 ... master br0 state UP ...`; `ip -o addr` has no flags and no colon
/// behind the name: `2: eth0    inet 10.0.0.1/24 ...`.
fn heading(line: &str, words: &[&str]) -> Option<Nic> {
    if line.starts_with(' ') {
        return None;
    }
    let (index, name) = (words.first()?.strip_suffix(':')?.parse().ok()?, words.get(1)?);
    let (name, lower) = name.trim_end_matches(':').split_once('@').map_or((name.trim_end_matches(':'), None), |(n, l)| (n, Some(l)));
    let flags = words.get(2).and_then(|f| f.strip_prefix('<')?.strip_suffix('>'));
    let mut nic = Nic { index: Some(index), name: clean(name), ..Nic::default() };
    match flags {
        Some(flags) => {
            let flags = flags.split(',');
            nic.carrier = carrier(flags.clone());
            nic.admin_up = flags.clone().any(|f| f == "UP");
            nic.loopback = flags.clone().any(|f| f == "LOOPBACK");
            // Without `-d` a bond tells itself by this flag alone. (A VRF has it too, and resolves no addresses.)
            let master = flags.clone().any(|f| f == "MASTER") && !flags.clone().any(|f| f == "NOARP");
            nic.kind = master.then(|| "bond".to_owned());
        }
        None if !matches!(words.get(2), Some(&("inet" | "inet6"))) => return None,
        None => nic.addresses.extend(words.get(3).map(|a| clean(a))),
    }
    nic.lower = lower.filter(|l| *l != "NONE" && !l.starts_with("if")).map(clean);
    nic.master = after(words, "master").map(clean);
    nic.mtu = after(words, "mtu").and_then(|m| m.parse().ok());
    // iproute2 of RHEL 5 prints no state.
    let by_carrier = || nic.carrier.map(|up| if up { "UP" } else { "DOWN" }).unwrap_or_default().to_owned();
    nic.operstate = after(words, "state").map_or_else(by_carrier, clean);
    Some(nic)
}

/// The word behind a keyword.
fn after<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    let at = words.iter().position(|w| *w == key)?;
    words.get(at + 1).copied()
}

fn detail(nic: &mut Nic, words: &[&str], counting: Counting) -> Counting {
    match words.first() {
        Some(&"RX:") => return Counting::Received,
        Some(&"TX:") => return Counting::Sent,
        Some(first) if first.bytes().all(|b| b.is_ascii_digit()) => count(nic, words, counting),
        Some(link) if link.starts_with("link/") => {
            nic.loopback |= *link == "link/loopback";
            nic.address = words.get(1).filter(|a| a.contains(':') || a.contains('.')).map(|a| clean(a));
            nic.device |= words.contains(&"parentdev") || words.contains(&"parentbus");
        }
        Some(&("inet" | "inet6")) => nic.addresses.extend(words.get(1).map(|a| clean(a))),
        Some(&"bond_slave") => nic.port = Some(port(&nic.name, words)),
        Some(kind) if KINDS.contains(kind) => kind_line(nic, kind, words),
        _ => {}
    }
    Counting::Nothing
}

fn count(nic: &mut Nic, words: &[&str], counting: Counting) {
    let number = |n: usize| words.get(n).and_then(|w| w.parse::<u64>().ok());
    let (Some(bytes), Some(errors)) = (number(0), number(2)) else {
        return;
    };
    match counting {
        Counting::Received => (nic.bytes, nic.errors) = (Some((bytes, 0)), Some((errors, 0))),
        Counting::Sent => {
            nic.bytes = nic.bytes.map(|(received, _)| (received, bytes));
            nic.errors = nic.errors.map(|(received, _)| (received, errors));
        }
        Counting::Nothing => {}
    }
}

fn kind_line(nic: &mut Nic, kind: &str, words: &[&str]) {
    nic.kind = Some(kind.to_owned());
    match kind {
        "vlan" => nic.vlan = after(words, "id").and_then(|id| id.parse().ok()),
        "bond" => {
            nic.bond = Some(BondRow {
                name: nic.name.clone(),
                mode: after(words, "mode").map(mode).unwrap_or_default(),
                active_port: after(words, "active_slave").filter(|a| *a != "none").map(clean),
                miimon: after(words, "miimon").and_then(|m| m.parse().ok()),
                partner: after(words, "ad_partner_mac").or_else(|| after(words, "partner_mac")).map(clean),
                ..BondRow::default()
            });
        }
        _ => {}
    }
}

fn port(name: &str, words: &[&str]) -> BondPort {
    let rest: Vec<&str> = words.iter().copied().take_while(|w| *w != "addrgenmode").collect();
    BondPort {
        name: name.to_owned(),
        state: after(&rest, "state").map(clean),
        mii_up: after(&rest, "mii_status").and_then(mii_up),
        failures: after(&rest, "link_failure_count").and_then(|n| n.parse().ok()),
        aggregator: after(&rest, "ad_aggregator_id").and_then(|n| n.parse().ok()),
        ..BondPort::default()
    }
}
