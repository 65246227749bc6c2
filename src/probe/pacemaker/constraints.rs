//! The `<constraints>` of the CIB.

use super::value::score;
use super::xml::{Doc, Tag, plain, some};
use crate::domain::observation::Trouble;
use crate::domain::observation::manager::Constraint;
use crate::domain::observation::references::ResourceSet;

/// Deepest nesting of rules that is read.
const DEEPEST: u8 = 8;
/// Most constraints that one element with resource sets becomes.
const MOST_PAIRS: usize = 4096;

/// Reads all constraints below `root`.
pub fn all(doc: &mut Doc<'_>, root: &Tag<'_>) -> Result<Vec<Constraint>, Trouble> {
    let mut found = Vec::new();
    doc.children(root, |doc, tag| match tag.name() {
        "rsc_location" => location(doc, tag, &mut found),
        "rsc_colocation" => colocation(doc, tag, &mut found),
        "rsc_order" => order(doc, tag, &mut found),
        "rsc_ticket" => ticket(doc, tag, &mut found),
        _ => Ok(()),
    })?;
    Ok(found)
}

/// A rule: its score, its text, and until when it holds.
#[derive(Default)]
struct Rule {
    score: Option<i64>,
    text: String,
    expires: Option<String>,
    role: Option<String>,
}

fn location(doc: &mut Doc<'_>, tag: &Tag<'_>, into: &mut Vec<Constraint>) -> Result<(), Trouble> {
    let (mut id, mut node, mut points, mut role) = (String::new(), None, None, None);
    let (mut resources, mut pattern) = (Vec::new(), false);
    for (key, value) in tag.attributes() {
        match key {
            "id" => id = plain(value),
            "rsc" | "rsc-pattern" => {
                resources.push(plain(value));
                pattern = key == "rsc-pattern";
            }
            "node" => node = some(value),
            "score" => points = score(value),
            "role" => role = role_word(value),
            _ => {}
        }
    }
    let (mut rules, mut lifetime) = (Vec::new(), None);
    doc.children(tag, |doc, child| match child.name() {
        "rule" => {
            rules.push(rule(doc, child, 0)?);
            Ok(())
        }
        "resource_set" => {
            resources.extend(set(doc, child)?.plain.members);
            Ok(())
        }
        // Before 3.0: a rule that says until when the constraint holds.
        "lifetime" => doc.children(child, |doc, inner| {
            if inner.name() == "rule" {
                let until = rule(doc, inner, 0)?;
                lifetime = until.expires.or(Some(until.text));
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    let plain_one = |resource: &String| Constraint::Location {
        id: id.clone(),
        resource: resource.clone(),
        pattern,
        node: node.clone(),
        score: points,
        role: role.clone(),
        rule: None,
        expires: lifetime.clone(),
    };
    let ruled = |resource: &String, rule: &Rule| Constraint::Location {
        id: id.clone(),
        resource: resource.clone(),
        pattern,
        node: None,
        score: rule.score,
        role: rule.role.clone().or_else(|| role.clone()),
        rule: Some(rule.text.clone()),
        expires: rule.expires.clone().or_else(|| lifetime.clone()),
    };
    for resource in resources.iter().take(MOST_PAIRS) {
        if rules.is_empty() {
            into.push(plain_one(resource));
        }
        into.extend(rules.iter().take(MOST_PAIRS.div_ceil(resources.len())).map(|r| ruled(resource, r)));
    }
    Ok(())
}

/// A role that narrows a constraint; `Started` narrows nothing.
fn role_word(word: &str) -> Option<String> {
    some(word).filter(|role| role != "Started")
}

fn rule(doc: &mut Doc<'_>, tag: &Tag<'_>, depth: u8) -> Result<Rule, Trouble> {
    let mut it = Rule::default();
    let mut any = false;
    for (key, value) in tag.attributes() {
        match key {
            "score" => it.score = score(value),
            "role" => it.role = role_word(value),
            "boolean-op" => any = value == "or",
            _ => {}
        }
    }
    let mut terms = Vec::new();
    doc.children(tag, |doc, child| {
        match child.name() {
            "date_expression" => {
                let (term, until) = date(doc, child)?;
                terms.push(term);
                it.expires = it.expires.take().or(until);
            }
            "rule" if depth < DEEPEST => {
                let inner = rule(doc, child, depth + 1)?;
                terms.push(format!("({})", inner.text));
                it.expires = it.expires.take().or(inner.expires);
            }
            "expression" | "rsc_expression" | "op_expression" => terms.push(expression(child)),
            _ => {}
        }
        Ok(())
    })?;
    it.text = terms.join(if any { " or " } else { " and " });
    Ok(it)
}

/// `#uname eq n1`; for resource and operation expressions, their attributes.
fn expression(tag: &Tag<'_>) -> String {
    let words = ["attribute", "operation", "value"].iter().filter_map(|key| tag.get(key));
    let words: Vec<String> = if tag.name() == "expression" {
        words.collect()
    } else {
        tag.attributes().filter(|(key, _)| *key != "id").map(|(key, value)| format!("{}={}", plain(key), plain(value))).collect()
    };
    words.join(" ")
}

/// A date expression in short, and its end if it has one.
fn date(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<(String, Option<String>), Trouble> {
    let operation = tag.get("operation").unwrap_or_default();
    let (start, mut end) = (tag.get("start"), tag.get("end"));
    let mut text = format!("date {operation}");
    doc.children(tag, |_, child| {
        let parts: Vec<String> =
            child.attributes().filter(|(key, _)| *key != "id").map(|(key, value)| format!("{}={}", plain(key), plain(value))).collect();
        match (child.name(), &start) {
            ("duration", Some(start)) => end = end.take().or_else(|| Some(format!("{start} + {}", parts.join(" ")))),
            _ => text = format!("{text} {}", parts.join(" ")),
        }
        Ok(())
    })?;
    for bound in [&start, &end].into_iter().flatten() {
        text = format!("{text} {bound}");
    }
    Ok((text, end))
}

/// A set, and what narrows the constraint for its members.
struct Set {
    plain: ResourceSet,
    role: Option<String>,
    action: Option<String>,
    /// In place of the constraint's, between its members.
    score: Option<i64>,
    /// Whether one of its members is not enough for what comes after.
    require_all: bool,
}

/// The role in an attribute; `Started` narrows nothing.
fn role(tag: &Tag<'_>, key: &str) -> Option<String> {
    tag.get(key).filter(|word| !word.eq_ignore_ascii_case("started"))
}

/// An action that is not to start.
fn other(action: Option<String>) -> Option<String> {
    action.filter(|word| word != "start")
}

fn set(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<Set, Trouble> {
    let unless_denied = |key: &str| tag.get(key).is_none_or(|word| super::value::yes(&word));
    let mut members = Vec::new();
    doc.children(tag, |_, child| {
        members.extend((child.name() == "resource_ref").then(|| child.get("id")).flatten());
        Ok(())
    })?;
    Ok(Set {
        plain: ResourceSet { id: tag.get("id").unwrap_or_default(), sequential: unless_denied("sequential"), members },
        role: role(tag, "role"),
        action: other(tag.get("action")),
        score: tag.get("score").and_then(|s| score(&s)),
        require_all: unless_denied("require-all"),
    })
}

/// The sets of a constraint, plain.
pub(super) fn sets(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<Vec<ResourceSet>, Trouble> {
    Ok(whole_sets(doc, tag)?.into_iter().map(|set| set.plain).collect())
}

fn whole_sets(doc: &mut Doc<'_>, tag: &Tag<'_>) -> Result<Vec<Set>, Trouble> {
    let mut found = Vec::new();
    doc.children(tag, |doc, child| {
        if child.name() == "resource_set" {
            found.push(set(doc, child)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Inside a sequential set each member with the one before it, or with all before it: (earlier, later).
fn inside(set: &Set, with_all: bool) -> impl Iterator<Item = (&String, &String)> {
    let members: &[String] = if set.plain.sequential { &set.plain.members } else { &[] };
    members.iter().enumerate().flat_map(move |(at, later)| {
        let from = if with_all { 0 } else { at.saturating_sub(1) };
        members.iter().take(at).skip(from).map(move |earlier| (earlier, later))
    })
}

/// Each of these with each of those.
fn across<'a>(these: &'a [String], those: &'a [String]) -> impl Iterator<Item = (&'a String, &'a String)> {
    these.iter().flat_map(move |x| those.iter().map(move |y| (x, y)))
}

/// What follows the next set: of a sequential set its first member, whom the others of it follow.
fn head(set: &Set) -> &[String] {
    let members = &set.plain.members;
    if set.plain.sequential { members.get(..1).unwrap_or_default() } else { members }
}

/// What the set before follows: of a sequential set its last member, who follows the others of it.
fn tail(set: &Set) -> &[String] {
    let members = &set.plain.members;
    if set.plain.sequential { &members[members.len().saturating_sub(1)..] } else { members }
}

fn colocation(doc: &mut Doc<'_>, tag: &Tag<'_>, into: &mut Vec<Constraint>) -> Result<(), Trouble> {
    let id = tag.get("id").unwrap_or_default();
    let points = tag.get("score").and_then(|s| score(&s)).unwrap_or(0);
    if let (Some(resource), Some(with)) = (tag.get("rsc"), tag.get("with-rsc")) {
        let (role, with_role) = (role(tag, "rsc-role"), role(tag, "with-rsc-role"));
        into.push(Constraint::Colocation { id: id.clone(), resource, with, score: points, role, with_role });
    }
    let sets = whole_sets(doc, tag)?;
    // Inside a set the later follow the earlier, and keep away from all of them; between sets the earlier set follows the later.
    let inner = sets.iter().flat_map(|set| {
        let points = set.score.unwrap_or(points);
        inside(set, points < 0).map(move |(with, resource)| (set, resource, set, with, points))
    });
    let pairs = sets.iter().zip(sets.iter().skip(1));
    let outer = pairs.flat_map(|(a, b)| across(head(a), tail(b)).map(move |(resource, with)| (a, resource, b, with, points)));
    into.extend(inner.chain(outer).take(MOST_PAIRS).map(|(of, resource, beside, with, score)| Constraint::Colocation {
        id: id.clone(),
        resource: resource.clone(),
        with: with.clone(),
        score,
        role: of.role.clone(),
        with_role: beside.role.clone(),
    }));
    Ok(())
}

fn order(doc: &mut Doc<'_>, tag: &Tag<'_>, into: &mut Vec<Constraint>) -> Result<(), Trouble> {
    let id = tag.get("id").unwrap_or_default();
    // The old score: zero was optional, anything above mandatory.
    let mandatory = match tag.get("kind") {
        Some(kind) => kind == "Mandatory",
        None => tag.get("score").and_then(|s| score(&s)).is_none_or(|s| s > 0),
    };
    if let (Some(first), Some(then)) = (tag.get("first"), tag.get("then")) {
        let first_action = tag.get("first-action");
        // What is not said of the second is as with the first.
        let then_action = tag.get("then-action").or_else(|| first_action.clone());
        let (first_action, then_action) = (other(first_action), other(then_action));
        into.push(Constraint::Order { id: id.clone(), first, then, mandatory, first_action, then_action });
    }
    let sets = whole_sets(doc, tag)?;
    let inner = sets.iter().flat_map(|set| inside(set, false).map(move |(first, then)| (set, first, set, then)));
    // Where one of a set is enough, none of it has to start first.
    let pairs = sets.iter().zip(sets.iter().skip(1)).filter(|(a, _)| a.require_all);
    let outer = pairs.flat_map(|(a, b)| across(&a.plain.members, &b.plain.members).map(move |(first, then)| (a, first, b, then)));
    into.extend(inner.chain(outer).take(MOST_PAIRS).map(|(a, first, b, then)| Constraint::Order {
        id: id.clone(),
        first: first.clone(),
        then: then.clone(),
        mandatory,
        first_action: a.action.clone(),
        then_action: b.action.clone(),
    }));
    Ok(())
}

fn ticket(doc: &mut Doc<'_>, tag: &Tag<'_>, into: &mut Vec<Constraint>) -> Result<(), Trouble> {
    let id = tag.get("id").unwrap_or_default();
    let ticket = tag.get("ticket").unwrap_or_default();
    let loss_policy = tag.get("loss-policy");
    let one = |resource: String, role: Option<String>| Constraint::Ticket {
        id: id.clone(),
        resource,
        ticket: ticket.clone(),
        role,
        loss_policy: loss_policy.clone(),
    };
    into.extend(tag.get("rsc").map(|resource| one(resource, role(tag, "rsc-role"))));
    let sets = whole_sets(doc, tag)?;
    let members = sets.into_iter().flat_map(|set| set.plain.members.into_iter().map(move |member| (member, set.role.clone())));
    into.extend(members.take(MOST_PAIRS).map(|(member, role)| one(member, role)));
    Ok(())
}
