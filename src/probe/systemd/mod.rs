//! States of the daemons that matter: by systemd, or by their processes where there is none.

use serde_json::Value;

use super::Raw;
use super::parts::{first_json, lossy, may_have, text_of};
use crate::domain::observation::host::{Tools, Unit};
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::domain::text::clean;
use crate::link::CommandLine;

pub mod starter;

/// The units, by the names that distributions give them (an alias answers under its unit's own name).
const UNITS: [&str; 25] = [
    "corosync",
    "pacemaker",
    "pacemaker_remote",
    "sbd",
    "corosync-qdevice",
    "corosync-qnetd",
    "dlm",
    "lvmlockd",
    "clvmd",
    "libvirtd",
    "virtqemud",
    "virtlogd",
    "virtproxyd",
    "multipathd",
    "iscsid",
    "sshd",
    "ssh",
    "chronyd",
    "chrony",
    "ntpd",
    "ntpsec",
    "pcsd",
    "cman",
    "rgmanager",
    "systemd-timesyncd",
];

/// (process, unit): names of processes are cut to 15 characters by the kernel, and daemons are not always called
/// as their unit is.
const PROCESSES: [(&str, &str); 33] = [
    ("corosync", "corosync"),
    ("pacemakerd", "pacemaker"),
    ("pacemaker_remot", "pacemaker_remote"),
    ("pacemaker-remot", "pacemaker_remote"),
    ("pacemaker_remoted", "pacemaker_remote"),
    ("pacemaker-remoted", "pacemaker_remote"),
    ("sbd", "sbd"),
    ("corosync-qdevic", "corosync-qdevice"),
    ("corosync-qdevice", "corosync-qdevice"),
    ("corosync-qnetd", "corosync-qnetd"),
    ("dlm_controld", "dlm"),
    ("lvmlockd", "lvmlockd"),
    ("clvmd", "clvmd"),
    ("libvirtd", "libvirtd"),
    ("virtqemud", "virtqemud"),
    ("virtlogd", "virtlogd"),
    ("virtproxyd", "virtproxyd"),
    ("multipathd", "multipathd"),
    ("iscsid", "iscsid"),
    ("sshd", "sshd"),
    ("chronyd", "chronyd"),
    ("ntpd", "ntpd"),
    ("pcsd", "pcsd"),
    ("aisexec", "aisexec"),
    ("ccsd", "ccsd"),
    ("groupd", "groupd"),
    ("fenced", "fenced"),
    ("gfs_controld", "gfs_controld"),
    ("qdiskd", "qdiskd"),
    ("rgmanager", "rgmanager"),
    ("clurgmgrd", "rgmanager"),
    ("ricci", "ricci"),
    ("modclusterd", "modclusterd"),
];

/// procps has `-e`; busybox's ps does not always, but /proc is the same everywhere.
const DAEMONS: &str = r"# quorate: names of processes
exec </dev/null
ps -e -o comm= 2>/dev/null || cat /proc/[0-9]*/comm 2>/dev/null
exit 0
";

/// The command for a question of this family; none if no tool of the node can answer it.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    match question {
        Question::Units if may_have(tools, "systemctl") => {
            let args = ["show", "-p", "Id,LoadState,ActiveState,SubState", "--"].into_iter().map(str::to_owned);
            Some(CommandLine::new("systemctl", args.chain(UNITS.iter().map(|u| format!("{u}.service")))))
        }
        Question::Daemons => Some(CommandLine::script(DAEMONS, [""; 0])),
        _ => None,
    }
}

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    let text = lossy(raw.stdout);
    // systemctl is installed, but something else is process 1 (containers, the namespace lab): Daemons answers in its place.
    if question == Question::Units && raw.code != 0 && lossy(raw.stderr).contains("not been booted with systemd") {
        return Err(Trouble::new(TroubleKind::Absent, "systemd does not run on this node; its daemons are looked for among the processes"));
    }
    match question {
        Question::Units if text.trim_start().starts_with('[') => listed(raw, &text),
        Question::Units => shown(raw, &text),
        Question::Daemons => running(raw, &text),
        _ => return Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family"))),
    }
    .map(Observation::Units)
}

/// `systemctl show -p ...`: a block of `Key=value` lines per unit, blank lines between them.
fn shown(raw: Raw<'_>, text: &str) -> Result<Vec<Unit>, Trouble> {
    let mut all = Vec::new();
    let mut unit = Unit::default();
    for line in text.lines().chain([""]) {
        match line.trim().split_once('=') {
            Some(("Id", value)) => unit.name = bare(value),
            Some(("LoadState", value)) => unit.load = clean(value),
            Some(("ActiveState", value)) => unit.active = clean(value),
            Some(("SubState", value)) => unit.sub = clean(value),
            None if line.trim().is_empty() => all.push(std::mem::take(&mut unit)),
            Some(_) | None => {}
        }
    }
    all.retain(|u| !u.name.is_empty() && !u.active.is_empty());
    if all.is_empty() {
        let readable = raw.code != 0 || text.trim().is_empty();
        return Err(if readable { raw.refusal() } else { raw.garbled("no block with Id and ActiveState") });
    }
    Ok(distinct(all))
}

/// `systemctl list-units -o json`, which lists every service of the node.
fn listed(raw: Raw<'_>, text: &str) -> Result<Vec<Unit>, Trouble> {
    let Value::Array(rows) = first_json(raw, text)? else {
        return Err(raw.garbled("not a list of units"));
    };
    let read = |row: &Value| {
        let field = |key| text_of(row, key);
        Some(Unit { name: bare(&field("unit")?), load: field("load")?, active: field("active")?, sub: field("sub").unwrap_or_default() })
    };
    let all: Vec<Unit> = rows.iter().filter_map(read).collect();
    if all.is_empty() && !rows.is_empty() {
        return Err(raw.garbled("no row with unit, load and active"));
    }
    Ok(distinct(all.into_iter().filter(|u| UNITS.contains(&u.name.as_str())).collect()))
}

/// Without units that are not there, and each once.
fn distinct(all: Vec<Unit>) -> Vec<Unit> {
    let mut kept: Vec<Unit> = Vec::new();
    for unit in all {
        if unit.load != "not-found" && kept.iter().all(|k| k.name != unit.name) {
            kept.push(unit);
        }
    }
    kept
}

fn bare(id: &str) -> String {
    clean(id.trim().trim_end_matches(".service"))
}

/// Names of processes, one a line. What the list does not know is of no interest.
fn running(raw: Raw<'_>, text: &str) -> Result<Vec<Unit>, Trouble> {
    if text.trim().is_empty() {
        return Err(raw.refusal());
    }
    let mut all = Vec::new();
    for line in text.lines() {
        let name = line.trim();
        if let Some((_, unit)) = PROCESSES.iter().find(|(process, _)| *process == name) {
            all.push(Unit { name: (*unit).to_owned(), load: "process".into(), active: "active".into(), sub: "running".into() });
        }
    }
    Ok(distinct(all))
}
