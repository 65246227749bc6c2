//! How each node of a session is reached.

use std::sync::Arc;

use crate::link::libvirt::Beside;
use crate::link::{self, Become, Link, Target, Voice};
use crate::record::{self, Recording};
use crate::sim::Simulation;

/// The way to one node.
#[derive(Clone)]
pub struct Way {
    /// The member's name, where the configuration has it.
    pub name: Option<String>,
    /// Where it is, as the operator wrote it.
    pub address: String,
    /// The link to use.
    pub kind: WayKind,
}

/// Which link reaches a node.
#[derive(Clone)]
pub enum WayKind {
    /// SSH; and where else the node is looked for, if it is not found there.
    Ssh(Box<Target>, Vec<Target>),
    /// There is none: why, in harmless words (jump hosts that go in a circle).
    Nowhere(String),
    /// This very machine; its libvirt by this URI, if not by its socket.
    Local(Become, Option<String>),
    /// A recording, and the node's key in it.
    Recorded(Arc<Recording>, u32),
    /// A simulated node, by its place in the simulation.
    Simulated(Simulation, usize),
}

impl Way {
    /// Whether it is the machine that quorate runs on.
    pub const fn is_local(&self) -> bool {
        matches!(self.kind, WayKind::Local(..))
    }

    /// The way by SSH, if it is one.
    pub fn target(&self) -> Option<Target> {
        match &self.kind {
            WayKind::Ssh(target, _) => Some((**target).clone()),
            _ => None,
        }
    }

    /// Opens it.
    pub fn open(self, voice: Voice) -> Box<dyn Link> {
        match self.kind {
            WayKind::Ssh(target, others) => {
                Box::new(Beside::new(Arc::from(link::ssh::spawn_any(*target, others, voice.clone())), voice, None))
            }
            WayKind::Nowhere(why) => link::nowhere(voice, why),
            WayKind::Local(rights, uri) => Box::new(Beside::new(Arc::from(link::local::spawn(rights, voice.clone())), voice, uri)),
            WayKind::Recorded(recording, key) => record::play(recording, key, voice),
            WayKind::Simulated(simulation, node) => simulation.open(node, voice),
        }
    }
}

/// The way to a member, and what is to be said of it.
type Further = Box<dyn Fn(&str, &[String]) -> Option<(Way, Vec<String>)>>;

/// Knows the ways to all nodes of a session, also to those that turn up later.
pub struct WayFinder {
    cluster: Option<String>,
    first: Vec<Way>,
    further: Further,
    shift: i64,
}

impl WayFinder {
    /// Ways to the configured nodes, and how to reach a member that the manager names beyond them: (name, ring addresses).
    pub fn new(cluster: Option<String>, first: Vec<Way>, further: Further) -> Self {
        Self { cluster, first, further, shift: 0 }
    }

    /// The nodes of a recording, in the time of the recording.
    pub fn replay(recording: Recording) -> Self {
        let recording = Arc::new(recording);
        let first = recording
            .nodes
            .iter()
            .map(|n| Way { name: n.name.clone(), address: n.address.clone(), kind: WayKind::Recorded(Arc::clone(&recording), n.key) })
            .collect();
        let shift = recording.began - crate::domain::stamp::Stamp::now().0;
        Self { cluster: recording.cluster.clone(), first, further: Box::new(|_, _| None), shift }
    }

    /// The nodes of a simulated cluster.
    pub fn simulated(cluster: &str, simulation: &Simulation) -> Self {
        let way = |(at, name): (usize, &String)| Way {
            name: Some(name.clone()),
            address: name.clone(),
            kind: WayKind::Simulated(simulation.clone(), at),
        };
        let first = simulation.names().iter().enumerate().map(way).collect();
        Self::new(Some(cluster.to_owned()), first, Box::new(|_, _| None))
    }

    /// The simulated cluster, if these are the ways to one.
    pub fn simulation(&self) -> Option<&Simulation> {
        self.first.iter().find_map(|way| match &way.kind {
            WayKind::Simulated(simulation, _) => Some(simulation),
            _ => None,
        })
    }

    /// The configured name of the cluster.
    pub fn cluster_name(&self) -> Option<String> {
        self.cluster.clone()
    }

    /// The nodes to begin with.
    pub fn first(&self) -> Vec<Way> {
        self.first.clone()
    }

    /// The way to a member that turned up: by name, then by ring address, for ever. And what of it the operator is told.
    pub fn further(&self, name: &str, addresses: &[String]) -> Option<(Way, Vec<String>)> {
        (self.further)(name, addresses)
    }

    /// Microseconds between the wall clock and the session's time.
    pub const fn shift(&self) -> i64 {
        self.shift
    }
}
