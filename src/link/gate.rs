//! Connections that come in by a local door, each moved to a socket on the node.

use std::collections::VecDeque;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags};

use super::half::Half;
use super::libvirt::door::Door;
use super::wire::Pass;

/// A door with all that came through it.
#[derive(Debug)]
pub struct Gate<P> {
    door: Arc<Door>,
    /// Somebody may stand at it.
    knocked: bool,
    /// Accepted, and not led on yet.
    waiting: VecDeque<UnixStream>,
    flows: Vec<Flow<P>>,
}

#[derive(Debug)]
struct Flow<P> {
    near: UnixStream,
    /// It may have something to read.
    speaks: bool,
    far: P,
    down: Half,
    up: Half,
}

impl<P: Pass> Gate<P> {
    /// Nothing has come through it.
    pub const fn new(door: Arc<Door>) -> Self {
        Self { door, knocked: true, waiting: VecDeque::new(), flows: Vec::new() }
    }

    /// Whether it is this one.
    pub fn is(&self, door: &Arc<Door>) -> bool {
        Arc::ptr_eq(&self.door, door)
    }

    /// Where the next connection wants to be led, if one waits.
    pub fn wants(&mut self) -> Option<String> {
        while std::mem::take(&mut self.knocked)
            && let Some(stream) = self.door.accept()
        {
            self.knocked = true;
            self.waiting.push_back(stream);
        }
        (!self.waiting.is_empty()).then(|| self.door.to().to_owned())
    }

    /// Leads the connection that waits longest on.
    pub fn lead(&mut self, far: P) {
        if let Some(near) = self.waiting.pop_front() {
            self.flows.push(Flow { near, speaks: true, far, down: Half::new(), up: Half::new() });
        }
    }

    /// The node does not let it through: the connection that waits longest ends.
    pub fn refuse(&mut self, why: String) {
        self.door.refuse(why);
        self.waiting.pop_front();
    }

    /// Moves what can be moved: whether something came from the node, whether anything moved at all, and the ends of what is over.
    pub fn pump(&mut self) -> (bool, bool, Vec<P>) {
        let (mut heard, mut moved, mut over) = (false, false, Vec::new());
        let mut at = 0;
        while let Some(flow) = self.flows.get_mut(at) {
            let mut near = &flow.near;
            let down = flow.down.carry(&mut flow.far, &mut near);
            let up = if flow.speaks || !flow.up.is_empty() { flow.up.carry(&mut near, &mut flow.far) } else { Ok(false) };
            // Nothing was moved and nothing is left to move: it is not read again before the next wait says that there is something.
            flow.speaks &= matches!(up, Ok(true)) || !flow.up.is_empty();
            if let (Ok(down), Ok(up)) = (&down, &up) {
                heard |= *down;
                moved |= *down || *up;
                at += 1;
            } else {
                over.push(self.flows.swap_remove(at).far);
                moved = true;
            }
        }
        (heard, moved, over)
    }

    /// Whether a read for another channel brought in something for a connection here.
    pub fn pending(&self) -> bool {
        self.flows.iter().any(|flow| flow.down.is_empty() && flow.far.pending())
    }

    /// Adds what to wait for. After the wait [`Self::woken`] is to be told how it ended.
    pub fn watch<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        // Who stands there already, and cannot be let in yet, must not keep us awake.
        let door = if self.knocked { PollFlags::empty() } else { PollFlags::IN };
        fds.push(PollFd::from_borrowed_fd(self.door.fd(), door));
        for flow in &self.flows {
            let mut near = PollFlags::empty();
            near.set(PollFlags::IN, flow.up.is_empty());
            near.set(PollFlags::OUT, !flow.down.is_empty());
            fds.push(PollFd::new(&flow.near, near));
            let mut far = PollFlags::empty();
            far.set(PollFlags::IN, flow.down.is_empty());
            far.set(PollFlags::OUT, !flow.up.is_empty());
            flow.far.watch(far, fds);
        }
    }

    /// What the wait said of each descriptor that [`Self::watch`] added, in the same order. A system call for each connection at each wake, all but one
    /// of which bring nothing, were most of what libvirt's ways cost us.
    pub fn woken(&mut self, said: &mut impl Iterator<Item = bool>) {
        self.knocked |= said.next().unwrap_or(true);
        for flow in &mut self.flows {
            flow.speaks |= said.next().unwrap_or(true);
            if flow.far.has_own() {
                said.next();
            }
        }
    }

    /// Ends all that came through it.
    pub fn close(self) -> Vec<P> {
        self.flows.into_iter().map(|flow| flow.far).collect()
    }
}
