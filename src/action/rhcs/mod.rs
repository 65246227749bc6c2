//! Actions on Red Hat Cluster Suite: rgmanager by `clusvcadm`, fenced by `fence_node` and `fence_ack_manual`, cman by `cman_tool`, daemons by their init scripts.
//!
//! Semantics by the tools' own sources (rgmanager 3.0.12 to 3.2, cman and fenced of RHEL 5 and 6). There is no simulation to ask: where a service would go is reckoned from
//! its failover domain, as rgmanager reckons it ([`place`]).

mod back;
mod cman;
mod fence;
mod node;
mod place;
mod relocate;
mod service;
mod standing;

use crate::domain::cluster::{Cluster, Service, ServiceKind};
use crate::domain::task::{Action, NodeVerb, ServiceVerb};
use crate::link::CommandLine;
use crate::probe::rhcs::act::{self, Unbuildable, Verb};

use super::handle;
use super::inquiry::{Findings, Query, What, first_within_reach, libvirt_on};
use super::plan::{Input, Plan, Refusal};
use super::{named, whereabouts};

pub(super) use service::guest;

/// Seconds for what `clusvcadm` waits for: a stop (a guest is given two minutes), a start, a migration. It sets no limit itself.
const OPERATION: u64 = 1800;

/// The plan for an intent whose target exists, on this stack.
pub(super) fn plan(input: &Input<'_>) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let action = &input.intent.action;
    if let Action::Relocate { service, .. } | Action::Service(_, service) = action {
        let Some(service) = cluster.service(service) else { return Err(Vec::new()) };
        let against = standing::against(cluster, service, action, input.found.is_locked());
        if !against.is_empty() {
            return Err(against);
        }
    }
    match action {
        Action::Relocate { service, to, how, .. } => relocate::plan(input, service, to, *how),
        Action::Service(ServiceVerb::Suspend | ServiceVerb::Resume | ServiceVerb::Reset, id) => {
            let Action::Service(verb, _) = action else { return Err(Vec::new()) };
            super::suspend::plan(input, *verb, id)
        }
        Action::Service(verb, id) => service::plan(input, *verb, id),
        Action::Fence { node, how } => fence::plan(input, node, *how),
        Action::Node(verb, name) => match verb {
            NodeVerb::ConfirmFence => fence::confirm(input, name),
            NodeVerb::TestFence => fence::test(input, name),
            NodeVerb::Kill => cman::kill(input, name),
            NodeVerb::Drain => node::drain(input, name),
            NodeVerb::Leave => node::leave(input, name),
            NodeVerb::Join => node::join(input, name),
            NodeVerb::Reboot => node::reboot(input, name),
            // Refused before: rgmanager has no standby.
            NodeVerb::Standby | NodeVerb::Unstandby => Err(Vec::new()),
        },
        Action::PutBack { node: name, services } => back::plan(input, name, services),
        Action::Daemon { node: name, daemon, start } => node::daemon(input, name, *daemon, *start),
        Action::Expected { votes } => cman::expected(input, *votes),
        Action::Grow { volume, size } => {
            clvmd_everywhere(cluster, &volume.vg)?;
            super::grow::plan(input, volume, *size)
        }
        Action::Evacuate { pv, onto } => {
            if let Some(vg) = named::pvs(cluster, pv).into_iter().find_map(|p| p.vg.as_deref()) {
                clvmd_everywhere(cluster, vg)?;
            }
            super::evacuate::plan(input, pv, onto.as_deref())
        }
        // Changes of cluster.conf are planned elsewhere; there is no maintenance mode, which was refused before. Answers are VMware's.
        Action::Register { .. } | Action::Policy { .. } | Action::Maintenance { .. } | Action::Answer { .. } | Action::Limit { .. } => {
            Err(Vec::new())
        }
    }
}

/// What must be asked before an action is planned. Nothing where the picture alone refuses it.
pub(super) fn needed(action: &Action, cluster: &Cluster) -> Vec<Query> {
    let mut asked = Vec::new();
    let within_reach = || cluster.members.iter().filter(|m| whereabouts::is_within_reach(m));
    match action {
        Action::Relocate { service: id, .. } | Action::Service(_, id) => {
            let Some(service) = cluster.service(id).filter(|s| standing::against(cluster, s, action, None).is_empty()) else {
                return asked;
            };
            if let Some(post) = whereabouts::post(cluster, None).filter(|_| standing::starts(action)) {
                asked.push(Query::new(&post, What::RgmanagerLock));
            }
            let script = service.rhcs.as_ref().and_then(|r| r.conf.as_ref()).and_then(|c| c.scripts.first());
            let near = first_within_reach(&service.owners, cluster);
            if let (Action::Relocate { .. }, Some(script), Some(near)) = (action, script, near) {
                asked.push(Query::new(&near, What::StopSuspends(script.clone())));
            }
            if service.kind == ServiceKind::Vm
                && let Some(handle) = handle::of_name(service::guest_name(id), cluster)
            {
                asked.extend(within_reach().map(|m| Query::new(&m.name, What::State(libvirt_on(cluster, &m.name), handle.clone()))));
            }
        }
        Action::Node(NodeVerb::ConfirmFence, node) if cluster.member(node).is_some_and(|m| fence::waits(cluster, m)) => {
            asked.extend(within_reach().filter(|m| *m.name != **node).map(|m| Query::new(&m.name, What::Override)));
        }
        Action::Grow { volume, .. } => {
            super::inquiry::of_devices(volume, cluster, &mut asked);
            super::inquiry::of_disks(volume, cluster, &Findings::default(), &mut asked);
        }
        Action::Evacuate { pv, .. } => {
            let Some(row) = named::pvs(cluster, pv).into_iter().next() else { return asked };
            if let Some(reader) = first_within_reach(&row.seen_by, cluster) {
                asked.push(Query::new(&reader, What::OnPv(row.path_on(&reader).to_owned())));
            }
            if row.vg.as_deref().is_some_and(|vg| is_clustered(cluster, vg)) {
                asked.extend(within_reach().map(|m| Query::new(&m.name, What::ClusterMirror)));
            }
        }
        _ => {}
    }
    asked
}

/// Whether clvmd keeps a volume group.
fn is_clustered(cluster: &Cluster, vg: &str) -> bool {
    cluster.groups.iter().any(|g| g.name == vg && g.lock_type.as_deref() == Some("clvmd"))
}

/// A change of a clustered group needs clvmd on every member: each takes its part in the lock.
fn clvmd_everywhere(cluster: &Cluster, vg: &str) -> Result<(), Vec<Refusal>> {
    use crate::domain::cluster::MemberStatus;
    if !is_clustered(cluster, vg) {
        return Ok(());
    }
    let online = cluster.members.iter().filter(|m| m.status == MemberStatus::Online);
    let without = online.filter(|m| m.rhcs.as_ref().and_then(|r| r.clvmd) == Some(false));
    let refused: Vec<Refusal> = without
        .map(|m| {
            let why = format!("clvmd does not run on {}: no change of {vg} gets its lock there", m.name);
            Refusal::new("no-clvmd", why, format!("quorate act daemon {} clvmd start", m.name))
        })
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}

/// Whether rgmanager calls a service without its kind.
pub(super) fn is_bare(service: &Service) -> bool {
    service.rhcs.as_ref().is_some_and(|r| r.bare)
}

/// The `clusvcadm` command, its target checked against the members' exact names.
fn clusvcadm(cluster: &Cluster, verb: Verb, service: &str, to: Option<&str>) -> Result<CommandLine, Vec<Refusal>> {
    let names: Vec<&str> = cluster.members.iter().map(|m| &*m.name).collect();
    let bare = cluster.service(service).is_some_and(is_bare);
    act::clusvcadm(verb, service, bare, to, &names).map_err(|why| {
        let lift = match &why {
            Unbuildable::NameWithoutKind(_) => "name the service with its kind, as clustat -x has it",
            Unbuildable::NoSuchMember(_) => "name a member as cluster.conf has it",
            Unbuildable::NoTarget | Unbuildable::TargetNotTaken => "plan it anew",
        };
        vec![Refusal::new("unknown-target", why.to_string(), lift)]
    })
}
