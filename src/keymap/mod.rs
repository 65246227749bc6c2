//! Keymaps: files that bind keys to commands, laid over each other, and the lookup of what was typed.

pub mod file;
pub mod key;

use std::path::Path;

pub use file::Line;
pub use key::{Code, Key, parse_chord, print_chord};

use crate::command::{Command, Scope};
use crate::domain::fault::FileFault;

/// The shipped keymaps: (name, file name, content).
pub const SHIPPED: &[(&str, &str, &str)] = &[
    ("default", "keymaps/default.toml", include_str!("../../keymaps/default.toml")),
    ("arrows", "keymaps/arrows.toml", include_str!("../../keymaps/arrows.toml")),
];

/// What the keys typed so far mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A command.
    Command(Command),
    /// The beginning of a chord.
    More,
    /// Nothing.
    Nothing,
}

/// Which key does what.
#[derive(Clone, Debug)]
pub struct Keymap {
    /// Its name.
    pub name: String,
    lines: Vec<Line>,
}

impl Keymap {
    /// A shipped keymap, or `DIR/keymaps/NAME.toml` laid over the default one. The operator's file wins over a
    /// shipped one of the same name. `dir` is `$XDG_CONFIG_HOME/quorate`.
    pub fn load(name: &str, dir: Option<&Path>) -> Result<Self, FileFault> {
        let path = dir.map(|d| d.join("keymaps").join(format!("{name}.toml")));
        let shipped = SHIPPED.iter().find(|(n, ..)| *n == name);
        if !name.contains(['/', '\\'])
            && let Some(path) = path.as_deref().filter(|p| p.exists())
        {
            let shown = path.display().to_string();
            let bytes = std::fs::read(path).map_err(|e| FileFault::whole(&shown, e.to_string()))?;
            let text = FileFault::text(&shown, bytes)?;
            return Self::layered(name, &shown, &text);
        }
        match shipped {
            Some((_, file, text)) => Self::layered(name, file, text),
            None => Err(FileFault::whole(
                &path.map_or_else(|| format!("{name}.toml"), |p| p.display().to_string()),
                format!("no keymap '{name}'; shipped are {}", SHIPPED.iter().map(|s| s.0).collect::<Vec<_>>().join(", ")),
            )),
        }
    }

    /// The text of a keymap file laid over the default one.
    pub fn layered(name: &str, file: &str, text: &str) -> Result<Self, FileFault> {
        let (_, default_file, default_text) = SHIPPED[0];
        let mut lines = file::parse(default_file, default_text)?;
        if file != default_file {
            for line in file::parse(file, text)? {
                lines.retain(|l| l.scope != line.scope || !file::overlap(&l.keys, &line.keys));
                lines.push(line);
            }
        }
        lines.retain(|l| l.command.is_some());
        let map = Self { name: name.to_owned(), lines };
        for needed in [Command::Quit, Command::Help, Command::Back] {
            if !map.lines.iter().any(|l| l.scope == Scope::Global && l.command == Some(needed)) {
                return Err(FileFault::whole(file, format!("no key is left for '{}' in [global]", needed.name())));
            }
        }
        Ok(map)
    }

    /// What `typed` means on a screen: the narrower scope (first) wins.
    pub fn find(&self, scopes: &[Scope], typed: &[Key]) -> Found {
        for scope in scopes {
            let mut more = false;
            for line in self.lines.iter().filter(|l| l.scope == *scope) {
                if line.keys == typed {
                    return line.command.map_or(Found::Nothing, Found::Command);
                }
                more |= line.keys.starts_with(typed);
            }
            if more {
                return Found::More;
            }
        }
        Found::Nothing
    }

    /// What may follow the keys typed so far: the rest of each chord, as it is printed, and its command; the narrower scope (first) wins.
    pub fn rest(&self, scopes: &[Scope], typed: &[Key]) -> Vec<(String, Command)> {
        let mut found: Vec<(&[Key], Command)> = Vec::new();
        for scope in scopes {
            for line in self.lines.iter().filter(|l| l.scope == *scope) {
                let rest = line.keys.strip_prefix(typed).filter(|rest| !rest.is_empty());
                // What a chord of a narrower scope begins with, or begins, cannot be reached here.
                let Some((rest, command)) = rest.zip(line.command).filter(|(rest, _)| !found.iter().any(|(f, _)| file::overlap(f, rest)))
                else {
                    continue;
                };
                found.push((rest, command));
            }
        }
        found.sort_by_key(|(_, command)| *command);
        found.into_iter().map(|(rest, command)| (print_chord(rest), command)).collect()
    }

    /// Whether any chord begins with this key.
    pub fn begins(&self, key: Key) -> bool {
        self.lines.iter().any(|line| line.command.is_some() && line.keys.first() == Some(&key))
    }

    /// The keys of a command in its own scope or globally, as they are printed.
    pub fn keys_of(&self, command: Command) -> impl Iterator<Item = String> {
        self.lines.iter().filter(move |l| l.command == Some(command)).map(|l| print_chord(&l.keys))
    }

    /// The keys of a command that work on a screen with these scopes: those that no narrower scope gives to another one, whole or at their beginning.
    pub fn keys_on<'a>(&'a self, scopes: &'a [Scope], command: Command) -> impl Iterator<Item = String> + 'a {
        let reached = move |keys: &[Key]| {
            let begins = |n: usize| keys.get(..n).is_some_and(|begin| self.find(scopes, begin) == Found::More);
            (1..keys.len()).all(begins) && self.find(scopes, keys) == Found::Command(command)
        };
        self.lines.iter().filter(move |l| l.command == Some(command) && reached(&l.keys)).map(|l| print_chord(&l.keys))
    }

    /// The shortest of them; empty if there is none.
    pub fn hint(&self, scopes: &[Scope], command: Command) -> String {
        let length = |k: &String| k.chars().count();
        self.keys_on(scopes, command).min_by(|a, b| length(a).cmp(&length(b)).then_with(|| a.cmp(b))).unwrap_or_default()
    }

    /// All bindings.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}
