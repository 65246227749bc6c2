//! `clustat -x`, `cman_tool`, `fence_tool`, `group_tool`, cluster.conf, `service NAME status` of RHEL 6 (cluster 3.0.12.1, rgmanager 3.0.12.1).

use std::fmt::Write as _;

use super::ctime;
use super::xml::quoted;
use crate::sim::conf::FIRST;
use crate::sim::world::{Guest, Node, NodeAt, Work, World};

/// `clustat -x`.
pub fn clustat(world: &World, node: NodeAt) -> String {
    let seen = world.seen_by(node);
    let answers = |at: NodeAt| world.nodes.get(at).is_some_and(|n| n.rgmanager);
    let quorate = seen.len() >= world.needed();
    let before = if answers(node) && !quorate { "Service states unavailable: Operation requires quorum\n" } else { "" };
    let mut out = format!(
        "{before}<?xml version=\"1.0\"?>\n<clustat version=\"4.1.1\">\n  <cluster name=\"{}\" id=\"16564\" generation=\"{}\"/>\n  <quorum quorate=\"{}\" groupmember=\"{}\"/>\n  <nodes>\n",
        world.cluster,
        1284 + world.fences.len() * 4,
        u8::from(quorate),
        u8::from(quorate && answers(node)),
    );
    for (at, n) in world.nodes.iter().enumerate() {
        let up = u8::from(seen.contains(&at));
        let managed = u8::from(seen.contains(&at) && answers(at) && answers(node) && quorate);
        let _ = writeln!(
            out,
            "    <node name=\"{}\" state=\"{up}\" local=\"{}\" estranged=\"0\" rgmanager=\"{managed}\" rgmanager_master=\"0\" qdisk=\"0\" nodeid=\"0x{:08x}\"/>",
            n.name,
            u8::from(at == node),
            at + 1,
        );
    }
    out.push_str("  </nodes>\n");
    if quorate && answers(node) {
        let mut groups = String::new();
        for guest in world.guests.iter().filter(|g| world.conf.has(&g.name)) {
            group(&mut groups, world, guest);
        }
        for name in world.conf.strangers() {
            let _ = writeln!(
                groups,
                "    <group name=\"vm:{}\" state=\"110\" state_str=\"stopped\" flags=\"0\" flags_str=\"\" owner=\"none\" last_owner=\"none\" restarts=\"0\" last_transition=\"0\" last_transition_str=\"{}\"/>",
                quoted(name),
                ctime(crate::domain::stamp::Stamp(0)),
            );
        }
        // Of none it prints no list.
        if !groups.is_empty() {
            let _ = write!(out, "  <groups>\n{groups}  </groups>\n");
        }
    }
    out.push_str("</clustat>\n");
    out
}

fn group(out: &mut String, world: &World, guest: &Guest) {
    let (code, word) = state(guest);
    let (flags, flags_str) = match (guest.managed, guest.rg.partial) {
        (true, false) => (0, ""),
        (false, false) => (1, "frozen"),
        (true, true) => (2, "partial"),
        (false, true) => (3, "frozen partial"),
    };
    let name = |at: Option<NodeAt>| at.map_or("none", |n| world.name(n)).to_owned();
    let owner = match guest.work {
        Some(Work::Start(to)) => Some(to),
        _ => guest.on,
    };
    let _ = writeln!(
        out,
        "    <group name=\"vm:{}\" state=\"{code}\" state_str=\"{word}\" flags=\"{flags}\" flags_str=\"{flags_str}\" owner=\"{}\" last_owner=\"{}\" restarts=\"{}\" last_transition=\"{}\" last_transition_str=\"{}\"/>",
        quoted(&guest.name),
        name(owner),
        name(guest.last),
        guest.restarts,
        guest.since.0 / 1_000_000,
        ctime(guest.since),
    );
}

/// The states of rgmanager's resgroup.h.
const fn state(guest: &Guest) -> (u8, &'static str) {
    match (guest.work, guest.on, guest.wanted) {
        (Some(Work::Start(_)), ..) => (111, "starting"),
        (Some(Work::Stop), ..) => (113, "stopping"),
        // Since 2009 a service is called started while it migrates.
        (Some(Work::Migrate { .. }), ..) | (None, Some(_), _) => (112, "started"),
        (None, None, _) if guest.rg.broken => (114, "failed"),
        (None, None, false) => (119, "disabled"),
        (None, None, true) => (110, "stopped"),
    }
}

/// `cman_tool status`, `nodes -a`, `nodes -F ...`.
pub fn cman(world: &World, node: NodeAt) -> String {
    let seen = world.seen_by(node);
    let quorate = seen.len() >= world.needed();
    let runs = |daemon: fn(&Node) -> bool| world.nodes.get(node).is_some_and(daemon);
    let mut out = format!(
        "Version: 6.2.0\nConfig Version: {}\nCluster Name: {}\nCluster Id: 16564\nCluster Member: Yes\nCluster Generation: {}\nMembership state: Cluster-Member\nNodes: {}\nExpected votes: {}\nTotal votes: {}\nNode votes: 1\nQuorum: {} {}\nActive subsystems: 9\nFlags: \nPorts Bound: 0{}{}  \nNode name: {}\nNode ID: {}\nMulticast addresses: 239.192.168.147 \nNode addresses: 172.18.18.{} \n",
        world.conf.runs(node),
        world.cluster,
        1284 + world.fences.len() * 4,
        seen.len(),
        world.expected.unwrap_or(world.nodes.len()),
        seen.len(),
        world.needed(),
        if quorate { " " } else { "Activity blocked" },
        if runs(|n| n.clvmd) { " 11" } else { "" },
        if runs(|n| n.rgmanager) { " 177" } else { "" },
        world.name(node),
        node + 1,
        11 + node,
    );
    out.push_str("@@quorate nodes\nNode  Sts   Inc   Joined               Name\n");
    for (at, n) in world.nodes.iter().enumerate() {
        let joined = super::iso(n.booted);
        let joined = joined.trim_end_matches('Z');
        let (sts, inc, joined) = if seen.contains(&at) { ("M", 1264 + at * 4, joined) } else { ("X", 0, "                   ") };
        let _ = writeln!(out, "{:>4}   {sts} {inc:>6}   {joined}  {}", at + 1, n.name);
        let _ = writeln!(out, "       Addresses: 172.18.18.{} ", 11 + at);
    }
    out.push_str("@@quorate votes\n");
    for (at, n) in world.nodes.iter().enumerate() {
        let member = if seen.contains(&at) { "M 1" } else { "X 1" };
        let word = if seen.contains(&at) { "Member" } else { "Dead" };
        let (kind, votes) = member.split_once(' ').unwrap_or(("M", "1"));
        let _ = writeln!(out, "{} {} {kind} {votes} {} {word} ", at + 1, n.name, world.expected.unwrap_or(world.nodes.len()));
    }
    out.push_str("@@quorate fenced\n");
    out
}

/// `fence_tool ls -n`, then `group_tool ls`.
pub fn groups(world: &World, node: NodeAt) -> String {
    let seen = world.seen_by(node);
    let victims: Vec<NodeAt> = (0..world.nodes.len()).filter(|n| world.nodes.get(*n).is_some_and(|n| n.unclean)).collect();
    let ids: Vec<String> = seen.iter().map(|n| (n + 1).to_string()).collect();
    let within: Vec<NodeAt> = seen.iter().copied().filter(|n| world.nodes.get(*n).is_some_and(|n| n.fenced)).collect();
    let members: Vec<String> = within.iter().map(|n| (n + 1).to_string()).collect();
    let domain = format!(
        "fence domain\nmember count  {}\nvictim count  {}\nvictim now    {}\nmaster nodeid {}\nwait state    {}\nmembers       {} \n",
        within.len(),
        victims.len(),
        victims.first().map_or(0, |v| v + 1),
        within.first().map_or(0, |n| n + 1),
        if victims.is_empty() { "none" } else { "fencing" },
        members.join(" "),
    );
    let mut out = format!("@@quorate fence\n{domain}all nodes\n");
    for at in 0..world.nodes.len() {
        let how = |client: &str| match client.split('.').next() {
            Some("fence_node") => "external",
            Some("fence_ack_manual") => "override",
            _ => "agent",
        };
        let last = world.fences.iter().rev().find(|f| f.target == at && f.done.is_some()).map(|f| (f.by + 1, how(&f.client)));
        let (master, how) = last.unwrap_or((0, "none"));
        let _ = writeln!(
            out,
            "nodeid {} member {} victim {} last fence master {master} how {how}",
            at + 1,
            u8::from(within.contains(&at)),
            u8::from(victims.contains(&at)),
        );
    }
    let _ = write!(out, "\n@@quorate groups\n{domain}\ndlm lockspaces\n");
    for (name, id) in [("clvmd", "0x4104eefa"), ("rgmanager", "0x5231f3eb"), ("netcluster0", "0x3df8322a"), ("netcluster1", "0x3df8322b")] {
        let _ = write!(
            out,
            "name          {name}\nid            {id}\nflags         0x00000000 \nchange        member {0} joined 1 remove 0 failed 0 seq 5,5\nmembers       {1} \n\n",
            seen.len(),
            ids.join(" "),
        );
    }
    out.push_str("@@quorate dump\n");
    for line in world.journal.iter().filter(|l| l.node == node && l.program == "fenced") {
        let _ = writeln!(out, "{} {}", line.at.0.div_euclid(1_000_000), line.text);
    }
    out
}

/// /etc/cluster/cluster.conf, its passwords cut out as the question cuts them out.
pub fn conf(world: &World) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\"?>\n<cluster alias=\"{0}\" config_version=\"{FIRST}\" name=\"{0}\">\n  <fence_daemon clean_start=\"0\" post_fail_delay=\"0\" post_join_delay=\"30\"/>\n  <cman expected_votes=\"{1}\"/>\n  <clusternodes>\n",
        world.cluster,
        world.nodes.len(),
    );
    for (at, n) in world.nodes.iter().enumerate() {
        let id = at + 1;
        let _ = writeln!(
            out,
            "    <clusternode name=\"{}\" nodeid=\"{id}\" votes=\"1\"><fence><method name=\"1\"><device name=\"ipmi-virtsrv{id}\"/></method></fence></clusternode>",
            n.name,
        );
    }
    out.push_str("  </clusternodes>\n  <fencedevices>\n");
    for id in 1..=world.nodes.len() {
        let _ = writeln!(
            out,
            "    <fencedevice agent=\"fence_ipmilan\" ipaddr=\"192.0.2.{}\" lanplus=\"1\" login=\"admin\" name=\"ipmi-virtsrv{id}\" passwd=\"***\"/>",
            120 + id,
        );
    }
    out.push_str("  </fencedevices>\n  <rm log_level=\"6\">\n    <failoverdomains>\n");
    for first in 0..world.nodes.len() {
        let _ = writeln!(out, "      <failoverdomain name=\"prefer-n{}\" nofailback=\"1\" ordered=\"1\" restricted=\"0\">", first + 1);
        for place in 0..world.nodes.len() {
            let node = world.name((first + place) % world.nodes.len());
            let _ = writeln!(out, "        <failoverdomainnode name=\"{node}\" priority=\"{}\"/>", place + 1);
        }
        out.push_str("      </failoverdomain>\n");
    }
    for guest in world.guests.iter().filter(|g| !g.rg.restricted.is_empty()) {
        let _ =
            writeln!(out, "      <failoverdomain name=\"only-{}\" nofailback=\"1\" ordered=\"0\" restricted=\"1\">", quoted(&guest.name));
        for node in &guest.rg.restricted {
            let _ = writeln!(out, "        <failoverdomainnode name=\"{}\" priority=\"1\"/>", world.name(*node));
        }
        out.push_str("      </failoverdomain>\n");
    }
    out.push_str("    </failoverdomains>\n    <resources/>\n");
    for guest in &world.guests {
        let domain =
            if guest.rg.restricted.is_empty() { format!("prefer-n{}", guest.prefers + 1) } else { format!("only-{}", quoted(&guest.name)) };
        let _ = writeln!(
            out,
            "    <vm autostart=\"1\" domain=\"{domain}\" exclusive=\"{}\" max_restarts=\"2\" migrate=\"live\" name=\"{}\" path=\"/netcluster0/conf\" recovery=\"restart\" restart_expire_time=\"600\"/>",
            u8::from(guest.rg.exclusive),
            quoted(&guest.name),
        );
    }
    out.push_str("  </rm>\n</cluster>\n");
    out
}

/// `service NAME status`, `chkconfig --list`.
pub fn scripts(world: &World, node: NodeAt) -> String {
    let mut out = String::new();
    for name in SCRIPTS {
        let (said, code) = script(world, node, name);
        let _ = write!(out, "@@quorate service {name}\n{said}\n= {code}\n");
    }
    out.push_str("@@quorate boot\n");
    out.push_str(&boot());
    out
}

/// Init scripts of a node.
const SCRIPTS: [&str; 6] = ["cman", "rgmanager", "clvmd", "multipathd", "ntpd", "libvirtd"];

/// `service NAME status`: what it says, and its exit status.
pub fn script(world: &World, node: NodeAt, name: &str) -> (String, i32) {
    let Some(n) = world.nodes.get(node) else { return (String::new(), 1) };
    let up = match name {
        "cman" => n.clustered,
        "rgmanager" => n.clustered && n.rgmanager,
        "clvmd" => n.clustered && n.clvmd,
        _ if SCRIPTS.contains(&name) => true,
        _ => return (format!("{name}: unrecognized service"), 1),
    };
    match (name, up) {
        ("cman", true) => ("cluster is running.".to_owned(), 0),
        (_, true) => (format!("{name} (pid  2845) is running..."), 0),
        (_, false) => (format!("{name} is stopped"), 3),
    }
}

/// `chkconfig --list`.
pub fn boot() -> String {
    let mut out = String::new();
    for name in SCRIPTS {
        let _ = writeln!(out, "{name:<15}\t0:off\t1:off\t2:on\t3:on\t4:on\t5:on\t6:off");
    }
    out
}
