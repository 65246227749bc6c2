//! The forms of log lines: what comes before the message.

use std::sync::LazyLock;

use regex::Regex;

use super::time::{self, Calendar};
use crate::domain::stamp::Stamp;

/// A log line taken apart. Borrowed text is raw: the classifier makes it harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The node's own clock.
    pub at: Option<Stamp>,
    /// The program as it names itself, `[pid]` cut off.
    pub program: &'a str,
    /// Syslog priority, 0 (emergency) to 7 (debug).
    pub priority: Option<u8>,
    /// The message.
    pub message: &'a str,
}

/// The forms after the time stamp, the most special first. Groups: `p` program, `l` level, `m` message.
const FORMS: [&str; 7] = [
    // corosync's own file: "[362] node3 corosync info    [KNET  ] text"; by default without pid and names; 2.x: "[434] node3 corosyncnotice  [TOTEM ] text"
    r"^(?:\[\d+\] )?(?:\S+ )?(?:corosync ?)?(?P<l>emerg|alert|crit|error|warning|notice|info|debug|trace) +(?P<m>\[[A-Z]+ *\] ?.*)$",
    // corosync 1.x (RHEL 6), its own file: "corosync [TOTEM ] text"
    r"^(?P<p>corosync) (?P<m>\[[A-Z]+ *\] ?.*)$",
    // pacemaker 2 and 3: "node1 pacemaker-based     [385] (func) \tinfo: text" (with " func@file:line" for debug)
    r"^\S+ (?P<p>\S+) +\[\d+\] (?:\([^)]*\) ?)?\s*(?P<l>[a-z]+): (?P<m>.*)$",
    // pacemaker 1.1: "[385] node1       crmd:   notice: func:\ttext"
    r"^\[\d+\] \S+ +(?P<p>[\w-]+): +(?P<l>[a-z]+): (?:\w+:\s+)?(?P<m>.*)$",
    // cluster 3 (RHEL 6), one file a daemon: "fenced fencing node x", "rgmanager #68: text", which must not be taken for syslog
    r"^(?P<p>fenced|rgmanager|dlm_controld|gfs_controld|qdiskd|corosync) (?P<m>.*)$",
    // A resource agent's line in pacemaker.log (ocf-shellfuncs): "VirtualDomain(vm3)[44409]:    ERROR: text"
    r"^(?P<p>[^\s:\[(]+\([^)\s]+\))\[\d+\]:\s+(?P<m>.*)$",
    // syslog: "host program[pid]: text", "host program(vm1)[pid]: text", "host program: [pid]: text"
    r"^\S+ (?P<p>[^\s:\[]+)(?:\[\d+\])?: (?:\[\d+\]: )?\s*(?P<m>.*)$",
];

static PARSED: LazyLock<Vec<Regex>> = LazyLock::new(|| FORMS.iter().filter_map(|f| Regex::new(f).ok()).collect());

/// Reads a line of a log file; a line in no known form is all message.
pub(super) fn parse(line: &str, calendar: Calendar) -> Entry<'_> {
    let (at, rest) = time::leading(line, calendar).map_or((None, line.trim()), |(at, rest)| (Some(at), rest));
    // Without a time only corosync writes (`timestamp: off`, which is its default): the first form.
    let known = if at.is_some() { FORMS.len() } else { 1 };
    let found = PARSED.iter().take(known).find_map(|form| form.captures(rest));
    let Some(parts) = found else {
        return Entry { at, program: "", priority: None, message: rest };
    };
    let group = |name| parts.name(name).map(|m| m.as_str());
    let program = group("p").unwrap_or("corosync");
    let message = group("m").unwrap_or(rest);
    Entry { at, program, priority: group("l").and_then(priority), message }
}

/// The priority of a level's word, as corosync, pacemaker, libqb and rgmanager spell them.
pub(super) fn priority(word: &str) -> Option<u8> {
    Some(match word.to_ascii_lowercase().as_str() {
        "emerg" | "alert" => 1,
        "crit" | "critical" => 2,
        "err" | "error" => 3,
        "warn" | "warning" => 4,
        "notice" => 5,
        "info" => 6,
        "debug" | "trace" => 7,
        _ => return None,
    })
}
