//! Members: what the manager, corosync and each node itself say of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::domain::cluster::{Member, MemberStatus, Service, ServiceKind};
use crate::domain::guest::{Guest, VirtNode};
use crate::domain::node::NodeKey;
use crate::domain::observation::Question;
use crate::domain::observation::host::Unit;
use crate::domain::observation::manager::{ManagerNode, NodeKind};
use crate::domain::rows::Rows;

use super::facts::NodeState;
use super::identity::{Names, Nodes};
use super::links;
use super::network;
use super::quorum::Ballot;
use super::rhcs::{self, Voice};
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

/// Who says which members there are.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    /// Pacemaker.
    pub(super) speaker: Option<&'a Speaker<'a>>,
    /// Red Hat Cluster Suite.
    pub(super) voice: Option<&'a Voice<'a>>,
    /// The membership layer.
    pub(super) ballots: &'a [Ballot],
}

/// Folds all members, bytewise by name.
pub(super) fn fold(nodes: &Nodes, names: &Names, sources: Sources<'_>) -> Vec<Member> {
    let Sources { speaker, voice, ballots } = sources;
    let mut members: BTreeMap<Arc<str>, Member> = voice.map(|voice| rhcs::members(voice, nodes, names)).unwrap_or_default();
    if let Some(speaker) = speaker {
        for node in &speaker.view.nodes {
            members.insert(Arc::from(node.name.as_str()), by_manager(node, speaker));
        }
    }
    by_corosync(&mut members, ballots);
    let mut rows: Vec<Member> = members.into_values().map(|m| named(m, nodes, names)).collect();
    let known = |name: &Arc<str>, rows: &[Member]| rows.binary_search_by(|m| m.name.cmp(name)).is_ok();
    let mut strange: Vec<Member> = Vec::new();
    for (key, node) in nodes {
        let Some(name) = names.of(*key) else { continue };
        let stranger = names.strangers().contains(key);
        if node.facts.found {
            continue;
        }
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
        health: node.health.clone().filter(|health| !health.eq_ignore_ascii_case("green")),
        ..Member::default()
    }
}

/// Votes, ids, and the members that only corosync knows. Their status is the manager's to tell (contract, Members).
fn by_corosync(members: &mut BTreeMap<Arc<str>, Member>, ballots: &[Ballot]) {
    for ballot in ballots {
        let member = members.entry(ballot.name.clone()).or_insert_with(|| Member { name: ballot.name.clone(), ..Member::default() });
        if member.kind != NodeKind::Member {
            continue;
        }
        // cman's ballots may hold votes that nobody told (RHEL 5 without cluster.conf).
        if member.rhcs.is_none() {
            member.votes = ballot.votes;
        }
        member.id = member.id.take().or_else(|| ballot.id.map(|id| id.to_string()));
    }
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
    for daemon in answers.scripts.rows().iter().chain(answers.daemons.rows()) {
        if !units.iter().any(|u| u.name == daemon.name && u.load != "not-found") {
            units.push(daemon.clone());
        }
    }
    Member {
        node: Some(key),
        local: node.facts.local,
        manager: if node.is_live() { runs_manager(node, &units, &member) } else { member.manager },
        reach: node.reach.clone(),
        answered: node.answered,
        host: node.host.figures(answers.net.get().map(network::nic_count), answers.tools.get().and_then(|t| t.hostname.clone())),
        clock_offset: node.clock.best(),
        units,
        watchdog: answers.watchdog.get().cloned(),
        dlm: answers.dlm.get().cloned(),
        links: links::fold(node, names),
        unheard: unheard(node),
        troubles: node.troubles.iter().map(|(q, t)| (*q, t.clone())).collect(),
        streams: node.streams.clone(),
        ..member
    }
}

/// What an action upon storage must know of every node, and this one has not told yet though it can.
fn unheard(node: &NodeState) -> Vec<Question> {
    use Question as Q;
    if !node.reach.is_up() {
        return Vec::new();
    }
    let answers = &node.answers;
    let can = |tool: &str| answers.tools.get().is_none_or(|t| t.has(tool));
    let open = [
        (Q::Lvs, answers.lvs.get().is_none() && can("lvs")),
        (Q::Vgs, answers.vgs.get().is_none() && can("vgs")),
        (Q::Pvs, answers.pvs.get().is_none() && can("pvs")),
        (Q::DeviceMapper, answers.device_mapper.get().is_none() && can("dmsetup")),
        (Q::Filesystems, answers.filesystems.get().is_none() && can("df")),
        (Q::Guests, answers.guests.get().is_none() && can("virsh")),
    ];
    open.into_iter().filter(|(q, open)| *open && !node.troubles.contains_key(q)).map(|(q, _)| q).collect()
}

/// Whether the manager runs there, by its daemons or by its answer, whichever is newer; else by the manager's own view of it.
fn runs_manager(node: &NodeState, units: &[Unit], member: &Member) -> Option<bool> {
    const DAEMONS: [&str; 6] = ["pacemaker", "pacemakerd", "pacemaker_remote", "pacemaker-remoted", "pacemaker_remoted", "rgmanager"];
    let asked = node.answers.units.at().max(node.answers.daemons.at()).max(node.answers.scripts.at());
    let spoke = node.answers.manager.at();
    // cman is asked far more often than the init scripts, and knows whether rgmanager listens there.
    if let Some((cman, at)) = node.answers.cman.seen()
        && Some(at) > asked
        && let Some(listens) = cman.is_bound(super::rhcs::RGMANAGER)
    {
        return Some(listens);
    }
    let mut found = units.iter().filter(|u| DAEMONS.contains(&u.name.as_str()) && u.load != "not-found").peekable();
    let runs = |unit: &Unit| matches!(unit.active.as_str(), "active" | "reloading" | "deactivating");
    if spoke > asked {
        return Some(true);
    }
    if found.peek().is_some() {
        return Some(found.any(runs));
    }
    // No daemon of a manager among the node's daemons: it does not run where the ring does, and not where the manager has lost the node.
    let ring = units.iter().any(|u| matches!(u.name.as_str(), "corosync" | "cman") && runs(u));
    let lost = member.status == MemberStatus::Offline && asked.is_some();
    spoke.map(|_| true).or_else(|| (ring || lost).then_some(false)).or(member.manager)
}

/// Whether the cluster knows a member to be off, and nobody reaches it either.
pub(super) fn is_off(members: &[Member], name: &str) -> bool {
    members.iter().any(|m| &*m.name == name && m.is_off())
}

/// How many services and guests are active on each member; a container counts by its members alone.
pub(super) fn count_services(members: &mut [Member], services: &[Service]) {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    let real = |s: &&Service| !matches!(s.kind, ServiceKind::Group | ServiceKind::Clone | ServiceKind::Bundle);
    for service in services.iter().filter(real) {
        for owner in &service.owners {
            let count = counts.entry(owner).or_default();
            count.0 += 1;
            count.1 += usize::from(service.kind == ServiceKind::Vm);
        }
    }
    for member in members {
        (member.services, member.guests) = counts.get(&*member.name).copied().unwrap_or_default();
    }
}

/// Where libvirt answers, it knows how many guests run; the manager only knows its own.
pub(super) fn count_guests(members: &mut Rows<Member>, guests: &[Guest], virt: &[VirtNode]) {
    for at in 0..members.len() {
        let member = &members[at];
        if virt.iter().any(|v| v.node == member.name && v.up) {
            let count = guests.iter().filter(|g| g.node == member.name && g.state.is_active()).count();
            if member.guests != count {
                members[at].guests = count;
            }
        }
    }
}
