//! A service in full.

use super::{alerts, history, join, time};
use crate::app::document::Document;
use crate::app::model::Model;
use crate::app::{moving, words};
use crate::domain::cluster::{Service, ServiceKind, ServiceState};
use crate::domain::observation::manager::Constraint;
use crate::theme::Role;

/// Role and glyph of a service's state: one stopped after a failure shows the failure.
pub fn mark(s: &Service) -> (Role, &'static str) {
    match s.state {
        ServiceState::Started if is_twice(s) => (Role::Crit, "▲"),
        ServiceState::Started if s.drift.is_some() => (Role::Warn, "△"),
        ServiceState::Started => (Role::Text, "●"),
        ServiceState::Stopped if s.failed_operation => (Role::Crit, "✕"),
        ServiceState::Stopped => (Role::Warn, "○"),
        ServiceState::Disabled => (Role::Dim, "○"),
        ServiceState::Failed | ServiceState::Blocked => (Role::Crit, "✕"),
        ServiceState::Unknown => (Role::Unknown, "◌"),
        _ => (Role::Moving, "→"),
    }
}

/// Writes the page; none if there is no such service.
pub fn write(doc: &mut Document, model: &Model, id: &str) -> Option<()> {
    let c = &model.shown;
    let s = c.service(id)?;
    alerts(doc, model, |subject| subject == id);
    doc.head("State");
    let (role, glyph) = mark(s);
    let flags = if s.flags.is_empty() { String::new() } else { format!(" ({})", s.flags.join(", ")) };
    doc.pair("state", role, &format!("{glyph} {}{flags}", s.state.word()));
    if let Some(reason) = &s.reason {
        doc.pair("why", Role::Warn, reason);
    }
    doc.maybe("since", s.since.map(|at| format!("{}, {}", time(model, at), ago(model, at))));
    if let Some(g) = &s.guest {
        let reason = g.reason.as_deref().map(|r| format!(" ({r})")).unwrap_or_default();
        doc.pair("guest", Role::Text, &format!("{}{reason} on {}", g.state.word(), g.node));
    }
    if let Some(drift) = &s.drift {
        doc.pair("drift", Role::Warn, drift);
    }
    doc.pair("runs on", Role::Text, &join(&s.owners));
    doc.maybe("before", s.last_owner.as_deref());
    doc.maybe("prefers", s.prefers.as_deref());
    doc.maybe("pending", s.pending.as_deref());
    if let Some(way) = moving::of_service(model, s) {
        let percent = way.percent.map(|p| format!(", {}", words::percent(p))).unwrap_or_default();
        let left = way.left.map(|s| format!(", {s} s left")).unwrap_or_default();
        doc.pair("moves to", Role::Moving, &format!("{}{percent}{left}", way.to.as_deref().unwrap_or("not known yet")));
    }
    let role = if s.failures > 0 { Role::Warn } else { Role::Text };
    let failures = if s.failures >= 1_000_000 { "INFINITY".to_owned() } else { s.failures.to_string() };
    // rgmanager counts how often it has recovered a service since its last start.
    doc.pair(if s.rhcs.is_some() { "restarts" } else { "failures" }, role, &failures);
    doc.pair("kind", Role::Text, s.kind.word());
    doc.maybe("agent", s.agent.as_deref());
    doc.maybe("part of", s.parent.as_deref());
    write_rhcs(doc, s);
    write_parts(doc, model, id);
    write_constraints(doc, model, s);
    for g in c.guests.iter().filter(|g| g.managed_by.as_deref() == Some(id)) {
        super::guest::write_chain(doc, model, g);
    }
    let volumes: Vec<String> = c
        .volumes
        .iter()
        .filter(|v| v.used_by.iter().any(|u| u == id))
        .map(|v| format!("{}/{} {} active on {}", v.vg, v.lv, super::size(v.size), join(&v.active_on)))
        .collect();
    if !volumes.is_empty() {
        doc.head("Volumes");
        for volume in &volumes {
            doc.say(Role::Text, volume);
        }
    }
    history(doc, model, |e| e.subject.as_deref() == Some(id));
    Some(())
}

/// How long ago, in steps that do not flicker.
fn ago(model: &Model, at: crate::domain::stamp::Stamp) -> String {
    let age = at.age(model.setup.now);
    if age.as_secs() < 60 { "less than a minute".to_owned() } else { words::age(age) }
}

/// What cluster.conf says of it, and rgmanager's own word for its state.
fn write_rhcs(doc: &mut Document, s: &Service) {
    let Some(facts) = &s.rhcs else { return };
    if !facts.word.is_empty() && facts.word != s.state.word() {
        doc.pair("rgmanager", Role::Text, &facts.word);
    }
    let Some(conf) = &facts.conf else {
        doc.pair("cluster.conf", Role::Warn, "it is not in there, or nobody could read it");
        return;
    };
    doc.head("In cluster.conf");
    let yes = |on: bool| if on { "yes" } else { "no" };
    doc.pair("autostart", Role::Text, yes(conf.autostart));
    let limit = match (conf.max_restarts, conf.restart_expire) {
        (Some(most), Some(secs)) if most > 0 => format!(", at most {most} times in {secs} s, then elsewhere"),
        (Some(most), None) if most > 0 => format!(", at most {most} times, then elsewhere"),
        _ => String::new(),
    };
    doc.pair("recovery", Role::Text, &format!("{}{limit}", conf.recovery));
    if conf.exclusive {
        doc.pair("exclusive", Role::Text, "yes: alone on its node");
    }
    doc.maybe("migrates", conf.migrate.as_deref());
    doc.maybe("path", conf.path.as_deref());
    if let Some((on, mode)) = &conf.depends {
        doc.pair("depends on", Role::Text, &format!("{on} ({mode})"));
    }
    match &facts.domain {
        Some(domain) => {
            let flags = [(domain.ordered, "ordered"), (domain.restricted, "restricted"), (domain.nofailback, "no failback")];
            let flags: Vec<&str> = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
            let node = |(name, priority): &(String, u32)| if domain.ordered { format!("{name} ({priority})") } else { name.clone() };
            let nodes: Vec<String> = domain.nodes.iter().map(node).collect();
            let flags = if flags.is_empty() { String::new() } else { format!(" ({})", flags.join(", ")) };
            doc.pair("domain", Role::Text, &format!("{}{flags}", domain.name));
            doc.pair("its nodes", Role::Text, &nodes.join(", "));
        }
        None => match &conf.domain {
            Some(name) => doc.pair("domain", Role::Warn, &format!("{name}, which cluster.conf does not define")),
            None => doc.pair("domain", Role::Text, "none: any node"),
        },
    }
    for (kind, what) in &conf.resources {
        doc.pair("resource", Role::Text, &format!("{kind} {what}"));
    }
}

fn write_parts(doc: &mut Document, model: &Model, id: &str) {
    let rows: Vec<(Role, Vec<String>)> = model
        .shown
        .services
        .iter()
        .filter(|p| p.parent.as_deref() == Some(id))
        .map(|p| {
            let (role, glyph) = mark(p);
            (role, vec![p.id.clone(), format!("{glyph} {}", p.state.word()), join(&p.owners), p.reason.clone().unwrap_or_default()])
        })
        .collect();
    if !rows.is_empty() {
        doc.head("Members");
        doc.table(&["NAME", "STATE", "ON", "WHY"], &rows);
    }
}

fn write_constraints(doc: &mut Document, model: &Model, s: &Service) {
    let ids: Vec<&str> = std::iter::once(s.id.as_str()).chain(s.parent.as_deref()).collect();
    let lines: Vec<(Role, String)> = model.shown.constraints.iter().filter_map(|c| constraint(c, &ids, &s.leftovers)).collect();
    if lines.is_empty() && s.leftovers.is_empty() {
        return;
    }
    doc.head("Constraints");
    for (role, text) in lines {
        doc.say(role, &text);
    }
    if !s.leftovers.is_empty() {
        doc.pair("left over", Role::Warn, &format!("{}: from an earlier move or ban, still in force", join(&s.leftovers)));
    }
}

fn score(value: i64) -> String {
    match value {
        1_000_000.. => "always".to_owned(),
        i64::MIN..=-1_000_000 => "never".to_owned(),
        v => format!("{v:+}"),
    }
}

/// Whether a location is about one of these: by its id, or by a pattern.
fn about(resource: &str, pattern: bool, ids: &[&str]) -> bool {
    if pattern { ids.iter().copied().any(Constraint::matcher(resource)) } else { ids.contains(&resource) }
}

/// The words for a role that narrows a constraint.
fn as_role(role: Option<&str>) -> String {
    role.map_or_else(String::new, |r| format!(" as {r}"))
}

fn constraint(c: &Constraint, ids: &[&str], leftovers: &[String]) -> Option<(Role, String)> {
    let mine = |id: &str| ids.contains(&id);
    match c {
        Constraint::Location { id, resource, pattern, node, score: s, role, rule, expires } if about(resource, *pattern, ids) => {
            let place = node.as_deref().map_or_else(|| rule.clone().unwrap_or_default(), |n| format!("on {n}"));
            let how = s.map_or_else(|| "?".to_owned(), score);
            let role_words = as_role(role.as_deref());
            let until = expires.as_deref().map_or_else(String::new, |e| format!(" until {e}"));
            let look = if leftovers.contains(id) { Role::Warn } else { Role::Text };
            Some((look, format!("location    {how} {place}{role_words}{until}  ({id})")))
        }
        Constraint::Colocation { id, resource, with, score: s, role, with_role } if mine(resource) || mine(with) => {
            let (role, with_role) = (as_role(role.as_deref()), as_role(with_role.as_deref()));
            Some((Role::Text, format!("colocation  {resource}{role} with {with}{with_role} {}  ({id})", score(*s))))
        }
        Constraint::Order { id, first, then, mandatory, first_action, then_action } if mine(first) || mine(then) => {
            let how = if *mandatory { "mandatory" } else { "optional" };
            // Said where one of the two is not to start.
            let said = first_action.is_some() || then_action.is_some();
            let action = |action: Option<&str>| if said { format!("{} ", action.unwrap_or("start")) } else { String::new() };
            let (before, after) = (action(first_action.as_deref()), action(then_action.as_deref()));
            Some((Role::Text, format!("order       {before}{first} then {after}{then}, {how}  ({id})")))
        }
        Constraint::Ticket { id, resource, ticket, role, loss_policy } if mine(resource) => {
            let loss = loss_policy.as_deref().map_or_else(String::new, |policy| format!(", else {policy}"));
            Some((Role::Text, format!("ticket      {resource}{} needs {ticket}{loss}  ({id})", as_role(role.as_deref()))))
        }
        _ => None,
    }
}

/// The state in a word for a column: what is stopped after a failure is failed.
pub const fn state_word(s: &Service) -> &'static str {
    match s.state {
        ServiceState::Stopped if s.failed_operation => "failed",
        state => state.word(),
    }
}

/// A guest on several nodes at once, which no clone explains.
pub fn is_twice(s: &Service) -> bool {
    s.owners.len() > 1 && s.kind == ServiceKind::Vm && s.parent.is_none() && s.moving_to.is_none()
}

/// The note beside a service: why, how often it failed, what else is odd.
///
/// Flags stand in it unless they have a column.
pub fn note(s: &Service, model: &Model, flags: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    if let Some(drift) = &s.drift {
        parts.push(format!("drift: {drift}"));
    }
    let way = moving::of_service(model, s);
    // Of what migrates the manager's reason is that it does.
    if let Some(reason) = s.reason.as_ref().filter(|_| way.is_none() || s.state != ServiceState::Migrating) {
        parts.push(reason.clone());
    }
    if let Some(way) = way
        && let (Some(from), Some(to)) = (s.owners.iter().find(|o| Some(*o) != way.to.as_ref()), &way.to)
    {
        let left = way.left.map(|s| format!(", {s} s left")).unwrap_or_default();
        parts.push(format!("{} → {}{left}", model.index.names.short(from), model.index.names.short(to)));
    }
    if let Some(pending) = s.pending.as_ref().filter(|_| s.reason.is_none()) {
        parts.push(pending.clone());
    }
    if s.state != ServiceState::Started
        && s.state != ServiceState::Disabled
        && let Some(since) = s.since
    {
        parts.push(format!("since {}", words::moment(since, model.setup.now, &model.setup.zone)));
    }
    parts.extend(s.flags.iter().filter(|_| flags).map(|f| (*f).to_owned()));
    if !s.leftovers.is_empty() {
        parts.push("leftover constraint".to_owned());
    }
    let note = parts.join(", ");
    model.index.names.within(&note).into_owned()
}
