//! What to ask of a node, and how the answers parse.
//!
//! One folder per thing that answers. Each has `command(question, tools)` and `parse(question, raw)`; a parser is a
//! pure function from bytes to a typed observation and never panics, whatever the bytes.

use std::time::Duration;

use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::domain::text;
use crate::link::{CommandLine, Lane};

pub mod corosync;
pub mod host;
pub mod iscsi;
pub mod libvirt;
pub mod log;
pub mod lvm;
pub mod multipath;
pub mod net;
pub mod pacemaker;
pub(crate) mod parts;
pub mod rhcs;
pub mod systemd;
pub mod virsh;
pub mod vmware;

/// What a command printed, as its parser gets it.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    /// The command as an operator would type it, for error texts.
    pub command: &'a str,
    /// Standard output.
    pub stdout: &'a [u8],
    /// Standard error.
    pub stderr: &'a [u8],
    /// Exit status. Often no verdict: parse what was printed first.
    pub code: i32,
}

/// How sudo says that sudoers has `requiretty`, as Red Hat's did by default up to EL 7. We have no terminal on a node.
const NEEDS_TTY: &str = "must have a tty";

impl Raw<'_> {
    /// Trouble for an answer that holds nothing usable: told apart by exit status and the tool's own words
    /// (127: absent; permission and sudo refusals: denied; else failed).
    pub fn refusal(&self) -> Trouble {
        let said = if self.stderr.is_empty() { self.stdout } else { self.stderr };
        let words = text::clean_bytes(said.get(..said.len().min(600)).unwrap_or_default().trim_ascii());
        let lower = words.to_lowercase();
        // Those of Todd Miller's sudo, then those of sudo-rs.
        let sudo = [
            "a password is required",
            "a terminal is required",
            "not allowed to",
            "is not in the sudoers",
            "no tty present",
            "may not run sudo",
            NEEDS_TTY,
            "account validation failure",
            "interactive authentication is required",
            "i'm afraid i can't do that",
        ];
        let denied = [
            "permission denied",
            "operation not permitted",
            "must be root",
            "you need to be root",
            "not authorized",
            "access denied",
            "need root",
            "only root",
            "insufficient privileges",
            "as a non-root user",
        ];
        if sudo.iter().any(|w| lower.contains(w)) {
            let cure =
                if lower.contains(NEEDS_TTY) { "say 'Defaults !requiretty' in sudoers" } else { "allow it in sudoers with NOPASSWD" };
            return Trouble::new(TroubleKind::Denied, &format!("sudo refuses '{}': {words}; {cure}", self.command));
        }
        if self.code == 127 || (self.code == 126 && lower.contains("not found")) {
            let of = match missing_tool(&words).filter(|tool| !self.command.starts_with(*tool)) {
                Some(tool) => format!("'{tool}' is not installed or not on PATH: '{}' needs it", self.command),
                None => format!("'{}' is not installed or not on PATH", self.command),
            };
            return Trouble::new(TroubleKind::Absent, &of);
        }
        if self.code == 126 || denied.iter().any(|w| lower.contains(w)) {
            return Trouble::new(TroubleKind::Denied, &format!("'{}' is not permitted to this user: {words}", self.command));
        }
        if self.code == 0 && words.is_empty() {
            return self.garbled("it printed nothing");
        }
        Trouble::new(TroubleKind::Failed, &format!("'{}' failed with exit status {}: {words}", self.command, self.code))
    }

    /// Trouble for an answer that cannot be read.
    pub fn garbled(&self, place: &str) -> Trouble {
        Trouble::new(TroubleKind::Garbled, &format!("cannot read what '{}' printed: {place}", self.command))
    }
}

/// The tool that a shell did not find: `sh: 1: ip: not found`, `bash: ip: command not found`.
fn missing_tool(words: &str) -> Option<&str> {
    let (before, _) = words.split_once(": not found").or_else(|| words.split_once(": command not found"))?;
    before.rsplit([' ', '/']).next().filter(|tool| !tool.is_empty() && !tool.contains(char::is_whitespace))
}

type Commander = fn(Question, &Tools) -> Option<CommandLine>;
type Parser = fn(Question, Raw<'_>) -> Result<Observation, Trouble>;

fn family(question: Question) -> (Commander, Parser) {
    use Question as Q;
    match question {
        Q::CrmMon | Q::Constraints | Q::FenceHistory | Q::FenceDevices | Q::GuestParams => (pacemaker::command, pacemaker::parse),
        Q::Quorum | Q::Links | Q::LinkStats | Q::Cmap | Q::Qdevice | Q::Dlm => (corosync::command, corosync::parse),
        Q::Tools | Q::Host | Q::Clock | Q::Watchdog => (host::command, host::parse),
        Q::Units | Q::Daemons => (systemd::command, systemd::parse),
        Q::Lvs | Q::Vgs | Q::Pvs | Q::DeviceMapper | Q::Filesystems => (lvm::command, lvm::parse),
        Q::Multipath => (multipath::command, multipath::parse),
        Q::Iscsi => (iscsi::command, iscsi::parse),
        Q::Net | Q::Bonding | Q::LinkSpeeds => (net::command, net::parse),
        Q::LibvirtSockets | Q::VirtHost | Q::Guests | Q::GuestStats | Q::GuestJobs => (libvirt::command, libvirt::parse),
        Q::Vmware | Q::VmwareStats => (vmware::command, vmware::parse),
        Q::Clustat | Q::Cman | Q::Groups | Q::ClusterConf | Q::QuorumDisk | Q::InitScripts => (rhcs::command, rhcs::parse),
    }
}

/// The command that answers a question on a node with these tools; none if none can.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    family(question).0(question, tools)
}

/// The command as an operator would type it, for error texts: of a script, what it asks its tools.
pub fn title(question: Question, command: &CommandLine) -> String {
    use Question as Q;
    if !command.is_script() {
        return command.display();
    }
    let typed = match question {
        Q::Tools => "command -v TOOL",
        Q::Host => "cat /proc/uptime /proc/loadavg /proc/meminfo /proc/stat",
        Q::Watchdog => "ls /dev/watchdog* /sys/class/watchdog",
        Q::Daemons => "ps",
        Q::InitScripts => "service NAME status",
        Q::CrmMon => "crm_mon -1 --output-as=xml",
        Q::GuestParams => "cibadmin --query --xpath //primitive",
        Q::FenceHistory => "stonith_admin --history '*'",
        Q::FenceDevices => "stonith_admin -L",
        Q::Links => "corosync-cfgtool -s",
        Q::Dlm => "dlm_tool status; dlm_tool ls",
        Q::Clustat => "clustat -x",
        Q::Cman => "cman_tool status; cman_tool nodes",
        Q::Groups => "fence_tool ls -n; group_tool ls",
        Q::ClusterConf => "cat /etc/cluster/cluster.conf",
        Q::Lvs => "lvs",
        Q::Vgs => "vgs",
        Q::Pvs => "pvs",
        Q::DeviceMapper => "dmsetup info -c; dmsetup table",
        Q::Filesystems => "df -P -T",
        Q::Multipath => "multipathd show maps json; multipath -ll",
        Q::Net => "ip -d -s link; ip addr",
        Q::Bonding => "cat /proc/net/bonding/*",
        Q::LinkSpeeds => "cat /sys/class/net/*/speed",
        Q::LibvirtSockets => "ls /run/libvirt",
        Q::Vmware | Q::VmwareStats => "vmware-cmd -l",
        _ => return command.display(),
    };
    typed.to_owned()
}

/// Reads an answer.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    family(question).1(question, raw)
}

/// Lane and deadlines (first byte, total) of a question.
pub const fn pace(question: Question) -> (Lane, Duration, Duration) {
    use Question as Q;
    match question {
        // clustat itself waits 10 s for an rgmanager that hangs; `status` has to say so in less.
        Q::Clustat => (Lane::Slow, Duration::from_secs(7), Duration::from_secs(12)),
        Q::QuorumDisk | Q::InitScripts => (Lane::Slow, Duration::from_secs(30), Duration::from_secs(40)),
        Q::CrmMon
        | Q::Lvs
        | Q::Vgs
        | Q::Pvs
        | Q::Filesystems
        | Q::Multipath
        | Q::Iscsi
        | Q::Dlm
        | Q::Constraints
        | Q::FenceHistory
        | Q::FenceDevices
        | Q::GuestParams
        | Q::Qdevice
        | Q::Vmware
        | Q::VmwareStats => (Lane::Slow, Duration::from_secs(20), Duration::from_secs(40)),
        _ => (Lane::Fast, Duration::from_secs(5), Duration::from_secs(10)),
    }
}
