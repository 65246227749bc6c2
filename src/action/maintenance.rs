//! The cluster's maintenance mode.

use crate::domain::task::Action;
use crate::link::CommandLine;

use super::condition::Condition;
use super::plan::{Confirm, Fate, FateKind, Input, Plan, Refusal, Step, Undo};
use super::{astray, whereabouts};

/// The plan.
pub(super) fn plan(input: &Input<'_>, on: bool) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    if cluster.options.maintenance_mode.unwrap_or(false) == on {
        let why = format!("maintenance mode is {} already", if on { "on" } else { "off" });
        return Err(vec![Refusal::new("already", why, "nothing to do")]);
    }
    astray::none(input)?;
    let post = whereabouts::post_or_refuse(cluster, None)?;
    let mut plan = input.blank();
    let base = ["--type", "crm_config", "--name", "maintenance-mode"];
    let rest: &[&str] = if on { &["--update", "true"] } else { &["--delete"] };
    let command = CommandLine::new("crm_attribute", base.iter().chain(rest).copied()).privileged();
    plan.steps = vec![Step::change(format!("Switch maintenance mode {}", if on { "on" } else { "off" }), &post, command, 60)];
    plan.proof = vec![Condition::Maintenance(on)];
    plan.undo = Undo::By(Action::Maintenance { on: !on });
    plan.consequences.by = "what runs now";
    if on {
        let running = cluster.services.iter().filter(|s| !s.owners.is_empty() && s.parent.is_none());
        plan.consequences.fates = running
            .map(|s| Fate {
                service: s.id.clone(),
                guest: s.kind == crate::domain::cluster::ServiceKind::Vm,
                kind: FateKind::Unwatched,
                from: s.owner.clone(),
                to: None,
                why: None,
            })
            .collect();
        plan.notices.push("while it is on nothing is monitored, restarted or moved, whatever fails".to_owned());
        plan.confirm = Confirm::TypeName;
    } else {
        let down: Vec<&str> = cluster.services.iter().filter(|s| s.failed_operation).map(|s| s.id.as_str()).collect();
        if !down.is_empty() {
            plan.notices.push(format!("the manager acts at once on what it finds failed: {}", down.join(", ")));
        }
    }
    Ok(plan)
}
