//! Facts of the whole cluster: fence domain, groups, quorum disk, versions of the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::observation::rhcs::{FenceDomain, QuorumDisk};
use crate::domain::rhcs::{DiskFacts, FenceFacts, GroupFacts, RhcsFacts};
use crate::state::identity::{Names, Nodes};

use super::{Voice, services};

/// What nodes have that they should have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Differences {
    /// Versions that run.
    running: BTreeMap<u32, Vec<Arc<str>>>,
    /// Versions on disk.
    on_disk: BTreeMap<u32, Vec<Arc<str>>>,
    /// Nodes whose file has the version of others and another content.
    contents: Vec<Arc<str>>,
}

/// Compares what live nodes have.
fn differences(nodes: &Nodes, names: &Names) -> Differences {
    let mut all = Differences::default();
    let mut prints: BTreeMap<u32, BTreeMap<u64, Vec<Arc<str>>>> = BTreeMap::new();
    for (name, node) in names.roll(nodes).filter(|(_, n)| n.is_live()) {
        if let Some(version) = node.answers.cman.get().and_then(|c| c.config_version) {
            all.running.entry(version).or_default().push(name.clone());
        }
        if let Some((version, conf)) = node.answers.conf.get().and_then(|c| Some((c.version?, c))) {
            all.on_disk.entry(version).or_default().push(name.clone());
            prints.entry(version).or_default().entry(conf.print).or_default().push(name.clone());
        }
    }
    // The many are taken for right; of two halves, the one with the first name.
    for mut files in prints.into_values().filter(|files| files.len() > 1) {
        let most = files.iter().max_by_key(|(_, by)| (by.len(), std::cmp::Reverse(by.first().cloned()))).map(|(print, _)| *print);
        files.retain(|print, _| Some(*print) != most);
        all.contents.extend(files.into_values().flatten());
    }
    all.contents.sort();
    all
}

/// The facts.
pub(in crate::state) fn fold(voice: &Voice<'_>, nodes: &Nodes, names: &Names) -> RhcsFacts {
    let Differences { running, on_disk, contents } = differences(nodes, names);
    RhcsFacts {
        fence: voice.fence().map(|domain| fence(voice, domain)),
        groups: groups(voice, nodes, names),
        quorum_disk: disk(voice, nodes, names),
        running: running.into_iter().collect(),
        on_disk: on_disk.into_iter().collect(),
        same_version_differs: contents,
        domains: voice.conf.map(|c| c.domains.clone()).unwrap_or_default(),
        generation: voice.cman.as_ref().and_then(|c| c.view.generation).or_else(|| voice.clustat.as_ref()?.view.generation),
        token_ms: voice.conf.and_then(|c| c.token_ms),
        fence_delays: voice.conf.map_or((None, None), |c| (c.post_fail_delay, c.post_join_delay)),
        central_processing: voice.conf.is_some_and(|c| c.central_processing),
        no_list: voice.listed().is_none().then(|| services::silent(voice)),
        warnings: voice.clustat.as_ref().map(|c| c.view.warnings.clone()).unwrap_or_default(),
    }
}

fn fence(voice: &Voice<'_>, domain: &FenceDomain) -> FenceFacts {
    let known = voice.cman.iter().flat_map(|c| &c.view.nodes);
    let away = known.filter(|n| !matches!(n.standing, crate::domain::observation::rhcs::Standing::Member));
    let mut victims: BTreeSet<Arc<str>> = away.filter(|n| domain.awaits(n.id) == Some(true)).map(|n| Arc::from(n.name.as_str())).collect();
    victims.extend(domain.nodes.iter().filter(|n| n.victim).map(|n| voice.name_of(n.id)));
    victims.extend(domain.victim_now.map(|id| voice.name_of(id)));
    FenceFacts {
        members: domain.members.iter().map(|id| voice.name_of(*id)).collect(),
        victims: victims.into_iter().collect(),
        now: domain.victim_now.map(|id| voice.name_of(id)),
        master: domain.master.map(|id| voice.name_of(id)),
        wait: domain.wait.clone(),
    }
}

/// Groups of all nodes: one that stands still anywhere stands still.
fn groups(voice: &Voice<'_>, nodes: &Nodes, names: &Names) -> Vec<GroupFacts> {
    let mut all: BTreeMap<(String, String), GroupFacts> = BTreeMap::new();
    for (by, node) in names.roll(nodes).filter(|(_, n)| n.is_live()) {
        for group in node.answers.groups.get().into_iter().flat_map(|g| &g.groups) {
            let facts = all.entry((group.kind.clone(), group.name.clone())).or_insert_with(|| GroupFacts {
                kind: group.kind.clone(),
                name: group.name.clone(),
                members: group.members.iter().map(|id| voice.name_of(*id)).collect(),
                blocked: None,
            });
            if facts.blocked.is_none() {
                facts.blocked = group.blocked.clone().map(|why| (by.clone(), why));
            }
        }
    }
    all.into_values().collect()
}

fn disk(voice: &Voice<'_>, nodes: &Nodes, names: &Names) -> Option<DiskFacts> {
    let by_cman = voice.cman.as_ref().and_then(|c| c.view.quorum_disk.clone());
    let by_clustat = || voice.clustat.as_ref().and_then(|c| c.view.quorum_disk.clone());
    let seen = by_cman.or_else(by_clustat);
    let votes = voice.cman.as_ref().and_then(|c| c.view.disk_votes);
    let conf = voice.conf.and_then(|c| c.quorum_disk.clone());
    let mut found: Vec<(QuorumDisk, Vec<Arc<str>>)> = Vec::new();
    for (name, node) in names.roll(nodes).filter(|(_, n)| n.is_live()) {
        for disk in node.answers.disks.rows() {
            match found.iter_mut().find(|(known, _)| (&known.label, &known.created) == (&disk.label, &disk.created)) {
                Some((_, by)) => by.push(name.clone()),
                None => found.push((disk.clone(), vec![name.clone()])),
            }
        }
    }
    if seen.is_none() && votes.is_none() && conf.is_none() {
        return None;
    }
    Some(DiskFacts {
        present: seen.as_ref().map(|(_, here)| *here).or(votes.map(|_| true)),
        name: seen.map(|(name, _)| name),
        votes,
        conf,
        found,
    })
}
