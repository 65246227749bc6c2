//! What must be so: what a step waits for, and what proves that an action took effect.

mod asked;
mod placed;
mod rgmanager;
mod words;

use std::sync::Arc;

use crate::domain::cluster::{Cluster, MemberStatus, Service, ServiceState};
use crate::domain::observation::manager::FenceStatus;
use crate::domain::observation::vmware::VmwareState;
use crate::domain::stamp::Stamp;
use crate::domain::task::{FenceHow, Limits};

use super::inquiry::{Findings, Query, What};
use super::whereabouts;

/// Something that can be looked at, by the picture or by a question of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The service is started on exactly this node.
    RunsOn(String, Arc<str>),
    /// The service is started somewhere, on one of these nodes where any are named.
    Runs(String),
    /// The service is down, and has more failures on record than these.
    Fell(String, u64),
    /// The service is active nowhere.
    Stopped(String),
    /// The service is active on none of these nodes, and nothing of it is in transit.
    Left(String, Arc<str>),
    /// The service is started, and not on this node.
    Elsewhere(String, Arc<str>),
    /// The manager has nothing under way for the service.
    AtRest(String),
    /// The manager looks after the service (or not).
    Managed(String, bool),
    /// The service has no failures on record.
    Clean(String),
    /// No constraint of an earlier command is left on the service.
    NoLeftovers(String),
    /// No constraint of a move of the service to this node is left. Those of others are none of it.
    Unmoved(String, Arc<str>),
    /// The manager knows the service (or not).
    Known(String, bool),
    /// The manager has nothing of the service that its configuration lacks.
    NoStray(String),
    /// The member has one of these statuses.
    Member(Arc<str>, Vec<MemberStatus>),
    /// No service that can move is active on the member.
    Empty(Arc<str>),
    /// The cluster's maintenance mode.
    Maintenance(bool),
    /// Those that stay have quorum also without the member.
    KeepsQuorum(Arc<str>),
    /// A fencing of the member succeeded since then.
    Fenced(String, FenceHow, Stamp),
    /// The member was seen out of the membership since then, or its host has booted since then.
    Interrupted(Arc<str>, Stamp),
    /// A guest's state by libvirt on that node.
    Guest {
        /// Whom to ask, and what.
        query: Query,
        /// Its name, for people.
        guest: String,
        /// `running`, `paused`, `shut off`; none: libvirt does not know it there, or it is shut off.
        state: Option<&'static str>,
    },
    /// The guest of a service runs, by libvirt on the node where the service is by then.
    AtOwner {
        /// The service.
        service: String,
        /// The guest's name, for people.
        guest: String,
        /// One question for each node that can be asked.
        queries: Vec<Query>,
    },
    /// The guest of a service runs, by libvirt, on no other node than those where the service is by then.
    Alone {
        /// The service.
        service: String,
        /// The guest's name, for people.
        guest: String,
        /// One question for each node that can be asked.
        queries: Vec<Query>,
    },
    /// A guest's state by VMware on that node.
    Vmware {
        /// Whom to ask, and what.
        query: Query,
        /// Its name, for people.
        guest: String,
        /// One of these; none: VMware does not know it there.
        states: &'static [VmwareState],
    },
    /// A migration of the guest is under way, or over: then the service (its name) runs elsewhere than here.
    Migrates(Query, String),
    /// A migration of the guest may take this, or is over.
    Allows(Query, Limits),
    /// The size of a device, or of a guest's disk, in bytes: at least.
    Size {
        /// Whom to ask, and what.
        query: Query,
        /// What it is, for people.
        what: String,
        /// Bytes.
        bytes: u64,
    },
    /// A node runs this version of cluster.conf, and its file says this, however it is written.
    Conf {
        /// Whom to ask, and what.
        query: Query,
        /// The version.
        version: u32,
        /// The sum of what the file says (without passwords).
        says: String,
    },
    /// The filesystem mounted there has at least so many bytes.
    Filesystem(Arc<str>, String, u64),
    /// Nothing is left on the physical volume.
    PvEmpty(Query, String),
    /// The service has this flag (or not).
    Flag(String, &'static str, bool),
    /// The service is in exactly this state.
    InState(String, ServiceState),
    /// The service changed its state since the transition that was the last one when this was planned.
    Turned(String, Option<Stamp>),
    /// The manager runs on the member (or not).
    ManagerOn(Arc<str>, bool),
    /// clvmd listens on the member (or not).
    ClvmdOn(Arc<str>, bool),
    /// The member is in the fence domain.
    InDomain(Arc<str>),
    /// Nobody waits for the member to be fenced.
    NoVictim(Arc<str>),
    /// The cluster expects so many votes.
    Expects(u32),
    /// All of them.
    All(Vec<Condition>),
    /// One of them at least.
    Any(Vec<Condition>),
}

/// Whether something is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is, and how that is known.
    Holds(String),
    /// It is not (yet): what is there in its place.
    Not(String),
    /// Nobody who can be asked knows.
    Unknown(String),
}

impl Verdict {
    /// Whether it is so for certain.
    pub const fn holds(&self) -> bool {
        matches!(self, Self::Holds(_))
    }

    /// The words.
    pub fn words(&self) -> &str {
        match self {
            Self::Holds(words) | Self::Not(words) | Self::Unknown(words) => words,
        }
    }
}

/// What a condition is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The picture.
    pub cluster: &'a Cluster,
    /// Answers that came after `since`.
    pub found: &'a Findings,
    /// What is older says nothing about a step that began then.
    pub since: Stamp,
}

impl Condition {
    /// A guest's state by libvirt. `handle`: what names it for virsh.
    pub fn guest(node: &Arc<str>, uri: &str, handle: &str, name: &str, state: Option<&'static str>) -> Self {
        let query = Query::new(node, What::State(uri.to_owned(), handle.to_owned()));
        Self::Guest { query, guest: name.to_owned(), state }
    }

    /// A guest that runs wherever the manager has its service. `handle`: what names it for virsh.
    pub fn at_owner(cluster: &Cluster, service: &str, uri: &str, handle: &str, name: &str) -> Self {
        Self::AtOwner { service: service.to_owned(), guest: name.to_owned(), queries: everywhere(cluster, uri, handle) }
    }

    /// A guest that runs nowhere but where the manager has its service. `handle`: what names it for virsh.
    pub fn alone(cluster: &Cluster, service: &str, uri: &str, handle: &str, name: &str) -> Self {
        Self::Alone { service: service.to_owned(), guest: name.to_owned(), queries: everywhere(cluster, uri, handle) }
    }

    /// Questions that it needs answered.
    pub fn queries(&self) -> Vec<&Query> {
        match self {
            Self::Guest { query, .. }
            | Self::Vmware { query, .. }
            | Self::Size { query, .. }
            | Self::Migrates(query, _)
            | Self::Allows(query, _)
            | Self::PvEmpty(query, _)
            | Self::Conf { query, .. } => vec![query],
            Self::AtOwner { queries, .. } | Self::Alone { queries, .. } => queries.iter().collect(),
            Self::All(all) | Self::Any(all) => all.iter().flat_map(Self::queries).collect(),
            _ => Vec::new(),
        }
    }

    /// Those of its questions that are worth asking now: of a service that may be anywhere, those to its owners, or to the others.
    pub fn due(&self, cluster: &Cluster) -> Vec<&Query> {
        let owns = |service: &str, node: &Arc<str>| cluster.service(service).is_some_and(|s| s.owners.contains(node));
        match self {
            Self::AtOwner { service, queries, .. } => queries.iter().filter(|query| owns(service, &query.node)).collect(),
            Self::Alone { service, queries, .. } => queries.iter().filter(|query| !owns(service, &query.node)).collect(),
            Self::All(all) | Self::Any(all) => all.iter().flat_map(|one| one.due(cluster)).collect(),
            _ => self.queries(),
        }
    }

    /// Whether it is so.
    pub fn judge(&self, seen: &Seen<'_>) -> Verdict {
        if let Self::All(all) = self {
            let verdicts: Vec<Verdict> = all.iter().map(|c| c.judge(seen)).collect();
            let bad = verdicts.iter().find(|v| matches!(v, Verdict::Not(_))).or_else(|| verdicts.iter().find(|v| !v.holds()));
            let words = || verdicts.iter().map(Verdict::words).collect::<Vec<_>>().join("; ");
            return bad.cloned().unwrap_or_else(|| Verdict::Holds(words()));
        }
        if let Self::Any(any) = self {
            let verdicts: Vec<Verdict> = any.iter().map(|c| c.judge(seen)).collect();
            let good = verdicts.iter().find(|v| v.holds()).or_else(|| verdicts.iter().find(|v| matches!(v, Verdict::Unknown(_))));
            let words = || verdicts.iter().map(Verdict::words).collect::<Vec<_>>().join("; ");
            return good.cloned().unwrap_or_else(|| Verdict::Not(words()));
        }
        if let Self::Guest { query, guest, state } = self {
            return asked::guest_state(seen, query, guest, *state);
        }
        let cluster = seen.cluster;
        match self {
            Self::Vmware { query, guest, states } => return asked::vmware_state(seen, query, guest, states),
            Self::Migrates(query, id) => return asked::migrates(seen, query, id),
            Self::Allows(query, limits) => return asked::allows(seen, query, *limits),
            Self::Size { query, what, bytes } => return asked::size(seen, query, what, *bytes),
            Self::Conf { query, version, says } => return asked::conf(seen, query, *version, says),
            Self::Filesystem(node, mount, bytes) => return asked::filesystem(seen, node, mount, *bytes),
            Self::PvEmpty(query, path) => return asked::pv_empty(seen, query, path),
            // The manager may have ended there.
            Self::KeepsQuorum(name) => return asked::keeps_quorum(seen, name),
            _ => {}
        }
        let Some(sight) = cluster.manager_sight.as_ref().filter(|s| s.at > seen.since) else {
            return Verdict::Unknown("the manager has not been heard since".to_owned());
        };
        let by = format!("by {}", sight.by);
        let verdict = |good: bool, words: String| if good { Verdict::Holds(format!("{words} ({by})")) } else { Verdict::Not(words) };
        match self {
            Self::RunsOn(id, node) => of_service(cluster, id, |s| {
                verdict(s.state == ServiceState::Started && s.owners.len() == 1 && s.owners.contains(node), standing(s))
            }),
            Self::Runs(id) => of_service(cluster, id, |s| verdict(s.state == ServiceState::Started, standing(s))),
            Self::AtOwner { service, guest, queries } => of_service(cluster, service, |s| asked::at_owner(seen, s, guest, queries)),
            Self::Alone { service, guest, queries } => of_service(cluster, service, |s| asked::alone(seen, s, guest, queries)),
            Self::Stopped(id) => of_service(cluster, id, |s| {
                let quiet = matches!(s.state, ServiceState::Stopped | ServiceState::Disabled);
                verdict(quiet && s.owners.is_empty(), standing(s))
            }),
            Self::AtRest(id) => of_service(cluster, id, |s| verdict(!s.state.is_in_transit(), standing(s))),
            Self::Managed(id, managed) => of_service(cluster, id, |s| {
                let frozen = s.flags.contains(&"unmanaged");
                verdict(frozen != *managed, format!("{id} is {}", if frozen { "unmanaged" } else { "managed" }))
            }),
            Self::Clean(id) => of_service(cluster, id, |s| {
                verdict(s.failures == 0 && !s.failed_operation, format!("{id} has {} failures on record", s.failures))
            }),
            Self::Known(id, known) => {
                let there = cluster.service(id).is_some();
                verdict(there == *known, format!("{id} is {}", if there { "known" } else { "not known" }))
            }
            Self::NoStray(id) => {
                let stray = cluster.service(id).is_some_and(|s| s.flags.contains(&"orphaned"));
                verdict(!stray, if stray { format!("{id} is configured no more and still known") } else { format!("{id} is no stranger") })
            }
            Self::Member(name, statuses) => match cluster.member(name) {
                Some(m) => verdict(statuses.contains(&m.status), format!("{name} is {}", m.status.word())),
                None => Verdict::Unknown(format!("{name} is not a member")),
            },
            Self::Empty(name) => {
                let left = movable_on(cluster, name);
                let words =
                    if left.is_empty() { format!("nothing is left on {name}") } else { format!("still on {name}: {}", left.join(", ")) };
                verdict(left.is_empty(), words)
            }
            Self::Maintenance(on) => {
                let is = cluster.options.maintenance_mode.unwrap_or(false);
                verdict(is == *on, format!("maintenance-mode is {}", if is { "on" } else { "off" }))
            }
            Self::Fenced(name, how, since) => fenced(cluster, name, *how, *since),
            Self::Interrupted(name, since) => interrupted(cluster, name, *since),
            other => other.judge_placed(seen, &verdict),
        }
    }
}

/// The same question to each node that can be asked.
fn everywhere(cluster: &Cluster, uri: &str, handle: &str) -> Vec<Query> {
    let able = cluster.members.iter().filter(|m| whereabouts::is_within_reach(m));
    able.map(|m| Query::new(&m.name, What::State(uri.to_owned(), handle.to_owned()))).collect()
}

fn of_service(cluster: &Cluster, id: &str, judge: impl Fn(&Service) -> Verdict) -> Verdict {
    cluster.service(id).map_or_else(|| Verdict::Unknown(format!("the manager does not know {id}")), judge)
}

/// A service's state and where it is, in words.
pub(in crate::action) fn standing(s: &Service) -> String {
    let owners = if s.owners.is_empty() { String::new() } else { format!(" on {}", s.owners.join(", ")) };
    let why = s.reason.as_deref().filter(|_| s.state != ServiceState::Started).map(|r| format!(": {r}")).unwrap_or_default();
    format!("{} is {}{owners}{why}", s.id, s.state.word())
}

/// Services on a node that can go elsewhere: not the instances of clones, which belong there, nor what the manager may not touch.
pub fn movable_on<'a>(cluster: &'a Cluster, node: &str) -> Vec<&'a str> {
    let here = cluster.services.iter().filter(|s| s.owners.iter().any(|o| **o == *node));
    here.filter(|s| is_movable(cluster, s)).map(|s| s.id.as_str()).collect()
}

/// Whether a service moves as a unit of its own: no part of a group, clone or bundle.
pub fn is_movable(cluster: &Cluster, service: &Service) -> bool {
    use crate::domain::cluster::ServiceKind as K;
    service.parent.is_none()
        && !matches!(service.kind, K::Clone | K::Bundle)
        && !service.flags.contains(&"unmanaged")
        && cluster.options.maintenance_mode != Some(true)
}

fn fenced(cluster: &Cluster, name: &str, how: FenceHow, since: Stamp) -> Verdict {
    // The history counts in whole seconds of the node's clock: two seconds of grace.
    let since = since.shifted(-2_000_000);
    let mut mine = cluster.fences.iter().filter(|f| f.target == name && f.action == how.word());
    let newest = mine.find(|f| f.status == FenceStatus::Pending || f.completed.is_some_and(|at| at >= since));
    match newest {
        Some(f) if f.status == FenceStatus::Success => Verdict::Holds(format!(
            "{} of {name} succeeded{}",
            how.word(),
            f.delegate.as_deref().map(|d| format!(", done by {d}")).unwrap_or_default()
        )),
        Some(f) if f.status == FenceStatus::Failed => {
            Verdict::Not(format!("{} of {name} failed: {}", how.word(), f.reason.as_deref().unwrap_or("no reason is recorded")))
        }
        Some(_) => Verdict::Not(format!("{} of {name} is pending", how.word())),
        None => Verdict::Not(format!("the fence history has no {} of {name} since", how.word())),
    }
}

fn interrupted(cluster: &Cluster, name: &str, since: Stamp) -> Verdict {
    let Some(member) = cluster.member(name) else { return Verdict::Unknown(format!("{name} is not a member")) };
    if matches!(member.status, MemberStatus::Offline | MemberStatus::Unclean | MemberStatus::Pending) {
        return Verdict::Holds(format!("{name} is {}", member.status.word()));
    }
    // The boot is older than the question by the uptime; half a second for rounding.
    let booted = member.host.at.zip(member.host.uptime).map(|(at, up)| at.shifted(-i64::try_from(up.as_micros()).unwrap_or(i64::MAX)));
    match booted {
        Some(boot) if boot.shifted(500_000) > since => Verdict::Holds(format!("{name} has booted since")),
        _ => Verdict::Not(format!("{name} is {} and has not been seen to leave", member.status.word())),
    }
}
