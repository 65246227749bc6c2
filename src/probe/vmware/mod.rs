//! VMware Server 1 (`vmware-cmd`, VmPerl) and 2 (`vmrun -T server`): guests of a node, by the tools' documentation and what they print.

use super::Raw;
use super::rhcs::file::without_passwords;
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::link::CommandLine;

pub mod act;
mod list;
mod question;
mod stats;
mod vmx;

pub use list::state_of;
pub use question::read as question;
pub use vmx::uuid;

/// What both scripts and the actions begin with. Every call has a limit of its own: `vmware-cmd` waits for ever on a guest that hangs. `ask` gives it an
/// input that says nothing and does not end: an end would be taken for the default answer, and that is a new UUID. `path`: where the configuration of a guest
/// lies that VMware Server 2 names by its datastore; nothing where that is not told.
macro_rules! prelude {
    ($title:literal) => {
        concat!(
            "# quorate: ",
            $title,
            r#"
exec </dev/null
if timeout 1 true >/dev/null 2>&1; then limit() { timeout "$@"; }
elif perl -e 1 >/dev/null 2>&1; then limit() { perl -e 'alarm shift; exec @ARGV; exit 127' "$@"; }
else limit() { shift; "$@"; }; fi
cmd() { limit "$@" 2>&1 </dev/null; }
ask() {
    perl -e '$^F = 99; pipe(R, W); open(STDIN, "<&R"); alarm 2; exec @ARGV; exit 127' as_root vmware-cmd "$1" answer 2>&1
}
run() {
    s=$1; shift
    eval "$(cat /etc/sysconfig/vmware-service 2>/dev/null || as_root cat /etc/sysconfig/vmware-service 2>/dev/null </dev/null)"
    limit "$s" as_root vmrun -T server ${VMRUN_HOST:+-h "$VMRUN_HOST"} ${VMRUN_USER:+-u "$VMRUN_USER"} ${VMRUN_PASSWORD:+-p "$VMRUN_PASSWORD"} "$@" 2>&1 </dev/null
}
path() {
    case $1 in /*) printf '%s\n' "$1"; return ;; \[*\]*) ;; *) return ;; esac
    s=${1#\[}; s=${s%%\]*}; r=${1#*\]}
    s=$(as_root cat /etc/vmware/hostd/datastores.xml 2>/dev/null </dev/null | tr -d '\r\n' | sed 's/<\/e>/&\n/g' | grep -F "<name>$s</name>" | sed -n 's/.*<path>\([^<]*\)<\/path>.*/\1/p')
    case $s in /*) printf '%s/%s\n' "${s%/}" "${r# }" ;; esac
}
kept() { s=$(path "$1"); [ -n "$s" ] && [ -f "${s%.vmx}.vmss" ]; }
tool=vmrun; command -v vmware-cmd >/dev/null 2>&1 && tool=vmware-cmd
"#
        )
    };
}
pub(crate) use prelude;

/// The list, each guest's state, what it waits for, and the lines of its configuration that are no secrets; then which configuration the
/// scripts of services name. What is not answered in time is said so.
const LIST: &str = concat!(
    prelude!("vmware-cmd -l, getstate"),
    r#"until=$(($(date +%s) + 4))
late() { [ "$(date +%s)" -ge "$until" ]; }
conf() {
    case $1 in /*) ;; *) return ;; esac
    limit 1 grep -iE '^[[:space:]]*(displayName|guestOS|annotation|uuid\.bios|uuid\.action|memsize|numvcpus|(scsi|ide|sata)[0-9]+:[0-9]+\.(present|fileName|deviceType|mode)|ethernet[0-9]+\.(present|connectionType|vnet|virtualDev|address|generatedAddress))[[:space:]]*=' "$1" 2>/dev/null | sed 's/^/: /'
}
echo "@@quorate list $tool"
if [ $tool = vmware-cmd ]; then all=$(cmd 4 as_root vmware-cmd -l); else all=$(run 4 list); fi
rc=$?
printf '%s\n' "$all" | sed 's/^/> /'
echo "= $rc"
if [ $tool = vmrun ]; then
    echo '@@quorate registered'
    more=$(run 4 listRegisteredVM) && printf '%s\n' "$more" | sed 's/^/> /'
    all="$all
$more"
fi
printf '%s\n' "$all" | sort -u | while IFS= read -r v; do
    case $v in /*.vmx | \[*.vmx) ;; *) continue ;; esac
    echo "@@quorate guest $v"
    if [ $tool = vmware-cmd ]; then
        if late; then echo '= late'; else
            said=$(cmd 2 as_root vmware-cmd "$v" getstate); rc=$?
            printf '%s\n' "$said" | sed 's/^/> /'
            echo "= $rc"
            case $said in *'= stuck'*) ask "$v" | sed 's/^/? /' ;; esac
        fi
    elif kept "$v"; then echo '= suspended'; fi
    conf "$v"
done
as_root "#,
    without_passwords!(),
    r#" /etc/cluster/cluster.conf 2>/dev/null </dev/null | tr '<' '\n' | sed -n 's/^script[[:space:]].*file="\([^"]*\)".*/\1/p' | sort -u | while IFS= read -r f; do
    for s in "$f" "/etc/sysconfig/${f##*/}"; do
        [ -r "$s" ] || continue
        echo "@@quorate script $f"
        limit 1 sed -n -e 's/^[[:space:]]*[A-Za-z_]*=["'\'']\{0,1\}\(\/[^"'\'']*\.vmx\)["'\'']\{0,1\}[[:space:]]*$/: \1/p' \
            -e 's/^[[:space:]]*[A-Za-z_]*=["'\'']\(\[[^"'\'']*\.vmx\)["'\''][[:space:]]*$/: \1/p' "$s" 2>/dev/null
    done
done
exit 0
"#
);

/// Figures of the guests that run: those alone have a heartbeat.
const STATS: &str = concat!(
    prelude!("vmware-cmd getheartbeat, getuptime, getpid, getid"),
    r#"until=$(($(date +%s) + 6))
cmd 4 as_root vmware-cmd -l | while IFS= read -r v; do
    case $v in /*.vmx) ;; *) continue ;; esac
    [ "$(date +%s)" -ge "$until" ] && break
    said=$(cmd 2 as_root vmware-cmd "$v" getheartbeat)
    case $said in *'getheartbeat() = '[0-9]*) ;; *) continue ;; esac
    echo "@@quorate guest $v"
    printf '%s\n' "$said" | sed 's/^/> /'
    for q in getuptime getpid getid; do cmd 2 as_root vmware-cmd "$v" $q | sed 's/^/> /'; done
done
exit 0
"#
);

/// The command for a question of this family; none where the node has no VMware Server.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    let none = [""; 0];
    let line = match question {
        Question::Vmware if tools.has("vmware-cmd") || tools.has("vmrun") => CommandLine::script(LIST, none),
        Question::VmwareStats if tools.has("vmware-cmd") => CommandLine::script(STATS, none),
        _ => return None,
    };
    Some(line.privileged())
}

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    match question {
        Question::Vmware => list::read(raw).map(Observation::Vmware),
        Question::VmwareStats => stats::read(raw).map(Observation::VmwareStats),
        _ => Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family"))),
    }
}

/// The lines of a part that begin with this mark, the mark taken off.
fn marked<'a>(body: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    body.lines().filter_map(move |l| l.strip_prefix(mark).map(|l| l.strip_prefix(' ').unwrap_or(l)))
}

/// The value that `vmware-cmd` gives for a verb: `getstate() = on`, `register(/a b.vmx) = 1`. Lines of warning before it do not count.
pub fn value_of<'a>(lines: impl Iterator<Item = &'a str>, verb: &str) -> Option<&'a str> {
    let value = |line: &'a str| {
        let rest = line.trim().strip_prefix(verb)?.strip_prefix('(')?;
        rest.rsplit_once(") = ").map(|(_, value)| value.trim())
    };
    lines.filter_map(value).last()
}
