//! What is asked anew by order, before its time.

use super::{Watch, cadence};
use crate::domain::node::NodeKey;
use crate::domain::observation::Question;
use crate::domain::stamp::Stamp;

impl Watch {
    /// The operator asks for a fresh look at everything.
    pub fn refresh(&mut self, now: Stamp) {
        for node in self.nodes.values_mut() {
            for question in cadence::EACH {
                node.stale(*question, now);
            }
        }
        for question in cadence::MANAGER {
            self.manager.stale(*question, now);
        }
        for guests in self.guests.values_mut() {
            guests.refresh(now);
        }
    }

    /// Our clock was set back to this time: what would have been due by then, and all the rest, is asked anew.
    pub fn set_back(&mut self, now: Stamp) {
        self.nodes.values_mut().for_each(|node| node.not_after(now));
        self.streams.values_mut().for_each(|streams| streams.not_after(now));
        self.guests.values_mut().for_each(|guests| guests.not_after(now));
        self.manager.not_after(now);
        self.refresh(now);
    }

    /// An action is looked into: what libvirt on this node has of its guests counts as it is now.
    pub fn look_at_guests(&mut self, node: NodeKey, now: Stamp) {
        if let Some(guests) = self.guests.get_mut(&node) {
            guests.stale(Question::Guests, now);
        }
    }

    /// Something was changed: an action waits for what the manager, the votes and the fence history say.
    pub fn look_again(&mut self, now: Stamp) {
        for node in self.nodes.values_mut() {
            for question in [Question::Quorum, Question::Cman, Question::Groups, Question::Vmware] {
                node.awaited(question, now);
            }
        }
        for question in [Question::CrmMon, Question::Clustat, Question::Constraints, Question::FenceHistory] {
            self.manager.awaited(question, now);
        }
    }

    /// As [`Watch::look_again`], for what storage says of these.
    pub fn look_again_at(&mut self, questions: &[Question], now: Stamp) {
        for node in self.nodes.values_mut() {
            for question in questions {
                node.awaited(*question, now);
            }
        }
    }
}
