//! A thread that makes calls of libvirt, one after another. Each may block: then the lane is dropped and another started, and the
//! thread ends by itself when its call comes back.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};

use super::connection::{self, Connection, Shared, Target};
use super::said::{Fault, FaultKind, Query, Said};
use super::shim::{Ear, Signal};
use super::{LibvirtReport, connection::Definitions};
use crate::domain::stamp::Stamp;
use crate::link::{AskId, Report, Voice};

/// Stack of the thread: libvirt's XML parsing needs some.
const STACK: usize = 512 << 10;

enum Task {
    Open(Target),
    Ask(AskId, Query),
}

/// The lane as its owner holds it.
pub struct Lane {
    tasks: Sender<Task>,
    /// Whether its thread is in a call; gone with the thread.
    calls: Weak<AtomicBool>,
}

impl Lane {
    /// Starts the thread.
    pub fn start(voice: Voice, shared: Arc<Shared>) -> io::Result<Self> {
        let (to, tasks) = channel();
        let calls = Arc::new(AtomicBool::new(false));
        let lane = Self { tasks: to, calls: Arc::downgrade(&calls) };
        let work = move || Worker { voice, shared, own: None, definitions: Definitions::default(), calls }.run(&tasks);
        std::thread::Builder::new().name("libvirt".to_owned()).stack_size(STACK).spawn(work)?;
        Ok(lane)
    }

    /// Connects; said by Up or Down.
    pub fn open(&self, target: Target) -> bool {
        self.tasks.send(Task::Open(target)).is_ok()
    }

    /// Asks; said by an answer.
    pub fn ask(&self, id: AskId, query: Query) -> bool {
        self.tasks.send(Task::Ask(id, query)).is_ok()
    }

    /// Leaves it to itself.
    pub fn leave(self) -> Left {
        Left(self.calls)
    }
}

/// A lane that was left to itself.
pub struct Left(Weak<AtomicBool>);

impl Left {
    /// Whether the call in which it was left has not come back.
    pub fn is_stuck(&self) -> bool {
        self.0.upgrade().is_some_and(|calls| calls.load(Ordering::Relaxed))
    }
}

struct Worker {
    voice: Voice,
    shared: Arc<Shared>,
    /// The connection whose calls this thread alone makes.
    own: Option<Arc<Connection>>,
    definitions: Definitions,
    calls: Arc<AtomicBool>,
}

impl Worker {
    fn run(mut self, tasks: &Receiver<Task>) {
        while let Ok(task) = tasks.recv() {
            self.calls.store(true, Ordering::Relaxed);
            let report = match task {
                Task::Open(target) => self.open(&target),
                Task::Ask(id, query) => {
                    let sent = Stamp::now();
                    let result = self.ask(query);
                    LibvirtReport::Answer { id, result, sent, done: Stamp::now() }
                }
            };
            self.calls.store(false, Ordering::Relaxed);
            // What a connection that was cut still says is nobody's news.
            if !self.shared.is_left() {
                self.voice.say(Report::Libvirt(Box::new(report)));
            }
        }
    }

    fn ask(&mut self, query: Query) -> Result<Said, Fault> {
        let Some(target) = self.shared.target() else { return Err(Fault::new(FaultKind::Lost, "libvirt is not connected")) };
        let connection = match &self.own {
            Some(own) if !own.is_broken() => Arc::clone(own),
            _ => {
                let own = Arc::new(Connection::open(&target, None)?);
                self.own = Some(Arc::clone(&own));
                own
            }
        };
        connection::ask(&connection, query, &mut self.definitions, &self.shared)
    }

    fn open(&mut self, target: &Target) -> LibvirtReport {
        let (shared, voice) = (Arc::downgrade(&self.shared), self.voice.clone());
        let ear: Ear = Arc::new(move |signal| {
            let Some(shared) = shared.upgrade().filter(|s| !s.is_left()) else { return };
            let report = match signal {
                Signal::Heard(heard) => {
                    shared.touch(&heard.who.uuid);
                    LibvirtReport::Event(heard, Stamp::now())
                }
                Signal::Closed(reason) => {
                    shared.lose();
                    LibvirtReport::Down(connection::closed(reason))
                }
            };
            voice.say(Report::Libvirt(Box::new(report)));
        });
        match Connection::open(target, Some(&ear)) {
            Ok(connection) => {
                let hears = connection.hears();
                self.own = self.shared.put(connection, target);
                if self.own.is_some() {
                    LibvirtReport::Up { hears }
                } else {
                    LibvirtReport::Down(Fault::new(FaultKind::Lost, "the connection to libvirt was cut"))
                }
            }
            Err(fault) => LibvirtReport::Down(fault),
        }
    }
}
