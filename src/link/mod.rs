//! Reaching a node, and nothing else: SSH, this very machine, a recording.
//!
//! A [`Link`] takes [`Order`]s and speaks through a [`Voice`]: it never blocks its caller, and it knows nothing
//! of what the bytes mean. Each link reconnects by itself, with backoff and jitter, until it is closed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::action::Change;
use crate::domain::node::{LinkTrouble, NodeKey};
use crate::domain::secret::Secret;
use crate::domain::stamp::Stamp;

pub mod burst;
pub mod command_line;
mod deed;
mod engine;
mod gate;
pub mod guard;
mod half;
mod inbox;
pub mod known_hosts;
mod lane;
pub mod libvirt;
pub mod local;
pub mod mark;
mod outline;
mod pattern;
mod pipe;
mod pulse;
mod speaker;
pub mod ssh;
pub mod ssh_config;
mod stream;
pub mod target;
mod wire;

pub use command_line::{Become, CommandLine};
use libvirt::door::Door;
pub use libvirt::{LibvirtOrder, LibvirtReport};
pub use target::{Hop, HostKeys, Target};

/// Names one asked question for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AskId(pub u64);

/// Names one followed stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u64);

/// Names one changing command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChangeId(pub u64);

/// Names one question to the operator (host key, passphrase).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PromptId(pub u64);

/// Which pipe a question goes down: a stuck answer delays only its own lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Answers in milliseconds.
    Fast,
    /// lvs, df, crm_mon: may take long, may hang.
    Slow,
    /// What an action asks: an operator waits for it, and it waits for nothing that is asked by the clock. Its pipe is opened when it is needed; where sshd
    /// has no session for it, it shares the slow lane's.
    Action,
}

/// A question to a node.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Its name.
    pub id: AskId,
    /// What to run.
    pub command: CommandLine,
    /// Where.
    pub lane: Lane,
    /// From its turn in the pipe to its first byte (or its end, if it prints nothing).
    pub first_byte: Duration,
    /// From its turn to its end.
    pub total: Duration,
}

/// What a link is told. It cannot be cloned, because a [`Change`] must never be sent twice.
#[derive(Debug)]
pub enum Order {
    /// Ask once. Each ask gets exactly one [`Report::Answer`], also when the connection is lost or never came.
    Ask(Ask),
    /// Follow a command's output until it ends or is unfollowed. It ends with exactly one [`Report::Ended`].
    Follow {
        /// Its name.
        id: StreamId,
        /// What to run.
        command: CommandLine,
    },
    /// Run a changing command, at once or never: what cannot be sent now is answered with [`ChangeError::NotSent`]. It gets exactly one
    /// [`Report::Changed`]. Only a ticket of the gate yields a [`Change`].
    Change(Change),
    /// End a stream; its process on the node ends at once.
    Unfollow(StreamId),
    /// The operator's answer.
    Reply(PromptId, Reply),
    /// Move what comes through this door to a socket on the node, until the connection ends or the door is shut.
    Tunnel(Arc<Door>),
    /// Shut this door: what came through it ends at once.
    Untunnel(Arc<Door>),
    /// For the libvirt of the node.
    Libvirt(LibvirtOrder),
    /// Try to connect now instead of waiting for the backoff.
    Hurry,
    /// End everything on the node, disconnect, end the thread.
    Close,
}

/// What the operator said.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Trust the host key and write it to known_hosts.
    Trust,
    /// Use this passphrase.
    Passphrase(Secret),
    /// No.
    Refuse,
}

/// How the end of a stream begins that got no session of its own.
pub const NO_SESSION: &str = "sshd grants no further session";

/// What a command printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Standard output, every byte.
    pub stdout: Vec<u8>,
    /// Standard error, at most 64 KiB.
    pub stderr: Vec<u8>,
    /// Exit status; 126/127 as the shell reports them.
    pub code: i32,
    /// When the question was written to the node, our clock.
    pub sent: Stamp,
    /// When its turn came: those written before it were answered. From here to its end is what it cost the node.
    pub began: Stamp,
    /// When it was complete.
    pub done: Stamp,
}

/// Why an ask got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskError {
    /// A deadline passed; the pipe was abandoned.
    Late(Duration),
    /// The node is not connected, or the connection ended before the answer was complete.
    Lost(LinkTrouble),
    /// More than the limit of bytes.
    TooLong(usize),
}

/// Why a changing command got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// It was never written to the node: nothing happened.
    NotSent(LinkTrouble),
    /// It was, and its answer was lost: it may have happened.
    Unknown(LinkTrouble),
}

/// What a link says.
#[derive(Clone, Debug)]
pub enum Report {
    /// A first attempt, or a new one after a loss.
    Connecting,
    /// Connected; asks flow. `streams` is how many streams this server grants (MaxSessions).
    Up {
        /// How many streams may be followed at once.
        streams: usize,
        /// A sentence where something is less than it should be ("sshd grants 2 sessions: streams are polled").
        note: Option<String>,
    },
    /// Not connected, or hung.
    Down {
        /// What failed.
        trouble: LinkTrouble,
        /// When it will be tried again.
        retry_at: Option<Stamp>,
    },
    /// The answer to an ask.
    Answer {
        /// Which.
        id: AskId,
        /// What came.
        result: Result<Answer, AskError>,
    },
    /// Bytes of a stream, as they came (any split).
    Data {
        /// Which.
        id: StreamId,
        /// The bytes.
        bytes: Vec<u8>,
        /// When they came, our clock.
        at: Stamp,
    },
    /// Bytes that a changing command printed, as they came.
    Output {
        /// Which.
        id: ChangeId,
        /// The bytes, of both outputs.
        bytes: Vec<u8>,
        /// When they came, our clock.
        at: Stamp,
    },
    /// How a changing command ended.
    Changed {
        /// Which.
        id: ChangeId,
        /// What came.
        result: Result<Answer, ChangeError>,
    },
    /// A sentence for the operator: something is less than it should be from now on.
    Note(String),
    /// A stream ended.
    Ended {
        /// Which.
        id: StreamId,
        /// Why, with the tool's last words.
        why: String,
    },
    /// The node's libvirt spoke.
    Libvirt(Box<LibvirtReport>),
    /// The operator must decide.
    Prompt {
        /// Its name.
        id: PromptId,
        /// What.
        what: Prompt,
    },
}

/// A decision that only the operator can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// A host key that known_hosts does not have.
    UnknownHostKey {
        /// As dialled: host or [host]:port.
        host: String,
        /// ssh-ed25519 ...
        kind: String,
        /// `SHA256:...`.
        fingerprint: String,
        /// The file it would be written to.
        file: String,
    },
    /// An encrypted identity file.
    Passphrase {
        /// The file.
        file: String,
        /// An earlier attempt was wrong.
        again: bool,
    },
}

/// Where a link speaks to. Bounded: a slow reader slows the streams, never memory.
#[derive(Clone, Debug)]
pub struct Voice {
    node: NodeKey,
    to: mpsc::Sender<(NodeKey, Report)>,
}

impl Voice {
    /// A voice for one node.
    pub const fn new(node: NodeKey, to: mpsc::Sender<(NodeKey, Report)>) -> Self {
        Self { node, to }
    }

    /// Speaks from a thread of the link's own; waits while the reader is behind. False if nobody listens any more.
    pub fn say(&self, report: Report) -> bool {
        self.to.blocking_send((self.node, report)).is_ok()
    }

    /// Speaks without waiting; gives the report back if the reader is behind.
    pub fn try_say(&self, report: Report) -> Result<(), mpsc::error::TrySendError<(NodeKey, Report)>> {
        self.to.try_send((self.node, report))
    }

    /// The node.
    pub const fn node(&self) -> NodeKey {
        self.node
    }
}

/// A link to a node to which there is no way; why, in harmless words.
pub fn nowhere(voice: Voice, why: String) -> Box<dyn Link> {
    Box::new(inbox::Stillborn::of(voice, why))
}

/// A way to a node.
pub trait Link: Send + Sync {
    /// Gives an order. Never blocks.
    fn order(&self, order: Order);
}
