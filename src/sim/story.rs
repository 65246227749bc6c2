//! The incidents of `quorate demo --story`: slowly enough to follow, the same for the same seed.

use super::chance;
use super::life::SECOND;
use super::world::{Deed, World};

/// Between two chapters, and before the first.
pub const PAUSE: i64 = 15 * SECOND;

/// What a chapter is about, in turn.
const CHAPTERS: [fn(&mut World, u64) -> i64; 6] = [cable, guest, path, node, volume, jinx];

/// Begins a chapter, and plans the next one after its end.
pub fn chapter(world: &mut World, number: u64) {
    let at = usize::try_from(number).unwrap_or(0) % CHAPTERS.len();
    let lasts = CHAPTERS.get(at).map_or(0, |tell| tell(world, number));
    world.plan(lasts + PAUSE, Deed::Chapter(number + 1));
}

fn pick(world: &World, number: u64, key: u64, many: usize) -> usize {
    usize::try_from(chance::below(world.seed, key, number, many as u64)).unwrap_or(0)
}

/// A cable is pulled, and put back.
fn cable(world: &mut World, number: u64) -> i64 {
    let node = pick(world, number, 1, world.nodes.len());
    let bond = pick(world, number, 2, 2);
    // The one that carries: a bond does not go back to its first port by itself.
    let port = world.nodes.get(node).and_then(|n| n.active_port(bond)).unwrap_or(bond);
    world.plan(0, Deed::Cable(node, port, false));
    world.plan(40 * SECOND, Deed::Cable(node, port, true));
    50 * SECOND
}

/// A guest's kernel dies; the manager restarts it.
fn guest(world: &mut World, number: u64) -> i64 {
    let guest = pick(world, number, 3, world.guests.len());
    world.plan(0, Deed::Hang(guest));
    40 * SECOND
}

/// A path to the array is lost.
fn path(world: &mut World, number: u64) -> i64 {
    let node = pick(world, number, 4, world.nodes.len());
    world.plan(0, Deed::Path(node, 1, false));
    world.plan(45 * SECOND, Deed::Path(node, 1, true));
    50 * SECOND
}

/// A node dies, is fenced, and comes back; what ran there runs elsewhere.
fn node(world: &mut World, number: u64) -> i64 {
    let node = pick(world, number, 5, world.nodes.len());
    let deed = if number.is_multiple_of(2) { Deed::Lose(node) } else { Deed::Cut(node) };
    world.plan(0, deed);
    100 * SECOND
}

/// A filesystem fills until somebody clears up.
fn volume(world: &mut World, _number: u64) -> i64 {
    let rate = world.mounts.get(1).map_or(0, |m| m.size / 4);
    world.plan(0, Deed::Fill(1, rate));
    world.plan(100 * SECOND, Deed::Drained(1));
    110 * SECOND
}

/// A guest is moved to a node on which it will not start, once it has to.
fn jinx(world: &mut World, number: u64) -> i64 {
    let guest = pick(world, number, 6, world.guests.len());
    let Some(on) = world.guests.get(guest).and_then(|g| g.on) else { return 0 };
    world.plan(0, Deed::Jinx(guest, on));
    world.plan(SECOND, Deed::Hang(guest));
    50 * SECOND
}
