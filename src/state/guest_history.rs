//! What a node's libvirt said of its guests so far: definitions that add up, figures that need two readings, and since when a guest is as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::guest::{Definition, GuestFigures, GuestState};
use crate::domain::observation::guest::{GuestList, GuestSample};
use crate::domain::stamp::Stamp;

/// Two readings closer than this say nothing. Microseconds.
const APART: i64 = 500_000;
/// How many CPU figures are remembered.
const HISTORY: usize = 120;

/// One guest's past.
#[derive(Clone, Debug, Default)]
struct Past {
    state: GuestState,
    migrating: bool,
    /// When it was first seen as it is: in this state, on its way or not.
    turned: Stamp,
    /// Since when it has its state; none: it was so when it was first seen.
    since: Option<Stamp>,
    /// Since when it has been active here and not on its way: the incoming half of a migration has not begun before it runs. None: it is not.
    active_since: Option<Stamp>,
    base: Option<(Stamp, GuestSample)>,
    figures: GuestFigures,
}

/// All guests' pasts.
#[derive(Clone, Debug, Default)]
pub(super) struct GuestHistory {
    definitions: BTreeMap<String, Arc<Definition>>,
    pasts: BTreeMap<String, Past>,
    listed: bool,
    /// When a guest was last seen to come, go, change or set out.
    changed: Option<Stamp>,
}

impl GuestHistory {
    /// Takes a list. `began`: since when what is active at the very first look counts as active.
    pub(super) fn list(&mut self, list: &GuestList, at: Stamp, began: Stamp) {
        for definition in &list.definitions {
            self.definitions.insert(definition.uuid.clone(), Arc::clone(definition));
        }
        let listed = |uuid: &String| list.rows.iter().any(|r| r.uuid == *uuid);
        self.definitions.retain(|uuid, _| listed(uuid));
        let known = self.pasts.len();
        self.pasts.retain(|uuid, _| listed(uuid));
        if self.pasts.len() < known {
            self.changed = Some(at);
        }
        for row in &list.rows {
            let known = self.pasts.contains_key(&row.uuid);
            let past = self.pasts.entry(row.uuid.clone()).or_default();
            let now = (known || self.listed).then_some(at);
            if !known || (past.state, past.migrating) != (row.state, row.migrating) {
                self.changed = self.changed.max(now);
                past.turned = at;
            }
            if !known || past.state != row.state {
                (past.state, past.since) = (row.state, now);
            }
            past.migrating = row.migrating;
            let holds = row.state.is_active() && !row.migrating;
            past.active_since = holds.then(|| past.active_since.unwrap_or(now.unwrap_or(began)));
            if row.id.is_none() {
                (past.base, past.figures) = (None, GuestFigures::default());
            }
        }
        self.listed = true;
    }

    /// Takes statistics.
    pub(super) fn sample(&mut self, samples: Vec<GuestSample>, at: Stamp) {
        for sample in samples {
            if let Some(past) = self.pasts.get_mut(&sample.uuid) {
                past.sample(sample, at);
            }
        }
    }

    /// Nothing was seen later than this.
    pub(super) fn not_after(&mut self, now: Stamp) {
        for past in self.pasts.values_mut() {
            // How much time will lie between it and the next reading nobody knows.
            if past.base.as_ref().is_some_and(|(at, _)| *at > now) {
                past.base = None;
            }
            for at in past.since.iter_mut().chain(&mut past.active_since).chain(&mut past.figures.at) {
                *at = now.min(*at);
            }
        }
        self.changed = self.changed.map(|at| at.min(now));
    }

    /// A guest's definition.
    pub(super) fn definition(&self, uuid: &str) -> Option<&Arc<Definition>> {
        self.definitions.get(uuid)
    }

    /// A guest's figures.
    pub(super) fn figures(&self, uuid: &str) -> GuestFigures {
        self.pasts.get(uuid).map(|p| p.figures.clone()).unwrap_or_default()
    }

    /// Since when a guest is in its state, where the change was seen.
    pub(super) fn since(&self, uuid: &str) -> Option<Stamp> {
        self.pasts.get(uuid).and_then(|p| p.since)
    }

    /// When a guest was first seen as it is: in its state, on its way or not.
    pub(super) fn turned(&self, uuid: &str) -> Option<Stamp> {
        self.pasts.get(uuid).map(|p| p.turned)
    }

    /// When a guest was last seen to come, go or change its state here.
    pub(super) const fn changed(&self) -> Option<Stamp> {
        self.changed
    }

    /// Since when a guest is active here and not on its way, as far as was seen.
    pub(super) fn active_since(&self, uuid: &str) -> Option<Stamp> {
        self.pasts.get(uuid).and_then(|p| p.active_since)
    }
}

impl Past {
    fn sample(&mut self, sample: GuestSample, at: Stamp) {
        let figures = &mut self.figures;
        figures.at = Some(at);
        figures.vcpus = sample.vcpus;
        figures.memory = sample.memory;
        figures.memory_used = sample.memory_usable.and_then(|free| sample.memory?.checked_sub(free));
        figures.rss = sample.rss;
        figures.disks.clone_from(&sample.disks);
        let Some((then, base)) = &self.base else {
            self.base = Some((at, sample));
            return;
        };
        let micros = at.0.saturating_sub(then.0);
        if micros < APART {
            return;
        }
        rates(figures, base, &sample, micros);
        self.base = Some((at, sample));
    }
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates for people")]
fn rates(figures: &mut GuestFigures, base: &GuestSample, now: &GuestSample, micros: i64) {
    let seconds = micros as f64 / 1e6;
    // A counter that fell began anew.
    let rate = |then: Option<u64>, now: Option<u64>| Some((now?.checked_sub(then?)? as f64 / seconds) as u64);
    let total = |sample: &GuestSample, of: fn(&crate::domain::observation::guest::DiskSample) -> Option<u64>| {
        let parts: Vec<u64> = sample.disks.iter().filter_map(of).collect();
        (!parts.is_empty()).then(|| parts.iter().fold(0_u64, |a, b| a.saturating_add(*b)))
    };
    figures.disk = (rate(total(base, |d| d.read), total(now, |d| d.read)), rate(total(base, |d| d.written), total(now, |d| d.written)));
    figures.net = (rate(base.net_rx, now.net_rx), rate(base.net_tx, now.net_tx));
    figures.cpu_percent = now.cpu_ns.zip(base.cpu_ns).and_then(|(now, then)| now.checked_sub(then)).map(|ns| ns as f64 / 1e7 / seconds);
    if let Some(percent) = figures.cpu_percent {
        if figures.cpu_history.len() == HISTORY {
            figures.cpu_history.remove(0);
        }
        let whole = percent / f64::from(figures.vcpus.unwrap_or(1).max(1));
        figures.cpu_history.push(whole.round().clamp(0.0, 100.0) as u8);
    }
}
