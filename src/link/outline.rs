//! A script for people: the tools that it runs, each on a line with its words in their places. What runs is the script itself.

use super::command_line::{CommandLine, quoted};
use crate::domain::text::clean;

/// Stands before what needs root's rights.
const SUDO: &str = "sudo -n ";

/// How the further lines of a word that has several begin.
const GOES_ON: &str = "  ";

/// What only asks, so that something is done or not.
const GUARDS: [&str; 7] = ["! ", "[ ", "if ", "while ", "until ", "case ", "for "];

/// What may stand before a command.
const BEFORE: [&str; 4] = ["then ", "do ", "else ", "{ "];

impl CommandLine {
    /// The tools that a script of several lines runs, in their order; nothing for any other command, which says itself what it is. A tool that is told
    /// something of several lines has as many, the further ones behind two blanks.
    ///
    /// Left out is what only guards them: comparisons, messages, functions. Of a script that names its tools for sudo these alone are given. A
    /// variable that gets its value while the script runs keeps its name; of a loop the first round is shown.
    pub fn tools(&self) -> Vec<String> {
        let [sh, c, script, _, words @ ..] = self.argv() else { return Vec::new() };
        if sh != "sh" || c != "-c" || !script.contains('\n') {
            return Vec::new();
        }
        let elevated = self.elevated();
        let mut names: Names = words.iter().enumerate().map(|(at, word)| ((at + 1).to_string(), word.clone())).collect();
        let mut tools = Vec::new();
        for statement in body(elevated.unwrap_or(script)).flat_map(statements) {
            if set(&statement, &mut names) || GUARDS.iter().any(|g| statement.starts_with(g)) {
                continue;
            }
            if elevated.is_none() || statement.contains(SUDO) {
                let shown = expand(&statement.replace(SUDO, ""), &names);
                let lines = shown.split('\n').filter(|line| !line.trim().is_empty()).enumerate();
                tools.extend(lines.map(|(at, line)| clean(&format!("{}{line}", if at == 0 { "" } else { GOES_ON }))));
            }
        }
        tools
    }
}

/// Parameters and variables, the newest last.
type Names = Vec<(String, String)>;

/// The lines of a script but for comments, functions and loops that wait or count.
fn body(script: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    script.lines().map(str::trim).filter(move |line| {
        if inside {
            inside = *line != "}";
            return false;
        }
        let function = line.split_once("() {").is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        inside = function && !line.ends_with('}');
        // What a loop on one line sets is not so in its first round.
        let left_out = ["#", "exec <", "while ", "until "].iter().any(|begin| line.starts_with(begin));
        !(function || left_out || line.is_empty())
    })
}

/// The commands of a line; what is done only where one fails, in braces, is left out.
fn statements(line: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let (mut failed, mut skipping) = (false, false);
    for (part, separator) in parts(line) {
        let mut part = part.trim();
        skipping |= failed && part.starts_with('{');
        if !skipping {
            while let Some(rest) = BEFORE.iter().find_map(|word| part.strip_prefix(word)) {
                part = rest.trim_start();
            }
            all.extend(Some(part.to_owned()).filter(|p| !p.is_empty()));
        }
        skipping &= !part.ends_with('}');
        failed = separator == "||";
    }
    all
}

/// A line at its `&&`, `||`, `;` and `&`, each part with what stands behind it; what is in quotes or parentheses stays together.
fn parts(line: &str) -> Vec<(&str, &str)> {
    let (mut all, mut from, mut quote, mut depth) = (Vec::new(), 0, None, 0_usize);
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => depth = depth.saturating_sub(1),
            (None, b';' | b'&' | b'|') if depth == 0 => {
                let double = bytes.get(at + 1) == Some(&byte);
                let redirects = byte == b'&' && at > 0 && bytes.get(at - 1) == Some(&b'>');
                if double || (byte != b'|' && !redirects) {
                    let end = at + 1 + usize::from(double);
                    all.push((line.get(from..at).unwrap_or_default(), line.get(at..end).unwrap_or_default()));
                    (from, at) = (end, end);
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    all.push((line.get(from..).unwrap_or_default(), ""));
    all
}

/// Takes in what a statement sets (`new=$1.new n=0`, the first round of `for old in ...`), if it does nothing else.
fn set(statement: &str, names: &mut Names) -> bool {
    if let Some((name, items)) = statement.strip_prefix("for ").and_then(|rest| rest.split_once(" in ")) {
        let first = items.split_whitespace().next().unwrap_or_default().trim_matches('"');
        let value = fill(first, names).0;
        names.push((name.to_owned(), value));
        return true;
    }
    let assigned = |word: &str| {
        let (name, value) = word.split_once('=')?;
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()) && !value.contains(['`', '(', '"', '\'']);
        plain.then(|| (name.to_owned(), value.to_owned()))
    };
    let Some(pairs) = statement.split_whitespace().map(assigned).collect::<Option<Vec<_>>>() else { return false };
    for (name, value) in pairs {
        let value = fill(&value, names).0;
        names.push((name, value));
    }
    true
}

/// The text with its parameters and variables in their places; false if there is one whose value is not known.
fn fill(text: &str, names: &Names) -> (String, bool) {
    let (mut out, mut known, mut rest) = (String::new(), true, text);
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (inner, braces) = after.strip_prefix('{').map_or((after, 0), |inner| (inner, 2));
        let digit = inner.starts_with(|c: char| c.is_ascii_digit());
        let fits = |b: &u8| if digit { b.is_ascii_digit() } else { b.is_ascii_lowercase() || *b == b'_' };
        let length = if digit && braces == 0 { 1 } else { inner.bytes().take_while(|b| fits(b)).count() };
        let name = inner.get(..length).unwrap_or_default();
        let closed = braces == 0 || inner.get(length..).is_some_and(|r| r.starts_with('}'));
        if let Some((_, value)) = names.iter().rev().find(|(n, _)| n == name).filter(|_| closed) {
            out.push_str(value);
            rest = after.get(length + braces..).unwrap_or_default();
        } else {
            known = false;
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    (out, known)
}

/// A statement with its words in their places, quoted anew.
fn expand(statement: &str, names: &Names) -> String {
    let (mut out, mut rest) = (String::new(), statement);
    while let Some(at) = rest.find(['\'', '"', '$']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let quote = from.chars().next().unwrap_or_default();
        if quote == '$' {
            // A word that is not in quotes.
            let end = from.bytes().skip(1).take_while(|b| b.is_ascii_alphanumeric() || b"_{}".contains(b)).count() + 1;
            let (word, after) = from.split_at(end);
            match fill(word, names) {
                (value, true) if end > 1 => out.push_str(&quoted(&value)),
                _ => out.push_str(word),
            }
            rest = after;
            continue;
        }
        let inside = from.get(1..).unwrap_or_default();
        let Some((inside, after)) = inside.split_once(quote) else {
            rest = from;
            break;
        };
        let (value, known) = fill(inside, names);
        if quote == '"' && known && !inside.contains("$(") {
            out.push_str(&quoted(&value));
        } else {
            out.push(quote);
            out.push_str(if quote == '"' { &value } else { inside });
            out.push(quote);
        }
        rest = after;
    }
    out + rest
}
