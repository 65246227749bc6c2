//! Real sshd on loopback, and ears for what a link says.

use std::collections::VecDeque;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quorate::domain::node::{LinkTrouble, NodeKey};
use quorate::link::{self, Answer, Ask, AskError, AskId, CommandLine, Hop, HostKeys, Lane, Link, Order, Report, StreamId, Target, Voice};
use tempfile::TempDir;
use tokio::sync::mpsc;

/// Nothing in these tests takes as long as this.
pub const LONG: Duration = Duration::from_secs(25);
/// How long a test waits for what must come: the machine may be busy. Less than the guard on a node waits for a link that fell silent: what must end
/// sooner is not to be ended by it.
const PATIENCE: Duration = Duration::from_secs(45);

pub fn user() -> String {
    let out = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

pub fn keygen(path: &Path, kind: &str, passphrase: &str) {
    let status = Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", passphrase, "-C", "test", "-f"]).arg(path).status().unwrap();
    assert!(status.success());
}

/// One sshd with keys of its own.
pub struct Sshd {
    pub dir: TempDir,
    address: String,
    pub port: u16,
    child: Option<Child>,
}

/// Writes a program. Not by this process: what another thread starts meanwhile would hold the file open for writing, and it could
/// not be executed (ETXTBSY).
pub fn executable(path: &Path, text: impl AsRef<str>) {
    use std::io::Write as _;
    let mut sh = Command::new("sh")
        .args(["-c", "cat >\"$0.new\" && chmod 755 \"$0.new\" && mv \"$0.new\" \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    sh.stdin.take().unwrap().write_all(text.as_ref().as_bytes()).unwrap();
    assert!(sh.wait().unwrap().success(), "{}", path.display());
}

impl Sshd {
    /// None, said on stderr, where sshd cannot run here.
    pub fn start(extra: &str) -> Option<Self> {
        Self::at("127.0.0.1", free_port(), extra)
    }

    /// As [`Sshd::start`], where it is told to listen.
    pub fn at(address: &str, port: u16, extra: &str) -> Option<Self> {
        if !Path::new("/usr/sbin/sshd").exists() {
            eprintln!("skipped: no /usr/sbin/sshd");
            return None;
        }
        // Its own privilege separation wants this folder where it runs as root.
        let _ = fs::create_dir_all("/run/sshd");
        let dir = tempfile::Builder::new().prefix("qssh").tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        keygen(&at("host"), "ed25519", "");
        keygen(&at("id"), "ed25519", "");
        fs::copy(at("id.pub"), at("authorized")).unwrap();
        // A home of its own: what the shell of whoever runs the tests does at each start is no part of them, and may take long.
        let home = format!("SetEnv HOME={}", dir.path().display());
        let extra = if extra.contains("SetEnv ") { extra.replacen("SetEnv", &home, 1) } else { format!("{home}\n{extra}") };
        let conf = format!(
            "Port {port}\nListenAddress {address}\nHostKey {}\nAuthorizedKeysFile {}\nUsePAM no\nStrictModes no\nPidFile none\nPermitRootLogin yes\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 100\nLogLevel VERBOSE\n{extra}\n",
            at("host").display(),
            at("authorized").display()
        );
        fs::write(at("conf"), conf).unwrap();
        let mut sshd = Self { address: address.to_owned(), port, child: None, dir };
        sshd.run();
        if sshd.child.as_mut().unwrap().try_wait().unwrap().is_some() {
            eprintln!("skipped: sshd does not run here: {}", fs::read_to_string(sshd.path("log")).unwrap_or_default());
            return None;
        }
        sshd.trust("known");
        Some(sshd)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes the host key to a known_hosts file.
    pub fn trust(&self, name: &str) {
        let public = fs::read_to_string(self.path("host.pub")).unwrap();
        let words: Vec<&str> = public.split_whitespace().collect();
        fs::write(self.path(name), format!("[{}]:{} {} {}\n", self.address, self.port, words[0], words[1])).unwrap();
    }

    /// Starts it, on its port; where another process has that for a moment, again.
    pub fn run(&mut self) {
        let until = Instant::now() + LONG;
        while !self.tried(until) && Instant::now() < until {
            if !fs::read_to_string(self.path("log")).unwrap_or_default().contains("Address already in use") {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Whether it listens; false if it has ended.
    fn tried(&mut self, until: Instant) -> bool {
        let log = fs::File::create(self.path("log")).unwrap();
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(self.path("conf"))
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        // A connection to a port on which nobody listens may be one to itself.
        let other = |stream: &TcpStream| stream.local_addr().ok() != stream.peer_addr().ok();
        while Instant::now() < until {
            let listens = TcpStream::connect((self.address.as_str(), self.port)).is_ok_and(|stream| other(&stream));
            if self.child.as_mut().unwrap().try_wait().unwrap().is_some() {
                return false;
            }
            if listens {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Ends sshd and its connections.
    pub fn stop(&mut self) {
        if self.child.is_some() {
            self.signal("KILL");
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The sshd processes that serve connections.
    pub fn servants(&self) -> Vec<u32> {
        let mut all = vec![self.child.as_ref().unwrap().id()];
        let mut at = 0;
        while let Some(parent) = all.get(at).copied() {
            all.extend(children(parent).into_iter().filter(|pid| comm(*pid).starts_with("sshd")));
            at += 1;
        }
        all.split_off(1)
    }

    pub fn signal(&self, name: &str) {
        for pid in self.servants() {
            let _ = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).stderr(Stdio::null()).status();
        }
    }

    pub fn hop(&self) -> Hop {
        Hop {
            alias: "n1".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: user(),
            known_hosts: vec![self.path("known")],
            identities: vec![self.path("id")],
            ..Hop::default()
        }
    }

    pub fn target(&self) -> Target {
        Target { end: self.hop(), host_keys: HostKeys::Strict, ..Target::default() }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

fn stat(pid: u32) -> Option<(String, u32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = text.rsplit_once(") ")?;
    let comm = head.split_once(" (")?.1.to_owned();
    Some((comm, tail.split(' ').nth(1)?.parse().ok()?))
}

fn comm(pid: u32) -> String {
    stat(pid).map(|s| s.0).unwrap_or_default()
}

fn children(parent: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|s| s.1 == parent)).collect()
}

/// Whether a process runs with this argument (and is no zombie).
pub fn runs(marker: &str) -> bool {
    let mut pids = fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.any(|pid| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|c| c.split(|b| *b == 0).any(|arg| arg == marker.as_bytes())))
}

pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "waited for: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A sleep that can be told from every other.
pub fn odd_sleep(base: u32) -> String {
    format!("{}.{}", base, std::process::id())
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A link with its ears.
pub struct Talk {
    link: Option<Box<dyn Link>>,
    from: mpsc::Receiver<(NodeKey, Report)>,
    heard: VecDeque<Report>,
    next: u64,
}

impl Talk {
    pub fn new(target: Target) -> Self {
        Self::with(64, |voice| link::ssh::spawn(target, voice))
    }

    pub fn with(room: usize, spawn: impl FnOnce(Voice) -> Box<dyn Link>) -> Self {
        let (to, from) = mpsc::channel(room);
        Self { link: Some(spawn(Voice::new(NodeKey(7), to))), from, heard: VecDeque::new(), next: 1 }
    }

    pub fn order(&self, order: Order) {
        self.link.as_ref().unwrap().order(order);
    }

    pub fn drop_link(&mut self) {
        self.link = None;
    }

    /// The next report that fits; others are kept in order.
    pub fn wait<T>(&mut self, what: &str, fits: impl FnMut(&Report) -> Option<T>) -> T {
        self.within(PATIENCE, what, fits)
    }

    pub fn within<T>(&mut self, time: Duration, what: &str, mut fits: impl FnMut(&Report) -> Option<T>) -> T {
        let end = Instant::now() + time;
        let mut seen = 0;
        loop {
            while let Ok((key, report)) = self.from.try_recv() {
                assert_eq!(key, NodeKey(7));
                self.heard.push_back(report);
            }
            while seen < self.heard.len() {
                if let Some(found) = fits(&self.heard[seen]) {
                    self.heard.remove(seen);
                    return found;
                }
                seen += 1;
            }
            assert!(Instant::now() < end, "waited for {what}; heard {:?}", self.heard);
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// Whether it has said something that fits.
    pub fn has(&mut self, fits: impl Fn(&Report) -> bool) -> bool {
        self.heard.extend(std::iter::from_fn(|| self.from.try_recv().ok()).map(|(_, report)| report));
        self.heard.iter().any(fits)
    }

    pub fn up(&mut self) -> (usize, Option<String>) {
        self.wait("up", |r| if let Report::Up { streams, note } = r { Some((*streams, note.clone())) } else { None })
    }

    pub fn down(&mut self) -> LinkTrouble {
        self.wait("down", |r| if let Report::Down { trouble, .. } = r { Some(trouble.clone()) } else { None })
    }

    pub fn send(&mut self, command: CommandLine, lane: Lane, total: Duration) -> AskId {
        let id = AskId(self.next);
        self.next += 1;
        self.order(Order::Ask(Ask { id, command, lane, first_byte: total, total }));
        id
    }

    pub fn answer(&mut self, id: AskId) -> Result<Answer, AskError> {
        self.wait("an answer", |r| match r {
            Report::Answer { id: to, result } if *to == id => Some(result.clone()),
            _ => None,
        })
    }

    pub fn ask(&mut self, command: CommandLine) -> Result<Answer, AskError> {
        let id = self.send(command, Lane::Fast, LONG);
        self.answer(id)
    }

    /// What a small script prints.
    pub fn say(&mut self, script: &'static str) -> String {
        let answer = self.ask(CommandLine::script(script, [""; 0])).unwrap();
        String::from_utf8(answer.stdout).unwrap()
    }

    pub fn follow(&mut self, command: CommandLine) -> StreamId {
        let id = StreamId(self.next);
        self.next += 1;
        self.order(Order::Follow { id, command });
        id
    }

    pub fn ended(&mut self, id: StreamId) -> String {
        self.wait("the end of a stream", |r| match r {
            Report::Ended { id: of, why } if *of == id => Some(why.clone()),
            _ => None,
        })
    }

    /// Collects a stream's bytes until they end like this.
    pub fn collect(&mut self, id: StreamId, tail: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        while !all.ends_with(tail) {
            all.extend(self.wait("data", |r| match r {
                Report::Data { id: of, bytes, .. } if *of == id => Some(bytes.clone()),
                _ => None,
            }));
        }
        all
    }
}
