//! What quorate says to the shells on a node: the words that start them, guard them and end them.
//!
//! Each channel runs one `sh` with two children. The *guard* reads what we send: it answers echoes at once, whatever
//! the commands do; it takes heartbeats; everything else it hands to the *worker*, a plain `sh` that runs one command
//! after another. When our side goes, sshd closes the guard's standard input and the guard ends its process group:
//! sshd by itself lets a command without a terminal run on (session.c, `session_close_by_channel`). When the connection
//! drops silently, no heartbeat comes and a watchdog does the same. Nothing is written to the node's disk, and only
//! POSIX is used, but for `read -t` where the shell is bash: dash has no timeout for it, and gets a watchdog.

use crate::link::command_line::{Become, CommandLine};
use crate::link::mark::Nonce;

/// Seconds without a heartbeat after which everything on a channel is ended. Contract: within 60 s.
const WATCHDOG: u32 = 52;

/// What is asked of sshd. It means the same to every login shell (sh, bash, zsh, fish, csh), and the script comes down
/// standard input, where no login shell reads it.
pub const EXEC: &str = "exec sh -c 'IFS= read -r s; eval \"$s\"'";

/// The script for `sh -c` itself, where no login shell stands between.
pub const SCRIPT: &str = "IFS= read -r s; eval \"$s\"";

/// The first lines down a channel: environment, guard, worker, and the first mark.
pub fn hello(nonce: &Nonce, rights: Become) -> String {
    let n = nonce.word();
    // A user may not signal what sudo runs as root; sudo is bothered only where such a process is left, or where nobody can tell.
    let root = match rights {
        Become::Sudo => {
            "{ ! command -v pgrep >/dev/null 2>&1 || pgrep -g $$ -u 0 >/dev/null 2>&1; } && sudo -n kill -KILL -- -$$ >/dev/null 2>&1; "
        }
        Become::None => "",
    };
    let environment = "PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin; export PATH; LC_ALL=C; export LC_ALL; unset LANGUAGE";
    let kill = format!("k() {{ trap \"\" TERM; kill -TERM 0; sleep 1; {root}kill -KILL 0; }}");
    let watch = format!("w() {{ (sleep {WATCHDOG} & z=$!; trap \"kill $z\" TERM; wait $z && k) </dev/null >/dev/null 2>&1 & w=$!; }}");
    let cases = format!(
        "{n}.e*) printf \"\\036{n} %s\\n\" \"${{l#*.}}\" >&2;; {n}.h) [ \"$t\" ] || {{ kill $w 2>/dev/null; wait $w; w; }};; *) printf \"%s\\n\" \"$l\";;"
    );
    // bash needs no watchdog: whatever comes, heartbeats or more, starts its patience anew.
    let able = format!("t=$(echo | {{ read -r -t{WATCHDOG} l && echo -t{WATCHDOG}; }} 2>/dev/null)");
    let patience = format!("t=; case $BASH_VERSION in ?*) {able};; esac; [ \"$t\" ] || w");
    let guard = format!("{patience}; while IFS= read -r $t l; do case $l in {cases} esac; done; k");
    let marks = format!("m() {{ printf '\\036{n} %s %s\\n' \"$1\" \"$2\"; printf '\\036{n} %s\\n' \"$1\" >&2; }}; m 0 0");
    format!("{environment}; {kill}; {watch}; {{ {guard}; }} | {{ sh; k; }}\n{marks}\n")
}

/// One command for the worker: without input, followed by a mark on both outputs.
pub fn run(command: &CommandLine, rights: Become, id: u64) -> String {
    format!("{} </dev/null; m {id} $?\n", command.to_subshell(rights))
}

/// One changing command, with its line for the node's log before and after. It runs in a session of its own and does not mind
/// that nobody reads its output any more: when our side goes it is not cut off in the middle.
pub fn perform(command: &CommandLine, note: &str, rights: Become, id: u64) -> String {
    let said = CommandLine::new("logger", ["-t", "quorate", "--", note]).to_shell(Become::None);
    let told = CommandLine::new("logger", ["-t", "quorate", "--", &format!("{note}: exit status ")]).to_shell(Become::None);
    let quiet = "</dev/null >/dev/null 2>&1";
    let whole = "setsid=; command -v setsid >/dev/null 2>&1 && setsid=setsid";
    let run = format!("(trap '' HUP PIPE; exec $setsid {}) </dev/null & wait $!; r=$?", command.to_shell(rights));
    format!("{said} {quiet}; {whole}; {run}; {told}$r {quiet}; m {id} $r\n")
}

/// Asks the guard for an echo.
pub fn echo(nonce: &Nonce, sequence: u64) -> String {
    format!("{}.e{sequence}\n", nonce.word())
}

/// Tells the guard that we live.
pub fn heartbeat(nonce: &Nonce) -> String {
    format!("{}.h\n", nonce.word())
}
