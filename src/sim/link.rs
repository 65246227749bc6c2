//! The link to a simulated node. One thread lives for the whole cluster, whatever its size: it lets time pass, answers what is asked, and
//! says what the nodes say by themselves.

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::Setup;
use super::answer::{self, Printed};
use super::libvirt;
use super::obey::{self, Reply};
use super::rgmanager::{self, Pending};
use super::tool;
use super::world::{NodeAt, World};
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::observation::Question;
use crate::domain::stamp::Stamp;
use crate::link::{Answer, AskError, AskId, ChangeError, ChangeId, Link, Order, Report, StreamId, Voice};
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
    Run(NodeAt, Vec<String>, Sender<Printed>),
    Befall(String, Sender<bool>),
}

impl Simulation {
    /// Starts it. The thread ends when nobody holds the simulation or a link of it any more.
    pub fn start(setup: &Setup) -> std::io::Result<Self> {
        let world = World::new(setup);
        let names = world.nodes.iter().map(|n| n.name.clone()).collect();
        let (to, from) = channel();
        let life = Life { world, links: BTreeMap::new(), commands: HashMap::new(), waiting: Vec::new() };
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

impl Simulation {
    /// What one tool of a node prints: standard output, standard error, exit status. It waits as long as the tool does; none: the node has no power, or the
    /// simulation is over. This is how a simulated cluster stands behind real sshd's.
    #[doc(hidden)]
    pub fn tool(&self, node: usize, argv: &[String]) -> Option<(String, String, i32)> {
        let (to, from) = channel();
        self.to.send(ToSim::Run(node, argv.to_vec(), to)).ok()?;
        from.recv().ok().map(|Printed { out, err, code }| (out, err, code))
    }

    /// Has something befall the cluster: `pull NODE PORT`, `lose NODE`, `jinx GUEST NODE`, `restrict GUEST NODE...` (see `sim::tool`). False: there is no such thing.
    pub fn befall(&self, words: &str) -> bool {
        let (to, from) = channel();
        self.to.send(ToSim::Befall(words.to_owned(), to)).is_ok() && from.recv() == Ok(true)
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
    /// Commands whose work is not done, each with who waits for its answer.
    waiting: Vec<(Whom, Pending)>,
}

/// Who waits for the answer to a command.
#[derive(Debug)]
enum Whom {
    Ask(u64, AskId, Stamp),
    Change(u64, ChangeId, Stamp),
    Caller(Sender<Printed>),
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
                Ok(ToSim::Run(node, argv, to)) => {
                    self.world.advance(Stamp::now());
                    // Without power nobody answers: the caller hears that its channel is gone.
                    if self.world.nodes.get(node).is_some_and(|n| n.on) {
                        let reply = tool::run(&mut self.world, &self.commands, node, &argv);
                        self.reply(Whom::Caller(to), reply);
                    }
                }
                Ok(ToSim::Befall(words, to)) => {
                    self.world.advance(Stamp::now());
                    let _ = to.send(tool::befall(&mut self.world, &words));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.world.advance(Stamp::now());
            self.settle();
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
            Order::Ask(ask) if !link.up => {
                let _ = link.voice.say(Report::Answer { id: ask.id, result: Err(AskError::Lost(silent())) });
            }
            Order::Ask(ask) => {
                let argv = ask.command.argv();
                let reply = match answer::find(&self.commands, argv) {
                    Some(question) => Reply::Now(answer::print(&self.world, link.node, question)),
                    None => obey::command(&mut self.world, link.node, argv),
                };
                self.reply(Whom::Ask(id, ask.id, Stamp::now()), reply);
            }
            Order::Change(change) if !link.up => {
                let _ = link.voice.say(Report::Changed { id: change.id(), result: Err(ChangeError::NotSent(silent())) });
            }
            Order::Change(change) => {
                let reply = obey::command(&mut self.world, link.node, change.command().argv());
                self.reply(Whom::Change(id, change.id(), Stamp::now()), reply);
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

impl Life {
    /// Answers now, or when the work is done.
    fn reply(&mut self, whom: Whom, reply: Reply) {
        match reply {
            Reply::Now(printed) => self.tell(whom, printed),
            Reply::Later(pending) => self.waiting.push((whom, pending)),
        }
    }

    /// Answers whose work is done by now.
    fn settle(&mut self) {
        let now = Stamp::now();
        for (whom, mut pending) in std::mem::take(&mut self.waiting) {
            if let (Some(words), Whom::Change(link, id, _)) = (pending.said(now), &whom)
                && let Some(link) = self.links.get_mut(link)
            {
                let _ = link.voice.say(Report::Output { id: *id, bytes: words.into_bytes(), at: now });
            }
            match rgmanager::ended(&self.world, &pending) {
                Some(printed) => self.tell(whom, printed),
                None => self.waiting.push((whom, pending)),
            }
        }
    }

    fn tell(&mut self, whom: Whom, printed: Printed) {
        let done = Stamp::now();
        let answer = |sent: Stamp, Printed { out, err, code }: Printed| Answer {
            stdout: out.into_bytes(),
            stderr: err.into_bytes(),
            code,
            sent,
            began: sent,
            done,
        };
        match whom {
            Whom::Ask(link, id, sent) => {
                if let Some(link) = self.links.get_mut(&link) {
                    let _ = link.voice.say(Report::Answer { id, result: Ok(answer(sent, printed)) });
                }
            }
            Whom::Change(link, id, sent) => {
                let Some(link) = self.links.get_mut(&link) else { return };
                // What it prints comes before its end, as from a node.
                let bytes = format!("{}{}", printed.out, printed.err).into_bytes();
                if !bytes.is_empty() {
                    let _ = link.voice.say(Report::Output { id, bytes, at: done });
                }
                let _ = link.voice.say(Report::Changed { id, result: Ok(answer(sent, printed)) });
            }
            Whom::Caller(to) => {
                let _ = to.send(printed);
            }
        }
    }
}

fn silent() -> LinkTrouble {
    LinkTrouble { fault: LinkFault::Timeout, text: "the node does not answer any more".to_owned() }
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
