//! What is computed once per picture, so that drawing need not: sets of rows that belong together, the worst
//! alert of each subject, counts, short names.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

use super::moving::{self, Way};
use super::names::Names;
use super::rows::Row;
use crate::domain::cluster::{BondStatus, Cluster, Member, MemberStatus, PathMap, Service, ServiceKind, ServiceState};
use crate::domain::event::Severity;
use crate::domain::guest::{Guest, GuestState};
use crate::domain::observation::manager::NodeKind;
use crate::domain::text::natural_cmp;
use crate::theme::Role;

/// How loud a row is. Ordered: the loudest is the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing to say.
    #[default]
    Quiet,
    /// Something worth a look, or on its way from one state to another.
    Moving,
    /// Redundancy or a service suffers.
    Warning,
    /// Down, or about to be.
    Critical,
}

/// The interfaces of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetNode {
    /// The member.
    pub node: Arc<str>,
    /// In `cluster.bonds`.
    pub bonds: Range<usize>,
    /// In `cluster.nics`.
    pub nics: Range<usize>,
}

/// Counts for headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Members that answer.
    pub reachable: usize,
    /// Services (groups and clones for their members, no fence devices) that are started.
    pub started: usize,
    /// Those that should be: all but the disabled.
    pub wanted: usize,
    /// Paths alive, paths.
    pub paths: (u32, u32),
}

/// Links of a member that are told apart: knet has at most 8.
pub const LINKS: usize = 8;

/// How a link does. Ordered: the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkSign {
    /// Connected to every peer that is a member now.
    Up,
    /// Not known to some.
    Unknown,
    /// Not connected to some.
    Down,
}

/// The widest of what stands in a column, in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Widths {
    /// A service's name, indented below its group.
    pub service: u16,
    /// What a row of storage is called.
    pub storage: u16,
    /// Some service has failed operations.
    pub failures: bool,
    /// A guest's name.
    pub guest: u16,
    /// Some service is a guest that libvirt has.
    pub guests: bool,
    /// Red Hat Cluster Suite's own: what its members and services have columns for.
    pub suite: Option<Suite>,
}

/// The widest of what only Red Hat Cluster Suite has columns for, in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suite {
    /// The host's own name.
    pub hostname: u16,
    /// A failover domain.
    pub domain: u16,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Short names.
    pub names: Names,
    /// Filesystems by mount and source: places in `cluster.filesystems`.
    pub mounts: Vec<Vec<usize>>,
    /// Multipath maps by name: places in `cluster.maps`.
    pub paths: Vec<Vec<usize>>,
    /// Interfaces by node.
    pub net: Vec<NetNode>,
    /// Of each service: the place of its outermost parent, and how deep it lies in it.
    pub tree: Vec<(u32, u8)>,
    /// Counts.
    pub counts: Counts,
    /// The fullest volume or filesystem: name and percent.
    pub fullest: Option<(String, f64)>,
    /// What columns are fitted to.
    pub widths: Widths,
    /// Of each member: the manager has it as a member that works, but no ring that was seen contains it any more. The ring knows first.
    pub left: Vec<bool>,
    /// Of each member: its links by number, whether they reach every member that is there.
    pub links: Vec<[Option<LinkSign>; LINKS]>,
    /// Lines below the members: fencing, what is special about quorum, views that contradict each other.
    pub foot: u16,
    /// There is no quorum: a column says what is still safe.
    pub inquorate: bool,
    /// Whether the cluster can fence, in words: the devices stand among all services.
    pub fencing: Option<(Role, String)>,
    /// Moves that libvirt knows of, by service or guest.
    pub moving: HashMap<String, Way>,
    loud: HashMap<String, Level>,
}

impl Index {
    /// Indexes a picture.
    pub fn new(c: &Cluster, ascii: bool) -> Self {
        let mut order: Vec<Arc<str>> = c.members.iter().map(|m| m.name.clone()).collect();
        order.sort_by(|a, b| natural_cmp(a, b));
        let mut index = Self {
            names: Names::new(&order, ascii),
            mounts: group(c.filesystems.iter().map(|f| (f.mount.as_str(), f.source.as_str()))),
            paths: group(c.maps.iter().map(|m| (m.map.name.as_str(), ""))),
            net: net_nodes(c),
            tree: tree(c),
            counts: Counts::default(),
            fullest: fullest(c),
            widths: Widths::default(),
            left: Vec::new(),
            links: Vec::new(),
            foot: super::foot::wanted(c),
            inquorate: c.quorum.quorate == Some(false),
            fencing: Some(super::fencing::ready(c)),
            moving: moving::of_guests(c),
            loud: HashMap::new(),
        };
        index.widths = widths(c, &index.tree);
        index.left = left(c);
        index.links = links(c, &index.left);
        for alert in &c.alerts {
            let level = level_of(alert.severity);
            let entry = index.loud.entry(alert.subject.clone()).or_default();
            *entry = (*entry).max(level);
        }
        index.counts = counts(c);
        index
    }

    /// How loud a row is.
    pub fn level(&self, row: Row, c: &Cluster) -> Level {
        let at = |i: u32| i as usize;
        match row {
            Row::Member(i) => c.members.get(at(i)).map_or(Level::Quiet, |m| {
                let own = match m.status {
                    MemberStatus::Unclean => Level::Critical,
                    _ if self.left.get(at(i)) == Some(&true) => Level::Critical,
                    MemberStatus::Online if m.reach.is_up() => Level::Quiet,
                    MemberStatus::Pending => Level::Moving,
                    _ => Level::Warning,
                };
                own.max(self.said(&m.name))
            }),
            Row::Service(i) => c.services.get(at(i)).map_or(Level::Quiet, |s| service_level(s).max(self.said(&s.id))),
            Row::Volume(i) => c.volumes.get(at(i)).map_or(Level::Quiet, |v| {
                let moving = if v.copy_percent.is_some_and(|p| p < 100.0) { Level::Moving } else { Level::Quiet };
                moving.max(self.said(&format!("{}/{}", v.vg, v.lv)))
            }),
            Row::Mount(i) => self.worst(self.mounts.get(at(i)), |k| c.filesystems.get(k).map(|f| format!("{}:{}", f.node, f.mount))),
            Row::Paths(i) => {
                let lost = self.paths.get(at(i)).is_some_and(|set| set.iter().filter_map(|k| c.maps.get(*k)).any(PathMap::is_short));
                let own = if lost { Level::Warning } else { Level::Quiet };
                own.max(self.worst(self.paths.get(at(i)), |k| c.maps.get(k).map(|m| format!("{}:{}", m.node, m.map.name))))
            }
            Row::Iscsi(i) => match c.iscsi.get(at(i)).and_then(|(_, s)| s.session_state.as_deref()) {
                Some("LOGGED_IN") | None => Level::Quiet,
                Some(_) => Level::Warning,
            },
            Row::Guest(i) => c.guests.get(at(i)).map_or(Level::Quiet, |g| guest_level(g).max(self.guest_said(g))),
            Row::Group(_) | Row::Pv(_) | Row::Nic(_) => Level::Quiet,
            Row::Net(i) => {
                self.net.get(at(i)).map_or(Level::Quiet, |n| n.bonds.clone().map(|k| self.bond_level(c, k)).max().unwrap_or_default())
            }
            Row::Bond(i) => self.bond_level(c, at(i)),
        }
    }

    /// Alerts about a guest stand under its service, where it has one.
    fn guest_said(&self, g: &Guest) -> Level {
        self.said(&g.name).max(g.managed_by.as_deref().map_or(Level::Quiet, |s| self.said(s)))
    }

    fn bond_level(&self, c: &Cluster, i: usize) -> Level {
        c.bonds.get(i).map_or(Level::Quiet, |b| {
            let own = match b.status {
                BondStatus::Up => Level::Quiet,
                BondStatus::Degraded => Level::Warning,
                BondStatus::Down => Level::Critical,
            };
            own.max(self.said(&format!("{}:{}", b.node, b.name)))
        })
    }

    fn worst(&self, set: Option<&Vec<usize>>, subject: impl Fn(usize) -> Option<String>) -> Level {
        set.into_iter().flatten().filter_map(|k| subject(*k)).map(|s| self.said(&s)).max().unwrap_or_default()
    }

    /// The worst alert of a subject.
    pub fn said(&self, subject: &str) -> Level {
        self.loud.get(subject).copied().unwrap_or_default()
    }
}

fn level_of(severity: Severity) -> Level {
    match severity {
        Severity::Critical => Level::Critical,
        Severity::Warning => Level::Warning,
        Severity::Notice => Level::Moving,
        Severity::Info => Level::Quiet,
    }
}

fn guest_level(g: &Guest) -> Level {
    match g.state {
        GuestState::Crashed => Level::Critical,
        _ if g.stale => Level::Warning,
        _ if g.migrating || g.job.is_some() => Level::Moving,
        GuestState::Paused | GuestState::Unknown => Level::Warning,
        GuestState::Running if g.is_torn() => Level::Warning,
        _ => Level::Quiet,
    }
}

fn service_level(s: &Service) -> Level {
    match s.state {
        ServiceState::Failed | ServiceState::Blocked => Level::Critical,
        ServiceState::Started | ServiceState::Disabled if s.failures == 0 && !s.failed_operation => Level::Quiet,
        ServiceState::Unknown | ServiceState::Stopped | ServiceState::Started | ServiceState::Disabled => Level::Warning,
        _ => Level::Moving,
    }
}

/// Places of equal keys, in the order of their first appearance.
fn group<'a>(keys: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Vec<usize>> {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for (i, key) in keys.enumerate() {
        let at = *places.entry(key).or_insert(sets.len());
        if at == sets.len() {
            sets.push(Vec::new());
        }
        sets[at].push(i);
    }
    sets
}

/// Bonds and interfaces are ordered by node: each node has one range of each.
fn net_nodes(c: &Cluster) -> Vec<NetNode> {
    let mut nodes: HashMap<&Arc<str>, NetNode> = HashMap::new();
    let empty = |node: &Arc<str>| NetNode { node: node.clone(), bonds: 0..0, nics: 0..0 };
    for (i, bond) in c.bonds.iter().enumerate() {
        extend(&mut nodes.entry(&bond.node).or_insert_with(|| empty(&bond.node)).bonds, i);
    }
    for (i, nic) in c.nics.iter().enumerate() {
        extend(&mut nodes.entry(&nic.node).or_insert_with(|| empty(&nic.node)).nics, i);
    }
    let mut nodes: Vec<NetNode> = nodes.into_values().collect();
    nodes.sort_by(|a, b| natural_cmp(&a.node, &b.node));
    nodes
}

fn extend(range: &mut Range<usize>, i: usize) {
    *range = if range.start == range.end { i..i + 1 } else { range.start..i + 1 };
}

fn tree(c: &Cluster) -> Vec<(u32, u8)> {
    let places: HashMap<&str, u32> =
        c.services.iter().zip(0_u32..).filter(|(s, _)| is_container(s.kind)).map(|(s, i)| (s.id.as_str(), i)).collect();
    let mut out = Vec::with_capacity(c.services.len());
    for (_, own) in c.services.iter().zip(0_u32..) {
        let (mut root, mut depth) = (own, 0);
        // Pacemaker nests at most a primitive in a group in a clone; a circle in bad input ends here too.
        while depth < 3
            && let Some(parent) = c.services.get(root as usize).and_then(|s| s.parent.as_deref())
            && let Some(place) = places.get(parent)
            && *place != root
        {
            (root, depth) = (*place, depth + 1);
        }
        out.push((root, depth));
    }
    out
}

const fn is_container(kind: ServiceKind) -> bool {
    matches!(kind, ServiceKind::Group | ServiceKind::Clone | ServiceKind::Bundle)
}

fn counts(c: &Cluster) -> Counts {
    let counted = |s: &&Service| s.parent.is_none() && s.kind != ServiceKind::Stonith;
    let wanted = |s: &&Service| s.state != ServiceState::Disabled;
    Counts {
        reachable: c.members.iter().filter(|m| m.reach.is_up()).count(),
        started: c.services.iter().filter(counted).filter(|s| s.state == ServiceState::Started).count(),
        wanted: c.services.iter().filter(counted).filter(wanted).count(),
        paths: paths(c),
    }
}

fn left(c: &Cluster) -> Vec<bool> {
    let ring: HashSet<&str> = c.quorum.partitions.iter().flat_map(|p| &p.members).map(|m| &**m).collect();
    let works = |m: &Member| matches!(m.status, MemberStatus::Online | MemberStatus::Standby | MemberStatus::Maintenance);
    let left = |m: &Member| m.kind == NodeKind::Member && works(m) && !ring.contains(&*m.name);
    // A ring that names somebody unknown may know members by other names: then it proves nothing.
    let names: HashSet<&str> = c.members.iter().map(|m| &*m.name).collect();
    let sure = !ring.is_empty() && ring.is_subset(&names);
    c.members.iter().map(|m| sure && left(m)).collect()
}

/// A link to a member that is gone is down by nature: it says nothing about the cable.
fn links(c: &Cluster, left: &[bool]) -> Vec<[Option<LinkSign>; LINKS]> {
    let lost = |m: &Member| matches!(m.status, MemberStatus::Offline | MemberStatus::Unclean);
    let gone: HashSet<&str> = c.members.iter().zip(left).filter(|(m, left)| **left || lost(m)).map(|(m, _)| &*m.name).collect();
    let signs = |m: &Member| {
        let mut signs = [None; LINKS];
        for link in m.links.iter().filter(|l| l.peer.as_deref().is_none_or(|p| !gone.contains(p))) {
            let sign = match link.connected {
                Some(true) => LinkSign::Up,
                Some(false) => LinkSign::Down,
                None => LinkSign::Unknown,
            };
            if let Some(known) = signs.get_mut(link.number as usize) {
                *known = (*known).max(Some(sign));
            }
        }
        signs
    };
    c.members.iter().map(signs).collect()
}

/// Paths of nodes that answer: what the others had is not known.
fn paths(c: &Cluster) -> (u32, u32) {
    let silent: HashSet<&str> = c.members.iter().filter(|m| !m.reach.is_up()).map(|m| &*m.name).collect();
    let seen = c.maps.iter().filter(|m| !silent.contains(&*m.node));
    seen.fold((0, 0), |(a, t), m| (m.active.saturating_add(a), m.total.saturating_add(t)))
}

fn widths(c: &Cluster, tree: &[(u32, u8)]) -> Widths {
    // A byte is a cell in most names: measured is only what is not ASCII.
    let cells = |text: &str| if text.is_ascii() { text.len() } else { text.width() };
    let service = c.services.iter().zip(tree).map(|(s, (_, depth))| cells(&s.id) + usize::from(*depth.min(&2)) * 2);
    let storage = (c.groups.iter().map(|g| cells(&g.name)))
        .chain(c.volumes.iter().map(|v| cells(&v.vg) + 1 + cells(&v.lv)))
        .chain(c.filesystems.iter().map(|f| cells(&f.mount)))
        .chain(c.maps.iter().map(|m| cells(&m.map.name) + "paths ".len()));
    let narrow = |n: Option<usize>| u16::try_from(n.unwrap_or(0)).unwrap_or(u16::MAX);
    Widths {
        service: narrow(service.max()),
        storage: narrow(storage.max()),
        failures: c.services.iter().any(|s| s.failures > 0),
        guest: narrow(c.guests.iter().map(|g| cells(&g.name)).max()),
        guests: c.services.iter().any(|s| s.guest.is_some()),
        suite: c.rhcs.is_some().then(|| Suite {
            hostname: narrow(c.members.iter().filter_map(|m| m.host.hostname.as_deref()).map(cells).max()),
            domain: narrow(c.services.iter().filter_map(domain).map(cells).max()),
        }),
    }
}

/// The failover domain of a service of rgmanager.
pub fn domain(s: &Service) -> Option<&str> {
    s.rhcs.as_ref()?.conf.as_ref()?.domain.as_deref()
}

fn fullest(c: &Cluster) -> Option<(String, f64)> {
    let volumes = c.volumes.iter().filter_map(|v| {
        let fill = v.data_percent.unwrap_or(0.0).max(v.metadata_percent.unwrap_or(0.0));
        (fill > 0.0).then(|| (format!("{}/{}", v.vg, v.lv), fill))
    });
    let mounts = c.filesystems.iter().filter_map(|f| Some((format!("{}:{}", f.node, f.mount), f.percent()?)));
    volumes.chain(mounts).max_by(|a, b| a.1.total_cmp(&b.1))
}
