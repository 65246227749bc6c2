//! What stands against each way to move a service.

use crate::domain::cluster::{MemberStatus, ServiceKind, ServiceState};
use crate::domain::guest::Guest;
use crate::domain::observation::simulation::{SimAction, SimStep};
use crate::domain::task::RelocateHow;

use super::super::{held, whereabouts};
use super::{Move, target};

impl Move<'_> {
    /// What stands against a way.
    pub(super) fn closed(&self, how: RelocateHow) -> Vec<String> {
        let mut closed = self.closed_to_all(how);
        if !self.limits.is_none() {
            self.closed_to_limits(how, &mut closed);
        }
        match how {
            RelocateHow::Live => self.closed_to_live(&mut closed),
            RelocateHow::Suspend => self.closed_to_suspend(&mut closed),
            RelocateHow::Restart => self.closed_to_restart(&mut closed),
        }
        let file = self.definition.map(|_| self.file());
        closed.extend(target::lacks(self.input.found, &self.to, self.definition.and_then(|d| d.memory), file));
        closed.extend(self.row().into_iter().flat_map(|row| target::networks_missing(self.input.cluster, row, &self.to)));
        closed
    }

    /// It as libvirt on its node has told of it.
    fn row(&self) -> Option<&Guest> {
        let named = |g: &Guest| g.managed_by.as_deref() == Some(&*self.service.id) || self.definition.is_some_and(|d| d.name == g.name);
        self.input.cluster.guests.iter().find(|g| g.vmware.is_none() && g.node == self.from && named(g))
    }

    fn closed_to_all(&self, how: RelocateHow) -> Vec<String> {
        let mut closed = Vec::new();
        let (cluster, to) = (self.input.cluster, &self.to);
        match cluster.member(to).map(|m| m.status) {
            Some(MemberStatus::Online) => {}
            Some(status) => closed.push(format!("{to} is {}", status.word())),
            None => closed.push(format!("{to} is not a member")),
        }
        if self.service.state != ServiceState::Started {
            closed.push(format!("{} is {}", self.service.id, self.service.state.word()));
        }
        if let Some(held) = held::held(cluster, self.input.found, self.service) {
            closed.push(format!("the manager leaves it alone ({}): {}", held.why, held.lift));
            return closed;
        }
        if cluster.options.maintenance_mode == Some(true) {
            closed.push("the cluster is in maintenance: quorate act maintenance off".to_owned());
            return closed;
        }
        // The manager's own word on whether it would go there; the suspend way does not ask the manager to move it.
        if self.input.found.simulation().is_some() && !self.goes_around(how) {
            let goes = |a: &SimStep| {
                matches!(a.action, SimAction::Move | SimAction::Migrate | SimAction::Start) && a.dest.as_deref() == Some(&**to)
            };
            if !self.told().any(goes) {
                closed.push(format!("the manager would not put it on {to} (a ban, a constraint, or a failure there)"));
            }
        }
        closed
    }

    /// What would open a way, as far as that can be said in a command.
    pub(super) fn lift(&self) -> String {
        let (cluster, id, to) = (self.input.cluster, &self.service.id, &self.to);
        let mut all = Vec::new();
        match cluster.member(to).map(|m| m.status) {
            Some(MemberStatus::Standby) => all.push(format!("quorate act unstandby {to}")),
            Some(MemberStatus::Offline) => all.push(format!("quorate act join {to}")),
            Some(MemberStatus::Online) => {}
            _ => all.push(format!("{to} must be online")),
        }
        if cluster.options.maintenance_mode == Some(true) {
            all.push("quorate act maintenance off".to_owned());
        }
        if let Some(held) = held::held(cluster, self.input.found, self.service).filter(|held| !all.contains(&held.lift)) {
            all.push(held.lift);
        }
        match self.service.state {
            ServiceState::Started => {}
            ServiceState::Failed | ServiceState::Blocked => all.push(format!("quorate act cleanup {id}")),
            state if state.is_in_transit() => all.push("wait until it has settled".to_owned()),
            _ => all.push(format!("quorate act start {id}")),
        }
        if self.row().and_then(target::snapshots).is_some() {
            all.push(format!("its snapshots: {}", target::DELETE_SNAPSHOTS));
        }
        if let Some(Err(trouble)) = self.input.found.place(to) {
            all.push(format!("{to} must answer ({trouble}): see what keeps its libvirtd or its storage, then plan anew"));
        }
        if all.is_empty() {
            all.push(format!(
                "what {to} lacks must be there; a ban or a failure there is lifted by: quorate act clear {id}, quorate act cleanup {id}"
            ));
        }
        all.join("; ")
    }

    fn closed_to_live(&self, closed: &mut Vec<String>) {
        let id = &self.service.id;
        if whereabouts::is_container(self.service) {
            return self.closed_to_live_parts(closed);
        }
        if !self.migrates(id) {
            closed.push(if self.config.is_some() { "allow-migrate is not set" } else { "how it is configured is not known" }.to_owned());
        }
        if self.would(id, SimAction::Move) {
            closed.push("the manager would stop and start it".to_owned());
        }
        self.passed_through(closed);
    }

    /// A group moves live if each guest in it does, by the manager's own word; what else is in it cannot.
    fn closed_to_live_parts(&self, closed: &mut Vec<String>) {
        let parts = whereabouts::parts(self.input.cluster, self.service).into_iter();
        let guests: Vec<&str> = parts.filter(|part| part.kind == ServiceKind::Vm).map(|part| part.id.as_str()).collect();
        let stopped: Vec<&str> = guests.iter().copied().filter(|id| !self.would(id, SimAction::Migrate)).collect();
        if guests.is_empty() {
            closed.push(format!("no guest is in {}", self.service.id));
        } else if !stopped.is_empty() {
            closed.push(format!("the manager would not migrate {}", stopped.join(", ")));
        }
        for id in guests {
            let part = |g: &&Guest| g.vmware.is_none() && g.node == self.from && g.managed_by.as_deref() == Some(id);
            let Some(row) = self.input.cluster.guests.iter().find(part) else { continue };
            closed.extend(target::snapshots(row));
            let devices = target::passed_through(target::host_devices(row)).into_iter();
            let tied = devices.chain(target::networks_missing(self.input.cluster, row, &self.to));
            closed.extend(tied.map(|why| format!("{id}: {why}")));
        }
    }

    /// What it would migrate live must be switched for the time, and be what it was afterwards.
    fn closed_to_restart(&self, closed: &mut Vec<String>) {
        let unknown: Vec<&str> = self.movers().into_iter().filter(|id| self.input.found.primitive(id).is_none()).collect();
        if !unknown.is_empty() {
            closed.push(format!("the manager would migrate {} live, and how that is configured is not known", unknown.join(", ")));
        }
    }

    fn closed_to_limits(&self, how: RelocateHow, closed: &mut Vec<String>) {
        if how != RelocateHow::Live {
            closed.push("only a live migration can be limited".to_owned());
        } else if self.definition.is_none() {
            closed.push("its definition could not be read: its name for libvirt is not known".to_owned());
        } else if !self.input.cluster.member(&self.from).is_some_and(whereabouts::is_within_reach) {
            closed.push(format!("{} cannot be reached, and it is limited there", self.from));
        }
    }

    fn closed_to_suspend(&self, closed: &mut Vec<String>) {
        if whereabouts::is_container(self.service) {
            closed.push(format!("it is a {}, not a guest", self.service.kind.word()));
            return;
        }
        if self.definition.is_none() {
            let trouble = self.input.found.troubles().next().map(|(node, t)| format!(" ({node}: {t})")).unwrap_or_default();
            closed.push(format!("it is not a guest whose definition could be read{trouble}"));
            return;
        }
        self.passed_through(closed);
        if self.has_snapshot() {
            return;
        }
        if self.moved != self.service.id {
            closed.push(format!("it is part of {}", self.moved));
        }
        for node in [&self.from, &self.to] {
            if !self.input.cluster.member(node).is_some_and(whereabouts::is_within_reach) {
                closed.push(format!("{node} cannot be reached, and this is done there"));
            }
        }
        let file = |node: &str| self.input.found.place(node).and_then(Result::ok).and_then(|p| p.config_file.clone());
        match (file(&self.from), file(&self.to)) {
            (Some(a), Some(b)) if a == b => {}
            _ if [&self.from, &self.to].iter().any(|node| matches!(self.input.found.place(node), Some(Err(_)))) => {
                closed.push(format!("whether the folder of {} is shared is not known", self.file()));
            }
            _ => closed.push(format!("the folder of {} is not shared between {} and {}", self.file(), self.from, self.to)),
        }
    }

    /// What keeps it from going on there with the memory that it has.
    fn passed_through(&self, closed: &mut Vec<String>) {
        closed.extend(target::cpu_lacks(self.input.found, &self.to));
        // A network of passed through NICs gives it one only while it runs.
        let seen = self.row().map_or(0, target::host_devices);
        closed.extend(target::passed_through(self.definition.map_or(0, |d| d.passed_through).max(seen)));
        closed.extend(self.row().and_then(target::snapshots));
    }
}
