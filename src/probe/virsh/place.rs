//! A host as a place for a guest: definition, disks, bridges, memory, and what libvirt there knows of the guest.

use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::{DiskIs, GuestDefinition, GuestPlace, GuestState};
use crate::domain::text;
use crate::link::CommandLine;
use crate::probe::Raw;

/// `$1` URI, `$2` guest, `$3` definition's file, empty where there is none; then `d:PATH` and `b:BRIDGE`. Looks, and writes nothing.
///
/// A device is known by what sysfs has: the device mapper's UUID (that of an LV, or of a map with its WWID), else the WWID.
const LOOK: &str = "\
u=$1 n=$2 c=$3; shift 3
there() { it=$(as_root stat -Lc %i:%s:%Y -- \"$1\" 2>&1) && return; case $it in *[Nn]'o such file'*|*'Not a directory'*) return 1 ;; esac; printf '%s\\n' \"$it\" >&2; exit 1; }
if [ -n \"$c\" ] && there \"$c\"; then
  printf 'file %s\\n' \"$it\"
  printf 'sum %s\\n' \"$(as_root cksum -- \"$c\" 2>/dev/null | cut -d' ' -f1,2)\"
fi
disk() {
  if ! there \"$1\"; then printf 'missing disk %s\\n' \"$1\"
  elif [ -b \"$1\" ]; then
    at=$(stat -Lc '%t %T' -- \"$1\") && at=/sys/dev/block/$((0x${at% *})):$((0x${at#* }))
    for f in \"$at/dm/uuid\" \"$at/wwid\" \"$at/device/wwid\"; do it=$(cat \"$f\" 2>/dev/null | tr -s ' ' _) && [ -n \"$it\" ] && break; done
    printf 'device %s %s\\n' \"${it:--}\" \"$1\"
  else printf 'disk %s %s\\n' \"$it\" \"$1\"; fi
}
for w; do case $w in
  d:*) disk \"${w#d:}\" ;;
  b:*) [ -e \"/sys/class/net/${w#b:}\" ] || printf 'missing bridge %s\\n' \"${w#b:}\" ;;
esac; done
awk '/^MemAvailable:/ { a = $2 } /^MemFree:/ { f = $2 } END { print \"free\", (a == \"\" ? f : a) }' /proc/meminfo
if said=$(as_root virsh -r -c \"$u\" domstate --reason --domain \"$n\" 2>&1); then printf 'state %s\\n' \"$said\"; else printf 'none %s\\n' \"$said\"; fi";

/// The question.
pub fn command(uri: &str, definition: &GuestDefinition, config: &str) -> CommandLine {
    let disks = definition.disks.iter().map(|d| format!("d:{d}"));
    let bridges = definition.bridges.iter().map(|b| format!("b:{b}"));
    let first = [uri.to_owned(), definition.name.clone(), config.to_owned()];
    CommandLine::script(LOOK, first.into_iter().chain(disks).chain(bridges)).privileged()
}

/// Reads it.
pub fn parse(raw: Raw<'_>) -> Result<GuestPlace, Trouble> {
    let out = String::from_utf8_lossy(raw.stdout);
    let mut place = GuestPlace::default();
    let mut known = false;
    for line in out.lines() {
        let Some((key, value)) = line.split_once(' ') else { continue };
        let value = value.trim();
        match key {
            "file" => place.config_file = (!value.is_empty()).then(|| text::clean(value)),
            "sum" => place.config_sum = (!value.is_empty()).then(|| text::clean(value)),
            "missing" => place.missing.push(text::clean(value)),
            "disk" => place.disks.extend(disk(value)),
            "device" => place.disks.extend(device(value)),
            "free" => {
                known = true;
                place.free_memory = value.parse::<u64>().ok().and_then(|kib| kib.checked_mul(1024));
            }
            "state" => place.guest = super::state_of(&text::clean(value)),
            "none" if value.contains("failed to get domain") || value.contains("Domain not found") => place.guest = GuestState::Absent,
            "none" => place.guest = GuestState::Silent(text::clean(value)),
            _ => {}
        }
    }
    if known { Ok(place) } else { Err(raw.refusal()) }
}

/// `INODE:SIZE:TIME PATH`.
fn disk(line: &str) -> Option<(String, DiskIs)> {
    let (is, path) = line.split_once(' ')?;
    let mut numbers = is.split(':');
    let inode = numbers.next()?.parse().ok()?;
    let written = numbers.nth(1)?.parse().ok()?;
    Some((text::clean(path), DiskIs::File(inode, written)))
}

/// `UUID PATH`, or `- PATH`. Of what the device mapper has, only an LV's and a map's UUID say more than a name does.
fn device(line: &str) -> Option<(String, DiskIs)> {
    let (is, path) = line.split_once(' ')?;
    let is = text::clean(is);
    let telling = ["LVM-", "mpath-", "part", "naa.", "eui.", "t10.", "nvme.", "uuid."].iter().any(|kind| is.starts_with(kind));
    Some((text::clean(path), DiskIs::Device(telling.then_some(is))))
}
