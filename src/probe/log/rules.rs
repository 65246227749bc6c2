//! The table of log lines in `rules.txt`: pattern, severity, subject, and which snapshots become stale.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::event::Severity;
use crate::domain::observation::Question as Q;

/// See its head.
const TABLE: &str = include_str!("rules.txt");

/// Programs that share a part of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Family {
    Pacemaker,
    Corosync,
    Cluster3,
    Kernel,
    Storage,
    Sbd,
    Libvirt,
    Systemd,
}

/// Their headings.
const FAMILIES: [(&str, Family); 8] = [
    ("[pacemaker]", Family::Pacemaker),
    ("[corosync]", Family::Corosync),
    ("[cluster3]", Family::Cluster3),
    ("[kernel]", Family::Kernel),
    ("[storage]", Family::Storage),
    ("[sbd]", Family::Sbd),
    ("[libvirt]", Family::Libvirt),
    ("[systemd]", Family::Systemd),
];

/// The table's words for what becomes stale.
const STALE: [(&str, &[Q]); 23] = [
    ("none", &[]),
    ("manager", &[Q::CrmMon]),
    ("fences", &[Q::CrmMon, Q::FenceHistory]),
    ("devices", &[Q::CrmMon, Q::FenceDevices]),
    ("members", &[Q::Quorum, Q::Links, Q::CrmMon]),
    ("quorum", &[Q::Quorum, Q::CrmMon]),
    ("qdevice", &[Q::Qdevice, Q::Quorum]),
    ("links", &[Q::Links, Q::LinkStats]),
    ("traffic", &[Q::LinkStats]),
    ("bond", &[Q::Net, Q::Bonding]),
    ("net", &[Q::Net]),
    ("paths", &[Q::Multipath]),
    ("iscsi", &[Q::Iscsi, Q::Multipath]),
    ("lvm", &[Q::Lvs, Q::Vgs, Q::DeviceMapper]),
    ("dlm", &[Q::Dlm]),
    ("dlm+manager", &[Q::Dlm, Q::CrmMon]),
    ("dlm+fences", &[Q::Dlm, Q::FenceHistory]),
    ("mounts", &[Q::Filesystems]),
    ("conf", &[Q::ClusterConf, Q::Cman]),
    ("units", &[Q::Units, Q::Daemons]),
    ("host", &[Q::Host]),
    ("watchdog", &[Q::Watchdog]),
    ("watchdog+manager", &[Q::Watchdog, Q::CrmMon]),
];

/// One line of the table.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pattern: Regex,
    /// None: not for the timeline.
    pub keep: Option<Severity>,
    /// Before the subject (`node ` where the line has only an id).
    about: &'static str,
    pub stale: &'static [Q],
}

/// The lines of the table with their families; what is no rule as it stands.
fn lines() -> impl Iterator<Item = Result<(Family, Rule), &'static str>> {
    let mut family = None;
    TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(move |line| {
        if let Some((_, named)) = FAMILIES.iter().find(|(heading, _)| *heading == line) {
            family = Some(*named);
            return None;
        }
        Some(family.and_then(|family| Some((family, rule(line)?))).ok_or(line))
    })
}

fn rule(line: &'static str) -> Option<Rule> {
    let (keep, rest) = line.split_once(' ')?;
    let (what, pattern) = rest.trim_start().split_once(' ')?;
    let (stale, about) = what.split_once(':').unwrap_or((what, ""));
    Some(Rule {
        pattern: Regex::new(pattern.trim_start()).ok()?,
        keep: match keep {
            "hide" => None,
            "info" => Some(Severity::Info),
            "notice" => Some(Severity::Notice),
            "warning" => Some(Severity::Warning),
            "critical" => Some(Severity::Critical),
            _ => return None,
        },
        about: match about {
            "" => "",
            "node" => "node ",
            "vm" => "vm:",
            "service" => "service:",
            _ => return None,
        },
        stale: STALE.iter().find(|(name, _)| *name == stale)?.1,
    })
}

static RULES: LazyLock<Vec<(Family, Rule)>> = LazyLock::new(|| lines().filter_map(Result::ok).collect());

/// The first rule that a message meets, and its subject.
pub(super) fn find(family: Family, message: &str) -> Option<(&'static Rule, Option<String>)> {
    let (_, rule) = RULES.iter().find(|(of, rule)| *of == family && rule.pattern.is_match(message))?;
    let parts = rule.pattern.captures(message)?;
    let subject = parts.name("s").or_else(|| parts.name("s2"));
    Some((rule, subject.map(|s| format!("{}{}", rule.about, s.as_str()))))
}

/// Lines of the table that are no rules. Empty; a test says so.
#[doc(hidden)]
pub fn broken_patterns() -> Vec<&'static str> {
    lines().filter_map(Result::err).collect()
}
