//! Sections of the picture that have to be folded again.

use crate::domain::observation::Question;

/// Sections that have to be folded again.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "one mark a section")]
pub(super) struct Stale {
    pub(super) identity: bool,
    pub(super) quorum: bool,
    pub(super) manager: bool,
    pub(super) members: bool,
    pub(super) storage: bool,
    pub(super) filesystems: bool,
    pub(super) paths: bool,
    pub(super) network: bool,
    pub(super) fences: bool,
    pub(super) guests: bool,
}

impl Stale {
    pub(super) const ALL: Self = Self {
        identity: true,
        quorum: true,
        manager: true,
        members: true,
        storage: true,
        filesystems: true,
        paths: true,
        network: true,
        fences: true,
        guests: true,
    };

    pub(super) const fn any(self) -> bool {
        self.identity
            || self.quorum
            || self.manager
            || self.members
            || self.storage
            || self.filesystems
            || self.paths
            || self.network
            || self.fences
            || self.guests
    }

    /// An answer to this question came that says something new.
    pub(super) const fn by(&mut self, question: Question) {
        use Question as Q;
        self.members = true;
        match question {
            Q::CrmMon | Q::Clustat | Q::Cman | Q::ClusterConf | Q::Groups => {
                (self.quorum, self.manager, self.fences) = (true, true, true);
            }
            Q::Constraints | Q::QuorumDisk => self.manager = true,
            // By a node's clock its fencings are timed.
            Q::FenceHistory | Q::FenceDevices | Q::Clock => self.fences = true,
            Q::Tools | Q::Cmap | Q::Links | Q::Quorum | Q::Qdevice => self.quorum = true,
            Q::Lvs | Q::DeviceMapper => (self.storage, self.filesystems) = (true, true),
            Q::Vgs | Q::Pvs => self.storage = true,
            Q::Filesystems => self.filesystems = true,
            Q::Multipath | Q::Iscsi => self.paths = true,
            Q::Net | Q::Bonding | Q::LinkSpeeds => self.network = true,
            Q::GuestParams | Q::VirtHost | Q::Guests | Q::GuestStats | Q::GuestJobs | Q::LibvirtSockets | Q::Vmware | Q::VmwareStats => {
                self.guests = true;
            }
            Q::LinkStats | Q::Dlm | Q::Watchdog | Q::Units | Q::Daemons | Q::InitScripts | Q::Host => {}
        }
    }
}
