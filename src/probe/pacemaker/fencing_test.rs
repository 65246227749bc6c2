//! Whether a node can be fenced from here: the devices that reach it, and what each says of itself. Harmless: `stonith_admin --query` runs a
//! device's monitor action.

use crate::domain::observation::Trouble;
use crate::domain::text;
use crate::link::CommandLine;
use crate::probe::Raw;

/// `$1`: the node. One line for each device: `device STATUS NAME`.
const TEST: &str = "\
list=$(as_root stonith_admin --list \"$1\" --quiet 2>/dev/null) || list=$(as_root stonith_admin --list \"$1\") || exit
printf '%s\\n' \"$list\" | while read -r name more; do
  case $name in ''|[0-9]*) [ -z \"$more\" ] || continue; [ -n \"$name\" ] || continue ;; No|Detected) continue ;; esac
  said=$(as_root stonith_admin --query \"$name\" --timeout 40 2>&1 </dev/null); printf 'device %s %s\\n' $? \"$name\"
done
echo done";

/// One device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceTest {
    /// Its id.
    pub device: String,
    /// It answered well.
    pub well: bool,
}

/// The question.
pub fn command(node: &str) -> CommandLine {
    CommandLine::script(TEST, [node]).privileged()
}

/// Reads the answer.
pub fn parse(raw: Raw<'_>) -> Result<Vec<DeviceTest>, Trouble> {
    let out = String::from_utf8_lossy(raw.stdout);
    if !out.lines().any(|l| l.trim() == "done") {
        return Err(raw.refusal());
    }
    let devices = out.lines().filter_map(|l| l.strip_prefix("device ")?.split_once(' '));
    Ok(devices.map(|(code, name)| DeviceTest { device: text::clean(name.trim()), well: code == "0" }).collect())
}
