//! Watchdog devices and sbd.

use crate::domain::observation::Trouble;
use crate::domain::observation::host::WatchdogView;
use crate::probe::Raw;
use crate::probe::parts::{filled, lossy, sections};

/// Only names, sysfs and sbd's configuration: a watchdog device must never be opened, that arms it. Nor are the slots on sbd's disks looked at:
/// `sbd list` opens them for writing, and udev takes that for a change of the disk.
pub const SCRIPT: &str = r#"# quorate: watchdog and sbd
exec </dev/null
echo '@@quorate devices'
for d in /dev/watchdog*; do [ -e "$d" ] && echo "$d"; done
for d in /sys/class/watchdog/*; do
    [ -d "$d" ] || continue
    echo '@@quorate identity'; cat "$d/identity" 2>/dev/null
    echo; echo '@@quorate state'; cat "$d/state" 2>/dev/null
    echo
done
echo '@@quorate sbd'
if command -v pidof >/dev/null 2>&1; then pidof sbd >/dev/null 2>&1 && echo yes || echo no
elif command -v pgrep >/dev/null 2>&1; then pgrep -x sbd >/dev/null 2>&1 && echo yes || echo no
fi
echo '@@quorate config'
for f in /etc/sysconfig/sbd /etc/default/sbd; do
    [ -r "$f" ] && sed -n -e '/^[[:space:]]*SBD_DEVICE=/p' -e '/^[[:space:]]*SBD_WATCHDOG_/p' "$f"
done
exit 0
"#;

/// Reads what the script printed. Identity and state are those of the first device that tells them.
pub fn parse(raw: Raw<'_>) -> Result<WatchdogView, Trouble> {
    let text = lossy(raw.stdout);
    let mut view = WatchdogView::default();
    let mut looked = false;
    for (name, body) in sections(&text) {
        let first = body.lines().find_map(filled);
        match name {
            "devices" => {
                looked = true;
                view.devices = body.lines().filter_map(filled).collect();
            }
            "identity" => view.identity = view.identity.take().or(first),
            "state" => view.state = view.state.take().or(first),
            "sbd" => view.sbd_running = first.map(|t| t == "yes"),
            "config" => {
                view.sbd_devices = set(body, "SBD_DEVICE").unwrap_or_default().split(';').filter_map(filled).collect();
                view.sbd_watchdog = set(body, "SBD_WATCHDOG_DEV").and_then(filled);
                view.sbd_timeout_s = set(body, "SBD_WATCHDOG_TIMEOUT").and_then(|t| t.parse().ok());
            }
            _ => {}
        }
    }
    match (looked, raw.stdout.trim_ascii().is_empty()) {
        (true, _) => Ok(view),
        (false, true) => Err(raw.refusal()),
        (false, false) => Err(raw.garbled("the list of devices is not in it")),
    }
}

/// A variable of sbd's configuration (sbd(8)): the last assignment counts, as in a shell.
fn set<'a>(config: &'a str, name: &str) -> Option<&'a str> {
    let value = config.lines().rev().find_map(|l| l.trim().strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim().trim_matches(['"', '\'']))
}
