//! Where a node is and how it is reached, after command line, configuration and ssh_config have been merged.

use std::path::PathBuf;

use super::command_line::Become;

/// One sshd and how to log in to it: a node, or a jump host on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// As the operator wrote it: for messages, and for ssh_config's `Host` patterns.
    pub alias: String,
    /// What is dialled (ssh_config's HostName, or the alias).
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Login name.
    pub user: String,
    /// Name to look up in known_hosts in place of `host` (HostKeyAlias); then without a port.
    pub host_key_alias: Option<String>,
    /// Files that hold known host keys, the first one is written to.
    pub known_hosts: Vec<PathBuf>,
    /// Private keys, in the order in which they are tried.
    pub identities: Vec<PathBuf>,
    /// The agent's socket; none: no agent.
    pub agent: Option<PathBuf>,
    /// Offer only `identities`, though an agent may hold them (IdentitiesOnly).
    pub identities_only: bool,
    /// Offer algorithms that OpenSSH has turned off by default, after all others (`legacy_ssh` of the configuration).
    pub legacy: bool,
}

/// The whole way to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Jump hosts, nearest first.
    pub jumps: Vec<Hop>,
    /// The node's own sshd.
    pub end: Hop,
    /// How privileged commands get their rights.
    pub rights: Become,
    /// What to do about host keys that are not known.
    pub host_keys: HostKeys,
    /// Nobody is there to be asked: what needs an answer fails like anything else, and is tried again like anything else.
    pub unattended: bool,
    /// Directives of ssh_config that change who, where or how we authenticate and that quorate does not honour: said to the operator.
    pub not_honoured: Vec<String>,
}

/// What to do about a host key that is not known. A changed or revoked key is refused by all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostKeys {
    /// Ask the operator; where there is no terminal, refuse.
    #[default]
    Ask,
    /// Write it down and go on.
    AcceptNew,
    /// Refuse.
    Strict,
}
