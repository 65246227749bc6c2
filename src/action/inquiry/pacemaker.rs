//! What Pacemaker's nodes are asked before an action is planned.

use std::sync::Arc;

use crate::domain::cluster::{Cluster, ServiceKind};
use crate::domain::observation::simulation::GuestDefinition;
use crate::domain::task::{Action, NodeVerb, ServiceVerb, VolumeName};
use crate::probe::pacemaker::simulation::Edit;

use super::super::{astray, grow, handle, named, whereabouts};
use super::{Findings, LOCAL_LIBVIRT, PlaceOf, Query, What, libvirt_of};

/// How more parts of a group than these are configured is not asked.
const PARTS: usize = 16;

/// A constraint as the manager takes it; names are data there too.
pub fn location(resource: &str, node: &str, score: &str) -> String {
    let (rsc, node) = (xml(resource), xml(node));
    format!("<rsc_location id=\"quorate-what-if\" rsc=\"{rsc}\" node=\"{node}\" score=\"{score}\"/>")
}

fn off_limits(node: &str) -> String {
    format!("<rsc_location id=\"quorate-what-if\" rsc-pattern=\".*\" node=\"{}\" score=\"-INFINITY\"/>", xml(node))
}

fn nowhere(resource: &str) -> String {
    format!(
        "<rsc_location id=\"quorate-what-if\" rsc=\"{}\"><rule id=\"quorate-what-if-rule\" score=\"-INFINITY\"><expression id=\"quorate-what-if-expression\" attribute=\"#uname\" operation=\"defined\"/></rule></rsc_location>",
        xml(resource)
    )
}

pub(super) fn xml(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

/// See [`super::needed`].
pub(super) fn needed(action: &Action, cluster: &Cluster, found: &Findings) -> Vec<Query> {
    let mut asked = Vec::new();
    let Some(post) = whereabouts::post(cluster, None) else { return asked };
    asked.extend(astray::questions(action, cluster, &post));
    match action {
        Action::Relocate { service, to, .. } => {
            if let Some(s) = cluster.service(service) {
                let moved = &whereabouts::outermost(cluster, s).id;
                asked.push(Query::new(&post, What::WhatIf(location(moved, to, "INFINITY"))));
            }
            of_guest(service, &[to], cluster, found, &post, &mut asked);
        }
        Action::Limit { service, .. } => of_migration(service, cluster, found, &post, &mut asked),
        Action::Service(verb, service) => match verb {
            ServiceVerb::PostCopy | ServiceVerb::Cancel => of_migration(service, cluster, found, &post, &mut asked),
            ServiceVerb::Stop | ServiceVerb::StopForced | ServiceVerb::Restart => {
                asked.push(Query::new(&post, What::WhatIf(nowhere(service))));
                of_guest(service, &[], cluster, found, &post, &mut asked);
            }
            ServiceVerb::Cleanup => {}
            ServiceVerb::Clear => asked.push(Query::new(&post, What::WhatAfter(Edit::Clear, service.clone()))),
            ServiceVerb::Start | ServiceVerb::Unfreeze => {
                let edit = if *verb == ServiceVerb::Start { Edit::Start } else { Edit::Unfreeze };
                asked.push(Query::new(&post, What::WhatAfter(edit, service.clone())));
                of_guest(service, &[], cluster, found, &post, &mut asked);
            }
            ServiceVerb::Unregister => {
                asked.push(Query::new(&post, What::References(service.clone())));
                of_guest(service, &[], cluster, found, &post, &mut asked);
            }
            _ => of_guest(service, &[], cluster, found, &post, &mut asked),
        },
        Action::Fence { node, .. } => {
            let post = whereabouts::post(cluster, Some(node)).unwrap_or(post);
            asked.push(Query::new(&post, What::NodeFails(node.clone())));
            asked.push(Query::new(&post, What::FenceDevices(node.clone())));
        }
        Action::Node(NodeVerb::Standby | NodeVerb::Drain, node) => asked.push(Query::new(&post, What::WhatIf(off_limits(node)))),
        Action::Node(NodeVerb::Leave | NodeVerb::Reboot, node) => {
            asked.push(Query::new(&post, What::WhatIf(off_limits(node))));
            starter_of(node, cluster, &mut asked);
        }
        Action::Node(NodeVerb::Unstandby, node) => asked.push(Query::new(&post, What::WhatAfter(Edit::Unstandby, node.clone()))),
        Action::Maintenance { on: false } => asked.push(Query::new(&post, What::WhatAfter(Edit::MaintenanceOff, String::new()))),
        Action::PutBack { services, .. } => crate::action::back::needed(services, cluster, &mut asked),
        Action::Node(NodeVerb::Join, node) => starter_of(node, cluster, &mut asked),
        Action::Grow { volume, .. } => of_volume(volume, cluster, found, &post, &mut asked),
        Action::Evacuate { pv, .. } => {
            let row = named::pvs(cluster, pv).into_iter().next();
            if let Some((row, reader)) = row.and_then(|row| Some((row, first_within_reach(&row.seen_by, cluster)?))) {
                asked.push(Query::new(&reader, What::OnPv(row.path_on(&reader).to_owned())));
            }
        }
        Action::Register { guest, .. } => of_newcomer(guest, cluster, &post, &mut asked),
        Action::Node(..)
        | Action::Maintenance { .. }
        | Action::Answer { .. }
        | Action::Daemon { .. }
        | Action::Expected { .. }
        | Action::Policy { .. } => {}
    }
    asked
}

/// The first of these nodes that can be asked.
pub(in crate::action) fn first_within_reach(nodes: &[Arc<str>], cluster: &Cluster) -> Option<Arc<str>> {
    nodes.iter().find(|n| cluster.member(n).is_some_and(whereabouts::is_within_reach)).map(Arc::clone)
}

/// The volume on the node that would grow it, its device on every node where it is active, and the guests on it.
fn of_volume(name: &VolumeName, cluster: &Cluster, found: &Findings, post: &Arc<str>, asked: &mut Vec<Query>) {
    of_devices(name, cluster, asked);
    let Some(volume) = named::volumes(cluster, name).into_iter().next() else { return };
    for user in &volume.used_by {
        of_guest(user, &[], cluster, found, post, asked);
    }
    of_disks(name, cluster, found, asked);
}

/// The sizes that running guests see, as far as it is known which they are.
pub(in crate::action) fn of_disks(name: &VolumeName, cluster: &Cluster, found: &Findings, asked: &mut Vec<Query>) {
    let volume = named::volumes(cluster, name).into_iter().next();
    asked.extend(volume.into_iter().flat_map(|v| grow::users(cluster, found, v)).map(|user| user.disk()));
}

/// The volume on the node that would grow it, and its device on every node where it is active.
pub(in crate::action) fn of_devices(name: &VolumeName, cluster: &Cluster, asked: &mut Vec<Query>) {
    let Some(volume) = named::volumes(cluster, name).into_iter().next() else { return };
    let places = if volume.active_on.is_empty() { &volume.seen_by } else { &volume.active_on };
    let Some(first) = first_within_reach(places, cluster) else { return };
    asked.push(Query::new(&first, What::Volume(name.clone())));
    for node in volume.active_on.iter().filter(|n| cluster.member(n).is_some_and(whereabouts::is_within_reach)) {
        asked.push(Query::new(node, What::DeviceSize(name.clone())));
    }
}

/// Where the guest is defined, and how another guest of the cluster is configured: a new one is made like it.
fn of_newcomer(guest: &str, cluster: &Cluster, post: &Arc<str>, asked: &mut Vec<Query>) {
    for member in cluster.members.iter().filter(|m| whereabouts::is_within_reach(m)) {
        asked.push(Query::new(&member.name, What::State(LOCAL_LIBVIRT.to_owned(), guest.to_owned())));
    }
    if let Some(like) = cluster.services.iter().find(|s| s.kind == ServiceKind::Vm) {
        asked.push(Query::new(post, What::Primitive(like.id.clone())));
    }
}

fn starter_of(node: &str, cluster: &Cluster, asked: &mut Vec<Query>) {
    if let Some(member) = cluster.member(node).filter(|m| whereabouts::is_within_reach(m)) {
        asked.push(Query::new(&member.name, What::Starter));
    }
}

/// The CPU that a host must have for a guest; none: every host has it, or what it is is not known. A guest that has its host's CPU needs that.
pub(in crate::action) fn needed_cpu(definition: &GuestDefinition, owner: Option<&Arc<str>>, cluster: &Cluster) -> Option<String> {
    if definition.kind.as_deref() != Some("kvm") {
        return None;
    }
    let cpu = definition.cpu.clone()?;
    if definition.cpu_mode() == "custom" {
        return Some(cpu);
    }
    let owner = owner?;
    cluster.virt.iter().find(|v| v.node == *owner)?.host.as_ref()?.cpu_xml.clone()
}

/// As for any guest, and what its migration does.
fn of_migration(service: &str, cluster: &Cluster, found: &Findings, post: &Arc<str>, asked: &mut Vec<Query>) {
    of_guest(service, &[], cluster, found, post, asked);
    let Some(config) = found.primitive(service).filter(|c| c.is_guest()) else { return };
    let Some(definition) = config.attribute("config").and_then(|file| found.definition(file)) else { return };
    let owners = cluster.service(service).map(|s| s.owners.as_slice()).unwrap_or_default();
    if let Some((owner, handle)) = first_within_reach(owners, cluster).zip(handle::of_definition(definition, cluster)) {
        asked.push(Query::new(&owner, What::Job(libvirt_of(Some(config)), handle)));
    }
}

/// How the guest is configured, then its definition, then what each place says: its owners, and where it shall go.
fn of_guest(service: &str, to: &[&String], cluster: &Cluster, found: &Findings, post: &Arc<str>, asked: &mut Vec<Query>) {
    let Some(service) = cluster.service(service) else { return };
    if whereabouts::is_container(service) {
        let parts = whereabouts::parts(cluster, service);
        asked.extend(parts.iter().take(PARTS).map(|part| Query::new(post, What::Primitive(part.id.clone()))));
        return;
    }
    if !matches!(service.kind, ServiceKind::Vm | ServiceKind::Resource) {
        return;
    }
    asked.push(Query::new(post, What::Primitive(service.id.clone())));
    let Some(config) = found.primitive(&service.id).filter(|c| c.is_guest()) else { return };
    let Some(file) = config.attribute("config") else { return };
    let near = service.owners.iter().filter_map(|o| cluster.member(o)).find(|m| whereabouts::is_within_reach(m));
    let reader = near.map_or(post, |m| &m.name);
    asked.push(Query::new(reader, What::Definition(file.to_owned())));
    let Some(definition) = found.definition(file) else { return };
    // Without it nothing is planned.
    let Some(handle) = handle::of_definition(definition, cluster) else { return };
    let uri = libvirt_of(Some(config));
    let of = PlaceOf { name: handle, config: file.to_owned(), disks: definition.disks.clone(), bridges: definition.bridges.clone() };
    for target in to.iter().filter_map(|name| cluster.member(name)).filter(|m| whereabouts::is_within_reach(m)) {
        if let Some(cpu) = needed_cpu(definition, service.owners.first(), cluster) {
            asked.push(Query::new(&target.name, What::Cpu(uri.clone(), cpu)));
        }
    }
    let places = service.owners.iter().map(|o| &**o).chain(to.iter().map(|t| t.as_str()));
    for member in places.filter_map(|name| cluster.member(name)).filter(|m| whereabouts::is_within_reach(m)) {
        asked.push(Query::new(&member.name, What::Place(uri.clone(), Box::new(of.clone()))));
    }
}
