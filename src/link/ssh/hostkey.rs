//! The host key of a hop against known_hosts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};
use ssh2::{MethodType, Session};

use super::algorithms::{HOST_KEYS, OLD_HOST_KEYS};
use super::attempt::Attempt;
use super::identity;
use super::keyring::{self, lock};
use super::trouble;
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::text;
use crate::link::known_hosts::{self, KnownHosts, Verdict};
use crate::link::{Hop, HostKeys, Prompt, Reply};

/// sshd lets nobody wait for longer to log in (LoginGraceTime 120 s); with a margin for what follows.
const GRACE: Duration = Duration::from_secs(60);

const CURE: &str = "compare it with the host's own and add it (ssh-keyscan, ssh), or use --host-keys accept-new";

/// How a host is looked up: HostKeyAlias stands for itself, without a port.
fn lookup(hop: &Hop) -> (&str, u16) {
    hop.host_key_alias.as_deref().map_or((hop.host.as_str(), hop.port), |alias| (alias, 22))
}

/// What is known of a hop's host.
pub fn known(hop: &Hop) -> KnownHosts {
    let (name, port) = lookup(hop);
    KnownHosts::load(&hop.known_hosts, name, port)
}

/// Asks the server for the kind of key that known_hosts has, so that a known host is known.
pub fn prefer(session: &Session, hop: &Hop, known: &KnownHosts) -> Result<(), ssh2::Error> {
    let old: &[&str] = if hop.legacy { &OLD_HOST_KEYS } else { &[] };
    let all = || HOST_KEYS.iter().chain(old).copied();
    let mut kinds: Vec<&str> = Vec::with_capacity(HOST_KEYS.len() + old.len());
    let had = known.key_types();
    let signs_as = |kind: &str, wanted: &str| wanted == kind || (kind == "ssh-rsa" && wanted.starts_with("rsa-sha2-"));
    for kind in &had {
        kinds.extend(all().filter(|wanted| signs_as(kind, wanted)));
    }
    kinds.extend(all().filter(|kind| !had.iter().any(|h| signs_as(h, kind))));
    session.method_pref(MethodType::HostKey, &kinds.join(","))
}

/// Whether to go on on this connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Trust {
    /// The key is known.
    Go,
    /// It is known now, but the operator took long: connect anew.
    Again,
}

/// The key that a server proved to have.
struct Shown {
    kind: String,
    blob: Vec<u8>,
    print: String,
    /// Whose it is, as known_hosts writes it.
    host: String,
}

impl Shown {
    fn new(hop: &Hop, blob: &[u8]) -> Self {
        let (name, port) = lookup(hop);
        let host = if port == 22 { name.to_owned() } else { format!("[{name}]:{port}") };
        Self { kind: identity::kind(blob), blob: blob.to_vec(), print: fingerprint(blob), host }
    }

    /// Whether the files know it. One that they know to be another's, or revoked, ends the attempt.
    fn is_known(&self, known: &KnownHosts) -> Result<bool, LinkTrouble> {
        let Self { kind, print, host, .. } = self;
        match known.check(kind, &self.blob) {
            Verdict::Known => Ok(true),
            Verdict::Unknown => Ok(false),
            Verdict::Changed { file, line } => Err(no(&format!(
                "the {kind} key of {host} has CHANGED ({print}): it is not the one at {}:{line}; someone may be in between. \
                 If the host was set up anew, remove that line",
                file.display()
            ))),
            Verdict::Revoked { file, line } => {
                Err(no(&format!("the {kind} key of {host} ({print}) is revoked by {}:{line}", file.display())))
            }
        }
    }

    /// That it is unknown, and what else should be known then.
    fn unknown(&self, known: &KnownHosts) -> String {
        let notes = known.notes();
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        format!("the {} key of {} ({}) is unknown{notes}", self.kind, self.host, self.print)
    }
}

/// What this session has decided about one host's key.
#[derive(Debug, Default)]
struct Decided {
    /// The key that was accepted, where its file does not tell it.
    accepted: Option<Vec<u8>>,
    /// Why the file does not.
    unwritten: Option<String>,
    /// When the operator said no.
    refused: Option<Instant>,
}

type Decisions = HashMap<(PathBuf, String, u16), Arc<Mutex<Decided>>>;

static DECISIONS: LazyLock<Mutex<Decisions>> = LazyLock::new(Mutex::default);

/// Whoever holds its lock asks; the other nodes behind the same host wait for the outcome.
fn decision(hop: &Hop) -> Arc<Mutex<Decided>> {
    let (name, port) = lookup(hop);
    let key = (file(hop).map(Path::to_owned).unwrap_or_default(), name.to_owned(), port);
    Arc::clone(lock(&DECISIONS).entry(key).or_default())
}

impl Decided {
    /// Whether this key was accepted. Another one than that ends the attempt.
    fn has(&self, key: &Shown) -> Result<bool, LinkTrouble> {
        match &self.accepted {
            None => Ok(false),
            Some(blob) if *blob == key.blob => Ok(true),
            Some(_) => Err(no(&format!(
                "the {} key of {} has CHANGED ({}): it is not the one that was accepted in this session; someone may be in between. \
                 If the host was set up anew, start quorate anew",
                key.kind, key.host, key.print
            ))),
        }
    }

    /// Asks the operator, unless they said no a moment ago, for another node.
    fn ask<T>(&mut self, hop: &Hop, key: &Shown, unknown: &str, attempt: &mut Attempt<T>) -> Result<(), LinkTrouble> {
        if self.refused.is_none_or(|at| at.elapsed() >= keyring::REFUSAL) {
            let file = file(hop).map(|f| text::clean(&f.display().to_string())).unwrap_or_default();
            let (host, kind) = (text::clean(&key.host), text::clean(&key.kind));
            match attempt.ask(Prompt::UnknownHostKey { host, kind, fingerprint: key.print.clone(), file }) {
                Some(Reply::Trust) => return Ok(()),
                Some(_) => self.refused = Some(Instant::now()),
                // The link ends: nobody has decided anything.
                None => {}
            }
        }
        attempt.refuse();
        Err(no(&format!("{unknown}, and was not accepted; {CURE}")))
    }

    /// Writes it down. Where that is not possible it is trusted as long as the session lasts, as OpenSSH does.
    fn accept(&mut self, hop: &Hop, key: &Shown) {
        let written = remember(hop, key);
        if known(hop).check(&key.kind, &key.blob) != Verdict::Known {
            self.accepted = Some(key.blob.clone());
            self.unwritten = written.err().map(|e| format!("the host key of {} is trusted for this session alone: {e}", key.host));
        }
    }
}

/// Compares the key that the server proved to have.
pub fn verify<T>(
    session: &Session,
    hop: &Hop,
    policy: HostKeys,
    known: &KnownHosts,
    attempt: &mut Attempt<T>,
) -> Result<Trust, LinkTrouble> {
    let (blob, _) = session.host_key().ok_or_else(|| no("the server showed no host key"))?;
    let key = Shown::new(hop, blob);
    if key.is_known(known)? {
        return Ok(Trust::Go);
    }
    let unknown = key.unknown(known);
    if policy == HostKeys::Strict {
        attempt.mistrust();
        return Err(no(&format!("{unknown}; {CURE}")));
    }
    attempt.stage(LinkFault::Hostkey, &format!("{unknown}; waits for your decision"));
    let since = Instant::now();
    let decision = decision(hop);
    let mut decided = lock(&decision);
    attempt.pardon(since);
    // Another node may have had it accepted meanwhile.
    if !key.is_known(&self::known(hop))? && !decided.has(&key)? {
        if policy == HostKeys::Ask {
            decided.ask(hop, &key, &unknown, attempt)?;
        }
        decided.accept(hop, &key);
    }
    if let Some(words) = &decided.unwritten {
        attempt.remark(text::clean(words));
    }
    Ok(if since.elapsed() > GRACE { Trust::Again } else { Trust::Go })
}

/// A refusal is forgotten: the operator wants it tried. Whoever holds the lock is asking already.
pub fn forgive(hop: &Hop) {
    if let Ok(mut decided) = decision(hop).try_lock() {
        decided.refused = None;
    }
}

fn no(words: &str) -> LinkTrouble {
    trouble::new(LinkFault::Hostkey, words)
}

fn file(hop: &Hop) -> Option<&Path> {
    hop.known_hosts.first().map(PathBuf::as_path)
}

fn remember(hop: &Hop, key: &Shown) -> Result<(), String> {
    let Some(file) = file(hop) else { return Ok(()) };
    let (name, port) = lookup(hop);
    known_hosts::remember(file, name, port, &key.kind, &key.blob).map_err(|e| format!("it cannot be written to {}: {e}", file.display()))
}

/// As OpenSSH shows it.
fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}
