//! Where libvirt listens on a node, and since when its guests run there.

use std::time::Duration;

use crate::domain::observation::Trouble;
use crate::domain::observation::guest::{VirtPlace, VirtSocket};
use crate::probe::Raw;
use crate::probe::parts::{filled, lossy, sections};

/// Looks for the sockets of the modular daemon (virtqemud) and of libvirtd, and tries whether this user may connect: shell words alone.
/// libvirt tells nowhere when a guest began; the file with the number of its process is written then and never again.
pub const SCRIPT: &str = r#"# quorate: where libvirt listens
exec </dev/null
echo '@@quorate sockets'
for s in virtqemud-sock libvirt-sock virtqemud-sock-ro libvirt-sock-ro; do
    for d in /run/libvirt /var/run/libvirt; do
        p=$d/$s
        [ -S $p ] || continue
        if [ -r $p ] && [ -w $p ]; then echo rw $p; else echo no $p; fi
        break
    done
done
for d in /run/libvirt/qemu /var/run/libvirt/qemu; do
    set -- $d/*.pid
    [ -e "$1" ] || continue
    echo '@@quorate guests'
    date +%s
    stat -c '%Y %n' "$@" 2>/dev/null
    break
done
exit 0
"#;

/// Reads what the script printed.
pub fn parse(raw: Raw<'_>) -> Result<VirtPlace, Trouble> {
    let text = lossy(raw.stdout);
    let parts = sections(&text);
    let part = |wanted: &str| parts.iter().find(|(name, _)| *name == wanted).map(|(_, body)| *body);
    let Some(body) = part("sockets") else {
        return Err(if raw.stdout.trim_ascii().is_empty() { raw.refusal() } else { raw.garbled("the list of sockets is not in it") });
    };
    let socket = |line: &str| {
        let (rights, path) = line.split_once(' ')?;
        let path = filled(path)?;
        Some(VirtSocket { read_only: path.ends_with("-ro"), usable: rights == "rw", path })
    };
    Ok(VirtPlace { sockets: body.lines().filter_map(socket).collect(), ages: part("guests").map(ages).unwrap_or_default() })
}

/// The node's time, and when each file was written.
fn ages(body: &str) -> Vec<(String, Duration)> {
    let mut lines = body.lines();
    let Some(now) = lines.next().and_then(|line| line.trim().parse::<u64>().ok()) else { return Vec::new() };
    let age = |line: &str| {
        let (began, path) = line.split_once(' ')?;
        let (_, file) = path.rsplit_once('/')?;
        let name = filled(file.strip_suffix(".pid")?)?;
        Some((name, Duration::from_secs(now.checked_sub(began.parse().ok()?)?)))
    };
    lines.filter_map(age).collect()
}
