//! Commands that change a guest of VMware Server, and the look that tells how it is before and after.
//!
//! `vmware-cmd` ends with the number of VmPerl's error: 8 where the guest's state does not allow it, 7 after a time limit, 11 where it is not
//! registered. Nothing here sends anything.

use super::list::{self, is_absent};
use super::{marked, prelude};
use crate::domain::observation::vmware::{VmwareRow, VmwareState, VmwareTool};
use crate::domain::observation::{Trouble, TroubleKind};
use crate::domain::text::clean;
use crate::link::CommandLine;
use crate::probe::Raw;
use crate::probe::parts::lossy;

/// What can be done to a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Its memory goes to a file, and it is off. With the guest's own scripts where its Tools run, else without.
    Suspend,
    /// Switched on; a suspended one goes on where it was.
    Start,
    /// As by its button.
    Reset,
    /// Made known to this node's VMware.
    Register,
    /// Forgotten by this node's VMware; its files stay.
    Unregister,
}

/// `vmrun`, logged in as the settings of the node say, which root alone may be allowed to read: the password stays there.
const RUN: &str = "eval \"$(cat /etc/sysconfig/vmware-service 2>/dev/null || as_root cat /etc/sysconfig/vmware-service 2>/dev/null)\"; \
    as_root vmrun -T server ${VMRUN_HOST:+-h \"$VMRUN_HOST\"} ${VMRUN_USER:+-u \"$VMRUN_USER\"} ${VMRUN_PASSWORD:+-p \"$VMRUN_PASSWORD\"} \"$@\"";

/// VMware asks nothing about the UUID, and keeps it, where the configuration says so. Its last line may have no end.
const KEEP: &str = "grep -qi '^[[:space:]]*uuid\\.action[[:space:]]*=' \"$1\" || \
    { [ -z \"$(tail -c 1 \"$1\")\" ] || echo; echo 'uuid.action = \"keep\"'; } >>\"$1\"";

/// `$1` guest, `$2` answer's number, `$3` name of the question. Another question than the one that was read is not answered.
const ANSWER: &str = concat!(
    prelude!("vmware-cmd ... answer"),
    r#"said=$(ask "$1" | tr '\n\t' '  ' | tr -s ' ')
case $said in *":$3:"* | *"$3"*) ;; *) printf 'it waits with another question now, or with none: %s\n' "$said" >&2; exit 1 ;; esac
printf '%s\n' "$2" | limit 20 as_root vmware-cmd "$1" answer
"#
);

/// `$1` guest: its state, and what it waits for.
const LOOK: &str = concat!(
    prelude!("vmware-cmd ... getstate"),
    r#"echo "@@quorate look $tool"
if [ $tool = vmware-cmd ]; then
    said=$(cmd 5 as_root vmware-cmd "$1" getstate); rc=$?
    printf '%s\n' "$said" | sed 's/^/> /'
    echo "= $rc"
    case $said in *'= stuck'*) ask "$1" | sed 's/^/? /' ;; esac
else
    run 5 list | sed 's/^/> /'
    echo '@@quorate registered'
    run 5 listRegisteredVM | sed 's/^/> /'
    kept "$1" && echo '= suspended'
fi
exit 0
"#
);

/// The command.
pub fn command(tool: VmwareTool, verb: Verb, vmx: &str) -> CommandLine {
    let (cmd, run): (&[&str], &[&str]) = match verb {
        Verb::Suspend => (&[vmx, "suspend", "trysoft"], &["suspend", vmx, "soft"]),
        Verb::Start => (&[vmx, "start", "trysoft"], &["start", vmx, "nogui"]),
        Verb::Reset => (&[vmx, "reset", "hard"], &["reset", vmx, "hard"]),
        Verb::Register => (&["-s", "register", vmx], &["register", vmx]),
        Verb::Unregister => (&["-s", "unregister", vmx], &["unregister", vmx]),
    };
    let line = match tool {
        VmwareTool::Cmd => CommandLine::new("vmware-cmd", cmd.iter().copied()),
        VmwareTool::Run => CommandLine::script(RUN, run.iter().copied()),
    };
    line.privileged()
}

/// Has the guest keep its UUID on this node; none for one whose configuration is no path.
pub fn keep_uuid(vmx: &str) -> Option<CommandLine> {
    vmx.starts_with('/').then(|| CommandLine::script(KEEP, [vmx]).privileged())
}

/// Answers the question of this name (or of this text, where it has none) with the answer of this number. `vmrun` cannot.
pub fn answer(vmx: &str, number: u32, question: &str) -> CommandLine {
    CommandLine::script(ANSWER, [vmx.to_owned(), number.to_string(), question.to_owned()]).privileged()
}

/// Looks at one guest.
pub fn look(vmx: &str) -> CommandLine {
    CommandLine::script(LOOK, [vmx]).privileged()
}

/// A guest on a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// That VMware does not know it.
    Absent,
    /// It does.
    Is(Box<VmwareRow>),
}

/// Reads a look at this guest.
///
/// # Errors
/// Where VMware does not say how the guest is: that is not "absent".
pub fn parse_look(vmx: &str, raw: Raw<'_>) -> Result<Look, Trouble> {
    let text = lossy(raw.stdout);
    let parts = crate::probe::parts::sections(&text);
    let Some((tool, body)) = parts.iter().find_map(|(name, body)| Some((name.strip_prefix("look ")?, *body))) else {
        return Err(raw.refusal());
    };
    if tool.trim() == "vmrun" {
        return by_lists(vmx, raw, body, parts.iter().find(|(name, _)| *name == "registered").map_or("", |(_, body)| *body));
    }
    let row = list::row(vmx.to_owned(), body);
    match &row.trouble {
        Some(said) if is_absent(said) => Ok(Look::Absent),
        Some(said) => Err(Trouble::new(TroubleKind::Failed, &format!("VMware does not say how {vmx} is: {said}"))),
        None => Ok(Look::Is(Box::new(row))),
    }
}

fn by_lists(vmx: &str, raw: Raw<'_>, running: &str, registered: &str) -> Result<Look, Trouble> {
    let has = |body: &str| marked(body, ">").any(|l| clean(l.trim_end()) == vmx);
    if !marked(running, ">").any(|l| l.starts_with("Total running VMs:")) {
        return Err(raw.garbled("vmrun does not list what runs"));
    }
    let state = match (has(running), has(registered), registered.lines().any(|l| l == "= suspended")) {
        (true, ..) => VmwareState::On,
        (false, true, true) => VmwareState::Suspended,
        (false, true, false) => VmwareState::Off,
        (false, false, _) => return Ok(Look::Absent),
    };
    Ok(Look::Is(Box::new(VmwareRow { vmx: vmx.to_owned(), state, ..VmwareRow::default() })))
}
