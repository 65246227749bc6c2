//! Fencings as the fence domain tells them: who waits, and how each node was fenced last. fenced keeps no times.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::cluster::FenceDevice;
use crate::domain::observation::manager::{FenceRecord, FenceStatus};
use crate::state::identity::{Names, Nodes};

use super::Voice;

/// The records: what is pending first.
pub(in crate::state) fn fold(voice: &Voice<'_>) -> Vec<FenceRecord> {
    let Some(domain) = voice.fence() else { return Vec::new() };
    let record = |id: u32, status: FenceStatus| FenceRecord {
        target: voice.name_of(id).to_string(),
        action: action(voice, id),
        status,
        origin: None,
        client: Some("fenced".to_owned()),
        delegate: None,
        completed: None,
        reason: None,
    };
    let name = |id: Option<u32>| id.map(|id| voice.name_of(id).to_string());
    let mut all: Vec<FenceRecord> = Vec::new();
    let victims = domain.nodes.iter().filter(|n| n.victim).map(|n| n.id).chain(domain.victim_now);
    for id in victims {
        let target = voice.name_of(id);
        if all.iter().any(|f| f.target == *target) {
            continue;
        }
        let reason = (domain.wait != "fencing" && domain.wait != "none").then(|| format!("fenced waits for {}", domain.wait));
        all.push(FenceRecord { origin: name(domain.master), reason, ..record(id, FenceStatus::Pending) });
    }
    for node in domain.nodes.iter().filter(|n| !n.victim && domain.victim_now != Some(n.id)) {
        let reason = match node.how.as_deref() {
            Some("agent") => None,
            Some("override") => Some("acknowledged by hand (fence_ack_manual)".to_owned()),
            Some("external") => Some("by fence_node".to_owned()),
            // `member`: it was back before it was fenced.
            _ => continue,
        };
        all.push(FenceRecord { origin: name(node.master), reason, ..record(node.id, FenceStatus::Success) });
    }
    all
}

/// What the node's first method does: its devices may say `action`, and reboot unless they do.
fn action(voice: &Voice<'_>, id: u32) -> String {
    let name = voice.name_of(id);
    let node = voice.conf.and_then(|c| c.nodes.iter().find(|n| n.name == *name));
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
