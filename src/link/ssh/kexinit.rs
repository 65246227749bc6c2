//! What a server offers to speak: its SSH_MSG_KEXINIT (RFC 4253, 7.1), read without an answer.
//!
//! libssh2 says only that nothing was agreed upon. This reads on a connection of its own what it was.

use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::identity::string;
use super::socket::Socket;
use crate::domain::text;
use crate::link::inbox::timespec;

/// Our side of the greeting.
const GREETING: &[u8] = b"SSH-2.0-quorate\r\n";
/// More than a greeting and the largest packet that a server may send unasked (RFC 4253, 6.1) is no SSH.
const MOST: usize = 64 << 10;
/// SSH_MSG_KEXINIT.
const KEXINIT: u8 = 20;

/// The name lists of a server's first packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// What it calls itself (`OpenSSH_4.3`), harmless.
    pub software: String,
    /// Key exchanges.
    pub kex: Vec<String>,
    /// Host keys.
    pub host_keys: Vec<String>,
    /// Ciphers, to the server and from it.
    pub ciphers: [Vec<String>; 2],
    /// MACs, to the server and from it.
    pub macs: [Vec<String>; 2],
    /// Compressions, to the server and from it.
    pub compressions: [Vec<String>; 2],
}

/// How far some bytes go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// There must be more.
    Partial,
    /// It is no SSH server, or its first packet is another one.
    Foreign,
    /// The whole.
    Whole(Box<Offer>),
}

/// Greets and reads. None: it says nothing that can be understood, or not in time.
pub fn read(socket: &Socket, until: Instant) -> Option<Offer> {
    // A socket that was just connected takes a few bytes at once.
    rustix::io::write(socket, GREETING).ok().filter(|n| *n == GREETING.len())?;
    let mut got = Vec::new();
    let mut buf = [0; 4096];
    while got.len() < MOST && Instant::now() < until {
        let mut fds = [PollFd::new(socket, PollFlags::IN)];
        if !matches!(poll(&mut fds, Some(&timespec(until))), Ok(1..)) {
            continue;
        }
        match rustix::io::read(socket, &mut buf[..]) {
            Ok(0) => return None,
            Ok(n) => got.extend_from_slice(buf.get(..n)?),
            Err(Errno::AGAIN | Errno::INTR) => continue,
            Err(_) => return None,
        }
        match parse(&got) {
            Parsed::Partial => {}
            Parsed::Foreign => return None,
            Parsed::Whole(offer) => return Some(*offer),
        }
    }
    None
}

/// A server's bytes from the first on: lines of its own, the greeting, the first packet.
pub fn parse(bytes: &[u8]) -> Parsed {
    let mut rest = bytes;
    let greeting = loop {
        let Some(end) = memchr::memchr(b'\n', rest) else { return Parsed::Partial };
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        // Other lines may come before it (RFC 4253, 4.2).
        if line.starts_with(b"SSH-") {
            break line;
        }
    };
    let Some((length, rest)) = rest.split_first_chunk::<4>() else { return Parsed::Partial };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    if !(2..MOST).contains(&length) {
        return Parsed::Foreign;
    }
    let Some(packet) = rest.get(..length) else { return Parsed::Partial };
    match lists(packet) {
        Some(offer) => Parsed::Whole(Box::new(Offer { software: software(greeting), ..offer })),
        None => Parsed::Foreign,
    }
}

/// `OpenSSH_4.3` of `SSH-2.0-OpenSSH_4.3 comment`.
fn software(greeting: &[u8]) -> String {
    let text = String::from_utf8_lossy(greeting.get(..255).unwrap_or(greeting));
    let after = text.splitn(3, '-').nth(2).unwrap_or_default();
    text::clean(after.split_whitespace().next().unwrap_or_default())
}

/// A packet without its length: padding length, message, cookie, ten lists of names.
fn lists(packet: &[u8]) -> Option<Offer> {
    let (padding, rest) = packet.split_first()?;
    let payload = rest.get(..rest.len().checked_sub(usize::from(*padding))?)?;
    let mut rest = payload.strip_prefix(&[KEXINIT])?.get(16..)?;
    let mut next = || {
        let (list, after) = string(rest)?;
        rest = after;
        Some(names(list))
    };
    Some(Offer {
        software: String::new(),
        kex: next()?,
        host_keys: next()?,
        ciphers: [next()?, next()?],
        macs: [next()?, next()?],
        compressions: [next()?, next()?],
    })
}

fn names(list: &[u8]) -> Vec<String> {
    list.split(|b| *b == b',').filter(|name| !name.is_empty()).map(|name| text::clean(&String::from_utf8_lossy(name))).collect()
}
