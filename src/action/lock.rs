//! Keeps two quorates off one target: a lock on the node that every quorate asks first (of fencings: on two, `whereabouts::arbiters`), held by the connection itself.
//!
//! `flock` on a file in `/run/lock` (named by the target and sshd's port: several test nodes may share one machine), held by a stream: it ends with quorate, at once or within the guard's minute, whatever happened to the machine that quorate ran on.

use std::fmt::Write as _;

use crate::domain::task::{Action, NodeVerb, Target};
use crate::domain::text;
use crate::link::CommandLine;

use super::intent::Intent;

/// `$1` name, `$2` who: says `held`, or `busy WHO`. Without flock it says `none`. What holds the lock is a tool that waits for the end of its input, so that
/// it goes with the script also where root runs the one and a user the other. flock(1) ends with 1 where the lock is held; with more where it cannot open the file
/// (another user's, in a folder where fs.protected_regular guards it).
const HOLD: &str = "\
command -v flock >/dev/null 2>&1 || { echo none; exit 0; }
for d in /run/lock /var/lock /tmp; do [ -d \"$d\" ] && as_root test -w \"$d\" && break; done
port=${SSH_CONNECTION##* }
f=$d/quorate.$1.${port:-22}
{ printf 'held\\n%s\\n' \"$2\"; while :; do sleep 3600; done; } | {
  as_root flock -n \"$f\" tee \"$f\"
  [ $? -eq 1 ] && who=$(as_root tail -n 1 \"$f\" 2>/dev/null) && printf 'busy %s\\n' \"$who\" || echo none
}";

/// What the lock stream said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The target is ours.
    Held,
    /// Another quorate has it: who.
    Busy(String),
    /// The node cannot lock.
    Unable,
}

/// The command that holds the lock on an action's target.
pub fn command(intent: &Intent) -> CommandLine {
    CommandLine::script(HOLD, [name(&intent.action), format!("{} by {}, {}", intent.action, intent.by, intent.tag)]).privileged()
}

/// Whether it ends in a fencing.
pub(super) const fn is_fencing(action: &Action) -> bool {
    matches!(action, Action::Fence { .. } | Action::Node(NodeVerb::Kill, _))
}

/// The lock's name: of the target; all fencings share one, for one at a time is enough. What is no plain character is written as its code, so that no
/// name leaves the folder.
fn name(action: &Action) -> String {
    let plain = match (action, action.target()) {
        (action, _) if is_fencing(action) => return "fencing".to_owned(),
        (_, Target::Cluster(_)) => return "cluster".to_owned(),
        // Who moves the guest holds the service's.
        (action, target) if action.is_about_migration() => format!("migration-{target}"),
        (_, Target::Service(id)) => format!("service-{}", super::plain::bare(&id)),
        // With its node, or without: whose it is, all quorates need not know alike.
        (_, target @ (Target::Volume(_) | Target::Pv(_))) => {
            format!("{}-{}", target.kind().replace(' ', "-"), super::plain::bare(&target.to_string()))
        }
        (_, target) => format!("{}-{target}", target.kind().replace(' ', "-")),
    };
    let mut name = String::new();
    for byte in plain.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02x}");
        }
    }
    name.truncate(200);
    name
}

/// What the stream's first line says; none: it is not complete yet.
pub fn said(bytes: &[u8]) -> Option<Said> {
    let line = text::clean_bytes(bytes.split(|b| *b == b'\n').next().filter(|_| bytes.contains(&b'\n'))?);
    Some(match line.split_once(' ') {
        None if line == "held" => Said::Held,
        Some(("busy", who)) => Said::Busy(who.to_owned()),
        None if line == "busy" => Said::Busy("somebody".to_owned()),
        _ => Said::Unable,
    })
}
