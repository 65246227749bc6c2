//! Whether enough has been looked at.

use std::time::Duration;

use super::Watch;
use super::guests::GuestWatch;
use super::node::NodeWatch;
use crate::domain::node::{NodeKey, Reach};
use crate::domain::observation::Question;
use crate::domain::stamp::Stamp;

/// How much longer a first full look waits for a node that is late but still being connected to.
const GRACE: Duration = Duration::from_secs(3);

impl Watch {
    /// Whether every node has been looked at once (or cannot be reached), and the manager too: the first full picture.
    pub fn looked_once(&self, now: Stamp) -> bool {
        self.looked(now, NodeWatch::looked_once)
    }

    /// Whether every node has answered these (or cannot be reached), and the manager and libvirt everything.
    pub fn looked_at(&self, questions: &[Question], now: Stamp) -> bool {
        self.looked(now, |node| node.has_answered(questions))
    }

    /// The nodes within reach, or that may still come, that have not told these and their guests yet.
    pub fn silent(&self, questions: &[Question], now: Stamp) -> Vec<NodeKey> {
        let silent = |n: &&NodeWatch| match n.reach {
            Reach::Up { .. } => !n.has_told(questions) || self.guests.get(&n.key()).is_some_and(|g| !g.looked_once()),
            // What hangs has told part of it, and may go on at any time; its link gives it up if it does not.
            Reach::Down { since, .. } => n.hangs || n.still_trying && since.age(now) <= GRACE,
            Reach::Untried | Reach::Connecting { .. } => true,
        };
        self.nodes.values().filter(silent).map(NodeWatch::key).collect()
    }

    /// Whether no manager has shown its view yet, and one is being asked.
    pub fn awaits_manager(&self) -> bool {
        self.manager.is_awaited()
    }

    /// An action waits for these: what was asked in vain is asked again, soon.
    pub fn urge(&mut self, questions: &[Question], now: Stamp) {
        self.nodes.values_mut().for_each(|node| node.urge(questions, now));
    }

    fn looked(&self, now: Stamp, done: impl Fn(&NodeWatch) -> bool) -> bool {
        let nodes = self.nodes.values().all(|n| match n.reach {
            Reach::Up { .. } => done(n) && self.guests.get(&n.key()).is_none_or(GuestWatch::looked_once),
            // A slow node is given time beyond the three seconds after which it is shown as late.
            Reach::Down { since, .. } => !n.still_trying || since.age(now) > GRACE,
            Reach::Untried | Reach::Connecting { .. } => false,
        });
        nodes && self.manager.looked_once(&self.nodes, now)
    }
}
