//! What to do about what is missing.

use super::NodeCheck;
use super::needs::Need;
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Question, Trouble};
use crate::domain::text::clean;
use crate::link::known_hosts::entry_name;
use crate::link::{Become, CommandLine, Hop, Target};
use crate::probe;

/// Whether privileged commands go through sudo on this node.
pub fn uses_sudo(check: &NodeCheck) -> bool {
    check.target.as_ref().is_some_and(|target| target.rights == Become::Sudo)
}

/// How to install a package on the node's distribution; both ways where that is unknown.
pub fn install(check: &NodeCheck, apt: &str, rpm: &str) -> String {
    let os = check.os.as_deref().unwrap_or_default().to_lowercase();
    let is = |names: &[&str]| names.iter().any(|name| os.contains(name));
    if is(&["debian", "ubuntu", "mint"]) {
        format!("apt install {apt}")
    } else if is(&["suse"]) {
        format!("zypper install {rpm}")
    } else if is(&["red hat", "centos", "rocky", "alma", "fedora", "oracle", "scientific"]) {
        // Red Hat's releases before 8, and all that are built from them, have yum.
        let old = !os.contains("fedora") && release(&os).is_some_and(|release| release < 8);
        format!("{} install {rpm}", if old { "yum" } else { "dnf" })
    } else {
        format!("apt install {apt}  or  dnf install {rpm}")
    }
}

/// The first number of a system's name.
fn release(os: &str) -> Option<u32> {
    let digits = os.split(|c: char| !c.is_ascii_digit()).find(|word| !word.is_empty())?;
    digits.parse().ok()
}

/// How to be allowed to run a tool.
pub fn denied(check: &NodeCheck, tools: &Tools, question: Question, tool: &str, trouble: &Trouble) -> String {
    let user = check.target.as_ref().map_or("USER", |target| target.end.user.as_str());
    if trouble.text.contains("requiretty") {
        return format!("add to sudoers with visudo: Defaults:{} !requiretty", clean(user));
    }
    if question.is_libvirt() {
        return format!("usermod -aG libvirt {}, then connect anew: a socket cannot be sudo'ed", clean(user));
    }
    let line = probe::command(question, tools);
    // Without the word `as_root` a script runs as `sudo -n sh -c ...`: a sudoers line for the tool alone would not help.
    let allowed = if line.as_ref().is_none_or(CommandLine::names_its_tools) { format!("/usr/sbin/{tool}") } else { "ALL".to_owned() };
    let sudoers = format!("{} ALL=(root) NOPASSWD: {allowed}", clean(user));
    match (uses_sudo(check), is_pacemakers(question)) {
        (true, _) => format!("add to sudoers with visudo (see 'command -v {tool}' for the path): {sudoers}"),
        (false, true) => format!("usermod -aG haclient {}; or set become = \"sudo\" and add to sudoers: {sudoers}", clean(user)),
        (false, false) => format!("set become = \"sudo\" for this cluster and add to sudoers: {sudoers}"),
    }
}

/// What to do where it says no; nothing where it is this machine that lacks something, which the words tell themselves.
pub fn failed(need: &Need, trouble: &Trouble) -> &'static str {
    if trouble.text.contains("cannot be loaded on this machine") { "" } else { need.cure }
}

const fn is_pacemakers(question: Question) -> bool {
    matches!(question, Question::CrmMon | Question::Constraints | Question::FenceHistory | Question::FenceDevices)
}

/// What to do about a node that is not reached.
pub fn link(trouble: &LinkTrouble, target: &Target) -> String {
    let hop = failing(trouble, target);
    let (port, host) = (hop.port.to_string(), clean(&hop.host));
    match trouble.fault {
        LinkFault::Timeout => format!("is {host} switched on and is this its address? does a firewall drop port {port}?"),
        LinkFault::Refused => format!("does sshd run on {host}, on port {port}? systemctl start ssh (Debian) or sshd; or say its port"),
        LinkFault::Unreachable => format!("is the name right and is there a route? {}", command("getent", &["hosts", &hop.host])),
        LinkFault::Auth => {
            let login = format!("{}@{}", hop.user, hop.host);
            format!("{}  or name the right key with --identity, or load it with ssh-add", command("ssh-copy-id", &["-p", &port, &login]))
        }
        LinkFault::Hostkey => host_key(trouble, hop, &port),
        LinkFault::Sessions => format!("set MaxSessions to 10 in sshd_config of {host}, then reload sshd"),
        LinkFault::Protocol if trouble.text.contains("legacy_ssh = true for this cluster in config.toml allows") => {
            "write legacy_ssh = true under [[cluster]] in config.toml, where nothing newer can be installed: old algorithms can be broken"
                .to_owned()
        }
        LinkFault::Protocol if trouble.text.contains("let its sshd offer more") => {
            format!(
                "name more Ciphers, MACs, KexAlgorithms or HostKeyAlgorithms in sshd_config of {host}, or install a newer OpenSSH there"
            )
        }
        LinkFault::Protocol => format!("what answers there? {}", command("ssh", &["-v", "-p", &port, &hop.host])),
    }
}

/// The hop that a trouble is about: a jump host that its text names, else the node.
fn failing<'t>(trouble: &LinkTrouble, target: &'t Target) -> &'t Hop {
    let names = |hop: &&Hop| trouble.text.contains(&hop.alias) || trouble.text.contains(&hop.host);
    let end = &target.end;
    if names(&end) { end } else { target.jumps.iter().find(names).unwrap_or(end) }
}

fn host_key(trouble: &LinkTrouble, hop: &Hop, port: &str) -> String {
    let file = hop.known_hosts.first().map_or_else(|| "~/.ssh/known_hosts".to_owned(), |file| clean(&file.to_string_lossy()));
    let text = trouble.text.to_lowercase();
    if text.contains("revoked") {
        return "give the node a new host key: the one it shows must not be trusted".to_owned();
    }
    if text.contains("changed") || text.contains("differs") {
        let name = hop.host_key_alias.clone().unwrap_or_else(|| entry_name(&hop.host, hop.port));
        let forget = command("ssh-keygen", &["-R", &name, "-f", &file]);
        return format!("ask why the key is a new one; if that is well: {forget}");
    }
    let scan = command("ssh-keyscan", &["-p", port, &hop.host]);
    format!("{scan} >> {}  after comparing the fingerprint on the node's console; or start quorate once on a terminal", command_word(&file))
}

fn command(program: &str, args: &[&str]) -> String {
    clean(&CommandLine::new(program, args.iter().copied()).display())
}

fn command_word(word: &str) -> String {
    command(word, &[])
}
