//! `ip -d -j -s link` and `ip -j addr` (iproute2 4.14 and later).

use std::fmt::Write as _;

use serde_json::Value;

use super::view::{carrier, mii_up, mode, stands_on};
use crate::domain::observation::Trouble;
use crate::domain::observation::net::{BondPort, BondRow, Nic};
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::{first_json, number_of, small_of, text_of};

/// Reads the interfaces. Empty objects, which some versions print for what they leave out, are passed over.
pub fn parse(raw: Raw<'_>, text: &str) -> Result<Vec<Nic>, Trouble> {
    // If it still cannot be read, the complaint is about what was printed.
    let value = first_json(raw, text).or_else(|trouble| first_json(raw, &mended(text)).map_err(|_| trouble))?;
    let Value::Array(rows) = value else {
        return Err(raw.garbled("the JSON is not a list of interfaces"));
    };
    let links: Vec<Nic> = rows.iter().filter_map(nic).collect();
    if links.is_empty() && !rows.is_empty() {
        return Err(raw.garbled("no entry of the JSON has an ifname"));
    }
    Ok(links)
}

/// The JSON that was meant: iproute2 before 6.1 puts a backslash before an apostrophe, and each one prints most control characters
/// within a name or an alias as they are.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut within = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if within => match chars.next() {
                Some('\'') => out.push('\''),
                Some(escaped) => out.extend([c, escaped]),
                None => out.push(c),
            },
            _ if within && c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => {
                within ^= c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn nic(value: &Value) -> Option<Nic> {
    let name = text_of(value, "ifname")?;
    let info = value.get("linkinfo").unwrap_or(&Value::Null);
    let data = info.get("info_data").unwrap_or(&Value::Null);
    let kind = text_of(info, "info_kind");
    let flags: Vec<&str> = value.get("flags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let lower = text_of(value, "link").filter(|_| stands_on(kind.as_deref()));
    let carrier = carrier(flags.iter().copied());
    let port = text_of(info, "info_slave_kind").filter(|k| k == "bond").map(|_| port(&name, info));
    Some(Nic {
        index: small_of(value, "ifindex"),
        master: text_of(value, "master"),
        lower,
        vlan: number_of(data, "id").filter(|_| kind.as_deref() == Some("vlan")).and_then(|id| u16::try_from(id).ok()),
        operstate: text_of(value, "operstate").unwrap_or_default(),
        carrier,
        admin_up: flags.contains(&"UP"),
        loopback: flags.contains(&"LOOPBACK"),
        address: text_of(value, "address"),
        mtu: small_of(value, "mtu"),
        device: value.get("parentdev").or_else(|| value.get("parentbus")).is_some(),
        addresses: addresses(value),
        bytes: counters(value, "bytes"),
        errors: counters(value, "errors"),
        bond: (kind.as_deref() == Some("bond")).then(|| bond(&name, data, carrier)),
        port,
        kind,
        name,
    })
}

fn addresses(value: &Value) -> Vec<String> {
    let all = value.get("addr_info").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|a| {
        let local = text_of(a, "local")?;
        Some(number_of(a, "prefixlen").map_or_else(|| local.clone(), |length| format!("{local}/{length}")))
    })
    .collect()
}

fn counters(value: &Value, key: &str) -> Option<(u64, u64)> {
    let stats = value.get("stats64").or_else(|| value.get("stats"))?;
    Some((number_of(stats.get("rx")?, key)?, number_of(stats.get("tx")?, key)?))
}

/// `ip` does not print the bond's own MII state: its carrier is the same thing (bonding.rst).
fn bond(name: &str, data: &Value, carrier: Option<bool>) -> BondRow {
    BondRow {
        name: name.to_owned(),
        mode: text_of(data, "mode").map(|m| mode(&m)).unwrap_or_default(),
        active_port: text_of(data, "active_slave").filter(|a| !matches!(a.as_str(), "none" | "None" | "0")),
        mii_up: carrier,
        miimon: small_of(data, "miimon"),
        partner: data.get("ad_info").and_then(|ad| text_of(ad, "partner_mac")).map(|mac| clean(&mac)),
        ports: Vec::new(),
    }
}

fn port(name: &str, info: &Value) -> BondPort {
    let data = info.get("info_slave_data").unwrap_or(&Value::Null);
    BondPort {
        name: name.to_owned(),
        state: text_of(data, "state"),
        mii_up: text_of(data, "mii_status").and_then(|s| mii_up(&s)),
        failures: number_of(data, "link_failure_count"),
        aggregator: small_of(data, "ad_aggregator_id"),
        ..BondPort::default()
    }
}
