//! Changes of cluster.conf: a guest made a service, a service taken out, its failover domain or its recovery changed.
//!
//! The file is read from every node without its passwords ([`scene`]), the change worked out on that copy ([`edit`]), and done on the node's own file by
//! its own `sed`: written beside it, compared with what was planned, checked by the cluster's own tool, put in place with the old file kept, and made known
//! to the cluster in the way that its version has. What runs is read again from every node.

pub mod edit;
pub mod scene;
pub mod tree;

mod domains;
mod register;
mod steps;

use crate::domain::task::{Action, ServiceVerb};

use super::plan::{Input, Plan, Refusal};

/// Whether an action is a change of cluster.conf, on a cluster that has one.
pub const fn is_conf(action: &Action) -> bool {
    matches!(action, Action::Register { .. } | Action::Policy { .. } | Action::Service(ServiceVerb::Unregister, _))
}

/// The plan of such an action.
pub(super) fn plan(input: &Input<'_>) -> Result<Plan, Vec<Refusal>> {
    match &input.intent.action {
        Action::Register { guest, prefer } => register::register(input, guest, prefer),
        Action::Policy { service, domain, recovery } => register::policy(input, service, domain.as_deref(), *recovery),
        Action::Service(_, id) => register::out(input, id),
        _ => Err(Vec::new()),
    }
}
