//! What is looked up for every service, by resource.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::cluster::{MemberStatus, Service, ServiceKind, ServiceState};
use crate::domain::observation::manager::{Constraint, Failure, History, ManagerNode, ManagerView, NodeKind, Operation, Resource, Ticket};
use crate::domain::stamp::Stamp;
use crate::state::members;

use super::{Input, instance};

/// Pacemaker's INFINITY.
pub(super) const INFINITY: i64 = 1_000_000;
/// `rc` of an operation that still runs (`PCMK_OCF_UNKNOWN`; older versions: `PCMK_OCF_PENDING`, the same value).
const PENDING: i32 = 193;
/// Where the local time of a node is not known: what is over in the last zone, twelve hours behind UTC, is over anywhere.
const LAST_ZONE: i32 = -12 * 3600;

/// A location constraint on one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(super) id: &'a str,
    pub(super) node: &'a str,
    pub(super) score: i64,
}

/// A node that runs services.
#[derive(Clone, Copy, Debug)]
struct Host<'a> {
    name: &'a str,
    /// The resource that it runs in, if it is a guest.
    container: Option<&'a str>,
}

/// What has to run before something else may start.
#[derive(Clone, Copy, Debug)]
pub(super) struct First<'a> {
    pub(super) id: &'a str,
    /// It has to be promoted, too.
    pub(super) promoted: bool,
}

/// What has to run beside something, or away from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside<'a> {
    pub(super) id: &'a str,
    pub(super) with: &'a str,
    /// Where it is promoted counts, and not where else it runs.
    pub(super) promoted: bool,
    pub(super) score: i64,
}

/// The indexes.
pub(crate) struct Index<'a> {
    statuses: HashMap<&'a str, MemberStatus>,
    /// The nodes that run services, bytewise.
    hosts: Vec<Host<'a>>,
    history: HashMap<&'a str, Vec<&'a History>>,
    failures: HashMap<&'a str, Vec<&'a Failure>>,
    places: HashMap<&'a str, Vec<Place<'a>>>,
    leftovers: HashMap<&'a str, BTreeSet<&'a str>>,
    pub(super) orders: HashMap<&'a str, Vec<First<'a>>>,
    pub(super) colocations: HashMap<&'a str, Vec<Beside<'a>>>,
    tickets: HashMap<&'a str, &'a Ticket>,
    /// Tickets that keep a resource from running here, with the constraints' ids.
    unmet: HashMap<&'a str, Vec<(&'a str, &'a Ticket)>>,
    /// Resources that a rule invites which says more than a node's name.
    ruled: HashSet<&'a str>,
    utc_offset: Option<i32>,
    /// Without a node-health-strategy crm_mon says green of every node.
    health: HashMap<&'a str, &'a str>,
}

impl<'a> Index<'a> {
    /// Constraints that expired before the view was told say nothing.
    pub(super) fn new(input: &Input<'a>) -> Self {
        let view: &'a ManagerView = input.view;
        let mut index = Self {
            statuses: view.nodes.iter().map(|n| (n.name.as_str(), members::status(n))).collect(),
            hosts: hosts(view),
            history: HashMap::new(),
            failures: HashMap::new(),
            places: HashMap::new(),
            leftovers: HashMap::new(),
            orders: HashMap::new(),
            colocations: HashMap::new(),
            tickets: view.tickets.iter().map(|t| (t.id.as_str(), t)).collect(),
            unmet: HashMap::new(),
            ruled: HashSet::new(),
            utc_offset: input.utc_offset,
            health: view.nodes.iter().filter_map(|n| Some((n.name.as_str(), n.health.as_deref()?))).collect(),
        };
        for history in &view.history {
            for id in both_ids(&history.resource) {
                index.history.entry(id).or_default().push(history);
            }
        }
        for failure in &view.failures {
            for id in both_ids(failure.resource()) {
                index.failures.entry(id).or_default().push(failure);
            }
        }
        for ban in view.bans.iter().filter(|b| !b.promoted_only) {
            index.place(&ban.resource, Place { id: &ban.id, node: &ban.node, score: ban.weight });
        }
        for ban in &view.bans {
            index.note_leftover(&ban.resource, &ban.id);
        }
        let tops: Vec<&str> = view.resources.iter().map(id_of).collect();
        for constraint in input.constraints {
            index.constrain(constraint, input.at, &tops);
        }
        index
    }

    /// `tops`: the resources that nothing contains, which patterns are about.
    fn constrain(&mut self, constraint: &'a Constraint, at: Stamp, tops: &[&'a str]) {
        match constraint {
            Constraint::Location { id, resource, pattern, node, score, role, rule, expires } => {
                self.note_leftover(resource, id);
                let zone = self.utc_offset.unwrap_or(LAST_ZONE);
                let over = expires.as_deref().and_then(|end| Stamp::of_rule(end, zone)).is_some_and(|end| end <= at);
                if over || role.as_deref().is_some_and(|r| !r.eq_ignore_ascii_case("started")) {
                    return;
                }
                let node = node.as_deref().or_else(|| sole_node(rule.as_deref()?));
                let about = if *pattern {
                    let means = Constraint::matcher(resource);
                    tops.iter().copied().filter(|top| means(top)).collect()
                } else {
                    vec![resource.as_str()]
                };
                if let (Some(node), Some(score)) = (node, *score) {
                    for resource in about {
                        self.place(resource, Place { id, node, score });
                    }
                } else if score.is_none_or(|s| s >= 0) {
                    self.ruled.extend(about);
                }
            }
            // What is about a role of its own does not keep it from running.
            Constraint::Colocation { id, resource, with, score, role, with_role } => {
                let promoted = with_role.as_deref().map(instance::means_promoted);
                if role.is_none() && promoted != Some(false) {
                    let beside = Beside { id, with, promoted: promoted.is_some(), score: *score };
                    self.colocations.entry(resource).or_default().push(beside);
                }
            }
            // What waits to stop or to be promoted may start; a stop that comes first is nothing to wait for.
            Constraint::Order { first, then, mandatory: true, first_action, then_action: None, .. } => {
                let promoted = first_action.as_deref().map(|action| action == "promote");
                if promoted != Some(false) {
                    self.orders.entry(then).or_default().push(First { id: first, promoted: promoted.is_some() });
                }
            }
            // Of a ticket that the manager does not show nothing is known.
            Constraint::Ticket { id, resource, ticket, role: None, .. } => {
                if let Some(ticket) = self.tickets.get(ticket.as_str()).filter(|t| !t.granted || t.standby) {
                    self.unmet.entry(resource).or_default().push((id, *ticket));
                }
            }
            Constraint::Order { .. } | Constraint::Ticket { .. } => {}
        }
    }

    fn place(&mut self, resource: &'a str, place: Place<'a>) {
        let place = Place { node: self.spelled(place.node), ..place };
        let places = self.places.entry(resource).or_default();
        // crm_mon's bans are constraints of the CIB too.
        if !places.iter().any(|p| p.id == place.id && p.node == place.node) {
            places.push(place);
        }
    }

    /// A node's name as the cluster spells it: Pacemaker compares without case.
    fn spelled(&self, node: &'a str) -> &'a str {
        if self.statuses.contains_key(node) {
            return node;
        }
        self.statuses.keys().find(|name| name.eq_ignore_ascii_case(node)).copied().unwrap_or(node)
    }

    fn note_leftover(&mut self, resource: &'a str, id: &'a str) {
        if id.starts_with("cli-") {
            self.leftovers.entry(resource).or_default().insert(id);
        }
    }

    /// The nodes that may run this service as far as their kind goes: no fence device, and no guest that is a node itself, runs on a guest.
    pub(super) fn hosts(&self, service: &Service) -> impl Iterator<Item = &'a str> {
        let holds_guest = self.hosts.iter().any(|h| h.container == Some(service.id.as_str()));
        let members_only = service.kind == ServiceKind::Stonith || holds_guest;
        self.hosts.iter().filter(move |h| h.container.is_none() || !members_only).map(|h| h.name)
    }

    /// Status of a node.
    pub(super) fn status(&self, node: &str) -> Option<MemberStatus> {
        self.statuses.get(node).copied()
    }

    /// Whether the node's health has this colour.
    pub(super) fn has_health(&self, node: &str, colour: &str) -> bool {
        self.health.get(node).is_some_and(|health| health.eq_ignore_ascii_case(colour))
    }

    /// Operations of a resource on all nodes.
    pub(super) fn history(&self, id: &str) -> &[&'a History] {
        self.history.get(id).map_or(&[], Vec::as_slice)
    }

    /// Failed operations of a resource that nobody cleaned up.
    pub(super) fn failures(&self, id: &str) -> &[&'a Failure] {
        self.failures.get(id).map_or(&[], Vec::as_slice)
    }

    /// Location constraints of a resource.
    pub(super) fn places(&self, id: &str) -> &[Place<'a>] {
        self.places.get(id).map_or(&[], Vec::as_slice)
    }

    /// A ticket that keeps the resource from running here, and the id of the constraint.
    pub(super) fn unmet(&self, id: &str) -> Option<(&'a str, &'a Ticket)> {
        self.unmet.get(id)?.first().copied()
    }

    /// Whether a rule that says more than a node's name invites it.
    pub(super) fn is_ruled(&self, id: &str) -> bool {
        self.ruled.contains(id)
    }

    /// Constraints that an earlier command left on a resource, bytewise.
    pub(super) fn leftovers(&self, id: &str) -> Vec<String> {
        self.leftovers.get(id).into_iter().flatten().map(|id| (*id).to_owned()).collect()
    }

    /// Fail-counts summed over nodes.
    pub(super) fn fail_count(&self, id: &str) -> u64 {
        self.history(id).iter().map(|h| u64::from(h.fail_count)).sum()
    }

    /// A pending operation on a node that is there: (task, node).
    pub(super) fn pending(&self, id: &str) -> Option<(&'a str, &'a str)> {
        self.running(id).map(|(node, operation)| (operation.task.as_str(), node))
    }

    /// When the pending operation began that a state comes from.
    pub(super) fn begun(&self, id: &str, state: ServiceState) -> Option<Stamp> {
        let (_, operation) = self.running(id).filter(|(_, o)| instance::transit(&o.task) == Some(state))?;
        self.moment(operation.last_change.as_deref()?)
    }

    fn running(&self, id: &str) -> Option<(&'a str, &'a Operation)> {
        let gone = |h: &History| matches!(self.status(&h.node), Some(MemberStatus::Offline | MemberStatus::Unclean));
        let pending = |o: &&Operation| o.rc == Some(PENDING) && o.call == Some(-1) && o.interval.is_none_or(|i| i.is_zero());
        self.history(id).iter().filter(|h| !gone(h)).find_map(|h| Some((h.node.as_str(), h.operations.iter().find(pending)?)))
    }

    /// When it was started or migrated to this node.
    pub(super) fn started(&self, id: &str, node: &str) -> Option<Stamp> {
        self.done(id, &["start", "migrate_from"], Some(node))
    }

    /// Since when it does not run: its newest failure, or the newest stop.
    pub(super) fn ceased(&self, id: &str) -> Option<Stamp> {
        let arrived = self.done(id, &["migrate_from"], None);
        // A live migration ends with a stop where the guest came from.
        let stopped = self.done(id, &["stop"], None).filter(|_| arrived.is_none());
        let failed = self.failures(id).iter().filter_map(|f| self.failed_at(f)).max();
        let begun = self.done(id, &["start"], None).max(arrived);
        stopped.max(failed).filter(|at| begun.is_none_or(|begun| begun <= *at))
    }

    /// When an operation failed.
    pub(super) fn failed_at(&self, failure: &Failure) -> Option<Stamp> {
        failure.at.or_else(|| self.moment(failure.last_change.as_deref()?))
    }

    /// When one of these tasks went well last, on a node or anywhere.
    fn done(&self, id: &str, tasks: &[&str], node: Option<&str>) -> Option<Stamp> {
        let history = self.history(id).iter().filter(|h| node.is_none_or(|node| h.node == node));
        let good = history.flat_map(|h| &h.operations).filter(|o| o.rc == Some(0) && tasks.contains(&o.task.as_str()));
        good.filter_map(|o| self.moment(o.last_change.as_deref()?)).max()
    }

    /// A time as printed. A ctime is made by `crm_mon`, in the zone of the node where it runs.
    fn moment(&self, printed: &str) -> Option<Stamp> {
        if printed.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Stamp::from_ctime(printed, self.utc_offset?);
        }
        Stamp::parse(printed)
    }
}

/// The node of a rule that names one and nothing else but an end: `#uname eq n2`, `#uname eq n2 and date lt 2026-11-23 ...`.
fn sole_node(rule: &str) -> Option<&str> {
    let mut node = None;
    for term in rule.split(" and ") {
        match term.strip_prefix("#uname eq ") {
            Some(name) if node.is_none() && !name.contains(' ') => node = Some(name),
            None if term.starts_with("date lt ") => {}
            _ => return None,
        }
    }
    node
}

/// A bundle's nodes run what is in the bundle and nothing else.
fn hosts(view: &ManagerView) -> Vec<Host<'_>> {
    let mut bundled = HashSet::new();
    for resource in &view.resources {
        if let Resource::Bundle { members, .. } = resource {
            bundled.extend(members.iter().map(id_of));
        }
    }
    let is_host = |n: &ManagerNode| n.kind != NodeKind::Guest || n.container.as_deref().is_some_and(|c| !bundled.contains(c));
    let nodes = view.nodes.iter().filter(|n| is_host(n));
    let mut hosts: Vec<Host<'_>> = nodes.map(|n| Host { name: &n.name, container: n.container.as_deref() }).collect();
    hosts.sort_unstable_by_key(|h| h.name);
    hosts
}

fn id_of(resource: &Resource) -> &str {
    match resource {
        Resource::Primitive(p) => &p.id,
        Resource::Group { id, .. } | Resource::Clone { id, .. } | Resource::Bundle { id, .. } => id,
    }
}

/// An id with and without the suffix of an instance.
fn both_ids(id: &str) -> impl Iterator<Item = &str> {
    let base = base_id(id);
    std::iter::once(id).chain((base != id).then_some(base))
}

/// `dlm:0` is an instance of `dlm`; a colon cannot stand in an id of the CIB.
pub(super) fn base_id(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((base, number)) if !base.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => id,
    }
}
