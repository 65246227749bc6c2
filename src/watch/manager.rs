//! Which node answers for the manager.
//!
//! `crm_mon` unpacks the whole CIB on the node at every call, so one node is asked, on change, never faster than ten times what
//! the last answer cost. A node whose manager does not answer is passed over for a while; where the first answer is late, a second node is asked
//! beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::cadence;
use super::node::NodeWatch;
use crate::domain::node::NodeKey;
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Observed, Question, TroubleKind};
use crate::domain::stamp::Stamp;

/// How long a node whose manager failed is passed over.
const PENALTY: Duration = Duration::from_secs(20);
/// How long an answer may take before a second node is asked beside it.
const PATIENCE: Duration = Duration::from_millis(2500);

/// The choice of a node, and when the manager is asked next.
#[derive(Debug, Default)]
pub(super) struct ManagerWatch {
    /// Who answers, by head question.
    spokesmen: BTreeMap<Question, NodeKey>,
    /// What some node has the tools for.
    wanted: BTreeSet<Question>,
    due: BTreeMap<Question, Stamp>,
    last: BTreeMap<Question, (Stamp, Duration)>,
    /// Nodes that were asked for each question and have not answered.
    asked: BTreeMap<Question, Vec<(NodeKey, Stamp)>>,
    last_change: Option<String>,
    /// crm_mon itself carries the fence history.
    fences_in_view: bool,
    /// Managers (by their head questions) of which at least one whole view has come.
    viewed: BTreeSet<Question>,
    live: bool,
}

impl ManagerWatch {
    /// A node's tools are known: if it has the manager's, the manager is due.
    pub fn node_ready(&mut self, tools: &Tools, now: Stamp) {
        for question in cadence::MANAGER.iter().filter(|q| tools.has(cadence::tool(**q))) {
            self.wanted.insert(*question);
            // What is being asked is not to be asked once more as soon as it is answered.
            if self.asked.get(question).is_some_and(|asked| !asked.is_empty()) {
                continue;
            }
            let due = self.due.entry(*question).or_insert(now);
            // The others had no view: this one may.
            if !self.viewed.contains(&cadence::head(*question)) {
                *due = (*due).min(now);
            }
        }
    }

    /// Our clock was set back: nothing was to be asked later than now, and nothing has happened later.
    pub fn not_after(&mut self, now: Stamp) {
        let asked = self.asked.values_mut().flatten().map(|(_, at)| at);
        self.due.values_mut().chain(self.last.values_mut().map(|(at, _)| at)).chain(asked).for_each(|at| *at = now.min(*at));
    }

    /// Whether a stream that reports the manager's changes flows.
    pub fn set_live(&mut self, live: bool) {
        self.live = live;
    }

    /// Something made the manager's picture stale.
    pub fn stale(&mut self, question: Question, now: Stamp) {
        self.due_after(question, cadence::gap, now);
    }

    /// An action waits for the answer.
    pub fn awaited(&mut self, question: Question, now: Stamp) {
        self.due_after(question, cadence::short_gap, now);
    }

    fn due_after(&mut self, question: Question, gap: fn(Duration) -> Duration, now: Stamp) {
        if !self.wanted.contains(&question) {
            return;
        }
        // A short wait: a transition writes many lines, one look after the burst shows them all.
        let soon = now.after(Duration::from_millis(150));
        let earliest = self.last.get(&question).map_or(soon, |(at, cost)| at.after(gap(*cost)).max(soon));
        let due = self.due.entry(question).or_insert(earliest);
        *due = (*due).min(earliest);
    }

    /// When something is due next.
    pub fn next_due(&self) -> Option<Stamp> {
        let waiting = self.asked.iter().filter(|(_, a)| a.len() == 1).filter_map(|(_, a)| a.first()).map(|(_, at)| at.after(PATIENCE));
        let due = self.due.iter().filter(|(q, _)| self.asked.get(q).is_none_or(Vec::is_empty)).map(|(_, at)| *at);
        due.chain(waiting).min()
    }

    /// Hands what is due to the best node, and a late question to a second one.
    pub fn assign(&mut self, nodes: &mut BTreeMap<NodeKey, NodeWatch>, now: Stamp) {
        let late: Vec<(Question, NodeKey)> =
            self.asked.iter().filter(|(_, a)| a.len() == 1 && a[0].1.after(PATIENCE) <= now).map(|(q, a)| (*q, a[0].0)).collect();
        for (question, busy) in late {
            if let Some(other) = best(nodes, question, now, |k| k != busy) {
                self.send(question, other, nodes, now);
            } else if let Some(asked) = self.asked.get_mut(&question) {
                // Nobody else: do not wake up again for it.
                if let Some(first) = asked.first_mut() {
                    first.1 = now;
                }
            }
        }
        let ready: Vec<Question> =
            self.due.iter().filter(|(q, at)| **at <= now && self.asked.get(q).is_none_or(Vec::is_empty)).map(|(q, _)| *q).collect();
        if ready.is_empty() {
            return;
        }
        for question in ready {
            let head = cadence::head(question);
            let keep = self.spokesmen.get(&head).copied().filter(|k| nodes.get(k).is_some_and(|n| is_able(n, question, now)));
            let Some(chosen) = keep.or_else(|| best(nodes, question, now, |_| true)) else {
                // Nobody can answer: ask again when a node comes up or a penalty ends.
                self.due.insert(question, now.after(Duration::from_secs(2)));
                continue;
            };
            self.spokesmen.insert(head, chosen);
            self.due.remove(&question);
            if question == Question::FenceHistory && self.fences_in_view {
                continue;
            }
            self.send(question, chosen, nodes, now);
        }
    }

    fn send(&mut self, question: Question, to: NodeKey, nodes: &mut BTreeMap<NodeKey, NodeWatch>, now: Stamp) {
        if let Some(node) = nodes.get_mut(&to) {
            node.ask_now(question, now);
            self.asked.entry(question).or_default().push((to, now));
        }
    }

    /// An answer came.
    pub fn answered(&mut self, seen: &Observed, nodes: &mut BTreeMap<NodeKey, NodeWatch>, now: Stamp) {
        let is_head = seen.question == cadence::head(seen.question);
        let ok = if is_head { is_view(seen) } else { seen.outcome.is_ok() };
        let lost = matches!(&seen.outcome, Err(t) if t.kind == TroubleKind::Lost);
        if !self.settle(seen, ok) {
            if is_head && ok {
                self.viewed.insert(seen.question);
            }
            return;
        }
        self.last.insert(seen.question, (now, seen.took));
        let mut next = now.after(cadence::period(seen.question, self.live).max(cadence::gap(seen.took)));
        if is_head {
            if ok {
                self.note_view(seen, now);
            } else {
                if let Some(node) = nodes.get_mut(&seen.node).filter(|_| !lost) {
                    node.manager_failed.insert(seen.question, now);
                }
                if self.spokesmen.get(&seen.question) == Some(&seen.node) {
                    self.spokesmen.remove(&seen.question);
                }
                // Another node is asked at once, this one after its penalty.
                next = if best(nodes, seen.question, now, |_| true).is_some() { now } else { now.after(Duration::from_secs(3)) };
            }
        } else if !ok && lost {
            next = now.after(Duration::from_secs(1));
        }
        let due = self.due.entry(seen.question).or_insert(next);
        *due = (*due).min(next);
    }

    /// Whether this answer was waited for. Once one has come, those of other nodes that were asked beside it are not any more: a slow node must
    /// neither have the others asked again and again nor speak for them when it answers at last.
    fn settle(&mut self, seen: &Observed, ok: bool) -> bool {
        let Some(asked) = self.asked.get_mut(&seen.question) else { return false };
        let awaited = asked.iter().any(|(node, _)| *node == seen.node);
        asked.retain(|(node, _)| !ok && *node != seen.node);
        awaited
    }

    fn note_view(&mut self, seen: &Observed, now: Stamp) {
        self.viewed.insert(seen.question);
        self.spokesmen.insert(seen.question, seen.node);
        let Ok(Observation::Manager(view)) = &seen.outcome else { return };
        self.fences_in_view = view.fences.is_some();
        if !self.fences_in_view {
            self.due.entry(Question::FenceHistory).or_insert(now);
        }
        let change = view.last_change.as_ref().map(|c| c.time.clone());
        if change != self.last_change && self.last_change.is_some() {
            self.stale(Question::Constraints, now);
            self.stale(Question::GuestParams, now);
        }
        self.last_change = change;
    }

    /// A node went away: what it was asked is asked of another.
    pub fn node_down(&mut self, node: NodeKey, now: Stamp) {
        self.spokesmen.retain(|_, spokesman| *spokesman != node);
        for (question, asked) in &mut self.asked {
            if asked.iter().any(|(k, _)| *k == node) {
                asked.retain(|(k, _)| *k != node);
                self.due.insert(*question, now);
            }
        }
    }

    /// No manager has shown its view yet, and one is being asked.
    pub fn is_awaited(&self) -> bool {
        let heads = [Question::CrmMon, Question::Clustat];
        self.viewed.is_empty() && heads.iter().any(|head| self.asked.get(head).is_some_and(|asked| !asked.is_empty()))
    }

    /// Every question has been answered, or nobody can answer.
    pub fn looked_once(&self, nodes: &BTreeMap<NodeKey, NodeWatch>, now: Stamp) -> bool {
        let quiet = |question: &Question| self.asked.get(question).is_none_or(Vec::is_empty);
        self.wanted.iter().all(|question| {
            let head = cadence::head(*question);
            let nobody = !nodes.values().any(|n| is_able(n, head, now)) && quiet(&head) && quiet(question);
            let answered =
                self.last.contains_key(question) && quiet(question) || (*question == Question::FenceHistory && self.fences_in_view);
            nobody || (self.viewed.contains(&head) && answered)
        })
    }
}

/// Whether an answer is a manager's whole view: an rgmanager that gives no list of services is none, another node's may.
fn is_view(seen: &Observed) -> bool {
    match &seen.outcome {
        Ok(Observation::Manager(_)) => true,
        Ok(Observation::Clustat(view)) => view.groups.is_some() || view.is_content(),
        _ => false,
    }
}

/// Whether a node can be asked this of its manager now.
fn is_able(node: &NodeWatch, question: Question, now: Stamp) -> bool {
    node.reach.is_up()
        && node.tools.as_ref().is_some_and(|t: &Tools| t.has(cadence::tool(question)))
        && node.manager_failed.get(&cadence::head(question)).is_none_or(|at| at.age(now) > PENALTY)
}

/// The best node to ask: one that sees quorum before one that does not, then in the order of the session.
fn best(nodes: &BTreeMap<NodeKey, NodeWatch>, question: Question, now: Stamp, allowed: impl Fn(NodeKey) -> bool) -> Option<NodeKey> {
    nodes
        .iter()
        .filter(|(k, n)| allowed(**k) && is_able(n, question, now))
        .min_by_key(|(k, n)| (n.quorate != Some(true), **k))
        .map(|(k, _)| *k)
}
