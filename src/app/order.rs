//! Which rows a pane has, and in which order.

use super::filter::Filter;
use super::index::{Index, Level};
use super::rows::{Pane, Row};
use super::sift::keep;
use super::sort::sort;
use crate::domain::cluster::Cluster;

/// What a table may be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns' names")]
pub enum SortKey {
    #[default]
    Name,
    State,
    Node,
    Cpu,
    Memory,
    Uptime,
    Guests,
    Failures,
    Since,
    Fill,
    Size,
}

impl SortKey {
    /// Its word in the menu.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::State => "state, worst first",
            Self::Node => "node",
            Self::Cpu => "CPU, busiest first",
            Self::Memory => "memory, fullest first",
            Self::Uptime => "uptime, shortest first",
            Self::Guests => "guests, most first",
            Self::Failures => "failures, most first",
            Self::Since => "last change, newest first",
            Self::Fill => "fill, fullest first",
            Self::Size => "size, largest first",
        }
    }

    /// Its word in a title.
    pub fn short(self) -> &'static str {
        self.word().split(',').next().unwrap_or_default()
    }

    /// The order in which a pane begins.
    pub const fn default_of(pane: Pane) -> Self {
        match pane {
            Pane::Network => Self::Node,
            _ => Self::Name,
        }
    }

    /// The keys of a pane.
    pub const fn of(pane: Pane) -> &'static [Self] {
        match pane {
            Pane::Members => &[Self::Name, Self::State, Self::Cpu, Self::Memory, Self::Uptime, Self::Guests],
            Pane::Services => &[Self::Name, Self::State, Self::Node, Self::Failures, Self::Since],
            Pane::Storage => &[Self::Name, Self::State, Self::Fill, Self::Size],
            Pane::Network => &[Self::Node, Self::State, Self::Name],
            Pane::Guests => &[Self::Name, Self::State, Self::Node, Self::Cpu, Self::Memory, Self::Uptime, Self::Since],
            Pane::Events => &[],
        }
    }
}

/// How the operator wants a pane.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Sorted by.
    pub sort: SortKey,
    /// The other way round.
    pub reversed: bool,
    /// Only rows that pass.
    pub filter: Filter,
    /// Only rows in trouble.
    pub problems: bool,
}

/// The rows of a pane's full table. `before` are the rows of the picture before: services mostly stay where they
/// were, and what is in order already is sorted in no time.
pub fn full(pane: Pane, before: Vec<Row>, c: &Cluster, index: &Index, wish: &Wish) -> Vec<Row> {
    let whole = pane == Pane::Services && before.len() == c.services.len();
    let mut rows = if whole { before } else { all(pane, c, index) };
    if wish.problems || !wish.filter.is_empty() {
        rows.retain(|r| keep(*r, c, index, wish));
    }
    sort(&mut rows, c, index, wish);
    rows
}

/// The rows of a pane on the overview, before folding: the interfaces of a node are one row there, and what only
/// matters in detail is left out while it is quiet.
pub fn brief(pane: Pane, full_rows: &[Row], c: &Cluster, index: &Index, wish: &Wish) -> Vec<Row> {
    match pane {
        Pane::Network => {
            let mut rows: Vec<Row> = (0_u32..).take(index.net.len()).map(Row::Net).collect();
            rows.retain(|r| keep(*r, c, index, wish));
            rows
        }
        Pane::Storage => {
            let shared = c.groups.iter().any(|g| g.shared);
            full_rows.iter().copied().filter(|r| !is_detail(*r, c, shared) || index.level(*r, c) > Level::Quiet).collect()
        }
        _ => full_rows.to_vec(),
    }
}

/// Physical volumes and sessions; and beside shared groups, what each node has for itself alone.
fn is_detail(row: Row, c: &Cluster, shared: bool) -> bool {
    match row {
        Row::Pv(_) | Row::Iscsi(_) => true,
        Row::Group(i) => shared && c.groups.get(i as usize).is_some_and(|g| !g.shared),
        Row::Volume(i) => shared && c.volumes.get(i as usize).is_some_and(|v| v.seen_by.len() < 2 && v.active_on.len() < 2),
        _ => false,
    }
}

/// Rows in trouble first, each part in its order; and how many are not quiet.
pub fn loud_first(rows: &[Row], c: &Cluster, index: &Index) -> (Vec<Row>, usize) {
    let (mut loud, quiet): (Vec<Row>, Vec<Row>) = rows.iter().partition(|r| index.level(**r, c) > Level::Quiet);
    let count = loud.len();
    loud.extend(quiet);
    (loud, count)
}

fn all(pane: Pane, c: &Cluster, index: &Index) -> Vec<Row> {
    let each = |len: usize, row: fn(u32) -> Row| (0_u32..).take(len).map(row);
    match pane {
        Pane::Members => each(c.members.len(), Row::Member).collect(),
        Pane::Services => each(c.services.len(), Row::Service).collect(),
        Pane::Storage => each(c.groups.len(), Row::Group)
            .chain(each(index.paths.len(), Row::Paths))
            .chain(each(c.volumes.len(), Row::Volume))
            .chain(each(index.mounts.len(), Row::Mount))
            .chain(each(c.iscsi.len(), Row::Iscsi))
            .chain(each(c.pvs.len(), Row::Pv))
            .collect(),
        Pane::Network => each(c.bonds.len(), Row::Bond).chain(each(c.nics.len(), Row::Nic)).collect(),
        Pane::Guests => each(c.guests.len(), Row::Guest).collect(),
        Pane::Events => Vec::new(),
    }
}
