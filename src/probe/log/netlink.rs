//! Output of `ip -ts -o monitor link address` (iproute2), after a listing of what there is.

use std::collections::{BTreeMap, BTreeSet};

use super::time::{self, Calendar};
use crate::domain::event::{Severity, Source};
use crate::domain::observation::Question;
use crate::domain::observation::log::{LogLine, StreamItem};
use crate::domain::stamp::Stamp;
use crate::domain::text;

/// Most interfaces and addresses that are remembered.
const MOST: usize = 16_384;
const CHANGED: [Question; 2] = [Question::Net, Question::Bonding];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Interface {
    up: bool,
    admin: bool,
    /// The whole line: what else may have changed.
    line: String,
}

/// Last known state, to tell changes from repetitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Netlink {
    links: BTreeMap<String, Interface>,
    addresses: BTreeSet<(String, String)>,
    /// The listing at the start, until it is complete.
    listing: Option<(BTreeMap<String, Interface>, BTreeSet<(String, String)>)>,
    /// A listing was complete before: differences are events.
    known: bool,
}

impl Netlink {
    /// What is known for sure, without a listing that is under way.
    pub(super) fn settled(&self) -> Self {
        Self { listing: None, ..self.clone() }
    }

    /// One line.
    pub(super) fn line(&mut self, line: &str, calendar: &mut Calendar, out: &mut Vec<StreamItem>) {
        match line.split_once(' ') {
            Some(("@zone", zone)) => {
                calendar.utc_offset = time::zone(zone).unwrap_or(calendar.utc_offset);
                self.listing = Some(Default::default());
            }
            None if line == "@live" => self.listed(out),
            _ => self.message(line, *calendar, out),
        }
    }

    fn message(&mut self, line: &str, calendar: Calendar, out: &mut Vec<StreamItem>) {
        let (at, rest) = stamped(line, calendar);
        let rest = rest.strip_prefix("[LINK]").or_else(|| rest.strip_prefix("[ADDR]")).unwrap_or(rest);
        let (deleted, rest) = rest.strip_prefix("Deleted ").map_or((false, rest), |r| (true, r));
        let Some((index, rest)) = rest.split_once(": ") else { return };
        if !index.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        let name = rest.split([' ', ':', '@']).next().unwrap_or_default();
        if name.is_empty() {
            return;
        }
        let name = text::clean(name);
        if let Some((_, flags)) = rest.split_once('<') {
            let flags: Vec<&str> = flags.split('>').next().unwrap_or_default().split(',').collect();
            let has = |flag| flags.contains(&flag);
            let link = Interface { up: has("UP") && has("LOWER_UP"), admin: has("UP"), line: rest.to_owned() };
            self.link(at, name, (!deleted).then_some(link), out);
        } else if let Some(address) = address(rest) {
            self.address(at, name, address, deleted, out);
        }
    }

    fn link(&mut self, at: Option<Stamp>, name: String, link: Option<Interface>, out: &mut Vec<StreamItem>) {
        if let Some((links, _)) = &mut self.listing {
            if let Some(link) = link.filter(|_| links.len() < MOST) {
                links.insert(name, link);
            }
            return;
        }
        let old = self.links.get(&name);
        if old == link.as_ref() {
            return;
        }
        let words = match (old, &link) {
            (Some(_), None) => Some("interface removed"),
            (None, Some(new)) => Some(if new.up { "interface added, link up" } else { "interface added" }),
            (Some(old), Some(new)) if old.up != new.up => Some(match (new.up, new.admin) {
                (true, _) => "link up",
                (false, true) => "link down",
                (false, false) => "link down (switched off)",
            }),
            _ => None,
        };
        let item = match words {
            Some(words) => {
                let severity = if link_matters(&name) { severity(words) } else { Severity::Info };
                event(at, severity, &name, words)
            }
            None => StreamItem::Stale(CHANGED.to_vec()),
        };
        out.push(item);
        match link {
            Some(link) if self.links.len() < MOST || self.links.contains_key(&name) => {
                self.links.insert(name, link);
            }
            Some(_) => {}
            None => {
                self.addresses.retain(|(owner, _)| *owner != name);
                self.links.remove(&name);
            }
        }
    }

    fn address(&mut self, at: Option<Stamp>, name: String, address: String, deleted: bool, out: &mut Vec<StreamItem>) {
        let key = (name, address);
        if let Some((_, addresses)) = &mut self.listing {
            if addresses.len() < MOST {
                addresses.insert(key);
            }
            return;
        }
        let changed = if deleted { self.addresses.contains(&key) } else { !self.addresses.contains(&key) };
        if !changed {
            return;
        }
        let words = if deleted { "removed" } else { "added" };
        out.push(event(at, Severity::Info, &key.0, &format!("address {} {words}", key.1)));
        if deleted {
            self.addresses.remove(&key);
        } else if self.addresses.len() < MOST {
            self.addresses.insert(key);
        }
    }

    /// The listing is complete: its differences to what was known are events.
    fn listed(&mut self, out: &mut Vec<StreamItem>) {
        let Some((links, addresses)) = self.listing.take() else { return };
        if !self.known {
            (self.links, self.addresses, self.known) = (links, addresses, true);
            return;
        }
        let gone: Vec<String> = self.links.keys().filter(|name| !links.contains_key(*name)).cloned().collect();
        let lost: Vec<_> = self.addresses.difference(&addresses).cloned().collect();
        for (name, address) in lost {
            self.address(None, name, address, true, out);
        }
        for name in gone {
            self.link(None, name, None, out);
        }
        for (name, link) in links {
            self.link(None, name, Some(link), out);
        }
        for (name, address) in addresses {
            self.address(None, name, address, false, out);
        }
    }
}

/// `[2026-11-22T23:57:17.254307] rest`
fn stamped(line: &str, calendar: Calendar) -> (Option<Stamp>, &str) {
    match line.strip_prefix('[').and_then(|l| l.split_once("] ")) {
        Some((at, rest)) if at.starts_with(|c: char| c.is_ascii_digit()) => (time::leading(at, calendar).map(|(at, _)| at), rest),
        _ => (None, line),
    }
}

/// `v0    inet 10.1.2.3/24 scope global v0\ ...`; link-local addresses come and go with the link.
fn address(rest: &str) -> Option<String> {
    let mut words = rest.split_ascii_whitespace().skip(1);
    let family = words.next().filter(|f| *f == "inet" || *f == "inet6")?;
    let address = words.next()?;
    let local = family == "inet6" && address.to_ascii_lowercase().starts_with("fe80:");
    (!local).then(|| text::clean(address))
}

/// Interfaces of guests come and go by design.
fn link_matters(name: &str) -> bool {
    !["vnet", "tap", "macvtap", "veth", "ifb", "docker", "virbr"].iter().any(|guest| name.starts_with(guest))
}

fn severity(words: &str) -> Severity {
    match words {
        "link up" => Severity::Notice,
        "interface added" | "interface added, link up" => Severity::Info,
        _ => Severity::Warning,
    }
}

fn event(at: Option<Stamp>, severity: Severity, name: &str, words: &str) -> StreamItem {
    StreamItem::Line(LogLine {
        at,
        source: Source::Net,
        severity,
        subject: Some(name.to_owned()),
        text: format!("{name}: {words}"),
        stale: CHANGED.to_vec(),
        cursor: None,
    })
}
