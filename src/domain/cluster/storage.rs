//! Storage, from volume groups to paths.

use std::sync::Arc;

use crate::domain::observation::storage::MapRow;
use crate::domain::stamp::Stamp;

use super::Sight;

/// A volume group, merged across nodes by UUID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeGroup {
    /// Name.
    pub name: String,
    /// UUID.
    pub uuid: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes.
    pub free: Option<u64>,
    /// Shared between nodes (lvmlockd, clvmd, or simply seen by several).
    pub shared: bool,
    /// dlm, sanlock ...; clvmd for a clustered group of old.
    pub lock_type: Option<String>,
    /// Who sees it.
    pub seen_by: Vec<Arc<str>>,
    /// Who said so last.
    pub sight: Sight,
}

/// A logical volume, merged across nodes by UUID.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Volume {
    /// Volume group.
    pub vg: String,
    /// Name.
    pub lv: String,
    /// UUID.
    pub uuid: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Nodes where it is active.
    pub active_on: Vec<Arc<str>>,
    /// Nodes that see it.
    pub seen_by: Vec<Arc<str>>,
    /// Attributes from the first node where it is active.
    pub attr: String,
    /// Services that use it.
    pub used_by: Vec<String>,
    /// Fill of a thin pool, thin volume or snapshot.
    pub data_percent: Option<f64>,
    /// Fill of a thin pool's metadata.
    pub metadata_percent: Option<f64>,
    /// The thin pool that it belongs to.
    pub pool: Option<String>,
    /// It is a thin pool.
    pub is_thin_pool: bool,
    /// Progress of a pvmove or mirror sync.
    pub copy_percent: Option<f64>,
    /// Nodes whose device-mapper still shows another size: (node, bytes).
    pub stale_sizes: Vec<(Arc<str>, u64)>,
    /// Nodes whose device-mapper has it suspended: what uses it there stands still.
    pub suspended_on: Vec<Arc<str>>,
    /// What LVM says is wrong with it: (node, `partial`, `refresh needed` ...).
    pub health: Vec<(Arc<str>, String)>,
    /// Who said so last.
    pub sight: Sight,
}

impl Volume {
    /// The node that alone sees it.
    pub fn sole_node(&self) -> Option<&Arc<str>> {
        if let [only] = self.seen_by.as_slice() { Some(only) } else { None }
    }
}

/// A physical volume, merged across nodes by UUID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhysicalVolume {
    /// Path on the first node that sees it.
    pub path: String,
    /// Nodes where it has another path.
    pub elsewhere: Vec<(Arc<str>, String)>,
    /// UUID.
    pub uuid: Option<String>,
    /// Volume group.
    pub vg: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes.
    pub free: Option<u64>,
    /// Who sees it.
    pub seen_by: Vec<Arc<str>>,
    /// Who sees its group and does not find it.
    pub missing_on: Vec<Arc<str>>,
}

impl PhysicalVolume {
    /// Its path on a node that sees it.
    pub fn path_on(&self, node: &str) -> &str {
        self.elsewhere.iter().find(|(n, _)| **n == *node).map_or(&self.path, |(_, path)| path)
    }

    /// Whether this is its path on some node.
    pub fn has_path(&self, path: &str) -> bool {
        self.path == path || self.elsewhere.iter().any(|(_, other)| other == path)
    }
}

/// A filesystem mounted on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filesystem {
    /// The member.
    pub node: Arc<str>,
    /// Where.
    pub mount: String,
    /// ext4 ...
    pub kind: String,
    /// `vg/lv` or the device.
    pub source: String,
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes.
    pub used: Option<u64>,
    /// Bytes that may still be written.
    pub available: Option<u64>,
    /// Nobody may write to it: so it was mounted, or the kernel made it so after an error.
    pub read_only: bool,
    /// When.
    pub at: Stamp,
}

impl Filesystem {
    /// Fill in percent, as df counts it: used of (used + available).
    pub fn percent(&self) -> Option<f64> {
        let used = self.used?;
        let whole = match self.available {
            Some(available) => used.checked_add(available)?,
            None => self.size?,
        };
        #[allow(clippy::cast_precision_loss, reason = "a percentage")]
        (whole > 0).then(|| used as f64 * 100.0 / whole as f64)
    }
}

/// A multipath map on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathMap {
    /// The member.
    pub node: Arc<str>,
    /// Paths alive.
    pub active: u32,
    /// Paths.
    pub total: u32,
    /// The most paths that were alive at once while we watched: the kernel takes away those that stay lost.
    pub most: u32,
    /// As multipathd says.
    pub map: MapRow,
    /// When.
    pub at: Stamp,
}

impl PathMap {
    /// Whether paths are lost: those that it shows, all, or those that it had before.
    pub const fn is_short(&self) -> bool {
        self.active == 0 || self.active < self.total || self.active < self.most
    }
}
