//! The layering of ARCHITECTURE.md: a module may use only those below it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Which modules each module may use, besides itself and `domain`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    // A changing command is a type of the gate's: the one edge that leads up, for a type that nobody below can make.
    ("link", &["action"]),
    ("probe", &["link"]),
    ("watch", &["link", "probe"]),
    ("state", &[]),
    ("action", &["link", "probe", "state"]),
    ("app", &["state", "action", "command", "keymap", "config", "theme"]),
    ("view", &["app", "command", "keymap", "theme"]),
    ("report", &["state", "action"]),
    ("doctor", &["link", "probe"]),
    ("record", &["link"]),
    ("sim", &["link", "probe", "action"]),
    ("config", &["link"]),
    ("command", &[]),
    ("keymap", &["command"]),
    ("theme", &[]),
    ("term", &["theme"]),
    ("cli", &["config", "link"]),
];

/// Of `action`, `link` and the links that stand in for it may use this alone.
const OF_ACTION: &[&str] = &["Change"];

/// Of `link`, `probe` may use the command line, the lane and what libvirt says alone, `config` the description of the way to a node and its resolution.
const OF_LINK: &[(&str, &[&str])] =
    &[("probe", &["CommandLine", "Lane", "libvirt"]), ("config", &["target", "Target", "Hop", "HostKeys", "Become", "ssh_config"])];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// All `crate::...` paths of a file, `use` groups of the first level taken apart.
fn crate_paths(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines().map(str::trim).filter(|l| !l.starts_with("//")) {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let path: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
            if let Some(group) = rest[path.len()..].strip_prefix('{') {
                for item in group.split(['}', ',']).map(str::trim).filter(|i| !i.is_empty()) {
                    let first: String = item.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
                    found.insert(format!("{path}{first}"));
                }
            } else {
                found.insert(path);
            }
        }
    }
    found
}

#[test]
fn modules_use_only_what_lies_below() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > 20, "the walk found too little: {files:?}");
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        // The two places that join the halves.
        if inside == "main.rs" || inside == "lib.rs" || inside.starts_with("app/runtime") {
            continue;
        }
        let module = inside.split(['/', '.']).next().unwrap().to_owned();
        let Some((_, allowed)) = ALLOWED.iter().find(|(m, _)| *m == module) else {
            wrong.push(format!("{inside}: module '{module}' is not in the table of layers"));
            continue;
        };
        for path in crate_paths(&fs::read_to_string(&file).unwrap()) {
            let mut parts = path.split("::");
            let used = parts.next().unwrap_or_default();
            let item = parts.next().unwrap_or_default();
            if used == module || used == "domain" || used.is_empty() {
                continue;
            }
            let narrow = OF_LINK.iter().find(|(m, _)| *m == module && used == "link");
            let up = ["link", "sim"].contains(&module.as_str()) && used == "action" && !OF_ACTION.contains(&item);
            if !allowed.contains(&used) || up || narrow.is_some_and(|(_, items)| !item.is_empty() && !items.contains(&item)) {
                wrong.push(format!("{inside} uses crate::{path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "edges that the layering forbids:\n{}", wrong.join("\n"));
}
