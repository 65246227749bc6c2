//! Fencings as the fence domain tells them: who waits, and how each node was fenced last. When, and what failed, its fenced remembers for a while.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::cluster::FenceDevice;
use crate::domain::observation::manager::{FenceRecord, FenceStatus};
use crate::domain::observation::rhcs::{Attempt, Fencing};
use crate::state::identity::{Names, Nodes};

use super::Voice;

/// How many are kept (contract, Fences).
const MOST: usize = 20;

/// The records: what is pending first, then newest first. What fenced remembers has a time; the domain's own word on how a node was fenced last has none.
pub(in crate::state) fn fold(voice: &Voice<'_>, nodes: &Nodes, names: &Names) -> Vec<FenceRecord> {
    let mut all = pending(voice);
    let told = remembered(voice, nodes, names);
    let newest = |target: &str| told.iter().filter(|f| f.target == target).max_by_key(|f| f.completed);
    let mut ended: Vec<(i64, FenceRecord)> = Vec::new();
    for record in settled(voice) {
        match newest(&record.target) {
            Some(known) if known.status == FenceStatus::Success => {}
            // It waits no longer: this came after the failure.
            Some(failed) => ended.push((failed.completed.unwrap_or_default().0.saturating_add(1), record)),
            None => ended.push((i64::MIN, record)),
        }
    }
    ended.extend(told.iter().map(|f| (f.completed.unwrap_or_default().0, f.clone())));
    ended.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.extend(ended.into_iter().map(|(_, record)| record));
    all.truncate(MOST);
    all
}

fn record(voice: &Voice<'_>, id: u32, status: FenceStatus) -> FenceRecord {
    let target = voice.name_of(id).to_string();
    FenceRecord {
        action: action(voice, &target),
        target,
        status,
        origin: None,
        client: Some("fenced".to_owned()),
        delegate: None,
        completed: None,
        completed_local: None,
        reason: None,
    }
}

/// Who waits to be fenced.
fn pending(voice: &Voice<'_>) -> Vec<FenceRecord> {
    let Some(domain) = voice.fence() else { return Vec::new() };
    let mut all: Vec<FenceRecord> = Vec::new();
    let victims = domain.nodes.iter().filter(|n| n.victim).map(|n| n.id).chain(domain.victim_now);
    for id in victims {
        let target = voice.name_of(id);
        if all.iter().any(|f| f.target == *target) {
            continue;
        }
        let reason = (domain.wait != "fencing" && domain.wait != "none").then(|| format!("fenced waits for {}", domain.wait));
        let origin = domain.master.map(|id| voice.name_of(id).to_string());
        all.push(FenceRecord { origin, reason, ..record(voice, id, FenceStatus::Pending) });
    }
    all
}

/// How each node was fenced last, as the domain has it.
fn settled(voice: &Voice<'_>) -> Vec<FenceRecord> {
    let Some(domain) = voice.fence() else { return Vec::new() };
    let mut all = Vec::new();
    for node in domain.nodes.iter().filter(|n| !n.victim && domain.victim_now != Some(n.id)) {
        let reason = match node.how.as_deref() {
            Some("agent") => None,
            Some("override") => Some(BY_HAND.to_owned()),
            Some("external") => Some("by fence_node".to_owned()),
            // `member`: it was back before it was fenced.
            _ => continue,
        };
        let origin = node.master.map(|id| voice.name_of(id).to_string());
        all.push(FenceRecord { origin, reason, ..record(voice, node.id, FenceStatus::Success) });
    }
    all
}

const BY_HAND: &str = "acknowledged by hand (fence_ack_manual)";

/// What the fenced of each node did itself, with times by our clock.
fn remembered(voice: &Voice<'_>, nodes: &Nodes, names: &Names) -> Vec<FenceRecord> {
    let mut all = Vec::new();
    for (name, node) in names.roll(nodes).filter(|(_, n)| n.is_live()) {
        let ahead = node.clock.best().map_or(0, |(offset, _)| offset);
        for done in node.answers.groups.get().into_iter().flat_map(|g| &g.fencings) {
            all.push(FenceRecord {
                target: done.target.clone(),
                action: action(voice, &done.target),
                status: done.status,
                origin: Some(name.to_string()),
                client: Some("fenced".to_owned()),
                delegate: Some(name.to_string()),
                completed: Some(done.at.shifted(-ahead)),
                completed_local: None,
                reason: reason(voice, done),
            });
        }
    }
    all
}

/// Which devices failed it, and how; where fenced does not say it (RHEL 5), which there are.
fn reason(voice: &Voice<'_>, done: &Fencing) -> Option<String> {
    let node = voice.conf.and_then(|c| c.nodes.iter().find(|n| n.name == done.target));
    let device = |(method, device): (usize, usize)| node?.methods.get(method)?.devices.get(device).map(|(name, _)| name.as_str());
    let words = |a: &Attempt| match a.place.and_then(device) {
        Some(name) => format!("{name} ({}): {}", a.agent, a.result),
        None => format!("{}: {}", a.agent, a.result),
    };
    match done.status {
        _ if done.by_hand => Some(BY_HAND.to_owned()),
        FenceStatus::Failed if !done.attempts.is_empty() => Some(done.attempts.iter().map(words).collect::<Vec<_>>().join("; ")),
        FenceStatus::Failed => {
            let all: Vec<&str> = node?.methods.iter().flat_map(|m| &m.devices).map(|(name, _)| name.as_str()).collect();
            (!all.is_empty()).then(|| format!("all of {}", all.join(", ")))
        }
        FenceStatus::Success | FenceStatus::Pending => None,
    }
}

/// What the node's first method does: its devices may say `action`, and reboot unless they do.
fn action(voice: &Voice<'_>, target: &str) -> String {
    let node = voice.conf.and_then(|c| c.nodes.iter().find(|n| n.name == target));
    let said = node.into_iter().flat_map(|n| n.methods.iter().take(1)).flat_map(|m| &m.devices).filter_map(|(_, single)| single.as_deref());
    let off = said.flat_map(|s| s.split(", ")).any(|part| matches!(part, "action off" | "option off"));
    if off { "off" } else { "reboot" }.to_owned()
}

/// Fence devices of cluster.conf, each with the nodes whose file has it, and how many nodes were heard.
pub(in crate::state) fn devices(nodes: &Nodes, names: &Names) -> (Vec<FenceDevice>, usize) {
    let mut found: BTreeMap<&str, Vec<Arc<str>>> = BTreeMap::new();
    let mut told = 0;
    for (name, conf) in names.roll(nodes).filter(|(_, n)| n.is_live()).filter_map(|(name, n)| Some((name, n.answers.conf.get()?))) {
        told += 1;
        for device in &conf.devices {
            let on = found.entry(&device.name).or_default();
            if !on.contains(name) {
                on.push(name.clone());
            }
        }
    }
    (found.into_iter().map(|(name, on)| FenceDevice { name: name.to_owned(), on }).collect(), told)
}
