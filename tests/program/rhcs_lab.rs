//! The RHCS lab: five real sshd's on loopback, on whose PATH the old tools stand; behind them one simulated cluster. A tool is a few lines of bash that hand their
//! arguments to this process and print what comes back, when it comes.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use quorate::domain::stamp::Stamp;
use quorate::sim::{Manager, Setup, Simulation};
use serde_json::Value;

use super::rig::{Node, Run, Site};
use crate::link::rig::user;

/// What a node of RHEL 6 has, and what must not be this machine's own (a reboot above all).
const TOOLS: [&str; 26] = [
    "clustat",
    "clusvcadm",
    "cman_tool",
    "fence_tool",
    "group_tool",
    "fence_node",
    "ccs_config_dump",
    "ccs_config_validate",
    "service",
    "chkconfig",
    "virsh",
    "lvs",
    "vgs",
    "pvs",
    "dmsetup",
    "df",
    "logger",
    "lvextend",
    "lvchange",
    "pvmove",
    "gfs2_grow",
    "gfs_grow",
    "resize2fs",
    "blockdev",
    "reboot",
    "shutdown",
];

/// Functions of bash in place of its own `set` and `eval`.
const SCRIPTS: &str = "unset BASH_ENV
set() { if [ \"$1\" = -- ]; then shift; given=(\"$@\"); else builtin set \"$@\"; fi; }
eval() { sh -c \"$1\" sh \"${given[@]}\"; }
";

/// Longer than anything takes here, the machine being busy.
const LONG: Duration = Duration::from_secs(120);

pub struct Lab {
    pub site: Site,
    pub sim: Simulation,
}

impl Lab {
    /// None where sshd cannot run here.
    pub fn start() -> Option<Self> {
        let sim = Simulation::start(&Setup::demo(Manager::Rgmanager, 1, false, Stamp::now())).unwrap();
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = door.local_addr().unwrap().port();
        let behind = sim.clone();
        std::thread::spawn(move || {
            for guest in door.incoming().flatten() {
                let sim = behind.clone();
                std::thread::spawn(move || answer(&sim, guest));
            }
        });
        let nodes = sim.names().iter().map(|name| Node::start(name)).collect::<Option<Vec<Node>>>()?;
        for (at, node) in nodes.iter().enumerate() {
            for tool in TOOLS {
                node.bash(tool, &shim(port, at, tool, "\"$@\""));
            }
            // All nodes share this machine's /etc: what reads or changes cluster.conf is answered for by the simulator, which has one for each. The shell that
            // works off what it is told hands every script to `sh`, so that it comes by here.
            let scripts = node.sshd.path("scripts.bash");
            std::fs::write(&scripts, SCRIPTS).unwrap();
            let sh = format!(
                "[ $# = 0 ] && BASH_ENV={} exec /bin/bash\ncase $2 in\n'# quorate: '*'cluster.conf'*) ;;\n*) exec /bin/sh \"$@\" ;;\nesac\n{}",
                scripts.display(),
                shim(port, at, "sh", "\"$@\"")
            );
            node.bash("sh", &sh);
            // It reads what it is told before it does anything.
            let told = format!(
                "read -r word; [ \"$word\" = absolutely ] || {{ echo Aborted.; exit 1; }}\n{}",
                shim(port, at, "fence_ack_manual", "\"$@\"")
            );
            node.bash("fence_ack_manual", &told);
            for absent in ["corosync-quorumtool", "corosync-cfgtool", "corosync-cmapctl", "dlm_tool"] {
                node.tool(absent, "exit 127");
            }
        }
        let lab = Self { site: Site::of(nodes), sim };
        lab.configure("admin");
        Some(lab)
    }

    pub fn configure(&self, role: &str) {
        let mut text = format!("[[cluster]]\nname = \"lab\"\nrole = \"{role}\"\nuser = \"{}\"\n", user());
        for node in &self.site.nodes {
            text += &Site::entry(&node.name, node.sshd.port);
        }
        self.site.write_config(&text);
    }

    /// The full name of node 1 .. 5.
    pub fn n(&self, number: usize) -> String {
        self.sim.names()[number - 1].clone()
    }

    pub fn befall(&self, words: &str) {
        assert!(self.sim.befall(words), "{words}");
    }

    /// What a tool of node 1 says, to this process.
    pub fn said(&self, argv: &[&str]) -> String {
        let argv: Vec<String> = argv.iter().map(|a| (*a).to_owned()).collect();
        self.sim.tool(0, &argv).map(|(out, ..)| out).unwrap_or_default()
    }

    /// What each node says of its cluster.conf: the version that runs, and the file (never with its passwords).
    pub fn confs(&self) -> Vec<(u32, String)> {
        use quorate::probe::rhcs::file;
        let nodes = 0..self.site.nodes.len();
        let read = |node| {
            let (out, ..) = self.sim.tool(node, file::read(file::FILE).argv()).unwrap();
            let conf = file::parse(quorate::probe::Raw { command: "read", stdout: out.as_bytes(), stderr: b"", code: 0 }).unwrap();
            (conf.runs.unwrap(), conf.text.unwrap())
        };
        nodes.map(read).collect()
    }

    /// The row of a service in clustat's answer.
    pub fn row(&self, id: &str) -> String {
        let all = self.said(&["clustat", "-x"]);
        all.lines().find(|l| l.contains(&format!("<group name=\"{id}\""))).unwrap_or_default().to_owned()
    }

    pub fn until(&self, id: &str, words: &str) {
        let end = Instant::now() + LONG;
        while !self.row(id).contains(words) {
            assert!(Instant::now() < end, "{id} never came to {words}: {}", self.row(id));
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// `quorate act ... --json`, confirmed: what it printed, and its exit status.
    pub fn act(&self, words: &str) -> (Value, i32) {
        let words: Vec<&str> = words.split(' ').collect();
        let target = match words.as_slice() {
            ["expected", ..] => "expected",
            [_, target, ..] => target,
            _ => panic!("{words:?}"),
        };
        let run = self.site.run(&[&["act"], words.as_slice(), &["--json", "--confirm", target]].concat());
        (run.json(), run.code)
    }

    pub fn done(&self, words: &str) -> Value {
        let (json, code) = self.act(words);
        assert_eq!((code, json["status"].as_str()), (0, Some("done")), "{words}: {json:#}");
        json
    }

    /// Refused: the codes.
    pub fn refused(&self, words: &str) -> Vec<String> {
        let (json, code) = self.act(words);
        assert_eq!(code, 4, "{words}: {json:#}");
        assert!(json["refusals"].as_array().unwrap().iter().all(|r| !r["lift"].as_str().unwrap().is_empty()), "{json:#}");
        json["refusals"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap().to_owned()).collect()
    }

    pub fn failed(&self, words: &str) -> String {
        let (json, code) = self.act(words);
        assert_eq!((code, json["status"].as_str()), (1, Some("failed")), "{words}: {json:#}");
        json["result"].as_str().unwrap().to_owned()
    }

    pub fn plan(&self, words: &str) -> (Value, i32) {
        let words: Vec<&str> = words.split(' ').collect();
        let run = self.site.run(&[&["plan"], words.as_slice(), &["--json"]].concat());
        (run.json(), run.code)
    }

    /// An action that is under way.
    pub fn begin(&self, words: &str, target: &str) -> Child {
        let words: Vec<&str> = words.split(' ').collect();
        let args = [&["act"], words.as_slice(), &["--json", "--confirm", target]].concat();
        self.site.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }

    pub fn end(child: Child) -> Run {
        Run::of(child.wait_with_output().unwrap())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // The locks that keep two quorates off one target stay behind as empty names.
        for folder in ["/run/lock", "/var/lock", "/tmp"] {
            for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = file.file_name().to_string_lossy().into_owned();
                if name.starts_with("quorate.") && self.site.nodes.iter().any(|n| name.ends_with(&format!(".{}", n.sshd.port))) {
                    let _ = std::fs::remove_file(file.path());
                }
            }
        }
    }
}

/// Hands its arguments over, and prints what comes back: a line with exit status and length of the output, the output, the errors.
fn shim(port: u16, node: usize, tool: &str, args: &str) -> String {
    format!(
        "exec 3<>/dev/tcp/127.0.0.1/{port} || exit 127\n{{ printf '%d\\n' $(($# + 2)); printf '%s\\0' {node} {tool} {args}; }} >&3\n\
         read -r code length <&3 || exit 255\nhead -c \"$length\" <&3\ncat <&3 >&2\nexit \"$code\""
    )
}

fn answer(sim: &Simulation, stream: TcpStream) {
    let mut from = BufReader::new(stream);
    let mut line = String::new();
    let _ = from.read_line(&mut line);
    let Ok(count) = line.trim().parse::<usize>() else { return };
    let mut words = Vec::new();
    for _ in 0..count {
        let mut word = Vec::new();
        if from.read_until(0, &mut word).is_err() || word.pop() != Some(0) {
            return;
        }
        words.push(String::from_utf8_lossy(&word).into_owned());
    }
    let Some((node, argv)) = words.split_first() else { return };
    let Some((out, err, code)) = node.parse().ok().and_then(|node| sim.tool(node, argv)) else { return };
    let mut to = from.into_inner();
    let _ = to.write_all(format!("{code} {}\n{out}{err}", out.len()).as_bytes());
}
