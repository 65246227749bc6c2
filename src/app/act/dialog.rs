//! The dialog between a command and its ticket.

use std::time::Duration;

use ratatui::layout::Rect;

use super::choosing::{Choosing, Typing};
use super::look::Look;
use super::page;
use super::reading::{Reading, Said};
use super::refused::Refused;
use crate::action::inquiry::Finding;
use crate::action::plan::Confirm;
use crate::action::{Intent, Plan, Query, Refusal};
use crate::app::document::Document;
use crate::app::layout;
use crate::app::line::InputLine;
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::update::complain;
use crate::domain::observation::Trouble;
use crate::domain::task::{Action, Limits};
use crate::keymap::{Code, Key};

/// While a dialog is open the manager is asked again when its view is older than this,
const FRESH: Duration = Duration::from_secs(5);
/// and not more often than this.
const PAUSE: Duration = Duration::from_secs(4);

/// Where it stands.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Something is chosen from a list.
    Choosing(Choosing),
    /// Something is typed.
    Typing(Typing),
    /// The nodes are asked.
    Looking(Box<Look>),
    /// The plan is read.
    Reading(Box<Reading>),
    /// There is no plan, and why.
    Refused(Box<Refused>),
    /// Confirmed; the gate has it.
    Sent(Box<Confirmed>),
    /// The gate wants a second operator's code too.
    Approving(Box<Confirmed>, InputLine, Refusal),
}

/// What was confirmed, and how.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// The plan as it was read.
    pub plan: Box<Plan>,
    /// What was typed for it.
    pub typed: Option<String>,
}

impl Confirmed {
    fn effect(&self, code: Option<String>) -> Effect {
        Effect::Act { plan: self.plan.clone(), typed: self.typed.clone(), code }
    }
}

/// See the module. Its target was frozen when it was opened.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub stage: Stage,
    /// The first visible line of what stands against it, or is known of the marked choice.
    pub scroll: usize,
}

impl Dialog {
    /// From its beginning.
    pub const fn new(title: String, stage: Stage) -> Self {
        Self { title, stage, scroll: 0 }
    }
}

/// An intent of this session.
pub fn intent(model: &mut Model, action: Action) -> Intent {
    model.deeds += 1;
    let acting = &model.setup.acting;
    let tag = format!("{}{:02x}", acting.nonce, model.deeds & 0xff);
    Intent { action, by: model.setup.who.clone(), from: acting.from.clone(), tag }
}

/// Asks the nodes for what the plan of this action needs.
pub fn look(model: &mut Model, action: Action) -> Vec<Effect> {
    let title = page::title(&action);
    let intent = intent(model, action);
    model.dialog = Some(Dialog::new(title, Stage::Looking(Box::new(Look::new(intent)))));
    let mut effects = tick(model);
    effects.extend(go_on(model));
    effects
}

/// Goes on with what is open, as far as the model's knowledge lets it.
pub fn go_on(model: &mut Model) -> Vec<Effect> {
    let Some(mut dialog) = model.dialog.take() else { return Vec::new() };
    let mut questions = Vec::new();
    let mut effects = Vec::new();
    match &mut dialog.stage {
        Stage::Choosing(choosing) if choosing.looks_ahead => {
            let at = choosing.cursor;
            if let Some(choice) = choosing.marked().filter(|c| c.closed.is_none()).cloned()
                && !choosing.looks.contains_key(&at)
            {
                let intent = intent(model, choice.action);
                choosing.looks.insert(at, Look::new(intent));
            }
            for look in choosing.looks.values_mut() {
                questions.extend(look.go_on(&model.live, model.setup.now));
            }
        }
        Stage::Looking(look) => {
            questions = look.go_on(&model.live, model.setup.now);
            if let Some(outcome) = look.outcome.take() {
                let look = look.clone();
                effects = settle(model, &mut dialog, look, outcome);
            }
        }
        Stage::Refused(refused) => {
            let (asked, plan) = refused.go_on(&model.live, model.setup.now);
            questions = asked;
            // Whoever reads why it is not possible has typed nothing for what is: it begins as every plan, and even one that nobody is asked about waits for a yes.
            if let Some(plan) = plan {
                dialog.title = page::title(&plan.intent.action);
                dialog.stage = Stage::Reading(Box::new(Reading::new(plan, model)));
            }
        }
        Stage::Reading(reading) => {
            questions = reading.look(model);
        }
        _ => {}
    }
    model.dirty = true;
    // A dialog that confirmed itself is gone already.
    if !matches!(dialog.stage, Stage::Sent(_)) || model.dialog.is_none() {
        model.dialog = Some(dialog);
    }
    if !questions.is_empty() {
        effects.push(Effect::Inquire(questions));
    }
    effects
}

/// Time passes: data grow old, and what stood against a plan may have lifted.
pub fn tick(model: &mut Model) -> Vec<Effect> {
    let Some(mut dialog) = model.dialog.take() else { return Vec::new() };
    if let Stage::Reading(reading) = &mut dialog.stage {
        model.dirty |= reading.again(model);
    }
    model.dialog = Some(dialog);
    let now = model.setup.now;
    let old = page::data_age(&model.live, now).is_none_or(|age| age > FRESH);
    if !old || !model.refreshed.is_over(PAUSE, now) {
        return Vec::new();
    }
    model.refreshed = now;
    vec![Effect::LookAgain]
}

fn settle(model: &Model, dialog: &mut Dialog, look: Box<Look>, outcome: Result<Box<Plan>, Vec<Refusal>>) -> Vec<Effect> {
    match outcome {
        Ok(plan) => {
            dialog.title = page::title(&plan.intent.action);
            let reading = Reading::new(plan, model);
            // What only looks or tidies is not asked about.
            if reading.plan.confirm == Confirm::None && reading.against.is_empty() {
                let confirmed = Confirmed { plan: reading.plan, typed: None };
                let effect = confirmed.effect(None);
                dialog.stage = Stage::Sent(Box::new(confirmed));
                return vec![effect];
            }
            dialog.stage = Stage::Reading(Box::new(reading));
        }
        Err(against) => {
            let refused = Refused::without_plan(against, look, &model.live, model.setup.now);
            dialog.stage = Stage::Refused(Box::new(refused));
        }
    }
    Vec::new()
}

/// An answer to a question of an inquiry.
pub fn found(model: &mut Model, query: &Query, found: &Result<Finding, Trouble>) -> Vec<Effect> {
    let Some(dialog) = &mut model.dialog else { return Vec::new() };
    let taken = match &mut dialog.stage {
        // Two looks may have asked the same.
        Stage::Choosing(choosing) => {
            let taken: Vec<bool> = choosing.looks.values_mut().map(|look| look.take(query, found)).collect();
            taken.contains(&true)
        }
        Stage::Looking(look) => look.take(query, found),
        Stage::Reading(reading) => reading.take(query, found),
        Stage::Refused(refused) => refused.take(query, found),
        _ => false,
    };
    if taken { go_on(model) } else { Vec::new() }
}

/// The gate said no after all.
pub fn turned(model: &mut Model, against: Vec<Refusal>) {
    if let Some(dialog) = &mut model.dialog {
        let approving = match (&dialog.stage, against.as_slice()) {
            (Stage::Sent(confirmed), [only]) if only.code == "second-operator" => {
                Some(Stage::Approving(confirmed.clone(), InputLine::default(), only.clone()))
            }
            _ => None,
        };
        dialog.stage = approving.unwrap_or_else(|| Stage::Refused(Box::new(Refused::by_gate(against))));
    } else if let Some(first) = against.first() {
        complain(model, format!("refused: {}", first.why));
    }
    model.dirty = true;
}

/// A key.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(mut dialog) = model.dialog.take() else { return Vec::new() };
    model.dirty = true;
    let esc = key.code == Code::Esc;
    if esc && !matches!(dialog.stage, Stage::Reading(_)) {
        return Vec::new();
    }
    match &mut dialog.stage {
        Stage::Refused(_) if key.code == Code::Enter => return Vec::new(),
        Stage::Refused(refused) => {
            let last = refusals(&refused.against, model).lines.len().saturating_sub(height(model));
            dialog.scroll = match key.code {
                Code::Down => (dialog.scroll + 1).min(last),
                Code::Up => dialog.scroll.min(last).saturating_sub(1),
                Code::PageDown => (dialog.scroll + 10).min(last),
                Code::PageUp => dialog.scroll.min(last).saturating_sub(10),
                _ => dialog.scroll,
            };
        }
        Stage::Choosing(choosing) => {
            let last = choosing.choices.len().saturating_sub(1);
            // Line by line: below the list there may be room for one alone.
            dialog.scroll = match key.code {
                Code::PageDown => dialog.scroll + 1,
                Code::PageUp => dialog.scroll.saturating_sub(1),
                _ => 0,
            };
            match key.code {
                Code::Down | Code::Char('j') | Code::Tab => choosing.cursor = (choosing.cursor + 1).min(last),
                Code::Up | Code::Char('k') => choosing.cursor = choosing.cursor.saturating_sub(1),
                Code::Enter => {
                    if let Some(action) = choosing.marked().filter(|c| c.closed.is_none()).map(|c| c.action.clone()) {
                        return look(model, action);
                    }
                }
                _ => {}
            }
        }
        Stage::Typing(typing) => {
            if key.code == Code::Enter {
                match typing.action() {
                    Ok(action) => return look(model, action),
                    Err(why) => typing.mistake = Some(why),
                }
            } else {
                typing.mistake = None;
                typing.input.key(key);
            }
        }
        Stage::Reading(reading) => {
            let (now, last) = (model.setup.now, last_line(reading, model));
            match reading.key(key, now, last) {
                Said::Nothing => {}
                Said::Cancel => return Vec::new(),
                Said::NextWay => {
                    if let Some(action) = next_way(&reading.plan) {
                        return look(model, action);
                    }
                }
                Said::Run => {
                    let typed = (reading.plan.confirm == Confirm::TypeName).then(|| reading.input.text().to_owned());
                    let confirmed = Confirmed { plan: reading.plan.clone(), typed };
                    let effect = confirmed.effect(None);
                    dialog.stage = Stage::Sent(Box::new(confirmed));
                    model.dialog = Some(dialog);
                    return vec![effect];
                }
            }
        }
        Stage::Approving(confirmed, input, _) => {
            if key.code == Code::Enter && !input.text().is_empty() {
                let effect = confirmed.effect(Some(input.text().to_owned()));
                dialog.stage = Stage::Sent(confirmed.clone());
                model.dialog = Some(dialog);
                return vec![effect];
            }
            input.key(key);
        }
        Stage::Looking(_) | Stage::Sent(_) => {}
    }
    model.dialog = Some(dialog);
    go_on(model)
}

/// Pasted text is good for sizes and names of guests; it never confirms anything.
pub fn paste(model: &mut Model, text: &str) {
    if let Some(Dialog { stage: Stage::Typing(typing), .. }) = &mut model.dialog {
        typing.input.paste(text);
        model.dirty = true;
    }
}

/// The same relocation by the next way that is open.
fn next_way(plan: &Plan) -> Option<Action> {
    let Action::Relocate { service, to, how, .. } = &plan.intent.action else { return None };
    let open: Vec<_> = plan.ways.iter().filter(|w| w.closed.is_empty()).map(|w| w.how).collect();
    let at = open.iter().position(|o| Some(*o) == *how)?;
    let next = open.get((at + 1) % open.len()).filter(|next| Some(**next) != *how)?;
    Some(Action::Relocate { service: service.clone(), to: to.clone(), how: Some(*next), limits: Limits::default() })
}

/// Width of the text of a dialog on this screen.
pub const fn width(model: &Model) -> u16 {
    let room = model.setup.size.0.saturating_sub(4);
    if room > 104 { 104 } else { room }
}

/// Lines of text that fit at least above the answer: without the frame, the answer and the line that says how many there are.
pub fn height(model: &Model) -> usize {
    // On a narrow screen the keys of the answer take a second line.
    let around = if model.setup.size.0 < 70 { 8 } else { 6 };
    let (width, height) = model.setup.size;
    usize::from(layout::below_header(Rect::new(0, 0, width, height)).height).saturating_sub(around).max(1)
}

/// The lines of a plan that is read.
pub fn document(reading: &Reading, model: &Model) -> Document {
    let age = page::data_age(&model.live, model.setup.now);
    page::document(width(model), &page::refusals(&reading.against), &reading.facts, &reading.read, age)
}

/// What stands against an action, as lines.
pub fn refusals(against: &[Refusal], model: &Model) -> Document {
    let mut doc = Document::new(width(model));
    for fact in page::refusals(against) {
        doc.pair(&fact.name, fact.role, &fact.text);
    }
    doc
}

fn last_line(reading: &Reading, model: &Model) -> usize {
    document(reading, model).lines.len().saturating_sub(height(model))
}
