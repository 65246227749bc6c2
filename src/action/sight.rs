//! What the picture must hold before an action can be looked into, and who keeps it from doing so.

use std::sync::Arc;

use crate::domain::cluster::{Cluster, Member, MemberStatus, VolumeGroup};
use crate::domain::node::Reach;
use crate::domain::observation::manager::NodeKind;
use crate::domain::observation::{Question, Trouble, TroubleKind};
use crate::domain::task::{Action, VolumeName};

use super::plan::Refusal;
use super::{grow, named};

/// What every action rests on, beside the manager's view and libvirt's.
const EVERY: [Question; 5] = [Question::Quorum, Question::Cman, Question::Groups, Question::ClusterConf, Question::Vmware];

/// Questions about storage that the action rests on. A node that is slow to answer them is waited for.
pub const fn storage(action: &Action) -> &'static [Question] {
    match action {
        Action::Grow { .. } => &[Question::Lvs, Question::Vgs, Question::DeviceMapper, Question::Filesystems],
        Action::Evacuate { .. } => &[Question::Lvs, Question::Vgs, Question::Pvs],
        _ => &[],
    }
}

/// The same, and what the manager is asked: a node that is slow to answer them gets the time that it takes.
pub const fn patient(action: &Action) -> &'static [Question] {
    use Question as Q;
    match action {
        Action::Grow { .. } => &[Q::CrmMon, Q::Constraints, Q::Clustat, Q::Lvs, Q::Vgs, Q::DeviceMapper, Q::Filesystems],
        Action::Evacuate { .. } => &[Q::CrmMon, Q::Constraints, Q::Clustat, Q::Lvs, Q::Vgs, Q::Pvs],
        _ => &[Q::CrmMon, Q::Constraints, Q::Clustat],
    }
}

/// All questions that each node must have answered once.
pub fn questions(action: &Action) -> Vec<Question> {
    // A definition that all nodes see lies on a filesystem that all have mounted.
    let shared: &[Question] = if matches!(action, Action::Register { .. }) { &[Question::Filesystems] } else { &[] };
    EVERY.iter().chain(storage(action)).chain(shared).copied().collect()
}

/// Whether every node has told what the action rests on.
///
/// # Errors
/// A node is too slow, or out of reach though it is a member, and what it would say matters: the volume is not known yet, or its group is
/// shared, so that it may be active there; or which guest has it as its disk is not known.
pub fn clear(action: &Action, whole: &Cluster) -> Result<(), Vec<Refusal>> {
    let cluster = &*named::scene(action, whole);
    let vg = match action {
        Action::Grow { volume, .. } => named::volumes(cluster, volume).into_iter().next().map(|v| v.vg.as_str()),
        Action::Evacuate { pv, .. } => named::pvs(cluster, pv).into_iter().find_map(|p| p.vg.as_deref()),
        _ => return Ok(()),
    };
    let place = match action {
        Action::Grow { volume, .. } => volume.node.as_deref(),
        Action::Evacuate { pv, .. } => pv.rsplit_once('@').map(|(_, node)| node).filter(|node| cluster.member(node).is_some()),
        _ => None,
    };
    let mut all = Vec::new();
    let silent = |m: &Member| silent(m, storage(action));
    match vg {
        // A group of one node is that node's own affair, if it is at work there: what rests may be in use where nobody tells of it (HA-LVM).
        Some(vg) if is_shared(cluster, vg) || rests(action, cluster, vg) => {
            all.extend(cluster.members.iter().filter_map(|m| Some(on_storage(action, Some(vg), m, &silent(m)?))));
        }
        // And whose it is, a name alone says only where no node may have another one by it.
        _ => {
            let may_have = |m: &&Member| match place {
                Some(node) => vg.is_none() && *m.name == *node,
                None => vg.is_none() || !has_told(whole, m),
            };
            let mut refused: Vec<Refusal> =
                whole.members.iter().filter(may_have).filter_map(|m| Some(on_storage(action, None, m, &silent(m)?))).collect();
            if vg.is_some() {
                let way = format!("; or say whose it is: {}@NODE", action.target());
                for refusal in &mut refused {
                    refusal.lift.push_str(&way);
                }
            }
            all.extend(refused);
        }
    }
    if let Action::Grow { volume, .. } = action {
        all.extend(on_guests(cluster, volume));
    }
    if all.is_empty() { Ok(()) } else { Err(all) }
}

/// Whether something is known of the storage that a member has.
fn has_told(cluster: &Cluster, member: &Member) -> bool {
    cluster.volumes.iter().any(|v| v.seen_by.contains(&member.name)) || cluster.pvs.iter().any(|p| p.seen_by.contains(&member.name))
}

/// Whether more than one node may use what is in this group.
fn is_shared(cluster: &Cluster, vg: &str) -> bool {
    let locked = |g: &VolumeGroup| g.lock_type.as_deref().is_some_and(|lock| !lock.is_empty() && lock != "none");
    cluster.groups.iter().filter(|g| g.name == vg).any(|g| g.shared || locked(g))
}

/// Whether what is grown or moved is active on no node that tells.
fn rests(action: &Action, cluster: &Cluster, vg: &str) -> bool {
    match action {
        Action::Grow { volume, .. } => named::volumes(cluster, volume).iter().any(|v| v.active_on.is_empty()),
        _ => cluster.volumes.iter().filter(|v| v.vg == vg).all(|v| v.active_on.is_empty()),
    }
}

/// Why a member does not say what it was asked; none: it did, or it is no running host.
fn silent(member: &Member, asked: &[Question]) -> Option<String> {
    use MemberStatus as S;
    if member.kind == NodeKind::Guest {
        return None;
    }
    if !member.reach.is_up() {
        let runs = matches!(member.status, S::Online | S::Standby | S::Maintenance | S::Pending);
        return runs.then(|| match &member.reach {
            Reach::Down { trouble, .. } => format!("it is a member, and cannot be reached: {}", trouble.text),
            _ => "it is a member, and is not reached yet".to_owned(),
        });
    }
    if let Some((_, trouble)) =
        member.troubles.iter().find(|(q, t)| asked.contains(q) && matches!(t.kind, TroubleKind::Late | TroubleKind::Lost))
    {
        return Some(trouble.text.clone());
    }
    member.unheard.iter().any(|q| asked.contains(q)).then(|| "it has not answered yet".to_owned())
}

fn on_storage(action: &Action, vg: Option<&str>, member: &Member, why: &str) -> Refusal {
    let name = &member.name;
    let why = match vg {
        Some(vg) => format!("{name} does not say what it has of {vg}, which it may share: {why}"),
        None => format!("{name} does not say which storage it has, so that {} may be there: {why}", action.target()),
    };
    let code = if member.reach.is_up() { "slow-node" } else { "unreachable" };
    Refusal::new(code, why, format!("the storage of {name} must answer (lvs, pvs), or {name} leave the cluster"))
}

/// Why a member's guests are not known.
fn libvirt_trouble(member: &Member) -> Option<&Trouble> {
    member.troubles.iter().find(|(q, _)| *q == Question::Guests).map(|(_, trouble)| trouble)
}

/// What to say of nodes with a volume where libvirt does not run, or may not be asked: whether a guest has it as its disk is not known there.
pub fn blind(cluster: &Cluster, nodes: &[Arc<str>]) -> Vec<String> {
    let members = nodes.iter().filter_map(|node| cluster.member(node));
    let failed = members.filter_map(|m| Some((m, libvirt_trouble(m).filter(|t| t.kind != TroubleKind::Absent)?)));
    failed.map(|(m, t)| format!("whether a guest on {} has it as its disk is not known: {}", m.name, t.text)).collect()
}

/// A volume that no node mounts may be a guest's disk: libvirt must tell, on each node where it is active.
fn on_guests(cluster: &Cluster, volume: &VolumeName) -> Vec<Refusal> {
    let rows = named::volumes(cluster, volume);
    if rows.iter().any(|row| grow::mounts(cluster, row).next().is_some()) {
        return Vec::new();
    }
    let active = rows.iter().flat_map(|v| &v.active_on);
    let members = active.filter_map(|node| cluster.member(node)).filter(|m| m.reach.is_up());
    members
        .filter_map(|m| {
            let failed = libvirt_trouble(m).filter(|t| matches!(t.kind, TroubleKind::Late | TroubleKind::Lost));
            let open = m.unheard.contains(&Question::Guests).then_some("it has not answered yet");
            let why = failed.map(|t| t.text.as_str()).or(open)?;
            let why = format!("libvirt of {} does not say whether a guest has {volume} as its disk: {why}", m.name);
            Some(Refusal::new("slow-node", why, format!("libvirt of {} must answer", m.name)))
        })
        .collect()
}
