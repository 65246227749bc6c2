//! The pure update.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use super::act::{dialog, tasks};
use super::fresh;
use super::keys;
use super::model::Model;
use super::msg::{Answer, Effect, Msg};
use super::screen::{Page, Screen};
use super::wall;
use super::words;
use crate::domain::cluster::Cluster;
use crate::domain::event::Event;
use crate::domain::stamp::Stamp;
use crate::domain::task::{Task, TaskId, TaskStatus};

/// How long a notice stands: it covers the keys.
const NOTICE: Duration = Duration::from_secs(4);
/// How long one stands that tells of trouble.
const TROUBLE: Duration = Duration::from_secs(12);

/// Takes what happened, changes the model, and says what is to be done. No I/O, no clock.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => return keys::key(model, key),
        Msg::Paste(text) => keys::paste(model, &text),
        Msg::Resize { width, height } => resize(model, width, height),
        Msg::Picture(picture) => {
            receive(model, picture);
            return if model.dialog.is_some() { dialog::go_on(model) } else { Vec::new() };
        }
        Msg::Events(events) => insert(model, events),
        Msg::Prompt { id, node, ask } => {
            if model.setup.wallboard {
                // Nobody stands before a wallboard: what only an operator may decide is refused.
                return vec![Effect::AnswerPrompt { id, answer: Answer::Refuse }];
            }
            model.prompts.push(id, node, ask);
            model.dirty = true;
        }
        Msg::PromptGone(id) => {
            let before = model.prompts.len();
            model.prompts.gone(id);
            model.dirty |= model.prompts.len() != before;
        }
        Msg::Cluster(name) => switch(model, name),
        Msg::Unopened(text) => {
            complain(model, text);
            if model.setup.current.is_none() {
                super::perform::open_clusters(model);
            }
        }
        Msg::Notice(text) => notice(model, text),
        Msg::Complaint(text) => complain(model, text),
        Msg::Acting(acting) => {
            acting.gate.role.word().clone_into(&mut model.setup.role);
            model.setup.read_only = model.setup.wallboard || acting.gate.read_only;
            model.setup.acting = *acting;
            model.dirty = true;
        }
        Msg::Found(query, found) => return dialog::found(model, &query, &found),
        Msg::Task(task) => task_changed(model, *task),
        Msg::Started(id) => started(model, id),
        Msg::Turned(against) => dialog::turned(model, against),
        Msg::Tick(now) => {
            tick(model, now);
            return dialog::tick(model);
        }
        Msg::FocusGained => {
            model.dirty = true;
            return vec![Effect::ClearScreen];
        }
    }
    Vec::new()
}

/// Shows a sentence for a moment.
pub(super) fn notice(model: &mut Model, text: String) {
    say(model, text, NOTICE);
}

/// Shows a sentence about trouble: it stands longer.
pub(super) fn complain(model: &mut Model, text: String) {
    say(model, text, TROUBLE);
}

fn say(model: &mut Model, text: String, how_long: Duration) {
    model.notice = Some((text, model.setup.now.after(how_long)));
    model.dirty = true;
}

fn resize(model: &mut Model, width: u16, height: u16) {
    if model.setup.size == (width, height) {
        return;
    }
    model.setup.size = (width, height);
    model.order_all();
    model.rebuild_page();
    super::perform::rebuild_help(model);
    model.dirty = true;
}

fn receive(model: &mut Model, picture: Arc<Cluster>) {
    model.live = picture.clone();
    if model.frozen.is_none() {
        model.show(picture);
        model.pulse = model.pulse_now();
    } else if !model.pictured {
        model.show(picture);
    }
}

fn task_changed(model: &mut Model, task: Task) {
    let status = task.status;
    let over = status.is_over();
    let words = tasks::last_words(&task);
    let id = task.id;
    let before = model.tasks.take(task);
    let looked_at = matches!(model.screen(), Screen::Task(page) if page.about == id);
    if over && !looked_at && before.is_none_or(|t| !t.status.is_over()) {
        if status == TaskStatus::Done { notice(model, words) } else { complain(model, words) }
    }
    look_again(model);
    model.rebuild_page();
    model.dirty = true;
}

/// Tasks changed: what they will take away again is none of the cluster's troubles, and what they have left is.
fn look_again(model: &mut Model) {
    if model.frozen.is_none() && super::act::underway::has_leftovers(&model.live) {
        let live = model.live.clone();
        model.show(live);
    }
}

/// What was confirmed runs: the dialog is done, and the task is shown. It goes on when its page is left.
fn started(model: &mut Model, id: TaskId) {
    model.dialog = None;
    model.dirty = true;
    if let Some(document) = model.tasks.get(id).map(|task| tasks::page(task, model)) {
        model.screens.push(Screen::Task(Page::new(id, document)));
    }
}

fn insert(model: &mut Model, events: Vec<Event>) {
    model.dirty |= !events.is_empty();
    let mine = model.setup.acting.nonce.clone();
    if model.tasks.hear(&events, &mine) {
        look_again(model);
    }
    for event in events {
        model.timeline.insert(event);
    }
}

/// Another cluster: nothing of the old one may remain on the screen.
fn switch(model: &mut Model, name: String) {
    model.setup.current = Some(name);
    let empty = Arc::new(Cluster::default());
    model.live = empty.clone();
    model.frozen = None;
    model.timeline.clear();
    model.timeline.freeze(false);
    model.alerts.clear();
    model.prompts = super::prompts::Prompts::default();
    model.loads.clear();
    model.screens = vec![Screen::Overview];
    model.overlay = None;
    model.dialog = None;
    model.tasks = tasks::Tasks::default();
    for pane in &mut model.panes {
        pane.full.selected = None;
        pane.brief.selected = None;
    }
    model.show(empty);
    model.pictured = false;
    model.first_look = None;
    model.notice = None;
    model.dirty = true;
}

fn tick(model: &mut Model, now: Stamp) {
    model.setup.now = now;
    // A clock that was set back must not keep a notice before the keys.
    if let Some((_, until)) = &mut model.notice {
        *until = now.after(TROUBLE).min(*until);
    }
    if model.notice.as_ref().is_some_and(|(_, until)| *until <= now) {
        model.notice = None;
        model.dirty = true;
    }
    model.dirty |= model.alerts.expire(now);
    let pulse = model.pulse_now();
    if pulse != model.pulse {
        model.pulse = pulse;
        model.dirty = true;
        model.rebuild_page();
    }
}

impl Model {
    /// Everything on the screen that changes by itself as time passes, in one number.
    pub(super) fn pulse_now(&self) -> u64 {
        let (now, limit) = (self.setup.now, self.setup.stale_after);
        let mut hash = DefaultHasher::new();
        now.0.div_euclid(60_000_000).hash(&mut hash);
        self.frozen.map(|at| words::age(at.age(now))).hash(&mut hash);
        fresh::manager(&self.shown, now, limit).map(words::age).hash(&mut hash);
        fresh::quorum(&self.shown, now, limit).map(words::age).hash(&mut hash);
        for m in &self.shown.members {
            fresh::member(m, now, limit).map(words::age).hash(&mut hash);
        }
        if self.dialog.is_some() {
            super::act::page::data_age(&self.live, now).map(words::age).hash(&mut hash);
        }
        for task in self.tasks.all.iter().filter(|t| !t.status.is_over()) {
            words::age(task.started.age(now)).hash(&mut hash);
        }
        for foreign in self.tasks.foreign.iter().filter(|f| !f.over) {
            words::age(foreign.began.age(now)).hash(&mut hash);
        }
        if self.setup.wallboard {
            (wall::page(&self.shown, &self.index, now) as u8).hash(&mut hash);
            fresh::nothing_known(&self.shown, now, limit).hash(&mut hash);
            fresh::last_truth(&self.shown).map(|at| words::age(at.age(now))).hash(&mut hash);
        }
        hash.finish()
    }
}
