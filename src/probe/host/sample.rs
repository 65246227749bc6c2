//! CPU, memory, load, uptime, kernel.

use std::time::Duration;

use crate::domain::observation::Trouble;
use crate::domain::observation::host::HostSample;
use crate::probe::Raw;
use crate::probe::parts::{filled, lossy, sections};

/// Asked often, so it costs the node one process beside its shell: what the system calls itself is read by the shell.
pub const SCRIPT: &str = r#"# quorate: uptime, load, memory, CPU
exec </dev/null
cat /proc/uptime /proc/loadavg /proc/sys/kernel/random/boot_id /proc/sys/kernel/osrelease /proc/meminfo /proc/stat 2>/dev/null
os=/etc/os-release
[ -r $os ] || os=/etc/redhat-release
echo; echo '@@quorate os'
[ ! -r $os ] || while IFS= read -r l || [ -n "$l" ]; do printf '%s\n' "$l"; case $l in PRETTY_NAME=*) break ;; esac; done <$os
exit 0
"#;

/// Reads the files, in whatever order they were printed: each line says by its form what it is (proc(5)).
pub fn parse(raw: Raw<'_>) -> Result<HostSample, Trouble> {
    let text = lossy(raw.stdout);
    let mut host = HostSample::default();
    let mut memory = Memory::default();
    for (name, body) in sections(&text) {
        match name {
            // Recordings of before hold it in a part of its own.
            "kernel" => host.kernel = body.lines().find_map(filled),
            "os" => host.os = system_name(body),
            _ => body.lines().for_each(|line| read_line(&mut host, &mut memory, line)),
        }
    }
    host.memory_total = memory.total;
    host.memory_available = memory.available();
    if host.uptime.is_none() && host.cpu_total.is_none() && host.memory_total.is_none() && host.load.is_none() {
        let blank = raw.stdout.trim_ascii().is_empty();
        return Err(if blank { raw.refusal() } else { raw.garbled("none of /proc/uptime, loadavg, meminfo, stat is in it") });
    }
    Ok(host)
}

/// The lines of /proc/meminfo that matter, in bytes.
#[derive(Default)]
struct Memory {
    total: Option<u64>,
    available: Option<u64>,
    free: Option<u64>,
    buffers: Option<u64>,
    cached: Option<u64>,
}

impl Memory {
    fn read(&mut self, key: &str, rest: &str) {
        let value = rest.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).and_then(|n| n.checked_mul(1024));
        let slot = match key {
            "MemTotal" => &mut self.total,
            "MemAvailable" => &mut self.available,
            "MemFree" => &mut self.free,
            "Buffers" => &mut self.buffers,
            "Cached" => &mut self.cached,
            _ => return,
        };
        *slot = value.or(*slot);
    }

    /// Kernels before 3.14 have no MemAvailable.
    fn available(&self) -> Option<u64> {
        self.available.or_else(|| {
            let caches = self.buffers.unwrap_or(0).saturating_add(self.cached.unwrap_or(0));
            Some(self.free?.saturating_add(caches))
        })
    }
}

fn read_line(host: &mut HostSample, memory: &mut Memory, line: &str) {
    if let Some((key, rest)) = line.split_once(':') {
        memory.read(key.trim(), rest);
        return;
    }
    let words: Vec<&str> = line.split_whitespace().take(11).collect();
    match words.as_slice() {
        ["cpu", times @ ..] => read_cpu(host, times),
        [cpu, _, ..] if is_cpu(cpu) => host.cpus = Some(host.cpus.unwrap_or(0).saturating_add(1)),
        [one, five, fifteen, tasks, _] if tasks.contains('/') => {
            host.load = load(one, five, fifteen).or(host.load);
        }
        [up, idle] if up.contains('.') && idle.contains('.') => {
            let seconds = up.parse::<f64>().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
            host.uptime = seconds.or(host.uptime);
        }
        [release] if is_release(release) => host.kernel = filled(release),
        [id] if is_uuid(id) => host.boot_id = Some((*id).to_owned()),
        _ => {}
    }
}

fn is_cpu(word: &str) -> bool {
    word.strip_prefix("cpu").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// `6.1.0-28-amd64`.
fn is_release(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.')
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && word.bytes().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

fn load(one: &str, five: &str, fifteen: &str) -> Option<[f32; 3]> {
    let read = |t: &str| t.parse::<f32>().ok().filter(|v| v.is_finite());
    Some([read(one)?, read(five)?, read(fifteen)?])
}

/// user nice system idle iowait irq softirq steal; guest time, which follows, is part of user and nice already.
fn read_cpu(host: &mut HostSample, times: &[&str]) {
    let Ok(times) = times.iter().take(8).map(|t| t.parse::<u64>()).collect::<Result<Vec<u64>, _>>() else {
        return;
    };
    if times.len() < 4 {
        return;
    }
    let total = times.iter().fold(0_u64, |sum, t| sum.saturating_add(*t));
    let idle = times.iter().skip(3).take(2).fold(0_u64, |sum, t| sum.saturating_add(*t));
    host.cpu_total = Some(total);
    host.cpu_busy = Some(total.saturating_sub(idle));
}

/// PRETTY_NAME of os-release(5), else the first line (redhat-release).
fn system_name(body: &str) -> Option<String> {
    let pretty = body.lines().find_map(|l| l.trim().strip_prefix("PRETTY_NAME="));
    match pretty {
        Some(name) => filled(name.trim().trim_matches(['"', '\''])),
        None => body.lines().find(|l| !l.contains('=')).and_then(filled),
    }
}
