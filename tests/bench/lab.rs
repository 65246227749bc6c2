//! The real cluster: the namespace lab, brought up for the measures that need it unless it stands already; lab-full only where it is up.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A lab that is up.
#[derive(Clone, Debug)]
pub struct Lab {
    /// Whether it is lab-full.
    pub full: bool,
    dir: PathBuf,
    prefix: String,
    /// It was brought up by us.
    ours: bool,
}

static NAMESPACES: OnceLock<Option<Lab>> = OnceLock::new();

fn script(words: &[&str]) -> Command {
    let mut lab = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/lab"));
    lab.args(words).stdin(Stdio::null());
    lab
}

fn is_up(words: &[&str]) -> bool {
    script(words).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

fn lab(full: bool, ours: bool) -> Lab {
    let dir = std::env::var_os("QUORATE_LAB_DIR");
    let dir = dir.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/lab"), PathBuf::from);
    Lab { full, dir, prefix: std::env::var("QUORATE_LAB_NAME").unwrap_or_else(|_| "q".to_owned()), ours }
}

/// lab-full, if it is up.
pub fn full() -> Option<Lab> {
    is_up(&["status", "full"]).then(|| lab(true, false))
}

/// The namespace lab. None, said on stderr, where this machine cannot carry it.
pub fn namespaces() -> Option<&'static Lab> {
    let raise = || {
        if !is_root() {
            eprintln!("bench: left out: what is measured on the namespace lab needs root");
            return None;
        }
        let standing = is_up(&["status"]);
        let up = script(&["up"]).stdout(Stdio::null()).status().is_ok_and(|s| s.success());
        if !up {
            eprintln!("bench: left out: what is measured on the namespace lab, which does not come up here");
        }
        up.then(|| lab(false, !standing))
    };
    NAMESPACES.get_or_init(raise).as_ref()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

/// Takes the lab down again, if it was brought up for this run.
pub fn leave() {
    if NAMESPACES.get().and_then(Option::as_ref).is_some_and(|lab| lab.ours) {
        let _ = script(&["down"]).status();
    }
}

impl Lab {
    /// How it is called in the name of a measure.
    pub const fn name(&self) -> &'static str {
        if self.full { "lab-full" } else { "ns-lab" }
    }

    /// What the lab wrote for its clients.
    pub fn client(&self, file: &str) -> String {
        self.dir.join(if self.full { "client-full" } else { "client" }).join(file).display().to_string()
    }

    /// The words that run a command in the lab's own network.
    pub fn run(&self, words: &[&str]) -> Vec<String> {
        let hub = format!("{}{}", self.prefix, if self.full { "full" } else { "hub" });
        let enter = ["nsenter".to_owned(), format!("--net=/run/netns/{hub}"), "--".to_owned()];
        enter.into_iter().chain(words.iter().map(|w| (*w).to_owned())).collect()
    }

    /// quorate on all three nodes.
    pub fn quorate(&self, words: &[&str]) -> Vec<String> {
        let (config, id, known) = (self.client("config.toml"), self.client("id"), self.client("known_hosts"));
        let all = [env!("CARGO_BIN_EXE_quorate"), "--config", &config, "--identity", &id, "--known-hosts", &known, "--ssh-config", "none"];
        self.run(&[&all[..], words].concat())
    }

    /// The words of an ssh to a node.
    pub fn ssh(&self, node: u32, words: &[&str]) -> Vec<String> {
        let (config, node) = (self.client("ssh_config"), format!("node{node}"));
        self.run(&[&["ssh", "-F", &config, "-o", "BatchMode=yes", &node][..], words].concat())
    }

    /// The processes of a node, as this machine numbers them (namespace lab).
    pub fn processes(&self, node: u32) -> Vec<u32> {
        let Ok(net) = fs::metadata(format!("/run/netns/{}n{node}", self.prefix)) else { return Vec::new() };
        let pids = fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| fs::metadata(format!("/proc/{pid}/ns/net")).is_ok_and(|m| m.ino() == net.ino())).collect()
    }

    /// A file of a node, from outside (namespace lab).
    pub fn file(&self, node: u32, path: &str) -> PathBuf {
        let first = |pid: &u32| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            status.lines().any(|l| l.strip_prefix("NSpid:").is_some_and(|ids| ids.split_whitespace().last() == Some("1")))
        };
        let init = self.processes(node).into_iter().find(first).expect("the node runs");
        PathBuf::from(format!("/proc/{init}/root{path}"))
    }
}
