//! `corosync-quorumtool`, `corosync-cfgtool`, `corosync-cmapctl` of corosync 3.1.7, `dlm_tool` of dlm 4.2.

use std::fmt::Write as _;

use super::ctime;
use crate::sim::world::{NodeAt, World};

/// What parts the outputs of one script.
const SEPARATOR: &str = "== quorate ==";

fn address(node: NodeAt, link: usize) -> String {
    // The private VLAN of the cluster, and a second ring beside it.
    format!("172.18.{}.{}", 18 + link, 11 + node)
}

/// `corosync-quorumtool -s`.
pub fn quorum(world: &World, node: NodeAt) -> String {
    let seen = world.seen_by(node);
    let quorate = seen.len() >= world.needed();
    let mut out = format!(
        "Quorum information\n------------------\nDate:             {}\nQuorum provider:  corosync_votequorum\nNodes:            {}\nNode ID:          {}\nRing ID:          {}.{}\nQuorate:          {}\n\nVotequorum information\n----------------------\nExpected votes:   {4}\nHighest expected: {4}\nTotal votes:      {}\nQuorum:           {} {}\nFlags:            {}\n\nMembership information\n----------------------\n    Nodeid      Votes Name\n",
        ctime(world.now),
        seen.len(),
        node + 1,
        seen.first().map_or(0, |n| n + 1),
        world.nodes.len(),
        if quorate { "Yes" } else { "No" },
        seen.len(),
        world.needed(),
        if quorate { " " } else { "Activity blocked" },
        if quorate { "Quorate " } else { "" },
    );
    for at in seen {
        let local = if at == node { " (local)" } else { "" };
        let _ = writeln!(out, "{:>10} {:>10} {}{local}", at + 1, 1, world.name(at));
    }
    out
}

/// Whether a link between two nodes carries: each ring goes over a bond of its own.
fn connected(world: &World, a: NodeAt, b: NodeAt, link: usize) -> bool {
    let alive = |n: NodeAt| world.nodes.get(n).is_some_and(|node| node.is_member() && node.active_port(link).is_some());
    alive(a) && alive(b)
}

/// `corosync-cfgtool -s`, then `-n`.
pub fn links(world: &World, node: NodeAt) -> String {
    let mut out = format!("Local node ID {}, transport knet\n", node + 1);
    for link in 0..2 {
        let _ = write!(out, "LINK ID {link} udp\n\taddr\t= {}\n\tstatus:\n", address(node, link));
        for peer in 0..world.nodes.len() {
            let state = match (peer == node, connected(world, node, peer, link)) {
                (true, _) => "localhost",
                (_, true) => "connected",
                (_, false) => "disconnected",
            };
            let _ = writeln!(out, "\t\tnodeid: {:>10}:\t{state}", peer + 1);
        }
    }
    let _ = writeln!(out, "{SEPARATOR}\nLocal node ID {}, transport knet", node + 1);
    for peer in (0..world.nodes.len()).filter(|p| *p != node) {
        let up: Vec<bool> = (0..2).map(|link| connected(world, node, peer, link)).collect();
        let _ = writeln!(out, "nodeid: {} {}", peer + 1, if up.contains(&true) { "reachable" } else { "unreachable" });
        for (link, up) in up.into_iter().enumerate() {
            let (ours, theirs) = (address(node, link), address(peer, link));
            let state = if up { "connected" } else { "disconnected" };
            let _ = writeln!(out, "   LINK: {link} udp ({ours}->{theirs}) enabled {state} mtu: 1397");
        }
        out.push('\n');
    }
    out
}

/// `corosync-cmapctl -m stats`: what is read of it.
pub fn stats(world: &World, node: NodeAt) -> String {
    let mut out = String::new();
    for peer in (0..world.nodes.len()).filter(|p| *p != node) {
        for link in 0..2 {
            let key = format!("stats.knet.node{}.link{link}", peer + 1);
            let downs_of = |at: NodeAt| world.nodes.get(at).and_then(|n| n.ring_downs.get(link)).copied().unwrap_or(0);
            let downs = downs_of(node) + downs_of(peer);
            let _ = writeln!(out, "{key}.connected (u8) = {}", u8::from(connected(world, node, peer, link)));
            let _ = writeln!(out, "{key}.down_count (u32) = {downs}");
            let _ = writeln!(out, "{key}.enabled (u8) = 1");
            let _ = writeln!(out, "{key}.latency_ave (u32) = {}", 180 + 13 * (peer + link));
            let _ = writeln!(out, "{key}.latency_max (u32) = {}", 900 + 31 * peer);
            let _ = writeln!(out, "{key}.up_count (u32) = 1");
        }
    }
    out
}

/// `corosync-cmapctl`: what is read of it.
pub fn map(world: &World, node: NodeAt) -> String {
    let mut out = String::new();
    for at in 0..world.nodes.len() {
        let _ = writeln!(out, "nodelist.node.{at}.name (str) = {}", world.name(at));
        let _ = writeln!(out, "nodelist.node.{at}.nodeid (u32) = {}", at + 1);
        for link in 0..2 {
            let _ = writeln!(out, "nodelist.node.{at}.ring{link}_addr (str) = {}", address(at, link));
        }
    }
    let _ = writeln!(out, "nodelist.local_node_pos (u32) = {node}");
    out.push_str("quorum.provider (str) = corosync_votequorum\n");
    out.push_str(&members(world, node));
    let _ = write!(
        out,
        "totem.cluster_name (str) = {}\ntotem.token (u32) = 3000\ntotem.transport (str) = knet\ntotem.version (u32) = 2\n",
        world.cluster,
    );
    out
}

/// `corosync-cmapctl runtime.members.`.
pub fn members(world: &World, node: NodeAt) -> String {
    let seen = world.seen_by(node);
    let mut out = String::new();
    for at in 0..world.nodes.len() {
        let state = if seen.contains(&at) { "joined" } else { "left" };
        let (a, b) = (address(at, 0), address(at, 1));
        let _ = writeln!(out, "runtime.members.{}.ip (str) = r(0) ip({a}) r(1) ip({b}) ", at + 1);
        let _ = writeln!(out, "runtime.members.{}.status (str) = {state}", at + 1);
    }
    out
}

/// `dlm_tool status`, then `ls`.
pub fn dlm(world: &World, node: NodeAt) -> String {
    let seen = world.seen_by(node);
    let mut out =
        format!("cluster nodeid {} quorate {} ring seq 22 22\ndaemon now 2657 fence_pid 0 \n", node + 1, u8::from(world.quorate()));
    for at in &seen {
        let _ = writeln!(out, "node {} M add 969 rem 0 fail 0 fence 0 at 0 0", at + 1);
    }
    let all: Vec<String> = seen.iter().map(|n| (n + 1).to_string()).collect();
    let _ = writeln!(out, "{SEPARATOR}\ndlm lockspaces");
    for (name, id) in [("netcluster0", "0x3df8322a"), ("netcluster1", "0x3df8322b"), ("lvm_vg_cluster", "0x73e25bbd")] {
        let _ = write!(
            out,
            "name          {name}\nid            {id}\nflags         0x00000000 \nchange        member {} joined 1 remove 0 failed 0 seq 5,5\nmembers       {} \n\n",
            all.len(),
            all.join(" "),
        );
    }
    out
}
