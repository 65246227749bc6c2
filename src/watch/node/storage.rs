//! How often a node is asked for its storage: seldom where another one answers for the same shared groups.

use std::time::Duration;

use super::{NodeWatch, STORAGE};
use crate::domain::observation::Question;
use crate::domain::stamp::Stamp;
use crate::watch::cadence::{self, Whom};

impl NodeWatch {
    /// The groups that it sees, with whether they are shared, as long as it is up and tells of its storage.
    pub fn told_groups(&self) -> Option<&[(String, bool)]> {
        let tells = self.reach.is_up() && STORAGE.iter().all(|question| !self.failed.contains(question));
        self.groups.as_deref().filter(|_| tells)
    }

    /// Another node answers for the same shared groups, or does so no longer: what was planned is planned anew. What is due sooner than by
    /// its period was made stale, and stays.
    pub fn cover(&mut self, covered: bool) {
        if self.covered == covered {
            return;
        }
        let before = STORAGE.map(|question| self.planned(question));
        self.covered = covered;
        for (question, before) in STORAGE.into_iter().zip(before) {
            if let (Some(before), Some(after)) = (before, self.planned(question))
                && let Some(due) = self.due.get_mut(&question)
                && *due >= before
            {
                *due = after;
            }
        }
    }

    fn planned(&self, question: Question) -> Option<Stamp> {
        self.last.get(&question).map(|(at, took)| at.after(self.usual(question, *took)))
    }

    /// How long after a good answer, which took so long, the same is asked again if nothing triggers it. What fills up, moves or copies
    /// shows that only where it is active: no other node can answer for it.
    pub(super) fn usual(&self, question: Question, took: Duration) -> Duration {
        let period = cadence::period(question, self.live.contains(&question)).max(cadence::gap(took));
        if !self.still || cadence::whom(question) != Whom::Storage {
            return period;
        }
        period.max(if self.covered { cadence::OTHERS_STORAGE } else { cadence::STILL_STORAGE })
    }
}
