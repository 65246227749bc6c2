//! `virsh` on a simulated node: what an action sends where the manager is not asked.

use std::fmt::Write as _;

use super::answer::Printed;
use super::policy;
use super::world::{Guest, NodeAt, Run, Work, World};
use crate::domain::stamp::Stamp;

/// What QEMU takes for no limit, in MiB a second.
pub const UNLIMITED: u64 = 8_796_093_022_207;

/// virsh(1).
pub fn command(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    let words: Vec<&str> = args.iter().copied().skip_while(|a| a.starts_with('-') || a.contains("://")).collect();
    let (verb, name) = (words.first().copied().unwrap_or_default(), words.iter().skip(1).find(|w| !w.starts_with('-')));
    if verb == "list" {
        return Printed::ok(list(world, node));
    }
    let name = name.copied().unwrap_or_default();
    let now = world.now;
    let volume = world.guest_named(name).and_then(|g| world.guests.get(g)?.volume);
    let size = volume.and_then(|v| world.volumes.get(v)).map_or(0, |v| v.size);
    let here = world.guest_named(name).filter(|g| world.runs_on(*g) == Some(node));
    let Some(guest) = here.and_then(|g| world.guests.get_mut(g)) else {
        return Printed::failed(1, format!("error: failed to get domain '{name}'"));
    };
    match verb {
        "domstate" => return Printed::ok(format!("{}\n\n", word(guest.run))),
        "domjobinfo" => return Printed::ok(job(guest, now)),
        "domblkinfo" => return Printed::ok(format!("Capacity:       {size}\nAllocation:     {size}\nPhysical:       {size}\n")),
        "blockresize" => return Printed::ok(format!("Block device of '{name}' is resized\n")),
        "migrate-getspeed" => return Printed::ok(format!("{}\n\n", guest.may_take.0)),
        "migrate-getmaxdowntime" => return Printed::ok(format!("{}\n\n", guest.may_take.1)),
        "migrate-setspeed" | "migrate-setmaxdowntime" => {
            let amount = words.last().and_then(|w| w.parse().ok()).unwrap_or_default();
            if verb == "migrate-setmaxdowntime" {
                guest.may_take.1 = amount;
                return Printed::default();
            }
            guest.may_take.0 = amount;
            if let Some(at) = here {
                policy::pace(world, at);
            }
            return Printed::default();
        }
        // It runs on the target at once, and what it lacks follows as fast as the network is.
        "migrate-postcopy" if matches!(guest.work, Some(Work::Migrate { .. })) => {
            guest.may_take.0 = UNLIMITED;
            if let Some(at) = here {
                policy::pace(world, at);
            }
            return Printed::default();
        }
        "migrate-postcopy" => return Printed::failed(1, "error: Requested operation is not valid: no active migration"),
        "domjobabort" if matches!(guest.work, Some(Work::Migrate { .. })) => {
            guest.work = None;
            return Printed::default();
        }
        "domjobabort" => return Printed::failed(1, "error: Requested operation is not valid: no job is active on the domain"),
        "dominfo" => return Printed::ok(info(guest)),
        "domuuid" => return Printed::ok(format!("{}\n\n", guest.uuid)),
        "suspend" if guest.run == Run::Running => guest.run = Run::Paused,
        "resume" if guest.run == Run::Paused => guest.run = Run::Running,
        "reset" if guest.run != Run::Off => guest.run = Run::Running,
        "managedsave" | "save" if guest.run != Run::Off => guest.run = Run::Saved,
        "destroy" if guest.run != Run::Off => guest.run = Run::Off,
        "suspend" | "resume" | "reset" | "managedsave" | "save" | "destroy" => {
            return Printed::failed(1, "error: Requested operation is not valid: domain is not running");
        }
        other => return Printed::failed(1, format!("error: unknown command: '{other}'")),
    }
    guest.since = now;
    Printed::ok(format!("Domain '{name}' {verb}ed\n\n"))
}

const fn word(run: Run) -> &'static str {
    match run {
        Run::Running => "running",
        Run::Paused => "paused",
        Run::Crashed => "crashed",
        Run::Saved | Run::Off => "shut off",
    }
}

/// A running migration: `virsh domjobinfo --rawstats`.
fn job(guest: &Guest, now: Stamp) -> String {
    let Some(Work::Migrate { from, until, .. }) = guest.work else { return "Job type:         None\n".to_owned() };
    let (whole, gone) = (from.age(until).as_micros().max(1), from.age(now).as_micros());
    let left = u128::from(guest.memory) * whole.saturating_sub(gone) / whole;
    format!("Job type:         Unbounded\ndata_total: {}\ndata_remaining: {left}\n", guest.memory)
}

fn list(world: &World, node: NodeAt) -> String {
    let mut out = String::from(" Id   Name          State\n------------------------------\n");
    for (at, guest) in world.guests.iter().enumerate().filter(|(at, _)| world.runs_on(*at) == Some(node)) {
        let _ = writeln!(out, " {:<4} {:<13} {}", at + 1, guest.name, word(guest.run));
    }
    out.push('\n');
    out
}

fn info(guest: &Guest) -> String {
    let (name, uuid, state, vcpus, kib) = (&guest.name, &guest.uuid, word(guest.run), guest.vcpus, guest.memory >> 10);
    format!(
        "Name:           {name}\nUUID:           {uuid}\nOS Type:        hvm\nState:          {state}\nCPU(s):         {vcpus}\nMax memory:     {kib} KiB\n"
    )
}
