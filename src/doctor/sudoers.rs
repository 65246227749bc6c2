//! The sudoers file that enforces a role on the nodes (sudoers(5); regular expressions need sudo 1.9.10).
//!
//! What is looked at is allowed word for word, as `probe` asks it; what changes something by patterns in which names are names and nothing else. Fixed scripts (`sh -c`) are
//! left out: sudo can tell one from another only as long as nobody writes a better one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::domain::observation::Question;
use crate::domain::observation::host::Tools;
use crate::domain::role::Role;
use crate::link::{Become, CommandLine};
use crate::probe;

/// A name of the cluster: a resource, a node, a guest, a volume.
const NAME: &str = "[A-Za-z0-9_.:+-]+";

/// What each role may run beside looking: the least role, the tool, its arguments; `N` stands for a name.
#[rustfmt::skip]
const ACTS: &[(Role, &str, &str)] = &[
    (Role::Operator, "crm_resource", "--(move|ban) --resource N --node N --lifetime PT[0-9]+S"),
    (Role::Operator, "crm_resource", "--clear --resource N( --node N)?"),
    (Role::Operator, "crm_resource", "--cleanup --resource N"),
    (Role::Operator, "crm_resource", "--refresh --resource N --node N"),
    (Role::Operator, "crm_resource", "--restart --resource N --timeout [0-9]+s"),
    (Role::Operator, "crm_resource", "--resource N --meta --set-parameter target-role --parameter-value (Started|Stopped)"),
    (Role::Operator, "crm_resource", "--resource N --meta --set-parameter (is-managed|allow-migrate) --parameter-value (true|false)"),
    (Role::Operator, "crm_resource", "--resource N --meta --delete-parameter is-managed"),
    (Role::Operator, "crm_attribute", "--type nodes --node N --name standby --update (on|off)"),
    (Role::Operator, "crm_attribute", "--type crm_config --name maintenance-mode (--update true|--delete)"),
    (Role::Operator, "stonith_admin", "--(reboot|fence|unfence) N --tag quorate-[0-9a-f]+ --timeout [0-9]+"),
    (Role::Operator, "virsh", "-c qemu:///system (suspend|resume|reset|domjobabort) --domain N"),
    (Role::Operator, "virsh", "-c qemu:///system blockresize --domain N --path /[A-Za-z0-9_./+-]+ --size [0-9]+B"),
    (Role::Operator, "vmware-cmd", "/[A-Za-z0-9_./ +-]+[.]vmx ((suspend|start) trysoft|reset hard|answer)"),
    (Role::Admin, "vmware-cmd", "-s (un)?register /[A-Za-z0-9_./ +-]+[.]vmx"),
    (Role::Operator, "lvextend", "--size [0-9]+B N/N"),
    (Role::Operator, "lvchange", "--refresh N/N"),
    (Role::Operator, "resize2fs", "/dev/N/N"),
    (Role::Operator, "xfs_growfs", "/[A-Za-z0-9_./+-]+"),
    (Role::Operator, "gfs2_grow", "/[A-Za-z0-9_./+-]+"),
    (Role::Operator, "gfs_grow", "/[A-Za-z0-9_./+-]+"),
    (Role::Operator, "clusvcadm", "-[dsRZUc] N"),
    (Role::Operator, "clusvcadm", "-[erM] N -m N"),
    (Role::Operator, "fence_node", "(-v )?N"),
    (Role::Operator, "service", "(cman|rgmanager|clvmd|qdiskd|gfs|gfs2) start"),
    (Role::Operator, "systemctl", "start (corosync|pacemaker)"),
    (Role::Admin, "systemctl", "stop (corosync|pacemaker)"),
    (Role::Operator, "virsh", "-c qemu:///system destroy --domain N"),
    (Role::Admin, "service", "(rgmanager|clvmd|qdiskd|gfs|gfs2) stop"),
    (Role::Admin, "fence_tool", "leave"),
    (Role::Admin, "cman_tool", "leave"),
    (Role::Admin, "cman_tool", "kill -n N"),
    (Role::Admin, "cman_tool", "expected -e [0-9]+"),
    (Role::Admin, "stonith_admin", "--confirm N --tag quorate-[0-9a-f]+"),
    (Role::Admin, "crm_attribute", "--type crm_config --name stop-orphan-resources (--update false|--delete)"),
    (Role::Admin, "crm_resource", "--refresh --resource N --force"),
    (Role::Admin, "cibadmin", "--create --scope (resources|constraints) --xml-text <(primitive|rsc_location) .*>"),
    (Role::Admin, "cibadmin", "--delete --scope (resources|constraints) --xml-text <[a-z_]+ id=\"N\"/>"),
    (Role::Admin, "pvmove", "--interval 5( --name N/N)? /[A-Za-z0-9_./+-]+( /[A-Za-z0-9_./+-]+)?"),
];

/// Questions of an inquiry that take names.
const INQUIRIES: &[(&str, &str)] = &[
    ("clusvcadm", "-S"),
    ("fence_node", "-S N"),
    ("cibadmin", "--query --xpath //primitive\\[@id='N'\\]"),
    ("virsh", "-r -c qemu:///system (domstate --reason|domjobinfo) --domain N( --rawstats)?"),
    ("virsh", "-r -c qemu:///system domblkinfo --domain N --device /[A-Za-z0-9_./+-]+"),
    ("lvs", "--noheadings --units b --nosuffix --separator [|] -o [a-z_,]+ N/N"),
    ("pvs", "--noheadings --segments --units b --nosuffix --separator [|] -o [a-z_,]+ /[A-Za-z0-9_./+-]+"),
    ("blockdev", "--getsize64 /dev/N/N"),
];

/// Where distributions put tools. A rule for a file that is not there allows nothing.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/bin", "/sbin"];

const HEAD: &str = "\
# Put a node's administrators of this role into the group, check this file with 'visudo -cf FILE', and install it as
# /etc/sudoers.d/quorate, owner root, mode 0440, on every node. It needs sudo 1.9.10 or newer (regular expressions).
#
# libvirt is reached through its socket, which sudo cannot guard: whoever may change guests must be in the group 'libvirt' there; for looking its
# read-only socket is enough, which every user may open unless the administrator said otherwise.
#
# Left out are fixed scripts that would run as root (sh -c): the manager's simulation before an action, the lock between two quorates, some
# questions, and of the actions: relocate --how suspend without the agent's snapshot, stop --force, register, reboot, and leave on a node without systemd.
# quorate says so where it meets one. An account with NOPASSWD: ALL has them all.
";

/// The file.
pub fn file(role: Role) -> String {
    let mut out = format!("# quorate: what the role '{}' may do on a cluster node, for become = \"sudo\".\n{HEAD}\n", role.word());
    let mut look = BTreeSet::new();
    for command in looks() {
        let mut words = command.argv().iter().map(String::as_str);
        let tool = words.next().unwrap_or_default().to_owned();
        let args: Vec<String> = words.map(escaped).collect();
        look.insert((tool, if args.is_empty() { "\"\"".to_owned() } else { args.join(" ") }));
    }
    look.extend(INQUIRIES.iter().map(|(tool, args)| ((*tool).to_owned(), pattern(args))));
    alias(&mut out, "QUORATE_LOOK", look.iter().map(|(tool, args)| (tool.as_str(), args.clone())));
    let acts: Vec<(&str, String)> =
        ACTS.iter().filter(|(least, ..)| role >= *least).map(|(_, tool, args)| (*tool, pattern(args))).collect();
    let mut may = "QUORATE_LOOK".to_owned();
    if !acts.is_empty() {
        alias(&mut out, "QUORATE_ACT", acts.into_iter());
        may.push_str(", QUORATE_ACT");
    }
    let _ = writeln!(out, "%quorate-{} ALL=(root) NOPASSWD: {may}", role.word());
    out
}

/// Every privileged question that is no script, as old and as new tools are asked.
fn looks() -> Vec<CommandLine> {
    let mut all = Vec::new();
    for version in ["Pacemaker 1.1.24", "Pacemaker 2.1.5"] {
        let tools = Tools { versions: vec![("crm_mon".to_owned(), version.to_owned())], ..Tools::default() };
        all.extend(QUESTIONS.iter().filter_map(|question| probe::command(*question, &tools)));
    }
    all.retain(|command| command.is_privileged() && command.effective(Become::None).first() != Some(&"sh"));
    all
}

const QUESTIONS: [Question; 19] = [
    Question::CrmMon,
    Question::Constraints,
    Question::FenceHistory,
    Question::FenceDevices,
    Question::Quorum,
    Question::Links,
    Question::LinkStats,
    Question::Cmap,
    Question::Qdevice,
    Question::Dlm,
    Question::Watchdog,
    Question::Units,
    Question::Daemons,
    Question::Lvs,
    Question::Vgs,
    Question::Pvs,
    Question::DeviceMapper,
    Question::Multipath,
    Question::Iscsi,
];

/// Arguments word for word.
fn escaped(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars() {
        if ",:=\\*?[]!#\"' ".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Arguments as a regular expression.
fn pattern(args: &str) -> String {
    let words: Vec<String> = args.split(' ').map(|word| word.replace('N', NAME)).collect();
    format!("^{}$", words.join(" "))
}

fn alias<'a>(out: &mut String, name: &str, rules: impl Iterator<Item = (&'a str, String)>) {
    let lines: Vec<String> = rules.flat_map(|(tool, args)| FOLDERS.map(|folder| format!("    {folder}/{tool} {args}"))).collect();
    let _ = writeln!(out, "Cmnd_Alias {name} = \\\n{}\n", lines.join(", \\\n"));
}
