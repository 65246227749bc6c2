//! libvirt: the second, typed seam. A C library yields objects, not bytes.
//!
//! A node's connection is carried by its SSH connection: [`door`] is a local socket whose connections the link's thread moves to the node's
//! libvirt socket, so that there is one authentication and one host-key check, and so that a daemon that hangs can be cut off. [`lane`] holds the
//! threads that make the calls (each may block), [`connection`] what they ask, [`shim`] the FFI, [`said`] what comes back.

use std::io::Write as _;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use self::door::Door;
use self::lane::{Lane, Left};
use super::{AskId, Link, Order, Report, Voice};
use crate::domain::stamp::Stamp;

mod connection;
mod console;
mod definitions;
mod lane;
pub mod said;
mod shim;

pub mod door;

use connection::Target;
pub use said::{Fault, FaultKind, Heard, Query, Said};
pub use shim::hush;

/// So many calls may have been given up and still hold a thread: then no further thread is begun until one of them comes back.
const STUCK: usize = 3;

/// What a node's libvirt is told.
#[derive(Clone, Debug)]
pub enum LibvirtOrder {
    /// Connect for looking only, by the node's socket.
    Open {
        /// The path of the socket on the node; none: the link's own way (a URI on this machine), or none at all.
        socket: Option<String>,
    },
    /// Ask once. Exactly one [`LibvirtReport::Answer`] comes, unless the question is given up.
    Ask {
        /// Its name.
        id: AskId,
        /// What.
        query: Query,
    },
    /// Join a guest's serial console with this socket, over a connection of its own; when it ends, the socket ends, after a sentence that says why.
    Console {
        /// The path of the socket on the node.
        socket: Option<String>,
        /// The guest.
        uuid: String,
        /// Take it from another client.
        force: bool,
        /// Our end.
        far: Arc<UnixStream>,
    },
    /// Read definitions again with the next list, also such that nothing has touched.
    Reread(Reread),
    /// Stop waiting for the question that is on its way for this kind of query; its thread is left to itself.
    GiveUp(Query),
    /// End the connection, or the attempt to make one.
    Cut,
}

/// Which definitions are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reread {
    /// Every guest's.
    All,
    /// A tenth of them: those that were read longest ago.
    Oldest,
}

/// What a node's libvirt says.
#[derive(Clone, Debug, PartialEq)]
pub enum LibvirtReport {
    /// Connected.
    Up {
        /// Events are told; else changes are found by asking.
        hears: bool,
    },
    /// Not connected.
    Down(Fault),
    /// The answer to an ask.
    Answer {
        /// Which.
        id: AskId,
        /// What came.
        result: Result<Said, Fault>,
        /// When it was asked.
        sent: Stamp,
        /// When it was complete.
        done: Stamp,
    },
    /// An event.
    Event(Heard, Stamp),
}

/// Loads libvirt and starts its event loop, once for the process. It may take some hundredths of a second: for the threads that make the calls.
fn start() -> Result<(), Fault> {
    static STARTED: OnceLock<Result<(), Fault>> = OnceLock::new();
    STARTED
        .get_or_init(|| {
            shim::load().map_err(|why| {
                let cure = "guests cannot be seen from here: install libvirt0 (Debian) or libvirt-libs (Red Hat), then start quorate again";
                Fault::new(FaultKind::Failed, &format!("libvirt's client library cannot be loaded on this machine ({why}): {cure}"))
            })?;
            shim::hush_errors();
            virt::event::event_register_default_impl().map_err(|e| connection::fault(&e))?;
            let run = || {
                while virt::event::event_run_default_impl().is_ok() {}
                tracing::error!("libvirt's event loop ended: events of guests are not told any more");
            };
            let started = std::thread::Builder::new().name("libvirt events".to_owned()).stack_size(256 << 10).spawn(run);
            started.map(|_| ()).map_err(|e| Fault::new(FaultKind::Failed, &format!("no thread for libvirt's events: {e}")))
        })
        .clone()
}

/// A link with libvirt beside it.
pub struct Beside {
    inner: Arc<dyn Link>,
    state: Mutex<State>,
    voice: Voice,
    /// A URI of this machine that is used instead of a socket of the node.
    uri: Option<String>,
}

#[derive(Default)]
struct State {
    door: Option<Arc<Door>>,
    /// Definitions, host.
    slow: Option<Lane>,
    /// Statistics: a guest that hangs holds them up once at most.
    quick: Option<Lane>,
    /// Jobs: they are asked for guest by guest, and each that hangs holds them up.
    jobs: Option<Lane>,
    /// Those that were left in a call.
    left: Vec<Left>,
    shared: Arc<connection::Shared>,
}

impl State {
    /// Leaves lanes to themselves.
    fn leave(&mut self, lanes: impl IntoIterator<Item = Lane>) {
        self.left.extend(lanes.into_iter().map(Lane::leave).filter(Left::is_stuck));
    }

    /// Whether a further thread may be begun.
    fn may_start(&mut self) -> bool {
        self.left.retain(Left::is_stuck);
        self.left.len() < STUCK
    }
}

impl Beside {
    /// Puts libvirt beside a link. `uri` is opened on this machine where it is given (`test:///default`, `qemu:///session`).
    pub fn new(inner: Arc<dyn Link>, voice: Voice, uri: Option<String>) -> Self {
        Self { inner, state: Mutex::default(), voice, uri }
    }

    fn obey(&self, order: LibvirtOrder) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match order {
            LibvirtOrder::Open { socket } => {
                self.cut(&mut state);
                match self.target(socket) {
                    Ok(target) => {
                        state.door.clone_from(&target.door);
                        state.shared = Arc::new(connection::Shared::default());
                        let told = self.lane(&mut state, Query::Guests).is_some_and(|lane| lane.open(target));
                        if !told {
                            self.say(LibvirtReport::Down(too_many()));
                        }
                    }
                    Err(fault) => self.say(LibvirtReport::Down(fault)),
                }
            }
            LibvirtOrder::Ask { id, query } => {
                let closed = state.shared.is_left();
                let told = !closed && self.lane(&mut state, query).is_some_and(|lane| lane.ask(id, query));
                if !told {
                    let fault = if closed { Fault::new(FaultKind::Lost, "libvirt is not connected") } else { too_many() };
                    let now = Stamp::now();
                    self.say(LibvirtReport::Answer { id, result: Err(fault), sent: now, done: now });
                }
            }
            LibvirtOrder::Console { socket, uuid, force, far } => self.console(socket, uuid, force, far),
            LibvirtOrder::Reread(which) => state.shared.reread(which),
            LibvirtOrder::GiveUp(query) => {
                let lane = slot(&mut state, query).take();
                state.leave(lane);
            }
            LibvirtOrder::Cut => self.cut(&mut state),
        }
    }

    fn say(&self, report: LibvirtReport) {
        // Nobody reads the loop's own channel while it gives an order: it must not be waited for.
        let _ = self.voice.try_say(Report::Libvirt(Box::new(report)));
    }

    fn target(&self, socket: Option<String>) -> Result<Target, Fault> {
        if let Some(uri) = &self.uri {
            return Ok(Target { uri: uri.clone(), door: None });
        }
        let Some(socket) = socket else { return Err(Fault::new(FaultKind::Absent, "there is no libvirt socket on the node")) };
        let door = Door::open(&socket)
            .map_err(|e| Fault::new(FaultKind::Failed, &format!("cannot make a local socket for libvirt: {e}")))
            .map(Arc::new)?;
        self.inner.order(Order::Tunnel(Arc::clone(&door)));
        Ok(Target { uri: format!("qemu+unix:///system?socket={}", door.path().display()), door: Some(door) })
    }

    fn console(&self, socket: Option<String>, uuid: String, force: bool, far: Arc<UnixStream>) {
        let complain = |fault: &Fault, mut to: &UnixStream| {
            let _ = to.set_nonblocking(false);
            let _ = to.set_write_timeout(Some(Duration::from_secs(1)));
            let _ = write!(to, "\r\n{fault}\r\n");
            let _ = to.shutdown(Shutdown::Both);
        };
        let target = match self.target(socket) {
            Ok(target) => target,
            Err(fault) => return complain(&fault, &far),
        };
        let (inner, far_too) = (Arc::clone(&self.inner), Arc::clone(&far));
        let work = move || {
            let result = console::run(&target, &uuid, force, &far);
            if let Err(fault) = result {
                complain(&fault, &far);
            }
            let _ = far.shutdown(Shutdown::Both);
            if let Some(door) = target.door {
                door.shut();
                inner.order(Order::Untunnel(door));
            }
        };
        if std::thread::Builder::new().name("libvirt console".to_owned()).stack_size(512 << 10).spawn(work).is_err() {
            let _ = far_too.shutdown(Shutdown::Both);
        }
    }

    fn cut(&self, state: &mut State) {
        // First nobody listens: what an attempt says because its door is shut is no word of the next one's.
        state.shared.hush();
        if let Some(door) = state.door.take() {
            door.shut();
            self.inner.order(Order::Untunnel(door));
        }
        state.shared.lose();
        let lanes = [state.slow.take(), state.quick.take(), state.jobs.take()];
        state.leave(lanes.into_iter().flatten());
    }

    fn lane<'s>(&self, state: &'s mut State, query: Query) -> Option<&'s Lane> {
        let (may_start, shared) = (state.may_start(), Arc::clone(&state.shared));
        let place = slot(state, query);
        if place.is_none() && may_start {
            *place = Lane::start(self.voice.clone(), shared).ok();
        }
        place.as_ref()
    }
}

const fn slot(state: &mut State, query: Query) -> &mut Option<Lane> {
    match query {
        Query::Guests | Query::Host => &mut state.slow,
        Query::Stats => &mut state.quick,
        Query::Jobs => &mut state.jobs,
    }
}

fn too_many() -> Fault {
    Fault::new(FaultKind::Late, "several calls to libvirt never came back: it hangs, or a guest's monitor does; asked again when one ends")
}

impl Link for Beside {
    fn order(&self, order: Order) {
        match order {
            Order::Libvirt(order) => self.obey(order),
            Order::Close => {
                self.obey(LibvirtOrder::Cut);
                self.inner.order(Order::Close);
            }
            other => self.inner.order(other),
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.obey(LibvirtOrder::Cut);
    }
}
