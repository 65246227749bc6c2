//! `plan` and `act`: the contract's ACTION grammar.

use clap::{Args, Subcommand, ValueEnum};

use crate::domain::task::{Action, Daemon, FenceHow, GrowSize, Limits, NodeVerb, Recovery, RelocateHow, ServiceVerb, VolumeName};

/// `plan`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What.
    #[command(subcommand)]
    pub action: ActionWord,
    /// One JSON object in place of text
    #[arg(long, global = true)]
    pub json: bool,
}

/// `approve`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// What, word for word as the other operator was told.
    #[command(subcommand)]
    pub action: ActionWord,
}

/// `act`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// What.
    #[command(subcommand)]
    pub action: ActionWord,
    /// The target's name once more
    #[arg(long, global = true, value_name = "TARGET")]
    pub confirm: Option<String>,
    /// A second operator's code, where the configuration wants one
    #[arg(long, global = true, value_name = "CODE")]
    pub code: Option<String>,
    /// One JSON object in place of text
    #[arg(long, global = true)]
    pub json: bool,
}

/// A service.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct OfService {
    /// The service, or a guest that none manages
    #[arg(value_parser = name)]
    pub service: String,
}

/// What a live migration may take.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfMigration {
    /// How long the guest may stand still at the end of a live migration, like 500ms
    #[arg(long, value_name = "TIME", value_parser = Limits::downtime)]
    pub max_downtime: Option<u64>,
    /// How much of it may be sent in a second, like 8M
    #[arg(long, value_name = "SIZE", value_parser = Limits::bandwidth)]
    pub bandwidth: Option<u64>,
}

impl OfMigration {
    const fn limits(self) -> Limits {
        Limits { downtime_ms: self.max_downtime, bandwidth_mib: self.bandwidth }
    }
}

/// A node.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct OfNode {
    /// The member
    #[arg(value_parser = name)]
    pub node: String,
}

/// The actions.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum ActionWord {
    /// Move a service to another node
    Relocate {
        /// The service
        #[arg(value_parser = name)]
        service: String,
        /// Where to
        #[arg(long, value_name = "NODE", value_parser = name)]
        to: String,
        /// How; without it the gentlest way that is possible
        #[arg(long, value_name = "live|suspend|restart", value_enum, hide_possible_values = true)]
        how: Option<How>,
        /// What its migration may take
        #[command(flatten)]
        limits: OfMigration,
    },
    /// Limit a migration that is under way
    #[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["max_downtime", "bandwidth"]))]
    Limit {
        /// The service
        #[arg(value_parser = name)]
        service: String,
        /// What its migration may take
        #[command(flatten)]
        limits: OfMigration,
    },
    /// Let a guest run on the target at once, and copy what it lacks after it
    PostCopy(OfService),
    /// Cancel a service's migration
    Cancel(OfService),
    /// Let a guest stand still
    Suspend(OfService),
    /// Let a guest go on
    Resume(OfService),
    /// Start a service
    Start(OfService),
    /// Stop a service
    Stop {
        /// The service
        #[arg(value_parser = name)]
        service: String,
        /// Switch the guest off without asking it
        #[arg(long)]
        force: bool,
    },
    /// Stop a service and start it again
    Restart(OfService),
    /// Reset a guest, as its button would
    Reset(OfService),
    /// Tell the manager to leave a service alone
    Freeze(OfService),
    /// Let the manager look after a service again
    Unfreeze(OfService),
    /// Let the manager forget a service's failures
    Cleanup(OfService),
    /// Take a service's leftover constraints away
    Clear(OfService),
    /// Make a guest a service of the cluster
    Register {
        /// The guest's name
        #[arg(value_parser = name)]
        guest: String,
        /// Nodes that it prefers, the best first
        #[arg(long, value_name = "NODE,...", value_delimiter = ',', value_parser = name)]
        prefer: Vec<String>,
    },
    /// Take a service out of the cluster; its guest runs on
    Unregister(OfService),
    /// Answer the question that a guest of VMware Server waits with
    Answer {
        /// The service that it is
        #[arg(value_parser = name)]
        service: String,
        /// The answer's number or word, like Keep
        #[arg(value_parser = name)]
        choice: String,
    },
    /// Change a service's failover domain or its recovery in cluster.conf (rgmanager)
    #[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
    Policy {
        /// The service
        #[arg(value_parser = name)]
        service: String,
        /// Its failover domain; none: without one
        #[arg(long, value_name = "NAME|none", value_parser = name, group = "what")]
        domain: Option<String>,
        /// What rgmanager does when it fails
        #[arg(long, value_name = "restart|relocate|disable|restart-disable", value_enum, hide_possible_values = true, group = "what")]
        recovery: Option<Recovering>,
    },
    /// Fence a node
    Fence {
        /// The member
        #[arg(value_parser = name)]
        node: String,
        /// What is done to it
        #[arg(long, value_name = "reboot|off|on", value_enum, default_value_t, hide_possible_values = true)]
        how: Fencing,
    },
    /// Tell the cluster that a node is off
    ConfirmFence(OfNode),
    /// Try a node's fence devices, without harm, from every node
    TestFence(OfNode),
    /// Put a node into standby
    Standby(OfNode),
    /// Take a node out of standby
    Unstandby {
        /// The member
        #[arg(value_parser = name)]
        node: String,
        /// Move these back to it, which a drain has moved away
        #[arg(long, value_name = "SERVICE,...", value_delimiter = ',', value_parser = name)]
        back: Vec<String>,
    },
    /// Move everything off a node, one service after another, then put it into standby
    Drain(OfNode),
    /// Let a node leave the cluster
    Leave(OfNode),
    /// Let a node join the cluster again
    Join(OfNode),
    /// Drain a node and reboot it
    Reboot(OfNode),
    /// The cluster's maintenance mode
    Maintenance {
        /// Whether
        #[arg(value_name = "on|off", value_enum, hide_possible_values = true)]
        mode: Mode,
    },
    /// Grow a logical volume and what stands on it
    #[command(group = clap::ArgGroup::new("size").required(true))]
    Grow {
        /// The volume; VG/LV@NODE where each node has one of that name
        #[arg(value_name = "VG/LV")]
        volume: VolumeName,
        /// By how much, like 10G
        #[arg(long, value_name = "SIZE", value_parser = crate::domain::size::parse, group = "size")]
        by: Option<u64>,
        /// To which size, like 100G
        #[arg(long, value_name = "SIZE", value_parser = crate::domain::size::parse, group = "size")]
        to: Option<u64>,
    },
    /// Move everything off a physical volume
    Evacuate {
        /// Its path; PATH@NODE where each node has one of that path
        #[arg(value_name = "PV", value_parser = name)]
        pv: String,
        /// Where to
        #[arg(long, value_name = "PV", value_parser = name)]
        onto: Option<String>,
    },
    /// Enable a service (rgmanager)
    Enable(OfService),
    /// Disable a service (rgmanager)
    Disable(OfService),
    /// Start again what failed of a service and is not critical (rgmanager)
    Convalesce(OfService),
    /// Throw a node out of the cluster, to be fenced (cman)
    Kill(OfNode),
    /// Start or stop a daemon on one node (rgmanager, clvmd)
    Daemon {
        /// The member
        #[arg(value_parser = name)]
        node: String,
        /// Which
        #[arg(value_name = "rgmanager|clvmd", value_enum, hide_possible_values = true)]
        daemon: WhichDaemon,
        /// Whether
        #[arg(value_name = "start|stop", value_enum, hide_possible_values = true)]
        run: Run,
    },
    /// Tell cman how many votes to expect
    Expected {
        /// So many
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        votes: u32,
    },
}

/// `daemon`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the daemons' names")]
pub enum WhichDaemon {
    Rgmanager,
    Clvmd,
}

/// `daemon ... start|stop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "init scripts' words")]
pub enum Run {
    Start,
    Stop,
}

/// `relocate --how`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the contract's words")]
pub enum How {
    Live,
    Suspend,
    Restart,
}

/// `policy --recovery`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "cluster.conf's words")]
pub enum Recovering {
    Restart,
    Relocate,
    Disable,
    RestartDisable,
}

/// `fence --how`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the contract's words")]
pub enum Fencing {
    #[default]
    Reboot,
    Off,
    On,
}

/// `maintenance`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the contract's words")]
pub enum Mode {
    On,
    Off,
}

fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("a name is not empty".to_owned()) } else { Ok(text.to_owned()) }
}

impl ActionWord {
    /// The action.
    pub fn action(&self) -> Action {
        let service = |verb, of: &OfService| Action::Service(verb, of.service.clone());
        let node = |verb, of: &OfNode| Action::Node(verb, of.node.clone());
        match self {
            Self::Relocate { service, to, how, limits } => Action::Relocate {
                limits: limits.limits(),
                service: service.clone(),
                to: to.clone(),
                how: how.map(|how| match how {
                    How::Live => RelocateHow::Live,
                    How::Suspend => RelocateHow::Suspend,
                    How::Restart => RelocateHow::Restart,
                }),
            },
            Self::Limit { service, limits } => Action::Limit { service: service.clone(), limits: limits.limits() },
            Self::PostCopy(of) => service(ServiceVerb::PostCopy, of),
            Self::Cancel(of) => service(ServiceVerb::Cancel, of),
            Self::Suspend(of) => service(ServiceVerb::Suspend, of),
            Self::Resume(of) => service(ServiceVerb::Resume, of),
            Self::Start(of) => service(ServiceVerb::Start, of),
            Self::Stop { service, force } => {
                Action::Service(if *force { ServiceVerb::StopForced } else { ServiceVerb::Stop }, service.clone())
            }
            Self::Restart(of) => service(ServiceVerb::Restart, of),
            Self::Reset(of) => service(ServiceVerb::Reset, of),
            Self::Freeze(of) => service(ServiceVerb::Freeze, of),
            Self::Unfreeze(of) => service(ServiceVerb::Unfreeze, of),
            Self::Cleanup(of) => service(ServiceVerb::Cleanup, of),
            Self::Clear(of) => service(ServiceVerb::Clear, of),
            Self::Register { guest, prefer } => Action::Register { guest: guest.clone(), prefer: prefer.clone() },
            Self::Answer { service, choice } => Action::Answer { service: service.clone(), choice: choice.clone() },
            Self::Unregister(of) => service(ServiceVerb::Unregister, of),
            Self::Policy { service, domain, recovery } => Action::Policy {
                service: service.clone(),
                domain: domain.clone(),
                recovery: recovery.map(|recovery| match recovery {
                    Recovering::Restart => Recovery::Restart,
                    Recovering::Relocate => Recovery::Relocate,
                    Recovering::Disable => Recovery::Disable,
                    Recovering::RestartDisable => Recovery::RestartDisable,
                }),
            },
            Self::Fence { node, how } => Action::Fence {
                node: node.clone(),
                how: match how {
                    Fencing::Reboot => FenceHow::Reboot,
                    Fencing::Off => FenceHow::Off,
                    Fencing::On => FenceHow::On,
                },
            },
            Self::ConfirmFence(of) => node(NodeVerb::ConfirmFence, of),
            Self::TestFence(of) => node(NodeVerb::TestFence, of),
            Self::Standby(of) => node(NodeVerb::Standby, of),
            Self::Unstandby { node, back } if back.is_empty() => Action::Node(NodeVerb::Unstandby, node.clone()),
            Self::Unstandby { node, back } => Action::PutBack { node: node.clone(), services: back.clone() },
            Self::Drain(of) => node(NodeVerb::Drain, of),
            Self::Leave(of) => node(NodeVerb::Leave, of),
            Self::Join(of) => node(NodeVerb::Join, of),
            Self::Reboot(of) => node(NodeVerb::Reboot, of),
            Self::Maintenance { mode } => Action::Maintenance { on: *mode == Mode::On },
            Self::Grow { volume, by, to } => {
                Action::Grow { volume: volume.clone(), size: by.map_or_else(|| GrowSize::To(to.unwrap_or_default()), GrowSize::By) }
            }
            Self::Evacuate { pv, onto } => Action::Evacuate { pv: pv.clone(), onto: onto.clone() },
            Self::Enable(of) => service(ServiceVerb::Enable, of),
            Self::Disable(of) => service(ServiceVerb::Disable, of),
            Self::Convalesce(of) => service(ServiceVerb::Convalesce, of),
            Self::Kill(of) => node(NodeVerb::Kill, of),
            Self::Daemon { node, daemon, run } => Action::Daemon {
                node: node.clone(),
                daemon: match daemon {
                    WhichDaemon::Rgmanager => Daemon::Rgmanager,
                    WhichDaemon::Clvmd => Daemon::Clvmd,
                },
                start: *run == Run::Start,
            },
            Self::Expected { votes } => Action::Expected { votes: *votes },
        }
    }
}
