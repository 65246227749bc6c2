//! Red Hat Cluster Suite of RHEL 4, 5 and 6: rgmanager, cman, fenced, groupd, qdiskd, cluster.conf.
//!
//! Output and exit statuses by the tools' sources, cluster 3.2.0 (RHEL 6), 3.0.12 (RHEL 6.0), 2.0 (RHEL 5), and the manuals of RHEL 4.

use super::Raw;
use super::parts::may_have;
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::domain::redact;
use crate::link::CommandLine;

pub mod act;
mod clustat;
mod clustat_text;
mod cman;
mod conf;
mod conf_rm;
pub mod fence;
mod fence_dump;
pub mod file;
mod groups;
pub mod inventory;
mod qdisk;
mod service;

/// RHEL 4's clustat may have no `-x`; all others print XML, after whatever they have to complain of. The exit status
/// is no verdict: 255 stands beside a good answer in 3.0.12.
const CLUSTAT: &str = "# quorate: clustat -x
said=$(as_root clustat -x); rc=$?
case $said in *'<clustat'*) printf '%s\\n' \"$said\"; exit $rc ;; esac
as_root clustat
";

/// Votes by node are known to RHEL 6 alone; when nodes were fenced, to RHEL 5 alone. An option that a version does not
/// know costs nothing: not all of them end with a status that says so.
const CMAN: &str = "# quorate: cman_tool status, nodes
as_root cman_tool status; rc=$?
echo '@@quorate nodes'
said=$(as_root cman_tool nodes -a 2>/dev/null)
case $said in *' M '*) printf '%s\\n' \"$said\" ;; *) as_root cman_tool nodes ;; esac
echo '@@quorate votes'
as_root cman_tool nodes -F id,name,type,votes,exp,state 2>/dev/null
echo '@@quorate fenced'
[ -x /sbin/ccsd ] && as_root cman_tool nodes -f 2>/dev/null
exit $rc
";

/// RHEL 6: fence_tool, which ends with 1 and without a word where fenced does not run. RHEL 5: groupd. What fenced remembers of its fencings stands
/// in its debug buffer, with times that `ls` does not have.
const GROUPS: &str = "# quorate: fence_tool ls -n, group_tool ls
echo '@@quorate fence'
as_root fence_tool ls -n 2>/dev/null
echo '@@quorate groups'
if command -v group_tool >/dev/null 2>&1; then as_root group_tool ls; else as_root cman_tool services; fi
echo '@@quorate dump'
as_root fence_tool dump 2>/dev/null | grep 'fenc[ei]' | tail -n 200
exit 0
";

/// Passwords stay on the node: what looks like one is cut out before it is sent. What the cluster runs is asked where the
/// file cannot be read.
const CONF: &str = concat!(
    "# quorate: cluster.conf\nif command -v ccs_config_dump >/dev/null 2>&1; then\n    as_root ",
    file::without_passwords!(),
    " /etc/cluster/cluster.conf 2>/dev/null || as_root ccs_config_dump | ",
    file::without_passwords!(),
    "\nelse\n    as_root ",
    file::without_passwords!(),
    " /etc/cluster/cluster.conf\nfi\nexit 0\n"
);

/// The command for a question of this family; none if no tool of the node can answer it.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    let none = [""; 0];
    // Not where nobody has looked for tools yet: other stacks have none of these.
    let has = |tool: &str| tools.has(tool);
    let line = match question {
        Question::Clustat if has("clustat") => CommandLine::script(CLUSTAT, none),
        Question::Cman if has("cman_tool") => CommandLine::script(CMAN, none),
        Question::Groups if has("cman_tool") => CommandLine::script(GROUPS, none),
        Question::ClusterConf if has("cman_tool") || has("clustat") => CommandLine::script(CONF, none),
        Question::QuorumDisk if has("mkqdisk") => CommandLine::new("mkqdisk", ["-L"]),
        Question::InitScripts if !may_have(tools, "systemctl") && has("service") => CommandLine::script(service::SCRIPT, none),
        _ => return None,
    };
    Some(line.privileged())
}

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    match question {
        Question::Clustat => clustat::read(raw).map(|view| Observation::Clustat(Box::new(view))),
        Question::Cman => cman::read(raw).map(|view| Observation::Cman(Box::new(view))),
        Question::Groups => groups::read(raw).map(Observation::Groups),
        Question::ClusterConf => conf::read(raw).map(|conf| Observation::ClusterConf(Box::new(conf))),
        Question::QuorumDisk => qdisk::read(raw).map(Observation::QuorumDisk),
        Question::InitScripts => service::read(raw).map(Observation::Units),
        _ => Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family"))),
    }
}

/// An answer without data: what the tool said, with the cure where there is one.
fn nothing(raw: Raw<'_>) -> Trouble {
    let (stdout, stderr) = (String::from_utf8_lossy(raw.stdout), String::from_utf8_lossy(raw.stderr));
    let said = redact::said(stderr.lines().chain(stdout.lines()).map(str::trim).find(|l| !l.is_empty()).unwrap_or_default());
    let command = raw.command;
    let cure = if said.contains("ermission denied") {
        let text = format!("'{command}' is not permitted to this user: {said}; ask as root, or with become = \"sudo\"");
        return Trouble::new(TroubleKind::Denied, &text);
    } else if said.contains("connect to CMAN") || said.contains("connection to cman") || said.contains("connect to cluster service") {
        "cman is not running on this node (service cman start)"
    } else if said.contains("esource group manager") || said.contains("Resource Group Manager") {
        "rgmanager is not running on this node (service rgmanager start)"
    } else if said.contains("groupd") {
        "groupd is not running on this node (service cman start)"
    } else {
        return if raw.code == 0 && !said.is_empty() { raw.garbled(&format!("not understood: {said}")) } else { raw.refusal() };
    };
    Trouble::new(TroubleKind::Failed, &format!("'{command}' failed: {said}; {cure}"))
}

/// Complaints of a tool, each once, at most 20.
fn complaints(before: &str, stderr: &[u8]) -> Vec<String> {
    let stderr = String::from_utf8_lossy(stderr);
    let mut all: Vec<String> = Vec::new();
    for line in before.lines().chain(stderr.lines()).map(str::trim).filter(|l| !l.is_empty()) {
        let line = redact::said(line);
        if all.len() < 20 && !all.contains(&line) {
            all.push(line);
        }
    }
    all
}
