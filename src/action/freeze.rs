//! Freeze and unfreeze: whether the manager looks after a service.

use crate::domain::task::{Action, ServiceVerb};

use super::commands::{meta, unset};
use super::condition::Condition;
use super::plan::{Fate, FateKind, Input, Plan, Refusal, Step, Undo};
use super::whereabouts;

/// The plan.
pub(super) fn plan(input: &Input<'_>, freeze: bool, id: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    let frozen = service.flags.contains(&"unmanaged");
    if frozen == freeze {
        let state = if frozen { "is frozen" } else { "is not frozen" };
        return Err(vec![Refusal::new("already", format!("{id} {state}"), "nothing to do")]);
    }
    if !freeze && input.cluster.options.maintenance_mode == Some(true) {
        let why = "the whole cluster is in maintenance mode: that is why the manager leaves it alone";
        return Err(vec![Refusal::new("maintenance", why, "quorate act maintenance off")]);
    }
    let post = whereabouts::post_or_refuse(input.cluster, None)?;
    let mut plan = input.blank();
    let (title, command, undo) = if freeze {
        ("Tell the manager to leave it alone", meta(id, "is-managed", "false"), ServiceVerb::Unfreeze)
    } else {
        ("Let the manager look after it again", unset(id, "is-managed"), ServiceVerb::Freeze)
    };
    plan.steps = vec![Step::change(title, &post, command, 60)];
    plan.proof = vec![Condition::Managed(id.to_owned(), !freeze)];
    plan.undo = Undo::By(Action::Service(undo, id.to_owned()));
    if freeze {
        let from = service.owner.clone();
        let guest = service.kind == crate::domain::cluster::ServiceKind::Vm;
        plan.consequences.fates.push(Fate { service: id.to_owned(), guest, kind: FateKind::Unwatched, from, to: None, why: None });
        plan.consequences.by = "what was asked for";
        plan.notices.push("while it is frozen nothing restarts it, and nothing moves it off a node that fails".to_owned());
    }
    Ok(plan)
}
