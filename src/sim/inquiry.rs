//! What an action asks of a simulated node before it is planned: crm_simulate, cibadmin, definitions, fence devices.

use std::fmt::Write as _;

use super::answer::{Printed, pacemaker, storage};
use super::moving;
use super::policy;
use super::world::{Guest, GuestAt, NodeAt, Run, World};
use crate::domain::observation::simulation::GuestDefinition;
use crate::link::CommandLine;
use crate::probe::lvm::grow;
use crate::probe::pacemaker::fencing_test;
use crate::probe::pacemaker::simulation::{self, Edit};
use crate::probe::rhcs::fence;
use crate::probe::systemd::starter;
use crate::probe::virsh::{definition, place};

/// Answers a question; none: it is no question of an inquiry.
pub fn command(world: &World, node: NodeAt, argv: &[String]) -> Option<Printed> {
    let is = |known: &CommandLine| argv.first().is_some_and(|a| a == "sh") && argv.get(2) == known.argv().get(2);
    let args: Vec<&str> = argv.iter().skip(4).map(String::as_str).collect();
    let first = args.first().copied().unwrap_or_default();
    if is(&simulation::what_if("")) {
        return Some(summary(&what_if(world, first)));
    }
    if is(&simulation::after(Edit::Clear, "")) {
        return Some(summary(&after(world, first, args.get(1).copied().unwrap_or_default())));
    }
    if is(&simulation::node_fails("")) {
        let lost = world.node_named(first);
        return Some(summary(&lost.map(|n| without(world, n, true)).unwrap_or_default()));
    }
    if is(&fencing_test::command("")) {
        return Some(Printed::ok(format!("device 0 ipmi-{first}\ndone\n")));
    }
    if is(&starter::command()) {
        return Some(Printed::ok("systemd\n".to_owned()));
    }
    if is(&fence::overriding()) {
        return Some(Printed::ok("@@quorate head\n#!\n@@quorate waits\n".to_owned()));
    }
    if is(&grow::cluster_mirror()) {
        return Some(Printed::ok("yes\n".to_owned()));
    }
    if is(&definition::command("")) {
        return Some(guest_of_file(world, first).map_or_else(|| missing(first), |g| Printed::ok(domain(world, g))));
    }
    if is(&place::command("", &GuestDefinition::default(), "")) {
        return Some(Printed::ok(look(world, node, &args)));
    }
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["cibadmin", "--query", "--xpath", path] if path.starts_with("//constraints/") => Some(references(world, path)),
        ["cibadmin", "--query", "--xpath", path] => Some(primitive(world, path)),
        ["lvs", .., name] if words.contains(&"lv_size,vg_extent_size,vg_free,stripes,segtype,lv_attr") => Some(volume(world, name)),
        ["pvs", .., path] if words.contains(&"--segments") => Some(moving::on(world, path)),
        ["blockdev", "--getsize64", path] => Some(device(world, node, path)),
        _ => None,
    }
}

fn missing(what: &str) -> Printed {
    Printed::failed(2, format!("sed: can't read {what}: No such file or directory"))
}

fn summary(lines: &[String]) -> Printed {
    let mut out = String::from("Current cluster status:\n\nTransition Summary:\n");
    for line in lines {
        let _ = writeln!(out, "  * {line}");
    }
    out.push('\n');
    Printed::ok(out)
}

/// The value of an attribute in a constraint.
fn attribute<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    xml.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

/// What one more constraint would do.
fn what_if(world: &World, xml: &str) -> Vec<String> {
    if world.maintenance || !world.quorate() {
        return Vec::new();
    }
    let node = attribute(xml, "node").and_then(|n| world.node_named(n));
    if xml.contains(" rsc-pattern=") {
        return node.map(|n| without(world, n, false)).unwrap_or_default();
    }
    let Some(at) = attribute(xml, "rsc").and_then(|r| world.guest_named(r)) else { return Vec::new() };
    let Some((guest, on)) = world.guests.get(at).and_then(|g| Some((g, g.on?))).filter(|(g, _)| g.managed) else { return Vec::new() };
    match node {
        Some(to) if to != on && policy::allowed(world, at).contains(&to) => {
            vec![format!("Migrate    {}   ( {} -> {} )", guest.name, world.name(on), world.name(to))]
        }
        Some(_) => Vec::new(),
        None => vec![format!("Stop       {}   ( {} )  due to node availability", guest.name, world.name(on))],
    }
}

/// What the manager would do once this is changed. A guest is not called back to where it would rather be: its stickiness is stronger.
fn after(world: &World, edit: &str, name: &str) -> Vec<String> {
    if !world.quorate() || (world.maintenance && edit != Edit::MaintenanceOff.word()) {
        return Vec::new();
    }
    let back = world.node_named(name).filter(|_| edit == Edit::Unstandby.word());
    let is = |guest: &str, of: Edit| guest == name && edit == of.word();
    let told = |(at, g): (GuestAt, &Guest)| {
        let looked_after = g.managed || is(&g.name, Edit::Unfreeze);
        let wanted = g.wanted || is(&g.name, Edit::Start);
        match (wanted, g.on) {
            _ if !looked_after || g.work.is_some() => None,
            (true, None) => {
                let to = policy::best(world, at).or(back)?;
                Some(format!("Start      {}   ( {} )", g.name, world.name(to)))
            }
            (true, Some(on)) => {
                let to = policy::better(world, at, on)?;
                Some(format!("Migrate    {}   ( {} -> {} )", g.name, world.name(on), world.name(to)))
            }
            (false, Some(on)) => Some(format!("Stop       {}   ( {} )  due to node availability", g.name, world.name(on))),
            (false, None) => None,
        }
    };
    world.guests.iter().enumerate().filter_map(told).collect()
}

/// What becomes of a node's guests without it: lost, or left in good order.
fn without(world: &World, node: NodeAt, lost: bool) -> Vec<String> {
    let mut load: Vec<usize> = (0..world.nodes.len()).map(|n| world.guests.iter().filter(|g| g.on == Some(n)).count()).collect();
    let mut lines = Vec::new();
    if lost {
        lines.push(format!("Fence (reboot) {} 'peer is no longer part of the cluster'", world.name(node)));
    }
    for (at, guest) in world.guests.iter().enumerate().filter(|(_, g)| g.on == Some(node) && g.managed) {
        let to = policy::allowed(world, at).into_iter().filter(|n| *n != node).min_by_key(|n| (load.get(*n).copied(), *n));
        match to {
            Some(to) => {
                if let Some(count) = load.get_mut(to) {
                    *count += 1;
                }
                let word = if lost { "Move   " } else { "Migrate" };
                lines.push(format!("{word}    {}   ( {} -> {} )", guest.name, world.name(node), world.name(to)));
            }
            None => lines.push(format!("Stop       {}   ( {} )  due to node availability", guest.name, world.name(node))),
        }
    }
    lines
}

fn primitive(world: &World, path: &str) -> Printed {
    let id = path.split('\'').nth(1).unwrap_or_default();
    let Some(guest) = world.guest_named(id).and_then(|g| world.guests.get(g)) else {
        return Printed::failed(105, "cibadmin: Error performing operation: No such device or address");
    };
    let name = &guest.name;
    let held = if guest.managed { String::new() } else { format!("    <nvpair id=\"{name}-im\" name=\"is-managed\" value=\"false\"/>\n") };
    Printed::ok(format!(
        "<primitive class=\"ocf\" id=\"{name}\" provider=\"heartbeat\" type=\"VirtualDomain\">\n  \
         <instance_attributes id=\"{name}-ia\">\n    <nvpair id=\"{name}-config\" name=\"config\" value=\"{}\"/>\n    \
         <nvpair id=\"{name}-mo\" name=\"migrate_options\" value=\"--postcopy\"/>\n  </instance_attributes>\n  \
         <meta_attributes id=\"{name}-ma\">\n    <nvpair id=\"{name}-am\" name=\"allow-migrate\" value=\"true\"/>\n{held}  </meta_attributes>\n  \
         <operations>\n    <op id=\"{name}-start\" interval=\"0s\" name=\"start\" timeout=\"120s\"/>\n    \
         <op id=\"{name}-stop\" interval=\"0s\" name=\"stop\" timeout=\"180s\"/>\n    \
         <op id=\"{name}-to\" interval=\"0s\" name=\"migrate_to\" timeout=\"120s\"/>\n  </operations>\n</primitive>\n",
        file(name)
    ))
}

/// The constraints that name a guest.
fn references(world: &World, path: &str) -> Printed {
    let name = format!(" rsc=\"{}\"", path.split('\'').nth(1).unwrap_or_default());
    let all = pacemaker::constraints(world);
    let mine: Vec<&str> = all.lines().filter(|line| line.contains(&name)).collect();
    if mine.is_empty() {
        return Printed::failed(105, "cibadmin: Error performing operation: No such device or address");
    }
    Printed::ok(format!("<xpath-query>\n{}\n</xpath-query>\n", mine.join("\n")))
}

fn file(guest: &str) -> String {
    format!("/etc/libvirt/qemu/{guest}.xml")
}

fn guest_of_file(world: &World, path: &str) -> Option<GuestAt> {
    world.guests.iter().position(|g| file(&g.name) == path)
}

fn domain(world: &World, guest: GuestAt) -> String {
    let Some(g) = world.guests.get(guest) else { return String::new() };
    let disk = g.volume.and_then(|v| world.volumes.get(v)).map(|v| format!("/dev/vg_cluster/{}", v.name));
    let disk = disk.map(|d| format!("<disk type='block' device='disk'><source dev='{d}'/></disk>")).unwrap_or_default();
    format!(
        "<domain type='kvm'><name>{}</name><uuid>{}</uuid><memory unit='KiB'>{}</memory><devices>{disk}</devices></domain>\n",
        g.name,
        g.uuid,
        g.memory >> 10
    )
}

/// A node as a place for a guest. Each has its own copy of the definition.
fn look(world: &World, node: NodeAt, args: &[&str]) -> String {
    let name = args.get(1).copied().unwrap_or_default();
    let config = args.get(2).copied().unwrap_or_default();
    let mut out = String::new();
    if guest_of_file(world, config).is_some() {
        let _ = writeln!(out, "file {}:2048:1764000000\nsum 1844674407 2048", 1000 + node);
    }
    let here: u64 = world.guests.iter().filter(|g| g.on == Some(node)).map(|g| g.memory).sum();
    let _ = writeln!(out, "free {}", (256_u64 << 30).saturating_sub(here) >> 10);
    let guest = world.guest_named(name).filter(|g| world.runs_on(*g) == Some(node)).and_then(|g| world.guests.get(g));
    match guest.map(|g| g.run) {
        Some(Run::Running) => out.push_str("state running (booted)\n"),
        Some(Run::Paused) => out.push_str("state paused (user)\n"),
        Some(Run::Crashed) => out.push_str("state crashed (panicked)\n"),
        Some(Run::Saved | Run::Off) => out.push_str("state shut off (saved)\n"),
        None => {
            let _ = writeln!(out, "none error: failed to get domain '{name}'");
        }
    }
    out
}

fn volume(world: &World, name: &str) -> Printed {
    let found = name.rsplit('/').next().and_then(|lv| world.volumes.iter().find(|v| v.name == lv));
    found.map_or_else(
        || Printed::failed(5, "  Failed to find logical volume"),
        |v| Printed::ok(format!("  {}|4194304|{}|1|linear|-wi-ao----\n", v.size, storage::free(world))),
    )
}

/// The size as that node's kernel has it.
fn device(world: &World, node: NodeAt, path: &str) -> Printed {
    let found = path.rsplit('/').next().and_then(|lv| world.volumes.iter().find(|v| v.name == lv));
    found.map_or_else(
        || Printed::failed(1, format!("blockdev: cannot open {path}: No such file or directory")),
        |v| Printed::ok(format!("{}\n", v.stale.get(&node).copied().unwrap_or(v.size))),
    )
}
