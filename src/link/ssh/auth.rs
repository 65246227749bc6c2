//! Logging in: keys from files and from the agent.
//!
//! The keys that were named (--identity, IdentityFile) come first, from the agent where it holds them; then the agent's
//! others; last the files that need a passphrase. The key that a host took the last time goes before all of them, so
//! that an agent with more keys than sshd's MaxAuthTries costs new connections once.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Instant;

use ssh2::{Agent, ErrorCode, PublicKey, Session};

use super::agent;
use super::algorithms;
use super::attempt::Attempt;
use super::identity::{self, Identity};
use super::keyring::{self, Slot, lock};
use super::trouble;
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::secret::Secret;
use crate::domain::text;
use crate::link::{Hop, Prompt, Reply};

/// RSA keys by their type's name, whatever they sign with.
const RSA: &str = "ssh-rsa";
/// How the types of keys begin whose private half is in a token: libssh2 cannot sign with their files.
const SECURITY_KEY: &str = "sk-";
/// Tries at a passphrase, as ssh(1) allows.
const PASSPHRASES: usize = 3;

/// What was tried at one hop; kept over a reconnect, because sshd cuts off after a few keys (MaxAuthTries).
#[derive(Debug, Default)]
pub struct Tried {
    keys: HashSet<Vec<u8>>,
    agent: usize,
    words: Vec<String>,
    /// The operator refused a passphrase.
    pub refused: bool,
    /// The key that got in was an RSA key, signed with SHA-1.
    pub sha1: bool,
}

/// How trying one key went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    In,
    No,
    /// The key was refused, and it was the last that sshd allows on this connection (MaxAuthTries).
    Last,
    /// The connection had ended: the key was not looked at.
    Cut,
}

/// Whether the login is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// Logged in.
    In,
    /// sshd cut us off before every key was tried: connect anew and go on.
    Again,
}

/// A key that can be offered.
enum Offer {
    Agent(PublicKey),
    File(Identity),
}

impl Offer {
    /// What it is known by: its public half, or its path where that is not known.
    fn name(&self) -> Vec<u8> {
        match self {
            Self::Agent(key) => key.blob().to_vec(),
            Self::File(id) => id.public.clone().unwrap_or_else(|| id.path.as_os_str().as_encoded_bytes().to_vec()),
        }
    }

    /// Whether it is known to be an RSA key.
    fn is_rsa(&self) -> bool {
        match self {
            Self::Agent(key) => identity::kind(key.blob()) == RSA,
            Self::File(id) => id.public.as_deref().is_some_and(|blob| identity::kind(blob) == RSA),
        }
    }

    /// For the list of what was tried.
    fn words(&self) -> String {
        match self {
            Self::Agent(_) => "an RSA key of the agent".to_owned(),
            Self::File(id) => id.path.display().to_string(),
        }
    }
}

struct Door<'a, T> {
    session: &'a Session,
    hop: &'a Hop,
    tried: &'a mut Tried,
    attempt: &'a mut Attempt<T>,
}

/// Logs in with whichever key the server takes.
pub fn log_in<T>(session: &Session, hop: &Hop, tried: &mut Tried, attempt: &mut Attempt<T>) -> Result<Login, LinkTrouble> {
    let before = tried.keys.len();
    let mut door = Door { session, hop, tried, attempt };
    match door.knock()? {
        Outcome::In => Ok(Login::In),
        Outcome::Last | Outcome::Cut if tried.keys.len() > before => Ok(Login::Again),
        Outcome::Last | Outcome::Cut => {
            Err(trouble::new(LinkFault::Auth, &format!("{} ended the connection while we logged in as {}", hop.alias, hop.user)))
        }
        Outcome::No if session.authenticated() => Ok(Login::In),
        Outcome::No => {
            session.set_timeout(attempt.left_ms());
            let allowed = session.auth_methods(&hop.user).unwrap_or_default().to_owned();
            if session.authenticated() {
                return Ok(Login::In);
            }
            Err(trouble::new(LinkFault::Auth, &tried.sentence(hop, &allowed)))
        }
    }
}

impl Tried {
    fn sentence(&self, hop: &Hop, allowed: &str) -> String {
        let mut words = self.words.clone();
        if self.agent > 0 {
            words.push(format!("agent ({} key{})", self.agent, if self.agent == 1 { "" } else { "s" }));
        }
        let count = self.keys.len();
        let took = match count {
            0 => format!("{} was offered no key as {}", hop.alias, hop.user),
            1 => format!("{} did not take our key as {}", hop.alias, hop.user),
            n => format!("{} took none of {n} keys as {}", hop.alias, hop.user),
        };
        let list = if words.is_empty() { "no agent, no identity file".to_owned() } else { words.join(", ") };
        let allowed = if allowed.is_empty() { String::new() } else { format!("; allowed: {allowed}") };
        format!("{took}: {list}{allowed}")
    }
}

impl<T> Door<'_, T> {
    /// Offers one key after another.
    fn knock(&mut self) -> Result<Outcome, LinkTrouble> {
        let (agent, held) = self.agent_keys();
        let banner = self.session.banner().unwrap_or_default();
        let sha1 = algorithms::signs_with_sha1(banner);
        for offer in self.offers(held) {
            if sha1 && !self.hop.legacy && offer.is_rsa() {
                let software = banner.strip_prefix("SSH-2.0-").unwrap_or(banner);
                self.note(format!("{} (not offered: {software} takes RSA only with SHA-1; legacy_ssh = true allows it)", offer.words()));
                continue;
            }
            let name = offer.name();
            if !self.tried.keys.insert(name.clone()) {
                continue;
            }
            let count = self.tried.keys.len();
            self.attempt.stage(LinkFault::Timeout, &format!("{} is not logged in to yet: key {count} is tried", self.hop.alias));
            let mut signed_by_sha1 = sha1;
            let mut outcome = self.present(&offer, agent.as_ref());
            if matches!(outcome, Ok(Outcome::No)) && self.hop.legacy && offer.is_rsa() && !sha1 {
                // Some take SHA-1 alone without saying so.
                signed_by_sha1 = true;
                outcome = self.present_with_sha1(&offer, agent.as_ref());
            }
            if matches!(outcome, Err(_) | Ok(Outcome::Cut)) {
                // Nobody has refused it: the next connection begins with it again.
                self.forget(&offer, &name);
            }
            let outcome = outcome?;
            match outcome {
                Outcome::No => continue,
                Outcome::In => {
                    self.tried.sha1 = signed_by_sha1 && offer.is_rsa();
                    // It works: on the next connection it is offered again.
                    self.tried.keys.remove(&name);
                    keyring::took(self.hop, name);
                }
                Outcome::Last | Outcome::Cut => {}
            }
            return Ok(outcome);
        }
        Ok(Outcome::No)
    }

    /// It counts as not tried.
    fn forget(&mut self, offer: &Offer, name: &[u8]) {
        self.tried.keys.remove(name);
        match offer {
            Offer::Agent(_) => self.tried.agent = self.tried.agent.saturating_sub(1),
            Offer::File(id) => self.tried.words.retain(|words| *words != offered(id)),
        }
    }

    fn present(&mut self, offer: &Offer, agent: Option<&Agent>) -> Result<Outcome, LinkTrouble> {
        match offer {
            Offer::Agent(key) => self.agent_key(agent, key),
            Offer::File(id) => {
                self.note(offered(id));
                if id.encrypted { self.locked_file(id) } else { Ok(self.file(id, None)?.unwrap_or(Outcome::No)) }
            }
        }
    }

    fn present_with_sha1(&mut self, offer: &Offer, agent: Option<&Agent>) -> Result<Outcome, LinkTrouble> {
        let before = self.tried.agent;
        if algorithms::sign(self.session, &["ssh-rsa"]).is_err() {
            return Ok(Outcome::No);
        }
        let outcome = self.present(offer, agent);
        self.tried.agent = before;
        let _ = algorithms::sign(self.session, &algorithms::SIGNATURES);
        outcome
    }

    /// The agent and the keys that it holds.
    fn agent_keys(&mut self) -> (Option<Agent>, Vec<PublicKey>) {
        let Some(path) = self.hop.agent.clone() else { return (None, Vec::new()) };
        self.attempt.stage(LinkFault::Auth, &format!("the ssh agent at {} does not answer", path.display()));
        if agent::is_mute(&path) {
            self.note(format!("agent at {} (does not answer)", path.display()));
            return (None, Vec::new());
        }
        match agent::open(self.session, &path) {
            Ok((agent, keys)) => {
                if keys.is_empty() {
                    self.note("agent (0 keys)".to_owned());
                }
                (Some(agent), keys)
            }
            Err(e) => {
                self.note(format!("agent at {} ({})", path.display(), e.message()));
                (None, Vec::new())
            }
        }
    }

    /// All keys in the order in which they are offered. Files that need a passphrase come last: libssh2 cannot ask whether a key would do
    /// before it is opened.
    fn offers(&mut self, mut held: Vec<PublicKey>) -> Vec<Offer> {
        let mut offers = Vec::new();
        let mut locked = Vec::new();
        for path in &self.hop.identities.clone() {
            let public = identity::public_of(path);
            if let Some(at) = held.iter().position(|key| public.as_deref() == Some(key.blob())) {
                offers.push(Offer::Agent(held.remove(at)));
                continue;
            }
            if public.as_deref().is_some_and(|blob| identity::kind(blob).starts_with(SECURITY_KEY)) {
                self.note(format!("{} (a security key, which is used from an agent alone)", path.display()));
                continue;
            }
            match Identity::load(path) {
                Ok(id) if id.encrypted => locked.push(Offer::File(id)),
                Ok(id) => offers.push(Offer::File(id)),
                Err(e) if public.is_none() => self.note(format!("{} ({e})", path.display())),
                Err(_) => {
                    let agent =
                        if self.hop.agent.is_some() { "neither there nor in the agent" } else { "not there, and there is no agent" };
                    self.note(format!("{} (its private half is {agent})", path.display()));
                }
            }
        }
        match held.len() {
            _ if !self.hop.identities_only => offers.extend(held.into_iter().map(Offer::Agent)),
            0 => {}
            1 => self.note("agent (1 key that no IdentityFile names: IdentitiesOnly)".to_owned()),
            n => self.note(format!("agent ({n} keys that no IdentityFile names: IdentitiesOnly)")),
        }
        offers.extend(locked);
        let taken = keyring::taken(self.hop);
        offers.sort_by_key(|offer| taken.as_ref() != Some(&offer.name()));
        offers
    }

    fn agent_key(&mut self, agent: Option<&Agent>, key: &PublicKey) -> Result<Outcome, LinkTrouble> {
        let Some(agent) = agent else { return Ok(Outcome::No) };
        self.tried.agent += 1;
        self.session.set_timeout(self.attempt.left_ms());
        Ok(self.judge(agent.userauth(&self.hop.user, key))?.unwrap_or(Outcome::No))
    }

    /// A file that needs a passphrase: this session's, or the operator's. While sshd is talked to the slot is free: no node waits for another's.
    fn locked_file(&mut self, id: &Identity) -> Result<Outcome, LinkTrouble> {
        let slot = keyring::slot(&id.path);
        let mut wrong = None;
        for _ in 0..PASSPHRASES {
            let Some(secret) = self.secret(&slot, id, wrong.as_ref()) else { return Ok(self.withheld(id)) };
            if let Ok(outcome) = self.file(id, Some(secret.reveal()))? {
                return Ok(outcome);
            }
            wrong = Some(secret);
        }
        lock(&slot).discard(wrong.as_ref());
        self.note(format!("{}: wrong passphrase", id.path.display()));
        Ok(Outcome::No)
    }

    /// The passphrase that is known, or that the operator gives; none if it was refused, now or a moment ago, or nobody can be asked. `wrong`: the one that did not open it.
    fn secret(&mut self, slot: &Mutex<Slot>, id: &Identity, wrong: Option<&Secret>) -> Option<Secret> {
        self.attempt.stage(LinkFault::Auth, &format!("waits for the passphrase of {}", id.path.display()));
        let since = Instant::now();
        let mut slot = lock(slot);
        self.attempt.pardon(since);
        slot.discard(wrong);
        if slot.passphrase.is_some() || slot.is_refused() || !self.attempt.is_attended() {
            return slot.passphrase.clone();
        }
        let file = text::clean(&id.path.display().to_string());
        if let Some(Reply::Passphrase(secret)) = self.attempt.ask(Prompt::Passphrase { file, again: wrong.is_some() }) {
            slot.passphrase = Some(secret.clone());
            return Some(secret);
        }
        slot.refuse();
        None
    }

    fn withheld(&mut self, id: &Identity) -> Outcome {
        let attended = self.attempt.is_attended();
        self.tried.refused |= attended;
        let why = if attended { "no passphrase given" } else { "it has a passphrase, and nobody is here to be asked for it" };
        self.note(format!("{}: {why}", id.path.display()));
        Outcome::No
    }

    /// One file, with its certificate first where there is one. `Err(())` inside: it cannot be opened (with this passphrase).
    fn file(&mut self, id: &Identity, passphrase: Option<&str>) -> Result<Result<Outcome, ()>, LinkTrouble> {
        self.attempt.stage(LinkFault::Timeout, &format!("{} does not answer to our key", self.hop.alias));
        if let Some(certificate) = id.certificate.as_ref().filter(|c| self.tried.keys.insert(c.as_bytes().to_vec())) {
            self.session.set_timeout(self.attempt.left_ms());
            let result = self.session.userauth_pubkey_memory(&self.hop.user, Some(certificate), &id.text, passphrase);
            let judged = self.judge(result);
            if judged.is_err() {
                self.tried.keys.remove(certificate.as_bytes());
            }
            match judged? {
                Ok(Outcome::In) => return Ok(Ok(Outcome::In)),
                // The key itself is still to be tried, on a new connection.
                Ok(Outcome::Last | Outcome::Cut) => return Ok(Ok(Outcome::Cut)),
                Ok(Outcome::No) | Err(_) => {}
            }
        }
        self.session.set_timeout(self.attempt.left_ms());
        let result = self.session.userauth_pubkey_memory(&self.hop.user, None, &id.text, passphrase);
        let judged = self.judge(result)?;
        if let (Err(e), None) = (&judged, passphrase) {
            self.note(format!("{}: {e}", id.path.display()));
        }
        Ok(judged.map_err(drop))
    }

    /// Sorts libssh2's errors: refused by the server, connection gone, too late, or (inside) a fault of the key on our side.
    fn judge(&self, result: Result<(), ssh2::Error>) -> Result<Result<Outcome, String>, LinkTrouble> {
        match result {
            Ok(()) => Ok(Ok(Outcome::In)),
            // PUBLICKEY_UNVERIFIED while it waited for the verdict: sshd hung up in place of saying no.
            Err(e) if e.code() == ErrorCode::Session(-19) && e.message().starts_with("Waiting") => Ok(Ok(Outcome::Last)),
            // AUTHENTICATION_FAILED, PUBLICKEY_UNVERIFIED
            Err(e) if matches!(e.code(), ErrorCode::Session(-18 | -19)) => Ok(Ok(Outcome::No)),
            Err(e) if trouble::is_loss(&e) => Ok(Ok(Outcome::Cut)),
            Err(e) if trouble::is_timeout(&e) || Instant::now() >= self.attempt.deadline() => Err(self.attempt.late()),
            Err(e) => Ok(Err(e.message().to_owned())),
        }
    }

    fn note(&mut self, words: String) {
        if !self.tried.words.contains(&words) {
            self.tried.words.push(words);
        }
    }
}

/// For the list of what was tried: a file.
fn offered(id: &Identity) -> String {
    format!("{} (file)", id.path.display())
}
