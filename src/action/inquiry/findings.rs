//! The answers to an inquiry's questions.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::observation::Trouble;
use crate::domain::observation::references::References;
use crate::domain::observation::simulation::{
    CpuFit, GuestDefinition, GuestJob, GuestPlace, GuestState, LibvirtWay, PrimitiveConfig, Simulation, VolumeFacts,
};
use crate::probe::pacemaker::fencing_test;
use crate::probe::rhcs::fence;
use crate::probe::systemd::starter;
use crate::probe::vmware::act::Look;

use super::{Finding, Query, What};

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

    /// What in the configuration names a resource; none: it was not asked. The trouble, where that is the answer.
    pub fn references(&self, id: &str) -> Option<Result<&References, &Trouble>> {
        self.0.iter().find_map(|(q, f)| match (&q.what, f) {
            (What::References(asked), Ok(Finding::References(found))) if asked == id => Some(Ok(found)),
            (What::References(asked), Err(trouble)) if asked == id => Some(Err(trouble)),
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

    /// Which address of the target's libvirt answers from the node that was asked; none: it was not asked.
    pub fn reach(&self) -> Option<Result<&LibvirtWay, &Trouble>> {
        self.0.iter().find_map(|(q, f)| match (&q.what, f) {
            (What::Reach(_), Ok(Finding::Reach(way))) => Some(Ok(way)),
            (What::Reach(_), Err(trouble)) => Some(Err(trouble)),
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
        self.jobs().next()
    }

    /// The same by each node that told.
    pub fn jobs(&self) -> impl Iterator<Item = &GuestJob> {
        self.answers().filter_map(|(_, f)| if let Finding::Job(job) = f { Some(job) } else { None })
    }

    /// Why a guest's job is not known: whom it was asked for in vain.
    pub fn no_job(&self) -> Option<(&Arc<str>, &Trouble)> {
        self.0.iter().find_map(|(q, f)| match (&q.what, f) {
            (What::Job(..), Err(trouble)) => Some((&q.node, trouble)),
            _ => None,
        })
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
