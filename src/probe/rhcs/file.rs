//! The file /etc/cluster/cluster.conf on a node: how it is read for a change, written, checked, put in place, distributed and put back.
//!
//! Passwords stay on the node. The file is told with them cut out, and the change is told as a program for sed, which the node runs on its own file.
//! Sums are taken of the text without passwords: both ends can take them, and nothing can be guessed from them.

use sha1::{Digest as _, Sha1};

use crate::domain::text::clean;
use crate::link::CommandLine;
use crate::probe::Raw;

/// Where it is (cluster.conf(5)).
pub const FILE: &str = "/etc/cluster/cluster.conf";

/// sed's words that cut passwords out, line by line: the lines stay what and where they are. With sudo these very words are allowed, and no others
/// read the file.
macro_rules! without_passwords {
    () => {
        r#"sed -e 's/\([A-Za-z_]*\([Pp]assw\|community\|secret\|pwd\|_kg\)[A-Za-z_]*[[:space:]]*=[[:space:]]*\)"[^"]*"/\1"***"/g' -e "s/\\([A-Za-z_]*\\([Pp]assw\\|community\\|secret\\|pwd\\|_kg\\)[A-Za-z_]*[[:space:]]*=[[:space:]]*\\)'[^']*'/\\1'***'/g""#
    };
}
pub(in crate::probe) use without_passwords;

/// These words, for sudoers.
pub const HIDING: &str = without_passwords!();

/// The file as it is told, and the sum of that.
macro_rules! hide {
    () => {
        concat!("hide() { as_root ", without_passwords!(), " \"$1\"; }\nsum() { hide \"$1\" 2>/dev/null | sha1sum | cut -c 1-40; }\n")
    };
}

const READ: &str = concat!(
    "# quorate: cluster.conf for a change\n",
    hide!(),
    r#"echo '@@quorate runs'
as_root cman_tool version 2>/dev/null
echo '@@quorate tools'
for tool in ccs_config_validate ccs_tool ccs ccsd group_tool xmllint sha1sum; do command -v $tool >/dev/null 2>&1 && echo $tool; done
why=$(hide "$1" 2>&1 >/dev/null) || { echo '@@quorate why'; echo "$why"; exit 0; }
echo '@@quorate file'
hide "$1"
"#
);

/// Beside the old one, with its owner and mode. Not a byte of it is there if anything is not as it was planned.
macro_rules! edit {
    () => {
        r#"new=$1.quorate-new
[ "$(sum "$1")" = "$2" ] || { echo "$1 has changed since it was read: nothing was written" >&2; exit 1; }
as_root rm -f "$new" && as_root cp -p "$1" "$new" && as_root cat "$1" | sed -e "$4" | as_root tee "$new" >/dev/null || { as_root rm -f "$new"; exit 1; }
[ "$(sum "$new")" = "$3" ] || { as_root rm -f "$new"; echo 'what sed made is not what was planned: nothing was changed' >&2; exit 1; }
"#
    };
}

/// The old one is kept beside it; one of another content that has its name already is not touched.
macro_rules! place {
    () => {
        r#"[ "$(sum "$1")" = "$2" ] && [ "$(sum "$1.quorate-new")" = "$3" ] || { echo "$1 has changed meanwhile: nothing was put in its place" >&2; exit 1; }
old=$1.quorate-$5 n=0
while [ -e "$old" ] && ! as_root cmp -s "$1" "$old"; do n=$((n+1)); old=$1.quorate-$5.$n; done
as_root cp -p "$1" "$old" && as_root mv -f "$1.quorate-new" "$1" && echo "the old file is $old"
"#
    };
}

const WRITE: &str = concat!("# quorate: edit a copy of cluster.conf\n", hide!(), edit!());
const PLACE: &str = concat!("# quorate: put the edited cluster.conf in place, keep the old one\n", hide!(), place!());
const WRITE_AND_PLACE: &str = concat!("# quorate: edit cluster.conf, keep the old one\n", hide!(), edit!(), place!());

/// Only where the cluster does not run the new one already.
const RESTORE: &str = concat!(
    "# quorate: put the old cluster.conf back where the new one does not run\n",
    hide!(),
    r#"as_root rm -f "$1.quorate-new"
[ "$(sum "$1")" = "$3" ] || exit 0
runs=$(as_root cman_tool version | sed -n 's/.* config //p')
[ "$runs" = "$5" ] || { echo "the cluster runs version ${runs:-?}: the file is left as it is" >&2; exit 1; }
for old in "$1.quorate-$5" "$1.quorate-$5".[0-9]*; do
    if [ -e "$old" ] && [ "$(sum "$old")" = "$2" ]; then
        as_root cp -p "$old" "$1.quorate-new" && as_root mv -f "$1.quorate-new" "$1" && echo "the old file is back" && exit 0
    fi
done
echo "no kept copy of the old file was found beside $1" >&2
exit 1
"#
);

/// How the copy is checked before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// RHEL 6.
    CcsConfigValidate,
    /// Whether it is XML, where nothing better is there.
    Xmllint,
}

/// How it gets to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// RHEL 4 and 5: ccsd hands it to all nodes.
    CcsTool,
    /// RHEL 6 with ricci: the file of one node goes to all.
    Ccs,
    /// RHEL 6: each node has the new file; cman is told.
    CmanTool,
}

/// The command that asks how the file is, what runs and which tools are there.
pub fn read(file: &str) -> CommandLine {
    CommandLine::script(READ, [file]).privileged()
}

/// The file of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfFile {
    /// The version that runs there.
    pub runs: Option<u32>,
    /// Those of its tools that matter here.
    pub tools: Vec<String>,
    /// The file, without passwords; or why not.
    pub text: Result<String, String>,
}

/// Reads the answer to [`read`].
pub fn parse(raw: Raw<'_>) -> Option<ConfFile> {
    let section = |name: &str| format!("@@quorate {name}\n");
    let said = raw.stdout;
    let find = |name: &str| memchr::memmem::find(said, section(name).as_bytes()).map(|at| (at, at + section(name).len()));
    let (runs, tools) = (find("runs")?, find("tools")?);
    let (end, text) = match (find("file"), find("why")) {
        (Some((end, at)), _) => {
            let bytes = said.get(at..)?;
            (end, std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| "it is not UTF-8".to_owned()))
        }
        (None, Some((end, at))) => (end, Err(clean(String::from_utf8_lossy(said.get(at..)?).trim()))),
        (None, None) => return None,
    };
    let version = Raw { stdout: said.get(runs.1..tools.0)?, ..raw };
    let tools = String::from_utf8_lossy(said.get(tools.1..end)?);
    Some(ConfFile {
        runs: super::inventory::running_version(version).map(|(_, config)| config),
        tools: tools.lines().map(|l| clean(l.trim())).collect(),
        text,
    })
}

/// Asks ricci whether it lets this node speak to all others. It asks for a password where it does not know us; there is nobody to type it.
pub fn ricci() -> CommandLine {
    CommandLine::new("ccs", ["-h", "localhost", "--checkconf"]).privileged()
}

/// Reads the answer to [`ricci`]. Why not, in words.
pub fn parse_ricci(raw: Raw<'_>) -> Result<(), String> {
    let outcome = super::inventory::distribution(raw);
    if outcome.verdict == super::act::Verdict::Done { Ok(()) } else { Err(outcome.words) }
}

/// The sum of a text without passwords, as the scripts take it.
pub fn sum(text: &str) -> String {
    use std::fmt::Write as _;
    Sha1::digest(text.as_bytes()).iter().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "{byte:02x}");
        all
    })
}

/// One change of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub file: String,
    /// Sum of the old text.
    pub before: String,
    /// Sum of the new one.
    pub after: String,
    /// What sed does.
    pub program: String,
    /// The old version.
    pub version: u32,
}

impl Change {
    fn script(&self, script: &'static str) -> CommandLine {
        let version = self.version.to_string();
        CommandLine::script(script, [&self.file, &self.before, &self.after, &self.program, &version]).privileged()
    }

    /// Writes the copy.
    pub fn write(&self) -> CommandLine {
        self.script(WRITE)
    }

    /// Puts it in place.
    pub fn place(&self) -> CommandLine {
        self.script(PLACE)
    }

    /// Both.
    pub fn write_and_place(&self) -> CommandLine {
        self.script(WRITE_AND_PLACE)
    }

    /// Puts the old one back.
    pub fn restore(&self) -> CommandLine {
        self.script(RESTORE)
    }

    /// Checks the copy.
    pub fn check(&self, how: Check) -> CommandLine {
        let new = format!("{}.quorate-new", self.file);
        match how {
            Check::CcsConfigValidate => CommandLine::new("ccs_config_validate", ["-f", &new]),
            Check::Xmllint => CommandLine::new("xmllint", ["--noout", &new]),
        }
        .privileged()
    }

    /// Tells the cluster. Nobody is there to type a password: standard input is empty.
    pub fn distribute(&self, way: Way) -> CommandLine {
        match way {
            Way::CcsTool => CommandLine::new("ccs_tool", ["update", &self.file]),
            Way::Ccs => CommandLine::new("ccs", ["-h", "localhost", "--sync", "--activate"]),
            Way::CmanTool => CommandLine::new("cman_tool", ["version", "-r", "-S"]),
        }
        .privileged()
    }
}
