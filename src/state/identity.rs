//! Who is who: from a node of the session, a corosync id or an address to a member's name.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use crate::domain::node::NodeKey;
use crate::domain::observation::corosync::{QuorumMember, QuorumView};
use crate::domain::observation::manager::NodeKind;

use super::facts::NodeState;

/// All nodes of the session.
pub(super) type Nodes = BTreeMap<NodeKey, NodeState>;

/// The names, resolved.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    by_key: BTreeMap<NodeKey, Arc<str>>,
    /// Nodes that were told apart as members: one key a name, bytewise by name.
    members: Vec<(Arc<str>, NodeKey)>,
    /// Nodes that nobody could tell apart.
    strangers: Vec<NodeKey>,
    by_id: HashMap<u32, Arc<str>>,
    by_address: HashMap<String, Option<Arc<str>>>,
}

impl Names {
    /// Resolves every node of the session.
    pub(super) fn resolve(nodes: &Nodes) -> Self {
        let mut names = Self::default();
        names.learn(nodes);
        let known: BTreeSet<Arc<str>> = names.by_id.values().cloned().chain(manager_names(nodes)).chain(rhcs_names(nodes)).collect();
        let mut claimed: BTreeMap<Arc<str>, NodeKey> = BTreeMap::new();
        for (key, node) in nodes {
            let own = names.own_name(node, &known);
            // Without a cluster `crm_node -n` prints the host's name: what the cluster knows counts before it.
            let name = own.clone().filter(|name| known.contains(name)).or_else(|| names.known_name(nodes, node, &known)).or(own);
            let Some(name) = name else {
                names.by_key.insert(*key, fallback(node));
                names.strangers.push(*key);
                continue;
            };
            names.by_key.insert(*key, name.clone());
            let taken = claimed.get(&name).and_then(|other| nodes.get(other));
            if taken.is_none_or(|other| !other.reach.is_up() && node.reach.is_up()) {
                claimed.insert(name, *key);
            }
        }
        names.members = claimed.into_iter().collect();
        names
    }

    fn learn(&mut self, nodes: &Nodes) {
        let mut walked = BTreeSet::new();
        for node in nodes.values() {
            if let Some(cmap) = node.answers.cmap.get()
                && walked.insert(node.nodelist_print)
            {
                for row in &cmap.nodes {
                    let Some(name) = row.name.as_deref().map(Arc::<str>::from) else { continue };
                    if let Some(id) = row.id {
                        self.by_id.insert(id, name.clone());
                    }
                    for address in &row.addresses {
                        let entry = self.by_address.entry(address.clone()).or_insert_with(|| Some(name.clone()));
                        if entry.as_ref().is_some_and(|other| *other != name) {
                            *entry = None;
                        }
                    }
                }
            }
        }
        for view in nodes.values().filter_map(|n| n.answers.manager.get()) {
            for node in view.nodes.iter().filter(|n| n.kind == NodeKind::Member) {
                if let Some(id) = node.id.as_deref().and_then(|id| id.parse().ok()) {
                    self.by_id.insert(id, Arc::from(node.name.as_str()));
                }
            }
        }
        self.learn_rhcs(nodes);
        for row in nodes.values().filter_map(|n| n.answers.quorum.get()).flat_map(|v| &v.members) {
            if !self.by_id.contains_key(&row.id) && row.name.parse::<IpAddr>().is_err() && !row.name.is_empty() {
                self.by_id.insert(row.id, Arc::from(row.name.as_str()));
            }
        }
    }

    /// Ids and addresses by cman; ids by cluster.conf where cman is down.
    fn learn_rhcs(&mut self, nodes: &Nodes) {
        for node in nodes.values().filter_map(|n| n.answers.cman.get()).flat_map(|v| &v.nodes) {
            let name: Arc<str> = Arc::from(node.name.as_str());
            self.by_id.insert(node.id, name.clone());
            for address in &node.addresses {
                let entry = self.by_address.entry(address.clone()).or_insert_with(|| Some(name.clone()));
                if entry.as_ref().is_some_and(|other| *other != name) {
                    *entry = None;
                }
            }
        }
        for node in nodes.values().filter_map(|n| n.answers.conf.get()).flat_map(|c| &c.nodes) {
            if let Some(id) = node.id {
                self.by_id.entry(id).or_insert_with(|| Arc::from(node.name.as_str()));
            }
        }
    }

    /// The name that the node itself gives. Where the configuration names it, that counts unless the cluster knows the other one: without a
    /// cluster `crm_node -n` prints the host's name.
    fn own_name(&self, node: &NodeState, known: &BTreeSet<Arc<str>>) -> Option<Arc<str>> {
        let counts = |name: &&str| !name.is_empty() && (node.facts.configured_name.is_none() || known.contains(*name));
        if let Some(name) = node.answers.tools.get().and_then(|t| t.member_name.as_deref()).filter(counts) {
            return Some(Arc::from(name));
        }
        if let Some(name) = own_by_cman(node) {
            return Some(Arc::from(name));
        }
        let view = node.answers.quorum.get();
        let id = view.and_then(local_id).or_else(|| node.answers.links.get()?.local_id)?;
        self.by_id.get(&id).cloned()
    }

    /// The name under which the cluster knows it, if configuration, host name or address say so beyond doubt.
    fn known_name(&self, nodes: &Nodes, node: &NodeState, known: &BTreeSet<Arc<str>>) -> Option<Arc<str>> {
        let find = |name: &str| known.get(name).cloned();
        if let Some(name) = node.facts.configured_name.as_deref().and_then(find) {
            return Some(name);
        }
        let hostname = node.answers.tools.get().and_then(|t| t.hostname.as_deref());
        if let Some(name) = hostname.and_then(find) {
            return Some(name);
        }
        if let Some(name) = hostname.and_then(|host| by_short_name(node, host)) {
            return Some(name);
        }
        let host = host_part(&node.facts.address);
        let alone = nodes.values().filter(|n| host_part(&n.facts.address) == host).count() == 1;
        let loopback = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if !alone || loopback || node.facts.configured_name.is_some() {
            return None;
        }
        find(host).or_else(|| self.by_address.get(host).cloned().flatten())
    }

    /// The name of a node of the session (its configured name or address if nobody knows it).
    pub(super) fn of(&self, key: NodeKey) -> Option<&Arc<str>> {
        self.by_key.get(&key)
    }

    /// The node of the session that is this member.
    pub(super) fn key(&self, name: &str) -> Option<NodeKey> {
        let place = self.members.binary_search_by(|(n, _)| (**n).cmp(name)).ok()?;
        self.members.get(place).map(|(_, key)| *key)
    }

    /// Nodes that nobody could tell apart.
    pub(super) fn strangers(&self) -> &[NodeKey] {
        &self.strangers
    }

    /// The member's name for a row of quorumtool: by id first, for old versions print what DNS says.
    pub(super) fn of_row(&self, row: &QuorumMember) -> Arc<str> {
        if let Some(name) = self.by_id.get(&row.id) {
            return name.clone();
        }
        self.by_address.get(&row.name).cloned().flatten().unwrap_or_else(|| Arc::from(row.name.as_str()))
    }

    /// The member's name for a corosync id.
    pub(super) fn of_id(&self, id: u32) -> Option<Arc<str>> {
        self.by_id.get(&id).cloned()
    }

    /// Nodes of the session in the order of their names, each with the name under which its rows stand.
    pub(super) fn roll<'a>(&'a self, nodes: &'a Nodes) -> impl Iterator<Item = (&'a Arc<str>, &'a NodeState)> {
        let mut all: Vec<(&Arc<str>, NodeKey)> = self.members.iter().map(|(name, key)| (name, *key)).collect();
        all.extend(self.strangers.iter().filter_map(|key| Some((self.by_key.get(key)?, *key))));
        all.sort();
        all.into_iter().filter_map(|(name, key)| Some((name, nodes.get(&key)?)))
    }
}

fn local_id(view: &QuorumView) -> Option<u32> {
    view.members.iter().find(|m| m.local).map(|m| m.id).or(view.node_id)
}

fn manager_names(nodes: &Nodes) -> impl Iterator<Item = Arc<str>> {
    nodes.values().filter_map(|n| n.answers.manager.get()).flat_map(|v| v.nodes.iter().map(|n| Arc::from(n.name.as_str())))
}

fn rhcs_names(nodes: &Nodes) -> impl Iterator<Item = Arc<str>> {
    let by_clustat = nodes.values().filter_map(|n| n.answers.clustat.get()).flat_map(|v| v.nodes.iter().map(|n| &n.name));
    let by_conf = nodes.values().filter_map(|n| n.answers.conf.get()).flat_map(|c| c.nodes.iter().map(|n| &n.name));
    by_clustat.chain(by_conf).map(|name| Arc::from(name.as_str()))
}

fn fallback(node: &NodeState) -> Arc<str> {
    Arc::from(crate::domain::text::clean(node.facts.configured_name.as_deref().unwrap_or(&node.facts.address)))
}

/// The node's name by its own cman, or by its own rgmanager.
fn own_by_cman(node: &NodeState) -> Option<&str> {
    let by_cman = || node.answers.cman.get()?.node_name.as_deref();
    let by_clustat = || node.answers.clustat.get()?.nodes.iter().find(|n| n.local).map(|n| n.name.as_str());
    by_cman().or_else(by_clustat).filter(|name| !name.is_empty())
}

/// `virtsrv1n1` is `virtsrv1n1.cnaf.infn.it` if the node's own cluster.conf has one node of that short name.
fn by_short_name(node: &NodeState, host: &str) -> Option<Arc<str>> {
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let mut same = node.answers.conf.get()?.nodes.iter().filter(|n| short(&n.name) == short(host));
    match (same.next(), same.next()) {
        (Some(only), None) => Some(Arc::from(only.name.as_str())),
        _ => None,
    }
}

/// The host of `host`, `host:port` or `[v6]:port`.
fn host_part(address: &str) -> &str {
    if let Some(rest) = address.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match address.split_once(':') {
        Some((host, port)) if !port.contains(':') => host,
        _ => address,
    }
}
