//! Corosync 2.4 and 3.x: quorum, links, the map, qdevice; and DLM, which follows corosync's membership.

use super::Raw;
use super::parts::lossy;
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::domain::text;
use crate::link::CommandLine;

mod cmap;
mod dlm;
mod links;
mod qdevice;
mod quorum;

/// Stands between the two outputs of a script.
const SEPARATOR: &str = "== quorate ==";

/// `-n` (3.1) tells peers and addresses; older tools refuse it, which is no failure.
const LINKS: &str = "\
as_root corosync-cfgtool -s; rc=$?
echo '== quorate =='
as_root corosync-cfgtool -n 2>/dev/null
exit $rc";

const DLM: &str = "\
as_root dlm_tool status; rc=$?
echo '== quorate =='
as_root dlm_tool ls || rc=$?
exit $rc";

/// The command for a question of this family; none if no tool of the node can answer it.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    let (tool, line) = match question {
        // Where cman decides on quorum, corosync's own tool knows nothing of votes.
        Question::Quorum if tools.has("cman_tool") => return None,
        Question::Quorum => ("corosync-quorumtool", CommandLine::new("corosync-quorumtool", ["-s"])),
        Question::Links => ("corosync-cfgtool", CommandLine::script(LINKS, [""; 0])),
        Question::LinkStats if speaks_knet(tools) == Some(false) => return None,
        Question::LinkStats => ("corosync-cmapctl", CommandLine::new("corosync-cmapctl", ["-m", "stats"])),
        Question::Cmap => ("corosync-cmapctl", CommandLine::new("corosync-cmapctl", [""; 0])),
        Question::Qdevice => ("corosync-qdevice-tool", CommandLine::new("corosync-qdevice-tool", ["-sv"])),
        Question::Dlm => ("dlm_tool", CommandLine::script(DLM, [""; 0])),
        _ => return None,
    };
    (tools.present.is_empty() || tools.has(tool)).then(|| line.privileged())
}

/// Whether the node runs corosync 3, which has knet and the stats map; none if its version is unknown.
fn speaks_knet(tools: &Tools) -> Option<bool> {
    let (_, said) = tools.versions.iter().find(|(tool, _)| tool == "corosync")?;
    version_in(said).map(|[major, ..]| major >= 3)
}

/// The first version number in a text (`Pacemaker 2.1.5-a3f44794f94`, `..., version '3.1.7'`).
pub(in crate::probe) fn version_in(said: &str) -> Option<[u32; 3]> {
    let word = said
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))?;
    let mut parts = word.split('.').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next().flatten().unwrap_or(0), parts.next().flatten().unwrap_or(0)])
}

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    let said = lossy(raw.stdout);
    let seen = match question {
        Question::Quorum => quorum::read(&said).map(Observation::Quorum),
        Question::Links => links::read(&said).map(Observation::Links),
        Question::LinkStats => cmap::stats(&said).map(Observation::LinkStats),
        Question::Cmap => cmap::map(&said).map(Observation::Cmap),
        Question::Qdevice => qdevice::read(&said).map(Observation::Qdevice),
        Question::Dlm => dlm::read(&said).map(Observation::Dlm),
        _ => return Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family"))),
    };
    // Never by the exit status: quorumtool's was inverted in 3.0.2, and cfgtool's says 1 beside data for a faulty ring.
    seen.ok_or_else(|| nothing(question, raw, &said))
}

/// No data: what the tool said, with the cure where there is one.
fn nothing(question: Question, raw: Raw<'_>, said: &str) -> Trouble {
    let errors = String::from_utf8_lossy(raw.stderr);
    let silent = said.trim().is_empty() && errors.trim().is_empty();
    if silent && raw.code == 0 {
        return raw.garbled("it printed nothing");
    }
    let all = format!("{errors} {said}");
    let has = |words: &[&str]| words.iter().any(|w| all.contains(w));
    let words = text::clean(first_line(&errors).or_else(|| first_line(said)).unwrap_or_default());
    let command = raw.command;
    let failed = |cure: &str| Trouble::new(TroubleKind::Failed, &format!("'{command}' failed: {words}; {cure}"));
    if has(&["CS_ERR_ACCESS", "CS_ERR_SECURITY"]) {
        let cure = "ask as root, or allow the user in corosync's uidgid.d";
        return Trouble::new(TroubleKind::Denied, &format!("'{command}' is not permitted to this user: {words}; {cure}"));
    }
    if question == Question::Dlm && has(&["cannot connect to dlm_controld"]) {
        return failed("dlm_controld is not running on this node");
    }
    if question == Question::Qdevice && has(&["connect to QDevice socket"]) {
        return failed("corosync-qdevice is not running on this node (systemctl start corosync-qdevice)");
    }
    if question == Question::LinkStats && has(&["invalid option", "nknown option"]) {
        return Trouble::new(TroubleKind::Absent, &format!("'{command}': corosync before 3.0 keeps no statistics of its links"));
    }
    if has(&["nitialize", "CS_ERR_LIBRARY", "CS_ERR_TRY_AGAIN"]) {
        return failed("corosync is not running on this node, or this user may not talk to it (systemctl status corosync)");
    }
    // cfgtool ends with 1 beside what it tells of a faulty ring: there, too, what is no word of refusal was to be read.
    let refused = !errors.trim().is_empty() || has(&["ould not", "annot", "rror", "sage", "nvalid"]);
    if raw.code == 0 || (question == Question::Links && !refused) {
        return raw.garbled(&format!("not understood: {words}"));
    }
    raw.refusal()
}

fn first_line(said: &str) -> Option<&str> {
    said.lines().map(str::trim).find(|line| !line.is_empty() && *line != SEPARATOR && !line.starts_with("Printing "))
}

/// `key: value`, both trimmed; none where there is no value.
fn field(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let value = value.trim();
    (!value.is_empty()).then_some((key.trim(), value))
}

/// The number a text starts with.
fn leading<T: std::str::FromStr>(said: &str) -> Option<T> {
    let said = said.trim_start();
    let end = said.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(said.len());
    said.split_at(end).0.parse().ok()
}
