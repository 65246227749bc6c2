//! One tool at a time: what a node of RHEL 6 prints for `clustat -x`, `cman_tool nodes`, `dmsetup table` and the rest, as a shell on the node calls them; and what can befall
//! the cluster in a test.

use std::collections::HashMap;

use super::answer::{self, Printed, rhcs, storage};
use super::ip;
use super::obey::{self, Reply};
use super::world::{Deed, NodeAt, World};
use crate::domain::observation::Question;
use crate::probe::parts::sections;

/// Runs one tool.
pub fn run(world: &mut World, commands: &HashMap<Vec<String>, Question>, node: NodeAt, argv: &[String]) -> Reply {
    if let Some(question) = answer::find(commands, argv) {
        return Reply::Now(answer::print(world, node, question));
    }
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    match words.split_first().and_then(|(tool, args)| looks(world, node, tool, args)) {
        Some(printed) => Reply::Now(printed),
        None => obey::command(world, node, argv),
    }
}

/// A part of what a question is answered with.
fn part(world: &World, node: NodeAt, question: Question, name: &str) -> Printed {
    let whole = answer::print(world, node, question);
    if whole.code != 0 {
        return whole;
    }
    let found = sections(&whole.out).into_iter().find(|(n, _)| *n == name).map(|(_, body)| body.to_owned());
    Printed::ok(found.unwrap_or_default())
}

/// Tools that only look; none: it is none of them.
fn looks(world: &World, node: NodeAt, tool: &str, args: &[&str]) -> Option<Printed> {
    Some(match (tool, args) {
        ("clustat", ["-v"]) => Printed::ok("clustat version 3.0.12.1\n".to_owned()),
        ("clustat", _) => answer::print(world, node, Question::Clustat),
        ("cman_tool", ["status"]) => part(world, node, Question::Cman, ""),
        ("cman_tool", ["nodes", "-F", ..]) => part(world, node, Question::Cman, "votes"),
        ("cman_tool", ["nodes", ..]) => part(world, node, Question::Cman, "nodes"),
        ("fence_tool", ["ls", ..]) => part(world, node, Question::Groups, "fence"),
        ("fence_tool", ["dump"]) => part(world, node, Question::Groups, "dump"),
        ("group_tool", ["ls", ..]) => part(world, node, Question::Groups, "groups"),
        ("ccs_config_dump", _) => Printed::ok(rhcs::conf(world)),
        ("chkconfig", _) => Printed::ok(rhcs::boot()),
        // This LVM knows no JSON, and says so.
        ("lvs" | "vgs" | "pvs", _) if args.contains(&"--reportformat") => {
            Printed::failed(3, format!("{tool}: unrecognized option '--reportformat'"))
        }
        ("lvs", _) if !args.contains(&"lv_size,vg_extent_size,vg_free,stripes,segtype,lv_attr") => Printed::ok(storage::lvs(world, node)),
        ("vgs", _) => Printed::ok(storage::vgs(world, node)),
        ("pvs", _) if !args.contains(&"--segments") => Printed::ok(storage::pvs(world, node)),
        ("dmsetup", ["table", ..]) => part(world, node, Question::DeviceMapper, "table"),
        ("dmsetup", _) => part(world, node, Question::DeviceMapper, ""),
        ("df", _) => part(world, node, Question::Filesystems, ""),
        ("ip", _) if !args.iter().any(|a| ip::is_set(a)) => ip::shown(world, node, args)?,
        _ => return None,
    })
}

/// `lose NODE`: its power goes. `cut NODE`: its network goes. `pull NODE PORT`, `plug NODE PORT`: a cable goes out, in. `stale NODE`: it does not take a new cluster.conf. `picky`:
/// no cluster.conf is valid. `deaf NODE`: its fence device dies. `jinx GUEST NODE`: its next start there fails. `stick GUEST`: its next stop
/// fails. `part GUEST`: something of it fails that is not critical. `alone GUEST`: it becomes exclusive. `restrict GUEST NODE...`: it may run there alone.
pub fn befall(world: &mut World, words: &str) -> bool {
    let words: Vec<&str> = words.split(' ').collect();
    if *words == ["picky"] {
        world.conf.picky = true;
        return true;
    }
    let node = |world: &World, at: usize| words.get(at).and_then(|name| world.node_named(name));
    let Some(what) = words.first() else { return false };
    if let Some(at) = node(world, 1) {
        match *what {
            "lose" => world.plan(0, Deed::Lose(at)),
            "cut" => world.plan(0, Deed::Cut(at)),
            "pull" | "plug" => match words.get(2).and_then(|port| ip::port(port)) {
                Some(port) => world.plan(0, Deed::Cable(at, port, *what == "plug")),
                None => return false,
            },
            "stale" => drop(world.conf.deaf.insert(at)),
            "deaf" => {
                if let Some(n) = world.nodes.get_mut(at) {
                    n.bmc_dead = true;
                }
            }
            _ => return false,
        }
        return true;
    }
    let (first, rest): (Option<NodeAt>, Vec<NodeAt>) = (node(world, 2), (2..words.len()).filter_map(|at| node(world, at)).collect());
    let Some(guest) = words.get(1).and_then(|name| world.guest_named(name)).and_then(|at| world.guests.get_mut(at)) else { return false };
    match (*what, first) {
        ("jinx", Some(at)) => {
            guest.jinxed.insert(at);
        }
        ("stick", None) => guest.rg.sticky = true,
        ("part", None) => guest.rg.partial = true,
        ("alone", None) => guest.rg.exclusive = true,
        ("restrict", Some(_)) => guest.rg.restricted = rest,
        _ => return false,
    }
    true
}
