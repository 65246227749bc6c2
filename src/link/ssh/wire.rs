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
    /// The channel that is in the opening: libssh2 goes on with it whatever it is asked for next.
    under_way: Option<Opening>,
    intake: Rc<Intake>,
}

/// A channel in the opening.
#[derive(Debug, PartialEq, Eq)]
enum Opening {
    Session,
    /// To this socket.
    Pass(String),
}

/// What came in since the last wait.
struct Intake {
    session: Session,
    /// Nothing is left in the socket: a read takes in all that it holds, for whichever channel.
    drained: Cell<bool>,
    /// Something came, and is not acknowledged yet.
    came: Cell<bool>,
}

impl Intake {
    /// A read for a channel. Ten reads a wake, each with a system call that brings nothing, were most of what a quiet node cost us.
    fn read(&self, ends: &mut Ends, read: impl FnOnce(&mut Ends) -> io::Result<usize>) -> io::Result<usize> {
        if self.drained.get() && !ends.pending() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let result = read(ends);
        match &result {
            // What waits to be sent comes before what is to be read: then nothing was read.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock && !is_sending(&self.session) => self.drained.set(true),
            Ok(n) if *n > 0 => self.came.set(true),
            _ => {}
        }
        result
    }
}

fn is_sending(session: &Session) -> bool {
    matches!(session.block_directions(), BlockDirections::Outbound | BlockDirections::Both)
}

impl fmt::Debug for SshWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SshWire").field("spares", &self.spares.len()).field("closing", &self.closing.len()).finish_non_exhaustive()
    }
}

impl SshWire {
    /// Takes a session that is logged in, with channels that were opened already. `socket` is a second handle on the session's.
    pub fn new(session: Session, socket: Arc<Socket>, spares: Vec<Channel>) -> Self {
        session.set_blocking(false);
        let intake = Rc::new(Intake { session: session.clone(), drained: Cell::new(false), came: Cell::new(false) });
        Self { starting: None, spares, closing: Vec::new(), session, socket, under_way: None, intake }
    }
}

impl SshWire {
    /// Whether this may be opened now: another channel in the opening that nobody wants any more comes first.
    fn may_open(&mut self, wanted: &Opening) -> Result<bool, ssh2::Error> {
        let Some(before) = self.under_way.take() else { return Ok(true) };
        if before == *wanted {
            return Ok(true);
        }
        let opened = match &before {
            Opening::Session => open_channel(&self.session),
            Opening::Pass(to) => self.session.channel_direct_streamlocal(to, None),
        };
        match opened {
            Ok(channel) if before == Opening::Session => self.spares.push(channel),
            Ok(channel) => self.closing.push(channel),
            Err(e) if e.code() == EAGAIN => {
                self.under_way = Some(before);
                return Ok(false);
            }
            Err(e) if trouble::is_refusal(&e) => {}
            Err(e) => return Err(e),
        }
        Ok(true)
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
        let broken = |e: &ssh2::Error| PassError::Broken(trouble::of_session(e, "opening a way to a socket"));
        let wanted = Opening::Pass(to.to_owned());
        if !self.may_open(&wanted).map_err(|e| broken(&e))? {
            return Ok(None);
        }
        match self.session.channel_direct_streamlocal(to, None) {
            Ok(channel) => Ok(Some(SshPass { ends: Ends(channel), intake: Rc::clone(&self.intake) })),
            Err(e) if e.code() == EAGAIN => {
                self.under_way = Some(wanted);
                Ok(None)
            }
            Err(e) if trouble::is_refusal(&e) => Err(PassError::Refused(format!(
                "sshd leads no connection to {to} ({}): does a daemon listen there, may this user connect, does sshd allow it (AllowStreamLocalForwarding)?",
                e.message()
            ))),
            Err(e) => Err(broken(&e)),
        }
    }

    fn end(&mut self, pass: SshPass) {
        self.closing.push(pass.ends.0);
    }

    fn open(&mut self) -> Result<Option<SshDuct>, OpenError> {
        let broken = |e: &ssh2::Error| OpenError::Broken(trouble::of_session(e, "opening a session"));
        let mut channel = match self.starting.take().or_else(|| self.spares.pop()) {
            Some(channel) => channel,
            None if !self.may_open(&Opening::Session).map_err(|e| broken(&e))? => return Ok(None),
            None => match open_channel(&self.session) {
                Ok(channel) => channel,
                Err(e) if e.code() == EAGAIN => {
                    self.under_way = Some(Opening::Session);
                    return Ok(None);
                }
                Err(e) if trouble::is_refusal(&e) => return Err(OpenError::Refused),
                Err(e) => return Err(broken(&e)),
            },
        };
        match channel.exec(guard::EXEC) {
            Ok(()) => Ok(Some(SshDuct { ends: Ends(channel), intake: Rc::clone(&self.intake) })),
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
        if is_sending(&self.session) {
            flags |= PollFlags::OUT;
        }
        fds.push(PollFd::from_borrowed_fd(self.socket.as_fd(), flags));
    }

    fn waited(&self, came: bool) {
        // Whatever the wait said: opening and writing read too.
        self.intake.drained.set(false);
        self.intake.came.set(came);
    }

    fn acknowledge(&self) {
        // Not before it is read: the packet that goes out would hold up what came in.
        if self.intake.came.take() {
            self.socket.quick_ack();
        }
    }
}

/// One channel with its shell.
pub struct SshDuct {
    ends: Ends,
    intake: Rc<Intake>,
}

impl fmt::Debug for SshDuct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SshDuct")
    }
}

impl Duct for SshDuct {
    fn read(&mut self, from: Side, buf: &mut [u8]) -> io::Result<usize> {
        self.intake.read(&mut self.ends, |ends| match from {
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
    intake: Rc<Intake>,
}

impl fmt::Debug for SshPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SshPass")
    }
}

impl Read for SshPass {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.intake.read(&mut self.ends, |ends| ends.read(buf))
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
