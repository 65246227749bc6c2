//! Memory of quorate at three sizes: real connections to nodes that answer as Pacemaker does. Of 1,000 members 64 are reached.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use super::fleet::Fleet;
use super::pty::{Pty, command};
use super::{clock, line, parse};

const LONG: Duration = Duration::from_secs(180);
const TOOLS: [&str; 24] = [
    "sh", "cat", "date", "uname", "id", "sleep", "timeout", "tail", "head", "grep", "sed", "od", "ls", "wc", "tr", "df", "pgrep", "sort",
    "cut", "env", "true", "stat", "mkdir", "rm",
];

pub fn run() {
    for (members, services, goal) in [(5, 15, 24.0), (64, 2000, 32.0), (1000, 20_000, 64.0)] {
        let reached = members.min(64);
        let Some(fleet) = Fleet::start(reached, |n, dir| format!("PATH={}/bin QNODE={}", dir.display(), parse::node(n))) else {
            return;
        };
        tools(&fleet, members, services);
        let config = fleet.path("config.toml");
        fs::write(&config, configuration(&fleet)).unwrap();
        let at = |name: &str| fleet.path(name).display().to_string();
        let (config, id, known) = (at("config.toml"), at("id"), at("known"));
        let words =
            [env!("CARGO_BIN_EXE_quorate"), "--config", &config, "--identity", &id, "--known-hosts", &known, "--ssh-config", "none"];
        let mut command = command(&words.map(str::to_owned));
        command.env("XDG_STATE_HOME", fleet.path("state"));
        let mut pty = Pty::start(command, (200, 50));
        let (nodes, total) = (format!("nodes {reached}/{members} "), format!("{services}/{services} started"));
        if pty.until(LONG, |s| s.contains(&nodes) && s.contains(&total)).is_none() {
            eprintln!("bench: left out: rss-{members}: not seen in time:\n{}", pty.screen.screen().contents());
            continue;
        }
        // Everything has been asked once, the slow questions too.
        pty.drain(Duration::from_secs(12));
        line::alone(&format!("rss-{members}-members-{services}-services"), clock::resident(pty.pid()), "MiB", goal);
    }
}

fn configuration(fleet: &Fleet) -> String {
    let mut text = "[[cluster]]\nname = \"bench\"\nuser = \"root\"\n".to_owned();
    for (n, port) in fleet.ports.iter().enumerate() {
        let _ = write!(text, "[[cluster.node]]\nname = \"{}\"\naddress = \"127.0.0.1\"\nport = {port}\n", parse::node(n));
    }
    text
}

/// What each node's PATH leads to: the shell's usual company, and a cluster's tools that say what was recorded.
fn tools(fleet: &Fleet, members: usize, services: usize) {
    let bin = fleet.path("bin");
    fs::create_dir_all(&bin).unwrap();
    for tool in TOOLS {
        let real = ["/usr/bin", "/bin"].map(|dir| Path::new(dir).join(tool)).into_iter().find(|path| path.exists());
        if let Some(real) = real {
            symlink(real, bin.join(tool)).unwrap();
        }
    }
    fs::write(fleet.path("crm_mon.xml"), parse::crm_mon(members, services)).unwrap();
    fs::write(fleet.path("quorum"), quorum(members)).unwrap();
    let say = |file: &str| format!("exec cat {}", fleet.path(file).display());
    script(&bin.join("crm_mon"), &format!("case $* in *version*) echo 'Pacemaker 2.1.5';; *) {};; esac", say("crm_mon.xml")));
    script(&bin.join("crm_node"), "echo $QNODE");
    script(&bin.join("corosync-quorumtool"), &say("quorum"));
}

fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn quorum(members: usize) -> String {
    let mut text = format!(
        "Quorum information\n------------------\nQuorum provider:  corosync_votequorum\nNodes:            {members}\nNode ID:          1\n\
         Ring ID:          1.16\nQuorate:          Yes\n\nVotequorum information\n----------------------\nExpected votes:   {members}\n\
         Highest expected: {members}\nTotal votes:      {members}\nQuorum:           {}  \nFlags:            Quorate \n\n\
         Membership information\n----------------------\n    Nodeid      Votes Name\n",
        members / 2 + 1
    );
    for n in 0..members {
        let _ = writeln!(text, "{:>10}          1 {}", n + 1, parse::node(n));
    }
    text
}
