//! What is asked before an action is planned, and while it runs: questions that change nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::cluster::{Cluster, Service, ServiceKind, Stack};
use crate::domain::guest::{Hypervisor, VirtNode};
use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::{
    CpuFit, GuestDefinition, GuestJob, GuestPlace, GuestState, PrimitiveConfig, Simulation, VolumeFacts,
};
use crate::domain::task::{Action, Limits, NodeVerb, ServiceVerb, VolumeName};
use crate::link::{CommandLine, Lane};
use crate::probe::lvm::grow;
use crate::probe::pacemaker::{fencing_test, primitive, simulation};
use crate::probe::rhcs::{act, fence, file};
use crate::probe::systemd::starter;
use crate::probe::vmware::act::Look;
use crate::probe::{Raw, virsh, vmware};

use super::whereabouts;

/// libvirt's address where a service says nothing else.
pub const LOCAL_LIBVIRT: &str = "qemu:///system";

/// A question to one node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Query {
    /// Whom.
    pub node: Arc<str>,
    /// What.
    pub what: What,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// What the manager would do with one more constraint (XML).
    WhatIf(String),
    /// What it would do if this node were lost.
    NodeFails(String),
    /// How a primitive is configured.
    Primitive(String),
    /// The definition in this file.
    Definition(String),
    /// Whether a guest could be here: libvirt's address, definition, its file.
    Place(String, Box<PlaceOf>),
    /// Whether the CPU there has what this one has: libvirt's address, `<cpu>`.
    Cpu(String, String),
    /// A guest's state: libvirt's address, name.
    State(String, String),
    /// A guest's job: libvirt's address, name.
    Job(String, String),
    /// How a guest of VMware's is: its configuration.
    Vmware(String),
    /// What its migration may take: libvirt's address, name.
    Limits(String, String),
    /// Fence devices that can reach this node, and what each says, as seen from the node that is asked.
    FenceDevices(String),
    /// What starts and stops daemons there.
    Starter,
    /// A volume's size and its group's extents.
    Volume(VolumeName),
    /// The size of a volume's device on that node.
    DeviceSize(VolumeName),
    /// The size of a guest's disk: libvirt's address, name, path.
    GuestDisk(String, String, String),
    /// The volumes on a physical volume.
    OnPv(String),
    /// Whether all rgmanagers are locked: no service starts then.
    RgmanagerLock,
    /// Whether the stop of this resource script suspends.
    StopSuspends(String),
    /// Which fence_ack_manual there is, and whether a fencing waits for it there.
    Override,
    /// A node's power, by its fence device.
    Power(String),
    /// Whether the mirrors of a cluster work there (pvmove under clvmd).
    ClusterMirror,
    /// cluster.conf without its passwords, the version that runs, the tools for it.
    ConfFile,
    /// Whether ricci lets that node distribute cluster.conf.
    Ricci,
}

/// A guest for [`What::Place`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceOf {
    /// Its name for libvirt.
    pub name: String,
    /// The definition's file.
    pub config: String,
    /// Paths of its disks.
    pub disks: Vec<String>,
    /// Its bridges.
    pub bridges: Vec<String>,
}

impl PlaceOf {
    fn definition(&self) -> GuestDefinition {
        GuestDefinition { name: self.name.clone(), disks: self.disks.clone(), bridges: self.bridges.clone(), ..GuestDefinition::default() }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "one for each question")]
pub enum Finding {
    Simulation(Simulation),
    Primitive(PrimitiveConfig),
    Definition(GuestDefinition),
    Place(GuestPlace),
    Cpu(CpuFit),
    State(GuestState),
    Job(GuestJob),
    Vmware(Look),
    Limits(Limits),
    FenceDevices(Vec<fencing_test::DeviceTest>),
    Starter(starter::Starter),
    Volume(VolumeFacts),
    Bytes(u64),
    OnPv(Vec<(String, String)>),
    RgmanagerLock(bool),
    StopSuspends(bool),
    Override(fence::Override),
    Power(bool),
    ClusterMirror(bool),
    ConfFile(Box<file::ConfFile>),
    Ricci(Result<(), String>),
}

impl Query {
    /// To a node.
    pub fn new(node: &Arc<str>, what: What) -> Self {
        Self { node: Arc::clone(node), what }
    }

    /// The exact command.
    pub fn command(&self) -> CommandLine {
        match &self.what {
            What::WhatIf(xml) => simulation::what_if(xml),
            What::NodeFails(node) => simulation::node_fails(node),
            What::Primitive(id) => primitive::command(id),
            What::Definition(file) => virsh::definition::command(file),
            What::Place(uri, of) => virsh::place::command(uri, &of.definition(), &of.config),
            What::Cpu(uri, cpu) => virsh::cpu::command(uri, cpu),
            What::State(uri, guest) => virsh::state(uri, guest),
            What::Job(uri, guest) => virsh::job(uri, guest),
            What::Vmware(vmx) => vmware::act::look(vmx),
            What::Limits(uri, guest) => virsh::limits(uri, guest),
            What::FenceDevices(node) => fencing_test::command(node),
            What::Starter => starter::command(),
            What::Volume(v) => grow::facts(&v.vg, &v.lv),
            What::DeviceSize(v) => grow::device_size(&v.vg, &v.lv),
            What::GuestDisk(uri, guest, path) => grow::guest_disk(uri, guest, path),
            What::OnPv(pv) => grow::on_pv(pv),
            What::RgmanagerLock => act::lock(act::Lock::Query),
            What::StopSuspends(script) => act::stop_suspends(script),
            What::Override => fence::overriding(),
            What::Power(node) => fence::fence_status(node),
            What::ClusterMirror => grow::cluster_mirror(),
            What::ConfFile => file::read(file::FILE),
            What::Ricci => file::ricci(),
        }
    }

    /// Reads the answer.
    pub fn parse(&self, raw: Raw<'_>) -> Result<Finding, Trouble> {
        match &self.what {
            What::WhatIf(_) | What::NodeFails(_) => simulation::parse(raw).map(Finding::Simulation),
            What::Primitive(_) => primitive::parse(raw).map(Finding::Primitive),
            What::Definition(_) => virsh::definition::parse(raw).map(Finding::Definition),
            What::Place(..) => virsh::place::parse(raw).map(Finding::Place),
            What::Cpu(..) => virsh::cpu::parse(raw).map(Finding::Cpu),
            What::State(..) => virsh::parse_state(raw).map(Finding::State),
            What::Job(..) => virsh::parse_job(raw).map(Finding::Job),
            What::Vmware(vmx) => vmware::act::parse_look(vmx, raw).map(Finding::Vmware),
            What::Limits(..) => virsh::parse_limits(raw).map(Finding::Limits),
            What::FenceDevices(_) => fencing_test::parse(raw).map(Finding::FenceDevices),
            What::Starter => starter::parse(raw).map(Finding::Starter),
            What::Volume(_) => grow::parse_facts(raw).map(Finding::Volume),
            What::DeviceSize(_) => grow::parse_size(raw).map(Finding::Bytes),
            What::GuestDisk(..) => grow::parse_guest_disk(raw).map(Finding::Bytes),
            What::OnPv(_) => grow::parse_on_pv(raw).map(Finding::OnPv),
            What::RgmanagerLock => act::is_locked(raw).map(Finding::RgmanagerLock).ok_or_else(|| raw.refusal()),
            What::StopSuspends(_) => act::does_suspend(raw).map(Finding::StopSuspends),
            What::Override => fence::parse_overriding(raw).map(Finding::Override),
            What::Power(_) => fence::power(raw).map(Finding::Power).ok_or_else(|| raw.refusal()),
            What::ClusterMirror => grow::parse_cluster_mirror(raw).map(Finding::ClusterMirror),
            What::ConfFile => file::parse(raw).map(|file| Finding::ConfFile(Box::new(file))).ok_or_else(|| raw.garbled("it told nothing")),
            What::Ricci => Ok(Finding::Ricci(file::parse_ricci(raw))),
        }
    }

    /// Lane and deadline: all of them may take long, and none may keep another one waiting for ever.
    pub const fn pace(&self) -> (Lane, Duration) {
        match self.what {
            What::State(..) | What::Job(..) | What::Limits(..) | What::Vmware(_) => (Lane::Slow, Duration::from_secs(10)),
            What::FenceDevices(_) | What::Power(_) => (Lane::Slow, Duration::from_secs(60)),
            _ => (Lane::Slow, Duration::from_secs(20)),
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings(BTreeMap<Query, Result<Finding, Trouble>>);

impl Findings {
    /// Takes an answer.
    pub fn put(&mut self, query: Query, found: Result<Finding, Trouble>) {
        self.0.insert(query, found);
    }

    /// The answer to a question; none: not asked yet.
    pub fn get(&self, query: &Query) -> Option<&Result<Finding, Trouble>> {
        self.0.get(query)
    }

    /// Whether it was asked.
    pub fn has(&self, query: &Query) -> bool {
        self.0.contains_key(query)
    }

    /// A primitive's configuration, whoever told it.
    pub fn primitive(&self, id: &str) -> Option<&PrimitiveConfig> {
        self.answers().find_map(|(q, f)| match (&q.what, f) {
            (What::Primitive(asked), Finding::Primitive(config)) if asked == id => Some(config),
            _ => None,
        })
    }

    /// A definition, whoever read it.
    pub fn definition(&self, file: &str) -> Option<&GuestDefinition> {
        self.answers().find_map(|(q, f)| match (&q.what, f) {
            (What::Definition(asked), Finding::Definition(found)) if asked == file => Some(found),
            _ => None,
        })
    }

    /// What a node said of itself as a place for the guest.
    pub fn place(&self, node: &str) -> Option<Result<&GuestPlace, &Trouble>> {
        self.0.iter().find_map(|(q, f)| match (&q.what, f) {
            (What::Place(..), Ok(Finding::Place(place))) if *q.node == *node => Some(Ok(place)),
            (What::Place(..), Err(trouble)) if *q.node == *node => Some(Err(trouble)),
            _ => None,
        })
    }

    /// How a guest of VMware's is on a node.
    pub fn vmware(&self, node: &str, vmx: &str) -> Option<Result<&Look, &Trouble>> {
        self.0.iter().find_map(|(q, f)| match (&q.what, f) {
            (What::Vmware(asked), Ok(Finding::Vmware(look))) if asked == vmx && *q.node == *node => Some(Ok(look)),
            (What::Vmware(asked), Err(trouble)) if asked == vmx && *q.node == *node => Some(Err(trouble)),
            _ => None,
        })
    }

    /// Whether the CPU of the node that was asked fits; none: it was not asked.
    pub fn cpu(&self) -> Option<Result<&CpuFit, &Trouble>> {
        self.0.iter().find_map(|(q, f)| match (&q.what, f) {
            (What::Cpu(..), Ok(Finding::Cpu(fit))) => Some(Ok(fit)),
            (What::Cpu(..), Err(trouble)) => Some(Err(trouble)),
            _ => None,
        })
    }

    /// The manager's simulation. None: not asked, or refused.
    pub fn simulation(&self) -> Option<&Simulation> {
        self.answers().find_map(|(_, f)| if let Finding::Simulation(sim) = f { Some(sim) } else { None })
    }

    /// A volume's facts.
    pub fn volume(&self) -> Option<&VolumeFacts> {
        self.answers().find_map(|(_, f)| if let Finding::Volume(facts) = f { Some(facts) } else { None })
    }

    /// The volumes on the physical volume that was asked about.
    pub fn on_pv(&self) -> Option<&[(String, String)]> {
        self.answers().find_map(|(_, f)| if let Finding::OnPv(list) = f { Some(list.as_slice()) } else { None })
    }

    /// Where libvirt knows a guest, and in which state.
    pub fn states(&self) -> impl Iterator<Item = (&Arc<str>, &GuestState)> {
        self.answers().filter_map(|(q, f)| if let Finding::State(state) = f { Some((&q.node, state)) } else { None })
    }

    /// How a guest service is configured, whichever was asked about.
    pub fn any_guest(&self) -> Option<&PrimitiveConfig> {
        self.answers().find_map(|(_, f)| if let Finding::Primitive(config) = f { Some(config).filter(|c| c.is_guest()) } else { None })
    }

    /// A guest's job, whichever node told.
    pub fn job(&self) -> Option<&GuestJob> {
        self.answers().find_map(|(_, f)| if let Finding::Job(job) = f { Some(job) } else { None })
    }

    /// What starts daemons on a node.
    pub fn starter(&self, node: &str) -> Option<starter::Starter> {
        self.answers().find_map(|(q, f)| match f {
            Finding::Starter(starter) if *q.node == *node => Some(*starter),
            _ => None,
        })
    }

    /// Each node's fence devices for a target.
    pub fn fence_devices(&self) -> impl Iterator<Item = (&Arc<str>, &[fencing_test::DeviceTest])> {
        self.answers().filter_map(|(q, f)| if let Finding::FenceDevices(tests) = f { Some((&q.node, tests.as_slice())) } else { None })
    }

    /// Whether all rgmanagers are locked.
    pub fn is_locked(&self) -> Option<bool> {
        self.answers().find_map(|(_, f)| if let Finding::RgmanagerLock(locked) = f { Some(*locked) } else { None })
    }

    /// Whether the stop of the script that was asked about suspends: its file, and yes or no.
    pub fn stop_suspends(&self) -> Option<(&str, bool)> {
        self.answers().find_map(|(q, f)| match (&q.what, f) {
            (What::StopSuspends(file), Finding::StopSuspends(suspends)) => Some((file.as_str(), *suspends)),
            _ => None,
        })
    }

    /// Each node's fence_ack_manual.
    pub fn overrides(&self) -> impl Iterator<Item = (&Arc<str>, &fence::Override)> {
        self.answers().filter_map(|(q, f)| if let Finding::Override(found) = f { Some((&q.node, found)) } else { None })
    }

    /// Nodes on which the mirrors of a cluster work, and nodes on which they do not.
    pub fn cluster_mirrors(&self) -> impl Iterator<Item = (&Arc<str>, bool)> {
        self.answers().filter_map(|(q, f)| if let Finding::ClusterMirror(works) = f { Some((&q.node, *works)) } else { None })
    }

    /// Questions without an answer: (node, why).
    pub fn troubles(&self) -> impl Iterator<Item = (&Arc<str>, &Trouble)> {
        self.0.iter().filter_map(|(q, f)| f.as_ref().err().map(|trouble| (&q.node, trouble)))
    }

    fn answers(&self) -> impl Iterator<Item = (&Query, &Finding)> {
        self.0.iter().filter_map(|(q, f)| Some((q, f.as_ref().ok()?)))
    }
}

/// The address of the libvirt that runs a guest.
pub fn libvirt_of(config: Option<&PrimitiveConfig>) -> String {
    config.and_then(|c| c.attribute("hypervisor")).filter(|uri| !uri.is_empty()).unwrap_or(LOCAL_LIBVIRT).to_owned()
}

/// The address of a node's libvirt, as virsh takes it there: Xen's where the host is one.
pub fn libvirt_on(cluster: &Cluster, node: &str) -> String {
    let mine = |v: &&VirtNode| v.hypervisor == Hypervisor::Libvirt && *v.node == *node;
    let host = cluster.virt.iter().find(mine).and_then(|v| v.host.as_ref());
    if host.and_then(|h| h.driver.as_deref()).is_some_and(|d| d.eq_ignore_ascii_case("xen")) {
        return "xen:///".to_owned();
    }
    host.and_then(|h| h.uri.clone()).unwrap_or_else(|| LOCAL_LIBVIRT.to_owned())
}

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

fn xml(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

/// What must be asked next for an action; nothing: it can be planned. To be called again after each round of answers.
pub fn needed(action: &Action, cluster: &Cluster, found: &Findings) -> Vec<Query> {
    if let Some(asked) = super::vmware::needed(action, cluster, found) {
        return asked;
    }
    if let Some(asked) = super::plain::needed(action, cluster, found) {
        return asked;
    }
    let mut asked = match cluster.stack {
        _ if super::stack::bars(action, cluster.stack).is_some() => Vec::new(),
        Some(Stack::Rhcs) if super::conf::is_conf(action) => super::conf::scene::needed(cluster, found),
        Some(Stack::Rhcs) => super::rhcs::needed(action, cluster),
        _ => by_pacemaker(action, cluster, found),
    };
    asked.retain(|query| !found.has(query));
    asked
}

fn by_pacemaker(action: &Action, cluster: &Cluster, found: &Findings) -> Vec<Query> {
    let mut asked = Vec::new();
    let Some(post) = whereabouts::post(cluster, None) else { return asked };
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
            ServiceVerb::Stop | ServiceVerb::StopForced => {
                asked.push(Query::new(&post, What::WhatIf(nowhere(service))));
                of_guest(service, &[], cluster, found, &post, &mut asked);
            }
            ServiceVerb::Cleanup | ServiceVerb::Clear => {}
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
        Action::Node(NodeVerb::Join, node) => starter_of(node, cluster, &mut asked),
        Action::Grow { volume, .. } => of_volume(volume, cluster, found, &post, &mut asked),
        Action::Evacuate { pv, .. } => {
            if let Some(reader) = cluster.pvs.iter().find(|p| p.path == *pv).and_then(|p| first_within_reach(&p.seen_by, cluster)) {
                asked.push(Query::new(&reader, What::OnPv(pv.clone())));
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
pub(super) fn first_within_reach(nodes: &[Arc<str>], cluster: &Cluster) -> Option<Arc<str>> {
    nodes.iter().find(|n| cluster.member(n).is_some_and(whereabouts::is_within_reach)).map(Arc::clone)
}

/// The volume on the node that would grow it, its device on every node where it is active, and the guests on it.
fn of_volume(name: &VolumeName, cluster: &Cluster, found: &Findings, post: &Arc<str>, asked: &mut Vec<Query>) {
    of_devices(name, cluster, asked);
    let Some(volume) = cluster.volumes.iter().find(|v| v.vg == name.vg && v.lv == name.lv) else { return };
    for user in &volume.used_by {
        of_guest(user, &[], cluster, found, post, asked);
    }
}

/// The volume on the node that would grow it, and its device on every node where it is active.
pub(super) fn of_devices(name: &VolumeName, cluster: &Cluster, asked: &mut Vec<Query>) {
    let Some(volume) = cluster.volumes.iter().find(|v| v.vg == name.vg && v.lv == name.lv) else { return };
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
pub(super) fn needed_cpu(definition: &GuestDefinition, service: &Service, cluster: &Cluster) -> Option<String> {
    if definition.kind.as_deref() != Some("kvm") {
        return None;
    }
    let cpu = definition.cpu.clone()?;
    if definition.cpu_mode() == "custom" {
        return Some(cpu);
    }
    let owner = service.owners.first()?;
    cluster.virt.iter().find(|v| v.node == *owner)?.host.as_ref()?.cpu_xml.clone()
}

/// As for any guest, and what its migration does.
fn of_migration(service: &str, cluster: &Cluster, found: &Findings, post: &Arc<str>, asked: &mut Vec<Query>) {
    of_guest(service, &[], cluster, found, post, asked);
    let Some(config) = found.primitive(service).filter(|c| c.is_guest()) else { return };
    let Some(definition) = config.attribute("config").and_then(|file| found.definition(file)) else { return };
    let owners = cluster.service(service).map(|s| s.owners.as_slice()).unwrap_or_default();
    if let Some(owner) = first_within_reach(owners, cluster) {
        asked.push(Query::new(&owner, What::Job(libvirt_of(Some(config)), definition.name.clone())));
    }
}

/// How the guest is configured, then its definition, then what each place says: its owners, and where it shall go.
fn of_guest(service: &str, to: &[&String], cluster: &Cluster, found: &Findings, post: &Arc<str>, asked: &mut Vec<Query>) {
    let Some(service) = cluster.service(service) else { return };
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
    let uri = libvirt_of(Some(config));
    let of = PlaceOf {
        name: definition.name.clone(),
        config: file.to_owned(),
        disks: definition.disks.clone(),
        bridges: definition.bridges.clone(),
    };
    for target in to.iter().filter_map(|name| cluster.member(name)).filter(|m| whereabouts::is_within_reach(m)) {
        if let Some(cpu) = needed_cpu(definition, service, cluster) {
            asked.push(Query::new(&target.name, What::Cpu(uri.clone(), cpu)));
        }
    }
    let places = service.owners.iter().map(|o| &**o).chain(to.iter().map(|t| t.as_str()));
    for member in places.filter_map(|name| cluster.member(name)).filter(|m| whereabouts::is_within_reach(m)) {
        asked.push(Query::new(&member.name, What::Place(uri.clone(), Box::new(of.clone()))));
    }
}
