//! Red Hat Cluster Suite: what rgmanager, cman, fenced and cluster.conf say, folded into the same picture as Pacemaker's.
//!
//! One node's clustat counts for the services; every node's cman_tool counts for its own view of votes and members; cluster.conf is read on each
//! node, the highest version counts.

mod alerts;
mod facts;
mod fences;
mod members;
mod place;
mod services;
mod votes;

use std::sync::Arc;

use crate::domain::cluster::Sight;
use crate::domain::node::NodeKey;
use crate::domain::observation::manager::Options;
use crate::domain::observation::rhcs::{ClustatGroup, ClustatView, ClusterConf, CmanView, FenceDomain, GroupsView};
use crate::domain::stamp::Stamp;

use super::identity::{Names, Nodes};

pub(super) use alerts::alerts;
pub(super) use facts::fold as facts;
pub(super) use fences::{devices, fold as fences};
pub(super) use members::{RGMANAGER, fold as members};
pub(super) use services::fold as services;
pub(super) use votes::votes;

/// A view this much older than another node's is history. Microseconds.
const OLD: i64 = 60_000_000;

/// Something said, by whom and when.
#[derive(Clone, Debug)]
pub(super) struct Said<'a, T> {
    pub(super) key: NodeKey,
    pub(super) by: Arc<str>,
    pub(super) view: &'a T,
    pub(super) at: Stamp,
}

/// What counts of all that was said.
#[derive(Clone, Debug)]
pub(super) struct Voice<'a> {
    /// rgmanager's view.
    pub(super) clustat: Option<Said<'a, ClustatView>>,
    /// The membership of the partition that counts.
    pub(super) cman: Option<Said<'a, CmanView>>,
    /// The fence domain of the same partition.
    pub(super) groups: Option<Said<'a, GroupsView>>,
    /// The highest version of cluster.conf.
    pub(super) conf: Option<&'a ClusterConf>,
}

impl Voice<'_> {
    /// Who speaks for rgmanager, and when.
    pub(super) fn sight(&self) -> Option<Sight> {
        self.clustat.as_ref().map(|s| Sight { by: s.by.clone(), at: s.at })
    }

    /// The services that rgmanager lists. clustat leaves the list out where there is none to print: it is an empty one where rgmanager answers and
    /// cluster.conf has no service either.
    pub(super) fn listed(&self) -> Option<&[ClustatGroup]> {
        let view = self.clustat.as_ref()?.view;
        let none = || view.is_content() && self.conf.is_some_and(|c| c.services.is_empty());
        view.groups.as_deref().or_else(|| none().then_some(&[][..]))
    }

    /// The fence domain.
    pub(super) fn fence(&self) -> Option<&FenceDomain> {
        self.groups.as_ref()?.view.fence.as_ref()
    }

    /// The id of a member, by cman, clustat or cluster.conf.
    pub(super) fn id_of(&self, name: &str) -> Option<u32> {
        let by_cman = || self.cman.as_ref()?.view.nodes.iter().find(|n| n.name == name).map(|n| n.id);
        let by_clustat = || self.clustat.as_ref()?.view.nodes.iter().find(|n| n.name == name)?.id.and_then(|id| u32::try_from(id).ok());
        let by_conf = || self.conf?.nodes.iter().find(|n| n.name == name)?.id;
        by_cman().or_else(by_clustat).or_else(by_conf)
    }

    /// The name of an id.
    pub(super) fn name_of(&self, id: u32) -> Arc<str> {
        let by_cman = || self.cman.as_ref()?.view.nodes.iter().find(|n| n.id == id).map(|n| n.name.as_str());
        let by_clustat = || self.clustat.as_ref()?.view.nodes.iter().find(|n| n.id == Some(u64::from(id))).map(|n| n.name.as_str());
        let by_conf = || self.conf?.nodes.iter().find(|n| n.id == Some(id)).map(|n| n.name.as_str());
        by_cman().or_else(by_clustat).or_else(by_conf).map_or_else(|| Arc::from(format!("node {id}")), Arc::from)
    }

    /// Whether a member still has to be fenced; none if the fence domain does not tell.
    pub(super) fn awaits_fencing(&self, name: &str) -> Option<bool> {
        self.fence()?.awaits(self.id_of(name)?)
    }
}

/// Chooses whose words count; none where nothing of this stack has answered.
pub(super) fn listen<'a>(nodes: &'a Nodes, names: &Names) -> Option<Voice<'a>> {
    let quorate = |key: &NodeKey| nodes.get(key).and_then(|n| n.answers.quorum.get()?.quorate) == Some(true);
    let name = |key: NodeKey| names.of(key).cloned().unwrap_or_default();
    let told = || nodes.iter().filter_map(|(key, n)| n.answers.clustat.seen().map(|(view, at)| (*key, n.is_live(), view, at)));
    let newest = told().filter(|(_, live, ..)| *live).map(|(.., at)| at).max().unwrap_or_default();
    let clustat = told()
        .max_by_key(|(key, live, view, at)| {
            let fresh = newest.0.saturating_sub(at.0) <= OLD;
            (*live, fresh, quorate(key), view.quorate, view.groups.is_some(), !view.from_text, *at, std::cmp::Reverse(*key))
        })
        .map(|(key, _, view, at)| Said { key, by: name(key), view, at });
    let cman = nodes
        .iter()
        .filter_map(|(key, n)| n.answers.cman.seen().map(|(view, at)| (*key, n.is_live(), view, at)))
        .max_by_key(|(key, live, view, at)| (*live, view.quorate(), view.total, !view.nodes.is_empty(), *at, std::cmp::Reverse(*key)))
        .map(|(key, _, view, at)| Said { key, by: name(key), view, at });
    let groups = nodes
        .iter()
        .filter_map(|(key, n)| n.answers.groups.seen().map(|(view, at)| (*key, n.is_live(), view, at)))
        .max_by_key(|(key, live, view, at)| (*live, quorate(key), view.fence.is_some(), *at, std::cmp::Reverse(*key)))
        .map(|(key, _, view, at)| Said { key, by: name(key), view, at });
    let conf = nodes
        .values()
        .filter_map(|n| n.answers.conf.seen().map(|(conf, at)| (n.is_live(), conf.version, at, conf)))
        .max_by_key(|(live, version, at, _)| (*live, *version, *at))
        .map(|(.., conf)| conf);
    (clustat.is_some() || cman.is_some() || conf.is_some()).then_some(Voice { clustat, cman, groups, conf })
}

/// The cluster's name.
pub(super) fn name(voice: &Voice<'_>) -> Option<String> {
    let by_cman = || voice.cman.as_ref()?.view.cluster_name.clone();
    let by_clustat = || voice.clustat.as_ref()?.view.cluster_name.clone();
    let filled = |name: &String| !name.is_empty();
    by_cman().or_else(by_clustat).filter(filled).or_else(|| voice.conf?.name.clone()).filter(filled)
}

/// rgmanager's version (`clustat -v`), by the node that speaks for it, or any other.
pub(super) fn version(voice: &Voice<'_>, nodes: &Nodes) -> Option<String> {
    let first = voice.clustat.as_ref().and_then(|c| nodes.get(&c.key));
    let said = first.into_iter().chain(nodes.values()).filter_map(|n| n.answers.tools.get()).find_map(|tools| {
        let (_, said) = tools.versions.iter().find(|(tool, _)| tool == "clustat")?;
        said.split_whitespace().last().filter(|v| v.starts_with(|c: char| c.is_ascii_digit()))
    });
    said.map(str::to_owned)
}

/// Fencing is disabled where cluster.conf gives no node any method.
pub(super) fn options(voice: &Voice<'_>) -> Options {
    let nodes = voice.conf.map_or(&[][..], |c| &c.nodes);
    let fencing_enabled = (!nodes.is_empty()).then(|| nodes.iter().any(|n| n.methods.iter().any(|m| !m.devices.is_empty())));
    Options { fencing_enabled, ..Options::default() }
}
