//! The files read for one host: the first value of a directive wins, IdentityFile adds up.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::criteria::{self, Facts};
use super::directives::{Weight, weight};
use super::lexer::{self, Line};
use super::surroundings::{Files, Surroundings};
use super::{ResolveError, expand, glob};
use crate::domain::text::clean;
use crate::link::Hop;
use crate::link::known_hosts::read_capped;
use crate::link::pattern;

/// As OpenSSH: an Include in an Include ... and no deeper.
const DEEPEST: usize = 16;
/// Beyond this a file is no configuration.
const LARGEST: u64 = 4 << 20;
/// Files that one host may cause to be read, so that Includes that multiply end.
const MOST_FILES: usize = 4096;

/// What the files say about one host, not yet expanded.
#[derive(Debug, Default)]
pub struct Settings {
    pub host_name: Option<String>,
    pub host_key_alias: Option<String>,
    pub port: Option<u16>,
    pub user: Option<String>,
    pub identity_files: Vec<String>,
    pub identity_agent: Option<String>,
    pub identities_only: Option<bool>,
    pub user_known_hosts: Option<Vec<String>>,
    pub global_known_hosts: Option<Vec<String>>,
    /// ProxyJump's argument; `none` is no jump.
    pub proxy_jump: Option<String>,
    /// `file:line: Directive value`.
    pub not_honoured: Vec<String>,
    tag: Option<String>,
    ignored: Vec<String>,
    seen: BTreeSet<String>,
}

impl Settings {
    /// Notes something that is not honoured, once.
    pub fn note(&mut self, text: &str) {
        let text = clean(text);
        if !self.not_honoured.contains(&text) {
            self.not_honoured.push(text);
        }
    }
}

/// What is asked of the files.
pub struct Asked<'a> {
    /// The host as the operator wrote it.
    pub alias: &'a str,
    /// A login name that the files cannot change.
    pub user: Option<&'a str>,
    /// A port that the files cannot change.
    pub port: Option<u16>,
    /// The way is given already: neither ProxyJump nor ProxyCommand counts.
    pub way_is_given: bool,
}

struct Reader<'a> {
    asked: &'a Asked<'a>,
    around: &'a Surroundings,
    settings: Settings,
    /// What `Host` is compared with: as the operator wrote it; in the final pass, as HostName has it.
    host: String,
    final_pass: bool,
    wants_final: bool,
    files_left: usize,
}

/// Reads the files for one host.
pub fn read(asked: &Asked<'_>, files: &Files, around: &Surroundings) -> Result<Settings, ResolveError> {
    let mut settings = Settings { user: asked.user.map(str::to_owned), port: asked.port, ..Settings::default() };
    if asked.way_is_given {
        settings.seen.insert(PROXY.to_owned());
    }
    let host = asked.alias.to_owned();
    let mut reader = Reader { asked, around, settings, host, final_pass: false, wants_final: false, files_left: MOST_FILES };
    reader.pass(files)?;
    if reader.wants_final {
        reader.begin_final_pass();
        reader.pass(files)?;
    }
    Ok(reader.settings)
}

/// ProxyJump and ProxyCommand share a slot: the first of either wins.
const PROXY: &str = "proxy";

impl Reader<'_> {
    /// The host's name is settled, and is the host from here on.
    fn begin_final_pass(&mut self) {
        self.final_pass = true;
        self.host = self.resolved().unwrap_or_else(|| self.asked.alias.to_lowercase());
        self.settings.seen.insert("hostname".to_owned());
    }

    /// What HostName says, as far as it is known.
    fn resolved(&self) -> Option<String> {
        self.settings.host_name.as_deref().and_then(|name| host_name(name, self.asked.alias).ok())
    }

    fn pass(&mut self, files: &Files) -> Result<(), ResolveError> {
        let own = self.around.own("");
        match files {
            Files::None => Ok(()),
            Files::Only(file) => {
                self.file(file, &own, 0).map_err(|e| ResolveError::File { file: clean(&file.to_string_lossy()), why: e.to_string() })
            }
            Files::Usual => {
                self.file_if_there(&self.around.own("config"), &own, 0);
                self.file_if_there(&self.around.system.join("ssh_config"), &self.around.system, 0);
                Ok(())
            }
        }
    }

    fn file_if_there(&mut self, file: &Path, folder: &Path, depth: usize) {
        match self.file(file, folder, depth) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => self.settings.note(&format!("{}: cannot be read: {e}", file.display())),
            _ => {}
        }
    }

    /// Reads a file; relative Includes are looked for in `folder`.
    fn file(&mut self, file: &Path, folder: &Path, depth: usize) -> io::Result<()> {
        self.files_left = self.files_left.checked_sub(1).ok_or_else(|| io::Error::other("too many files are included"))?;
        let bytes = read_capped(file, LARGEST)?;
        let mut active = true;
        for line in lexer::lines(&bytes) {
            match line.keyword.as_str() {
                _ if line.broken => self.note(file, &line, " (quotes do not close)"),
                "host" => active = pattern::matches_any(line.words.iter().map(String::as_str), &self.host),
                "match" => active = self.matches(file, &line),
                _ if !active => {}
                "include" => self.include(file, &line, folder, depth),
                _ => self.directive(file, &line),
            }
        }
        Ok(())
    }

    fn note(&mut self, file: &Path, line: &Line, remark: &str) {
        let rest = if line.rest.is_empty() { String::new() } else { format!(" {}", line.rest) };
        self.settings.note(&format!("{}:{}: {}{rest}{remark}", file.display(), line.number, line.written));
    }

    fn matches(&mut self, file: &Path, line: &Line) -> bool {
        let outcome = {
            let host = self.resolved();
            criteria::evaluate(
                line,
                &Facts {
                    original_host: self.asked.alias,
                    host: host.as_deref().unwrap_or(&self.host),
                    user: self.settings.user.as_deref().unwrap_or(&self.around.user),
                    local_user: &self.around.user,
                    tag: self.settings.tag.as_deref().unwrap_or_default(),
                    final_pass: self.final_pass,
                },
            )
        };
        self.wants_final |= outcome.wants_final;
        if let Some(criterion) = outcome.undecided {
            self.note(file, line, &format!(" ('{criterion}' is not evaluated, the block is left out)"));
        }
        outcome.met
    }

    fn include(&mut self, file: &Path, line: &Line, folder: &Path, depth: usize) {
        if depth >= DEEPEST {
            self.note(file, line, " (too many Includes inside one another)");
            return;
        }
        let hop = self.so_far();
        for word in &line.words {
            let Some(path) = expand::tilde(word, &self.around.home, &self.around.user) else {
                self.note(file, line, " (other users' homes are not looked up)");
                continue;
            };
            let token = |name: char| expand::token(name, &hop, self.around, None);
            match filled(self.around, &path.to_string_lossy(), &token) {
                Ok(path) => {
                    for found in glob::files(&folder.join(path)) {
                        self.file_if_there(&found, folder, depth + 1);
                    }
                }
                Err(what) => self.note(file, line, &format!(" ({what} is not known here)")),
            }
        }
    }

    /// The host as far as it is known at this line, for the tokens of an Include.
    fn so_far(&self) -> Hop {
        Hop {
            alias: self.asked.alias.to_owned(),
            host: self.resolved().unwrap_or_else(|| self.host.clone()),
            port: self.settings.port.unwrap_or(22),
            user: self.settings.user.clone().unwrap_or_else(|| self.around.user.clone()),
            host_key_alias: self.settings.host_key_alias.clone(),
            ..Hop::default()
        }
    }

    fn directive(&mut self, file: &Path, line: &Line) {
        let Some(value) = line.words.first().cloned() else {
            return self.note(file, line, " (without a value)");
        };
        let slot = if matches!(line.keyword.as_str(), "proxyjump" | "proxycommand") { PROXY } else { &line.keyword };
        let adds_up = matches!(line.keyword.as_str(), "identityfile" | "certificatefile");
        if !self.settings.seen.insert(slot.to_owned()) && !adds_up {
            return;
        }
        let settings = &mut self.settings;
        match line.keyword.as_str() {
            "hostname" => settings.host_name = Some(value),
            "hostkeyalias" => settings.host_key_alias = Some(value),
            "port" if settings.port.is_none() => match value.parse().ok().filter(|port| *port != 0) {
                Some(port) => settings.port = Some(port),
                None => self.note(file, line, " (no port)"),
            },
            "user" if settings.user.is_none() => settings.user = Some(value),
            "port" | "user" => {}
            "identityfile" => {
                if !settings.identity_files.contains(&value) {
                    settings.identity_files.push(value);
                }
            }
            "identityagent" => settings.identity_agent = Some(value),
            "identitiesonly" => match value.to_ascii_lowercase().as_str() {
                "yes" | "true" => settings.identities_only = Some(true),
                "no" | "false" => settings.identities_only = Some(false),
                _ => self.note(file, line, " (neither yes nor no)"),
            },
            "userknownhostsfile" => settings.user_known_hosts = Some(line.words.clone()),
            "globalknownhostsfile" => settings.global_known_hosts = Some(line.words.clone()),
            "proxyjump" => settings.proxy_jump = Some(value),
            "tag" => settings.tag = Some(value),
            "ignoreunknown" => settings.ignored = value.split(',').map(str::to_ascii_lowercase).collect(),
            keyword => match weight(keyword, &value) {
                Weight::Harmless => {}
                Weight::Matters => self.note(file, line, ""),
                Weight::Unknown => {
                    let ignored = pattern::matches_any(settings.ignored.iter().map(String::as_str), keyword);
                    if !ignored {
                        self.note(file, line, " (unknown)");
                    }
                }
            },
        }
    }
}

/// HostName for an alias: `%h` is the alias. Host names have no case, and are looked up in lower case.
pub fn host_name(name: &str, alias: &str) -> Result<String, String> {
    Ok(expand::tokens(name, |token| (token == 'h').then(|| alias.to_owned()))?.to_lowercase())
}

/// Paths of several files with `~`, tokens and variables replaced; what cannot be replaced is noted and left out.
pub fn paths(settings: &mut Settings, around: &Surroundings, written: &[String], token: &dyn Fn(char) -> Option<String>) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for text in written {
        match path(around, text, token) {
            Ok(path) => paths.push(path),
            Err(what) => settings.note(&format!("{text} ({what} is not known here)")),
        }
    }
    paths
}

/// One path with `~`, tokens and variables replaced; the error names what has no value.
pub fn path(around: &Surroundings, text: &str, token: &dyn Fn(char) -> Option<String>) -> Result<PathBuf, String> {
    let full = expand::tilde(text, &around.home, &around.user).ok_or_else(|| text.to_owned())?;
    filled(around, &full.to_string_lossy(), token).map(PathBuf::from)
}

/// A text with tokens and variables replaced; the error names what has no value.
pub fn filled(around: &Surroundings, text: &str, token: &dyn Fn(char) -> Option<String>) -> Result<String, String> {
    let full = expand::tokens(text, token)?;
    expand::variables(&full, |name| around.var(name))
}
