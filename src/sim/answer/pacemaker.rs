//! `crm_mon --output-as=xml`, `cibadmin`, `stonith_admin` of pacemaker 2.1.5.

use std::fmt::Write as _;

use super::xml::quoted;
use super::{ctime, iso};
use crate::sim::world::{Guest, NodeAt, Work, World};

/// Clones that run on every member: (resource, agent).
const CLONES: [(&str, &str); 4] = [
    ("dlm", "ocf:pacemaker:controld"),
    ("lvmlockd", "ocf:heartbeat:lvmlockd"),
    ("netcluster0", "ocf:heartbeat:Filesystem"),
    ("netcluster1", "ocf:heartbeat:Filesystem"),
];

/// `crm_mon -1 -r -f -A -o -t -L --fence-history=3 --output-as=xml`.
pub fn monitor(world: &World, node: NodeAt) -> String {
    let seen = world.seen_by(node);
    let mut out = String::with_capacity(32 << 10);
    summary(&mut out, world, node, &seen);
    nodes(&mut out, world, &seen);
    out.push_str("  <resources>\n");
    for target in 0..world.nodes.len() {
        stonith(&mut out, world, target, &seen);
    }
    for (id, agent) in CLONES {
        clone(&mut out, world, id, agent, &seen);
    }
    for guest in &world.guests {
        resource(&mut out, world, guest);
    }
    out.push_str("  </resources>\n");
    operations(&mut out, world);
    bans(&mut out, world);
    let _ = writeln!(out, "  <fence_history status=\"0\">");
    fence_events(&mut out, world);
    out.push_str("  </fence_history>\n  <status code=\"0\" message=\"OK\"/>\n</pacemaker-result>\n");
    out
}

fn summary(out: &mut String, world: &World, node: NodeAt, seen: &[NodeAt]) {
    let quorate = seen.len() >= world.needed();
    let dc = seen.first().copied().unwrap_or(node);
    let disabled = world.guests.iter().filter(|g| !g.wanted).count();
    let count = world.guests.len() + world.nodes.len() * (CLONES.len() + 1);
    let _ = write!(
        out,
        "<pacemaker-result api-version=\"2.25\" request=\"crm_mon -1 -r -f -A -o -t -L --fence-history=3 --output-as=xml\">
  <pacemakerd sys_from=\"pacemakerd\" state=\"running\" last_updated=\"{}\"/>
  <summary>
    <stack type=\"corosync\"/>
    <current_dc present=\"true\" version=\"2.1.5-a3f44794f94\" name=\"{}\" id=\"{}\" with_quorum=\"{quorate}\" mixed_version=\"false\"/>
    <last_update time=\"{}\"/>
    <last_change time=\"{}\" user=\"root\" client=\"{}\" origin=\"{}\"/>
    <nodes_configured number=\"{}\"/>
    <resources_configured number=\"{count}\" disabled=\"{disabled}\" blocked=\"0\"/>
    <cluster_options stonith-enabled=\"true\" symmetric-cluster=\"true\" no-quorum-policy=\"freeze\" maintenance-mode=\"{}\" stop-all-resources=\"false\" stonith-timeout-ms=\"180000\" priority-fencing-delay-ms=\"0\"/>
  </summary>
",
        iso(world.now),
        world.name(dc),
        dc + 1,
        ctime(world.now),
        ctime(world.changed.0),
        world.changed.1,
        world.name(0),
        world.nodes.len(),
        world.maintenance,
    );
}

fn nodes(out: &mut String, world: &World, seen: &[NodeAt]) {
    out.push_str("  <nodes>\n");
    for (at, node) in world.nodes.iter().enumerate() {
        let online = seen.contains(&at);
        let running = world.guests.iter().filter(|g| g.on == Some(at)).count() + if online { CLONES.len() } else { 0 };
        let _ = writeln!(
            out,
            "    <node name=\"{}\" id=\"{}\" online=\"{online}\" standby=\"{}\" standby_onfail=\"false\" maintenance=\"false\" pending=\"false\" unclean=\"{}\" health=\"green\" shutdown=\"false\" expected_up=\"{online}\" is_dc=\"{}\" resources_running=\"{running}\" type=\"member\"/>",
            node.name,
            at + 1,
            node.standby,
            node.unclean && !online,
            seen.first() == Some(&at),
        );
    }
    out.push_str("  </nodes>\n");
}

fn head(out: &mut String, indent: &str, id: &str, agent: &str, state: &str) {
    let _ = write!(out, "{indent}<resource id=\"{}\" resource_agent=\"{agent}\" {state}", quoted(id));
}

fn active(on: usize, managed: bool) -> String {
    let (role, active) = if on > 0 { ("Started", true) } else { ("Stopped", false) };
    format!(
        "role=\"{role}\" active=\"{active}\" orphaned=\"false\" blocked=\"false\" managed=\"{managed}\" failed=\"false\" failure_ignored=\"false\" nodes_running_on=\"{on}\""
    )
}

fn place(out: &mut String, world: &World, indent: &str, on: Option<NodeAt>) {
    match on {
        Some(node) => {
            let name = world.name(node);
            let _ = writeln!(out, ">\n{indent}  <node name=\"{name}\" id=\"{}\" cached=\"true\"/>\n{indent}</resource>", node + 1);
        }
        None => out.push_str("/>\n"),
    }
}

/// A fence device runs beside its target, never on it.
fn stonith(out: &mut String, world: &World, target: NodeAt, seen: &[NodeAt]) {
    let on = keeper(seen, target);
    head(out, "    ", &format!("ipmi-virtsrv{}", target + 1), "stonith:fence_ipmilan", &active(usize::from(on.is_some()), true));
    place(out, world, "    ", on);
}

/// The node that holds the fence device for a target.
fn keeper(seen: &[NodeAt], target: NodeAt) -> Option<NodeAt> {
    let others: Vec<NodeAt> = seen.iter().copied().filter(|n| *n != target).collect();
    others.get(target % others.len().max(1)).copied()
}

fn clone(out: &mut String, world: &World, id: &str, agent: &str, seen: &[NodeAt]) {
    let _ = writeln!(
        out,
        "    <clone id=\"{id}-clone\" multi_state=\"false\" unique=\"false\" managed=\"true\" disabled=\"false\" failed=\"false\" failure_ignored=\"false\">"
    );
    for at in 0..world.nodes.len() {
        let on = seen.get(at).copied();
        head(out, "      ", id, agent, &active(usize::from(on.is_some()), true));
        place(out, world, "      ", on);
    }
    out.push_str("    </clone>\n");
}

fn resource(out: &mut String, world: &World, guest: &Guest) {
    let managed = guest.managed && !world.maintenance;
    let mut state = active(usize::from(guest.on.is_some()), managed);
    if !guest.wanted {
        state.push_str(" target_role=\"Stopped\"");
    }
    match guest.work {
        Some(Work::Start(_)) => state.push_str(" pending=\"Starting\""),
        Some(Work::Stop) => state.push_str(" pending=\"Stopping\""),
        Some(Work::Migrate { .. }) => state.push_str(" pending=\"Migrating\""),
        None => {}
    }
    head(out, "    ", &guest.name, "ocf:heartbeat:VirtualDomain", &state);
    place(out, world, "    ", guest.on);
}

/// The operations that brought each guest where it is, and those that failed.
fn operations(out: &mut String, world: &World) {
    let mut failures = String::new();
    out.push_str("  <node_history>\n");
    for (at, node) in world.nodes.iter().enumerate() {
        let _ = writeln!(out, "    <node name=\"{}\">", node.name);
        for guest in world.guests.iter().filter(|g| g.on == Some(at) || g.failures.contains_key(&at)) {
            let count = guest.failures.get(&at).copied().unwrap_or(0);
            let fails = if count > 0 { format!(" fail-count=\"{count}\"") } else { String::new() };
            let _ =
                writeln!(out, "      <resource_history id=\"{}\" orphan=\"false\" migration-threshold=\"3\"{fails}>", quoted(&guest.name));
            if guest.on == Some(at) {
                operation(out, "start", 0, "ok", &ctime(guest.since), "");
                operation(out, "monitor", 0, "ok", &ctime(guest.since), " interval=\"30000ms\"");
            }
            if let Some(f) = guest.failure.as_ref().filter(|f| f.node == at) {
                operation(out, f.task, f.rc, rc_text(f.rc), &ctime(f.at), "");
                let _ = writeln!(
                    failures,
                    "    <failure op_key=\"{}_{}_0\" node=\"{}\" exitstatus=\"{}\" exitreason=\"{}\" exitcode=\"{}\" call=\"57\" status=\"complete\" last-rc-change=\"{}\" queued=\"0\" exec=\"2127\" interval=\"0\" task=\"{}\"/>",
                    quoted(&guest.name),
                    f.task,
                    node.name,
                    rc_text(f.rc),
                    quoted(&f.reason),
                    f.rc,
                    iso(f.at),
                    f.task,
                );
            }
            out.push_str("      </resource_history>\n");
        }
        out.push_str("    </node>\n");
    }
    out.push_str("  </node_history>\n");
    if !failures.is_empty() {
        let _ = write!(out, "  <failures>\n{failures}  </failures>\n");
    }
}

fn operation(out: &mut String, task: &str, rc: u8, text: &str, at: &str, more: &str) {
    let _ = writeln!(
        out,
        "        <operation_history call=\"42\" task=\"{task}\" rc=\"{rc}\" rc_text=\"{text}\"{more} last-rc-change=\"{at}\" exec-time=\"2127ms\" queue-time=\"0ms\"/>"
    );
}

const fn rc_text(rc: u8) -> &'static str {
    match rc {
        0 => "ok",
        7 => "not running",
        _ => "error",
    }
}

fn bans(out: &mut String, world: &World) {
    let mut any = false;
    for l in world.leftovers.iter().filter(|l| l.ban) {
        if !any {
            out.push_str("  <bans>\n");
            any = true;
        }
        let (guest, node) = (world.guests.get(l.guest).map_or("", |g| g.name.as_str()), world.name(l.node));
        let _ = writeln!(
            out,
            "    <ban id=\"cli-ban-{0}-on-{node}\" resource=\"{0}\" node=\"{node}\" weight=\"-1000000\" promoted-only=\"false\" master_only=\"false\"/>",
            quoted(guest),
        );
    }
    if any {
        out.push_str("  </bans>\n");
    }
}

fn fence_events(out: &mut String, world: &World) {
    for f in world.fences.iter().rev() {
        let (status, completed) = match f.done {
            Some(at) => ("success", format!(" completed=\"{}\"", iso(at))),
            None => ("pending", String::new()),
        };
        let client = f.client.split('@').next().unwrap_or_default();
        let _ = writeln!(
            out,
            "    <fence_event status=\"{status}\" action=\"{}\" target=\"{}\" client=\"{client}\" origin=\"{}\" delegate=\"{}\"{completed}/>",
            f.action,
            world.name(f.target),
            world.name(f.by),
            world.name(f.by),
        );
    }
}

/// `stonith_admin --history '*' --verbose --output-as=xml`.
pub fn history(world: &World) -> String {
    let mut out = String::from(
        "<pacemaker-result api-version=\"2.25\" request=\"stonith_admin --history * --verbose --output-as=xml\">\n  <list name=\"fencing history\">\n",
    );
    fence_events(&mut out, world);
    out.push_str("  </list>\n  <status code=\"0\" message=\"OK\"/>\n</pacemaker-result>\n");
    out
}

/// `stonith_admin -L --output-as=xml`: a node has the devices of all other nodes registered.
pub fn devices(world: &World, node: NodeAt) -> String {
    let mut out = String::from(
        "<pacemaker-result api-version=\"2.25\" request=\"stonith_admin -L --output-as=xml\">\n  <list name=\"registered fence devices\">\n",
    );
    for target in (0..world.nodes.len()).filter(|t| *t != node) {
        let _ = writeln!(out, "    <item name=\"device\">ipmi-virtsrv{}</item>", target + 1);
    }
    out.push_str("  </list>\n  <status code=\"0\" message=\"OK\"/>\n</pacemaker-result>\n");
    out
}

/// `cibadmin --query --scope constraints`.
pub fn constraints(world: &World) -> String {
    let mut out = String::from("<constraints>\n");
    for target in 0..world.nodes.len() {
        let (n, name) = (target + 1, world.name(target));
        let _ = writeln!(out, "  <rsc_location id=\"avoid-ipmi-virtsrv{n}\" rsc=\"ipmi-virtsrv{n}\" node=\"{name}\" score=\"-INFINITY\"/>");
    }
    for guest in &world.guests {
        let (name, node) = (quoted(&guest.name), world.name(guest.prefers));
        let _ = writeln!(out, "  <rsc_location id=\"prefer-{name}\" rsc=\"{name}\" node=\"{node}\" score=\"50\"/>");
    }
    for l in &world.leftovers {
        let Some(guest) = world.guests.get(l.guest) else { continue };
        let (name, node) = (quoted(&guest.name), world.name(l.node));
        let _ = if l.ban {
            writeln!(
                out,
                "  <rsc_location id=\"cli-ban-{name}-on-{node}\" rsc=\"{name}\" role=\"Started\" node=\"{node}\" score=\"-INFINITY\"/>"
            )
        } else {
            writeln!(out, "  <rsc_location id=\"cli-prefer-{name}\" rsc=\"{name}\" role=\"Started\" node=\"{node}\" score=\"INFINITY\"/>")
        };
    }
    out.push_str("</constraints>\n");
    out
}
