//! cluster.conf: nodes with their fence methods, the quorum disk, failover domains, services.

/// cluster.conf, without any password: the parser never keeps one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterConf {
    /// The cluster's name.
    pub name: Option<String>,
    /// `config_version`.
    pub version: Option<u32>,
    /// Fingerprint of the content, passwords left out: tells files of one version apart.
    pub print: u64,
    /// `two_node`.
    pub two_node: bool,
    /// `expected_votes`.
    pub expected_votes: Option<u32>,
    /// `totem token`, milliseconds.
    pub token_ms: Option<u64>,
    /// Seconds that fenced waits after a node failed.
    pub post_fail_delay: Option<u32>,
    /// Seconds that fenced waits after this node joined.
    pub post_join_delay: Option<u32>,
    /// One rgmanager evaluates for all.
    pub central_processing: bool,
    /// The nodes.
    pub nodes: Vec<ConfNode>,
    /// The fence devices.
    pub devices: Vec<FenceDevice>,
    /// The quorum disk.
    pub quorum_disk: Option<ConfDisk>,
    /// The failover domains.
    pub domains: Vec<FailoverDomain>,
    /// Services and guests, with their full names.
    pub services: Vec<ConfService>,
}

impl ClusterConf {
    /// The domain of a service.
    pub fn domain_of(&self, service: &ConfService) -> Option<&FailoverDomain> {
        let name = service.domain.as_deref()?;
        self.domains.iter().find(|d| d.name == name)
    }

    /// The service with this full name.
    pub fn service(&self, id: &str) -> Option<&ConfService> {
        self.services.iter().find(|s| s.id == id)
    }
}

/// `<clusternode>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfNode {
    /// Name.
    pub name: String,
    /// Node id.
    pub id: Option<u32>,
    /// Votes; 1 unless said otherwise.
    pub votes: u32,
    /// Fence methods, in the order in which they are tried.
    pub methods: Vec<FenceMethod>,
}

/// A fence method: a level that succeeds if all of its devices do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FenceMethod {
    /// Name.
    pub name: String,
    /// Names of its devices, with what singles out the node (`port 4`) where that is said.
    pub devices: Vec<(String, Option<String>)>,
}

/// `<fencedevice>`, without its login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FenceDevice {
    /// Name.
    pub name: String,
    /// `fence_ipmilan` ...
    pub agent: String,
    /// Where it is.
    pub address: Option<String>,
}

/// `<quorumd>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "cluster.conf's own words")]
pub struct ConfDisk {
    pub label: Option<String>,
    pub device: Option<String>,
    pub votes: Option<u32>,
    pub interval: Option<u32>,
    pub tko: Option<u32>,
    pub min_score: Option<u32>,
    /// Programs whose success scores.
    pub heuristics: Vec<String>,
}

/// `<failoverdomain>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailoverDomain {
    /// Name.
    pub name: String,
    /// Priorities count.
    pub ordered: bool,
    /// Nowhere else.
    pub restricted: bool,
    /// A better node that comes back does not get the service by itself.
    pub nofailback: bool,
    /// (node, priority), 1 is best; in an unordered domain all are alike.
    pub nodes: Vec<(String, u32)>,
}

/// `<service>` or `<vm>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfService {
    /// `vm:wiki`, `service:web`.
    pub id: String,
    /// Failover domain.
    pub domain: Option<String>,
    /// Started when the cluster forms.
    pub autostart: bool,
    /// Alone on its node.
    pub exclusive: bool,
    /// restart, relocate, disable, restart-disable.
    pub recovery: String,
    /// Restarts within the expire time before it is relocated; 0: no limit.
    pub max_restarts: Option<u32>,
    /// Seconds.
    pub restart_expire: Option<u32>,
    /// `live`, `pause`: how a guest migrates.
    pub migrate: Option<String>,
    /// Where a guest's definition is looked for.
    pub path: Option<String>,
    /// A guest's folder of snapshots: its stop saves its memory there, its start restores it.
    pub snapshot: Option<String>,
    /// Files of its resource scripts.
    pub scripts: Vec<String>,
    /// The service it depends on, `hard` unless said otherwise.
    pub depends: Option<(String, String)>,
    /// Its resources: (kind, name or what stands for it).
    pub resources: Vec<(String, String)>,
}
