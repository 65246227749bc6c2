//! cluster.conf (cluster.rng of cluster 3.2; RHEL 4 and 5 write less of it). No password gets past here: what is kept is named
//! one by one, and the fingerprint leaves out what looks like a secret.

use std::hash::{DefaultHasher, Hash, Hasher};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{conf_rm, nothing};
use crate::domain::observation::Trouble;
use crate::domain::observation::rhcs::{ClusterConf, ConfDisk, ConfNode, FenceDevice, FenceMethod};
use crate::probe::Raw;
use crate::probe::pacemaker::xml::{Doc, Tag, root_at};
use crate::probe::parts::lossy;

/// Reads the file, or what `ccs_config_dump` prints.
pub fn read(raw: Raw<'_>) -> Result<ClusterConf, Trouble> {
    let source = lossy(raw.stdout);
    let Some(at) = root_at(&source, &["cluster"]) else { return Err(nothing(raw)) };
    let source = source.get(at..).unwrap_or_default();
    let (mut doc, root) = Doc::open(raw, source)?;
    if root.name() != "cluster" {
        return Err(raw.garbled("it is not a cluster.conf"));
    }
    let mut conf = ClusterConf { name: text(&root, "name"), version: number(&root, "config_version"), ..ClusterConf::default() };
    doc.children(&root, |doc, tag| {
        match tag.name() {
            "cman" => {
                conf.two_node = is_on(tag, "two_node");
                conf.expected_votes = number(tag, "expected_votes");
            }
            "totem" => conf.token_ms = tag.get("token").and_then(|t| t.trim().parse().ok()),
            "fence_daemon" => {
                conf.post_fail_delay = number(tag, "post_fail_delay");
                conf.post_join_delay = number(tag, "post_join_delay");
            }
            "quorumd" => conf.quorum_disk = Some(disk(doc, tag)?),
            "clusternodes" => conf.nodes = listed(doc, tag, "clusternode", node)?,
            "fencedevices" => conf.devices = listed(doc, tag, "fencedevice", |_, tag| Ok(device(tag)))?,
            "rm" => conf_rm::read(doc, tag, &mut conf)?,
            _ => {}
        }
        Ok(())
    })?;
    conf.print = fingerprint(source);
    Ok(conf)
}

/// All children of this name, each read by `each`.
pub fn listed<'a, T>(
    doc: &mut Doc<'a>,
    parent: &Tag<'_>,
    name: &str,
    mut each: impl FnMut(&mut Doc<'a>, &Tag<'a>) -> Result<T, Trouble>,
) -> Result<Vec<T>, Trouble> {
    let mut found = Vec::new();
    doc.children(parent, |doc, tag| {
        if tag.name() == name {
            found.push(each(doc, tag)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// An attribute that is not empty.
pub fn text(tag: &Tag<'_>, name: &str) -> Option<String> {
    tag.get(name).filter(|value| !value.trim().is_empty())
}

/// An attribute as a number.
pub fn number(tag: &Tag<'_>, name: &str) -> Option<u32> {
    tag.get(name)?.trim().parse().ok()
}

/// A switch: `yes`, `on`, `true`, or any number above 0.
pub fn is_on(tag: &Tag<'_>, name: &str) -> bool {
    let Some(value) = tag.get(name) else { return false };
    let value = value.trim().to_ascii_lowercase();
    matches!(value.as_str(), "yes" | "on" | "true") || value.parse::<i64>().is_ok_and(|n| n > 0)
}

fn node(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<ConfNode, Trouble> {
    let mut node = ConfNode {
        name: tag.get("name").unwrap_or_default(),
        id: number(tag, "nodeid"),
        votes: number(tag, "votes").unwrap_or(1),
        methods: Vec::new(),
    };
    doc.children(tag, |doc, inner| {
        if inner.name() == "fence" {
            node.methods = listed(doc, inner, "method", method)?;
        }
        Ok(())
    })?;
    Ok(node)
}

fn method(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<FenceMethod, Trouble> {
    let name = tag.get("name").unwrap_or_default();
    let devices = listed(doc, tag, "device", |_, device| {
        let single = ["port", "plug", "blade", "nodename", "action", "option", "delay"];
        let said: Vec<String> = single.iter().filter_map(|key| text(device, key).map(|value| format!("{key} {value}"))).collect();
        Ok((device.get("name").unwrap_or_default(), (!said.is_empty()).then(|| said.join(", "))))
    })?;
    Ok(FenceMethod { name, devices })
}

fn device(tag: &Tag<'_>) -> FenceDevice {
    FenceDevice {
        name: tag.get("name").unwrap_or_default(),
        agent: tag.get("agent").unwrap_or_default(),
        address: ["ipaddr", "ip", "hostname"].iter().find_map(|key| text(tag, key)),
    }
}

fn disk(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<ConfDisk, Trouble> {
    Ok(ConfDisk {
        label: text(tag, "label"),
        device: text(tag, "device"),
        votes: number(tag, "votes"),
        interval: number(tag, "interval"),
        tko: number(tag, "tko"),
        min_score: number(tag, "min_score"),
        heuristics: listed(doc, tag, "heuristic", |_, h| Ok(h.get("program").unwrap_or_default()))?,
    })
}

/// What must not count, for what is not kept must not be guessed from a fingerprint either.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["passw", "community", "secret", "pwd", "_kg", "login", "user"].iter().any(|part| key.contains(part))
}

/// The same for files that say the same, however they are indented and whatever order attributes stand in.
fn fingerprint(source: &str) -> u64 {
    let mut print = DefaultHasher::new();
    let mut reader = Reader::from_str(source);
    reader.config_mut().allow_dangling_amp = true;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => hash_tag(&Tag::of(&tag), &mut print),
            Ok(Event::Empty(tag)) => {
                hash_tag(&Tag::of(&tag), &mut print);
                "/".hash(&mut print);
            }
            Ok(Event::End(_)) => "/".hash(&mut print),
            Ok(Event::Eof) | Err(_) => return print.finish(),
            Ok(_) => {}
        }
    }
}

fn hash_tag(tag: &Tag<'_>, print: &mut DefaultHasher) {
    tag.name().hash(print);
    let mut all: Vec<(&str, &str)> = tag.attributes().filter(|(key, _)| !is_secret(key)).collect();
    all.sort_unstable();
    all.hash(print);
}
