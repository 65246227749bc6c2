//! Which nodes the session reaches, and by which ways.

use std::time::Duration;

use super::super::way::Way;
use super::Live;
use crate::domain::cluster::{Cluster, MemberStatus};
use crate::domain::node::{LinkFault, NodeKey, Reach};
use crate::domain::stamp::Stamp;
use crate::link::{Order, Report, Voice};
use crate::record::RecordedNode;
use crate::state::NodeFacts;

/// How long the ring addresses of a member that turned up are waited for.
const ADDRESS_WAIT: Duration = Duration::from_secs(3);

/// How long the manager is waited for: where only corosync has spoken, its names may be those of DNS (2.4).
const MANAGER_WAIT: Duration = Duration::from_secs(4);

impl Live {
    pub(super) fn add(&mut self, way: Way, found: bool) -> NodeKey {
        let key = NodeKey(u32::try_from(self.links.len()).unwrap_or(u32::MAX));
        let facts = NodeFacts { key, configured_name: way.name.clone(), address: way.address.clone(), local: way.is_local(), found };
        self.names.insert(key, way.name.clone().unwrap_or_else(|| way.address.clone()));
        self.store.add_node(facts);
        self.watch.add(key);
        self.targets.insert(key, way.target());
        if self.checks.is_some() {
            let check = self.new_check(key, way.target());
            self.checks.get_or_insert_default().insert(key, check);
        }
        if let Some(recorder) = &mut self.recorder {
            let written = recorder.node(RecordedNode { key: key.0, name: way.name.clone(), address: way.address.clone() });
            self.written(written);
        }
        self.open(key, way);
        key
    }

    /// Opens a link to a node; one that it had is closed, and what it still says is not heard.
    fn open(&mut self, node: NodeKey, way: Way) {
        let voice = NodeKey(self.voices);
        self.voices += 1;
        self.speaks_for.retain(|_, n| *n != node);
        self.speaks_for.insert(voice, node);
        let link = way.open(Voice::new(voice, self.tx.clone()));
        if let Some(old) = self.links.insert(node, link) {
            old.order(Order::Close);
        }
    }

    /// A member that is not reached by its name is tried at its ring addresses. True if the next one is tried: then its failure is not the last word.
    pub(super) fn detour(&mut self, node: NodeKey, report: &Report) -> bool {
        match report {
            Report::Up { .. } => {
                self.detours.remove(&node);
                false
            }
            Report::Down { trouble, .. } if matches!(trouble.fault, LinkFault::Unreachable | LinkFault::Timeout | LinkFault::Refused) => {
                let Some(ways) = self.detours.get_mut(&node).filter(|w| !w.is_empty()) else { return false };
                let way = ways.remove(0);
                self.open(node, way);
                true
            }
            _ => false,
        }
    }

    /// Members that the manager names and that nobody configured are reached by name, then by ring address. The addresses are corosync's to tell: they
    /// are waited for a while, for a name alone may lead nowhere.
    pub(super) fn discover(&mut self, now: Stamp) {
        let found = self.store.members_to_reach();
        let managed = self.store.is_managed();
        self.awaited.retain(|name, _| found.iter().any(|(f, _)| f == name));
        for (name, addresses) in found {
            if self.sought.contains(&name) {
                continue;
            }
            let since = *self.awaited.entry(name.clone()).or_insert(now);
            let early = (addresses.is_empty() && since.age(now) < ADDRESS_WAIT) || (!managed && since.age(now) < MANAGER_WAIT);
            if early {
                continue;
            }
            self.awaited.remove(&name);
            self.sought.push(name.clone());
            let mut ways = self.ways.further(&name, &addresses);
            if ways.is_empty() {
                continue;
            }
            let first = ways.remove(0);
            let key = self.add(first, true);
            self.detours.insert(key, ways);
        }
    }

    /// A node that the cluster has back is connected to now, not when its backoff ends.
    pub(super) fn hurry_back(&mut self, cluster: &Cluster) {
        for member in &cluster.members {
            let Some(node) = member.node else { continue };
            let before = self.statuses.insert(node, member.status);
            let came_back = member.status == MemberStatus::Online && before.is_some_and(|b| b != MemberStatus::Online);
            if came_back && matches!(member.reach, Reach::Down { .. }) {
                self.order(node, Order::Hurry);
            }
        }
    }
}
