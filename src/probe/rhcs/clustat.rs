//! `clustat -x` (rgmanager/src/utils/clustat.c), and the choice between it and the text form.

use super::{clustat_text, complaints, nothing};
use crate::domain::observation::Trouble;
use crate::domain::observation::rhcs::{ClustatGroup, ClustatNode, ClustatView, GroupState};
use crate::domain::stamp::Stamp;
use crate::probe::Raw;
use crate::probe::pacemaker::xml::{Doc, Tag, plain, root_at};
use crate::probe::parts::lossy;

/// Reads either form. What stands before the XML is what rgmanager had to complain of: no quorum, it still starts, too many
/// ask at once.
pub fn read(raw: Raw<'_>) -> Result<ClustatView, Trouble> {
    let source = lossy(raw.stdout);
    let Some(at) = root_at(&source, &["clustat"]) else {
        return clustat_text::read(&source, raw.stderr).ok_or_else(|| nothing(raw));
    };
    let (before, source) = source.split_at(at);
    let (mut doc, root) = Doc::open(raw, source)?;
    if root.name() != "clustat" {
        return Err(raw.garbled("it is not clustat's XML"));
    }
    let mut view = ClustatView { warnings: complaints(before, raw.stderr), ..ClustatView::default() };
    doc.children(&root, |doc, tag| {
        match tag.name() {
            "cluster" => {
                view.cluster_name = tag.get("name").filter(|n| !n.is_empty());
                view.generation = tag.get("generation").and_then(|g| g.parse().ok());
            }
            "quorum" => {
                view.quorate = flag(tag, "quorate");
                view.group_member = flag(tag, "groupmember");
            }
            "nodes" => doc.children(tag, |_, node| {
                if node.name() == "node" {
                    add_node(&mut view, node);
                }
                Ok(())
            })?,
            "groups" => {
                let groups = view.groups.get_or_insert_default();
                doc.children(tag, |_, group| {
                    if group.name() == "group" {
                        groups.push(read_group(group));
                    }
                    Ok(())
                })?;
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(view)
}

fn flag(tag: &Tag<'_>, name: &str) -> Option<bool> {
    match tag.get(name)?.trim() {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

/// The quorum disk is a pseudo-node with id 0. With `-f` it is not marked: the id tells it.
fn add_node(view: &mut ClustatView, tag: &Tag<'_>) {
    let is = |name| flag(tag, name) == Some(true);
    let node = ClustatNode {
        name: tag.get("name").unwrap_or_default(),
        id: tag.get("nodeid").and_then(|id| node_id(&id)),
        online: is("state"),
        local: is("local"),
        estranged: is("estranged"),
        rgmanager: is("rgmanager"),
        master: is("rgmanager_master"),
    };
    if is("qdisk") || node.id == Some(0) {
        view.quorum_disk = Some((node.name, node.online));
    } else {
        view.nodes.push(node);
    }
}

/// `0x00000001`, 16 digits in RHEL 4.
pub fn node_id(text: &str) -> Option<u64> {
    match text.trim().strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.trim().parse().ok(),
    }
}

fn read_group(tag: &Tag<'_>) -> ClustatGroup {
    let mut group = ClustatGroup::default();
    for (key, value) in tag.attributes() {
        let value = plain(value);
        match key {
            "name" => group.name = value,
            "state" => group.state = value.trim().parse().ok().and_then(GroupState::of_code),
            "state_str" => group.word = value,
            "flags" => {
                let bits: Option<u32> = value.trim().parse().ok();
                group.frozen = bits.map(|b| b & 1 != 0);
                group.partial = bits.map(|b| b & 2 != 0);
            }
            "owner" => group.owner = named(value),
            "last_owner" => group.last_owner = named(value),
            "restarts" => group.restarts = value.trim().parse().ok(),
            "last_transition" => {
                group.last_transition = value.trim().parse().ok().filter(|secs: &i64| *secs > 0).map(Stamp::from_secs);
            }
            _ => {}
        }
    }
    if group.word.is_empty() {
        group.state.map_or_else(String::new, |s| s.word().to_owned()).clone_into(&mut group.word);
    }
    group
}

/// An owner's name; none for clustat's words for nobody.
pub fn named(name: String) -> Option<String> {
    (!matches!(name.as_str(), "" | "none" | "unknown")).then_some(name)
}
