//! What a change of cluster.conf rests on: one file, the same on every node, and the version that the cluster runs.

use std::sync::Arc;

use crate::action::inquiry::{Finding, Query, What};
use crate::action::plan::{Input, Refusal};
use crate::action::whereabouts;
use crate::domain::cluster::{Cluster, Member, MemberStatus};
use crate::domain::observation::manager::NodeKind;
use crate::probe::rhcs::file::{Check, ConfFile, FILE, Way, sum};

use super::tree::{self, Element};

/// The file, and who has it.
#[derive(Debug)]
pub struct Scene {
    /// Every member, first the one on which the file is edited and checked.
    pub nodes: Vec<Arc<str>>,
    /// The file without its passwords.
    pub text: String,
    /// Its elements.
    pub root: Element,
    /// `config_version`.
    pub version: u32,
    /// How it is checked; none: by quorate alone.
    pub check: Option<Check>,
    /// How it gets to the cluster.
    pub way: Way,
    /// RHEL 4: cman is told the version beside.
    pub tell_cman: bool,
    /// Why not by ricci, where that would have been possible.
    pub ricci: Option<String>,
}

impl Scene {
    /// `<rm>`.
    pub fn rm(&self) -> Result<&Element, Vec<Refusal>> {
        let why = "cluster.conf has no <rm>: rgmanager has nothing to look after";
        self.root.child("rm").ok_or_else(|| vec![Refusal::new("no-rm", why, "add <rm/> by hand first")])
    }

    /// A service or guest by its full name.
    pub fn service(&self, id: &str) -> Result<&Element, Vec<Refusal>> {
        let (kind, name) = id.split_once(':').unwrap_or(("service", id));
        let found = self.rm()?.children.iter().find(|c| c.name == kind && c.get("name") == Some(name));
        found.ok_or_else(|| vec![Refusal::new("not-in-config", format!("{id} does not stand in {FILE}"), "nothing to change")])
    }

    /// Nodes by name, as cluster.conf has them.
    pub fn has_node(&self, name: &str) -> bool {
        let nodes = self.root.child("clusternodes");
        nodes.is_some_and(|all| all.children.iter().any(|n| n.name == "clusternode" && n.get("name") == Some(name)))
    }
}

fn members(cluster: &Cluster) -> impl Iterator<Item = &Member> {
    cluster.members.iter().filter(|m| m.kind == NodeKind::Member)
}

/// What is asked: every member's file; then ricci, where there is one.
pub fn needed(input: &Cluster, found: &crate::action::Findings) -> Vec<Query> {
    let mut asked: Vec<Query> =
        members(input).filter(|m| whereabouts::is_within_reach(m)).map(|m| Query::new(&m.name, What::ConfFile)).collect();
    if let Some(post) = whereabouts::post(input, None)
        && let Some(Ok(Finding::ConfFile(file))) = found.get(&Query::new(&post, What::ConfFile))
        && file.tools.iter().any(|t| t == "ccs")
        && !file.tools.iter().any(|t| t == "ccsd")
    {
        asked.push(Query::new(&post, What::Ricci));
    }
    asked
}

/// The file as all members have it, or all that stands against a change.
pub fn scene(input: &Input<'_>) -> Result<Scene, Vec<Refusal>> {
    let cluster = input.cluster;
    let post = whereabouts::post_or_refuse(cluster, None)?;
    let mut against = Vec::new();
    let mut files: Vec<(&Arc<str>, &ConfFile)> = Vec::new();
    for member in members(cluster) {
        let name = &member.name;
        if !matches!(member.status, MemberStatus::Online) {
            let why = format!("{name} is {}: it would come back with the old cluster.conf", member.status.word());
            against.push(Refusal::new("node-down", why, format!("bring {name} back, or take it out of the cluster for good")));
        } else if !whereabouts::is_within_reach(member) {
            let why = format!("{name} cannot be reached: whether it gets the new cluster.conf could not be seen");
            against.push(Refusal::new("unreachable", why, format!("connect quorate to {name}")));
        } else {
            match input.found.get(&Query::new(name, What::ConfFile)) {
                Some(Ok(Finding::ConfFile(file))) => files.push((name, file)),
                Some(Err(trouble)) => {
                    against.push(Refusal::new("config-unreadable", format!("{FILE} on {name}: {trouble}"), "see to that node first"));
                }
                _ => against.push(Refusal::new("not-looked", format!("{FILE} on {name} was not read"), "plan it anew")),
            }
        }
    }
    if !against.is_empty() {
        return Err(against);
    }
    let tools = files.iter().find(|(name, _)| **name == post).map(|(_, f)| f.tools.as_slice()).unwrap_or_default();
    let has = |tool: &str| tools.iter().any(|t| t == tool);
    let ricci = match input.found.get(&Query::new(&post, What::Ricci)) {
        Some(Ok(Finding::Ricci(answer))) => Some(answer.clone()),
        Some(Err(trouble)) => Some(Err(trouble.to_string())),
        _ => None,
    };
    let way = match &ricci {
        _ if has("ccsd") => Way::CcsTool,
        Some(Ok(())) => Way::Ccs,
        _ => Way::CmanTool,
    };
    let (text, root, version) = agreed(&files, &post, way)?;
    if !has("sha1sum") {
        return Err(vec![Refusal::new(
            "no-sha1sum",
            format!("{post} has no sha1sum: what is edited could not be checked"),
            "install coreutils",
        )]);
    }
    let check = match () {
        () if has("ccs_config_validate") => Some(Check::CcsConfigValidate),
        () if has("xmllint") => Some(Check::Xmllint),
        () => None,
    };
    let others = files.iter().map(|(name, _)| Arc::clone(name)).filter(|name| *name != post);
    let nodes = std::iter::once(Arc::clone(&post)).chain(others).collect();
    let tell_cman = way == Way::CcsTool && !has("group_tool");
    Ok(Scene { nodes, text, root, version, check, way, tell_cman, ricci: ricci.and_then(Result::err) })
}

/// One content and one version, in the files and in what runs; one text where each node edits its own.
fn agreed(files: &[(&Arc<str>, &ConfFile)], post: &Arc<str>, way: Way) -> Result<(String, Element, u32), Vec<Refusal>> {
    let mut against = Vec::new();
    let mut found: Vec<(&Arc<str>, &str, u32, Element)> = Vec::new();
    for (name, file) in files {
        let read = file.text.as_deref().map_err(Clone::clone).and_then(|text| {
            let root = tree::parse(text)?;
            if let Some(name) = root.bared() {
                return Err(format!("{name} was not cut out on the node, as no password may leave it: put it and its value on one line"));
            }
            let version = root.get("config_version").and_then(|v| v.trim().parse().ok());
            Ok((*name, text, version.ok_or("it has no config_version")?, root))
        });
        match read {
            Ok(read) => {
                if file.runs.is_none() {
                    let why = format!("which version {name} runs is not known: 'cman_tool version' gave no answer");
                    against.push(Refusal::new("config-unknown", why, "cman must run on every node"));
                } else if file.runs != Some(read.2) {
                    let runs = file.runs.unwrap_or_default();
                    let why = format!(
                        "{FILE} on {name} has version {}, the cluster runs {runs}: a change is under way, or was left half done",
                        read.2
                    );
                    against.push(Refusal::new("config-differs", why, "bring file and cluster to one version first"));
                }
                found.push(read);
            }
            Err(why) => {
                against.push(Refusal::new("config-unreadable", format!("{FILE} on {name}: {why}"), "see to that file first"));
            }
        }
    }
    // The file that is edited.
    found.sort_by_key(|(name, ..)| *name != post);
    let first = found.first().map(|(name, text, version, root)| (Arc::clone(name), sum(text), root.says(), *version));
    if let Some((one, print, says, version)) = first {
        for (name, text, other, root) in found.iter().skip(1) {
            if *other != version {
                let why = format!("cluster.conf has version {version} on {one} and {other} on {name}");
                against.push(Refusal::new("config-differs", why, "bring all nodes to one version first"));
            } else if root.says() != says {
                let why = format!("cluster.conf has version {version} on {one} and on {name}, and is not the same");
                against.push(Refusal::new("config-differs", why, "bring all nodes to one file first"));
            } else if way == Way::CmanTool && sum(text) != print {
                let why =
                    format!("cluster.conf says the same on {one} and on {name}, and is not written alike: one edit does not fit both");
                against.push(Refusal::new("config-differs", why, format!("copy the file of {one} to {name}")));
            }
        }
    }
    if !against.is_empty() {
        return Err(against);
    }
    let first = found.into_iter().next().map(|(_, text, version, root)| (text.to_owned(), root, version));
    first.ok_or_else(|| vec![Refusal::new("config-unreadable", "no member's cluster.conf could be read", "connect quorate to the members")])
}
