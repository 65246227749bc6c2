//! What Pacemaker says (`crm_mon`, `cibadmin`, `stonith_admin`).

use std::time::Duration;

use compact_str::CompactString;
use regex::Regex;

use crate::domain::stamp::Stamp;

/// One `crm_mon -1` answer. Text is harmless already. `None` is "not said".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ManagerView {
    /// Pacemaker's version as the DC reports it (`2.1.5-a3f44794f94`).
    pub version: Option<String>,
    /// `api-version` of the XML; none for 1.1's `--as-xml`.
    pub api: Option<String>,
    /// `corosync`, `cman` ...
    pub stack: Option<String>,
    /// State of the local pacemakerd (2.1.5 and later): running, shutting_down ...
    pub daemon_state: Option<String>,
    /// Name of the DC.
    pub dc: Option<String>,
    /// Whether the DC's partition has quorum.
    pub with_quorum: Option<bool>,
    /// Whether versions are mixed.
    pub mixed_version: Option<bool>,
    /// `cluster-name` where the answer has it.
    pub cluster_name: Option<String>,
    /// The options that matter.
    pub options: Options,
    /// Last change of the configuration.
    pub last_change: Option<Change>,
    /// All nodes the manager knows, remote and guest nodes included.
    pub nodes: Vec<ManagerNode>,
    /// The resource tree.
    pub resources: Vec<Resource>,
    /// Operations, per node and resource.
    pub history: Vec<History>,
    /// Failed operations (`<failures>`).
    pub failures: Vec<Failure>,
    /// Fence history, newest first as printed.
    pub fences: Option<Vec<FenceRecord>>,
    /// Bans (`<bans>`).
    pub bans: Vec<Ban>,
    /// Tickets (`<tickets>`): none from versions that do not show them.
    pub tickets: Vec<Ticket>,
    /// Node attributes: (node, name, value).
    pub attributes: Vec<(String, String, String)>,
    /// What stands in `<errors>` or before the XML.
    pub warnings: Vec<String>,
}

/// Cluster options; `stonith-*` and the `fencing-*` names of 3.0.2 are the same.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "the manager's own names")]
pub struct Options {
    pub fencing_enabled: Option<bool>,
    pub maintenance_mode: Option<bool>,
    pub symmetric_cluster: Option<bool>,
    pub stop_all_resources: Option<bool>,
    pub no_quorum_policy: Option<String>,
    pub fencing_timeout: Option<Duration>,
}

/// Who changed the configuration last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the manager's own names")]
pub struct Change {
    /// As printed (ctime of the node's time zone).
    pub time: String,
    pub user: Option<String>,
    pub client: Option<String>,
    pub origin: Option<String>,
}

/// One node as the manager sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "crm_mon's own attribute names")]
pub struct ManagerNode {
    pub name: String,
    pub id: Option<String>,
    pub kind: NodeKind,
    /// Of a guest node: the resource that it runs in (`id_as_resource`).
    pub container: Option<String>,
    pub online: bool,
    pub standby: bool,
    pub standby_onfail: bool,
    pub maintenance: bool,
    pub pending: bool,
    pub unclean: bool,
    pub shutdown: bool,
    pub expected_up: bool,
    pub is_dc: bool,
    pub health: Option<String>,
    pub feature_set: Option<String>,
}

/// What kind of node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NodeKind {
    /// A full member.
    #[default]
    Member,
    /// Pacemaker Remote on a machine.
    Remote,
    /// Pacemaker Remote in a guest.
    Guest,
}

/// A node of the resource tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Resource {
    /// One instance of a primitive.
    Primitive(Primitive),
    /// Ordered members.
    Group {
        /// Its id, an instance suffix (`:0`) included.
        id: String,
        /// Whether the manager manages it (2.1 and later).
        managed: Option<bool>,
        /// In maintenance (2.1.7 and later).
        maintenance: bool,
        /// target-role Stopped (2.1 and later).
        disabled: Option<bool>,
        /// Its members.
        members: Vec<Resource>,
    },
    /// Instances of a primitive or a group.
    Clone {
        /// Its id.
        id: String,
        /// Promotable (multi_state).
        promotable: bool,
        /// Globally unique.
        unique: bool,
        /// Whether the manager manages it.
        managed: Option<bool>,
        /// In maintenance (2.1.7 and later).
        maintenance: bool,
        /// target-role Stopped.
        disabled: Option<bool>,
        /// `failed="true"`.
        failed: bool,
        /// target_role where printed.
        target_role: Option<String>,
        /// The instances.
        instances: Vec<Resource>,
    },
    /// A bundle of containers.
    Bundle {
        /// Its id.
        id: String,
        /// Whether the manager manages it.
        managed: Option<bool>,
        /// In maintenance (2.1.7 and later).
        maintenance: bool,
        /// `failed="true"`.
        failed: bool,
        /// The replicas' resources, flat.
        members: Vec<Resource>,
    },
}

/// One instance of a primitive, as `<resource>` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "crm_mon's own attribute names")]
pub struct Primitive {
    /// Without an instance suffix for anonymous clones; unique clones keep `:N`.
    pub id: String,
    /// `ocf:heartbeat:VirtualDomain` (also `ocf::heartbeat:...` of 1.1).
    pub agent: String,
    /// Started, Stopped, Promoted, Master, Slave, Starting, Migrating ...
    pub role: String,
    pub target_role: Option<String>,
    pub active: bool,
    /// `orphaned`, `removed` from 3.0.2.
    pub orphaned: bool,
    pub blocked: bool,
    pub managed: bool,
    pub maintenance: bool,
    pub failed: bool,
    pub failure_ignored: bool,
    /// Text of a pending operation (`Starting`, `Monitoring`, `Migrating` ...).
    pub pending: Option<String>,
    pub locked_to: Option<String>,
    /// Names of the nodes where it is active.
    pub nodes: Vec<String>,
}

/// Operations of one resource on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "crm_mon's own attribute names")]
pub struct History {
    pub node: CompactString,
    pub resource: CompactString,
    /// INFINITY is 1,000,000.
    pub fail_count: u32,
    pub migration_threshold: Option<u32>,
    pub operations: Vec<Operation>,
}

/// One operation. A cluster keeps thousands of them, with the same few words: these are short strings that live in place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "crm_mon's own attribute names")]
pub struct Operation {
    pub call: Option<i64>,
    pub task: CompactString,
    pub rc: Option<i32>,
    /// As printed (ctime or with a zone): the node's local time. `None` if absent.
    pub last_change: Option<CompactString>,
    pub interval: Option<Duration>,
}

/// One entry of `<failures>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "crm_mon's own attribute names")]
pub struct Failure {
    /// `vm1_start_0`.
    pub op_key: String,
    pub node: String,
    pub exit_status: Option<String>,
    pub exit_code: Option<i32>,
    pub exit_reason: Option<String>,
    pub task: Option<String>,
    pub interval_ms: Option<u64>,
    /// complete, Timed Out, error ...
    pub status: Option<String>,
    /// Exact time where the answer has an epoch or a zone.
    pub at: Option<Stamp>,
    /// As printed.
    pub last_change: Option<String>,
}

impl Failure {
    /// The resource that failed: the operation key without `_TASK_INTERVAL`.
    pub fn resource(&self) -> &str {
        let mut parts = self.op_key.rsplitn(3, '_');
        let (interval, task, id) = (parts.next(), parts.next(), parts.next());
        let Some(mut id) = id.filter(|_| interval.is_some_and(|i| i.parse::<u64>().is_ok())) else {
            return &self.op_key;
        };
        // `migrate_to` and `migrate_from` carry an underscore of their own.
        if matches!(task, Some("to" | "from")) {
            id = id.strip_suffix("_migrate").unwrap_or(id);
        }
        id
    }
}

/// One fencing as one daemon recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FenceRecord {
    /// Who was to be fenced.
    pub target: String,
    /// reboot, off or on.
    pub action: String,
    /// pending, success or failed.
    pub status: FenceStatus,
    /// The node that asked.
    pub origin: Option<String>,
    /// The program that asked (`pacemaker-controld.169`).
    pub client: Option<String>,
    /// The node that did it.
    pub delegate: Option<String>,
    /// When it was over.
    pub completed: Option<Stamp>,
    /// The same as printed, where that is the local time of the node that answered (a ctime).
    pub completed_local: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
}

/// The state of a fencing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum FenceStatus {
    Pending,
    Success,
    Failed,
}

/// One entry of `<bans>`: a location constraint with a negative score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "crm_mon's own attribute names")]
pub struct Ban {
    pub id: String,
    pub resource: String,
    pub node: String,
    pub weight: i64,
    pub promoted_only: bool,
}

/// One entry of `<tickets>`: with it a site may run what needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "crm_mon's own attribute names")]
pub struct Ticket {
    pub id: String,
    pub granted: bool,
    pub standby: bool,
}

/// A constraint of the CIB. Scores are clamped to +-1,000,000 (INFINITY).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the CIB's own names")]
pub enum Constraint {
    Location {
        id: String,
        /// The resource, or the pattern (`rsc-pattern`), or each of a set: one constraint each.
        resource: String,
        /// `resource` is a pattern.
        pattern: bool,
        /// None where a rule decides.
        node: Option<String>,
        score: Option<i64>,
        /// `promoted`/`Master` only.
        role: Option<String>,
        /// A rule's text in short, with its expressions (`#uname eq n1`, `date lt 2026-...`).
        rule: Option<String>,
        /// `lifetime` or a date expression: until when.
        expires: Option<String>,
    },
    Colocation {
        id: String,
        resource: String,
        with: String,
        score: i64,
        /// The role of `resource` that it is about; none for any.
        role: Option<String>,
        /// The role in which `with` has to be; none for any.
        with_role: Option<String>,
    },
    Order {
        id: String,
        first: String,
        then: String,
        mandatory: bool,
        /// What is done first where that is not to start: `promote`, `stop` ...
        first_action: Option<String>,
        /// What waits for it where that is not to start.
        then_action: Option<String>,
    },
    Ticket {
        id: String,
        resource: String,
        ticket: String,
        /// The role that it takes the ticket for; none for any.
        role: Option<String>,
        /// What becomes of it without the ticket: `stop`, `demote`, `fence`, `freeze`.
        loss_policy: Option<String>,
    },
}

impl Constraint {
    /// Tells which resources a `rsc-pattern` means: an extended expression, found anywhere in the id; `!` before it turns it round.
    pub fn matcher(pattern: &str) -> impl Fn(&str) -> bool + use<> {
        let (wanted, expression) = pattern.strip_prefix('!').map_or((true, pattern), |rest| (false, rest));
        let expression = Regex::new(expression).ok();
        move |id| expression.as_ref().is_some_and(|e| e.is_match(id) == wanted)
    }
}

/// What the CIB says of a primitive that is a guest: the parameters of the agent that name it, and none of its secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestParam {
    /// The primitive's id.
    pub resource: String,
    /// `config` of VirtualDomain: the path of the guest's XML.
    pub config: Option<String>,
    /// `hypervisor`: the URI.
    pub hypervisor: Option<String>,
    /// `snapshot`: the folder to save it to at stop.
    pub snapshot: Option<String>,
    /// `name` of Xen and others.
    pub name: Option<String>,
}
