//! Migrations that nobody carries on. Where the client of a migration dies at its end, libvirt leaves the source "paused (migrating)", with no job, for
//! as long as nobody decides: by its state alone it would be on its way for days.

use std::sync::Arc;

use crate::domain::guest::Guest;
use crate::domain::observation::Question;
use crate::domain::observation::guest::VirtHost;
use crate::domain::stamp::Stamp;

use super::facts::NodeState;
use super::identity::{Names, Nodes};

/// Between two phases of a migration, and while it ends, no job may be told. Microseconds.
const SETTLED: i64 = 15_000_000;

/// Guests that libvirt calls migrating and that no node has a job for are not on their way any more.
pub(super) fn settle(guests: &mut [Guest], nodes: &Nodes, names: &Names, is_off: &dyn Fn(&str) -> bool) {
    if !guests.iter().any(|g| g.migrating) {
        return;
    }
    let sides: Vec<(&Arc<str>, &NodeState)> = names.roll(nodes).filter(|(name, node)| may_have_guests(node) && !is_off(name)).collect();
    let all: &[Guest] = guests;
    let over: Vec<bool> = all.iter().map(|g| g.migrating && is_stranded(g, all, &sides)).collect();
    for (guest, over) in guests.iter_mut().zip(over) {
        guest.migrating &= !over;
    }
}

fn is_stranded(guest: &Guest, all: &[Guest], sides: &[(&Arc<str>, &NodeState)]) -> bool {
    let uuid = guest.uuid.as_str();
    let halves = || all.iter().filter(move |g| g.uuid == uuid && g.state.is_active());
    if halves().any(|g| g.job.is_some()) {
        return false;
    }
    let here = sides.iter().find(|(name, _)| **name == guest.node);
    let Some(turned) = here.and_then(|(_, node)| node.guests.turned(uuid)) else { return false };
    // libvirt tells the job where the guest leaves. Where both halves are seen, that is one of the two; else it may be any node.
    let paired = halves().any(|g| g.node != guest.node && !g.stale);
    let mut asked = sides.iter().filter(|(name, _)| !paired || halves().any(|g| g.node == **name));
    asked.all(|(_, node)| jobs_told(node).is_some_and(|told| told >= turned.shifted(SETTLED)))
}

/// A node that is not reached may have guests that nobody sees.
fn may_have_guests(node: &NodeState) -> bool {
    node.answers.guests.get().is_some() || node.troubles.contains_key(&Question::Guests) || !node.reach.is_up()
}

/// When the node was asked for its jobs; none where it may not have told them.
fn jobs_told(node: &NodeState) -> Option<Stamp> {
    let fails = |question| node.troubles.contains_key(&question);
    let tells = node.reach.is_up() && !fails(Question::Guests) && !fails(Question::GuestJobs);
    let knows = node.answers.virt_host.get().is_some_and(knows_jobs);
    node.asked(Question::GuestJobs).filter(|_| tells && knows)
}

/// QEMU's libvirt tells of jobs since 1.0.3. The silence of one that does not says nothing.
fn knows_jobs(host: &VirtHost) -> bool {
    let version: Vec<u32> = host.version.iter().flat_map(|v| v.split('.')).map(|n| n.parse().unwrap_or(0)).collect();
    host.driver.as_deref() == Some("QEMU") && version.as_slice() >= [1, 0, 3].as_slice()
}
