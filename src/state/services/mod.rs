//! Services as Pacemaker shows them: the resource tree made flat, each entry with its state and the reason for it.

mod index;
mod instance;
mod partners;
mod reason;
mod tree;

use crate::domain::cluster::Service;
use crate::domain::observation::manager::{Constraint, ManagerView};
use crate::domain::stamp::Stamp;

use index::Index;

/// What services are folded from.
pub(super) struct Input<'a> {
    /// The manager's view.
    pub(super) view: &'a ManagerView,
    /// When the view was told.
    pub(super) at: Stamp,
    /// The constraints of the CIB, where they were asked.
    pub(super) constraints: &'a [Constraint],
    /// Quorum by all that is known.
    pub(super) quorate: Option<bool>,
    /// Local time of the node that told the view, minus UTC, seconds.
    pub(super) utc_offset: Option<i32>,
}

/// All services, bytewise by id.
pub(super) fn fold(input: &Input<'_>) -> Vec<Service> {
    let index = Index::new(input);
    let mut entries = tree::flatten(input.view, &index);
    tree::settle(&mut entries);
    reason::explain(&mut entries, &index, input);
    // Collected in place they would keep the room of the entries, which is twice as large: a cluster may have 20,000.
    let mut services = Vec::with_capacity(entries.len());
    services.extend(entries.into_iter().map(|e| e.service));
    services.sort_by(|a, b| a.id.cmp(&b.id));
    services
}
