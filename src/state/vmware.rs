//! Guests of VMware Server, folded into the same list as libvirt's.

use std::collections::BTreeMap;

use crate::domain::guest::{Guest, GuestFigures, GuestState, Hypervisor, VirtNode, VmwareFacts};
use crate::domain::observation::Question;
use crate::domain::observation::guest::{GuestList, GuestRow};
use crate::domain::observation::vmware::{VmwareList, VmwareRow, VmwareSample, VmwareState};
use crate::domain::stamp::Stamp;

use super::facts::NodeState;
use super::identity::{Names, Nodes};

/// A heartbeat that has not moved for so long has stopped. Microseconds: Tools beat about once a second.
const STILL: i64 = 10_000_000;
/// First lists of two nodes that are further apart than this do not tell what ran at the same time. Nobody asks VMware Server a second time at
/// once where a guest is new elsewhere, as libvirt is asked. Microseconds.
pub(super) const APART_AT_FIRST: i64 = 15_000_000;

/// Since when each guest's heartbeat has not moved.
#[derive(Clone, Debug, Default)]
pub(super) struct Heartbeats(BTreeMap<String, (u64, Stamp, Stamp)>);

impl Heartbeats {
    /// Takes a reading of all guests that run.
    pub(super) fn read(&mut self, samples: &[VmwareSample], at: Stamp) {
        let before = std::mem::take(&mut self.0);
        for (vmx, beat) in samples.iter().filter_map(|s| Some((&s.vmx, s.heartbeat?))) {
            let since = before.get(vmx).filter(|(then, ..)| *then == beat).map_or(at, |(_, since, _)| *since);
            self.0.insert(vmx.clone(), (beat, since, at));
        }
    }

    /// Nothing was read later than this.
    pub(super) fn not_after(&mut self, now: Stamp) {
        for (_, since, at) in self.0.values_mut() {
            (*since, *at) = (now.min(*since), now.min(*at));
        }
    }

    /// Since when it has not moved; none: it moves, it was not read twice, or it never began (there are no Tools).
    fn still_since(&self, vmx: &str) -> Option<Stamp> {
        let (beat, since, at) = self.0.get(vmx)?;
        (*beat > 0 && at.0.saturating_sub(since.0) >= STILL).then_some(*since)
    }
}

/// Who a guest is: by its UUID, else by its configuration.
fn identity(row: &VmwareRow) -> String {
    row.definition.as_ref().map_or_else(|| row.vmx.clone(), |d| d.uuid.clone())
}

fn name(row: &VmwareRow) -> String {
    row.definition.as_ref().map_or_else(|| row.stem().to_owned(), |d| d.name.clone())
}

/// The contract's word for VMware's. What waits for an answer has its memory and its disks, and does not run.
const fn state(state: VmwareState) -> GuestState {
    match state {
        VmwareState::On => GuestState::Running,
        VmwareState::Off => GuestState::Shutoff,
        VmwareState::Suspended => GuestState::Saved,
        VmwareState::Stuck => GuestState::Paused,
        VmwareState::Unknown => GuestState::Unknown,
    }
}

/// The list as the history of guests takes it.
pub(super) fn rows(list: &VmwareList) -> GuestList {
    let row = |row: &VmwareRow| {
        let state = state(row.state);
        GuestRow { uuid: identity(row), name: name(row), id: state.is_active().then_some(0), state, reason: None, migrating: false }
    };
    GuestList { rows: list.rows.iter().map(row).collect(), definitions: Vec::new() }
}

fn reason(row: &VmwareRow) -> Option<String> {
    match (row.state, &row.question) {
        (VmwareState::Stuck, Some(question)) => Some(format!("stuck: it waits for an answer: {}", question.gist())),
        (VmwareState::Stuck, None) => Some("stuck: it waits for an answer".to_owned()),
        (VmwareState::Unknown, _) => row.trouble.clone(),
        _ => None,
    }
}

/// All guests of VMware Server.
pub(super) fn fold(nodes: &Nodes, names: &Names) -> Vec<Guest> {
    let mut guests = Vec::new();
    for (node_name, node) in names.roll(nodes) {
        let Some((list, at)) = node.answers.vmware.seen() else { continue };
        let stale = !node.reach.is_up() || node.troubles.contains_key(&Question::Vmware);
        for row in &list.rows {
            let uuid = identity(row);
            guests.push(Guest {
                name: name(row),
                node: node_name.clone(),
                state: state(row.state),
                reason: reason(row),
                definition: row.definition.clone(),
                figures: GuestFigures { vcpus: row.definition.as_ref().and_then(|d| d.vcpus), ..GuestFigures::default() },
                since: node.vmware.since(&uuid),
                active_since: node.vmware.active_since(&uuid),
                up_since: up_since(node, row),
                at,
                asked: node.asked(Question::Vmware).unwrap_or(at),
                stale,
                vmware: Some(Box::new(facts(node, list, row))),
                uuid,
                ..Guest::default()
            });
        }
    }
    guests
}

fn up_since(node: &NodeState, row: &VmwareRow) -> Option<Stamp> {
    let (samples, at) = node.answers.vmware_stats.seen().filter(|_| row.state == VmwareState::On)?;
    let up = samples.iter().find(|s| s.vmx == row.vmx)?.uptime?;
    Some(at.shifted(-i64::try_from(up.as_micros()).ok()?))
}

fn facts(node: &NodeState, list: &VmwareList, row: &VmwareRow) -> VmwareFacts {
    let runs = row.state == VmwareState::On;
    VmwareFacts {
        vmx: row.vmx.clone(),
        tool: list.tool,
        state: row.state,
        question: row.question.clone(),
        sample: node.answers.vmware_stats.rows().iter().find(|s| runs && s.vmx == row.vmx).cloned(),
        still_since: node.heartbeats.still_since(&row.vmx).filter(|_| runs),
    }
}

/// The VMware Server of every node that has one.
pub(super) fn nodes(nodes: &Nodes, names: &Names) -> Vec<VirtNode> {
    let of = |(name, node): (&std::sync::Arc<str>, &NodeState)| {
        let trouble = node.troubles.get(&Question::Vmware).map(|t| t.text.clone());
        let listed = node.answers.vmware.get().is_some();
        (listed || trouble.is_some()).then(|| VirtNode {
            node: name.clone(),
            hypervisor: Hypervisor::Vmware,
            up: listed && trouble.is_none() && node.reach.is_up(),
            trouble,
            changed: node.vmware.changed(),
            host: None,
        })
    };
    names.roll(nodes).filter_map(of).collect()
}

/// Which configuration the scripts of services name, by any node.
pub(super) fn scripts(nodes: &Nodes) -> BTreeMap<String, String> {
    let lists = nodes.values().filter_map(|n| n.answers.vmware.get());
    lists.flat_map(|l| l.scripts.iter().cloned()).collect()
}

/// When each node's VMware Server was asked.
pub(super) fn listed(nodes: &Nodes, names: &Names) -> BTreeMap<std::sync::Arc<str>, Stamp> {
    names.roll(nodes).filter_map(|(name, node)| Some((name.clone(), node.answers.vmware.at()?))).collect()
}
