//! What only Red Hat Cluster Suite has, folded: part of the picture beside what all stacks share.

use std::sync::Arc;

use super::observation::rhcs::{ConfDisk, ConfService, FailoverDomain, QuorumDisk};
use super::task::FenceHow;

/// Facts of the whole cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RhcsFacts {
    /// The fence domain.
    pub fence: Option<FenceFacts>,
    /// DLM and GFS groups, by kind and name.
    pub groups: Vec<GroupFacts>,
    /// The quorum disk.
    pub quorum_disk: Option<DiskFacts>,
    /// Versions of the configuration that run, each with its nodes.
    pub running: Vec<(u32, Vec<Arc<str>>)>,
    /// Versions of cluster.conf as the nodes have it on disk, each with its nodes.
    pub on_disk: Vec<(u32, Vec<Arc<str>>)>,
    /// Nodes whose cluster.conf has the same version and says something else.
    pub same_version_differs: Vec<Arc<str>>,
    /// The failover domains of cluster.conf.
    pub domains: Vec<FailoverDomain>,
    /// Membership generation.
    pub generation: Option<u64>,
    /// Token timeout of cluster.conf, milliseconds.
    pub token_ms: Option<u64>,
    /// Seconds that fenced waits after a failure, and after it joined.
    pub fence_delays: (Option<u32>, Option<u32>),
    /// One rgmanager evaluates for all.
    pub central_processing: bool,
    /// rgmanager gave no list of services: why, in one sentence.
    pub no_list: Option<String>,
    /// What clustat complained of.
    pub warnings: Vec<String>,
}

/// The fence domain, with names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FenceFacts {
    /// Its members.
    pub members: Vec<Arc<str>>,
    /// Members that are lost and wait to be fenced.
    pub victims: Vec<Arc<str>>,
    /// Who is being fenced now.
    pub now: Option<Arc<str>>,
    /// Who fences.
    pub master: Option<Arc<str>>,
    /// `none`, `quorum`, `messages`, `fencing`, or groupd's state.
    pub wait: String,
}

/// A DLM or GFS group, with names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFacts {
    /// `dlm`, `gfs`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: Vec<Arc<str>>,
    /// Why it stands still, with who said so.
    pub blocked: Option<(Arc<str>, String)>,
}

/// The quorum disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskFacts {
    /// Its device or label, as cman names it.
    pub name: Option<String>,
    /// Whether cman has it now.
    pub present: Option<bool>,
    /// Votes that it gives now.
    pub votes: Option<u32>,
    /// As cluster.conf wants it.
    pub conf: Option<ConfDisk>,
    /// What `mkqdisk -L` finds, with the nodes that see it.
    pub found: Vec<(QuorumDisk, Vec<Arc<str>>)>,
}

/// Facts of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RhcsMember {
    /// In the cluster, but not in cluster.conf.
    pub estranged: bool,
    /// There, with state that it should not have: it has to be rebooted.
    pub disallowed: bool,
    /// It evaluates rgmanager's events for all.
    pub master: bool,
    /// When it joined, as cman prints it.
    pub joined: Option<String>,
    /// Version of the configuration that runs there.
    pub config_running: Option<u32>,
    /// Version of its cluster.conf.
    pub config_on_disk: Option<u32>,
    /// clvmd listens there.
    pub clvmd: Option<bool>,
    /// How it is fenced: level by level, each with its devices in words.
    pub methods: Option<Vec<(String, Vec<String>)>>,
    /// How it was fenced last, in words.
    pub last_fence: Option<String>,
}

impl RhcsMember {
    /// What fencing does to it: what its first method in cluster.conf says, a reboot unless that says off.
    pub fn fence_action(&self) -> FenceHow {
        let devices = self.methods.iter().flatten().take(1).flat_map(|(_, devices)| devices);
        let mut parts = devices.flat_map(|device| device.split(", "));
        if parts.any(|part| matches!(part, "action off" | "option off")) { FenceHow::Off } else { FenceHow::Reboot }
    }
}

/// Facts of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RhcsService {
    /// rgmanager's own word for its state.
    pub word: String,
    /// Its entry in cluster.conf.
    pub conf: Option<ConfService>,
    /// Its failover domain.
    pub domain: Option<FailoverDomain>,
    /// This clustat tells whether it is frozen (not before RHEL 6.1, but in late RHEL 5).
    pub tells_flags: bool,
    /// rgmanager calls it without its kind (RHEL 4).
    pub bare: bool,
    /// The configuration of the guest of VMware's that it is, where that is known.
    pub vmx: Option<String>,
}
