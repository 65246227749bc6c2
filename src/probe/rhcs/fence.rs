//! Fencing by hand, and cman's own commands: how they are asked, and what they say.

use super::act::{Outcome, Verdict};
use crate::domain::observation::Trouble;
use crate::domain::redact;
use crate::link::CommandLine;
use crate::probe::Raw;
use crate::probe::parts::{lossy, sections};

/// `fence_node -v NAME`: all methods in order; fenced is told, and does not fence again. RHEL 5 knows no `-v`.
pub fn fence_node(node: &str, rhel5: bool) -> CommandLine {
    let args: &[&str] = if rhel5 { &[node] } else { &["-v", node] };
    CommandLine::new("fence_node", args.iter().copied()).privileged()
}

/// `fence_node -S NAME`: asks the device for the power state; changes nothing (3.1 and later).
pub fn fence_status(node: &str) -> CommandLine {
    CommandLine::new("fence_node", ["-S", node]).privileged()
}

/// Which `fence_ack_manual` a node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledge {
    /// Late RHEL 5 and RHEL 6: a script, which wants the word `absolutely` and waits for fenced without end.
    Absolutely,
    /// RHEL 4 and early RHEL 5: a binary, `-n NODE`, which wants `y`, or `-O`.
    Meatware,
}

/// Says which one it is, by the file's first two bytes.
pub fn acknowledge_kind() -> CommandLine {
    const SCRIPT: &str = "# quorate: which fence_ack_manual\nf=$(command -v fence_ack_manual) || exit 127\nhead -c 2 \"$f\"\n";
    CommandLine::script(SCRIPT, [""; 0])
}

/// Reads the answer to [`acknowledge_kind`]; none if there is no such tool.
pub fn acknowledge(raw: Raw<'_>) -> Option<Acknowledge> {
    match raw.stdout {
        [b'#', b'!', ..] => Some(Acknowledge::Absolutely),
        [_, _, ..] => Some(Acknowledge::Meatware),
        _ => None,
    }
}

/// How a fencing that does not succeed can be overridden on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Override {
    /// Which tool there is.
    pub kind: Acknowledge,
    /// A fencing waits for it there: its FIFO is open.
    pub waits: bool,
}

/// Which tool there is, and whether fenced (RHEL 6, late RHEL 5) or fence_manual (before) holds its FIFO open on this node.
pub fn overriding() -> CommandLine {
    const SCRIPT: &str = "# quorate: which fence_ack_manual, and who waits for it
f=$(command -v fence_ack_manual) || exit 127
echo '@@quorate head'; head -c 2 \"$f\"; echo
echo '@@quorate waits'
for p in /var/run/cluster/fenced_override /tmp/fence_manual.fifo; do as_root test -p \"$p\" && echo \"$p\"; done
exit 0
";
    CommandLine::script(SCRIPT, [""; 0]).privileged()
}

/// Reads the answer to [`overriding`].
pub fn parse_overriding(raw: Raw<'_>) -> Result<Override, Trouble> {
    let said = lossy(raw.stdout);
    let all = sections(&said);
    let part = |name: &str| all.iter().find(|(n, _)| *n == name).map(|(_, body)| body.trim());
    match part("head") {
        Some(head) if !head.is_empty() => {
            let kind = if head.starts_with("#!") { Acknowledge::Absolutely } else { Acknowledge::Meatware };
            Ok(Override { kind, waits: part("waits").is_some_and(|w| !w.is_empty()) })
        }
        _ => Err(raw.refusal()),
    }
}

/// Tells fenced that a node is off, which a human has made sure of. It ends by itself after `seconds`: without a pending
/// fencing the tool waits for ever, and would acknowledge the next one. RHEL 5 has no timeout(1), and only root may end what root has begun.
pub fn fence_ack_manual(node: &str, kind: Acknowledge, seconds: u32) -> CommandLine {
    const ABSOLUTELY: &str = "# quorate: fence_ack_manual
command -v timeout >/dev/null && { echo absolutely | as_root timeout \"$2\" fence_ack_manual \"$1\"; exit; }
[ \"$(id -u)\" = 0 ] || { echo 'there is no timeout(1) here, and only root can end a fence_ack_manual that waits: log in as root for this' >&2; exit 1; }
echo absolutely | as_root fence_ack_manual \"$1\" & p=$!
( sleep \"$2\"; kill $p ) >/dev/null 2>&1 & w=$!
wait $p; rc=$?
kill $w 2>/dev/null
exit $rc
";
    match kind {
        Acknowledge::Absolutely => CommandLine::script(ABSOLUTELY, [node.to_owned(), seconds.to_string()]),
        Acknowledge::Meatware => CommandLine::new("fence_ack_manual", ["-O", "-n", node]),
    }
    .privileged()
}

/// Leaves the fence domain, and waits until it is left: cman does not let a node go that is still in it. RHEL 6 wants to know how long.
pub fn leave_domain(rhel5: bool) -> CommandLine {
    let args: &[&str] = if rhel5 { &["leave", "-w"] } else { &["leave", "-w", "60"] };
    CommandLine::new("fence_tool", args.iter().copied()).privileged()
}

/// Ends qdiskd where it has no init script of its own, as cman's does it (RHEL 6).
pub fn end_qdiskd() -> CommandLine {
    const SCRIPT: &str = "# quorate: end qdiskd
n=0
while pidof qdiskd >/dev/null 2>&1; do
    [ $n -lt 20 ] || { echo 'qdiskd does not end' >&2; exit 1; }
    as_root pkill -TERM -x qdiskd
    n=$((n+1)); sleep 1
done
exit 0
";
    CommandLine::script(SCRIPT, [""; 0]).privileged()
}

/// What cman can be told. The hardest commands there are: the gate decides, not this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cman<'a> {
    /// The node where it runs leaves; the others keep their quorum requirement.
    Leave,
    /// It leaves, and the others need fewer votes from then on.
    LeaveRemove,
    /// Another node is thrown out, and fenced.
    Kill(&'a str),
    /// Expected votes.
    Expected(u32),
    /// The configuration on disk is validated, distributed and run. `-S`: it was distributed already, by other means than ricci.
    Reload,
}

/// It waits until the node is out, as cman's init scripts do.
fn leave(more: &[&str]) -> Vec<String> {
    ["-t", "60", "-w", "leave"].iter().chain(more).map(|word| (*word).to_owned()).collect()
}

/// The `cman_tool` command.
pub fn cman_tool(what: Cman<'_>) -> CommandLine {
    let args = match what {
        Cman::Leave => leave(&[]),
        Cman::LeaveRemove => leave(&["remove"]),
        Cman::Kill(node) => vec!["kill".to_owned(), "-n".to_owned(), node.to_owned()],
        Cman::Expected(votes) => vec!["expected".to_owned(), "-e".to_owned(), votes.to_string()],
        Cman::Reload => vec!["version".to_owned(), "-r".to_owned(), "-S".to_owned()],
    };
    CommandLine::new("cman_tool", args).privileged()
}

fn outcome(verdict: Verdict, words: &str) -> Outcome {
    Outcome { verdict, words: redact::said(words.trim()), now_on: None, taken_for: None }
}

/// What `fence_node` says: on standard error in RHEL 6; nothing at all in RHEL 5, where the status alone tells.
pub fn fence_node_outcome(raw: Raw<'_>) -> Outcome {
    let all = [lossy(raw.stdout), lossy(raw.stderr)].concat();
    let last = all.lines().map(str::trim).rfind(|l| l.starts_with("fence ") && !l.contains(" dev "));
    let tries: Vec<&str> = all.lines().filter_map(|l| l.split_once(" agent ").map(|(_, rest)| rest.trim())).collect();
    let tries = if tries.is_empty() { String::new() } else { format!(" ({})", tries.join("; ")) };
    let said = |words: &str| format!("{words}{tries}");
    match last {
        Some(line) if line.ends_with(" success") => outcome(Verdict::Done, &said(line)),
        Some(line) if line.ends_with(" failed") => outcome(Verdict::Failed, &said(line)),
        Some(line) if line.ends_with(" undefined") => outcome(Verdict::Refused, &format!("{line}: cluster.conf has no method for it")),
        _ => match raw.code {
            0 => outcome(Verdict::Done, "fence_node ended with status 0"),
            1 => outcome(Verdict::Failed, &format!("fence_node failed: {}", all.lines().last().unwrap_or("without a word"))),
            2 => outcome(Verdict::Refused, "cluster.conf has no method for it"),
            code => outcome(Verdict::Unknown, &format!("fence_node ended with status {code}: {}", all.lines().last().unwrap_or_default())),
        },
    }
}

/// The power state that `fence_node -S` got from the device: `on`, `off`; none if it got none.
pub fn power(raw: Raw<'_>) -> Option<bool> {
    let said = lossy(raw.stderr);
    let line = said.lines().rfind(|l| l.starts_with("status ") && l.contains(" success "))?;
    match line.split_whitespace().last()? {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// What `fence_ack_manual` says.
pub fn acknowledge_outcome(raw: Raw<'_>) -> Outcome {
    let all = [lossy(raw.stdout), lossy(raw.stderr)].concat();
    let last = all.lines().map(str::trim).rfind(|l| !l.is_empty()).unwrap_or_default();
    let word = last.rsplit(['?', ']']).next().unwrap_or_default().trim();
    match word {
        "Done" | "done" => outcome(Verdict::Done, "fenced was told that the node is off"),
        "Aborted." => outcome(Verdict::Refused, "fence_ack_manual was not confirmed"),
        _ if all.contains("can't open") => outcome(Verdict::Refused, &format!("no fencing waits to be acknowledged: {last}")),
        _ if raw.code != 0 && last.contains("Usage") => outcome(Verdict::Refused, last),
        _ => outcome(Verdict::Unknown, "fenced did not take it: no fencing waits to be acknowledged, or not of this node"),
    }
}

/// What a changing `cman_tool` says: nothing, unless it failed.
pub fn cman_tool_outcome(raw: Raw<'_>) -> Outcome {
    let all = [lossy(raw.stdout), lossy(raw.stderr)].concat();
    let words = all.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
    let words = words.strip_prefix("cman_tool: ").unwrap_or(words);
    match raw.code {
        0 => outcome(Verdict::Done, words),
        _ if words.is_empty() => outcome(Verdict::Unknown, &format!("cman_tool ended with status {}", raw.code)),
        _ => outcome(Verdict::Refused, words),
    }
}
