//! What the manager decides: where each guest has to run, and what it does about it.

use super::chance;
use super::life::SECOND;
use super::world::{Deed, Failure, Guest, GuestAt, NodeAt, Run, Work, World};

/// Failures on a node after which a guest is kept away from it.
const THRESHOLD: u32 = 3;
/// Guests that may be moved at once.
const AT_ONCE: usize = 2;
/// Bytes that a migration moves in a second.
const BANDWIDTH: u64 = 512 << 20;

/// Starts, stops and moves what is not as it should be.
pub fn decide(world: &mut World) {
    if !world.quorate() || world.maintenance {
        return;
    }
    for at in 0..world.guests.len() {
        let Some(guest) = world.guests.get(at) else { continue };
        if guest.work.is_some() || !guest.managed || guest.run == Run::Crashed || guest.rg.rests || guest.rg.broken {
            continue;
        }
        match (guest.wanted, guest.on) {
            // A node that is gone keeps what ran on it until it is fenced.
            (_, Some(on)) if world.nodes.get(on).is_none_or(|n| !n.is_member()) => {}
            (false, Some(_)) => stop(world, at),
            (true, None) => start(world, at),
            (true, Some(on)) => {
                if let Some(to) = better(world, at, on) {
                    migrate(world, at, to);
                }
            }
            (false, None) => {}
        }
    }
}

/// Nodes that may run a guest.
pub fn allowed(world: &World, guest: GuestAt) -> Vec<NodeAt> {
    let Some(g) = world.guests.get(guest) else { return Vec::new() };
    let mine = |ban: bool| world.leftovers.iter().filter(move |l| l.guest == guest && l.ban == ban);
    let banned: Vec<NodeAt> = mine(true).map(|l| l.node).collect();
    let able = |n: &NodeAt| {
        let node = world.nodes.get(*n);
        node.is_some_and(|n| !n.standby && n.rgmanager)
            && !banned.contains(n)
            && g.failures.get(n).copied().unwrap_or(0) < THRESHOLD
            && (g.rg.restricted.is_empty() || g.rg.restricted.contains(n))
    };
    world.members().into_iter().filter(able).collect()
}

/// The best node: where a move holds it, then where it is preferred, then the least loaded.
pub fn best(world: &World, guest: GuestAt) -> Option<NodeAt> {
    let g = world.guests.get(guest)?;
    let held = world.leftovers.iter().find(|l| l.guest == guest && !l.ban).map(|l| l.node);
    let rank = |n: &NodeAt| {
        // rgmanager goes by its failover domain alone: the preferred node first, then round from there.
        if world.manager == super::Manager::Rgmanager {
            let many = world.nodes.len();
            let place = if g.rg.restricted.is_empty() { (n + many - g.prefers) % many } else { 0 };
            return (Some(*n) != held, place > 0, place, *n);
        }
        let guests = world.guests.iter().filter(|g| g.on == Some(*n) || g.work == Some(Work::Start(*n))).count();
        (Some(*n) != held, *n != g.prefers, guests, *n)
    };
    allowed(world, guest).into_iter().min_by_key(rank)
}

/// Where a running guest has to go: it may not stay, or a move holds it elsewhere. (Stickiness outweighs a mere preference.)
pub fn better(world: &World, guest: GuestAt, on: NodeAt) -> Option<NodeAt> {
    let stays =
        allowed(world, guest).contains(&on) || world.nodes.get(on).is_some_and(|n| !n.standby && kept_by_failures(world, guest, on));
    let held = world.leftovers.iter().find(|l| l.guest == guest && !l.ban).map(|l| l.node);
    match held {
        Some(to) if to != on && allowed(world, guest).contains(&to) => Some(to),
        _ if stays => None,
        _ => best(world, guest).filter(|to| *to != on),
    }
}

/// Only its failures speak against the node: a guest that runs all the same is left alone.
fn kept_by_failures(world: &World, guest: GuestAt, on: NodeAt) -> bool {
    !world.leftovers.iter().any(|l| l.guest == guest && l.ban && l.node == on)
}

fn start(world: &mut World, guest: GuestAt) {
    if world.locked {
        return;
    }
    let Some(node) = best(world, guest) else { return };
    let Some(g) = world.guests.get_mut(guest) else { return };
    g.work = Some(Work::Start(node));
    let now = world.second();
    world.tell_begin("start", guest, node, None);
    let takes = 2 + chance::below(world.seed, guest as u64, now, 4);
    world.plan(i64::try_from(takes).unwrap_or(3) * SECOND, Deed::Done(guest));
}

/// Stops a guest where it is.
pub fn stop(world: &mut World, guest: GuestAt) {
    let Some(g) = world.guests.get_mut(guest) else { return };
    let Some(node) = g.on else { return };
    g.work = Some(Work::Stop);
    world.tell_begin("stop", guest, node, None);
    world.plan(4 * SECOND, Deed::Done(guest));
}

/// Moves a guest live.
pub fn migrate(world: &mut World, guest: GuestAt, to: NodeAt) {
    let moving = world.guests.iter().filter(|g| matches!(g.work, Some(Work::Migrate { .. }))).count();
    let now = world.now;
    let Some(g) = world.guests.get_mut(guest) else { return };
    let Some(on) = g.on.filter(|on| *on != to && g.work.is_none()) else { return };
    if moving >= AT_ONCE {
        return;
    }
    let takes = i64::try_from(g.memory / speed(g)).unwrap_or(8).max(3) * SECOND;
    g.work = Some(Work::Migrate { to, from: now, until: now.shifted(takes) });
    world.tell_begin("migrate_to", guest, on, Some(to));
    world.plan(takes, Deed::Done(guest));
}

/// Bytes that its migration moves in a second.
fn speed(guest: &Guest) -> u64 {
    guest.may_take.0.saturating_mul(1 << 20).clamp(1 << 20, BANDWIDTH)
}

/// A migration that is under way goes on with another speed: what is left of it takes as long as it takes now.
pub fn pace(world: &mut World, guest: GuestAt) {
    let now = world.now;
    let Some(g) = world.guests.get_mut(guest) else { return };
    let per_second = i64::try_from(speed(g)).unwrap_or(i64::MAX);
    let memory = i64::try_from(g.memory).unwrap_or(i64::MAX);
    let Some(Work::Migrate { from, until, .. }) = &mut g.work else { return };
    let part = |n: i64, of: i64, whole: i64| i64::try_from(i128::from(n) * i128::from(of) / i128::from(whole.max(1))).unwrap_or(i64::MAX);
    let (whole, left) = (until.0 - from.0, (until.0 - now.0).max(0));
    // As if it had gone on like this from the start, and had the same behind it.
    let takes = part(memory, SECOND, per_second);
    let rest = part(takes, left, whole);
    *until = now.shifted(rest);
    *from = until.shifted(-takes);
    world.plan(rest, Deed::Done(guest));
}

/// What the manager had under way for a guest has ended.
pub fn done(world: &mut World, guest: GuestAt) {
    let now = world.now;
    let Some(g) = world.guests.get_mut(guest) else { return };
    if matches!(g.work, Some(Work::Migrate { until, .. }) if until > now) {
        return;
    }
    match g.work.take() {
        Some(Work::Start(node)) if g.jinxed.remove(&node) => {
            let reason = format!("Failed to start virtual domain {}: operation failed: cannot acquire state change lock", g.name);
            *g.failures.entry(node).or_default() += THRESHOLD;
            g.failure = Some(Failure { task: "start", node, rc: 1, reason: reason.clone(), at: now });
            world.tell_failed("start", guest, node, &reason);
        }
        Some(Work::Start(node)) => {
            (g.on, g.run, g.since, g.began) = (Some(node), Run::Running, now, now);
            g.restarts += u32::from(g.last == Some(node));
            world.tell_done("start", guest, node, None);
        }
        Some(Work::Stop) if std::mem::take(&mut g.rg.sticky) => {
            let node = g.on.take();
            (g.rg.broken, g.since, g.last, g.run) = (true, now, node, Run::Off);
            if let Some(node) = node {
                world.tell_failed("stop", guest, node, "the guest did not shut down");
            }
        }
        Some(Work::Stop) => {
            let node = g.on.take();
            (g.run, g.since, g.last) = (Run::Off, now, node);
            if let Some(node) = node {
                world.tell_done("stop", guest, node, None);
            }
        }
        Some(Work::Migrate { to, .. }) => {
            let from = g.on.replace(to);
            (g.since, g.began, g.last) = (now, now, from);
            if let Some(from) = from {
                world.tell_done("migrate_to", guest, from, Some(to));
            }
            world.tell_done("migrate_from", guest, to, None);
        }
        None => {}
    }
}
