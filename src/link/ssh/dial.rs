//! The whole way to a node: every hop connected, verified, logged in to. Runs on a thread of its own, where it may wait.

use std::net::Shutdown;
use std::sync::Arc;
use std::time::Instant;

use ssh2::{Channel, Session};

use super::algorithms;
use super::attempt::{Attempt, Next};
use super::auth::{self, Login, Tried};
use super::hostkey::{self, Trust};
use super::kexinit::{self, Offer};
use super::socket::{self, Socket};
use super::turn::{self, Turn};
use super::{trouble, tunnel, wire};
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::link::engine::Grant;
use crate::link::{Hop, Target};

/// Sessions that are opened at once: two lanes, and streams for journal, corosync's map and netlink.
const FIRST: usize = 5;
/// Streams to promise where more than [`FIRST`] may be had: sshd's default MaxSessions 10, less the lanes.
const STREAMS: usize = 8;
/// New connections in one attempt because sshd cut us off or the operator took long. Each has tried at least one more key.
const ROUNDS: usize = 64;

/// A connection that is ready for work.
pub struct Connected {
    /// Logged in, still blocking.
    pub session: Session,
    /// Its socket.
    pub socket: Arc<Socket>,
    /// Channels that are open already.
    pub spares: Vec<Channel>,
    /// What the server grants.
    pub grant: Grant,
}

/// A dead socket under a session that is dropped early: libssh2 then frees it without waiting for the peer.
struct Guarded(Option<(Session, Arc<Socket>)>);

impl Guarded {
    /// What is old about the connection, in words.
    fn old(&self, tried: &Tried) -> Option<String> {
        let (session, _) = self.0.as_ref()?;
        let mut words = algorithms::old_in_use(session);
        if tried.sha1 {
            words += if words.is_empty() { "" } else { ", " };
            words += "login signed by ssh-rsa (SHA-1)";
        }
        (!words.is_empty()).then_some(words)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some((_, socket)) = &self.0 {
            socket.shutdown(Shutdown::Both);
        }
    }
}

/// Goes the whole way.
/// `tried` is kept from one attempt to the next: where sshd turns us away for a while after some failed keys (PerSourcePenalties), the
/// next attempt goes on with the others.
pub fn dial(target: &Target, tried: &mut Vec<Tried>, attempt: &mut Attempt<Connected>) -> Result<Connected, (LinkTrouble, Next)> {
    let hops: Vec<&Hop> = target.jumps.iter().chain([&target.end]).collect();
    tried.resize_with(hops.len(), Tried::default);
    for _ in 0..ROUNDS {
        match way(target, &hops, Errand::Connect, tried, attempt) {
            Ok(Some(Made::Connection(connected))) => {
                tried.clear();
                return Ok(*connected);
            }
            Ok(_) => attempt.restart(),
            Err(miss) => {
                let trouble = explained(miss, target, &hops, tried, attempt);
                let refused = trouble.fault == LinkFault::Auth && tried.iter().any(|t| t.refused);
                if trouble.fault == LinkFault::Auth {
                    tried.clear();
                }
                return Err((trouble, if refused { Next::Told } else { attempt.next() }));
            }
        }
    }
    Err((trouble::new(LinkFault::Auth, &format!("{} cut us off again and again while we logged in", target.end.alias)), Next::Later))
}

/// What a round is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Errand {
    /// The connection.
    Connect,
    /// To read what this hop offers to speak.
    Look(usize),
}

/// What a round made.
enum Made {
    Connection(Box<Connected>),
    Offer(Box<Offer>),
}

/// Why a round failed.
struct Miss {
    trouble: LinkTrouble,
    /// The hop with which no language was found.
    speechless: Option<usize>,
}

impl From<LinkTrouble> for Miss {
    fn from(trouble: LinkTrouble) -> Self {
        Self { trouble, speechless: None }
    }
}

/// libssh2 hides why nothing was agreed upon: the server is asked again, and its offer read by ourselves.
fn explained(miss: Miss, target: &Target, hops: &[&Hop], tried: &mut [Tried], attempt: &mut Attempt<Connected>) -> LinkTrouble {
    let Miss { trouble, speechless: Some(at) } = miss else { return miss.trouble };
    let Some(hop) = hops.get(at) else { return trouble };
    attempt.restart();
    let Ok(Some(Made::Offer(offer))) = way(target, hops, Errand::Look(at), tried, attempt) else { return trouble };
    let Some(why) = algorithms::disagreement(&offer, hop.legacy) else { return trouble };
    let place = if at + 1 < hops.len() { format!("jump host {}: ", hop.alias) } else { String::new() };
    let software = if offer.software.is_empty() { String::new() } else { format!(" ({})", offer.software) };
    trouble::new(LinkFault::Protocol, &format!("{place}no common language with {} port {}{software}: {why}", hop.host, hop.port))
}

/// One round; none if it has to be begun anew.
fn way(
    target: &Target,
    hops: &[&Hop],
    errand: Errand,
    tried: &mut [Tried],
    attempt: &mut Attempt<Connected>,
) -> Result<Option<Made>, Miss> {
    let mut through: Option<Socket> = None;
    let mut old: Vec<String> = Vec::new();
    for (at, hop) in hops.iter().enumerate() {
        let next = hops.get(at + 1);
        let place = next.map(|_| format!("jump host {}: ", hop.alias)).unwrap_or_default();
        // What was waited for says it already.
        let named = |t: LinkTrouble| {
            if t.text.starts_with(&place) { t } else { LinkTrouble { fault: t.fault, text: format!("{place}{}", t.text) } }
        };
        let (socket, turn) = if let Some(socket) = through.take() {
            (socket, None)
        } else {
            let turn = next.map(|_| turn_at(hop, &place, attempt)).transpose()?;
            (connect(hop, &place, attempt).map_err(named)?, turn)
        };
        if errand == Errand::Look(at) {
            let socket = Arc::new(socket);
            attempt.guard(&socket)?;
            let offer = kexinit::read(&socket, attempt.deadline());
            socket.shutdown(Shutdown::Both);
            return Ok(offer.map(|offer| Made::Offer(Box::new(offer))));
        }
        let Some(tried) = tried.get_mut(at) else { break };
        let entered = log_in(hop, target, socket, tried, &place, attempt);
        drop(turn);
        let entered = entered.map_err(|miss| Miss { trouble: named(miss.trouble), speechless: miss.speechless.map(|_| at) })?;
        let Some(mut guarded) = entered else { return Ok(None) };
        old.extend(guarded.old(tried).map(|words| format!("{place}{words}")));
        let Some(next) = next else {
            let mut connected = finish(&mut guarded, attempt)?;
            connected.grant.note = remark(&old, attempt.remarks(), connected.grant.note);
            return Ok(Some(Made::Connection(Box::new(connected))));
        };
        through = Some(Socket::Pair(forward(guarded, hop, next, attempt).map_err(named)?));
    }
    Err(trouble::new(LinkFault::Protocol, "no host to connect to").into())
}

/// What the operator is told of a connection that works.
fn remark(old: &[String], remarks: Vec<String>, grant: Option<String>) -> Option<String> {
    let old = (!old.is_empty()).then(|| format!("old SSH, as legacy_ssh allows: {}", old.join("; ")));
    let all: Vec<String> = old.into_iter().chain(remarks).chain(grant).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Waits for a turn at a jump host. That time does not count.
fn turn_at(hop: &Hop, place: &str, attempt: &mut Attempt<Connected>) -> Result<Turn, LinkTrouble> {
    attempt.stage(LinkFault::Timeout, &format!("{place}waits until other nodes have logged in there"));
    let since = Instant::now();
    let turn = turn::wait(hop, || attempt.is_cancelled());
    attempt.pardon(since);
    turn.ok_or_else(|| trouble::new(LinkFault::Unreachable, "cancelled"))
}

fn connect(hop: &Hop, place: &str, attempt: &Attempt<Connected>) -> Result<Socket, LinkTrouble> {
    attempt.seek(LinkFault::Unreachable, &format!("{place}the name '{}' is not resolved: the resolver does not answer", hop.host));
    let addresses = socket::resolve(&hop.host, hop.port)?;
    attempt.seek(LinkFault::Timeout, &format!("{place}nothing answers at {} port {}: switched off or cut off", hop.host, hop.port));
    socket::dial(&hop.host, hop.port, &addresses, attempt.deadline())
}

fn log_in(
    hop: &Hop,
    target: &Target,
    socket: Socket,
    tried: &mut Tried,
    place: &str,
    attempt: &mut Attempt<Connected>,
) -> Result<Option<Guarded>, Miss> {
    let socket = Arc::new(socket);
    attempt.guard(&socket)?;
    let start = |e: ssh2::Error| trouble::new(LinkFault::Protocol, &format!("libssh2: {}", e.message()));
    let mut session = Session::new().map_err(start)?;
    session.set_tcp_stream(Arc::clone(&socket));
    let known = hostkey::known(hop);
    hostkey::prefer(&session, hop, &known).map_err(start)?;
    algorithms::prefer(&session, hop.legacy).map_err(start)?;
    attempt.stage(LinkFault::Timeout, &format!("{place}{} port {} accepts but does not answer", hop.host, hop.port));
    session.set_timeout(attempt.left_ms());
    session.handshake().map_err(|e| {
        socket.shutdown(Shutdown::Both);
        shaken(&e, hop, session.banner_bytes().is_some_and(|banner| banner.starts_with(b"SSH-")), attempt)
    })?;
    let guarded = Guarded(Some((session.clone(), socket)));
    if hostkey::verify(&session, hop, target.host_keys, &known, attempt)? == Trust::Again {
        return Ok(None);
    }
    attempt.stage(LinkFault::Timeout, &format!("{place}{} port {} does not answer while we log in", hop.host, hop.port));
    Ok((auth::log_in(&session, hop, tried, attempt)? == Login::In).then_some(guarded))
}

/// `spoke`: it said which SSH it speaks.
fn shaken(e: &ssh2::Error, hop: &Hop, spoke: bool, attempt: &Attempt<Connected>) -> Miss {
    if trouble::is_timeout(e) || attempt.left_ms() <= 1 {
        return trouble::new(LinkFault::Timeout, &format!("{} port {} accepts but does not answer", hop.host, hop.port)).into();
    }
    let trouble = if trouble::is_loss(e) {
        let text =
            format!("{} port {} ended the connection before any login (MaxStartups, PerSourcePenalties? no sshd?)", hop.host, hop.port);
        let trouble = trouble::new(LinkFault::Protocol, &text);
        if !spoke {
            // It did not want us: it is not asked again at once.
            return trouble.into();
        }
        trouble
    } else {
        trouble::new(LinkFault::Protocol, &format!("no common language with {} port {}: {}", hop.host, hop.port, e.message()))
    };
    // Some servers hang up at once when nothing is common, and what they said before may be lost with the connection.
    Miss { trouble, speechless: Some(0) }
}

/// Has a jump host connect to the next hop.
fn forward(
    mut guarded: Guarded,
    hop: &Hop,
    next: &Hop,
    attempt: &Attempt<Connected>,
) -> Result<std::os::unix::net::UnixStream, LinkTrouble> {
    attempt.seek(LinkFault::Timeout, &format!("jump host {} gets no answer from {} port {}", hop.alias, next.host, next.port));
    let Some((session, _)) = &guarded.0 else { return Err(trouble::new(LinkFault::Protocol, "no session")) };
    session.set_timeout(attempt.left_ms());
    let channel = session.channel_direct_tcpip(&next.host, next.port, None).map_err(|e| {
        if trouble::is_timeout(&e) {
            return trouble::new(LinkFault::Timeout, &format!("no answer from {} port {}", next.host, next.port));
        }
        let why = match e.message() {
            m if m.contains("prohibited") => "it does not allow forwarding (AllowTcpForwarding)".to_owned(),
            m if m.contains("connect failed") => "nothing listens there, or no route".to_owned(),
            m => m.to_owned(),
        };
        trouble::new(LinkFault::Unreachable, &format!("cannot reach {} port {} from there: {why}", next.host, next.port))
    })?;
    match guarded.0.take() {
        Some((session, socket)) => tunnel::start(session, socket, channel)
            .map_err(|e| trouble::new(LinkFault::Unreachable, &format!("no tunnel on this machine: {e}"))),
        None => Err(trouble::new(LinkFault::Protocol, "no session")),
    }
}

/// Opens the sessions, as many as are granted.
fn finish(guarded: &mut Guarded, attempt: &Attempt<Connected>) -> Result<Connected, LinkTrouble> {
    let Some((session, socket)) = guarded.0.take() else { return Err(trouble::new(LinkFault::Protocol, "no session")) };
    let mut spares = Vec::with_capacity(FIRST);
    let mut refusal = None;
    while spares.len() < FIRST && refusal.is_none() {
        session.set_timeout(attempt.left_ms());
        match wire::open_channel(&session) {
            Ok(channel) => spares.push(channel),
            Err(e) if trouble::is_refusal(&e) => refusal = Some(e.message().to_owned()),
            Err(e) => {
                socket.shutdown(Shutdown::Both);
                return Err(trouble::of_session(&e, "opening a session"));
            }
        }
    }
    if spares.is_empty() {
        socket.shutdown(Shutdown::Both);
        let why = refusal.unwrap_or_default();
        return Err(trouble::new(LinkFault::Sessions, &format!("logged in, but sshd grants no session: {why}")));
    }
    let grant = grant(spares.len(), refusal.is_some());
    Ok(Connected { session, socket, spares, grant })
}

fn grant(sessions: usize, full: bool) -> Grant {
    if !full {
        return Grant { sessions: STREAMS + 2, streams: STREAMS, action: true, note: None };
    }
    let streams = sessions.saturating_sub(2);
    let what = match (sessions, streams) {
        (1, _) => "1 session: quick and slow questions share it, streams are polled, nothing can be changed".to_owned(),
        (n, 0) => format!("{n} sessions: streams are polled, what actions ask waits with the slow questions"),
        (n, s) => {
            let plural = if s == 1 { "" } else { "s" };
            format!("{n} sessions: {s} stream{plural}, the others are polled; what actions ask waits with the slow questions")
        }
    };
    Grant { sessions, streams, action: false, note: Some(format!("sshd grants {what} (MaxSessions)")) }
}
