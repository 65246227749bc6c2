//! Definitions of guests: which of them are read again with a list, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use virt::connect::Connect;
use virt::domain::Domain;
use virt_sys as sys;

use super::connection::{Shared, Touched};
use super::said::{DefinitionSaid, RowSaid};

/// A tenth of the definitions is read again for its age at a time, but not less than this.
const FEW: usize = 5;

/// What was sent of the definitions already.
#[derive(Default)]
pub struct Definitions {
    sent: BTreeMap<String, Sent>,
    /// Definitions that were read so far.
    count: u64,
}

struct Sent {
    /// Its id while it ran.
    id: Option<u32>,
    marks: Marks,
    print: u64,
    /// Which of all that were read.
    number: u64,
}

/// Whether a guest is saved, starts with its host, has snapshots; none: that was not told.
type Marks = [Option<bool>; 3];

/// The guests with each mark: no event tells when one comes or goes. None: this libvirt does not list them so (before 0.9.13).
pub struct Marked([Option<BTreeSet<String>>; 3]);

impl Marked {
    /// Asks.
    pub fn read(conn: &Connect) -> Self {
        let with = |flag| {
            let found = conn.list_all_domains(flag).ok()?;
            Some(found.iter().filter_map(|d| d.uuid_string().ok()).collect())
        };
        let flags = [
            sys::VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
            sys::VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
            sys::VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
        ];
        Self(flags.map(with))
    }

    fn of(&self, uuid: &str) -> Marks {
        self.0.each_ref().map(|guests| guests.as_ref().map(|g| g.contains(uuid)))
    }
}

impl Definitions {
    /// Reads those that are new or have changed, as far as that is told, and those that were touched.
    pub fn read(&mut self, conn: &Connect, rows: &[RowSaid], marked: &Marked, touched: &Touched, shared: &Shared) -> Vec<DefinitionSaid> {
        self.sent.retain(|uuid, _| rows.iter().any(|r| r.uuid == *uuid));
        let aged = if touched.oldest { self.oldest() } else { BTreeSet::new() };
        let mut said = Vec::new();
        for row in rows {
            let marks = marked.of(&row.uuid);
            let stands = self.has(row, marks) && !touched.all && !touched.uuids.contains(&row.uuid);
            if stands && !aged.contains(&row.uuid) {
                continue;
            }
            let reading = shared.reading(&row.uuid);
            let found = reading.as_ref().and_then(|_| conn.lookup_domain_by_uuid_string(&row.uuid).ok());
            // A guest that went away meanwhile is told by the next answer.
            let Some(definition) = found.and_then(|d| definition(&d, row)) else {
                self.sent.remove(&row.uuid);
                continue;
            };
            let print = print(&definition);
            self.count += 1;
            let sent = Sent { id: row.id, marks, print, number: self.count };
            let before = self.sent.insert(row.uuid.clone(), sent);
            // One that was only old is news where it is another one.
            if !stands || before.is_none_or(|before| before.print != print) {
                said.push(definition);
            }
        }
        said
    }

    /// Whether what was sent of it still stands, as far as nothing else has touched it.
    fn has(&self, row: &RowSaid, marks: Marks) -> bool {
        let same = |before: &Marks| before.iter().zip(marks).all(|(before, now)| now.is_none() || *before == now);
        self.sent.get(&row.uuid).is_some_and(|sent| sent.id == row.id && same(&sent.marks))
    }

    /// Those that were read longest ago: no event tells of a medium that is changed, of a link that is set down, of what counts at the next
    /// start.
    fn oldest(&self) -> BTreeSet<String> {
        let mut all: Vec<(u64, &String)> = self.sent.iter().map(|(uuid, sent)| (sent.number, uuid)).collect();
        all.sort_unstable();
        all.into_iter().take(FEW.max(self.sent.len().div_ceil(10))).map(|(_, uuid)| uuid.clone()).collect()
    }
}

fn print(said: &DefinitionSaid) -> u64 {
    let mut print = DefaultHasher::new();
    (&said.xml, &said.inactive, said.persistent, said.autostart, said.saved, &said.snapshots).hash(&mut print);
    print.finish()
}

fn definition(domain: &Domain, row: &RowSaid) -> Option<DefinitionSaid> {
    let persistent = domain.is_persistent().ok();
    let inactive = (row.id.is_some() && persistent == Some(true)).then(|| domain.xml_desc(sys::VIR_DOMAIN_XML_INACTIVE).ok()).flatten();
    let snapshots = domain.list_all_snapshots(0).unwrap_or_default();
    Some(DefinitionSaid {
        uuid: row.uuid.clone(),
        xml: domain.xml_desc(0).ok()?,
        inactive,
        persistent,
        autostart: domain.autostart().ok(),
        saved: domain.has_managed_save(0).ok(),
        snapshots: snapshots.iter().filter_map(|s| s.name().ok()).collect(),
    })
}
