//! The cluster's name, stack and version.

use super::identity::Nodes;
use super::rhcs::{self, Voice};
use super::speaker::Speaker;
use crate::domain::cluster::{Cluster, Stack};

/// Name, stack and version.
pub(super) fn fold(
    picture: &mut Cluster,
    nodes: &Nodes,
    speaker: Option<&Speaker<'_>>,
    voice: Option<&Voice<'_>>,
    configured: Option<&str>,
) {
    if let Some(voice) = voice {
        picture.name = rhcs::name(voice).or_else(|| configured.map(str::to_owned));
        picture.version = rhcs::version(voice, nodes);
        picture.stack = Some(Stack::Rhcs);
        return;
    }
    let first = speaker.and_then(|s| nodes.get(&s.key));
    let by_corosync = first.into_iter().chain(nodes.values()).find_map(|n| n.answers.cmap.get()?.cluster_name.clone());
    let by_manager = || speaker.and_then(|s| s.view.cluster_name.clone());
    let filled = |name: &String| !name.is_empty();
    picture.name = by_corosync.filter(filled).or_else(by_manager).filter(filled).or_else(|| configured.map(str::to_owned));
    picture.version = speaker.and_then(|s| s.view.version.clone());
    picture.stack = stack(nodes, speaker.is_some());
}

/// By the tools that answer, not by a service manager (contract, Configuration).
fn stack(nodes: &Nodes, managed: bool) -> Option<Stack> {
    let has = |tool: &str| nodes.values().filter_map(|n| n.answers.tools.get()).any(|t| t.has(tool));
    if managed || (has("crm_mon") && !has("clustat")) {
        Some(Stack::Pacemaker)
    } else if has("clustat") || has("cman_tool") {
        Some(Stack::Rhcs)
    } else if has("crm_mon") {
        Some(Stack::Pacemaker)
    } else if has("virsh") || nodes.values().any(|n| n.answers.guests.get().is_some()) {
        Some(Stack::Libvirt)
    } else {
        None
    }
}
