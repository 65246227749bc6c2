//! Commands for a node: typed argument vectors, and the one place that quotes them for a shell.

use std::fmt::Write as _;

/// A command to run on a node. Arguments are data: whatever bytes a cluster's names have, no shell ever reads
/// them as syntax, because [`CommandLine::to_shell`] is the only way to a shell and quotes every argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommandLine {
    argv: Vec<String>,
    rights: Rights,
    /// A script with `sudo -n` before each tool that needs it; none if sudo runs the whole command.
    elevated: Option<String>,
}

/// What rights a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Rights {
    User,
    Root,
    /// Root sees more, the user may do.
    Best,
}

/// Stands in a script before each tool that needs root's rights: `sudo -n` where the configuration says so, else nothing. So sudoers can list
/// the tools, and needs no shell.
const AS_ROOT: &str = "as_root ";

/// Runs its arguments with sudo where it lets us, else without.
const BEST: &str = r#"if sudo -n "$1" -c : 2>/dev/null; then exec sudo -n "$@"; fi; exec "$@""#;

/// How privileged commands get their rights on a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Become {
    /// The user is root already, or does without.
    #[default]
    None,
    /// `sudo -n` before each privileged command.
    Sudo,
}

impl CommandLine {
    /// A program by bare name, with its arguments.
    pub fn new<I, S>(program: &str, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let mut argv = vec![program.to_owned()];
        argv.extend(args.into_iter().map(Into::into));
        Self { argv, rights: Rights::User, elevated: None }
    }

    /// A fixed script for `sh -c`. Only text that is part of quorate's source can be a script; what comes from
    /// the cluster goes into `args` and is `$1`, `$2` ... there. Where a [privileged](Self::privileged) script has the word `as_root` before
    /// tools, these alone run with sudo; else all of it does.
    pub fn script<I, S>(script: &'static str, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let mut argv = vec!["sh".to_owned(), "-c".to_owned(), script.replace(AS_ROOT, ""), "sh".to_owned()];
        argv.extend(args.into_iter().map(Into::into));
        let elevated = script.contains(AS_ROOT).then(|| script.replace(AS_ROOT, "sudo -n "));
        Self { argv, rights: Rights::User, elevated }
    }

    /// Needs rights that an ordinary user lacks: `sudo -n` goes before it where the configuration says so.
    #[must_use]
    pub fn privileged(mut self) -> Self {
        self.rights = Rights::Root;
        self
    }

    /// Sees more with root's rights, and something without: a script that runs with sudo where sudo lets us run `sh`, else without.
    #[must_use]
    pub fn best_as_root(mut self) -> Self {
        self.rights = Rights::Best;
        self
    }

    /// Whether it asks for such rights.
    pub const fn is_privileged(&self) -> bool {
        !matches!(self.rights, Rights::User)
    }

    /// Whether sudo would run the tool (or the tools in the script), and no shell.
    pub fn names_its_tools(&self) -> bool {
        self.elevated.is_some() || self.argv.first().is_none_or(|program| program != "sh")
    }

    /// Whether it is a script of ours.
    pub fn is_script(&self) -> bool {
        matches!(self.argv.as_slice(), [sh, c, _, ..] if sh == "sh" && c == "-c")
    }

    /// The arguments, the program first.
    pub fn argv(&self) -> &[String] {
        &self.argv
    }

    /// The argument vector that runs on a node with these rights.
    pub fn effective(&self, rights: Become) -> Vec<&str> {
        let argv = self.argv.iter().map(String::as_str);
        match (rights, self.rights, &self.elevated) {
            (Become::None, ..) | (_, Rights::User, _) => argv.collect(),
            (Become::Sudo, Rights::Best, _) => ["sh", "-c", BEST, "sh"].into_iter().chain(argv).collect(),
            (Become::Sudo, Rights::Root, None) => ["sudo", "-n"].into_iter().chain(argv).collect(),
            (Become::Sudo, Rights::Root, Some(script)) => ["sh", "-c", script].into_iter().chain(argv.skip(3)).collect(),
        }
    }

    /// One line for a POSIX shell.
    pub fn to_shell(&self, rights: Become) -> String {
        let mut line = String::new();
        for (i, word) in self.effective(rights).into_iter().enumerate() {
            if i > 0 {
                line.push(' ');
            }
            quote_into(&mut line, word);
        }
        line
    }

    /// As [`to_shell`](Self::to_shell), for a shell that is about to run it: a script is no program to start, it is read in a subshell.
    pub fn to_subshell(&self, rights: Become) -> String {
        let words = self.effective(rights);
        let ["sh", "-c", script, _, args @ ..] = words.as_slice() else { return self.to_shell(rights) };
        let mut line = "(set --".to_owned();
        for word in args {
            line.push(' ');
            quote_into(&mut line, word);
        }
        // What this shell cannot read ends the subshell alone.
        line.push_str("; eval ");
        quote_into(&mut line, script);
        line.push(')');
        line
    }

    /// For people: as one would type it; a script is named by its first line.
    pub fn display(&self) -> String {
        if let [sh, c, script, ..] = self.argv.as_slice()
            && sh == "sh"
            && c == "-c"
        {
            let first = script.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
            return format!("sh -c '{first} ...'");
        }
        self.to_shell(Become::None)
    }

    /// As [`display`](Self::display), with a script's arguments behind it: of what is long, or has several lines, the beginning.
    pub fn display_whole(&self) -> String {
        const LONGEST: usize = 120;
        let mut line = self.display();
        let arguments: &[String] = if self.is_script() { self.argv.get(4..).unwrap_or_default() } else { &[] };
        for word in arguments {
            let shown: String = word.lines().next().unwrap_or_default().chars().take(LONGEST).collect();
            line.push(' ');
            quote_into(&mut line, &shown);
            if shown.len() < word.len() {
                line.push_str("...");
            }
        }
        line
    }
}

impl CommandLine {
    /// A script with `sudo -n` before each tool that needs it; none if sudo would run the whole command.
    pub(super) fn elevated(&self) -> Option<&str> {
        self.elevated.as_deref()
    }
}

/// One word for a POSIX shell.
pub(super) fn quoted(word: &str) -> String {
    let mut line = String::new();
    quote_into(&mut line, word);
    line
}

/// Quotes one word for a POSIX shell. NUL cannot be part of an argument and is dropped.
fn quote_into(line: &mut String, word: &str) {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        line.push_str(word);
        return;
    }
    line.push('\'');
    for c in word.chars() {
        match c {
            '\0' => {}
            '\'' => line.push_str("'\\''"),
            c => {
                let _ = line.write_char(c);
            }
        }
    }
    line.push('\'');
}
