//! What an action does to everything else.

use std::sync::Arc;

use crate::domain::cluster::{Cluster, Member, MemberStatus, Partition, Service, ServiceKind, Stack};
use crate::domain::guest::Guest;
use crate::domain::observation::simulation::{SimAction, Simulation};
use crate::domain::task::{Action, FenceHow, NodeVerb, ServiceVerb};

use super::super::whereabouts::without_instance;
use super::{Confirm, Input, Plan};

/// What happens to services, guests and votes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    /// Services that move, stop or die, in the manager's order.
    pub fates: Vec<Fate>,
    /// Where that is known from: the manager's own simulation, or quorate's reckoning.
    pub by: &'static str,
    /// Votes, where they change.
    pub quorum: Option<QuorumAfter>,
    /// What cannot be undone.
    pub lost: Vec<String>,
}

/// What happens to one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Which.
    pub service: String,
    /// It is a guest.
    pub guest: bool,
    /// What.
    pub kind: FateKind,
    /// From where.
    pub from: Option<Arc<str>>,
    /// Where it goes or can restart; none: nowhere.
    pub to: Option<Arc<str>>,
    /// Why it stays down, or why it moves.
    pub why: Option<String>,
}

/// The kinds of fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FateKind {
    /// Moves while it runs.
    Migrates,
    /// Stops here, starts there.
    Moves,
    /// Dies without being asked, and starts elsewhere.
    DiesRestarts,
    /// Dies, and nothing starts it.
    DiesStays,
    /// Is stopped, and stays so.
    Stops,
    /// Is stopped and started in place.
    Restarts,
    /// Starts.
    Starts,
    /// Is held: it runs on and is not looked after.
    Unwatched,
    /// Stands still with its memory.
    Pauses,
}

impl FateKind {
    /// For reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Migrates => "migrates",
            Self::Moves => "moves",
            Self::DiesRestarts => "dies-restarts",
            Self::DiesStays => "dies-stays-down",
            Self::Stops => "stops",
            Self::Restarts => "restarts",
            Self::Starts => "starts",
            Self::Unwatched => "unwatched",
            Self::Pauses => "pauses",
        }
    }
}

/// cman's and votequorum's two-node mode: one of two is enough.
fn is_two_node(cluster: &Cluster) -> bool {
    cluster.quorum.flags.iter().any(|f| f == "two-node")
}

/// Whether a part that has quorum counts it.
fn is_in_ring(cluster: &Cluster, name: &str) -> bool {
    let has_it = |p: &Partition| p.quorate == Some(true) && p.members.iter().any(|m| **m == *name);
    cluster.quorum.partitions.iter().any(has_it)
}

/// How many members may vanish, those with the most votes first.
fn can_lose(cluster: &Cluster, but: Option<&str>, votes: u32, needed: u32) -> u32 {
    let present = |m: &&Member| matches!(m.status, MemberStatus::Online | MemberStatus::Standby | MemberStatus::Maintenance);
    let others = cluster.members.iter().filter(|m| but != Some(&*m.name)).filter(present);
    let mut others: Vec<u32> = others.filter_map(|m| m.votes).collect();
    others.sort_unstable_by(|a, b| b.cmp(a));
    let mut rest = votes;
    let mut lost = 0;
    for vote in others {
        rest = rest.saturating_sub(vote);
        if rest < needed {
            break;
        }
        lost += 1;
    }
    lost
}

/// Votes before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumAfter {
    /// Votes now.
    pub votes: u32,
    /// Votes afterwards.
    pub after: u32,
    /// Needed.
    pub needed: u32,
    /// Whether quorum stays.
    pub quorate: bool,
    /// How many more members may vanish then.
    pub can_lose: u32,
}

impl QuorumAfter {
    /// The votes without one member; none where votes are not known.
    pub fn without(cluster: &Cluster, name: &str) -> Option<Self> {
        let present = matches!(cluster.member(name)?.status, MemberStatus::Online | MemberStatus::Standby | MemberStatus::Maintenance);
        // One that is unclean for a failed stop, or pending, votes as long as the ring has it.
        Self::less(cluster, name, present || is_in_ring(cluster, name))
    }

    /// As [`QuorumAfter::without`], by the membership alone: a member whose manager has ended has its votes until it leaves that.
    pub fn outside(cluster: &Cluster, name: &str) -> Option<Self> {
        Self::less(cluster, name, is_in_ring(cluster, name))
    }

    fn less(cluster: &Cluster, name: &str, present: bool) -> Option<Self> {
        let quorum = &cluster.quorum;
        let (votes, needed) = (quorum.total?, quorum.needed?);
        let lost = if present { cluster.member(name)?.votes.unwrap_or(0) } else { 0 };
        let after = votes.saturating_sub(lost);
        let needed = if is_two_node(cluster) { 1 } else { needed };
        Some(Self { votes, after, needed, quorate: after >= needed, can_lose: can_lose(cluster, Some(name), after, needed) })
    }

    /// The votes that are there once cman expects so many, by its own sum: more than half of these and of those. None where votes are not known.
    pub fn expecting(cluster: &Cluster, expected: u32) -> Option<Self> {
        let votes = cluster.quorum.total?;
        let needed = if is_two_node(cluster) { 1 } else { expected.max(votes) / 2 + 1 };
        Some(Self { votes, after: votes, needed, quorate: votes >= needed, can_lose: can_lose(cluster, None, votes, needed) })
    }

    /// Whether those that stay lose it by that.
    pub const fn is_lost(&self) -> bool {
        !self.quorate && self.after < self.votes
    }

    /// One line.
    pub fn words(&self) -> String {
        let verdict = if self.quorate { format!("stays quorate, {} may fail", self.can_lose) } else { "QUORUM IS LOST".to_owned() };
        format!("{} votes > {} votes, {} needed: {verdict}", self.votes, self.after, self.needed)
    }
}

impl Consequences {
    /// By the manager's own simulation. `dies`: what runs on this node dies without being asked.
    pub fn simulated(sim: &Simulation, cluster: &Cluster, dies: Option<&str>) -> Self {
        let mut fates: Vec<Fate> = Vec::new();
        for action in sim.actions.iter().filter(|a| a.action != SimAction::Leave) {
            let service = cluster.service(without_instance(&action.resource));
            let on_dead = dies.is_some_and(|node| action.source.as_deref() == Some(node));
            let kind = match action.action {
                SimAction::Migrate => FateKind::Migrates,
                SimAction::Move | SimAction::Recover if on_dead => FateKind::DiesRestarts,
                SimAction::Move | SimAction::Recover => FateKind::Moves,
                SimAction::Restart => FateKind::Restarts,
                SimAction::Stop if on_dead => FateKind::DiesStays,
                SimAction::Stop => FateKind::Stops,
                SimAction::Start => FateKind::Starts,
                SimAction::Leave => continue,
            };
            fates.push(Fate {
                service: action.resource.clone(),
                guest: service.is_some_and(|s| s.kind == ServiceKind::Vm),
                kind,
                from: action.source.as_deref().map(Arc::from),
                to: action.dest.as_deref().map(Arc::from),
                why: action.reason.clone(),
            });
        }
        let fenced = sim.fences.iter().filter(|node| dies != Some(node.as_str()));
        let lost = fenced.map(|node| format!("the manager would fence {node}: what runs there dies")).collect();
        Self { fates, by: "crm_simulate on the cluster", quorum: None, lost }
    }

    /// What runs on a node, where nothing could be simulated: where it restarts is not known.
    pub fn reckoned(cluster: &Cluster, node: &str, kind: FateKind) -> Self {
        let here = cluster.services.iter().filter(|s| s.owners.iter().any(|o| **o == *node));
        let real = here.filter(|s| !matches!(s.kind, ServiceKind::Group | ServiceKind::Clone | ServiceKind::Bundle));
        let fates = real.map(|s| Fate {
            service: s.id.clone(),
            guest: s.kind == ServiceKind::Vm,
            kind,
            from: Some(Arc::from(node)),
            to: None,
            why: Some("where it goes is not known: the manager's simulation did not answer".to_owned()),
        });
        Self { fates: fates.collect(), by: "what runs there now", ..Self::default() }
    }
}

/// What every plan says alike.
pub(super) fn complete(plan: &mut Plan, input: &Input<'_>) {
    let cluster = input.cluster;
    if cluster.options.maintenance_mode == Some(true) && !matches!(plan.target, crate::domain::task::Target::Cluster(_)) {
        plan.notices.push("the cluster is in maintenance mode: the manager starts, stops and moves nothing".to_owned());
    }
    forsaken(plan, cluster);
    if cluster.stack == Some(Stack::Pacemaker) {
        afterwards(plan, input);
    }
}

/// What Pacemaker does by itself once this is done: by its own simulation, else as far as it is known what is drawn to the node.
fn afterwards(plan: &mut Plan, input: &Input<'_>) {
    let sim = match &plan.intent.action {
        Action::Maintenance { on: false }
        | Action::Service(ServiceVerb::Start | ServiceVerb::Unfreeze | ServiceVerb::Clear, _)
        | Action::Node(NodeVerb::Unstandby | NodeVerb::Join, _) => input.found.simulation(),
        _ => return,
    };
    let Some(sim) = sim else {
        if let Action::Node(_, node) = &plan.intent.action {
            plan.notices.extend(drawn_to(input.cluster, node));
        }
        return;
    };
    let told = Consequences::simulated(sim, input.cluster, None);
    for mine in plan.consequences.fates.iter_mut().filter(|mine| mine.to.is_none()) {
        mine.to = told.fates.iter().find(|fate| fate.service == mine.service).and_then(|fate| fate.to.clone());
    }
    let known: Vec<String> = plan.consequences.fates.iter().map(|mine| mine.service.clone()).collect();
    plan.consequences.fates.extend(told.fates.into_iter().filter(|fate| !known.contains(&fate.service)));
    plan.consequences.lost.extend(told.lost);
    plan.consequences.by = told.by;
    if !plan.consequences.fates.is_empty() || !plan.consequences.lost.is_empty() {
        plan.confirm = plan.confirm.max(Confirm::Yes);
    }
}

/// What prefers a node and runs elsewhere, or nowhere.
fn drawn_to(cluster: &Cluster, node: &str) -> Option<String> {
    let drawn = |s: &&Service| s.prefers.as_deref() == Some(node) && !s.owners.iter().any(|o| **o == *node);
    let names: Vec<&str> = cluster.services.iter().filter(drawn).map(|s| s.id.as_str()).collect();
    (!names.is_empty()).then(|| format!("prefer {node}, and go there unless their stickiness is stronger: {}", names.join(", ")))
}

/// Guests that are on a node and that the manager neither moves nor starts again: they die with it, or stay behind.
fn forsaken(plan: &mut Plan, cluster: &Cluster) {
    let (node, kind) = match &plan.intent.action {
        Action::Fence { node, how } if *how != FenceHow::On => (node.clone(), Some(FateKind::DiesStays)),
        Action::Node(NodeVerb::Kill, node) => (node.clone(), Some(FateKind::DiesStays)),
        Action::Node(NodeVerb::Reboot, node) => (node.clone(), Some(FateKind::Stops)),
        Action::Node(NodeVerb::Standby | NodeVerb::Drain | NodeVerb::Leave, node) => (node.clone(), None),
        _ => return,
    };
    let here = cluster.guests.iter().filter(|g| *g.node == *node && g.state.is_active());
    let mine: Vec<(&Guest, String)> = here.filter_map(|g| Some((g, left_alone(g, cluster)?))).collect();
    let Some(kind) = kind else {
        let names: Vec<&str> = mine.iter().map(|(g, _)| g.name.as_str()).collect();
        if !names.is_empty() {
            plan.notices.push(format!("stays there, for the manager does not move it: {}", names.join(", ")));
        }
        return;
    };
    for (guest, why) in mine {
        let service = guest.managed_by.clone().unwrap_or_else(|| guest.name.clone());
        // What the manager says of it counts.
        if plan.consequences.fates.iter().any(|f| without_instance(&f.service) == service) {
            continue;
        }
        let from = Some(Arc::clone(&guest.node));
        plan.consequences.fates.push(Fate { service, guest: true, kind, from, to: None, why: Some(why) });
    }
}

/// Why the manager does not care for a guest; none: it does.
fn left_alone(guest: &Guest, cluster: &Cluster) -> Option<String> {
    let Some(id) = &guest.managed_by else { return Some("no service of the cluster manages it: nothing starts it again".to_owned()) };
    let flags = cluster.service(id).map(|s| s.flags.as_slice()).unwrap_or_default();
    let held = flags.iter().find(|f| matches!(**f, "unmanaged" | "maintenance" | "frozen"))?;
    Some(format!("{id} is {held}: nothing starts it again"))
}
