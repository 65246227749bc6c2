//! What tasks that are under way have put into the cluster and will take away again: while they run it is their way, not something that an earlier
//! command left behind.

use std::sync::Arc;
use std::time::Duration;

use crate::app::model::Model;
use crate::domain::alert::{Alert, AlertCode};
use crate::domain::cluster::Cluster;
use crate::domain::task::{StepState, Task};

/// Another quorate that has said nothing for so long is not believed to be at work any more.
const PATIENCE: Duration = Duration::from_secs(600);

/// Whether a picture has leftovers at all.
pub fn has_leftovers(c: &Cluster) -> bool {
    c.alerts.iter().any(is_leftover)
}

fn is_leftover(alert: &Alert) -> bool {
    alert.code == AlertCode::LeftoverConstraint
}

/// The picture without the constraints that tasks will take away.
pub fn without(model: &Model, picture: Arc<Cluster>) -> Arc<Cluster> {
    let mine = |alert: &&Alert| is_leftover(alert) && (ours(model, &alert.subject) || of_others(model, &picture, &alert.subject));
    let subjects: Vec<String> = picture.alerts.iter().filter(mine).map(|a| a.subject.clone()).collect();
    if subjects.is_empty() {
        return picture;
    }
    let mut shown = (*picture).clone();
    shown.alerts.retain(|a| !is_leftover(a) || !subjects.contains(&a.subject));
    for service in shown.services.iter_mut().filter(|s| subjects.contains(&s.id)) {
        service.leftovers.clear();
    }
    Arc::new(shown)
}

/// A task of this session has a step ahead that clears the constraints of this service.
fn ours(model: &Model, subject: &str) -> bool {
    model.tasks.all.iter().filter(|t| !t.status.is_over()).any(|t| clears(t, subject))
}

fn clears(task: &Task, subject: &str) -> bool {
    let open = |state: StepState| matches!(state, StepState::Pending | StepState::Running | StepState::Done);
    let named = |command: &str| {
        let rest = command.split_once(" --clear --resource ").map(|(_, rest)| rest);
        let name = |quote: &str| rest.and_then(|r| r.strip_prefix(&format!("{quote}{subject}{quote}")));
        [name(""), name("'")].into_iter().flatten().any(|behind| behind.is_empty() || behind.starts_with(' '))
    };
    task.steps.iter().any(|s| open(s.state) && s.command.as_deref().is_some_and(named))
}

/// Another quorate moves it, or what it is a part of, or drains the node that its constraints keep it off.
fn of_others(model: &Model, c: &Cluster, subject: &str) -> bool {
    let now = model.setup.now;
    let part = |name: &str| c.service(name).is_some_and(|s| s.parent.as_deref() == Some(subject));
    let off = |node: &str| {
        let end = format!("-on-{node}");
        c.service(subject).is_some_and(|s| s.leftovers.iter().all(|id| id.ends_with(&end)))
    };
    model.tasks.foreign.iter().filter(|f| !f.over && f.at.age(now) < PATIENCE).any(|f| {
        let mut words = f.action.split(' ');
        match (words.next(), words.next()) {
            (Some("relocate"), Some(name)) => name == subject || part(name),
            (Some("drain" | "leave" | "reboot"), Some(node)) => off(node),
            _ => false,
        }
    })
}
