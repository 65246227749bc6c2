//! What is done to tasks: they are listed, stopped, taken back, and not left by a slip of a finger.

use std::time::Duration;

use super::{open, tasks};
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::screen::Screen;
use crate::app::update::{complain, notice};
use crate::domain::task::{Action, Task};

/// Whether the session may be left: with a task under way only the second time.
pub fn may_leave(model: &mut Model, verb: &str) -> bool {
    let now = model.setup.now;
    let asked = model.leaving.take().is_some_and(|until| now < until);
    if asked || !model.tasks.is_busy() {
        return true;
    }
    model.leaving = Some(now.after(Duration::from_secs(10)));
    let what = tasks::footer(model).unwrap_or_default();
    complain(model, format!("{what}: {verb} again to leave it; what was sent goes on, nobody proves it"));
    false
}

/// Opens the list of tasks.
pub fn open(model: &mut Model) {
    if !matches!(model.screen(), Screen::Tasks) {
        model.screens.truncate(1);
        model.screens.push(Screen::Tasks);
        model.tasks.cursor = model.tasks.cursor.min(model.tasks.len().saturating_sub(1));
    }
}

/// The task that the screen is about.
fn task_at_hand(model: &Model) -> Option<&Task> {
    match model.screen() {
        Screen::Task(page) => model.tasks.get(page.about),
        _ => model.tasks.selected(),
    }
}

/// The service that the task at hand moves just now.
pub fn moved_service(model: &Model) -> Option<&str> {
    if !matches!(model.screen(), Screen::Task(_) | Screen::Tasks) {
        return None;
    }
    match task_at_hand(model).filter(|t| !t.status.is_over()).map(|t| &t.action) {
        Some(Action::Relocate { service, .. }) => Some(service),
        _ => None,
    }
}

/// Stops the task that the screen is about after the step that runs.
pub fn stop(model: &mut Model) -> Vec<Effect> {
    let Some(id) = task_at_hand(model).filter(|t| !t.status.is_over()).map(|t| t.id) else {
        notice(model, "stop-task: it is over".to_owned());
        return Vec::new();
    };
    notice(model, "it stops after the step that runs; what is done stays done".to_owned());
    vec![Effect::StopTask(id)]
}

/// Plans what takes it back.
pub fn take_back(model: &mut Model) -> Vec<Effect> {
    match task_at_hand(model).map(|t| (t.status.is_over(), t.undo.clone())) {
        Some((true, Some(undo))) => open::take_back(model, undo),
        Some((false, _)) => {
            notice(model, "take-back: it is still under way".to_owned());
            Vec::new()
        }
        _ => {
            notice(model, "take-back: there is nothing that takes it back".to_owned());
            Vec::new()
        }
    }
}
