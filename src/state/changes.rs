//! Differences between successive pictures, as events. What appears for the first time is no change.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::cluster::{
    Bond, BondStatus, Filesystem, Member, MemberStatus, PathMap, PeerLink, Quorum, Service, ServiceKind, ServiceState, Volume,
};
use crate::domain::event::{Event, Severity, Source};
use crate::domain::guest::{Guest, GuestState, Hypervisor, VirtNode};
use crate::domain::node::Reach;
use crate::domain::observation::manager::{FenceRecord, FenceStatus};
use crate::domain::stamp::Stamp;

use super::alerts::{FULL, NEARLY_FULL, fill};
use super::fences::{TOGETHER, printed_alike};
use super::identity::Nodes;

/// Collects events while the sections are folded.
pub(super) struct Changes {
    pub(super) events: Vec<Event>,
    now: Stamp,
    /// Who manages the services.
    manager: Source,
}

impl Changes {
    pub(super) const fn new(now: Stamp, manager: Source) -> Self {
        Self { events: Vec::new(), now, manager }
    }

    fn push(&mut self, at: Stamp, node: Option<&Arc<str>>, source: Source, severity: Severity, subject: &str, text: String) {
        self.events.push(Event { at, node: node.cloned(), source, severity, subject: Some(subject.to_owned()), text, folded: 0 });
    }

    /// Quorum won, lost, or claimed twice.
    pub(super) fn quorum(&mut self, before: &Quorum, after: &Quorum) {
        if !before.answered || before.quorate == after.quorate {
            return;
        }
        let votes = match (after.total, after.needed) {
            (Some(total), Some(needed)) => format!(": {total} votes, {needed} needed"),
            _ => String::new(),
        };
        let (severity, text) = match (after.quorate, after.answered) {
            (Some(true), _) => (Severity::Info, format!("quorum is there again{votes}")),
            (Some(false), _) => (Severity::Critical, format!("quorum is lost{votes}")),
            (None, true) => (Severity::Critical, "two partitions claim quorum at the same time".to_owned()),
            (None, false) => (Severity::Warning, "no node can say any more whether there is quorum".to_owned()),
        };
        let at = after.partitions.iter().flat_map(|p| &p.said_by).map(|s| s.at).max().unwrap_or(self.now);
        self.events.push(Event { at, node: None, source: Source::Corosync, severity, subject: None, text, folded: 0 });
    }

    /// Status, reach and links of members. `managed`: the manager spoke in both pictures; what corosync alone says of
    /// a status does not compare.
    pub(super) fn members(&mut self, before: &[Member], after: &[Member], nodes: &Nodes, managed: bool) {
        for (old, new) in pairs(before, after, |m| (&m.name, m.node.filter(|_| m.status == MemberStatus::Unknown))) {
            if managed && old.status != new.status && old.status != MemberStatus::Unknown && new.status != MemberStatus::Unknown {
                let severity = match new.status {
                    MemberStatus::Unclean => Severity::Critical,
                    MemberStatus::Offline => Severity::Warning,
                    MemberStatus::Pending | MemberStatus::Standby | MemberStatus::Maintenance => Severity::Notice,
                    MemberStatus::Online | MemberStatus::Unknown => Severity::Info,
                };
                let text = format!("{} is {} (was {})", new.name, new.status.word(), old.status.word());
                self.push(self.now, Some(&new.name), self.manager, severity, &new.name, text);
            }
            self.reach(old, new);
            let at = new.node.and_then(|key| nodes.get(&key)).and_then(|n| n.answers.links.at().max(n.answers.link_stats.at()));
            self.links(new, &old.links, at.unwrap_or(self.now));
        }
    }

    fn reach(&mut self, old: &Member, new: &Member) {
        match (&old.reach, &new.reach) {
            (Reach::Down { .. }, Reach::Down { .. }) => {}
            (was, Reach::Down { since, trouble }) => {
                let lost = if was.is_up() { "is no longer reachable" } else { "cannot be reached" };
                self.push(
                    *since,
                    Some(&new.name),
                    Source::Quorate,
                    Severity::Warning,
                    &new.name,
                    format!("{} {lost}: {trouble}", new.name),
                );
            }
            (Reach::Down { .. }, Reach::Up { since, .. }) => {
                self.push(*since, Some(&new.name), Source::Quorate, Severity::Info, &new.name, format!("{} is reachable again", new.name));
            }
            _ => {}
        }
    }

    fn links(&mut self, member: &Member, before: &[PeerLink], at: Stamp) {
        for (old, new) in pairs(before, &member.links, |l| (l.number, l.peer.as_ref())) {
            let to = new.peer.as_deref().map(|p| format!(" to {p}")).unwrap_or_default();
            let subject = new.peer.clone().unwrap_or_else(|| member.name.clone());
            match (old.connected, new.connected) {
                (Some(true), Some(false)) => {
                    self.push(
                        at,
                        Some(&member.name),
                        Source::Corosync,
                        Severity::Warning,
                        &subject,
                        format!("link {}{to} is down", new.number),
                    );
                }
                (Some(false), Some(true)) => {
                    self.push(at, Some(&member.name), Source::Corosync, Severity::Info, &subject, format!("link {}{to} is up", new.number));
                }
                // Down and up again between two looks.
                _ if new.connected == Some(true) && old.down_count.is_some() && new.down_count > old.down_count => {
                    let text = format!("link {}{to} went down and came back", new.number);
                    self.push(at, Some(&member.name), Source::Corosync, Severity::Notice, &subject, text);
                }
                _ => {}
            }
        }
    }

    /// States, owners and failures of services. Groups, clones and bundles change by their members.
    pub(super) fn services(&mut self, before: &[Service], after: &[Service], at: Stamp) {
        for (old, new) in pairs(before, after, |s| &s.id) {
            if matches!(new.kind, ServiceKind::Group | ServiceKind::Clone | ServiceKind::Bundle) {
                continue;
            }
            let on = if new.owners.is_empty() { String::new() } else { format!(" on {}", new.owners.join(", ")) };
            let why = new.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
            let node = new.owner.as_ref();
            if old.state != new.state {
                let text = format!("{} is {}{on} (was {}){why}", new.id, new.state.word(), old.state.word());
                self.push(at, node, self.manager, severity(new.state), &new.id, text);
            } else if old.owners != new.owners && !old.owners.is_empty() && !new.owners.is_empty() {
                let text = match (&old.owner, &new.owner) {
                    (Some(from), Some(to)) => format!("{} moved from {from} to {to}", new.id),
                    _ => format!("{} now runs{on}", new.id),
                };
                self.push(at, node, self.manager, Severity::Info, &new.id, text);
            }
            if new.failures > old.failures {
                let text = format!("{} failed (fail-count {}){why}", new.id, new.failures);
                self.push(at, node, self.manager, Severity::Warning, &new.id, text);
            }
        }
    }

    /// The libvirt of a node that stopped answering, or answers again.
    pub(super) fn virt(&mut self, before: &[VirtNode], after: &[VirtNode]) {
        for (old, new) in pairs(before, after, |v| (&v.node, v.hypervisor)) {
            let (severity, text) = match (old.up, new.up, &new.trouble) {
                (true, false, Some(trouble)) => (Severity::Warning, trouble.clone()),
                (false, true, _) => (Severity::Info, format!("{} of {} answers again", new.hypervisor.word(), new.node)),
                _ => continue,
            };
            self.push(self.now, Some(&new.node), source(new.hypervisor), severity, &new.node, text);
        }
    }

    /// States of guests that no event told.
    pub(super) fn guests(&mut self, before: &[Guest], after: &[Guest]) {
        for (old, new) in pairs(before, after, |g| (&g.node, &g.uuid)) {
            if old.state == new.state || old.migrating || new.migrating || new.stale {
                continue;
            }
            let reason = new.reason.as_deref().map(|r| format!(" ({r})")).unwrap_or_default();
            let severity = match new.state {
                GuestState::Crashed => Severity::Critical,
                GuestState::Paused if new.reason.as_deref() == Some("I/O error") => Severity::Critical,
                GuestState::Running => Severity::Info,
                _ => Severity::Notice,
            };
            let text = format!("{} is {}{reason} (was {})", new.name, new.word(), old.word());
            self.push(new.at, Some(&new.node), source(new.hypervisor()), severity, &new.name, text);
        }
    }

    /// Fencings that began, succeeded or failed. `set`: by how much the clock is known better that they are told by, microseconds.
    pub(super) fn fences(&mut self, before: &[FenceRecord], after: &[FenceRecord], set: i64) {
        let by_that = |old: &FenceRecord| FenceRecord { completed: old.completed.map(|at| at.shifted(set)), ..old.clone() };
        let told = |old: &FenceRecord, new: &FenceRecord| is_told(old, new) || (set != 0 && is_told(&by_that(old), new));
        for new in after.iter().rev().filter(|new| !before.iter().any(|old| told(old, new))) {
            let by = new.delegate.as_ref().or(new.origin.as_ref()).map(|n| format!(" by {n}")).unwrap_or_default();
            let why = new.reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
            let (severity, word) = match new.status {
                FenceStatus::Pending => (Severity::Warning, "is under way"),
                FenceStatus::Success => (Severity::Notice, "succeeded"),
                FenceStatus::Failed => (Severity::Critical, "FAILED"),
            };
            let text = format!("fencing of {} ({}){by} {word}{why}", new.target, new.action);
            let at = new.completed.map_or(self.now, |at| at.min(self.now));
            self.push(at, None, Source::Fence, severity, &new.target, text);
        }
    }

    /// Thin pools that filled up.
    pub(super) fn volumes(&mut self, before: &[Volume], after: &[Volume]) {
        for (old, new) in pairs(before, after, |v| (&v.vg, &v.lv, &v.uuid)) {
            let subject = format!("{}/{}", new.vg, new.lv);
            if let (true, Some(was), Some(is)) = (new.is_thin_pool, fill(old), fill(new)) {
                self.filling(was, is, new.sight.at, new.sole_node(), &subject, &format!("thin pool {subject}"));
            }
        }
    }

    /// Filesystems that filled up.
    pub(super) fn filesystems(&mut self, before: &[Filesystem], after: &[Filesystem]) {
        for (old, new) in pairs(before, after, |f| (&f.node, &f.mount)) {
            if let (Some(was), Some(is)) = (old.percent(), new.percent()) {
                let subject = format!("{}:{}", new.node, new.mount);
                self.filling(was, is, new.at, Some(&new.node), &subject, &new.mount);
            }
        }
    }

    fn filling(&mut self, was: f64, is: f64, at: Stamp, node: Option<&Arc<str>>, subject: &str, what: &str) {
        let level = |percent: f64| u8::from(percent >= NEARLY_FULL) + u8::from(percent >= FULL);
        let severity = match (level(was), level(is)) {
            (0 | 1, 2) => Severity::Critical,
            (0, 1) => Severity::Warning,
            (1 | 2, 0) => Severity::Info,
            _ => return,
        };
        self.push(at, node, Source::Storage, severity, subject, format!("{what} is {} % full", is.floor()));
    }

    /// Paths of multipath maps.
    pub(super) fn maps(&mut self, before: &[PathMap], after: &[PathMap]) {
        for (old, new) in pairs(before, after, |m| (&m.node, &m.map.name)) {
            if (old.active, old.total) == (new.active, new.total) {
                continue;
            }
            let severity = if new.active < old.active { Severity::Warning } else { Severity::Info };
            let text = format!("{}: {} of {} paths (were {} of {})", new.map.name, new.active, new.total, old.active, old.total);
            self.push(new.at, Some(&new.node), Source::Storage, severity, &format!("{}:{}", new.node, new.map.name), text);
        }
    }

    /// Bonds and their ports.
    pub(super) fn bonds(&mut self, before: &[Bond], after: &[Bond]) {
        for (old, new) in pairs(before, after, |b| (&b.node, &b.name)) {
            let mut said: Vec<String> = Vec::new();
            for (was, is) in pairs(&old.ports, &new.ports, |p| &p.name) {
                match (was.up, is.up) {
                    (true, false) => said.push(format!("{} down", is.name)),
                    (false, true) => said.push(format!("{} up", is.name)),
                    _ if was.failures.is_some() && is.failures > was.failures => said.push(format!("{} went down and came back", is.name)),
                    _ => {}
                }
            }
            if old.active_port != new.active_port && !old.mode.is_empty() {
                said.push(format!("active port now {}", new.active_port.as_deref().unwrap_or("none")));
            }
            if old.status != new.status {
                said.push(format!("bond {}", status_word(new.status)));
            }
            if said.is_empty() {
                continue;
            }
            let severity = match new.status {
                BondStatus::Down if old.status != BondStatus::Down => Severity::Critical,
                BondStatus::Degraded if old.status == BondStatus::Up => Severity::Warning,
                BondStatus::Up if old.status != BondStatus::Up => Severity::Info,
                _ => Severity::Notice,
            };
            let text = format!("{}: {}", new.name, said.join(", "));
            self.push(new.at, Some(&new.node), Source::Net, severity, &format!("{}:{}", new.node, new.name), text);
        }
    }
}

/// Rows that both pictures have.
fn pairs<'a, T, K: std::hash::Hash + Eq>(before: &'a [T], after: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<(&'a T, &'a T)> {
    let old: HashMap<K, &T> = before.iter().map(|row| (key(row), row)).collect();
    after.iter().filter_map(|row| Some((*old.get(&key(row))?, row))).collect()
}

/// VMware Server tells nothing by itself: what changed there, quorate saw.
const fn source(of: Hypervisor) -> Source {
    match of {
        Hypervisor::Libvirt => Source::Libvirt,
        Hypervisor::Vmware => Source::Quorate,
    }
}

fn is_told(old: &FenceRecord, new: &FenceRecord) -> bool {
    let same_end = match (old.completed, new.completed) {
        (Some(a), Some(b)) => (a.0 - b.0).abs() <= TOGETHER,
        (None, None) => old.completed_local == new.completed_local,
        _ => false,
    };
    let same_end = same_end || printed_alike(old, new);
    old.target == new.target && old.action == new.action && old.status == new.status && same_end
}

const fn severity(state: ServiceState) -> Severity {
    match state {
        ServiceState::Failed => Severity::Critical,
        ServiceState::Blocked | ServiceState::Stopped | ServiceState::Unknown | ServiceState::Recovering => Severity::Warning,
        ServiceState::Disabled => Severity::Notice,
        ServiceState::Started | ServiceState::Starting | ServiceState::Stopping | ServiceState::Migrating => Severity::Info,
    }
}

const fn status_word(status: BondStatus) -> &'static str {
    match status {
        BondStatus::Up => "up",
        BondStatus::Degraded => "degraded",
        BondStatus::Down => "down",
    }
}
