//! What changes the simulated cluster: the commands that an action sends, as the real tools take them.

use super::answer::Printed;
use super::conf;
use super::inquiry;
use super::life::SECOND;
use super::moving;
use super::policy;
use super::world::{GuestAt, Leftover, NodeAt, Run, Work, World};
use super::{cman, ip, rgmanager, virsh, volumes};
use crate::probe::rhcs::fence;

/// The answer to a command.
#[derive(Clone, Debug)]
pub enum Reply {
    /// At once.
    Now(Printed),
    /// When its work is done.
    Later(rgmanager::Pending),
}

/// Carries out a command on a node, and says what the tool would print, or for what it waits.
pub fn command(world: &mut World, node: NodeAt, argv: &[String]) -> Reply {
    if let Some(printed) = inquiry::command(world, node, argv) {
        return Reply::Now(printed);
    }
    if let Some(printed) = conf::command(world, node, argv) {
        return Reply::Now(printed);
    }
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let Some((program, args)) = words.split_first() else { return Reply::Now(Printed::default()) };
    let reply = match of_rgmanager(world, node, program, args) {
        Some(reply) => reply,
        None if *program == "pvmove" => moving::pvmove(world, node, args),
        None => Reply::Now(of_any(world, node, program, args)),
    };
    policy::decide(world);
    reply
}

/// The tools of RHEL that take their time.
fn of_rgmanager(world: &mut World, node: NodeAt, program: &str, args: &[&str]) -> Option<Reply> {
    Some(match (program, args) {
        ("clusvcadm", _) => rgmanager::command(world, node, args),
        ("fence_node", _) => cman::fence(world, args),
        ("fence_ack_manual", [name, ..]) => cman::acknowledge(world, name),
        ("service", _) => cman::service(world, node, args),
        ("sh", ["-c", script, _, name, _]) if *script == absolutely() => cman::acknowledge(world, name),
        _ => return None,
    })
}

/// The script that says `absolutely` to fence_ack_manual.
fn absolutely() -> String {
    let command = fence::fence_ack_manual("", fence::Acknowledge::Absolutely, 0);
    command.argv().get(2).cloned().unwrap_or_default()
}

fn of_any(world: &mut World, node: NodeAt, program: &str, args: &[&str]) -> Printed {
    match program {
        "crm_resource" => resource(world, args),
        "crm_standby" => standby(world, node, args),
        "crm_attribute" => attribute(world, node, args),
        "stonith_admin" => fencing(world, args),
        "lvextend" => volumes::extend(world, node, args),
        "lvchange" => volumes::refresh(world, node, args),
        "gfs2_grow" | "gfs_grow" => volumes::grow(world, args),
        "systemctl" | "pcs" => service(world, node, args),
        "reboot" | "shutdown" => reboot(world, node),
        "logger" => log(world, node, args),
        "ip" | "ifconfig" | "ifup" | "ifdown" => ip::command(world, node, program, args),
        "virsh" => virsh::command(world, node, args),
        "cman_tool" => cman::cman_tool(world, node, args),
        "fence_tool" => cman::fence_tool(world, node, args),
        "sh" if args.get(1).is_some_and(|script| script.contains("migrate-setmaxdowntime")) => match args {
            [.., guest, ms] => virsh::command(world, node, &["migrate-setmaxdowntime", "--domain", guest, "--downtime", ms]),
            _ => Printed::default(),
        },
        "sh" if args.get(1).is_some_and(|script| script.contains("migrate-getmaxdowntime")) => {
            let guest = args.last().copied().unwrap_or_default();
            let speed = virsh::command(world, node, &["migrate-getspeed", "--domain", guest]);
            let downtime = virsh::command(world, node, &["migrate-getmaxdowntime", "--domain", guest]);
            Printed { out: speed.out + &downtime.out, ..downtime }
        }
        "sh" if args.get(1).is_some_and(|script| script.contains("domjobinfo")) => {
            virsh::command(world, node, &["domjobinfo", "--domain", args.last().copied().unwrap_or_default()])
        }
        "true" | ":" => Printed::default(),
        "sh" if args.get(1).is_some_and(|script| script.contains("shutdown -r")) => reboot(world, node),
        "test" | "sh" | "cat" | "echo" => Printed::failed(1, format!("sh: 1: {program}: the simulated node does not do this")),
        other => Printed::failed(127, format!("sh: 1: {other}: not found")),
    }
}

/// The value of an option, in its forms `--name VALUE`, `--name=VALUE`, `-n VALUE`.
pub(super) fn option<'a>(args: &[&'a str], names: &[&str]) -> Option<&'a str> {
    args.iter().enumerate().find_map(|(at, arg)| {
        if names.contains(arg) {
            return args.get(at + 1).copied();
        }
        let (name, value) = arg.split_once('=')?;
        (name.starts_with("--") && names.contains(&name)).then_some(value)
    })
}

fn has(args: &[&str], names: &[&str]) -> bool {
    args.iter().any(|a| names.contains(a) || a.split_once('=').is_some_and(|(name, _)| names.contains(&name)))
}

fn changed(world: &mut World, by: &'static str) {
    world.changed = (world.now, by);
}

/// crm_resource(8).
fn resource(world: &mut World, args: &[&str]) -> Printed {
    let name = option(args, &["--resource", "-r"]).unwrap_or_default();
    if has(args, &["--wait"]) {
        return Printed::default();
    }
    let Some(guest) = world.guest_named(name) else {
        return Printed::failed(
            105,
            format!("crm_resource: Error performing operation: No such device or address\nResource '{name}' not found"),
        );
    };
    if !world.quorate() {
        return Printed::failed(
            106,
            "crm_resource: Error performing operation: Update does not conform to the configured schema (no quorum)",
        );
    }
    let node = option(args, &["--node", "-N", "--host", "-H"]);
    let node_at = node.and_then(|n| world.node_named(n));
    if let (Some(node), None) = (node, node_at) {
        return Printed::failed(105, format!("crm_resource: Node '{node}' not found"));
    }
    changed(world, "crm_resource");
    if has(args, &["--move", "-M"]) {
        return move_to(world, guest, node_at);
    }
    if has(args, &["--ban", "-B"]) {
        return ban(world, guest, node_at);
    }
    if has(args, &["--clear", "-U", "--un-move"]) {
        let forced = has(args, &["--force", "-f"]);
        let goes = |l: &Leftover| l.guest == guest && node_at.is_none_or(|node| l.node == node || (forced && !l.ban));
        world.leftovers.retain(|l| !goes(l));
        return Printed::ok(format!("Removing constraint: cli-prefer-{name}\n"));
    }
    if has(args, &["--cleanup", "-C", "--refresh", "-R"]) {
        return clean(world, guest);
    }
    if has(args, &["--restart"]) {
        policy::stop(world, guest);
        return Printed::default();
    }
    if let Some(parameter) = option(args, &["--set-parameter", "-p"]) {
        return set(world, guest, parameter, option(args, &["--parameter-value", "-v"]).unwrap_or_default());
    }
    if let Some(parameter) = option(args, &["--delete-parameter", "-d"]) {
        return set(world, guest, parameter, "");
    }
    Printed::failed(64, "crm_resource: Must specify at least one command option")
}

fn move_to(world: &mut World, guest: GuestAt, node: Option<NodeAt>) -> Printed {
    let on = world.guests.get(guest).and_then(|g| g.on);
    let Some(to) = node else { return ban(world, guest, on) };
    if on == Some(to) {
        return Printed::failed(113, "crm_resource: Error performing operation: Requested item already exists");
    }
    world.leftovers.retain(|l| l.guest != guest || (l.ban && l.node != to));
    world.leftovers.push(Leftover { guest, node: to, ban: false });
    Printed::default()
}

fn ban(world: &mut World, guest: GuestAt, node: Option<NodeAt>) -> Printed {
    let Some(node) = node else { return Printed::failed(64, "crm_resource: no node to keep it away from") };
    let leftover = Leftover { guest, node, ban: true };
    if !world.leftovers.contains(&leftover) {
        world.leftovers.push(leftover);
    }
    Printed::default()
}

fn clean(world: &mut World, guest: GuestAt) -> Printed {
    let Some(g) = world.guests.get_mut(guest) else { return Printed::default() };
    g.failure = None;
    g.failures.clear();
    Printed::ok(format!("Cleaned up {} on all nodes\n", g.name))
}

fn set(world: &mut World, guest: GuestAt, parameter: &str, value: &str) -> Printed {
    let Some(g) = world.guests.get_mut(guest) else { return Printed::default() };
    match parameter {
        "target-role" => g.wanted = !value.eq_ignore_ascii_case("stopped"),
        "is-managed" => g.managed = value.is_empty() || !value.eq_ignore_ascii_case("false"),
        "maintenance" => g.managed = !value.eq_ignore_ascii_case("true"),
        "allow-migrate" => {}
        other => return Printed::failed(64, format!("crm_resource: the simulated cluster has no attribute '{other}'")),
    }
    Printed::ok(format!("Set '{}' option: name={parameter} value={value}\n", g.name))
}

/// crm_standby(8).
fn standby(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    let at = option(args, &["--node", "-N", "-U"]).map_or(Some(node), |n| world.node_named(n));
    let Some(at) = at else { return Printed::failed(105, "crm_standby: no such node") };
    let on = if has(args, &["--delete", "-D"]) { false } else { matches!(option(args, &["--update", "-v"]), Some("on" | "true")) };
    if let Some(n) = world.nodes.get_mut(at) {
        n.standby = on;
    }
    changed(world, "crm_standby");
    Printed::default()
}

/// crm_attribute(8): standby of a node, and the maintenance mode of all.
fn attribute(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    let value = option(args, &["--update", "-v"]).unwrap_or_default();
    let on = value == "true" || value == "on";
    match option(args, &["--name", "-n"]) {
        Some("standby") => return standby(world, node, args),
        Some("maintenance-mode") => world.maintenance = on,
        other => {
            return Printed::failed(64, format!("crm_attribute: the simulated cluster has no attribute '{}'", other.unwrap_or_default()));
        }
    }
    changed(world, "crm_attribute");
    Printed::default()
}

/// stonith_admin(8).
fn fencing(world: &mut World, args: &[&str]) -> Printed {
    let act = [("reboot", ["--reboot", "-B"]), ("off", ["--fence", "-F"]), ("on", ["--unfence", "-U"])];
    for (action, names) in act {
        if let Some(name) = option(args, &names) {
            let Some(node) = world.node_named(name) else { return Printed::failed(105, format!("stonith_admin: no such node '{name}'")) };
            if action == "reboot" || action == "off" {
                cut_power(world, node);
            }
            world.fence(node, action, "stonith_admin", SECOND * 4);
            return Printed::default();
        }
    }
    if let Some(name) = option(args, &["--confirm", "-C"]) {
        let Some(node) = world.node_named(name) else { return Printed::failed(105, format!("stonith_admin: no such node '{name}'")) };
        if world.nodes.get(node).is_some_and(|n| n.unclean) {
            world.fence(node, "off", "stonith_admin", 0);
        }
        return Printed::default();
    }
    if let Some(device) = option(args, &["--query", "-Q"]) {
        return if device.starts_with("ipmi-virtsrv") { Printed::default() } else { Printed::failed(105, "No such device") };
    }
    Printed::failed(64, "stonith_admin: which action?")
}

/// The BMC does at once what was asked of it.
pub fn cut_power(world: &mut World, node: NodeAt) {
    let now = world.now;
    if let Some(n) = world.nodes.get_mut(node) {
        (n.on, n.clustered, n.unclean) = (false, false, true);
    }
    for guest in &mut world.guests {
        if guest.on == Some(node) {
            (guest.run, guest.since) = (Run::Off, now);
        }
    }
}

/// Starting and stopping a node's cluster: `systemctl stop pacemaker`, `pcs cluster start`.
fn service(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    if has(args, &["reboot"]) {
        return reboot(world, node);
    }
    if !has(args, &["pacemaker", "corosync", "pacemaker.service", "corosync.service", "cluster"]) {
        return Printed::failed(5, "Unit not found.");
    }
    if has(args, &["stop"]) {
        let now = world.now;
        for guest in &mut world.guests {
            if guest.on == Some(node) {
                (guest.on, guest.run, guest.work, guest.since) = (None, Run::Off, None, now);
            }
        }
        world.leave(node);
    } else if has(args, &["start"]) {
        world.join(node);
    }
    Printed::default()
}

fn reboot(world: &mut World, node: NodeAt) -> Printed {
    let now = world.now;
    world.leave(node);
    if let Some(n) = world.nodes.get_mut(node) {
        n.on = false;
    }
    for guest in &mut world.guests {
        let lands = matches!(guest.work, Some(Work::Start(to) | Work::Migrate { to, .. }) if to == node);
        if guest.on == Some(node) {
            (guest.on, guest.run, guest.work, guest.since) = (None, Run::Off, None, now);
        } else if lands {
            guest.work = None;
        }
    }
    world.plan(30 * SECOND, super::world::Deed::Boot(node));
    Printed::default()
}

/// logger(1).
fn log(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    let text = args.last().copied().unwrap_or_default().to_owned();
    world.log(node, "quorate", 5, text);
    Printed::default()
}
