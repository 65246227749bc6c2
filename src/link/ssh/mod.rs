//! Nodes by SSH: one connection each, kept up for ever.
//!
//! A link owns one thread. While it connects, a second one goes the way ([`dial`]) where it may wait for resolvers,
//! agents and operators, so that the first always answers; then it ends and the first drives the connection alone.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use self::attempt::{Attempt, Next, Note, Shared};
use self::auth::Tried;
use self::backoff::Backoff;
use self::dial::Connected;
use self::wire::SshWire;
use super::engine::{Engine, Over};
use super::inbox::{self, Inbox, Rest, Stillborn, Waker, refusal};
use super::mark::Nonce;
use super::speaker::{SPEAK_AGAIN, Speaker};
use super::{Link, Order, PromptId, Reply, Report, Target, Voice};
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::stamp::Stamp;

mod agent;
mod algorithms;
mod attempt;
mod auth;
mod backoff;
mod dial;
mod ends;
mod hostkey;
mod identity;
pub mod kexinit;
mod keyring;
mod socket;
mod trouble;
mod tunnel;
mod turn;
mod wire;

/// Stacks: OpenSSL's and the resolver's needs, with a margin.
const STACK: usize = 256 << 10;
const DIAL_STACK: usize = 512 << 10;
/// When an attempt that still runs is called what it is; it goes on.
const SAY_LATE: Duration = Duration::from_millis(2500);

/// A link to a node by SSH.
pub fn spawn(target: Target, voice: Voice) -> Box<dyn Link> {
    spawn_any(target, Vec::new(), voice)
}

/// A link to a node that may be found at several places: each attempt goes to one after the other, in this order, until one answers.
pub fn spawn_any(target: Target, others: Vec<Target>, voice: Voice) -> Box<dyn Link> {
    let name = format!("link {}", target.end.alias.chars().take(9).collect::<String>());
    let spoken = voice.clone();
    match inbox::start(&name, STACK, voice, move |inbox, waker, voice| {
        let others = others.into_iter().map(Place::new).collect();
        Node { place: Place::new(target), others, turned: 0, inbox, waker, speaker: Speaker::new(voice), down: None }.live();
    }) {
        Ok(handle) => Box::new(handle),
        Err(e) => Box::new(Stillborn::new(spoken, &e)),
    }
}

/// Where the node may be found.
struct Place {
    target: Arc<Target>,
    /// Keys that were tried without success, while the attempts did not come to an end of them.
    tried: Arc<Mutex<Vec<Tried>>>,
}

impl Place {
    fn new(target: Target) -> Self {
        Self { target: Arc::new(target), tried: Arc::default() }
    }
}

/// One node's link on its thread.
struct Node {
    /// The place that is tried at present.
    place: Place,
    /// Where else, in the order in which they are tried.
    others: VecDeque<Place>,
    /// How many places have failed in this round, before the present one.
    turned: usize,
    inbox: Inbox,
    waker: Waker,
    speaker: Speaker,
    /// What was said last, while the node is down.
    down: Option<LinkTrouble>,
}

/// How an attempt ended.
enum End {
    Closed,
    Failed(LinkTrouble, Next),
    Made(Box<Connected>, Vec<Order>),
}

impl Node {
    fn live(mut self) {
        let mut backoff = Backoff::default();
        let mut stranger: Option<LinkTrouble> = None;
        self.speaker.say(Report::Connecting);
        loop {
            let (trouble, refused) = match self.attempt() {
                End::Closed => return,
                // Nobody is there, or a stranger: it is looked for at the next place at once. Only where it is at none of them the attempt has failed.
                End::Failed(trouble, next) if self.has_more() && (trouble.fault.leads_nowhere() || next == Next::Elsewhere) => {
                    if next == Next::Elsewhere {
                        stranger = stranger.or(Some(trouble));
                    }
                    self.turn();
                    continue;
                }
                End::Failed(trouble, next) => {
                    self.turn_back();
                    // To have met a stranger says more than to have met nobody; of several the first counts.
                    let met = stranger.take().filter(|_| trouble.fault.leads_nowhere() || next == Next::Elsewhere);
                    (met.unwrap_or(trouble), next == Next::Told)
                }
                End::Made(connected, early) => {
                    // Where it was found it is looked for first.
                    self.turned = 0;
                    self.down = None;
                    stranger = None;
                    let (over, ever) = self.work(*connected, early);
                    let Over::Lost(trouble) = over else { return };
                    if ever {
                        backoff = Backoff::default();
                    }
                    (trouble, false)
                }
            };
            let wait = backoff.next(trouble.fault);
            let retry_at = (!refused).then(|| Stamp::now().after(wait));
            self.speaker.say(Report::Down { trouble: trouble.clone(), retry_at });
            // A decision of the operator's is not asked for again until the operator says so.
            let wait = if refused { Duration::from_secs(u64::from(u32::MAX)) } else { wait };
            match self.inbox.rest(wait, &mut self.speaker, &trouble) {
                Rest::Over => return,
                Rest::Hurried => self.forgive(),
                Rest::Slept => {}
            }
            self.down = Some(trouble);
        }
    }

    /// Whether there is a place that was not tried in this round.
    fn has_more(&self) -> bool {
        self.turned < self.others.len()
    }

    /// On to the next place.
    fn turn(&mut self) {
        if let Some(next) = self.others.pop_front() {
            self.others.push_back(std::mem::replace(&mut self.place, next));
            self.turned += 1;
        }
    }

    /// Back to the place with which this round began.
    fn turn_back(&mut self) {
        while self.turned > 0 && self.turned <= self.others.len() {
            self.turn();
        }
        self.turned = 0;
    }

    /// The operator wants it tried: what was given up for a while is asked for again.
    fn forgive(&self) {
        let targets = [&self.place].into_iter().chain(&self.others).map(|place| &place.target);
        for hop in targets.flat_map(|target| target.jumps.iter().chain([&target.end])) {
            for path in &hop.identities {
                keyring::forgive(path);
            }
            if let Some(path) = &hop.agent {
                agent::forgive(path);
            }
            hostkey::forgive(hop);
        }
    }

    fn work(&mut self, connected: Connected, early: Vec<Order>) -> (Over, bool) {
        let Connected { session, socket, spares, grant } = connected;
        let wire = SshWire::new(session, socket, spares);
        match Nonce::fresh() {
            Ok(nonce) => Engine::new(wire, nonce, self.place.target.rights, grant, &self.inbox, &mut self.speaker).run(early),
            Err(e) => (Over::Lost(trouble::new(LinkFault::Protocol, &format!("no random numbers: {e}"))), false),
        }
    }

    /// One attempt: its thread goes the way, this one answers meanwhile.
    fn attempt(&mut self) -> End {
        let shared = Arc::new(Shared::default());
        let (note, notes) = channel();
        let (reply, replies) = channel();
        let mut attempt = Attempt::new(Arc::clone(&shared), note, replies, self.waker.clone(), !self.place.target.unattended);
        let target = Arc::clone(&self.place.target);
        let tried = Arc::clone(&self.place.tried);
        let body = move || {
            let result = dial::dial(&target, &mut keyring::lock(&tried), &mut attempt);
            attempt.note(Note::Done(result));
        };
        if let Err(e) = std::thread::Builder::new().name("link dial".to_owned()).stack_size(DIAL_STACK).spawn(body) {
            return End::Failed(trouble::new(LinkFault::Unreachable, &format!("no thread on this machine: {e}")), Next::Later);
        }
        let mut early = Vec::new();
        let tried = self.attend(&shared, &notes, &reply, &mut early);
        match tried {
            End::Made(connected, _) => End::Made(connected, early),
            other => {
                let lost = match &other {
                    End::Failed(trouble, _) => trouble.clone(),
                    _ => trouble::new(LinkFault::Unreachable, "the link is closed"),
                };
                self.decline(early, &lost);
                shared.cancel();
                other
            }
        }
    }

    fn attend(
        &mut self,
        shared: &Shared,
        notes: &Receiver<Note<Connected>>,
        reply: &Sender<(PromptId, Reply)>,
        early: &mut Vec<Order>,
    ) -> End {
        let mut late_at = Some(Instant::now() + SAY_LATE);
        loop {
            self.inbox.quiet();
            while let Some(order) = self.inbox.take() {
                match order {
                    Order::Close => return End::Closed,
                    Order::Reply(id, said) => drop(reply.send((id, said))),
                    Order::Hurry => {}
                    Order::Unfollow(id) => {
                        let before = early.len();
                        early.retain(|o| !matches!(o, Order::Follow { id: held, .. } if *held == id));
                        if early.len() < before {
                            self.speaker.say(Report::Ended { id, why: "unfollowed".to_owned() });
                        }
                    }
                    // A change is made now or not at all: never at some later time, when the way is free.
                    change @ Order::Change(_) => {
                        let trouble = self
                            .down
                            .clone()
                            .or_else(|| shared.stage())
                            .unwrap_or_else(|| trouble::new(LinkFault::Timeout, "not connected yet"));
                        self.decline(vec![change], &trouble);
                    }
                    other => match self.down.clone() {
                        Some(trouble) => self.decline(vec![other], &trouble),
                        None => early.push(other),
                    },
                }
            }
            loop {
                match notes.try_recv() {
                    Ok(Note::Prompt(id, what)) => self.speaker.say(Report::Prompt { id, what }),
                    Ok(Note::Done(Ok(connected))) => return End::Made(Box::new(connected), Vec::new()),
                    Ok(Note::Done(Err((trouble, next)))) => return End::Failed(trouble, next),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => {
                        return End::Failed(trouble::new(LinkFault::Protocol, "the attempt failed in an unforeseen way"), Next::Later);
                    }
                }
            }
            if late_at.is_some_and(|at| Instant::now() >= at) {
                late_at = None;
                if self.has_more()
                    && let Some(trouble) = shared.sought()
                {
                    // The thread that still seeks keeps what it holds: the next attempt at this place is not to wait for it.
                    self.place.tried = Arc::default();
                    return End::Failed(trouble, Next::Later);
                }
                self.say_late(shared, std::mem::take(early));
            }
            self.speaker.flush();
            if self.speaker.alone() {
                return End::Closed;
            }
            let soon = self.speaker.behind().then(|| Instant::now() + SPEAK_AGAIN);
            self.inbox.wait([late_at, soon].into_iter().flatten().min());
        }
    }

    /// The attempt takes long, and has met somebody or has nowhere else to go: the node is shown as what it is by now, and the attempt goes on.
    fn say_late(&mut self, shared: &Shared, early: Vec<Order>) {
        let trouble = shared.stage().unwrap_or_else(|| trouble::new(LinkFault::Timeout, "no answer"));
        self.decline(early, &trouble);
        if self.down.as_ref() != Some(&trouble) {
            self.speaker.say(Report::Down { trouble: trouble.clone(), retry_at: None });
        }
        self.down = Some(trouble);
    }

    fn decline(&mut self, orders: Vec<Order>, trouble: &LinkTrouble) {
        for order in orders {
            if let Some(report) = refusal(order, trouble) {
                self.speaker.say(report);
            }
        }
    }
}
