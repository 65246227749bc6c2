//! What libvirt says, as values that a recording can hold. Nothing is concluded from them here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What can be asked of a node's libvirt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Query {
    /// The host: capabilities, free memory, networks.
    Host,
    /// All guests with their states; definitions of those that are new or have changed since the last answer.
    Guests,
    /// Bulk statistics of the running guests.
    Stats,
    /// Running jobs (migration, save, backup) of all running guests.
    Jobs,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// To [`Query::Host`].
    Host(HostSaid),
    /// To [`Query::Guests`].
    Guests(GuestsSaid),
    /// To [`Query::Stats`].
    Stats(Vec<StatsSaid>),
    /// To [`Query::Jobs`].
    Jobs(Vec<JobSaid>),
}

/// The host as libvirt knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSaid {
    /// `virConnectGetHostname`.
    pub hostname: Option<String>,
    /// Its address on its own host, as virsh takes it there: `qemu:///system`.
    pub uri: Option<String>,
    /// `virConnectGetType`: QEMU, Test ...
    pub driver: Option<String>,
    /// The hypervisor's version, as libvirt counts: major * 1,000,000 + minor * 1,000 + release.
    pub hypervisor: Option<u32>,
    /// The daemon's libvirt version, counted likewise.
    pub library: Option<u32>,
    /// Capabilities, as XML.
    pub capabilities: Option<String>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Bytes.
    pub free_memory: Option<u64>,
    /// Online CPUs.
    pub cpus: Option<u32>,
    /// Virtual networks.
    pub networks: Vec<NetworkSaid>,
}

/// A virtual network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSaid {
    /// Its name.
    pub name: String,
    /// The bridge behind it, if it has one.
    pub bridge: Option<String>,
    /// Whether it runs.
    pub active: bool,
}

/// All guests of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestsSaid {
    /// Running or not.
    pub rows: Vec<RowSaid>,
    /// New since the last answer of this connection, or touched by what may have changed them.
    pub definitions: Vec<DefinitionSaid>,
}

/// One guest's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSaid {
    /// Its UUID.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// Its id while it runs: another one after each start.
    pub id: Option<u32>,
    /// `virDomainState`.
    pub state: i64,
    /// The reason that belongs to the state (`virDomainRunningReason` ...).
    pub reason: i64,
}

/// One guest's definition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionSaid {
    /// Its UUID.
    pub uuid: String,
    /// XML of the running guest, without secrets; of a guest that is off, as it would start.
    pub xml: String,
    /// XML as it would start next, where it is kept and the guest runs.
    pub inactive: Option<String>,
    /// Kept when the guest stops.
    pub persistent: Option<bool>,
    /// Starts with the host.
    pub autostart: Option<bool>,
    /// Suspended to disk: the next start resumes it.
    pub saved: Option<bool>,
    /// Names of its snapshots.
    pub snapshots: Vec<String>,
}

/// One guest's statistics, by libvirt's own names (`cpu.time`, `block.0.rd.bytes` ...).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StatsSaid {
    /// Its UUID.
    pub uuid: String,
    /// Name and value.
    pub fields: Fields,
}

/// One guest's running job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JobSaid {
    /// The guest's UUID.
    pub uuid: String,
    /// `virDomainJobType`.
    pub kind: i64,
    /// Name and value (`data_remaining`, `memory_dirty_rate` ...).
    pub fields: Fields,
}

/// Typed parameters.
pub type Fields = BTreeMap<String, Value>;

/// A typed parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// `VIR_TYPED_PARAM_BOOLEAN`.
    Flag(bool),
    /// Not negative, whatever its width.
    Count(u64),
    /// Negative.
    Number(i64),
    /// `VIR_TYPED_PARAM_DOUBLE`.
    Real(f64),
    /// `VIR_TYPED_PARAM_STRING`.
    Text(String),
}

impl Value {
    /// As a count, where it is one.
    pub const fn count(&self) -> Option<u64> {
        match self {
            Self::Count(n) => Some(*n),
            _ => None,
        }
    }
}

/// The guest that an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// Its UUID.
    pub uuid: String,
    /// Its name.
    pub name: String,
}

/// An event by callback, numbers as libvirt's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// The guest.
    pub who: Who,
    /// What happened.
    pub what: What,
}

/// What happened to a guest (`virDomainEventID`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// `virDomainEventType` and its detail.
    Lifecycle(i32, i32),
    /// The guest rebooted.
    Reboot,
    /// The guest's watchdog fired: `virDomainEventWatchdogAction`.
    Watchdog(i32),
    /// A disk could not be read or written.
    IoError {
        /// The image.
        path: String,
        /// The device's alias.
        alias: String,
        /// `virDomainEventIOErrorAction`.
        action: i32,
        /// `enospc`, or nothing.
        reason: String,
    },
    /// A job ended, with its statistics.
    JobCompleted(Fields),
    /// A migration began to copy memory for the n-th time.
    Iteration(i32),
    /// A block job of a disk: its target, `virDomainBlockJobType`, `virConnectDomainEventBlockJobStatus`.
    BlockJob(String, i32, i32),
    /// The guest agent's channel: state, reason.
    Agent(i32, i32),
    /// The balloon's size now, KiB.
    Balloon(u64),
    /// A disk was filled beyond a threshold that was set: device, threshold, excess in bytes.
    Threshold(String, u64, u64),
    /// A device was added or removed: its alias.
    Device(String),
}

/// Why libvirt gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// There is no libvirt, or it does not know this.
    Absent,
    /// This user may not.
    Denied,
    /// No answer in time.
    Late,
    /// The connection ended.
    Lost,
    /// It said no.
    Failed,
}

/// What failed, in words for the operator; harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct Fault {
    /// The kind.
    pub kind: FaultKind,
    /// One sentence.
    pub text: String,
}

impl Fault {
    /// Makes the text harmless.
    pub fn new(kind: FaultKind, text: &str) -> Self {
        Self { kind, text: crate::domain::redact::said(text) }
    }
}
