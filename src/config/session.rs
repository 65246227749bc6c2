//! Which cluster and which nodes a session looks at, by command line and configuration.

use std::path::PathBuf;

use super::{Cluster, Config, ConfigError, Login, Node, Role, nearest};
use crate::domain::place::Place;
use crate::domain::secret::Secret;
use crate::domain::text::clean;

/// What the command line says about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `--cluster`.
    pub cluster: Option<String>,
    /// Every `--host`.
    pub hosts: Vec<Place>,
    /// `--jump`; empty: none.
    pub jump: Option<Vec<Place>>,
    /// `--identity`.
    pub identity: Option<PathBuf>,
    /// `--read-only`.
    pub read_only: bool,
    /// Tools of a cluster are on this machine's own PATH.
    pub on_a_node: bool,
}

/// One session, or a choice that the operator must make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one.
    Session(Session),
    /// One of these, by its name; `status` ends with 64 and [`Choice::one`]'s words. What is wrong with one keeps no other from being picked.
    Pick(Vec<(String, Result<Session, ConfigError>)>),
}

impl Choice {
    /// The session, where nobody can be asked.
    pub fn one(self) -> Result<Session, ConfigError> {
        match self {
            Self::Session(session) => Ok(session),
            Self::Pick(sessions) => {
                let names: Vec<&str> = sessions.iter().map(|(name, _)| name.as_str()).collect();
                let text = format!("several clusters are configured: {}; say which with --cluster NAME", names.join(", "));
                Err(ConfigError::Usage(clean(&text)))
            }
        }
    }
}

/// What quorate looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The cluster's name in the configuration.
    pub name: Option<String>,
    /// What the operator may do.
    pub role: Role,
    /// Nothing may be changed: `--read-only`, or a viewer.
    pub read_only: bool,
    /// Actions that need a second operator's code.
    pub two_person: Vec<String>,
    /// Those who can give such codes.
    pub operators: Vec<(String, Secret)>,
    /// Who this operator is, where the configuration says it.
    pub me: Option<String>,
    /// Every node that is asked from the start. Empty for a local session.
    pub nodes: Vec<NodeConfig>,
    /// This very machine is the node; no SSH.
    pub local: bool,
    /// For members that are found later.
    further: Login,
    further_port: Option<u16>,
}

/// A node to reach; ssh_config has the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeConfig {
    /// The member's name, where the configuration says it. None: the node is asked.
    pub name: Option<String>,
    /// Address, and user and port where they are said.
    pub place: Place,
    /// Jump hosts, nearest first; empty: none; `None`: as ssh_config says.
    pub jump: Option<Vec<Place>>,
    /// A private key.
    pub identity: Option<PathBuf>,
    /// `sudo -n` before privileged commands.
    pub sudo: bool,
    /// Algorithms that OpenSSH has turned off may be used.
    pub legacy_ssh: bool,
}

impl NodeConfig {
    fn new(name: Option<String>, mut place: Place, login: Login) -> Self {
        place.user = place.user.or(login.user);
        let (sudo, legacy_ssh) = (login.sudo.unwrap_or(false), login.legacy_ssh.unwrap_or(false));
        Self { name, place, jump: login.jump, identity: login.identity, sudo, legacy_ssh }
    }
}

impl Session {
    /// Of the simulated cluster: everything may be tried.
    pub fn simulated() -> Self {
        Self { role: Role::Admin, ..members_like(None, Login::default()) }
    }

    /// How to reach a member that the manager named, by its name or its ring address, with the settings of the cluster
    /// (or of the first `--host`).
    pub fn further(&self, member: &str, address: &str) -> NodeConfig {
        let place = Place { user: None, host: address.to_owned(), port: self.further_port };
        NodeConfig::new(Some(member.to_owned()), place, self.further.clone())
    }

    /// How the screen's header names the operator's rights.
    pub const fn rights(&self) -> &'static str {
        if self.read_only { "READ-ONLY" } else { self.role.word() }
    }
}

/// Chooses. A picker holds the clusters in the file's order.
pub fn session(asked: &Asked, config: &Config) -> Result<Choice, ConfigError> {
    if let Some(name) = &asked.cluster {
        let found = config.clusters.iter().find(|c| c.name == *name);
        return of_cluster(asked, config, found.ok_or_else(|| unknown(name, config))?).map(Choice::Session);
    }
    match config.clusters.as_slice() {
        [] if !asked.hosts.is_empty() => Ok(Choice::Session(of_hosts(asked))),
        [] if asked.on_a_node => Ok(Choice::Session(local(asked))),
        [] => Err(ConfigError::Usage(
            "no cluster is configured and this machine runs none; name a node with --host [USER@]HOST[:PORT], or write a [[cluster]] into config.toml".to_owned(),
        )),
        [only] => of_cluster(asked, config, only).map(Choice::Session),
        several => Ok(Choice::Pick(several.iter().map(|c| (c.name.clone(), of_cluster(asked, config, c))).collect())),
    }
}

fn unknown(name: &str, config: &Config) -> ConfigError {
    let names: Vec<&str> = config.clusters.iter().map(|c| c.name.as_str()).collect();
    let known = if names.is_empty() { "none is configured".to_owned() } else { format!("configured: {}", names.join(", ")) };
    let near = nearest(name, names.iter().copied()).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
    ConfigError::Usage(clean(&format!("there is no cluster '{name}'; {known}{near}")))
}

/// The command line goes before the configuration.
fn said(asked: &Asked) -> Login {
    Login { user: None, jump: asked.jump.clone(), identity: asked.identity.clone(), sudo: None, legacy_ssh: None }
}

fn of_cluster(asked: &Asked, config: &Config, cluster: &Cluster) -> Result<Session, ConfigError> {
    let login = said(asked).or(&cluster.login);
    let node = |node: &Node| {
        let place = Place { user: None, host: node.address.clone(), port: node.port };
        NodeConfig::new(Some(node.name.clone()), place, said(asked).or(&node.login).or(&cluster.login))
    };
    let host = |place: &Place| NodeConfig::new(None, place.clone(), login.clone());
    let mut nodes: Vec<NodeConfig> = cluster.nodes.iter().map(node).collect();
    if nodes.is_empty() {
        nodes.extend(cluster.hosts.iter().map(host));
    }
    nodes.extend(asked.hosts.iter().map(host));
    // A --host is how a cluster that lists nothing is reached, and no more than one node of any other.
    let lone = asked.hosts.first().filter(|_| cluster.nodes.is_empty());
    let first = cluster.hosts.first().or(lone);
    if nodes.is_empty() {
        let text =
            format!("the cluster \"{}\" lists neither hosts nor nodes; give it hosts = [\"...\"], or name one with --host", cluster.name);
        return Err(ConfigError::Wrong(vec![cluster.spot.mistake(&text)]));
    }
    Ok(Session {
        name: Some(cluster.name.clone()),
        role: cluster.role,
        two_person: cluster.two_person.clone(),
        operators: cluster.operators.clone(),
        me: config.operator.clone(),
        read_only: asked.read_only || cluster.role == Role::Viewer,
        nodes,
        ..members_like(first, login)
    })
}

/// A session without nodes whose further members are reached as the first host is, where `login` says nothing else.
fn members_like(first: Option<&Place>, login: Login) -> Session {
    let user = login.user.clone().or_else(|| first.and_then(|place| place.user.clone()));
    Session {
        name: None,
        role: Role::default(),
        read_only: false,
        two_person: Vec::new(),
        operators: Vec::new(),
        me: None,
        nodes: Vec::new(),
        local: false,
        further: Login { user, ..login },
        further_port: first.and_then(|place| place.port),
    }
}

fn of_hosts(asked: &Asked) -> Session {
    let login = said(asked);
    let nodes: Vec<NodeConfig> = asked.hosts.iter().map(|place| NodeConfig::new(None, place.clone(), login.clone())).collect();
    Session { read_only: asked.read_only, nodes, ..members_like(asked.hosts.first(), login) }
}

fn local(asked: &Asked) -> Session {
    Session { read_only: asked.read_only, local: true, ..members_like(None, said(asked)) }
}
