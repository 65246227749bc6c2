//! What the tools of a cluster print, in small.

use std::fmt::Write as _;

use super::rig::{Node, Site};

/// A node of crm_mon's XML: online, and otherwise what `said` says (`unclean="true" online="false"`).
pub fn node(name: &str, id: u32, said: &str) -> String {
    let all = [
        ("online", "true"),
        ("standby", "false"),
        ("standby_onfail", "false"),
        ("maintenance", "false"),
        ("pending", "false"),
        ("unclean", "false"),
        ("shutdown", "false"),
        ("expected_up", "true"),
        ("is_dc", "false"),
        ("type", "member"),
    ];
    let mut line = format!("<node name=\"{name}\" id=\"{id}\" {said}");
    for (key, value) in all.iter().filter(|(key, _)| !format!(" {said}").contains(&format!(" {key}="))) {
        let _ = write!(line, " {key}=\"{value}\"");
    }
    line + " resources_running=\"0\"/>\n"
}

/// A resource: managed, not failed, and otherwise what `said` says; active where it runs.
pub fn resource(id: &str, agent: &str, role: &str, said: &str, on: &[&str]) -> String {
    let active = if on.is_empty() { "false" } else { "true" };
    let all = [
        ("active", active),
        ("orphaned", "false"),
        ("blocked", "false"),
        ("managed", "true"),
        ("failed", "false"),
        ("failure_ignored", "false"),
    ];
    let mut line = format!("<resource id=\"{id}\" resource_agent=\"{agent}\" role=\"{role}\" {said}");
    for (key, value) in all.iter().filter(|(key, _)| !format!(" {said}").contains(&format!(" {key}="))) {
        let _ = write!(line, " {key}=\"{value}\"");
    }
    let _ = writeln!(line, " nodes_running_on=\"{}\">", on.len());
    for name in on {
        let _ = writeln!(line, "<node name=\"{name}\" id=\"1\" cached=\"true\"/>");
    }
    line + "</resource>\n"
}

pub fn vm(id: &str, role: &str, said: &str, on: &[&str]) -> String {
    resource(id, "ocf:heartbeat:VirtualDomain", role, said, on)
}

pub fn dummy(id: &str, role: &str, said: &str, on: &[&str]) -> String {
    resource(id, "ocf:pacemaker:Dummy", role, said, on)
}

/// crm_mon's XML of Pacemaker 2.1.
pub struct CrmMon {
    pub nodes: String,
    pub resources: String,
    /// `node_history`, `failures`, `fence_history`, `bans`.
    pub rest: String,
    pub options: &'static str,
    pub quorum: bool,
}

impl CrmMon {
    pub fn of(nodes: &[String]) -> Self {
        Self {
            nodes: nodes.concat(),
            resources: String::new(),
            rest: "<fence_history status=\"0\"/>".to_owned(),
            options: "stonith-enabled=\"true\" symmetric-cluster=\"true\" no-quorum-policy=\"stop\" maintenance-mode=\"false\"",
            quorum: true,
        }
    }

    pub fn xml(&self) -> String {
        format!(
            "<pacemaker-result api-version=\"2.25\" request=\"crm_mon\">\n<summary>\n<stack type=\"corosync\"/>\n\
             <current_dc present=\"true\" version=\"2.1.5-a3f44794f94\" name=\"n1\" id=\"1\" with_quorum=\"{}\"/>\n\
             <cluster_options {}/>\n</summary>\n<nodes>\n{}</nodes>\n<resources>\n{}</resources>\n{}\n<status code=\"0\" message=\"OK\"/>\n</pacemaker-result>\n",
            self.quorum, self.options, self.nodes, self.resources, self.rest
        )
    }
}

/// A fail count in `<node_history>`.
pub fn fail_count(node: &str, resource: &str, count: &str) -> String {
    format!(
        "<node name=\"{node}\"><resource_history id=\"{resource}\" orphan=\"false\" migration-threshold=\"1000000\" fail-count=\"{count}\" last-failure=\"Sun Nov 22 22:00:00 2026\"/></node>\n"
    )
}

/// A failed operation of `<failures>`.
pub fn failure(key: &str, node: &str, status: &str, reason: &str) -> String {
    format!(
        "<failure op_key=\"{key}\" node=\"{node}\" exitstatus=\"error\" exitreason=\"{reason}\" exitcode=\"1\" call=\"12\" status=\"{status}\" \
         last-rc-change=\"2026-11-22 22:00:00 +00:00\" queued=\"0\" exec=\"20\" interval=\"0\" task=\"start\"/>\n"
    )
}

/// Who takes part in a vote.
#[derive(Clone)]
pub struct Ring<'a> {
    /// Id, name, votes.
    pub members: Vec<(u32, &'a str, u32)>,
    pub expected: u32,
    pub needed: u32,
    pub quorate: bool,
    pub flags: &'a str,
    /// Votes of a qdevice.
    pub qdevice: Option<u32>,
}

impl<'a> Ring<'a> {
    pub fn of(names: &[&'a str]) -> Self {
        let members: Vec<_> = (1..).zip(names).map(|(id, name)| (id, *name, 1)).collect();
        let expected = u32::try_from(members.len()).unwrap();
        Self { members, expected, needed: expected / 2 + 1, quorate: true, flags: "", qdevice: None }
    }

    /// `corosync-quorumtool -s` of 3.1, as `me` prints it.
    pub fn quorumtool(&self, me: &str) -> String {
        let total: u32 = self.members.iter().map(|m| m.2).sum::<u32>() + self.qdevice.unwrap_or(0);
        let id = self.members.iter().find(|m| m.1 == me).map_or(0, |m| m.0);
        let mut text = format!(
            "Quorum information\n------------------\nDate:             Sun Nov 22 22:11:26 2026\nQuorum provider:  corosync_votequorum\n\
             Nodes:            {}\nNode ID:          {id}\nRing ID:          1.16\nQuorate:          {}\n\nVotequorum information\n\
             ----------------------\nExpected votes:   {}\nHighest expected: {}\nTotal votes:      {total}\nQuorum:           {}{}\nFlags:            {}{}\n\n\
             Membership information\n----------------------\n    Nodeid      Votes {}Name\n",
            self.members.len(),
            if self.quorate { "Yes" } else { "No" },
            self.expected,
            self.expected,
            self.needed,
            if self.quorate { "  " } else { " Activity blocked" },
            if self.quorate { "Quorate " } else { "" },
            self.flags,
            if self.qdevice.is_some() { "   Qdevice " } else { "" },
        );
        for (id, name, votes) in &self.members {
            let device = if self.qdevice.is_some() { "  A,V,NMW " } else { "" };
            let local = if *name == me { " (local)" } else { "" };
            let _ = writeln!(text, "{id:>10} {votes:>10} {device}{name}{local}");
        }
        if let Some(votes) = self.qdevice {
            let _ = writeln!(text, "{:>10} {votes:>10}            Qdevice", 0);
        }
        text
    }
}

/// `corosync-cmapctl` of 3.1: the node list with an address for each.
pub fn cmap(cluster: &str, nodes: &[(u32, &str, &str)]) -> String {
    let mut text = String::new();
    for (at, (id, name, address)) in nodes.iter().enumerate() {
        let _ = writeln!(text, "nodelist.node.{at}.name (str) = {name}");
        let _ = writeln!(text, "nodelist.node.{at}.nodeid (u32) = {id}");
        let _ = writeln!(text, "nodelist.node.{at}.ring0_addr (str) = {address}");
    }
    for (id, ..) in nodes {
        let _ = writeln!(text, "runtime.members.{id}.status (str) = joined");
    }
    text + &format!("totem.cluster_name (str) = {cluster}\ntotem.version (u32) = 2\n")
}

/// A Pacemaker cluster of these nodes, with nothing but what says who is there.
pub fn cluster(names: &[&str]) -> Option<Site> {
    let site = Site::new(names)?;
    site.configure("");
    equip(&site, &Ring::of(names), &CrmMon::of(&nodes(names)));
    Some(site)
}

pub fn nodes(names: &[&str]) -> Vec<String> {
    (1..).zip(names).map(|(id, name)| node(name, id, if id == 1 { "is_dc=\"true\"" } else { "" })).collect()
}

/// The same answers on all nodes.
pub fn equip(site: &Site, ring: &Ring<'_>, mon: &CrmMon) {
    let names: Vec<(u32, &str, &str)> = (1..).zip(&site.nodes).map(|(id, n)| (id, n.name.as_str(), "192.0.2.1")).collect();
    for node in &site.nodes {
        set_manager(node, mon);
        node.prints("corosync-quorumtool", &ring.quorumtool(&node.name));
        node.answers("corosync-cmapctl", &[("*stats*", ""), ("'  '", &cmap("lab", &names))]);
        node.prints("crm_node", &format!("{}\n", node.name));
        node.prints("cibadmin", "<constraints/>\n");
        node.answers("stonith_admin", &[("*output-as*", EMPTY_LIST)]);
    }
}

pub fn set_manager(node: &Node, mon: &CrmMon) {
    node.answers("crm_mon", &[("*--version*", "Pacemaker 2.1.5\nWritten by Andrew Beekhof\n"), ("*--output-as=xml*", &mon.xml())]);
}

const EMPTY_LIST: &str = "<pacemaker-result api-version=\"2.25\" request=\"stonith_admin\"><list name=\"x\"/><status code=\"0\" message=\"OK\"/></pacemaker-result>\n";
