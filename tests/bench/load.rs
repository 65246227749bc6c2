//! What quorate costs: on the operator's machine idle and with 100 events a second, and on the node.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use super::glass::{Log, cockpit};
use super::lab::{self, Lab};
use super::pty::{Pty, command};
use super::{clock, line};

/// How long each state is watched.
const IDLE: Duration = Duration::from_secs(60);
const BUSY: Duration = Duration::from_secs(15);
const PEER: Duration = Duration::from_secs(40);

pub fn run() {
    let Some(lab) = lab::namespaces() else { return };
    let mut log = Log::new(lab);
    let mut pty = cockpit(lab, &mut log);
    // The first full look is no idling.
    pty.drain(Duration::from_secs(20));
    let before: Vec<f64> = (1..=3).map(|n| node_cpu(lab, n)).collect();
    let written = pty.written;
    let idle = percent(&mut pty, IDLE, |_| {});
    let on_nodes = (1..=3).zip(&before).map(|(n, b)| (node_cpu(lab, n) - b) / IDLE.as_secs_f64());
    let on_node = on_nodes.fold(0.0, f64::max);
    eprintln!("bench: load: {} bytes written in {} idle seconds", pty.written - written, IDLE.as_secs());
    line::alone("load-idle-cpu", idle, "%", 0.05);
    line::alone("load-idle-rss-3-nodes", clock::resident(pty.pid()), "MiB", 24.0);
    let busy = percent(&mut pty, BUSY, |at| {
        if at.subsec_millis() % 10 == 0 {
            log.write();
        }
    });
    line::alone("load-100-events-cpu", busy, "%", 2.0);
    line::alone("load-100-events-rss-3-nodes", clock::resident(pty.pid()), "MiB", 24.0);
    drop(pty);
    if let Some(theirs) = btop() {
        line::beside("load-idle-cpu-beside-btop", idle, "%", "btop", theirs, 0.25);
    }
    let watch = watch(lab);
    line::beside("load-on-node", on_node * 1e3, "ms/s", "watch-n2-crm_mon", watch * 1e3, 0.1);
}

/// CPU of a program in percent while time passes; `each` is called every millisecond with the time since the beginning, rounded to it.
fn percent(pty: &mut Pty, time: Duration, mut each: impl FnMut(Duration)) -> f64 {
    let (began, before) = (Instant::now(), clock::of(pty.pid()));
    let mut tick = Duration::ZERO;
    while tick < time {
        each(tick);
        tick += Duration::from_millis(1);
        let until = began + tick;
        if Instant::now() < until {
            pty.drain(until.saturating_duration_since(Instant::now()));
        }
    }
    (clock::of(pty.pid()) - before).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0
}

fn btop() -> Option<f64> {
    std::process::Command::new("btop").arg("--version").output().ok()?;
    let home = tempfile::tempdir().unwrap();
    let mut command = command(&["btop".to_owned(), "--utf-force".to_owned()]);
    command.env("HOME", home.path());
    let mut pty = Pty::start(command, (200, 50));
    pty.drain(Duration::from_secs(3));
    Some(percent(&mut pty, BUSY, |_| {}))
}

/// Seconds of CPU a second that `watch -n2 crm_mon -1` costs the node.
fn watch(lab: &Lab) -> f64 {
    let mut pty = Pty::start(command(&lab.ssh(1, &["-tt", "TERM=xterm", "watch", "-n2", "crm_mon", "-1"])), (200, 50));
    pty.drain(Duration::from_secs(4));
    let before = node_cpu(lab, 1);
    let began = Instant::now();
    pty.drain(PEER);
    (node_cpu(lab, 1) - before) / began.elapsed().as_secs_f64()
}

/// Seconds of CPU that everything below the sshd of a node has cost so far, what has ended included.
fn node_cpu(lab: &Lab, node: u32) -> f64 {
    let stats: BTreeMap<u32, (String, u32, f64)> = lab.processes(node).into_iter().filter_map(|pid| Some((pid, stat(pid)?))).collect();
    let servers: BTreeSet<u32> = stats.iter().filter(|(_, s)| s.0 == "sshd").map(|(pid, _)| *pid).collect();
    // The listener itself is no part of it: it is the one whose parent is no sshd.
    let mut ours: BTreeSet<u32> = servers.iter().filter(|pid| servers.contains(&stats[*pid].1)).copied().collect();
    loop {
        let more: Vec<u32> = stats.iter().filter(|(pid, s)| ours.contains(&s.1) && !ours.contains(*pid)).map(|(pid, _)| *pid).collect();
        if more.is_empty() {
            break;
        }
        ours.extend(more);
    }
    ours.iter().map(|pid| stats[pid].2).sum()
}

/// Name, parent, and seconds of CPU of a process and its children that have ended.
fn stat(pid: u32) -> Option<(String, u32, f64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = tail.split(' ').collect();
    let ticks: f64 = fields.get(11..15)?.iter().filter_map(|f| f.parse::<f64>().ok()).sum();
    Some((head.split_once(" (")?.1.to_owned(), fields.get(1)?.parse().ok()?, ticks / 100.0))
}
