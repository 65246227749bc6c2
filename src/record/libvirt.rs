//! A node's libvirt out of a recording.

use super::file::{Entry, LibvirtEntry};
use crate::domain::stamp::Stamp;
use crate::link::libvirt::said::GuestsSaid;
use crate::link::libvirt::{Fault, FaultKind, Query, Said};
use crate::link::{AskId, LibvirtReport};

/// All that was said, up to a time.
pub struct Past<'a> {
    /// By this node, in order.
    pub said: &'a [Entry],
    /// Microseconds after the beginning.
    pub elapsed: i64,
}

impl Past<'_> {
    fn entries(&self) -> impl Iterator<Item = (i64, &LibvirtEntry)> {
        self.said.iter().filter_map(|entry| match entry {
            Entry::Libvirt { at, said, .. } => Some((*at, said)),
            _ => None,
        })
    }

    /// How the last attempt to connect ended; before its time, the first one.
    pub fn open(&self) -> LibvirtReport {
        let mut found = None;
        for (at, said) in self.entries() {
            if matches!(said, LibvirtEntry::Up(_) | LibvirtEntry::Down(_)) && (found.is_none() || at <= self.elapsed) {
                found = Some(said);
            }
        }
        match found {
            Some(LibvirtEntry::Up(hears)) => LibvirtReport::Up { hears: *hears },
            Some(LibvirtEntry::Down(fault)) => LibvirtReport::Down(fault.clone()),
            _ => LibvirtReport::Down(Fault::new(FaultKind::Absent, "the recording holds no word of libvirt")),
        }
    }

    /// The newest answer; before its time, the first one. Of guests it is the newest list, with all definitions that came until then.
    pub fn answer(&self, id: AskId, query: Query, now: Stamp) -> LibvirtReport {
        let mut found: Option<(i64, Result<Said, Fault>)> = None;
        for (_, said) in self.entries().filter(|(at, _)| *at <= self.elapsed) {
            take(said, query, &mut found);
        }
        for (_, said) in self.entries().filter(|(at, _)| *at > self.elapsed) {
            if found.is_some() {
                break;
            }
            take(said, query, &mut found);
        }
        let (took, result) = found.unwrap_or_else(|| (0, Err(Fault::new(FaultKind::Absent, "the recording has no answer to this"))));
        // A list stands for the moment at which it is asked for: by what it took it would be older than what it was asked because of.
        let took = if query == Query::Guests { 0 } else { took };
        LibvirtReport::Answer { id, result, sent: now.shifted(-took), done: now }
    }
}

fn take(said: &LibvirtEntry, query: Query, found: &mut Option<(i64, Result<Said, Fault>)>) {
    match said {
        LibvirtEntry::Answer(of, took, said) if *of == query => {
            let said = match (said, found.take()) {
                (Said::Guests(new), Some((_, Ok(Said::Guests(old))))) => Said::Guests(merged(old, new)),
                _ => said.clone(),
            };
            *found = Some((*took, Ok(said)));
        }
        LibvirtEntry::Refused(of, fault) if *of == query && found.is_none() => *found = Some((0, Err(fault.clone()))),
        _ => {}
    }
}

fn merged(mut old: GuestsSaid, new: &GuestsSaid) -> GuestsSaid {
    old.definitions.retain(|d| new.definitions.iter().all(|n| n.uuid != d.uuid));
    old.definitions.extend(new.definitions.iter().cloned());
    old.definitions.retain(|d| new.rows.iter().any(|r| r.uuid == d.uuid));
    GuestsSaid { rows: new.rows.clone(), definitions: old.definitions }
}
