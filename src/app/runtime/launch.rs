//! From the command line to something that runs: sessions, the demo, recordings, themes and keymaps.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::cockpit::Wanted;
use super::way::WayFinder;
use super::ways::wayfinder;
use crate::app::Setup;
use crate::cli::{Demo, Global, Stack, WRONG_COMMAND_LINE, runs_a_cluster};
use crate::config::paths::Paths;
use crate::config::{self, Choice, Config, ConfigError, Session};
use crate::domain::stamp::Stamp;
use crate::keymap::Keymap;
use crate::link::ssh_config::Surroundings;
use crate::record::Recording;
use crate::term::Caps;
use crate::theme::Theme;

/// A recorded cluster, for `quorate demo`.
const DEMO: &str = include_str!("../../record/demo.jsonl");
/// From this age on a figure looks stale: three times the slowest period of what the overview shows.
const STALE_AFTER: Duration = Duration::from_secs(90);
/// The wallboard, read from five metres, is stricter: half a minute without a word from any node is no truth any more.
const WALL_STALE_AFTER: Duration = Duration::from_secs(30);

/// Why nothing runs.
#[derive(Debug)]
pub enum Failure {
    /// Exit status and the words for the operator.
    Said(u8, String),
    /// The terminal or a pipe failed.
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Said(error.exit_code(), error.to_string())
    }
}

/// What the cockpit may show.
pub enum Sessions {
    /// Configured clusters; one at a time.
    Configured(Config, Choice),
    /// A recording, with the text of it (it is read anew when it is opened anew).
    Recorded(String, String),
}

fn config(global: &Global) -> Result<Config, Failure> {
    let paths = Paths::of_process();
    let default = paths.as_ref().map(Paths::config_file);
    Ok(config::load(global.config.as_deref(), default.as_deref())?)
}

/// The configured sessions.
pub fn configured(global: &Global) -> Result<Sessions, Failure> {
    let config = config(global)?;
    let path = std::env::var("PATH").unwrap_or_default();
    let choice = config::session(&global.asked(runs_a_cluster(&path)), &config)?;
    Ok(Sessions::Configured(config, choice))
}

/// The one session that a command for pipes is about.
pub fn one(global: &Global) -> Result<WayFinder, Failure> {
    let Sessions::Configured(_, choice) = configured(global)? else { return Err(nothing()) };
    let (ways, notices) = open(global, &choice.one()?)?;
    for notice in notices {
        eprintln!("quorate: {notice}");
    }
    Ok(ways)
}

fn open(global: &Global, session: &Session) -> Result<(WayFinder, Vec<String>), Failure> {
    wayfinder(global, session).map_err(|text| Failure::Said(WRONG_COMMAND_LINE, text))
}

fn nothing() -> Failure {
    Failure::Said(WRONG_COMMAND_LINE, "there is no cluster to look at".to_owned())
}

/// The recording of `replay FILE`.
pub fn replay(file: &Path) -> Result<Sessions, Failure> {
    let wrong = |what: String| Failure::Said(WRONG_COMMAND_LINE, format!("{}: {what}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| wrong(e.to_string()))?;
    let recording = Recording::read(&text).map_err(|e| wrong(e.to_string()))?;
    let name = recording.cluster.unwrap_or_else(|| file.display().to_string());
    Ok(Sessions::Recorded(name, text))
}

/// The cluster of `demo`.
pub fn demo(demo: &Demo) -> Result<Sessions, Failure> {
    demo_ways(demo)?;
    Ok(Sessions::Recorded("demo".to_owned(), DEMO.to_owned()))
}

/// As [`demo`], for pipes.
pub fn demo_ways(demo: &Demo) -> Result<WayFinder, Failure> {
    if demo.stack == Stack::Rhcs {
        let text = "this quorate's demo shows a recorded Pacemaker cluster; it has no cluster of another stack";
        return Err(Failure::Said(WRONG_COMMAND_LINE, text.to_owned()));
    }
    let recording = Recording::read(DEMO).map_err(|e| Failure::Said(1, format!("the built-in recording: {e}")))?;
    Ok(WayFinder::replay(recording))
}

/// A new file for `record`: what is there is never overwritten, and nobody else may read it.
pub fn create(file: &Path) -> Result<File, Failure> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    made.map_err(|e| Failure::Said(WRONG_COMMAND_LINE, format!("cannot record to {}: {e}", file.display())))
}

impl Sessions {
    /// All that the cockpit needs.
    pub fn wanted(self, global: &Global, wallboard: bool) -> Result<Wanted, Failure> {
        let caps = Caps::detect(|name| std::env::var(name).ok());
        let dir = Paths::of_process().map(|p| p.config);
        let defaults = match &self {
            Self::Configured(config, _) => (config.theme.clone(), config.keymap.clone(), config.ascii),
            Self::Recorded(..) => (None, None, false),
        };
        let theme_name = global.theme.clone().or(defaults.0).unwrap_or_else(|| "default".to_owned());
        let keymap_name = global.keymap.clone().or(defaults.1).unwrap_or_else(|| "default".to_owned());
        let wrong = |fault: &dyn std::fmt::Display| Failure::Said(65, fault.to_string());
        let theme = Theme::load(&theme_name, dir.as_deref(), caps.depth).map_err(|e| wrong(&e))?;
        let keymap = Keymap::load(&keymap_name, dir.as_deref()).map_err(|e| wrong(&e))?;
        let around = Surroundings::of_process();
        let mut setup = Setup {
            clusters: Vec::new(),
            current: None,
            role: "viewer".to_owned(),
            read_only: true,
            who: format!("{}@{}", around.user, around.host),
            ascii: global.ascii || defaults.2 || !caps.utf8,
            wallboard,
            theme,
            themes: crate::theme::SHIPPED.iter().map(|(name, ..)| (*name).to_owned()).collect(),
            keymap,
            size: (80, 24),
            now: Stamp::now(),
            zone: TimeZone::system(),
            stale_after: if wallboard { WALL_STALE_AFTER } else { STALE_AFTER },
        };
        let (opener, first, notices) = self.opener(global, &mut setup)?;
        let load_dir = dir.clone();
        let loader = move |name: &str| Theme::load(name, load_dir.as_deref(), caps.depth).map_err(|e| e.to_string());
        Ok(Wanted { setup, first, open: opener, theme: Box::new(loader), notices })
    }

    fn opener(self, global: &Global, setup: &mut Setup) -> Result<(super::cockpit::Opener, Option<String>, Vec<String>), Failure> {
        match self {
            Self::Recorded(name, text) => {
                setup.clusters = vec![name.clone()];
                setup.current = Some(name.clone());
                let open = move |_: &str| Recording::read(&text).ok().map(WayFinder::replay);
                Ok((Box::new(open), Some(name), vec!["a recording: nothing here is live".to_owned()]))
            }
            Self::Configured(_, choice) => {
                let sessions = match choice {
                    Choice::Session(session) => vec![session],
                    Choice::Pick(sessions) => sessions,
                };
                setup.clusters = sessions.iter().map(name_of).collect();
                if let [only] = sessions.as_slice() {
                    setup.current = Some(name_of(only));
                }
                // Nothing can be changed yet by anybody, but a viewer shall see it said.
                if let Some(session) = sessions.first() {
                    setup.role = session.role.word().to_owned();
                    setup.read_only = sessions.iter().all(|s| s.read_only) || setup.wallboard;
                }
                let mut notices = Vec::new();
                for session in &sessions {
                    notices.extend(open(global, session)?.1);
                }
                let first = setup.current.clone();
                let global = global.clone();
                let opener = move |name: &str| sessions.iter().find(|s| name_of(s) == name).and_then(|s| open(&global, s).ok()).map(|(ways, _)| ways);
                Ok((Box::new(opener), first, notices))
            }
        }
    }
}

/// The name under which the picker and the header know a session before its cluster has said its own.
fn name_of(session: &Session) -> String {
    let host = || session.nodes.first().map_or_else(|| "this node".to_owned(), |n| n.place.host.clone());
    session.name.clone().unwrap_or_else(host)
}
