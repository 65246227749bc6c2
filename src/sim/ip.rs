//! `ip`, `ifconfig`, `ifup` and `ifdown` of a simulated node: ports are switched off and on, and looked at.

use super::answer::{Printed, net};
use super::world::{NodeAt, World};

/// The place of a port among eth0 .. eth3.
pub fn port(name: &str) -> Option<usize> {
    (0..4).find(|at| name.strip_prefix("eth") == Some(at.to_string().as_str()))
}

/// ip(8) takes any beginning of a word.
fn begins(whole: &str, word: &str) -> bool {
    !word.is_empty() && whole.starts_with(word)
}

/// `set`, or a beginning of it.
pub fn is_set(word: &str) -> bool {
    begins("set", word) || (word.len() > 1 && begins("change", word))
}

/// Runs one of them.
pub fn command(world: &mut World, node: NodeAt, program: &str, args: &[&str]) -> Printed {
    match (program, args) {
        ("ip", _) => ip(world, node, args),
        ("ifup", [.., name]) => switch(world, node, name, true),
        ("ifdown", [.., name]) => switch(world, node, name, false),
        ("ifconfig", [name, rest @ ..]) => match rest.last() {
            Some(&"up") => switch(world, node, name, true),
            Some(&"down") => switch(world, node, name, false),
            _ => Printed::failed(1, "ifconfig: the simulated node does not do this"),
        },
        _ => Printed::failed(1, format!("usage: {program} <configuration>")),
    }
}

/// ip(8): `ip link set [dev] NAME up|down`, its words in any order.
fn ip(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    let words: Vec<&str> = args.iter().copied().skip_while(|a| a.starts_with('-')).collect();
    let [object, verb, rest @ ..] = words.as_slice() else { return shown_or_help(world, node, args) };
    if !begins("link", object) || !is_set(verb) {
        return shown_or_help(world, node, args);
    }
    let (mut name, mut up) = (None, None);
    let mut rest = rest.iter().copied();
    while let Some(word) = rest.next() {
        match word {
            "up" => up = Some(true),
            "down" => up = Some(false),
            "dev" => name = rest.next(),
            _ if name.is_none() => name = Some(word),
            other => return Printed::failed(255, format!("Error: either \"dev\" is duplicate, or \"{other}\" is a garbage.")),
        }
    }
    match (name, up) {
        (None, _) => Printed::failed(255, "Not enough of information: \"dev\" argument is required."),
        (Some(name), Some(up)) => switch(world, node, name, up),
        (Some(name), None) if net::has(world, node, name) => Printed::default(),
        (Some(name), None) => missing(name),
    }
}

fn shown_or_help(world: &World, node: NodeAt, args: &[&str]) -> Printed {
    shown(world, node, args).unwrap_or_else(|| Printed::failed(255, "ip: the simulated node does not do this"))
}

fn switch(world: &mut World, node: NodeAt, name: &str, up: bool) -> Printed {
    match port(name) {
        Some(at) => world.switch_port(node, at, up),
        None if net::has(world, node, name) => return Printed::failed(2, "RTNETLINK answers: Operation not supported"),
        None => return missing(name),
    }
    Printed::default()
}

fn missing(name: &str) -> Printed {
    Printed::failed(1, format!("Cannot find device \"{name}\""))
}

/// What it prints of links and addresses: as JSON where the node's iproute2 has that, else as text.
pub fn shown(world: &World, node: NodeAt, args: &[&str]) -> Option<Printed> {
    let object = args.iter().find(|a| !a.starts_with('-'))?;
    let (links, addresses) = (begins("link", object), begins("address", object));
    let json = args.iter().any(|a| begins("-json", a) && a.len() > 1);
    let oneline = args.iter().any(|a| begins("-oneline", a) && a.len() > 1);
    match (links, addresses, json, world.manager) {
        (true, ..) if oneline => Some(Printed::ok(net::listing(world, node))),
        (true, _, true, super::Manager::Rgmanager) | (_, true, true, super::Manager::Rgmanager) => {
            Some(Printed::failed(255, "Option \"-j\" is unknown, try \"ip -help\"."))
        }
        (true, ..) => Some(Printed::ok(net::parts(world, node).0)),
        (_, true, ..) => Some(Printed::ok(net::parts(world, node).1)),
        _ => None,
    }
}
