//! What a plan to move a service says of it.

use std::sync::Arc;

use crate::domain::cluster::{Cluster, ServiceKind};
use crate::domain::task::RelocateHow;

use super::super::commands::moved_by;
use super::super::plan::{Consequences, Fate, FateKind};
use super::super::whereabouts;
use super::{Move, target};

impl Move<'_> {
    /// What it does to the services.
    pub(super) fn consequences(&self, how: RelocateHow) -> Consequences {
        let mut consequences = match self.input.found.simulation() {
            Some(sim) => Consequences::simulated(sim, self.input.cluster, None),
            None => Consequences { by: "what was asked for", ..Consequences::default() },
        };
        // Of the service itself the plan knows more than the simulation: the way that was chosen.
        consequences.fates.retain(|fate| fate.service != self.service.id);
        if how == RelocateHow::Restart {
            let mine = |fate: &&mut Fate| whereabouts::is_part(self.input.cluster, &fate.service, &self.service.id);
            consequences
                .fates
                .iter_mut()
                .filter(mine)
                .filter(|fate| fate.kind == FateKind::Migrates)
                .for_each(|fate| fate.kind = FateKind::Moves);
        }
        let kind = match how {
            RelocateHow::Live => FateKind::Migrates,
            RelocateHow::Suspend => FateKind::Pauses,
            RelocateHow::Restart => FateKind::Moves,
        };
        let why = match how {
            RelocateHow::Live => None,
            RelocateHow::Suspend => Some("stands still while its memory is saved here and restored there".to_owned()),
            RelocateHow::Restart => Some("is stopped and started: what is in its memory is gone".to_owned()),
        };
        let guest = self.service.kind == ServiceKind::Vm;
        let (from, to) = (Some(Arc::clone(&self.from)), Some(Arc::clone(&self.to)));
        consequences.fates.insert(0, Fate { service: self.service.id.clone(), guest, kind, from, to, why });
        consequences
    }

    /// What the target was compared for, one by one.
    fn compared(&self) -> Option<String> {
        let definition = self.definition?;
        let found = self.input.found;
        let cpu = target::cpu(found, definition);
        let Some(Ok(place)) = found.place(&self.to) else {
            return Some(format!("on {}: {cpu}; memory, disks, bridges, definition not known", self.to));
        };
        let sum = |node: &str| found.place(node).and_then(Result::ok).and_then(|p| p.config_sum.as_ref());
        let same = match (sum(&self.from), sum(&self.to)) {
            (Some(a), Some(b)) if a == b => "the same",
            (Some(_), Some(_)) => "DIFFERENT",
            (_, None) if place.config_file.is_none() => "MISSING",
            _ => "not known",
        };
        Some(format!("on {}: {cpu}; {}; definition {same}", self.to, target::things(place, definition)))
    }

    /// What the operator should know besides.
    pub(super) fn notices(&self, how: RelocateHow) -> Vec<String> {
        let mut notices: Vec<String> = self.compared().into_iter().collect();
        let trouble: Vec<String> = self.input.found.troubles().map(|(node, trouble)| format!("not known: {node}: {trouble}")).collect();
        notices.extend(trouble);
        let sum = |node: &str| self.input.found.place(node).and_then(Result::ok).and_then(|p| p.config_sum.clone());
        if let (Some(a), Some(b)) = (sum(&self.from), sum(&self.to))
            && a != b
        {
            notices.push(format!("the definition {} differs between {} and {}", self.file(), self.from, self.to));
        }
        if let Some(prefers) = self.service.prefers.as_ref().filter(|p| **p != self.to) {
            notices.push(format!("{} prefers {prefers}: unless its stickiness is stronger, the manager takes it back", self.service.id));
        }
        if self.service.failures > 0 {
            notices.push(format!("{} has {} failures on record", self.service.id, self.service.failures));
        }
        notices.extend(crowd(self.input.cluster, self.moved, &self.service.id));
        notices.extend(self.constraints(how));
        notices
    }

    /// What becomes of the constraints that earlier commands, or others, have left on what moves.
    fn constraints(&self, how: RelocateHow) -> Vec<String> {
        let Some(moved) = self.input.cluster.service(self.moved) else { return Vec::new() };
        let mine = if self.goes_around(how) { Vec::new() } else { moved_by(moved, &self.to) };
        let others: Vec<&str> = moved.leftovers.iter().map(String::as_str).filter(|id| !mine.contains(id)).collect();
        let what = [(mine, "it goes with the constraint of this move"), (others, "it stays")];
        let left = what.into_iter().filter(|(ids, _)| !ids.is_empty());
        left.map(|(ids, becomes)| format!("an earlier command left {}: {becomes}", ids.join(", "))).collect()
    }
}

/// What else moves because it is one with the service.
fn crowd(cluster: &Cluster, moved: &str, id: &str) -> Option<String> {
    if moved == id {
        return None;
    }
    let inside: Vec<&str> = cluster.services.iter().filter(|s| s.parent.as_deref() == Some(moved)).map(|s| s.id.as_str()).collect();
    Some(format!("{id} is part of {moved}: all of it moves ({})", inside.join(", ")))
}
