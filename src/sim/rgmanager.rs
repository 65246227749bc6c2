//! `clusvcadm` and `fence_node` on a simulated node: the outcome is in the words (rg_strings.c), the exit status says little.

use super::answer::Printed;
use super::life::SECOND;
use super::obey;
use super::policy;
use super::world::{GuestAt, Leftover, NodeAt, Work, World};

/// clusvcadm(8).
pub fn command(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    let Some((verb, rest)) = args.split_first() else { return Printed::failed(1, "usage: clusvcadm [command]") };
    let service = rest.first().copied().unwrap_or_default();
    let target = rest.iter().position(|a| *a == "-m" || *a == "-n").and_then(|at| rest.get(at + 1)).copied();
    let begin = |words: &str| format!("{words} {service}...");
    if !world.quorate() {
        return Printed { out: begin("Trying to change"), err: "Cluster is not quorate\n".to_owned(), code: 1 };
    }
    let Some(guest) = service.strip_prefix("vm:").and_then(|name| world.guest_named(name)) else {
        return said(&begin("Trying to change"), "Service does not exist", 254);
    };
    let to = target.and_then(|name| world.node_named(name));
    if let (Some(name), None) = (target, to) {
        return Printed::failed(1, format!("Member {name} not in membership list"));
    }
    let frozen = world.guests.get(guest).is_some_and(|g| !g.managed);
    match *verb {
        "-U" => freeze(world, guest, false, &begin("Local machine unfreezing")),
        "-Z" => freeze(world, guest, true, &begin("Local machine freezing")),
        _ if frozen => said(&begin("Local machine trying to change"), "Service is frozen", 254),
        "-e" => enable(world, guest, to.unwrap_or(node), &begin("Local machine trying to enable")),
        "-d" | "-s" => disable(world, guest, &begin("Local machine disabling")),
        "-R" => {
            policy::stop(world, guest);
            said(&begin("Local machine trying to restart"), "Success", 0)
        }
        "-r" => relocate(
            world,
            guest,
            to,
            &format!("Trying to relocate {service}{}...", target.map(|t| format!(" to {t}")).unwrap_or_default()),
        ),
        "-M" => migrate(world, guest, to, &format!("Trying to migrate {service} to {}...", target.unwrap_or_default())),
        _ => Printed::failed(1, "usage: clusvcadm [command]"),
    }
}

fn said(begin: &str, end: &str, code: i32) -> Printed {
    Printed { out: format!("{begin}{end}\n"), err: String::new(), code }
}

fn freeze(world: &mut World, guest: GuestAt, frozen: bool, begin: &str) -> Printed {
    if let Some(g) = world.guests.get_mut(guest) {
        g.managed = !frozen;
    }
    said(begin, "Success", 0)
}

fn enable(world: &mut World, guest: GuestAt, node: NodeAt, begin: &str) -> Printed {
    let Some(g) = world.guests.get_mut(guest) else { return Printed::default() };
    if g.on.is_some() {
        return said(begin, "Success", 0);
    }
    (g.wanted, g.failure) = (true, None);
    g.failures.clear();
    g.work = Some(Work::Start(node));
    let (service, name) = (format!("vm:{}", g.name), world.name(node).to_owned());
    world.tell_begin("start", guest, node, None);
    world.plan(3 * SECOND, super::world::Deed::Done(guest));
    said(begin, &format!("Success\n{service} is now running on {name}"), 0)
}

fn disable(world: &mut World, guest: GuestAt, begin: &str) -> Printed {
    if let Some(g) = world.guests.get_mut(guest) {
        g.wanted = false;
    }
    said(begin, "Success", 0)
}

/// Stop here, start there.
fn relocate(world: &mut World, guest: GuestAt, to: Option<NodeAt>, begin: &str) -> Printed {
    let on = world.guests.get(guest).and_then(|g| g.on);
    let to = to.or_else(|| policy::allowed(world, guest).into_iter().find(|n| Some(*n) != on));
    let Some(to) = to.filter(|t| policy::allowed(world, guest).contains(t)) else { return said(begin, "Failure", 255) };
    let name = world.guests.get(guest).map(|g| format!("vm:{}", g.name)).unwrap_or_default();
    if on == Some(to) {
        return said(begin, "Success", 0);
    }
    hold(world, guest, to);
    policy::stop(world, guest);
    said(begin, &format!("Success\n{name} is now running on {}", world.name(to)), 0)
}

fn migrate(world: &mut World, guest: GuestAt, to: Option<NodeAt>, begin: &str) -> Printed {
    let Some(to) = to.filter(|t| policy::allowed(world, guest).contains(t)) else { return said(begin, "Failure", 255) };
    policy::migrate(world, guest, to);
    let moves = world.guests.get(guest).is_some_and(|g| matches!(g.work, Some(Work::Migrate { .. })));
    if moves { said(begin, "Success", 0) } else { said(begin, "Failure", 255) }
}

/// rgmanager starts a relocated service where it was told to, whatever its domain prefers.
fn hold(world: &mut World, guest: GuestAt, to: NodeAt) {
    world.leftovers.retain(|l| l.guest != guest);
    world.leftovers.push(Leftover { guest, node: to, ban: false });
}

/// fence_node(8): silent.
pub fn fence(world: &mut World, args: &[&str]) -> Printed {
    let node = args.iter().find(|a| !a.starts_with('-')).and_then(|name| world.node_named(name));
    let Some(node) = node else { return Printed::failed(2, "fence_node: node is not in cluster.conf") };
    obey::cut_power(world, node);
    world.tell_lost(node);
    world.fence(node, "reboot", "fence_node", 4 * SECOND);
    Printed::default()
}
