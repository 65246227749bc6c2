//! The part of cluster.conf that rgmanager reads: `<rm>`.

use super::conf::{is_on, listed, number, text};
use crate::domain::observation::Trouble;
use crate::domain::observation::rhcs::{ClusterConf, ConfService, FailoverDomain};
use crate::probe::pacemaker::xml::{Doc, Tag};

/// Reads `<rm>`: domains, services and guests.
pub fn read(doc: &mut Doc<'_>, rm: &Tag<'_>, conf: &mut ClusterConf) -> Result<(), Trouble> {
    conf.central_processing = is_on(rm, "central_processing");
    let mut scripts: Vec<(String, String)> = Vec::new();
    doc.children(rm, |doc, tag| {
        match tag.name() {
            "resources" => scripts.extend(listed(doc, tag, "script", |_, script| {
                Ok((script.get("name").unwrap_or_default(), script.get("file").unwrap_or_default()))
            })?),
            "failoverdomains" => conf.domains = listed(doc, tag, "failoverdomain", domain)?,
            "service" | "vm" => {
                let service = service(doc, tag)?;
                conf.services.push(service);
            }
            _ => {}
        }
        Ok(())
    })?;
    // A service may stand before the shared definitions that it names.
    for service in &mut conf.services {
        let named = service.resources.iter().filter(|(kind, _)| kind == "script");
        let files = named.filter_map(|(_, what)| scripts.iter().find(|(name, _)| name == what).map(|(_, file)| file.clone()));
        let files: Vec<String> = files.filter(|f| !f.is_empty()).collect();
        service.scripts.extend(files);
    }
    Ok(())
}

fn domain(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<FailoverDomain, Trouble> {
    let mut domain = FailoverDomain {
        name: tag.get("name").unwrap_or_default(),
        ordered: is_on(tag, "ordered"),
        restricted: is_on(tag, "restricted"),
        nofailback: is_on(tag, "nofailback"),
        nodes: listed(doc, tag, "failoverdomainnode", |_, node| {
            // Without a priority a node is the last choice: rgmanager's default is 100.
            Ok((node.get("name").unwrap_or_default(), number(node, "priority").unwrap_or(100)))
        })?,
    };
    if domain.ordered {
        domain.nodes.sort_by_key(|(_, priority)| *priority);
    }
    Ok(domain)
}

fn service(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<ConfService, Trouble> {
    let name = tag.get("name").unwrap_or_default();
    let mode = text(tag, "depend_mode").unwrap_or_else(|| "hard".to_owned());
    let mut service = ConfService {
        id: format!("{}:{name}", tag.name()),
        domain: text(tag, "domain"),
        autostart: text(tag, "autostart").is_none() || is_on(tag, "autostart"),
        exclusive: is_on(tag, "exclusive"),
        recovery: text(tag, "recovery").unwrap_or_else(|| "restart".to_owned()),
        max_restarts: number(tag, "max_restarts"),
        restart_expire: number(tag, "restart_expire_time"),
        migrate: text(tag, "migrate"),
        path: text(tag, "path"),
        snapshot: text(tag, "snapshot"),
        scripts: Vec::new(),
        depends: text(tag, "depend").map(|on| (on, mode)),
        resources: Vec::new(),
    };
    let ConfService { resources, scripts, .. } = &mut service;
    doc.children(tag, |doc, inner| resource(doc, inner, resources, scripts, 0))?;
    Ok(service)
}

/// Resources stand inside each other as they depend on each other: the list is flat, the outer one first.
fn resource(
    doc: &mut Doc<'_>,
    tag: &Tag<'_>,
    all: &mut Vec<(String, String)>,
    scripts: &mut Vec<String>,
    depth: u8,
) -> Result<(), Trouble> {
    const MOST: usize = 256;
    if all.len() < MOST {
        let keys = ["ref", "name", "address", "mountpoint", "device", "file"];
        let what = keys.iter().find_map(|key| text(tag, key)).unwrap_or_default();
        all.push((crate::domain::text::clean(tag.name()), what));
        if tag.name() == "script" {
            scripts.extend(text(tag, "file"));
        }
    }
    // Deeper than anyone nests; what lies below is skipped.
    if depth < 16 {
        doc.children(tag, |doc, inner| resource(doc, inner, all, scripts, depth + 1))?;
    }
    Ok(())
}
