//! One keymap file: sections of `"key" = "command"`.

use toml::de::{DeTable, DeValue};

use super::key::{Code, Key, parse_chord, print_chord};
use crate::command::{Command, Scope, TABLE};
use crate::domain::fault::{FileFault, unknown};

/// One line of a keymap file; no command takes the key away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The section.
    pub scope: Scope,
    /// The key, or the keys of a chord.
    pub keys: Vec<Key>,
    /// What it does there.
    pub command: Option<Command>,
}

/// Reads a file. The first mistake is the error.
pub fn parse(file: &str, text: &str) -> Result<Vec<Line>, FileFault> {
    let fault = |at: usize, words: String| FileFault::at(file, text, at, words);
    let table = DeTable::parse(text).map_err(|e| fault(e.span().map_or(0, |s| s.start), e.message().to_owned()))?;
    let mut lines: Vec<Line> = Vec::new();
    for (section, value) in table.get_ref() {
        let name: &str = section.get_ref();
        let scope =
            Scope::from_word(name).ok_or_else(|| fault(section.span().start, unknown("section", name, Scope::ALL.map(Scope::word))))?;
        let DeValue::Table(bindings) = value.get_ref() else {
            return Err(fault(section.span().start, format!("'{name}' must be a section: [{name}]")));
        };
        for (key, value) in bindings {
            let line = read_line(scope, key.get_ref(), value.get_ref())
                .map_err(|(at_value, words)| fault(if at_value { value.span().start } else { key.span().start }, words))?;
            if let Some(clash) = lines.iter().find(|l| l.scope == scope && overlap(&l.keys, &line.keys)) {
                return Err(fault(key.span().start, conflict(&line, clash)));
            }
            lines.push(line);
        }
    }
    Ok(lines)
}

/// One binding; the error says whether the value (true) or the key is wrong.
fn read_line(scope: Scope, key: &str, value: &DeValue<'_>) -> Result<Line, (bool, String)> {
    let keys = parse_chord(key).map_err(|e| (false, e))?;
    if let Some((key, twin)) = keys.iter().find_map(|key| Some((key, twin(*key)?))) {
        return Err((false, format!("'{key}' never comes: the terminal sends {twin} for it")));
    }
    let DeValue::String(name) = value else {
        return Err((true, "a command's name in quotes is expected".to_owned()));
    };
    if name == "none" {
        return Ok(Line { scope, keys, command: None });
    }
    let command = Command::from_name(name).ok_or_else(|| (true, unknown("command", name, TABLE.iter().map(|e| e.name))))?;
    let home = command.entry().scope;
    if home != Scope::Global && home != scope {
        return Err((true, format!("'{name}' works in [{}] only", home.word())));
    }
    Ok(Line { scope, keys, command: Some(command) })
}

/// The key that a terminal sends for this one: it knows no difference between them.
const fn twin(key: Key) -> Option<&'static str> {
    match key {
        Key { code: Code::Char('i'), ctrl: true, .. } => Some("tab"),
        Key { code: Code::Char('m'), ctrl: true, .. } => Some("enter"),
        Key { code: Code::Char('['), ctrl: true, .. } => Some("esc"),
        _ => None,
    }
}

/// Equal, or one is the beginning of the other: then one of them can never be reached.
pub(super) fn overlap(a: &[Key], b: &[Key]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

fn conflict(a: &Line, b: &Line) -> String {
    let name = |l: &Line| l.command.map_or("none", Command::name);
    let (ka, kb) = (print_chord(&a.keys), print_chord(&b.keys));
    format!("'{ka}' ({}) conflicts with '{kb}' ({}) in [{}]", name(a), name(b), a.scope.word())
}
