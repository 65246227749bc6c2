//! What stands against a command about a service: rgmanager would refuse it, or do something else than was meant.

use crate::action::gate;
use crate::action::plan::Refusal;
use crate::domain::cluster::{Cluster, MemberStatus, Service, ServiceState as S};
use crate::domain::task::{Action, ServiceVerb as V};

/// Whether it makes rgmanager start the service somewhere.
pub fn starts(action: &Action) -> bool {
    matches!(action, Action::Relocate { .. } | Action::Service(V::Start | V::Enable | V::Restart | V::Cleanup | V::Convalesce, _))
}

/// All of it, as far as the picture tells, and whether all rgmanagers are locked.
pub fn against(cluster: &Cluster, service: &Service, action: &Action, locked: Option<bool>) -> Vec<Refusal> {
    let by_libvirt = matches!(action, Action::Service(V::Suspend | V::Resume | V::Reset, _));
    if let Some(why) = cluster.rhcs.as_ref().and_then(|r| r.no_list.as_ref()) {
        let quorum = gate::no_quorum(action.word(), cluster);
        return vec![
            quorum.unwrap_or_else(|| Refusal::new("no-list", why.clone(), "rgmanager must answer on a member that quorate reaches")),
        ];
    }
    let mut all = Vec::new();
    unfenced(cluster, service, &mut all);
    if !by_libvirt {
        frozen(service, action, &mut all);
        in_state(service, action, &mut all);
    }
    if locked == Some(true) && starts(action) {
        let why = "all rgmanagers are locked (clusvcadm -l): no service starts anywhere".to_owned();
        all.push(Refusal::new("locked", why, "clusvcadm -u, on a member"));
    }
    all
}

/// What ran on a node that is lost may still run there.
fn unfenced(cluster: &Cluster, service: &Service, all: &mut Vec<Refusal>) {
    let Some(owner) = service.owners.first().and_then(|o| cluster.member(o)) else {
        if service.state == S::Unknown {
            let why = service.reason.clone().unwrap_or_else(|| format!("what {} does is not known", service.id));
            all.push(Refusal::new("state-unknown", why, "rgmanager must have settled: look again"));
        }
        return;
    };
    if service.state == S::Unknown && owner.status != MemberStatus::Online {
        let name = &owner.name;
        let why = format!("{name}, which ran {}, is {} and not yet fenced: it may still run there", service.id, owner.status.word());
        all.push(Refusal::new(
            "owner-not-fenced",
            why,
            format!("wait for its fencing, or see that it is off: quorate act confirm-fence {name}"),
        ));
    }
}

fn frozen(service: &Service, action: &Action, all: &mut Vec<Refusal>) {
    let id = &service.id;
    let frozen = service.flags.contains(&"frozen");
    match action {
        Action::Service(V::Freeze, _) if frozen => all.push(Refusal::new("already", format!("{id} is frozen"), "nothing to do")),
        Action::Service(V::Unfreeze, _) if !frozen && service.rhcs.as_ref().is_some_and(|r| r.tells_flags) => {
            all.push(Refusal::new("already", format!("{id} is not frozen"), "nothing to do"));
        }
        Action::Service(V::Freeze | V::Unfreeze, _) => {}
        _ if frozen => {
            let why = format!("{id} is frozen: rgmanager does nothing with it");
            all.push(Refusal::new("frozen", why, format!("quorate act unfreeze {id}")));
        }
        _ => {}
    }
}

fn in_state(service: &Service, action: &Action, all: &mut Vec<Refusal>) {
    let id = &service.id;
    let mut refuse = |code: &'static str, why: String, lift: String| all.push(Refusal::new(code, why, lift));
    let failed = || {
        let why = format!("{id} is failed: it did not stop cleanly, and rgmanager does nothing with it until it is disabled");
        (why, format!("quorate act cleanup {id}"))
    };
    let nothing = || "nothing to do".to_owned();
    match (action, service.state) {
        (Action::Service(V::Start | V::Enable, _), S::Started) => refuse("already", format!("{id} is started"), nothing()),
        (Action::Service(V::Disable, _), S::Disabled) => refuse("already", format!("{id} is disabled"), nothing()),
        (Action::Service(V::Stop, _), S::Stopped | S::Disabled) => {
            refuse("already", format!("{id} is {}", service.state.word()), nothing());
        }
        (Action::Service(V::StopForced, _), S::Stopped | S::Disabled) => {
            refuse("not-running", format!("{id} is {}", service.state.word()), nothing());
        }
        (Action::Service(V::Cleanup, _), state) if state != S::Failed => {
            refuse("already", format!("{id} is {}, not failed", state.word()), nothing());
        }
        (Action::Service(V::Convalesce, _), state) if state != S::Started || !service.flags.contains(&"partial") => {
            refuse("already", format!("{id} is not partial: nothing of it failed, as far as this clustat tells"), nothing());
        }
        (
            Action::Service(V::Start | V::Enable | V::Stop | V::Restart | V::Freeze | V::Convalesce, _) | Action::Relocate { .. },
            S::Failed,
        ) => {
            let (why, lift) = failed();
            refuse("failed", why, lift);
        }
        (Action::Service(V::Restart, _) | Action::Relocate { .. }, state @ (S::Stopped | S::Disabled)) => {
            refuse("not-running", format!("{id} is {}", state.word()), format!("quorate act enable {id}"));
        }
        _ => {}
    }
}
