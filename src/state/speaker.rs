//! Which node speaks for the manager.

use std::sync::Arc;

use crate::domain::cluster::Sight;
use crate::domain::node::NodeKey;
use crate::domain::observation::manager::ManagerView;
use crate::domain::stamp::Stamp;

use super::facts::NodeState;
use super::identity::{Names, Nodes};

/// The view that counts, and who gave it.
#[derive(Clone, Debug)]
pub(super) struct Speaker<'a> {
    pub(super) key: NodeKey,
    pub(super) name: Arc<str>,
    pub(super) view: &'a ManagerView,
    pub(super) at: Stamp,
}

impl Speaker<'_> {
    /// Who said it, and when.
    pub(super) fn sight(&self) -> Sight {
        Sight { by: self.name.clone(), at: self.at }
    }
}

/// The view of a node that still answers beats one of a node that does not, one from a partition with quorum beats
/// one without, one that has a DC beats one that waits for it; then the newest.
pub(super) fn choose<'a>(nodes: &'a Nodes, names: &Names) -> Option<Speaker<'a>> {
    let rank = |key: NodeKey, node: &NodeState, view: &ManagerView, at: Stamp| {
        (node.is_live(), has_quorum(node, view), view.dc.is_some(), at, std::cmp::Reverse(key))
    };
    nodes
        .iter()
        .filter_map(|(key, node)| node.answers.manager.seen().map(|(view, at)| (*key, node, view, at)))
        .max_by_key(|(key, node, view, at)| rank(*key, node, view, *at))
        .map(|(key, _, view, at)| Speaker { key, name: names.of(key).cloned().unwrap_or_default(), view, at })
}

fn has_quorum(node: &NodeState, view: &ManagerView) -> bool {
    node.answers.quorum.get().and_then(|q| q.quorate).or(view.with_quorum).unwrap_or(false)
}
