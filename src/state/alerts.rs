//! What is wrong now: the contract's table of alerts.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::alert::{Alert, AlertCode};
use crate::domain::cluster::{BondStatus, Cluster, Member, MemberStatus, Service, ServiceKind, ServiceState, Stack, Volume};
use crate::domain::event::Severity;
use crate::domain::guest::Guest;
use crate::domain::node::Reach;
use crate::domain::observation::manager::{FenceRecord, FenceStatus};
use crate::domain::observation::vmware::VmwareState;
use crate::domain::stamp::Stamp;

use super::guests::{differing, twice};
use super::identity::Nodes;

/// Percent from which a filesystem or a thin pool is worth a warning.
pub(super) const NEARLY_FULL: f64 = 90.0;
/// Percent from which it is critical.
pub(super) const FULL: f64 = 98.0;
/// A clock that is off by more than this, microseconds, beyond what the measurement may err.
const SKEW: i64 = 1_000_000;
/// Read-only by nature: always full.
const IMAGES: [&str; 6] = ["iso9660", "squashfs", "udf", "erofs", "cramfs", "romfs"];

/// What alerts need beside the picture.
pub(super) struct Facts<'a> {
    /// Subject of what concerns the whole cluster.
    pub(super) subject: &'a str,
    pub(super) nodes: &'a Nodes,
    pub(super) now: Stamp,
}

/// All alerts, worst first, then by code and subject. `known`: those of the picture before, for their age.
pub(super) fn derive(picture: &Cluster, facts: &Facts<'_>, known: &[Alert]) -> Vec<Alert> {
    let mut alerts = Alerts { found: Vec::new(), now: facts.now };
    cluster(&mut alerts, picture, facts);
    members(&mut alerts, picture);
    services(&mut alerts, picture);
    let gone: HashSet<&str> = picture.members.iter().filter(|m| matches!(m.reach, Reach::Down { .. })).map(|m| &*m.name).collect();
    storage(&mut alerts, picture, &gone);
    bonds(&mut alerts, picture, &gone);
    fences(&mut alerts, picture);
    guests(&mut alerts, picture);
    for (severity, code, subject, text) in super::rhcs::alerts(picture, facts.subject) {
        alerts.add(severity, code, subject, text);
    }
    let mut found = alerts.found;
    let since: HashMap<(AlertCode, &str), Stamp> = known.iter().map(|a| ((a.code, a.subject.as_str()), a.since)).collect();
    for alert in &mut found {
        alert.since = since.get(&(alert.code, alert.subject.as_str())).copied().unwrap_or(facts.now);
    }
    found.sort_by(|a, b| (b.severity, a.code.word(), &a.subject).cmp(&(a.severity, b.code.word(), &b.subject)));
    found.dedup_by(|a, b| a.code == b.code && a.subject == b.subject);
    found
}

struct Alerts {
    found: Vec<Alert>,
    now: Stamp,
}

impl Alerts {
    fn add(&mut self, severity: Severity, code: AlertCode, subject: impl Into<String>, text: String) {
        self.found.push(Alert { severity, code, subject: subject.into(), text, since: self.now });
    }
}

fn cluster(alerts: &mut Alerts, picture: &Cluster, facts: &Facts<'_>) {
    let quorum = &picture.quorum;
    let votes = match (quorum.total, quorum.needed) {
        (Some(total), Some(needed)) => format!(": {total} votes, {needed} needed"),
        _ => String::new(),
    };
    match (quorum.quorate, quorum.answered) {
        (Some(false), _) => alerts.add(Severity::Critical, AlertCode::NoQuorum, facts.subject, format!("there is no quorum{votes}")),
        (None, true) => {
            let claims = quorum.partitions.iter().filter(|p| p.quorate == Some(true));
            let sides: Vec<String> = claims.map(|p| p.members.join(" ")).collect();
            let text = format!("partitions without a common member claim quorum at the same time: {}", sides.join(" | "));
            alerts.add(Severity::Critical, AlertCode::ViewsDisagree, facts.subject, text);
        }
        (Some(true), _) if quorum.can_lose == Some(0) => {
            let text = format!("no member may be lost without losing quorum{votes}");
            alerts.add(Severity::Warning, AlertCode::QuorumMarginZero, facts.subject, text);
        }
        _ => {}
    }
    if picture.options.fencing_enabled == Some(false) {
        let text = "fencing is disabled: a member that does not answer is taken for stopped".to_owned();
        alerts.add(Severity::Warning, AlertCode::FencingDisabled, facts.subject, text);
    }
    if picture.options.maintenance_mode == Some(true) {
        let text = "the cluster is in maintenance mode: nothing is watched or recovered".to_owned();
        alerts.add(Severity::Warning, AlertCode::MaintenanceOn, facts.subject, text);
    }
    config(alerts, facts);
}

/// Members whose corosync runs with another node list than that of the others.
fn config(alerts: &mut Alerts, facts: &Facts<'_>) {
    let told: Vec<_> = facts
        .nodes
        .values()
        .filter(|n| n.is_live())
        .filter_map(|n| n.answers.cmap.get().filter(|c| !c.nodes.is_empty()).map(|c| (n.nodelist_print, &c.cluster_name)))
        .collect();
    let lists: BTreeSet<_> = told.iter().map(|(print, _)| *print).collect();
    let names: BTreeSet<_> = told.iter().filter_map(|(_, name)| name.as_deref()).collect();
    if names.len() > 1 {
        let names: Vec<&str> = names.into_iter().collect();
        let text = format!("nodes name different clusters: {}", names.join(", "));
        alerts.add(Severity::Warning, AlertCode::ConfigDiffers, facts.subject, text);
    } else if lists.len() > 1 {
        let text = format!("corosync runs with {} different node lists: its configuration differs between nodes", lists.len());
        alerts.add(Severity::Warning, AlertCode::ConfigDiffers, facts.subject, text);
    }
}

fn members(alerts: &mut Alerts, picture: &Cluster) {
    let partitions = &picture.quorum.partitions;
    let ring: HashSet<&str> = partitions.iter().flat_map(|p| &p.members).map(|m| &**m).collect();
    for member in &picture.members {
        // Where corosync has left as well, the member is offline, and that is said.
        let in_ring = partitions.is_empty() || ring.contains(&*member.name);
        member_alerts(alerts, member, in_ring);
    }
}

fn member_alerts(alerts: &mut Alerts, member: &Member, in_ring: bool) {
    let name = &*member.name;
    match member.status {
        // A member that is not allowed is told of with its own words.
        MemberStatus::Unclean if member.rhcs.as_ref().is_some_and(|r| r.disallowed) => {}
        MemberStatus::Unclean => {
            let text = format!("{name} is lost and not yet fenced: what ran there is not recovered until it is");
            alerts.add(Severity::Critical, AlertCode::MemberUnclean, name, text);
        }
        MemberStatus::Offline => alerts.add(Severity::Warning, AlertCode::MemberOffline, name, format!("{name} is offline")),
        MemberStatus::Maintenance => {
            let text = format!("{name} is in maintenance: nothing there is watched or recovered");
            alerts.add(Severity::Warning, AlertCode::MaintenanceOn, name, text);
        }
        _ => {}
    }
    if let Reach::Down { trouble, .. } = &member.reach {
        alerts.add(Severity::Warning, AlertCode::MemberUnreachable, name, format!("{name} does not answer quorate: {trouble}"));
    }
    if member.manager == Some(false) && in_ring {
        let text = format!("the manager does not run on {name}, which is a member of the ring");
        alerts.add(Severity::Warning, AlertCode::ManagerDown, name, text);
    }
    if let Some((offset, error)) = member.clock_offset.filter(|_| member.reach.is_up())
        && offset.abs().saturating_sub(error) > SKEW
    {
        let way = if offset > 0 { "ahead" } else { "behind" };
        let text = format!("the clock of {name} is {} s {way}", tenths(offset.unsigned_abs()));
        alerts.add(Severity::Warning, AlertCode::ClockSkew, name, text);
    }
}

/// Microseconds as seconds with one decimal.
fn tenths(micros: u64) -> String {
    let tenths = micros / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn services(alerts: &mut Alerts, picture: &Cluster) {
    let all_stopped = picture.options.stop_all_resources == Some(true);
    for service in &picture.services {
        service_state(alerts, service, all_stopped);
    }
    leftovers(alerts, picture);
}

fn service_state(alerts: &mut Alerts, service: &Service, all_stopped: bool) {
    if service.state == ServiceState::Disabled {
        return;
    }
    let why = service.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
    if service.state == ServiceState::Failed || service.failed_operation {
        let (severity, text) = if service.owners.is_empty() {
            (Severity::Critical, format!("{} failed and runs nowhere{why}", service.id))
        } else {
            let on = service.owners.join(", ");
            (Severity::Warning, format!("{} failed, and is {} on {on}{why}", service.id, service.state.word()))
        };
        alerts.add(severity, AlertCode::ServiceFailed, &service.id, text);
        return;
    }
    let idle = service.state == ServiceState::Stopped || (service.state == ServiceState::Blocked && service.owners.is_empty());
    if idle && !all_stopped && !service.without_ticket && !service.flags.contains(&"orphaned") {
        let severity = if service.kind == ServiceKind::Stonith { Severity::Warning } else { Severity::Critical };
        alerts.add(severity, AlertCode::ServiceStopped, &service.id, format!("{} should run and does not{why}", service.id));
    }
}

/// One alert a service, also for constraints on what is no service any more.
fn leftovers(alerts: &mut Alerts, picture: &Cluster) {
    use crate::domain::observation::manager::Constraint;
    for service in picture.services.iter().filter(|s| !s.leftovers.is_empty()) {
        leftover(alerts, &service.id, &service.leftovers);
    }
    let mut orphans: HashMap<&str, Vec<String>> = HashMap::new();
    for constraint in &picture.constraints {
        if let Constraint::Location { id, resource, .. } = constraint
            && id.starts_with("cli-")
            && picture.services.binary_search_by(|s| s.id.as_str().cmp(resource)).is_err()
        {
            orphans.entry(resource).or_default().push(id.clone());
        }
    }
    for (resource, mut ids) in orphans {
        ids.sort();
        ids.dedup();
        leftover(alerts, resource, &ids);
    }
}

fn leftover(alerts: &mut Alerts, subject: &str, ids: &[String]) {
    let text = format!("an earlier command left {} on {subject}", ids.join(", "));
    alerts.add(Severity::Notice, AlertCode::LeftoverConstraint, subject, text);
}

/// How full a thin pool is: data or metadata, whichever is fuller.
pub(super) fn fill(volume: &Volume) -> Option<f64> {
    match (volume.data_percent, volume.metadata_percent) {
        (Some(data), Some(metadata)) => Some(data.max(metadata)),
        (data, metadata) => data.or(metadata),
    }
}

fn fullness(percent: f64) -> Option<Severity> {
    match percent {
        p if p >= FULL => Some(Severity::Critical),
        p if p >= NEARLY_FULL => Some(Severity::Warning),
        _ => None,
    }
}

fn storage(alerts: &mut Alerts, picture: &Cluster, gone: &HashSet<&str>) {
    for fs in picture.filesystems.iter().filter(|f| !gone.contains(&*f.node) && !IMAGES.contains(&f.kind.as_str())) {
        if let Some((severity, percent)) = fs.percent().and_then(|p| Some((fullness(p)?, p))) {
            let text = format!("{} on {} is {} % full", fs.mount, fs.node, percent.floor());
            alerts.add(severity, AlertCode::VolumeFull, format!("{}:{}", fs.node, fs.mount), text);
        }
    }
    let mut pools: Vec<(&Volume, f64)> = picture.volumes.iter().filter(|v| v.is_thin_pool).filter_map(|v| Some((v, fill(v)?))).collect();
    // Each node may have a pool of its own by the same name, and with it the same subject: the fullest is the one that is told.
    pools.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (pool, percent) in pools {
        let Some(severity) = fullness(percent) else { break };
        let what = if pool.metadata_percent == Some(percent) { "metadata" } else { "data" };
        let on = pool.sole_node().map(|node| format!(" on {node}")).unwrap_or_default();
        let text = format!("the {what} of thin pool {}/{}{on} is {} % full", pool.vg, pool.lv, percent.floor());
        alerts.add(severity, AlertCode::ThinPoolFull, format!("{}/{}", pool.vg, pool.lv), text);
    }
    for map in picture.maps.iter().filter(|m| !gone.contains(&*m.node) && m.is_short()) {
        let had = if map.most > map.total { format!(", and had {}", map.most) } else { String::new() };
        let has = if map.total == 0 { "no path left".to_owned() } else { format!("{} of {} paths", map.active, map.total) };
        let text = format!("{} on {} has {has}{had}", map.map.name, map.node);
        alerts.add(Severity::Warning, AlertCode::PathLost, format!("{}:{}", map.node, map.map.name), text);
    }
}

fn bonds(alerts: &mut Alerts, picture: &Cluster, gone: &HashSet<&str>) {
    for bond in picture.bonds.iter().filter(|b| !gone.contains(&*b.node)) {
        let subject = format!("{}:{}", bond.node, bond.name);
        let down: Vec<&str> = bond.ports.iter().filter(|p| !p.up).map(|p| p.name.as_str()).collect();
        match bond.status {
            BondStatus::Down => {
                let text = format!("{} on {} has no port that is up", bond.name, bond.node);
                alerts.add(Severity::Critical, AlertCode::BondDown, subject.clone(), text);
            }
            BondStatus::Degraded => {
                let text = format!("{} on {}: {} down", bond.name, bond.node, down.join(", "));
                alerts.add(Severity::Warning, AlertCode::BondDegraded, subject.clone(), text);
            }
            BondStatus::Up => {}
        }
        if bond.ports.len() == 1 {
            let text = format!("{} on {} has a single port: no redundancy", bond.name, bond.node);
            alerts.add(Severity::Notice, AlertCode::SinglePortBond, subject, text);
        }
    }
}

/// A failed fencing after which none of the same target succeeded.
fn fences(alerts: &mut Alerts, picture: &Cluster) {
    // Unfencing (`on`) and fencing prove nothing for each other.
    let side = |f: &FenceRecord| f.action == "on";
    for (place, failed) in picture.fences.iter().enumerate().filter(|(_, f)| f.status == FenceStatus::Failed) {
        let newer = picture.fences.iter().take(place);
        let same = |f: &&FenceRecord| f.target == failed.target && side(f) == side(failed);
        let mut settled = newer.filter(same).filter(|f| f.status != FenceStatus::Pending);
        if settled.next().is_some() {
            continue;
        }
        let status = picture.member(&failed.target).map(|m| m.status);
        let open = status == Some(MemberStatus::Unclean);
        let severity = if open { Severity::Critical } else { Severity::Warning };
        let why = failed.reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
        let rest = if open { ", and it is not yet fenced: what ran there waits" } else { "" };
        let text = format!("fencing of {} ({}) failed{why}{rest}", failed.target, failed.action);
        alerts.add(severity, AlertCode::FenceFailed, failed.target.clone(), text);
    }
}

/// What no manager checks.
fn guests(alerts: &mut Alerts, picture: &Cluster) {
    let off = picture.members.iter().filter(|m| m.status == MemberStatus::Offline);
    let off: HashMap<&str, &Reach> = off.map(|m| (&*m.name, &m.reach)).collect();
    // What was on a node that the cluster knows to be off, and that has said nothing since, is gone. On one that is merely not reached it may run on.
    let is_gone = |g: &Guest| match off.get(&*g.node) {
        Some(Reach::Up { since, .. }) => g.at < *since,
        Some(Reach::Down { .. }) => true,
        Some(Reach::Untried | Reach::Connecting { .. }) | None => false,
    };
    let present: Vec<&Guest> = picture.guests.iter().filter(|g| !is_gone(g)).collect();
    for found in twice(&present, &|guest, path| picture.shared_disk(&guest.node, path)) {
        alerts.add(Severity::Critical, AlertCode::GuestTwice, found.service.unwrap_or(found.name), found.text);
    }
    for service in &picture.services {
        if let Some(drift) = &service.drift {
            alerts.add(Severity::Warning, AlertCode::GuestDrift, service.id.clone(), format!("{}: {drift}", service.id));
        }
    }
    for guest in &picture.guests {
        vmware(alerts, guest);
    }
    for (name, text) in differing(&picture.guests) {
        let service = picture.guests.iter().find(|g| g.name == name).and_then(|g| g.managed_by.clone());
        alerts.add(Severity::Warning, AlertCode::ConfigDiffers, service.unwrap_or(name), text);
    }
    // Where nothing manages, nothing is unmanaged.
    if !matches!(picture.stack, Some(Stack::Pacemaker | Stack::Rhcs)) || picture.manager_sight.is_none() {
        return;
    }
    for guest in present.iter().filter(|g| g.managed_by.is_none() && g.state.is_active()) {
        let text = format!(
            "{} is {} on {}, and no service of the cluster manages it: nobody restarts or moves it",
            guest.name,
            guest.word(),
            guest.node
        );
        alerts.add(Severity::Notice, AlertCode::GuestUnmanaged, guest.name.clone(), text);
    }
}

/// What VMware alone tells of a guest: that it waits for an answer, or that nothing in it moves.
fn vmware(alerts: &mut Alerts, guest: &Guest) {
    let Some(facts) = guest.vmware.as_ref().filter(|_| !guest.stale) else { return };
    let subject = guest.managed_by.clone().unwrap_or_else(|| guest.name.clone());
    if facts.state == VmwareState::Stuck {
        let what = facts.question.as_ref().map_or_else(String::new, |q| format!(": {} ({})", q.gist(), q.answers()));
        let text = format!("{} on {} stands still until a question is answered{what}", guest.name, guest.node);
        alerts.add(Severity::Warning, AlertCode::GuestQuestion, subject, text);
    } else if facts.still_since.is_some() {
        let text = format!("{} on {} is on, and its heartbeat has stopped: it hangs, or VMware's Tools in it do", guest.name, guest.node);
        alerts.add(Severity::Notice, AlertCode::GuestSilent, subject, text);
    }
}
