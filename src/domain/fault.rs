//! A mistake in a file that an operator wrote: where, and what was expected.

use std::fmt;

/// What is wrong in a keymap, theme or other operator's file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// The file as the operator knows it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub text: String,
}

impl FileFault {
    /// A fault at a byte offset of `content`.
    pub fn at(file: &str, content: &str, offset: usize, text: impl Into<String>) -> Self {
        let mut end = offset.min(content.len());
        while !content.is_char_boundary(end) {
            end -= 1;
        }
        let before = &content[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            text: text.into(),
        }
    }

    /// The text of a file; a byte that is none of it is a fault where it stands.
    pub fn text(file: &str, bytes: Vec<u8>) -> Result<String, Self> {
        String::from_utf8(bytes).map_err(|error| {
            let (before, _) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
            let before = String::from_utf8_lossy(before);
            Self::at(file, &before, before.len(), "this byte is not UTF-8")
        })
    }

    /// A fault of the file as a whole.
    pub fn whole(file: &str, text: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 1, column: 1, text: text.into() }
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.text)
    }
}

impl std::error::Error for FileFault {}

/// The known name that was most likely meant, if any is near.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wrong.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|name| {
            // A word cut short or carried on is meant as surely as one with a slip.
            let begins = name.len().min(wrong.len()) > 2 && (name.starts_with(wrong) || wrong.starts_with(name));
            (if begins { 1 } else { distance(wrong, name) }, name)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// "no WHAT 'NAME'", and what was most likely meant.
pub fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("no {what} '{name}': '{near}' is meant?"),
        None => format!("no {what} '{name}'"),
    }
}

/// Levenshtein's distance, in characters; texts longer than 64 characters are not compared.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(65).collect();
    if b.len() > 64 || a.chars().count() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
