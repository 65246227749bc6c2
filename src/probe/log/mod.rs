//! Live streams of a node: journal, log files, netlink, corosync's map.
//!
//! A stream is a command that runs until it is ended ([`command`]) and a [`Decoder`] that turns its bytes, in
//! any split, into lines of the timeline and hints of what has become stale. [`Decoder::resume`] says where to go
//! on after a lost connection: give it to [`command`] and to [`Decoder::resume_from`] of a new decoder, and no line is
//! lost and none comes twice. The stream of the log files ends by itself when one was rotated: it is resumed likewise.

use std::collections::BTreeSet;

use crate::domain::observation::host::Tools;
use crate::link::CommandLine;

mod classify;
mod cmap;
mod decoder;
mod entry;
mod files;
mod fold;
mod journal;
mod netlink;
mod rules;
mod split;
mod time;

pub use decoder::Decoder;
pub use fold::Folder;
pub use rules::broken_patterns;

/// What can be followed on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// `journalctl -f -o json`.
    Journal,
    /// pacemaker.log, corosync.log, messages, syslog: where there is no journal.
    LogFiles,
    /// `ip monitor`: links and addresses.
    Netlink,
    /// `corosync-cmapctl -T`: members and votes.
    CorosyncMap,
}

impl StreamKind {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::LogFiles => "log files",
            Self::Netlink => "netlink",
            Self::CorosyncMap => "corosync map",
        }
    }
}

/// How far a log file has been handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePosition {
    /// The path under which it is known (of a rotated file: before its rotation).
    pub path: String,
    /// Its inode when the following began.
    pub inode: u64,
    /// Bytes up to the end of the last complete line handed out.
    pub offset: u64,
    /// The last bytes (at most 64) before the offset, in hex: tells the file from its successors. After a plus: the line that begins
    /// at the offset was handed out, but its length is not known for sure.
    pub mark: String,
}

/// Where a stream goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The journal's cursor of the last entry handed out.
    pub cursor: Option<String>,
    /// Log files, as far as they were handed out.
    pub files: Vec<FilePosition>,
    /// Lines of the past to show where nothing was handed out yet.
    pub history: u32,
    /// Log files of which it was told that they may not be read.
    denied: BTreeSet<String>,
    /// Links and addresses as last seen: what differs when they are listed anew is an event.
    netlink: netlink::Netlink,
    /// Members as last seen.
    cmap: cmap::Cmap,
}

impl Default for Resume {
    fn default() -> Self {
        Self {
            cursor: None,
            files: Vec::new(),
            history: 50,
            denied: BTreeSet::new(),
            netlink: netlink::Netlink::default(),
            cmap: cmap::Cmap::default(),
        }
    }
}

/// Units whose output and whose starts and stops matter.
const UNITS: [&str; 21] = [
    "corosync",
    "pacemaker",
    "pacemaker_remote",
    "sbd",
    "dlm",
    "lvmlockd",
    "sanlock",
    "libvirtd",
    "virtqemud",
    "virtlockd",
    "multipathd",
    "iscsid",
    "open-iscsi",
    "corosync-qdevice",
    "corosync-notifyd",
    "dm-event",
    "lvm2-monitor",
    "drbd",
    "cman",
    "rgmanager",
    "booth",
];

/// Programs that speak through syslog outside of these units.
const IDENTIFIERS: [&str; 25] = [
    "corosync",
    "pacemakerd",
    "pacemaker-attrd",
    "pacemaker-based",
    "pacemaker-controld",
    "pacemaker-execd",
    "pacemaker-fenced",
    "pacemaker-remoted",
    "pacemaker-schedulerd",
    "pacemaker_remoted",
    "crmd",
    "stonith-ng",
    "multipathd",
    "iscsid",
    "dlm_controld",
    "lvmlockd",
    "lvm",
    "dmeventd",
    "sbd",
    "fenced",
    "rgmanager",
    "clurgmgrd",
    "libvirtd",
    "quorate",
    "sudo",
];

/// The command that yields a stream; none if the node lacks the tools (or would hold its output back).
pub fn command(kind: StreamKind, tools: &Tools, resume: &Resume) -> Option<CommandLine> {
    match kind {
        StreamKind::Journal => tools.has("journalctl").then(|| journal_command(resume)),
        StreamKind::LogFiles => Some(files_command("", resume)),
        StreamKind::Netlink => tools.has("ip").then(|| CommandLine::script(include_str!("netlink.sh"), [""; 0])),
        StreamKind::CorosyncMap => {
            let live = tools.has("corosync-cmapctl") && tools.has("stdbuf");
            live.then(|| CommandLine::script(include_str!("cmap.sh"), [""; 0]).privileged())
        }
    }
}

/// journalctl(1): matches of one field are alternatives, `+` joins groups. The script ends without a word on
/// standard output where no journal is kept: `journalctl` may be installed where nothing is ever written to one.
fn journal_command(resume: &Resume) -> CommandLine {
    let mut args = match &resume.cursor {
        Some(cursor) => vec!["--no-tail".to_owned(), format!("--after-cursor={cursor}")],
        None => vec!["-n".to_owned(), resume.history.to_string()],
    };
    args.push("_TRANSPORT=kernel".to_owned());
    args.push("+".to_owned());
    args.extend(IDENTIFIERS.iter().map(|name| format!("SYSLOG_IDENTIFIER={name}")));
    for field in ["_SYSTEMD_UNIT", "UNIT"] {
        args.push("+".to_owned());
        args.extend(UNITS.iter().map(|unit| format!("{field}={unit}.service")));
    }
    CommandLine::script(include_str!("journal.sh"), args).privileged()
}

/// The log files under a root folder (`""` is the node's own; tests have another).
pub fn files_command(root: &str, resume: &Resume) -> CommandLine {
    let mut args = vec![root.to_owned(), resume.history.to_string()];
    for file in &resume.files {
        args.extend([file.path.clone(), file.inode.to_string(), file.offset.to_string(), file.mark.clone()]);
    }
    CommandLine::script(include_str!("follow.sh"), args).best_as_root()
}
