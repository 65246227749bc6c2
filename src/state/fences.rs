//! Fencings, put together from the records of several daemons and clients.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::cluster::FenceDevice;
use crate::domain::observation::manager::{FenceRecord, FenceStatus};
use crate::domain::stamp::Stamp;

use super::facts::NodeState;
use super::identity::{Names, Nodes};
use super::speaker::Speaker;

/// How many are kept (contract, Fences).
const MOST: usize = 20;
/// Records of one fencing end within this many microseconds of each other: the daemons wait for the same device.
pub(super) const TOGETHER: i64 = 5_000_000;
/// An answer to the question of its own that is this much older than crm_mon's empty history was cleaned up since. Microseconds.
const BESIDE: i64 = 30_000_000;

/// Fencings are counted in whole seconds. Microseconds.
const SECOND: i64 = 1_000_000;

/// A history as one node told it.
#[derive(Clone, Copy)]
struct Told<'a> {
    records: &'a [FenceRecord],
    at: Stamp,
    /// That node's local time minus UTC, seconds.
    utc_offset: Option<i32>,
    /// By how much its clock is ahead of ours. Microseconds.
    ahead: i64,
}

impl<'a> Told<'a> {
    fn by(node: Option<&NodeState>, records: &'a [FenceRecord], at: Stamp) -> Self {
        let offset = node.and_then(|n| n.clock.best()).map_or(0, |(offset, _)| offset);
        Self { records, at, utc_offset: node.and_then(NodeState::utc_offset), ahead: (offset + SECOND / 2).div_euclid(SECOND) * SECOND }
    }
}

/// The fence history: the speaker's, or the newest answer to the question of its own; and by how much the clock was taken to be ahead that it is told by.
pub(super) fn fold(nodes: &Nodes, speaker: Option<&Speaker<'_>>) -> (Vec<FenceRecord>, i64) {
    let told = speaker.and_then(|s| s.view.fences.as_deref().map(|records| Told::by(nodes.get(&s.key), records, s.at)));
    let asked = nodes
        .values()
        .filter(|n| n.is_live())
        .filter_map(|n| n.answers.fence_history.seen().map(|(records, at)| Told::by(Some(n), records, at)))
        .max_by_key(|told| told.at);
    let one = match (told, asked) {
        // The question of its own is asked where crm_mon's answer may hold no history; where it does, that is the whole one.
        (Some(told), Some(asked)) if told.records.is_empty() && told.at.0.saturating_sub(asked.at.0) < BESIDE => asked,
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => return (Vec::new(), 0),
    };
    (merge(one), one.ahead)
}

/// Newest first, at most [`MOST`], records of one fencing merged.
fn merge(told: Told<'_>) -> Vec<FenceRecord> {
    let mut sorted: Vec<FenceRecord> = told.records.iter().map(|r| timed(r, told)).collect();
    // Where a time is not known, the order as printed stands.
    let order = |r: &FenceRecord| (std::cmp::Reverse(ended(r)), (!is_untimed(r)).then(|| (r.target.clone(), r.action.clone())));
    sorted.sort_by_key(order);
    let mut merged: Vec<FenceRecord> = Vec::new();
    for record in sorted {
        match merged.iter().rposition(|known| is_same(known, &record, told.at)) {
            Some(place) => absorb(&mut merged[place], &record),
            None => merged.push(record),
        }
    }
    merged.sort_by_key(|r| std::cmp::Reverse(ended(r)));
    merged.truncate(MOST);
    merged
}

/// The record with an instant by our clock, also where the node's local time was printed.
fn timed(record: &FenceRecord, told: Told<'_>) -> FenceRecord {
    let by_zone = || Stamp::from_ctime(record.completed_local.as_deref()?, told.utc_offset?);
    FenceRecord { completed: record.completed.or_else(by_zone).map(|at| at.shifted(-told.ahead)), ..record.clone() }
}

fn is_untimed(record: &FenceRecord) -> bool {
    record.completed.is_none() && record.status != FenceStatus::Pending
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
        (a, b) => a == b && (record.completed.is_some_and(|at| near(known.completed, at)) || printed_alike(known, record)),
    }
}

/// The time of both is the same text: some versions print the newest a second time.
pub(super) fn printed_alike(one: &FenceRecord, other: &FenceRecord) -> bool {
    one.completed_local.is_some() && one.completed_local == other.completed_local
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
