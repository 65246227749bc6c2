//! What there is in the simulated cluster.

use std::collections::BTreeMap;

use crate::domain::stamp::Stamp;

mod guest;

pub use guest::{Failure, Guest, Rg, Run, Work};

/// A node's place in [`World::nodes`].
pub type NodeAt = usize;
/// A guest's place in [`World::guests`].
pub type GuestAt = usize;

/// The whole of it.
#[derive(Debug)]
pub struct World {
    /// The cluster's name.
    pub cluster: String,
    /// Who manages it.
    pub manager: super::Manager,
    /// Where chance comes from.
    pub seed: u64,
    /// When it began.
    pub began: Stamp,
    /// Its present.
    pub now: Stamp,
    /// Nodes, in the order of their ids.
    pub nodes: Vec<Node>,
    /// Guests, each a service of the cluster.
    pub guests: Vec<Guest>,
    /// Logical volumes of the shared group.
    pub volumes: Vec<Volume>,
    /// Cluster filesystems.
    pub mounts: Vec<Mount>,
    /// Fencings, newest last.
    pub fences: Vec<Fencing>,
    /// Location constraints that a command left behind.
    pub leftovers: Vec<Leftover>,
    /// cluster.conf.
    pub conf: super::conf::Confs,
    /// The manager does nothing by itself.
    pub maintenance: bool,
    /// What will happen, and when; the number keeps the order of what happens at the same time.
    pub agenda: BTreeMap<(Stamp, u64), Deed>,
    /// Lines of the nodes' journals.
    pub journal: Vec<Line>,
    /// How many lines were dropped from the front of [`Self::journal`].
    pub forgotten: u64,
    /// Changes of links, as `ip monitor` tells them: (node, line).
    pub netlink: Vec<(NodeAt, String)>,
    /// Changes of the membership, as `corosync-cmapctl -T` tells them: (node that says so, line).
    pub map: Vec<(NodeAt, String)>,
    /// When the configuration changed, and by which tool.
    pub changed: (Stamp, &'static str),
    /// Numbers for deeds and cursors.
    pub serial: u64,
    /// All rgmanagers are locked: no service starts.
    pub locked: bool,
    /// Votes that cman was told to expect; none: as many as there are nodes.
    pub expected: Option<usize>,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name in the cluster.
    pub name: String,
    /// It has power and its system runs.
    pub on: bool,
    /// Its network is cut off, also from us.
    pub cut: bool,
    /// corosync and pacemaker run.
    pub clustered: bool,
    /// rgmanager runs.
    pub rgmanager: bool,
    /// clvmd runs.
    pub clvmd: bool,
    /// It is in the fence domain.
    pub fenced: bool,
    /// Its fence device does not answer.
    pub bmc_dead: bool,
    /// It was lost and nobody has fenced it yet.
    pub unclean: bool,
    /// No network of the cluster carries to it: its cables are out.
    pub apart: bool,
    /// The others have formed a cluster without it.
    pub missed: bool,
    /// In standby.
    pub standby: bool,
    /// When its system started.
    pub booted: Stamp,
    /// How often it has booted: makes its boot id.
    pub boots: u64,
    /// eth0 .. eth3.
    pub ports: [Port; 4],
    /// The port that carries each bond, by its place among eth0 .. eth3.
    pub active: [Option<usize>; 2],
    /// How often each of corosync's links was lost.
    pub ring_downs: [u32; 2],
    /// Paths to the array that are alive.
    pub paths: [bool; 2],
    /// CPU time that its guests and it have used since the simulation began, microseconds.
    pub spent: u64,
}

/// A port of a node's bonds: eth0 and eth2 in bond0, eth1 and eth3 in bond1.
#[derive(Clone, Copy, Debug)]
pub struct Port {
    /// Its cable is in.
    pub plugged: bool,
    /// It is switched on.
    pub enabled: bool,
    /// How often it has lost it.
    pub failures: u32,
}

/// A logical volume.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Its name in the shared group.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// On which of the group's physical volumes it lies (`storage::UNITS`).
    pub unit: usize,
    /// Bytes of it that lie on the other one: there was no room any more.
    pub spilt: u64,
    /// Active on this node alone; none: on every member.
    pub alone: Option<NodeAt>,
    /// Nodes whose device-mapper still shows an older size: (node, bytes).
    pub stale: BTreeMap<NodeAt, u64>,
}

/// A cluster filesystem, mounted on every node of the cluster.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Where.
    pub path: String,
    /// The volume below.
    pub volume: usize,
    /// Bytes of the filesystem (it may be smaller than its volume).
    pub size: u64,
    /// Bytes.
    pub used: u64,
    /// Bytes that it gains in a minute: set by a story.
    pub fills: u64,
}

/// A fencing.
#[derive(Clone, Debug)]
pub struct Fencing {
    /// Whom.
    pub target: NodeAt,
    /// reboot, off, on.
    pub action: &'static str,
    /// By which node.
    pub by: NodeAt,
    /// Who wanted it.
    pub client: String,
    /// When it was done.
    pub done: Option<Stamp>,
}

/// A constraint that `crm_resource --move` or `--ban` left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The guest.
    pub guest: GuestAt,
    /// The node.
    pub node: NodeAt,
    /// Keeps it away; otherwise it holds it there.
    pub ban: bool,
}

/// A line of a journal.
#[derive(Clone, Debug)]
pub struct Line {
    /// When.
    pub at: Stamp,
    /// On which node.
    pub node: NodeAt,
    /// The program.
    pub program: &'static str,
    /// syslog's priority.
    pub priority: u8,
    /// The text.
    pub text: String,
}

/// Something that will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// An operation of the manager ends.
    Done(GuestAt),
    /// A node dies, is cut off.
    Lose(NodeAt),
    /// Its network is cut.
    Cut(NodeAt),
    /// The others notice that a node is gone.
    Notice(NodeAt),
    /// A fencing ends.
    Fenced(NodeAt),
    /// A node's system is up again.
    Boot(NodeAt),
    /// Its cluster is up.
    Join(NodeAt),
    /// A cable: node, port, whether it is in.
    Cable(NodeAt, usize, bool),
    /// A path to the array: node, path, whether it works.
    Path(NodeAt, usize, bool),
    /// What lies on a physical volume has been moved to the other one: all of it, or one volume.
    Emptied(usize, Option<usize>),
    /// A filesystem begins to fill: bytes a minute.
    Fill(usize, u64),
    /// Somebody has cleared up.
    Drained(usize),
    /// A guest hangs: its kernel has died.
    Hang(GuestAt),
    /// The manager's monitor notices.
    Monitor(GuestAt),
    /// The next start of a guest fails there.
    Jinx(GuestAt, NodeAt),
    /// The story goes on.
    Chapter(u64),
}

/// CPUs of a node.
pub const CPUS: u64 = 16;

/// Lines that a journal keeps: a session that comes later sees the newest of them.
const KEPT: usize = 4096;

impl World {
    /// Has something happen `micros` from now.
    pub fn plan(&mut self, micros: i64, deed: Deed) {
        self.serial += 1;
        self.agenda.insert((self.now.shifted(micros), self.serial), deed);
    }

    /// Writes a line into a node's journal, if the node lives.
    pub fn log(&mut self, node: NodeAt, program: &'static str, priority: u8, text: impl Into<String>) {
        if self.nodes.get(node).is_some_and(|n| n.on) {
            self.journal.push(Line { at: self.now, node, program, priority, text: text.into() });
        }
        if self.journal.len() > KEPT * 2 {
            self.journal.drain(..KEPT);
            self.forgotten += KEPT as u64;
        }
    }

    /// Whole seconds since the beginning.
    pub fn second(&self) -> u64 {
        self.began.age(self.now).as_secs()
    }

    /// Nodes that form the cluster that counts: on, not cut off, clustered.
    pub fn members(&self) -> Vec<NodeAt> {
        self.nodes.iter().enumerate().filter(|(_, n)| n.is_member()).map(|(at, _)| at).collect()
    }

    /// Votes for a majority.
    pub fn needed(&self) -> usize {
        self.expected.unwrap_or(self.nodes.len()) / 2 + 1
    }

    /// Whether the nodes that count have quorum.
    pub fn quorate(&self) -> bool {
        self.members().len() >= self.needed()
    }

    /// The nodes that a node sees as members: it alone, where it is cut off.
    pub fn seen_by(&self, node: NodeAt) -> Vec<NodeAt> {
        match self.nodes.get(node) {
            Some(n) if n.is_member() => self.members(),
            Some(n) if n.on && n.clustered => vec![node],
            _ => Vec::new(),
        }
    }

    /// The coordinator: the member with the lowest id.
    pub fn dc(&self) -> Option<NodeAt> {
        self.members().first().copied()
    }

    /// A node by name.
    pub fn node_named(&self, name: &str) -> Option<NodeAt> {
        self.nodes.iter().position(|n| n.name == name)
    }

    /// A guest by name.
    pub fn guest_named(&self, name: &str) -> Option<GuestAt> {
        self.guests.iter().position(|g| g.name == name)
    }

    /// A node's name.
    pub fn name(&self, node: NodeAt) -> &str {
        self.nodes.get(node).map_or("", |n| n.name.as_str())
    }

    /// CPU load of a node, percent: its guests', and a little of its own.
    pub fn cpu(&self, node: NodeAt) -> u64 {
        self.loads().get(node).copied().unwrap_or(0)
    }

    /// CPU load of every node.
    pub fn loads(&self) -> Vec<u64> {
        let mut loads: Vec<u64> = (0..self.nodes.len()).map(|node| chance_of(self, node as u64, 3, 2)).collect();
        for guest in 0..self.guests.len() {
            if let Some(load) = self.runs_on(guest).and_then(|node| loads.get_mut(node)) {
                *load += self.guest_cpu(guest) / 4;
            }
        }
        loads.iter().map(|load| (*load).min(100)).collect()
    }

    /// CPU load of a guest, percent of its virtual CPUs.
    pub fn guest_cpu(&self, guest: GuestAt) -> u64 {
        match self.guests.get(guest) {
            Some(g) if g.run == Run::Running => {
                let key = 1000 + guest as u64;
                chance_of(self, key, 6 + super::chance::below(self.seed, key, 7, 30), 5)
            }
            _ => 0,
        }
    }

    /// Where a guest really is, running or paused.
    pub fn runs_on(&self, guest: GuestAt) -> Option<NodeAt> {
        let guest = self.guests.get(guest)?;
        matches!(guest.run, Run::Running | Run::Paused | Run::Crashed).then_some(guest.on).flatten()
    }
}

fn chance_of(world: &World, key: u64, base: u64, swing: u64) -> u64 {
    super::chance::wander(world.seed, key, world.second(), base, swing)
}

impl Node {
    /// Part of the cluster that counts.
    pub const fn is_member(&self) -> bool {
        self.on && self.clustered && !self.cut && !self.apart
    }

    /// The active port of bond 0 or 1, by its place among eth0 .. eth3; none: no port of it has a carrier.
    pub fn active_port(&self, bond: usize) -> Option<usize> {
        self.active.get(bond).copied().flatten()
    }
}

impl Port {
    /// It has a carrier.
    pub const fn up(self) -> bool {
        self.plugged && self.enabled
    }
}
