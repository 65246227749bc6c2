//! Where a service has gone, whether it came up there, and what of a move still holds it.

use crate::domain::cluster::{Service, ServiceState};

use super::{Condition, Seen, Verdict, of_service, standing};
use crate::action::commands::moved_by;
use crate::action::whereabouts;

impl Condition {
    /// Those of Pacemaker's services that are about a move; the rest are rgmanager's.
    pub(super) fn judge_placed(&self, seen: &Seen<'_>, verdict: &dyn Fn(bool, String) -> Verdict) -> Verdict {
        let cluster = seen.cluster;
        match self {
            Self::Left(id, node) => of_service(cluster, id, |s| {
                let quiet =
                    matches!(s.state, ServiceState::Started | ServiceState::Stopped | ServiceState::Disabled | ServiceState::Failed);
                verdict(quiet && !s.owners.contains(node), standing(s))
            }),
            Self::Elsewhere(id, node) => of_service(cluster, id, |s| {
                verdict(s.state == ServiceState::Started && !s.owners.is_empty() && !s.owners.contains(node), standing(s))
            }),
            Self::Fell(id, before) => of_service(cluster, id, |s| verdict(is_down(s) && s.failures > *before, standing(s))),
            // They are asked for by themselves: the view may be newer.
            Self::NoLeftovers(_) | Self::Unmoved(..) if cluster.constraints_at.is_none_or(|at| at <= seen.since) => {
                Verdict::Unknown("the constraints have not been read since".to_owned())
            }
            Self::NoLeftovers(id) => of_service(cluster, id, |s| {
                let words = if s.leftovers.is_empty() {
                    format!("no constraint is left on {id}")
                } else {
                    format!("{} stands", s.leftovers.join(", "))
                };
                verdict(s.leftovers.is_empty(), words)
            }),
            Self::Unmoved(id, node) => of_service(cluster, id, |s| {
                let mine = moved_by(s, node);
                let words = match mine.as_slice() {
                    [] => format!("no constraint of its move to {node} is left on {id}"),
                    some => format!("{} stands", some.join(", ")),
                };
                verdict(mine.is_empty(), words)
            }),
            other => other.judge_rhcs(cluster, verdict),
        }
    }
}

/// Whether it runs nowhere, and nobody is at work on it, or its stop has failed.
fn is_down(service: &Service) -> bool {
    match service.state {
        ServiceState::Blocked => true,
        // Of a group the first may run where the next one failed.
        ServiceState::Stopped | ServiceState::Failed => service.owners.is_empty() || whereabouts::is_container(service),
        _ => false,
    }
}
