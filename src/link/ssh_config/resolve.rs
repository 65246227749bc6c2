//! From what the operator wrote to the whole way: ssh_config's answers for the host and for each jump host before it.

use std::path::PathBuf;

use super::expand;
use super::reading::{self, Asked, Settings};
use super::surroundings::{Files, Surroundings};
use crate::domain::place::{Place, PlaceError};
use crate::domain::text::clean;
use crate::link::{Become, Hop, HostKeys, Target};

/// More jump hosts than this are a mistake.
const MOST_HOPS: usize = 16;

/// Those of OpenSSH; the security keys last, for only an agent can use them.
const DEFAULT_KEYS: [&str; 5] = ["id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk"];

/// What command line and configuration say of a node. All of it goes before ssh_config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Where. A user or a port that is not said comes from ssh_config.
    pub place: Place,
    /// Jump hosts, nearest first; empty: none, whatever ssh_config says; `None`: ssh_config decides.
    pub jump: Option<Vec<Place>>,
    /// A private key to try first, for the node and for the jump hosts.
    pub identity: Option<PathBuf>,
    /// The only known_hosts file, in place of all others.
    pub known_hosts: Option<PathBuf>,
    /// How privileged commands get their rights.
    pub rights: Become,
    /// What to do about unknown host keys.
    pub host_keys: HostKeys,
    /// Old algorithms may be used, on the whole way.
    pub legacy: bool,
    /// Nobody is there to be asked.
    pub unattended: bool,
}

impl Wish {
    /// A place, and ssh_config for the rest.
    pub const fn new(place: Place) -> Self {
        let (rights, host_keys) = (Become::None, HostKeys::Ask);
        Self { place, jump: None, identity: None, known_hosts: None, rights, host_keys, legacy: false, unattended: false }
    }
}

/// Why there is no way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// `--ssh-config FILE` cannot be read.
    #[error("cannot read {file}: {why}")]
    File {
        /// The file.
        file: String,
        /// The system's words.
        why: String,
    },
    /// A jump host that is reached through itself.
    #[error("the jump hosts go in a circle: {0}; give the first of them 'ProxyJump none' in ssh_config")]
    Loop(String),
    /// Too many.
    #[error("more than {MOST_HOPS} jump hosts on the way to {0}")]
    TooLong(String),
    /// A ProxyJump that is no list of hosts.
    #[error("ProxyJump for {alias}: {why}")]
    Jump {
        /// For which host.
        alias: String,
        /// What is wrong with it.
        why: PlaceError,
    },
    /// A HostName with a token that it cannot have.
    #[error("HostName for {alias}: {token} cannot stand here; only %h and %% can")]
    HostName {
        /// For which host.
        alias: String,
        /// The token.
        token: String,
    },
}

/// The whole way to a node. Reads ssh_config's files, and looks which default keys exist; nothing else.
pub fn resolve(wish: &Wish, files: &Files, around: &Surroundings) -> Result<Target, ResolveError> {
    let mut way = Way { wish, files, around, hops: Vec::new(), not_honoured: Vec::new(), open: Vec::new() };
    way.walk(&wish.place, wish.jump.as_deref(), None)?;
    let mut jumps = way.hops;
    let end = jumps.pop().unwrap_or_default();
    let host_keys = match wish.host_keys {
        HostKeys::Ask if wish.unattended => HostKeys::Strict,
        said => said,
    };
    Ok(Target { jumps, end, rights: wish.rights, host_keys, unattended: wish.unattended, not_honoured: way.not_honoured })
}

struct Way<'a> {
    wish: &'a Wish,
    files: &'a Files,
    around: &'a Surroundings,
    /// Nearest first.
    hops: Vec<Hop>,
    not_honoured: Vec<String>,
    /// Hosts whose own way is being looked for: (user, host, port).
    open: Vec<(String, String, u16)>,
}

impl Way<'_> {
    /// Puts the way to a place, and the place itself, behind the hops found so far. `jump`: the way is given.
    fn walk(&mut self, place: &Place, jump: Option<&[Place]>, before: Option<&str>) -> Result<(), ResolveError> {
        let asked = Asked { alias: &place.host, user: place.user.as_deref(), port: place.port, way_is_given: jump.is_some() };
        let mut settings = reading::read(&asked, self.files, self.around)?;
        let mut hop = self.hop(place, &mut settings)?;
        let jumps = match jump {
            Some(jumps) => jumps.to_vec(),
            None => proxy_jump(&settings, &hop)?,
        };
        let last_jump = jumps.last().map(|place| place.host.clone()).or_else(|| before.map(str::to_owned)).unwrap_or_default();
        self.keys(&mut hop, &mut settings, &last_jump);
        let remark = if self.open.is_empty() { String::new() } else { format!(" (for the jump host {})", clean(&place.host)) };
        let me = (hop.user.clone(), hop.host.clone(), hop.port);
        let looped = self.open.contains(&me);
        self.open.push(me);
        if looped {
            return Err(ResolveError::Loop(self.open.iter().rev().map(|(_, host, _)| clean(host)).collect::<Vec<_>>().join(" via ")));
        }
        if self.open.len() > MOST_HOPS {
            return Err(ResolveError::TooLong(clean(&self.wish.place.host)));
        }
        let mut previous: Option<&str> = None;
        for place in &jumps {
            // The first jump host is reached as ssh_config says; each further one through the one before it.
            self.walk(place, previous.map(|_| [].as_slice()), previous)?;
            previous = Some(&place.host);
        }
        self.open.pop();
        if self.hops.len() > MOST_HOPS {
            return Err(ResolveError::TooLong(clean(&self.wish.place.host)));
        }
        for note in settings.not_honoured {
            let note = note + &remark;
            if !self.not_honoured.contains(&note) {
                self.not_honoured.push(note);
            }
        }
        self.hops.push(hop);
        Ok(())
    }

    fn hop(&self, place: &Place, settings: &mut Settings) -> Result<Hop, ResolveError> {
        let alias = place.host.clone();
        let host = reading::host_name(settings.host_name.as_deref().unwrap_or("%h"), &alias)
            .map_err(|token| ResolveError::HostName { alias: clean(&alias), token: clean(&token) })?;
        let mut hop = Hop {
            host,
            port: settings.port.unwrap_or(22),
            user: self.around.user.clone(),
            host_key_alias: settings.host_key_alias.take(),
            identities_only: settings.identities_only.unwrap_or(false),
            alias,
            legacy: self.wish.legacy,
            ..Hop::default()
        };
        if let Some(user) = self.user(place, settings, &hop) {
            hop.user = user;
        }
        Ok(hop)
    }

    /// The login name, where one is said: ours as it is; ssh_config's may hold tokens and variables (OpenSSH 10).
    fn user(&self, place: &Place, settings: &mut Settings, hop: &Hop) -> Option<String> {
        if place.user.is_some() {
            return place.user.clone();
        }
        let written = settings.user.clone()?;
        // There is no name yet that %r could stand for, and no way yet for %j.
        let token = |name: char| if name == 'r' { None } else { expand::token(name, hop, self.around, None) };
        // OpenSSH before 10 takes the name as it stands: one that may not be read is no reason to log in as somebody else.
        let filled = reading::filled(self.around, &written, &token);
        Some(filled.unwrap_or_else(|what| {
            settings.note(&format!("User {written} ({what} is not known here)"));
            written
        }))
    }

    /// Known hosts, identities and the agent: their paths may hold tokens of the hop.
    fn keys(&self, hop: &mut Hop, settings: &mut Settings, jump: &str) {
        let around = self.around;
        let named = hop.clone();
        let token = |name: char| expand::token(name, &named, around, Some(jump));
        hop.known_hosts = match &self.wish.known_hosts {
            Some(file) => vec![file.clone()],
            None => known_hosts(settings, around, &token),
        };
        hop.identities = self.wish.identity.iter().cloned().collect();
        let written = std::mem::take(&mut settings.identity_files);
        let none_said = written.is_empty();
        let written: Vec<String> = written.into_iter().filter(|file| !file.eq_ignore_ascii_case("none")).collect();
        hop.identities.extend(reading::paths(settings, around, &written, &token));
        if none_said && hop.identities.is_empty() {
            hop.identities = default_keys(around);
        }
        hop.agent = match settings.identity_agent.take().as_deref() {
            None | Some("SSH_AUTH_SOCK") => around.agent(),
            Some(none) if none.eq_ignore_ascii_case("none") => None,
            Some(text) => match text.strip_prefix('$').filter(|name| !name.starts_with('{')) {
                Some(variable) => around.var(variable).map(PathBuf::from),
                None => reading::paths(settings, around, &[text.to_owned()], &token).pop(),
            },
        };
    }
}

/// The default keys that are there, be it by their public half alone: the private one may be an agent's.
fn default_keys(around: &Surroundings) -> Vec<PathBuf> {
    let is_there = |name: &&str| around.own(name).exists() || around.own(&format!("{name}.pub")).exists();
    DEFAULT_KEYS.into_iter().filter(is_there).map(|name| around.own(name)).collect()
}

/// The user's files, the first of which is written to, then the system's.
fn known_hosts(settings: &mut Settings, around: &Surroundings, token: &dyn Fn(char) -> Option<String>) -> Vec<PathBuf> {
    let is_none = |files: &[String]| matches!(files, [file] if file.eq_ignore_ascii_case("none"));
    let mut all = match settings.user_known_hosts.take() {
        None => vec![around.own("known_hosts"), around.own("known_hosts2")],
        Some(files) if is_none(&files) => Vec::new(),
        Some(files) => reading::paths(settings, around, &files, token),
    };
    if all.is_empty() {
        // Nothing to read, and nowhere to write: the system's files that follow are not ours to change.
        all.push(PathBuf::from("/dev/null"));
    }
    all.extend(match settings.global_known_hosts.take() {
        None => vec![around.system.join("ssh_known_hosts"), around.system.join("ssh_known_hosts2")],
        Some(files) if is_none(&files) => Vec::new(),
        Some(files) => reading::paths(settings, around, &files, &|name| (name != '%').then(|| format!("%{name}"))),
    });
    all
}

fn proxy_jump(settings: &Settings, hop: &Hop) -> Result<Vec<Place>, ResolveError> {
    let Some(text) = settings.proxy_jump.as_deref().filter(|text| !text.eq_ignore_ascii_case("none")) else { return Ok(Vec::new()) };
    let expanded = expand::tokens(text, |name| match name {
        'h' => Some(hop.host.clone()),
        'n' => Some(hop.alias.clone()),
        'p' => Some(hop.port.to_string()),
        'r' => Some(hop.user.clone()),
        _ => None,
    });
    Place::list(expanded.as_deref().unwrap_or(text)).map_err(|why| ResolveError::Jump { alias: clean(&hop.alias), why })
}
