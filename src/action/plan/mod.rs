//! What an action would do, before anything is done: pure.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::cluster::{Cluster, Stack};
use crate::domain::stamp::Stamp;
use crate::domain::task::{Action, RelocateHow, Target};
use crate::link::{Become, CommandLine};

use super::condition::Condition;
use super::inquiry::{Findings, Query};
use super::intent::Intent;

mod basis;
mod consequence;
mod salvage;

pub use basis::Basis;
pub use consequence::{Consequences, Fate, FateKind, QuorumAfter};
pub use salvage::Salvage;

/// A plan. What it says is what will run: the executor adds nothing to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Who wants what.
    pub intent: Intent,
    /// What it is about.
    pub target: Target,
    /// What was true of the target when the plan was made.
    pub basis: Basis,
    /// In this order.
    pub steps: Vec<Step>,
    /// What happens to everything else.
    pub consequences: Consequences,
    /// For a relocation: the ways, and why some are closed.
    pub ways: Vec<Way>,
    /// How success is proved, by planes that are not the command's own.
    pub proof: Vec<Condition>,
    /// What takes it back.
    pub undo: Undo,
    /// What the operator should know beside it.
    pub notices: Vec<String>,
    /// Of these, what is left for the operator to do once it is done: the task says it again.
    pub remains: Vec<String>,
    /// Where the guest's memory is, should the plan break while it is in a file.
    pub salvage: Option<Salvage>,
    /// What changes in a file, as `diff -U0` shows it; empty where none is edited.
    pub diff: Vec<String>,
    /// How strongly it must be confirmed.
    pub confirm: Confirm,
    /// What must be true for it to run.
    pub needs: Needs,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it does, in words.
    pub title: String,
    /// How.
    pub work: Work,
    /// When it runs.
    pub when: When,
}

/// When a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// If all before it went well.
    Well,
    /// Whatever happened, so that nothing is left behind: once a step before it was sent.
    Always,
    /// As `Always`, if the step right before it went well: where that is not certain, undone is the lesser harm.
    Settled,
    /// Only to make good what has broken, if the step right before it was tried.
    Broken,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Runs a changing command.
    Change {
        /// Where.
        node: Arc<str>,
        /// The exact command.
        command: CommandLine,
        /// For how long its answer is waited for.
        patience: Duration,
        /// What tells whether it went well.
        reads: Reads,
        /// What says how far it is.
        meter: Option<Query>,
    },
    /// Waits until something is so.
    Wait {
        /// What.
        until: Condition,
        /// For how long.
        patience: Duration,
        /// What says how far it is.
        meter: Option<Query>,
        /// Once this was seen not to be so and then is, the wait is in vain.
        unless: Option<Box<Condition>>,
    },
    /// Asks something whose answer is shown, and that must be answered well.
    Ask(Query),
}

/// What tells whether a changing command went well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reads {
    /// Its exit status.
    #[default]
    Status,
    /// What `clusvcadm` prints: its exit status is 0 also where a service went elsewhere. A node: there it has to run afterwards.
    Clusvcadm(Option<Arc<str>>),
    /// What `fence_node` prints, or its exit status where it is silent.
    FenceNode,
    /// What `fence_ack_manual` prints.
    Acknowledge,
    /// What `cman_tool` prints.
    CmanTool,
    /// What `ccs_config_validate` prints.
    Validation,
    /// What `ccs_tool update`, `cman_tool version -r` and `ccs --sync --activate` print.
    Distribution,
    /// An init script: its exit status, and `[FAILED]`.
    InitScript,
}

impl Step {
    /// A changing command.
    pub fn change(title: impl Into<String>, node: &Arc<str>, command: CommandLine, secs: u64) -> Self {
        let patience = Duration::from_secs(secs);
        let work = Work::Change { node: Arc::clone(node), command, patience, reads: Reads::Status, meter: None };
        Self { title: title.into(), work, when: When::Well }
    }

    /// This command, whose outcome is read so.
    #[must_use]
    pub fn read_by(mut self, how: Reads) -> Self {
        if let Work::Change { reads, .. } = &mut self.work {
            *reads = how;
        }
        self
    }

    /// A wait.
    pub fn wait(title: impl Into<String>, until: Condition, secs: u64) -> Self {
        Self {
            title: title.into(),
            work: Work::Wait { until, patience: Duration::from_secs(secs), meter: None, unless: None },
            when: When::Well,
        }
    }

    /// This step at another time.
    #[must_use]
    pub const fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// This wait, or this command, with something that says how far it is.
    #[must_use]
    pub fn metered(mut self, query: Query) -> Self {
        if let Work::Wait { meter, .. } | Work::Change { meter, .. } = &mut self.work {
            *meter = Some(query);
        }
        self
    }

    /// This wait with something that ends it in vain.
    #[must_use]
    pub fn unless(mut self, condition: Condition) -> Self {
        if let Work::Wait { unless, .. } = &mut self.work {
            *unless = Some(Box::new(condition));
        }
        self
    }

    /// A question whose answer is shown.
    pub fn ask(title: impl Into<String>, query: Query) -> Self {
        Self { title: title.into(), work: Work::Ask(query), when: When::Well }
    }

    /// The command as one types it, for a step that has one.
    pub fn command(&self) -> Option<String> {
        self.sends().as_ref().map(exact)
    }

    /// The command line, for a step that sends one.
    pub fn sends(&self) -> Option<CommandLine> {
        match &self.work {
            Work::Change { command, .. } => Some(command.clone()),
            Work::Ask(query) => Some(query.command()),
            Work::Wait { .. } => None,
        }
    }

    /// The tools that its command runs, where that is a script of several lines; else nothing.
    pub fn tools(&self) -> Vec<String> {
        self.sends().map(|command| command.tools()).unwrap_or_default()
    }

    /// Where it runs, for a step that has a command.
    pub fn node(&self) -> Option<&Arc<str>> {
        match &self.work {
            Work::Change { node, .. } => Some(node),
            Work::Ask(query) => Some(&query.node),
            Work::Wait { .. } => None,
        }
    }
}

/// A command as one types it, a short script with all its words; one of several lines by its first, with its arguments.
pub fn exact(command: &CommandLine) -> String {
    if command.argv().iter().any(|word| word.contains('\n')) { command.display_whole() } else { command.to_shell(Become::None) }
}

/// A way of relocation, and what stands against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Which.
    pub how: RelocateHow,
    /// Why it is closed; empty: it is open.
    pub closed: Vec<String>,
}

/// What takes an action back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// This action.
    By(Action),
    /// Nothing, and why.
    Never(String),
    /// There is nothing to take back.
    NotNeeded,
}

/// How strongly an action must be confirmed on the screen. (On the command line every action repeats its target.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confirm {
    /// Not at all: it looks, or tidies.
    None,
    /// Yes, with Cancel focused.
    Yes,
    /// The target's name is typed.
    TypeName,
}

impl Confirm {
    /// For reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Yes => "yes",
            Self::TypeName => "type-name",
        }
    }
}

/// What must be true for a plan to run; the gate looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The cluster must have quorum: the manager acts, or must not act twice.
    pub quorum: bool,
    /// How old the manager's view may be.
    pub fresh: Duration,
    /// The target must not be in transit.
    pub at_rest: bool,
}

impl Default for Needs {
    fn default() -> Self {
        Self { quorum: true, fresh: Duration::from_secs(20), at_rest: true }
    }
}

/// Why something is not done, and what would lift that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For scripts: `no-quorum`, `read-only` ...
    pub code: &'static str,
    /// Why.
    pub why: String,
    /// What would lift it.
    pub lift: String,
}

impl Refusal {
    /// Text from the cluster is harmless already.
    pub fn new(code: &'static str, why: impl Into<String>, lift: impl Into<String>) -> Self {
        Self { code, why: why.into(), lift: lift.into() }
    }
}

/// What a plan is made of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Who wants what.
    pub intent: &'a Intent,
    /// The picture.
    pub cluster: &'a Cluster,
    /// What the inquiry found.
    pub found: &'a Findings,
    /// The present.
    pub now: Stamp,
}

impl Input<'_> {
    /// A plan without steps, as a start.
    pub fn blank(&self) -> Plan {
        let target = self.intent.action.target();
        Plan {
            intent: self.intent.clone(),
            basis: Basis::of(&target, self.cluster),
            target,
            steps: Vec::new(),
            consequences: Consequences::default(),
            ways: Vec::new(),
            proof: Vec::new(),
            undo: Undo::NotNeeded,
            notices: Vec::new(),
            remains: Vec::new(),
            salvage: None,
            diff: Vec::new(),
            confirm: Confirm::Yes,
            needs: Needs { quorum: super::gate::safe::why_not(&self.intent.action).is_some(), ..Needs::default() },
        }
    }
}

/// Makes the plan for an intent whose target exists.
pub fn plan(input: &Input<'_>) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    if super::vmware::is_wanted(&input.intent.action, cluster) {
        super::intent::resolve(&input.intent.action, cluster)?;
        let mut plan = super::vmware::plan(input)?;
        consequence::complete(&mut plan, input);
        return Ok(plan);
    }
    if super::plain::is_wanted(&input.intent.action, cluster) {
        return super::plain::plan(input);
    }
    if let Some(why) = super::stack::bars(&input.intent.action, cluster.stack) {
        return Err(vec![why]);
    }
    super::sight::clear(&input.intent.action, cluster)?;
    super::intent::resolve(&input.intent.action, cluster)?;
    let scene = super::named::scene(&input.intent.action, cluster);
    let input = &Input { cluster: &scene, ..*input };
    let mut plan = match cluster.stack {
        Some(Stack::Rhcs) if super::conf::is_conf(&input.intent.action) => super::conf::plan(input),
        Some(Stack::Rhcs) => super::rhcs::plan(input),
        _ => by_pacemaker(input),
    }?;
    consequence::complete(&mut plan, input);
    Ok(plan)
}

fn by_pacemaker(input: &Input<'_>) -> Result<Plan, Vec<Refusal>> {
    use crate::domain::task::{NodeVerb as N, ServiceVerb as S};
    match &input.intent.action {
        Action::Relocate { service, to, how, limits } => super::relocate::plan(input, service, to, *how, *limits),
        Action::Limit { service, limits } => super::migration::limit(input, service, *limits),
        Action::Service(verb, service) => match verb {
            S::Cancel => super::migration::cancel(input, service),
            S::PostCopy => super::migration::post_copy(input, service),
            S::Suspend | S::Resume | S::Reset => super::suspend::plan(input, *verb, service),
            S::Start | S::Stop | S::StopForced | S::Restart => super::run::plan(input, *verb, service),
            S::Freeze | S::Unfreeze => super::freeze::plan(input, *verb == S::Freeze, service),
            S::Cleanup | S::Clear => super::cleanup::plan(input, *verb, service),
            S::Unregister => super::unregister::plan(input, service),
            // What only other stacks have was refused before.
            S::Enable | S::Disable | S::Convalesce => Err(Vec::new()),
        },
        Action::Register { guest, prefer } => super::register::plan(input, guest, prefer),
        Action::Fence { node, how } => super::fence::plan(input, node, *how),
        Action::Node(verb, node) => match verb {
            N::ConfirmFence => super::fence::confirm(input, node),
            N::TestFence => super::fence::test(input, node),
            N::Standby | N::Unstandby | N::Drain => super::node::plan(input, *verb, node),
            N::Leave | N::Join | N::Reboot => super::node::daemons(input, *verb, node),
            N::Kill => Err(Vec::new()),
        },
        Action::PutBack { node, services } => super::back::plan(input, node, services),
        Action::Maintenance { on } => super::maintenance::plan(input, *on),
        Action::Grow { volume, size } => super::grow::plan(input, volume, *size),
        Action::Evacuate { pv, onto } => super::evacuate::plan(input, pv, onto.as_deref()),
        Action::Answer { .. } | Action::Daemon { .. } | Action::Expected { .. } | Action::Policy { .. } => Err(Vec::new()),
    }
}
