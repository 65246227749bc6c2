//! One attempt to reach a node, as its thread and the link's thread share it.

use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::keyring::lock;
use super::socket::Socket;
use super::trouble;
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::link::inbox::Waker;
use crate::link::{Prompt, PromptId, Reply};

/// Time for the whole way, the operator's thinking not counted.
const PATIENCE: Duration = Duration::from_secs(12);

static PROMPTS: AtomicU64 = AtomicU64::new(1);

/// What the attempt says to the link's thread.
pub enum Note<T> {
    /// The operator must decide.
    Prompt(PromptId, Prompt),
    /// It is over: what was made, or what failed and when the next attempt is to be.
    Done(Result<T, (LinkTrouble, Next)>),
}

/// When it is to be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// After a while.
    Later,
    /// When the operator says so: they said no.
    Told,
    /// At once where else the node may be: what answers here is not known to be it.
    Elsewhere,
}

/// What an attempt waits for.
#[derive(Clone, Debug)]
struct Stage {
    trouble: LinkTrouble,
    /// Nobody has answered yet.
    seeks: bool,
}

/// What both threads see.
#[derive(Debug, Default)]
pub struct Shared {
    /// What the attempt waits for, in case it takes too long: what would be said of the node then.
    stage: Mutex<Option<Stage>>,
    cancelled: AtomicBool,
    sockets: Mutex<Vec<Arc<Socket>>>,
}

impl Shared {
    /// What it waits for.
    pub fn stage(&self) -> Option<LinkTrouble> {
        lock(&self.stage).as_ref().map(|stage| stage.trouble.clone())
    }

    /// The same, while nobody has answered yet: what answers may be slow, what does not may be elsewhere.
    pub fn sought(&self) -> Option<LinkTrouble> {
        lock(&self.stage).as_ref().filter(|stage| stage.seeks).map(|stage| stage.trouble.clone())
    }

    /// Ends the attempt as soon as can be.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
        for socket in lock(&self.sockets).drain(..) {
            socket.shutdown(Shutdown::Both);
        }
    }
}

/// The attempt's own side.
pub struct Attempt<T> {
    shared: Arc<Shared>,
    notes: Sender<Note<T>>,
    replies: Receiver<(PromptId, Reply)>,
    waker: Waker,
    deadline: Instant,
    attended: bool,
    next: Next,
    remarks: Vec<String>,
}

impl<T> Attempt<T> {
    /// Starts the clock. `attended`: somebody is there to be asked.
    pub fn new(shared: Arc<Shared>, notes: Sender<Note<T>>, replies: Receiver<(PromptId, Reply)>, waker: Waker, attended: bool) -> Self {
        Self { shared, notes, replies, waker, deadline: Instant::now() + PATIENCE, attended, next: Next::Later, remarks: Vec::new() }
    }

    /// Whether somebody is there to be asked.
    pub const fn is_attended(&self) -> bool {
        self.attended
    }

    /// Says what is being waited for.
    pub fn stage(&self, fault: LinkFault, words: &str) {
        *lock(&self.shared.stage) = Some(Stage { trouble: trouble::new(fault, words), seeks: false });
    }

    /// Says what is being waited for, and that nobody has answered yet.
    pub fn seek(&self, fault: LinkFault, words: &str) {
        *lock(&self.shared.stage) = Some(Stage { trouble: trouble::new(fault, words), seeks: true });
    }

    /// What is being waited for, as a trouble.
    pub fn late(&self) -> LinkTrouble {
        self.shared.stage().unwrap_or_else(|| trouble::new(LinkFault::Timeout, "no answer"))
    }

    /// When patience ends.
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What is left of it, in milliseconds, never 0 (which means for ever to libssh2).
    pub fn left_ms(&self) -> u32 {
        u32::try_from(self.deadline.saturating_duration_since(Instant::now()).as_millis()).unwrap_or(u32::MAX).max(1)
    }

    /// A fresh connection, with a fresh clock.
    pub fn restart(&mut self) {
        self.deadline = Instant::now() + PATIENCE;
        self.remarks.clear();
    }

    /// Time that was spent waiting for the operator does not count.
    pub fn pardon(&mut self, since: Instant) {
        self.deadline += since.elapsed();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Relaxed)
    }

    /// Lets a cancel end this socket.
    ///
    /// # Errors
    /// The attempt was cancelled.
    pub fn guard(&self, socket: &Arc<Socket>) -> Result<(), LinkTrouble> {
        lock(&self.shared.sockets).push(Arc::clone(socket));
        if self.is_cancelled() {
            self.shared.cancel();
            return Err(trouble::new(LinkFault::Unreachable, "cancelled"));
        }
        Ok(())
    }

    /// Asks the operator and waits. None: the link is ending.
    pub fn ask(&mut self, what: Prompt) -> Option<Reply> {
        let id = PromptId(PROMPTS.fetch_add(1, Ordering::Relaxed));
        let since = Instant::now();
        self.note(Note::Prompt(id, what));
        let reply = loop {
            match self.replies.recv() {
                Ok((to, reply)) if to == id => break Some(reply),
                Ok(_) => {}
                Err(_) => break None,
            }
        };
        self.pardon(since);
        reply
    }

    /// The operator said no to something that the way cannot do without.
    pub fn refuse(&mut self) {
        self.next = Next::Told;
    }

    /// Whoever answers is unknown, and nobody is to be asked.
    pub fn mistrust(&mut self) {
        self.next = Next::Elsewhere;
    }

    /// When it is to be tried again, should it fail.
    pub const fn next(&self) -> Next {
        self.next
    }

    /// Something that the operator should know of the connection, if it comes to one.
    pub fn remark(&mut self, words: String) {
        self.remarks.push(words);
    }

    /// What that is.
    pub fn remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remarks)
    }

    /// Says something to the link's thread.
    pub fn note(&self, note: Note<T>) {
        let _ = self.notes.send(note);
        self.waker.wake();
    }
}
