//! config.toml: clusters, nodes, roles; and which of them a session looks at.
//!
//! Plain data: what an ssh_config adds to it is `link::ssh_config`'s business.

mod mistake;
pub mod paths;
mod read;
mod session;
mod table;

use std::path::PathBuf;

pub use mistake::{ConfigError, Mistake, Spot, nearest};
pub use read::{load, parse};
pub use session::{Asked, Choice, NodeConfig, Session, session};

use crate::domain::place::Place;
pub use crate::domain::role::Role;
use crate::domain::secret::Secret;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `theme`: as `--theme`.
    pub theme: Option<String>,
    /// `keymap`: as `--keymap`.
    pub keymap: Option<String>,
    /// `ascii`: as `--ascii`.
    pub ascii: bool,
    /// `operator`: who this operator is, for the two-person rule.
    pub operator: Option<String>,
    /// `[[cluster]]`, in the order of the file.
    pub clusters: Vec<Cluster>,
}

/// One `[[cluster]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// For `--cluster` and the picker.
    pub name: String,
    /// What the operator may do.
    pub role: Role,
    /// `two_person`: actions, by their words, that need a second operator's code.
    pub two_person: Vec<String>,
    /// `[[cluster.operator]]`: those who can give such codes, each with the secret that his codes are made of.
    pub operators: Vec<(String, Secret)>,
    /// Defaults for its nodes.
    pub login: Login,
    /// Where to start when no nodes are listed.
    pub hosts: Vec<Place>,
    /// `[[cluster.node]]`, in the order of the file.
    pub nodes: Vec<Node>,
    /// Where it stands in the file.
    pub spot: Spot,
}

/// One `[[cluster.node]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The member's name in the cluster.
    pub name: String,
    /// Where its sshd listens; its name where nothing else is said.
    pub address: String,
    /// TCP port.
    pub port: Option<u16>,
    /// What differs from the cluster's login.
    pub login: Login,
}

/// How to log in; what is none is the cluster's, then ssh_config's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// Login name.
    pub user: Option<String>,
    /// Jump hosts, nearest first; empty: none, whatever ssh_config says (`jump = "none"`).
    pub jump: Option<Vec<Place>>,
    /// A private key.
    pub identity: Option<PathBuf>,
    /// `become = "sudo"`: true; `"none"`: false.
    pub sudo: Option<bool>,
    /// `legacy_ssh`: algorithms that OpenSSH has turned off may be used.
    pub legacy_ssh: Option<bool>,
}

impl Login {
    /// These settings, and the other's where nothing is said.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self {
            user: self.user.clone().or_else(|| other.user.clone()),
            jump: self.jump.clone().or_else(|| other.jump.clone()),
            identity: self.identity.clone().or_else(|| other.identity.clone()),
            sudo: self.sudo.or(other.sudo),
            legacy_ssh: self.legacy_ssh.or(other.legacy_ssh),
        }
    }
}
