//! Services as rgmanager shows them, each with its place in cluster.conf.

use std::sync::Arc;

use crate::domain::cluster::{Service, ServiceKind, ServiceState};
use crate::domain::observation::rhcs::{ClustatGroup, ClustatView, ConfService, FailoverDomain, GroupState};
use crate::domain::rhcs::RhcsService;

use super::{Voice, place};

/// All services, bytewise by id. Where rgmanager gives no list, those of cluster.conf, of which nobody knows what they do.
pub(in crate::state) fn fold(voice: &Voice<'_>) -> Vec<Service> {
    let said = voice.clustat.as_ref().and_then(|s| Some((s.view, voice.listed()?)));
    let mut services: Vec<Service> = if let Some((view, groups)) = said {
        groups.iter().map(|g| Fold { voice, view }.service(g)).collect()
    } else {
        let why = silent(voice);
        let configured = voice.conf.map_or(&[][..], |c| &c.services);
        configured.iter().map(|conf| unknown(voice, conf, &why)).collect()
    };
    services.sort_by(|a, b| a.id.cmp(&b.id));
    services.dedup_by(|a, b| a.id == b.id);
    services
}

/// Why there is no list of services.
pub fn silent(voice: &Voice<'_>) -> String {
    let Some(said) = &voice.clustat else { return "rgmanager does not answer on any node that was asked".to_owned() };
    match said.view.warnings.first() {
        Some(words) => format!("rgmanager on {} gives no list of services: {words}", said.by),
        None if said.view.is_content() => format!("rgmanager on {} gives no list of services, and does not say why", said.by),
        None => format!("rgmanager does not run on {}, and no other node has given a list of services", said.by),
    }
}

fn unknown(voice: &Voice<'_>, conf: &ConfService, why: &str) -> Service {
    let domain = voice.conf.and_then(|c| c.domain_of(conf));
    Service {
        id: conf.id.clone(),
        kind: kind(&conf.id),
        state: ServiceState::Unknown,
        reason: Some(why.to_owned()),
        prefers: domain.and_then(place::preferred).map(Arc::from),
        rhcs: Some(Box::new(RhcsService { conf: Some(conf.clone()), domain: domain.cloned(), ..RhcsService::default() })),
        ..Service::default()
    }
}

fn kind(id: &str) -> ServiceKind {
    if id.starts_with("vm:") { ServiceKind::Vm } else { ServiceKind::Service }
}

struct Fold<'a> {
    voice: &'a Voice<'a>,
    view: &'a ClustatView,
}

impl Fold<'_> {
    fn service(&self, group: &ClustatGroup) -> Service {
        let id = self.id(&group.name);
        let conf = self.voice.conf.and_then(|c| c.service(&id));
        let domain = conf.and_then(|s| self.voice.conf?.domain_of(s));
        let whole = |name: &String| Arc::from(self.whole(name));
        let owner: Option<Arc<str>> = group.owner.as_ref().filter(|_| group.state.is_some_and(GroupState::is_owned)).map(whole);
        let lost = owner.as_deref().is_some_and(|o| self.is_lost(o));
        let state = if lost { ServiceState::Unknown } else { state(group.state) };
        Service {
            kind: kind(&id),
            state,
            owners: owner.iter().cloned().collect(),
            reason: self.reason(group, conf, domain, owner.as_deref(), lost),
            last_owner: group.last_owner.as_ref().map(whole),
            flags: [(group.frozen, "frozen"), (group.partial, "partial")]
                .iter()
                .filter(|(on, _)| *on == Some(true))
                .map(|(_, f)| *f)
                .collect(),
            failures: u64::from(group.restarts.unwrap_or(0)),
            since: group.last_transition,
            prefers: domain.and_then(place::preferred).map(Arc::from),
            agent: conf.and_then(|c| c.path.as_ref().map(|p| format!("{} of {p}", c.id.split(':').next().unwrap_or_default()))),
            rhcs: Some(Box::new(RhcsService {
                word: group.word.clone(),
                conf: conf.cloned(),
                domain: domain.cloned(),
                tells_flags: group.frozen.is_some(),
                bare: !group.name.contains(':'),
                vmx: None,
            })),
            owner,
            id,
            ..Service::default()
        }
    }

    /// The full name: RHEL 4 leaves the prefix out, and the text form cuts it.
    fn id(&self, name: &str) -> String {
        let id = if name.contains(':') { name.to_owned() } else { format!("service:{name}") };
        if !self.view.from_text {
            return id;
        }
        let known = self.voice.conf.map_or(&[][..], |c| &c.services);
        if known.iter().any(|s| s.id == id) {
            return id;
        }
        let mut longer = known.iter().filter(|s| id.len() >= 28 && s.id.starts_with(&id));
        match (longer.next(), longer.next()) {
            (Some(only), None) => only.id.clone(),
            _ => id,
        }
    }

    /// A member's name; the text form cuts it to the width of its column.
    fn whole(&self, name: &str) -> String {
        if !self.view.from_text || self.voice.id_of(name).is_some() {
            return name.to_owned();
        }
        let by_cman = self.voice.cman.iter().flat_map(|c| c.view.nodes.iter().map(|n| n.name.as_str()));
        let by_conf = self.voice.conf.iter().flat_map(|c| c.nodes.iter().map(|n| n.name.as_str()));
        let mut longer: Vec<&str> = by_cman.chain(by_conf).filter(|n| name.len() >= 28 && n.starts_with(name)).collect();
        longer.sort_unstable();
        longer.dedup();
        match longer.as_slice() {
            [only] => (*only).to_owned(),
            _ => name.to_owned(),
        }
    }

    fn is_online(&self, name: &str) -> Option<bool> {
        use crate::domain::observation::rhcs::Standing;
        let by_cman = || Some(self.voice.cman.as_ref()?.view.nodes.iter().find(|n| n.name == name)?.standing == Standing::Member);
        by_cman().or_else(|| self.view.nodes.iter().find(|n| n.name == name).map(|n| n.online))
    }

    /// Offline and, as far as anyone knows, not yet fenced: it may still run what it ran.
    fn is_lost(&self, owner: &str) -> bool {
        self.is_online(owner) == Some(false) && self.voice.awaits_fencing(owner) != Some(false)
    }

    /// Whether a node could run services: it is a member, and rgmanager runs there.
    fn is_able(&self, name: &str) -> bool {
        let runs = self.view.nodes.iter().find(|n| n.name == name).is_none_or(|n| n.rgmanager || self.view.from_text);
        self.is_online(name) == Some(true) && runs
    }

    /// Why it is not started, or not where it prefers to be.
    fn reason(
        &self,
        group: &ClustatGroup,
        conf: Option<&ConfService>,
        domain: Option<&FailoverDomain>,
        owner: Option<&str>,
        lost: bool,
    ) -> Option<String> {
        if let Some(owner) = owner.filter(|_| lost) {
            return Some(format!("{owner} is offline and not yet fenced: nobody knows whether it still runs there"));
        }
        let frozen = group.frozen == Some(true);
        let able = |name: &str| self.is_able(name);
        let last = group.last_owner.as_deref().map_or_else(String::new, |o| format!(" on {o}"));
        match group.state? {
            GroupState::Started | GroupState::Checking => {
                let owner = owner?;
                if self.is_online(owner) == Some(false) {
                    let kept = if frozen { "; it is frozen, so nobody recovers it" } else { ", and it is not recovered yet" };
                    return Some(format!("{owner}, which ran it, is offline{kept}"));
                }
                domain.and_then(|d| place::misplaced(d, owner, &able))
            }
            GroupState::Failed => Some(format!(
                "it did not stop cleanly{last}: nothing is done until it is disabled and enabled; make sure first that it runs nowhere"
            )),
            GroupState::Disabled if conf.is_some_and(|c| !c.autostart) && group.last_transition.is_none() => {
                Some("it is not started by itself (autostart is off), and was never started".to_owned())
            }
            GroupState::Disabled => Some("it was disabled, and waits until it is enabled".to_owned()),
            GroupState::Stopped if frozen => Some("it is frozen: rgmanager does not start it".to_owned()),
            GroupState::Stopped => domain
                .and_then(|d| place::nowhere(d, &able))
                .or_else(|| Some("rgmanager starts it at the next transition, if a node can run it".to_owned())),
            GroupState::Recoverable => Some(format!("it failed{last} and is being stopped before its recovery")),
            GroupState::Recovering => Some("it failed, is stopped, and is about to be started again".to_owned()),
            GroupState::Uninitialized => Some("the rgmanager that was asked does not know its state yet".to_owned()),
            GroupState::Starting | GroupState::Stopping | GroupState::Migrating => None,
        }
    }
}

/// The contract's state of rgmanager's.
const fn state(state: Option<GroupState>) -> ServiceState {
    match state {
        Some(GroupState::Stopped) => ServiceState::Stopped,
        Some(GroupState::Starting) => ServiceState::Starting,
        Some(GroupState::Started | GroupState::Checking) => ServiceState::Started,
        Some(GroupState::Stopping) => ServiceState::Stopping,
        Some(GroupState::Failed) => ServiceState::Failed,
        Some(GroupState::Recoverable | GroupState::Recovering) => ServiceState::Recovering,
        Some(GroupState::Disabled) => ServiceState::Disabled,
        Some(GroupState::Migrating) => ServiceState::Migrating,
        Some(GroupState::Uninitialized) | None => ServiceState::Unknown,
    }
}
