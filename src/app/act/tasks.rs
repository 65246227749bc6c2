//! Tasks: those of this session with every step, those of other quorates as far as they say.

use std::time::Duration;

use super::others::{self, Foreign};
use crate::action::gate::Other;
use crate::app::document::Document;
use crate::app::layout;
use crate::app::model::Model;
use crate::app::screen::Screen;
use crate::app::words;
use crate::command::{Command, Scope};
use crate::domain::event::Event;
use crate::domain::stamp::Stamp;
use crate::domain::task::{StepState, Task, TaskId, TaskStatus, TaskStep};
use crate::theme::Role;

/// Lines of a step's output that its page shows; what came before is counted.
const SHOWN: usize = 60;

/// All that is known of tasks.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    /// Those of this session, the oldest first.
    pub all: Vec<Task>,
    /// Those of other quorates, the oldest first.
    pub foreign: Vec<Foreign>,
    /// The selected row of the list: the newest first, this session's before the others'.
    pub cursor: usize,
}

impl Tasks {
    /// Takes a task in its newest state; gives the one that it was before.
    pub fn take(&mut self, task: Task) -> Option<Task> {
        if let Some(known) = self.all.iter_mut().find(|t| t.id == task.id) {
            return Some(std::mem::replace(known, task));
        }
        self.all.push(task);
        // A list of what one has just begun shows it first.
        self.cursor = 0;
        None
    }

    /// Takes lines of logs. True if something changed.
    pub fn hear(&mut self, events: &[Event], mine: &str) -> bool {
        let mut changed = false;
        for event in events {
            changed |= others::take(&mut self.foreign, event, mine);
        }
        changed
    }

    /// One of this session.
    pub fn get(&self, id: TaskId) -> Option<&Task> {
        self.all.iter().find(|t| t.id == id)
    }

    /// The selected one, if it is of this session.
    pub fn selected(&self) -> Option<&Task> {
        self.all.iter().rev().nth(self.cursor)
    }

    /// Rows of the list.
    pub fn len(&self) -> usize {
        self.all.len() + self.foreign.len()
    }

    /// Nothing was ever begun.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those of this session that are not over.
    pub fn running(&self) -> Vec<Task> {
        self.all.iter().filter(|t| !t.status.is_over()).cloned().collect()
    }

    /// Whether something of this session is under way.
    pub fn is_busy(&self) -> bool {
        self.all.iter().any(|t| !t.status.is_over())
    }

    /// Those of other quorates, as the gate takes them.
    pub fn others(&self) -> Vec<Other> {
        self.foreign.iter().filter_map(Foreign::for_gate).collect()
    }
}

/// Role and word of a status.
pub const fn status(status: TaskStatus) -> (Role, &'static str) {
    let role = match status {
        TaskStatus::Waiting | TaskStatus::Running | TaskStatus::Proving => Role::Moving,
        TaskStatus::Done => Role::Ok,
        TaskStatus::Stopped => Role::Warn,
        TaskStatus::Failed | TaskStatus::Refused => Role::Crit,
        TaskStatus::Unknown => Role::Unknown,
    };
    (role, status.word())
}

/// A relocation without its way and limits: `relocate vm1 > n2`. Of other actions the options say what is done.
pub fn brief(action: &str) -> String {
    match action.split_once(" --to ").filter(|_| action.starts_with("relocate ")) {
        Some((what, rest)) => format!("{what} > {}", rest.split(' ').next().unwrap_or(rest)),
        None => action.to_owned(),
    }
}

/// How far a task is: `step 2 of 3, 45%`.
pub fn step_words(task: &Task) -> String {
    let (over, all) = task.count();
    if task.status.is_over() {
        let done = task.steps.iter().filter(|s| s.state == StepState::Done).count();
        return format!("{done} of {all} steps");
    }
    let percent = task.progress.as_ref().and_then(|p| p.percent).map(|p| format!(", {p}%")).unwrap_or_default();
    match task.status {
        TaskStatus::Waiting => "waits for its lock".to_owned(),
        TaskStatus::Proving => "looking for the proof".to_owned(),
        _ => format!("step {} of {all}{percent}", (over + 1).min(all)),
    }
}

/// The line at the bottom while something of this session is under way.
pub fn footer(model: &Model) -> Option<String> {
    let task = model.tasks.all.iter().rev().find(|t| !t.status.is_over())?;
    let more = model.tasks.all.iter().filter(|t| !t.status.is_over()).count() - 1;
    let more = if more > 0 { format!(" +{more}") } else { String::new() };
    // On a small screen the keys need the room that its options would take.
    let what = if model.setup.size.0 < layout::WIDE {
        let what = format!("{} {}", task.action.word(), task.action.target());
        model.index.names.within(&what).into_owned()
    } else {
        task.action.to_string()
    };
    Some(format!("→ {what}: {}{more}", step_words(task)))
}

/// How long it took or takes; while it runs, in steps that do not flicker.
pub fn took(task: &Task, now: Stamp) -> String {
    match task.ended {
        Some(end) => exact(task.started.age(end)),
        None => words::age(task.started.age(now)),
    }
}

/// `12.3 s`, `4 min 10 s`.
pub fn exact(d: Duration) -> String {
    match d.as_secs() {
        s @ 0..=59 => format!("{s}.{} s", d.subsec_millis() / 100),
        s => format!("{} min {} s", s / 60, s % 60),
    }
}

/// The page of a task.
pub fn page(task: &Task, model: &Model) -> Document {
    let zone = &model.setup.zone;
    let mut doc = Document::new(model.setup.size.0);
    let (role, word) = status(task.status);
    doc.head(&task.action.to_string());
    doc.pair("status", role, &format!("{word}, {}", step_words(task)));
    doc.maybe("result", task.result.as_ref());
    if let Some(progress) = task.progress.as_ref().filter(|p| !p.words.is_empty()) {
        let left = progress.left.map(|left| format!(", {} left", words::span(left))).unwrap_or_default();
        doc.pair("progress", Role::Moving, &format!("{}{left}", progress.words));
    }
    doc.pair("by", Role::Text, &format!("{} from {}", task.by, task.from));
    doc.pair("started", Role::Text, &words::date(task.started, zone));
    doc.pair(if task.ended.is_some() { "took" } else { "for" }, Role::Text, &took(task, model.setup.now));
    for notice in &task.notices {
        doc.pair("note", Role::Warn, notice);
    }
    if let Some(undo) = &task.undo {
        let key = model.setup.keymap.hint(&[Scope::Tasks, Scope::Global], Command::TakeBack);
        doc.pair("way back", Role::Text, &format!("{undo}   ({key})"));
    }
    if !task.proof.is_empty() {
        doc.head("Proof");
        for line in &task.proof {
            let role = if line.starts_with("NOT:") {
                Role::Crit
            } else if line.starts_with("UNKNOWN:") {
                Role::Unknown
            } else {
                Role::Ok
            };
            doc.say(role, line);
        }
    }
    doc.head("Steps");
    for (at, step) in task.steps.iter().enumerate() {
        one_step(&mut doc, at + 1, step);
    }
    doc
}

fn one_step(doc: &mut Document, number: usize, step: &TaskStep) {
    let role = match step.state {
        StepState::Pending | StepState::Skipped => Role::Dim,
        StepState::Running => Role::Moving,
        StepState::Done => Role::Ok,
        StepState::Failed => Role::Crit,
        StepState::Unknown => Role::Unknown,
    };
    let took = step.began.zip(step.ended).map(|(from, to)| format!(", {}", exact(from.age(to)))).unwrap_or_default();
    let code = step.code.filter(|c| *c != 0).map(|c| format!(", exit status {c}")).unwrap_or_default();
    doc.say(role, &format!("{number}. {}: {}{took}{code}", step.title, step.state.word()));
    match (&step.node, &step.command) {
        (Some(node), Some(_)) if !step.tools.is_empty() => {
            doc.say_command(Role::Text, &format!("   on {node}:"));
            step.tools.iter().for_each(|tool| doc.tool(Role::Text, tool));
        }
        (Some(node), Some(command)) => doc.say_command(Role::Text, &format!("   on {node}: {command}")),
        _ => {}
    }
    let hidden = step.output.len().saturating_sub(SHOWN);
    if hidden > 0 {
        doc.say(Role::Dim, &format!("   ({hidden} lines before)"));
    }
    for line in step.output.iter().skip(hidden) {
        doc.say(Role::Dim, &format!("   | {line}"));
    }
}

/// What is said when a task is over.
pub fn last_words(task: &Task) -> String {
    format!("{}: {}, {}", task.action, task.status.word(), task.result.as_deref().unwrap_or_default())
}

/// Builds the page of a task anew. One that was scrolled to its end stays there.
pub(in crate::app) fn rebuild(model: &mut Model, id: TaskId) {
    let Some(document) = model.tasks.get(id).map(|task| page(task, model)) else { return };
    let height = model.page_height();
    if let Some(Screen::Task(shown)) = model.screens.last_mut()
        && shown.document != document
    {
        let at_end = shown.scroll > 0 && shown.scroll + height >= shown.document.lines.len();
        shown.document = document;
        shown.scroll_to(if at_end { usize::MAX } else { shown.scroll }, height);
        model.dirty = true;
    }
}
