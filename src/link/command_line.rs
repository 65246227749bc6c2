//! Commands for a node: typed argument vectors, and the one place that quotes them for a shell.

use std::fmt::Write as _;

/// A command to run on a node. Arguments are data: whatever bytes a cluster's names have, no shell ever reads
/// them as syntax, because [`CommandLine::to_shell`] is the only way to a shell and quotes every argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommandLine {
    argv: Vec<String>,
    privileged: bool,
}

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
        Self { argv, privileged: false }
    }

    /// A fixed script for `sh -c`. Only text that is part of quorate's source can be a script; what comes from
    /// the cluster goes into `args` and is `$1`, `$2` ... there.
    pub fn script<I, S>(script: &'static str, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let mut argv = vec!["sh".to_owned(), "-c".to_owned(), script.to_owned(), "sh".to_owned()];
        argv.extend(args.into_iter().map(Into::into));
        Self { argv, privileged: false }
    }

    /// Needs rights that an ordinary user lacks: `sudo -n` goes before it where the configuration says so.
    #[must_use]
    pub fn privileged(mut self) -> Self {
        self.privileged = true;
        self
    }

    /// Whether it asks for such rights.
    pub const fn is_privileged(&self) -> bool {
        self.privileged
    }

    /// The arguments, the program first.
    pub fn argv(&self) -> &[String] {
        &self.argv
    }

    /// The argument vector that runs on a node with these rights.
    pub fn effective(&self, rights: Become) -> Vec<&str> {
        let mut all = Vec::with_capacity(self.argv.len() + 2);
        if self.privileged && rights == Become::Sudo {
            all.extend(["sudo", "-n"]);
        }
        all.extend(self.argv.iter().map(String::as_str));
        all
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
