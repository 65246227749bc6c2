//! Fencings, put together from the records of several daemons and clients.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::cluster::FenceDevice;
use crate::domain::observation::manager::{FenceRecord, FenceStatus};
use crate::domain::stamp::Stamp;

use super::identity::{Names, Nodes};
use super::speaker::Speaker;

/// How many are kept (contract, Fences).
const MOST: usize = 20;
/// Records of one fencing end within this many microseconds of each other: the daemons wait for the same device.
pub(super) const TOGETHER: i64 = 5_000_000;
/// An answer to the question of its own that is this much older than crm_mon's empty history was cleaned up since. Microseconds.
const BESIDE: i64 = 30_000_000;

/// The fence history: the speaker's, or the newest answer to the question of its own.
pub(super) fn fold(nodes: &Nodes, speaker: Option<&Speaker<'_>>) -> Vec<FenceRecord> {
    let told = speaker.and_then(|s| s.view.fences.as_deref().map(|f| (f, s.at)));
    let asked = nodes
        .values()
        .filter(|n| n.is_live())
        .filter_map(|n| n.answers.fence_history.seen())
        .max_by_key(|(_, at)| *at)
        .map(|(records, at)| (records.as_slice(), at));
    match (told, asked) {
        // The question of its own is asked where crm_mon's answer may hold no history; where it does, that is the whole one.
        (Some(told), Some(asked)) if told.0.is_empty() && told.1.0.saturating_sub(asked.1.0) < BESIDE => merge(asked.0, asked.1),
        (Some(one), _) | (None, Some(one)) => merge(one.0, one.1),
        (None, None) => Vec::new(),
    }
}

/// Newest first, at most [`MOST`], records of one fencing merged. `seen` is when the history was told.
fn merge(records: &[FenceRecord], seen: Stamp) -> Vec<FenceRecord> {
    let mut sorted: Vec<&FenceRecord> = records.iter().collect();
    sorted.sort_by_key(|r| (std::cmp::Reverse(ended(r)), r.target.clone(), r.action.clone()));
    let mut merged: Vec<FenceRecord> = Vec::new();
    for record in sorted {
        match merged.iter().rposition(|known| is_same(known, record, seen)) {
            Some(place) => absorb(&mut merged[place], record),
            None => merged.push(record.clone()),
        }
    }
    merged.sort_by_key(|r| std::cmp::Reverse(ended(r)));
    merged.truncate(MOST);
    merged
}

/// A fencing that still runs is the newest.
fn ended(record: &FenceRecord) -> Stamp {
    match record.status {
        FenceStatus::Pending => Stamp(i64::MAX),
        FenceStatus::Success | FenceStatus::Failed => record.completed.unwrap_or_default(),
    }
}

fn is_same(known: &FenceRecord, record: &FenceRecord, seen: Stamp) -> bool {
    if known.target != record.target || known.action != record.action {
        return false;
    }
    let near = |a: Option<Stamp>, b: Stamp| a.is_some_and(|a| (a.0 - b.0).abs() <= TOGETHER);
    match (known.status, record.status) {
        (FenceStatus::Pending, FenceStatus::Pending) => true,
        // Another client's record of a fencing that just ended; an older end belongs to an earlier fencing.
        (FenceStatus::Pending, FenceStatus::Success) => near(record.completed, seen),
        (a, b) => a == b && record.completed.is_some_and(|at| near(known.completed, at)),
    }
}

fn absorb(known: &mut FenceRecord, record: &FenceRecord) {
    if known.status == FenceStatus::Pending && record.status == FenceStatus::Success {
        *known = FenceRecord { origin: record.origin.clone().or(known.origin.take()), ..record.clone() };
        return;
    }
    known.origin = known.origin.take().or_else(|| record.origin.clone());
    known.client = known.client.take().or_else(|| record.client.clone());
    known.delegate = known.delegate.take().or_else(|| record.delegate.clone());
    known.reason = known.reason.take().or_else(|| record.reason.clone());
}

/// The devices of all nodes that said which they have registered, by name; and how many said it.
pub(super) fn devices(nodes: &Nodes, names: &Names) -> (Vec<FenceDevice>, usize) {
    let mut found: BTreeMap<&str, Vec<Arc<str>>> = BTreeMap::new();
    let mut told = 0;
    for (name, node) in names.roll(nodes).filter(|(_, n)| n.is_live()) {
        let Some(devices) = node.answers.fence_devices.get() else { continue };
        told += 1;
        for device in devices {
            let on = found.entry(device).or_default();
            if !on.contains(name) {
                on.push(name.clone());
            }
        }
    }
    (found.into_iter().map(|(name, on)| FenceDevice { name: name.to_owned(), on }).collect(), told)
}
