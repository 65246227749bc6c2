//! The sudoers file that enforces a role on the nodes (sudoers(5); regular expressions need sudo 1.9.10).
//!
//! What is looked at is allowed word for word, as `probe` asks it; what changes something by patterns in which names are names and nothing else. What only plans ask,
//! and what shows more than any screen, is no viewer's. No shell is among it: a script runs as the user, and the tools in it that need more are allowed one by one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::domain::observation::Question;
use crate::domain::observation::host::Tools;
use crate::domain::role::Role;
use crate::link::{Become, CommandLine};
use crate::probe;

/// A name of the cluster: a resource, a node, a guest, a volume.
const NAME: &str = "[A-Za-z0-9_.:+-]+";
/// An absolute path: no part of it begins with a dot.
const FILE: &str = "(/[A-Za-z0-9_+-][A-Za-z0-9_.:+-]*)+";
/// A libvirt of that node.
const URI: &str = "[a-z]+:///[a-z]*";
/// A libvirt of another node, as a migration names it.
const REMOTE: &str = "[a-z]+[+][a-z0-9]+://[A-Za-z0-9_.@:-]+/[a-z]*([?]no_tty=1)?";
/// Where QEMU sends a guest's memory.
const DATA: &str = "[a-z]+:[A-Za-z0-9_./:-]+";
/// The file that a lock lies on (`action::lock`).
const LOCK: &str = "/(run/lock|var/lock|tmp)/quorate[.][A-Za-z0-9_%-]+[.][0-9]+";

/// cluster.conf, and the copies that a change of it leaves beside it (`probe::rhcs::file`).
const CONF: &str = "/etc/cluster/cluster[.]conf";
const COPY: &str = "/etc/cluster/cluster[.]conf[.]quorate-[0-9.]+";
const DRAFT: &str = "/etc/cluster/cluster[.]conf[.]quorate-new";

/// The configuration of a guest of VMware's; `{S}`: or as VMware Server 2 names it. `{W}`: how vmrun logs in.
const VMX: &str = "/[A-Za-z0-9_./ +-]+[.]vmx";
const STORED: &str = "(\\[[A-Za-z0-9_. -]+\\] ?)?[A-Za-z0-9_./ +-]+[.]vmx";
const LOGIN: &str = "( -h [^ ]+)?( -u [^ ]+)?( -p [^ ]+)?";

/// A resource that runs a guest, as an XPath has it (`probe::pacemaker::guests`).
const GUEST: &str = "@type='VirtualDomain' or @type='Xen'";

/// What each role may run beside looking: the least role, the tool, its arguments; `{N}` stands for a name, `{F}` for a file, `{U}` for libvirt's address, `{R}` for that of another node's, `{M}` for where memory is sent;
/// `{V}`, `{S}`, `{W}` for VMware's words; `{C}` for cluster.conf, `{O}` for an old one, `{D}` for the draft of a new one, `{H}` for what has sed cut passwords out, `{T}` for a guest's type.
#[rustfmt::skip]
const ACTS: &[(Role, &str, &str)] = &[
    // What plans ask, and what shows more than any screen: the CIB with the passwords of fence devices, and files anywhere.
    (Role::Operator, "cibadmin", "--query"),
    (Role::Operator, "cibadmin", "--query --xpath //primitive\\[@id='{N}'\\][|]//template\\[@id=//primitive\\[@id='{N}'\\]/@template\\][|]//resources//\\*\\[primitive/@id='{N}'\\]/meta_attributes[|]//resources//\\*\\[\\*/primitive/@id='{N}'\\]/meta_attributes[|]//rsc_defaults[|]//op_defaults"),
    (Role::Operator, "sed", "-e s/ passwd=\\['\"\\]\\[\\^'\"\\]\\*\\['\"\\]//g -- {F}[.]xml"),
    (Role::Operator, "cksum", "-- {F}"),
    (Role::Operator, "crm_resource", "--(move|ban) --resource {N} --node {N} --lifetime PT[0-9]+S"),
    (Role::Operator, "crm_resource", "--clear --resource {N}( --node {N})?( --force)?"),
    (Role::Operator, "crm_resource", "--cleanup --resource {N}"),
    (Role::Operator, "crm_resource", "--refresh --resource {N} --node {N}"),
    (Role::Operator, "crm_resource", "--restart --resource {N} --timeout [0-9]+s"),
    (Role::Operator, "crm_resource", "--resource {N} --meta --set-parameter target-role --parameter-value (Started|Stopped)"),
    (Role::Operator, "crm_resource", "--resource {N} --meta --set-parameter (is-managed|allow-migrate) --parameter-value (true|false)"),
    (Role::Operator, "crm_resource", "--resource {N} --meta --delete-parameter (is-managed|allow-migrate)"),
    (Role::Operator, "crm_attribute", "--type nodes --node {N} --name standby --update (on|off)"),
    (Role::Operator, "crm_attribute", "--type crm_config --name maintenance-mode (--update true|--delete)"),
    (Role::Operator, "stonith_admin", "--(reboot|fence|unfence) {N} --tag quorate-[0-9a-f]+ --timeout [0-9]+"),
    (Role::Operator, "virsh", "-c {U} (suspend|resume|reset|start|shutdown|destroy|domstate|domjobabort) --domain {N}"),
    (Role::Operator, "virsh", "-c {U} migrate-setspeed --domain {N} --bandwidth [0-9]+"),
    (Role::Operator, "virsh", "-c {U} migrate-setmaxdowntime --domain {N} --downtime [0-9]+"),
    (Role::Operator, "virsh", "-c {U} migrate-postcopy --domain {N}"),
    (Role::Operator, "virsh", "-c {U} migrate --live( --(persistent|undefinesource|unsafe|postcopy|auto-converge|compressed|p2p|tunnelled|tls|parallel|abort-on-error))*( --bandwidth [0-9]+)? --domain {N} --desturi {R}( --migrateuri {M})?"),
    (Role::Operator, "virsh", "-c {U} autostart( --disable)? --domain {N}"),
    (Role::Operator, "virsh", "-c {U} save --domain {N} --file {F}[.]quorate-save"),
    (Role::Operator, "virsh", "-c {U} restore --file {F}[.]quorate-save"),
    (Role::Operator, "rm", "-f -- {F}[.]quorate-save"),
    (Role::Operator, "virsh", "-c {U} blockresize --domain {N} --path {F} --size [0-9]+B"),
    (Role::Operator, "lvextend", "--size [0-9]+B {N}/{N}"),
    (Role::Operator, "lvchange", "--refresh {N}/{N}"),
    (Role::Operator, "resize2fs", "/dev/{N}/{N}"),
    (Role::Operator, "xfs_growfs", "{F}"),
    (Role::Operator, "gfs2_grow", "{F}"),
    (Role::Operator, "vmware-cmd", "{V} ((suspend|start) trysoft|reset hard|answer)"),
    (Role::Admin, "vmware-cmd", "-s (un)?register {V}"),
    // The login of vmrun: whoever has it may do all that VMware Server does.
    (Role::Operator, "cat", "/etc/sysconfig/vmware-service"),
    (Role::Operator, "vmrun", "-T server{W} (suspend {S} soft|start {S} nogui|reset {S} hard)"),
    (Role::Admin, "vmrun", "-T server{W} (un)?register {S}"),
    (Role::Operator, "systemctl", "start (corosync|pacemaker)"),
    (Role::Operator, "service", "(corosync|pacemaker) start"),
    // A reboot stops the cluster's daemons before; an operator may, for it drains before that. Leaving for good is an admin's, by the gate.
    (Role::Operator, "systemctl", "stop (corosync|pacemaker)"),
    (Role::Operator, "systemctl", "reboot"),
    (Role::Operator, "shutdown", "-r now"),
    (Role::Operator, "reboot", ""),
    (Role::Operator, "pacemakerd", "--shutdown"),
    (Role::Operator, "corosync-cfgtool", "-H"),
    (Role::Operator, "test", "-w /(run/lock|var/lock|tmp)"),
    (Role::Operator, "flock", "-n {L} tee {L}"),
    (Role::Operator, "tail", "-n 1 {L}"),
    (Role::Admin, "stonith_admin", "--confirm {N} --tag quorate-[0-9a-f]+"),
    (Role::Admin, "timeout", "[0-9]+ fence_ack_manual {N}"),
    (Role::Admin, "fence_ack_manual", "-O -n {N}"),
    (Role::Operator, "gfs_grow", "{F}"),
    (Role::Operator, "clusvcadm", "-[dsRZUc] {N}"),
    (Role::Operator, "clusvcadm", "-[erM] {N} -m {N}"),
    (Role::Operator, "fence_node", "(-v )?{N}"),
    (Role::Operator, "service", "(ccsd|cman|fenced|rgmanager|clvmd|qdiskd|gfs|gfs2) start"),
    (Role::Admin, "service", "(rgmanager|clvmd|qdiskd|gfs|gfs2) stop"),
    (Role::Admin, "fence_tool", "leave -w( 60)?"),
    (Role::Admin, "pkill", "-TERM -x qdiskd"),
    (Role::Admin, "cman_tool", "-t 60 -w leave"),
    (Role::Admin, "cman_tool", "kill -n {N}"),
    (Role::Admin, "cman_tool", "expected -e [0-9]+"),
    (Role::Admin, "cat", "{C}"),
    (Role::Admin, "sed", "{H} ({O}|{D})"),
    (Role::Admin, "rm", "-f {D}"),
    (Role::Admin, "cp", "-p {C} ({O}|{D})"),
    (Role::Admin, "cp", "-p {O} {D}"),
    (Role::Admin, "tee", "{D}"),
    (Role::Admin, "cmp", "-s {C} {O}"),
    (Role::Admin, "mv", "-f {D} {C}"),
    (Role::Admin, "ccs_config_validate", "-f {D}"),
    (Role::Admin, "xmllint", "--noout {D}"),
    (Role::Admin, "ccs_tool", "update {C}"),
    (Role::Admin, "ccs", "-h localhost --sync --activate"),
    (Role::Admin, "cman_tool", "version -r (-S|[0-9]+)"),
    (Role::Admin, "crm_attribute", "--type crm_config --name stop-orphan-resources (--update [A-Za-z0-9]+|--delete)"),
    (Role::Admin, "crm_resource", "--refresh --resource {N} --force"),
    (Role::Admin, "cibadmin", "--create --scope (resources|constraints) --xml-text <(primitive|rsc_location) .*>"),
    (Role::Admin, "cibadmin", "--delete --scope (resources|constraints) --xml-text <[a-z_]+ id=\"{N}\"/>"),
    (Role::Admin, "cibadmin", "--delete --xpath //(resource_set\\[@id='{N}'\\](/resource_ref\\[@id='{N}'\\])?|tag\\[@id='{N}'\\]/obj_ref\\[@id='{N}'\\])"),
    (Role::Admin, "virsh", "-c {U} (domuuid|dumpxml --inactive --security-info) --domain {N}"),
    (Role::Admin, "grep", "-q -- [0-9a-f-]+ {F}[.]xml"),
    (Role::Admin, "tee", "{F}[.]xml[.]new"),
    (Role::Admin, "mv", "-- {F}[.]xml[.]new {F}[.]xml"),
    (Role::Admin, "pvmove", "--interval 5( --name {N}/{N})? {F}( {F})?"),
];

/// Questions of an inquiry that take names.
const INQUIRIES: &[(&str, &str)] = &[
    ("clusvcadm", "-S"),
    ("cman_tool", "version"),
    ("ccs", "-h localhost --checkconf"),
    ("vmware-cmd", "-l"),
    ("vmware-cmd", "{V} get(state|heartbeat|uptime|pid|id)"),
    ("vmrun", "-T server{W} list(RegisteredVM)?"),
    ("cat", "/etc/vmware/hostd/datastores[.]xml"),
    ("test", "-p (/var/run/cluster/fenced_override|/tmp/fence_manual[.]fifo)"),
    ("service", "[A-Za-z]+ status"),
    ("fence_node", "-S {N}"),
    // Which resources are guests: no parameter of any other agent.
    ("cibadmin", "--query --xpath //primitive\\[{T} or @template=//template\\[{T}\\]/@id\\][|]//template\\[{T}\\]"),
    (
        "cibadmin",
        "--query --xpath //constraints/\\*\\[[.]//@\\*='{N}'\\][|]//tag\\[obj_ref/@id='{N}'\\][|]//acls//\\*\\[@\\*='{N}'\\][|]//resources//\\*\\[@id-ref\\]\\[@id-ref=//primitive\\[@id='{N}'\\]//@id\\]\\[not[(]ancestor::primitive/@id='{N}'[)]\\][|]//crm_config//nvpair\\[@name='stop-orphan-resources'\\]",
    ),
    ("crm_simulate", "--xml-pipe --run( --output-as=xml)?"),
    ("crm_simulate", "--live-check --run --node-fail {N}( --output-as=xml)?"),
    ("stonith_admin", "--list {N}( --quiet)?"),
    ("stonith_admin", "--query {N} --timeout 40"),
    ("stat", "-Lc %i:%s:%Y -- {F}"),
    ("virsh", "-r -c {U} (domstate --reason|domjobinfo) --domain {N}( --rawstats)?"),
    ("virsh", "-r -c {U} dumpxml --inactive --domain {N}"),
    ("virsh", "-r -c {R} hostname"),
    ("virsh", "-r -c {U} cpu-compare /dev/stdin"),
    ("virsh", "-c {U} (migrate-getspeed|migrate-getmaxdowntime) --domain {N}"),
    ("virsh", "-r -c {U} domblkinfo --domain {N} --device {F}"),
    // Its columns hang on the version.
    ("lvs", "-a --units b --nosuffix --noheadings --separator [|] -o [a-z_,]+"),
    ("lvs", "--noheadings --units b --nosuffix --separator [|] -o [a-z_,]+ {N}/{N}"),
    ("pvs", "--noheadings --segments --units b --nosuffix --separator [|] -o [a-z_,]+ {F}"),
    ("blockdev", "--getsize64 /dev/{N}/{N}"),
];

/// Of what every question runs, what prints passwords, which are cut out behind it: it is asked where cluster.conf cannot be read.
const TELLS_ALL: &str = "ccs_config_dump";

/// Where distributions put tools. A rule for a file that is not there allows nothing.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

const HEAD: &str = "\
# Put a node's administrators of this role into the group, check this file with 'visudo -cf FILE', and install it as
# /etc/sudoers.d/quorate, owner root, mode 0440, on every node. It needs sudo 1.9.10 or newer (regular expressions).
#
# libvirt is reached through its socket, which sudo cannot guard: whoever may change guests must be in the group 'libvirt' there; for looking its
# read-only socket is enough, which every user may open unless the administrator said otherwise.
#
# No shell is allowed: quorate's scripts run as the user, and only the tools in them as root. Left out is what live streams would read (the journal: be in the
# group systemd-journal). quorate says so where it meets that. An account with NOPASSWD: ALL has it all.
";

/// What a viewer is not given; the file says so.
const LOOKS_ONLY: &str = "\
#
# A viewer sees all that the screens show. Left out is what shows more: the whole CIB, or any one resource out of it, and what ccs_config_dump
# prints (passwords of fence devices are in them); definitions of guests and their checksums (files anywhere). But for ccs_config_dump, which
# stands in for a cluster.conf that cannot be read, only plans ask for it: 'quorate plan' then says what it does not know.
";

/// The file.
pub fn file(role: Role) -> String {
    let left_out = if role < Role::Operator { LOOKS_ONLY } else { "" };
    let mut out =
        format!("# quorate: what the role '{}' may do on a cluster node, for become = \"sudo\".\n{HEAD}{left_out}\n", role.word());
    let mut look = BTreeSet::new();
    for words in looks() {
        let mut words = words.into_iter();
        let tool = words.next().unwrap_or_default();
        let args: Vec<String> = words.map(|word| escaped(&word)).collect();
        look.insert((tool, if args.is_empty() { "\"\"".to_owned() } else { args.join(" ") }));
    }
    look.retain(|(tool, _)| role >= Role::Operator || tool != TELLS_ALL);
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

/// What every question runs with root's rights, as old and as new tools are asked.
fn looks() -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let rhcs = ["clustat", "cman_tool", "mkqdisk", "service"].map(str::to_owned);
    for (pacemaker, lvm, present) in [("1.1.24", "2.02.87", &[][..]), ("2.1.5", "2.03.16", &[]), ("", "2.02.87", &rhcs)] {
        let said = [("crm_mon", format!("Pacemaker {pacemaker}")), ("lvs", format!("LVM version: {lvm}"))];
        let versions = said.map(|(tool, said)| (tool.to_owned(), said)).into();
        let tools = Tools { versions, present: present.to_vec(), ..Tools::default() };
        let asked = Question::ALL.iter().filter(|q| !q.is_libvirt()).filter_map(|question| probe::command(*question, &tools));
        all.extend(asked.filter(CommandLine::is_privileged).flat_map(|command| elevated(&command)));
    }
    all
}

/// The commands of a line that sudo runs; of a script those whose words are all fixed.
fn elevated(line: &CommandLine) -> Vec<Vec<String>> {
    let words = line.effective(Become::Sudo);
    match words.as_slice() {
        ["sudo", "-n", "sh", ..] => Vec::new(),
        ["sudo", "-n", rest @ ..] => vec![rest.iter().map(|word| (*word).to_owned()).collect()],
        ["sh", "-c", script, ..] => script.split("sudo -n ").skip(1).filter_map(fixed).collect(),
        _ => Vec::new(),
    }
}

/// The words of a simple command at the beginning of a piece of a script; none if one of them is not fixed.
fn fixed(piece: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut chars = piece.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(mark)) if c == mark => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            ('$' | '\\', None) | ('$' | '`', Some('"')) => return None,
            ('\\', Some('"')) => words.last_mut()?.push(chars.next()?),
            (';' | ')' | '|' | '&' | '<' | '>' | '\n' | '}', None) => break,
            (' ', None) => words.push(String::new()),
            (c, _) => words.last_mut()?.push(c),
        }
    }
    // `2` before `>` is a redirection.
    words.retain(|word| !word.is_empty());
    if words.last().is_some_and(|word| word == "2") && piece.contains("2>") {
        words.pop();
    }
    (!words.is_empty()).then_some(words)
}

/// Arguments word for word.
fn escaped(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars() {
        if ",:=\\*?[]!# ".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Arguments as a regular expression.
fn pattern(args: &str) -> String {
    if args.is_empty() {
        return "\"\"".to_owned();
    }
    let mut whole = args.to_owned();
    if whole.contains("{H}") {
        whole = whole.replace("{H}", &hiding());
    }
    for (mark, stands_for) in [
        ("{N}", NAME),
        ("{F}", FILE),
        ("{U}", URI),
        ("{R}", REMOTE),
        ("{M}", DATA),
        ("{L}", LOCK),
        ("{C}", CONF),
        ("{O}", COPY),
        ("{D}", DRAFT),
        ("{V}", VMX),
        ("{S}", STORED),
        ("{W}", LOGIN),
        ("{T}", GUEST),
    ] {
        whole = whole.replace(mark, stands_for);
    }
    format!("^{whole}$")
}

/// sed's words that cut passwords out, as a pattern. sudoers has its own use for a backslash: any letter may stand in its place.
fn hiding() -> String {
    let words = fixed(crate::probe::rhcs::file::HIDING).unwrap_or_default();
    let mut out = String::new();
    for c in words.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join(" ").chars() {
        match c {
            '\\' => out.push('.'),
            '(' | ')' | '|' | '.' | '{' | '}' | '+' | '?' | '$' => out.extend(['[', c, ']']),
            '[' | ']' | '^' | '*' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn alias<'a>(out: &mut String, name: &str, rules: impl Iterator<Item = (&'a str, String)>) {
    let lines: Vec<String> = rules.flat_map(|(tool, args)| FOLDERS.map(|folder| format!("    {folder}/{tool} {args}"))).collect();
    let _ = writeln!(out, "Cmnd_Alias {name} = \\\n{}\n", lines.join(", \\\n"));
}
