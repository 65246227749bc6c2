//! Channels of one SSH connection.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags};
use ssh2::{BlockDirections, Channel, Session};

use super::ends::Ends;
use super::socket::Socket;
use super::trouble::{self, EAGAIN};
use crate::link::guard;
use crate::link::wire::{Duct, OpenError, Pass, PassError, Side, Wire};

/// What a channel may have under way to us. Small enough that paused streams cost little, large enough for 25 MB/s at 10 ms.
const WINDOW: u32 = 256 << 10;
/// Largest packet.
const PACKET: u32 = 32 << 10;

/// Opens a session channel. In non-blocking mode it may have to be asked again ([`EAGAIN`]).
pub fn open_channel(session: &Session) -> Result<Channel, ssh2::Error> {
    session.channel_open("session", WINDOW, PACKET, None)
}

/// An authenticated connection, in non-blocking mode.
pub struct SshWire {
    // Dropped in this order: channels before their session.
    starting: Option<Channel>,
    spares: Vec<Channel>,
    closing: Vec<Channel>,
    session: Session,
    socket: Arc<Socket>,
    /// Something came after the last wait.
    came: Cell<bool>,
    drained: Drained,
}

/// Nothing is left in the socket since the last wait: any read takes in all that it holds, for whichever channel.
type Drained = Rc<Cell<bool>>;

impl fmt::Debug for SshWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SshWire").field("spares", &self.spares.len()).field("closing", &self.closing.len()).finish_non_exhaustive()
    }
}

impl SshWire {
    /// Takes a session that is logged in, with channels that were opened already. `socket` is a second handle on the session's.
    pub fn new(session: Session, socket: Arc<Socket>, spares: Vec<Channel>) -> Self {
        session.set_blocking(false);
        Self { starting: None, spares, closing: Vec::new(), session, socket, came: Cell::new(false), drained: Drained::default() }
    }
}

impl Drop for SshWire {
    fn drop(&mut self) {
        let _ = self.session.disconnect(None, "quorate is done", None);
        // libssh2 frees nothing of a session while it waits for the peer; on a dead socket it does not wait.
        self.socket.shutdown(Shutdown::Both);
    }
}

impl Wire for SshWire {
    type Duct = SshDuct;
    type Pass = SshPass;

    fn pass(&mut self, to: &str) -> Result<Option<SshPass>, PassError> {
        match self.session.channel_direct_streamlocal(to, None) {
            Ok(channel) => Ok(Some(SshPass { ends: Ends(channel), drained: Rc::clone(&self.drained) })),
            Err(e) if e.code() == EAGAIN => Ok(None),
            Err(e) if trouble::is_refusal(&e) => Err(PassError::Refused(format!(
                "sshd leads no connection to {to} ({}): does a daemon listen there, may this user connect, does sshd allow it (AllowStreamLocalForwarding)?",
                e.message()
            ))),
            Err(e) => Err(PassError::Broken(trouble::of_session(&e, "opening a way to a socket"))),
        }
    }

    fn end(&mut self, pass: SshPass) {
        self.closing.push(pass.ends.0);
    }

    fn open(&mut self) -> Result<Option<SshDuct>, OpenError> {
        let mut channel = match self.starting.take().or_else(|| self.spares.pop()) {
            Some(channel) => channel,
            None => match open_channel(&self.session) {
                Ok(channel) => channel,
                Err(e) if e.code() == EAGAIN => return Ok(None),
                Err(e) if trouble::is_refusal(&e) => return Err(OpenError::Refused),
                Err(e) => return Err(OpenError::Broken(trouble::of_session(&e, "opening a session"))),
            },
        };
        match channel.exec(guard::EXEC) {
            Ok(()) => Ok(Some(SshDuct { ends: Ends(channel), drained: Rc::clone(&self.drained) })),
            Err(e) if e.code() == EAGAIN => {
                self.starting = Some(channel);
                Ok(None)
            }
            Err(e) => Err(OpenError::Broken(trouble::of_session(&e, "starting sh"))),
        }
    }

    fn close(&mut self, duct: SshDuct) {
        self.closing.push(duct.ends.0);
    }

    fn tidy(&mut self) -> bool {
        // A channel is let go when the other side has closed it too: its processes have ended.
        self.closing.retain_mut(|channel| matches!(channel.close(), Err(e) if e.code() == EAGAIN));
        false
    }

    fn watch<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        let mut flags = PollFlags::IN;
        if matches!(self.session.block_directions(), BlockDirections::Outbound | BlockDirections::Both) {
            flags |= PollFlags::OUT;
        }
        fds.push(PollFd::from_borrowed_fd(self.socket.as_fd(), flags));
    }

    fn waited(&self, came: bool) {
        // Whatever the wait said: opening and writing read too.
        self.drained.set(false);
        self.came.set(came);
    }

    fn acknowledge(&self) {
        // Not before it is read: the packet that goes out would hold up what came in.
        if self.came.take() {
            self.socket.quick_ack();
        }
    }
}

/// One channel with its shell.
pub struct SshDuct {
    ends: Ends,
    drained: Drained,
}

impl fmt::Debug for SshDuct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SshDuct")
    }
}

/// A read for a channel. Ten reads a wake, each with a system call that brings nothing, were most of what a quiet node cost us.
fn read_unless_drained(drained: &Drained, ends: &mut Ends, read: impl FnOnce(&mut Ends) -> io::Result<usize>) -> io::Result<usize> {
    if drained.get() && !ends.pending() {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let result = read(ends);
    if matches!(&result, Err(e) if e.kind() == io::ErrorKind::WouldBlock) {
        drained.set(true);
    }
    result
}

impl Duct for SshDuct {
    fn read(&mut self, from: Side, buf: &mut [u8]) -> io::Result<usize> {
        read_unless_drained(&self.drained, &mut self.ends, |ends| match from {
            Side::Out => ends.read(buf),
            Side::Err => ends.read_err(buf),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.ends.write(bytes)
    }

    fn pending(&self) -> bool {
        self.ends.pending()
    }

    fn watch<'a>(&'a self, _read: bool, _write: bool, _fds: &mut Vec<PollFd<'a>>) {}
}

/// One channel that leads to a socket of the node.
pub struct SshPass {
    ends: Ends,
    drained: Drained,
}

impl fmt::Debug for SshPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SshPass")
    }
}

impl Read for SshPass {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        read_unless_drained(&self.drained, &mut self.ends, |ends| ends.read(buf))
    }
}

impl Write for SshPass {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.ends.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pass for SshPass {
    fn pending(&self) -> bool {
        self.ends.pending()
    }

    fn has_own(&self) -> bool {
        false
    }

    fn watch<'a>(&'a self, _flags: PollFlags, _fds: &mut Vec<PollFd<'a>>) {}
}
