//! `[USER@]HOST[:PORT]`, as the command line, the configuration and ssh_config's ProxyJump write it.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// Where an sshd listens and who logs in, as far as the operator said it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Login name.
    pub user: Option<String>,
    /// Name or address; an IPv6 address without its brackets.
    pub host: String,
    /// TCP port, never 0.
    pub port: Option<u16>,
}

/// Why a text is no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Nothing where a host should be.
    #[error("there is no host in '{0}'; expected [USER@]HOST[:PORT]")]
    NoHost(String),
    /// A port that is none.
    #[error("'{0}' is no port; expected a number from 1 to 65535")]
    Port(String),
    /// `[` without `]`, or text after it.
    #[error("the brackets in '{0}' do not close; expected [ADDRESS] or [ADDRESS]:PORT")]
    Brackets(String),
    /// Colons that are no IPv6 address.
    #[error("'{0}' is no IPv6 address; expected [USER@]HOST[:PORT] or [USER@][ADDRESS][:PORT]")]
    Address(String),
    /// A blank, a control character, or a leading `-`.
    #[error("'{0}' cannot be part of a host or user name")]
    Character(String),
}

impl FromStr for Place {
    type Err = PlaceError;

    /// Reads `[USER@]HOST[:PORT]`, `[V6]:PORT`, a bare IPv6 address, or the same after `ssh://`. The last `@` ends the user.
    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let text = text.trim();
        let rest = text.strip_prefix("ssh://").map_or(text, |uri| uri.trim_end_matches('/'));
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        let (host, port) = split_port(rest)?;
        if host.is_empty() || user == Some("") {
            return Err(PlaceError::NoHost(text.escape_debug().to_string()));
        }
        for part in [Some(host), user].into_iter().flatten() {
            if part.starts_with('-') || part.chars().any(|c| c.is_whitespace() || c.is_control() || c == ',') {
                return Err(PlaceError::Character(part.escape_debug().to_string()));
            }
        }
        // An address may name its interface: fe80::1%eth0.
        if host.contains(':') && host.split('%').next().is_none_or(|address| address.parse::<Ipv6Addr>().is_err()) {
            return Err(PlaceError::Address(host.escape_debug().to_string()));
        }
        let port = port.map(parse_port).transpose()?;
        Ok(Self { user: user.map(str::to_owned), host: host.to_owned(), port })
    }
}

fn split_port(rest: &str) -> Result<(&str, Option<&str>), PlaceError> {
    if let Some(inner) = rest.strip_prefix('[') {
        let (host, after) = inner.split_once(']').ok_or_else(|| PlaceError::Brackets(rest.escape_debug().to_string()))?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(PlaceError::Brackets(rest.escape_debug().to_string())),
        };
    }
    // More than one colon is a bare IPv6 address: it has no port.
    Ok(match rest.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (rest, None),
    })
}

fn parse_port(text: &str) -> Result<u16, PlaceError> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0).ok_or_else(|| PlaceError::Port(text.escape_debug().to_string()))
}

impl Place {
    /// Several places separated by commas.
    pub fn list(text: &str) -> Result<Vec<Self>, PlaceError> {
        text.split(',').map(str::parse).collect()
    }

    /// Jump hosts, nearest first; the word `none` is an empty list.
    pub fn jumps(text: &str) -> Result<Vec<Self>, PlaceError> {
        if text == "none" { Ok(Vec::new()) } else { Self::list(text) }
    }

    /// A host with neither user nor port.
    pub fn host(host: impl Into<String>) -> Self {
        Self { user: None, host: host.into(), port: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.port {
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}
