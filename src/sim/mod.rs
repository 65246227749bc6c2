//! The simulated cluster behind `quorate demo`.
//!
//! Five nodes and fifteen guests, shaped like the CNAF cluster. It answers the very commands that the cockpit sends, in the real tools'
//! formats, so that every parser, alert and screen runs as on a real cluster; and it obeys what an action sends. It needs no
//! network, no root and no cluster, and from the same seed tells the same story.
//!
//! - [`world`]: what there is, and the rules by which it changes.
//! - [`answer`]: what the tools would print of it.
//! - [`link`]: the link that a session has to a simulated node.

mod answer;
mod build;
mod cables;
mod chance;
mod cman;
mod conf;
mod inquiry;
mod ip;
mod libvirt;
mod life;
pub mod link;
mod moving;
mod obey;
mod policy;
mod rgmanager;
mod story;
mod tell;
mod tool;
mod virsh;
mod volumes;
mod world;

use crate::domain::stamp::Stamp;

pub use answer::is_answered;
pub use link::Simulation;

/// Who manages the simulated cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manager {
    /// Pacemaker 2.1.5 on corosync 3.1, Debian 12.
    #[default]
    Pacemaker,
    /// rgmanager on cman, RHEL 6.
    Rgmanager,
}

/// What to simulate.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Who manages it.
    pub manager: Manager,
    /// The same seed tells the same story.
    pub seed: u64,
    /// Incidents happen by themselves.
    pub story: bool,
    /// Nodes; the cluster of the demo has five.
    pub nodes: usize,
    /// Guests; the cluster of the demo has fifteen.
    pub guests: usize,
    /// Which one of many clusters it is; the demo's is the first.
    pub number: usize,
    /// When the simulation begins.
    pub began: Stamp,
}

impl Setup {
    /// The cluster of `quorate demo`.
    pub const fn demo(manager: Manager, seed: u64, story: bool, began: Stamp) -> Self {
        Self { manager, seed, story, nodes: 5, guests: 15, number: 0, began }
    }

    /// So many clusters that share so many nodes and guests evenly, Pacemaker's and rgmanager's in turn: what benchmarks look at.
    #[doc(hidden)]
    pub fn many(clusters: usize, nodes: usize, guests: usize, began: Stamp) -> Vec<Self> {
        // The first ones have what does not divide evenly.
        let share = |all: usize, number: usize| all / clusters + usize::from(number < all % clusters);
        let one = |number: usize| Self {
            manager: if number.is_multiple_of(2) { Manager::Pacemaker } else { Manager::Rgmanager },
            seed: number as u64 + 1,
            story: false,
            nodes: share(nodes, number),
            guests: share(guests, number),
            number,
            began,
        };
        (0..clusters).map(one).collect()
    }
}

/// The journal lines of the first seconds of a simulation, with the microsecond of each: what a seed's story is.
#[doc(hidden)]
pub fn chronicle(setup: &Setup, seconds: i64) -> Vec<(i64, String)> {
    chronicle_with(setup, &[], seconds)
}

/// The same, with what befalls the cluster, each at a second.
#[doc(hidden)]
pub fn chronicle_with(setup: &Setup, befalls: &[(i64, &str)], seconds: i64) -> Vec<(i64, String)> {
    let mut world = world::World::new(setup);
    for (second, words) in befalls {
        world.advance(setup.began.shifted(second * life::SECOND));
        tool::befall(&mut world, words);
    }
    world.advance(setup.began.shifted(seconds * life::SECOND));
    let name = |node: usize| world.name(node).to_owned();
    world.journal.iter().map(|l| (l.at.0 - setup.began.0, format!("{} {}: {}", name(l.node), l.program, l.text))).collect()
}
