//! Alerts: what is wrong now, as opposed to events, which say what happened.

use serde::Serialize;

use super::event::Severity;
use super::stamp::Stamp;

/// The alert codes of the contract (`status --json`, Alerts), and those of VMware's guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "contract.md says what each means")]
pub enum AlertCode {
    NoQuorum,
    ViewsDisagree,
    MemberUnclean,
    ServiceStopped,
    ServiceFailed,
    GuestTwice,
    BondDown,
    VolumeFull,
    ThinPoolFull,
    FenceFailed,
    QuorumMarginZero,
    MemberOffline,
    MemberUnreachable,
    ManagerDown,
    GuestDrift,
    FencingDisabled,
    BondDegraded,
    PathLost,
    MaintenanceOn,
    ConfigDiffers,
    ClockSkew,
    GuestUnmanaged,
    SinglePortBond,
    LeftoverConstraint,
    GuestQuestion,
    GuestSilent,
}

impl AlertCode {
    /// The contract's word, e.g. `no-quorum`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoQuorum => "no-quorum",
            Self::ViewsDisagree => "views-disagree",
            Self::MemberUnclean => "member-unclean",
            Self::ServiceStopped => "service-stopped",
            Self::ServiceFailed => "service-failed",
            Self::GuestTwice => "guest-twice",
            Self::BondDown => "bond-down",
            Self::VolumeFull => "volume-full",
            Self::ThinPoolFull => "thin-pool-full",
            Self::FenceFailed => "fence-failed",
            Self::QuorumMarginZero => "quorum-margin-zero",
            Self::MemberOffline => "member-offline",
            Self::MemberUnreachable => "member-unreachable",
            Self::ManagerDown => "manager-down",
            Self::GuestDrift => "guest-drift",
            Self::FencingDisabled => "fencing-disabled",
            Self::BondDegraded => "bond-degraded",
            Self::PathLost => "path-lost",
            Self::MaintenanceOn => "maintenance-on",
            Self::ConfigDiffers => "config-differs",
            Self::ClockSkew => "clock-skew",
            Self::GuestUnmanaged => "guest-unmanaged",
            Self::SinglePortBond => "single-port-bond",
            Self::LeftoverConstraint => "leftover-constraint",
            Self::GuestQuestion => "guest-question",
            Self::GuestSilent => "guest-silent",
        }
    }
}

/// One thing that is wrong now. Its identity is (code, subject).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// critical, warning or notice.
    pub severity: Severity,
    /// What kind.
    pub code: AlertCode,
    /// The cluster's name, a member, a service id, `vg/lv`, `node:bond`, `node:mount` or `node:map`.
    pub subject: String,
    /// One sentence: what is wrong and what it means.
    pub text: String,
    /// Since when quorate has seen it.
    #[serde(skip)]
    pub since: Stamp,
}
