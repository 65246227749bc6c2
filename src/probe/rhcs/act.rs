//! Commands that change a cluster of this suite, and what they say of their outcome.
//!
//! `clusvcadm` is judged by its words: its exit status is 0 also where a service ended up on another node, and where it ran already
//! (clusvcadm.c, rg_strings.c of rgmanager 3.2). Nothing here sends anything.

use std::fmt;

use crate::domain::observation::Trouble;
use crate::domain::redact::said;
use crate::domain::text::clean;
use crate::link::CommandLine;
use crate::probe::Raw;
use crate::probe::parts::lossy;

/// What `clusvcadm` can do to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `-e`: start where it is typed, or on a member.
    Enable,
    /// `-e -F`: start where the failover domain wants it.
    EnableByDomain,
    /// `-d`: stop, and stay stopped.
    Disable,
    /// `-s`: stop until the next transition.
    Stop,
    /// `-R`: stop and start in place.
    Restart,
    /// `-r`: stop, start elsewhere.
    Relocate,
    /// `-M`: move while it runs.
    Migrate,
    /// `-Z`: leave it alone.
    Freeze,
    /// `-U`: look after it again.
    Unfreeze,
    /// `-c`: start what failed of it and is not critical.
    Convalesce,
}

/// Why no command can be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unbuildable {
    /// Without its prefix a name would be taken for a `service:`.
    NameWithoutKind(String),
    /// A target that is no member's exact name would be replaced by the most similar one.
    NoSuchMember(String),
    /// This needs a target.
    NoTarget,
    /// This takes none.
    TargetNotTaken,
}

impl fmt::Display for Unbuildable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameWithoutKind(name) => write!(f, "{} has no kind before its name (vm: or service:)", clean(name)),
            Self::NoSuchMember(name) => write!(f, "{} is no member's exact name; clusvcadm would take a similar one", clean(name)),
            Self::NoTarget => f.write_str("a target is needed"),
            Self::TargetNotTaken => f.write_str("no target can be given for this"),
        }
    }
}

impl std::error::Error for Unbuildable {}

/// The `clusvcadm` command. `members`: the exact names; an unknown target is refused here, for clusvcadm would take the member with the longest
/// common beginning in its place. `bare`: rgmanager knows its services without their kind (RHEL 4).
///
/// # Errors
/// See [`Unbuildable`].
pub fn clusvcadm(verb: Verb, service: &str, bare: bool, target: Option<&str>, members: &[&str]) -> Result<CommandLine, Unbuildable> {
    let Some((_, name)) = service.split_once(':').filter(|(kind, name)| !kind.is_empty() && !name.is_empty()) else {
        return Err(Unbuildable::NameWithoutKind(service.to_owned()));
    };
    let service = if bare { name } else { service };
    if let Some(name) = target.filter(|name| !members.contains(name)) {
        return Err(Unbuildable::NoSuchMember(name.to_owned()));
    }
    let (option, takes) = match verb {
        Verb::Enable => ("-e", true),
        Verb::EnableByDomain => ("-e", false),
        Verb::Disable => ("-d", false),
        Verb::Stop => ("-s", false),
        Verb::Restart => ("-R", false),
        Verb::Relocate => ("-r", true),
        Verb::Migrate => ("-M", true),
        Verb::Freeze => ("-Z", false),
        Verb::Unfreeze => ("-U", false),
        Verb::Convalesce => ("-c", false),
    };
    let mut args = vec![option, service];
    match target {
        Some(_) if !takes => return Err(Unbuildable::TargetNotTaken),
        Some(name) => args.extend(["-m", name]),
        None if verb == Verb::Migrate => return Err(Unbuildable::NoTarget),
        None => {}
    }
    if verb == Verb::EnableByDomain {
        args.push("-F");
    }
    Ok(CommandLine::new("clusvcadm", args).privileged())
}

/// `clusvcadm -l`, `-u`, `-S`: locks all rgmanagers (no service starts), unlocks them, or only asks.
pub fn lock(option: Lock) -> CommandLine {
    let option = match option {
        Lock::Lock => "-l",
        Lock::Unlock => "-u",
        Lock::Query => "-S",
    };
    CommandLine::new("clusvcadm", [option]).privileged()
}

/// What to do with the lock of all rgmanagers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "see lock()")]
pub enum Lock {
    Lock,
    Unlock,
    Query,
}

/// Whether all rgmanagers are locked; none if the answer does not tell.
pub fn is_locked(raw: Raw<'_>) -> Option<bool> {
    let said = lossy(raw.stdout);
    let has = |words: &str| said.lines().any(|l| l.trim() == words);
    match (has("Resource groups locked"), has("Resource groups unlocked")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// A word of a resource script that stands outside its comments: its stop keeps the guest's memory (`vmware-cmd X suspend`, `vmrun suspend`, `virsh managedsave`).
const SUSPENDS: &str = "^[^#]*[^[:alnum:]_](suspend|managedsave)([^[:alnum:]_]|$)";

/// Asks whether the stop of a resource script suspends.
pub fn stop_suspends(script: &str) -> CommandLine {
    CommandLine::new("grep", ["-cE", "--", SUSPENDS, script]).privileged()
}

/// Reads the answer to [`stop_suspends`]: how many lines there are.
pub fn does_suspend(raw: Raw<'_>) -> Result<bool, Trouble> {
    match lossy(raw.stdout).trim().parse::<u64>() {
        Ok(lines) if raw.code <= 1 => Ok(lines > 0),
        _ => Err(raw.refusal()),
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Done.
    Done,
    /// It was so before.
    Already,
    /// Done, and something has to be looked at: resources may be left over, or it runs elsewhere than asked.
    DoneWithWarning,
    /// Nothing was changed.
    Refused,
    /// It was tried and did not succeed.
    Failed,
    /// The answer is missing: the operation may go on in the daemon.
    Unknown,
}

/// What a changing command said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What became of it.
    pub verdict: Verdict,
    /// The tool's own words, harmless.
    pub words: String,
    /// Where the service runs now, if the tool says so.
    pub now_on: Option<String>,
    /// Another member than the one that was named took part: clusvcadm found the name similar.
    pub taken_for: Option<String>,
}

/// The results that rgmanager has words for, with their codes (exit status 256 minus the code, in 8 bits).
const RESULTS: [(&str, i32, Verdict); 26] = [
    ("Success", 0, Verdict::Done),
    ("Failure", 1, Verdict::Failed),
    ("Aborted; service failed", 2, Verdict::Failed),
    ("Service not mastered locally", 3, Verdict::Refused),
    ("Service does not exist", 4, Verdict::Refused),
    ("Operation would cause a deadlock", 5, Verdict::Refused),
    ("Temporary failure; try again", 6, Verdict::Refused),
    ("Operation violates dependency rule", 7, Verdict::Refused),
    ("Invalid operation for resource", 8, Verdict::Refused),
    ("Operation requires quorum", 9, Verdict::Refused),
    ("Service is already running", 10, Verdict::Already),
    ("Failure: Service is frozen", 11, Verdict::Refused),
    ("Target node dead / nonexistent", 12, Verdict::Refused),
    ("Fencing operation pending; try again later", 13, Verdict::Refused),
    ("S/Lang Script Error", 14, Verdict::Failed),
    ("Service not runnable", 15, Verdict::Refused),
    ("Service not runnable: cannot run exclusive", 16, Verdict::Refused),
    ("Failed; service running on original owner", 17, Verdict::Failed),
    ("Permission denied", 18, Verdict::Refused),
    // 3.0.12 cannot spell.
    ("Permissing denied", 18, Verdict::Refused),
    ("Warning; see system logs", 19, Verdict::DoneWithWarning),
    // RHEL 4 has words of its own, and `success` in small letters.
    ("failed", 1, Verdict::Failed),
    ("cancelled by resource manager", 2, Verdict::Failed),
    ("failed: Service does not exist", 4, Verdict::Refused),
    ("failed: Operation would deadlock", 5, Verdict::Refused),
    ("failed: Try again (resource groups locked)", 6, Verdict::Refused),
];

/// RHEL 4: a reason that stands in no list, `failed: unknown reason -9`.
const FOR_A_REASON: &str = "failed: ";

/// What ends it before rgmanager was asked.
const BEFORE: [&str; 8] = [
    "Could not connect to cluster service",
    "Could not connect to resource group manager",
    "not in membership list",
    "Migration requires a target cluster member",
    " is offline",
    "must be run as the root user",
    "Cannot use '-F' with",
    "Lock operation failed",
];

/// Reads what `clusvcadm` printed.
pub fn outcome(raw: Raw<'_>) -> Outcome {
    let (stdout, stderr) = (lossy(raw.stdout), lossy(raw.stderr));
    let lines: Vec<&str> = stdout.lines().chain(stderr.lines()).map(str::trim).filter(|l| !l.is_empty()).collect();
    let mut found = Outcome { verdict: Verdict::Unknown, words: said(&lines.join("; ")), now_on: None, taken_for: None };
    let quoted = |line: &str| line.split('\'').nth(1).map(clean);
    found.taken_for = lines.iter().find_map(|l| l.strip_prefix("Closest match: ")).and_then(quoted);
    // What was under way stands before it on the same line.
    let after = |line: &str| line.rsplit_once("...").map_or(line, |(_, after)| after).trim().to_owned();
    let result = |line: &str| {
        let after = after(line);
        RESULTS.iter().find(|(words, ..)| after.eq_ignore_ascii_case(words))
    };
    if let Some((words, _, verdict)) = lines.iter().find_map(|l| result(l)) {
        (found.verdict, found.words) = (*verdict, (*words).to_owned());
    } else if lines.iter().any(|l| BEFORE.iter().any(|words| l.contains(words))) {
        found.verdict = Verdict::Refused;
    } else if let Some(reason) = lines.iter().map(|l| after(l)).find(|l| l.starts_with(FOR_A_REASON)) {
        (found.verdict, found.words) = (Verdict::Failed, said(&reason));
    } else if lines.iter().any(|l| matches!(*l, "Resource groups locked" | "Resource groups unlocked")) {
        found.verdict = Verdict::Done;
    } else if lines.is_empty() {
        // `-q` prints nothing: then the status is all there is.
        let code = if raw.code == 0 { 0 } else { 256 - raw.code };
        if let Some((words, _, verdict)) = RESULTS.iter().find(|(_, known, _)| *known == code) {
            (found.verdict, found.words) = (*verdict, (*words).to_owned());
        }
    } else if lines.iter().any(|l| l.starts_with("usage:")) {
        found.verdict = Verdict::Refused;
    }
    for line in &lines {
        let Some((before, node)) = line.split_once(" is now running on ") else { continue };
        found.now_on = Some(clean(node.trim()));
        if before.starts_with("Warning: ") && found.verdict == Verdict::Done {
            found.verdict = Verdict::DoneWithWarning;
            found.words = said(line);
        }
    }
    found
}
