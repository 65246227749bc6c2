//! What is wrong with Red Hat Cluster Suite beside what is wrong with every stack.

use std::sync::Arc;

use crate::domain::alert::AlertCode;
use crate::domain::cluster::{Cluster, Member, MemberStatus};
use crate::domain::event::Severity;
use crate::domain::node::Reach;
use crate::domain::observation::{Question, TroubleKind};
use crate::domain::rhcs::RhcsFacts;

/// Severity, code, subject and text of an alert.
pub(in crate::state) type Found = (Severity, AlertCode, String, String);

/// The alerts. `subject`: what concerns the whole cluster is about it.
pub(in crate::state) fn alerts(picture: &Cluster, subject: &str) -> Vec<Found> {
    let Some(facts) = &picture.rhcs else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(text) = config(facts) {
        found.push((Severity::Warning, AlertCode::ConfigDiffers, subject.to_owned(), text));
    }
    found.extend(silent(picture, facts));
    for member in &picture.members {
        found.extend(hung(member));
        found.extend(strange(member));
        if picture.options.fencing_enabled == Some(true) {
            found.extend(unfenceable(member));
        }
    }
    found
}

fn versions(of: &[(u32, Vec<Arc<str>>)]) -> String {
    let part = |(version, nodes): &(u32, Vec<Arc<str>>)| format!("{version} on {}", nodes.join(" "));
    of.iter().rev().map(part).collect::<Vec<_>>().join(", ")
}

/// The first difference that applies: what runs, what is on disk, what is in files of one version, what is not activated.
fn config(facts: &RhcsFacts) -> Option<String> {
    if facts.running.len() > 1 {
        return Some(format!("nodes run different versions of cluster.conf: {}", versions(&facts.running)));
    }
    if facts.on_disk.len() > 1 {
        return Some(format!("/etc/cluster/cluster.conf differs between nodes: version {}", versions(&facts.on_disk)));
    }
    if !facts.same_version_differs.is_empty() {
        let nodes = facts.same_version_differs.join(" ");
        return Some(format!("cluster.conf on {nodes} has the version of the other nodes and another content"));
    }
    let (runs, disk) = (facts.running.first()?.0, facts.on_disk.first()?.0);
    (runs != disk).then(|| format!("cluster.conf on disk has version {disk}, and version {runs} runs: it was not activated"))
}

/// There is quorum, and still nobody says what runs: it must not look as if nothing did. Where no answer could be read at all, each node
/// that was asked is told of.
fn silent(picture: &Cluster, facts: &RhcsFacts) -> Vec<Found> {
    let Some(why) = facts.no_list.as_ref().filter(|_| picture.quorum.quorate == Some(true)) else { return Vec::new() };
    let found =
        |name: &str, why: &str| (Severity::Warning, AlertCode::ManagerDown, name.to_owned(), format!("{why}: what runs is not known"));
    if let Some(sight) = &picture.manager_sight {
        return vec![found(&sight.by, why)];
    }
    let said = |member: &Member| {
        let (_, trouble) = member.troubles.iter().find(|(q, t)| *q == Question::Clustat && t.kind != TroubleKind::Late)?;
        Some(found(&member.name, &trouble.text))
    };
    picture.members.iter().filter_map(said).collect()
}

fn hung(member: &Member) -> Option<Found> {
    let late = member.troubles.iter().any(|(q, t)| *q == Question::Clustat && t.kind == TroubleKind::Late);
    if !late || !matches!(member.reach, Reach::Up { .. }) {
        return None;
    }
    let name = &member.name;
    let text = format!("rgmanager on {name} does not answer: clustat waited in vain; it may hang on DLM, behind a fencing");
    Some((Severity::Warning, AlertCode::ManagerDown, name.to_string(), text))
}

fn strange(member: &Member) -> Option<Found> {
    let facts = member.rhcs.as_ref()?;
    let name = &member.name;
    if facts.disallowed {
        let text = format!("{name} is disallowed: it came back with the state of before; it has to be rebooted");
        return Some((Severity::Critical, AlertCode::MemberUnclean, name.to_string(), text));
    }
    facts.estranged.then(|| {
        let text = format!("{name} is in the cluster and not in cluster.conf (estranged)");
        (Severity::Warning, AlertCode::ConfigDiffers, name.to_string(), text)
    })
}

fn unfenceable(member: &Member) -> Option<Found> {
    let methods = member.rhcs.as_ref()?.methods.as_ref()?;
    let none = methods.iter().all(|(_, devices)| devices.is_empty()) && member.status != MemberStatus::Unknown;
    none.then(|| {
        let name = &member.name;
        let text = format!("cluster.conf has no way to fence {name}: when it is lost, everything waits for it");
        (Severity::Warning, AlertCode::FencingDisabled, name.to_string(), text)
    })
}
