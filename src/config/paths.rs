//! The XDG folders (XDG Base Directory Specification 0.8): config.toml, and quorate's own log and journal.

use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Where quorate's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `$XDG_CONFIG_HOME/quorate`: config.toml, themes, keymaps.
    pub config: PathBuf,
    /// `$XDG_STATE_HOME/quorate`: log and journal.
    pub state: PathBuf,
}

impl Paths {
    /// From an environment. As the specification wants it, a relative path counts as not set. None without a home.
    pub fn from_env(env: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let absolute = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = absolute("HOME");
        let folder = |name: &str, below: &str| {
            absolute(name).or_else(|| home.as_ref().map(|home| home.join(below))).map(|path| path.join("quorate"))
        };
        Some(Self { config: folder("XDG_CONFIG_HOME", ".config")?, state: folder("XDG_STATE_HOME", ".local/state")? })
    }

    /// From this process's environment.
    pub fn of_process() -> Option<Self> {
        Self::from_env(|name| std::env::var(name).ok())
    }

    /// The configuration that is read without `--config`.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The state folder, made with mode 0700 where it is missing.
    pub fn state_folder(&self) -> io::Result<&Path> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.state)?;
        Ok(&self.state)
    }
}
