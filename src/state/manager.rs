//! All that the cluster manager's view decides.

use super::changes::Changes;
use super::facts::NodeState;
use super::identity::Nodes;
use super::rhcs::{self, Voice};
use super::services;
use super::speaker::Speaker;
use super::watching::Watching;
use crate::domain::cluster::{Cluster, Service, ServiceKind};
use crate::domain::observation::Question;
use crate::domain::stamp::Stamp;

/// All that the manager's view and the constraints decide.
pub(super) fn fold(picture: &mut Cluster, nodes: &Nodes, speaker: Option<&Speaker<'_>>, watching: &mut Watching, changes: &mut Changes) {
    let told = nodes.values().filter_map(|n| Some((n.is_live(), n.answers.constraints.seen()?)));
    let newest = told.max_by_key(|(live, (_, at))| (*live, *at));
    picture.constraints_at = newest.map(|(_, (_, at))| at);
    let constraints = newest.map(|(_, (rows, _))| rows.clone()).unwrap_or_default();
    let mut services = Vec::new();
    if let Some(speaker) = speaker {
        let input = services::Input {
            view: speaker.view,
            at: speaker.at,
            constraints: &constraints,
            quorate: picture.quorum.quorate,
            utc_offset: nodes.get(&speaker.key).and_then(NodeState::utc_offset),
        };
        services = services::fold(&input);
        watching.complete(&mut services, speaker.at);
        changes.services(&picture.services, &services, speaker.at);
    }
    put(picture, services);
    picture.constraints.put(constraints);
    picture.options = speaker.map(|s| s.view.options.clone()).unwrap_or_default();
    picture.last_change = speaker.and_then(|s| s.view.last_change.clone());
    picture.manager_warnings = speaker.map(|s| s.view.warnings.clone()).unwrap_or_default();
    picture.manager_sight = speaker.map(Speaker::sight);
}

/// The same by rgmanager and cluster.conf.
pub(super) fn fold_rgmanager(picture: &mut Cluster, voice: &Voice<'_>, watching: &mut Watching, changes: &mut Changes) {
    let at = voice.clustat.as_ref().map_or(picture.at, |c| c.at);
    let mut services = rhcs::services(voice);
    watching.complete(&mut services, at);
    changes.services(&picture.services, &services, at);
    put(picture, services);
    picture.constraints.put(Vec::new());
    picture.options = rhcs::options(voice);
    picture.last_change = None;
    picture.manager_warnings = Vec::new();
    picture.manager_sight = voice.sight();
}

/// When the manager was asked for the view that counts.
pub(super) fn asked(nodes: &Nodes, speaker: Option<&Speaker<'_>>, voice: Option<&Voice<'_>>) -> Option<Stamp> {
    let (key, question) = match (speaker, voice) {
        (Some(speaker), _) => (speaker.key, Question::CrmMon),
        (None, voice) => (voice?.clustat.as_ref()?.key, Question::Clustat),
    };
    nodes.get(&key)?.asked(question)
}

/// What the guests said of a service stands until they are joined to it anew: rows that the manager tells again as they were stay the same rows.
fn put(picture: &mut Cluster, mut services: Vec<Service>) {
    for (service, before) in services.iter_mut().zip(&picture.services) {
        if service.kind == ServiceKind::Vm && service.id == before.id {
            service.guest.clone_from(&before.guest);
            service.drift.clone_from(&before.drift);
            if let (Some(rhcs), Some(before)) = (&mut service.rhcs, &before.rhcs) {
                rhcs.vmx.clone_from(&before.vmx);
            }
        }
    }
    picture.services.put(services);
}
