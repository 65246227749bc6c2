//! The resource tree made flat: groups, clones and bundles are entries of their own beside their members, instances
//! of an anonymous clone are one entry under the resource's id.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::cluster::{Service, ServiceKind, ServiceState};
use crate::domain::observation::manager::{ManagerView, Primitive, Resource};

use super::index::{Index, base_id};
use super::instance;

/// A service in the making.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) service: Service,
    /// Nodes where it, or a part of it, is promoted.
    pub(super) promoted: Vec<Arc<str>>,
    /// States of its instances (a primitive).
    states: Vec<ServiceState>,
    /// Places of its members (a container), in the manager's order.
    pub(super) members: Vec<usize>,
    /// Instances of an anonymous clone: no single owner.
    merged: bool,
    /// The id whose target-role is Stopped: its own or that of what contains it.
    pub(super) disabled_by: Option<String>,
    /// The node that it waits for because it was shut down (shutdown-lock).
    pub(super) locked_to: Option<String>,
    /// Where its container stands.
    pub(super) parent: Option<usize>,
}

/// What members take over from what contains them.
#[derive(Clone, Default)]
struct Inherited {
    parent: Option<usize>,
    disabled_by: Option<String>,
    merged: bool,
}

/// All entries; containers before their members.
pub(super) fn flatten(view: &ManagerView, index: &Index<'_>) -> Vec<Entry> {
    let mut tree = Tree {
        index,
        cluster_maintenance: view.options.maintenance_mode == Some(true),
        // Most have no members: room for 20,000 grows by doubling else.
        entries: Vec::with_capacity(view.resources.len()),
        places: HashMap::with_capacity(view.resources.len()),
        nodes: HashMap::new(),
    };
    for resource in &view.resources {
        tree.add(resource, &Inherited::default());
    }
    tree.entries
}

struct Tree<'a> {
    index: &'a Index<'a>,
    cluster_maintenance: bool,
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
    nodes: HashMap<String, Arc<str>>,
}

impl Tree<'_> {
    fn add(&mut self, resource: &Resource, from: &Inherited) {
        match resource {
            Resource::Primitive(p) => self.primitive(p, from),
            Resource::Group { id, managed, maintenance, disabled, members } => {
                let id = if from.merged { base_id(id) } else { id };
                let off = *disabled == Some(true);
                self.container(id, ServiceKind::Group, (*managed, *maintenance, off), from, members, from.merged);
            }
            Resource::Clone { id, unique, managed, maintenance, disabled, target_role, instances, .. } => {
                let off = *disabled == Some(true) || is_stopped(target_role.as_deref());
                self.container(id, ServiceKind::Clone, (*managed, *maintenance, off), from, instances, !unique);
            }
            Resource::Bundle { id, managed, maintenance, members, .. } => {
                self.container(id, ServiceKind::Bundle, (*managed, *maintenance, false), from, members, from.merged);
            }
        }
    }

    fn container(
        &mut self,
        id: &str,
        kind: ServiceKind,
        said: (Option<bool>, bool, bool),
        from: &Inherited,
        members: &[Resource],
        merged: bool,
    ) {
        let (managed, maintenance, off) = said;
        let place = self.entry(id, from);
        let entry = &mut self.entries[place];
        entry.service.kind = kind;
        entry.merged = kind == ServiceKind::Clone || from.merged;
        entry.disabled_by = off.then(|| id.to_owned()).or_else(|| from.disabled_by.clone());
        flag(&mut entry.service, "unmanaged", managed == Some(false));
        flag(&mut entry.service, "maintenance", maintenance || self.cluster_maintenance);
        let inherited = Inherited { parent: Some(place), disabled_by: entry.disabled_by.clone(), merged };
        for member in members {
            self.add(member, &inherited);
        }
    }

    /// The entry under this id: a new one, or that of an earlier instance.
    fn entry(&mut self, id: &str, from: &Inherited) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        let place = self.entries.len();
        let parent = from.parent.map(|at| self.entries[at].service.id.clone());
        let leftovers = self.index.leftovers(id);
        let service = Service { id: id.to_owned(), parent, leftovers, ..Service::default() };
        self.entries.push(Entry { service, merged: from.merged, parent: from.parent, ..Entry::default() });
        self.places.insert(id.to_owned(), place);
        if let Some(parent) = from.parent {
            self.entries[parent].members.push(place);
        }
        place
    }

    fn primitive(&mut self, p: &Primitive, from: &Inherited) {
        let id = if from.merged { base_id(&p.id) } else { &p.id };
        let place = self.entry(id, from);
        let pending = if from.merged { None } else { self.index.pending(id) };
        let owners: Vec<Arc<str>> = p.nodes.iter().map(|n| self.node(n)).collect();
        let in_maintenance = |n: &Arc<str>| self.index.status(n) == Some(crate::domain::cluster::MemberStatus::Maintenance);
        let maintenance = p.maintenance || self.cluster_maintenance || owners.iter().any(in_maintenance);
        let disabled_by = is_stopped(p.target_role.as_deref()).then(|| id.to_owned()).or_else(|| from.disabled_by.clone());
        let state = instance::state(p, self.index, disabled_by.is_some(), pending.map(|(task, _)| task));
        let (failures, failed) = (self.index.fail_count(id), !self.index.failures(id).is_empty());
        let promoted = instance::is_promoted(p) && state == ServiceState::Started;
        let entry = &mut self.entries[place];
        if promoted {
            entry.promoted.extend(owners.iter().cloned());
        }
        // A second instance under the same id (a bundle's replicas) has no single owner either.
        entry.merged |= !entry.states.is_empty();
        entry.states.push(state);
        entry.disabled_by = disabled_by;
        entry.locked_to = entry.locked_to.take().or_else(|| p.locked_to.clone());
        let service = &mut entry.service;
        service.kind = instance::kind(&p.agent);
        service.agent = Some(p.agent.clone()).filter(|a| !a.is_empty());
        service.owners.extend(owners);
        (service.failures, service.failed_operation) = (failures, failed);
        if service.pending.is_none() {
            service.pending = p.pending.clone().or_else(|| pending.map(|(task, _)| task.to_owned()));
        }
        if state == ServiceState::Migrating {
            service.moving_to = pending.filter(|(task, _)| *task == "migrate_from").map(|(_, node)| Arc::from(node));
        }
        flag(service, "locked", p.locked_to.is_some());
        flag(service, "maintenance", maintenance);
        flag(service, "orphaned", p.orphaned);
        flag(service, "promoted", promoted);
        flag(service, "unmanaged", !p.managed);
    }

    /// A node's name, shared by all services that run there.
    fn node(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.nodes.get(name) {
            return known.clone();
        }
        let shared: Arc<str> = Arc::from(name);
        self.nodes.insert(name.to_owned(), shared.clone());
        shared
    }
}

fn is_stopped(target_role: Option<&str>) -> bool {
    target_role.is_some_and(|r| r.eq_ignore_ascii_case("stopped"))
}

fn flag(service: &mut Service, word: &'static str, set: bool) {
    if set && let Err(place) = service.flags.binary_search(&word) {
        service.flags.insert(place, word);
    }
}

/// States and owners from the instances up to the containers; members stand behind what contains them.
pub(super) fn settle(entries: &mut [Entry]) {
    for place in (0..entries.len()).rev() {
        if entries[place].members.is_empty() {
            let entry = &mut entries[place];
            entry.service.state = match entry.states.as_slice() {
                [] if entry.disabled_by.is_some() => ServiceState::Disabled,
                states => instance::together(states),
            };
        } else {
            let summed = sum(entries, place);
            let entry = &mut entries[place];
            (entry.service.state, entry.service.failures, entry.service.failed_operation) = (summed.state, summed.failures, summed.failed);
            entry.service.owners = summed.owners.into_iter().collect();
            entry.promoted = summed.promoted;
            flag(&mut entry.service, "unmanaged", summed.all_unmanaged);
        }
        let Entry { service, merged, .. } = &mut entries[place];
        service.owners.sort();
        service.owners.dedup();
        service.owner = match service.owners.as_slice() {
            [one] if !*merged => Some(one.clone()),
            _ => None,
        };
    }
}

struct Sum {
    state: ServiceState,
    owners: BTreeSet<Arc<str>>,
    promoted: Vec<Arc<str>>,
    failures: u64,
    failed: bool,
    all_unmanaged: bool,
}

fn sum(entries: &[Entry], place: usize) -> Sum {
    let members = || entries[place].members.iter().map(|at| &entries[*at].service);
    let states: Vec<ServiceState> = members().map(|m| m.state).collect();
    Sum {
        state: match entries[place].service.kind {
            ServiceKind::Group => instance::worst(&states),
            _ => instance::together(&states),
        },
        owners: members().flat_map(|m| m.owners.iter().cloned()).collect(),
        promoted: entries[place].members.iter().flat_map(|at| entries[*at].promoted.iter().cloned()).collect(),
        failures: members().map(|m| m.failures).sum(),
        // A member that recovered speaks for itself.
        failed: members().any(|m| m.failed_operation && m.state != ServiceState::Started),
        all_unmanaged: members().all(|m| m.flags.contains(&"unmanaged")),
    }
}
