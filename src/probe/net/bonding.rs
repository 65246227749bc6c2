//! /proc/net/bonding: a file for each bond, without the bond's name in it.

use super::view::{mii_up, mode};
use crate::domain::observation::Trouble;
use crate::domain::observation::net::{BondPort, BondRow};
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::{filled, sections};

/// Each file below its name, whoever lists the folder. Without bonds, or without the driver, nothing.
pub const SCRIPT: &str = r#"# quorate: /proc/net/bonding
exec </dev/null
show() { echo "@@quorate bond $1"; cat "$1" 2>/dev/null; echo; }
b=
for b in $(ls /proc/net/bonding 2>/dev/null); do show "/proc/net/bonding/$b"; done
[ -n "$b" ] || for f in /proc/net/bonding/*; do show "$f"; done
exit 0
"#;

const BEGIN: &str = "Ethernet Channel Bonding Driver";

/// Reads the files. A file that came without its name gives a bond with an empty one.
pub fn parse(raw: Raw<'_>, text: &str) -> Result<Vec<BondRow>, Trouble> {
    let mut bonds = Vec::new();
    let mut unread = None;
    for (mark, body) in sections(text) {
        let path = mark.strip_prefix("bond ").unwrap_or_default();
        let name = path.rsplit('/').next().filter(|n| *n != "*").and_then(filled).unwrap_or_default();
        let before = bonds.len();
        for file in body.split(BEGIN).skip(1) {
            bonds.push(read_file(&name, file));
        }
        if bonds.len() == before && !body.trim().is_empty() {
            unread = unread.or(Some(if name.is_empty() { "line 1".to_owned() } else { name }));
        }
    }
    let missing = raw.stdout.trim_ascii().is_empty() && raw.stderr.windows(12).any(|w| w == b"No such file");
    match unread {
        Some(_) if !bonds.is_empty() => Ok(bonds),
        Some(place) => Err(raw.garbled(&format!("{place} is no '{BEGIN}'"))),
        None if raw.code != 0 && bonds.is_empty() && !missing => Err(raw.refusal()),
        None => Ok(bonds),
    }
}

fn read_file(name: &str, text: &str) -> BondRow {
    let mut bond = BondRow { name: name.to_owned(), ..BondRow::default() };
    let mut part = Part::Bond;
    for line in text.lines().skip(1) {
        let Some((key, value)) = line.split_once(':') else {
            part = part.entered(line);
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if matches!(key, "Slave Interface" | "Port Interface") {
            bond.ports.push(BondPort { name: clean(value), ..BondPort::default() });
            part = Part::Port;
            continue;
        }
        part = part.entered(line);
        match bond.ports.last_mut() {
            Some(port) => port_line(port, key, value, part),
            None => bond_line(&mut bond, key, value),
        }
    }
    bond
}

/// Where in a file a line stands: the same key means the partner in one place and ourselves in another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Bond,
    Port,
    Actor,
    Partner,
}

impl Part {
    fn entered(self, line: &str) -> Self {
        match line.trim() {
            "details actor lacp pdu:" => Self::Actor,
            "details partner lacp pdu:" => Self::Partner,
            _ => self,
        }
    }
}

fn bond_line(bond: &mut BondRow, key: &str, value: &str) {
    match key {
        "Bonding Mode" => bond.mode = mode(value),
        "Currently Active Slave" | "Currently Active Port" => bond.active_port = filled(value).filter(|v| v != "None"),
        "MII Status" => bond.mii_up = mii_up(value),
        "MII Polling Interval (ms)" => bond.miimon = value.parse().ok(),
        "Partner Mac Address" => bond.partner = filled(value),
        _ => {}
    }
}

fn port_line(port: &mut BondPort, key: &str, value: &str, part: Part) {
    match key {
        "MII Status" => port.mii_up = mii_up(value),
        "Speed" => port.speed_mbps = value.strip_suffix("Mbps").and_then(|n| n.trim().parse().ok()).filter(|n| super::speeds::is_known(*n)),
        "Duplex" => port.duplex = filled(value).filter(|d| matches!(d.as_str(), "full" | "half")),
        "Link Failure Count" => port.failures = value.parse().ok(),
        "Aggregator ID" => port.aggregator = value.parse().ok(),
        "system mac address" if part == Part::Partner => port.partner = filled(value),
        _ => {}
    }
}
