//! A way through a jump host: one forwarded connection, moved between its SSH channel and a local socket.

use std::io;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, poll};
use ssh2::{BlockDirections, Channel, Session};

use super::ends::Ends;
use super::socket::Socket;
use crate::link::half::Half;

/// Stack of a tunnel's thread: it holds two small buffers.
const STACK: usize = 128 << 10;

/// Starts the thread that moves the bytes; the socket that is given back leads through the jump host. The tunnel ends
/// when either side does, and takes the jump host's connection with it.
pub fn start(session: Session, socket: Arc<Socket>, channel: Channel) -> io::Result<UnixStream> {
    let (near, far) = UnixStream::pair()?;
    far.set_nonblocking(true)?;
    session.set_blocking(false);
    let tunnel = Tunnel { channel: Ends(channel), session, socket, far, down: Half::new(), up: Half::new() };
    std::thread::Builder::new().name("link tunnel".to_owned()).stack_size(STACK).spawn(move || tunnel.run())?;
    Ok(near)
}

struct Tunnel {
    // Dropped in this order: the channel before its session.
    channel: Ends,
    session: Session,
    socket: Arc<Socket>,
    far: UnixStream,
    /// From the jump host to us.
    down: Half,
    /// From us to the jump host.
    up: Half,
}

impl Tunnel {
    fn run(mut self) {
        while self.step().is_ok() {}
        let _ = self.far.shutdown(Shutdown::Both);
        let _ = self.session.disconnect(None, "quorate is done", None);
        // On a dead socket libssh2 frees the session without waiting for the peer.
        self.socket.shutdown(Shutdown::Both);
    }

    fn step(&mut self) -> io::Result<()> {
        loop {
            let mut local = &self.far;
            let down = self.down.carry(&mut self.channel, &mut local)?;
            let up = self.up.carry(&mut local, &mut self.channel)?;
            let more = down || up || (self.down.is_empty() && self.channel.pending());
            if !more {
                break;
            }
        }
        let mut wan = PollFlags::empty();
        wan.set(PollFlags::IN, self.down.is_empty());
        if matches!(self.session.block_directions(), BlockDirections::Outbound | BlockDirections::Both) {
            wan |= PollFlags::OUT;
        }
        let mut lan = PollFlags::empty();
        lan.set(PollFlags::IN, self.up.is_empty());
        lan.set(PollFlags::OUT, !self.down.is_empty());
        let mut fds = [PollFd::from_borrowed_fd(self.socket.as_fd(), wan), PollFd::from_borrowed_fd(self.far.as_fd(), lan)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        self.socket.quick_ack();
        Ok(())
    }
}
