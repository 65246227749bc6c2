//! Fencing in words: which devices stand ready, and how fencings ended.

use crate::domain::cluster::{Cluster, ServiceKind, ServiceState};
use crate::domain::observation::manager::FenceStatus;
use crate::theme::Role;

/// Whether the cluster can fence: the devices that are registered on at least one of the nodes that were asked, against those that are
/// configured. While not every node was asked a device that is missing may be registered elsewhere.
pub fn ready(c: &Cluster) -> (Role, String) {
    if c.options.fencing_enabled == Some(false) {
        return (Role::Warn, "fencing is DISABLED".to_owned());
    }
    if c.fence_views == 0 {
        return (Role::Dim, "fence devices: not known".to_owned());
    }
    let have = c.fence_devices.len();
    if c.rhcs.is_some() {
        // Nothing registers devices here: each node reads them in cluster.conf when it fences.
        let role = if have == 0 { Role::Warn } else { Role::Dim };
        return (role, format!("fence: {} in cluster.conf", super::words::count(have, "device", "devices")));
    }
    let able = c.members.iter().filter(|m| m.node.is_some() && m.reach.is_up()).count();
    if c.fence_views < able {
        return (Role::Dim, format!("fence: {have} registered, {} of {able} nodes asked", c.fence_views));
    }
    let missing = missing(c);
    let all = have + missing.len();
    match (have, missing.first()) {
        (0, None) => (Role::Warn, "fence: no device registered".to_owned()),
        (_, None) => (Role::Dim, format!("fence: {have} registered")),
        (_, Some(first)) => {
            let rest = if missing.len() > 1 { format!(" and {} more", missing.len() - 1) } else { String::new() };
            (Role::Warn, format!("fence: {have} of {all} registered, not {first}{rest}"))
        }
    }
}

/// Fence devices that are configured and meant to be used, but registered on none of the nodes that were asked.
pub fn missing(c: &Cluster) -> Vec<&str> {
    let devices = c.services.iter().filter(|s| s.kind == ServiceKind::Stonith && s.state != ServiceState::Disabled);
    devices.map(|s| s.id.as_str()).filter(|id| c.fence_devices.binary_search_by(|d| d.name.as_str().cmp(id)).is_err()).collect()
}

/// Role and word of a fencing's outcome.
pub const fn outcome(status: FenceStatus) -> (Role, &'static str) {
    match status {
        FenceStatus::Pending => (Role::Moving, "→ pending"),
        FenceStatus::Success => (Role::Text, "● ok"),
        FenceStatus::Failed => (Role::Crit, "✕ failed"),
    }
}
