//! A plan before the operator, until it is confirmed, refused or left.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::look::Look;
use super::page::{self, Fact};
use crate::action::gate;
use crate::action::plan::{Basis, Confirm};
use crate::action::{Plan, Query, Refusal};
use crate::app::line::InputLine;
use crate::app::model::Model;
use crate::domain::cluster::Cluster;
use crate::domain::stamp::Stamp;
use crate::domain::task::Target;
use crate::keymap::{Code, Key};
use crate::theme::Role;

/// For so long after something new stands there no key counts: what was typed ahead was typed for something else.
pub const DEAF: Duration = Duration::from_millis(500);

/// What a key came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing yet.
    Nothing,
    /// Leave it.
    Cancel,
    /// Run it.
    Run,
    /// Show the next way that is possible.
    NextWay,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The plan.
    pub plan: Box<Plan>,
    /// What stands against it now.
    pub against: Vec<Refusal>,
    /// What it says now.
    pub facts: Vec<Fact>,
    /// What it said when the operator read it.
    pub read: Vec<Fact>,
    /// Since when it stands there.
    pub shown: Stamp,
    /// What was typed of the target's name.
    pub input: InputLine,
    /// The name that must be typed.
    pub name: String,
    /// The button that runs it has the focus; it begins on Cancel.
    pub on_run: bool,
    /// The last enter came with a wrong name.
    pub wrong: bool,
    /// What it says changed while the name was typed, and the field was emptied for that; until the next key.
    pub emptied: bool,
    /// The first visible line.
    pub scroll: usize,
    /// The world as the plan knows it.
    pulse: u64,
    /// It is looked into again.
    again: Option<Box<Look>>,
    /// The last look found that there is no plan any more.
    void: Option<Vec<Refusal>>,
}

impl Reading {
    /// A plan that has just been made.
    pub fn new(plan: Box<Plan>, model: &Model) -> Self {
        let facts = facts(&plan, model);
        let mut reading = Self {
            against: Vec::new(),
            read: facts.clone(),
            facts,
            shown: model.setup.now,
            input: InputLine::default(),
            name: page::name_to_type(&plan.target, &model.live),
            on_run: false,
            wrong: false,
            emptied: false,
            scroll: 0,
            pulse: pulse(&plan.target, &model.live),
            again: None,
            void: None,
            plan,
        };
        reading.judge(model);
        reading
    }

    /// Something changed since it was read: until it is read again nothing counts.
    pub fn is_unread(&self) -> bool {
        self.facts != self.read
    }

    /// It is confirmed by typing the target's name.
    pub fn wants_name(&self) -> bool {
        self.plan.confirm == Confirm::TypeName
    }

    /// What kind of thing has the name that must be typed.
    pub const fn kind(&self) -> &'static str {
        match (&self.plan.target, &self.plan.basis) {
            (_, Basis::Guest(_)) => "guest",
            (target, _) => target.kind(),
        }
    }

    /// The world moved, and the nodes are asked what that means.
    pub const fn is_looking(&self) -> bool {
        self.again.is_some()
    }

    /// Looks at it anew with what the model knows now: the gate's reasons, and whether the world moved. Gives questions.
    pub fn look(&mut self, model: &Model) -> Vec<Query> {
        self.judge(model);
        let now = pulse(&self.plan.target, &model.live);
        if now != self.pulse && self.again.is_none() {
            self.pulse = now;
            self.again = Some(Box::new(Look::new(self.plan.intent.clone())));
        }
        let questions = self.again.as_mut().map(|look| look.go_on(&model.live, model.setup.now)).unwrap_or_default();
        self.settle(model);
        questions
    }

    /// Takes an answer of the look that is under way.
    pub fn take(&mut self, query: &Query, found: &Result<crate::action::inquiry::Finding, crate::domain::observation::Trouble>) -> bool {
        self.again.as_mut().is_some_and(|look| look.take(query, found))
    }

    /// The new plan takes the place of the old one.
    fn settle(&mut self, model: &Model) {
        let Some(outcome) = self.again.as_mut().and_then(|look| look.outcome.take()) else { return };
        self.again = None;
        match outcome {
            Ok(plan) => {
                self.plan = plan;
                self.void = None;
            }
            Err(why) => self.void = Some(why),
        }
        self.judge(model);
    }

    /// Judges anew as time passes. True if something else stands against it now.
    pub fn again(&mut self, model: &Model) -> bool {
        // A clock that was set back: what is new there is new from now on, and not for as long as the step was.
        self.shown = self.shown.min(model.setup.now);
        let before = self.against.clone();
        self.judge(model);
        self.against != before
    }

    fn judge(&mut self, model: &Model) {
        let mut session = model.setup.acting.gate.clone();
        session.tasks = model.tasks.running();
        session.others = model.tasks.others();
        session.read_only |= model.setup.read_only;
        self.against = match &self.void {
            Some(why) => why.clone(),
            None => gate::refusals(&self.plan, &model.live, &session, model.setup.now),
        };
        let facts = facts(&self.plan, model);
        if facts != self.facts {
            self.facts = facts;
            self.shown = model.setup.now;
            self.emptied |= !self.input.text().is_empty() || self.on_run;
            self.input = InputLine::default();
            self.on_run = false;
        }
    }

    /// A key. `last`: the greatest useful scroll.
    pub fn key(&mut self, key: Key, now: Stamp, last: usize) -> Said {
        match key {
            Key { code: Code::Esc, .. } => return Said::Cancel,
            Key { code: Code::Down, .. } => self.scroll = (self.scroll + 1).min(last),
            Key { code: Code::Up, .. } => self.scroll = self.scroll.min(last).saturating_sub(1),
            Key { code: Code::PageDown, .. } => self.scroll = (self.scroll + 10).min(last),
            Key { code: Code::PageUp, .. } => self.scroll = self.scroll.min(last).saturating_sub(10),
            _ if self.shown.age(now) < DEAF => {}
            Key { code: Code::Char('r'), .. } if self.is_unread() => {
                self.read.clone_from(&self.facts);
                self.shown = now;
                self.input = InputLine::default();
                self.wrong = false;
                self.emptied = false;
            }
            _ if self.is_unread() => {}
            key => {
                self.emptied = false;
                return self.answer(key);
            }
        }
        Said::Nothing
    }

    fn answer(&mut self, key: Key) -> Said {
        match (self.plan.confirm, key) {
            // What stands against it must be gone before anything counts, and what is asked again be answered.
            _ if !self.against.is_empty() => {}
            (_, Key { code: Code::Enter, .. }) if self.is_looking() => {}
            (Confirm::TypeName, Key { code: Code::Enter, .. }) => {
                if self.input.text() == self.name {
                    return Said::Run;
                }
                self.wrong = true;
                self.input = InputLine::default();
            }
            (Confirm::TypeName, key) => {
                self.wrong = false;
                self.input.key(key);
            }
            (_, Key { code: Code::Enter, .. }) => return if self.on_run { Said::Run } else { Said::Cancel },
            (_, Key { code: Code::Tab | Code::Left | Code::Right, .. }) => self.on_run = !self.on_run,
            (_, Key { code: Code::Char('w'), ctrl: false, .. }) if self.plan.ways.len() > 1 => return Said::NextWay,
            _ => {}
        }
        Said::Nothing
    }
}

/// What the plan says, and whether a second operator must agree.
fn facts(plan: &Plan, model: &Model) -> Vec<Fact> {
    let mut facts = page::facts(plan, &page::also_running(model), &model.index.names);
    let second = model.setup.acting.gate.second.asks(&plan.intent.action);
    facts.extend(second.map(|who| page::fact("Two persons", Role::Warn, format!("a second operator's code is asked for: {who}"))));
    facts
}

/// What a plan depends on, in one number: the target, the members, where everything runs, votes and fencings.
pub(super) fn pulse(target: &Target, cluster: &Cluster) -> u64 {
    let mut hash = DefaultHasher::new();
    Basis::of(target, cluster).words().hash(&mut hash);
    for m in &cluster.members {
        (&m.name, m.status.word(), m.reach.is_up()).hash(&mut hash);
    }
    for s in &cluster.services {
        (&s.id, s.state.word(), &s.owners, &s.flags).hash(&mut hash);
    }
    (cluster.quorum.total, cluster.quorum.needed, cluster.quorum.quorate).hash(&mut hash);
    for f in &cluster.fences {
        (&f.target, &f.action, format!("{:?}", f.status)).hash(&mut hash);
    }
    hash.finish()
}
