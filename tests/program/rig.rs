//! Fake nodes: a real sshd for each, whose sessions find tools first that print what a test wants.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::link::rig::{Sshd, user};

/// Tools of this machine itself: on a fake node they are not what they seem, so they are "absent" until a test says otherwise.
const HERE: [&str; 17] = [
    "ip",
    "df",
    "lvs",
    "vgs",
    "pvs",
    "dmsetup",
    "multipath",
    "multipathd",
    "iscsiadm",
    "systemctl",
    "journalctl",
    "crm_mon",
    "cibadmin",
    "stonith_admin",
    "crm_node",
    "virsh",
    "ps",
];
const ABSENT: &str = "echo \"$0: not found\" >&2; exit 127";

/// One fake node.
pub struct Node {
    pub name: String,
    pub sshd: Sshd,
}

impl Node {
    /// None where sshd cannot run here.
    pub fn start(name: &str) -> Option<Self> {
        Self::at(name, "127.0.0.1", crate::link::rig::free_port())
    }

    pub fn at(name: &str, address: &str, port: u16) -> Option<Self> {
        Self::with(name, address, port, "")
    }

    /// As [`Node::at`], with more lines for its sshd_config.
    pub fn with(name: &str, address: &str, port: u16, more: &str) -> Option<Self> {
        // The folder is known only to a running sshd: SetEnv comes by an include that is written beforehand.
        let bin = tempfile::Builder::new().prefix("qbin").tempdir().unwrap();
        let path = bin.keep();
        let sshd = Sshd::at(address, port, &format!("SetEnv PATH={}:/usr/bin:/bin\n{more}", path.display()));
        let Some(sshd) = sshd else {
            let _ = fs::remove_dir_all(path);
            return None;
        };
        std::os::unix::fs::symlink(&path, sshd.path("bin")).unwrap();
        let node = Self { name: name.to_owned(), sshd };
        for tool in HERE {
            node.tool(tool, ABSENT);
        }
        node.tool("df", "echo 'Filesystem Type 1-blocks Used Available Capacity Mounted on'");
        node.tool("ps", "echo sshd");
        Some(node)
    }

    fn bin(&self) -> PathBuf {
        fs::canonicalize(self.sshd.path("bin")).unwrap()
    }

    /// A tool that runs this for a shell script.
    pub fn tool(&self, tool: &str, script: &str) {
        let file = self.bin().join(tool);
        crate::link::rig::executable(&file, format!("#!/bin/sh\n{script}\n"));
    }

    /// As [`Node::tool`], for what needs bash.
    pub fn bash(&self, tool: &str, script: &str) {
        crate::link::rig::executable(&self.bin().join(tool), format!("#!/bin/bash\n{script}\n"));
    }

    /// A tool that prints this, whatever it is asked.
    pub fn prints(&self, tool: &str, output: &str) {
        let file = self.sshd.path(&format!("{tool}.out"));
        fs::write(&file, output).unwrap();
        self.tool(tool, &format!("exec cat {}", file.display()));
    }

    /// A tool that prints this for arguments that fit a shell pattern, and fails for others.
    pub fn answers(&self, tool: &str, cases: &[(&str, &str)]) {
        let mut script = "case \" $* \" in\n".to_owned();
        for (number, (pattern, output)) in cases.iter().enumerate() {
            let file = self.sshd.path(&format!("{tool}.{number}"));
            fs::write(&file, output).unwrap();
            let _ = writeln!(script, "{pattern}) exec cat {} ;;", file.display());
        }
        script += "*) echo \"$0: what? $*\" >&2; exit 1 ;;\nesac";
        self.tool(tool, &script);
    }

    /// Puts a tool out of the way, for one that stands before it.
    pub fn renames(&self, tool: &str, to: &str) {
        fs::rename(self.bin().join(tool), self.bin().join(to)).unwrap();
    }

    pub fn removes(&self, tool: &str) {
        let _ = fs::remove_file(self.bin().join(tool));
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.bin());
    }
}

/// What one run of the program printed.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The one JSON object on stdout.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: stdout {:?} stderr {:?}", self.stdout, self.stderr))
    }
}

/// The program with a home of its own; nothing of the user's is read.
pub fn quorate(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_STATE_HOME", home.join("state"))
        .stdin(Stdio::null());
    command
}

/// Fake nodes and an operator with a home.
pub struct Site {
    pub nodes: Vec<Node>,
    pub home: TempDir,
}

impl Site {
    /// None where sshd cannot run here.
    pub fn new(names: &[&str]) -> Option<Self> {
        let nodes = names.iter().map(|name| Node::start(name)).collect::<Option<Vec<Node>>>()?;
        Some(Self::of(nodes))
    }

    pub fn of(nodes: Vec<Node>) -> Self {
        let site = Self { nodes, home: tempfile::Builder::new().prefix("qhome").tempdir().unwrap() };
        site.trust();
        let id = site.nodes.first().map(|n| n.sshd.path("id.pub"));
        if let Some(id) = id {
            for node in &site.nodes {
                fs::copy(&id, node.sshd.path("authorized")).unwrap();
            }
        }
        site
    }

    fn trust(&self) {
        let known: String = self.nodes.iter().map(|n| fs::read_to_string(n.sshd.path("known")).unwrap()).collect();
        fs::write(self.home.path().join("known"), known).unwrap();
    }

    pub fn node(&self, name: &str) -> &Node {
        self.nodes.iter().find(|n| n.name == name).unwrap()
    }

    /// Options of every run.
    pub fn options(&self) -> Vec<String> {
        let id = self.nodes.first().map_or_else(|| self.home.path().join("none"), |n| n.sshd.path("id"));
        let known = self.home.path().join("known");
        ["--ssh-config", "none", "--identity", &id.to_string_lossy(), "--known-hosts", &known.to_string_lossy()].map(str::to_owned).to_vec()
    }

    /// `[[cluster.node]]` for a node.
    pub fn entry(name: &str, port: u16) -> String {
        format!("[[cluster.node]]\nname = \"{name}\"\naddress = \"127.0.0.1\"\nport = {port}\n")
    }

    /// Configures all nodes, and whatever else stands in `more`.
    pub fn configure(&self, more: &str) {
        let mut text = format!("[[cluster]]\nname = \"configured\"\nuser = \"{}\"\n", user());
        for node in &self.nodes {
            text += &Self::entry(&node.name, node.sshd.port);
        }
        text += more;
        self.write_config(&text);
    }

    pub fn write_config(&self, text: &str) {
        let folder = self.home.path().join("config/quorate");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.toml"), text).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = quorate(self.home.path());
        command.args(args).args(self.options());
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }

    /// `status --json` of the configured nodes. These answer: where one was late, this machine was busy, and it is looked at again.
    pub fn status(&self) -> (Value, i32) {
        let mut tries = 0;
        loop {
            let run = self.run(&["status", "--json"]);
            let json = run.json();
            tries += 1;
            if tries == 3 || !self.nodes.iter().any(|node| was_late(&json, &node.name)) {
                return (json, run.code);
            }
        }
    }
}

fn was_late(json: &Value, name: &str) -> bool {
    let rows = json["members"].as_array().into_iter().flatten();
    rows.filter(|row| row["name"] == name).any(|row| row["error"].as_str().is_some_and(|error| error.starts_with("timeout")))
}

/// The row of a list whose key has this value.
pub fn row<'a>(json: &'a Value, list: &str, key: &str, value: &str) -> &'a Value {
    let rows = json[list].as_array().unwrap_or_else(|| panic!("no list {list}: {json}"));
    rows.iter().find(|r| r[key] == value).unwrap_or_else(|| panic!("no {value} in {list}: {}", json[list]))
}

pub fn member<'a>(json: &'a Value, name: &str) -> &'a Value {
    row(json, "members", "name", name)
}

pub fn service<'a>(json: &'a Value, id: &str) -> &'a Value {
    row(json, "services", "id", id)
}

/// (severity, code, subject) of all alerts.
pub fn alerts(json: &Value) -> Vec<(String, String, String)> {
    let word = |alert: &Value, key: &str| alert[key].as_str().unwrap().to_owned();
    json["alerts"].as_array().unwrap().iter().map(|a| (word(a, "severity"), word(a, "code"), word(a, "subject"))).collect()
}

pub fn has_alert(json: &Value, severity: &str, code: &str, subject: &str) -> bool {
    alerts(json).iter().any(|a| (a.0.as_str(), a.1.as_str(), a.2.as_str()) == (severity, code, subject))
}

/// A file of tests/fixtures.
pub fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
