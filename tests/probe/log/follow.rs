//! follow.sh, run for real on files that grow and rotate.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use quorate::probe::log::{Resume, files_command};

use super::*;

const PATIENCE: Duration = Duration::from_secs(40);

struct Node {
    dir: tempfile::TempDir,
    /// First on PATH.
    tools: Option<PathBuf>,
    /// So long nobody reads what is printed.
    pause: Duration,
    /// Root, who may read everything, follows as nobody.
    humble: bool,
    /// All lines so far that must arrive.
    written: Vec<String>,
    number: usize,
}

struct Run {
    child: Child,
    bytes: Receiver<Vec<u8>>,
    decoder: Decoder,
    got: Vec<String>,
}

impl Node {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("var/log/corosync")).unwrap();
        Self { dir, tools: None, pause: Duration::ZERO, humble: false, written: Vec::new(), number: 0 }
    }

    /// A node whose tail is not GNU's.
    fn without_gnu() -> Self {
        let mut node = Self::new();
        let tools = node.dir.path().join("bin");
        fs::create_dir(&tools).unwrap();
        let tail = tools.join("tail");
        crate::link::rig::executable(&tail, "#!/bin/sh\ncase $1 in --version) exit 1 ;; esac\nPATH=${PATH#*:} exec tail \"$@\"\n");
        node.tools = Some(tools);
        node
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("var/log").join(name)
    }

    fn write(&mut self, name: &str, count: usize) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap();
        self.write_to(&mut file, count);
    }

    fn write_to(&mut self, file: &mut fs::File, count: usize) {
        let mut text = String::new();
        for _ in 0..count {
            let words = format!("line {}", self.number);
            self.number += 1;
            writeln!(text, "Nov 22 22:12:25 n1 quorate[1]: {words}").unwrap();
            self.written.push(words);
        }
        file.write_all(text.as_bytes()).unwrap();
    }

    fn rename(&self, name: &str, to: &str) {
        fs::rename(self.path(name), self.path(to)).unwrap();
    }

    fn copy_truncate(&self, name: &str, to: &str) {
        fs::copy(self.path(name), self.path(to)).unwrap();
        OpenOptions::new().write(true).open(self.path(name)).unwrap().set_len(0).unwrap();
    }

    fn follow(&self, resume: &Resume, got: Vec<String>) -> Run {
        let line = files_command(self.dir.path().to_str().unwrap(), resume);
        let become_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"].map(str::to_owned);
        let before = if self.humble && rustix::process::getuid().is_root() { &become_nobody[..] } else { &[] };
        let words: Vec<&String> = before.iter().chain(line.argv()).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        if let Some(tools) = &self.tools {
            command.env("PATH", format!("{}:{}", tools.display(), std::env::var("PATH").unwrap()));
        }
        let mut child = command.spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let (to, bytes) = channel();
        let pause = self.pause;
        std::thread::spawn(move || {
            std::thread::sleep(pause);
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = out.read(&mut buffer) {
                if to.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut decoder = Decoder::new(StreamKind::LogFiles, arrival());
        decoder.resume_from(resume);
        Run { child, bytes, decoder, got }
    }

    /// Follows on as the watch does: when the script ends by itself it is started anew.
    fn until_all(&self, mut run: Run) -> Run {
        let deadline = Instant::now() + PATIENCE;
        while run.got.len() < self.written.len() {
            assert!(Instant::now() < deadline, "waited in vain for {:?}, have {:?}", self.written, run.got);
            if !run.listen(Duration::from_millis(50)) || run.decoder.is_torn() {
                let (resume, got) = run.end();
                run = self.follow(&resume, got);
            }
        }
        let mut sorted = run.got.clone();
        sorted.sort();
        let mut expected = self.written.clone();
        expected.sort();
        assert_eq!(sorted, expected);
        run
    }
}

impl Run {
    /// False once the output has ended.
    fn listen(&mut self, patience: Duration) -> bool {
        match self.bytes.recv_timeout(patience) {
            Ok(bytes) => {
                let items = self.decoder.feed(&bytes, arrival());
                self.got.extend(lines(items).into_iter().map(|l| l.text));
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }

    /// The connection breaks: the whole process group dies, as the link's guardian does it.
    fn end(mut self) -> (Resume, Vec<String>) {
        let group = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        self.child.wait().unwrap();
        (self.decoder.resume(), std::mem::take(&mut self.got))
    }
}

fn nodes() -> [Node; 2] {
    [Node::new(), Node::without_gnu()]
}

#[test]
fn what_is_appended_arrives_with_some_of_the_past() {
    for mut node in nodes() {
        node.write("messages", 80);
        node.written.drain(..30);
        node.write("corosync/corosync.log", 3);
        let run = node.follow(&Resume::default(), Vec::new());
        let run = node.until_all(run);
        node.write("messages", 2);
        node.write("corosync/corosync.log", 2);
        node.until_all(run).end();
    }
}

#[test]
fn rotation_by_renaming_is_followed() {
    for mut node in nodes() {
        node.write("messages", 3);
        let run = node.follow(&Resume::default(), Vec::new());
        let run = node.until_all(run);
        let mut old = OpenOptions::new().append(true).open(node.path("messages")).unwrap();
        node.rename("messages", "messages.1");
        // The daemon still writes to the file it has open, then opens the new one.
        node.write_to(&mut old, 2);
        node.write("messages", 3);
        let run = node.until_all(run);
        node.write("messages", 1);
        node.until_all(run).end();
    }
}

/// Between two looks the name of a file may come to be another one's: that is no truncation, and nothing is read twice.
#[test]
fn a_rotation_while_it_looks_is_no_truncation() {
    let mut node = Node::without_gnu();
    let (go, messages) = (node.dir.path().join("go"), node.path("messages").display().to_string());
    let rotate = format!("[ ! -e {go} ] || {{ mv {messages} {messages}.1; rm {go}; }}", go = go.display());
    let ls = node.tools.as_ref().unwrap().join("ls");
    crate::link::rig::executable(&ls, format!("#!/bin/sh\nPATH=${{PATH#*:}}\n{rotate}\nexec ls \"$@\"\n"));
    node.write("messages", 3);
    let run = node.follow(&Resume::default(), Vec::new());
    let run = node.until_all(run);
    fs::write(&go, "").unwrap();
    crate::link::rig::until("the rotation", || !go.exists());
    node.write("messages", 2);
    node.until_all(run).end();
}

/// A cluster that is started after we came.
#[test]
fn a_log_that_begins_later_is_followed_too() {
    for mut node in nodes() {
        node.write("messages", 2);
        let run = node.follow(&Resume::default(), Vec::new());
        let run = node.until_all(run);
        fs::create_dir(node.path("cluster")).unwrap();
        node.write("cluster/rgmanager.log", 2);
        node.until_all(run).end();
    }
}

#[test]
fn rotation_by_copying_and_truncating_is_followed() {
    for mut node in nodes() {
        node.write("messages", 9);
        let run = node.follow(&Resume::default(), Vec::new());
        let run = node.until_all(run);
        node.copy_truncate("messages", "messages.1");
        node.write("messages", 2);
        let run = node.until_all(run);
        let (resume, got) = run.end();
        node.write("messages", 2);
        let run = node.follow(&resume, got);
        node.until_all(run).end();
    }
}

#[test]
fn lines_and_a_rotation_while_disconnected_are_caught_up() {
    for mut node in nodes() {
        node.write("messages", 4);
        node.write("corosync/corosync.log", 4);
        let run = node.follow(&Resume::default(), Vec::new());
        let (resume, got) = node.until_all(run).end();
        node.write("messages", 2);
        node.rename("messages", "messages-20261122");
        node.write("messages", 2);
        node.write("corosync/corosync.log", 1);
        node.copy_truncate("corosync/corosync.log", "corosync/corosync.log.1");
        // More than there was before: only the bytes tell that it is not the same file.
        node.write("corosync/corosync.log", 30);
        let run = node.follow(&resume, got);
        let (resume, got) = node.until_all(run).end();
        let run = node.follow(&resume, got);
        let run = node.until_all(run);
        node.write("corosync/corosync.log", 1);
        node.until_all(run).end();
    }
}

#[test]
fn a_long_line_tears_no_other() {
    let mut node = Node::new();
    node.write("messages", 1);
    node.write("corosync/corosync.log", 1);
    node.pause = Duration::from_secs(4);
    let run = node.follow(&Resume::default(), Vec::new());
    node.pause = Duration::ZERO;
    std::thread::sleep(Duration::from_secs(2));
    let mut file = OpenOptions::new().append(true).open(node.path("messages")).unwrap();
    file.write_all(("A".repeat(1_000_000) + "\n").as_bytes()).unwrap();
    node.write("corosync/corosync.log", 50);
    node.write("messages", 2);
    let run = node.until_all(run);
    node.write("messages", 2);
    let (resume, got) = node.until_all(run).end();
    node.write("corosync/corosync.log", 1);
    node.until_all(node.follow(&resume, got)).end();
}

#[test]
fn two_rotations_and_a_megabyte_while_disconnected_are_caught_up() {
    for mut node in nodes() {
        node.write("messages", 4);
        let run = node.follow(&Resume::default(), Vec::new());
        let (resume, got) = node.until_all(run).end();
        node.write("messages", 2);
        node.rename("messages", "messages.2");
        node.write("messages", 3);
        node.rename("messages", "messages.1");
        node.write("messages", 30_000);
        let run = node.follow(&resume, got);
        let (resume, got) = node.until_all(run).end();
        let run = node.follow(&resume, got);
        node.write("messages", 1);
        node.until_all(run).end();
    }
}

#[test]
fn a_rotated_file_that_was_compressed_is_read() {
    for mut node in nodes() {
        node.write("messages", 4);
        let run = node.follow(&Resume::default(), Vec::new());
        let (resume, got) = node.until_all(run).end();
        node.write("messages", 3);
        node.rename("messages", "messages.1");
        let packed = Command::new("gzip").arg(node.path("messages.1")).status().is_ok_and(|s| s.success());
        assert!(packed, "gzip is needed for this test");
        node.write("messages", 2);
        let run = node.follow(&resume, got);
        node.until_all(run).end();
    }
}

#[test]
fn a_file_that_may_be_read_later_is_taken_up_then() {
    for mut node in nodes() {
        node.write("messages", 60);
        let late = node.written.split_off(10);
        node.written.clear();
        let messages = node.path("messages");
        fs::set_permissions(&messages, fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(node.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        node.humble = true;
        node.write("corosync/corosync.log", 2);
        let denied = messages.display();
        node.written.push(format!("log file {denied} may not be read by this user: root may (become = \"sudo\"), or the group adm"));
        let run = node.follow(&Resume::default(), Vec::new());
        let run = node.until_all(run);
        fs::set_permissions(&messages, fs::Permissions::from_mode(0o644)).unwrap();
        node.written.extend(late);
        node.until_all(run).end();
    }
}

#[test]
fn tails_end_with_their_script() {
    let mut node = Node::new();
    node.write("messages", 2);
    let run = node.follow(&Resume::default(), Vec::new());
    let mut run = node.until_all(run);
    // The shell alone is killed: what it started must notice and close the pipe.
    run.child.kill().unwrap();
    run.child.wait().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while run.listen(Duration::from_millis(50)) {
        assert!(Instant::now() < deadline, "tail outlives its script");
    }
}

#[test]
fn a_node_without_log_files_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let line = files_command(Path::to_str(dir.path()).unwrap(), &Resume::default());
    let out = Command::new(&line.argv()[0]).args(&line.argv()[1..]).output().unwrap();
    assert!(!out.status.success());
    assert!(String::from_utf8(out.stderr).unwrap().contains("no log file that can be read"));
}
