//! Files that match an Include pattern (glob(7)): `*`, `?` and `[...]` in each part of a path.

use std::path::{Component, Path, PathBuf};

/// More files than this one Include cannot name.
const MOST: usize = 1024;

/// The plain files that match (nothing else can be included: a pipe would never end), in the order of their names. A leading dot must be written.
pub fn files(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        found = match part {
            Component::Normal(name) if is_pattern(&name.to_string_lossy()) => {
                found.iter().flat_map(|folder| matching(folder, &name.to_string_lossy())).take(MOST).collect()
            }
            part => found.into_iter().map(|path| path.join(part)).collect(),
        };
    }
    found.retain(|path| path.is_file());
    found
}

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

fn matching(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(here) else { return Vec::new() };
    let pattern = parts(pattern);
    let mut names: Vec<_> = entries.flatten().map(|e| e.file_name()).filter(|name| fits(&pattern, &name.to_string_lossy())).collect();
    names.sort();
    names.into_iter().map(|name| folder.join(name)).collect()
}

enum Part {
    Any,
    One,
    Char(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Char(own) => *own == c,
            Self::Class { negated, ranges } => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated,
        }
    }
}

fn parts(pattern: &str) -> Vec<Part> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        at += 1;
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            '[' => match class(chars.get(at..).unwrap_or_default()) {
                Some((class, length)) => {
                    at += length;
                    class
                }
                None => Part::Char('['),
            },
            c => Part::Char(*c),
        });
    }
    parts
}

/// The class after a `[`, and how many characters it has, `]` included; none where it does not close.
fn class(after: &[char]) -> Option<(Part, usize)> {
    let negated = matches!(after.first(), Some('!' | '^'));
    let start = usize::from(negated);
    // A `]` that comes first is a member.
    let end = start + 1 + after.get(start + 1..)?.iter().position(|c| *c == ']')?;
    let mut members = after.get(start..end)?;
    let mut ranges = Vec::new();
    while let [from, rest @ ..] = members {
        match rest {
            ['-', to, rest @ ..] => {
                ranges.push((*from, *to));
                members = rest;
            }
            rest => {
                ranges.push((*from, *from));
                members = rest;
            }
        }
    }
    Some((Part::Class { negated, ranges }, end + 1))
}

fn fits(pattern: &[Part], name: &str) -> bool {
    if name.starts_with('.') && !matches!(pattern.first(), Some(Part::Char('.'))) {
        return false;
    }
    // Which positions of the pattern are reached after each character.
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    skip_stars(pattern, &mut reached);
    for c in name.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, part) in pattern.iter().enumerate().filter(|(at, _)| reached[*at]) {
            if part.takes(c) {
                next[if matches!(part, Part::Any) { at } else { at + 1 }] = true;
            }
        }
        skip_stars(pattern, &mut next);
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

fn skip_stars(pattern: &[Part], reached: &mut [bool]) {
    for (at, part) in pattern.iter().enumerate() {
        if matches!(part, Part::Any) && reached[at] {
            reached[at + 1] = true;
        }
    }
}
