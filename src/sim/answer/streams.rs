//! What a node says by itself: its journal, its links, corosync's map.

use std::fmt::Write as _;

use serde_json::json;

use super::{corosync, net};
use crate::probe::log::StreamKind;
use crate::sim::world::{Line, NodeAt, World};

/// Which stream a command follows.
pub fn kind(argv: &[String]) -> Option<StreamKind> {
    let has = |text: &str| argv.iter().any(|a| a.contains(text));
    // The first to be named is the most particular: scripts of one stream may speak of the tools of another.
    if has("node's log files") {
        Some(StreamKind::LogFiles)
    } else if has("journalctl") {
        Some(StreamKind::Journal)
    } else if has("corosync-cmapctl") {
        Some(StreamKind::CorosyncMap)
    } else if has("monitor link") || has("ip monitor") {
        Some(StreamKind::Netlink)
    } else {
        None
    }
}

/// Where a journal is resumed: the number of the line behind the cursor.
pub fn from(world: &World, argv: &[String]) -> Option<u64> {
    let cursor = argv.iter().find_map(|a| a.strip_prefix("--after-cursor=sim-"))?;
    Some((cursor.parse::<u64>().ok()? + 1).max(world.forgotten))
}

/// What a stream begins with: the listing, for those that list.
pub fn begin(world: &World, node: NodeAt, kind: StreamKind) -> String {
    match kind {
        StreamKind::Netlink => format!("@zone +0000\n{}@live\n", net::listing(world, node)),
        StreamKind::CorosyncMap => corosync::members(world, node),
        StreamKind::LogFiles => format!("@zone +0000\n@file 1 {} 0 {MESSAGES} {MESSAGES}\n", 4711 + node),
        StreamKind::Journal => String::new(),
    }
}

/// The log of a node without a journal.
const MESSAGES: &str = "/var/log/messages";

/// What has come since; `said` counts the journal's lines.
pub fn news(world: &World, node: NodeAt, kind: StreamKind, said: &mut u64) -> String {
    let mine = |(n, line): &(NodeAt, String)| (*n == node).then(|| format!("{line}\n"));
    match kind {
        StreamKind::Journal => lines(world, node, said, |line, number| entry(line, number).to_string()),
        StreamKind::LogFiles => lines(world, node, said, |line, _| format!("1:{}", syslog(world, line))),
        StreamKind::Netlink => world.netlink.iter().filter_map(mine).collect(),
        StreamKind::CorosyncMap => world.map.iter().filter_map(mine).collect(),
    }
}

fn lines(world: &World, node: NodeAt, said: &mut u64, print: impl Fn(&Line, u64) -> String) -> String {
    let skip = usize::try_from(said.saturating_sub(world.forgotten)).unwrap_or(0);
    let first = world.forgotten + skip as u64;
    let lines = world.journal.iter().skip(skip).zip(first..);
    let out = lines.filter(|(l, _)| l.node == node).fold(String::new(), |mut out, (line, number)| {
        let _ = writeln!(out, "{}", print(line, number));
        out
    });
    *said = world.forgotten + world.journal.len() as u64;
    out
}

/// A line of /var/log/messages: no year, and the short name of the host.
fn syslog(world: &World, line: &Line) -> String {
    let at = jiff::Timestamp::from_microsecond(line.at.0).unwrap_or_default().strftime("%b %e %H:%M:%S").to_string();
    let host = world.name(line.node).split('.').next().unwrap_or_default();
    match line.program {
        "kernel" => format!("{at} {host} kernel: {}", line.text),
        program => format!("{at} {host} {program}[2845]: {}", line.text),
    }
}

/// `journalctl -o json`.
fn entry(line: &Line, number: u64) -> serde_json::Value {
    json!({
        "__CURSOR": format!("sim-{number}"),
        "__REALTIME_TIMESTAMP": line.at.0.to_string(),
        "PRIORITY": line.priority.to_string(),
        "SYSLOG_IDENTIFIER": line.program,
        "_TRANSPORT": if line.program == "kernel" { "kernel" } else { "syslog" },
        "MESSAGE": line.text,
    })
}
