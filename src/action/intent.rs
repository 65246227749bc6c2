//! Who wants what done.

use crate::domain::cluster::{Cluster, Stack};
use crate::domain::fault::nearest;
use crate::domain::task::{Action, Target};

use super::named;
use super::plain;
use super::plan::Refusal;
use super::vmware;

/// An action and the operator behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// What.
    pub action: Action,
    /// `user@host` of the operator.
    pub by: String,
    /// Where the operator sits: the SSH client's address, or the terminal.
    pub from: String,
    /// Names this action in logs and fence histories, beyond this session: `7f3a90c2`.
    pub tag: String,
}

/// Whether what the action names exists. Names come from the cluster's own list, never from a keyboard alone: a mistyped name
/// makes `stonith_admin --confirm` invent a node.
pub fn resolve(action: &Action, cluster: &Cluster) -> Result<(), Vec<Refusal>> {
    let mut wrong = Vec::new();
    match action.target() {
        Target::Service(id) if !plain::rows(cluster, &id).is_empty() || !vmware::lone(cluster, &id).is_empty() => {}
        Target::Service(id) => {
            let kind = if cluster.stack == Some(Stack::Libvirt) { "guest" } else { "service" };
            known(
                &mut wrong,
                kind,
                &id,
                cluster.services.iter().map(|s| s.id.as_str()).chain(plain::names(cluster)).chain(vmware::names(cluster)),
            );
        }
        Target::Node(name) => known(&mut wrong, "member", &name, cluster.members.iter().map(|m| &*m.name)),
        Target::Volume(volume) => {
            if named::volumes(cluster, &volume).is_empty() {
                let names: Vec<String> = cluster.volumes.iter().map(|v| named::volume(cluster, v).to_string()).collect();
                known(&mut wrong, "logical volume", &volume.to_string(), names.iter().map(String::as_str));
            }
        }
        Target::Pv(name) => known_pv(&mut wrong, &name, cluster),
        Target::Guest(_) | Target::Cluster(_) => {}
    }
    let nodes: Vec<&String> = match action {
        Action::Relocate { to, .. } => vec![to],
        Action::Register { prefer, .. } => prefer.iter().collect(),
        _ => Vec::new(),
    };
    for node in nodes {
        known(&mut wrong, "member", node, cluster.members.iter().map(|m| &*m.name));
    }
    if let Action::Evacuate { onto: Some(onto), .. } = action {
        known_pv(&mut wrong, onto, cluster);
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn known_pv(wrong: &mut Vec<Refusal>, name: &str, cluster: &Cluster) {
    if named::pvs(cluster, name).is_empty() {
        let names: Vec<String> = cluster.pvs.iter().map(|p| named::pv(cluster, p)).collect();
        known(wrong, "physical volume", name, names.iter().map(String::as_str));
    }
}

fn known<'a>(wrong: &mut Vec<Refusal>, kind: &str, name: &str, names: impl Iterator<Item = &'a str> + Clone) {
    if names.clone().any(|n| n == name) {
        return;
    }
    let hint = match nearest(name, names.clone()) {
        Some(near) => format!("'{near}' is there"),
        None if names.clone().next().is_none() => format!("no {kind} is known: is a node of the cluster reachable?"),
        None => format!("there are: {}", names.take(12).collect::<Vec<_>>().join(", ")),
    };
    wrong.push(Refusal::new("unknown-target", format!("there is no {kind} '{name}'"), hint));
}
