//! Failover domains for nodes that a service prefers.

use std::sync::Arc;

use crate::action::plan::Refusal;
use crate::domain::fault::nearest;

use super::edit::tag;
use super::scene::Scene;
use super::tree::Element;

/// A domain for these nodes, the best first.
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its lines, where it is not there yet.
    pub lines: Vec<String>,
}

/// The domains that are there.
pub fn all(scene: &Scene) -> impl Iterator<Item = &Element> {
    let inside = scene.root.child("rm").and_then(|rm| rm.child("failoverdomains"));
    inside.into_iter().flat_map(|d| &d.children).filter(|d| d.name == "failoverdomain")
}

/// A domain that exists.
pub fn named<'a>(scene: &'a Scene, name: &str) -> Result<&'a Element, Vec<Refusal>> {
    all(scene).find(|d| d.get("name") == Some(name)).ok_or_else(|| {
        let names: Vec<&str> = all(scene).filter_map(|d| d.get("name")).collect();
        let lift = match nearest(name, names.iter().copied()) {
            Some(near) => format!("'{near}' is there"),
            None if names.is_empty() => "cluster.conf has none: --prefer NODE,... makes one".to_owned(),
            None => format!("there are: {}", names.join(", ")),
        };
        vec![Refusal::new("unknown-target", format!("there is no failover domain '{name}'"), lift)]
    })
}

/// The domain that has just these nodes in this order, or a new one.
pub fn wanted(scene: &Scene, guest: &str, prefer: &[String]) -> Result<Wanted, Vec<Refusal>> {
    let strangers: Vec<&str> = prefer.iter().map(String::as_str).filter(|n| !scene.has_node(n)).collect();
    if !strangers.is_empty() {
        let why = format!("no node of cluster.conf is called {}", strangers.join(" or "));
        return Err(vec![Refusal::new("unknown-target", why, "name nodes as cluster.conf has them")]);
    }
    if let Some(name) = all(scene).find(|d| fits(d, prefer)).and_then(|d| d.get("name")) {
        return Ok(Wanted { name: name.to_owned(), lines: Vec::new() });
    }
    let taken = |name: &str| all(scene).any(|d| d.get("name") == Some(name));
    let base = own(guest);
    let name = std::iter::once(base.clone()).chain((2..1000).map(|n| format!("{base}-{n}"))).find(|name| !taken(name)).unwrap_or(base);
    let mut lines = vec![tag("failoverdomain", &[("name", &name), ("ordered", "1"), ("restricted", "0")], ">")];
    for (at, node) in prefer.iter().enumerate() {
        lines.push(format!("  {}", tag("failoverdomainnode", &[("name", node), ("priority", &(at + 1).to_string())], "/>")));
    }
    lines.push("</failoverdomain>".to_owned());
    Ok(Wanted { name, lines })
}

/// The name of a domain that was made for one guest.
pub fn own(guest: &str) -> String {
    format!("prefer-{guest}")
}

/// The nodes of a domain, the best first.
pub fn nodes(domain: &Element) -> Vec<Arc<str>> {
    let mut all: Vec<(u32, &str)> = domain
        .children
        .iter()
        .filter(|n| n.name == "failoverdomainnode")
        .filter_map(|n| Some((n.get("priority").and_then(|p| p.trim().parse().ok()).unwrap_or(100), n.get("name")?)))
        .collect();
    all.sort_by_key(|(priority, _)| *priority);
    all.into_iter().map(|(_, name)| Arc::from(name)).collect()
}

/// A switch of cluster.conf.
pub fn is_on(element: &Element, name: &str) -> bool {
    element.get(name).is_some_and(|v| matches!(v.trim(), "yes" | "on" | "true") || v.trim().parse::<i64>().is_ok_and(|n| n > 0))
}

fn fits(domain: &Element, prefer: &[String]) -> bool {
    let mut priorities: Vec<&str> = domain.children.iter().filter_map(|n| n.get("priority")).collect();
    priorities.sort_unstable();
    priorities.dedup();
    is_on(domain, "ordered")
        && !is_on(domain, "restricted")
        && priorities.len() == prefer.len()
        && nodes(domain).iter().map(|n| &**n).eq(prefer.iter().map(String::as_str))
}
