//! What the storage tools say. Sizes are bytes.

/// A row of `lvs`. Columns that the tool did not print are none.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "lvs's own column names")]
pub struct LvRow {
    pub vg: String,
    pub lv: String,
    pub uuid: Option<String>,
    pub attr: String,
    pub size: Option<u64>,
    pub pool: Option<String>,
    pub origin: Option<String>,
    pub data_percent: Option<f64>,
    pub metadata_percent: Option<f64>,
    pub move_pv: Option<String>,
    pub copy_percent: Option<f64>,
    pub devices: Option<String>,
    pub layout: Option<String>,
    pub role: Option<String>,
    pub health: Option<String>,
}

impl LvRow {
    /// Internal volumes (`[lvol0_pmspare]`, `pool_tdata` ...) are not for operators. A pool itself is: its role is `private` and nothing else.
    pub fn is_hidden(&self) -> bool {
        self.lv.starts_with('[') || self.role.as_deref().is_some_and(|role| role.starts_with("private,"))
    }

    /// Active on the node that answered (fifth character of the attributes): also a thin pool that needs a check (`c`, `C`), no historical volume (`h`).
    pub fn is_active(&self) -> bool {
        matches!(self.attr.as_bytes().get(4), Some(b'a' | b's' | b'S' | b'i' | b'I' | b'm' | b'M' | b'c' | b'C'))
    }

    /// A thin pool (first character of the attributes).
    pub fn is_thin_pool(&self) -> bool {
        self.attr.starts_with('t')
    }

    /// A snapshot of the old kind: first character of the attributes, or an origin without a pool.
    pub fn is_thick_snapshot(&self) -> bool {
        let set = |name: Option<&str>| name.is_some_and(|n| !n.is_empty());
        self.attr.starts_with(['s', 'S']) || (set(self.origin.as_deref()) && !set(self.pool.as_deref()))
    }

    /// Its figures change without a command: it fills up (pools, snapshots, caches), or is copied or moved.
    pub fn is_restless(&self) -> bool {
        self.data_percent.is_some()
            || self.copy_percent.is_some_and(|p| p < 100.0)
            || self.move_pv.as_deref().is_some_and(|m| !m.is_empty())
    }
}

/// A row of `vgs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "vgs's own column names")]
pub struct VgRow {
    pub vg: String,
    pub uuid: Option<String>,
    pub attr: String,
    pub size: Option<u64>,
    pub free: Option<u64>,
    pub lock_type: Option<String>,
    pub shared: bool,
    pub clustered: bool,
    pub pv_count: Option<u32>,
    pub lv_count: Option<u32>,
    pub missing_pvs: Option<u32>,
}

/// A row of `pvs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "pvs's own column names")]
pub struct PvRow {
    pub path: String,
    pub uuid: Option<String>,
    pub vg: Option<String>,
    pub attr: String,
    pub size: Option<u64>,
    pub free: Option<u64>,
    pub device_size: Option<u64>,
}

impl PvRow {
    /// The group names it and the node does not find it: third character of the attributes, and the path as LVM words it.
    pub fn is_missing(&self) -> bool {
        self.attr.as_bytes().get(2) == Some(&b'm') || matches!(self.path.as_str(), "[unknown]" | "unknown device")
    }
}

/// A device of `dmsetup info`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DmDevice {
    /// As device-mapper names it (`vgvm-vm1`, dashes doubled).
    pub name: String,
    /// `LVM-<vg uuid><lv uuid>`, `mpath-<wwid>` ...
    pub uuid: String,
    /// Open count.
    pub open: Option<u32>,
    /// Suspended.
    pub suspended: bool,
    /// Bytes, from the table where it was asked.
    pub size: Option<u64>,
}

impl DmDevice {
    /// Volume group and logical volume out of the name: `a--b-c` is VG `a-b`, LV `c`. None if it is no LVM name.
    pub fn vg_lv(&self) -> Option<(String, String)> {
        let bytes = self.name.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b'-' {
                if bytes.get(at + 1) == Some(&b'-') {
                    at += 2;
                    continue;
                }
                let (vg, lv) = (self.name.get(..at)?, self.name.get(at + 1..)?);
                return Some((vg.replace("--", "-"), lv.replace("--", "-")));
            }
            at += 1;
        }
        None
    }
}

/// A mounted filesystem on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountRow {
    /// The device as mounted.
    pub source: String,
    /// ext4, xfs, gfs2 ...
    pub kind: String,
    /// Where.
    pub mount: String,
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes.
    pub used: Option<u64>,
    /// Bytes that a user may still write.
    pub available: Option<u64>,
    /// Mounted read-only, where known.
    pub read_only: Option<bool>,
}

/// A multipath map on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapRow {
    /// Alias or WWID.
    pub name: String,
    /// WWID.
    pub wwid: Option<String>,
    /// `dm-2`.
    pub dm: Option<String>,
    /// Bytes, where printed.
    pub size: Option<u64>,
    /// The paths.
    pub paths: Vec<PathRow>,
    /// Queueing when no path is left.
    pub queueing: Option<String>,
}

/// One path of a map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "multipathd's own names")]
pub struct PathRow {
    pub device: String,
    /// active, failed ...
    pub dm_state: String,
    /// ready, faulty, ghost, shaky ...
    pub checker_state: String,
    /// running, offline ...
    pub device_state: String,
    pub host: Option<String>,
}

impl PathRow {
    /// Whether I/O may go over it.
    pub fn is_alive(&self) -> bool {
        self.dm_state == "active" && !matches!(self.checker_state.as_str(), "faulty" | "failed" | "down")
    }
}

/// An iSCSI session of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "iscsiadm's own names")]
pub struct IscsiSession {
    pub sid: Option<u32>,
    pub target: String,
    pub portal: String,
    /// LOGGED_IN, FAILED, FREE; none where only `-m session` without `-P` was possible.
    pub session_state: Option<String>,
    pub connection_state: Option<String>,
    pub devices: Vec<String>,
}
