//! Init scripts: `service NAME status` and `chkconfig --list`, RHEL 4 to 6.

use crate::domain::observation::Trouble;
use crate::domain::observation::host::Unit;
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::{filled, lossy, sections};

/// Each script is asked under a limit of its own where there is `timeout`. clvmd's status lists volumes, which a frozen DLM blocks for ever:
/// its process is looked for instead.
pub const SCRIPT: &str = r#"# quorate: service ... status
exec </dev/null
for s in cman rgmanager qdiskd ccsd fenced ricci modclusterd iscsid multipathd ntpd libvirtd vmware NetworkManager; do
    [ -x /etc/init.d/$s ] || continue
    echo "@@quorate service $s"
    if command -v timeout >/dev/null 2>&1; then timeout 2 as_root service $s status 2>&1; else as_root service $s status 2>&1; fi
    echo "= $?"
done
for s in clvmd; do
    [ -x /etc/init.d/$s ] || continue
    echo "@@quorate service $s"
    p=$(pidof $s 2>/dev/null)
    if [ -n "$p" ]; then echo "$s (pid $p) is running..."; echo "= 0"; else echo "$s is stopped"; echo "= 3"; fi
done
echo '@@quorate boot'
chkconfig --list 2>/dev/null
exit 0
"#;

/// Reads what the scripts said, as units: `load` says whether it starts at boot.
pub fn read(raw: Raw<'_>) -> Result<Vec<Unit>, Trouble> {
    let text = lossy(raw.stdout);
    let parts = sections(&text);
    if parts.is_empty() {
        return Err(raw.refusal());
    }
    let boot = parts.iter().find(|(name, _)| *name == "boot").map_or("", |(_, body)| *body);
    let mut units = Vec::new();
    for (name, body) in parts.iter().filter_map(|(name, body)| Some((name.strip_prefix("service ")?, *body))) {
        let code = body.lines().rev().find_map(|l| l.strip_prefix("= ")).and_then(|c| c.trim().parse().ok());
        let said = body.lines().find(|l| !l.starts_with("= ") && !l.trim().is_empty()).unwrap_or_default();
        let (active, sub) = state(said, code);
        units.push(Unit { name: clean(name.trim()), load: load(boot, name.trim()).to_owned(), active: active.to_owned(), sub });
    }
    Ok(units)
}

/// LSB: 0 runs, 1 dead with a pid file, 2 dead with a lock, 3 stopped. Old scripts end with 0 whatever they say: the words count first.
pub fn state(said: &str, code: Option<i32>) -> (&'static str, String) {
    let words = filled(said).unwrap_or_default();
    let has = |part: &str| words.contains(part);
    let active = if has("dead but") {
        "failed"
    } else if has("is stopped") || has("not running") || has("is not") || has("unused") {
        "inactive"
    } else if has("running") || has("is up") {
        "active"
    } else {
        match code {
            Some(0) => "active",
            Some(1 | 2) => "failed",
            Some(3) => "inactive",
            _ => "unknown",
        }
    };
    let sub = match active {
        "active" => "running".to_owned(),
        "inactive" => "stopped".to_owned(),
        _ if words.is_empty() => code.map_or_else(|| "no answer".to_owned(), |c| format!("status {c}")),
        _ => words.chars().take(60).collect(),
    };
    (active, sub)
}

/// `rgmanager  0:off 1:off 2:on 3:on 4:on 5:on 6:off`: at boot means in runlevel 3 or 5.
fn load(boot: &str, name: &str) -> &'static str {
    let Some(line) = boot.lines().find(|l| l.split_whitespace().next() == Some(name)) else { return "init" };
    let on = line.split_whitespace().any(|w| matches!(w, "3:on" | "5:on"));
    if on { "init, at boot" } else { "init, not at boot" }
}
