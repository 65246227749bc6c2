//! What the cockpit's screen begins with: theme, keymap, who looks, and which sessions it may open.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::arm::Armed;
use super::cockpit::{Opened, Opener, Wanted};
use super::launch::{DEMO, Failure, Sessions, demo_rule, open};
use super::way::WayFinder;
use crate::app::Setup;
use crate::app::act::Acting;
use crate::cli::{self, Global};
use crate::config::paths::Paths;
use crate::config::{Choice, Session};
use crate::domain::stamp::Stamp;
use crate::keymap::Keymap;
use crate::link::ssh_config::Surroundings;
use crate::record::Recording;
use crate::term::Caps;
use crate::theme::Theme;

/// From this age on a figure looks stale: three times the slowest period of what the overview shows.
const STALE_AFTER: Duration = Duration::from_secs(90);
/// The wallboard, read from five metres, is stricter: half a minute without a word from any node is no truth any more.
const WALL_STALE_AFTER: Duration = Duration::from_secs(30);

impl Sessions {
    /// All that the cockpit needs.
    pub fn wanted(self, global: &Global, wallboard: bool) -> Result<Wanted, Failure> {
        let caps = Caps::detect(|name| std::env::var(name).ok());
        let dir = Paths::of_process().map(|p| p.config);
        let defaults = match &self {
            Self::Configured(config, _) => (config.theme.clone(), config.keymap.clone(), config.ascii),
            Self::Recorded(..) | Self::Simulated(_) => (None, None, false),
        };
        let theme_name = global.theme.clone().or(defaults.0).unwrap_or_else(|| "default".to_owned());
        let keymap_name = global.keymap.clone().or(defaults.1).unwrap_or_else(|| "default".to_owned());
        // Whoever named it is to blame: the command line, or the configuration.
        let wrong = |named: bool, fault: &dyn std::fmt::Display| {
            Failure::Said(if named { cli::WRONG_COMMAND_LINE } else { cli::WRONG_CONFIGURATION }, fault.to_string())
        };
        let theme = Theme::load(&theme_name, dir.as_deref(), caps.depth).map_err(|e| wrong(global.theme.is_some(), &e))?;
        let keymap = Keymap::load(&keymap_name, dir.as_deref()).map_err(|e| wrong(global.keymap.is_some(), &e))?;
        let around = Surroundings::of_process();
        let mut setup = Setup {
            clusters: Vec::new(),
            current: None,
            role: "viewer".to_owned(),
            read_only: true,
            acting: Acting::default(),
            who: format!("{}@{}", around.user, around.host),
            ascii: global.ascii || defaults.2 || !caps.utf8,
            wallboard,
            theme,
            themes: crate::theme::SHIPPED.iter().map(|(name, ..)| (*name).to_owned()).collect(),
            keymap,
            size: (80, 24),
            now: Stamp::now(),
            zone: local_zone(),
            stale_after: if wallboard { WALL_STALE_AFTER } else { STALE_AFTER },
            simulated: matches!(self, Self::Simulated(_)),
        };
        let (opener, first, notices) = self.opener(global, &mut setup)?;
        let load_dir = dir.clone();
        let loader = move |name: &str| Theme::load(name, load_dir.as_deref(), caps.depth).map_err(|e| e.to_string());
        Ok(Wanted { setup, first, open: opener, theme: Box::new(loader), notices })
    }

    fn opener(self, global: &Global, setup: &mut Setup) -> Result<(Opener, Option<String>, Vec<String>), Failure> {
        match self {
            Self::Recorded(name, text) => {
                setup.clusters = vec![name.clone()];
                setup.current = Some(name.clone());
                "a recording".clone_into(&mut setup.who);
                let open = move |_: &str| Some(Opened { ways: WayFinder::replay(Recording::read(&text).ok()?), armed: Armed::never() });
                Ok((Box::new(open), Some(name), vec!["a recording: nothing here is live".to_owned()]))
            }
            Self::Simulated(simulation) => {
                setup.clusters = vec![DEMO.to_owned()];
                setup.current = Some(DEMO.to_owned());
                let read_only = setup.wallboard || global.read_only;
                let rule = demo_rule(global)?;
                let open = move |_: &str| {
                    Some(Opened { ways: WayFinder::simulated(DEMO, &simulation), armed: Armed::simulated(DEMO, read_only, rule.clone()) })
                };
                Ok((
                    Box::new(open),
                    Some(DEMO.to_owned()),
                    vec!["a simulated cluster: nothing here is real; :cable pulls a cable".to_owned()],
                ))
            }
            Self::Configured(_, choice) => {
                let sessions = match choice {
                    Choice::Session(session) => vec![session],
                    // Nobody stands before a wallboard who could pick one.
                    several if setup.wallboard => vec![several.one()?],
                    Choice::Pick(sessions) => sessions,
                };
                setup.clusters = sessions.iter().map(name_of).collect();
                if let [only] = sessions.as_slice() {
                    setup.current = Some(name_of(only));
                }
                // Until one is opened, and says for itself.
                if let Some(session) = sessions.first() {
                    session.role.word().clone_into(&mut setup.role);
                    setup.read_only = sessions.iter().all(|s| s.read_only) || setup.wallboard;
                }
                let mut notices = Vec::new();
                // Nobody stands before a wallboard.
                let wallboard = setup.wallboard;
                for session in &sessions {
                    notices.extend(open(global, session, wallboard)?.1);
                }
                let first = setup.current.clone();
                let global = global.clone();
                let opener = move |name: &str| {
                    let session = sessions.iter().find(|s| name_of(s) == name)?;
                    let (ways, _) = open(&global, session, wallboard).ok()?;
                    Some(Opened { ways, armed: Armed::of(session, wallboard) })
                };
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

/// The zone of this machine. The file itself tells it: to find out its name, all names there are would be listed.
fn local_zone() -> TimeZone {
    if std::env::var_os("TZ").is_some() {
        return TimeZone::system();
    }
    let told = std::fs::read("/etc/localtime").ok().and_then(|bytes| TimeZone::tzif("/etc/localtime", &bytes).ok());
    told.unwrap_or_else(TimeZone::system)
}
