//! What an `ip` without JSON leaves out: VLAN ids from /proc/net/vlan/config, bridges from sysfs and `brctl show` (bridge-utils 1.1).

use super::super::parts::filled;
use crate::domain::observation::net::Nic;

/// Reads `vlans`, `kinds` and `bridges` (the marked parts of the script) and adds what they say to the interfaces. What `ip` said itself stands.
#[derive(Debug, Default)]
pub struct Below {
    kinds: Vec<(String, &'static str)>,
    /// (port, bridge).
    ports: Vec<(String, String)>,
    /// (name, id, what it stands on).
    vlans: Vec<(String, u16, Option<String>)>,
}

impl Below {
    /// Takes a marked part in, if it is one of these.
    pub fn read(&mut self, part: &str, text: &str) -> bool {
        match part {
            "vlans" => self.vlans.extend(text.lines().filter_map(vlan)),
            "kinds" => text.lines().for_each(|line| self.kind(line)),
            "bridges" => self.bridges(text),
            _ => return false,
        }
        true
    }

    /// `bond bond0`, `bridge br0`, `port eth0 br0`: what the script saw in sysfs.
    fn kind(&mut self, line: &str) {
        match *line.split_whitespace().collect::<Vec<_>>() {
            ["bond", name] => self.kinds.extend(filled(name).map(|n| (n, "bond"))),
            ["bridge", name] => self.kinds.extend(filled(name).map(|n| (n, "bridge"))),
            ["port", port, bridge] => self.ports.extend(filled(port).zip(filled(bridge))),
            _ => {}
        }
    }

    /// A line for each bridge: name, id, STP, first port; a line of its own, indented, for each further port.
    fn bridges(&mut self, text: &str) {
        let mut bridge: Option<String> = None;
        for line in text.lines().filter(|l| !l.starts_with("bridge name")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let port = match (line.starts_with(char::is_whitespace), words.as_slice()) {
                (true, [port]) => Some(*port),
                (false, [name, id, _, rest @ ..]) if id.contains('.') => {
                    bridge = filled(name);
                    self.kinds.extend(bridge.clone().map(|n| (n, "bridge")));
                    rest.first().copied()
                }
                _ => None,
            };
            self.ports.extend(port.and_then(filled).zip(bridge.clone()));
        }
    }

    /// Adds it.
    pub fn complete(&self, links: &mut [Nic]) {
        for link in links {
            let may_be_vlan = link.kind.as_deref().is_none_or(|kind| kind == "vlan");
            if let Some((_, id, lower)) = self.vlans.iter().find(|(name, ..)| may_be_vlan && *name == link.name) {
                link.vlan = link.vlan.or(Some(*id));
                link.lower = link.lower.take().or_else(|| lower.clone());
                link.kind = Some("vlan".to_owned());
            }
            if let Some((_, kind)) = self.kinds.iter().find(|(name, _)| *name == link.name) {
                link.kind = link.kind.take().or_else(|| Some((*kind).to_owned()));
            }
            if let Some((_, bridge)) = self.ports.iter().find(|(name, _)| *name == link.name) {
                link.master = link.master.take().or_else(|| Some(bridge.clone()));
            }
        }
    }
}

/// `bond0.100      | 100  | bond0`.
fn vlan(line: &str) -> Option<(String, u16, Option<String>)> {
    let mut fields = line.split('|').map(str::trim);
    let (name, id, lower) = (fields.next()?, fields.next()?, fields.next()?);
    Some((filled(name)?, id.parse().ok()?, filled(lower)))
}
