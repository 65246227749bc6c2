//! What an operator can have done, and how far it is: actions, their targets, tasks.
//!
//! The words are those of the contract's ACTION grammar.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::stamp::Stamp;

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

/// A daemon that is started and stopped by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "named by what they are")]
pub enum Daemon {
    Rgmanager,
    Clvmd,
}

impl Daemon {
    /// Its name, which is also its init script's.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rgmanager => "rgmanager",
            Self::Clvmd => "clvmd",
        }
    }
}

/// A logical volume by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeName {
    /// Volume group.
    pub vg: String,
    /// Logical volume.
    pub lv: String,
}

impl fmt::Display for VolumeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.vg, self.lv)
    }
}

/// How far a volume grows, in bytes. There is no way to say "smaller".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrowSize {
    /// By this much.
    By(u64),
    /// To this size.
    To(u64),
}

/// How a guest gets to another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelocateHow {
    /// It runs on while its memory is copied.
    Live,
    /// Its memory is saved here and restored there.
    Suspend,
    /// It is stopped here and started there.
    Restart,
}

impl RelocateHow {
    /// All, the gentlest first.
    pub const ALL: [Self; 3] = [Self::Live, Self::Suspend, Self::Restart];

    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Suspend => "suspend",
            Self::Restart => "restart",
        }
    }
}

/// What a live migration may take. Nothing said: what is configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Limits {
    /// For so many milliseconds the guest may stand still at its end.
    pub downtime_ms: Option<u64>,
    /// So many MiB a second may be sent.
    pub bandwidth_mib: Option<u64>,
}

impl Limits {
    /// Nothing is limited.
    pub const fn is_none(self) -> bool {
        self.downtime_ms.is_none() && self.bandwidth_mib.is_none()
    }

    /// Reads `500ms`, `2s`; a number alone counts milliseconds. An hour at most.
    ///
    /// # Errors
    /// What was expected.
    pub fn downtime(text: &str) -> Result<u64, String> {
        let text = text.trim();
        let (number, factor) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
            (Some(number), _) => (number, 1),
            (None, Some(number)) => (number, 1000),
            (None, None) => (text, 1),
        };
        let ms = number.trim().parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).filter(|ms| (1..=3_600_000).contains(ms));
        ms.ok_or_else(|| "expected how long the guest may stand still, like 500ms or 2s".to_owned())
    }

    /// Reads `8M`, `1G`; a number alone counts MiB a second.
    ///
    /// # Errors
    /// What was expected.
    pub fn bandwidth(text: &str) -> Result<u64, String> {
        let text = text.trim().trim_end_matches("/s");
        let (number, factor) = match text.find(|c: char| !c.is_ascii_digit()) {
            Some(at) => (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default()),
            None => (text, "M"),
        };
        let factor: Option<u64> = match factor.trim().to_ascii_lowercase().as_str() {
            "m" | "mb" | "mib" => Some(1),
            "g" | "gb" | "gib" => Some(1024),
            _ => None,
        };
        let mib = factor.and_then(|f| number.parse::<u64>().ok()?.checked_mul(f)).filter(|mib| (1..=1 << 20).contains(mib));
        mib.ok_or_else(|| "expected how much may be sent in a second, like 8M or 1G (MiB, GiB)".to_owned())
    }
}

/// As options behind an action.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.downtime_ms.map_or(Ok(()), |ms| write!(f, " --max-downtime {ms}ms"))?;
        self.bandwidth_mib.map_or(Ok(()), |mib| write!(f, " --bandwidth {mib}M"))
    }
}

/// What rgmanager does with a service that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recovery {
    /// Start it again where it was; elsewhere after too many times.
    Restart,
    /// Start it elsewhere.
    Relocate,
    /// Let it be.
    Disable,
}

impl Recovery {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Restart, Self::Relocate, Self::Disable];

    /// As cluster.conf has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Relocate => "relocate",
            Self::Disable => "disable",
        }
    }

    /// The one of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }
}

/// What fencing does to a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FenceHow {
    /// Off and on again.
    #[default]
    Reboot,
    /// Off.
    Off,
    /// On.
    On,
}

impl FenceHow {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reboot => "reboot",
            Self::Off => "off",
            Self::On => "on",
        }
    }
}

/// What can be done to one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the contract's words")]
pub enum ServiceVerb {
    Cancel,
    PostCopy,
    Suspend,
    Resume,
    Start,
    Stop,
    StopForced,
    Restart,
    Reset,
    Freeze,
    Unfreeze,
    Cleanup,
    Clear,
    Unregister,
    Enable,
    Disable,
    Convalesce,
}

impl ServiceVerb {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::PostCopy => "post-copy",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Start => "start",
            Self::Stop | Self::StopForced => "stop",
            Self::Restart => "restart",
            Self::Reset => "reset",
            Self::Freeze => "freeze",
            Self::Unfreeze => "unfreeze",
            Self::Cleanup => "cleanup",
            Self::Clear => "clear",
            Self::Unregister => "unregister",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Convalesce => "convalesce",
        }
    }
}

/// What can be done to one node, fencing apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the contract's words")]
pub enum NodeVerb {
    ConfirmFence,
    TestFence,
    Standby,
    Unstandby,
    Drain,
    Leave,
    Join,
    Reboot,
    Kill,
}

impl NodeVerb {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ConfirmFence => "confirm-fence",
            Self::TestFence => "test-fence",
            Self::Standby => "standby",
            Self::Unstandby => "unstandby",
            Self::Drain => "drain",
            Self::Leave => "leave",
            Self::Join => "join",
            Self::Reboot => "reboot",
            Self::Kill => "kill",
        }
    }
}

/// What an action is about; its name is what an operator types to confirm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "named by what they are")]
pub enum Target {
    Service(String),
    Guest(String),
    Node(String),
    /// The whole cluster: confirmed by its name, or by the action's own word.
    Cluster(&'static str),
    Volume(VolumeName),
    Pv(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(name) | Self::Guest(name) | Self::Node(name) | Self::Pv(name) => f.write_str(name),
            Self::Cluster(word) => f.write_str(word),
            Self::Volume(volume) => write!(f, "{volume}"),
        }
    }
}

impl Target {
    /// What kind of thing it is, for messages.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Service(_) => "service",
            Self::Guest(_) => "guest",
            Self::Node(_) => "node",
            Self::Cluster(_) => "cluster",
            Self::Volume(_) => "volume",
            Self::Pv(_) => "physical volume",
        }
    }
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
            Self::Fence { node, .. } | Self::Node(_, node) | Self::Daemon { node, .. } => Target::Node(node.clone()),
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

/// Names a task of this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// How an action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskStatus {
    /// Waits for the lock that keeps other quorates off the target.
    Waiting,
    /// Its steps run.
    Running,
    /// All steps are done; an independent plane is asked whether it is so.
    Proving,
    /// Done and proved.
    Done,
    /// It failed, or is done and not so.
    Failed,
    /// Stopped by the operator between two steps.
    Stopped,
    /// Refused before anything was sent.
    Refused,
    /// The answer to a changing command was lost: whether it took effect is not known.
    Unknown,
}

impl TaskStatus {
    /// One word for columns.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Proving => "proving",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    /// Whether nothing more will happen.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Stopped | Self::Refused | Self::Unknown)
    }
}

/// How one step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the words say it")]
pub enum StepState {
    #[default]
    Pending,
    Running,
    Done,
    Failed,
    /// Its answer was lost.
    Unknown,
    /// Not run, because an earlier one failed or the operator stopped.
    Skipped,
}

impl StepState {
    /// One word for columns.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// One step of a task, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskStep {
    /// What it does.
    pub title: String,
    /// The exact command; none for a wait.
    pub command: Option<String>,
    /// Where it runs.
    pub node: Option<Arc<str>>,
    /// How it stands.
    pub state: StepState,
    /// The last lines that it printed, harmless.
    pub output: Vec<String>,
    /// Its exit status.
    pub code: Option<i32>,
    /// When it began.
    pub began: Option<Stamp>,
    /// When it ended.
    pub ended: Option<Stamp>,
}

/// How far a long step is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Percent, where it can be known.
    pub percent: Option<u8>,
    /// In words: `412 of 1024 MiB`.
    pub words: String,
    /// Time left, by what was done so far.
    pub left: Option<Duration>,
}

/// An action under way or over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// What.
    pub action: Action,
    /// How it stands.
    pub status: TaskStatus,
    /// `user@host` of the operator.
    pub by: String,
    /// Where the operator sits (the SSH client's address, or the terminal).
    pub from: String,
    /// When it was confirmed.
    pub started: Stamp,
    /// When it was over.
    pub ended: Option<Stamp>,
    /// Its steps.
    pub steps: Vec<TaskStep>,
    /// How far the step that runs is.
    pub progress: Option<Progress>,
    /// How it ended, in one sentence.
    pub result: Option<String>,
    /// What was proved, line by line, and what was not.
    pub proof: Vec<String>,
    /// What the operator should know beside it.
    pub notices: Vec<String>,
    /// What takes it back.
    pub undo: Option<Action>,
}

impl Task {
    /// How many steps are over, and how many there are.
    pub fn count(&self) -> (usize, usize) {
        let over = self.steps.iter().filter(|s| !matches!(s.state, StepState::Pending | StepState::Running)).count();
        (over, self.steps.len())
    }
}
