//! Which columns a table has room for. Pure geometry, fitted to what stands in them.

use super::index::Index;

/// The columns of the members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// Width of the name.
    pub name: u16,
    /// Width of sign and word.
    pub status: u16,
    /// A sign for each link.
    pub links: bool,
    /// Guests.
    pub guests: bool,
    /// Votes.
    pub votes: bool,
    /// Uptime.
    pub uptime: bool,
    /// Services, CPUs, memory, NICs, load.
    pub size: bool,
    /// What is still safe, while there is no quorum.
    pub safe: bool,
    /// Clock and daemons.
    pub care: bool,
    /// Kernel and system.
    pub system: bool,
    /// Red Hat Cluster Suite: the id, and whether rgmanager runs.
    pub suite: bool,
    /// Red Hat Cluster Suite: width of the host's own name; 0: no room.
    pub hostname: u16,
}

/// Sign and word of a member's status.
const STATUS: u16 = 13;
/// CPU and memory with their blanks.
const LOADS: u16 = 10;
const GUESTS: u16 = 5;
const LINKS: u16 = 7;
const UPTIME: u16 = 6;
const VOTES: u16 = 3;
/// `ID` and `RGMGR`, with their blanks.
const SUITE: u16 = 11;
/// `STILL SAFE`, with the blank before it.
pub const SAFE: u16 = 11;

impl Members {
    /// The columns for a width. Links go last: a link that is down is trouble, an uptime is not.
    pub fn new(index: &Index, width: u16) -> Self {
        let name = index.names.widest().clamp(4, if width >= 100 { 30 } else { 14 });
        let base = name + STATUS + 2 + LOADS;
        let links = links(index);
        let suite = index.widths.suite.filter(|_| width >= 126);
        let hostname = suite.filter(|_| width >= 150).map_or(0, |s| s.hostname.clamp(8, 30));
        Self {
            name,
            status: STATUS,
            links: links > 0 && width >= base + links,
            guests: width >= base + links + GUESTS,
            uptime: width >= base + links + GUESTS + UPTIME,
            votes: width >= base + links + GUESTS + UPTIME + VOTES,
            safe: index.inquorate && width >= base + links + GUESTS + UPTIME + VOTES + SAFE,
            size: width >= 90,
            care: width >= 126,
            system: width >= 160 + if hostname > 0 { hostname + 1 + SUITE } else { 0 },
            suite: suite.is_some(),
            hostname,
        }
    }
}

/// cman tells nothing of single links: there the column would stay empty.
const fn links(index: &Index) -> u16 {
    if index.widths.suite.is_some() { 0 } else { LINKS }
}

/// The columns of the guests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guests {
    /// Width of the name.
    pub name: u16,
    /// Width of the node.
    pub node: u16,
    /// Width of sign, state and reason.
    pub state: u16,
    /// vCPUs, CPU, memory.
    pub load: bool,
    /// Disk and network.
    pub rates: bool,
    /// Width of the service.
    pub managed: u16,
    /// Agent, and how long it runs.
    pub care: bool,
    /// Since when it is in its state.
    pub since: bool,
}

impl Guests {
    /// The columns for a width.
    pub fn new(index: &Index, width: u16) -> Self {
        let name = index.widths.guest.clamp(5, if width >= 100 { 32 } else { 14 });
        let node = index.names.widest().clamp(4, if width >= 100 { 24 } else { 10 });
        let state = if width >= 110 { 26 } else { 18 };
        let base = name + node + state + 3;
        let managed = index.widths.service.clamp(10, 24);
        Self {
            name,
            node,
            state,
            load: width >= base + 18,
            rates: width >= base + 18 + managed + 1 + 28,
            managed: if width > base + 18 + managed { managed } else { 0 },
            care: width >= base + 18 + managed + 1 + 28 + 19,
            since: width >= base + 18 + managed + 1 + 28 + 19 + 12,
        }
    }
}

/// How node columns of the services are headed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    /// By short names.
    Names,
    /// By what tells the names apart.
    Tiny,
}

/// The columns of the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Services {
    /// Width of the name.
    pub name: u16,
    /// Width of a node's column and how it is headed; none if names stand instead.
    pub matrix: Option<(u16, Heads)>,
    /// Width of the names of owners where there is no matrix.
    pub owners: u16,
    /// Width of the state; failures stand behind it where they have no column.
    pub state: u16,
    /// The guest's state, by libvirt.
    pub guest: bool,
    /// The kind.
    pub kind: bool,
    /// Failures.
    pub fails: bool,
    /// Since when.
    pub since: bool,
    /// What is still safe, while there is no quorum.
    pub safe: bool,
    /// What only Red Hat Cluster Suite has.
    pub suite: Option<Suite>,
}

/// Widths of what only Red Hat Cluster Suite has: last owner, flags, autostart, failover domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// The last owner.
    pub last: u16,
    /// The failover domain.
    pub domain: u16,
}

/// `frozen`, `partial`.
pub const FLAGS: u16 = 7;
/// `yes`, `no`.
pub const AUTO: u16 = 4;

/// Width of a guest's state.
pub const GUEST: u16 = 10;
/// Width of a kind, of failures, of a time.
pub const KIND: u16 = 8;
/// Failures.
pub const FAILS: u16 = 5;
/// `11-22 22:48`.
pub const SINCE: u16 = 11;
/// A note needs these before anything else may take more room.
const NOTE: u16 = 12;

impl Services {
    /// The columns for a width.
    pub fn new(index: &Index, width: u16) -> Self {
        let narrow = width < 50;
        let widest = if narrow { 14 } else { (width / 3).clamp(12, 32) };
        let mut columns = Self {
            name: index.widths.service.clamp(7, widest),
            matrix: None,
            owners: 0,
            state: if narrow { 10 } else { 12 },
            guest: width >= 90 && index.widths.guests,
            kind: width >= 130,
            fails: !narrow && index.widths.failures,
            since: width >= 150,
            safe: index.inquorate && width >= 60,
            suite: None,
        };
        columns.matrix = columns.fit(index, width, narrow);
        if columns.matrix.is_none() && narrow {
            // A place says more than the end of a name.
            let cut = Self { name: columns.name.min(9), ..columns };
            columns.matrix = cut.fit(index, width, narrow);
            columns.name = if columns.matrix.is_some() { cut.name } else { columns.name };
        }
        if columns.matrix.is_none() {
            columns.owners = index.names.widest().clamp(5, (width / 4).max(8));
            let room = width.saturating_sub(columns.owners + columns.state + 2);
            columns.name = columns.name.min(room.max(7));
        }
        columns.suite = columns.suite(index, width);
        columns
    }

    /// A place says more than these columns: they get what is left beside it and a note.
    fn suite(&self, index: &Index, width: u16) -> Option<Suite> {
        let widths = index.widths.suite?;
        let suite = Suite { last: index.names.widest().clamp(4, 16), domain: widths.domain.clamp(6, 20) };
        let count = u16::try_from(index.names.columns().len()).unwrap_or(u16::MAX);
        let places = self.matrix.map_or(self.owners + 1, |(cell, _)| cell.saturating_mul(count));
        let own = suite.last + FLAGS + AUTO + suite.domain + 4;
        (self.fixed().saturating_add(places).saturating_add(own + NOTE) <= width).then_some(suite)
    }

    fn fit(&self, index: &Index, width: u16, narrow: bool) -> Option<(u16, Heads)> {
        let count = u16::try_from(index.names.columns().len()).unwrap_or(u16::MAX);
        let rest = width.saturating_sub(self.fixed() + if narrow { 0 } else { NOTE });
        let head = index.names.widest_head().clamp(2, 6);
        let tiny = index.names.tiny().map(|(_, heads)| heads.iter().map(String::len).max().unwrap_or(1));
        let tiny = tiny.map(|w| (u16::try_from(w).unwrap_or(2) + 1, Heads::Tiny));
        // Two columns of one head would be one place for two nodes.
        let names = |cell: u16| index.names.heads_differ().then_some((cell, Heads::Names));
        let cells = [names(head + 2), names(head + 1), tiny];
        cells.into_iter().flatten().find(|(cell, _)| count > 0 && count.saturating_mul(*cell) <= rest)
    }

    /// Cells of everything but the matrix and the note.
    const fn fixed(&self) -> u16 {
        let (guest, kind, fails, since) = (self.guest as u16, self.kind as u16, self.fails as u16, self.since as u16);
        let safe = self.safe as u16 * SAFE;
        self.name + 1 + self.state + 1 + guest * (GUEST + 1) + kind * (KIND + 1) + fails * (FAILS + 1) + since * (SINCE + 1) + safe
    }
}

/// How wide the members and the services would like to be on the overview, so that nothing that matters is cut.
pub fn natural(index: &Index, body: u16) -> (u16, u16) {
    let name = index.names.widest().clamp(4, 14);
    let base = 2 + name + STATUS + 2 + LOADS + links(index);
    let count = u16::try_from(index.names.columns().len()).unwrap_or(u16::MAX).min(64);
    if body < super::layout::WIDE {
        // Guests can be counted in the services' columns, if these have room for places.
        let rest = 2 + 1 + count * 2 + 11;
        let whole = index.widths.service.clamp(7, 14);
        // Whole names, if there is room for them.
        let services = rest + if base + 1 + rest + whole <= body { whole } else { whole.min(9) };
        let members = if base + GUESTS + 1 + services <= body { base + GUESTS } else { base };
        return (members, services);
    }
    let head = index.names.widest_head().clamp(2, 6);
    let service = index.widths.service.clamp(7, 32) + 1 + count.saturating_mul(head + 2) + 14 + FAILS + 1;
    (base + GUESTS + UPTIME + VOTES, service + 2 + NOTE * 2)
}
