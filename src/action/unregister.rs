//! A service let go: the guest runs on, and nothing looks after it any more.
//!
//! The CIB does not let go of a resource that something still names, and what it names may concern others, too: so all of that is asked for before the first step,
//! and what quorate cannot take away is a refusal.

use std::sync::Arc;

use crate::domain::cluster::MemberStatus;
use crate::domain::observation::references::{Naming, References, ResourceSet};
use crate::domain::task::Action;
use crate::link::CommandLine;

use super::commands::crm_resource;
use super::condition::Condition;
use super::plan::{Confirm, Fate, FateKind, Input, Plan, Refusal, Step, Undo, When};
use super::register::xml;
use super::suspend::guest_of;
use super::whereabouts;

/// The plan.
pub(super) fn plan(input: &Input<'_>, id: &str) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(service) = cluster.service(id) else { return Err(Vec::new()) };
    whereabouts::guest_only(service, "be let go while it runs")?;
    if let Some(parent) = &service.parent {
        return Err(vec![Refusal::new("in-group", format!("{id} is part of {parent}"), "take it out of the group first")]);
    }
    let post = whereabouts::post_or_refuse(cluster, None)?;
    let named = names_of(input, id, &post)?;
    let orphans = Orphans::of(named)?;
    let guest = guest_of(input, service).ok();
    let mut plan = input.blank();
    // What vanishes from the configuration while it runs is an orphan, which the manager stops.
    plan.steps.extend(orphans.spared(&post));
    for constraint in &named.constraints {
        plan.steps.extend(loosened(constraint, id, &post));
    }
    for (tag, _) in named.tags.iter().filter(|(_, others)| *others) {
        let out = by_path(&format!("//tag[@id='{tag}']/obj_ref[@id='{id}']"));
        plan.steps.push(Step::change(format!("Take {id} out of the tag {tag}"), &post, out, 60));
    }
    let gone = delete("resources", &format!("<primitive id=\"{}\"/>", xml(id)));
    plan.steps.push(Step::change(format!("Take {id} out of the configuration"), &post, gone, 60));
    plan.steps.push(Step::change("Let the manager forget it", &post, crm_resource(&["--refresh", "--resource", id, "--force"]), 60));
    plan.steps.extend(orphans.back(id, &post));
    plan.proof = vec![Condition::Known(id.to_owned(), false)];
    if let Some(guest) = guest {
        plan.proof.push(guest.is(Some("running")));
    }
    plan.undo = Undo::By(Action::Register { guest: id.to_owned(), prefer: Vec::new() });
    plan.confirm = Confirm::TypeName;
    plan.consequences.by = "what was asked for";
    plan.consequences.fates.push(Fate {
        service: id.to_owned(),
        guest: true,
        kind: FateKind::Unwatched,
        from: service.owner.clone(),
        to: None,
        why: Some("runs on, and nothing looks after it any more".to_owned()),
    });
    plan.consequences.lost.push(lost(&named.constraints, id));
    let away: Vec<&str> = cluster.members.iter().filter(|m| m.status != MemberStatus::Online).map(|m| &*m.name).collect();
    if !away.is_empty() {
        plan.notices.push(format!("not online: {}; what they remember of it is forgotten when they are back", away.join(", ")));
    }
    // A tag without anything in it is none to the CIB, and what stands in one need not exist.
    let alone = named.tags.iter().filter(|(_, others)| !others);
    plan.notices.extend(alone.map(|(tag, _)| format!("the tag {tag} goes on naming {id}, and nothing else")));
    plan.notices.extend(orphans.word());
    Ok(plan)
}

/// What names it; a refusal where that is not known, or cannot be taken away.
fn names_of<'a>(input: &Input<'a>, id: &str, post: &str) -> Result<&'a References, Vec<Refusal>> {
    let why = "what else in the configuration names it is not known";
    let lift = format!("cibadmin must answer on {post}");
    let named = match input.found.references(id) {
        Some(Ok(named)) => named,
        Some(Err(trouble)) => return Err(vec![Refusal::new("not-known", format!("{why}: {trouble}"), lift)]),
        None => return Err(vec![Refusal::new("not-known", why, lift)]),
    };
    let ids = named.constraints.iter().flat_map(|c| c.sets.iter().map(|set| &set.id)).chain(named.tags.iter().map(|(tag, _)| tag));
    if let Some(odd) = ids.map(String::as_str).chain([id]).find(|id| !is_plain(id)) {
        let why = format!("'{odd}' is no id that can be named in a command to the CIB");
        return Err(vec![Refusal::new("bad-name", why, "rename it, or take it out with pcs or crm")]);
    }
    let refused = named.others.iter().map(|(element, other)| {
        let why = format!("the {element} {other} names {id}: the CIB would not let go of it");
        Refusal::new("referenced", why, "take that reference away first, with pcs or crm")
    });
    let refused: Vec<Refusal> = refused.collect();
    if refused.is_empty() { Ok(named) } else { Err(refused) }
}

/// What an XPath takes as it is.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}

/// What a constraint with sets still binds without it; none: nothing that makes sense.
fn rest<'a>(constraint: &'a Naming, id: &str) -> Option<Vec<&'a str>> {
    let mut left: Vec<&str> = Vec::new();
    for member in constraint.sets.iter().flat_map(|set| &set.members).filter(|member| *member != id) {
        if !left.contains(&member.as_str()) {
            left.push(member);
        }
    }
    // One resource alone can have a place or a ticket; an order, or a place beside another, takes two.
    let least = if matches!(constraint.element.as_str(), "rsc_location" | "rsc_ticket") { 1 } else { 2 };
    (left.len() >= least).then_some(left)
}

/// The steps after which a constraint no longer names it.
fn loosened(constraint: &Naming, id: &str, post: &Arc<str>) -> Vec<Step> {
    let name = &constraint.id;
    let Some(left) = rest(constraint, id) else {
        let gone = delete("constraints", &format!("<{} id=\"{}\"/>", constraint.element, xml(name)));
        return vec![Step::change(format!("Take the constraint {name} away"), post, gone, 60)];
    };
    let title = format!("Take {id} out of the constraint {name}, which goes on for {}", left.join(", "));
    let mine = constraint.sets.iter().filter(|set| set.members.iter().any(|member| member == id));
    mine.map(|set| Step::change(title.clone(), post, out_of(set, id), 60)).collect()
}

/// Takes it out of a set; a set without members is none, and goes.
fn out_of(set: &ResourceSet, id: &str) -> CommandLine {
    let alone = set.members.iter().all(|member| member == id);
    let rest = if alone { String::new() } else { format!("/resource_ref[@id='{id}']") };
    by_path(&format!("//resource_set[@id='{}']{rest}", set.id))
}

/// Takes one element away.
fn by_path(path: &str) -> CommandLine {
    CommandLine::new("cibadmin", ["--delete", "--xpath", path]).privileged()
}

/// What goes with it, in words.
fn lost(constraints: &[Naming], id: &str) -> String {
    let whole: Vec<&str> = constraints.iter().filter(|c| rest(c, id).is_none()).map(|c| c.id.as_str()).collect();
    if whole.is_empty() { "its attributes".to_owned() } else { format!("its attributes, and the constraints {}", whole.join(", ")) }
}

/// `stop-orphan-resources` while it is let go.
enum Orphans<'a> {
    /// No orphan is stopped here: that stays as it is.
    Spared,
    /// They are stopped: this value is put back; none: it was not set.
    Stopped(Option<&'a str>),
}

impl<'a> Orphans<'a> {
    fn of(named: &'a References) -> Result<Self, Vec<Refusal>> {
        let is_no = |value: &String| matches!(value.to_ascii_lowercase().as_str(), "false" | "off" | "no" | "n" | "0");
        match named.stop_orphans.as_slice() {
            [] => Ok(Self::Stopped(None)),
            all if all.iter().all(is_no) => Ok(Self::Spared),
            // What the manager does not understand it takes for its default.
            [one] => Ok(Self::Stopped(Some(if is_word(one) { one.as_str() } else { "true" }))),
            several => {
                let why = format!("stop-orphan-resources is set several times: {}", several.join(", "));
                Err(vec![Refusal::new("ambiguous", why, "leave one of them in the configuration")])
            }
        }
    }

    fn spared(&self, post: &Arc<str>) -> Option<Step> {
        let title = "Tell the manager not to stop what it does not know";
        matches!(self, Self::Stopped(_)).then(|| Step::change(title, post, set_orphans(Some("false")), 60))
    }

    /// A guest that is an orphan still would be stopped: only once it is none.
    fn back(&self, id: &str, post: &Arc<str>) -> Vec<Step> {
        let Self::Stopped(before) = self else { return Vec::new() };
        vec![
            Step::wait("The manager has it in its configuration, or nowhere", Condition::NoStray(id.to_owned()), 60).when(When::Always),
            Step::change("Let the manager stop strangers again", post, set_orphans(*before), 60).when(When::Settled),
        ]
    }

    fn word(&self) -> Option<String> {
        matches!(self, Self::Spared).then(|| "stop-orphan-resources is false, and stays so".to_owned())
    }
}

fn is_word(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric())
}

fn set_orphans(value: Option<&str>) -> CommandLine {
    let base = ["--type", "crm_config", "--name", "stop-orphan-resources"];
    let rest = value.map_or_else(|| vec!["--delete"], |v| vec!["--update", v]);
    CommandLine::new("crm_attribute", base.into_iter().chain(rest)).privileged()
}

fn delete(scope: &str, xml: &str) -> CommandLine {
    CommandLine::new("cibadmin", ["--delete", "--scope", scope, "--xml-text", xml]).privileged()
}
