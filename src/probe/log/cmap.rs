//! Output of `corosync-cmapctl -T` (corosync 2.4 and 3.x), after a listing of the members.

use std::collections::BTreeMap;

use crate::domain::event::{Severity, Source};
use crate::domain::observation::Question as Q;
use crate::domain::observation::log::{LogLine, StreamItem};
use crate::domain::text;

const MOST: usize = 16_384;
const MEMBERS: [&str; 2] = ["runtime.members.", "runtime.totem.pg.mrp.srp.members."];

/// Last known values of the members' keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cmap {
    status: BTreeMap<u64, String>,
    listing: Option<BTreeMap<u64, String>>,
    known: bool,
}

impl Cmap {
    /// What is known for sure, without a listing that is under way.
    pub(super) fn settled(&self) -> Self {
        Self { listing: None, ..self.clone() }
    }

    /// One line: `key (type) = value`, with `create> `, `modify> ` or `delete> ` before it once it is live.
    pub(super) fn line(&mut self, line: &str, out: &mut Vec<StreamItem>) {
        if line.starts_with("Type \"q\"") {
            self.listed(out);
            return;
        }
        let (verb, rest) =
            line.split_once("> ").filter(|(v, _)| matches!(*v, "create" | "modify" | "delete")).map_or((None, line), |(v, r)| (Some(v), r));
        let (key, value) = rest.split_once(" = ").unwrap_or((rest, ""));
        let key = key.split(" (").next().unwrap_or_default();
        let member = MEMBERS.iter().find_map(|prefix| key.strip_prefix(prefix)).and_then(|k| k.split_once('.'));
        let member = member.and_then(|(id, field)| Some((id.parse::<u64>().ok()?, field)));
        match (verb, member) {
            (None, Some((id, "status"))) => {
                let listing = self.listing.get_or_insert_default();
                if listing.len() < MOST {
                    listing.insert(id, text::clean(value.trim()));
                }
            }
            (Some(verb), Some((id, "status"))) => self.status(id, if verb == "delete" { "gone" } else { value.trim() }, out),
            (Some(_), Some(_)) => out.push(StreamItem::Stale(vec![Q::Quorum, Q::Links])),
            (Some(_), None) if key.starts_with("nodelist.") => out.push(StreamItem::Stale(vec![Q::Cmap, Q::Quorum, Q::Links])),
            (Some(_), None) if key.contains("quorum") => out.push(StreamItem::Stale(vec![Q::Quorum])),
            (None, _) | (Some(_), None) => {}
        }
    }

    fn status(&mut self, id: u64, status: &str, out: &mut Vec<StreamItem>) {
        let status = text::clean(status);
        if self.status.get(&id) == Some(&status) || (self.status.len() >= MOST && !self.status.contains_key(&id)) {
            return;
        }
        let severity = if status == "joined" { Severity::Notice } else { Severity::Warning };
        out.push(StreamItem::Line(LogLine {
            at: None,
            source: Source::Corosync,
            severity,
            subject: Some(format!("node {id}")),
            text: format!("node {id} {status}: corosync's members changed"),
            stale: vec![Q::Quorum, Q::Links, Q::CrmMon],
            cursor: None,
        }));
        if status == "gone" {
            self.status.remove(&id);
        } else {
            self.status.insert(id, status);
        }
    }

    /// The listing is complete: its differences to what was known are events.
    fn listed(&mut self, out: &mut Vec<StreamItem>) {
        let listing = self.listing.take().unwrap_or_default();
        if !self.known {
            (self.status, self.known) = (listing, true);
            return;
        }
        let gone: Vec<u64> = self.status.keys().filter(|id| !listing.contains_key(id)).copied().collect();
        for id in gone {
            self.status(id, "gone", out);
        }
        for (id, status) in listing {
            self.status(id, &status, out);
        }
    }
}
