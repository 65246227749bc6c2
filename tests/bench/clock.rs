//! Clocks: what a thread or a process has cost, and figures out of many samples.

use std::fs;
use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

/// CPU time of this thread: others that run beside it do not count.
pub fn thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// CPU time of this process, all threads.
pub fn process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// A point on the wall's clock in milliseconds since the epoch.
pub fn wall(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64() * 1e3
}

/// Microseconds that a piece of work costs this thread.
pub fn cost(work: impl FnOnce()) -> f64 {
    let before = thread();
    work();
    (thread() - before).as_secs_f64() * 1e6
}

/// The middle of many samples.
pub fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// The least of many samples: what the work costs where nothing disturbs it.
pub fn least(samples: &[f64]) -> f64 {
    samples.iter().copied().fold(f64::INFINITY, f64::min)
}

/// CPU time of a process that runs, to the nanosecond; threads that have ended are left out.
pub fn of(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let spent = tasks.filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse::<u64>().ok());
    Duration::from_nanos(spent.sum())
}

/// Resident memory of a process in MiB.
pub fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|l| l.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
