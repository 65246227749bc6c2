//! What libvirt says of a node's guests.

use std::sync::Arc;
use std::time::Duration;

pub use crate::domain::guest::{Definition, Disk, DiskKind, GuestState, Nic, NicKind};

/// The node as its libvirt knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtHost {
    /// Its own host name.
    pub hostname: Option<String>,
    /// The UUID of the host; migration is refused between hosts of the same one.
    pub uuid: Option<String>,
    /// Its address on its own host, as virsh takes it there: `qemu:///system`.
    pub uri: Option<String>,
    /// QEMU, Test ...
    pub driver: Option<String>,
    /// The hypervisor's version.
    pub hypervisor: Option<String>,
    /// libvirt's version there.
    pub version: Option<String>,
    /// Architecture.
    pub arch: Option<String>,
    /// CPU model and vendor.
    pub cpu_model: Option<String>,
    /// CPU vendor.
    pub cpu_vendor: Option<String>,
    /// CPU features beyond the model.
    pub cpu_features: Vec<String>,
    /// The `<cpu>` of the capabilities as XML: what a comparison of CPUs takes.
    pub cpu_xml: Option<String>,
    /// CPUs.
    pub cpus: Option<u32>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Bytes.
    pub free_memory: Option<u64>,
    /// Virtual networks.
    pub networks: Vec<VirtNetwork>,
}

/// A virtual network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtNetwork {
    /// Name.
    pub name: String,
    /// The bridge behind it.
    pub bridge: Option<String>,
    /// Whether it runs.
    pub active: bool,
}

/// What a node itself tells of its libvirt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtPlace {
    /// Where it listens.
    pub sockets: Vec<VirtSocket>,
    /// How long the process of each guest that runs has been there, by the guest's name.
    pub ages: Vec<(String, Duration)>,
}

/// A libvirt socket on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtSocket {
    /// Its path.
    pub path: String,
    /// Made for looking only (`-ro`).
    pub read_only: bool,
    /// Whether this user may connect.
    pub usable: bool,
}

/// All guests of a node, with the definitions that are new or have changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuestList {
    /// Running or not.
    pub rows: Vec<GuestRow>,
    /// To be merged into those that are known.
    pub definitions: Vec<Arc<Definition>>,
}

/// One guest's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestRow {
    /// UUID.
    pub uuid: String,
    /// Name.
    pub name: String,
    /// Its id while it runs.
    pub id: Option<u32>,
    /// The state (`Saved` is told by the definition).
    pub state: GuestState,
    /// Why, in libvirt's words: `booted`, `migrating`, `I/O error` ...
    pub reason: Option<&'static str>,
    /// Stands still only because its memory is on the way: from here or to here.
    pub migrating: bool,
}

/// One guest's cumulative figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestSample {
    /// UUID.
    pub uuid: String,
    /// CPU time, nanoseconds.
    pub cpu_ns: Option<u64>,
    /// Virtual CPUs that are on.
    pub vcpus: Option<u32>,
    /// Bytes that the balloon leaves it.
    pub memory: Option<u64>,
    /// Bytes that the guest's kernel could still use, where it tells.
    pub memory_usable: Option<u64>,
    /// Bytes of the host that it takes.
    pub rss: Option<u64>,
    /// Bytes received, all NICs.
    pub net_rx: Option<u64>,
    /// Bytes sent, all NICs.
    pub net_tx: Option<u64>,
    /// Its disks.
    pub disks: Vec<DiskSample>,
}

/// One disk's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskSample {
    /// Target in the guest: vda ...
    pub target: String,
    /// Cumulative bytes.
    pub read: Option<u64>,
    /// Cumulative bytes.
    pub written: Option<u64>,
    /// Bytes written to so far.
    pub allocation: Option<u64>,
    /// Bytes that the guest sees.
    pub capacity: Option<u64>,
    /// Bytes of the container (file or device).
    pub physical: Option<u64>,
}

/// A running job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuestJob {
    /// The guest's UUID.
    pub uuid: String,
    /// `outgoing migration`, `save`, `backup` ...
    pub operation: &'static str,
    /// Milliseconds since it began.
    pub elapsed_ms: Option<u64>,
    /// Milliseconds left, as the hypervisor guesses.
    pub remaining_ms: Option<u64>,
    /// Bytes in all.
    pub total: Option<u64>,
    /// Bytes moved.
    pub processed: Option<u64>,
    /// Bytes left.
    pub remaining: Option<u64>,
    /// Bytes a second that move.
    pub speed: Option<u64>,
    /// Bytes a second that the guest changes meanwhile.
    pub dirty_rate: Option<u64>,
    /// How many times its memory was gone over.
    pub iteration: Option<u64>,
    /// Milliseconds of downtime that are expected.
    pub downtime_ms: Option<u64>,
}

/// Whether a migration will end by itself: memory is sent clearly faster (bytes a second) than the guest changes it. A guest that changes the same pages over
/// and over seems to change them just as fast as they are sent. None before its memory was gone over twice: until then nobody can tell.
pub const fn converges(speed: Option<u64>, dirty: Option<u64>, iteration: Option<u64>) -> Option<bool> {
    match (speed, dirty, iteration) {
        (Some(speed @ 1..), Some(dirty), Some(2..)) => Some(dirty.saturating_mul(100) < speed.saturating_mul(85)),
        _ => None,
    }
}

impl GuestJob {
    /// Whether it will end by itself; none before anybody can tell.
    pub const fn converges(&self) -> Option<bool> {
        converges(self.speed, self.dirty_rate, self.iteration)
    }

    /// Done, in percent.
    pub fn percent(&self) -> Option<f64> {
        let (total, left) = (self.total?, self.remaining?);
        #[allow(clippy::cast_precision_loss, reason = "a percentage")]
        (total > 0).then(|| 100.0 - (left.min(total) as f64 * 100.0 / total as f64))
    }
}
