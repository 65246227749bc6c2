//! Commands and steps that several plans are made of.

use std::sync::Arc;

use crate::domain::cluster::Service;
use crate::link::CommandLine;

use super::plan::{Step, When};

/// `crm_resource`.
pub(super) fn crm_resource(args: &[&str]) -> CommandLine {
    CommandLine::new("crm_resource", args.iter().copied()).privileged()
}

/// Takes away what moving a resource to a node has set: the preference, and a ban of the resource there. Bans on other nodes are not ours.
/// By force, for one with a lifetime names its node in a rule, and not every Pacemaker before 2.0.1 looks there: then the preference goes by its id.
pub(super) fn unmove(id: &str, node: &str) -> CommandLine {
    crm_resource(&["--clear", "--resource", id, "--node", node, "--force"])
}

/// Which of a service's leftover constraints [`unmove`] takes away.
pub(super) fn moved_by<'a>(service: &'a Service, node: &str) -> Vec<&'a str> {
    let (prefer, ban) = (format!("cli-prefer-{}", service.id), format!("cli-ban-{}-on-{node}", service.id));
    service.leftovers.iter().map(String::as_str).filter(|id| *id == prefer || *id == ban).collect()
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
