//! From the start of the program to the full picture of a real cluster's three nodes, beside the tools that show the same, asked one after the
//! other.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::lab::{self, Lab};
use super::pty::{Pty, command};
use super::{clock, line};

const LONG: Duration = Duration::from_secs(120);
/// High enough for every row.
const SIZE: (u16, u16) = (200, 110);

pub fn run() {
    let full = lab::full();
    let Some(lab) = full.as_ref().or_else(|| lab::namespaces()) else { return };
    let wanted = words(lab);
    eprintln!("bench: picture: {} names are looked for on the screen", wanted.len());
    let rounds = if lab.full { 3 } else { 7 };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let mut command = command(&lab.quorate(&[]));
        command.env("XDG_STATE_HOME", std::env::temp_dir().join("quorate-bench-state"));
        let mut pty = Pty::start(command, SIZE);
        let good = |s: &str| s.contains("nodes 3/3") && !s.contains("asking the nodes") && wanted.iter().all(|word| s.contains(word));
        let seen = pty.until(LONG, good);
        let Some(seen) = seen else {
            let shown = pty.screen.screen().contents();
            let missing: Vec<_> = wanted.iter().filter(|w| !shown.contains(w.as_str())).collect();
            eprintln!("bench: picture: left out: not on the screen: {missing:?}\n{shown}");
            return;
        };
        ours.push((seen - pty.born).as_secs_f64() * 1e3);
        drop(pty);
        theirs.push(one_after_the_other(lab));
    }
    let name = format!("start-picture-{}", lab.name());
    line::beside(&name, clock::median(&mut ours), "ms", "ssh-and-tools", clock::median(&mut theirs), 0.5);
}

/// Everything that has a row of its own: members, services, volumes, bonds.
fn words(lab: &Lab) -> BTreeSet<String> {
    let words = lab.quorate(&["status", "--json"]);
    let output = Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lists = [("members", "name"), ("services", "id"), ("volumes", "lv"), ("bonds", "name")];
    let named = lists.into_iter().flat_map(|(list, key)| {
        let rows = json[list].as_array().cloned().unwrap_or_default();
        rows.into_iter().filter_map(move |row| Some(row[key].as_str()?.to_owned()))
    });
    named.collect()
}

fn one_after_the_other(lab: &Lab) -> f64 {
    let began = Instant::now();
    for node in 1..=3 {
        for tool in ["crm_mon -1", "virsh list", "lvs", "cat /proc/net/bonding/*"] {
            let words = lab.ssh(node, &[tool]);
            let _ = Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
    began.elapsed().as_secs_f64() * 1e3
}
