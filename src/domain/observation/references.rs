//! What in the manager's configuration names a resource: nothing of it may be left over when the resource goes.

/// What names a resource, and what becomes of a resource that is configured no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Constraints that name it.
    pub constraints: Vec<Naming>,
    /// Tags that name it: id, and whether they name others, too.
    pub tags: Vec<(String, bool)>,
    /// Whatever else does (an ACL, another resource that uses a part of it): element, id.
    pub others: Vec<(String, String)>,
    /// The values of `stop-orphan-resources`, wherever it is set.
    pub stop_orphans: Vec<String>,
}

/// A constraint that names a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// Its element: `rsc_order`, `rsc_ticket` ...
    pub element: String,
    /// Its id.
    pub id: String,
    /// Its sets, where it names resources in sets.
    pub sets: Vec<ResourceSet>,
}

/// A `<resource_set>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceSet {
    /// Its id.
    pub id: String,
    /// Whether its members depend on each other in order.
    pub sequential: bool,
    /// Resources, in order.
    pub members: Vec<String>,
}
