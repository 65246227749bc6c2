//! What stands below the members: views that contradict each other, fencing, what is special about this quorum.

use std::time::Duration;

use super::document::Line;
use super::fencing;
use super::model::Model;
use super::words;
use crate::domain::cluster::{Cluster, Partition};
use crate::theme::Role;

/// How many lines there are.
pub fn wanted(c: &Cluster) -> u16 {
    let views = if c.quorum.partitions.len() > 1 { c.quorum.partitions.len() } else { 0 };
    let special = special(c).is_some();
    u16::try_from(views + 1 + usize::from(special)).unwrap_or(u16::MAX)
}

/// The lines, those that matter most first, at most so many.
pub fn lines(model: &Model, most: usize) -> Vec<Line> {
    let c = &model.shown;
    let mut lines = Vec::new();
    if c.quorum.partitions.len() > 1 {
        lines.extend(c.quorum.partitions.iter().take(most).map(|p| view(model, p)));
    }
    if lines.len() < most && model.pictured {
        lines.push(fences(model));
    }
    if lines.len() < most
        && let Some(text) = special(c)
    {
        lines.push(vec![(Role::Dim, text)]);
    }
    lines
}

/// `n1 n2 see n1 n2  quorate, 2 votes`.
fn view(model: &Model, p: &Partition) -> Line {
    let names = &model.index.names;
    let by: Vec<&str> = p.said_by.iter().map(|s| names.short(&s.by)).collect();
    let members: Vec<&str> = p.members.iter().map(|m| names.short(m)).collect();
    let (role, word) = claim(p);
    let verb = if by.len() == 1 { "sees" } else { "see" };
    vec![(Role::Warn, format!("{} {verb} {}  ", by.join(" "), members.join(" "))), (role, word)]
}

/// Role and words of what a view says of quorum.
pub fn claim(p: &Partition) -> (Role, String) {
    let (role, word) = match p.quorate {
        Some(true) => (Role::Ok, "● quorate"),
        Some(false) => (Role::Crit, "✕ not quorate"),
        None => (Role::Unknown, "◌ no word of quorum"),
    };
    (role, p.votes.map_or_else(|| word.to_owned(), |v| format!("{word}, {}", words::count(v as usize, "vote", "votes"))))
}

fn fences(model: &Model) -> Line {
    let mut line: Line = model.index.fencing.iter().cloned().collect();
    if let Some(last) = model.shown.fences.first() {
        let (role, word) = fencing::outcome(last.status);
        let role = if role == Role::Text { Role::Dim } else { role };
        // Ages from a minute on change with the header's clock.
        let ago = match last.completed.map(|at| at.age(model.setup.now)) {
            Some(age) if age < Duration::from_secs(60) => ", just now".to_owned(),
            Some(age) => format!(", {} ago", words::age(age)),
            None => String::new(),
        };
        let target = model.index.names.short(&last.target);
        line.push((role, format!("  last: {target} {} {word}{ago}", last.action)));
    }
    line
}

/// Quorum's flags and its device, if there are any.
fn special(c: &Cluster) -> Option<String> {
    let q = &c.quorum;
    let mut parts = Vec::new();
    if !q.flags.is_empty() {
        parts.push(format!("quorum: {}", q.flags.join(", ")));
    }
    if let Some(d) = &q.qdevice {
        let words: Vec<&str> = [&d.model, &d.state, &d.algorithm].into_iter().filter_map(|p| p.as_deref()).collect();
        parts.push(format!("qdevice: {}", words.join(", ")));
    }
    (!parts.is_empty()).then(|| parts.join("   "))
}
