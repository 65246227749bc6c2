//! Which algorithms are offered to a server, and what it means where nothing is agreed upon.
//!
//! What OpenSSH itself has turned off by default (9.x: `ssh -G`) is old: it is offered only where `legacy_ssh` allows it, after all others.
//! hmac-sha1 is not among it.

use ssh2::{MethodType, Session};

use super::kexinit::Offer;

/// What is old, whether our library has it or not.
const OLD: [&str; 29] = [
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group1-sha1",
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
    "ssh-dss",
    "ssh-dss-cert-v01@openssh.com",
    "aes256-cbc",
    "aes192-cbc",
    "aes128-cbc",
    "rijndael-cbc@lysator.liu.se",
    "3des-cbc",
    "blowfish-cbc",
    "cast128-cbc",
    "arcfour256",
    "arcfour128",
    "arcfour",
    "des-cbc",
    "idea-cbc",
    "twofish-cbc",
    "serpent256-cbc",
    "none",
    "hmac-sha1-96",
    "hmac-sha1-96-etm@openssh.com",
    "hmac-md5",
    "hmac-md5-96",
    "hmac-ripemd160",
    "hmac-ripemd160@openssh.com",
    "hmac-md5-etm@openssh.com",
];

/// Names that stand in the list of key exchanges and are none (RFC 8308, OpenSSH's PROTOCOL).
const MARKS: [&str; 2] = ["ext-info-", "kex-strict-"];

/// Ciphers that authenticate by themselves: libssh2 then agrees on no MAC.
const WHOLE: [&str; 2] = ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com"];

/// Host keys that are offered, before the old ones.
pub const HOST_KEYS: [&str; 6] =
    ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256"];
/// The old ones.
pub const OLD_HOST_KEYS: [&str; 2] = ["ssh-rsa", "ssh-dss"];

/// Whether OpenSSH would use it only if told to.
pub fn is_old(name: &str) -> bool {
    OLD.contains(&name)
}

/// Offers what is modern, and behind it what is old where that is allowed. Host keys have an order of their own.
pub fn prefer(session: &Session, legacy: bool) -> Result<(), ssh2::Error> {
    use MethodType::{CryptCs, CryptSc, Kex, MacCs, MacSc};
    for (first, second) in [(Kex, None), (CryptCs, Some(CryptSc)), (MacCs, Some(MacSc))] {
        let list = offered(session, first, legacy)?.join(",");
        session.method_pref(first, &list)?;
        if let Some(second) = second {
            session.method_pref(second, &list)?;
        }
    }
    sign(session, if legacy { &SIGNATURES } else { &SIGNATURES[..2] })
}

/// How an RSA key of ours signs, best first; the last one is old.
pub const SIGNATURES: [&str; 3] = ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"];

/// Has RSA keys of ours sign so.
pub fn sign(session: &Session, how: &[&str]) -> Result<(), ssh2::Error> {
    session.method_pref(MethodType::SignAlgo, &how.join(","))
}

/// What we offer, best first.
fn offered(session: &Session, kind: MethodType, legacy: bool) -> Result<Vec<&'static str>, ssh2::Error> {
    let mut all = session.supported_algs(kind)?;
    all.retain(|name| !MARKS.iter().any(|mark| name.starts_with(mark)) && (legacy || !is_old(name)));
    all.sort_by_key(|name| is_old(name));
    Ok(all)
}

/// What is old of what a connection uses, in words; empty where nothing is.
pub fn old_in_use(session: &Session) -> String {
    use MethodType::{CryptCs, CryptSc, HostKey, Kex, MacCs, MacSc};
    let kinds: [(&str, &[MethodType]); 4] =
        [("key exchange", &[Kex]), ("host key", &[HostKey]), ("cipher", &[CryptCs, CryptSc]), ("MAC", &[MacCs, MacSc])];
    let mut words: Vec<String> = Vec::new();
    for (what, kind) in kinds {
        for name in kind.iter().filter_map(|kind| session.methods(*kind)).filter(|name| is_old(name)) {
            let text = format!("{what} {name}");
            if !words.contains(&text) {
                words.push(text);
            }
        }
    }
    words.join(", ")
}

/// What we can do about one list of a server's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Common {
    /// Something is common.
    Some,
    /// Only what is not offered unasked.
    Old,
    /// Nothing that our library has.
    None,
}

/// Why nothing was agreed upon: what the server offers, what is missing, the cure. None where it is not for its lists.
pub fn disagreement(offer: &Offer, legacy: bool) -> Option<String> {
    let session = Session::new().ok()?;
    let both = |lists: &[Vec<String>; 2]| if lists[0] == lists[1] { vec![lists[0].clone()] } else { lists.to_vec() };
    let has = |kind| session.supported_algs(kind).unwrap_or_default();
    let host_keys: Vec<&str> =
        has(MethodType::HostKey).into_iter().filter(|name| HOST_KEYS.contains(name) || OLD_HOST_KEYS.contains(name)).collect();
    let ciphers = has(MethodType::CryptCs);
    let agreed = ciphers.iter().find(|name| (legacy || !is_old(name)) && offer.ciphers[0].iter().any(|theirs| theirs == *name));
    let whole = agreed.is_some_and(|name| WHOLE.contains(name));
    let mut rows = vec![
        ("key exchanges", has(MethodType::Kex), vec![offer.kex.clone()]),
        ("host keys", host_keys, vec![offer.host_keys.clone()]),
        ("ciphers", ciphers, both(&offer.ciphers)),
    ];
    if !whole {
        rows.push(("MACs", has(MethodType::MacCs), both(&offer.macs)));
    }
    let mut words = Vec::new();
    let (mut old, mut lacking) = (false, false);
    for (what, ours, theirs) in &rows {
        for list in theirs {
            let why = match common(ours, list, legacy) {
                Common::Some => continue,
                Common::Old => {
                    old = true;
                    "too old to be used unasked"
                }
                Common::None => {
                    lacking = true;
                    "our SSH library (libssh2) has none of them"
                }
            };
            words.push(format!("its {what} {}: {why}", shown(list)));
        }
    }
    // Compression is never wanted.
    if offer.compressions.iter().any(|list| !list.iter().any(|name| name == "none")) {
        lacking = true;
        words.push(format!("its compressions {}: 'none' is missing", shown(&offer.compressions[0])));
    }
    if words.is_empty() {
        return None;
    }
    let cure = match (old, lacking) {
        (true, false) => "legacy_ssh = true for this cluster in config.toml allows them",
        (true, true) => "legacy_ssh = true for this cluster in config.toml would not be enough: let its sshd offer more",
        (false, _) => "let its sshd offer more",
    };
    Some(format!("{}; {cure}", words.join("; ")))
}

fn common(ours: &[&str], theirs: &[String], legacy: bool) -> Common {
    let both = || ours.iter().filter(|name| theirs.iter().any(|t| t == *name) && !MARKS.iter().any(|mark| name.starts_with(mark)));
    if both().any(|name| legacy || !is_old(name)) {
        Common::Some
    } else if both().next().is_some() {
        Common::Old
    } else {
        Common::None
    }
}

/// A list for a sentence: whole where it is short.
fn shown(list: &[String]) -> String {
    const MOST: usize = 12;
    let names: Vec<&str> = list.iter().map(String::as_str).filter(|name| !MARKS.iter().any(|mark| name.starts_with(mark))).collect();
    match names.len() {
        0 => "(none)".to_owned(),
        n if n > MOST => format!("{} and {} more", names[..MOST].join(", "), n - MOST),
        _ => names.join(", "),
    }
}

/// Whether a server of this name takes RSA keys only with SHA-1: OpenSSH before 7.2 has no other (RFC 8332).
pub fn signs_with_sha1(banner: &str) -> bool {
    let Some(version) = banner.split("OpenSSH_").nth(1) else { return false };
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), minor) => (major, minor.unwrap_or(0)) < (7, 2),
        _ => false,
    }
}
