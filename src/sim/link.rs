//! The link to a simulated node. One thread lives for the whole cluster, whatever its size: it lets time pass, answers what is asked, and
//! says what the nodes say by themselves.

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::Setup;
use super::answer::{self, Printed};
use super::libvirt;
use super::obey;
use super::world::{NodeAt, World};
use crate::action::Change;
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::observation::Question;
use crate::domain::stamp::Stamp;
use crate::link::{Answer, Ask, AskError, ChangeError, Link, Order, Report, StreamId, Voice};
use crate::probe::log::StreamKind;

/// The longest that the thread sleeps: what a session must notice by itself (a node that is gone) takes no longer.
const NAP: Duration = Duration::from_millis(250);

/// A running simulation; clones speak of the same cluster.
#[derive(Clone, Debug)]
pub struct Simulation {
    to: Sender<ToSim>,
    names: Vec<String>,
}

#[derive(Debug)]
enum ToSim {
    Open(u64, NodeAt, Voice),
    Order(u64, Order),
}

impl Simulation {
    /// Starts it. The thread ends when nobody holds the simulation or a link of it any more.
    pub fn start(setup: &Setup) -> std::io::Result<Self> {
        let world = World::new(setup);
        let names = world.nodes.iter().map(|n| n.name.clone()).collect();
        let (to, from) = channel();
        let life = Life { world, links: BTreeMap::new(), commands: HashMap::new() };
        thread::Builder::new().name("sim".to_owned()).stack_size(1 << 20).spawn(move || life.run(&from))?;
        Ok(Self { to, names })
    }

    /// The nodes' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Opens a link to a node, by its place in [`Self::names`].
    pub fn open(&self, node: usize, voice: Voice) -> Box<dyn Link> {
        let id = u64::from(voice.node().0);
        let _ = self.to.send(ToSim::Open(id, node, voice));
        Box::new(Handle { id, to: self.to.clone() })
    }
}

struct Handle {
    id: u64,
    to: Sender<ToSim>,
}

impl Link for Handle {
    fn order(&self, order: Order) {
        let _ = self.to.send(ToSim::Order(self.id, order));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.to.send(ToSim::Order(self.id, Order::Close));
    }
}

/// What a session has of a node.
struct Open {
    node: NodeAt,
    voice: Voice,
    up: bool,
    streams: BTreeMap<StreamId, Stream>,
    libvirt: libvirt::Session,
}

/// A stream, and how much of what there is has been said.
struct Stream {
    kind: StreamKind,
    said: u64,
}

struct Life {
    world: World,
    links: BTreeMap<u64, Open>,
    commands: HashMap<Vec<String>, Question>,
}

impl Life {
    fn run(mut self, orders: &Receiver<ToSim>) {
        self.commands = answer::commands(&self.world);
        loop {
            match orders.recv_timeout(self.until_next()) {
                Ok(ToSim::Open(id, node, voice)) => {
                    self.links.insert(id, Open { node, voice, up: false, streams: BTreeMap::new(), libvirt: libvirt::Session::default() });
                }
                Ok(ToSim::Order(id, order)) => self.order(id, order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.world.advance(Stamp::now());
            self.links.retain(|_, link| speak(&self.world, link));
            self.world.netlink.clear();
            self.world.map.clear();
        }
    }

    fn until_next(&self) -> Duration {
        let due = self.world.next().map_or(NAP, |at| Stamp::now().age(at));
        due.min(NAP)
    }

    fn order(&mut self, id: u64, order: Order) {
        self.world.advance(Stamp::now());
        let Some(link) = self.links.get_mut(&id) else { return };
        match order {
            Order::Ask(ask) => {
                let result =
                    if link.up { Ok(reply(&mut self.world, &self.commands, link.node, &ask)) } else { Err(AskError::Lost(silent())) };
                let _ = link.voice.say(Report::Answer { id: ask.id, result });
            }
            Order::Change(change) => {
                let id = change.id();
                let result = if link.up { Ok(act(&mut self.world, link, &change)) } else { Err(ChangeError::NotSent(silent())) };
                let _ = link.voice.say(Report::Changed { id, result });
            }
            Order::Follow { id, command } => follow(&self.world, link, id, command.argv()),
            Order::Unfollow(id) => {
                link.streams.remove(&id);
            }
            Order::Libvirt(order) => {
                if let Some(report) = link.libvirt.order(&self.world, link.node, &order) {
                    let _ = link.voice.say(Report::Libvirt(Box::new(report)));
                }
            }
            Order::Close => {
                self.links.remove(&id);
            }
            _ => {}
        }
    }
}

fn silent() -> LinkTrouble {
    LinkTrouble { fault: LinkFault::Timeout, text: "the node does not answer any more".to_owned() }
}

fn reply(world: &mut World, commands: &HashMap<Vec<String>, Question>, node: NodeAt, ask: &Ask) -> Answer {
    let sent = Stamp::now();
    let printed = match commands.get(ask.command.argv()) {
        Some(question) => answer::print(world, node, *question),
        None => obey::command(world, node, ask.command.argv()),
    };
    let Printed { out, err, code } = printed;
    let done = Stamp::now();
    Answer { stdout: out.into_bytes(), stderr: err.into_bytes(), code, sent, first: done, done }
}

/// A changing command: what it prints comes before its end, as from a node.
fn act(world: &mut World, link: &Open, change: &Change) -> Answer {
    let sent = Stamp::now();
    let Printed { out, err, code } = obey::command(world, link.node, change.command().argv());
    let bytes = format!("{out}{err}").into_bytes();
    if !bytes.is_empty() {
        let _ = link.voice.say(Report::Output { id: change.id(), bytes, at: sent });
    }
    let done = Stamp::now();
    Answer { stdout: out.into_bytes(), stderr: err.into_bytes(), code, sent, first: done, done }
}

fn follow(world: &World, link: &mut Open, id: StreamId, argv: &[String]) {
    // The lock that keeps two quorates off one target: nobody else is here.
    if argv.get(2).is_some_and(|script| script.contains("flock")) {
        let _ = link.voice.say(Report::Data { id, bytes: b"held\n".to_vec(), at: Stamp::now() });
        return;
    }
    let Some(kind) = answer::streams::kind(argv) else {
        let _ = link.voice.say(Report::Ended { id, why: "sh: no such stream here".to_owned() });
        return;
    };
    let all = world.forgotten + world.journal.len() as u64;
    let said = match kind {
        StreamKind::LogFiles => all.saturating_sub(HISTORY),
        StreamKind::Journal => answer::streams::from(world, argv).unwrap_or(all.saturating_sub(HISTORY)),
        _ => 0,
    };
    let begin = answer::streams::begin(world, link.node, kind);
    if begin.is_empty() || link.voice.say(Report::Data { id, bytes: begin.into_bytes(), at: Stamp::now() }) {
        link.streams.insert(id, Stream { kind, said });
    }
}

/// Lines of the past that a stream begins with.
const HISTORY: u64 = 50;

/// Says what a node says by itself. False if nobody listens.
fn speak(world: &World, link: &mut Open) -> bool {
    let reachable = world.nodes.get(link.node).is_some_and(|n| !n.is_gone());
    if reachable != link.up {
        link.up = reachable;
        link.streams.clear();
        link.libvirt = libvirt::Session::default();
        let report = if reachable {
            Report::Up { streams: 8, note: None }
        } else {
            Report::Down { trouble: silent(), retry_at: Some(Stamp::now().after(NAP)) }
        };
        if !link.voice.say(report) {
            return false;
        }
    }
    let node = link.node;
    for report in link.libvirt.news(world, node) {
        if !link.voice.say(Report::Libvirt(Box::new(report))) {
            return false;
        }
    }
    for (id, stream) in &mut link.streams {
        let bytes = answer::streams::news(world, node, stream.kind, &mut stream.said);
        if !bytes.is_empty() && !link.voice.say(Report::Data { id: *id, bytes: bytes.into_bytes(), at: Stamp::now() }) {
            return false;
        }
    }
    true
}
