//! What starts and stops daemons on a node.

use crate::domain::observation::Trouble;
use crate::link::CommandLine;
use crate::probe::Raw;

/// What starts and stops daemons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starter {
    /// `systemctl`.
    Systemd,
    /// `service`, with scripts for corosync and pacemaker.
    SysV,
    /// Neither.
    None,
}

const LOOK: &str = "\
if [ -d /run/systemd/system ]; then echo systemd
elif command -v service >/dev/null 2>&1 && [ -x /etc/init.d/pacemaker ]; then echo sysv
else echo none; fi";

/// The question.
pub fn command() -> CommandLine {
    CommandLine::script(LOOK, [""; 0])
}

/// Reads the answer.
pub fn parse(raw: Raw<'_>) -> Result<Starter, Trouble> {
    match raw.stdout.trim_ascii() {
        b"systemd" => Ok(Starter::Systemd),
        b"sysv" => Ok(Starter::SysV),
        b"none" => Ok(Starter::None),
        _ => Err(raw.refusal()),
    }
}
