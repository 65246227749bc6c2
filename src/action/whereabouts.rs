//! From which node something is asked or done.

use std::sync::Arc;

use crate::domain::cluster::{Cluster, Member, MemberStatus, Service, ServiceKind, Stack};
use crate::domain::task::{Action, Target};

use super::lock;
use super::plan::Refusal;

/// Whether a member can be told something now.
pub fn is_within_reach(member: &Member) -> bool {
    member.node.is_some() && member.reach.is_up()
}

/// A member that speaks for the manager: who spoke last, else the DC, else the first that can. `avoid`: not this one.
pub fn post(cluster: &Cluster, avoid: Option<&str>) -> Option<Arc<str>> {
    let able = |m: &&Member| {
        is_within_reach(m)
            && avoid != Some(&*m.name)
            && m.manager != Some(false)
            && !matches!(m.status, MemberStatus::Offline | MemberStatus::Unclean | MemberStatus::Pending)
    };
    let spoke = cluster.manager_sight.as_ref().and_then(|s| cluster.member(&s.by)).filter(able);
    let dc = || cluster.members.iter().filter(able).find(|m| m.dc);
    spoke.or_else(dc).or_else(|| cluster.members.iter().find(able)).map(|m| Arc::clone(&m.name))
}

/// As [`post`]; without one nothing can be planned.
pub fn post_or_refuse(cluster: &Cluster, avoid: Option<&str>) -> Result<Arc<str>, Vec<Refusal>> {
    post(cluster, avoid).ok_or_else(|| {
        let why = match avoid {
            Some(node) => format!("no member but {node} can be told what to do"),
            None => "no member that runs the manager can be reached".to_owned(),
        };
        let manager = if cluster.stack == Some(Stack::Rhcs) { "rgmanager" } else { "pacemaker" };
        vec![Refusal::new("no-post", why, format!("connect quorate to a member on which {manager} runs"))]
    })
}

/// A member as a place for a command, if it is within reach.
pub fn within_reach(cluster: &Cluster, name: &str) -> Result<Arc<str>, Vec<Refusal>> {
    let member = cluster.member(name).filter(|m| is_within_reach(m));
    member.map(|m| Arc::clone(&m.name)).ok_or_else(|| {
        vec![Refusal::new("unreachable", format!("{name} cannot be reached, and this must be done there"), "connect quorate to that node")]
    })
}

/// Where the lock of an action lies, in the order in which it is taken: where every other quorate looks for it, too.
pub fn arbiters(cluster: &Cluster, action: &Action) -> Vec<Arc<str>> {
    let node = if let Target::Node(name) = action.target() { Some(name) } else { None };
    let node = node.as_deref();
    if lock::is_fencing(action) {
        return witnesses(cluster, node);
    }
    // Whatever is done to a node, another one keeps the lock; the node itself where there is no other.
    arbiter(cluster, node).or_else(|| arbiter(cluster, None)).into_iter().collect()
}

/// The DC, but not the node that is acted upon; else the first by name.
fn arbiter(cluster: &Cluster, avoid: Option<&str>) -> Option<Arc<str>> {
    let able = |m: &&Member| keeps_locks(m) && avoid != Some(&*m.name);
    let dc = cluster.members.iter().filter(able).find(|m| m.dc);
    dc.or_else(|| cluster.members.iter().find(able)).map(|m| Arc::clone(&m.name))
}

/// The first two members by name; the one that is fenced is taken only where there is no other. The pairs of any two fencings share a member, so that one of
/// the two is refused; both take their locks by name, so that one of the two is not.
fn witnesses(cluster: &Cluster, fenced: Option<&str>) -> Vec<Arc<str>> {
    let able = cluster.members.iter().filter(|m| keeps_locks(m));
    let (own, others): (Vec<&Member>, Vec<&Member>) = able.partition(|m| fenced == Some(&*m.name));
    let mut two: Vec<Arc<str>> = others.into_iter().chain(own).take(2).map(|m| Arc::clone(&m.name)).collect();
    two.sort();
    two
}

fn keeps_locks(member: &Member) -> bool {
    is_within_reach(member) && member.status != MemberStatus::Offline
}

/// The one node where a service runs.
pub fn owner(service: &Service) -> Result<Arc<str>, Vec<Refusal>> {
    match service.owners.as_slice() {
        [one] => Ok(Arc::clone(one)),
        [] => Err(vec![Refusal::new("not-running", format!("{} runs nowhere", service.id), "start it first")]),
        several => {
            let why = format!("{} is active on {}", service.id, several.join(", "));
            Err(vec![Refusal::new("several-owners", why, "bring it to one node first")])
        }
    }
}

/// What the manager moves when this service moves: the group, clone or bundle that contains it.
pub fn outermost<'a>(cluster: &'a Cluster, service: &'a Service) -> &'a Service {
    let mut at = service;
    while let Some(parent) = at.parent.as_deref().and_then(|id| cluster.service(id)) {
        at = parent;
    }
    at
}

/// Whether this is a group, a clone or a bundle.
pub const fn is_container(service: &Service) -> bool {
    matches!(service.kind, ServiceKind::Group | ServiceKind::Clone | ServiceKind::Bundle)
}

/// Whether a resource of the manager's simulation (an instance has its number: `dlm:0`) is this service, or a part of it.
pub fn is_part(cluster: &Cluster, resource: &str, of: &str) -> bool {
    let mut at = cluster.service(resource).or_else(|| cluster.service(without_instance(resource)));
    if at.is_none() {
        return resource == of;
    }
    while let Some(service) = at {
        if service.id == of {
            return true;
        }
        at = service.parent.as_deref().and_then(|id| cluster.service(id));
    }
    false
}

/// The primitives that a service consists of: itself, if it is one.
pub fn parts<'a>(cluster: &'a Cluster, service: &'a Service) -> Vec<&'a Service> {
    if !is_container(service) {
        return vec![service];
    }
    let inside = cluster.services.iter().filter(|s| s.parent.as_deref() == Some(service.id.as_str()));
    inside.flat_map(|s| parts(cluster, s)).collect()
}

/// `dlm:0` is an instance of `dlm`.
pub fn without_instance(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((name, number)) if !name.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => id,
    }
}

/// Only a guest can do this.
pub fn guest_only(service: &Service, word: &str) -> Result<(), Vec<Refusal>> {
    if service.kind == ServiceKind::Vm {
        return Ok(());
    }
    let why = format!("{} is a {}, not a guest: it cannot {word}", service.id, service.kind.word());
    Err(vec![Refusal::new("not-a-guest", why, "stop, start and restart work on every service")])
}
