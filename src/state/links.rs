//! corosync's links from a node to its peers: the tool's word and the counters, put together.

use std::collections::BTreeMap;

use crate::domain::cluster::PeerLink;

use super::facts::NodeState;
use super::identity::Names;

/// The links, by number, then peer.
pub(super) fn fold(node: &NodeState, names: &Names) -> Vec<PeerLink> {
    let mut links: BTreeMap<(u32, Option<u32>), PeerLink> = BTreeMap::new();
    let view = node.answers.links.seen();
    let peer = |id: Option<u32>| id.map(|id| names.of_id(id).unwrap_or_else(|| id.to_string().into()));
    if let Some((view, _)) = view {
        for link in &view.links {
            links.insert(
                (link.number, link.peer),
                PeerLink {
                    number: link.number,
                    peer: peer(link.peer),
                    connected: link.connected,
                    addresses: (link.address.clone(), link.peer_address.clone()),
                    detail: link.detail.clone(),
                    ..PeerLink::default()
                },
            );
        }
    }
    let Some((stats, at)) = node.answers.link_stats.seen() else { return links.into_values().collect() };
    let local = view.and_then(|(v, _)| v.local_id).or_else(|| node.answers.quorum.get()?.node_id);
    let newer = view.is_none_or(|(_, seen)| at > seen);
    for stat in stats.iter().filter(|s| Some(s.peer) != local) {
        let link = links.entry((stat.link, Some(stat.peer))).or_insert_with(|| PeerLink {
            number: stat.link,
            peer: peer(Some(stat.peer)),
            ..PeerLink::default()
        });
        link.latency = stat.latency;
        link.down_count = stat.down_count;
        if link.connected.is_none() || (newer && stat.connected.is_some()) {
            if link.connected != stat.connected {
                link.detail = None;
            }
            link.connected = stat.connected;
        }
    }
    links.into_values().collect()
}
