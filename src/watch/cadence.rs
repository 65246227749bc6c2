//! How often each question is asked when nothing triggers it: the safety net under the live streams.

use std::time::Duration;

use crate::domain::observation::Question;

/// How a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Every node answers for itself.
    Each,
    /// One node answers for the manager.
    Manager,
    /// Every node once; then only those that see a volume group no other asked node sees.
    Storage,
}

/// Who is asked.
pub const fn whom(question: Question) -> Whom {
    use Question as Q;
    match question {
        Q::CrmMon | Q::Constraints | Q::FenceHistory => Whom::Manager,
        Q::Lvs | Q::Vgs | Q::Pvs => Whom::Storage,
        _ => Whom::Each,
    }
}

/// Time between two answers. A question that a live stream makes stale needs its net only for what the stream missed;
/// `live` says whether that stream flows.
pub const fn period(question: Question, live: bool) -> Duration {
    use Question as Q;
    let secs = match question {
        Q::Host => 5,
        Q::Quorum | Q::Links | Q::Net if !live => 5,
        Q::CrmMon if !live => 10,
        Q::Multipath if !live => 15,
        Q::Clock | Q::Quorum | Q::Links | Q::LinkStats | Q::CrmMon | Q::Net | Q::Bonding | Q::Multipath | Q::Units | Q::Daemons => 30,
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
        | Q::LinkSpeeds => 60,
        Q::Tools | Q::Cmap | Q::Watchdog => 300,
    };
    Duration::from_secs(secs)
}

/// A question is never asked again sooner than this after its last answer, however often it is triggered: ten times what that answer cost
/// the node. A cockpit must not load what it watches.
pub fn gap(last_cost: Duration) -> Duration {
    last_cost.saturating_mul(10).clamp(Duration::from_millis(100), Duration::from_secs(120))
}

/// All questions that a node is asked about itself after its tools are known, the quick ones first.
pub const EACH: &[Question] = &[
    Question::Quorum,
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
];

/// All questions that one node answers for the manager.
pub const MANAGER: &[Question] = &[Question::CrmMon, Question::Constraints, Question::FenceHistory];
