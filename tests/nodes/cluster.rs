//! Nodes made of sshd, a PATH of scripts, and recorded answers.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Tools of the real system that a node's PATH keeps.
const SYSTEM: &[&str] = &[
    "sh", "bash", "cat", "date", "uname", "id", "sleep", "kill", "nproc", "ls", "sed", "awk", "grep", "head", "tail", "tr", "cut", "sort", "env", "printf",
    "true", "false", "test", "expr", "basename", "dirname", "stat", "readlink", "wc", "timeout", "stdbuf", "pgrep", "pidof", "ps", "getconf", "mktemp", "rm",
];

/// One node: an sshd on a port of its own.
pub struct Node {
    /// Its sshd's port.
    pub port: u16,
    dir: PathBuf,
    sshd: Option<Child>,
}

impl Node {
    /// A tool that runs this shell text (`$*` are its arguments).
    pub fn tool(&self, name: &str, script: &str) -> &Self {
        let path = self.dir.join("bin").join(name);
        fs::remove_file(&path).ok();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// A tool that prints a file of tests/fixtures whatever it is asked.
    pub fn prints(&self, name: &str, fixture: &str) -> &Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
        assert!(file.exists(), "{}", file.display());
        self.tool(name, &format!("exec cat '{}'", file.display()))
    }

    /// Stops its sshd and every session of it.
    pub fn stop(&mut self) {
        if let Some(mut sshd) = self.sshd.take() {
            Command::new("pkill").args(["-9", "-P", &sshd.id().to_string()]).status().ok();
            sshd.kill().ok();
            sshd.wait().ok();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A few nodes, a key that opens them all, and a known_hosts that is true.
pub struct Nodes {
    dir: TempDir,
    /// In the order in which they were added.
    pub nodes: Vec<Node>,
}

impl Nodes {
    /// Starts `count` nodes with the system's plain tools alone.
    pub fn start(count: usize) -> Self {
        let dir = TempDir::new().unwrap();
        keygen(&dir.path().join("id"));
        let mut all = Self { dir, nodes: Vec::new() };
        for number in 1..=count {
            all.add(number);
        }
        all
    }

    fn add(&mut self, number: usize) {
        let dir = self.dir.path().join(format!("n{number}"));
        fs::create_dir_all(dir.join("bin")).unwrap();
        for tool in SYSTEM {
            if let Some(real) = ["/bin", "/usr/bin"].iter().map(|d| Path::new(d).join(tool)).find(|p| p.exists()) {
                symlink(real, dir.join("bin").join(tool)).unwrap();
            }
        }
        keygen(&dir.join("hostkey"));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        fs::copy(self.dir.path().join("id.pub"), dir.join("authorized")).unwrap();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/hostkey\nAuthorizedKeysFile {0}/authorized\nPidFile none\nUsePAM no\nStrictModes no\n\
             UseDNS no\nPermitRootLogin yes\nPasswordAuthentication no\nSetEnv PATH={0}/bin\n",
            dir.display()
        );
        fs::write(dir.join("sshd_config"), config).unwrap();
        fs::create_dir_all("/run/sshd").ok();
        let sshd = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(dir.join("sshd_config"))
            .stderr(fs::File::create(dir.join("sshd.log")).unwrap())
            .spawn()
            .expect("sshd starts");
        let key = fs::read_to_string(dir.join("hostkey.pub")).unwrap();
        let known = self.dir.path().join("known_hosts");
        let before = fs::read_to_string(&known).unwrap_or_default();
        fs::write(&known, format!("{before}[127.0.0.1]:{port} {key}")).unwrap();
        wait_for(&format!("sshd on port {port}"), || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let node = Node { port, dir, sshd: Some(sshd) };
        node.tool("crm_node", &format!("echo node{number}"));
        self.nodes.push(node);
    }

    /// A configuration file that names the nodes node1, node2 ...
    pub fn config(&self, cluster: &str, extra: &str) -> PathBuf {
        use std::fmt::Write as _;
        let mut text = format!("[[cluster]]\nname = \"{cluster}\"\n{extra}\n");
        for (index, node) in self.nodes.iter().enumerate() {
            let _ = write!(text, "[[cluster.node]]\nname = \"node{}\"\naddress = \"127.0.0.1\"\nport = {}\n", index + 1, node.port);
        }
        let path = self.dir.path().join("config.toml");
        fs::write(&path, text).unwrap();
        path
    }

    /// The quorate command with the nodes' key and host keys; nothing of the user's own is read.
    pub fn quorate(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command
            .args(args)
            .arg("--identity")
            .arg(self.dir.path().join("id"))
            .arg("--known-hosts")
            .arg(self.dir.path().join("known_hosts"))
            .args(["--ssh-config", "none"])
            .env("HOME", self.dir.path())
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .env("XDG_STATE_HOME", self.dir.path().join("state"))
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::null());
        command
    }

    /// `status --json` on the configured nodes.
    pub fn status(&self) -> (serde_json::Value, Output) {
        let config = self.config("lab", "");
        let output = self.quorate(&["status", "--json", "--config", config.to_str().unwrap()]).output().unwrap();
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text:?} {}", String::from_utf8_lossy(&output.stderr)));
        (json, output)
    }

    /// The folder of it all.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

fn keygen(path: &Path) {
    let done = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status().unwrap();
    assert!(done.success());
}

/// Waits for something that must come, and says what did not.
pub fn wait_for(what: &str, mut come: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !come() {
        assert!(Instant::now() < limit, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
