//! What the cockpit does for a dialog: it asks the nodes, and brings to the gate what was confirmed.

use std::io;

use super::cockpit::Cockpit;
use crate::action::{Plan, Query, gate};
use crate::app::Msg;
use crate::domain::observation::{Trouble, TroubleKind};

impl Cockpit {
    /// Asks for an inquiry; a node that cannot be asked is an answer too.
    pub(super) fn inquire(&mut self, queries: Vec<Query>) -> io::Result<()> {
        for query in queries {
            if !self.live.as_mut().is_some_and(|live| live.inquire(&query)) {
                let lost = Trouble::new(TroubleKind::Lost, "not reachable");
                self.tell(Msg::Found(Box::new(query), Box::new(Err(lost))))?;
            }
        }
        Ok(())
    }

    /// What was confirmed goes to the gate, with the picture of this moment.
    pub(super) fn act(&mut self, plan: Plan, typed: Option<String>, code: Option<String>) -> io::Result<()> {
        let Some(live) = &mut self.live else { return Ok(()) };
        let now = live.now();
        let (cluster, events) = live.picture();
        let mut facts = self.model.setup.acting.gate.clone();
        facts.read_only |= self.model.setup.read_only;
        facts.tasks = live.tasks();
        facts.others = self.model.tasks.others();
        (facts.typed, facts.code) = (typed, code);
        let begun = gate::open(plan, &cluster, &facts, now).and_then(|ticket| live.act(ticket).map_err(|why| vec![why]));
        if !events.is_empty() {
            self.tell(Msg::Events(events))?;
        }
        match begun {
            Ok((id, happenings)) => {
                self.happened(happenings)?;
                self.tell(Msg::Started(id))
            }
            Err(against) => self.tell(Msg::Turned(against)),
        }
    }
}
