//! `fence_node`, `fence_ack_manual`, `cman_tool` and init scripts on a simulated node.

use super::answer::{Printed, rhcs};
use super::life::SECOND;
use super::obey::{self, Reply};
use super::policy;
use super::rgmanager::{Goal, later};
use super::world::{GuestAt, NodeAt, World};

/// fence_node(8).
pub fn fence(world: &mut World, args: &[&str]) -> Reply {
    let name = args.iter().find(|a| !a.starts_with('-')).copied().unwrap_or_default();
    let Some(node) = world.node_named(name) else { return Reply::Now(Printed::failed(2, format!("fence {name} undefined"))) };
    let dead = world.nodes.get(node).is_some_and(|n| n.bmc_dead);
    if args.contains(&"-S") {
        let power = if world.nodes.get(node).is_some_and(|n| n.on) { "on" } else { "off" };
        return Reply::Now(if dead {
            Printed::failed(1, format!("status {name} failed 1"))
        } else {
            Printed { err: format!("status {name} success {power}\n"), ..Printed::default() }
        });
    }
    if dead {
        return Reply::Now(Printed::failed(
            1,
            format!("fence {name} dev 0.0 agent fence_ipmilan result: error from agent\nfence {name} failed"),
        ));
    }
    obey::cut_power(world, node);
    world.transition();
    world.tell_lost(node);
    world.fence(node, "reboot", "fence_node", 4 * SECOND);
    later(String::new(), Goal::Fenced(node))
}

/// fence_ack_manual(8), with the word `absolutely` on its standard input.
pub fn acknowledge(world: &mut World, name: &str) -> Reply {
    let begin = format!(
        "About to override fencing for {name}.\nImproper use of this command can cause severe file system damage.\n\nContinue [NO/absolutely]? "
    );
    match world.node_named(name) {
        Some(node) if world.nodes.get(node).is_some_and(|n| n.unclean) => {
            world.fence(node, "reboot", "fence_ack_manual", SECOND);
            later(begin, Goal::Acknowledged(node))
        }
        // It waits for a fencing that nobody wants.
        _ => later(begin, Goal::Acknowledged(usize::MAX)),
    }
}

/// fence_tool(8) of RHEL 6: without a time to wait for it, it does not wait, and cman is asked too early.
pub fn fence_tool(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    match args {
        ["leave", "-w", secs] if secs.parse::<u32>().is_ok() => {
            if let Some(n) = world.nodes.get_mut(node) {
                n.fenced = false;
            }
            Printed::default()
        }
        ["leave"] => Printed::default(),
        _ => Printed::failed(1, "Please use '-h' for usage."),
    }
}

/// cman_tool(8), its verbs that change something.
pub fn cman_tool(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    match args {
        ["-t", _, "-w", "leave"] => {
            let in_domain = world.nodes.get(node).is_some_and(|n| n.fenced);
            if in_domain || world.guests.iter().any(|g| g.on == Some(node)) {
                return Printed::failed(1, "cman_tool: Error leaving cluster: Device or resource busy");
            }
            world.leave(node);
            Printed::default()
        }
        ["kill", "-n", name] => {
            let Some(at) = world.node_named(name) else { return Printed::failed(1, format!("cman_tool: Can't find node {name}")) };
            obey::cut_power(world, at);
            world.transition();
            world.tell_lost(at);
            world.fence(at, "reboot", "fenced", 4 * SECOND);
            Printed::default()
        }
        ["expected", "-e", votes] => match votes.parse::<usize>() {
            Ok(votes) if votes > 0 => {
                world.expected = Some(votes);
                Printed::default()
            }
            _ => Printed::failed(1, "cman_tool: expected votes is invalid"),
        },
        _ => Printed::failed(1, "cman_tool: no operation specified"),
    }
}

/// `service NAME start|stop|status`.
pub fn service(world: &mut World, node: NodeAt, args: &[&str]) -> Reply {
    let [name, verb, ..] = args else { return Reply::Now(Printed::failed(1, "Usage: service < option > | --status-all")) };
    let start = match *verb {
        "start" => true,
        "stop" => false,
        _ => {
            let (said, code) = rhcs::script(world, node, name);
            return Reply::Now(Printed { out: format!("{said}\n"), err: String::new(), code });
        }
    };
    let fine = |words: &str| Reply::Now(Printed::ok(format!("{words}[  OK  ]\n")));
    let Some(n) = world.nodes.get_mut(node) else { return fine("") };
    match (*name, start) {
        ("rgmanager" | "clvmd", true) if !n.clustered => {
            return Reply::Now(Printed { out: format!("Starting {name}: [FAILED]\n"), err: String::new(), code: 1 });
        }
        ("rgmanager", true) => {
            n.rgmanager = true;
            world.transition();
        }
        ("rgmanager", false) => {
            n.rgmanager = false;
            let here: Vec<GuestAt> = (0..world.guests.len())
                .filter(|g| world.guests.get(*g).is_some_and(|g| g.on == Some(node) && g.managed && g.work.is_none()))
                .collect();
            world.leftovers.retain(|l| l.node != node);
            for guest in here {
                policy::stop(world, guest);
            }
            return later("Stopping Cluster Service Manager: ".to_owned(), Goal::Empty(node));
        }
        ("clvmd", up) => n.clvmd = up,
        ("cman", true) => {
            (n.rgmanager, n.clvmd) = (false, false);
            world.join(node);
        }
        ("cman", false) => world.leave(node),
        ("gfs2" | "gfs", _) => {}
        _ => return Reply::Now(Printed::failed(1, format!("{name}: unrecognized service"))),
    }
    fine(&format!("{} {name}: ", if start { "Starting" } else { "Stopping" }))
}
