//! What the engine needs of a transport: channels to shells, over SSH or on this machine.

use std::io::{self, Read, Write};

use rustix::event::{PollFd, PollFlags};

use crate::domain::node::LinkTrouble;

/// One of a shell's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Why no channel was opened.
#[derive(Debug)]
pub enum OpenError {
    /// The server grants no further session.
    Refused,
    /// The connection is gone.
    Broken(LinkTrouble),
}

/// What a read brought.
#[derive(Debug)]
pub enum Got<'b> {
    /// These bytes.
    Bytes(&'b [u8]),
    /// Nothing now.
    Nothing,
    /// This channel has ended.
    End,
}

/// One shell: its input and both outputs. Nothing here waits.
pub trait Duct {
    /// As [`read`](Self::read), sorted by what it means for this channel. Errors are the connection's.
    fn some<'b>(&mut self, from: Side, buf: &'b mut [u8]) -> io::Result<Got<'b>> {
        match self.read(from, buf) {
            // Standard error may be closed before the command is over.
            Ok(0) => Ok(if from == Side::Out { Got::End } else { Got::Nothing }),
            Ok(n) => Ok(Got::Bytes(buf.get(..n).unwrap_or_default())),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(Got::Nothing),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(Got::End),
            Err(e) => Err(e),
        }
    }

    /// Reads what is there. `WouldBlock`: nothing now; 0 or `BrokenPipe`: this channel has ended; else the connection has.
    fn read(&mut self, from: Side, buf: &mut [u8]) -> io::Result<usize>;

    /// Writes what fits; errors as with `read`.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Whether bytes or an end were brought in already by a read for another channel.
    fn pending(&self) -> bool;

    /// Adds the descriptors to wait for, where the channel has its own.
    fn watch<'a>(&'a self, read: bool, write: bool, fds: &mut Vec<PollFd<'a>>);
}

/// Why no way to a socket of the node was opened.
#[derive(Debug)]
pub enum PassError {
    /// The node does not let us through, in words for the operator.
    Refused(String),
    /// The connection is gone.
    Broken(LinkTrouble),
}

/// A way to a socket of the node. Nothing here waits; 0 bytes read are its end.
pub trait Pass: Read + Write {
    /// Whether bytes or an end were brought in already by a read for another channel.
    fn pending(&self) -> bool;

    /// Whether it has a descriptor of its own.
    fn has_own(&self) -> bool;

    /// Adds its descriptor, where it has its own.
    fn watch<'a>(&'a self, flags: PollFlags, fds: &mut Vec<PollFd<'a>>);
}

/// A connection that grants channels.
pub trait Wire {
    /// Its channels.
    type Duct: Duct;
    /// Its ways to sockets.
    type Pass: Pass;

    /// Opens a way to a Unix socket of the node; `None`: not yet, ask for the same again when something has moved. Only one channel
    /// may be in the opening at any time, shells included.
    fn pass(&mut self, to: &str) -> Result<Option<Self::Pass>, PassError>;

    /// Ends a way; what it takes is done by [`Wire::tidy`].
    fn end(&mut self, pass: Self::Pass);

    /// Opens a channel and starts the shell; `None`: not yet, ask again when something has moved.
    fn open(&mut self) -> Result<Option<Self::Duct>, OpenError>;

    /// Ends a channel; what it takes is done by [`Wire::tidy`].
    fn close(&mut self, duct: Self::Duct);

    /// Goes on closing channels. True while some are not closed yet.
    fn tidy(&mut self) -> bool;

    /// Adds the connection's descriptor, where it has one.
    fn watch<'a>(&'a self, fds: &mut Vec<PollFd<'a>>);

    /// To be called after every wait, with whether something came on the connection's descriptor.
    fn waited(&self, came: bool);

    /// To be called before every wait: what came was read, and can be acknowledged.
    fn acknowledge(&self);
}
