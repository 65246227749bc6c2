//! What is still safe without quorum, and why the rest is not.

use crate::domain::cluster::{Service, ServiceKind, ServiceState};
use crate::domain::guest::GuestState;
use crate::domain::task::{Action, NodeVerb, ServiceVerb};

/// Why an action waits for quorum; none: it is safe without.
pub const fn why_not(action: &Action) -> Option<&'static str> {
    Some(match action {
        // libvirt does the first two on the node that has the guest, and nothing starts anywhere by them; a try of a fence device changes nothing; the others
        // may bring quorum back.
        Action::Service(ServiceVerb::Suspend, _)
        | Action::Limit { .. }
        | Action::Node(NodeVerb::TestFence | NodeVerb::Join, _)
        | Action::Expected { .. }
        | Action::Answer { .. }
        | Action::Daemon { .. } => return None,
        Action::Service(ServiceVerb::Resume | ServiceVerb::Reset, _) => "the other side may run the same guest by now",
        Action::Service(ServiceVerb::Cancel | ServiceVerb::PostCopy, _) => "the manager would not settle where it runs",
        Action::Fence { .. } => "the fencer fences for a quorate side alone",
        Action::Node(NodeVerb::ConfirmFence, _) => "this side may not start what the other may run",
        Action::Grow { .. } | Action::Evacuate { .. } => "the locks on shared volumes stand still",
        Action::Node(NodeVerb::Leave | NodeVerb::Reboot, _) => "the manager moves nothing off the node",
        Action::Maintenance { .. }
        | Action::Register { .. }
        | Action::Policy { .. }
        | Action::Service(
            ServiceVerb::Freeze | ServiceVerb::Unfreeze | ServiceVerb::Cleanup | ServiceVerb::Clear | ServiceVerb::Unregister,
            _,
        ) => "what is configured now is lost when the other side is back",
        Action::Relocate { .. } | Action::Service(..) | Action::Node(..) | Action::PutBack { .. } => {
            "the manager starts, stops and moves nothing"
        }
    })
}

/// What is still safe to do to a service, in a word.
pub fn of_service(service: &Service) -> &'static str {
    let runs = service.guest.as_ref().is_none_or(|g| g.state == GuestState::Running);
    let started = service.state == ServiceState::Started && service.owners.len() == 1;
    if service.kind == ServiceKind::Vm && started && runs { ServiceVerb::Suspend.word() } else { "nothing" }
}

/// What is still safe to do to any member.
pub const fn of_member() -> &'static str {
    NodeVerb::TestFence.word()
}
