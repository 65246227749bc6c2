//! What each node said last, question by question.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::cluster::StreamFacts;
use crate::domain::node::Reach;
use crate::domain::observation::corosync::{CmapNode, CmapView, DlmView, LinkStat, LinksView, QdeviceView, QuorumView};
use crate::domain::observation::guest::{GuestJob, GuestRow, VirtHost};
use crate::domain::observation::host::{Tools, Unit, WatchdogView};
use crate::domain::observation::manager::{Constraint, FenceRecord, GuestParam, ManagerView};
use crate::domain::observation::net::{BondRow, LinkSpeed, NetView};
use crate::domain::observation::rhcs::{ClustatView, ClusterConf, CmanView, GroupsView, QuorumDisk};
use crate::domain::observation::storage::{DmDevice, IscsiSession, LvRow, MapRow, MountRow, PvRow, VgRow};
use crate::domain::observation::vmware::{VmwareList, VmwareSample};
use crate::domain::observation::{Observation, Observed, Question, Trouble, TroubleKind};
use crate::domain::stamp::Stamp;

use super::clock::ClockWindow;
use super::guest_history::GuestHistory;
use super::guests;
use super::host::HostHistory;
use super::store::NodeFacts;
use super::vmware::{self, Heartbeats};

/// The last good answer to one question. On the heap: of a thousand members most answer nothing.
#[derive(Clone, Debug)]
pub(super) struct Slot<T>(Option<Box<(T, Stamp)>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Slot<T> {
    /// The answer.
    pub(super) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|seen| &seen.0)
    }

    /// The answer and when it came.
    pub(super) fn seen(&self) -> Option<(&T, Stamp)> {
        self.0.as_ref().map(|seen| (&seen.0, seen.1))
    }

    /// When the answer came.
    pub(super) fn at(&self) -> Option<Stamp> {
        self.0.as_ref().map(|seen| seen.1)
    }

    /// It came no later than this.
    pub(super) fn not_after(&mut self, now: Stamp) {
        if let Some(seen) = &mut self.0 {
            seen.1 = now.min(seen.1);
        }
    }

    fn put(&mut self, value: T, at: Stamp) {
        self.0 = Some(Box::new((value, at)));
    }
}

impl<T> Slot<Vec<T>> {
    /// The rows; none where nothing was said.
    pub(super) fn rows(&self) -> &[T] {
        self.get().map_or(&[], Vec::as_slice)
    }
}

/// One slot a question.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    pub(super) tools: Slot<Tools>,
    pub(super) manager: Slot<ManagerView>,
    pub(super) constraints: Slot<Vec<Constraint>>,
    pub(super) fence_history: Slot<Vec<FenceRecord>>,
    pub(super) fence_devices: Slot<Vec<String>>,
    pub(super) quorum: Slot<QuorumView>,
    pub(super) links: Slot<LinksView>,
    pub(super) link_stats: Slot<Vec<LinkStat>>,
    pub(super) cmap: Slot<CmapView>,
    pub(super) qdevice: Slot<QdeviceView>,
    pub(super) dlm: Slot<DlmView>,
    pub(super) watchdog: Slot<WatchdogView>,
    pub(super) units: Slot<Vec<Unit>>,
    pub(super) daemons: Slot<Vec<Unit>>,
    pub(super) lvs: Slot<Vec<LvRow>>,
    pub(super) vgs: Slot<Vec<VgRow>>,
    pub(super) pvs: Slot<Vec<PvRow>>,
    pub(super) device_mapper: Slot<Vec<DmDevice>>,
    pub(super) filesystems: Slot<Vec<MountRow>>,
    pub(super) multipath: Slot<Vec<MapRow>>,
    pub(super) iscsi: Slot<Vec<IscsiSession>>,
    pub(super) net: Slot<NetView>,
    pub(super) bonding: Slot<Vec<BondRow>>,
    pub(super) speeds: Slot<Vec<LinkSpeed>>,
    pub(super) guest_params: Slot<Vec<GuestParam>>,
    pub(super) virt_host: Slot<VirtHost>,
    pub(super) guests: Slot<Vec<GuestRow>>,
    pub(super) guest_starts: Slot<BTreeMap<String, Stamp>>,
    pub(super) jobs: Slot<Vec<GuestJob>>,
    pub(super) clustat: Slot<ClustatView>,
    pub(super) cman: Slot<CmanView>,
    pub(super) groups: Slot<GroupsView>,
    pub(super) conf: Slot<ClusterConf>,
    pub(super) disks: Slot<Vec<QuorumDisk>>,
    pub(super) scripts: Slot<Vec<Unit>>,
    pub(super) vmware: Slot<VmwareList>,
    pub(super) vmware_stats: Slot<Vec<VmwareSample>>,
}

/// A node of the session with all it said.
#[derive(Clone, Debug)]
pub(super) struct NodeState {
    pub(super) facts: NodeFacts,
    pub(super) reach: Reach,
    pub(super) streams: StreamFacts,
    pub(super) answers: Answers,
    pub(super) clock: ClockWindow,
    pub(super) host: HostHistory,
    pub(super) guests: GuestHistory,
    /// The same of VMware Server's guests.
    pub(super) vmware: GuestHistory,
    pub(super) heartbeats: Heartbeats,
    pub(super) answered: Option<Stamp>,
    pub(super) troubles: BTreeMap<Question, Trouble>,
    /// Fingerprint of what decides who is who: recomputing that is dear, so only on a change.
    pub(super) identity_print: u64,
    /// Fingerprint of corosync's node list.
    pub(super) nodelist_print: u64,
    /// Fingerprint of the ids in this node's view of the membership.
    pub(super) ring_print: u64,
    latest: BTreeMap<Question, Stamp>,
    /// When the last good answer to each question was asked for.
    asked: BTreeMap<Question, Stamp>,
}

impl NodeState {
    pub(super) fn new(facts: NodeFacts) -> Self {
        Self {
            facts,
            reach: Reach::Untried,
            streams: StreamFacts::default(),
            answers: Answers::default(),
            clock: ClockWindow::default(),
            host: HostHistory::default(),
            guests: GuestHistory::default(),
            vmware: GuestHistory::default(),
            heartbeats: Heartbeats::default(),
            answered: None,
            troubles: BTreeMap::new(),
            identity_print: 0,
            nodelist_print: 0,
            ring_print: 0,
            latest: BTreeMap::new(),
            asked: BTreeMap::new(),
        }
    }

    /// When the last good answer to a question was asked for: it may be as old as that.
    pub(super) fn asked(&self, question: Question) -> Option<Stamp> {
        self.asked.get(&question).copied()
    }

    /// Whether what it said still counts: an unreachable node's last words are history.
    pub(super) const fn is_live(&self) -> bool {
        !matches!(self.reach, Reach::Down { .. })
    }

    /// How far its local time is ahead of UTC, seconds.
    pub(super) fn utc_offset(&self) -> Option<i32> {
        self.answers.tools.get()?.utc_offset_secs
    }

    /// Takes an answer or its absence; false if a newer one is known already.
    pub(super) fn take(&mut self, observed: Observed) -> bool {
        let Observed { question, at, took, outcome, .. } = observed;
        if self.latest.get(&question).is_some_and(|known| *known > at) {
            return false;
        }
        self.latest.insert(question, at);
        match outcome {
            Ok(observation) => {
                self.troubles.remove(&question);
                self.answered = self.answered.max(Some(at));
                self.asked.insert(question, at.shifted(-i64::try_from(took.as_micros()).unwrap_or(0)));
                self.put(question, observation, at);
            }
            Err(trouble) => {
                // A tool that says no makes its last answer untrue; one that is merely late does not.
                if matches!(trouble.kind, TroubleKind::Failed | TroubleKind::Absent | TroubleKind::Denied) {
                    self.void(question);
                }
                self.troubles.insert(question, trouble);
            }
        }
        true
    }

    /// Our clock was set back: nothing was said later than now, and what is said from now on is newer.
    pub(super) fn not_after(&mut self, now: Stamp) {
        self.latest.values_mut().chain(self.asked.values_mut()).chain(&mut self.answered).for_each(|at| *at = now.min(*at));
        self.answers.not_after(now);
        self.host.not_after(now);
        self.guests.not_after(now);
        self.vmware.not_after(now);
        self.heartbeats.not_after(now);
    }

    fn put(&mut self, question: Question, observation: Observation, at: Stamp) {
        let answers = &mut self.answers;
        match observation {
            Observation::Tools(v) => answers.tools.put(v, at),
            Observation::Manager(v) => answers.manager.put(*v, at),
            Observation::Constraints(v) => answers.constraints.put(v, at),
            Observation::FenceHistory(v) => answers.fence_history.put(v, at),
            Observation::FenceDevices(v) => answers.fence_devices.put(v, at),
            Observation::Quorum(v) => answers.quorum.put(v, at),
            Observation::Links(v) => answers.links.put(v, at),
            Observation::LinkStats(v) => answers.link_stats.put(v, at),
            Observation::Cmap(v) => answers.cmap.put(v, at),
            Observation::Qdevice(v) => answers.qdevice.put(v, at),
            Observation::Dlm(v) => answers.dlm.put(v, at),
            Observation::Watchdog(v) => answers.watchdog.put(v, at),
            Observation::Units(v) if question == Question::InitScripts => answers.scripts.put(v, at),
            Observation::Units(v) if question == Question::Daemons => answers.daemons.put(v, at),
            Observation::Units(v) => answers.units.put(v, at),
            Observation::Host(v) => self.host.add(at, v),
            Observation::Clock(v) => self.clock.add(v),
            Observation::Lvs(v) => answers.lvs.put(v, at),
            Observation::Vgs(v) => answers.vgs.put(v, at),
            Observation::Pvs(v) => answers.pvs.put(v, at),
            Observation::DeviceMapper(v) => answers.device_mapper.put(v, at),
            Observation::Filesystems(v) => answers.filesystems.put(v, at),
            Observation::Multipath(v) => answers.multipath.put(v, at),
            Observation::Iscsi(v) => answers.iscsi.put(v, at),
            Observation::Net(v) => answers.net.put(v, at),
            Observation::Bonding(v) => answers.bonding.put(v, at),
            Observation::LinkSpeeds(v) => answers.speeds.put(v, at),
            Observation::GuestParams(v) => answers.guest_params.put(v, at),
            // Where it listens only the watch needs to know.
            Observation::LibvirtSockets(v) => {
                let starts = guests::starts(&v.ages, answers.guest_starts.get(), at);
                answers.guest_starts.put(starts, at);
            }
            Observation::VirtHost(v) => answers.virt_host.put(*v, at),
            Observation::Guests(v) => {
                self.guests.list(&v, at, at);
                answers.guests.put(v.rows, at);
            }
            Observation::GuestStats(v) => self.guests.sample(v, at),
            Observation::GuestJobs(v) => answers.jobs.put(v, at),
            Observation::Clustat(v) => answers.clustat.put(*v, at),
            Observation::Cman(v) => {
                answers.cman.put(*v, at);
                self.count_votes();
            }
            Observation::Groups(v) => answers.groups.put(v, at),
            Observation::ClusterConf(v) => {
                answers.conf.put(*v, at);
                self.count_votes();
            }
            Observation::QuorumDisk(v) => answers.disks.put(v, at),
            Observation::Vmware(v) => {
                self.vmware.list(&vmware::rows(&v), at, at.shifted(-vmware::APART_AT_FIRST));
                answers.vmware.put(v, at);
            }
            Observation::VmwareStats(v) => {
                self.heartbeats.read(&v, at);
                answers.vmware_stats.put(v, at);
            }
        }
    }

    /// cman's view of votes stands where corosync's would.
    fn count_votes(&mut self) {
        let answers = &mut self.answers;
        if let Some((view, at)) = answers.cman.seen() {
            let view = super::rhcs::votes(view, answers.conf.get());
            answers.quorum.put(view, at);
        }
    }

    fn void(&mut self, question: Question) {
        use Question as Q;
        let answers = &mut self.answers;
        match question {
            Q::Tools => answers.tools = Slot::default(),
            Q::CrmMon => answers.manager = Slot::default(),
            Q::Constraints => answers.constraints = Slot::default(),
            Q::FenceHistory => answers.fence_history = Slot::default(),
            Q::FenceDevices => answers.fence_devices = Slot::default(),
            Q::Quorum => answers.quorum = Slot::default(),
            Q::Links => answers.links = Slot::default(),
            Q::LinkStats => answers.link_stats = Slot::default(),
            Q::Cmap => answers.cmap = Slot::default(),
            Q::Qdevice => answers.qdevice = Slot::default(),
            Q::Dlm => answers.dlm = Slot::default(),
            Q::Watchdog => answers.watchdog = Slot::default(),
            Q::Units => answers.units = Slot::default(),
            Q::Daemons => answers.daemons = Slot::default(),
            Q::Lvs => answers.lvs = Slot::default(),
            Q::Vgs => answers.vgs = Slot::default(),
            Q::Pvs => answers.pvs = Slot::default(),
            Q::DeviceMapper => answers.device_mapper = Slot::default(),
            Q::Filesystems => answers.filesystems = Slot::default(),
            Q::Multipath => answers.multipath = Slot::default(),
            Q::Iscsi => answers.iscsi = Slot::default(),
            Q::Net => answers.net = Slot::default(),
            Q::Bonding => answers.bonding = Slot::default(),
            Q::LinkSpeeds => answers.speeds = Slot::default(),
            Q::Clustat => answers.clustat = Slot::default(),
            // Quorum is then what nobody says any more.
            Q::Cman => (answers.cman, answers.quorum) = (Slot::default(), Slot::default()),
            Q::Groups => answers.groups = Slot::default(),
            Q::ClusterConf => answers.conf = Slot::default(),
            Q::QuorumDisk => answers.disks = Slot::default(),
            Q::InitScripts => answers.scripts = Slot::default(),
            Q::GuestParams => answers.guest_params = Slot::default(),
            Q::VirtHost => answers.virt_host = Slot::default(),
            Q::GuestJobs => answers.jobs = Slot::default(),
            // A daemon that does not answer says nothing of its guests: they run on without it, and carry their time.
            // A figure of a host or a clock stays what it was when it was read; it carries its time.
            Q::Guests | Q::GuestStats | Q::Vmware | Q::VmwareStats | Q::LibvirtSockets | Q::Host | Q::Clock => {}
        }
    }

    /// Recomputes the fingerprints; true if who is who may have changed.
    pub(super) fn refresh_prints(&mut self) -> bool {
        self.nodelist_print = self.answers.cmap.get().map_or(0, nodelist_print);
        let mut print = DefaultHasher::new();
        self.nodelist_print.hash(&mut print);
        if let Some(tools) = self.answers.tools.get() {
            (&tools.member_name, &tools.hostname).hash(&mut print);
        }
        self.ring_print = self.answers.quorum.get().map_or(0, ring_print);
        if let Some(view) = self.answers.quorum.get() {
            view.node_id.hash(&mut print);
            for row in &view.members {
                (row.id, &row.name, row.local).hash(&mut print);
            }
        }
        self.answers.links.get().and_then(|l| l.local_id).hash(&mut print);
        if let Some(view) = self.answers.manager.get() {
            for node in &view.nodes {
                (&node.name, &node.id).hash(&mut print);
            }
        }
        self.hash_rhcs(&mut print);
        let print = print.finish();
        std::mem::replace(&mut self.identity_print, print) != print
    }
}

impl NodeState {
    /// Names and ids by cman, clustat and cluster.conf.
    fn hash_rhcs(&self, print: &mut DefaultHasher) {
        if let Some(view) = self.answers.cman.get() {
            (&view.node_name, view.node_id).hash(print);
            for node in &view.nodes {
                (node.id, &node.name, &node.addresses).hash(print);
            }
        }
        for node in self.answers.clustat.get().into_iter().flat_map(|v| &v.nodes) {
            (&node.name, node.id).hash(print);
        }
        for node in self.answers.conf.get().into_iter().flat_map(|c| &c.nodes) {
            (&node.name, node.id).hash(print);
        }
    }
}

/// The order in which a node list stands in the file does not count.
fn nodelist_print(view: &CmapView) -> u64 {
    let row = |node: &CmapNode| {
        let mut print = DefaultHasher::new();
        (node.id, &node.name, &node.addresses, node.votes).hash(&mut print);
        print.finish()
    };
    let mut rows: Vec<u64> = view.nodes.iter().map(row).collect();
    rows.sort_unstable();
    let mut print = DefaultHasher::new();
    rows.hash(&mut print);
    print.finish()
}

fn ring_print(view: &QuorumView) -> u64 {
    let mut ids: Vec<u32> = view.members.iter().map(|m| m.id).collect();
    ids.sort_unstable();
    let mut print = DefaultHasher::new();
    ids.hash(&mut print);
    print.finish()
}
