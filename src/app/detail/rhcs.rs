//! Red Hat Cluster Suite's part of the quorum page: fence domain, groups, quorum disk, versions of the configuration.

use std::sync::Arc;

use super::join;
use crate::app::document::Document;
use crate::app::model::Model;
use crate::domain::rhcs::{DiskFacts, FenceFacts, RhcsFacts};
use crate::theme::Role;

/// Writes it, where this stack runs.
pub fn write(doc: &mut Document, model: &Model) {
    let Some(facts) = &model.shown.rhcs else { return };
    let names = &model.index.names;
    write_config(doc, facts);
    if let Some(why) = &facts.no_list {
        doc.pair("services", Role::Warn, why);
    }
    for words in &facts.warnings {
        doc.pair("clustat", Role::Warn, words);
    }
    if let Some(disk) = &facts.quorum_disk {
        write_disk(doc, disk);
    }
    if let Some(fence) = &facts.fence {
        write_fence(doc, fence);
    }
    if !facts.groups.is_empty() {
        doc.head("DLM and GFS groups");
        let rows: Vec<(Role, Vec<String>)> = facts
            .groups
            .iter()
            .map(|g| {
                let (role, state) = match &g.blocked {
                    Some((by, why)) => (Role::Crit, format!("▲ stands still ({by}: {why})")),
                    None => (Role::Text, "● works".to_owned()),
                };
                (role, vec![g.kind.clone(), g.name.clone(), state, g.members.iter().map(|m| names.short(m)).collect::<Vec<_>>().join(" ")])
            })
            .collect();
        doc.table(&["KIND", "GROUP", "STATE", "MEMBERS"], &rows);
    }
}

fn versions(of: &[(u32, Vec<Arc<str>>)]) -> String {
    match of {
        [] => "not known".to_owned(),
        [(version, _)] => version.to_string(),
        many => many.iter().map(|(version, nodes)| format!("{version} on {}", nodes.join(" "))).collect::<Vec<_>>().join(", "),
    }
}

fn write_config(doc: &mut Document, facts: &RhcsFacts) {
    let role = if facts.running.len() > 1 { Role::Warn } else { Role::Text };
    doc.pair("config runs", role, &versions(&facts.running));
    let role = if facts.on_disk.len() > 1 || !facts.same_version_differs.is_empty() { Role::Warn } else { Role::Text };
    doc.pair("on disk", role, &versions(&facts.on_disk));
    if !facts.same_version_differs.is_empty() {
        doc.pair("differs", Role::Warn, &format!("same version, other content: {}", join(&facts.same_version_differs)));
    }
    doc.maybe("generation", facts.generation.map(|g| g.to_string()));
    doc.maybe("token", facts.token_ms.map(|ms| format!("{ms} ms")));
    if facts.central_processing {
        doc.pair("rgmanager", Role::Text, "one node evaluates events for all (central processing)");
    }
}

fn write_disk(doc: &mut Document, disk: &DiskFacts) {
    doc.head("Quorum disk");
    let name = disk.name.clone().or_else(|| disk.conf.as_ref().and_then(|c| c.label.clone().or_else(|| c.device.clone())));
    doc.maybe("disk", name);
    let (role, word) = match disk.present {
        Some(true) => (Role::Text, "● there"),
        Some(false) => (Role::Crit, "✕ gone"),
        None => (Role::Unknown, "◌ not known"),
    };
    let votes = disk.votes.map_or_else(|| "gives no votes now".to_owned(), |v| format!("gives {v} votes"));
    doc.pair("state", role, &format!("{word}, {votes}"));
    if let Some(conf) = &disk.conf {
        let n = |v: Option<u32>| v.map_or_else(|| "-".to_owned(), |v| v.to_string());
        let text =
            format!("votes {}, interval {} s, tko {}, min_score {}", n(conf.votes), n(conf.interval), n(conf.tko), n(conf.min_score));
        doc.pair("cluster.conf", Role::Text, &text);
        for program in &conf.heuristics {
            doc.pair("heuristic", Role::Text, program);
        }
    }
    for (found, by) in &disk.found {
        let label = found.label.as_deref().unwrap_or("without a label");
        doc.pair("found", Role::Text, &format!("{label} at {}, seen by {}", found.paths.join(" "), by.join(" ")));
    }
}

fn write_fence(doc: &mut Document, fence: &FenceFacts) {
    doc.head("Fence domain");
    let role = if fence.wait == "none" { Role::Text } else { Role::Warn };
    doc.pair("waits for", role, if fence.wait == "none" { "nothing" } else { &fence.wait });
    doc.pair("members", Role::Text, &join(&fence.members));
    doc.maybe("master", fence.master.as_deref());
    if !fence.victims.is_empty() {
        doc.pair("victims", Role::Crit, &format!("▲ {}: lost and not yet fenced", join(&fence.victims)));
    }
    doc.maybe("fenced now", fence.now.as_deref());
}
