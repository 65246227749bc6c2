//! The one place that decides whether an action may run.

use crate::domain::cluster::{Cluster, MemberStatus, Stack};
use crate::domain::node::Reach;
use crate::domain::observation::manager::FenceStatus;
use crate::domain::role::Role;
use crate::domain::stamp::Stamp;
use crate::domain::task::{Action, FenceHow, NodeVerb, ServiceVerb, Target, Task};

use super::plain::bare;
use super::plan::{Basis, Confirm, Plan, QuorumAfter, Refusal};

pub mod safe;
mod second;
mod ticket;

pub use second::{Approval, code, window};
pub use ticket::{Change, LIFETIME, Ticket};

/// What the gate knows of the session beside the picture.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// What the operator may do.
    pub role: Role,
    /// Nothing may be changed: `--read-only`, a viewer, a wallboard, a recording.
    pub read_only: bool,
    /// Tasks of this session that are not over.
    pub tasks: Vec<Task>,
    /// What other quorates have under way, by their lines in the nodes' logs.
    pub others: Vec<Other>,
    /// Actions that need a second operator's code, by their contract words, and what such a code is judged by.
    pub second: Approval,
    /// What the operator typed to confirm; none: it was confirmed on the screen in another way.
    pub typed: Option<String>,
    /// The second operator's code.
    pub code: Option<String>,
}

/// What another quorate has under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its action's tag.
    pub tag: String,
    /// The target's name.
    pub target: String,
    /// `relocate vm1 by anna@bastion: step 1 of 3`.
    pub words: String,
    /// When its last line came.
    pub at: Stamp,
}

/// The least role that may do this.
pub const fn needed_role(action: &Action) -> Role {
    match action {
        Action::Register { .. }
        | Action::Policy { .. }
        | Action::Evacuate { .. }
        | Action::Service(ServiceVerb::Unregister, _)
        | Action::Node(NodeVerb::ConfirmFence | NodeVerb::Leave | NodeVerb::Kill, _)
        | Action::Expected { .. }
        | Action::Daemon { start: false, .. } => Role::Admin,
        _ => Role::Operator,
    }
}

/// All that stands against a plan. Empty: it may run, once it is confirmed.
pub fn refusals(plan: &Plan, cluster: &Cluster, session: &Session, now: Stamp) -> Vec<Refusal> {
    let mut against = Vec::new();
    mode(plan, session, &mut against);
    if !super::vmware::is_wanted(&plan.intent.action, cluster) && !super::plain::is_wanted(&plan.intent.action, cluster) {
        against.extend(super::stack::bars(&plan.intent.action, cluster.stack));
    }
    against.extend(super::plain::refusals(&plan.intent.action, cluster));
    if super::plain::rests_on_manager(&plan.intent.action, cluster) {
        data(plan, cluster, now, &mut against);
    }
    quorum(plan, cluster, &mut against);
    moved(plan, cluster, &mut against);
    in_flight(plan, cluster, session, now, &mut against);
    match &plan.intent.action {
        Action::Fence { node, how } => fence(node, *how, cluster, &mut against),
        Action::Node(NodeVerb::ConfirmFence, node) => confirm_fence(node, cluster, &mut against),
        Action::Node(NodeVerb::Leave | NodeVerb::Reboot, node) => keeps_quorum(node, cluster, &mut against),
        Action::Node(NodeVerb::Kill, node) => kill(node, cluster, &mut against),
        Action::Expected { votes } => expected(*votes, cluster, &mut against),
        _ => {}
    }
    against
}

/// Opens the gate for this plan, or says why not.
pub fn open(plan: Plan, cluster: &Cluster, session: &Session, now: Stamp) -> Result<Ticket, Vec<Refusal>> {
    let mut against = refusals(&plan, cluster, session, now);
    confirmed(&plan, cluster, session, &mut against);
    against.extend(session.second.judge(&plan, session.code.as_deref(), now));
    if against.is_empty() { Ok(Ticket::issue(plan, now)) } else { Err(against) }
}

fn mode(plan: &Plan, session: &Session, against: &mut Vec<Refusal>) {
    let action = &plan.intent.action;
    let needed = needed_role(action);
    if session.role < needed {
        let why = format!("the role {} may not {}", session.role.word(), action.word());
        against.push(Refusal::new("role", why, format!("role = \"{}\" in config.toml", needed.word())));
    } else if session.read_only {
        against.push(Refusal::new(
            "read-only",
            "this session is read-only: it was built without what could change anything",
            "start quorate without --read-only",
        ));
    }
}

fn data(plan: &Plan, cluster: &Cluster, now: Stamp, against: &mut Vec<Refusal>) {
    let Some(sight) = &cluster.manager_sight else {
        against.push(Refusal::new(
            "no-manager",
            "no manager has been heard: what runs where is not known",
            "a node that runs the manager (pacemaker, rgmanager) must be reachable",
        ));
        return;
    };
    let age = sight.at.age(now);
    if age > plan.needs.fresh {
        let why = format!("the manager's view is {} s old, {} s are allowed", age.as_secs(), plan.needs.fresh.as_secs());
        let lift = format!("an answer of {} or of another member whose manager runs: it is being asked", sight.by);
        against.push(Refusal::new("stale", why, lift));
    }
}

/// Whether a newer view of the manager is all that may be wanting: it is there, and older than this plan allows.
pub fn is_stale(plan: &Plan, cluster: &Cluster, now: Stamp) -> bool {
    let old = |sight: &crate::domain::cluster::Sight| sight.at.age(now) > plan.needs.fresh;
    super::plain::rests_on_manager(&plan.intent.action, cluster) && cluster.manager_sight.as_ref().is_some_and(old)
}

fn quorum(plan: &Plan, cluster: &Cluster, against: &mut Vec<Refusal>) {
    if plan.needs.quorum {
        let plain = super::plain::is_wanted(&plan.intent.action, cluster);
        let because = if plain { Some("the other side may run the same guest") } else { safe::why_not(&plan.intent.action) };
        let because = because.filter(|_| cluster.quorum.quorate.is_some());
        against.extend(no_quorum(plan.intent.action.word(), cluster).map(|mut refusal| {
            refusal.why.extend(because.into_iter().flat_map(|why| [": ", why]));
            refusal
        }));
    }
}

/// Why an action that needs quorum cannot be; none: there is quorum.
pub(super) fn no_quorum(word: &str, cluster: &Cluster) -> Option<Refusal> {
    if cluster.quorum.quorate == Some(true) {
        return None;
    }
    let (why, lift) = match cluster.quorum.quorate {
        Some(_) => {
            let votes = |v: Option<u32>| v.map_or("?".to_owned(), |v| v.to_string());
            let (total, needed) = (votes(cluster.quorum.total), votes(cluster.quorum.needed));
            (format!("no quorum: {total} of {needed} votes; {word} is refused"), format!("{needed} votes"))
        }
        None if cluster.quorum.partitions.len() > 1 => {
            ("two partitions claim quorum: which of them counts is not known".to_owned(), "one membership that all agree on".to_owned())
        }
        None => ("no node could say whether there is quorum".to_owned(), "a reachable node on which corosync or cman runs".to_owned()),
    };
    Some(Refusal::new("no-quorum", why, lift))
}

fn moved(plan: &Plan, cluster: &Cluster, against: &mut Vec<Refusal>) {
    let now = Basis::of(&plan.target, cluster);
    if now != plan.basis {
        let why = format!("{} moved since this was planned: it was {}, it is {}", plan.target, plan.basis.words(), now.words());
        against.push(Refusal::new("target-moved", why, "look again, and plan anew"));
    }
}

fn in_flight(plan: &Plan, cluster: &Cluster, session: &Session, now: Stamp, against: &mut Vec<Refusal>) {
    let target = &plan.target;
    let wanted = &plan.intent.action;
    let mut running = session.tasks.iter().filter(|t| !t.status.is_over());
    let mine = running.find(|t| touches(&t.action, wanted, cluster) && !goes_beside(t.action.word(), wanted));
    if let Some(task) = mine {
        against.push(Refusal::new(
            "in-flight",
            format!("'{}' by {} is under way here", task.action, task.by),
            "wait until it is over, or stop it",
        ));
    }
    let recent = |o: &&Other| {
        let beside = goes_beside(o.words.split(' ').next().unwrap_or_default(), wanted);
        bare(&o.target) == bare(&target.to_string()) && o.at.age(now) < OTHERS_COUNT && !beside
    };
    if let Some(other) = session.others.iter().find(recent) {
        against.push(Refusal::new("in-flight-elsewhere", format!("another quorate is at work: {}", other.words), "wait until it is over"));
    }
    if let Target::Service(id) = target
        && plan.needs.at_rest
        && let Some(service) = cluster.service(id).filter(|s| s.state.is_in_transit())
    {
        let why = format!("{id} is {}: the manager is at work on it", service.state.word());
        against.push(Refusal::new("in-transit", why, "wait until it has settled"));
    }
}

/// For how long a line of another quorate without an end counts.
const OTHERS_COUNT: std::time::Duration = std::time::Duration::from_secs(600);

/// What is done to a migration goes beside the action that moves the guest.
fn goes_beside(running: &str, wanted: &Action) -> bool {
    wanted.is_about_migration() && matches!(running, "relocate" | "drain" | "standby" | "unstandby" | "reboot" | "leave" | "evacuate")
}

/// Whether two actions must not run at once. Fencing waits for nothing that it would end anyway.
fn touches(running: &Action, wanted: &Action, cluster: &Cluster) -> bool {
    let (a, b) = (running.target(), wanted.target());
    // One file holds all of cluster.conf.
    let both = |f: fn(&Action) -> bool| f(running) && f(wanted);
    if a == b || is_one(&a, &b) || (cluster.stack == Some(Stack::Rhcs) && both(super::conf::is_conf)) {
        return true;
    }
    let back = |action: &Action, target: &Target| match (action, target) {
        (Action::PutBack { services, .. }, Target::Service(id)) => services.contains(id),
        _ => false,
    };
    if back(running, &b) || back(wanted, &a) {
        return true;
    }
    if matches!(wanted, Action::Fence { .. }) {
        return matches!(running, Action::Fence { .. });
    }
    match (&a, &b) {
        (Target::Service(service), Target::Node(node)) | (Target::Node(node), Target::Service(service)) => {
            cluster.service(service).is_some_and(|s| s.owners.iter().any(|o| **o == **node))
                || super::plain::rows(cluster, service).iter().any(|g| *g.node == **node)
                || super::vmware::lone(cluster, service).iter().any(|g| *g.node == **node)
        }
        _ => false,
    }
}

/// A guest, a volume or a disk may be named with its node, and without.
fn is_one(a: &Target, b: &Target) -> bool {
    match (a, b) {
        (Target::Service(a), Target::Service(b)) | (Target::Pv(a), Target::Pv(b)) => bare(a) == bare(b),
        (Target::Volume(a), Target::Volume(b)) => a.path() == b.path(),
        _ => false,
    }
}

fn confirmed(plan: &Plan, cluster: &Cluster, session: &Session, against: &mut Vec<Refusal>) {
    let Some(typed) = &session.typed else {
        if plan.confirm == Confirm::TypeName {
            let why = format!("nobody typed the name of the target, {}", plan.target);
            against.push(Refusal::new("wrong-confirm", why, format!("repeat the target's name: {}", plan.target)));
        }
        return;
    };
    // A volume may have been named by its device.
    let device = typed.strip_prefix("/dev/").filter(|_| matches!(plan.target, Target::Volume(_)));
    let right = device.unwrap_or(typed) == plan.target.to_string()
        || (matches!(plan.target, Target::Cluster(_)) && cluster.name.as_ref().is_some_and(|name| name == typed));
    if !right {
        let why = format!("confirmed was '{}', the target is '{}'", crate::domain::text::clean(typed), plan.target);
        against.push(Refusal::new("wrong-confirm", why, format!("repeat the target's name: {}", plan.target)));
    }
}

fn fence(node: &str, how: FenceHow, cluster: &Cluster, against: &mut Vec<Refusal>) {
    if let Some(pending) = cluster.fences.iter().find(|f| f.status == FenceStatus::Pending) {
        let why = format!("a fencing is under way: {} of {}", pending.action, pending.target);
        against.push(Refusal::new("fence-pending", why, "wait until it is over: one at a time"));
    }
    if cluster.options.fencing_enabled == Some(false) {
        against.push(Refusal::new("fencing-disabled", "fencing is disabled in the cluster", "stonith-enabled=true"));
    }
    if how != FenceHow::On {
        keeps_quorum(node, cluster, against);
    }
}

/// Throwing a node out ends in its fencing: what stands against that stands against this, and nothing else may be under way.
fn kill(node: &str, cluster: &Cluster, against: &mut Vec<Refusal>) {
    fence(node, FenceHow::Reboot, cluster, against);
    if cluster.members.iter().any(|m| m.status == MemberStatus::Unclean && &*m.name != node) {
        against.push(Refusal::new("fence-pending", "another node waits to be fenced", "let that be over first"));
    }
}

/// Fewer votes than there are nodes make two halves quorate, unless the others are certainly off.
fn expected(votes: u32, cluster: &Cluster, against: &mut Vec<Refusal>) {
    let quorum = &cluster.quorum;
    if quorum.partitions.len() > 1 {
        against.push(Refusal::new("views-disagree", "the nodes do not agree on who is a member", "one membership that all agree on"));
    }
    if quorum.total.is_some_and(|present| votes < present) {
        let why = format!("{} votes are present, more than {votes}", quorum.total.unwrap_or(0));
        against.push(Refusal::new("too-few", why, "name at least the votes that are present"));
    }
    if quorum.expected.is_none_or(|before| votes >= before) {
        return;
    }
    for member in cluster.members.iter().filter(|m| !matches!(m.status, MemberStatus::Online)) {
        let name = &member.name;
        if member.status != MemberStatus::Offline {
            let why = format!("{name} is {}: it may still be alive, and both halves would have quorum", member.status.word());
            against.push(Refusal::new("alive", why, format!("fence {name}, or see that it is off: quorate act confirm-fence {name}")));
        } else if member.reach.is_up() {
            let why = format!("{name} is offline and answers by SSH: it is alive, and both halves would have quorum");
            against.push(Refusal::new("alive", why, format!("switch {name} off, or let it join")));
        } else if let Some(trouble) = member.reach.answered() {
            let why = format!("{name} is offline and its sshd answers ({trouble}): it is alive, and both halves would have quorum");
            against.push(Refusal::new("alive", why, format!("switch {name} off, or let it join")));
        } else if !matches!(member.reach, Reach::Down { .. }) {
            let why = format!("whether {name} answers by SSH is not known yet");
            against.push(Refusal::new("not-looked", why, "wait until quorate has tried to reach it"));
        }
    }
}

fn keeps_quorum(node: &str, cluster: &Cluster, against: &mut Vec<Refusal>) {
    if let Some(after) = QuorumAfter::without(cluster, node).filter(QuorumAfter::is_lost) {
        let why = format!("without {node} the others lose quorum and stop everything: {}", after.words());
        against.push(Refusal::new("quorum-lost", why, "bring another member back first"));
    }
}

fn confirm_fence(node: &str, cluster: &Cluster, against: &mut Vec<Refusal>) {
    let Some(member) = cluster.member(node) else { return };
    if member.reach.is_up() {
        let why = format!("{node} answers by SSH: it is alive, and saying that it is off would let both sides write");
        against.push(Refusal::new("alive", why, "the node must be off: switch it off, or fence it"));
    } else if let Some(trouble) = member.reach.answered() {
        let why = format!("sshd on {node} answers ({trouble}): it is alive, and saying that it is off would let both sides write");
        against.push(Refusal::new("alive", why, "the node must be off, and tried once more: switch it off, or fence it"));
    } else if let Reach::Down { trouble, .. } = &member.reach {
        if trouble.is_on_the_way() {
            let why = format!("whether {node} answers by SSH is not known, for the way to it ends before: {trouble}");
            against.push(Refusal::new("not-looked", why, "a way on which quorate can try to reach it"));
        }
    } else {
        let why = format!("whether {node} answers by SSH is not known yet");
        against.push(Refusal::new("not-looked", why, "wait until quorate has tried to reach it"));
    }
    if member.status == MemberStatus::Unknown && cluster.stack == Some(Stack::Pacemaker) {
        let why = format!("the manager has never heard of {node}: it would take it for a node of its own");
        against.push(Refusal::new("unknown-target", why, "name a member that the manager has"));
    } else if !matches!(member.status, MemberStatus::Unclean | MemberStatus::Offline | MemberStatus::Pending | MemberStatus::Unknown) {
        let why = format!("the manager has {node} {}: it is a live member", member.status.word());
        against.push(Refusal::new("alive", why, "the node must be off: switch it off, or fence it"));
    }
    if cluster.virt.iter().any(|v| *v.node == *node && v.up) {
        against.push(Refusal::new("alive", format!("libvirt on {node} answers"), "the node must be off"));
    }
    let claimed =
        cluster.quorum.partitions.iter().any(|p| p.said_by.iter().any(|s| &*s.by != node) && p.members.iter().any(|m| **m == *node));
    if claimed {
        let ring = if cluster.stack == Some(Stack::Rhcs) { "cman" } else { "corosync" };
        against.push(Refusal::new("alive", format!("{ring} has {node} in the membership"), "the node must be off"));
    }
}
