//! What the session changes, and what it asks before that.

use super::{Act, Happening, Live};
use crate::action::{Executor, Out, Query, Refusal, Ticket};
use crate::domain::stamp::Stamp;
use crate::domain::task::{Task, TaskId};
use crate::link::{Ask, AskId, Order};

impl Live {
    /// Gives the session what can change the cluster. A read-only session never gets it.
    pub fn arm(&mut self, executor: Executor) {
        self.executor = Some(executor);
    }

    /// Whether this session can change anything.
    pub const fn is_armed(&self) -> bool {
        self.executor.is_some()
    }

    /// All tasks of this session.
    pub fn tasks(&self) -> Vec<Task> {
        self.executor.iter().flat_map(Executor::tasks).cloned().collect()
    }

    /// Runs what the gate has let through.
    pub fn act(&mut self, ticket: Ticket) -> Result<(TaskId, Vec<Happening>), Refusal> {
        let now = self.now();
        let cluster = self.store.cluster(now);
        let Some(executor) = &mut self.executor else {
            return Err(Refusal::new(
                "read-only",
                "this session is read-only: it was built without what could change anything",
                "start quorate without --read-only",
            ));
        };
        let (id, out) = executor.start(ticket, &cluster, now)?;
        let happenings = self.carry_on(out.into_iter().map(Act::Out).collect(), now);
        Ok((id, happenings))
    }

    /// Stops a task between two steps.
    pub fn stop_task(&mut self, id: TaskId) {
        if let Some(executor) = &mut self.executor {
            executor.stop(id);
        }
    }

    /// Asks something for an inquiry; the answer comes as [`Happening::Found`]. False: the node cannot be reached.
    pub fn inquire(&mut self, query: &Query) -> bool {
        let now = self.now();
        let cluster = self.store.cluster(now);
        let Some(node) = cluster.member(&query.node).filter(|m| m.reach.is_up()).and_then(|m| m.node) else { return false };
        self.watch.look_at_guests(node, now);
        self.next_inquiry += 1;
        let id = AskId(self.next_inquiry);
        self.inquiries.insert(id, query.clone());
        let (lane, total) = query.pace();
        self.order(node, Order::Ask(Ask { id, command: query.command(), lane, first_byte: total, total }));
        true
    }

    /// What the executor wants done, and what inquiries found.
    pub(super) fn carry_on(&mut self, acts: Vec<Act>, now: Stamp) -> Vec<Happening> {
        let mut happenings = Vec::new();
        for act in acts {
            match act {
                Act::Out(Out::Order(node, order)) => self.order(node, order),
                Act::Out(Out::Refresh) => {
                    self.watch.look_again(now);
                    let outputs = self.watch.tick(now);
                    happenings.extend(self.carry_out(outputs, now));
                }
                Act::Out(Out::RefreshStorage(questions)) => {
                    self.watch.look_again_at(questions, now);
                    let outputs = self.watch.tick(now);
                    happenings.extend(self.carry_out(outputs, now));
                }
                Act::Out(Out::Task(task)) => happenings.push(Happening::Task(task)),
                Act::Found(query, found) => happenings.push(Happening::Found(query, found)),
            }
        }
        happenings
    }
}
