//! Which actions there are on which cluster stack.

use crate::domain::cluster::Stack;
use crate::domain::task::{Action, NodeVerb, ServiceVerb};

use super::plan::Refusal;

/// Why there is no such action on this stack, with what does it there; none: it can be planned. The planner asks before it plans, the gate before it opens.
pub fn bars(action: &Action, stack: Option<Stack>) -> Option<Refusal> {
    let word = action.word();
    let wrong = |why: String, lift: String| Some(Refusal::new("wrong-stack", why, lift));
    match stack {
        Some(Stack::Pacemaker) => {
            let lift = of_rgmanager(action)?;
            wrong(format!("'{word}' is a word of Red Hat Cluster Suite; this cluster runs Pacemaker"), lift.to_owned())
        }
        Some(Stack::Rhcs) => {
            let (why, lift) = of_pacemaker(action)?;
            wrong(format!("'{word}' is not possible under rgmanager: {why}"), lift)
        }
        Some(other) => wrong(
            format!("'{word}' is not possible here: no cluster manager runs ({})", other.word()),
            "without one guests are relocated, suspended, resumed, started, stopped, restarted and reset".to_owned(),
        ),
        None => Some(Refusal::new(
            "no-stack",
            format!("'{word}' cannot be planned: no node has said which cluster manager runs"),
            "connect quorate to a member on which Pacemaker or rgmanager runs",
        )),
    }
}

/// What does the same under Pacemaker, for what only rgmanager's clusters have.
const fn of_rgmanager(action: &Action) -> Option<&'static str> {
    Some(match action {
        Action::Service(ServiceVerb::Enable, _) => "start",
        Action::Service(ServiceVerb::Disable, _) => "stop",
        Action::Service(ServiceVerb::Convalesce, _) => "cleanup",
        Action::Node(NodeVerb::Kill, _) => "fence",
        Action::Daemon { .. } => "leave and join",
        Action::Policy { .. } => "pcs constraint and pcs resource meta, on a node",
        Action::Expected { .. } => "corosync-quorumtool -e, on the node",
        _ => return None,
    })
}

/// Why it does not exist under rgmanager, and what comes nearest to it.
fn of_pacemaker(action: &Action) -> Option<(&'static str, String)> {
    Some(match action {
        Action::Service(ServiceVerb::Cancel, id) => (
            "to it an aborted migration is a failed one, and it would mark the service failed while its guest runs",
            format!("wait until it is over, then: quorate act relocate {id}"),
        ),
        Action::Relocate { limits, .. } if !limits.is_none() => {
            ("rgmanager migrates without limits", "virsh migrate-setspeed on the node, before it".to_owned())
        }
        Action::Limit { .. } | Action::Service(ServiceVerb::PostCopy, _) => (
            "rgmanager does not tell a migration's limits",
            "virsh migrate-setspeed, migrate-setmaxdowntime, migrate-postcopy on the node".to_owned(),
        ),
        Action::Service(ServiceVerb::Clear, _) => ("it keeps no constraints, so none is left over", "nothing to do".to_owned()),
        Action::Node(NodeVerb::Standby, node) => {
            ("it has no standby", format!("quorate act drain {node}, then quorate act daemon {node} rgmanager stop"))
        }
        Action::Node(NodeVerb::Unstandby, node) => ("it has no standby", format!("quorate act daemon {node} rgmanager start")),
        Action::Maintenance { .. } => ("it has no maintenance mode", "quorate act freeze, service by service".to_owned()),
        _ => return None,
    })
}
