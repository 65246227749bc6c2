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
    if has("journalctl") {
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
        StreamKind::Journal | StreamKind::LogFiles => String::new(),
    }
}

/// What has come since; `said` counts the journal's lines.
pub fn news(world: &World, node: NodeAt, kind: StreamKind, said: &mut u64) -> String {
    let mine = |(n, line): &(NodeAt, String)| (*n == node).then(|| format!("{line}\n"));
    match kind {
        StreamKind::Journal => {
            let skip = usize::try_from(said.saturating_sub(world.forgotten)).unwrap_or(0);
            let first = world.forgotten + skip as u64;
            let lines = world.journal.iter().skip(skip).zip(first..);
            let out = lines.filter(|(l, _)| l.node == node).fold(String::new(), |mut out, (line, number)| {
                let _ = writeln!(out, "{}", entry(line, number));
                out
            });
            *said = world.forgotten + world.journal.len() as u64;
            out
        }
        StreamKind::Netlink => world.netlink.iter().filter_map(mine).collect(),
        StreamKind::CorosyncMap => world.map.iter().filter_map(mine).collect(),
        StreamKind::LogFiles => String::new(),
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
