//! There is no plan, and why; until a newer picture, or another answer of the nodes, makes one possible.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::look::Look;
use super::reading;
use crate::action::inquiry::Finding;
use crate::action::{Plan, Query, Refusal};
use crate::domain::cluster::Cluster;
use crate::domain::observation::Trouble;
use crate::domain::stamp::Stamp;

/// The nodes are not asked anew more often than this.
const PAUSE: Duration = Duration::from_secs(4);

/// See the module.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Why.
    pub against: Vec<Refusal>,
    /// How it is looked into again; none: the gate has turned down what was confirmed, and that stays said.
    look: Option<Box<Look>>,
    /// The world when the nodes were asked last.
    pulse: u64,
    /// When that was.
    asked: Stamp,
}

impl Refused {
    /// The gate said no to what was confirmed.
    pub const fn by_gate(against: Vec<Refusal>) -> Self {
        Self { against, look: None, pulse: 0, asked: Stamp::from_secs(0) }
    }

    /// The look came to nothing.
    pub fn without_plan(against: Vec<Refusal>, look: Box<Look>, cluster: &Cluster, now: Stamp) -> Self {
        let pulse = pulse(&look, cluster);
        Self { against, look: Some(look), pulse, asked: now }
    }

    /// Plans anew with what the model knows now. Gives questions, and the plan once there is one. What the nodes said counts until the world has moved, or where one
    /// of them did not answer.
    pub fn go_on(&mut self, cluster: &Cluster, now: Stamp) -> (Vec<Query>, Option<Box<Plan>>) {
        let Some(look) = &mut self.look else { return (Vec::new(), None) };
        let pulse = pulse(look, cluster);
        if look.open_questions() == 0 && self.asked.is_over(PAUSE, now) && (pulse != self.pulse || look.has_trouble()) {
            (self.pulse, self.asked) = (pulse, now);
            **look = Look::new(look.intent.clone());
        }
        let questions = look.go_on(cluster, now);
        match look.outcome.take() {
            Some(Ok(plan)) => return (questions, Some(plan)),
            Some(Err(why)) => self.against = why,
            None => {}
        }
        (questions, None)
    }

    /// Takes an answer of the look that is under way.
    pub fn take(&mut self, query: &Query, found: &Result<Finding, Trouble>) -> bool {
        self.look.as_mut().is_some_and(|look| look.take(query, found))
    }
}

/// What a plan could depend on: the world as a plan that is read knows it, and the guests.
fn pulse(look: &Look, cluster: &Cluster) -> u64 {
    let mut hash = DefaultHasher::new();
    reading::pulse(&look.intent.action.target(), cluster).hash(&mut hash);
    for guest in &cluster.guests {
        (&guest.node, &guest.uuid, guest.state.word()).hash(&mut hash);
    }
    hash.finish()
}
