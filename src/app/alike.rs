//! Whether two pictures look the same: when things were said is not drawn while it is fresh.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::cluster::{Bond, Cluster, Filesystem, HostFigures, Member, PathMap, Quorum, Sight, Volume, VolumeGroup};
use crate::domain::guest::{Guest, GuestFigures, VirtNode};
use crate::domain::stamp::Stamp;

/// How far a percentage must move before the screen follows it: digits that flicker say nothing.
pub const HYSTERESIS: f64 = 2.0;

/// Whether a picture looks like the one before. Ages are not compared: [`super::Model`] watches them as time passes.
pub fn alike(a: &Cluster, b: &Cluster) -> bool {
    a.name == b.name
        && a.stack == b.stack
        && a.version == b.version
        && quorum(&a.quorum) == quorum(&b.quorum)
        && all(&a.members, &b.members, member)
        && a.services == b.services
        && all(&a.guests, &b.guests, guest)
        && all(&a.virt, &b.virt, |v| VirtNode { host: None, ..v.clone() })
        && all(&a.groups, &b.groups, |g| VolumeGroup { sight: Sight::default(), ..g.clone() })
        && all(&a.volumes, &b.volumes, |v| Volume { sight: Sight::default(), ..v.clone() })
        && a.pvs == b.pvs
        && all(&a.filesystems, &b.filesystems, |f| Filesystem { at: Stamp::default(), ..f.clone() })
        && all(&a.maps, &b.maps, |m| PathMap { at: Stamp::default(), ..m.clone() })
        && a.iscsi == b.iscsi
        && all(&a.bonds, &b.bonds, |x| Bond { at: Stamp::default(), ..x.clone() })
        && a.nics == b.nics
        && a.fences == b.fences
        && a.fence_devices == b.fence_devices
        && a.fence_views == b.fence_views
        && a.options == b.options
        && a.constraints == b.constraints
        && a.last_change == b.last_change
        && a.manager_warnings == b.manager_warnings
        && a.manager_sight.as_ref().map(|s| &s.by) == b.manager_sight.as_ref().map(|s| &s.by)
        && a.rhcs == b.rhcs
        && a.alerts == b.alerts
}

fn all<T: PartialEq>(a: &[T], b: &[T], visible: impl Fn(&T) -> T) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || visible(a) == visible(b))
}

fn quorum(q: &Quorum) -> Quorum {
    let mut q = q.clone();
    for sight in q.partitions.iter_mut().flat_map(|p| &mut p.said_by) {
        sight.at = Stamp::default();
    }
    q
}

/// A member as it is drawn: percentages are watched by [`follow`], uptime is drawn in minutes or hours,
/// the clock in milliseconds.
fn member(m: &Member) -> Member {
    let host = HostFigures {
        at: None,
        uptime: m.host.uptime.map(|u| {
            let unit = if u.as_secs() < 3600 { 60 } else { 3600 };
            std::time::Duration::from_secs(u.as_secs() / unit * unit)
        }),
        load: m.host.load.map(|l| l.map(f32::round)),
        cpu_history: Vec::new(),
        cpu_percent: None,
        memory_percent: None,
        ..m.host.clone()
    };
    let clock_offset = m.clock_offset.map(|(offset, _)| (offset / 10_000, 0));
    let mut links = m.links.clone();
    for link in &mut links {
        link.latency = None;
    }
    Member { answered: None, host, clock_offset, links, ..m.clone() }
}

/// A guest as it is drawn: its figures in steps that are worth a look.
fn guest(g: &Guest) -> Guest {
    let step = |n: Option<u64>| n.map(|n| u64::from(n.checked_ilog2().unwrap_or(0)));
    let pair = |(a, b): (Option<u64>, Option<u64>)| (step(a), step(b));
    let f = &g.figures;
    let figures = GuestFigures {
        at: None,
        cpu_percent: f.cpu_percent.map(|p| (p / 5.0).round()),
        cpu_history: Vec::new(),
        rss: None,
        memory_used: step(f.memory_used),
        disk: pair(f.disk),
        net: pair(f.net),
        disks: Vec::new(),
        ..f.clone()
    };
    // Its start is read out of whole seconds, and drawn in minutes or hours.
    let up_since = g.up_since.map(|at| Stamp(at.0 / 60_000_000));
    Guest { at: Stamp::default(), asked: Stamp::default(), figures, up_since, ..g.clone() }
}

/// Percentages as they are drawn, by member: (CPU, memory).
pub type Loads = HashMap<Arc<str>, (Option<f64>, Option<f64>)>;

/// Follows the members' percentages where they moved enough to be worth a look. True if a drawn one changed.
pub fn follow(loads: &mut Loads, c: &Cluster) -> bool {
    let mut changed = false;
    loads.retain(|name, _| has_member(c, name));
    for m in &c.members {
        let shown = loads.entry(m.name.clone()).or_default();
        changed |= step(&mut shown.0, m.host.cpu_percent);
        changed |= step(&mut shown.1, m.host.memory_percent);
    }
    changed
}

/// Members are ordered bytewise by name; a picture that is not is searched through.
fn has_member(c: &Cluster, name: &str) -> bool {
    c.members.binary_search_by(|m| (*m.name).cmp(name)).is_ok() || c.member(name).is_some()
}

fn step(shown: &mut Option<f64>, now: Option<f64>) -> bool {
    let near = matches!((*shown, now), (Some(old), Some(now)) if (old - now).abs() < HYSTERESIS);
    if near || *shown == now {
        return false;
    }
    *shown = now;
    true
}
