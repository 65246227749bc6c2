//! What a node's libvirt says of its guests against what it said before.

use std::collections::{BTreeMap, BTreeSet};

use super::guests::Ripple;
use crate::domain::event::{Severity, Source};
use crate::domain::observation::guest::{GuestList, GuestRow, GuestSample};
use crate::domain::observation::log::LogLine;

/// Its last words.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Guests that were active at the last look, and not on their way.
    active: BTreeSet<String>,
    /// The last list, by UUID. None: there was none.
    rows: Option<BTreeMap<String, GuestRow>>,
    /// Guests whose disks were counted in the last statistics.
    counted: BTreeSet<String>,
}

impl Listed {
    /// The way to the node ended: what is active when it comes back is new.
    pub fn lost(self) -> Self {
        Self { active: BTreeSet::new(), ..self }
    }

    /// Whether a guest was active at the last look.
    pub fn has_active(&self) -> bool {
        !self.active.is_empty()
    }

    /// What a list makes stale elsewhere. Drift is judged by a manager that was asked after the last change: where guests are not as they were, it
    /// is asked again.
    pub fn compare(&mut self, list: &GuestList) -> Ripple {
        let active: BTreeSet<String> = list.rows.iter().filter(|r| r.state.is_active() && !r.migrating).map(|r| r.uuid.clone()).collect();
        let guests = !active.is_subset(&self.active);
        self.active = active;
        let rows: BTreeMap<String, GuestRow> = list.rows.iter().map(|r| (r.uuid.clone(), r.clone())).collect();
        let same = |before: &BTreeMap<String, GuestRow>| {
            let as_before = |now: &GuestRow| before.get(&now.uuid).is_some_and(|b| (b.state, b.migrating) == (now.state, now.migrating));
            before.len() == rows.len() && rows.values().all(as_before)
        };
        let manager = self.rows.as_ref().is_some_and(|before| !same(before));
        self.rows = Some(rows);
        Ripple { manager, guests }
    }

    /// Takes statistics, and says which guests they leave out whose disks were counted before: libvirt passed them by.
    pub fn count(&mut self, samples: &[GuestSample]) -> Vec<(LogLine, u32)> {
        let (counted, out): (Vec<&GuestSample>, Vec<&GuestSample>) =
            samples.iter().partition(|s| s.disks.iter().any(|d| d.read.is_some() || d.written.is_some()));
        let rows = self.rows.as_ref();
        let name = |s: &GuestSample| rows?.get(&s.uuid).map(|r| r.name.clone());
        let missing = out.into_iter().filter(|s| self.counted.contains(&s.uuid)).filter_map(name).map(|name| (silent(name), 0)).collect();
        self.counted = counted.into_iter().map(|s| s.uuid.clone()).collect();
        missing
    }
}

fn silent(name: String) -> LogLine {
    let text = format!("{name} does not answer libvirt: its monitor or its storage hangs; the figures of the others go on");
    let (source, severity, subject) = (Source::Libvirt, Severity::Warning, Some(name));
    LogLine { at: None, source, severity, subject, text, stale: Vec::new(), cursor: None }
}
