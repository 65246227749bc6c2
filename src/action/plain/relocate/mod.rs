//! A guest that no manager looks after, on another node: live by `virsh migrate` from libvirt to libvirt, with its memory through a file on storage that both
//! share, or by stop and start where both have its definition.
//!
//! virsh runs on the guest's node, as Pacemaker's agent runs it: what it needs to reach the other libvirt (root's key, a certificate) lies there, not with quorate.

mod against;
mod disks;
mod route;
mod steps;
mod words;

use std::sync::Arc;

use crate::action::handle;
use crate::action::inquiry::{Finding, Findings, PlaceOf, Query, What, libvirt_on, needed_cpu};
use crate::action::plan::{Input, Plan, Refusal, Undo, Way};
use crate::action::suspend;
use crate::action::whereabouts;
use crate::domain::cluster::{Cluster, Member, MemberStatus};
use crate::domain::guest::{Guest, GuestState as Seen};
use crate::domain::observation::simulation::{GuestDefinition, PrimitiveConfig};
use crate::domain::task::{Action, Limits, RelocateHow};

use super::{around, has_manager, up, verbs};
use route::Route;
pub(super) use route::like;

/// What the ways depend on.
struct Move<'a> {
    input: &'a Input<'a>,
    limits: Limits,
    /// As the action names it.
    id: &'a str,
    row: &'a Guest,
    /// All guests of that name.
    rows: &'a [&'a Guest],
    to: Arc<str>,
    guest: suspend::Guest,
    definition: Option<GuestDefinition>,
    like: Option<&'a PrimitiveConfig>,
    /// The address of the target's libvirt that answers the source.
    address: Option<String>,
}

/// The one that is moved: it is active, or there is but one.
fn moved<'a>(to: &str, rows: &[&'a Guest]) -> Result<&'a Guest, Vec<Refusal>> {
    let leaves = |g: &Guest| g.job.as_ref().is_some_and(|j| j.operation == "outgoing migration");
    if let Some(row) = rows.iter().find(|g| g.state.is_active() && (g.migrating || leaves(g))) {
        let why = format!("{} is on its way to another node", row.name);
        return Err(vec![Refusal::new("guest-state", why, "wait until its migration is over, or cancel it")]);
    }
    verbs::one(false, &|g| format!("quorate act relocate {}@{} --to {to}", g.name, g.node), rows)
}

fn kept(cluster: &Cluster, row: &Guest) -> Query {
    Query::new(&row.node, What::Kept(libvirt_on(cluster, &row.node), handle::of_guest(row)))
}

/// What is asked: how the guest is and where else it is, what the target has, and whether the source reaches the target's libvirt.
pub(super) fn needed(cluster: &Cluster, to: &str, rows: &[&Guest], found: &Findings) -> Vec<Query> {
    let able = |node: &str| cluster.member(node).is_some_and(whereabouts::is_within_reach);
    let mut asked: Vec<Query> = rows.iter().filter(|g| able(&g.node)).map(|g| super::state_of(g, cluster)).collect();
    let Ok(row) = moved(to, rows) else { return asked };
    let Some(target) = cluster.member(to).filter(|m| *m.name != *row.node && able(&m.name)).map(|m| &m.name) else { return asked };
    if !able(&row.node) || !row.state.is_active() {
        return asked;
    }
    asked.extend(around::queries(cluster, rows));
    asked.push(kept(cluster, row));
    let of = PlaceOf { name: handle::of_guest(row), config: String::new(), disks: disks::paths(row), bridges: disks::bridges(row) };
    for node in [&row.node, target] {
        asked.push(Query::new(node, What::Place(libvirt_on(cluster, node), Box::new(of.clone()))));
    }
    let like = like(cluster);
    asked.extend(like.clone());
    if let Some(Ok(Finding::Definition(definition))) = found.get(&kept(cluster, row))
        && let Some(cpu) = needed_cpu(definition, Some(&row.node), cluster)
    {
        asked.push(Query::new(target, What::Cpu(libvirt_on(cluster, target), cpu)));
    }
    if like.as_ref().is_none_or(|query| found.has(query)) {
        asked.push(route::reach(&row.node, &Route::new(cluster, found.any_guest(), target)));
    }
    asked
}

/// Why a member can be no guest's new place, as far as the picture tells.
pub(in crate::action) fn barred(cluster: &Cluster, member: &Member) -> Option<Refusal> {
    let name = &member.name;
    let refuse = |code: &'static str, why: String, lift: String| Some(Refusal::new(code, why, lift));
    let gone = matches!(member.status, MemberStatus::Offline | MemberStatus::Unclean | MemberStatus::Pending);
    if has_manager(cluster) && gone {
        return refuse("target-down", format!("{name} is {}", member.status.word()), "name another node".to_owned());
    }
    if !whereabouts::is_within_reach(member) {
        let why = format!("{name} cannot be reached: whether the guest can be there, and arrives, is seen there");
        return refuse("unreachable", why, "connect quorate to that node".to_owned());
    }
    if up(cluster, name).is_none() {
        return refuse("libvirt-silent", format!("no libvirt answers on {name}"), format!("bring libvirt up on {name}"));
    }
    None
}

/// The plan. `rows`: the guests of that name, one at least.
pub(super) fn plan<'a>(
    input: &'a Input<'a>,
    id: &'a str,
    to: &str,
    how: Option<RelocateHow>,
    limits: Limits,
    rows: &'a [&'a Guest],
) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let row = moved(to, rows)?;
    let Some(member) = cluster.member(to) else {
        return Err(vec![Refusal::new("unknown-target", format!("there is no member '{to}'"), "name a node with libvirt")]);
    };
    if *member.name == *row.node {
        return Err(vec![Refusal::new("already-there", format!("{} is on {to} already", row.name), "name another node")]);
    }
    let node = whereabouts::within_reach(cluster, &row.node)?;
    if up(cluster, &node).is_none() {
        return Err(vec![super::silent(&node)]);
    }
    let guest = super::target(row, node, input);
    against::running(&guest, row, id)?;
    if let Some(why) = barred(cluster, member) {
        return Err(vec![why]);
    }
    let like = input.found.any_guest();
    let mut it = Move {
        input,
        limits,
        id,
        row,
        rows,
        to: Arc::clone(&member.name),
        guest,
        definition: disks::definition(row, input.found.get(&kept(cluster, row))),
        like,
        address: None,
    };
    it.address = it.answering();
    it.made(how)
}

impl Move<'_> {
    fn route(&self) -> Route<'_> {
        Route::new(self.input.cluster, self.like, &self.to)
    }

    fn transient(&self) -> bool {
        self.row.definition.as_ref().and_then(|d| d.persistent) == Some(false)
    }

    /// The plan by this way, or by the gentlest that is open.
    fn made(&self, how: Option<RelocateHow>) -> Result<Plan, Vec<Refusal>> {
        let notices = around::alone(self.input, self.row, self.rows)?;
        let ways = RelocateHow::ALL.map(|how| (how, self.against(how)));
        // Only a live migration can be limited: nothing less gentle is done in its place. And nothing that stops the guest unless that was asked for.
        let chosen = if self.limits.is_none() { how } else { how.or(Some(RelocateHow::Live)) };
        let open = ways.iter().find(|(how, against)| against.is_empty() && *how != RelocateHow::Restart).map(|(how, _)| *how);
        let chosen = chosen.or(open).unwrap_or(RelocateHow::Live);
        let closed = |wanted: RelocateHow| ways.iter().find(|(how, _)| *how == wanted).map(|(_, against)| against.clone());
        let mut against = closed(chosen).unwrap_or_default();
        if !against.is_empty() {
            let open: Vec<&str> = ways.iter().filter(|(_, a)| a.is_empty()).map(|(how, _)| how.word()).collect();
            if !open.is_empty() {
                for refusal in &mut against {
                    refusal.lift = format!("{}; possible is: --how {}", refusal.lift, open.join(", --how "));
                }
            }
            return Err(against);
        }
        let mut plan = self.input.blank();
        let action = |service: String, to: &str, limits| Action::Relocate { service, to: to.to_owned(), how: Some(chosen), limits };
        plan.intent.action = action(self.id.to_owned(), &self.to, self.limits);
        // On the other side of a cluster without quorum the storage that both nodes share stands still.
        plan.needs.quorum = has_manager(self.input.cluster);
        plan.steps = self.steps(chosen);
        plan.proof = self.proof();
        plan.salvage = self.salvage(chosen);
        plan.consequences.fates.push(self.fate(chosen));
        plan.consequences.by = "what was asked for";
        plan.notices = self.notices(chosen);
        plan.notices.extend(notices);
        plan.undo = Undo::By(action(self.name_there(), &self.row.node, Limits::default()));
        plan.ways = ways.into_iter().map(|(how, a)| Way { how, closed: a.into_iter().map(|r| r.why).collect() }).collect();
        Ok(plan)
    }

    /// How it is named once it is there.
    fn name_there(&self) -> String {
        if self.id == self.row.name { self.id.to_owned() } else { format!("{}@{}", self.row.name, self.to) }
    }

    /// It is defined on the target, too, and off there.
    fn defined_there(&self) -> bool {
        self.input.cluster.guests.iter().any(|g| g.uuid == self.row.uuid && g.node == self.to && g.state == Seen::Shutoff)
    }
}
