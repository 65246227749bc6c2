//! The resource tree of `crm_mon`'s XML.

use std::collections::HashSet;

use super::value::{truth, without_instance, yes};
use super::xml::{Doc, Tag, plain, some};
use crate::domain::observation::Trouble;
use crate::domain::observation::manager::{Primitive, Resource};

/// Deepest nesting that is read: a group in a clone is 3, a primitive in a bundle's replica too. Deeper is skipped.
const DEEPEST: u8 = 8;

/// What the elements around a resource say about its id.
#[derive(Clone, Copy)]
pub struct Around {
    /// Ids keep their instance suffix.
    keep_suffix: bool,
    depth: u8,
}

impl Around {
    /// At the top of `<resources>`: what carries a suffix there is an instance without its clone.
    pub const TOP: Self = Self { keep_suffix: false, depth: 0 };
    /// Below a `<node>` of `crm_mon -n`, where clones are not shown: the suffix may be all that tells instances apart.
    pub const NODE: Self = Self { keep_suffix: true, depth: 0 };

    const fn inside(self, keep_suffix: bool) -> Self {
        Self { keep_suffix, depth: self.depth + 1 }
    }
}

/// Reads one element of the tree into `into`; other elements are skipped.
pub fn read(doc: &mut Doc<'_>, tag: &Tag<'_>, around: Around, into: &mut Vec<Resource>) -> Result<(), Trouble> {
    if around.depth >= DEEPEST {
        return Ok(());
    }
    match tag.name() {
        "resource" => into.push(Resource::Primitive(primitive(doc, tag, around)?)),
        "group" => into.push(group(doc, tag, around)?),
        "clone" => into.push(clone(doc, tag, around)?),
        "bundle" => into.push(bundle(doc, tag, around)?),
        _ => {}
    }
    Ok(())
}

fn primitive(doc: &mut Doc<'_>, tag: &Tag<'_>, around: Around) -> Result<Primitive, Trouble> {
    let mut it = Primitive {
        id: String::new(),
        agent: String::new(),
        role: String::new(),
        target_role: None,
        active: false,
        orphaned: false,
        blocked: false,
        managed: true,
        maintenance: false,
        failed: false,
        failure_ignored: false,
        pending: None,
        locked_to: None,
        nodes: Vec::new(),
    };
    for (key, value) in tag.attributes() {
        match key {
            "id" => it.id = plain(if around.keep_suffix { value } else { without_instance(value) }),
            "resource_agent" => it.agent = plain(value),
            "role" => it.role = plain(value),
            "target_role" => it.target_role = some(value),
            "active" => it.active = yes(value),
            "orphaned" | "removed" => it.orphaned |= yes(value),
            "blocked" => it.blocked = yes(value),
            "managed" => it.managed = truth(value) != Some(false),
            "maintenance" => it.maintenance = yes(value),
            "failed" => it.failed = yes(value),
            "failure_ignored" => it.failure_ignored = yes(value),
            "pending" => it.pending = some(value),
            "locked_to" => it.locked_to = some(value),
            _ => {}
        }
    }
    doc.children(tag, |_, child| {
        if child.name() == "node"
            && let Some(name) = child.get("name")
        {
            it.nodes.push(name);
        }
        Ok(())
    })?;
    Ok(it)
}

fn group(doc: &mut Doc<'_>, tag: &Tag<'_>, around: Around) -> Result<Resource, Trouble> {
    let (mut id, mut managed, mut maintenance, mut disabled) = (String::new(), None, false, None);
    for (key, value) in tag.attributes() {
        match key {
            "id" => id = plain(value),
            "managed" => managed = truth(value),
            "maintenance" => maintenance = yes(value),
            "disabled" => disabled = truth(value),
            _ => {}
        }
    }
    let members = members(doc, tag, around.inside(around.keep_suffix))?;
    Ok(Resource::Group { id, managed, maintenance, disabled, members })
}

fn clone(doc: &mut Doc<'_>, tag: &Tag<'_>, around: Around) -> Result<Resource, Trouble> {
    let (mut id, mut promotable, mut unique, mut failed) = (String::new(), false, false, false);
    let (mut managed, mut maintenance, mut disabled, mut target_role) = (None, false, None, None);
    for (key, value) in tag.attributes() {
        match key {
            "id" => id = plain(value),
            "multi_state" => promotable = yes(value),
            "unique" => unique = yes(value),
            "managed" => managed = truth(value),
            "maintenance" => maintenance = yes(value),
            "disabled" => disabled = truth(value),
            "failed" => failed = yes(value),
            "target_role" => target_role = some(value),
            _ => {}
        }
    }
    let instances = members(doc, tag, around.inside(unique))?;
    Ok(Resource::Clone { id, promotable, unique, managed, maintenance, disabled, failed, target_role, instances })
}

fn bundle(doc: &mut Doc<'_>, tag: &Tag<'_>, around: Around) -> Result<Resource, Trouble> {
    let (mut id, mut unique, mut managed, mut maintenance, mut failed) = (String::new(), false, None, false, false);
    for (key, value) in tag.attributes() {
        match key {
            "id" => id = plain(value),
            "unique" => unique = yes(value),
            "managed" => managed = truth(value),
            "maintenance" => maintenance = yes(value),
            "failed" => failed = yes(value),
            _ => {}
        }
    }
    let inside = around.inside(unique);
    let mut replicas = Vec::new();
    doc.children(tag, |doc, child| {
        if child.name() == "replica" {
            return doc.children(child, |doc, member| read(doc, member, inside.inside(unique), &mut replicas));
        }
        read(doc, child, inside, &mut replicas)
    })?;
    Ok(Resource::Bundle { id, managed, maintenance, failed, members: replicas })
}

fn members(doc: &mut Doc<'_>, tag: &Tag<'_>, inside: Around) -> Result<Vec<Resource>, Trouble> {
    let mut found = Vec::new();
    doc.children(tag, |doc, child| read(doc, child, inside, &mut found))?;
    Ok(found)
}

/// Adds to the tree what was only shown below a node (`crm_mon -n` leaves active resources out of `<resources>`).
/// `by_node` holds, in order, each node's name and what stood below it.
pub fn add_missing(tree: &mut Vec<Resource>, by_node: Vec<(String, Vec<Resource>)>) {
    if by_node.is_empty() {
        return;
    }
    let mut known = HashSet::new();
    for resource in tree.iter() {
        note_places(resource, &mut known);
    }
    for (node, resources) in by_node {
        let mut found = Vec::new();
        for resource in resources {
            flatten(resource, &mut found);
        }
        for mut one in found {
            if one.nodes.is_empty() {
                one.nodes.push(node.clone());
            }
            let bare = without_instance(&one.id).to_owned();
            let seen = |id: &str| one.nodes.iter().all(|n| known.contains(&(id.to_owned(), n.clone())));
            if !seen(&one.id) && !seen(&bare) {
                known.extend(one.nodes.iter().map(|n| (one.id.clone(), n.clone())));
                tree.push(Resource::Primitive(one));
            }
        }
    }
}

fn parts(resource: &Resource) -> &[Resource] {
    match resource {
        Resource::Primitive(_) => &[],
        Resource::Group { members, .. } | Resource::Bundle { members, .. } => members,
        Resource::Clone { instances, .. } => instances,
    }
}

fn note_places(resource: &Resource, known: &mut HashSet<(String, String)>) {
    if let Resource::Primitive(one) = resource {
        known.extend(one.nodes.iter().map(|n| (one.id.clone(), n.clone())));
    }
    for part in parts(resource) {
        note_places(part, known);
    }
}

fn flatten(resource: Resource, into: &mut Vec<Primitive>) {
    match resource {
        Resource::Primitive(one) => into.push(one),
        Resource::Group { members, .. } | Resource::Bundle { members, .. } => members.into_iter().for_each(|m| flatten(m, into)),
        Resource::Clone { instances, .. } => instances.into_iter().for_each(|m| flatten(m, into)),
    }
}
