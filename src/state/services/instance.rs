//! One instance of a primitive: the contract's state of it.

use crate::domain::cluster::{MemberStatus, ServiceKind, ServiceState};
use crate::domain::observation::manager::Primitive;

use super::index::Index;

/// Roles in which a resource is active.
const ACTIVE: [&str; 5] = ["started", "promoted", "unpromoted", "master", "slave"];

/// The state of an instance, the first that applies. `disabled`: its target-role is Stopped, by itself or by what
/// contains it. `pending`: task of an operation that the history shows as running.
pub(super) fn state(p: &Primitive, index: &Index<'_>, disabled: bool, pending: Option<&str>) -> ServiceState {
    let gone = |node: &String| matches!(index.status(node), Some(MemberStatus::Unclean | MemberStatus::Pending | MemberStatus::Offline));
    if p.nodes.iter().any(gone) {
        return ServiceState::Unknown;
    }
    if p.blocked {
        return ServiceState::Blocked;
    }
    if p.failed {
        return ServiceState::Failed;
    }
    let transit = p.pending.as_deref().and_then(transit).or_else(|| transit(&p.role)).or_else(|| pending.and_then(transit));
    if let Some(state) = transit {
        return state;
    }
    if is_active(p) {
        ServiceState::Started
    } else if disabled {
        ServiceState::Disabled
    } else {
        ServiceState::Stopped
    }
}

/// Whether the manager shows it in an active role.
pub(super) fn is_active(p: &Primitive) -> bool {
    ACTIVE.iter().any(|role| p.role.eq_ignore_ascii_case(role)) || (p.active && !p.role.eq_ignore_ascii_case("stopped"))
}

/// Whether it is promoted (Master until Pacemaker 2.0).
pub(super) fn is_promoted(p: &Primitive) -> bool {
    means_promoted(&p.role)
}

/// Whether a role's name is that of what is promoted.
pub(super) fn means_promoted(role: &str) -> bool {
    role.eq_ignore_ascii_case("promoted") || role.eq_ignore_ascii_case("master")
}

/// The state behind crm_mon's word for a pending operation, a role, or a task. Monitoring and promoting change no
/// state.
pub(super) fn transit(word: &str) -> Option<ServiceState> {
    Some(match word.to_ascii_lowercase().as_str() {
        "starting" | "start" => ServiceState::Starting,
        "stopping" | "stop" => ServiceState::Stopping,
        "migrating" | "migrate_to" | "migrate_from" => ServiceState::Migrating,
        _ => return None,
    })
}

/// The kind that the agent tells: `ocf:heartbeat:VirtualDomain`, `ocf::heartbeat:Xen`, `stonith:fence_ipmilan`.
pub(super) fn kind(agent: &str) -> ServiceKind {
    let class = agent.split(':').next().unwrap_or_default();
    let name = agent.rsplit(':').next().unwrap_or_default();
    match (class, name) {
        ("ocf", "VirtualDomain" | "Xen") => ServiceKind::Vm,
        ("stonith", _) => ServiceKind::Stonith,
        _ => ServiceKind::Resource,
    }
}

/// The state of several instances under one id: started if any is active and none failed; else the worst that says
/// more than that an instance does not run.
pub(super) fn together(states: &[ServiceState]) -> ServiceState {
    let has = |state| states.contains(&state);
    if has(ServiceState::Failed) {
        return ServiceState::Failed;
    }
    // A failed stop that blocks: that it is up elsewhere hides it no more than a failure.
    if has(ServiceState::Blocked) {
        return ServiceState::Blocked;
    }
    if has(ServiceState::Started) {
        return ServiceState::Started;
    }
    let idle = |s: &&ServiceState| !matches!(s, ServiceState::Stopped | ServiceState::Disabled);
    states.iter().filter(idle).max_by_key(|s| s.badness()).copied().unwrap_or_else(|| worst(states))
}

/// The worst of the members' states; nothing at all is stopped.
pub(super) fn worst(states: &[ServiceState]) -> ServiceState {
    states.iter().max_by_key(|s| s.badness()).copied().unwrap_or(ServiceState::Stopped)
}
