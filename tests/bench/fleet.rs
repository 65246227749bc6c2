//! Many sshd on loopback, one port each, with one key for all.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quorate::link::{Hop, HostKeys, Target};
use tempfile::TempDir;

/// See the module. Ended when dropped, connections and all.
pub struct Fleet {
    dir: TempDir,
    pub ports: Vec<u16>,
    servers: Vec<Child>,
}

impl Fleet {
    /// None, said on stderr, where sshd cannot run. `environment`: further words of the environment at each sshd, by its number.
    pub fn start(count: usize, environment: impl Fn(usize, &Path) -> String) -> Option<Self> {
        if !Path::new("/usr/sbin/sshd").exists() {
            eprintln!("bench: left out: no /usr/sbin/sshd");
            return None;
        }
        // Its own privilege separation wants this folder where it runs as root.
        let _ = fs::create_dir_all("/run/sshd");
        let dir = tempfile::Builder::new().prefix("qbench").tempdir().unwrap();
        for key in ["host", "id"] {
            let path = dir.path().join(key);
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f"]).arg(path).status().unwrap();
            assert!(made.success());
        }
        let mut fleet = Self { dir, ports: Vec::new(), servers: Vec::new() };
        let held: Vec<_> = (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
        fleet.ports = held.iter().map(|l| l.local_addr().unwrap().port()).collect();
        drop(held);
        for number in 0..count {
            let server = fleet.serve(number, &environment(number, fleet.dir.path()));
            fleet.servers.push(server);
        }
        fleet.trust();
        let end = Instant::now() + Duration::from_secs(60);
        for port in &fleet.ports {
            while TcpStream::connect(("127.0.0.1", *port)).is_err() {
                assert!(Instant::now() < end, "an sshd does not come up");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        // Each of these first connections costs its sshd a process: let them end.
        std::thread::sleep(Duration::from_secs(1));
        Some(fleet)
    }

    fn serve(&self, number: usize, environment: &str) -> Child {
        let conf = self.path(&format!("conf{number}"));
        // A home of its own: what this user's shell does at each start is no part of the measure.
        let text = format!(
            "Port {}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nUsePAM no\nStrictModes no\nPidFile none\n\
             PermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 1000\nLogLevel ERROR\n\
             SetEnv HOME={} {environment}\n",
            self.ports[number],
            self.path("host").display(),
            self.path("id.pub").display(),
            self.dir.path().display()
        );
        fs::write(&conf, text).unwrap();
        let mut sshd = Command::new("/usr/sbin/sshd");
        sshd.args(["-D", "-f"]).arg(conf).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn trust(&self) {
        let public = fs::read_to_string(self.path("host.pub")).unwrap();
        let key = public.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        let lines: String = self.ports.iter().map(|port| format!("[127.0.0.1]:{port} {key}\n")).collect();
        fs::write(self.path("known"), lines).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn targets(&self) -> Vec<Target> {
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned();
        let hop = |port: &u16| Hop {
            alias: format!("n{port}"),
            host: "127.0.0.1".to_owned(),
            port: *port,
            user: user.clone(),
            known_hosts: vec![self.path("known")],
            identities: vec![self.path("id")],
            ..Hop::default()
        };
        self.ports.iter().map(|port| Target { end: hop(port), host_keys: HostKeys::Strict, ..Target::default() }).collect()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}
