//! Where rgmanager would run a service: by its failover domain, what is exclusive, and which nodes can run services at all (the node scores of rgmanager's
//! groups.c: illegal, good, better, best).

use std::sync::Arc;

use crate::action::plan::{Consequences, Fate, FateKind};
use crate::domain::cluster::{Cluster, Member, MemberStatus, Service, ServiceKind, ServiceState};
use crate::domain::observation::rhcs::{ConfService, FailoverDomain};

/// The service's failover domain.
pub fn domain(service: &Service) -> Option<&FailoverDomain> {
    service.rhcs.as_ref()?.domain.as_ref()
}

/// Its entry in cluster.conf.
pub fn conf(service: &Service) -> Option<&ConfService> {
    service.rhcs.as_ref()?.conf.as_ref()
}

/// Why a node cannot run services now; none: it can.
pub fn unable(member: &Member) -> Option<String> {
    let name = &member.name;
    match (member.status, member.manager) {
        (MemberStatus::Online, Some(false)) => Some(format!("rgmanager does not run on {name}")),
        (MemberStatus::Online, _) if member.rhcs.as_ref().is_some_and(|r| r.disallowed) => Some(format!("{name} is disallowed")),
        (MemberStatus::Online, _) => None,
        (status, _) => Some(format!("{name} is {}", status.word())),
    }
}

/// Why this node may not run this service, whatever its own health; none: it may.
pub fn forbidden(cluster: &Cluster, service: &Service, node: &str) -> Option<String> {
    if let Some(domain) = domain(service).filter(|d| d.restricted && !d.nodes.iter().any(|(n, _)| n == node)) {
        return Some(format!("{node} is outside its restricted failover domain {}", domain.name));
    }
    let here = || cluster.services.iter().filter(|s| s.id != service.id && s.owners.iter().any(|o| **o == *node));
    if let Some(other) = here().find(|s| conf(s).is_some_and(|c| c.exclusive)) {
        return Some(format!("{} on {node} is exclusive: it tolerates nothing beside it", other.id));
    }
    if conf(service).is_some_and(|c| c.exclusive)
        && let Some(other) = here().next()
    {
        return Some(format!("it is exclusive, and {} runs on {node}", other.id));
    }
    None
}

/// The node that rgmanager would choose; none: it can run nowhere. `load`: of equals the one with the least.
pub fn best(cluster: &Cluster, service: &Service, avoid: Option<&str>, load: &dyn Fn(&str) -> usize) -> Option<Arc<str>> {
    let id = |m: &Member| m.id.as_deref().and_then(|id| id.parse::<u64>().ok()).unwrap_or(u64::MAX);
    let able =
        cluster.members.iter().filter(|m| avoid != Some(&*m.name) && unable(m).is_none() && forbidden(cluster, service, &m.name).is_none());
    let rank = |m: &&Member| {
        let place =
            domain(service).map_or(Some(0), |d| d.nodes.iter().find(|(n, _)| *n == *m.name).map(|(_, p)| if d.ordered { *p } else { 0 }));
        (place.is_none(), place, load(&m.name), id(m))
    };
    able.min_by_key(rank).map(|m| Arc::clone(&m.name))
}

/// Whether it can be moved while it runs: a guest that stands by itself (a vm inside a service, or with something inside it, cannot).
pub fn migrates(service: &Service) -> bool {
    service.kind == ServiceKind::Vm && conf(service).is_none_or(|c| c.resources.is_empty())
}

/// Services with an owner on this node.
pub fn on<'a>(cluster: &'a Cluster, node: &str) -> impl Iterator<Item = &'a Service> {
    cluster.services.iter().filter(move |s| s.owners.iter().any(|o| **o == *node))
}

/// Where the services of a node go without it. `dies`: without being asked.
pub fn without(cluster: &Cluster, node: &str, dies: bool) -> Consequences {
    let fates = on(cluster, node).map(|service| {
        let frozen = service.flags.contains(&"frozen");
        let to = best(cluster, service, Some(node), &|_| 0).filter(|_| !frozen);
        let kind = match (dies, to.is_some()) {
            (true, true) => FateKind::DiesRestarts,
            (true, false) => FateKind::DiesStays,
            (false, true) => FateKind::Moves,
            (false, false) => FateKind::Stops,
        };
        let why = match (&to, domain(service)) {
            (Some(_), _) => None,
            (None, _) if frozen => Some("it is frozen: rgmanager does not recover it".to_owned()),
            (None, Some(domain)) if domain.restricted => {
                Some(format!("no other member of its restricted failover domain {} can run it", domain.name))
            }
            (None, _) => Some("no other member can run it".to_owned()),
        };
        Fate { service: service.id.clone(), guest: service.kind == ServiceKind::Vm, kind, from: Some(Arc::from(node)), to, why }
    });
    Consequences { fates: fates.collect(), by: BY, ..Consequences::default() }
}

/// Where the consequences are known from.
pub const BY: &str = "the failover domains in cluster.conf";

/// Services that rgmanager moves to a node that comes back: their ordered domains prefer it, and do not say nofailback.
pub fn coming_back(cluster: &Cluster, node: &str) -> Vec<Fate> {
    let priority = |d: &FailoverDomain, name: &str| d.nodes.iter().find(|(n, _)| n == name).map(|(_, p)| *p);
    let better = |service: &&Service| {
        let Some(domain) = domain(service).filter(|d| !d.nofailback) else { return false };
        let Some(mine) = priority(domain, node) else { return false };
        let Some(owner) = service.owner.as_deref().filter(|o| *o != node) else { return false };
        let there = priority(domain, owner);
        service.state == ServiceState::Started
            && !service.flags.contains(&"frozen")
            && (there.is_none() || (domain.ordered && there > Some(mine)))
    };
    let fate = |s: &Service| Fate {
        service: s.id.clone(),
        guest: s.kind == ServiceKind::Vm,
        kind: if migrates(s) { FateKind::Migrates } else { FateKind::Moves },
        from: s.owner.clone(),
        to: Some(Arc::from(node)),
        why: Some("its failover domain prefers that node, and fails back".to_owned()),
    };
    cluster.services.iter().filter(better).map(fate).collect()
}

/// Services that go down with this one because they depend on it.
pub fn dependents(cluster: &Cluster, id: &str) -> Vec<Fate> {
    let depends = |s: &&Service| conf(s).and_then(|c| c.depends.as_ref()).is_some_and(|(on, mode)| on == id && mode == "hard");
    let started = cluster.services.iter().filter(|s| s.state == ServiceState::Started).filter(depends);
    started
        .map(|s| Fate {
            service: s.id.clone(),
            guest: s.kind == ServiceKind::Vm,
            kind: FateKind::Stops,
            from: s.owner.clone(),
            to: None,
            why: Some(format!("it depends on {id}")),
        })
        .collect()
}
