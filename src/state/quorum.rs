//! Votes and quorum: the nodes' own views, grouped into partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::cluster::{Partition, Quorum, Sight};
use crate::domain::observation::corosync::{QdeviceView, QuorumView};
use crate::domain::stamp::Stamp;

use super::facts::NodeState;
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
    let quorate = match (disagree, claims.is_empty(), answered) {
        (true, ..) => None,
        (false, false, _) => Some(true),
        (false, true, true) => Some(false),
        (false, true, false) => None,
    };
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
    let mut votes: Vec<u32> = view.members.iter().map(|m| m.votes).collect();
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
    let mut found: BTreeMap<(Vec<Arc<str>>, Option<bool>), Group<'a>> = BTreeMap::new();
    for (name, node) in names.roll(nodes).filter(|(_, n)| n.is_live()) {
        let Some((members, quorate, view, at)) = said(node, names) else { continue };
        let group = found.entry((members.clone(), quorate)).or_insert_with(|| Group {
            partition: Partition { members, quorate, ..Partition::default() },
            view,
            at,
        });
        group.partition.said_by.push(Sight { by: name.clone(), at });
        if at > group.at || group.view.is_none() {
            (group.view, group.at) = (view.or(group.view), at);
        }
        group.partition.votes = group.view.and_then(|v| v.total);
    }
    found.into_values().collect()
}

type Said<'a> = (Vec<Arc<str>>, Option<bool>, Option<&'a QuorumView>, Stamp);

/// What a node says: by corosync's own tool, or by the manager's word where that tool does not answer.
fn said<'a>(node: &'a NodeState, names: &Names) -> Option<Said<'a>> {
    if let Some((view, at)) = node.answers.quorum.seen() {
        let mut members: Vec<Arc<str>> = view.members.iter().map(|row| names.of_row(row)).collect();
        members.sort();
        members.dedup();
        return Some((members, view.quorate, Some(view), at));
    }
    let (view, at) = node.answers.manager.seen()?;
    view.with_quorum?;
    let mut members: Vec<Arc<str>> = view.nodes.iter().filter(|n| n.online).map(|n| Arc::from(n.name.as_str())).collect();
    members.sort();
    Some((members, view.with_quorum, None, at))
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
    groups.iter().filter(|g| g.view.is_some()).max_by_key(|g| (g.partition.quorate == Some(true), g.partition.votes, g.at, std::cmp::Reverse(&g.partition.members)))
}

/// The contract's words for corosync's flags, bytewise.
fn flags(view: &QuorumView) -> Vec<String> {
    let known = [
        ("AllowDownscale", "allow-downscale"),
        ("AutoTieBreaker", "auto-tie-breaker"),
        ("LastManStanding", "last-man-standing"),
        ("Qdevice", "qdevice"),
        ("2Node", "two-node"),
        ("WaitForAll", "wait-for-all"),
    ];
    let has = |flag: &str| view.flags.iter().any(|f| f.eq_ignore_ascii_case(flag)) || (flag == "Qdevice" && view.qdevice.is_some());
    known.iter().filter(|(flag, _)| has(flag)).map(|(_, word)| (*word).to_owned()).collect()
}

fn qdevice(nodes: &Nodes) -> Option<QdeviceView> {
    nodes
        .values()
        .filter(|n| n.is_live())
        .filter_map(|n| n.answers.qdevice.seen())
        .max_by_key(|(_, at)| *at)
        .map(|(view, _)| view.clone())
}
