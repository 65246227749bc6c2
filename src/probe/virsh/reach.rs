//! Whether one node's libvirt can be reached from another node, as a migration does it (`virsh hostname`, which the read-only socket there answers too).

use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::LibvirtWay;
use crate::domain::text;
use crate::link::CommandLine;
use crate::probe::Raw;

/// `$@` addresses: the first that answers ends it. Five seconds for each; nothing is asked of anybody (`no_tty` in an address has ssh run in batch mode).
const TRY: &str = "\
t=; command -v timeout >/dev/null 2>&1 && t='timeout 5'
for u; do
  said=$($t as_root virsh -r -c \"$u\" hostname </dev/null 2>&1) && { printf 'good %s %s\\n' \"$u\" \"$(printf '%s\\n' \"$said\" | tail -n 1)\"; exit; }
  printf 'bad %s %s\\n' \"$u\" \"$(printf %s \"${said:-no answer in time}\" | tr '\\n' ' ')\"
done";

/// The question.
pub fn command(uris: &[String]) -> CommandLine {
    CommandLine::script(TRY, uris.iter().cloned()).privileged()
}

/// Reads the answer.
pub fn parse(raw: Raw<'_>) -> Result<LibvirtWay, Trouble> {
    let out = String::from_utf8_lossy(raw.stdout);
    let mut way = LibvirtWay::default();
    for line in out.lines() {
        if let Some((uri, host)) = line.strip_prefix("good ").and_then(|rest| rest.split_once(' ')) {
            way.good = Some((text::clean(uri), text::clean(host.trim())));
        } else if let Some((uri, said)) = line.strip_prefix("bad ").and_then(|rest| rest.split_once(' ')) {
            // The last of virsh's lines says why; the first only that it failed.
            let why = said.rsplit("error: ").next().unwrap_or(said);
            way.bad.push((text::clean(uri), text::clean(why.trim())));
        }
    }
    if way == LibvirtWay::default() { Err(raw.refusal()) } else { Ok(way) }
}
