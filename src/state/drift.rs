//! Services and their guests, and where libvirt denies what the manager believes.

use std::collections::HashMap;

use crate::domain::cluster::{Service, ServiceGuest, ServiceKind, ServiceState};
use crate::domain::guest::{Guest, GuestState, VirtNode};
use crate::domain::observation::manager::GuestParam;
use crate::domain::stamp::Stamp;

/// What drift is judged by, beside services and guests.
pub(super) struct Grounds<'a> {
    /// The libvirts.
    pub(super) virt: &'a [VirtNode],
    /// Which guests the resources are.
    pub(super) params: &'a [GuestParam],
    /// When the manager's view was told.
    pub(super) told: Option<Stamp>,
}

/// Joins services and guests: each tells the other, and the service what is wrong between manager and libvirt.
pub(super) fn join(services: &mut [Service], guests: &mut [Guest], grounds: &Grounds<'_>) {
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, guest) in guests.iter().enumerate() {
        by_name.entry(guest.name.clone()).or_default().push(at);
        by_name.entry(guest.uuid.clone()).or_default().push(at);
    }
    let mut found: Vec<(usize, Vec<usize>)> = Vec::new();
    for (place, service) in services.iter().enumerate().filter(|(_, s)| s.kind == ServiceKind::Vm) {
        let mine = candidates(&service.id, grounds.param(&service.id)).into_iter().find_map(|name| by_name.get(&name)).cloned();
        let mine = mine.unwrap_or_default();
        for at in &mine {
            if let Some(guest) = guests.get_mut(*at) {
                guest.managed_by = Some(service.id.clone());
            }
        }
        found.push((place, mine));
    }
    for (place, mine) in found {
        let Some(service) = services.get_mut(place) else { continue };
        let mine: Vec<&Guest> = mine.iter().filter_map(|at| guests.get(*at)).collect();
        service.guest = best(service, &mine).map(|g| ServiceGuest { state: g.state, node: g.node.clone(), reason: g.reason.clone() });
        service.drift = if grounds.can_judge(service, &mine, guests) { drift(service, &mine, grounds.virt) } else { None };
    }
}

impl Grounds<'_> {
    fn param(&self, id: &str) -> Option<&GuestParam> {
        self.params.iter().find(|p| p.resource == id)
    }

    /// Whether manager and libvirt speak of the same guest at the same time.
    fn can_judge(&self, service: &Service, mine: &[&Guest], guests: &[Guest]) -> bool {
        // A guest that changed after the manager was asked: its view is of before.
        let places = || service.owners.iter().chain(mine.iter().map(|g| &g.node));
        let changed = places().filter_map(|n| self.virt.iter().find(|v| v.node == *n)?.changed).max();
        if changed.is_some_and(|changed| self.told.is_none_or(|told| told <= changed)) {
            return false;
        }
        if !mine.is_empty() {
            return true;
        }
        let param = self.param(&service.id);
        // Another hypervisor than the one that was asked.
        if param.and_then(|p| p.hypervisor.as_deref()).is_some_and(|uri| uri != "qemu:///system") {
            return false;
        }
        // The guest's name was guessed, and one that nobody manages runs there: it may be this one.
        let guessed = param.is_none_or(|p| p.name.is_none());
        let stray = |g: &Guest| g.managed_by.is_none() && g.state.is_active() && service.owners.contains(&g.node);
        !(guessed && guests.iter().any(stray))
    }
}

/// Names under which the guest of a service may be known, the surest first; the one that its own definition has, where that could be read.
fn candidates(id: &str, param: Option<&GuestParam>) -> Vec<String> {
    if let Some(name) = param.and_then(|p| p.name.clone()) {
        return vec![name];
    }
    let mut names = vec![id.to_owned()];
    if let Some(file) = param.and_then(|p| p.config.as_deref()).and_then(|c| c.rsplit('/').next()) {
        for suffix in [".cfg.xml", ".xml", ".cfg", ""] {
            names.extend(file.strip_suffix(suffix).map(str::to_owned));
        }
    }
    // rgmanager names its guests vm:NAME.
    names.extend(id.strip_prefix("vm:").map(str::to_owned));
    names
}

/// The guest that speaks for a service: active before not, on its owner before elsewhere.
fn best<'a>(service: &Service, mine: &[&'a Guest]) -> Option<&'a Guest> {
    mine.iter().copied().max_by_key(|g| {
        let owned = service.owners.contains(&g.node);
        (g.state.is_active() && !g.migrating, g.state.is_active(), owned, g.state == GuestState::Saved, std::cmp::Reverse(g.node.clone()))
    })
}

/// What the manager believes and libvirt denies, in one sentence; none while something is on its way, or libvirt cannot be asked.
fn drift(service: &Service, mine: &[&Guest], virt: &[VirtNode]) -> Option<String> {
    let active: Vec<&&Guest> = mine.iter().filter(|g| g.state.is_active() && !g.stale).collect();
    let moving = mine.iter().any(|g| g.migrating);
    match service.state {
        ServiceState::Started => {
            let owner = service.owner.as_ref()?;
            let here = mine.iter().find(|g| g.node == *owner && !g.stale);
            let Some(guest) = here.filter(|g| g.state.is_active()) else {
                let answers = virt.iter().any(|v| v.node == *owner && v.up);
                if !answers || moving {
                    return None;
                }
                if let Some(other) = active.first() {
                    return Some(format!("the manager says started on {owner}; libvirt has it {} on {}", other.state.word(), other.node));
                }
                let word = here.map_or_else(|| "has no such guest".to_owned(), |g| format!("says {}", described(g)));
                return Some(format!("the manager says started on {owner}; libvirt there {word}"));
            };
            let elsewhere = active.iter().find(|g| g.node != *owner && !g.migrating);
            match (guest.state, elsewhere) {
                _ if guest.migrating => None,
                (_, Some(other)) => {
                    Some(format!("the manager says started on {owner} alone; libvirt has it {} on {} too", other.state.word(), other.node))
                }
                (GuestState::Running, None) => None,
                _ => Some(format!("the manager says started; libvirt says {}", described(guest))),
            }
        }
        ServiceState::Stopped | ServiceState::Disabled if !moving => {
            let guest = active.first()?;
            Some(format!("the manager says {}; libvirt has it {} on {}", service.state.word(), described(guest), guest.node))
        }
        _ => None,
    }
}

fn described(guest: &Guest) -> String {
    match &guest.reason {
        Some(reason) => format!("{} ({reason})", guest.state.word()),
        None => guest.state.word().to_owned(),
    }
}
