//! `corosync-cfgtool -s` and `-n` of 2.x (rings) and 3.x (knet, udpu) (tools/corosync-cfgtool.c).

use super::{SEPARATOR, leading};
use crate::domain::observation::corosync::{Link, LinksView};
use crate::domain::text;

/// Reads both outputs; none if there is no link in either, unless it is said that there is none: a node alone has its own entry.
pub fn read(said: &str) -> Option<LinksView> {
    let (status, peers) = said.split_once(SEPARATOR).unwrap_or((said, ""));
    let mut view = LinksView::default();
    let unread = read_status(status, &mut view);
    read_peers(peers, &mut view);
    view.links.retain(|link| link.peer.is_none() || link.peer != view.local_id);
    (!view.links.is_empty() || (view.local_id.is_some() && !unread)).then_some(view)
}

/// `Local node ID 1, transport knet`.
fn heading(line: &str, view: &mut LinksView) -> bool {
    let Some(rest) = line.strip_prefix("Local node ID ") else { return false };
    view.local_id = leading(rest);
    view.transport = rest.split_once("transport ").map(|(_, name)| text::clean(name.trim())).or(view.transport.take());
    true
}

/// `-s`: a block for each ring or link, with one status, or with one for each node. Says whether there is a line in it that cannot be read.
fn read_status(said: &str, view: &mut LinksView) -> bool {
    let (mut number, mut address) = (None, None);
    let mut unread = false;
    for line in said.lines().map(str::trim) {
        if line.is_empty() || line == "status:" || line.starts_with("Printing ") || heading(line, view) {
            continue;
        }
        if let Some(rest) = line.strip_prefix("RING ID ").or_else(|| line.strip_prefix("LINK ID ")) {
            (number, address) = (leading(rest), None);
            continue;
        }
        let Some(number) = number else {
            unread = true;
            continue;
        };
        let mut link = Link { number, address: address.clone(), ..Link::default() };
        match line.split_once('=').map(|(key, value)| (key.trim(), value.trim())) {
            Some(("id" | "addr", value)) => {
                address = Some(text::clean(value));
                continue;
            }
            Some(("status", value)) => whole(value, &mut link),
            _ => {
                let Some((peer, said)) = node_line(line) else {
                    unread = true;
                    continue;
                };
                link.peer = peer;
                // The node's own entry says nothing about a link.
                if said == "localhost" {
                    continue;
                }
                one(said, &mut link);
            }
        }
        view.links.push(link);
    }
    unread
}

/// `nodeid: 2: connected` (3.1), `nodeid  2: link enabled:1 link connected:1` (3.0.3), `node 0: ...` (3.0.0,
/// a position and no id).
fn node_line(line: &str) -> Option<(Option<u32>, &str)> {
    if let Some(rest) = line.strip_prefix("nodeid") {
        let (id, said) = rest.trim_start_matches(':').split_once(':')?;
        return Some((Some(id.trim().parse().ok()?), said.trim()));
    }
    let (_, said) = line.strip_prefix("node ")?.split_once(':')?;
    Some((None, said.trim()))
}

/// The state of a link to one node.
fn one(said: &str, link: &mut Link) {
    let digit = |key: &str| said.split_once(key).map(|(_, rest)| rest.starts_with('1'));
    link.enabled = digit("enabled:").or((said == "connected").then_some(true));
    link.connected = digit("connected:").or(match said {
        "connected" => Some(true),
        "disconnected" => Some(false),
        _ => None,
    });
    if link.connected != Some(true) || link.enabled == Some(false) {
        link.detail = Some(text::clean(said));
    }
}

/// The one status of a whole ring or link: words (2.x, udpu), or a digit for each node (3.0 with `-b`), bit 0
/// enabled, bit 1 connected, `n` the node itself.
fn whole(said: &str, link: &mut Link) {
    let nodes = said.bytes().filter(|b| *b != b'n');
    if !said.is_empty() && nodes.clone().all(|b| b.is_ascii_digit()) {
        link.enabled = Some(nodes.clone().all(|b| b & 1 != 0));
        link.connected = Some(nodes.clone().all(|b| b & 2 != 0));
    } else if said.contains("FAULTY") {
        link.connected = Some(false);
    } else if said == "OK" || said.contains("no faults") {
        link.connected = Some(true);
    }
    if link.connected != Some(true) {
        link.detail = Some(text::clean(said));
    }
}

/// `-n`: `nodeid: 2 reachable`, then `LINK: 0 udp (10.0.0.1->10.0.0.2) enabled connected mtu: 1446`.
fn read_peers(said: &str, view: &mut LinksView) {
    let mut peer = None;
    for line in said.lines().map(str::trim) {
        if heading(line, view) {
            continue;
        }
        if let Some(rest) = line.strip_prefix("nodeid:") {
            peer = leading(rest);
        } else if let (Some(peer), Some(rest)) = (peer, line.strip_prefix("LINK:")) {
            peer_line(peer, rest, view);
        }
    }
}

fn peer_line(peer: u32, rest: &str, view: &mut LinksView) {
    let Some(number) = leading(rest) else { return };
    let (addresses, words) = match rest.split_once('(').and_then(|(_, r)| r.split_once(')')) {
        Some((inside, after)) => (inside.split_once("->"), after),
        None => (None, rest),
    };
    let says = |word: &str| words.split_whitespace().any(|w| w == word);
    let at = view.links.iter().position(|l| l.number == number && l.peer == Some(peer));
    let mut link = at.map_or_else(|| Link { number, peer: Some(peer), ..Link::default() }, |at| view.links.swap_remove(at));
    if let Some((ours, theirs)) = addresses {
        link.address = Some(text::clean(ours));
        link.peer_address = Some(text::clean(theirs));
    }
    link.enabled = Some(says("enabled"));
    link.connected = Some(says("connected"));
    if link.connected == Some(true) && link.enabled == Some(true) {
        link.detail = None;
    } else if link.detail.is_none() {
        link.detail = Some(text::clean(words.trim()));
    }
    view.links.push(link);
    view.links.sort_by_key(|l| (l.peer, l.number));
}
