//! The wallboard's pages, which turn by themselves.

use super::index::Index;
use crate::domain::cluster::Cluster;
use crate::domain::event::Severity;
use crate::domain::stamp::Stamp;

/// How long a page stands, microseconds.
const TURN: i64 = 15_000_000;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Quorum, counts, the worst alerts, the last event.
    Summary,
    /// The members.
    Members,
    /// Services, those in trouble first.
    Services,
    /// Storage and network.
    Storage,
    /// The last events.
    Events,
}

/// The page that is due: with an alert that is critical the board stays where it is seen.
pub fn page(c: &Cluster, index: &Index, now: Stamp) -> Page {
    let critical = c.alerts.iter().any(|a| a.severity == Severity::Critical);
    let mut pages = vec![Page::Summary, Page::Members, Page::Services];
    if !c.groups.is_empty() || !c.filesystems.is_empty() || !index.net.is_empty() {
        pages.push(Page::Storage);
    }
    pages.push(Page::Events);
    let turn = usize::try_from(now.0.div_euclid(TURN)).unwrap_or(0);
    if critical && turn % 2 == 0 {
        return Page::Summary;
    }
    let turn = if critical { turn / 2 } else { turn };
    pages[turn % pages.len()]
}
