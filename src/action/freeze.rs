//! Freeze and unfreeze: whether the manager looks after a service.

use crate::domain::task::{Action, ServiceVerb};

use super::commands::{meta, unset};
use super::condition::Condition;
use super::plan::{Fate, FateKind, Input, Plan, Refusal, Step, Undo};
use super::{astray, held, whereabouts};

/// The plan.
pub(super) fn plan(input: &Input<'_>, freeze: bool, id: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    match (held::held(input.cluster, input.found, service), freeze) {
        (None, false) => return Err(vec![Refusal::new("already", format!("{id} is not frozen"), "nothing to do")]),
        (Some(held), true) if held.frozen => return Err(vec![Refusal::new("already", format!("{id} is frozen"), "nothing to do")]),
        (Some(held), true) => {
            let why = format!("the manager leaves {id} alone already: {}", held.why);
            return Err(vec![Refusal::new("already", why, format!("once it looks after it again ({}), freeze it", held.lift))]);
        }
        (Some(held), false) if !held.frozen => {
            let code = if input.cluster.options.maintenance_mode == Some(true) { "maintenance" } else { "held" };
            let why = format!("{}: that is why the manager leaves {id} alone, and unfreeze would not end it", held.why);
            return Err(vec![Refusal::new(code, why, held.lift)]);
        }
        _ => {}
    }
    astray::none(input)?;
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
