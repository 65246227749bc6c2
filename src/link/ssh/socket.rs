//! Sockets under SSH sessions: TCP to the first host, a local pair to a tunnel through a jump host.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, ipproto, socket_with, sockopt};

use crate::domain::node::LinkFault;
use crate::domain::node::LinkTrouble;
use crate::link::inbox::timespec;
use crate::link::ssh::trouble;

/// A head start of each address of a name over the next (RFC 8305 asks for 250 ms).
const STAGGER: Duration = Duration::from_millis(250);

/// A socket that carries an SSH connection.
#[derive(Debug)]
pub enum Socket {
    /// To a host.
    Tcp(TcpStream),
    /// To a tunnel.
    Pair(UnixStream),
}

impl Socket {
    /// Ends the connection for every handle.
    pub fn shutdown(&self, how: Shutdown) {
        let _ = match self {
            Self::Tcp(tcp) => tcp.shutdown(how),
            Self::Pair(pair) => pair.shutdown(how),
        };
    }

    /// Acknowledge at once: sshd leaves Nagle on for some channels, which costs 44 ms a reply. The kernel forgets it, so it is said again for whatever comes.
    pub fn quick_ack(&self) {
        if let Self::Tcp(tcp) = self {
            let _ = sockopt::set_tcp_quickack(tcp, true);
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(tcp) => tcp.as_fd(),
            Self::Pair(pair) => pair.as_fd(),
        }
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// All addresses of a name. Waits for the resolver.
pub fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, LinkTrouble> {
    let found = (host, port).to_socket_addrs().map_err(|e| {
        let why = e.to_string();
        let why = why.strip_prefix("failed to lookup address information: ").unwrap_or(&why);
        trouble::new(LinkFault::Unreachable, &format!("no address for the name '{host}': {why}"))
    })?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(trouble::new(LinkFault::Unreachable, &format!("no address for the name '{host}'")));
    }
    Ok(addresses)
}

/// Connects to whichever address answers first; every one is tried, each a little after the one before it.
pub fn dial(host: &str, port: u16, addresses: &[SocketAddr], until: Instant) -> Result<Socket, LinkTrouble> {
    let mut waiting: Vec<OwnedFd> = Vec::new();
    let mut failure: Option<Errno> = None;
    let mut next = addresses.iter();
    let mut start_at = Instant::now();
    loop {
        let now = Instant::now();
        if next.len() > 0 && (now >= start_at || waiting.is_empty()) {
            start_at = now + STAGGER;
            match next.next().map(begin) {
                Some(Ok(fd)) => waiting.push(fd),
                Some(Err(e)) => failure = Some(e),
                None => {}
            }
            continue;
        }
        if waiting.is_empty() {
            return Err(refused(host, port, failure));
        }
        if now >= until {
            return Err(trouble::new(LinkFault::Timeout, &format!("nothing answers at {host} port {port}: switched off or cut off")));
        }
        let wake = if next.len() > 0 { start_at.min(until) } else { until };
        let mut fds: Vec<_> = waiting.iter().map(|fd| PollFd::new(fd, PollFlags::OUT)).collect();
        let _ = poll(&mut fds, Some(&timespec(wake)));
        let ready = fds.iter().position(|fd| !fd.revents().is_empty());
        drop(fds);
        let Some(at) = ready else { continue };
        let fd = waiting.remove(at);
        match sockopt::socket_error(&fd) {
            Ok(Ok(())) => return tune(fd).map_err(|e| trouble::new(LinkFault::Unreachable, &e.to_string())),
            Ok(Err(e)) | Err(e) => failure = Some(e),
        }
    }
}

fn begin(address: &SocketAddr) -> Result<OwnedFd, Errno> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let fd = socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, Some(ipproto::TCP))?;
    match connect(&fd, address) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(fd),
        Err(e) => Err(e),
    }
}

/// A peer that vanishes is noticed by the kernel too: unacknowledged data after 20 s, silence after 35 s.
fn tune(fd: OwnedFd) -> io::Result<Socket> {
    sockopt::set_tcp_nodelay(&fd, true)?;
    sockopt::set_socket_keepalive(&fd, true)?;
    sockopt::set_tcp_keepidle(&fd, Duration::from_secs(15))?;
    sockopt::set_tcp_keepintvl(&fd, Duration::from_secs(5))?;
    sockopt::set_tcp_keepcnt(&fd, 4)?;
    sockopt::set_tcp_user_timeout(&fd, 20_000)?;
    Ok(Socket::Tcp(TcpStream::from(fd)))
}

fn refused(host: &str, port: u16, failure: Option<Errno>) -> LinkTrouble {
    match failure {
        Some(Errno::CONNREFUSED) => trouble::new(LinkFault::Refused, &format!("{host} port {port} is closed: no sshd listens there")),
        Some(Errno::TIMEDOUT) => {
            trouble::new(LinkFault::Timeout, &format!("nothing answers at {host} port {port}: switched off or cut off"))
        }
        Some(e) => trouble::new(LinkFault::Unreachable, &format!("{host} port {port}: {}", io::Error::from(e))),
        None => trouble::new(LinkFault::Unreachable, &format!("{host} has no address that can be tried")),
    }
}
