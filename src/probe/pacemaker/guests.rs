//! Which resources are guests, and which guests they are.

use std::collections::BTreeMap;

use super::xml::{Doc, Tag, root_at};
use crate::domain::observation::manager::GuestParam;
use crate::domain::observation::{Observation, Trouble};
use crate::domain::text;
use crate::probe::Raw;
use crate::probe::parts::{lossy, sections};

/// Asks for the primitives whose agent runs guests (no other parameter of any other agent leaves the CIB), and then for the names in the
/// files that they name: a resource, its file and its guest may have three different names.
pub const SCRIPT: &str = r#"# quorate: which resources are guests
exec </dev/null
t="@type='VirtualDomain' or @type='Xen'"
said=$(as_root cibadmin --query --xpath "//primitive[$t or @template=//template[$t]/@id]|//template[$t]"); rc=$?
printf '%s\n' "$said"
[ $rc = 0 ] || exit $rc
printf '%s\n' "$said" | sed -n -e 's/.*name="config"[^>]* value="\([^"]*\)".*/\1/p' -e t -e 's/.* value="\([^"]*\)"[^>]* name="config".*/\1/p' | while IFS= read -r f; do
    case $f in /*) ;; *) continue ;; esac
    [ -f "$f" ] && [ -r "$f" ] || continue
    echo; echo "@@quorate config $f"
    sed -n '/<name>/{p;q;}' "$f"
done
exit 0
"#;

/// Reads the answer; none of them is no trouble.
pub fn parse(raw: Raw<'_>) -> Result<Observation, Trouble> {
    let source = lossy(raw.stdout);
    let none = raw.code == 105 || raw.code == 6 || String::from_utf8_lossy(raw.stderr).contains("No such device or address");
    let parts = sections(&source);
    let cib = parts.iter().find(|(name, _)| name.is_empty()).map_or("", |(_, body)| *body);
    let Some(at) = root_at(cib, &["xpath-query", "primitive", "template"]) else {
        return if none { Ok(Observation::GuestParams(Vec::new())) } else { Err(super::nothing(raw, "no primitive in it")) };
    };
    let (mut doc, root) = Doc::open(raw, cib.split_at(at).1)?;
    let mut found = Vec::new();
    if root.name() == "xpath-query" {
        doc.children(&root, |doc, tag| {
            found.push(primitive(doc, tag)?);
            Ok(())
        })?;
    } else {
        found.push(primitive(&mut doc, &root)?);
    }
    let names: BTreeMap<&str, String> =
        parts.iter().filter_map(|(name, body)| Some((name.strip_prefix("config ")?, inside(body)?))).collect();
    Ok(Observation::GuestParams(settle(found, &names)))
}

/// The text between `<name>` and its end.
fn inside(body: &str) -> Option<String> {
    let name = body.split_once("<name>")?.1.split_once("</name>")?.0.trim();
    Some(text::clean(&super::xml::unescape(name))).filter(|n| !n.is_empty())
}

/// A primitive or a template, and the template that it is made of.
struct Row {
    is_template: bool,
    template: Option<String>,
    param: GuestParam,
}

fn primitive(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<Row, Trouble> {
    let mut row = Row {
        is_template: tag.name() == "template",
        template: tag.get("template"),
        param: GuestParam { resource: tag.get("id").unwrap_or_default(), ..GuestParam::default() },
    };
    doc.children(tag, |doc, set| {
        if set.name() != "instance_attributes" {
            return Ok(());
        }
        doc.children(set, |_, pair| {
            let param = &mut row.param;
            let slot = match pair.get("name").as_deref() {
                Some("config") => &mut param.config,
                Some("hypervisor") => &mut param.hypervisor,
                Some("snapshot") => &mut param.snapshot,
                Some("name") => &mut param.name,
                _ => return Ok(()),
            };
            // With several sets (rules) the first counts.
            if slot.is_none() {
                *slot = pair.get("value");
            }
            Ok(())
        })
    })?;
    Ok(row)
}

fn settle(rows: Vec<Row>, names: &BTreeMap<&str, String>) -> Vec<GuestParam> {
    let (templates, primitives): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|r| r.is_template);
    primitives
        .into_iter()
        .map(|row| {
            let mut param = row.param;
            let template = row.template.and_then(|id| templates.iter().find(|t| t.param.resource == id)).map(|t| &t.param);
            if let Some(template) = template {
                param.config = param.config.or_else(|| template.config.clone());
                param.hypervisor = param.hypervisor.or_else(|| template.hypervisor.clone());
                param.snapshot = param.snapshot.or_else(|| template.snapshot.clone());
                param.name = param.name.or_else(|| template.name.clone());
            }
            param.name = param.name.or_else(|| names.get(param.config.as_deref()?).cloned());
            param
        })
        .collect()
}
