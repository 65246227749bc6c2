//! An inquiry on its way, and the plan that comes of it.

use std::collections::BTreeSet;

use crate::action::inquiry::Finding;
use crate::action::plan::Input;
use crate::action::{Findings, Intent, Plan, Query, Refusal, inquiry, intent, plan as planner};
use crate::domain::cluster::Cluster;
use crate::domain::observation::Trouble;
use crate::domain::stamp::Stamp;

/// See the module.
#[derive(Clone, Debug)]
pub struct Look {
    /// Who wants what.
    pub intent: Intent,
    found: Findings,
    awaited: BTreeSet<Query>,
    /// The plan, or why there is none; none while it is still asked.
    pub outcome: Option<Result<Box<Plan>, Vec<Refusal>>>,
}

impl Look {
    /// Before anything was asked.
    pub fn new(intent: Intent) -> Self {
        Self { intent, found: Findings::default(), awaited: BTreeSet::new(), outcome: None }
    }

    /// Goes on as far as it can: gives the questions that must be answered first.
    pub fn go_on(&mut self, cluster: &Cluster, now: Stamp) -> Vec<Query> {
        if self.outcome.is_some() || !self.awaited.is_empty() {
            return Vec::new();
        }
        if let Err(wrong) = intent::resolve(&self.intent.action, cluster) {
            self.outcome = Some(Err(wrong));
            return Vec::new();
        }
        let needed = inquiry::needed(&self.intent.action, cluster, &self.found);
        if needed.is_empty() {
            let input = Input { intent: &self.intent, cluster, found: &self.found, now };
            self.outcome = Some(planner::plan(&input).map(Box::new));
        }
        self.awaited.extend(needed.iter().cloned());
        needed
    }

    /// Takes an answer. False: it was not asked by this look.
    pub fn take(&mut self, query: &Query, found: &Result<Finding, Trouble>) -> bool {
        let asked = self.awaited.remove(query);
        if asked {
            self.found.put(query.clone(), found.clone());
        }
        asked
    }

    /// A question was not answered.
    pub fn has_trouble(&self) -> bool {
        self.found.troubles().next().is_some()
    }

    /// How many questions are out.
    pub fn open_questions(&self) -> usize {
        self.awaited.len()
    }
}
