//! A guest of the simulated cluster, and the service that is it.

use std::collections::{BTreeMap, BTreeSet};

use super::NodeAt;
use crate::domain::stamp::Stamp;

/// What a guest does, by its hypervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// It runs.
    Running,
    /// It is paused.
    Paused,
    /// Its memory is on disk.
    Saved,
    /// It is off.
    Off,
    /// Its kernel has died; it is kept.
    Crashed,
}

/// What the manager has under way for a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Starting on a node.
    Start(NodeAt),
    /// Stopping where it is.
    Stop,
    /// Moving live, since then, until then.
    Migrate {
        /// To which node.
        to: NodeAt,
        /// When it began.
        from: Stamp,
        /// When it will end.
        until: Stamp,
    },
}

/// A failed operation that nobody has cleaned up.
#[derive(Clone, Debug)]
pub struct Failure {
    /// `start`, `stop`, `monitor`, `migrate_to`.
    pub task: &'static str,
    /// Where.
    pub node: NodeAt,
    /// OCF's exit status.
    pub rc: u8,
    /// The agent's reason.
    pub reason: String,
    /// When.
    pub at: Stamp,
}

/// A guest, and the service that is it.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Its name; the resource has the same.
    pub name: String,
    /// Its UUID.
    pub uuid: String,
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Bytes.
    pub memory: u64,
    /// Where its domain or constraint prefers it.
    pub prefers: NodeAt,
    /// The volume behind its disk, where it is one and no image on a filesystem.
    pub volume: Option<usize>,
    /// Where the manager has it.
    pub on: Option<NodeAt>,
    /// What it does.
    pub run: Run,
    /// The manager is to run it.
    pub wanted: bool,
    /// The manager manages it.
    pub managed: bool,
    /// What is under way.
    pub work: Option<Work>,
    /// The failed operation that stands.
    pub failure: Option<Failure>,
    /// Fail counts by node.
    pub failures: BTreeMap<NodeAt, u32>,
    /// Since when it is in this state.
    pub since: Stamp,
    /// When its process began where it is.
    pub began: Stamp,
    /// Where it was before.
    pub last: Option<NodeAt>,
    /// How often it was started again where it had been.
    pub restarts: u32,
    /// The next start fails on these nodes: set by a story.
    pub jinxed: BTreeSet<NodeAt>,
    /// What only rgmanager knows of it.
    pub rg: Rg,
    /// What its migration may take: MiB a second, milliseconds of downtime.
    pub may_take: (u64, u64),
}

/// A service as only rgmanager has it.
#[derive(Clone, Debug, Default)]
pub struct Rg {
    /// Stopped until the next transition.
    pub rests: bool,
    /// Its stop failed.
    pub broken: bool,
    /// Its next stop fails.
    pub sticky: bool,
    /// Something of it that is not critical failed.
    pub partial: bool,
    /// It tolerates no other service on its node.
    pub exclusive: bool,
    /// Its failover domain is restricted to these nodes; none: it is not.
    pub restricted: Vec<NodeAt>,
}
