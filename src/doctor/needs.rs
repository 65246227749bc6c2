//! Which tools quorate wants on a node, for what, and where they come from.

use crate::domain::observation::Question;
use crate::domain::observation::host::Tools;

/// When a tool is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// On every node.
    Always,
    /// Where Pacemaker is the manager, and where no manager is found at all.
    Pacemaker,
    /// Where Red Hat Cluster Suite runs.
    Rhcs,
    /// Only where this is so.
    Where(&'static str),
}

/// What shows that another manager runs,
const RHCS: &[&str] = &["clustat", "cman_tool"];
/// and that there are guests, though perhaps no manager.
const GUESTS: &[&str] = &["virsh", "vmware-cmd", "vmrun"];

impl Use {
    /// Whether a node with these tools must have it.
    pub fn is_needed(self, tools: &Tools) -> bool {
        match self {
            Self::Always => true,
            Self::Pacemaker => {
                let any = |names: &[&str]| names.iter().any(|name| tools.has(name));
                any(&["crm_mon"]) || !any(RHCS) && (any(&["corosync-quorumtool"]) || !any(GUESTS))
            }
            Self::Rhcs => RHCS.iter().any(|tool| tools.has(tool)),
            Self::Where(_) => false,
        }
    }
}

/// A tool, or several of which one is enough.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// By bare name; any of them.
    pub tools: &'static [&'static str],
    /// What it answers.
    pub questions: &'static [Question],
    /// When.
    pub usage: Use,
    /// What is unknown without it.
    pub purpose: &'static str,
    /// Debian's package.
    pub apt: &'static str,
    /// The package of Red Hat's, Fedora's and SUSE's.
    pub rpm: &'static str,
    /// What to do where it is there and says no.
    pub cure: &'static str,
}

use Question as Q;

const START: &str = "is the cluster running on this node? systemctl start corosync pacemaker";
const CMAN: &str = "is the cluster running on this node? service cman start; service rgmanager start";
const LVM: Use = Use::Where("volumes are LVM's");

/// In the order of the report.
#[rustfmt::skip]
pub const NEEDS: &[Need] = &[
    Need { tools: &["crm_mon"], questions: &[Q::CrmMon], usage: Use::Pacemaker, purpose: "resources, node states, failures", apt: "pacemaker-cli-utils", rpm: "pacemaker-cli", cure: START },
    Need { tools: &["cibadmin"], questions: &[Q::Constraints], usage: Use::Pacemaker, purpose: "preferences, bans, leftover constraints", apt: "pacemaker-cli-utils", rpm: "pacemaker-cli", cure: START },
    Need { tools: &["stonith_admin"], questions: &[Q::FenceHistory, Q::FenceDevices], usage: Use::Pacemaker, purpose: "fence devices and history", apt: "pacemaker-cli-utils", rpm: "pacemaker-cli", cure: START },
    Need { tools: &["corosync-quorumtool"], questions: &[Q::Quorum], usage: Use::Pacemaker, purpose: "votes and quorum", apt: "corosync", rpm: "corosync", cure: START },
    Need { tools: &["corosync-cfgtool"], questions: &[Q::Links], usage: Use::Pacemaker, purpose: "links to each peer", apt: "corosync", rpm: "corosync", cure: START },
    Need { tools: &["corosync-cmapctl"], questions: &[Q::Cmap, Q::LinkStats], usage: Use::Pacemaker, purpose: "names, addresses, latency", apt: "corosync", rpm: "corosync", cure: START },
    Need { tools: &["corosync-qdevice-tool"], questions: &[Q::Qdevice], usage: Use::Where("a quorum device votes"), purpose: "the quorum device", apt: "corosync-qdevice", rpm: "corosync-qdevice", cure: "" },
    Need { tools: &["clustat"], questions: &[Q::Clustat], usage: Use::Rhcs, purpose: "services, by rgmanager", apt: "rgmanager", rpm: "rgmanager", cure: CMAN },
    Need { tools: &["cman_tool"], questions: &[Q::Cman], usage: Use::Rhcs, purpose: "members, votes and quorum", apt: "cman", rpm: "cman", cure: CMAN },
    Need { tools: &["fence_tool", "group_tool"], questions: &[Q::Groups], usage: Use::Rhcs, purpose: "fence domain, DLM and GFS groups", apt: "cman", rpm: "cman", cure: CMAN },
    Need { tools: &["dlm_tool"], questions: &[Q::Dlm], usage: Use::Where("DLM locks shared storage"), purpose: "DLM", apt: "dlm-controld", rpm: "dlm", cure: "" },
    Need { tools: &["systemctl"], questions: &[Q::Units], usage: Use::Where("systemd runs the daemons"), purpose: "states of the daemons", apt: "systemd", rpm: "systemd", cure: "" },
    Need { tools: &["journalctl"], questions: &[], usage: Use::Where("there is a journal; log files are followed instead"), purpose: "the journal", apt: "systemd", rpm: "systemd", cure: "" },
    Need { tools: &["ip"], questions: &[Q::Net], usage: Use::Always, purpose: "NICs, bonds, bridges, VLANs", apt: "iproute2", rpm: "iproute", cure: "run ip -d link by hand" },
    Need { tools: &["df"], questions: &[Q::Filesystems], usage: Use::Always, purpose: "usage of filesystems", apt: "coreutils", rpm: "coreutils", cure: "run df by hand: a server of a mounted filesystem may be dead" },
    Need { tools: &["virsh"], questions: &[Q::LibvirtSockets, Q::Guests], usage: Use::Where("guests run under libvirt"), purpose: "guests", apt: "libvirt-clients", rpm: "libvirt-client", cure: "is libvirtd or virtqemud running? is the user in the group libvirt?" },
    Need { tools: &["vmware-cmd", "vmrun"], questions: &[Q::Vmware], usage: Use::Where("guests run under VMware Server"), purpose: "guests of VMware Server", apt: "", rpm: "", cure: "does VMware run (service vmware status)? vmrun wants VMRUN_HOST, VMRUN_USER and VMRUN_PASSWORD in /etc/sysconfig/vmware-service" },
    Need { tools: &["lvs"], questions: &[Q::Lvs, Q::Vgs, Q::Pvs], usage: LVM, purpose: "volumes", apt: "lvm2", rpm: "lvm2", cure: "run lvs by hand: it names what it cannot read" },
    Need { tools: &["dmsetup"], questions: &[Q::DeviceMapper], usage: LVM, purpose: "where volumes are active", apt: "dmsetup", rpm: "device-mapper", cure: "" },
    Need { tools: &["multipathd", "multipath"], questions: &[Q::Multipath], usage: Use::Where("dm-multipath is used"), purpose: "paths", apt: "multipath-tools", rpm: "device-mapper-multipath", cure: "" },
    Need { tools: &["iscsiadm"], questions: &[Q::Iscsi], usage: Use::Where("iSCSI is used"), purpose: "sessions", apt: "open-iscsi", rpm: "iscsi-initiator-utils", cure: "" },
];
