//! Services and their guests, and where libvirt or VMware denies what the manager believes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::domain::cluster::{Service, ServiceGuest, ServiceKind, ServiceState};
use crate::domain::guest::{Guest, GuestState, Hypervisor, VirtNode};
use crate::domain::observation::manager::GuestParam;
use crate::domain::observation::vmware;
use crate::domain::rows::Rows;
use crate::domain::stamp::Stamp;

/// What drift is judged by, beside services and guests.
pub(super) struct Grounds<'a> {
    /// The hypervisors.
    pub(super) virt: &'a [VirtNode],
    /// Which guests the resources are.
    pub(super) params: &'a [GuestParam],
    /// Which configuration of VMware's the scripts of services name.
    pub(super) scripts: &'a BTreeMap<String, String>,
    /// When each node's VMware Server was asked.
    pub(super) listed: &'a BTreeMap<Arc<str>, Stamp>,
    /// When the manager was asked for its view: what it believes may be as old as that.
    pub(super) told: Option<Stamp>,
}

/// Joins services and guests: each tells the other, and the service what is wrong between manager and hypervisor.
pub(super) fn join(services: &mut Rows<Service>, guests: &mut [Guest], grounds: &Grounds<'_>) {
    let names = GuestNames::of(guests);
    let mut found: Vec<(usize, Vec<usize>)> = Vec::new();
    for (place, service) in services.iter().enumerate() {
        let mine = match service.kind {
            ServiceKind::Vm => {
                names.find(&candidates(&service.id, grounds.param(&service.id))).or_else(|| names.scripted(service, grounds))
            }
            ServiceKind::Service => names.scripted(service, grounds),
            _ => continue,
        };
        let mine = mine.unwrap_or_default();
        for at in &mine {
            if let Some(guest) = guests.get_mut(*at) {
                guest.managed_by = Some(service.id.clone());
            }
        }
        if service.kind == ServiceKind::Vm || !mine.is_empty() || grounds.is_vmware(service) {
            found.push((place, mine));
        }
    }
    for (place, mine) in found {
        let Some(service) = services.get(place) else { continue };
        let mine: Vec<&Guest> = mine.iter().filter_map(|at| guests.get(*at)).collect();
        let guest = best(service, &mine).map(|g| ServiceGuest { state: g.state, node: g.node.clone(), reason: g.reason.clone() });
        let vmx = service.rhcs.as_ref().and_then(|rhcs| {
            let listed = mine.iter().find_map(|g| g.vmware.as_ref()).map(|v| v.vmx.clone());
            listed.or_else(|| rhcs.conf.iter().flat_map(|c| &c.scripts).find_map(|file| grounds.scripts.get(file).cloned()))
        });
        let drift = if grounds.can_judge(service, &mine, guests) { drift(service, &mine, grounds.virt) } else { None };
        if service.guest != guest || service.drift != drift || service.rhcs.as_ref().is_some_and(|rhcs| rhcs.vmx != vmx) {
            let service = &mut services[place];
            (service.guest, service.drift) = (guest, drift);
            if let Some(rhcs) = &mut service.rhcs {
                rhcs.vmx = vmx;
            }
        }
    }
}

/// Where each guest stands, by what it may be called.
struct GuestNames {
    all: HashMap<String, Vec<usize>>,
    /// VMware's alone, also by the names of their configurations.
    vmware: HashMap<String, Vec<usize>>,
}

impl GuestNames {
    fn of(guests: &[Guest]) -> Self {
        let mut names = Self { all: HashMap::new(), vmware: HashMap::new() };
        for (at, guest) in guests.iter().enumerate() {
            for name in [&guest.name, &guest.uuid] {
                names.all.entry(name.clone()).or_default().push(at);
            }
            if let Some(facts) = &guest.vmware {
                let mut called = vec![guest.name.clone(), facts.vmx.clone(), vmware::stem(&facts.vmx).to_owned()];
                called.extend(facts.vmx.rsplit('/').nth(1).map(|folder| folder.rsplit("] ").next().unwrap_or(folder).to_owned()));
                called.sort();
                called.dedup();
                for name in called {
                    names.vmware.entry(name).or_default().push(at);
                }
            }
        }
        names
    }

    fn find(&self, candidates: &[String]) -> Option<Vec<usize>> {
        candidates.iter().find_map(|name| self.all.get(name)).cloned()
    }

    /// The guest of VMware's that the scripts of a service start and stop.
    fn scripted(&self, service: &Service, grounds: &Grounds<'_>) -> Option<Vec<usize>> {
        if self.vmware.is_empty() {
            return None;
        }
        script_names(service, grounds.scripts)?.iter().find_map(|name| self.vmware.get(name)).cloned()
    }
}

/// Names under which VMware may know the guest of a service, the surest first; none where its entry in cluster.conf has no script.
fn script_names(service: &Service, told: &BTreeMap<String, String>) -> Option<Vec<String>> {
    let own = service.id.split_once(':').map_or(service.id.as_str(), |(_, name)| name).to_owned();
    let Some(conf) = service.rhcs.as_ref().and_then(|r| r.conf.as_ref()) else { return Some(vec![own]) };
    let scripted = conf.resources.iter().any(|(kind, _)| kind == "script");
    if !scripted && service.kind != ServiceKind::Vm {
        return None;
    }
    let mut names: Vec<String> = conf.scripts.iter().filter_map(|file| told.get(file).cloned()).collect();
    for file in &conf.scripts {
        names.push(file.clone());
        let base = file.rsplit('/').next().unwrap_or(file);
        let base = base.strip_suffix(".sh").unwrap_or(base);
        names.extend(["vmware-", "vmware_", "vm-", "vm_", ""].iter().filter_map(|p| base.strip_prefix(p)).map(str::to_owned));
    }
    names.extend(conf.resources.iter().filter(|(kind, _)| kind == "script").map(|(_, name)| name.clone()));
    names.push(own);
    names.retain(|name| !name.is_empty());
    Some(names)
}

/// rgmanager counts whole seconds of its node's clock. Microseconds.
const GRACE: i64 = 2_000_000;

impl Grounds<'_> {
    /// Whether a service is certainly a guest of VMware's, also while VMware knows none such.
    fn is_vmware(&self, service: &Service) -> bool {
        let scripts = service.rhcs.as_ref().and_then(|r| r.conf.as_ref()).map_or(&[][..], |c| &c.scripts);
        let named =
            |file: &str| file.strip_suffix(".vmx").is_some() || file.rsplit('/').next().is_some_and(|base| base.starts_with("vmware-"));
        service.kind == ServiceKind::Service && scripts.iter().any(|file| self.scripts.contains_key(file) || named(file))
    }

    fn param(&self, id: &str) -> Option<&GuestParam> {
        self.params.iter().find(|p| p.resource == id)
    }

    /// Whether manager and libvirt speak of the same guest at the same time.
    fn can_judge(&self, service: &Service, mine: &[&Guest], guests: &[Guest]) -> bool {
        // A guest that changed after the manager was asked: its view is of before.
        let places = || service.owners.iter().chain(mine.iter().map(|g| &g.node));
        let changed = places().flat_map(|n| self.virt.iter().filter(move |v| v.node == *n)).filter_map(|v| v.changed).max();
        if changed.is_some_and(|changed| self.told.is_none_or(|told| told <= changed)) {
            return false;
        }
        // VMware tells nothing by itself: what it said before the service changed is of before.
        let of_vmware = mine.iter().any(|g| g.vmware.is_some()) || self.is_vmware(service);
        let asked = || places().filter_map(|n| self.listed.get(n)).max();
        if of_vmware && service.since.is_some_and(|since| asked().is_some_and(|at| *at <= since.shifted(GRACE))) {
            return false;
        }
        if !mine.is_empty() {
            return true;
        }
        if of_vmware {
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
                let asked = asked(service, mine, owner, virt)?;
                if moving {
                    return None;
                }
                if let Some(other) = active.first() {
                    let who = other.hypervisor().word();
                    return Some(format!("the manager says started on {owner}; {who} has it {} on {}", other.word(), other.node));
                }
                let word = here.map_or_else(|| "has no such guest".to_owned(), |g| format!("says {}", described(g)));
                return Some(format!("the manager says started on {owner}; {} there {word}", asked.word()));
            };
            let elsewhere = active.iter().find(|g| g.node != *owner && !g.migrating && !(g.is_torn() && guest.is_torn()));
            match (guest.state, elsewhere) {
                _ if guest.migrating => None,
                (_, Some(other)) => {
                    let who = other.hypervisor().word();
                    Some(format!("the manager says started on {owner} alone; {who} has it {} on {} too", other.word(), other.node))
                }
                (GuestState::Running, None) if !guest.is_torn() => None,
                _ => Some(format!("the manager says started; {} says {}", guest.hypervisor().word(), described(guest))),
            }
        }
        ServiceState::Stopped | ServiceState::Disabled if !moving => {
            let guest = active.first()?;
            let who = guest.hypervisor().word();
            Some(format!("the manager says {}; {who} has it {} on {}", service.state.word(), described(guest), guest.node))
        }
        _ => None,
    }
}

/// The hypervisor of the owner that would know the guest, if it answers. Where libvirt is, VMware's silence about a guest says nothing,
/// unless the guest is known to be VMware's.
fn asked(service: &Service, mine: &[&Guest], owner: &str, virt: &[VirtNode]) -> Option<Hypervisor> {
    let here = |of: Hypervisor| virt.iter().find(|v| *v.node == *owner && v.hypervisor == of);
    let vmware = service.kind != ServiceKind::Vm || mine.first().is_some_and(|g| g.vmware.is_some());
    let of = if vmware || here(Hypervisor::Libvirt).is_none() { Hypervisor::Vmware } else { Hypervisor::Libvirt };
    here(of).filter(|v| v.up).map(|_| of)
}

/// VMware's reason for a guest that is stuck begins with that word.
fn described(guest: &Guest) -> String {
    match &guest.reason {
        Some(reason) if reason.starts_with(guest.word()) => reason.clone(),
        Some(reason) => format!("{} ({reason})", guest.word()),
        None => guest.word().to_owned(),
    }
}
