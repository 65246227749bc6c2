//! What the tests of both labs share: the program with the lab's client files, a node's own shell, waiting.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// One of the two labs.
pub struct Lab {
    /// The word after `lab exec`, `lab fault`: none for the namespace lab.
    pub kind: Option<&'static str>,
    /// Folder of its client files within the lab's folder.
    pub client: &'static str,
    /// The nodes' network without the last number.
    pub net: &'static str,
    /// How long a change may take until it shows.
    pub patience: Duration,
}

impl Lab {
    /// A file that the lab wrote for its clients.
    pub fn file(&self, name: &str) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let lab = std::env::var_os("QUORATE_LAB_DIR").map_or_else(|| root.join("target/lab"), PathBuf::from);
        let client = lab.join(self.client);
        assert!(client.join("config.toml").exists(), "no lab in {}: run 'make test-lab' or 'make test-full'", lab.display());
        client.join(name)
    }

    /// The cluster's configuration.
    pub fn config(&self) -> String {
        self.file("config.toml").to_string_lossy().into_owned()
    }

    /// The arguments that make the program use the lab's files, beside `args`.
    pub fn args(&self, args: &[&str]) -> Vec<String> {
        let file = |name| self.file(name).to_string_lossy().into_owned();
        let mut all: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        all.extend(["--identity".to_owned(), file("id"), "--known-hosts".to_owned(), file("known_hosts")]);
        all.extend(["--ssh-config".to_owned(), "none".to_owned()]);
        all
    }

    /// The program.
    pub fn quorate(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.args(self.args(args)).env("XDG_STATE_HOME", std::env::temp_dir().join("quorate-lab-state")).stdin(Stdio::null());
        command
    }

    /// `status --json`.
    pub fn status(&self, args: &[&str]) -> (Value, Output) {
        let mut all = vec!["status", "--json"];
        all.extend(args);
        let output = self.quorate(&all).output().unwrap();
        let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
        (json, output)
    }

    /// What a command prints on a node; the words are joined by blanks for the node's shell, as ssh does.
    pub fn on_node(&self, node: u8, command: &[&str]) -> String {
        let output = Command::new("ssh")
            .args(["-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i"])
            .arg(self.file("id"))
            .arg(format!("root@{}.{node}", self.net))
            .args(command)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Looks again and again until the picture is as it must become.
    pub fn until(&self, what: &str, good: impl Fn(&Value) -> bool) -> Value {
        let limit = Instant::now() + self.patience;
        loop {
            let (json, _) = self.status(&["--config", &self.config()]);
            if good(&json) {
                return json;
            }
            assert!(Instant::now() < limit, "waited in vain until {what}: {json}");
        }
    }

    /// A word to the lab itself: `fault`, `heal`, `exec`.
    pub fn lab(&self, verb: &str, words: &[&str]) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = std::env::var_os("QUORATE_LAB_CMD").map_or_else(|| root.join("tests/lab/lab"), PathBuf::from);
        let done = Command::new(program).arg(verb).args(self.kind).args(words).stdin(Stdio::null()).status().unwrap();
        assert!(done.success(), "lab {verb} {words:?}: {done}");
    }
}

/// One column of a list of the picture.
pub fn names(json: &Value, list: &str, key: &str) -> Vec<String> {
    json[list].as_array().unwrap().iter().map(|row| row[key].as_str().unwrap_or_default().to_owned()).collect()
}

/// A service of the picture.
pub fn service<'a>(json: &'a Value, id: &str) -> &'a Value {
    json["services"].as_array().unwrap().iter().find(|s| s["id"] == id).unwrap_or_else(|| panic!("no service {id}: {json}"))
}
