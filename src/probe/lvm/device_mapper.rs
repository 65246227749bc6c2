//! `dmsetup`: which devices the kernel has here.

use std::collections::BTreeMap;

use crate::domain::observation::Trouble;
use crate::domain::observation::storage::DmDevice;
use crate::domain::text::clean;
use crate::link::CommandLine;
use crate::probe::Raw;
use crate::probe::parts::{MARK, lossy};

/// What the devices are, and their tables for the sizes. `dmsetup table` shows no keys of dm-crypt.
const SCRIPT: &str = r"# quorate: device-mapper
exec </dev/null
as_root dmsetup info -c --noheadings --separator '|' -o name,uuid,open,suspended
status=$?
[ $status -eq 0 ] && { echo '@@quorate table'; as_root dmsetup table; }
exit $status
";

/// The devices, and their sizes where the second look is allowed.
pub fn command() -> CommandLine {
    CommandLine::script(SCRIPT, [""; 0]).privileged()
}

/// Reads any mixture of `dmsetup info -c` (separated columns, or the table with its heading), `table` and `status`:
/// the form of a line says what it is. Devices are in the order of their names.
pub fn parse(raw: Raw<'_>) -> Result<Vec<DmDevice>, Trouble> {
    let text = lossy(raw.stdout);
    let mut found = Found::default();
    let mut unread = None;
    let mut table = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with(MARK.trim_end()) {
            // Sizes alone are no devices, where the list of devices cannot be read.
            if unread.is_some() && found.is_empty() {
                break;
            }
            table = true;
            continue;
        }
        let nothing = line.is_empty() || line.starts_with("Name ") || line == "No devices found";
        if !nothing && !found.take(line) && !table && unread.is_none() {
            unread = Some(number + 1);
        }
    }
    let devices = found.devices();
    if !devices.is_empty() {
        return Ok(devices);
    }
    // Before and since 1.02.90.
    let missing = ["Is device-mapper driver missing from kernel", "/dev/mapper/control: open failed: No such device"];
    let errors = lossy(raw.stderr);
    match unread {
        _ if missing.iter().any(|words| text.contains(words) || errors.contains(words)) => Ok(devices),
        _ if raw.code != 0 => Err(raw.refusal()),
        Some(line) => Err(raw.garbled(&format!("line {line} is neither a device nor a table"))),
        None => Ok(devices),
    }
}

#[derive(Default)]
struct Found {
    infos: BTreeMap<String, DmDevice>,
    sizes: BTreeMap<String, u64>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.infos.is_empty() && self.sizes.is_empty()
    }

    /// Takes a line; false if it cannot be read.
    fn take(&mut self, line: &str) -> bool {
        if let Some(device) = separated(line).or_else(|| tabular(line)) {
            self.infos.insert(device.name.clone(), device);
            return true;
        }
        let Some((name, end)) = segment(line) else {
            return false;
        };
        let size = self.sizes.entry(name).or_default();
        *size = end.max(*size);
        true
    }

    fn devices(mut self) -> Vec<DmDevice> {
        for (name, size) in self.sizes {
            let device = self.infos.entry(name.clone()).or_insert_with(|| DmDevice { name, ..DmDevice::default() });
            device.size = Some(size);
        }
        self.infos.into_values().collect()
    }
}

/// `name|uuid|open|suspended`.
fn separated(line: &str) -> Option<DmDevice> {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let [name, uuid, open, state] = fields.as_slice() else { return None };
    if name.is_empty() || name.contains(char::is_whitespace) {
        return None;
    }
    let open = open.parse().ok()?;
    let suspended = match *state {
        "Suspended" | "1" => true,
        "Active" | "0" => false,
        _ => return None,
    };
    Some(DmDevice { name: clean(name), uuid: clean(uuid), open: Some(open), suspended, size: None })
}

/// `Name Maj Min Stat Open Targ Event UUID`; Stat is `L--w`, with an s where suspended.
fn tabular(line: &str) -> Option<DmDevice> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (name, major, minor, state, open, uuid) = match words.as_slice() {
        [name, major, minor, state, open, _, _] => (name, major, minor, state, open, ""),
        [name, major, minor, state, open, _, _, uuid] => (name, major, minor, state, open, *uuid),
        _ => return None,
    };
    let numbers = major.parse::<u32>().is_ok() && minor.parse::<u32>().is_ok();
    if !numbers || state.len() != 4 || !state.starts_with(['L', '-']) {
        return None;
    }
    let suspended = state.contains('s');
    Some(DmDevice { name: clean(name), uuid: clean(uuid), open: open.parse().ok(), suspended, size: None })
}

/// `name: start length target ...`, in sectors of 512 bytes: the name and the byte where the segment ends. The end of
/// the last segment is the size, also where a device is printed twice (status and table).
fn segment(line: &str) -> Option<(String, u64)> {
    let (name, rest) = line.split_once(": ")?;
    let mut words = rest.split_whitespace();
    let start: u64 = words.next()?.parse().ok()?;
    let length: u64 = words.next()?.parse().ok()?;
    words.next()?;
    Some((clean(name), start.checked_add(length)?.checked_mul(512)?))
}
