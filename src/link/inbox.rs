//! Orders on their way to a link's thread, and the handle that gives them.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::speaker::{SPEAK_AGAIN, Speaker};
use super::{Answer, AskError, ChangeError, Link, Order, Report, Voice};
use crate::domain::node::{LinkFault, LinkTrouble};

/// Wakes a link's thread out of its wait. Any number of wakes before it looks count as one.
#[derive(Clone, Debug)]
pub struct Waker(Arc<UnixStream>);

impl Waker {
    /// Wakes the thread.
    pub fn wake(&self) {
        // A full buffer means that a wake is pending already.
        let _ = (&*self.0).write(&[1]);
    }
}

/// Where a link's thread finds its orders.
#[derive(Debug)]
pub struct Inbox {
    orders: Receiver<Order>,
    woken: UnixStream,
}

impl Inbox {
    /// The next order, if there is one.
    pub fn take(&self) -> Option<Order> {
        self.orders.try_recv().ok()
    }

    /// The descriptor that is readable after a wake.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }

    /// Forgets wakes; to be called before looking for orders.
    pub fn quiet(&self) {
        let mut buf = [0_u8; 64];
        while matches!((&self.woken).read(&mut buf), Ok(n) if n == buf.len()) {}
    }

    /// Waits for a wake, which the next wait will see as well, at most until then.
    pub fn linger(&self, until: Instant) {
        let mut fds = [PollFd::new(&self.woken, PollFlags::IN)];
        let _ = poll(&mut fds, Some(&timespec(until)));
    }

    /// Waits for a wake, at most until then.
    pub fn wait(&self, until: Option<Instant>) {
        let mut fds = [PollFd::new(&self.woken, PollFlags::IN)];
        let _ = poll(&mut fds, until.map(timespec).as_ref());
        self.quiet();
    }

    /// Rests between two attempts: what is asked meanwhile is answered with the trouble.
    pub fn rest(&self, time: Duration, speaker: &mut Speaker, trouble: &LinkTrouble) -> Rest {
        let until = Instant::now() + time;
        while Instant::now() < until {
            while let Some(order) = self.take() {
                match order {
                    Order::Close => return Rest::Over,
                    Order::Hurry => return Rest::Hurried,
                    other => {
                        if let Some(report) = refusal(other, trouble) {
                            speaker.say(report);
                        }
                    }
                }
            }
            speaker.flush();
            if speaker.alone() {
                return Rest::Over;
            }
            let soon = Instant::now() + SPEAK_AGAIN;
            self.wait(Some(if speaker.behind() { soon.min(until) } else { until }));
        }
        Rest::Slept
    }
}

/// How a rest between two attempts ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// The link is to end.
    Over,
    /// By order, before its time.
    Hurried,
    /// In its time.
    Slept,
}

/// How long from now until then, for poll(2); rounded up so that a wait never ends just before its time.
pub fn timespec(until: Instant) -> Timespec {
    let left = until.saturating_duration_since(Instant::now());
    let left = if left.is_zero() { left } else { left + Duration::from_micros(50) };
    Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: i64::from(left.subsec_nanos()) }
}

/// The link as its owner holds it. Dropping it ends the link.
#[derive(Debug)]
pub struct Handle {
    orders: Sender<Order>,
    waker: Waker,
    voice: Voice,
}

impl Link for Handle {
    fn order(&self, order: Order) {
        if let Err(lost) = self.orders.send(order) {
            decline(&self.voice, lost.0);
        }
        self.waker.wake();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Close);
        self.waker.wake();
    }
}

/// A link that has ended still answers every ask.
fn decline(voice: &Voice, order: Order) {
    let trouble = LinkTrouble { fault: LinkFault::Unreachable, text: "the link is closed".to_owned() };
    if let Some(report) = refusal(order, &trouble) {
        let _ = voice.try_say(report);
    }
}

/// What an order that cannot be carried out is answered with; orders that expect nothing give nothing.
pub fn refusal(order: Order, trouble: &LinkTrouble) -> Option<Report> {
    match order {
        Order::Ask(ask) => {
            let result: Result<Answer, AskError> = Err(AskError::Lost(trouble.clone()));
            Some(Report::Answer { id: ask.id, result })
        }
        Order::Change(change) => Some(Report::Changed { id: change.id(), result: Err(ChangeError::NotSent(trouble.clone())) }),
        Order::Follow { id, .. } => Some(Report::Ended { id, why: trouble.to_string() }),
        _ => None,
    }
}

/// Starts a link's thread.
///
/// # Errors
/// No descriptor or thread is left.
pub fn start(name: &str, stack: usize, voice: Voice, body: impl FnOnce(Inbox, Waker, Voice) + Send + 'static) -> io::Result<Handle> {
    let (woken, waking) = UnixStream::pair()?;
    woken.set_nonblocking(true)?;
    waking.set_nonblocking(true)?;
    let (to, orders) = channel();
    let waker = Waker(Arc::new(waking));
    let handle = Handle { orders: to, waker: waker.clone(), voice: voice.clone() };
    std::thread::Builder::new().name(name.to_owned()).stack_size(stack).spawn(move || body(Inbox { orders, woken }, waker, voice))?;
    Ok(handle)
}

/// A link that leads nowhere: says why, and answers every order.
#[derive(Debug)]
pub struct Stillborn {
    voice: Voice,
    trouble: LinkTrouble,
}

impl Stillborn {
    /// It could not be started.
    pub fn new(voice: Voice, cause: &io::Error) -> Self {
        Self::of(voice, format!("cannot start a link on this machine: {cause}"))
    }

    /// Why it leads nowhere, in harmless words.
    pub fn of(voice: Voice, text: String) -> Self {
        let trouble = LinkTrouble { fault: LinkFault::Unreachable, text };
        let _ = voice.try_say(Report::Down { trouble: trouble.clone(), retry_at: None });
        Self { voice, trouble }
    }
}

impl Link for Stillborn {
    fn order(&self, order: Order) {
        if let Some(report) = refusal(order, &self.trouble) {
            let _ = self.voice.try_say(report);
        }
    }
}
