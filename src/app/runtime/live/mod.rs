//! One session with a cluster: links, watch, and state, joined.

mod check;
mod clock;
mod hand;
mod reach;

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::way::{Way, WayFinder};
use crate::action::inquiry::Finding;
use crate::action::{Executor, Out, Query};
use crate::doctor::NodeCheck;
use crate::domain::cluster::{Cluster, MemberStatus};
use crate::domain::event::Event;
use crate::domain::node::NodeKey;
use crate::domain::observation::{Question, Trouble};
use crate::domain::stamp::Stamp;
use crate::domain::task::Task;
use crate::link::{AskId, Lane, LibvirtOrder, Link, Order, Prompt, PromptId, Reply, Report, Target};
use crate::record::{RecordedNode, Recorder};
use crate::state::{SessionFacts, Store};
use crate::watch::{Output, Watch};

/// Reports that may wait unread; a link that has more to say waits too.
const BACKLOG: usize = 1024;
/// Reports that are taken in before the caller gets a turn: a flood must not hold up a key.
const BURST: usize = 256;

/// What a step of the session brought.
#[derive(Debug)]
pub enum Happening {
    /// The picture may have changed.
    Picture,
    /// New lines for the timeline.
    Events(Vec<Event>),
    /// The operator must decide.
    Prompt {
        /// For which node.
        node: NodeKey,
        /// As the operator knows it.
        name: String,
        /// Names the prompt for the reply.
        id: PromptId,
        /// What.
        what: Prompt,
    },
    /// A sentence for the operator.
    Note(String),
    /// What an inquiry found.
    Found(Box<Query>, Box<Result<Finding, Trouble>>),
    /// A task changed.
    Task(Box<Task>),
}

/// Ids of inquiries begin here: `watch` counts from 1, the executor from far above.
const INQUIRIES: u64 = 1 << 61;

/// What the executor or an inquiry brought in one step.
enum Act {
    Out(Out),
    Found(Box<Query>, Box<Result<Finding, Trouble>>),
}

type FileRecorder = Recorder<std::fs::File>;

/// A session with one cluster.
pub struct Live {
    watch: Watch,
    store: Store,
    links: BTreeMap<NodeKey, Box<dyn Link>>,
    /// Ways whose links are opened by the next step: the first frame is not to wait for threads and sockets.
    unopened: Vec<(NodeKey, Way)>,
    names: BTreeMap<NodeKey, String>,
    /// As a recording has them: a node that was given by its address alone is asked for its name in a replay too.
    nodes: Vec<RecordedNode>,
    targets: BTreeMap<NodeKey, Option<Target>>,
    rx: mpsc::Receiver<(NodeKey, Report)>,
    tx: mpsc::Sender<(NodeKey, Report)>,
    ways: WayFinder,
    recorder: Option<FileRecorder>,
    /// Why the recording ended, until somebody asks.
    unrecorded: Option<std::io::Error>,
    /// What `doctor` judges, if it asked for it.
    checks: Option<BTreeMap<NodeKey, NodeCheck>>,
    /// Added to the wall clock: a replay runs in the time of its recording.
    shift: i64,
    /// The session's time at the last step.
    looked: Stamp,
    /// Each member's status in the last picture.
    statuses: BTreeMap<NodeKey, MemberStatus>,
    /// Members that were looked for already.
    sought: Vec<String>,
    /// Of these, those that are looked for by their names alone, for their addresses were not told in time.
    unplaced: BTreeMap<String, NodeKey>,
    /// Members whose addresses are waited for, and since when.
    awaited: BTreeMap<String, Stamp>,
    /// None in a session that may change nothing: then there is nobody who could send a changing command.
    executor: Option<Executor>,
    /// Questions of inquiries that are out.
    inquiries: BTreeMap<AskId, Query>,
    next_inquiry: u64,
}

impl Live {
    /// Connects to all nodes of a session. `follow`: live streams too.
    pub fn start(ways: WayFinder, follow: bool) -> Self {
        Self::with(ways, Watch::new(follow))
    }

    /// Connects to all nodes of a session for one action, which rests on these questions: they get the time that they take.
    pub fn start_for(ways: WayFinder, questions: &'static [Question]) -> Self {
        Self::with(ways, Watch::patient(questions))
    }

    fn with(ways: WayFinder, watch: Watch) -> Self {
        let (tx, rx) = mpsc::channel(BACKLOG);
        let shift = ways.shift();
        let mut live = Self {
            watch,
            store: Store::new(SessionFacts { cluster_name: ways.cluster_name(), nodes: Vec::new() }),
            links: BTreeMap::new(),
            unopened: Vec::new(),
            names: BTreeMap::new(),
            nodes: Vec::new(),
            targets: BTreeMap::new(),
            rx,
            tx,
            ways,
            recorder: None,
            unrecorded: None,
            checks: None,
            shift,
            looked: Stamp::now().shifted(shift),
            statuses: BTreeMap::new(),
            sought: Vec::new(),
            unplaced: BTreeMap::new(),
            awaited: BTreeMap::new(),
            executor: None,
            inquiries: BTreeMap::new(),
            next_inquiry: INQUIRIES,
        };
        for way in live.ways.first() {
            live.add(way, false);
        }
        live
    }

    /// Records what nodes say from now on.
    pub fn record(&mut self, to: std::fs::File) -> std::io::Result<()> {
        self.recorder = Some(Recorder::begin(to, self.now(), self.ways.cluster_name(), self.nodes.clone())?);
        Ok(())
    }

    /// What could not be written ends the recording: one with a hole in it would tell what was not so.
    fn written(&mut self, result: std::io::Result<()>) {
        if let Err(error) = result {
            tracing::error!("the recording ends here: {error}");
            self.recorder = None;
            self.unrecorded = Some(error);
        }
    }

    /// Why the recording has ended, if it has.
    pub fn recording_failed(&mut self) -> Option<std::io::Error> {
        self.unrecorded.take()
    }

    /// The session's time.
    pub fn now(&self) -> Stamp {
        Stamp::now().shifted(self.shift)
    }

    /// Waits for something to happen, at most until `until`, and takes it in. Cancel-safe: what was received is taken in.
    pub async fn step(&mut self, until: Stamp) -> Vec<Happening> {
        self.open_links();
        let due = [self.watch.next_wake(), self.store.next_event(), self.executor.as_ref().and_then(Executor::next_wake)];
        let wake = due.into_iter().flatten().fold(until, Stamp::min);
        let pause = Duration::from_micros(u64::try_from(wake.0 - self.now().0).unwrap_or(0));
        let mut outputs = Vec::new();
        let mut acts = Vec::new();
        tokio::select! {
            biased;
            report = self.rx.recv() => {
                if let Some((node, report)) = report {
                    self.take(node, report, &mut outputs, &mut acts);
                }
                for _ in 0..BURST {
                    let Ok((node, report)) = self.rx.try_recv() else { break };
                    self.take(node, report, &mut outputs, &mut acts);
                }
            }
            () = sleep_until(Instant::now() + pause) => {}
        }
        let now = self.now();
        let set_back = self.follow_clock(now);
        outputs.extend(self.watch.tick(now));
        let mut happenings = self.carry_out(outputs, now);
        if set_back {
            happenings.push(Happening::Picture);
        }
        if let Some(executor) = &mut self.executor {
            let cluster = self.store.cluster(now);
            acts.extend(executor.tick(&cluster, now).into_iter().map(Act::Out));
        }
        happenings.extend(self.carry_on(acts, now));
        happenings
    }

    fn take(&mut self, node: NodeKey, report: Report, outputs: &mut Vec<Output>, acts: &mut Vec<Act>) {
        let now = self.now();
        if let Some(recorder) = &mut self.recorder {
            let written = recorder.report(node, &report, now);
            self.written(written);
        }
        let report = match &mut self.executor {
            Some(executor) => match executor.report(report, &self.store.cluster(now), now) {
                Ok(out) => return acts.extend(out.into_iter().map(Act::Out)),
                Err(report) => report,
            },
            None => report,
        };
        if let Report::Answer { id, result } = &report
            && let Some(query) = self.inquiries.remove(id)
        {
            let found = crate::action::executor::hearing::understand(&query, result.clone());
            return acts.push(Act::Found(Box::new(query), Box::new(found)));
        }
        outputs.extend(self.watch.report(node, report, now));
    }

    /// Asks the manager anew, for a decision that needs fresh data.
    pub fn look_again(&mut self) {
        let now = self.now();
        self.watch.look_again(now);
    }

    fn carry_out(&mut self, outputs: Vec<Output>, now: Stamp) -> Vec<Happening> {
        let mut happenings = Vec::new();
        let mut changed = false;
        let mut events = Vec::new();
        for output in outputs {
            self.note_check(&output);
            match output {
                Output::Order(node, order) => self.order(node, order),
                Output::Observed(mut seen) => {
                    changed = true;
                    // Of a question that was put before our clock was set back.
                    seen.at = seen.at.min(now);
                    self.store.observe(*seen);
                }
                Output::Reach(node, reach) => {
                    changed = true;
                    self.store.reach(node, reach);
                }
                Output::Lines(node, lines, arrival) => {
                    events.extend(lines.into_iter().map(|(line, folded)| self.store.log(node, line, folded, arrival)));
                }
                Output::Streams(node, facts) => {
                    changed = true;
                    self.store.streams(node, facts);
                }
                Output::Prompt(node, id, what) => {
                    let name = self.names.get(&node).cloned().unwrap_or_default();
                    happenings.push(Happening::Prompt { node, name, id, what });
                }
                Output::Note(node, text) => {
                    let name = self.names.get(&node).cloned().unwrap_or_default();
                    happenings.push(Happening::Note(format!("{name}: {text}")));
                }
            }
        }
        if changed || !self.awaited.is_empty() {
            happenings.extend(self.discover(now).into_iter().map(Happening::Note));
        }
        if changed || self.store.next_event().is_some_and(|at| at <= now) {
            happenings.push(Happening::Picture);
        }
        if !events.is_empty() {
            happenings.push(Happening::Events(events));
        }
        happenings
    }

    fn order(&mut self, node: NodeKey, mut order: Order) {
        // An action's questions have the time that this node needs.
        if let Order::Ask(ask) = &mut order
            && ask.lane == Lane::Action
        {
            ask.total = self.watch.patience(node, ask.total);
            ask.first_byte = ask.total;
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.order(&order);
        }
        if let Some(link) = self.links.get(&node) {
            link.order(order);
        }
    }

    /// The picture now, and what changed since the last one.
    pub fn picture(&mut self) -> (Arc<Cluster>, Vec<Event>) {
        let now = self.now();
        let cluster = self.store.cluster(now);
        self.hurry_back(&cluster);
        (cluster, self.store.events_due(now))
    }

    /// What is still folded, or waits for a line that says it better: told at the end, for nothing more comes.
    pub fn last_events(&mut self) -> Vec<Event> {
        let now = self.now();
        let mut events = Vec::new();
        for (node, lines) in self.watch.last_lines(now) {
            events.extend(lines.into_iter().map(|(line, folded)| self.store.log(node, line, folded, now)));
        }
        self.store.cluster(now);
        events.extend(self.store.events());
        events
    }

    /// The last picture of a single look: what has not answered by now is said to be down.
    pub fn last_picture(&mut self) -> Arc<Cluster> {
        let now = self.now();
        self.store.end_of_look(now);
        self.picture().0
    }

    /// Whether everything has been looked at once.
    pub fn looked_once(&self) -> bool {
        self.awaited.is_empty() && self.watch.looked_once(self.now())
    }

    /// Whether these have been answered once, and what the manager and libvirt are asked.
    pub fn looked_at(&self, questions: &[Question]) -> bool {
        self.awaited.is_empty() && self.watch.looked_at(questions, self.now())
    }

    /// Whether no manager has shown its view yet, and one is being asked.
    pub fn awaits_manager(&self) -> bool {
        self.watch.awaits_manager()
    }

    /// The nodes that have yet to tell these, by name. What they were asked in vain is asked again.
    pub fn urge(&mut self, questions: &[Question]) -> Vec<String> {
        let now = self.now();
        self.watch.urge(questions, now);
        let silent = self.watch.silent(questions, now);
        silent.iter().map(|node| self.name_of(*node).to_owned()).collect()
    }

    /// The operator's answer to a prompt.
    pub fn reply(&mut self, node: NodeKey, id: PromptId, reply: Reply) {
        self.order(node, Order::Reply(id, reply));
    }

    /// Tries these nodes now instead of waiting for the backoff, and looks at everything anew.
    pub fn hurry(&mut self, nodes: &[NodeKey]) {
        for node in nodes {
            self.order(*node, Order::Hurry);
        }
        let now = self.now();
        self.watch.refresh(now);
    }

    /// Has something befall the simulated cluster (`Simulation::befall`). False: it knows no such thing, or this cluster is a real one.
    pub fn befall(&self, words: &str) -> bool {
        self.ways.simulation().is_some_and(|simulation| simulation.befall(words))
    }

    /// Joins a guest's serial console with this socket. What stands in the way is written to it.
    pub fn console(&mut self, node: NodeKey, uuid: String, far: UnixStream) {
        let socket = self.watch.libvirt_socket(node);
        self.order(node, Order::Libvirt(LibvirtOrder::Console { socket, uuid, force: false, far: Arc::new(far) }));
    }

    /// The name under which the operator knows a node.
    pub fn name_of(&self, node: NodeKey) -> &str {
        self.names.get(&node).map_or("?", String::as_str)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for link in self.links.values() {
            link.order(Order::Close);
        }
    }
}
