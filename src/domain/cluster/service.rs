//! Services and resources.

use std::sync::Arc;

use crate::domain::guest::GuestState;
use crate::domain::rhcs::RhcsService;
use crate::domain::stamp::Stamp;

/// The contract's service states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum ServiceState {
    Started,
    Starting,
    Stopped,
    Stopping,
    Failed,
    Disabled,
    Recovering,
    Migrating,
    Blocked,
    #[default]
    Unknown,
}

impl ServiceState {
    /// Whether the manager is at work on it.
    pub const fn is_in_transit(self) -> bool {
        matches!(self, Self::Starting | Self::Stopping | Self::Migrating | Self::Recovering)
    }

    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Starting => "starting",
            Self::Stopped => "stopped",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
            Self::Disabled => "disabled",
            Self::Recovering => "recovering",
            Self::Migrating => "migrating",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }

    /// How bad it is, worst first: failed, blocked, unknown, stopped, recovering, stopping, starting, migrating, disabled, started.
    pub const fn badness(self) -> u8 {
        match self {
            Self::Failed => 9,
            Self::Blocked => 8,
            Self::Unknown => 7,
            Self::Stopped => 6,
            Self::Recovering => 5,
            Self::Stopping => 4,
            Self::Starting => 3,
            Self::Migrating => 2,
            Self::Disabled => 1,
            Self::Started => 0,
        }
    }
}

/// The contract's service kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum ServiceKind {
    Vm,
    Service,
    #[default]
    Resource,
    Stonith,
    Group,
    Clone,
    Bundle,
}

impl ServiceKind {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::Service => "service",
            Self::Resource => "resource",
            Self::Stonith => "stonith",
            Self::Group => "group",
            Self::Clone => "clone",
            Self::Bundle => "bundle",
        }
    }
}

/// A service (rgmanager) or resource (Pacemaker).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Its full name or id.
    pub id: String,
    /// What it is.
    pub kind: ServiceKind,
    /// The agent, as the manager names it.
    pub agent: Option<String>,
    /// Its state.
    pub state: ServiceState,
    /// The one owner, if there is exactly one (never for an anonymous clone).
    pub owner: Option<Arc<str>>,
    /// Where it is active.
    pub owners: Vec<Arc<str>>,
    /// Where it was before, where known.
    pub last_owner: Option<Arc<str>>,
    /// frozen, unmanaged, maintenance, orphaned, locked, promoted, partial.
    pub flags: Vec<&'static str>,
    /// Fail-counts summed over nodes; INFINITY is 1,000,000.
    pub failures: u64,
    /// Why it is not started, or not where it prefers to be: one sentence.
    pub reason: Option<String>,
    /// Whether it may not run here because another site has its ticket: then it should not.
    pub without_ticket: bool,
    /// Whether an operation of it failed and was not cleaned up.
    pub failed_operation: bool,
    /// Since when it is in this state, by the manager's history or by our own watching.
    pub since: Option<Stamp>,
    /// The group, clone or bundle that contains it.
    pub parent: Option<String>,
    /// Where it prefers to be (best positive location score), if anywhere.
    pub prefers: Option<Arc<str>>,
    /// The pending operation, as the manager words it.
    pub pending: Option<String>,
    /// The target of a running migration, where known.
    pub moving_to: Option<Arc<str>>,
    /// Ids of leftover cli-* constraints on it.
    pub leftovers: Vec<String>,
    /// What only Red Hat Cluster Suite has.
    pub rhcs: Option<Box<RhcsService>>,
    /// The guest that it is, by libvirt.
    pub guest: Option<ServiceGuest>,
    /// Where libvirt denies what the manager believes: one sentence.
    pub drift: Option<String>,
}

/// The guest of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceGuest {
    /// Its state.
    pub state: GuestState,
    /// Where.
    pub node: Arc<str>,
    /// Why, in libvirt's words.
    pub reason: Option<String>,
}
