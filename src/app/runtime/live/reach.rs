//! Which nodes the session reaches, and by which ways.

use std::time::Duration;

use super::super::way::Way;
use super::Live;
use crate::domain::cluster::{Cluster, MemberStatus};
use crate::domain::node::{NodeKey, Reach};
use crate::domain::stamp::Stamp;
use crate::link::{Order, Voice};
use crate::record::RecordedNode;
use crate::state::NodeFacts;

/// How long the ring addresses of a member that turned up are waited for.
const ADDRESS_WAIT: Duration = Duration::from_secs(3);

/// How long the manager is waited for: where only corosync has spoken, its names may be those of DNS (2.4).
const MANAGER_WAIT: Duration = Duration::from_secs(4);

impl Live {
    /// Adds a node, whose link is opened by the next step.
    pub(super) fn add(&mut self, way: Way, found: bool) -> NodeKey {
        let key = NodeKey(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let facts = NodeFacts { key, configured_name: way.name.clone(), address: way.address.clone(), local: way.is_local(), found };
        self.names.insert(key, way.name.clone().unwrap_or_else(|| way.address.clone()));
        self.store.add_node(facts);
        self.watch.add(key);
        self.targets.insert(key, way.target());
        if self.checks.is_some() {
            let check = self.new_check(key, way.target());
            self.checks.get_or_insert_default().insert(key, check);
        }
        let node = RecordedNode { key: key.0, name: way.name.clone(), address: way.address.clone() };
        if let Some(recorder) = &mut self.recorder {
            let written = recorder.node(node.clone());
            self.written(written);
        }
        self.nodes.push(node);
        self.unopened.push((key, way));
        key
    }

    /// Opens the links of nodes that were added.
    pub(super) fn open_links(&mut self) {
        for (key, way) in std::mem::take(&mut self.unopened) {
            self.links.insert(key, way.open(Voice::new(key, self.tx.clone())));
        }
    }

    /// Members that the manager names and that nobody configured are reached by name, then by ring address. The addresses are corosync's to tell: they
    /// are waited for a while, for a name alone may lead nowhere.
    ///
    /// Gives what the operator is told of the ways to them.
    pub(super) fn discover(&mut self, now: Stamp) -> Vec<String> {
        let mut notices = Vec::new();
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
            if let Some((way, said)) = self.ways.further(&name, &addresses) {
                notices.extend(said);
                let key = self.add(way, true);
                if addresses.is_empty() {
                    self.unplaced.insert(name, key);
                }
            }
        }
        notices.extend(self.place_late());
        notices
    }

    /// Members that are looked for by their names alone, and whose addresses are told by now: where nobody is met by the name, they are looked
    /// for there too.
    fn place_late(&mut self) -> Vec<String> {
        let mut notices = Vec::new();
        let told = |(name, key): (&String, &NodeKey)| {
            let addresses = self.store.addresses(name);
            (!addresses.is_empty() && self.store.is_nowhere(*key)).then(|| (name.clone(), *key, addresses))
        };
        let late: Vec<(String, NodeKey, Vec<String>)> = self.unplaced.iter().filter_map(told).collect();
        for (name, key, addresses) in late {
            self.unplaced.remove(&name);
            let Some((way, said)) = self.ways.further(&name, &addresses) else { continue };
            notices.extend(said);
            self.targets.insert(key, way.target());
            if let Some(old) = self.links.remove(&key) {
                old.order(Order::Close);
            }
            self.links.insert(key, way.open(Voice::new(key, self.tx.clone())));
        }
        notices
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
