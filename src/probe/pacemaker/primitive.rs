//! One primitive's configuration, out of the CIB: its own, its template's, and what it has from its containers and from the defaults.
//!
//! What counts is what is nearest: its own meta attributes, the template's, the containers', `rsc_defaults` (Pacemaker's `get_meta_attributes`).

use super::nothing;
use super::value;
use super::xml::{self, Doc, Tag};
use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::{Origin, PrimitiveConfig};
use crate::link::CommandLine;
use crate::probe::Raw;
use crate::probe::parts::lossy;

/// Names and values.
type Pairs = Vec<(String, String)>;

/// An id as it may stand in an XPath. An id of the CIB is an XML name: what is none asks for nothing.
pub(super) fn plain(id: &str) -> String {
    id.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).collect()
}

/// The question. Of what contains it (a group, a clone, a clone of a group) nothing is asked but its meta attributes.
pub fn command(id: &str) -> CommandLine {
    let id = plain(id);
    let paths = [
        format!("//primitive[@id='{id}']"),
        format!("//template[@id=//primitive[@id='{id}']/@template]"),
        format!("//resources//*[primitive/@id='{id}']/meta_attributes"),
        format!("//resources//*[*/primitive/@id='{id}']/meta_attributes"),
        "//rsc_defaults".to_owned(),
        "//op_defaults".to_owned(),
    ];
    CommandLine::new("cibadmin", ["--query", "--xpath", &paths.join("|")]).privileged()
}

/// Reads the answer.
pub fn parse(raw: Raw<'_>) -> Result<PrimitiveConfig, Trouble> {
    let source = lossy(raw.stdout);
    let Some(at) = xml::root_at(&source, &["xpath-query", "primitive"]) else { return Err(nothing(raw, "no <primitive> in it")) };
    let (mut doc, root) = Doc::open(raw, source.split_at(at).1)?;
    let mut parts = Parts::default();
    // One match stands alone.
    if root.name() == "xpath-query" {
        doc.children(&root, |doc, tag| parts.take(doc, tag))?;
    } else {
        parts.take(&mut doc, &root)?;
    }
    parts.whole().ok_or_else(|| nothing(raw, "no <primitive> in it"))
}

/// What a primitive is made of.
#[derive(Default)]
struct Parts {
    own: Option<PrimitiveConfig>,
    template: Option<PrimitiveConfig>,
    containers: Pairs,
    defaults: Pairs,
    timeout: Option<u64>,
}

impl Parts {
    fn take(&mut self, doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<(), Trouble> {
        match tag.name() {
            "primitive" => self.own = Some(definition(doc, tag)?),
            "template" => self.template = Some(definition(doc, tag)?),
            "meta_attributes" => unruled(doc, tag, &mut self.containers)?,
            "rsc_defaults" => doc.children(tag, |doc, set| unruled(doc, set, &mut self.defaults))?,
            "op_defaults" => doc.children(tag, |doc, set| {
                let mut all = Pairs::new();
                pairs(doc, set, &mut all)?;
                // A rule may say for which operations: to wait too long is the lesser harm.
                let spans = all.iter().filter(|(name, _)| name == "timeout").filter_map(|(_, value)| seconds(value));
                self.timeout = spans.chain(self.timeout).max();
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    }

    fn whole(self) -> Option<PrimitiveConfig> {
        let mut config = self.own?;
        if let Some(template) = self.template {
            if config.agent.is_empty() {
                config.agent = template.agent;
            }
            // The first of a name counts.
            config.attributes.extend(template.attributes);
            config.timeouts.extend(template.timeouts);
            config.inherited.extend(template.meta.into_iter().map(|(name, value)| (Origin::Template, name, value)));
        }
        config.inherited.extend(self.containers.into_iter().map(|(name, value)| (Origin::Container, name, value)));
        config.inherited.extend(self.defaults.into_iter().map(|(name, value)| (Origin::Defaults, name, value)));
        config.default_timeout = self.timeout;
        Some(config)
    }
}

/// A primitive, or a template.
fn definition(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<PrimitiveConfig, Trouble> {
    let words = [tag.get("class"), tag.get("provider"), tag.get("type")];
    let mut config = PrimitiveConfig {
        id: tag.get("id").unwrap_or_default(),
        agent: words.into_iter().flatten().collect::<Vec<_>>().join(":"),
        template: tag.get("template"),
        ..PrimitiveConfig::default()
    };
    doc.children(tag, |doc, tag| match tag.name() {
        "instance_attributes" => pairs(doc, tag, &mut config.attributes).map(drop),
        "meta_attributes" => pairs(doc, tag, &mut config.meta).map(drop),
        "operations" => doc.children(tag, |_, op| {
            if let (Some(name), Some(timeout)) = (op.get("name"), op.get("timeout")) {
                config.timeouts.extend(seconds(&timeout).map(|secs| (name, secs)));
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    Ok(config)
}

/// The pairs of a set that holds always.
fn unruled(doc: &mut Doc<'_>, set: &Tag<'_>, into: &mut Pairs) -> Result<(), Trouble> {
    let mut all = Pairs::new();
    if !pairs(doc, set, &mut all)? {
        into.append(&mut all);
    }
    Ok(())
}

/// The pairs of a set; true: a rule says when they hold.
fn pairs(doc: &mut Doc<'_>, parent: &Tag<'_>, into: &mut Pairs) -> Result<bool, Trouble> {
    let mut ruled = false;
    doc.children(parent, |_, tag| {
        ruled |= tag.name() == "rule";
        if let (Some(name), Some(value)) = (tag.get("name"), tag.get("value")) {
            let secret = name.to_ascii_lowercase().contains("passw");
            into.push((name, if secret { "(secret)".to_owned() } else { value }));
        }
        Ok(())
    })?;
    Ok(ruled)
}

/// A timeout of the CIB: a number without a unit is seconds there.
fn seconds(word: &str) -> Option<u64> {
    word.trim().parse().ok().or_else(|| value::span(word).map(|span| span.as_secs()))
}
