//! Commands and steps that several plans are made of.

use std::sync::Arc;

use crate::link::CommandLine;

use super::plan::{Step, When};

/// `crm_resource`.
pub(super) fn crm_resource(args: &[&str]) -> CommandLine {
    CommandLine::new("crm_resource", args.iter().copied()).privileged()
}

/// Has the manager look anew at a resource on one node. Without a node it would wait for every member, also for one that is just coming or going.
pub(super) fn refresh(id: &str, node: &str, post: &Arc<str>) -> Step {
    let command = crm_resource(&["--refresh", "--resource", id, "--node", node]);
    Step::change(format!("Let the manager look for {id} on {node}"), post, command, 120).when(When::Always)
}

/// Sets a meta attribute of a resource.
pub(super) fn meta(id: &str, name: &str, value: &str) -> CommandLine {
    crm_resource(&["--resource", id, "--meta", "--set-parameter", name, "--parameter-value", value])
}

/// Takes a meta attribute of a resource away.
pub(super) fn unset(id: &str, name: &str) -> CommandLine {
    crm_resource(&["--resource", id, "--meta", "--delete-parameter", name])
}

/// `virsh`, by the socket that may write.
pub(super) fn virsh(uri: &str, args: &[&str]) -> CommandLine {
    CommandLine::new("virsh", ["-c", uri].into_iter().chain(args.iter().copied())).privileged()
}
