//! Where libvirt listens on a node.

use crate::domain::observation::Trouble;
use crate::domain::observation::guest::VirtSocket;
use crate::probe::Raw;
use crate::probe::parts::{filled, lossy, sections};

/// Looks for the sockets of the modular daemon (virtqemud) and of libvirtd, and tries whether this user may connect. Shell words alone.
pub const SCRIPT: &str = r"# quorate: where libvirt listens
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
exit 0
";

/// Reads what the script printed.
pub fn parse(raw: Raw<'_>) -> Result<Vec<VirtSocket>, Trouble> {
    let text = lossy(raw.stdout);
    let Some((_, body)) = sections(&text).into_iter().find(|(name, _)| *name == "sockets") else {
        return Err(if raw.stdout.trim_ascii().is_empty() { raw.refusal() } else { raw.garbled("the list of sockets is not in it") });
    };
    let socket = |line: &str| {
        let (rights, path) = line.split_once(' ')?;
        let path = filled(path)?;
        Some(VirtSocket { read_only: path.ends_with("-ro"), usable: rights == "rw", path })
    };
    Ok(body.lines().filter_map(socket).collect())
}
