//! What the picture must hold before an action can be looked into, and who keeps it from doing so.

use crate::domain::cluster::{Cluster, VolumeGroup};
use crate::domain::observation::{Question, TroubleKind};
use crate::domain::task::Action;

use super::plan::Refusal;

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

/// All questions that each node must have answered once.
pub fn questions(action: &Action) -> Vec<Question> {
    EVERY.iter().chain(storage(action)).copied().collect()
}

/// Whether every node within reach has told what the action rests on. `unheard`: nodes that have not answered yet.
///
/// # Errors
/// A node is too slow, and what it would say matters: the volume is not known yet, or its group is shared, so that it may be active there.
pub fn clear(action: &Action, cluster: &Cluster, unheard: &[String]) -> Result<(), Vec<Refusal>> {
    let vg = match action {
        Action::Grow { volume, .. } => cluster.volumes.iter().find(|v| v.vg == volume.vg && v.lv == volume.lv).map(|v| v.vg.as_str()),
        Action::Evacuate { pv, .. } => cluster.pvs.iter().find(|p| p.path == *pv).and_then(|p| p.vg.as_deref()),
        _ => return Ok(()),
    };
    // A group of one node is that node's own affair.
    let locked = |g: &VolumeGroup| g.lock_type.as_deref().is_some_and(|lock| !lock.is_empty() && lock != "none");
    let shared = |vg: &str| cluster.groups.iter().filter(|g| g.name == vg).any(|g| g.shared || locked(g));
    if vg.is_some_and(|vg| !shared(vg)) {
        return Ok(());
    }
    let late = cluster.members.iter().filter(|m| m.reach.is_up()).filter_map(|m| {
        let of = |q: &Question| storage(action).contains(q);
        let (_, trouble) = m.troubles.iter().find(|(q, t)| of(q) && matches!(t.kind, TroubleKind::Late | TroubleKind::Lost))?;
        Some((m.name.to_string(), trouble.text.clone()))
    });
    let silent = unheard.iter().map(|name| (name.clone(), "it has not answered yet".to_owned()));
    let mut slow: Vec<(String, String)> = silent.collect();
    for (name, why) in late {
        if !slow.iter().any(|(known, _)| *known == name) {
            slow.push((name, why));
        }
    }
    let target = action.target();
    let refuse = |(name, why): (String, String)| {
        let why = match vg {
            Some(vg) => format!("{name} does not say what it has of {vg}, which is shared: {why}"),
            None => format!("{name} does not say which storage it has, so that {target} may be there: {why}"),
        };
        Refusal::new("slow-node", why, format!("the storage of {name} must answer (lvs, pvs), or {name} be out of the session"))
    };
    if slow.is_empty() { Ok(()) } else { Err(slow.into_iter().map(refuse).collect()) }
}
