//! How each stack logs what happens.

use super::Manager;
use super::world::{GuestAt, NodeAt, World};

impl World {
    fn is_rhcs(&self) -> bool {
        self.manager == Manager::Rgmanager
    }

    /// The one that decides: it logs what is done with services.
    fn decider(&self) -> Option<NodeAt> {
        self.dc()
    }

    fn service(&self, guest: GuestAt) -> String {
        let name = self.guests.get(guest).map_or("", |g| g.name.as_str());
        if self.is_rhcs() { format!("vm:{name}") } else { name.to_owned() }
    }

    fn membership(&mut self, node: NodeAt, left: bool) {
        let (id, members) = (node + 1, self.members());
        let all: Vec<String> = members.iter().map(|m| (m + 1).to_string()).collect();
        let (word, state) = if left { ("left", "left") } else { ("joined", "joined") };
        for m in &members {
            if left && !self.is_rhcs() {
                self.log(*m, "corosync", 5, "  [TOTEM ] A processor failed, forming new configuration: token timed out (3000ms)");
            } else if left {
                self.log(*m, "corosync", 5, "  [TOTEM ] A processor failed, forming new configuration.");
            }
            if self.is_rhcs() {
                self.log(*m, "corosync", 5, "  [TOTEM ] A processor joined or left the membership and a new membership was formed.");
            } else {
                let text = format!("  [TOTEM ] A new membership (1.{}) was formed. Members {word}: {id}", self.serial);
                self.log(*m, "corosync", 5, text);
            }
            self.log(*m, "corosync", 5, format!("  [QUORUM] Members[{}]: {}", all.len(), all.join(" ")));
            self.map.push((*m, format!("runtime.members.{id}.status (str) = {state}")));
        }
    }

    fn no_quorum(&self) -> &'static str {
        if self.is_rhcs() {
            "  [CMAN  ] quorum lost, blocking activity"
        } else {
            "  [QUORUM] This node is within the non-primary component and will NOT provide any services."
        }
    }

    /// A node that the others have lost, in its own words.
    pub fn tell_alone(&mut self, node: NodeAt) {
        if self.nodes.get(node).is_some_and(|n| n.on && n.clustered) {
            self.log(node, "corosync", 5, format!("  [QUORUM] Members[1]: {}", node + 1));
            self.log(node, "corosync", 5, self.no_quorum());
        }
    }

    /// A node is no member any more.
    pub fn tell_lost(&mut self, node: NodeAt) {
        self.membership(node, true);
        let name = self.name(node).to_owned();
        if !self.quorate() {
            for m in self.members() {
                self.log(m, "corosync", 5, self.no_quorum());
            }
            return;
        }
        let Some(first) = self.decider() else { return };
        if self.is_rhcs() {
            self.log(first, "rgmanager", 5, format!("State change: {name} DOWN"));
        } else {
            self.log(first, "pacemaker-controld", 5, format!(" notice: Node {name} state is now lost"));
        }
    }

    /// A node has left in good order.
    pub fn tell_left(&mut self, node: NodeAt) {
        self.membership(node, true);
    }

    /// A node is a member again.
    pub fn tell_joined(&mut self, node: NodeAt) {
        self.membership(node, false);
        let name = self.name(node).to_owned();
        let Some(first) = self.decider() else { return };
        if self.is_rhcs() {
            self.log(first, "rgmanager", 5, format!("State change: {name} UP"));
        } else {
            self.log(first, "pacemaker-controld", 5, format!(" notice: Node {name} state is now member"));
        }
    }

    /// A node will be fenced.
    pub fn tell_fencing(&mut self, node: NodeAt, by: NodeAt, action: &str) {
        let name = self.name(node).to_owned();
        if self.is_rhcs() {
            self.log(by, "fenced", 5, format!("fencing node {name}"));
        } else {
            self.log(by, "pacemaker-controld", 5, format!(" notice: Requesting fencing ({action}) targeting node {name}"));
        }
    }

    /// A node has been fenced.
    pub fn tell_fenced(&mut self, node: NodeAt, by: NodeAt, action: &str, client: &str) {
        let (name, by_name) = (self.name(node).to_owned(), self.name(by).to_owned());
        if self.is_rhcs() {
            let how = if client.starts_with("fence_ack_manual") { "overridden by administrator intervention" } else { "success" };
            self.log(by, "fenced", 5, format!("fence {name} {how}"));
        } else {
            let text = format!(" notice: Operation '{action}' targeting {name} by {by_name} for {client}: OK (complete)");
            self.log(by, "pacemaker-fenced", 5, text);
        }
    }

    /// An operation begins: start, stop, migrate_to.
    pub fn tell_begin(&mut self, task: &str, guest: GuestAt, node: NodeAt, to: Option<NodeAt>) {
        let (service, name) = (self.service(guest), self.name(node).to_owned());
        if !self.is_rhcs() {
            let Some(dc) = self.decider() else { return };
            return self.log(dc, "pacemaker-controld", 5, format!(" notice: Initiating {task} operation {service}_{task}_0 on {name}"));
        }
        let text = match (task, to.map(|t| self.name(t).to_owned())) {
            ("migrate_to", Some(to)) => format!("Migrating {service} to {to}"),
            ("stop", _) => format!("Stopping service {service}"),
            _ => format!("Starting stopped service {service}"),
        };
        self.log(node, "rgmanager", 5, text);
    }

    /// An operation has succeeded: start, stop, migrate_to, migrate_from.
    pub fn tell_done(&mut self, task: &str, guest: GuestAt, node: NodeAt, to: Option<NodeAt>) {
        let (service, name) = (self.service(guest), self.name(node).to_owned());
        if !self.is_rhcs() {
            return self.log(node, "pacemaker-controld", 5, format!(" notice: Result of {task} operation for {service} on {name}: ok"));
        }
        let text = match (task, to.map(|t| self.name(t).to_owned())) {
            ("migrate_to", Some(to)) => format!("Migration of {service} to {to} completed"),
            ("migrate_from", _) => return,
            ("stop", _) => format!("Service {service} is stopped"),
            _ => format!("Service {service} started"),
        };
        self.log(node, "rgmanager", 5, text);
    }

    /// An operation has failed: start, monitor.
    pub fn tell_failed(&mut self, task: &str, guest: GuestAt, node: NodeAt, reason: &str) {
        let (service, name) = (self.service(guest), self.name(node).to_owned());
        if self.is_rhcs() {
            let bare = service.trim_start_matches("vm:").to_owned();
            let word = if task == "monitor" { "status" } else { task };
            self.log(node, "rgmanager", 4, format!("{word} on vm \"{bare}\" returned 1 (generic error)"));
            if task == "stop" {
                self.log(node, "rgmanager", 4, format!("#12: RG {service} failed to stop; intervention required"));
                self.log(node, "rgmanager", 4, format!("Service {service} is failed"));
            } else if task == "start" {
                self.log(node, "rgmanager", 4, format!("#68: Failed to start {service}; return value: 1"));
                self.log(node, "rgmanager", 4, format!("#71: Relocating failed service {service}"));
            } else {
                self.log(node, "rgmanager", 4, format!("Service {service} is recovering"));
            }
            return;
        }
        let word = if task == "monitor" { "not running" } else { "error" };
        self.log(node, "pacemaker-controld", 4, format!(" warning: Result of {task} operation for {service} on {name}: {word} ({reason})"));
    }
}
