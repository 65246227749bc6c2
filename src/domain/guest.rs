//! Guests: virtual machines as the hypervisors see them, whatever a cluster manager thinks.

use std::sync::Arc;

use serde::Serialize;

use super::observation::guest::{DiskSample, GuestJob, VirtHost};
use super::observation::vmware::{VmwareQuestion, VmwareSample, VmwareState, VmwareTool};
use super::stamp::Stamp;

/// A guest's state (contract).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum GuestState {
    Running,
    Paused,
    Shutoff,
    Crashed,
    Saved,
    #[default]
    Unknown,
}

impl GuestState {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Shutoff => "shutoff",
            Self::Crashed => "crashed",
            Self::Saved => "saved",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a hypervisor process holds its memory and disks.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Crashed)
    }
}

/// Why a guest is as it is whose post-copy migration failed.
pub const TORN: &str = "post-copy failed";

/// One guest on one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guest {
    /// Its name.
    pub name: String,
    /// Its UUID; the path of its configuration where VMware does not tell one.
    pub uuid: String,
    /// The member whose hypervisor has it.
    pub node: Arc<str>,
    /// Its state there.
    pub state: GuestState,
    /// Why, in the hypervisor's words.
    pub reason: Option<String>,
    /// On the way to another node, or from one.
    pub migrating: bool,
    /// The service that manages it.
    pub managed_by: Option<String>,
    /// Its definition, where it could be read.
    pub definition: Option<Arc<Definition>>,
    /// Its figures while it runs.
    pub figures: GuestFigures,
    /// Its running job.
    pub job: Option<GuestJob>,
    /// Since when it has been seen in this state.
    pub since: Option<Stamp>,
    /// Since when it has been active here and not on its way, as far as was seen.
    pub active_since: Option<Stamp>,
    /// Since when it runs on its node, by our clock.
    pub up_since: Option<Stamp>,
    /// When its state was told, by our clock.
    pub at: Stamp,
    /// When that was asked for: the state may be as old as this.
    pub asked: Stamp,
    /// Nothing has been heard of it for too long: its node's hypervisor does not answer.
    pub stale: bool,
    /// What VMware alone knows of it; none: libvirt has it.
    pub vmware: Option<Box<VmwareFacts>>,
}

/// What VMware Server says of a guest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VmwareFacts {
    /// The path of its configuration, which names it for VMware.
    pub vmx: String,
    /// By which tool.
    pub tool: VmwareTool,
    /// Its state in VMware's words.
    pub state: VmwareState,
    /// What it waits for.
    pub question: Option<VmwareQuestion>,
    /// Figures of a running guest.
    pub sample: Option<VmwareSample>,
    /// Since when its heartbeat has not moved, by two readings at least; none: it moves, or nobody can tell.
    pub still_since: Option<Stamp>,
}

/// What runs guests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hypervisor {
    /// Whatever libvirt drives.
    #[default]
    Libvirt,
    /// VMware Server.
    Vmware,
}

impl Hypervisor {
    /// As it is called.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Libvirt => "libvirt",
            Self::Vmware => "VMware",
        }
    }
}

impl Guest {
    /// Who has it.
    pub const fn hypervisor(&self) -> Hypervisor {
        if self.vmware.is_some() { Hypervisor::Vmware } else { Hypervisor::Libvirt }
    }

    /// Its state in the hypervisor's own word, as a sentence has it.
    pub fn word(&self) -> &'static str {
        self.vmware.as_ref().map_or_else(|| self.state.word(), |v| v.state.said())
    }

    /// Whether it is one half of a guest whose memory lies on two nodes since its post-copy migration failed: neither can go on alone.
    pub fn is_torn(&self) -> bool {
        self.reason.as_deref() == Some(TORN)
    }

    /// Its UUID, where one is known.
    pub fn known_uuid(&self) -> Option<&str> {
        Some(self.uuid.as_str()).filter(|uuid| !uuid.starts_with(['/', '[']))
    }

    /// Virtual CPUs: those that are on, else as defined.
    pub fn vcpus(&self) -> Option<u32> {
        self.figures.vcpus.or_else(|| self.definition.as_ref()?.vcpus)
    }

    /// Bytes as defined.
    pub fn memory(&self) -> Option<u64> {
        self.definition.as_ref()?.memory.or(self.figures.memory)
    }
}

/// Figures of a running guest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuestFigures {
    /// When.
    pub at: Option<Stamp>,
    /// Virtual CPUs that are on.
    pub vcpus: Option<u32>,
    /// Of one host CPU: two busy vCPUs are 200.
    pub cpu_percent: Option<f64>,
    /// CPU percent of the last minutes, of all its vCPUs together, oldest first.
    pub cpu_history: Vec<u8>,
    /// Bytes that the balloon leaves it.
    pub memory: Option<u64>,
    /// Bytes that it uses, where its kernel tells.
    pub memory_used: Option<u64>,
    /// Bytes of the host that it takes.
    pub rss: Option<u64>,
    /// Bytes a second: read, written.
    pub disk: (Option<u64>, Option<u64>),
    /// Bytes a second: received, sent.
    pub net: (Option<u64>, Option<u64>),
    /// Each disk as it was read last.
    pub disks: Vec<DiskSample>,
}

/// What a guest is made of, out of its XML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// UUID.
    pub uuid: String,
    /// Name.
    pub name: String,
    /// Title or description.
    pub title: Option<String>,
    /// kvm, qemu, test ...
    pub kind: String,
    /// pc-i440fx-7.2 ...
    pub machine: Option<String>,
    /// Firmware: bios, efi.
    pub firmware: Option<String>,
    /// Devices that it boots from, in order.
    pub boot: Vec<String>,
    /// Virtual CPUs at start.
    pub vcpus: Option<u32>,
    /// Bytes.
    pub memory: Option<u64>,
    /// CPU mode and model: `host-passthrough`, `custom Haswell`.
    pub cpu: Option<String>,
    /// Disks.
    pub disks: Vec<Disk>,
    /// Network interfaces.
    pub nics: Vec<Nic>,
    /// The guest agent's channel: whether it is there, and connected while the guest runs.
    pub agent: Option<bool>,
    /// It has a serial console.
    pub console: bool,
    /// Devices of the host that tie it to the node: why it cannot migrate.
    pub host_devices: Vec<String>,
    /// Kept when it stops.
    pub persistent: Option<bool>,
    /// Starts with the host.
    pub autostart: Option<bool>,
    /// Suspended to disk.
    pub saved: bool,
    /// Names of snapshots.
    pub snapshots: Vec<String>,
    /// Fingerprint of what is defined (not of what happens to run); none where nothing is kept.
    pub fingerprint: Option<u64>,
    /// The XML, harmless, line by line.
    pub xml: Arc<[String]>,
}

/// A disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// In the guest: vda ...
    pub target: String,
    /// disk, cdrom ...
    pub device: String,
    /// file, block, network, volume ...
    pub kind: DiskKind,
    /// Path, or `protocol:name`, with ` on host:port, ...` where servers are told.
    pub source: Option<String>,
    /// raw, qcow2 ...
    pub format: Option<String>,
    /// Cannot be written.
    pub read_only: bool,
    /// May be open on several nodes at once.
    pub shareable: bool,
    /// Cache mode.
    pub cache: Option<String>,
    /// Files below an overlay, from its own backing file down.
    pub backing: Vec<String>,
}

impl Disk {
    /// Whether the guest writes to it and takes it for its own: also a unit that it speaks SCSI to (`device='lun'`).
    pub fn is_its_own(&self) -> bool {
        !self.read_only && !self.shareable && matches!(self.device.as_str(), "disk" | "lun")
    }
}

/// What a disk is on the node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "libvirt's own words")]
pub enum DiskKind {
    #[default]
    File,
    Block,
    Network,
    Volume,
    Other,
}

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nic {
    /// MAC address.
    pub mac: Option<String>,
    /// How it is connected.
    pub kind: NicKind,
    /// The bridge, network, or device of the host.
    pub source: Option<String>,
    /// The bridge behind a network, as libvirt resolves it while the guest runs.
    pub bridge: Option<String>,
    /// vnet0 ..., while it runs.
    pub device: Option<String>,
    /// virtio ...
    pub model: Option<String>,
    /// VLAN tags that libvirt sets.
    pub vlans: Vec<u16>,
    /// The link is set down.
    pub down: bool,
}

/// How a NIC is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "libvirt's own words")]
pub enum NicKind {
    #[default]
    Bridge,
    Network,
    Direct,
    Other,
}

/// A hypervisor of a member: its libvirt, its VMware Server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VirtNode {
    /// The member.
    pub node: Arc<str>,
    /// Which.
    pub hypervisor: Hypervisor,
    /// Connected.
    pub up: bool,
    /// Why not.
    pub trouble: Option<String>,
    /// When a guest was last seen to come, go or change its state there.
    pub changed: Option<Stamp>,
    /// The host as it knows it.
    pub host: Option<VirtHost>,
}

/// Volume group and volume behind a device path: `/dev/vg/lv`, or `vg-lv` with hyphens of names doubled, as device-mapper calls it.
pub fn volume_of(path: &str) -> Option<(String, String)> {
    if let Some(name) = path.strip_prefix("/dev/mapper/").or_else(|| path.strip_prefix("/dev/disk/by-id/dm-name-")) {
        let bytes = name.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b'-' {
                if bytes.get(at + 1) == Some(&b'-') {
                    at += 1;
                } else {
                    let (vg, lv) = name.split_at(at);
                    let plain = |s: &str| s.replace("--", "-");
                    return Some((plain(vg), plain(lv.get(1..)?)));
                }
            }
            at += 1;
        }
        return None;
    }
    let (vg, lv) = path.strip_prefix("/dev/")?.split_once('/')?;
    let plain = !lv.is_empty() && !lv.contains('/') && !matches!(vg, "disk" | "mapper" | "block" | "char" | "shm" | "pts");
    plain.then(|| (vg.to_owned(), lv.to_owned()))
}
