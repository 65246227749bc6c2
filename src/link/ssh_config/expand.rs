//! Tokens (`%h`), environment variables (`${NAME}`) and `~` in ssh_config's values.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha1::{Digest as _, Sha1};

use super::surroundings::Surroundings;
use crate::link::Hop;

/// Replaces `%x` by what `token` has for `x` (`%%` is `%`). The error is the token that it does not have.
pub fn tokens(text: &str, token: impl Fn(char) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('%') => out.push('%'),
            Some(name) => out.push_str(&token(name).ok_or_else(|| format!("%{name}"))?),
            None => return Err("%".to_owned()),
        }
    }
    Ok(out)
}

/// What a token of ssh_config(5), TOKENS, stands for; none for those that only a connection has, for `%j` and `%C` where the way is not known
/// yet, and for `%C` behind a jump host.
pub fn token(name: char, hop: &Hop, around: &Surroundings, jump: Option<&str>) -> Option<String> {
    Some(match name {
        // Behind a jump host some releases of OpenSSH make that a part of it, and others do not: it would name another file for each.
        'C' if jump == Some("") => connection(hop, around),
        'd' => around.home.to_string_lossy().into_owned(),
        'h' => hop.host.clone(),
        'i' => around.uid.to_string(),
        'j' => jump?.to_owned(),
        'k' => hop.host_key_alias.clone().unwrap_or_else(|| hop.alias.clone()),
        'L' => around.host.split('.').next().unwrap_or_default().to_owned(),
        'l' => around.host.clone(),
        'n' => hop.alias.clone(),
        'p' => hop.port.to_string(),
        'r' => hop.user.clone(),
        'u' => around.user.clone(),
        _ => return None,
    })
}

/// The hash of `%l%h%p%r`.
fn connection(hop: &Hop, around: &Surroundings) -> String {
    let hash = Sha1::digest(format!("{}{}{}{}", around.host, hop.host, hop.port, hop.user));
    let mut text = String::with_capacity(40);
    for byte in hash.as_slice() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Replaces `${NAME}`. The error is the variable that is not set, or the text after `${` that does not close.
pub fn variables(text: &str, env: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, tail) = after.split_once('}').ok_or_else(|| format!("${{{after}"))?;
        out.push_str(before);
        out.push_str(&env(name).ok_or_else(|| format!("${{{name}}}"))?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

/// A path with `~` or `~/` replaced by the home folder. None for `~other`: no foreign homes are looked up.
pub fn tilde(path: &str, home: &Path, user: &str) -> Option<PathBuf> {
    let Some(rest) = path.strip_prefix('~') else { return Some(PathBuf::from(path)) };
    let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
    (name.is_empty() || name == user).then(|| if rest.is_empty() { home.to_owned() } else { home.join(rest.trim_start_matches('/')) })
}
