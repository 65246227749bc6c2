//! `clustat` as text: RHEL 4's only sure form, and what an operator pastes. Names are cut to the columns' widths.

use super::clustat::{named, node_id};
use super::complaints;
use crate::domain::observation::rhcs::{ClustatGroup, ClustatNode, ClustatView, GroupState};
use crate::domain::text::clean;

/// What the lines that come now are about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Head,
    Members,
    /// RHEL 4: name, state, id.
    OldMembers,
    Services,
    /// `-l`: a block a service.
    Long,
}

/// Reads the text; none if it has neither members nor services.
pub fn read(said: &str, stderr: &[u8]) -> Option<ClustatView> {
    let mut view = ClustatView { from_text: true, ..ClustatView::default() };
    let mut before = String::new();
    let mut part = Part::Head;
    let mut known = false;
    for line in said.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["Member", "Name", "ID", "Status"] => part = Part::Members,
            ["Member", "Name", "State", "ID"] => part = Part::OldMembers,
            ["Service", "Name", "Owner", "(Last)", "State"] => part = begin(&mut view, Part::Services),
            ["Service", "Information"] => part = begin(&mut view, Part::Long),
            ["Cluster", "Status", "for", name, "@", ..] => view.cluster_name = Some(clean(name)),
            ["Member", "Status:", rest @ ..] => status(&mut view, rest),
            [] => {}
            [first, ..] if first.bytes().all(|b| b == b'-') => {}
            _ => {
                row(&mut view, part, line, &words, &mut before);
                continue;
            }
        }
        known |= part != Part::Head || view.quorate.is_some();
    }
    view.warnings = complaints(&before, stderr);
    (known && (!view.nodes.is_empty() || view.groups.is_some() || view.quorate.is_some())).then_some(view)
}

fn begin(view: &mut ClustatView, part: Part) -> Part {
    view.groups.get_or_insert_default();
    part
}

/// `Quorate`, `Inquorate`; RHEL 4 adds `, Group Member`.
fn status(view: &mut ClustatView, words: &[&str]) {
    view.quorate = match words.first().map(|w| w.trim_end_matches(',')) {
        Some("Quorate") => Some(true),
        Some("Inquorate") => Some(false),
        _ => None,
    };
    if words.ends_with(&["Group", "Member"]) {
        view.group_member = Some(true);
    }
}

fn row(view: &mut ClustatView, part: Part, line: &str, words: &[&str], before: &mut String) {
    match part {
        Part::Head => {
            before.push_str(line);
            before.push('\n');
        }
        Part::Members => member(view, words),
        Part::OldMembers => old_member(view, words),
        Part::Services => view.groups.get_or_insert_default().extend(service(line, words)),
        Part::Long => long(view.groups.get_or_insert_default(), line),
    }
}

/// `name  id Online, Local, rgmanager`.
fn member(view: &mut ClustatView, words: &[&str]) {
    let [name, id, rest @ ..] = words else { return };
    let all = rest.join(" ");
    let has = |word: &str| all.split(", ").any(|w| w == word);
    let id = id.parse().ok();
    if id == Some(0) || has("Quorum Disk") {
        view.quorum_disk = Some((clean(name), has("Online")));
        return;
    }
    view.nodes.push(ClustatNode {
        name: clean(name),
        id,
        online: has("Online"),
        local: has("Local"),
        estranged: has("Estranged"),
        rgmanager: has("rgmanager") || has("RG-Master") || has("RG-Worker"),
        master: has("RG-Master"),
    });
}

/// `name  Online  0x0000000000000002`; RHEL 4 does not say where rgmanager runs.
fn old_member(view: &mut ClustatView, words: &[&str]) {
    let [name, state @ .., id] = words else { return };
    let all = state.join(" ");
    let has = |word: &str| all.split(", ").any(|w| w == word);
    view.nodes.push(ClustatNode {
        name: clean(name),
        id: node_id(id),
        online: has("Online"),
        local: has("Local"),
        ..ClustatNode::default()
    });
}

/// `vm:wiki  owner  started`, `vm:db  (last)  failed`, `x  (none)  stopped`, `web  (tng3-1     ) failed`, `started    [Z]`.
fn service(line: &str, words: &[&str]) -> Option<ClustatGroup> {
    let name = clean(words.first()?);
    let flags = words.last().and_then(|w| w.strip_prefix('[')?.strip_suffix(']'));
    let word = words.iter().rev().find(|w| !w.starts_with('['))?;
    let (owner, last_owner) = match line.split_once('(') {
        Some((_, rest)) => (None, named(clean(rest.split([')', ' ']).next().unwrap_or_default()))),
        None if words.len() >= 3 => (words.get(1).and_then(|o| named(clean(o))), None),
        None => (None, None),
    };
    Some(ClustatGroup {
        name,
        state: GroupState::of_word(word),
        word: clean(word),
        // Without a mark it may be that this version shows none.
        frozen: flags.map(|f| f.contains('Z')),
        partial: flags.map(|f| f.contains('P')),
        owner,
        last_owner,
        ..ClustatGroup::default()
    })
}

/// `Service Name      : vm:wiki`, `  Current State   : started (112)`, `  Flags           : frozen, partial (3)`.
fn long(groups: &mut Vec<ClustatGroup>, line: &str) {
    let Some((key, value)) = line.split_once(" : ") else { return };
    let value = value.trim();
    if key.trim() == "Service Name" {
        groups.push(ClustatGroup { name: clean(value), ..ClustatGroup::default() });
        return;
    }
    let Some(group) = groups.last_mut() else { return };
    let number = || value.rsplit_once('(').and_then(|(_, n)| n.trim_end_matches(')').parse::<u32>().ok());
    match key.trim() {
        "Current State" => {
            group.state = number().and_then(GroupState::of_code);
            group.word = clean(value.split(" (").next().unwrap_or_default());
        }
        "Flags" => {
            group.frozen = number().map(|bits| bits & 1 != 0);
            group.partial = number().map(|bits| bits & 2 != 0);
        }
        "Owner" => group.owner = named(clean(value)),
        "Last Owner" => group.last_owner = named(clean(value)),
        _ => {}
    }
}
