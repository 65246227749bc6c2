//! Members as cman, rgmanager, fenced and cluster.conf see them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::cluster::{Member, MemberStatus};
use crate::domain::observation::rhcs::{ClusterConf, CmanView, ConfNode, FenceDomain, Standing};
use crate::state::identity::{Names, Nodes};

use super::Voice;

/// cman's port of clvmd, and of rgmanager (`cman_tool status`, Ports Bound).
const CLVMD: u32 = 11;
pub(in crate::state) const RGMANAGER: u32 = 177;

/// All members, by name; what each node says of itself is added later.
pub(in crate::state) fn fold(voice: &Voice<'_>, nodes: &Nodes, names: &Names) -> BTreeMap<Arc<str>, Member> {
    let mut members: BTreeMap<Arc<str>, Member> = BTreeMap::new();
    let listed = voice.conf.map_or(&[][..], |c| &c.nodes);
    for node in listed {
        let member = of(&mut members, &node.name);
        (member.id, member.votes) = (node.id.map(|id| id.to_string()), Some(node.votes));
    }
    by_clustat(voice, &mut members);
    by_cman(voice, &mut members);
    for (name, member) in &mut members {
        let own = names.key(name).and_then(|key| nodes.get(&key)).filter(|n| n.is_live());
        let facts = member.rhcs.get_or_insert_default();
        if let Some(conf) = voice.conf {
            let node = conf.nodes.iter().find(|n| n.name == **name);
            facts.methods = node.map(|n| methods(n, conf));
            facts.estranged |= node.is_none() && member.status == MemberStatus::Online;
        }
        facts.last_fence = facts.last_fence.take().or_else(|| last_fence(voice, name));
        let Some(own) = own else { continue };
        facts.config_on_disk = own.answers.conf.get().and_then(|c| c.version);
        if let Some(cman) = own.answers.cman.get() {
            facts.config_running = cman.config_version;
            facts.clvmd = cman.is_bound(CLVMD);
            // The node's own word is better than what another node's rgmanager has heard.
            member.manager = cman.is_bound(RGMANAGER).or(member.manager);
            member.votes = member.votes.or(cman.own_votes);
        }
    }
    members
}

fn of<'a>(members: &'a mut BTreeMap<Arc<str>, Member>, name: &str) -> &'a mut Member {
    let name: Arc<str> = Arc::from(name);
    members.entry(name.clone()).or_insert_with(|| Member { name, ..Member::default() })
}

fn by_clustat(voice: &Voice<'_>, members: &mut BTreeMap<Arc<str>, Member>) {
    let Some(said) = &voice.clustat else { return };
    let view = said.view;
    // Without a word from the local rgmanager no node is marked, which says nothing of the others.
    let spoke = voice.listed().is_some() && view.nodes.iter().any(|n| n.rgmanager);
    for node in &view.nodes {
        let status = status(node.online, voice.awaits_fencing(&node.name));
        let member = of(members, &node.name);
        member.id = node.id.map(|id| id.to_string()).or(member.id.take());
        member.status = status;
        member.dc = node.master;
        member.manager = if node.rgmanager {
            Some(true)
        } else if spoke || !node.online {
            Some(false)
        } else {
            None
        };
        let facts = member.rhcs.get_or_insert_default();
        (facts.estranged, facts.master) = (node.estranged, node.master);
    }
}

fn by_cman(voice: &Voice<'_>, members: &mut BTreeMap<Arc<str>, Member>) {
    let Some(said) = &voice.cman else { return };
    let one_each = one_vote_each(said.view);
    for node in &said.view.nodes {
        let awaits = voice.awaits_fencing(&node.name).or_else(|| node.unfenced.then_some(true));
        let status = match node.standing {
            Standing::Member | Standing::Leaving => MemberStatus::Online,
            Standing::Joining => MemberStatus::Pending,
            Standing::Disallowed => MemberStatus::Unclean,
            Standing::Dead => status(false, awaits),
            Standing::Unknown => MemberStatus::Unknown,
        };
        let member = of(members, &node.name);
        member.id = Some(node.id.to_string());
        member.status = status;
        let derived = (one_each && status == MemberStatus::Online).then_some(1);
        member.votes = node.votes.or(member.votes).or(derived);
        if status != MemberStatus::Online {
            member.manager = Some(false);
        }
        let facts = member.rhcs.get_or_insert_default();
        facts.disallowed = node.standing == Standing::Disallowed || said.view.disallowed.contains(&node.name);
        facts.joined.clone_from(&node.joined);
        facts.last_fence.clone_from(&node.last_fenced);
    }
}

/// As many votes as members: RHEL 5 does not tell who has how many.
fn one_vote_each(cman: &CmanView) -> bool {
    let present = cman.nodes.iter().filter(|n| matches!(n.standing, Standing::Member | Standing::Leaving)).count();
    let total = cman.total.map(|total| total.saturating_sub(cman.disk_votes.unwrap_or(0)));
    present > 0 && total == u32::try_from(present).ok()
}

const fn status(online: bool, awaits_fencing: Option<bool>) -> MemberStatus {
    match (online, awaits_fencing) {
        (true, _) => MemberStatus::Online,
        (false, Some(true)) => MemberStatus::Unclean,
        (false, _) => MemberStatus::Offline,
    }
}

/// `fence_ipmilan ipmi-virtsrv1 at 192.0.2.121`, level by level.
fn methods(node: &ConfNode, conf: &ClusterConf) -> Vec<(String, Vec<String>)> {
    let words = |(name, single): &(String, Option<String>)| {
        let device = conf.devices.iter().find(|d| d.name == *name);
        let agent = device.map_or_else(|| "unknown device".to_owned(), |d| d.agent.clone());
        let place = device.and_then(|d| d.address.as_deref()).map_or_else(String::new, |a| format!(" at {a}"));
        let single = single.as_deref().map_or_else(String::new, |s| format!(", {s}"));
        format!("{agent} {name}{place}{single}")
    };
    node.methods.iter().map(|m| (m.name.clone(), m.devices.iter().map(words).collect())).collect()
}

fn last_fence(voice: &Voice<'_>, name: &str) -> Option<String> {
    let domain: &FenceDomain = voice.fence()?;
    let id = voice.id_of(name)?;
    let node = domain.nodes.iter().find(|n| n.id == id)?;
    let how = match node.how.as_deref()? {
        "agent" => "by its fence agent",
        "override" => "acknowledged by hand (fence_ack_manual)",
        "external" => "by fence_node",
        "member" => "not: it came back by itself",
        other => other,
    };
    let by = node.master.map_or_else(String::new, |id| format!(", {} did it", voice.name_of(id)));
    Some(format!("{how}{by}"))
}
