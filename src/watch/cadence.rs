//! How often each question is asked when nothing triggers it: the safety net under the live streams.

use std::time::Duration;

use crate::domain::observation::Question;
use crate::link::Lane;
use crate::probe;

/// How a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Every node answers for itself.
    Each,
    /// One node answers for the manager.
    Manager,
    /// Every node once; then seldom those whose volume groups another one that is asked sees as well.
    Storage,
}

/// Who is asked.
pub const fn whom(question: Question) -> Whom {
    use Question as Q;
    match question {
        Q::CrmMon | Q::Constraints | Q::FenceHistory | Q::GuestParams | Q::Clustat => Whom::Manager,
        Q::Lvs | Q::Vgs | Q::Pvs => Whom::Storage,
        _ => Whom::Each,
    }
}

/// Time between two answers. A question that a live stream makes stale needs its net only for what the stream missed;
/// `live` says whether that stream flows.
pub const fn period(question: Question, live: bool) -> Duration {
    use Question as Q;
    let secs = match question {
        // No stream tells all that changes cman's and fenced's word: logs of RHEL 5 leave much out.
        Q::Host | Q::Cman | Q::Groups => 10,
        Q::GuestJobs if !live => 1,
        Q::GuestStats => 5,
        Q::Guests | Q::Quorum | Q::Links | Q::Net if !live => 5,
        // Nothing tells when a guest of VMware Server changes.
        Q::CrmMon | Q::Clustat | Q::Vmware if !live => 10,
        Q::Clustat | Q::Vmware => 20,
        Q::Multipath if !live => 15,
        Q::Clock
        | Q::Quorum
        | Q::Links
        | Q::LinkStats
        | Q::CrmMon
        | Q::Net
        | Q::Bonding
        | Q::Multipath
        | Q::Units
        | Q::Daemons
        | Q::Guests
        | Q::VmwareStats
        | Q::GuestJobs => 30,
        Q::Constraints
        | Q::FenceHistory
        | Q::FenceDevices
        | Q::Qdevice
        | Q::Dlm
        | Q::Lvs
        | Q::Vgs
        | Q::Pvs
        | Q::DeviceMapper
        | Q::Filesystems
        | Q::Iscsi
        | Q::ClusterConf
        | Q::InitScripts
        | Q::LinkSpeeds
        | Q::LibvirtSockets
        | Q::VirtHost => 60,
        Q::Cmap | Q::Watchdog | Q::GuestParams => 300,
        // Asking all tools for their versions costs more than a minute of all else; mkqdisk opens every block device of the node.
        Q::Tools | Q::QuorumDisk => 900,
    };
    // A flowing stream announces what changes: the net under it may be wide. A node at rest is to feel nothing of us.
    let secs = match question {
        Q::CrmMon | Q::Quorum | Q::Links | Q::LinkStats | Q::Units | Q::Net | Q::Bonding | Q::Multipath if live => 120,
        Q::Constraints | Q::FenceHistory | Q::FenceDevices if live => 300,
        Q::LinkStats | Q::Units | Q::Daemons => 60,
        _ => secs,
    };
    Duration::from_secs(secs)
}

/// Time between two looks at volumes where none of them changes by itself: LVM's tools open every device of the node, and what is
/// activated, grown or removed shows in the device-mapper tables that are looked at in between.
pub const STILL_STORAGE: Duration = Duration::from_secs(240);
/// And where another node answers for the same shared groups: not all that one does shows in the others' tables.
pub const OTHERS_STORAGE: Duration = Duration::from_secs(600);

/// When what was asked in vain is asked again, at the latest.
pub const AGAIN: Duration = Duration::from_secs(60);

/// In which order questions of one lane go down their pipe when several are due: what waits for nothing but the kernel first, then what more
/// depends on, then what is known to hang with the storage below it. The clock is the very first: what waits behind another command
/// measures that command.
pub const fn rank(question: Question) -> u8 {
    use Question as Q;
    match question {
        Q::Clock => 0,
        Q::Tools | Q::CrmMon | Q::Clustat => 1,
        Q::Host | Q::Daemons | Q::Constraints | Q::LibvirtSockets | Q::Vmware => 2,
        Q::Net | Q::Bonding | Q::LinkSpeeds | Q::Watchdog | Q::GuestParams => 3,
        Q::Quorum | Q::Cman | Q::Groups | Q::ClusterConf | Q::Multipath => 4,
        Q::Cmap | Q::Iscsi => 5,
        Q::Links | Q::Filesystems => 6,
        Q::LinkStats | Q::FenceHistory | Q::FenceDevices => 7,
        Q::Units | Q::Lvs => 8,
        Q::DeviceMapper | Q::Vgs => 9,
        Q::Pvs | Q::Qdevice | Q::Dlm | Q::VirtHost | Q::Guests | Q::GuestStats | Q::GuestJobs => 10,
        Q::InitScripts | Q::VmwareStats => 11,
        Q::QuorumDisk => 12,
    }
}

/// Deadlines (first byte, total) of a single look, which is over after ten seconds: a tool that hangs must leave time to those behind it.
pub const fn hasty(question: Question, (first_byte, total): (Duration, Duration)) -> (Duration, Duration) {
    let (first, all) = match (question, probe::pace(question).0) {
        (Question::Tools, _) => return (first_byte, total),
        (Question::CrmMon, _) => (6, 8),
        (Question::Clustat, _) => (5, 7),
        (Question::Vmware, _) => (5, 8),
        (_, Lane::Slow | Lane::Action) => (4, 6),
        (_, Lane::Fast) => (3, 5),
    };
    (Duration::from_secs(first), Duration::from_secs(all))
}

/// A question is never asked again sooner than this after its last answer, however often it is triggered: ten times what that answer cost
/// the node. A cockpit must not load what it watches.
pub fn gap(last_cost: Duration) -> Duration {
    last_cost.saturating_mul(10).clamp(Duration::from_millis(100), Duration::from_secs(120))
}

/// And not sooner than this: what corosync counts grows with every line of a storm, and tells no more by being read between them.
pub const fn least(question: Question) -> Duration {
    match question {
        Question::LinkStats => Duration::from_secs(2),
        _ => Duration::ZERO,
    }
}

/// The same where an action of this session waits for the answer: it would be given up before a node that answers slowly may be asked again.
pub fn short_gap(last_cost: Duration) -> Duration {
    last_cost.saturating_mul(2).clamp(Duration::from_millis(100), Duration::from_secs(10))
}

/// How long the answer to a question of an action is waited for, where the node's answers cost so much: what takes a healthy node seconds takes one that is busy,
/// or emulated, a minute.
pub fn patience(usual: Duration, dearest: Duration) -> Duration {
    usual.max(dearest.saturating_mul(6).min(Duration::from_secs(120)))
}

/// All questions that a node is asked about itself after its tools are known, the quick ones first.
pub const EACH: &[Question] = &[
    Question::LibvirtSockets,
    Question::Vmware,
    Question::VmwareStats,
    Question::Quorum,
    Question::Cman,
    Question::Groups,
    Question::ClusterConf,
    Question::Links,
    Question::Units,
    Question::Daemons,
    Question::Net,
    Question::Bonding,
    Question::LinkSpeeds,
    Question::LinkStats,
    Question::Cmap,
    Question::Watchdog,
    Question::DeviceMapper,
    Question::Multipath,
    Question::Filesystems,
    Question::Iscsi,
    Question::Lvs,
    Question::Vgs,
    Question::Pvs,
    Question::Qdevice,
    Question::Dlm,
    // What a node has registered, only that node knows.
    Question::FenceDevices,
    Question::InitScripts,
    Question::QuorumDisk,
];

/// All questions that one node answers for the manager.
pub const MANAGER: &[Question] =
    &[Question::CrmMon, Question::Constraints, Question::GuestParams, Question::FenceHistory, Question::Clustat];

/// The manager that a question is about, by the question that gives its whole view.
pub const fn head(question: Question) -> Question {
    match question {
        Question::Clustat => Question::Clustat,
        _ => Question::CrmMon,
    }
}

/// The tool without which a node cannot be asked about a manager.
pub const fn tool(question: Question) -> &'static str {
    match head(question) {
        Question::Clustat => "clustat",
        _ => "crm_mon",
    }
}

/// What is stale beside a question where Red Hat Cluster Suite runs: the same fact by its own tools. Nodes without them are not asked.
pub const fn twins(question: Question) -> &'static [Question] {
    match question {
        Question::CrmMon => &[Question::Clustat],
        Question::Quorum => &[Question::Cman, Question::Groups],
        Question::FenceHistory | Question::Dlm => &[Question::Groups],
        Question::Units | Question::Daemons => &[Question::InitScripts],
        _ => &[],
    }
}
