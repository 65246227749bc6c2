//! The cluster at the beginning.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{Deed, Guest, Mount, Node, Port, Rg, Run, Volume, World};
use super::{Setup, chance, story};

/// The guests of the CNAF cluster: name, virtual CPUs, GiB, preferred node (from 1).
const GUESTS: [(&str, u32, u64, usize); 15] = [
    ("abbone", 2, 4, 4),
    ("alfresco", 4, 8, 5),
    ("calendar", 2, 2, 5),
    ("db", 4, 8, 5),
    ("dxcnafb", 2, 4, 3),
    ("eduroam", 2, 2, 2),
    ("issues-test", 1, 2, 2),
    ("licman2", 1, 2, 4),
    ("radius1", 1, 1, 1),
    ("riviste", 2, 4, 2),
    ("superb", 4, 8, 3),
    ("web2", 2, 4, 1),
    ("wiki", 2, 4, 3),
    ("www.ccr", 2, 4, 4),
    ("www.cnaf", 4, 4, 1),
];

/// Guests whose disk is a volume of its own; the others are images on the cluster filesystems.
const ON_VOLUMES: [&str; 4] = ["db", "wiki", "web2", "www.cnaf"];

const GIB: u64 = 1 << 30;
const DAY: i64 = 86_400_000_000;

impl World {
    /// A cluster in good health.
    pub fn new(setup: &Setup) -> Self {
        let mut world = Self {
            cluster: if setup.number == 0 { "net-cluster".to_owned() } else { format!("net-cluster-{}", setup.number + 1) },
            manager: setup.manager,
            seed: setup.seed,
            began: setup.began,
            now: setup.began,
            nodes: (0..setup.nodes).map(|at| node(setup, at)).collect(),
            guests: Vec::new(),
            volumes: vec![volume("netcluster0", 1741 * GIB), volume("netcluster1", 1741 * GIB)],
            mounts: vec![mount(0, 1741 * GIB, 174 * GIB), mount(1, 1741 * GIB, 1010 * GIB)],
            fences: Vec::new(),
            leftovers: Vec::new(),
            conf: super::conf::Confs::default(),
            maintenance: false,
            agenda: BTreeMap::new(),
            journal: Vec::new(),
            forgotten: 0,
            netlink: Vec::new(),
            map: Vec::new(),
            changed: (setup.began.shifted(-DAY), "crm_resource"),
            serial: 0,
            locked: false,
            expected: None,
        };
        for at in 0..setup.guests {
            let guest = guest(setup, at, &mut world.volumes);
            world.guests.push(guest);
        }
        // On the array that is not used yet: what one node keeps for itself.
        world.volumes.push(Volume { unit: 1, alone: Some(0), ..volume("lv_backup", 200 * GIB) });
        if setup.story {
            world.plan(story::PAUSE, Deed::Chapter(0));
        }
        world
    }
}

fn node(setup: &Setup, at: usize) -> Node {
    let n = at + 1;
    let days = i64::try_from(chance::below(setup.seed, at as u64, 1, 200)).unwrap_or(0) + 3;
    Node {
        name: format!("virtsrv{n}n{n}.cnaf.infn.it"),
        on: true,
        cut: false,
        clustered: true,
        rgmanager: true,
        clvmd: true,
        fenced: true,
        bmc_dead: false,
        unclean: false,
        apart: false,
        missed: false,
        standby: false,
        booted: setup.began.shifted(-days * DAY),
        boots: 1,
        ports: [Port { plugged: true, enabled: true, failures: 0 }; 4],
        active: [Some(0), Some(1)],
        ring_downs: [0; 2],
        paths: [true; 2],
        spent: 0,
    }
}

fn guest(setup: &Setup, at: usize, volumes: &mut Vec<Volume>) -> Guest {
    let (name, vcpus, gib, prefers) = GUESTS[at % GUESTS.len()];
    let round = at / GUESTS.len();
    let name = if round == 0 { name.to_owned() } else { format!("{name}-{}", round + 1) };
    let prefers = (prefers - 1 + round) % setup.nodes.max(1);
    let volume_at = ON_VOLUMES.contains(&name.as_str()).then(|| {
        volumes.push(volume(&format!("lv_{}", name.replace('.', "_")), 20 * GIB));
        volumes.len() - 1
    });
    let (a, b) = (chance::at(setup.seed, at as u64, 11), chance::at(setup.seed, at as u64, 12));
    let uuid = format!("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", a >> 32, (a >> 16) & 0xffff, a & 0xfff, b >> 52, b & 0xffff_ffff_ffff);
    let hours = i64::try_from(chance::below(setup.seed, at as u64, 2, 400)).unwrap_or(0) + 2;
    let since = setup.began.shifted(-hours * 3_600_000_000);
    Guest {
        name,
        uuid,
        vcpus,
        memory: gib * GIB,
        prefers,
        volume: volume_at,
        on: Some(prefers),
        run: Run::Running,
        wanted: true,
        managed: true,
        work: None,
        failure: None,
        failures: BTreeMap::new(),
        since,
        began: since,
        last: Some(prefers),
        restarts: 0,
        jinxed: BTreeSet::new(),
        rg: Rg::default(),
        may_take: (super::virsh::UNLIMITED, 300),
    }
}

fn volume(name: &str, size: u64) -> Volume {
    Volume { name: name.to_owned(), size, unit: 0, spilt: 0, alone: None, stale: BTreeMap::new() }
}

fn mount(number: usize, size: u64, used: u64) -> Mount {
    Mount { path: format!("/netcluster{number}"), volume: number, size, used, fills: 0 }
}
