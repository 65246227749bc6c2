//! Who asks, and where the files are: given from outside, so that resolving depends on nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::expand;

/// The machine and the user that quorate runs as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The home folder, for `~` and `.ssh`.
    pub home: PathBuf,
    /// The local user's name: the default login name.
    pub user: String,
    /// The local user's id, for `%i`.
    pub uid: u32,
    /// This machine's name, for `%l` and `%L`.
    pub host: String,
    /// Where the system's files are (`/etc/ssh`).
    pub system: PathBuf,
    /// The environment: SSH_AUTH_SOCK and `${NAME}`.
    pub env: BTreeMap<String, String>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        let env: BTreeMap<String, String> =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect();
        let uid = rustix::process::getuid().as_raw();
        let passwd = std::fs::read("/etc/passwd").unwrap_or_default();
        let listed = passwd_entry(&String::from_utf8_lossy(&passwd), uid);
        let named = || ["USER", "LOGNAME"].iter().find_map(|name| env.get(*name).cloned());
        let home = env.get("HOME").filter(|h| !h.is_empty()).map(PathBuf::from);
        Self {
            home: home.or_else(|| listed.as_ref().map(|(_, home)| home.clone())).unwrap_or_else(|| PathBuf::from("/")),
            user: listed.map(|(name, _)| name).or_else(named).unwrap_or_else(|| uid.to_string()),
            uid,
            host: std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned(),
            system: PathBuf::from("/etc/ssh"),
            env,
        }
    }

    /// A path of the configuration: `~` is the home folder.
    pub fn path(&self, written: &Path) -> PathBuf {
        expand::tilde(&written.to_string_lossy(), &self.home, &self.user).unwrap_or_else(|| written.to_owned())
    }

    /// A file in `~/.ssh`.
    pub(super) fn own(&self, name: &str) -> PathBuf {
        self.home.join(".ssh").join(name)
    }

    /// A variable that is set and not empty.
    pub(super) fn var(&self, name: &str) -> Option<String> {
        self.env.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Where the running agent listens.
    pub(super) fn agent(&self) -> Option<PathBuf> {
        self.var("SSH_AUTH_SOCK").map(PathBuf::from)
    }
}

/// Name and home folder of a user id in the text of passwd(5).
fn passwd_entry(passwd: &str, uid: u32) -> Option<(String, PathBuf)> {
    passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        match fields.as_slice() {
            [name, _, id, _, _, home, ..] if id.parse() == Ok(uid) => Some(((*name).to_owned(), PathBuf::from(home))),
            _ => None,
        }
    })
}

/// Which configuration files are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Files {
    /// `~/.ssh/config`, then the system's `ssh_config`.
    #[default]
    Usual,
    /// This one alone (`--ssh-config FILE`).
    Only(PathBuf),
    /// None at all (`--ssh-config none`).
    None,
}

impl Files {
    /// From what the operator wrote after `--ssh-config`.
    pub fn from_option(file: Option<&Path>) -> Self {
        match file {
            None => Self::Usual,
            Some(file) if file.as_os_str() == "none" => Self::None,
            Some(file) => Self::Only(file.to_owned()),
        }
    }
}
