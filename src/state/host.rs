//! A host's figures; CPU percent needs two readings.

use crate::domain::cluster::HostFigures;
use crate::domain::observation::host::HostSample;
use crate::domain::stamp::Stamp;

/// Two readings closer than this say nothing (contract: at least 0.5 s apart). Microseconds.
const APART: i64 = 500_000;
/// How many CPU figures are remembered.
const HISTORY: usize = 120;

/// What a host said so far.
#[derive(Clone, Debug, Default)]
pub(super) struct HostHistory {
    base: Option<(Stamp, HostSample)>,
    latest: Option<(Stamp, HostSample)>,
    percent: Option<f64>,
    history: Vec<u8>,
}

impl HostHistory {
    /// Takes a reading.
    pub(super) fn add(&mut self, at: Stamp, sample: HostSample) {
        let rebooted = self.base.as_ref().is_some_and(|(_, base)| !same_boot(base, &sample));
        match &self.base {
            Some((then, base)) if !rebooted => {
                if at.0.saturating_sub(then.0) >= APART {
                    if let Some(percent) = busy_percent(base, &sample) {
                        self.remember(percent);
                    }
                    self.base = Some((at, sample.clone()));
                }
            }
            _ => {
                self.percent = None;
                self.base = Some((at, sample.clone()));
            }
        }
        self.latest = Some((at, sample));
    }

    /// Nothing was read later than this.
    pub(super) fn not_after(&mut self, now: Stamp) {
        for (at, _) in self.base.iter_mut().chain(&mut self.latest) {
            *at = now.min(*at);
        }
    }

    /// When it booted, by our clock.
    pub(super) fn booted(&self) -> Option<Stamp> {
        let (at, sample) = self.latest.as_ref()?;
        Some(at.shifted(-i64::try_from(sample.uptime?.as_micros()).ok()?))
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100")]
    fn remember(&mut self, percent: f64) {
        self.percent = Some(percent);
        if self.history.len() == HISTORY {
            self.history.remove(0);
        }
        self.history.push(percent.round().clamp(0.0, 100.0) as u8);
    }

    /// The figures; `nics` comes from the interfaces, the name from the question for tools.
    pub(super) fn figures(&self, nics: Option<u32>, hostname: Option<String>) -> HostFigures {
        let Some((at, sample)) = &self.latest else {
            return HostFigures { nics, hostname, ..HostFigures::default() };
        };
        HostFigures {
            at: Some(*at),
            uptime: sample.uptime,
            cpus: sample.cpus,
            memory_bytes: sample.memory_total,
            cpu_percent: self.percent,
            memory_percent: memory_percent(sample),
            load: sample.load,
            nics,
            kernel: sample.kernel.clone(),
            os: sample.os.clone(),
            hostname,
            cpu_history: self.history.clone(),
        }
    }
}

fn same_boot(a: &HostSample, b: &HostSample) -> bool {
    let same_id = a.boot_id.is_none() || b.boot_id.is_none() || a.boot_id == b.boot_id;
    same_id && a.cpu_total <= b.cpu_total
}

#[allow(clippy::cast_precision_loss, reason = "a percentage")]
fn busy_percent(from: &HostSample, to: &HostSample) -> Option<f64> {
    let all = to.cpu_total?.checked_sub(from.cpu_total?)?;
    // iowait may step back on real kernels, and idle with it: never below zero.
    let busy = to.cpu_busy?.saturating_sub(from.cpu_busy?).min(all);
    (all > 0).then(|| busy as f64 * 100.0 / all as f64)
}

#[allow(clippy::cast_precision_loss, reason = "a percentage")]
fn memory_percent(sample: &HostSample) -> Option<f64> {
    let total = sample.memory_total?;
    let used = total.saturating_sub(sample.memory_available?);
    (total > 0).then(|| used as f64 * 100.0 / total as f64)
}
