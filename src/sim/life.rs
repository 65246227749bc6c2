//! Time passes: what was planned happens.

use super::Manager;
use super::chance;
use super::moving;
use super::policy;
use super::story;
use super::world::{CPUS, Deed, Failure, Fencing, GuestAt, Node, NodeAt, Run, Work, World};
use crate::domain::stamp::Stamp;

/// A second, in microseconds.
pub const SECOND: i64 = 1_000_000;

/// How long the others wait for a lost node's token.
pub const TOKEN: i64 = 3 * SECOND;
/// How long a fencing takes.
pub const FENCING: i64 = 9 * SECOND;
/// How long a system takes to boot, and its cluster to start.
const BOOT: i64 = 40 * SECOND;
const JOIN: i64 = 6 * SECOND;

impl World {
    /// Lets time pass until `now`.
    pub fn advance(&mut self, now: Stamp) {
        while let Some(((at, number), _)) = self.agenda.first_key_value().map(|(k, d)| (*k, *d)) {
            if at > now {
                break;
            }
            let Some(deed) = self.agenda.remove(&(at, number)) else { break };
            self.fill(at);
            self.now = self.now.max(at);
            self.happen(deed);
            policy::decide(self);
        }
        self.fill(now);
        self.now = self.now.max(now);
    }

    /// When something happens next.
    pub fn next(&self) -> Option<Stamp> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// What grows by itself: filesystems, and the CPU time that was used.
    fn fill(&mut self, until: Stamp) {
        let micros = self.now.age(until).as_micros();
        if micros == 0 {
            return;
        }
        let loads = self.loads();
        for (node, load) in self.nodes.iter_mut().zip(loads) {
            node.spent += u64::try_from(micros).unwrap_or(0) * CPUS * load / 100;
        }
        for mount in &mut self.mounts {
            let more = u64::try_from(u128::from(mount.fills) * micros / 60_000_000).unwrap_or(0);
            mount.used = (mount.used + more).min(mount.size / 1000 * 985);
        }
    }

    fn happen(&mut self, deed: Deed) {
        match deed {
            Deed::Done(guest) => policy::done(self, guest),
            Deed::Lose(node) => self.lose(node),
            Deed::Cut(node) => {
                if let Some(n) = self.nodes.get_mut(node) {
                    n.cut = true;
                }
                self.plan(TOKEN, Deed::Notice(node));
            }
            Deed::Notice(node) => self.notice(node),
            Deed::Fenced(node) => self.fenced(node),
            Deed::Boot(node) => self.boot(node),
            Deed::Join(node) => self.join(node),
            Deed::Cable(node, port, up) => self.cable(node, port, up),
            Deed::Path(node, path, up) => self.path(node, path, up),
            Deed::Emptied(unit, only) => moving::done(self, unit, only),
            Deed::Fill(mount, rate) => {
                if let Some(mount) = self.mounts.get_mut(mount) {
                    mount.fills = rate;
                }
            }
            Deed::Drained(mount) => {
                if let Some(mount) = self.mounts.get_mut(mount) {
                    (mount.fills, mount.used) = (0, mount.size / 100 * 58);
                }
            }
            Deed::Hang(guest) => self.hang(guest),
            Deed::Monitor(guest) => self.monitor(guest),
            Deed::Jinx(guest, node) => {
                if let Some(g) = self.guests.get_mut(guest) {
                    g.jinxed.insert(node);
                }
            }
            Deed::Chapter(number) => story::chapter(self, number),
        }
    }

    /// A node's power goes: what ran there is gone, but nobody knows yet.
    fn lose(&mut self, node: NodeAt) {
        let Some(n) = self.nodes.get_mut(node).filter(|n| n.on) else { return };
        (n.on, n.clustered) = (false, false);
        for guest in &mut self.guests {
            if guest.on == Some(node) {
                guest.run = Run::Off;
            }
        }
        self.plan(TOKEN, Deed::Notice(node));
    }

    /// The others notice that a node is gone; not one whose cable was back before its token was missed.
    fn notice(&mut self, node: NodeAt) {
        let Some(n) = self.nodes.get_mut(node).filter(|n| !n.is_member() && !n.unclean) else { return };
        (n.unclean, n.missed) = (true, true);
        self.transition();
        self.tell_lost(node);
        self.tell_alone(node);
        self.fence_lost(node);
    }

    /// The manager has a lost node fenced, as far as there is quorum for it.
    pub fn fence_lost(&mut self, node: NodeAt) {
        if self.quorate() {
            let client = if self.manager == Manager::Rgmanager { "fenced" } else { "pacemaker-controld" };
            self.fence(node, "reboot", client, FENCING);
        }
    }

    /// Fencing begins: by the coordinator, in so many microseconds.
    pub fn fence(&mut self, node: NodeAt, action: &'static str, client: &str, takes: i64) {
        let Some(by) = self.members().into_iter().find(|m| *m != node) else { return };
        self.tell_fencing(node, by, action);
        // fenced goes on trying; a human can tell it that the node is off.
        if client != "fence_ack_manual" && self.nodes.get(node).is_some_and(|n| n.bmc_dead) {
            let name = self.name(node).to_owned();
            self.log(by, "fenced", 4, format!("fence {name} dev 0.0 agent fence_ipmilan result: error from agent"));
            return self.log(by, "fenced", 4, format!("fence {name} failed"));
        }
        let client = format!("{client}.{}@{}", 500 + by, self.name(by));
        self.fences.push(Fencing { target: node, action, by, client, done: None });
        self.plan(takes, Deed::Fenced(node));
    }

    fn fenced(&mut self, node: NodeAt) {
        let now = self.now;
        let Some(fencing) = self.fences.iter_mut().rev().find(|f| f.target == node && f.done.is_none()) else { return };
        fencing.done = Some(now);
        let (action, by, client) = (fencing.action, fencing.by, fencing.client.clone());
        self.tell_fenced(node, by, action, &client);
        if let Some(n) = self.nodes.get_mut(node) {
            (n.on, n.clustered, n.cut, n.unclean) = (false, false, false, false);
        }
        if action == "on" {
            return self.plan(BOOT, Deed::Boot(node));
        }
        let rgmanager = self.manager == Manager::Rgmanager;
        for guest in &mut self.guests {
            if rgmanager && !guest.managed && guest.on == Some(node) {
                // What is frozen stays where it was, dead as it is.
                (guest.run, guest.since) = (Run::Off, now);
            } else if guest.on == Some(node) || guest.work == Some(Work::Start(node)) {
                (guest.on, guest.run, guest.work, guest.since) = (None, Run::Off, None, now);
            } else if matches!(guest.work, Some(Work::Migrate { to, .. }) if to == node) {
                guest.work = None;
            }
        }
        if action == "reboot" {
            self.plan(BOOT, Deed::Boot(node));
        }
    }

    fn boot(&mut self, node: NodeAt) {
        let now = self.now;
        let Some(n) = self.nodes.get_mut(node).filter(|n| !n.on) else { return };
        (n.on, n.cut, n.booted, n.boots) = (true, false, now, n.boots + 1);
        (n.rgmanager, n.clvmd) = (true, true);
        n.paths = [true; 2];
        self.bring_up(node);
        self.log(node, "kernel", 6, "Linux version 6.1.0-28-amd64 (debian-kernel@lists.debian.org)");
        self.plan(JOIN, Deed::Join(node));
    }

    /// A node's cluster has started.
    pub fn join(&mut self, node: NodeAt) {
        let Some(n) = self.nodes.get_mut(node).filter(|n| n.on && !n.clustered) else { return };
        (n.clustered, n.fenced, n.unclean, n.missed) = (true, true, false, n.apart);
        if n.apart {
            // It waits for the others in a cluster of its own.
            return;
        }
        self.expected = None;
        self.transition();
        self.tell_joined(node);
    }

    /// Members or services change: what rgmanager only let rest is started again.
    pub fn transition(&mut self) {
        for guest in &mut self.guests {
            guest.rg.rests = false;
        }
    }

    /// A node's cluster stops in good order.
    pub fn leave(&mut self, node: NodeAt) {
        if let Some(n) = self.nodes.get_mut(node) {
            n.clustered = false;
        }
        self.transition();
        self.tell_left(node);
    }

    fn path(&mut self, node: NodeAt, path: usize, up: bool) {
        let Some(p) = self.nodes.get_mut(node).filter(|n| n.on).and_then(|n| n.paths.get_mut(path)).filter(|p| **p != up) else {
            return;
        };
        *p = up;
        let device = ["sdb", "sdc"].get(path).copied().unwrap_or("sdb");
        if up {
            self.log(node, "multipathd", 5, format!("netapp: {device} - tur checker reports path is up"));
            self.log(node, "multipathd", 5, "netapp: remaining active paths: 2");
        } else {
            self.log(node, "kernel", 4, format!("device-mapper: multipath: 253:0: Failing path 8:{}.", 16 * (path + 1)));
            self.log(node, "multipathd", 4, format!("checker failed path 8:{} in map netapp", 16 * (path + 1)));
            self.log(node, "multipathd", 5, "netapp: remaining active paths: 1");
        }
    }

    fn hang(&mut self, guest: GuestAt) {
        if self.runs_on(guest).is_none() {
            return;
        }
        if let Some(g) = self.guests.get_mut(guest) {
            g.run = Run::Crashed;
        }
        // The manager's monitor comes round every 30 s.
        let wait = 8 + chance::below(self.seed, guest as u64, self.second(), 10);
        self.plan(i64::try_from(wait).unwrap_or(8) * SECOND, Deed::Monitor(guest));
    }

    fn monitor(&mut self, guest: GuestAt) {
        let now = self.now;
        let Some(g) = self.guests.get_mut(guest).filter(|g| g.run == Run::Crashed) else { return };
        let Some(node) = g.on else { return };
        *g.failures.entry(node).or_default() += 1;
        g.failure = Some(Failure { task: "monitor", node, rc: 7, reason: "guest panicked".to_owned(), at: now });
        g.work = Some(Work::Stop);
        self.tell_failed("monitor", guest, node, "guest panicked");
        self.plan(2 * SECOND, Deed::Done(guest));
    }
}

impl Node {
    /// Nobody's words are waited for from here any more.
    pub const fn is_gone(&self) -> bool {
        // quorate tries a node's name, then its addresses: one network is enough.
        !self.on || self.cut || (self.active[0].is_none() && self.active[1].is_none())
    }
}
