//! 64 nodes, 8 commands each, cold and warm, beside OpenSSH with ControlMaster.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quorate::domain::node::NodeKey;
use quorate::link::{self, Ask, AskId, CommandLine, Lane, Link, Order, Report, Voice};
use tokio::sync::mpsc::{self, Receiver};

use super::fleet::Fleet;
use super::{clock, line};

const NODES: usize = 64;
const LONG: Duration = Duration::from_secs(90);
/// What a first look asks: programs that start and end.
const COMMANDS: [&[&str]; 8] = [
    &["cat", "/proc/stat"],
    &["cat", "/proc/meminfo"],
    &["cat", "/proc/loadavg"],
    &["cat", "/proc/net/dev"],
    &["uname", "-a"],
    &["date", "+%s.%N"],
    &["id", "-u"],
    &["df", "-P", "/"],
];

struct Links {
    all: Vec<Box<dyn Link>>,
    from: Receiver<(NodeKey, Report)>,
    /// Node and command of every ask.
    asked: HashMap<AskId, (usize, usize)>,
    next: u64,
}

impl Links {
    /// Connects to all and asks all.
    fn cold(fleet: &Fleet) -> Self {
        let (to, from) = mpsc::channel(4096);
        let voice = |n: usize| Voice::new(NodeKey(u32::try_from(n).unwrap()), to.clone());
        let all = fleet.targets().into_iter().enumerate().map(|(n, target)| link::ssh::spawn(target, voice(n))).collect();
        let mut links = Self { all, from, asked: HashMap::new(), next: 0 };
        links.ask();
        links
    }

    /// Asks all nodes all commands, and waits for every answer.
    fn ask(&mut self) {
        let all: Vec<_> = (0..self.all.len()).flat_map(|node| (0..COMMANDS.len()).map(move |command| (node, command))).collect();
        for (node, command) in &all {
            self.send(*node, *command);
        }
        let mut open = all.len();
        let mut lost: Vec<(usize, usize)> = Vec::new();
        let mut late = 0;
        while open > 0 {
            match self.from.blocking_recv().unwrap() {
                (_, Report::Answer { result: Ok(answer), .. }) => {
                    assert_eq!(answer.code, 0);
                    open -= 1;
                }
                // All nodes share this machine: where it is very busy, one may be late beyond what a node of its own would be.
                (_, Report::Answer { id, result: Err(_) }) => {
                    late += 1;
                    lost.push(self.asked[&id]);
                }
                (up, Report::Up { .. }) => {
                    let (again, others) = lost.into_iter().partition(|(node, _)| *node == up.0 as usize);
                    lost = others;
                    let again: Vec<(usize, usize)> = again;
                    for (node, command) in again {
                        self.send(node, command);
                    }
                }
                _ => {}
            }
        }
        if late > 0 {
            eprintln!("bench: nodes: {late} questions asked again: this machine is too busy for 64 nodes to answer in time");
        }
    }

    fn send(&mut self, node: usize, command: usize) {
        self.next += 1;
        let words = COMMANDS[command];
        self.asked.insert(AskId(self.next), (node, command));
        let command = CommandLine::new(words[0], words[1..].iter().copied());
        self.all[node].order(Order::Ask(Ask { id: AskId(self.next), command, lane: Lane::Fast, first_byte: LONG, total: LONG }));
    }
}

/// Wall and CPU time of a piece of work, in milliseconds.
fn spent(work: impl FnOnce()) -> (f64, f64) {
    let (wall, cpu) = (Instant::now(), clock::process());
    work();
    (wall.elapsed().as_secs_f64() * 1e3, (clock::process() - cpu).as_secs_f64() * 1e3)
}

pub fn run() {
    let Some(fleet) = Fleet::start(NODES, |_, _| String::new()) else { return };
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let mut links = None;
        cold.push(spent(|| links = Some(Links::cold(&fleet))));
        let mut links = links.unwrap();
        warm.extend((0..8).map(|_| spent(|| links.ask())));
    }
    let masters = Masters::new(&fleet);
    let (up, _) = spent(|| masters.connect());
    let (theirs, _) = spent(|| masters.ask());
    drop(masters);
    let wall = |figures: &[(f64, f64)]| clock::median(&mut figures.iter().map(|f| f.0).collect::<Vec<_>>());
    let cpu = |figures: &[(f64, f64)]| clock::least(&figures.iter().map(|f| f.1 / NODES as f64).collect::<Vec<_>>());
    line::beside("nodes-64-cold", wall(&cold), "ms", "openssh-controlmaster", up + theirs, 0.25);
    line::beside("nodes-64-warm", wall(&warm), "ms", "openssh-controlmaster", theirs, 0.15);
    line::alone("nodes-64-cold-cpu-per-node", cpu(&cold), "ms", 2.5);
    line::alone("nodes-64-warm-cpu-per-node", cpu(&warm), "ms", 0.3);
}

/// OpenSSH's own way to keep connections: one master a node, each command through it.
struct Masters<'a> {
    fleet: &'a Fleet,
}

impl<'a> Masters<'a> {
    fn new(fleet: &'a Fleet) -> Self {
        Self { fleet }
    }

    fn ssh(&self, port: u16) -> String {
        let at = |name: &str| self.fleet.path(name).display().to_string();
        format!(
            "ssh -F none -p {port} -i {} -o IdentitiesOnly=yes -o UserKnownHostsFile={} -o BatchMode=yes -o ControlPath={}",
            at("id"),
            at("known"),
            at(&format!("m{port}"))
        )
    }

    /// Runs a script for every node, all at the same time.
    fn each(&self, script: impl Fn(u16) -> String) {
        let children: Vec<Child> = self.fleet.ports.iter().map(|port| shell(&script(*port), Path::new("/"))).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success(), "OpenSSH failed");
        }
    }

    fn connect(&self) {
        self.each(|port| format!("{} -M -N -f 127.0.0.1", self.ssh(port)));
    }

    fn ask(&self) {
        self.each(|port| {
            let ssh = self.ssh(port);
            COMMANDS.iter().map(|words| format!("{ssh} 127.0.0.1 {} || exit 1\n", words.join(" "))).collect()
        });
    }
}

impl Drop for Masters<'_> {
    fn drop(&mut self) {
        self.each(|port| format!("{} -O exit 127.0.0.1 || true", self.ssh(port)));
    }
}

fn shell(script: &str, dir: &Path) -> Child {
    let mut sh = Command::new("sh");
    sh.args(["-c", script]).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
