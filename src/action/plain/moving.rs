//! The migration of such a guest that is under way: limited, switched to post-copy, taken back. Who began it does not matter.

use crate::action::condition::Condition;
use crate::action::handle;
use crate::action::inquiry::{Finding, Query, What, libvirt_on};
use crate::action::migration::{self, PREPARED, TOO_LATE};
use crate::action::plan::{Input, Needs, Plan, Refusal, Undo};
use crate::action::suspend;
use crate::action::whereabouts;
use crate::domain::cluster::Cluster;
use crate::domain::guest::{Guest, Hypervisor};
use crate::domain::task::{Action, ServiceVerb};

use super::{has_manager, relocate, up};

/// Seconds for what is left to be fetched.
const FETCH: u64 = 3600;

fn job(cluster: &Cluster, row: &Guest) -> Query {
    Query::new(&row.node, What::Job(libvirt_on(cluster, &row.node), handle::of_guest(row)))
}

/// What is asked: its job wherever it is active, and its state there.
pub(super) fn needed(action: &Action, cluster: &Cluster, rows: &[&Guest]) -> Vec<Query> {
    let able = |node: &str| cluster.member(node).is_some_and(whereabouts::is_within_reach);
    let active = rows.iter().filter(|g| g.state.is_active() && able(&g.node));
    let mut asked: Vec<Query> = active.flat_map(|g| [super::state_of(g, cluster), job(cluster, g)]).collect();
    if matches!(action, Action::Service(ServiceVerb::PostCopy, _)) {
        asked.extend(relocate::like(cluster));
    }
    asked
}

/// The half of it that is sent away.
fn source<'a>(input: &Input<'_>, rows: &[&'a Guest]) -> Result<&'a Guest, Vec<Refusal>> {
    let Some(first) = rows.first() else { return Err(Vec::new()) };
    let moves = |g: &Guest| {
        let said = input.found.get(&job(input.cluster, g));
        let away = g.job.as_ref().is_none_or(|j| matches!(j.operation, "outgoing migration" | "job"));
        away && matches!(said, Some(Ok(Finding::Job(is))) if is.is_moving())
    };
    if let Some(row) = rows.iter().copied().find(|g| g.state.is_active() && moves(g)) {
        return Ok(row);
    }
    if let Some((node, trouble)) = input.found.no_job() {
        return Err(vec![migration::not_told("it migrates", &first.name, &format!("{node}: {trouble}"))]);
    }
    let is: Vec<String> = rows.iter().map(|g| format!("{} on {}", g.state.word(), g.node)).collect();
    let why = format!("{} is {}, and not migrating", first.name, is.join(", "));
    Err(vec![Refusal::new("not-migrating", why, "nothing to do")])
}

/// The plan. `rows`: the guests of that name, one at least.
pub(super) fn plan(input: &Input<'_>, id: &str, rows: &[&Guest]) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let row = source(input, rows)?;
    let node = whereabouts::within_reach(cluster, &row.node)?;
    if up(cluster, &node).is_none() {
        return Err(vec![super::silent(&node)]);
    }
    let guest = super::target(row, node, input);
    let mut plan = match &input.intent.action {
        Action::Limit { limits, .. } => migration::limited(input, &guest, *limits),
        Action::Service(ServiceVerb::PostCopy, _) => post_copy(input, id, row, &guest)?,
        _ => cancel(input, id, row, &guest)?,
    };
    plan.needs = Needs { at_rest: false, quorum: plan.needs.quorum && has_manager(cluster), ..plan.needs };
    Ok(plan)
}

/// Whether it was begun so that it can be switched only its beginner knows: quorate begins it with the options of the cluster's services.
fn post_copy(input: &Input<'_>, id: &str, row: &Guest, guest: &suspend::Guest) -> Result<Plan, Vec<Refusal>> {
    let options = input.found.any_guest().and_then(|c| c.attribute("migrate_options")).unwrap_or_default();
    if !options.split_whitespace().any(|word| word == PREPARED) {
        let why = format!("guests are not migrated with {PREPARED} here: the migration of {} cannot be switched", row.name);
        let lift = match input.found.any_guest() {
            Some(like) => format!("before its next migration: {PREPARED} in migrate_options of {}, whose options it takes", like.id),
            None => format!("begin it by hand: virsh migrate --live {PREPARED}"),
        };
        return Err(vec![Refusal::new("not-prepared", why, lift)]);
    }
    let left = guest.is(None);
    let mut plan = migration::switched(input, id, guest, left.clone(), FETCH);
    plan.proof = std::iter::once(left).chain(elsewhere(input.cluster, row, Some("running"))).collect();
    Ok(plan)
}

fn cancel(input: &Input<'_>, id: &str, row: &Guest, guest: &suspend::Guest) -> Result<Plan, Vec<Refusal>> {
    migration::not_on_both(input, id, guest)?;
    let mut plan = input.blank();
    plan.steps = vec![migration::abort(guest)];
    let runs = guest.is(Some("running"));
    plan.proof = std::iter::once(runs).chain(elsewhere(input.cluster, row, None)).collect();
    plan.undo = Undo::Never("relocate it anew".to_owned());
    plan.notices.push(TOO_LATE.to_owned());
    // It stays where it is: nothing starts anywhere by it.
    plan.needs.quorum = false;
    Ok(plan)
}

/// How the other nodes have it: off or unknown on all of them, or running on one.
fn elsewhere(cluster: &Cluster, row: &Guest, state: Option<&'static str>) -> Option<Condition> {
    let able = |node: &str| cluster.member(node).is_some_and(whereabouts::is_within_reach);
    let libvirts = cluster.virt.iter().filter(|v| v.hypervisor == Hypervisor::Libvirt && v.up && v.node != row.node && able(&v.node));
    let all: Vec<Condition> = libvirts
        .map(|v| {
            let query = Query::new(&v.node, What::State(libvirt_on(cluster, &v.node), row.uuid.clone()));
            Condition::Guest { query, guest: row.name.clone(), state }
        })
        .collect();
    if all.is_empty() {
        return None;
    }
    Some(if state.is_none() { Condition::All(all) } else { Condition::Any(all) })
}
