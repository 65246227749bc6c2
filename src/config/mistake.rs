//! What is wrong in a configuration, and where.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use crate::domain::text::{clean, clean_cow};

/// One thing that is wrong in config.toml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what was expected.
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.text)
    }
}

/// A place in config.toml.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Spot {
    /// What is wrong here, as it is found out later.
    pub fn mistake(&self, text: &str) -> Mistake {
        Mistake { file: self.file.clone(), line: self.line, column: self.column, text: clean(text) }
    }
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// The command line names something that is not there, or too little. Exit status 64.
    Usage(String),
    /// `--config FILE` cannot be read. Exit status 65.
    Unreadable {
        /// The file.
        file: String,
        /// The system's words.
        why: String,
    },
    /// Everything that is wrong in the file, in its order; or what it lacks for this session. Exit status 65.
    Wrong(Vec<Mistake>),
}

impl ConfigError {
    /// The exit status that the contract has for it.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Unreadable { .. } | Self::Wrong(_) => 65,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) => f.write_str(text),
            Self::Unreadable { file, why } => write!(f, "cannot read the configuration {file}: {why}"),
            Self::Wrong(mistakes) => {
                for (i, mistake) in mistakes.iter().enumerate() {
                    write!(f, "{}{mistake}", if i == 0 { "" } else { "\n" })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// Collects mistakes of one file.
pub struct Mistakes<'a> {
    file: String,
    source: &'a str,
    found: Vec<(usize, String)>,
}

impl<'a> Mistakes<'a> {
    pub fn new(file: &Path, source: &'a str) -> Self {
        Self { file: clean(&file.to_string_lossy()), source, found: Vec::new() }
    }

    /// Adds one at a byte range of the source.
    pub fn add(&mut self, span: &Range<usize>, text: impl AsRef<str>) {
        self.found.push((span.start, clean_cow(text.as_ref()).into_owned()));
    }

    /// Where a byte range of the source begins.
    pub fn spot(&self, span: &Range<usize>) -> Spot {
        let (line, column) = line_column(self.source, span.start);
        Spot { file: self.file.clone(), line, column }
    }

    /// The configuration, unless something is wrong.
    pub fn into_result<T>(mut self, value: T) -> Result<T, ConfigError> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort();
        self.found.dedup();
        let at = |(offset, text): (usize, String)| {
            let (line, column) = line_column(self.source, offset);
            Mistake { file: self.file.clone(), line, column, text }
        };
        Err(ConfigError::Wrong(self.found.into_iter().map(at).collect()))
    }
}

/// Line and column of a byte offset, both from 1, the column in characters.
pub fn line_column(source: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    let before = source.get(..end).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before.get(start..).unwrap_or_default().chars().count() + 1)
}

/// The candidate that was most likely meant, if any is near: at most a third of its letters differ, or it begins as what was written does.
pub fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let written = written.to_lowercase();
    // Beyond this length nothing is a slip of the fingers, and the distance would cost.
    if written.chars().count() > 64 {
        return None;
    }
    candidates
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let begins = lower.len().min(written.len()) > 2 && (lower.starts_with(&written) || written.starts_with(&lower));
            (if begins { 1 } else { distance(&written, &lower) }, name)
        })
        .filter(|(distance, name)| *distance * 3 <= name.chars().count().max(written.chars().count()) + 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Letters inserted, left out, replaced, or swapped with their neighbour (Damerau-Levenshtein, adjacent swaps).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
