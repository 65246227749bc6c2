//! Guests of VMware Server that no service runs: VMware alone acts on them.

use super::Subject;
use crate::action::plain;
use crate::action::plan::Refusal;
use crate::domain::cluster::{Cluster, Service};
use crate::domain::guest::Guest;
use crate::domain::task::{Action, ServiceVerb};

/// The guests of VMware's that no service runs and that are named so, by their name or by `NAME@NODE`: none where a service is or a guest of libvirt's, or
/// where it is not known which manager runs.
pub fn lone<'a>(cluster: &'a Cluster, id: &str) -> Vec<&'a Guest> {
    if cluster.stack.is_none() || cluster.service(id).is_some() || !plain::rows(cluster, id).is_empty() {
        return Vec::new();
    }
    let of = |name: &str, node: Option<&str>| {
        let mine = |g: &&Guest| g.vmware.is_some() && g.managed_by.is_none() && g.name == name && node.is_none_or(|node| node == &*g.node);
        cluster.guests.iter().filter(mine).collect::<Vec<_>>()
    };
    match (of(id, None), id.rsplit_once('@')) {
        (none, Some((name, node))) if none.is_empty() => of(name, Some(node)),
        (all, _) => all,
    }
}

/// How an action names a guest that no service runs.
pub fn id(cluster: &Cluster, guest: &Guest) -> String {
    if lone(cluster, &guest.name).len() == 1 { guest.name.clone() } else { format!("{}@{}", guest.name, guest.node) }
}

/// The names of all guests of VMware's that no service runs.
pub(in crate::action) fn names(cluster: &Cluster) -> impl Iterator<Item = &str> + Clone {
    cluster.guests.iter().filter(|g| g.vmware.is_some() && g.managed_by.is_none()).map(|g| g.name.as_str())
}

/// A guest that no service runs; where it runs counts before where it is only registered.
pub(super) fn alone<'a>(cluster: &'a Cluster, id: &str) -> Option<Subject<'a>> {
    let rows = lone(cluster, id);
    let guest = rows.iter().find(|g| g.state.is_active()).or(rows.first())?;
    let facts = guest.vmware.as_deref()?;
    Some(Subject { service: None, id: id.to_owned(), vmx: facts.vmx.clone(), tool: facts.tool, name: guest.name.clone() })
}

/// What stands against an action upon a guest that no service seems to run: nobody can do it, several are named so, or a service may run it after all.
pub(super) fn against(cluster: &Cluster, action: &Action, subject: &Subject<'_>) -> Option<Refusal> {
    if !can(action) {
        let why = format!("no service runs {}: '{}' is done by rgmanager", subject.name, action.word());
        return Some(Refusal::new("not-managed", why, "suspend, resume, reset and answer work on every guest of VMware's"));
    }
    let rows = lone(cluster, &subject.id);
    let first = rows.first()?;
    if let Some(other) = rows.iter().find(|g| g.uuid != first.uuid || g.vmware.as_ref().map(|v| &v.vmx) != Some(&subject.vmx)) {
        let why = format!("there are several guests '{}': on {} and on {}", first.name, first.node, other.node);
        return Some(Refusal::new("ambiguous", why, format!("name the one that is meant: {}@{}", first.name, first.node)));
    }
    let script = |file: &String| file.rsplit('/').next().is_some_and(|base| base.starts_with("vmware"));
    let strange = |s: &&Service| {
        let conf = s.rhcs.as_ref().and_then(|r| r.conf.as_ref());
        s.guest.is_none() && rows.iter().any(|g| s.owners.contains(&g.node)) && conf.is_some_and(|c| c.scripts.iter().any(script))
    };
    // An answer is nobody's but the guest's.
    let service = cluster.services.iter().find(strange).filter(|_| !matches!(action, Action::Answer { .. }))?;
    let why = format!("{} is {}, and which guest it is is not known: it may be {}", service.id, service.state.word(), first.name);
    Some(Refusal::new("managed", why, format!("see why VMware does not have the guest of {}", service.id)))
}

/// Whether VMware alone does it.
const fn can(action: &Action) -> bool {
    matches!(action, Action::Service(ServiceVerb::Suspend | ServiceVerb::Resume | ServiceVerb::Reset, _) | Action::Answer { .. })
}
