//! Votes and quorum: the nodes' own views, grouped into partitions.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::cluster::{Partition, Quorum, Sight};
use crate::domain::observation::corosync::{QdeviceView, QuorumView};
use crate::domain::observation::manager::{ManagerView, NodeKind};
use crate::domain::observation::rhcs::ClustatView;
use crate::domain::stamp::Stamp;

use super::identity::{Names, Nodes};

/// Nodes with the same members and the same word on quorum, and the newest of their views.
struct Group<'a> {
    partition: Partition,
    view: Option<&'a QuorumView>,
    at: Stamp,
}

/// Folds the views of all nodes that still answer.
pub(super) fn fold(nodes: &Nodes, names: &Names) -> Quorum {
    let groups = groups(nodes, names);
    let claims: Vec<&Group<'_>> = groups.iter().filter(|g| g.partition.quorate == Some(true)).collect();
    let disagree = disjoint(&claims);
    let answered = groups.iter().any(|g| g.partition.quorate.is_some());
    let quorate = (answered && !disagree).then_some(!claims.is_empty());
    let mut quorum = Quorum { quorate, answered, qdevice: qdevice(nodes), ..Quorum::default() };
    if let Some(view) = counting(&groups).and_then(|g| g.view) {
        quorum.flags = flags(view);
        if disagree {
            // Two halves that both claim the cluster: only what they agree on is known.
            let same = |of: fn(&QuorumView) -> Option<u32>| of(view).filter(|v| claims.iter().all(|g| g.view.and_then(of) == Some(*v)));
            quorum.expected = same(|v| v.expected);
            quorum.needed = same(|v| v.needed);
        } else {
            (quorum.total, quorum.expected, quorum.needed) = (view.total, view.expected, view.needed);
            quorum.can_lose = (quorate == Some(true)).then(|| can_lose(view)).flatten();
        }
    }
    if quorate == Some(false) {
        quorum.can_lose = Some(0);
    }
    quorum.partitions = groups.into_iter().map(|g| g.partition).collect();
    quorum
}

/// How many members may vanish at once, the heaviest votes first, with quorum left to those that stay.
///
/// Only votes count: the tie-breaker saves one half of two and not the worse one, and last-man-standing recalculates
/// only some seconds after a loss (votequorum(5)).
pub(super) fn can_lose(view: &QuorumView) -> Option<u32> {
    let needed = view.needed?;
    let mut votes: Vec<u32> = view.members.iter().filter_map(|m| m.votes).collect();
    votes.sort_unstable_by(|a, b| b.cmp(a));
    let device = view.qdevice.as_ref().map_or(0, |(votes, _)| *votes);
    let mut left = view.total.unwrap_or_else(|| votes.iter().fold(device, |sum, v| sum.saturating_add(*v)));
    let mut lost = 0;
    for heaviest in votes.iter().take(votes.len().saturating_sub(1)) {
        left = left.saturating_sub(*heaviest);
        if left < needed {
            break;
        }
        lost += 1;
    }
    Some(lost)
}

fn groups<'a>(nodes: &'a Nodes, names: &'a Names) -> Vec<Group<'a>> {
    // By fingerprint first: a thousand nodes list a thousand members each, nearly always the same ones.
    let mut prints: BTreeMap<(u64, Option<bool>), Group<'a>> = BTreeMap::new();
    let mut found: Vec<Group<'a>> = Vec::new();
    for (name, node) in names.roll(nodes).filter(|(_, n)| n.is_live()) {
        // A status that was cut off before its verdict leaves that to the manager.
        let by_manager_too = node.answers.manager.get().is_some_and(|v| v.with_quorum.is_some());
        if let Some((view, at)) = node.answers.quorum.seen().filter(|(v, _)| v.quorate.is_some() || !by_manager_too) {
            let group = prints.entry((node.ring_print, view.quorate)).or_insert_with(|| Group::new(by_corosync(view, names), view.quorate));
            group.join(Sight { by: name.clone(), at }, Some(view));
        } else if let Some((view, at)) = node.answers.manager.seen().filter(|(v, _)| v.with_quorum.is_some()) {
            let mut group = Group::new(by_manager(view), view.with_quorum);
            group.join(Sight { by: name.clone(), at }, None);
            found.push(group);
        } else if let Some((view, at)) = node.answers.clustat.seen().filter(|(v, _)| v.quorate.is_some()) {
            let mut group = Group::new(by_clustat(view), view.quorate);
            group.join(Sight { by: name.clone(), at }, None);
            found.push(group);
        }
    }
    let mut merged: BTreeMap<(Vec<Arc<str>>, Option<bool>), Group<'a>> = BTreeMap::new();
    for group in prints.into_values().chain(found) {
        match merged.entry((group.partition.members.clone(), group.partition.quorate)) {
            Entry::Vacant(free) => {
                free.insert(group);
            }
            Entry::Occupied(taken) => taken.into_mut().absorb(group),
        }
    }
    merged.into_values().collect()
}

/// The members that corosync's own tool lists.
fn by_corosync(view: &QuorumView, names: &Names) -> Vec<Arc<str>> {
    let mut members: Vec<Arc<str>> = view.members.iter().map(|row| names.of_row(row)).collect();
    members.sort();
    members.dedup();
    members
}

/// Where that tool does not answer: the members that the manager takes for online. Remote and guest nodes have no vote, and both halves
/// may list them.
fn by_manager(view: &ManagerView) -> Vec<Arc<str>> {
    let online = view.nodes.iter().filter(|n| n.online && n.kind == NodeKind::Member);
    let mut members: Vec<Arc<str>> = online.map(|n| Arc::from(n.name.as_str())).collect();
    members.sort();
    members
}

/// The members that rgmanager takes for online, where cman's own tool does not answer.
fn by_clustat(view: &ClustatView) -> Vec<Arc<str>> {
    let mut members: Vec<Arc<str>> = view.nodes.iter().filter(|n| n.online).map(|n| Arc::from(n.name.as_str())).collect();
    members.sort();
    members
}

impl<'a> Group<'a> {
    fn new(members: Vec<Arc<str>>, quorate: Option<bool>) -> Self {
        Self { partition: Partition { members, quorate, ..Partition::default() }, view: None, at: Stamp(i64::MIN) }
    }

    fn join(&mut self, sight: Sight, view: Option<&'a QuorumView>) {
        if view.is_some() && (self.view.is_none() || sight.at > self.at) {
            (self.view, self.at) = (view, sight.at);
            self.partition.votes = view.and_then(|v| v.total);
        }
        self.partition.said_by.push(sight);
    }

    fn absorb(&mut self, other: Self) {
        if other.view.is_some() && (self.view.is_none() || other.at > self.at) {
            (self.view, self.at, self.partition.votes) = (other.view, other.at, other.partition.votes);
        }
        self.partition.said_by.extend(other.partition.said_by);
        self.partition.said_by.sort_by(|a, b| a.by.cmp(&b.by));
    }
}

/// What corosync says of one member.
#[derive(Clone, Debug)]
pub(super) struct Ballot {
    pub(super) name: Arc<str>,
    pub(super) id: Option<u32>,
    pub(super) votes: Option<u32>,
}

/// Every member that corosync names: its node lists first, then the partitions, the one that counts last.
pub(super) fn ballots(nodes: &Nodes, names: &Names) -> Vec<Ballot> {
    let mut ballots: BTreeMap<Arc<str>, Ballot> = BTreeMap::new();
    let mut walked = BTreeSet::new();
    for view in nodes.values().filter_map(|n| n.answers.cmap.get().filter(|_| walked.insert(n.nodelist_print))) {
        for row in &view.nodes {
            let Some(name) = row.id.and_then(|id| names.of_id(id)).or_else(|| row.name.as_deref().map(Arc::from)) else { continue };
            // votequorum(5): a node of the list without quorum_votes has one vote.
            let ballot = Ballot { name: name.clone(), id: row.id, votes: row.votes.or(Some(1)) };
            ballots.entry(name).or_insert(ballot);
        }
    }
    let mut groups = groups(nodes, names);
    groups.sort_by_key(|g| (g.partition.quorate == Some(true), g.partition.votes, g.at));
    for view in groups.iter().filter_map(|g| g.view) {
        for row in &view.members {
            let name = names.of_row(row);
            ballots.insert(name.clone(), Ballot { name, id: Some(row.id), votes: row.votes });
        }
    }
    ballots.into_values().collect()
}

fn disjoint(claims: &[&Group<'_>]) -> bool {
    claims.iter().enumerate().any(|(at, a)| {
        let ours: BTreeSet<&Arc<str>> = a.partition.members.iter().collect();
        claims.iter().skip(at + 1).any(|b| {
            let apart = !b.partition.members.iter().any(|m| ours.contains(m));
            apart && !ours.is_empty() && !b.partition.members.is_empty()
        })
    })
}

/// The partition whose votes are shown: one with quorum, then the one with the most votes, then the newest word.
fn counting<'a, 'b>(groups: &'b [Group<'a>]) -> Option<&'b Group<'a>> {
    groups
        .iter()
        .filter(|g| g.view.is_some())
        .max_by_key(|g| (g.partition.quorate == Some(true), g.partition.votes, g.at, std::cmp::Reverse(&g.partition.members)))
}

/// The contract's words for corosync's flags, bytewise.
fn flags(view: &QuorumView) -> Vec<String> {
    let known = [
        ("AllowDownscale", "allow-downscale"),
        ("AutoTieBreaker", "auto-tie-breaker"),
        ("Disallowed", "disallowed"),
        ("LastManStanding", "last-man-standing"),
        ("Qdevice", "qdevice"),
        ("QuorumDisk", "quorum-disk"),
        ("2Node", "two-node"),
        ("WaitForAll", "wait-for-all"),
    ];
    let said = |flag: &str| view.flags.iter().any(|f| f.eq_ignore_ascii_case(flag));
    let has = |flag: &str| said(flag) || (flag == "Qdevice" && view.qdevice.is_some() && !said("QuorumDisk"));
    known.iter().filter(|(flag, _)| has(flag)).map(|(_, word)| (*word).to_owned()).collect()
}

fn qdevice(nodes: &Nodes) -> Option<QdeviceView> {
    nodes.values().filter(|n| n.is_live()).filter_map(|n| n.answers.qdevice.seen()).max_by_key(|(_, at)| *at).map(|(view, _)| view.clone())
}
