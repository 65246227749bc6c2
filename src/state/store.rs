//! The store: what was observed, and the picture folded out of it, section by section and only where something
//! changed.

use std::sync::Arc;

use crate::domain::alert::Alert;
use crate::domain::cluster::{Cluster, StreamFacts};
use crate::domain::event::{Event, Source};
use crate::domain::node::{LinkTrouble, NodeKey, Reach};
use crate::domain::observation::log::LogLine;
use crate::domain::observation::manager::NodeKind;
use crate::domain::observation::{Observed, Question};
use crate::domain::stamp::Stamp;

use super::changes::Changes;
use super::facts::NodeState;
use super::identity::{Names, Nodes};
use super::speaker;
use super::stale::Stale;
use super::timeline::Timeline;
use super::watching::Watching;
use super::{alerts, drift, fences, filesystems, guests, heads, manager, members, network, quorum, rhcs, storage, vmware, volumes};

/// What is known of the session before anything was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFacts {
    /// The cluster's configured name.
    pub cluster_name: Option<String>,
    /// The nodes to start with.
    pub nodes: Vec<NodeFacts>,
}

/// A node of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// Its place in the session's node table.
    pub key: NodeKey,
    /// The member's name as configured, or as the manager gave it to discovery; none for a --host.
    pub configured_name: Option<String>,
    /// Where it is reached: `host`, or `host:port` where the port tells nodes apart.
    pub address: String,
    /// quorate runs on it.
    pub local: bool,
    /// Found through others: it is listed only while they know it.
    pub found: bool,
}

/// Folds observations into one picture.
#[derive(Debug)]
pub struct Store {
    configured_name: Option<String>,
    nodes: Nodes,
    names: Names,
    stale: Stale,
    picture: Arc<Cluster>,
    watching: Watching,
    timeline: Timeline,
    /// A fence history was there once: what appears in it from then on is news.
    fences_told: bool,
    /// By how much the clock was taken to be ahead that it was told by. Microseconds.
    fences_ahead: i64,
    ballots: Vec<quorum::Ballot>,
    most_paths: filesystems::MostPaths,
    /// When the newest answer came.
    latest: Stamp,
}

impl Store {
    /// A store that knows the session and nothing else.
    pub fn new(facts: SessionFacts) -> Self {
        let nodes = facts.nodes.into_iter().map(|f| (f.key, NodeState::new(f))).collect();
        Self {
            configured_name: facts.cluster_name,
            nodes,
            names: Names::default(),
            stale: Stale::ALL,
            picture: Arc::default(),
            watching: Watching::default(),
            timeline: Timeline::default(),
            fences_told: false,
            fences_ahead: 0,
            ballots: Vec::new(),
            most_paths: filesystems::MostPaths::default(),
            latest: Stamp::default(),
        }
    }

    /// Adds a node that discovery found, or gives new facts for one that is there.
    pub fn add_node(&mut self, facts: NodeFacts) {
        match self.nodes.get_mut(&facts.key) {
            Some(node) => node.facts = facts,
            None => {
                self.nodes.insert(facts.key, NodeState::new(facts));
            }
        }
        self.stale.identity = true;
    }

    /// Takes an answer, or its absence. One older than what is known of the same question is ignored.
    pub fn observe(&mut self, observed: Observed) {
        let question = observed.question;
        self.latest = self.latest.max(observed.at);
        let Some(node) = self.nodes.get_mut(&observed.node) else { return };
        if !node.take(observed) {
            return;
        }
        self.stale.by(question);
        if tells_identity(question) {
            self.stale.identity |= node.refresh_prints();
        }
    }

    /// Our clock was set back to this time: nothing was seen later, and what is told from now on is newer than what is known.
    pub fn set_back(&mut self, now: Stamp) {
        self.latest = self.latest.min(now);
        self.nodes.values_mut().for_each(|node| node.not_after(now));
        self.timeline.not_after(now);
        self.stale = Stale::ALL;
    }

    /// Takes the state of the way to a node.
    pub fn reach(&mut self, key: NodeKey, reach: Reach) {
        let Some(node) = self.nodes.get_mut(&key) else { return };
        if node.reach == reach {
            return;
        }
        // Whether a node's words count, and which of two ways to one member is shown, hang on it.
        let turned = node.reach.is_up() != reach.is_up() || matches!(node.reach, Reach::Down { .. }) != matches!(reach, Reach::Down { .. });
        node.reach = reach;
        self.stale.members = true;
        if turned {
            (self.stale.identity, self.stale.quorum, self.stale.manager, self.stale.fences) = (true, true, true, true);
            self.stale.guests = true;
        }
    }

    /// A single look is over: what has not answered by now counts as down.
    pub fn end_of_look(&mut self, now: Stamp) {
        let all: Vec<(NodeKey, LinkTrouble)> = self.nodes.iter().filter_map(|(key, node)| Some((*key, node.reach.late(now)?))).collect();
        for (key, trouble) in all {
            self.reach(key, Reach::Down { since: now, trouble });
        }
    }

    /// Takes which streams of a node flow.
    pub fn streams(&mut self, key: NodeKey, streams: StreamFacts) {
        let Some(node) = self.nodes.get_mut(&key) else { return };
        if node.streams != streams {
            node.streams = streams;
            self.stale.members = true;
        }
    }

    /// The picture as it is now. The same one as before if nothing changed.
    pub fn cluster(&mut self, now: Stamp) -> Arc<Cluster> {
        if self.stale.any() {
            self.fold(now);
        }
        Arc::clone(&self.picture)
    }

    /// What changed between the pictures since the last call. Nothing at a section's first picture, and nothing that a
    /// log line said already (see [`Self::log`]).
    pub fn events(&mut self) -> Vec<Event> {
        self.timeline.drain(None)
    }

    /// As [`Self::events`], but where logs flow a change waits a moment for the line that says it better.
    pub fn events_due(&mut self, now: Stamp) -> Vec<Event> {
        self.timeline.drain(Some(now))
    }

    /// When [`Self::events_due`] has something to give.
    pub fn next_event(&self) -> Option<Stamp> {
        self.timeline.next()
    }

    /// Turns a log line into an event: the member's name, and the time corrected by the node's clock offset.
    /// `folded`: how many lines like it stand behind it; `arrival`: our clock when it came.
    ///
    /// A change that is derived within 5 s after a line of the same source about the same subject, at least as severe,
    /// is taken as said by that line; so is one that was derived before it and not yet fetched.
    pub fn log(&mut self, key: NodeKey, line: LogLine, folded: u32, arrival: Stamp) -> Event {
        let name = self.names.of(key).cloned().or_else(|| self.nodes.get(&key).map(|n| Arc::from(n.facts.address.as_str())));
        let offset = self.nodes.get(&key).and_then(|n| n.clock.best()).map(|(offset, _)| offset);
        self.timeline.log(name, line, folded, arrival, offset, (&self.picture, &self.names))
    }

    /// Members that the manager or corosync names and no node of the session is: (name, ring addresses). Guest nodes
    /// are left out: their host speaks for them. Nothing while a node of the session may still tell that it is one.
    pub fn members_to_reach(&mut self) -> Vec<(String, Vec<String>)> {
        let picture = self.cluster(self.latest);
        if self.names.strangers().iter().any(|key| self.nodes.get(key).is_some_and(is_about_to_tell)) {
            return Vec::new();
        }
        let missing = picture.members.iter().filter(|m| m.node.is_none() && m.kind != NodeKind::Guest);
        missing.map(|m| (m.name.to_string(), self.addresses(&m.name))).collect()
    }

    /// Whether a manager has spoken.
    pub fn is_managed(&self) -> bool {
        self.picture.manager_sight.is_some()
    }

    /// Whether nobody is met where this node is looked for.
    pub fn is_nowhere(&self, key: NodeKey) -> bool {
        let node = self.nodes.get(&key);
        node.is_some_and(|n| matches!(&n.reach, Reach::Down { trouble, .. } if trouble.fault.leads_nowhere()))
    }

    /// The ring addresses of a member, as cman or corosync's map tell them.
    pub fn addresses(&self, name: &str) -> Vec<String> {
        let by_cman = self.nodes.values().filter_map(|n| n.answers.cman.get()).flat_map(|v| &v.nodes);
        if let Some(node) = by_cman.into_iter().find(|n| n.name == name && !n.addresses.is_empty()) {
            return node.addresses.clone();
        }
        let lists = self.nodes.values().filter_map(|n| n.answers.cmap.get());
        let rows = lists.flat_map(|view| &view.nodes);
        let mine = |row: &&crate::domain::observation::corosync::CmapNode| {
            row.name.as_deref() == Some(name) || row.id.and_then(|id| self.names.of_id(id)).is_some_and(|n| &*n == name)
        };
        rows.into_iter().find(mine).map(|row| row.addresses.clone()).unwrap_or_default()
    }

    fn fold(&mut self, now: Stamp) {
        let mut stale = std::mem::take(&mut self.stale);
        if stale.identity {
            self.names = Names::resolve(&self.nodes);
            stale = Stale::ALL;
        }
        let picture = Arc::make_mut(&mut self.picture);
        let (nodes, names) = (&self.nodes, &self.names);
        let speaker = speaker::choose(nodes, names);
        let voice = if speaker.is_none() { rhcs::listen(nodes, names) } else { None };
        let mut changes = Changes::new(now, if voice.is_some() { Source::Rgmanager } else { Source::Pacemaker });
        let managed = picture.manager_sight.is_some();
        if stale.quorum {
            let quorum = quorum::fold(nodes, names);
            changes.quorum(&picture.quorum, &quorum);
            stale.manager |= picture.quorum.quorate != quorum.quorate;
            picture.quorum = quorum;
            self.ballots = quorum::ballots(nodes, names);
            heads::fold(picture, nodes, speaker.as_ref(), voice.as_ref(), self.configured_name.as_deref());
        }
        if stale.manager {
            if let Some(voice) = &voice {
                manager::fold_rgmanager(picture, voice, &mut self.watching, &mut changes);
                picture.rhcs = Some(Box::new(rhcs::facts(voice, nodes, names)));
            } else {
                manager::fold(picture, nodes, speaker.as_ref(), &mut self.watching, &mut changes);
                picture.rhcs = None;
            }
        }
        if stale.members || stale.quorum || stale.manager {
            let sources = members::Sources { speaker: speaker.as_ref(), voice: voice.as_ref(), ballots: &self.ballots };
            let mut members = members::fold(nodes, names, sources);
            members::count_services(&mut members, &picture.services);
            changes.members(&picture.members, &members, nodes, managed && (speaker.is_some() || voice.is_some()));
            picture.members.put(members);
        }
        if stale.fences || stale.manager {
            let by_fenced = voice.as_ref().map(|voice| (rhcs::fences(voice, nodes, names), 0));
            let (fences, ahead) = by_fenced.unwrap_or_else(|| fences::fold(nodes, speaker.as_ref()));
            if self.fences_told {
                changes.fences(&picture.fences, &fences, self.fences_ahead - ahead);
            }
            self.fences_ahead = ahead;
            self.fences_told |= speaker.is_some()
                || voice.as_ref().is_some_and(|v| v.fence().is_some())
                || nodes.values().any(|n| n.answers.fence_history.get().is_some());
            picture.fences = fences;
            (picture.fence_devices, picture.fence_views) =
                if voice.is_some() { rhcs::devices(nodes, names) } else { fences::devices(nodes, names) };
        }
        if stale.storage {
            let sharing = storage::Sharing::read(nodes, names);
            picture.groups.put(storage::fold_groups(nodes, names, &sharing));
            picture.pvs.put(storage::fold_pvs(nodes, names, &sharing));
            let mut volumes = volumes::fold(nodes, names, &sharing);
            changes.volumes(&picture.volumes, &volumes);
            guests::keep_users(&picture.volumes, &mut volumes);
            picture.volumes.put(volumes);
        }
        if stale.guests || stale.manager || stale.storage {
            let virt = guests::nodes(nodes, names);
            changes.virt(&picture.virt, &virt);
            picture.virt.put(virt);
            let mut found = guests::fold(nodes, names, &|name| members::is_off(&picture.members, name));
            let params = guests::params(nodes);
            let scripts = vmware::scripts(nodes);
            let listed = vmware::listed(nodes, names);
            let told = manager::asked(nodes, speaker.as_ref(), voice.as_ref());
            let grounds = drift::Grounds { virt: &picture.virt, params: &params, scripts: &scripts, listed: &listed, told };
            drift::join(&mut picture.services, &mut found, &grounds);
            guests::use_volumes(&mut picture.volumes, &found);
            changes.guests(&picture.guests, &found);
            picture.guests.put(found);
        }
        members::count_guests(&mut picture.members, &picture.guests, &picture.virt);
        if stale.filesystems {
            let filesystems = filesystems::fold(nodes, names);
            changes.filesystems(&picture.filesystems, &filesystems);
            picture.filesystems.put(filesystems);
        }
        if stale.paths {
            let maps = filesystems::fold_maps(nodes, names, &mut self.most_paths);
            changes.maps(&picture.maps, &maps);
            picture.maps.put(maps);
            let sessions = names.roll(nodes).flat_map(|(name, n)| n.answers.iscsi.rows().iter().map(|s| (name.clone(), s.clone())));
            picture.iscsi.put(sessions.collect());
        }
        if stale.network {
            let (bonds, nics) = network::fold(nodes, names);
            changes.bonds(&picture.bonds, &bonds);
            picture.bonds.put(bonds);
            picture.nics.put(nics);
        }
        picture.at = now;
        let known: Vec<Alert> = std::mem::take(&mut picture.alerts);
        let subject = picture.name.clone().unwrap_or_else(|| "cluster".to_owned());
        picture.alerts = alerts::derive(picture, &alerts::Facts { subject: &subject, nodes, now }, &known);
        let logs = nodes.values().any(|n| n.reach.is_up() && n.streams.live.iter().any(|s| s == "journal" || s == "log files"));
        self.timeline.derived(changes.events, now, logs);
    }
}

/// Whether its answer may say which member a node is.
const fn tells_identity(question: Question) -> bool {
    use Question as Q;
    matches!(question, Q::Tools | Q::Cmap | Q::Links | Q::Quorum | Q::CrmMon | Q::Clustat | Q::Cman | Q::ClusterConf)
}

/// A node that may still say which member it is.
fn is_about_to_tell(node: &NodeState) -> bool {
    match node.reach {
        Reach::Untried | Reach::Connecting { .. } => true,
        Reach::Up { .. } => node.answers.tools.get().is_none() && !node.troubles.contains_key(&Question::Tools),
        Reach::Down { .. } => false,
    }
}
