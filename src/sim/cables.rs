//! Ports of the bonds: cables that are pulled and plugged in, ports that are switched off and on, and what follows from it: the kernel's words, the bonds' fail-over,
//! corosync's links, and the membership of a node that nothing carries to any more.

use super::Manager;
use super::answer::net;
use super::life::TOKEN;
use super::world::{Deed, NodeAt, Port, World};

impl World {
    /// A cable goes in or out; one of a node without power too, and it stays so when the node boots.
    pub fn cable(&mut self, node: NodeAt, port: usize, plugged: bool) {
        self.change_port(node, port, |p| p.plugged = plugged);
    }

    /// A port is switched off or on (`ip link set`): until the next boot.
    pub fn switch_port(&mut self, node: NodeAt, port: usize, enabled: bool) {
        self.change_port(node, port, |p| p.enabled = enabled);
    }

    fn change_port(&mut self, node: NodeAt, port: usize, change: impl FnOnce(&mut Port)) {
        let before = net::lines(self, node);
        let Some(n) = self.nodes.get_mut(node) else { return };
        let Some(p) = n.ports.get_mut(port) else { return };
        let was = p.up();
        change(p);
        let up = p.up();
        if !n.on {
            return;
        }
        p.failures += u32::from(was && !up);
        if was != up {
            self.fail_over(node, port, up);
        }
        let after = net::lines(self, node);
        self.netlink.extend(after.into_iter().filter(|line| !before.contains(line)).map(|line| (node, line)));
    }

    /// The bond notices (miimon): it goes on by its active port as long as that has a carrier, else by another one.
    fn fail_over(&mut self, node: NodeAt, port: usize, up: bool) {
        let bond = port % 2;
        let Some(n) = self.nodes.get_mut(node) else { return };
        let before = n.active_port(bond);
        n.choose(bond);
        let after = n.active_port(bond);
        self.kernel(node, &status_words(self.manager, bond, port, up));
        if let Some(active) = after.filter(|_| after != before) {
            self.kernel(node, &active_words(self.manager, bond, active));
        }
        if before.is_some() != after.is_some() {
            self.kernel(node, &carrier_words(self.manager, bond, after.is_some()));
            self.ring(node, bond, after.is_some());
        }
    }

    fn kernel(&mut self, node: NodeAt, text: &str) {
        self.log(node, "kernel", 6, text);
    }

    /// A network of the cluster is lost to a node, or found again: each of corosync's links goes over a bond of its own; cman has the first one alone.
    fn ring(&mut self, node: NodeAt, link: usize, up: bool) {
        let knet = self.manager == Manager::Pacemaker;
        let Some(n) = self.nodes.get_mut(node) else { return };
        if let Some(downs) = n.ring_downs.get_mut(link).filter(|_| !up) {
            *downs += 1;
        }
        if knet && n.clustered && !n.cut {
            self.tell_link(node, link, up);
        }
        let manager = self.manager;
        let Some(n) = self.nodes.get_mut(node) else { return };
        let before = n.apart;
        n.apart = is_apart(manager, n.active);
        match (before, n.apart) {
            (false, true) if n.clustered && !n.cut => self.plan(TOKEN, Deed::Notice(node)),
            (true, false) => self.found_again(node),
            _ => {}
        }
    }

    /// knet's words on both sides of a link.
    fn tell_link(&mut self, node: NodeAt, link: usize, up: bool) {
        let carries = |n: &super::world::Node, link: usize| n.active_port(link).is_some();
        let peers: Vec<(NodeAt, [bool; 2])> = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(at, n)| *at != node && n.on && n.clustered && !n.cut && carries(n, link))
            .map(|(at, n)| (at, [carries(n, 0), carries(n, 1)]))
            .collect();
        let mine = self.nodes.get(node).map_or([false; 2], |n| [carries(n, 0), carries(n, 1)]);
        for (peer, theirs) in peers {
            let best = (0..2).find(|l| mine.get(*l) == Some(&true) && theirs.get(*l) == Some(&true));
            for (by, of) in [(node, peer + 1), (peer, node + 1)] {
                let (tag, word) = if up { ("rx", "up") } else { ("link", "down") };
                self.log(by, "corosync", 6, format!("  [KNET  ] {tag}: host: {of} link: {link} is {word}"));
                match best {
                    Some(best) => self.log(by, "corosync", 6, format!("  [KNET  ] host: host: {of} (passive) best link: {best} (pri: 1)")),
                    None => self.log(by, "corosync", 4, format!("  [KNET  ] host: host: {of} has no active links")),
                }
            }
        }
    }

    /// A node's cluster network is back. Who was missed is a member again, unless its fencing is under way.
    fn found_again(&mut self, node: NodeAt) {
        let fencing = self.fences.iter().any(|f| f.target == node && f.done.is_none());
        let Some(n) = self.nodes.get_mut(node).filter(|n| n.on && n.clustered && n.missed && !fencing) else { return };
        (n.unclean, n.missed) = (false, false);
        self.transition();
        self.tell_joined(node);
        // With quorum again, what was lost without it is seen to.
        let lost: Vec<NodeAt> = (0..self.nodes.len())
            .filter(|at| self.nodes.get(*at).is_some_and(|n| n.unclean && !n.is_member()))
            .filter(|at| !self.fences.iter().any(|f| f.target == *at && f.done.is_none()))
            .collect();
        for node in lost {
            self.fence_lost(node);
        }
    }

    /// A node's network as it boots: every port is switched on, every count begins anew, cables are as they were left.
    pub fn bring_up(&mut self, node: NodeAt) {
        let manager = self.manager;
        let Some(n) = self.nodes.get_mut(node) else { return };
        for port in &mut n.ports {
            (port.enabled, port.failures) = (true, 0);
        }
        (n.active, n.ring_downs) = ([None; 2], [0; 2]);
        n.choose(0);
        n.choose(1);
        n.apart = is_apart(manager, n.active);
    }
}

impl super::world::Node {
    /// The bond chooses: without a primary, what is active stays so as long as it can.
    fn choose(&mut self, bond: usize) {
        let up = |p: &usize| self.ports.get(*p).is_some_and(|p| p.up());
        let kept = self.active_port(bond).filter(up);
        let chosen = kept.or_else(|| [bond, bond + 2].into_iter().find(up));
        if let Some(active) = self.active.get_mut(bond) {
            *active = chosen;
        }
    }
}

const fn is_apart(manager: Manager, active: [Option<usize>; 2]) -> bool {
    active[0].is_none() && (matches!(manager, Manager::Rgmanager) || active[1].is_none())
}

/// The bonding driver of Linux 6.1, and that of 2.6.32.
fn status_words(manager: Manager, bond: usize, port: usize, up: bool) -> String {
    match (manager, up) {
        (Manager::Pacemaker, true) => format!("bond{bond}: (slave eth{port}): link status definitely up, 1000 Mbps full duplex"),
        (Manager::Pacemaker, false) => format!("bond{bond}: (slave eth{port}): link status definitely down, disabling slave"),
        (Manager::Rgmanager, true) => {
            format!("bonding: bond{bond}: link status definitely up for interface eth{port}, 1000 Mbps full duplex.")
        }
        (Manager::Rgmanager, false) => format!("bonding: bond{bond}: link status definitely down for interface eth{port}, disabling it"),
    }
}

fn active_words(manager: Manager, bond: usize, port: usize) -> String {
    match manager {
        Manager::Pacemaker => format!("bond{bond}: (slave eth{port}): making interface the new active one"),
        Manager::Rgmanager => format!("bonding: bond{bond}: making interface eth{port} the new active one."),
    }
}

fn carrier_words(manager: Manager, bond: usize, up: bool) -> String {
    match (manager, up) {
        (Manager::Pacemaker, true) => format!("bond{bond}: active interface up!"),
        (Manager::Pacemaker, false) => format!("bond{bond}: now running without any active interface!"),
        (Manager::Rgmanager, true) => format!("bonding: bond{bond}: first active interface up!"),
        (Manager::Rgmanager, false) => format!("bonding: bond{bond}: now running without any active interface !"),
    }
}
