//! Members: what the manager, corosync and each node itself say of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::cluster::{Member, MemberStatus, Quorum};
use crate::domain::node::NodeKey;
use crate::domain::observation::corosync::CmapView;
use crate::domain::observation::host::Unit;
use crate::domain::observation::manager::{ManagerNode, NodeKind};

use super::facts::NodeState;
use super::identity::{Names, Nodes};
use super::links;
use super::network;
use super::speaker::Speaker;

/// A member's status by the manager, the first that applies (contract, Members).
pub(super) const fn status(node: &ManagerNode) -> MemberStatus {
    if node.unclean {
        MemberStatus::Unclean
    } else if node.pending {
        MemberStatus::Pending
    } else if !node.online {
        MemberStatus::Offline
    } else if node.standby || node.standby_onfail {
        MemberStatus::Standby
    } else if node.maintenance {
        MemberStatus::Maintenance
    } else {
        MemberStatus::Online
    }
}

/// Folds all members, bytewise by name.
pub(super) fn fold(nodes: &Nodes, names: &Names, speaker: Option<&Speaker<'_>>, quorum: &Quorum) -> Vec<Member> {
    let mut members: BTreeMap<Arc<str>, Member> = BTreeMap::new();
    if let Some(speaker) = speaker {
        for node in &speaker.view.nodes {
            members.insert(Arc::from(node.name.as_str()), by_manager(node, speaker));
        }
    }
    by_corosync(&mut members, nodes, names, speaker.is_some(), quorum);
    let mut rows: Vec<Member> = members.into_values().map(|m| named(m, nodes, names)).collect();
    let known = |name: &Arc<str>, rows: &[Member]| rows.binary_search_by(|m| m.name.cmp(name)).is_ok();
    let mut strange: Vec<Member> = Vec::new();
    for (key, node) in nodes {
        let Some(name) = names.of(*key) else { continue };
        let stranger = names.strangers().contains(key);
        if stranger || (names.key(name) == Some(*key) && !known(name, &rows)) {
            strange.push(by_itself(Member { name: name.clone(), ..Member::default() }, *key, node, names));
        }
    }
    rows.extend(strange);
    rows.sort_by(|a, b| (&a.name, a.node).cmp(&(&b.name, b.node)));
    rows
}

fn by_manager(node: &ManagerNode, speaker: &Speaker<'_>) -> Member {
    let status = status(node);
    let active = matches!(status, MemberStatus::Online | MemberStatus::Standby | MemberStatus::Maintenance);
    Member {
        name: Arc::from(node.name.as_str()),
        id: node.id.clone(),
        kind: node.kind,
        status,
        dc: node.is_dc || speaker.view.dc.as_deref() == Some(node.name.as_str()),
        manager: active.then_some(true),
        ..Member::default()
    }
}

/// Votes, ids, and the members that only corosync knows; their status too where no manager answers.
fn by_corosync(members: &mut BTreeMap<Arc<str>, Member>, nodes: &Nodes, names: &Names, manager: bool, quorum: &Quorum) {
    for row in nodelists(nodes).flat_map(|view| &view.nodes) {
        let Some(name) = row.id.and_then(|id| names.of_id(id)).or_else(|| row.name.as_deref().map(Arc::from)) else { continue };
        let status = if manager || !quorum.answered { MemberStatus::Unknown } else { MemberStatus::Offline };
        let member = members.entry(name.clone()).or_insert_with(|| Member { name, status, ..Member::default() });
        if member.kind == NodeKind::Member {
            // votequorum(5): a node of the list without quorum_votes has one vote.
            member.votes = member.votes.or(row.votes).or(Some(1));
            member.id = member.id.take().or_else(|| row.id.map(|id| id.to_string()));
        }
    }
    // The partition that counts speaks last.
    let mut views: Vec<_> = nodes.values().filter(|n| n.is_live()).filter_map(|n| n.answers.quorum.seen()).collect();
    views.sort_by_key(|(view, at)| (view.quorate == Some(true), view.total, *at));
    let mut told: Vec<&[_]> = Vec::new();
    for (view, _) in views {
        if told.last().is_some_and(|last| *last == view.members.as_slice()) {
            continue;
        }
        told.push(&view.members);
        for row in &view.members {
            let name = names.of_row(row);
            let member = members.entry(name.clone()).or_insert_with(|| Member { name, ..Member::default() });
            if member.kind != NodeKind::Member {
                continue;
            }
            member.votes = Some(row.votes);
            member.id = member.id.take().or_else(|| Some(row.id.to_string()));
            if !manager {
                member.status = MemberStatus::Online;
            }
        }
    }
}

/// corosync's node lists, each different one once.
fn nodelists(nodes: &Nodes) -> impl Iterator<Item = &CmapView> {
    let mut walked = std::collections::BTreeSet::new();
    nodes.values().filter_map(move |n| n.answers.cmap.get().filter(|_| walked.insert(n.nodelist_print)))
}

fn named(member: Member, nodes: &Nodes, names: &Names) -> Member {
    match names.key(&member.name).and_then(|key| Some((key, nodes.get(&key)?))) {
        Some((key, node)) => by_itself(member, key, node, names),
        None => member,
    }
}

/// What a node of the session says of itself.
fn by_itself(member: Member, key: NodeKey, node: &NodeState, names: &Names) -> Member {
    let answers = &node.answers;
    let mut units: Vec<Unit> = answers.units.rows().to_vec();
    for daemon in answers.daemons.rows() {
        if !units.iter().any(|u| u.name == daemon.name && u.load != "not-found") {
            units.push(daemon.clone());
        }
    }
    Member {
        node: Some(key),
        local: node.facts.local,
        manager: if node.is_live() { runs_manager(node, &units).or(member.manager) } else { member.manager },
        reach: node.reach.clone(),
        answered: node.answered,
        host: node.host.figures(answers.net.get().map(network::nic_count)),
        clock_offset: node.clock.best(),
        units,
        watchdog: answers.watchdog.get().cloned(),
        dlm: answers.dlm.get().cloned(),
        links: links::fold(node, names),
        troubles: node.troubles.iter().map(|(q, t)| (*q, t.clone())).collect(),
        streams: node.streams.clone(),
        ..member
    }
}

/// Whether the manager runs there, by its daemons or by its answer, whichever is newer.
fn runs_manager(node: &NodeState, units: &[Unit]) -> Option<bool> {
    const DAEMONS: [&str; 6] = ["pacemaker", "pacemakerd", "pacemaker_remote", "pacemaker-remoted", "pacemaker_remoted", "rgmanager"];
    let asked = node.answers.units.at().max(node.answers.daemons.at());
    let spoke = node.answers.manager.at();
    let mut found = units.iter().filter(|u| DAEMONS.contains(&u.name.as_str()) && u.load != "not-found").peekable();
    if spoke > asked || found.peek().is_none() {
        return spoke.map(|_| true);
    }
    Some(found.any(|u| matches!(u.active.as_str(), "active" | "reloading" | "deactivating")))
}
