//! What a node says of itself.

use std::time::Duration;

use crate::domain::stamp::Stamp;

/// Which tools answer, by bare name, with the version text where it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tools {
    /// Names of the tools found on PATH.
    pub present: Vec<String>,
    /// (tool, first line of its version output).
    pub versions: Vec<(String, String)>,
    /// `id -u` of the user that asks.
    pub uid: Option<u32>,
    /// `uname -n`.
    pub hostname: Option<String>,
    /// `date +%z`: seconds east of UTC, for log lines that carry local time.
    pub utc_offset_secs: Option<i32>,
    /// `crm_node -n`, or corosync's own name for this node.
    pub member_name: Option<String>,
}

impl Tools {
    /// Whether a tool answers on this node.
    pub fn has(&self, tool: &str) -> bool {
        self.present.iter().any(|t| t == tool)
    }
}

/// A reading of /proc. CPU time is cumulative: two readings make a rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostSample {
    /// /proc/uptime, first field.
    pub uptime: Option<Duration>,
    /// Jiffies not idle (neither idle nor iowait) since boot, all CPUs.
    pub cpu_busy: Option<u64>,
    /// All jiffies since boot, all CPUs.
    pub cpu_total: Option<u64>,
    /// Online CPUs.
    pub cpus: Option<u32>,
    /// Bytes.
    pub memory_total: Option<u64>,
    /// Bytes (MemAvailable; MemFree + Buffers + Cached on old kernels).
    pub memory_available: Option<u64>,
    /// 1, 5, 15 minutes.
    pub load: Option<[f32; 3]>,
    /// `uname -r`.
    pub kernel: Option<String>,
    /// PRETTY_NAME of os-release, or the first line of redhat-release.
    pub os: Option<String>,
    /// Boot id.
    pub boot_id: Option<String>,
}

/// A reading of the node's clock between two of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSample {
    /// The node's clock.
    pub theirs: Stamp,
    /// Ours when the question was sent.
    pub sent: Stamp,
    /// Ours when the answer came.
    pub received: Stamp,
}

impl ClockSample {
    /// Theirs minus ours in microseconds, wrong by at most half the round trip.
    pub const fn offset_micros(&self) -> i64 {
        self.theirs.0 - (self.sent.0 + (self.received.0 - self.sent.0) / 2)
    }

    /// The round trip, microseconds.
    pub const fn round_trip_micros(&self) -> i64 {
        self.received.0 - self.sent.0
    }
}

/// A daemon: systemd's unit, or a process where there is no systemd.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Without `.service`.
    pub name: String,
    /// not-found, loaded, masked; `process` where there is no systemd.
    pub load: String,
    /// active, inactive, failed, activating ...
    pub active: String,
    /// running, dead ...
    pub sub: String,
}

/// Watchdog and sbd.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchdogView {
    /// Device nodes found (`/dev/watchdog0`).
    pub devices: Vec<String>,
    /// Identity by sysfs.
    pub identity: Option<String>,
    /// sysfs state: active or inactive.
    pub state: Option<String>,
    /// sbd runs.
    pub sbd_running: Option<bool>,
    /// SBD_DEVICE of /etc/sysconfig/sbd or /etc/default/sbd.
    pub sbd_devices: Vec<String>,
    /// SBD_WATCHDOG_DEV: which watchdog sbd feeds.
    pub sbd_watchdog: Option<String>,
    /// SBD_WATCHDOG_TIMEOUT, seconds: when it resets the node that sbd does not feed it on.
    pub sbd_timeout_s: Option<u32>,
}
