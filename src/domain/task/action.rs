//! What an operator can have done, by the words of the contract's ACTION grammar.

use std::fmt;

use super::{Daemon, FenceHow, GrowSize, Limits, NodeVerb, Recovery, RelocateHow, ServiceVerb, Target, VolumeName};

/// An action with its typed target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Move a service to another node.
    Relocate {
        /// The service.
        service: String,
        /// The node.
        to: String,
        /// The way; none: the gentlest that is possible.
        how: Option<RelocateHow>,
        /// What a live migration may take.
        limits: Limits,
    },
    /// Limits for the migration of a service that is under way.
    Limit {
        /// The service.
        service: String,
        /// What it may take.
        limits: Limits,
    },
    /// Something about one service.
    Service(ServiceVerb, String),
    /// Make a guest a service of the cluster.
    Register {
        /// The guest's name.
        guest: String,
        /// Nodes that it prefers, the best first.
        prefer: Vec<String>,
    },
    /// Answer the question that a guest of VMware's waits with.
    Answer {
        /// The service that it is.
        service: String,
        /// The answer's number or word.
        choice: String,
    },
    /// Change where rgmanager places a service, and what it does when the service fails.
    Policy {
        /// The service.
        service: String,
        /// Its failover domain; `none`: without one.
        domain: Option<String>,
        /// Its recovery.
        recovery: Option<Recovery>,
    },
    /// Fence a node.
    Fence {
        /// The node.
        node: String,
        /// reboot, off or on.
        how: FenceHow,
    },
    /// Something about one node.
    Node(NodeVerb, String),
    /// Put back what a drain has moved away, and end the standby.
    PutBack {
        /// The node.
        node: String,
        /// What goes back to it.
        services: Vec<String>,
    },
    /// The cluster's maintenance mode.
    Maintenance {
        /// On or off.
        on: bool,
    },
    /// Grow a logical volume and all that stands on it.
    Grow {
        /// Which.
        volume: VolumeName,
        /// How far.
        size: GrowSize,
    },
    /// Move all extents off a physical volume.
    Evacuate {
        /// Its path.
        pv: String,
        /// Where to; none: wherever there is room.
        onto: Option<String>,
    },
    /// Start or stop a daemon of the cluster on one node (rgmanager's clusters).
    Daemon {
        /// The node.
        node: String,
        /// Which.
        daemon: Daemon,
        /// Start it; otherwise stop it.
        start: bool,
    },
    /// Tell cman how many votes to expect.
    Expected {
        /// So many.
        votes: u32,
    },
}

/// Every word of the contract's ACTION grammar.
pub const ACTION_WORDS: [&str; 36] = [
    "relocate",
    "limit",
    "post-copy",
    "cancel",
    "suspend",
    "resume",
    "start",
    "stop",
    "restart",
    "reset",
    "freeze",
    "unfreeze",
    "cleanup",
    "clear",
    "register",
    "unregister",
    "answer",
    "policy",
    "fence",
    "confirm-fence",
    "test-fence",
    "standby",
    "unstandby",
    "drain",
    "leave",
    "join",
    "reboot",
    "maintenance",
    "grow",
    "evacuate",
    "enable",
    "disable",
    "convalesce",
    "kill",
    "daemon",
    "expected",
];

impl Action {
    /// The contract's word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Relocate { .. } => "relocate",
            Self::Limit { .. } => "limit",
            Self::Service(verb, _) => verb.word(),
            Self::Register { .. } => "register",
            Self::Answer { .. } => "answer",
            Self::Policy { .. } => "policy",
            Self::Fence { .. } => "fence",
            Self::Node(verb, _) => verb.word(),
            Self::PutBack { .. } => NodeVerb::Unstandby.word(),
            Self::Maintenance { .. } => "maintenance",
            Self::Grow { .. } => "grow",
            Self::Evacuate { .. } => "evacuate",
            Self::Daemon { .. } => "daemon",
            Self::Expected { .. } => "expected",
        }
    }

    /// Whether it is done to a migration that is under way.
    pub const fn is_about_migration(&self) -> bool {
        matches!(self, Self::Limit { .. } | Self::Service(ServiceVerb::Cancel | ServiceVerb::PostCopy, _))
    }

    /// What it is about.
    pub fn target(&self) -> Target {
        match self {
            Self::Relocate { service, .. }
            | Self::Limit { service, .. }
            | Self::Answer { service, .. }
            | Self::Service(_, service)
            | Self::Policy { service, .. } => Target::Service(service.clone()),
            Self::Register { guest, .. } => Target::Guest(guest.clone()),
            Self::Fence { node, .. } | Self::Node(_, node) | Self::PutBack { node, .. } | Self::Daemon { node, .. } => {
                Target::Node(node.clone())
            }
            Self::Expected { .. } => Target::Cluster("expected"),
            Self::Maintenance { on } => Target::Cluster(if *on { "on" } else { "off" }),
            Self::Grow { volume, .. } => Target::Volume(volume.clone()),
            Self::Evacuate { pv, .. } => Target::Pv(pv.clone()),
        }
    }
}

/// As one types it after `plan` or `act`.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relocate { service, to, how, limits } => {
                write!(f, "relocate {service} --to {to}")?;
                how.map_or(Ok(()), |how| write!(f, " --how {}", how.word()))?;
                limits.fmt(f)
            }
            Self::Limit { service, limits } => write!(f, "limit {service}{limits}"),
            Self::Service(ServiceVerb::StopForced, service) => write!(f, "stop {service} --force"),
            Self::Service(verb, service) => write!(f, "{} {service}", verb.word()),
            Self::Register { guest, prefer } if prefer.is_empty() => write!(f, "register {guest}"),
            Self::Register { guest, prefer } => write!(f, "register {guest} --prefer {}", prefer.join(",")),
            // A word of several would be taken for several arguments.
            Self::Answer { service, choice } if choice.contains(char::is_whitespace) => write!(f, "answer {service} '{choice}'"),
            Self::Answer { service, choice } => write!(f, "answer {service} {choice}"),
            Self::Policy { service, domain, recovery } => {
                write!(f, "policy {service}")?;
                if let Some(domain) = domain {
                    write!(f, " --domain {domain}")?;
                }
                recovery.map_or(Ok(()), |recovery| write!(f, " --recovery {}", recovery.word()))
            }
            Self::Fence { node, how } => write!(f, "fence {node} --how {}", how.word()),
            Self::Node(verb, node) => write!(f, "{} {node}", verb.word()),
            Self::PutBack { node, services } => write!(f, "unstandby {node} --back {}", services.join(",")),
            Self::Maintenance { on } => write!(f, "maintenance {}", if *on { "on" } else { "off" }),
            Self::Grow { volume, size: GrowSize::By(bytes) } => write!(f, "grow {volume} --by {bytes}B"),
            Self::Grow { volume, size: GrowSize::To(bytes) } => write!(f, "grow {volume} --to {bytes}B"),
            Self::Evacuate { pv, onto: None } => write!(f, "evacuate {pv}"),
            Self::Evacuate { pv, onto: Some(onto) } => write!(f, "evacuate {pv} --onto {onto}"),
            Self::Daemon { node, daemon, start } => {
                write!(f, "daemon {node} {} {}", daemon.word(), if *start { "start" } else { "stop" })
            }
            Self::Expected { votes } => write!(f, "expected {votes}"),
        }
    }
}
