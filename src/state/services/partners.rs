//! Where constraints keep a service from, and what it waits for.

use crate::domain::cluster::{ServiceKind, ServiceState};

use super::index::INFINITY;
use super::reason::Why;
use super::tree::Entry;

impl<'a> Why<'a> {
    pub(super) fn ban(&self, node: &str) -> Option<String> {
        let ids = self.ids();
        let mut places = ids.iter().flat_map(|id| self.index.places(id)).filter(|p| p.node == node);
        places.find(|p| p.score <= -INFINITY).map(|p| format!("banned from {node} by {}", p.id))
    }

    pub(super) fn not_invited(&self, node: &str) -> Option<String> {
        if self.input.view.options.symmetric_cluster != Some(false) {
            return None;
        }
        let ids = self.ids();
        if ids.iter().any(|id| self.index.is_ruled(id)) {
            return None;
        }
        let invited = ids.iter().flat_map(|id| self.index.places(id)).any(|p| p.node == node && p.score >= 0);
        (!invited).then(|| format!("no constraint allows {node} (symmetric-cluster is false)"))
    }

    /// The ticket without which the manager does not run it here.
    pub(super) fn ticket(&self) -> Option<String> {
        let (id, ticket) = self.ids().into_iter().find_map(|id| self.index.unmet(id))?;
        let what = if ticket.granted { "is in standby" } else { "is not granted" };
        Some(format!("ticket {} {what} here ({id})", ticket.id))
    }

    /// Whether it does not run because another site has its ticket.
    pub(super) fn is_without_ticket(&self) -> bool {
        if self.entry().service.state != ServiceState::Stopped {
            false
        } else if self.entry().members.is_empty() {
            self.ids().into_iter().any(|id| self.index.unmet(id).is_some())
        } else {
            self.worst().is_some_and(|member| member.without_ticket)
        }
    }

    /// A partner beside which it must not run is there.
    pub(super) fn repelled(&self, node: &str) -> Option<String> {
        let ids = self.ids();
        let mut apart =
            ids.iter().flat_map(|id| self.index.colocations.get(id).into_iter().flatten()).filter(|beside| beside.score <= -INFINITY);
        apart.find_map(|beside| {
            let partner = self.partner(beside.with)?;
            let (nodes, what) = if beside.promoted { (&partner.promoted, "is promoted") } else { (&partner.service.owners, "runs") };
            let there = nodes.iter().any(|n| &**n == node);
            there.then(|| format!("{} {what} on {node}, beside which {} forbids it to run", beside.with, beside.id))
        })
    }

    fn partner(&self, id: &str) -> Option<&'a Entry> {
        self.by_id.get(id).map(|at| &self.entries[*at])
    }

    /// A partner that has to run first, or where it has to run.
    pub(super) fn waits(&self) -> Option<String> {
        if let Some(before) = self.before_in_group() {
            return Some(format!("waits for {before}, which stands before it in its group and is {}", self.word(before)));
        }
        if let Some(failed) = self.failed_in_bundle() {
            return Some(format!("waits for {failed}, which failed"));
        }
        self.ids().into_iter().find_map(|id| self.waits_for_first(id).or_else(|| self.waits_for_place(id)))
    }

    fn word(&self, id: &str) -> &'static str {
        self.partner(id).map_or("unknown", |partner| partner.service.state.word())
    }

    /// By the orders of this id.
    fn waits_for_first(&self, id: &str) -> Option<String> {
        let mut firsts = self.index.orders.get(id).into_iter().flatten();
        firsts.find_map(|first| {
            let partner = self.partner(first.id)?;
            match (partner.service.state, first.promoted) {
                (_, true) if !partner.promoted.is_empty() => None,
                (ServiceState::Started, true) => Some(format!("waits for {} to be promoted", first.id)),
                (state, true) => Some(format!("waits for {} to be promoted, and it is {}", first.id, state.word())),
                (ServiceState::Started, false) => None,
                (state, false) => Some(format!("waits for {}, which has to start first and is {}", first.id, state.word())),
            }
        })
    }

    /// By the colocations of this id.
    fn waits_for_place(&self, id: &str) -> Option<String> {
        let mut together = self.index.colocations.get(id).into_iter().flatten().filter(|beside| beside.score >= INFINITY);
        together.find_map(|beside| {
            let partner = self.partner(beside.with)?;
            match (partner.service.state, beside.promoted) {
                (_, true) if !partner.promoted.is_empty() => None,
                (_, true) => Some(format!("has to run where {} is promoted, which it is nowhere", beside.with)),
                (ServiceState::Started, false) => None,
                (state, false) => Some(format!("has to run where {} runs, which is {}", beside.with, state.word())),
            }
        })
    }

    fn before_in_group(&self) -> Option<&'a str> {
        let parent = &self.entries[self.entry().parent?];
        if parent.service.kind != ServiceKind::Group {
            return None;
        }
        let before = parent.members.iter().take_while(|at| **at != self.place).map(|at| &self.entries[*at].service);
        before.into_iter().find(|s| s.state != ServiceState::Started).map(|s| s.id.as_str())
    }

    /// What failed beside it in its bundle: neither the address nor what runs in a container starts without the other.
    fn failed_in_bundle(&self) -> Option<&'a str> {
        let parent = &self.entries[self.entry().parent?];
        if parent.service.kind != ServiceKind::Bundle {
            return None;
        }
        let beside = parent.members.iter().filter(|at| **at != self.place).map(|at| &self.entries[*at].service);
        beside.into_iter().find(|s| s.failed_operation && s.state != ServiceState::Started).map(|s| s.id.as_str())
    }
}
