//! A migration that is under way: limited, switched to post-copy, taken back.
//!
//! To the manager an aborted migration is a failed operation, which it answers with stop and start: so it is told to leave the guest alone first, and to forget
//! all that it has on record of it, on every node, before it looks after it again.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::cluster::{Cluster, Member, MemberStatus, Service, ServiceState};
use crate::domain::observation::simulation::{GuestJob, GuestState};
use crate::domain::task::{Limits, ServiceVerb};
use crate::link::CommandLine;

use super::commands::{meta, refresh, unmove, unset, virsh};
use super::condition::Condition;
use super::inquiry::{Query, What};
use super::plan::{Confirm, Input, Needs, Plan, Refusal, Step, Undo, When};
use super::suspend::{Guest, guest_of};
use super::whereabouts;

/// What libvirt takes for no limit (`QEMU_DOMAIN_MIG_BANDWIDTH_MAX`): more MiB a second than 64 bits of bytes hold.
pub(super) const UNLIMITED: u64 = 8_796_093_022_207;

/// A migration that ended meanwhile needs no limit any more.
const DOWNTIME: &str = "\
said=$(as_root virsh -c \"$1\" migrate-setmaxdowntime --domain \"$2\" --downtime \"$3\" 2>&1) && exit
case $said in *'failed to get domain'*|*'not running'*|*'not being migrated'*) echo 'the migration is over already'; exit 0 ;; esac
printf '%s\\n' \"$said\" >&2; exit 1";

/// A guest for libvirt, where it runs.
pub(super) struct Domain<'a> {
    pub node: &'a Arc<str>,
    pub uri: &'a str,
    /// What names it for virsh.
    pub handle: &'a str,
}

impl Domain<'_> {
    /// Limits how much of it is sent in a second.
    pub fn speed(&self, mib: u64) -> Step {
        let title = if mib == UNLIMITED {
            "Take the limit of its migration away".to_owned()
        } else {
            format!("Let its migration send {mib} MiB/s")
        };
        let command = virsh(self.uri, &["migrate-setspeed", "--domain", self.handle, "--bandwidth", &mib.to_string()]);
        Step::change(title, self.node, command, 60)
    }

    /// Allows it to stand still so long at the end.
    pub fn downtime(&self, ms: u64) -> Step {
        let command = CommandLine::script(DOWNTIME, [self.uri, self.handle, &ms.to_string()]).privileged();
        Step::change(format!("Let it stand still for {ms} ms at the end"), self.node, command, 60)
    }
}

/// The guest whose migration is under way.
fn moving(input: &Input<'_>, verb: &str, service: &Service) -> Result<Guest, Vec<Refusal>> {
    whereabouts::guest_only(service, &format!("be the target of '{verb}'"))?;
    let by_libvirt = input.found.job().is_some_and(GuestJob::is_moving);
    if service.state != ServiceState::Migrating && !by_libvirt {
        if let Some((node, trouble)) = input.found.no_job() {
            return Err(vec![not_told("it migrates", &service.id, &format!("{node}: {trouble}"))]);
        }
        let why = format!("{} is {}, not migrating", service.id, service.state.word());
        return Err(vec![Refusal::new("not-migrating", why, "nothing to do")]);
    }
    guest_of(input, service)
}

/// The plan for limits.
pub(super) fn limit(input: &Input<'_>, id: &str, limits: Limits) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    let guest = moving(input, "limit", service)?;
    Ok(limited(input, &guest, limits))
}

/// The plan for limits on the migration of this guest, whoever looks after it.
pub(super) fn limited(input: &Input<'_>, guest: &Guest, limits: Limits) -> Plan {
    let domain = Domain { node: &guest.node, uri: &guest.uri, handle: &guest.handle };
    let mut plan = input.blank();
    plan.steps.extend(limits.bandwidth_mib.map(|mib| domain.speed(mib)));
    plan.steps.extend(limits.downtime_ms.map(|ms| domain.downtime(ms)));
    let query = Query::new(&guest.node, What::Limits(guest.uri.clone(), guest.handle.clone()));
    plan.proof = vec![Condition::Allows(query, limits)];
    plan.undo = Undo::Never("it counts for this migration: limit it anew".to_owned());
    plan.confirm = Confirm::None;
    plan.needs = Needs { fresh: Duration::from_secs(60), at_rest: false, ..plan.needs };
    if let Some(verdict) = input.found.job().and_then(verdict) {
        plan.notices.push(verdict);
    }
    plan
}

/// The option of virsh(1) without which a migration cannot be switched.
pub(super) const PREPARED: &str = "--postcopy";

/// The plan for post-copy.
pub(super) fn post_copy(input: &Input<'_>, id: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    let guest = moving(input, ServiceVerb::PostCopy.word(), service)?;
    let options = input.found.primitive(id).and_then(|c| c.attribute("migrate_options")).unwrap_or_default();
    if !options.split_whitespace().any(|word| word == PREPARED) {
        let why = format!("the migration of {id} was begun without {PREPARED}: it cannot be switched");
        let lift =
            format!("before its next migration: crm_resource --resource {id} --set-parameter migrate_options --parameter-value={PREPARED}");
        return Err(vec![Refusal::new("not-prepared", why, lift)]);
    }
    let secs = input.found.primitive(id).and_then(|c| c.timeout("migrate_to")).unwrap_or(300) + 60;
    let left = Condition::Left(id.to_owned(), Arc::clone(&guest.node));
    let mut plan = switched(input, id, &guest, left.clone(), secs);
    plan.proof = vec![left, Condition::Runs(id.to_owned())];
    Ok(plan)
}

/// The plan for post-copy of this guest, whoever looks after it; its proof is the caller's. `left`: it is no longer where it was.
pub(super) fn switched(input: &Input<'_>, id: &str, guest: &Guest, left: Condition, secs: u64) -> Plan {
    let mut plan = input.blank();
    let command = virsh(&guest.uri, &["migrate-postcopy", "--domain", &guest.handle]);
    let mut wait = Step::wait(format!("{id} has left {}", guest.node), left, secs);
    wait = wait.metered(Query::new(&guest.node, What::Job(guest.uri.clone(), guest.handle.clone())));
    plan.steps = vec![Step::change("Let it run on the target, and copy after it what it lacks", &guest.node, command, 60), wait];
    plan.undo = Undo::Never("from then on its memory is on both nodes: there is no way back".to_owned());
    plan.consequences.lost.push(format!("until it is over {id} dies if either node fails, or the network between them"));
    plan.notices.push("a page that it lacks is fetched when it needs it: it is slow meanwhile".to_owned());
    plan.needs = Needs { at_rest: false, ..plan.needs };
    plan
}

/// What a migration that does not come nearer is said to be, and what can be done.
pub(super) fn verdict(job: &GuestJob) -> Option<String> {
    let (dirty, speed) = (job.dirty_rate?, job.bandwidth?);
    let rate = |bytes: u64| if bytes < 10 << 20 { format!("{} KiB/s", bytes >> 10) } else { format!("{} MiB/s", bytes >> 20) };
    (job.converges() == Some(false)).then(|| {
        format!(
            "will not converge: the guest changes {} while {} are sent; raise the downtime or the bandwidth (limit), slow the guest down, switch to post-copy, or cancel",
            rate(dirty),
            rate(speed)
        )
    })
}

/// That libvirt does not tell what matters here.
pub(super) fn not_told(what: &str, id: &str, trouble: &str) -> Refusal {
    Refusal::new("unknown-state", format!("{id}: whether {what} is not known: {trouble}"), "libvirt there must answer (virsh domjobinfo)")
}

/// That its memory is in one place.
pub(super) fn not_on_both(input: &Input<'_>, id: &str, guest: &Guest) -> Result<(), Vec<Refusal>> {
    // Requests are counted only once the target has missed a page; the state changes at once.
    let by_state = matches!(&guest.state, GuestState::Is(_, Some(reason)) if reason.starts_with("post-copy"));
    if by_state || input.found.jobs().any(|job| job.postcopy_requests.is_some_and(|n| n > 0)) {
        let why = format!("{id} was switched to post-copy: its memory is on both nodes, and aborting it would kill it");
        return Err(vec![Refusal::new("post-copy", why, "wait until it is over")]);
    }
    if input.found.job().is_none() {
        let trouble =
            input.found.no_job().map_or_else(|| "nobody could be asked".to_owned(), |(node, trouble)| format!("{node}: {trouble}"));
        return Err(vec![not_told("it was switched to post-copy", id, &trouble)]);
    }
    Ok(())
}

/// Ends the migration where it began.
pub(super) fn abort(guest: &Guest) -> Step {
    let command = virsh(&guest.uri, &["domjobabort", "--domain", &guest.handle]);
    Step::change(format!("Abort the migration on {}", guest.node), &guest.node, command, 60)
}

/// What is said of every migration that is taken back.
pub(super) const TOO_LATE: &str = "if the migration ends before it is aborted, the guest stays where it went";

/// The plan for taking it back.
pub(super) fn cancel(input: &Input<'_>, id: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    let guest = moving(input, ServiceVerb::Cancel.word(), service)?;
    not_on_both(input, id, &guest)?;
    let post = whereabouts::post_or_refuse(input.cluster, None)?;
    // What sent it is a preference, wherever to, or a ban where it is; and it stands on what the manager moves: the group, if it is in one.
    let sent = unmove(&whereabouts::outermost(input.cluster, service).id, &guest.node);
    let mut plan = input.blank();
    plan.steps = vec![
        Step::change("Tell the manager to leave it alone", &post, meta(id, "is-managed", "false"), 60),
        abort(&guest),
        Step::change("Take the constraint away that sent it", &post, sent, 60).when(When::Always),
        Step::wait("The manager has seen its end", Condition::AtRest(id.to_owned()), 60).when(When::Settled),
    ];
    plan.steps.extend(seen_anew(input.cluster, id, &guest.node, &post));
    if service.flags.contains(&"unmanaged") {
        // Somebody has frozen it before: so it stays.
        plan.steps.remove(0);
    } else {
        let back = unset(id, "is-managed");
        plan.steps.push(Step::change("Let the manager look after it again", &post, back, 60).when(When::Settled));
    }
    plan.steps.push(Step::wait(format!("{id} runs on {}", guest.node), Condition::RunsOn(id.to_owned(), guest.node.clone()), 120));
    plan.proof = vec![Condition::RunsOn(id.to_owned(), guest.node.clone()), Condition::Clean(id.to_owned()), guest.is(Some("running"))];
    plan.undo = Undo::Never("relocate it anew".to_owned());
    plan.notices.push(format!(
        "to the manager an aborted migration is a failure, which it answers with stop and start: it leaves {id} alone until it has looked where {id} runs, \
         and longer if it cannot (then, once it sees {id} on one node alone: quorate act unfreeze {id})"
    ));
    plan.notices.push(TOO_LATE.to_owned());
    plan.needs = Needs { at_rest: false, ..plan.needs };
    Ok(plan)
}

/// The manager forgets all that it has on record of the guest, and looks for it on every node.
///
/// A record of the migration that is left on any node (the target's, too, where the manager may have looked for it in vain) makes the guest active on two nodes
/// for the manager, which then stops it on both and starts it. So it is taken over only after the records are seen to be clean.
fn seen_anew(cluster: &Cluster, id: &str, node: &Arc<str>, post: &Arc<str>) -> Vec<Step> {
    let there = |m: &&Member| !matches!(m.status, MemberStatus::Offline | MemberStatus::Unclean | MemberStatus::Pending);
    // The source first: as long as the migration's failure stands there, the manager looks for the guest on the target again and again.
    let others = cluster.members.iter().filter(there).map(|m| &m.name).filter(|name| *name != node);
    let mut steps: Vec<Step> = std::iter::once(node).chain(others).map(|on| refresh(id, on, post).when(When::Settled)).collect();
    let clean = Condition::All(vec![Condition::Runs(id.to_owned()), Condition::Clean(id.to_owned())]);
    steps.push(Step::wait("The manager has it started, and no failure on record", clean, 120).when(When::Settled));
    steps
}
