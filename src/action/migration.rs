//! A running migration taken back.
//!
//! To the manager an aborted migration is a failed operation, which it answers with stop and start: so it is told to leave the guest alone first, and to forget the
//! failure before it looks after it again.

use crate::domain::cluster::ServiceState;
use crate::domain::task::ServiceVerb;

use super::condition::Condition;
use super::plan::{Input, Needs, Plan, Refusal, Step, Undo, When};
use super::relocate::{crm_resource, meta, refresh, unset, virsh};
use super::suspend::guest_of;
use super::whereabouts;

/// The plan.
pub(super) fn cancel(input: &Input<'_>, id: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    whereabouts::guest_only(service, &format!("be the target of '{}'", ServiceVerb::Cancel.word()))?;
    if service.state != ServiceState::Migrating {
        let why = format!("{id} is {}, not migrating", service.state.word());
        return Err(vec![Refusal::new("not-migrating", why, "nothing to do")]);
    }
    let post = whereabouts::post_or_refuse(input.cluster, None)?;
    let guest = guest_of(input, service)?;
    let mut plan = input.blank();
    plan.steps = vec![
        Step::change("Tell the manager to leave it alone", &post, meta(id, "is-managed", "false"), 60),
        Step::change(
            format!("Abort the migration on {}", guest.node),
            &guest.node,
            virsh(&guest.uri, &["domjobabort", "--domain", &guest.name]),
            60,
        ),
        Step::change("Take the constraint away that sent it", &post, crm_resource(&["--clear", "--resource", id]), 60).when(When::Always),
        refresh(id, &guest.node, &post),
        Step::change("Let the manager look after it again", &post, unset(id, "is-managed"), 60).when(When::Always),
        Step::wait(format!("{id} runs on {}", guest.node), Condition::RunsOn(id.to_owned(), guest.node.clone()), 120),
    ];
    if let Some(to) = &service.moving_to {
        plan.steps.insert(4, refresh(id, to, &post));
    }
    plan.proof =
        vec![Condition::RunsOn(id.to_owned(), guest.node.clone()), Condition::guest(&guest.node, &guest.uri, &guest.name, Some("running"))];
    plan.undo = Undo::Never("relocate it anew".to_owned());
    plan.notices.push("if the migration ends before it is aborted, the guest stays where it went".to_owned());
    plan.needs = Needs { at_rest: false, ..Needs::default() };
    Ok(plan)
}
