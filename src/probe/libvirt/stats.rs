//! Bulk statistics and jobs, by libvirt's own field names (`virConnectGetAllDomainStats`, `virDomainGetJobStats`).

use crate::domain::observation::guest::{DiskSample, GuestJob, GuestSample};
use crate::domain::text::clean;
use crate::link::libvirt::said::{Fields, JobSaid, StatsSaid, Value};

/// Disks and NICs that are looked at: a count in an answer is not trusted beyond this.
const MOST: u64 = 256;

/// Reads one guest's statistics.
pub fn sample(said: &StatsSaid) -> GuestSample {
    let fields = &said.fields;
    let count = |name: &str| fields.get(name).and_then(Value::count);
    let kib = |name: &str| count(name).and_then(|n| n.checked_mul(1024));
    let sum = |what: &str| {
        let nics = 0..count("net.count")?.min(MOST);
        let parts: Vec<u64> = nics.filter_map(|at| count(&format!("net.{at}.{what}"))).collect();
        (!parts.is_empty()).then(|| parts.iter().fold(0_u64, |a, b| a.saturating_add(*b)))
    };
    GuestSample {
        uuid: clean(&said.uuid),
        cpu_ns: count("cpu.time"),
        vcpus: count("vcpu.current").and_then(|n| u32::try_from(n).ok()),
        memory: kib("balloon.current"),
        memory_usable: kib("balloon.usable").or_else(|| kib("balloon.unused")),
        rss: kib("balloon.rss"),
        net_rx: sum("rx.bytes"),
        net_tx: sum("tx.bytes"),
        disks: (0..count("block.count").unwrap_or(0).min(MOST)).filter_map(|at| disk(fields, at)).collect(),
    }
}

fn disk(fields: &Fields, at: u64) -> Option<DiskSample> {
    let Some(Value::Text(target)) = fields.get(&format!("block.{at}.name")) else { return None };
    let count = |name: &str| fields.get(&format!("block.{at}.{name}")).and_then(Value::count);
    Some(DiskSample {
        target: clean(target),
        read: count("rd.bytes"),
        written: count("wr.bytes"),
        allocation: count("allocation"),
        capacity: count("capacity"),
        physical: count("physical"),
    })
}

/// Reads one guest's job.
pub fn job(said: &JobSaid) -> GuestJob {
    let count = |name: &str| said.fields.get(name).and_then(Value::count);
    GuestJob {
        uuid: clean(&said.uuid),
        operation: operation(count("operation")),
        elapsed_ms: count("time_elapsed"),
        remaining_ms: count("time_remaining"),
        total: count("data_total"),
        processed: count("data_processed"),
        remaining: count("data_remaining"),
        speed: count("memory_bps").or_else(|| count("disk_bps")),
        // Pages a second.
        dirty_rate: count("memory_dirty_rate").map(|n| n.saturating_mul(count("memory_page_size").unwrap_or(4096))),
        iteration: count("memory_iteration"),
        downtime_ms: count("downtime"),
    }
}

/// `virDomainJobOperation`.
pub fn operation(number: Option<u64>) -> &'static str {
    match number {
        Some(1) => "start",
        Some(2) => "save",
        Some(3) => "restore",
        Some(4) => "incoming migration",
        Some(5) => "outgoing migration",
        Some(6) => "snapshot",
        Some(7) => "snapshot revert",
        Some(8) => "dump",
        Some(9) => "backup",
        Some(10) => "snapshot deletion",
        _ => "job",
    }
}
