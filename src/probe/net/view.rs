//! One picture out of what `ip` prints of links and addresses, as JSON or as text.

use std::collections::HashMap;

use super::old::Below;
use super::{ip_json, ip_text};
use crate::domain::observation::Trouble;
use crate::domain::observation::net::{NetView, Nic};
use crate::probe::Raw;
use crate::probe::parts::{filled, sections};

/// iproute2 before 4.14 has no JSON and says so on stderr alone; that of RHEL 5 knows no `-d` either, and busybox's ip no options at all.
/// What they leave out is in /proc/net/vlan, sysfs and brctl's list. Which interfaces have a device is in sysfs for kernels and iproute2
/// that do not report it (before 5.14).
pub const SCRIPT: &str = r#"# quorate: interfaces and addresses
exec </dev/null
if ip -d -j -s link 2>/dev/null; then
    echo; echo '@@quorate addresses'; ip -j addr 2>/dev/null
else
    ip -d -s link 2>/dev/null || ip -s link 2>/dev/null || ip link || status=$?
    echo; echo '@@quorate addresses'; ip -o addr 2>/dev/null || ip addr 2>/dev/null
    echo; echo '@@quorate vlans'; cat /proc/net/vlan/config 2>/dev/null
    echo; echo '@@quorate kinds'
    for d in /sys/class/net/*; do
        [ -d "$d/bonding" ] && echo "bond ${d##*/}"
        [ -d "$d/bridge" ] || continue
        echo "bridge ${d##*/}"
        for p in "$d"/brif/*; do [ -e "$p" ] && echo "port ${p##*/} ${d##*/}"; done
    done
    echo '@@quorate bridges'; brctl show 2>/dev/null
fi
echo; echo '@@quorate devices'
for d in /sys/class/net/*/device; do
    [ -e "$d" ] && { d=${d%/device}; echo "${d##*/}"; }
done
exit ${status:-0}
"#;

/// Reads links and addresses. What one part says of an interface is added to what another said.
pub fn parse(raw: Raw<'_>, text: &str) -> Result<NetView, Trouble> {
    let mut all = Links::default();
    let mut devices = Vec::new();
    let mut below = Below::default();
    let mut first_error = None;
    for (name, body) in sections(text) {
        if name == "devices" {
            devices = body.lines().filter_map(filled).collect();
            continue;
        }
        if below.read(name, body) {
            continue;
        }
        let read = if body.trim_start().starts_with(['[', '{']) { ip_json::parse(raw, body) } else { Ok(ip_text::parse(body)) };
        match read {
            Ok(links) => links.into_iter().for_each(|nic| all.add(nic)),
            Err(trouble) => first_error = first_error.or(Some(trouble)),
        }
    }
    if all.links.is_empty() {
        return Err(match first_error {
            Some(trouble) => trouble,
            None if raw.code != 0 || text.trim().is_empty() => raw.refusal(),
            None => raw.garbled("line 1 on: no interface"),
        });
    }
    if all.links.iter().all(|l| !l.device) {
        all.links.iter_mut().for_each(|l| l.device = devices.contains(&l.name));
    }
    below.complete(&mut all.links);
    all.resolve_active_ports();
    Ok(NetView { links: all.links })
}

#[derive(Default)]
struct Links {
    links: Vec<Nic>,
    places: HashMap<String, usize>,
}

impl Links {
    fn add(&mut self, nic: Nic) {
        let Some(known) = self.places.get(&nic.name).and_then(|at| self.links.get_mut(*at)) else {
            self.places.insert(nic.name.clone(), self.links.len());
            self.links.push(nic);
            return;
        };
        for address in nic.addresses {
            if !known.addresses.contains(&address) {
                known.addresses.push(address);
            }
        }
    }

    /// Some versions of ip print the active port of a bond as its index.
    fn resolve_active_ports(&mut self) {
        let names: HashMap<u32, String> = self.links.iter().filter_map(|l| Some((l.index?, l.name.clone()))).collect();
        for bond in self.links.iter_mut().filter_map(|l| l.bond.as_mut()) {
            let Some(active) = &bond.active_port else { continue };
            if self.places.contains_key(active) {
                continue;
            }
            if let Some(name) = active.parse().ok().and_then(|index| names.get(&index)) {
                bond.active_port = Some(name.clone());
            }
        }
    }
}

/// Modes of a bond by number and in the words of /proc, with the kernel's short names.
const MODES: [(&str, &str, &str); 7] = [
    ("0", "balance-rr", "load balancing (round-robin)"),
    ("1", "active-backup", "fault-tolerance (active-backup)"),
    ("2", "balance-xor", "load balancing (xor)"),
    ("3", "broadcast", "fault-tolerance (broadcast)"),
    ("4", "802.3ad", "IEEE 802.3ad Dynamic link aggregation"),
    ("5", "balance-tlb", "transmit load balancing"),
    ("6", "balance-alb", "adaptive load balancing"),
];

/// The kernel's short name of a bond's mode; what is not known stays as it was said.
pub fn mode(said: &str) -> String {
    let said = said.trim();
    let found = MODES.iter().find(|(n, name, words)| said == *n || said == *name || said.starts_with(words));
    found.map_or_else(|| filled(said).unwrap_or_default(), |(_, name, _)| (*name).to_owned())
}

/// MII state of a port: one that is only suspected to go down still carries traffic, one that comes back does not yet.
pub fn mii_up(said: &str) -> Option<bool> {
    match said.trim().to_lowercase().replace(' ', "_").as_str() {
        "up" | "going_down" | "fail" => Some(true),
        "down" | "going_back" | "back" => Some(false),
        _ => None,
    }
}

/// Carrier by the flags of an interface; an interface that is down has none that could be known.
pub fn carrier<'a>(mut flags: impl Iterator<Item = &'a str> + Clone) -> Option<bool> {
    if flags.clone().any(|f| f == "LOWER_UP") {
        return Some(true);
    }
    flags.any(|f| f == "NO-CARRIER" || f == "UP").then_some(false)
}

/// Whether the `link` of an interface is what it stands on (a VLAN, a macvlan), rather than the other end of a pair.
pub fn stands_on(kind: Option<&str>) -> bool {
    kind != Some("veth")
}
