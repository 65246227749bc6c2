//! Housekeeping: failures forgotten, leftover constraints taken away.

use crate::domain::task::ServiceVerb;

use super::commands::crm_resource;
use super::condition::Condition;
use super::plan::{Confirm, Input, Plan, Refusal, Step, Undo};
use super::whereabouts;

/// The plan.
pub(super) fn plan(input: &Input<'_>, verb: ServiceVerb, id: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    let post = whereabouts::post_or_refuse(input.cluster, None)?;
    let mut plan = input.blank();
    if verb == ServiceVerb::Cleanup {
        plan.steps = vec![Step::change(
            format!("Let the manager forget the failures of {id}"),
            &post,
            crm_resource(&["--cleanup", "--resource", id]),
            120,
        )];
        plan.proof = vec![Condition::Clean(id.to_owned())];
        plan.notices.push(match (&service.reason, service.failures) {
            (_, 0) if !service.failed_operation => format!("{id} has no failures on record"),
            (Some(reason), count) => format!("{count} failures on record: {reason}"),
            (None, count) => format!("{count} failures on record"),
        });
        plan.notices.push("what failed is tried again: if its cause stands, it fails again".to_owned());
    } else {
        // By force: else a preference with a lifetime is not found by every Pacemaker before 2.0.1.
        plan.steps = vec![Step::change(
            format!("Take the leftover constraints of {id} away"),
            &post,
            crm_resource(&["--clear", "--resource", id, "--force"]),
            60,
        )];
        plan.proof = vec![Condition::NoLeftovers(id.to_owned())];
        let left = if service.leftovers.is_empty() { "none is left".to_owned() } else { service.leftovers.join(", ") };
        plan.notices.push(format!("constraints that earlier commands left: {left}"));
        plan.notices.push("without them the manager may move it back to where it prefers to be".to_owned());
    }
    plan.undo = Undo::Never("it only forgets".to_owned());
    // What has the manager at work is asked about: what failed is tried again; without its constraints it may move, if nobody can say that it will not.
    let tidies = match verb {
        ServiceVerb::Cleanup => service.failures == 0 && !service.failed_operation,
        _ => service.leftovers.is_empty() || input.found.simulation().is_some(),
    };
    plan.confirm = if tidies { Confirm::None } else { Confirm::Yes };
    Ok(plan)
}
