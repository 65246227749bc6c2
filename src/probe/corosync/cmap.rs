//! `corosync-cmapctl`: `key (type) = value` a line (cmap_keys(7)).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::observation::corosync::{CmapNode, CmapView, LinkStat};
use crate::domain::text;

/// Key and value of every line that has both.
fn pairs(said: &str) -> impl Iterator<Item = (&str, &str)> {
    said.lines().filter_map(|line| {
        let (key, value) = line.split_once(" = ")?;
        let (key, _) = key.split_once(" (")?;
        Some((key.trim(), value.trim()))
    })
}

/// The map; none if there is no key in it.
pub fn map(said: &str) -> Option<CmapView> {
    let mut view = CmapView::default();
    let mut nodes: BTreeMap<u32, CmapNode> = BTreeMap::new();
    let (mut configured, mut effective, mut any) = (None, None, false);
    for (key, value) in pairs(said) {
        any = true;
        match key {
            "totem.cluster_name" => view.cluster_name = Some(text::clean(value)),
            "totem.token" => configured = value.parse().ok(),
            "runtime.config.totem.token" => effective = value.parse().ok(),
            "quorum.device.model" => view.qdevice_model = Some(text::clean(value)),
            _ => {
                if let Some((number, field)) = numbered(key, "nodelist.node.") {
                    node_field(nodes.entry(number).or_default(), field, value);
                } else if value == "joined" {
                    view.joined.extend(member_with_status(key));
                }
            }
        }
    }
    // What is in effect: corosync adds to the configured token for every node beyond two.
    view.token = effective.or(configured).map(Duration::from_millis);
    view.nodes = nodes.into_values().collect();
    view.joined.sort_unstable();
    view.joined.dedup();
    any.then_some(view)
}

/// `PREFIX7.rest` as (7, `rest`).
fn numbered<'k>(key: &'k str, prefix: &str) -> Option<(u32, &'k str)> {
    let (number, field) = key.strip_prefix(prefix)?.split_once('.')?;
    Some((number.parse().ok()?, field))
}

fn member_with_status(key: &str) -> Option<u32> {
    let (id, field) = numbered(key, "runtime.members.").or_else(|| numbered(key, "runtime.totem.pg.mrp.srp.members."))?;
    (field == "status").then_some(id)
}

fn node_field(node: &mut CmapNode, field: &str, value: &str) {
    match field {
        "nodeid" => node.id = value.parse().ok(),
        "name" => node.name = Some(text::clean(value)),
        "quorum_votes" => node.votes = value.parse().ok(),
        // Printed in the order of their names: ring0_addr, ring1_addr ...
        _ if field.starts_with("ring") && field.ends_with("_addr") => node.addresses.push(text::clean(value)),
        _ => {}
    }
}

/// `corosync-cmapctl -m stats` (3.0 and later): the links; none if there is no key of the stats map in it.
///
/// Latency is in microseconds (libknet.h, `struct knet_link_status`). The node's own loopback link is among them.
pub fn stats(said: &str) -> Option<Vec<LinkStat>> {
    let mut links: BTreeMap<(u32, u32), LinkStat> = BTreeMap::new();
    let mut any = false;
    for (key, value) in pairs(said).filter(|(key, _)| key.starts_with("stats.")) {
        any = true;
        let Some((peer, rest)) = numbered(key, "stats.knet.node") else { continue };
        let Some((link, field)) = numbered(rest, "link") else { continue };
        let stat = links.entry((peer, link)).or_insert_with(|| LinkStat { peer, link, ..LinkStat::default() });
        let number = value.parse::<u64>().ok();
        match field {
            "connected" => stat.connected = number.map(|n| n != 0),
            "enabled" => stat.enabled = number.map(|n| n != 0),
            "latency_ave" => stat.latency = number.map(Duration::from_micros),
            "down_count" => stat.down_count = number,
            "up_count" => stat.up_count = number,
            _ => {}
        }
    }
    any.then(|| links.into_values().collect())
}
