//! The host key of a hop against known_hosts.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};
use ssh2::{MethodType, Session};

use super::algorithms::{HOST_KEYS, OLD_HOST_KEYS};
use super::attempt::Attempt;
use super::identity;
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

/// Compares the key that the server proved to have.
pub fn verify<T>(
    session: &Session,
    hop: &Hop,
    policy: HostKeys,
    known: &KnownHosts,
    attempt: &mut Attempt<T>,
) -> Result<Trust, LinkTrouble> {
    let no = |words: &str| trouble::new(LinkFault::Hostkey, words);
    let (blob, _) = session.host_key().ok_or_else(|| no("the server showed no host key"))?;
    let kind = identity::kind(blob);
    let (name, port) = lookup(hop);
    let print = fingerprint(blob);
    let shown = if port == 22 { name.to_owned() } else { format!("[{name}]:{port}") };
    match known.check(&kind, blob) {
        Verdict::Known => return Ok(Trust::Go),
        Verdict::Changed { file, line } => {
            return Err(no(&format!(
                "the {kind} key of {shown} has CHANGED ({print}): it is not the one at {}:{line}; someone may be in between. \
                 If the host was set up anew, remove that line",
                file.display()
            )));
        }
        Verdict::Revoked { file, line } => {
            return Err(no(&format!("the {kind} key of {shown} ({print}) is revoked by {}:{line}", file.display())));
        }
        Verdict::Unknown => {}
    }
    let notes = known.notes();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    let unknown = format!("the {kind} key of {shown} ({print}) is unknown{notes}");
    match policy {
        HostKeys::Strict => Err(no(&format!("{unknown}; {CURE}"))),
        HostKeys::AcceptNew => remember(hop, name, port, &kind, blob).map(|()| Trust::Go),
        HostKeys::Ask => {
            attempt.stage(LinkFault::Hostkey, &format!("{unknown}; waits for your decision"));
            let file = file(hop).map(|f| text::clean(&f.display().to_string())).unwrap_or_default();
            let prompt = Prompt::UnknownHostKey { host: text::clean(&shown), kind: text::clean(&kind), fingerprint: print, file };
            let asked = Instant::now();
            let blob = blob.to_vec();
            if !matches!(attempt.ask(prompt), Some(Reply::Trust)) {
                attempt.refuse();
                return Err(no(&format!("{unknown}, and was not accepted; {CURE}")));
            }
            remember(hop, name, port, &kind, &blob)?;
            Ok(if asked.elapsed() > GRACE { Trust::Again } else { Trust::Go })
        }
    }
}

fn file(hop: &Hop) -> Option<&Path> {
    hop.known_hosts.first().map(std::path::PathBuf::as_path)
}

fn remember(hop: &Hop, name: &str, port: u16, kind: &str, blob: &[u8]) -> Result<(), LinkTrouble> {
    let Some(file) = file(hop) else { return Ok(()) };
    known_hosts::remember(file, name, port, kind, blob)
        .map_err(|e| trouble::new(LinkFault::Hostkey, &format!("cannot write the host key to {}: {e}", file.display())))
}

/// As OpenSSH shows it.
fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}
