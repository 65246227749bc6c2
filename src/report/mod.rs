//! What pipes get: one snapshot, the live timeline, plans and how actions went.

pub mod action;
pub mod events;
pub mod refusals;
pub mod status;

use crate::domain::cluster::{Cluster, Health};

/// The exit status of `status`: 0 healthy, 1 degraded, 2 critical, 3 cannot tell.
pub fn exit_code(cluster: &Cluster) -> u8 {
    match cluster.health() {
        Health::Healthy => 0,
        Health::Degraded => 1,
        Health::Critical => 2,
        Health::Unknown => 3,
    }
}
