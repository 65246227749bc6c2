//! Why the manager leaves a service alone, and what would have it looked after again.
//!
//! crm_mon says of all causes alike that it is unmanaged: its own is-managed, its group's or its template's, the defaults, maintenance of it, of its node, of the
//! cluster. Only the first is what `unfreeze` takes away.

use crate::domain::cluster::{Cluster, MemberStatus, Service, ServiceState};
use crate::domain::observation::simulation::{Origin, PrimitiveConfig};

use super::commands::unset;
use super::inquiry::Findings;
use super::plan::exact;
use super::relocate::is_true;
use super::whereabouts;

/// What holds a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Why.
    pub why: String,
    /// What would end it.
    pub lift: String,
    /// It is frozen by itself: `unfreeze` ends it.
    pub frozen: bool,
}

impl Held {
    fn by(why: impl Into<String>, lift: impl Into<String>) -> Self {
        Self { why: why.into(), lift: lift.into(), frozen: false }
    }

    fn frozen(id: &str) -> Self {
        Self { why: "it is frozen".to_owned(), lift: format!("quorate act unfreeze {id}"), frozen: true }
    }
}

/// What holds this service; none: the manager looks after it.
pub(super) fn held(cluster: &Cluster, found: &Findings, service: &Service) -> Option<Held> {
    if !service.flags.contains(&"unmanaged") {
        return None;
    }
    if cluster.options.maintenance_mode == Some(true) {
        return Some(Held::by("the whole cluster is in maintenance mode", "quorate act maintenance off"));
    }
    let in_maintenance = |m: &&crate::domain::cluster::Member| m.status == MemberStatus::Maintenance && service.owners.contains(&m.name);
    if let Some(node) = cluster.members.iter().find(in_maintenance).map(|m| &m.name) {
        return Some(Held::by(format!("{node} is in maintenance"), format!("pcs node unmaintenance {node}, or crm node ready {node}")));
    }
    if service.flags.contains(&"orphaned") {
        let lift = format!("crm_resource --refresh --resource {} --force, where nothing of it is wanted any more", service.id);
        return Some(Held::by("it is no longer in the configuration", lift));
    }
    let parts = whereabouts::parts(cluster, service);
    let mut causes =
        parts.iter().filter_map(|part| Some((*part, found.primitive(&part.id)?))).filter_map(|(part, config)| cause(service, part, config));
    if let Some(first) = causes.next() {
        // Of several, one that unfreeze cannot end counts.
        return Some(if first.frozen { causes.find(|held| !held.frozen).unwrap_or(first) } else { first });
    }
    if service.state == ServiceState::Blocked {
        return Some(Held::by("a failure blocks it", format!("quorate act cleanup {}", service.id)));
    }
    let known = parts.iter().any(|part| found.primitive(&part.id).is_some());
    if known && !whereabouts::is_container(service) {
        // Its own word is stronger than what it has from elsewhere.
        let lift = format!("what has it so must go (a rule, is-managed-default); its own word is stronger: {}", managed(&service.id));
        return Some(Held::by("not by anything of its own", lift));
    }
    Some(Held::frozen(&service.id))
}

/// What in the configuration of a part holds the service.
fn cause(service: &Service, part: &Service, config: &PrimitiveConfig) -> Option<Held> {
    let yes = |value: Option<&str>| value.is_some_and(is_true);
    let no = |value: Option<&str>| value.is_some_and(|v| !is_true(v));
    let whole = part.id != service.id;
    if yes(config.meta("maintenance")) {
        return Some(match config.own("maintenance") {
            Some(_) => Held::by(format!("maintenance is set on {}", part.id), exact(&unset(&part.id, "maintenance"))),
            None => elsewhere(part, config, "maintenance"),
        });
    }
    if !no(config.meta("is-managed")) {
        return None;
    }
    let beneath = config.inherited("is-managed").filter(|(_, value)| !is_true(value)).map(|(origin, _)| origin);
    Some(match (config.own("is-managed"), beneath) {
        // What a member has from the group is the group's own.
        (_, Some(Origin::Container)) if whole => Held::frozen(&service.id),
        (Some(_), None) if whole => Held::by(format!("{} is frozen", part.id), format!("quorate act unfreeze {}", part.id)),
        (Some(_), None) => Held::frozen(&service.id),
        _ => elsewhere(part, config, "is-managed"),
    })
}

/// Where a meta attribute is that is not the part's own.
fn elsewhere(part: &Service, config: &PrimitiveConfig, name: &str) -> Held {
    let container = part.parent.as_deref().unwrap_or("its group");
    match config.inherited(name).map(|(origin, _)| origin) {
        Some(Origin::Container) if name == "is-managed" => {
            Held::by(format!("{container}, which it is part of, is frozen"), format!("quorate act unfreeze {container}"))
        }
        Some(Origin::Container) => Held::by(format!("{name} is set on {container}"), exact(&unset(container, name))),
        Some(Origin::Template) => {
            let template = config.template.as_deref().unwrap_or("?");
            Held::by(
                format!("its template {template} has {name}"),
                format!("take {name} out of the template {template} (cibadmin, pcs, crm)"),
            )
        }
        _ => Held::by(
            format!("the defaults of all resources have {name}"),
            format!("crm_attribute --type rsc_defaults --name {name} --delete, or {}", managed(&part.id)),
        ),
    }
}

/// The command by which a service is managed whatever it has from elsewhere.
fn managed(id: &str) -> String {
    exact(&super::commands::meta(id, "is-managed", "true"))
}
