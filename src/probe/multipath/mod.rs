//! Multipath maps and their paths.

use super::Raw;
use super::parts::{lossy, may_have};
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::link::CommandLine;

mod json;
mod text;

/// multipathd before 0.6.2 has no JSON, and without the daemon `multipath` asks the kernel itself.
const EITHER: &str = r#"# quorate: multipath maps
exec </dev/null
maps=$(as_root multipathd show maps json 2>/dev/null)
case $maps in
*'"maps"'*) printf '%s\n' "$maps" ;;
*) exec as_root multipath -ll ;;
esac
"#;

/// The command for a question of this family; none if no tool of the node can answer it.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    if question != Question::Multipath {
        return None;
    }
    let (daemon, tool) = (may_have(tools, "multipathd"), may_have(tools, "multipath"));
    let command = match (daemon, tool) {
        (true, true) => CommandLine::script(EITHER, [""; 0]),
        (true, false) => CommandLine::new("multipathd", ["show", "maps", "json"]),
        (false, true) => CommandLine::new("multipath", ["-ll"]),
        (false, false) => return None,
    };
    Some(command.privileged())
}

/// Words of multipathd's client when the daemon does not answer.
const NOT_RUNNING: [&str; 5] = ["ux_socket", "timeout", "connection refused", "no such file or directory", "not running"];

/// Words of multipath where nothing is set up for it: there are no maps.
const NOT_USED: [&str; 4] =
    ["blacklisting all devices", "kernel driver not loaded", "multipath driver not loaded", "cannot get kernel dm version"];

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    if question != Question::Multipath {
        return Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family")));
    }
    let out = lossy(raw.stdout);
    if out.contains("\"maps\"") || out.trim_start().starts_with('{') {
        return json::parse(raw, &out).map(Observation::Multipath);
    }
    let maps = text::parse(&out);
    if !maps.is_empty() {
        return Ok(Observation::Multipath(maps));
    }
    let said = format!("{out}{}", lossy(raw.stderr)).to_lowercase();
    let any = |words: &[&str]| words.iter().any(|w| said.contains(w));
    if any(&NOT_USED) || (raw.code == 0 && said.trim().is_empty()) {
        return Ok(Observation::Multipath(maps));
    }
    if said.contains("need to be root") {
        return Err(Trouble::new(TroubleKind::Denied, &format!("'{}' is not permitted to this user: it needs root", raw.command)));
    }
    let refusal = raw.refusal();
    if refusal.kind == TroubleKind::Failed && any(&NOT_RUNNING) {
        return Err(Trouble::new(TroubleKind::Failed, &format!("'{}': multipathd is not running", raw.command)));
    }
    if raw.code == 0 && out.trim().is_empty() {
        return Ok(Observation::Multipath(maps));
    }
    Err(if raw.code == 0 { raw.garbled("line 1 on: no line names a map") } else { refusal })
}
