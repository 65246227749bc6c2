//! Why a service is not started, or not where it prefers to be: one sentence.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::cluster::{MemberStatus, Service, ServiceKind, ServiceState};
use crate::domain::observation::manager::Failure;
use crate::domain::stamp::Stamp;

use super::Input;
use super::index::{INFINITY, Index};
use super::tree::Entry;

/// Fills in the preferences, the reasons, and since when, for all entries.
pub(super) fn explain(entries: &mut [Entry], index: &Index<'_>, input: &Input<'_>) {
    let by_id: HashMap<String, usize> = entries.iter().enumerate().map(|(at, e)| (e.service.id.clone(), at)).collect();
    // Members before what contains them: a container tells the reason of its worst member.
    for place in (0..entries.len()).rev() {
        let why = Why { entries, index, input, by_id: &by_id, place };
        let prefers = why.prefers();
        let reason = why.sentence(prefers.as_ref());
        let since = why.since();
        let without_ticket = why.is_without_ticket();
        let service = &mut entries[place].service;
        service.prefers = prefers.map(|p| Arc::from(p.node.as_str()));
        service.reason = reason;
        service.since = since;
        service.without_ticket = without_ticket;
    }
}

/// The best positive location score.
struct Preference {
    node: String,
    score: i64,
    id: String,
}

/// All that the reason of one service is found in.
pub(super) struct Why<'a> {
    pub(super) entries: &'a [Entry],
    pub(super) index: &'a Index<'a>,
    pub(super) input: &'a Input<'a>,
    pub(super) by_id: &'a HashMap<String, usize>,
    pub(super) place: usize,
}

impl<'a> Why<'a> {
    pub(super) fn entry(&self) -> &'a Entry {
        &self.entries[self.place]
    }

    /// The id of the service and of all that contains it.
    pub(super) fn ids(&self) -> Vec<&'a str> {
        let mut ids = Vec::new();
        let mut at = Some(self.place);
        while let Some(place) = at {
            ids.push(self.entries[place].service.id.as_str());
            at = self.entries[place].parent;
        }
        ids
    }

    /// Since when it runs, does not, or is on its way.
    fn since(&self) -> Option<Stamp> {
        let Entry { service, members, .. } = self.entry();
        match service.state {
            ServiceState::Started if members.is_empty() => self.index.started(&service.id, service.owner.as_deref()?),
            // It runs there as a whole since the last of its members does.
            ServiceState::Started => {
                let since = members.iter().filter_map(|at| self.entries[*at].service.since);
                since.max().filter(|_| service.owner.is_some())
            }
            _ if !members.is_empty() => self.worst()?.since,
            ServiceState::Stopped | ServiceState::Disabled | ServiceState::Failed | ServiceState::Blocked => self.index.ceased(&service.id),
            state => self.index.begun(&service.id, state),
        }
    }

    /// The worst member, of several the first. In a group the others wait for that one; in a bundle they wait for the one that failed.
    pub(super) fn worst(&self) -> Option<&'a Service> {
        let entry = self.entry();
        let is_bundle = entry.service.kind == ServiceKind::Bundle;
        let members = entry.members.iter().map(|at| &self.entries[*at].service);
        members.rev().max_by_key(|m| (m.state.badness(), is_bundle && m.failed_operation))
    }

    fn prefers(&self) -> Option<Preference> {
        if self.entry().service.owner.is_none() && self.is_spread() {
            return None;
        }
        let owner = self.entry().service.owner.as_deref();
        let mut sums: HashMap<&str, (i64, &str)> = HashMap::new();
        // A node that left the cluster is no place to be at.
        let there = |node: &str| self.index.status(node).is_some();
        for place in self.ids().iter().flat_map(|id| self.index.places(id)).filter(|p| p.score > 0 && there(p.node)) {
            let sum = sums.entry(place.node).or_insert((0, place.id));
            sum.0 = sum.0.saturating_add(place.score).min(INFINITY);
        }
        // Equal scores: where it is, else bytewise.
        let best = sums.into_iter().max_by_key(|(node, (score, _))| (*score, Some(*node) == owner, std::cmp::Reverse(*node)));
        best.map(|(node, (score, id))| Preference { node: node.to_owned(), score, id: id.to_owned() })
    }

    /// Clones and what they contain run everywhere: no single place to prefer.
    fn is_spread(&self) -> bool {
        let mut at = Some(self.place);
        while let Some(place) = at {
            if matches!(self.entries[place].service.kind, ServiceKind::Clone | ServiceKind::Bundle) {
                return true;
            }
            at = self.entries[place].parent;
        }
        false
    }

    fn sentence(&self, prefers: Option<&Preference>) -> Option<String> {
        let service = &self.entry().service;
        match service.state {
            ServiceState::Started => self.misplaced(prefers?),
            _ if !self.entry().members.is_empty() => Some(self.worst_member()),
            ServiceState::Unknown => Some(self.owner_lost()),
            ServiceState::Disabled => Some(self.disabled()),
            ServiceState::Starting | ServiceState::Stopping | ServiceState::Migrating | ServiceState::Recovering => Some(self.in_transit()),
            ServiceState::Blocked => Some(format!("blocked: {}", self.blocked())),
            ServiceState::Failed => Some(self.failed().unwrap_or_else(|| format!("the manager marks it failed{}", self.on_owners()))),
            ServiceState::Stopped => Some(self.stopped()),
        }
    }

    fn on_owners(&self) -> String {
        let owners = &self.entry().service.owners;
        if owners.is_empty() { String::new() } else { format!(" on {}", owners.join(", ")) }
    }

    fn worst_member(&self) -> String {
        match self.worst() {
            Some(member) => {
                format!("{} is {}: {}", member.id, member.state.word(), member.reason.as_deref().unwrap_or("no reason is known"))
            }
            None => "it has no members".to_owned(),
        }
    }

    fn owner_lost(&self) -> String {
        let lost: Vec<String> = self
            .entry()
            .service
            .owners
            .iter()
            .filter_map(|owner| Some((owner, self.index.status(owner)?)))
            .filter_map(|(owner, status)| match status {
                MemberStatus::Unclean => Some(format!("{owner} is unclean and not yet fenced")),
                MemberStatus::Pending => Some(format!("{owner} is pending")),
                MemberStatus::Offline => Some(format!("{owner} is offline")),
                _ => None,
            })
            .collect();
        format!("its owner cannot be judged: {}", lost.join(", "))
    }

    fn disabled(&self) -> String {
        let by = self.entry().disabled_by.as_deref().filter(|by| *by != self.entry().service.id);
        let of = by.map(|by| format!(" of {by}")).unwrap_or_default();
        format!("disabled: target-role{of} is Stopped")
    }

    fn in_transit(&self) -> String {
        let service = &self.entry().service;
        match (&service.moving_to, service.owner.as_ref()) {
            (Some(to), Some(from)) if to != from => format!("{} from {from} to {to}", service.state.word()),
            _ => format!("{}{}", service.state.word(), self.on_owners()),
        }
    }

    /// The failed operation that counts most: the newest; without times a start before a monitor.
    fn failure(&self) -> Option<&'a Failure> {
        let failures = self.index.failures(&self.entry().service.id);
        failures.iter().enumerate().max_by_key(|(at, f)| (self.index.failed_at(f), task(f) == "start", *at)).map(|(_, f)| *f)
    }

    fn failed(&self) -> Option<String> {
        self.failure().map(words)
    }

    fn has(&self, flag: &str) -> bool {
        self.entry().service.flags.contains(&flag)
    }

    fn maintained(&self) -> Option<&'static str> {
        if self.input.view.options.maintenance_mode == Some(true) {
            Some("the cluster is in maintenance mode")
        } else {
            self.has("maintenance").then_some("it is in maintenance")
        }
    }

    /// Why the manager leaves alone what is unmanaged.
    fn held(&self) -> &'static str {
        self.maintained().unwrap_or("it is unmanaged")
    }

    /// The manager itself takes what it blocks for unmanaged, too: that is no reason.
    fn blocked(&self) -> String {
        let owners = &self.entry().service.owners;
        let twice = (owners.len() > 1 && !self.is_spread()).then(|| format!("active on {} at once", owners.join(" and ")));
        match (self.failed(), twice) {
            (Some(failed), Some(twice)) => format!("{failed}; it is {twice}"),
            (Some(failed), None) => failed,
            (None, Some(twice)) => format!("{twice}, and multiple-active is block"),
            (None, None) => {
                let maintained = self.maintained().map(str::to_owned).or_else(|| self.ticket());
                maintained.unwrap_or_else(|| "the manager can neither start nor stop it safely".to_owned())
            }
        }
    }

    /// What keeps the manager from starting it, whatever else there is.
    fn held_back(&self) -> Option<String> {
        let options = &self.input.view.options;
        if options.stop_all_resources == Some(true) {
            return Some("stop-all-resources is set".to_owned());
        }
        let policy = options.no_quorum_policy.as_deref().unwrap_or("stop");
        let quorum_lost = self.input.view.with_quorum == Some(false) || self.input.quorate == Some(false);
        // With `ignore` the manager goes on as if it had quorum.
        if quorum_lost && policy != "ignore" {
            return Some(format!("no quorum: no-quorum-policy is {policy}"));
        }
        if let Some(ticket) = self.ticket() {
            return Some(ticket);
        }
        let held = options.maintenance_mode == Some(true) || self.has("unmanaged");
        held.then(|| self.held().to_owned())
    }

    fn stopped(&self) -> String {
        let lock = self.lock();
        if let Some(waits) = lock.as_ref().and_then(|(lock, absence)| Some(format!("{lock}, which {}", (*absence)?))) {
            return waits;
        }
        let failure = self.failure();
        if let Some(held) = self.held_back() {
            // A failure that nobody cleaned up stands there for weeks.
            let earlier = failure.map(|f| format!("; earlier, {}", words(f))).unwrap_or_default();
            return format!("{held}{earlier}");
        }
        let nodes = self.refusals();
        if let Some(failure) = failure {
            let others: Vec<String> = nodes.iter().filter(|(node, _)| *node != failure.node).filter_map(|(_, why)| why.clone()).collect();
            let rest = if others.is_empty() { String::new() } else { format!("; {}", others.join(", ")) };
            return format!("{}{rest}", words(failure));
        }
        let refused: Vec<String> = nodes.iter().filter_map(|(_, why)| why.clone()).collect();
        if !nodes.is_empty() && refused.len() == nodes.len() {
            return format!("no node may run it: {}", refused.join(", "));
        }
        if let Some(partner) = self.waits() {
            return partner;
        }
        // By its node-health-strategy the manager may keep services from such nodes, too.
        let yellow = nodes.iter().filter(|(node, why)| why.is_none() && self.index.has_health(node, "yellow"));
        let doubts: Vec<String> = refused.into_iter().chain(yellow.map(|(node, _)| format!("{node}'s health is yellow"))).collect();
        match (doubts.as_slice(), lock) {
            (_, Some((lock, _))) => lock,
            ([], None) => "the manager has not started it, and shows no reason".to_owned(),
            (some, None) => format!("the manager has not started it: {}", some.join(", ")),
        }
    }

    /// The node that a shutdown-lock keeps it for, and why it is not there if it is not.
    fn lock(&self) -> Option<(String, Option<&'static str>)> {
        let node = self.entry().locked_to.as_deref()?;
        let absence = self.index.status(node).map_or(Some("is no node of the cluster"), absence);
        Some((format!("locked to {node} (shutdown-lock)"), absence))
    }

    /// Each node, and why it may not run the service if it may not.
    fn refusals(&self) -> Vec<(&'a str, Option<String>)> {
        self.index.hosts(&self.entry().service).map(|node| (node, self.refusal(node))).collect()
    }

    fn refusal(&self, node: &str) -> Option<String> {
        self.barred(node).or_else(|| self.worn_out(node))
    }

    /// Why a node may not run the service, whatever failed there.
    fn barred(&self, node: &str) -> Option<String> {
        let state = absence(self.index.status(node)?);
        if let Some(ban) = self.ban(node) {
            return Some(ban);
        }
        if let Some(state) = state {
            return Some(format!("{node} {state}"));
        }
        let unhealthy = || self.index.has_health(node, "red").then(|| format!("{node}'s health is red"));
        self.not_invited(node).or_else(|| self.repelled(node)).or_else(unhealthy)
    }

    fn worn_out(&self, node: &str) -> Option<String> {
        let history = self.index.history(&self.entry().service.id).iter().filter(|h| h.node == node && h.fail_count > 0);
        let worn = history
            .filter(|h| i64::from(h.fail_count) >= h.migration_threshold.map_or(INFINITY, i64::from).max(1))
            .max_by_key(|h| h.fail_count)?;
        let count = if i64::from(worn.fail_count) >= INFINITY { "INFINITY".to_owned() } else { worn.fail_count.to_string() };
        Some(format!("failed too often on {node} (fail-count {count})"))
    }

    /// Why it runs elsewhere than it prefers.
    fn misplaced(&self, prefers: &Preference) -> Option<String> {
        let service = &self.entry().service;
        let owner = service.owner.as_deref().filter(|owner| *owner != prefers.node)?;
        let score = if prefers.score >= INFINITY { "INFINITY".to_owned() } else { prefers.score.to_string() };
        let failure = self.index.failures(&service.id).iter().find(|f| f.node == prefers.node);
        let why = if self.has("locked") {
            "it is locked where it was".to_owned()
        } else if let Some(bar) = self.barred(&prefers.node) {
            bar
        } else if let Some(failure) = failure {
            words(failure)
        } else if let Some(worn) = self.worn_out(&prefers.node) {
            worn
        } else if self.has("unmanaged") {
            self.held().to_owned()
        } else {
            "stickiness or another service keeps it there".to_owned()
        };
        Some(format!("prefers {} (score {score} by {}), runs on {owner}: {why}", prefers.node, prefers.id))
    }
}

/// Why a node runs nothing.
const fn absence(status: MemberStatus) -> Option<&'static str> {
    match status {
        MemberStatus::Unclean => Some("is unclean"),
        MemberStatus::Pending => Some("is pending"),
        MemberStatus::Offline => Some("is offline"),
        MemberStatus::Standby => Some("is in standby"),
        MemberStatus::Maintenance => Some("is in maintenance"),
        MemberStatus::Online | MemberStatus::Unknown => None,
    }
}

fn task(failure: &Failure) -> &str {
    if let Some(task) = failure.task.as_deref().filter(|t| !t.is_empty()) {
        return task;
    }
    let key = failure.op_key.strip_prefix(failure.resource()).unwrap_or(&failure.op_key).trim_start_matches('_');
    key.rsplit_once('_').map_or(key, |(task, _)| task)
}

/// `start failed on node2: Timed Out (resource agent did not complete within 20s)`.
fn words(failure: &Failure) -> String {
    let said = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let status = said(&failure.status).filter(|s| !s.eq_ignore_ascii_case("complete"));
    let what = status.or_else(|| said(&failure.exit_status)).or_else(|| failure.exit_code.map(|c| format!("exit code {c}")));
    let what = what.map(|w| format!(": {w}")).unwrap_or_default();
    let why = said(&failure.exit_reason).map(|r| format!(" ({r})")).unwrap_or_default();
    let task = match task(failure) {
        "" => "an operation",
        task => task,
    };
    format!("{task} failed on {}{what}{why}", failure.node)
}
