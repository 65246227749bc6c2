//! `clusvcadm` on a simulated node: the outcome is in the words (rg_strings.c), and it comes when the work is done.

use super::answer::Printed;
use super::life::SECOND;
use super::moving::Moving;
use super::obey::Reply;
use super::policy;
use super::world::{GuestAt, Leftover, NodeAt, Work, World};
use crate::domain::stamp::Stamp;

/// What a command waits for.
#[derive(Clone, Debug)]
pub struct Pending {
    /// What it has printed so far.
    begin: String,
    goal: Goal,
}

#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// A service runs again: where it was wanted, where it came from.
    Started {
        guest: GuestAt,
        wanted: Option<NodeAt>,
        from: Option<NodeAt>,
    },
    Migrated(GuestAt, NodeAt),
    Stopped(GuestAt),
    /// Nothing with an owner is left on a node.
    Empty(NodeAt),
    Fenced(NodeAt),
    /// A fencing that a human must acknowledge: for ever.
    Acknowledged(NodeAt),
    /// A physical volume is empty.
    Moved(Moving),
}

impl Pending {
    /// Waits for a move.
    pub const fn moving(moving: Moving) -> Self {
        Self { begin: String::new(), goal: Goal::Moved(moving) }
    }

    /// What a command prints while it goes on.
    pub fn said(&mut self, now: Stamp) -> Option<String> {
        match &mut self.goal {
            Goal::Moved(moving) => moving.said(now),
            _ => None,
        }
    }
}

/// Result texts of rgmanager with their exit status.
const FAILURE: (&str, i32) = ("Failure", 255);
const ABORTED: (&str, i32) = ("Aborted; service failed", 254);
const TRY_AGAIN: (&str, i32) = ("Temporary failure; try again", 250);
const DEPENDENCY: (&str, i32) = ("Operation violates dependency rule", 249);
const INVALID: (&str, i32) = ("Invalid operation for resource", 248);
const FROZEN: (&str, i32) = ("Failure: Service is frozen", 245);
const RUNNING: (&str, i32) = ("Service is already running", 0);
const SUCCESS: (&str, i32) = ("Success", 0);

fn said(begin: &str, (words, code): (&str, i32)) -> Printed {
    Printed { out: format!("{begin}{words}\n"), err: String::new(), code }
}

fn now(begin: &str, result: (&str, i32)) -> Reply {
    Reply::Now(said(begin, result))
}

pub(super) fn later(begin: String, goal: Goal) -> Reply {
    Reply::Later(Pending { begin, goal })
}

/// What a pending command prints at its end; none: it still waits.
pub fn ended(world: &World, pending: &Pending) -> Option<Printed> {
    let begin = pending.begin.as_str();
    let of = |guest: &GuestAt| world.guests.get(*guest);
    match &pending.goal {
        Goal::Started { guest, wanted, from } => {
            let g = of(guest).filter(|g| g.work.is_none())?;
            if g.rg.broken {
                return Some(said(begin, ABORTED));
            }
            let Some(on) = g.on else {
                let hopeless = policy::allowed(world, *guest).is_empty() || world.locked;
                return hopeless.then(|| said(begin, FAILURE));
            };
            if from.is_some() && *from == g.on && *wanted != g.on {
                return Some(said(begin, ("Failed; service running on original owner", 239)));
            }
            let warning = if wanted.is_some_and(|w| w != on) { "Warning: " } else { "" };
            Some(said(begin, (&format!("Success\n{warning}vm:{} is now running on {}", g.name, world.name(on)), 0)))
        }
        Goal::Migrated(guest, to) => {
            let g = of(guest).filter(|g| g.work.is_none())?;
            Some(said(begin, if g.on == Some(*to) { SUCCESS } else { FAILURE }))
        }
        Goal::Stopped(guest) => {
            let g = of(guest).filter(|g| g.work.is_none())?;
            Some(said(begin, if g.rg.broken { FAILURE } else { SUCCESS }))
        }
        Goal::Moved(moving) => moving.ended(world),
        Goal::Empty(node) => {
            let left = world.guests.iter().any(|g| g.on == Some(*node));
            (!left).then(|| Printed::ok(format!("{begin}[  OK  ]\n")))
        }
        Goal::Fenced(node) => {
            let done = world.nodes.get(*node).is_some_and(|n| !n.unclean);
            let name = world.name(*node);
            done.then(|| Printed {
                err: format!("fence {name} dev 0.0 agent fence_ipmilan result: success\nfence {name} success\n"),
                ..Printed::default()
            })
        }
        Goal::Acknowledged(node) => {
            let done = world.nodes.get(*node).is_some_and(|n| !n.unclean);
            done.then(|| Printed::ok(format!("{begin}Done\n")))
        }
    }
}

/// clusvcadm(8).
pub fn command(world: &mut World, node: NodeAt, args: &[&str]) -> Reply {
    let Some((verb, rest)) = args.split_first() else { return Reply::Now(usage()) };
    if !world.nodes.get(node).is_some_and(|n| n.clustered) {
        return Reply::Now(Printed::failed(1, "Could not connect to cluster service"));
    }
    if !world.nodes.get(node).is_some_and(|n| n.rgmanager) {
        return Reply::Now(Printed { out: "Could not connect to resource group manager\n".to_owned(), err: String::new(), code: 1 });
    }
    match *verb {
        "-l" | "-u" if !world.quorate() => {
            return Reply::Now(Printed { out: "Lock operation failed\n".to_owned(), err: String::new(), code: 1 });
        }
        "-l" | "-u" => world.locked = *verb == "-l",
        _ => {}
    }
    if matches!(*verb, "-l" | "-u" | "-S") {
        return Reply::Now(Printed::ok(format!("Resource groups {}\n", if world.locked { "locked" } else { "unlocked" })));
    }
    let given = rest.first().copied().unwrap_or_default();
    let service = if given.contains(':') { given.to_owned() } else { format!("service:{given}") };
    let (target, note) = match rest.iter().position(|a| *a == "-m" || *a == "-n").and_then(|at| rest.get(at + 1)) {
        None => (None, String::new()),
        Some(name) => match similar(world, name) {
            Ok((node, note)) => (Some(node), note),
            Err(words) => return Reply::Now(Printed { out: words, err: String::new(), code: 1 }),
        },
    };
    let at = target.map(|t| world.name(t).to_owned());
    let begin = note + &beginning(verb, &service, at.as_deref());
    if !world.quorate() {
        return now(&begin, ("Operation requires quorum", 247));
    }
    let Some(guest) = service.strip_prefix("vm:").and_then(|name| world.guest_named(name)) else {
        return now(&begin, ("Service does not exist", 252));
    };
    on_guest(world, node, verb, guest, target, begin)
}

fn usage() -> Printed {
    Printed { out: "usage: clusvcadm [command]\n".to_owned(), err: String::new(), code: 1 }
}

/// An unknown name is taken for the member with the longest common beginning.
fn similar(world: &World, name: &str) -> Result<(NodeAt, String), String> {
    if let Some(node) = world.node_named(name) {
        return Ok((node, String::new()));
    }
    let common = |node: NodeAt| world.name(node).bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let most = (0..world.nodes.len()).map(common).max().unwrap_or(0);
    let mut alike = (0..world.nodes.len()).filter(|n| common(*n) == most);
    let head = format!("'{name}' not in membership list\n");
    match (most, alike.next(), alike.next()) {
        (1.., Some(node), None) => Ok((node, format!("{head}Closest match: '{}'\n", world.name(node)))),
        (1.., ..) => Err(format!("{head}More than one possible match for '{name}' found\n")),
        _ => Err(format!("{head}No matches for '{name}' found\n")),
    }
}

fn beginning(verb: &str, service: &str, target: Option<&str>) -> String {
    let to = target.map(|t| format!(" to {t}")).unwrap_or_default();
    let who = target.map_or_else(|| "Local machine".to_owned(), |t| format!("Member {t}"));
    match verb {
        "-r" => format!("Trying to relocate {service}{to}..."),
        "-M" => format!("Trying to migrate {service}{to}..."),
        "-d" => format!("{who} disabling {service}..."),
        "-s" => format!("{who} stopping {service}..."),
        "-R" => format!("{who} trying to restart {service}..."),
        "-Z" => format!("{who} freezing {service}..."),
        "-U" => format!("{who} unfreezing {service}..."),
        "-c" => format!("{who} convalescing {service}..."),
        _ => format!("{who} trying to enable {service}..."),
    }
}

fn on_guest(world: &mut World, node: NodeAt, verb: &str, guest: GuestAt, target: Option<NodeAt>, begin: String) -> Reply {
    let Some(g) = world.guests.get(guest) else { return now(&begin, FAILURE) };
    let (on, broken, partial) = (g.on, g.rg.broken, g.rg.partial);
    if !g.managed && verb != "-U" && verb != "-Z" {
        return now(&begin, FROZEN);
    }
    if broken && !matches!(verb, "-d") {
        return now(&begin, if verb == "-e" || verb == "-r" { ABORTED } else { FAILURE });
    }
    match verb {
        "-Z" | "-U" => {
            if let Some(g) = world.guests.get_mut(guest) {
                g.managed = verb == "-U";
            }
            now(&begin, SUCCESS)
        }
        "-c" if !partial => now(&begin, RUNNING),
        "-c" => {
            if let Some(g) = world.guests.get_mut(guest) {
                g.rg.partial = false;
            }
            now(&begin, SUCCESS)
        }
        "-e" if on.is_some() => now(&begin, RUNNING),
        "-e" if world.locked => now(&begin, TRY_AGAIN),
        "-e" => enable(world, guest, target.unwrap_or(node), begin),
        "-d" | "-s" => stop(world, guest, verb == "-d", begin),
        "-R" | "-r" | "-M" if on.is_none() => now(&begin, INVALID),
        "-R" => turn(world, guest, on, None, begin),
        "-r" => match target.or_else(|| policy::allowed(world, guest).into_iter().find(|n| Some(*n) != on)) {
            Some(to) if crowded(world, guest, to) => now(&begin, DEPENDENCY),
            to => turn(world, guest, to, on, begin),
        },
        _ => migrate(world, guest, target, begin),
    }
}

/// Its node is to itself alone, or that of another is.
fn crowded(world: &World, guest: GuestAt, to: NodeAt) -> bool {
    let mine = world.guests.get(guest).is_some_and(|g| g.rg.exclusive);
    world.guests.iter().enumerate().any(|(at, g)| at != guest && g.on == Some(to) && (mine || g.rg.exclusive))
}

fn enable(world: &mut World, guest: GuestAt, node: NodeAt, begin: String) -> Reply {
    if !policy::allowed(world, guest).contains(&node) {
        return now(&begin, ("Service not runnable", 241));
    }
    hold(world, guest, node);
    let Some(g) = world.guests.get_mut(guest) else { return now(&begin, FAILURE) };
    (g.wanted, g.failure, g.rg.rests) = (true, None, false);
    g.failures.clear();
    g.work = Some(Work::Start(node));
    world.tell_begin("start", guest, node, None);
    world.plan(2 * SECOND, super::world::Deed::Done(guest));
    later(begin, Goal::Started { guest, wanted: Some(node), from: None })
}

/// Disabled for good, or stopped until the next transition.
fn stop(world: &mut World, guest: GuestAt, disabled: bool, begin: String) -> Reply {
    let Some(g) = world.guests.get_mut(guest) else { return now(&begin, FAILURE) };
    if disabled {
        (g.wanted, g.rg.broken) = (false, false);
    } else {
        g.rg.rests = true;
    }
    if g.on.is_some() && g.work.is_none() {
        policy::stop(world, guest);
    }
    later(begin, Goal::Stopped(guest))
}

/// Stopped where it is, started there or elsewhere.
fn turn(world: &mut World, guest: GuestAt, to: Option<NodeAt>, from: Option<NodeAt>, begin: String) -> Reply {
    if world.locked {
        return now(&begin, TRY_AGAIN);
    }
    // A wish that the domain forbids is none.
    let to = to.filter(|t| policy::allowed(world, guest).contains(t));
    if let Some(to) = to {
        hold(world, guest, to);
    }
    policy::stop(world, guest);
    later(begin, Goal::Started { guest, wanted: to, from })
}

fn migrate(world: &mut World, guest: GuestAt, to: Option<NodeAt>, begin: String) -> Reply {
    let Some(to) = to else {
        return Reply::Now(Printed { out: "Migration requires a target cluster member\n".to_owned(), err: String::new(), code: 1 });
    };
    if !world.nodes.get(to).is_some_and(super::world::Node::is_member) {
        return Reply::Now(Printed { out: format!("'{}' is offline\n", world.name(to)), err: String::new(), code: 1 });
    }
    if world.guests.get(guest).is_some_and(|g| g.on == Some(to)) {
        return now(&begin, SUCCESS);
    }
    if !policy::allowed(world, guest).contains(&to) {
        return now(&begin, FAILURE);
    }
    hold(world, guest, to);
    policy::migrate(world, guest, to);
    later(begin, Goal::Migrated(guest, to))
}

/// rgmanager starts a relocated service where it was told to, whatever its domain prefers.
fn hold(world: &mut World, guest: GuestAt, to: NodeAt) {
    world.leftovers.retain(|l| l.guest != guest);
    world.leftovers.push(Leftover { guest, node: to, ban: false });
}
