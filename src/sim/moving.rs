//! `pvmove` on a simulated node: what lies on one of the shared group's physical volumes moves to the other one.

use std::fmt::Write as _;

use super::answer::{Printed, storage};
use super::life::SECOND;
use super::obey::Reply;
use super::rgmanager::Pending;
use super::world::{Deed, NodeAt, Volume, World};
use crate::domain::stamp::Stamp;

/// Bytes that are moved in a second: nobody waits for the hours that it takes.
const RATE: u64 = 40 << 30;

/// A move that goes on.
#[derive(Clone, Copy, Debug)]
pub struct Moving {
    unit: usize,
    only: Option<usize>,
    began: Stamp,
    ends: Stamp,
    /// How often it has said how far it is.
    told: i64,
}

fn unit(path: &str) -> Option<usize> {
    storage::UNITS.iter().position(|known| *known == path)
}

/// Bytes of a volume on a physical one.
const fn part(volume: &Volume, unit: usize) -> u64 {
    if volume.unit == unit { volume.size - volume.spilt } else { volume.spilt }
}

/// `pvs --segments -o vg_name,lv_name,seg_size PV`.
pub fn on(world: &World, path: &str) -> Printed {
    let Some(unit) = unit(path) else {
        return if path == "/dev/sda2" {
            Printed::ok("  vg_sys|root|34359738368\n  vg_sys|log|17179869184\n  vg_sys||25769803776\n".to_owned())
        } else {
            Printed::failed(5, format!("  Failed to find physical volume \"{path}\"."))
        };
    };
    let mut out = String::new();
    for volume in world.volumes.iter().filter(|v| part(v, unit) > 0) {
        let _ = writeln!(out, "  {}|{}|{}", storage::GROUP, volume.name, part(volume, unit));
    }
    let _ = writeln!(out, "  {}||{}", storage::GROUP, storage::free_on(world, unit));
    Printed::ok(out)
}

/// pvmove(8): `[--interval S] [--name VG/LV] FROM [TO]`.
pub fn pvmove(world: &mut World, node: NodeAt, args: &[&str]) -> Reply {
    let no = |words: String| Reply::Now(Printed::failed(5, words));
    let (mut paths, mut name) = (Vec::new(), None);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match *word {
            "--name" | "-n" => name = words.next().copied(),
            "--interval" | "-i" => drop(words.next()),
            path => paths.push(path),
        }
    }
    let [from, to @ ..] = paths.as_slice() else { return no("  No PVs found".to_owned()) };
    let Some(place) = unit(from) else { return no(format!("  Physical volume \"{from}\" not found in a shared group")) };
    if let Some(stranger) = to.iter().find(|to| unit(to).is_none_or(|to| to == place)) {
        return no(format!("  Physical Volume \"{stranger}\" not found in Volume Group \"{}\".", storage::GROUP));
    }
    let only = match name {
        None => None,
        Some(name) => {
            let lv = name.rsplit('/').next().unwrap_or(name);
            let Some(at) = world.volumes.iter().position(|v| v.name == lv) else {
                return no(format!("  Failed to find logical volume \"{name}\""));
            };
            Some(at)
        }
    };
    let moved = |(at, v): (usize, &Volume)| if only.is_none_or(|only| only == at) { part(v, place) } else { 0 };
    let bytes: u64 = world.volumes.iter().enumerate().map(moved).sum();
    if bytes == 0 {
        return no(format!("  No data to move for {}.", storage::GROUP));
    }
    if bytes > storage::free_on(world, 1 - place) {
        return no(format!(
            "  Insufficient free space: {} extents needed, but only {} available",
            bytes >> 22,
            storage::free_on(world, 1 - place) >> 22
        ));
    }
    let takes = i64::try_from((bytes / RATE).clamp(8, 30)).unwrap_or(30) * SECOND;
    world.log(node, "lvm", 5, format!("Monitoring mirror device {}-pvmove0 for events.", storage::GROUP));
    world.plan(takes, Deed::Emptied(place, only));
    Reply::Later(Pending::moving(Moving { unit: place, only, began: world.now, ends: world.now.shifted(takes), told: 0 }))
}

/// It is done.
pub fn done(world: &mut World, unit: usize, only: Option<usize>) {
    for (at, volume) in world.volumes.iter_mut().enumerate().filter(|(_, v)| part(v, unit) > 0) {
        if only.is_none_or(|only| only == at) {
            (volume.unit, volume.spilt) = (1 - unit, 0);
        }
    }
}

impl Moving {
    fn line(&self, percent: i64) -> String {
        format!("  {}: Moved: {percent}.00%\n", storage::UNITS[self.unit])
    }

    /// What it prints by now, every few seconds.
    pub fn said(&mut self, now: Stamp) -> Option<String> {
        let (gone, all) = (now.0 - self.began.0, self.ends.0 - self.began.0);
        let turn = gone / (2 * SECOND) + 1;
        if turn <= self.told || gone >= all {
            return None;
        }
        self.told = turn;
        Some(self.line(gone * 100 / all.max(1)))
    }

    /// What it prints at its end; none: it goes on.
    pub fn ended(&self, world: &World) -> Option<Printed> {
        let left = world.volumes.iter().enumerate().any(|(at, v)| self.only.is_none_or(|only| only == at) && part(v, self.unit) > 0);
        (!left).then(|| Printed::ok(self.line(100)))
    }
}
