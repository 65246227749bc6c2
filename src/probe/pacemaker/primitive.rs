//! One primitive's configuration, out of the CIB.

use super::nothing;
use super::value;
use super::xml::{self, Doc, Tag};
use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::PrimitiveConfig;
use crate::link::CommandLine;
use crate::probe::Raw;
use crate::probe::parts::lossy;

/// An id as it may stand in an XPath. An id of the CIB is an XML name: what is none asks for nothing.
pub(super) fn plain(id: &str) -> String {
    id.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).collect()
}

/// The question.
pub fn command(id: &str) -> CommandLine {
    let id = plain(id);
    CommandLine::new("cibadmin", ["--query".to_owned(), "--xpath".to_owned(), format!("//primitive[@id='{id}']")]).privileged()
}

/// Reads the answer.
pub fn parse(raw: Raw<'_>) -> Result<PrimitiveConfig, Trouble> {
    let source = lossy(raw.stdout);
    let Some(at) = xml::root_at(&source, &["primitive"]) else { return Err(nothing(raw, "no <primitive> in it")) };
    let (mut doc, root) = Doc::open(raw, source.split_at(at).1)?;
    let words = [root.get("class"), root.get("provider"), root.get("type")];
    let mut config = PrimitiveConfig {
        id: root.get("id").unwrap_or_default(),
        agent: words.into_iter().flatten().collect::<Vec<_>>().join(":"),
        ..PrimitiveConfig::default()
    };
    doc.children(&root, |doc, tag| match tag.name() {
        "instance_attributes" => pairs(doc, tag, &mut config.attributes),
        "meta_attributes" => pairs(doc, tag, &mut config.meta),
        "operations" => doc.children(tag, |_, op| {
            if let (Some(name), Some(timeout)) = (op.get("name"), op.get("timeout")) {
                config.timeouts.extend(value::span(&timeout).map(|t| (name, t.as_secs())));
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    Ok(config)
}

fn pairs(doc: &mut Doc<'_>, parent: &Tag<'_>, into: &mut Vec<(String, String)>) -> Result<(), Trouble> {
    doc.children(parent, |_, tag| {
        if let (Some(name), Some(value)) = (tag.get("name"), tag.get("value")) {
            let secret = name.to_ascii_lowercase().contains("passw");
            into.push((name, if secret { "(secret)".to_owned() } else { value }));
        }
        Ok(())
    })
}
