//! What in the CIB names a resource. The CIB refuses to let go of a resource that something still names.

use super::xml::{self, Doc, Tag};
use super::{constraints, nothing, primitive};
use crate::domain::observation::Trouble;
use crate::domain::observation::references::{Naming, References};
use crate::link::CommandLine;
use crate::probe::Raw;
use crate::probe::parts::lossy;

/// What an answer with one match alone begins with.
const ROOTS: [&str; 18] = [
    "xpath-query",
    "rsc_location",
    "rsc_colocation",
    "rsc_order",
    "rsc_ticket",
    "tag",
    "acl_permission",
    "read",
    "write",
    "deny",
    "nvpair",
    "instance_attributes",
    "meta_attributes",
    "utilization",
    "operations",
    "op",
    "rule",
    "lifetime",
];

/// The question: constraints with its name anywhere in them, tags, ACLs, what uses a part of its XML, and the option for orphans.
pub fn command(id: &str) -> CommandLine {
    let id = primitive::plain(id);
    let paths = [
        format!("//constraints/*[.//@*='{id}']"),
        format!("//tag[obj_ref/@id='{id}']"),
        format!("//acls//*[@*='{id}']"),
        // The first predicate leaves few for which the whole CIB is gone through.
        format!("//resources//*[@id-ref][@id-ref=//primitive[@id='{id}']//@id][not(ancestor::primitive/@id='{id}')]"),
        "//crm_config//nvpair[@name='stop-orphan-resources']".to_owned(),
    ];
    CommandLine::new("cibadmin", ["--query", "--xpath", &paths.join("|")]).privileged()
}

/// Reads the answer to the question about this resource; no match at all is an answer.
pub fn parse(id: &str, raw: Raw<'_>) -> Result<References, Trouble> {
    let source = lossy(raw.stdout);
    let Some(at) = xml::root_at(&source, &ROOTS) else {
        // ENXIO in 1.1, status 105 since 2.0.
        let none = matches!(raw.code, 6 | 105) || String::from_utf8_lossy(raw.stderr).contains("No such device or address");
        return if none { Ok(References::default()) } else { Err(nothing(raw, "no XML in it")) };
    };
    let (mut doc, root) = Doc::open(raw, source.split_at(at).1)?;
    let mut found = References::default();
    if root.name() == "xpath-query" {
        doc.children(&root, |doc, tag| one(doc, tag, id, &mut found))?;
    } else {
        one(&mut doc, &root, id, &mut found)?;
    }
    Ok(found)
}

fn one(doc: &mut Doc<'_>, tag: &Tag<'_>, id: &str, found: &mut References) -> Result<(), Trouble> {
    let own = tag.get("id").unwrap_or_default();
    match tag.name() {
        element @ ("rsc_location" | "rsc_colocation" | "rsc_order" | "rsc_ticket") => {
            let element = element.to_owned();
            // A pattern, a node or a ticket of the same name is no reference.
            let itself = ["rsc", "with-rsc", "first", "then"].iter().any(|key| tag.get(key).as_deref() == Some(id));
            let sets = constraints::sets(doc, tag)?;
            if itself || sets.iter().any(|set| set.members.iter().any(|member| member == id)) {
                found.constraints.push(Naming { element, id: own, sets });
            }
        }
        "nvpair" if tag.get("name").as_deref() == Some("stop-orphan-resources") => {
            found.stop_orphans.push(tag.get("value").unwrap_or_default());
        }
        "tag" => {
            let mut others = false;
            doc.children(tag, |_, child| {
                others |= child.name() == "obj_ref" && child.get("id").as_deref() != Some(id);
                Ok(())
            })?;
            found.tags.push((own, others));
        }
        other => found.others.push((other.to_owned(), own)),
    }
    Ok(())
}
