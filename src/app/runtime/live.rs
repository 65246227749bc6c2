//! One session with a cluster: links, watch, and state, joined.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::way::{Way, WayFinder};
use crate::action::inquiry::Finding;
use crate::action::{Executor, Out, Query, Refusal, Ticket};
use crate::doctor::NodeCheck;
use crate::domain::cluster::{Cluster, MemberStatus};
use crate::domain::event::Event;
use crate::domain::node::{LinkFault, NodeKey, Reach};
use crate::domain::observation::{Observation, Question, Trouble};
use crate::domain::stamp::Stamp;
use crate::domain::task::{Task, TaskId};
use crate::link::{Ask, AskId, LibvirtOrder, Link, Order, Prompt, PromptId, Reply, Report, Target, Voice};
use crate::record::{RecordedNode, Recorder};
use crate::state::{NodeFacts, SessionFacts, Store};
use crate::watch::{Output, Watch};

/// Reports that may wait unread; a link that has more to say waits too.
const BACKLOG: usize = 1024;
/// Reports that are taken in before the caller gets a turn: a flood must not hold up a key.
const BURST: usize = 256;

/// How long the ring addresses of a member that turned up are waited for.
const ADDRESS_WAIT: Duration = Duration::from_secs(3);

/// How long the manager is waited for: where only corosync has spoken, its names may be those of DNS (2.4).
const MANAGER_WAIT: Duration = Duration::from_secs(4);

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
    names: BTreeMap<NodeKey, String>,
    targets: BTreeMap<NodeKey, Option<Target>>,
    /// Whose each link's voice is. A link that was replaced speaks for nobody.
    speaks_for: BTreeMap<NodeKey, NodeKey>,
    voices: u32,
    rx: mpsc::Receiver<(NodeKey, Report)>,
    tx: mpsc::Sender<(NodeKey, Report)>,
    ways: WayFinder,
    recorder: Option<FileRecorder>,
    /// What `doctor` judges, if it asked for it.
    checks: Option<BTreeMap<NodeKey, NodeCheck>>,
    /// Added to the wall clock: a replay runs in the time of its recording.
    shift: i64,
    /// Each member's status in the last picture.
    statuses: BTreeMap<NodeKey, MemberStatus>,
    /// Members that were looked for already.
    sought: Vec<String>,
    /// Members whose addresses are waited for, and since when.
    awaited: BTreeMap<String, Stamp>,
    /// Further ways to members that were found, while none has led there.
    detours: BTreeMap<NodeKey, Vec<Way>>,
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
            names: BTreeMap::new(),
            targets: BTreeMap::new(),
            speaks_for: BTreeMap::new(),
            voices: 0,
            rx,
            tx,
            ways,
            recorder: None,
            checks: None,
            shift,
            statuses: BTreeMap::new(),
            sought: Vec::new(),
            awaited: BTreeMap::new(),
            detours: BTreeMap::new(),
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
        let nodes = self.names.iter().map(|(k, n)| RecordedNode { key: k.0, name: Some(n.clone()), address: n.clone() }).collect();
        self.recorder = Some(Recorder::begin(to, self.now(), self.ways.cluster_name(), nodes)?);
        Ok(())
    }

    /// Keeps what each node answered for [`Live::checks`], and asks all of them for everything.
    pub fn check(&mut self) {
        self.watch.ask_everyone();
        self.checks = Some(self.targets.iter().map(|(key, target)| (*key, self.new_check(*key, target.clone()))).collect());
    }

    fn new_check(&self, key: NodeKey, target: Option<Target>) -> NodeCheck {
        NodeCheck { name: self.name_of(key).to_owned(), target, ..NodeCheck::default() }
    }

    /// What each node answered.
    pub fn checks(&self) -> Vec<NodeCheck> {
        self.checks.iter().flat_map(BTreeMap::values).cloned().collect()
    }

    fn note_check(&mut self, output: &Output) {
        let Some(checks) = &mut self.checks else { return };
        match output {
            Output::Observed(seen) => {
                let Some(check) = checks.get_mut(&seen.node) else { return };
                check.answers.retain(|(question, _)| *question != seen.question);
                check.answers.push((seen.question, seen.outcome.as_ref().map(|_| ()).map_err(Clone::clone)));
                match &seen.outcome {
                    Ok(Observation::Tools(tools)) => check.tools = Some(tools.clone()),
                    Ok(Observation::Host(host)) => check.os.clone_from(&host.os),
                    Ok(Observation::Clock(clock)) => check.clock_offset_micros = Some(clock.offset_micros()),
                    _ => {}
                }
            }
            Output::Reach(node, reach) => {
                if let Some(check) = checks.get_mut(node) {
                    check.reach = reach.clone();
                }
            }
            Output::Note(node, text) => {
                if let Some(check) = checks.get_mut(node) {
                    check.note = Some(text.clone());
                }
            }
            _ => {}
        }
    }

    /// The session's time.
    pub fn now(&self) -> Stamp {
        Stamp::now().shifted(self.shift)
    }

    fn add(&mut self, way: Way, found: bool) -> NodeKey {
        let key = NodeKey(u32::try_from(self.links.len()).unwrap_or(u32::MAX));
        let facts = NodeFacts { key, configured_name: way.name.clone(), address: way.address.clone(), local: way.is_local(), found };
        self.names.insert(key, way.name.clone().unwrap_or_else(|| way.address.clone()));
        self.store.add_node(facts);
        self.watch.add(key);
        self.targets.insert(key, way.target());
        if self.checks.is_some() {
            let check = self.new_check(key, way.target());
            self.checks.get_or_insert_default().insert(key, check);
        }
        if let Some(recorder) = &mut self.recorder {
            let _ = recorder.node(RecordedNode { key: key.0, name: way.name.clone(), address: way.address.clone() });
        }
        self.open(key, way);
        key
    }

    /// Opens a link to a node; one that it had is closed, and what it still says is not heard.
    fn open(&mut self, node: NodeKey, way: Way) {
        let voice = NodeKey(self.voices);
        self.voices += 1;
        self.speaks_for.retain(|_, n| *n != node);
        self.speaks_for.insert(voice, node);
        let link = way.open(Voice::new(voice, self.tx.clone()));
        if let Some(old) = self.links.insert(node, link) {
            old.order(Order::Close);
        }
    }

    /// A member that is not reached by its name is tried at its ring addresses. True if the next one is tried: then its failure is not the last word.
    fn detour(&mut self, node: NodeKey, report: &Report) -> bool {
        match report {
            Report::Up { .. } => {
                self.detours.remove(&node);
                false
            }
            Report::Down { trouble, .. } if matches!(trouble.fault, LinkFault::Unreachable | LinkFault::Timeout | LinkFault::Refused) => {
                let Some(ways) = self.detours.get_mut(&node).filter(|w| !w.is_empty()) else { return false };
                let way = ways.remove(0);
                self.open(node, way);
                true
            }
            _ => false,
        }
    }

    /// Waits for something to happen, at most until `until`, and takes it in. Cancel-safe: what was received is taken in.
    pub async fn step(&mut self, until: Stamp) -> Vec<Happening> {
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
        outputs.extend(self.watch.tick(now));
        let mut happenings = self.carry_out(outputs, now);
        if let Some(executor) = &mut self.executor {
            let cluster = self.store.cluster(now);
            acts.extend(executor.tick(&cluster, now).into_iter().map(Act::Out));
        }
        happenings.extend(self.carry_on(acts, now));
        happenings
    }

    fn take(&mut self, voice: NodeKey, report: Report, outputs: &mut Vec<Output>, acts: &mut Vec<Act>) {
        let now = self.now();
        let Some(node) = self.speaks_for.get(&voice).copied() else { return };
        if self.detour(node, &report) {
            return;
        }
        if let Some(recorder) = &mut self.recorder
            && let Err(error) = recorder.report(node, &report, now)
        {
            tracing::error!("the recording ends here: {error}");
            self.recorder = None;
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

    /// What the executor wants done, and what inquiries found.
    fn carry_on(&mut self, acts: Vec<Act>, now: Stamp) -> Vec<Happening> {
        let mut happenings = Vec::new();
        for act in acts {
            match act {
                Act::Out(Out::Order(node, order)) => self.order(node, order),
                Act::Out(Out::Refresh) => {
                    self.watch.look_again(now);
                    let outputs = self.watch.tick(now);
                    happenings.extend(self.carry_out(outputs, now));
                }
                Act::Out(Out::RefreshStorage) => {
                    self.watch.look_again_at_storage(now);
                    let outputs = self.watch.tick(now);
                    happenings.extend(self.carry_out(outputs, now));
                }
                Act::Out(Out::Task(task)) => happenings.push(Happening::Task(task)),
                Act::Found(query, found) => happenings.push(Happening::Found(query, found)),
            }
        }
        happenings
    }

    /// Gives the session what can change the cluster. A read-only session never gets it.
    pub fn arm(&mut self, executor: Executor) {
        self.executor = Some(executor);
    }

    /// Whether this session can change anything.
    pub const fn is_armed(&self) -> bool {
        self.executor.is_some()
    }

    /// All tasks of this session.
    pub fn tasks(&self) -> Vec<Task> {
        self.executor.iter().flat_map(Executor::tasks).cloned().collect()
    }

    /// Runs what the gate has let through.
    pub fn act(&mut self, ticket: Ticket) -> Result<(TaskId, Vec<Happening>), Refusal> {
        let now = self.now();
        let cluster = self.store.cluster(now);
        let Some(executor) = &mut self.executor else {
            return Err(Refusal::new(
                "read-only",
                "this session is read-only: it was built without what could change anything",
                "start quorate without --read-only",
            ));
        };
        let (id, out) = executor.start(ticket, &cluster, now)?;
        let happenings = self.carry_on(out.into_iter().map(Act::Out).collect(), now);
        Ok((id, happenings))
    }

    /// Stops a task between two steps.
    pub fn stop_task(&mut self, id: TaskId) {
        if let Some(executor) = &mut self.executor {
            executor.stop(id);
        }
    }

    /// Asks something for an inquiry; the answer comes as [`Happening::Found`]. False: the node cannot be reached.
    pub fn inquire(&mut self, query: &Query) -> bool {
        let now = self.now();
        let cluster = self.store.cluster(now);
        let Some(node) = cluster.member(&query.node).filter(|m| m.reach.is_up()).and_then(|m| m.node) else { return false };
        self.next_inquiry += 1;
        let id = AskId(self.next_inquiry);
        self.inquiries.insert(id, query.clone());
        let (lane, total) = query.pace();
        self.order(node, Order::Ask(Ask { id, command: query.command(), lane, first_byte: total, total }));
        true
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
                Output::Observed(seen) => {
                    changed = true;
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
            self.discover(now);
        }
        if changed || self.store.next_event().is_some_and(|at| at <= now) {
            happenings.push(Happening::Picture);
        }
        if !events.is_empty() {
            happenings.push(Happening::Events(events));
        }
        happenings
    }

    fn order(&mut self, node: NodeKey, order: Order) {
        if let Some(recorder) = &mut self.recorder {
            recorder.order(&order);
        }
        if let Some(link) = self.links.get(&node) {
            link.order(order);
        }
    }

    /// Members that the manager names and that nobody configured are reached by name, then by ring address. The addresses are corosync's to tell: they
    /// are waited for a while, for a name alone may lead nowhere.
    fn discover(&mut self, now: Stamp) {
        let found = self.store.members_to_reach();
        let managed = self.store.is_managed();
        self.awaited.retain(|name, _| found.iter().any(|(f, _)| f == name));
        for (name, addresses) in found {
            if self.sought.contains(&name) {
                continue;
            }
            let since = *self.awaited.entry(name.clone()).or_insert(now);
            let early = (addresses.is_empty() && since.age(now) < ADDRESS_WAIT) || (!managed && since.age(now) < MANAGER_WAIT);
            if early {
                continue;
            }
            self.awaited.remove(&name);
            self.sought.push(name.clone());
            let mut ways = self.ways.further(&name, &addresses);
            if ways.is_empty() {
                continue;
            }
            let first = ways.remove(0);
            let key = self.add(first, true);
            self.detours.insert(key, ways);
        }
    }

    /// The picture now, and what changed since the last one.
    pub fn picture(&mut self) -> (Arc<Cluster>, Vec<Event>) {
        let now = self.now();
        let cluster = self.store.cluster(now);
        self.hurry_back(&cluster);
        (cluster, self.store.events_due(now))
    }

    /// A node that the cluster has back is connected to now, not when its backoff ends.
    fn hurry_back(&mut self, cluster: &Cluster) {
        for member in &cluster.members {
            let Some(node) = member.node else { continue };
            let before = self.statuses.insert(node, member.status);
            let came_back = member.status == MemberStatus::Online && before.is_some_and(|b| b != MemberStatus::Online);
            if came_back && matches!(member.reach, Reach::Down { .. }) {
                self.order(node, Order::Hurry);
            }
        }
    }

    /// Whether everything has been looked at once.
    pub fn looked_once(&self) -> bool {
        self.awaited.is_empty() && self.watch.looked_once(self.now())
    }

    /// Whether these have been answered once, and what the manager and libvirt are asked.
    pub fn looked_at(&self, questions: &[Question]) -> bool {
        self.awaited.is_empty() && self.watch.looked_at(questions, self.now())
    }

    /// Nodes within reach that have not answered these yet, by name.
    pub fn unheard(&self, questions: &[Question]) -> Vec<String> {
        self.watch.unheard(questions).map(|node| self.name_of(node).to_owned()).collect()
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
