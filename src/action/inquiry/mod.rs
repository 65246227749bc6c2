//! What is asked before an action is planned, and while it runs: questions that change nothing.

mod findings;
mod pacemaker;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::cluster::{Cluster, Stack};
use crate::domain::guest::{Hypervisor, VirtNode};
use crate::domain::observation::Trouble;
use crate::domain::observation::references::References;
use crate::domain::observation::simulation::{
    CpuFit, GuestDefinition, GuestJob, GuestPlace, GuestState, LibvirtWay, PrimitiveConfig, Simulation, VolumeFacts,
};
use crate::domain::task::{Action, Limits, VolumeName};
use crate::link::{CommandLine, Lane};
use crate::probe::lvm::grow;
use crate::probe::pacemaker::simulation::{self, Edit};
use crate::probe::pacemaker::{fencing_test, primitive, references};
use crate::probe::rhcs::{act, fence, file};
use crate::probe::systemd::starter;
use crate::probe::vmware::act::Look;
use crate::probe::{Raw, virsh, vmware};

pub use findings::Findings;
pub use pacemaker::location;
pub(super) use pacemaker::{first_within_reach, needed_cpu, of_devices, of_disks};

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
    /// What it would do with this changed, of this node or resource.
    WhatAfter(Edit, String),
    /// What it would do if this node were lost.
    NodeFails(String),
    /// How a primitive is configured.
    Primitive(String),
    /// What in the configuration names this resource.
    References(String),
    /// The definition in this file.
    Definition(String),
    /// The definition of a guest as libvirt keeps it: libvirt's address, name.
    Kept(String, String),
    /// Which of these addresses of another node's libvirt answers from here.
    Reach(Vec<String>),
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
    /// What names it for virsh.
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
    References(References),
    Definition(GuestDefinition),
    Place(GuestPlace),
    Reach(LibvirtWay),
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
            What::WhatAfter(edit, name) => simulation::after(*edit, &pacemaker::xml(name)),
            What::NodeFails(node) => simulation::node_fails(node),
            What::Primitive(id) => primitive::command(id),
            What::References(id) => references::command(id),
            What::Definition(file) => virsh::definition::command(file),
            What::Kept(uri, guest) => virsh::definition::of_guest(uri, guest),
            What::Reach(uris) => virsh::reach::command(uris),
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
            What::WhatIf(_) | What::WhatAfter(..) | What::NodeFails(_) => simulation::parse(raw).map(Finding::Simulation),
            What::Primitive(_) => primitive::parse(raw).map(Finding::Primitive),
            What::References(id) => references::parse(id, raw).map(Finding::References),
            What::Definition(_) | What::Kept(..) => virsh::definition::parse(raw).map(Finding::Definition),
            What::Reach(_) => virsh::reach::parse(raw).map(Finding::Reach),
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
            What::State(..) | What::Job(..) | What::Limits(..) | What::Vmware(_) => (Lane::Action, Duration::from_secs(10)),
            What::FenceDevices(_) | What::Power(_) | What::Reach(_) => (Lane::Action, Duration::from_secs(60)),
            _ => (Lane::Action, Duration::from_secs(20)),
        }
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

/// What must be asked next for an action; nothing: it can be planned. To be called again after each round of answers.
pub fn needed(action: &Action, cluster: &Cluster, found: &Findings) -> Vec<Query> {
    if let Some(asked) = super::vmware::needed(action, cluster, found) {
        return asked;
    }
    if let Some(asked) = super::plain::needed(action, cluster, found) {
        return asked;
    }
    let cluster = &*super::named::scene(action, cluster);
    let mut asked = match cluster.stack {
        _ if super::stack::bars(action, cluster.stack).is_some() => Vec::new(),
        Some(Stack::Rhcs) if super::conf::is_conf(action) => super::conf::scene::needed(cluster, found),
        Some(Stack::Rhcs) => super::rhcs::needed(action, cluster),
        _ => pacemaker::needed(action, cluster, found),
    };
    asked.retain(|query| !found.has(query));
    asked
}
