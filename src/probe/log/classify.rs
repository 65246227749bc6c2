//! From a line to what it means: who speaks, how much it matters, what it is about, what it makes stale.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::entry::{self, Entry};
use super::rules::{self, Family};
use crate::domain::event::{Severity, Source};
use crate::domain::observation::log::{LogLine, StreamItem};
use crate::domain::redact::redact_text;
use crate::domain::text;

/// Understands a line; none if it is nothing for an operator and makes nothing stale. Of a line that rsyslog wrote once for several
/// (`message repeated 3 times: [ text]`) the text counts.
pub(super) fn understand(entry: &Entry<'_>, cursor: Option<String>) -> Option<StreamItem> {
    let repeated = entry.message.strip_prefix("message repeated ").and_then(|m| m.split_once(" times: ["));
    match repeated.and_then(|(times, rest)| Some((times.parse::<u32>().ok()?, rest.strip_suffix(']').unwrap_or(rest).trim()))) {
        Some((times, message)) => Some(again(understand_once(&Entry { message, ..*entry }, cursor)?, times)),
        None => understand_once(entry, cursor),
    }
}

/// How often the line before came again, where a syslog daemon says just that: `last message repeated 4 times`.
pub(super) fn repeats_the_last(entry: &Entry<'_>) -> Option<u32> {
    let (before, rest) = entry.message.split_once("last message repeated ")?;
    // With the program before it, or with the host alone.
    let host_alone = entry.program.is_empty() && before.trim_end().split(' ').count() == 1;
    rest.strip_suffix(" times")?.parse().ok().filter(|_| before.is_empty() || host_alone)
}

/// The same, so often again.
pub(super) fn again(mut item: StreamItem, times: u32) -> StreamItem {
    if let StreamItem::Line(line) = &mut item {
        let _ = write!(line.text, " (repeated {times} times)");
    }
    item
}

fn understand_once(entry: &Entry<'_>, cursor: Option<String>) -> Option<StreamItem> {
    let program = base_name(entry.program);
    let (source, family) = speaker(program, entry.message)?;
    // What somebody typed, or a fence agent tells, may hold a password.
    let told = redact_text(entry.message);
    let (message, said) = strip(family, program, &told);
    let priority = said.or(entry.priority);
    let agent = program.split_once('(').map(|(_, resource)| resource.trim_end_matches(')').to_owned());
    let mut line =
        LogLine { at: entry.at, source, severity: Severity::Info, subject: None, text: text::clean(&message), stale: Vec::new(), cursor };
    let Some(family) = family else {
        return operator(program, line);
    };
    // Below notice pacemaker tells of its own inner life; of that only a changed CIB counts.
    let chatter = matches!(family, Family::Pacemaker | Family::Corosync) && priority.is_some_and(|p| p > 5);
    let found = if chatter && family == Family::Pacemaker && !message.starts_with("Diff: +++") {
        return None;
    } else {
        rules::find(family, &message)
    };
    let Some((rule, subject)) = found else {
        line.severity = unknown(family, priority)?;
        line.subject = agent.map(|a| text::clean(&a));
        return Some(StreamItem::Line(line));
    };
    line.stale = rule.stale.to_vec();
    match rule.keep {
        Some(severity) if !repeated(program, &message) => {
            line.severity = severity;
            line.subject = subject.or(agent).map(|s| text::clean(&s));
            Some(StreamItem::Line(line))
        }
        _ if line.stale.is_empty() => None,
        _ => Some(StreamItem::Stale(line.stale)),
    }
}

/// The severity of a line that the table does not know; none if it is chatter.
fn unknown(family: Family, priority: Option<u8>) -> Option<Severity> {
    match (family, priority) {
        (_, Some(0..=2)) => Some(Severity::Critical),
        (_, Some(3)) => Some(Severity::Warning),
        (Family::Kernel | Family::Systemd, _) | (_, Some(7)) | (Family::Corosync | Family::Pacemaker, Some(6)) => None,
        (_, Some(4)) => Some(Severity::Warning),
        _ => Some(Severity::Info),
    }
}

/// Each of pacemaker's daemons tells of members; the controller's word is enough.
fn repeated(program: &str, message: &str) -> bool {
    let teller =
        matches!(program, "pacemaker-attrd" | "pacemaker-based" | "pacemaker-fenced" | "attrd" | "cib" | "stonith-ng" | "pacemakerd");
    teller && message.starts_with("Node ") && message.contains(" state is now ")
}

fn base_name(program: &str) -> &str {
    let name = program.split('[').next().unwrap_or(program);
    name.rsplit('/').next().unwrap_or(name).trim()
}

/// Who a program speaks for, and its table (none: an operator's own words). None: nobody of interest.
fn speaker(program: &str, message: &str) -> Option<(Source, Option<Family>)> {
    let (source, family) = match program {
        "kernel" => (Source::Kernel, Family::Kernel),
        "corosync" | "openais" | "aisexec" | "corosync-qdevice" | "corosync-qnetd" | "corosync-notifyd" | "cman" | "ccsd" | "groupd" => {
            (Source::Corosync, Family::Corosync)
        }
        "qdiskd" => (Source::Corosync, Family::Cluster3),
        "pacemaker-fenced" | "stonith-ng" | "stonithd" => (Source::Fence, Family::Pacemaker),
        "crmd" | "cib" | "pengine" | "lrmd" | "attrd" | "stonith_admin" => (Source::Pacemaker, Family::Pacemaker),
        "fenced" | "fence_node" | "fence_tool" => (Source::Fence, Family::Cluster3),
        "sbd" => (Source::Fence, Family::Sbd),
        "rgmanager" | "clurgmgrd" => (Source::Rgmanager, Family::Cluster3),
        "multipathd" | "iscsid" | "iscsiadm" | "lvm" | "dmeventd" | "lvmlockd" | "clvmd" | "sanlock" | "dlm_controld" | "gfs_controld"
        | "drbd" => (Source::Storage, Family::Storage),
        "libvirtd" | "virtqemud" | "virtlockd" | "virtlogd" => (Source::Libvirt, Family::Libvirt),
        "systemd" => (unit_owner(message)?, Family::Systemd),
        "quorate" | "sudo" => return Some((Source::Operator, None)),
        name if name.starts_with("pacemaker") || name.starts_with("crm_") || (name.contains('(') && !name.starts_with('(')) => {
            (Source::Pacemaker, Family::Pacemaker)
        }
        name if name.starts_with("lvm[") || name.starts_with("fence_") => (Source::Storage, Family::Storage),
        _ => return None,
    };
    Some((source, Some(family)))
}

/// Whose unit a message of systemd is about.
fn unit_owner(message: &str) -> Option<Source> {
    let lower = message.to_ascii_lowercase();
    let owners = [
        ("corosync", Source::Corosync),
        ("pacemaker", Source::Pacemaker),
        ("rgmanager", Source::Rgmanager),
        ("sbd", Source::Fence),
        ("libvirt", Source::Libvirt),
        ("virtqemud", Source::Libvirt),
        ("multipath", Source::Storage),
        ("iscsi", Source::Storage),
        ("dlm", Source::Storage),
        ("lvmlockd", Source::Storage),
        ("cman", Source::Corosync),
    ];
    owners.into_iter().find(|(unit, _)| lower.contains(unit)).map(|(_, source)| source)
}

/// Cuts off what programs put before and after the message itself; gives the level said there.
fn strip<'a>(family: Option<Family>, program: &str, message: &'a str) -> (Cow<'a, str>, Option<u8>) {
    let message = message.trim();
    match family {
        Some(Family::Corosync) => (subsystem(message), None),
        Some(Family::Pacemaker) => {
            let (text, level) = level_word(message);
            let text = if program.contains('(') || program.starts_with("pacemaker-") { text } else { without_functions(text) };
            let end = text.find(" | ").unwrap_or(text.len());
            (Cow::Borrowed(text.get(..end).unwrap_or(text)), level)
        }
        Some(Family::Cluster3) => match message.strip_prefix('<').and_then(|m| m.split_once("> ")) {
            Some((word, text)) if entry::priority(word).is_some() => (Cow::Borrowed(text), entry::priority(word)),
            _ => (Cow::Borrowed(message), None),
        },
        Some(Family::Kernel) => {
            let text = message.strip_prefix('[').and_then(|m| m.split_once("] ")).filter(|(t, _)| t.trim().parse::<f64>().is_ok());
            (Cow::Borrowed(text.map_or(message, |(_, text)| text.trim_start())), None)
        }
        Some(Family::Libvirt) => libvirt(message),
        Some(Family::Storage) if program == "dlm_controld" => {
            (Cow::Borrowed(message.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start()), None)
        }
        _ => (Cow::Borrowed(message), None),
    }
}

/// `[KNET  ] text` as `[KNET] text`.
fn subsystem(message: &str) -> Cow<'_, str> {
    match message.strip_prefix('[').and_then(|m| m.split_once(']')) {
        Some((name, text)) if name.ends_with(' ') => Cow::Owned(format!("[{}] {}", name.trim_end(), text.trim_start())),
        _ => Cow::Borrowed(message),
    }
}

/// ` notice: text`, and the resource agents' `INFO: text`.
fn level_word(message: &str) -> (&str, Option<u8>) {
    match message.split_once(": ") {
        Some((word, text)) if entry::priority(word).is_some() => (text.trim_start(), entry::priority(word)),
        _ => (message, None),
    }
}

/// Without the names of up to two functions, as the daemons of Pacemaker 1.1 put them first: `crm_update_peer_state: pcmk_quorum_notification: Node n2 ...`.
fn without_functions(message: &str) -> &str {
    let is_function = |word: &str| word.contains('_') && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let mut rest = message;
    for _ in 0..2 {
        match rest.split_once(':') {
            Some((word, text)) if is_function(word) && text.starts_with([' ', '\t']) => rest = text.trim_start(),
            _ => break,
        }
    }
    rest
}

/// `2026-11-22 22:32:50.209+0000: 2075: info : text`, as libvirt writes to stderr.
fn libvirt(message: &str) -> (Cow<'_, str>, Option<u8>) {
    let mut parts = message.splitn(4, ": ");
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(pid), Some(level), Some(text)) if pid.parse::<u32>().is_ok() => (Cow::Borrowed(text), entry::priority(level.trim())),
        _ => (Cow::Borrowed(message), None),
    }
}

/// What people did on the node: quorate's own journal lines (`logger -t quorate`), and cluster commands under sudo.
/// Commands without a terminal are those of tools, ours among them.
fn operator(program: &str, mut line: LogLine) -> Option<StreamItem> {
    line.severity = Severity::Notice;
    if program == "quorate" {
        return Some(StreamItem::Line(line));
    }
    let field = |name: &str| line.text.split(" ; ").find_map(|part| part.trim().rsplit_once(name).map(|(_, value)| value.to_owned()));
    let terminal = field("TTY=").filter(|tty| tty != "unknown")?;
    let command = field("COMMAND=")?;
    let tool = base_name(command.split(' ').next()?).to_owned();
    let cluster = [
        "pcs",
        "crm",
        "crm_resource",
        "crm_attribute",
        "crm_standby",
        "crm_node",
        "stonith_admin",
        "fence_node",
        "clusvcadm",
        "virsh",
        "corosync-cfgtool",
        "systemctl",
        "lvextend",
        "lvcreate",
        "lvremove",
        "cman_tool",
        "reboot",
        "poweroff",
        "shutdown",
    ];
    if !cluster.contains(&tool.as_str()) {
        return None;
    }
    let user = line.text.split(" : ").next().unwrap_or_default().trim().to_owned();
    line.text = format!("{user} on {terminal} ran: {command}");
    Some(StreamItem::Line(line))
}
