//! What the cockpit's screen begins with: theme, keymap, who looks, and which sessions it may open.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::arm::Armed;
use super::cockpit::{Opened, Opener, Wanted};
use super::launch::{DEMO, Failure, Sessions, demo_rule, open};
use super::way::WayFinder;
use super::ways::wayfinder;
use crate::app::Setup;
use crate::app::act::Acting;
use crate::cli::{self, Global};
use crate::config::paths::Paths;
use crate::config::{Choice, ConfigError, Session};
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

    fn opener(self, global: &Global, setup: &mut Setup) -> Result<Opening, Failure> {
        match self {
            Self::Recorded(name, text) => {
                setup.clusters = vec![name.clone()];
                setup.current = Some(name.clone());
                "a recording".clone_into(&mut setup.who);
                let open = move |_: &str| -> Result<Opened, String> {
                    let recording = Recording::read(&text).map_err(|e| e.to_string())?;
                    Ok(Opened { ways: WayFinder::replay(recording), armed: Armed::never() })
                };
                Ok((Box::new(open), Some(name), vec!["a recording: nothing here is live".to_owned()]))
            }
            Self::Simulated(simulation) => {
                setup.clusters = vec![DEMO.to_owned()];
                setup.current = Some(DEMO.to_owned());
                let read_only = setup.wallboard || global.read_only;
                let rule = demo_rule(global)?;
                let open = move |_: &str| {
                    Ok(Opened { ways: WayFinder::simulated(DEMO, &simulation), armed: Armed::simulated(DEMO, read_only, rule.clone()) })
                };
                Ok((
                    Box::new(open),
                    Some(DEMO.to_owned()),
                    vec!["a simulated cluster: nothing here is real; :cable pulls a cable".to_owned()],
                ))
            }
            Self::Configured(_, choice) => {
                let sessions = match choice {
                    // Nobody stands before a wallboard who could pick one.
                    Choice::Pick(sessions) if !setup.wallboard => sessions,
                    choice => choice.one().map(|session| vec![(name_of(&session), Ok(session))])?,
                };
                configured(sessions, global, setup)
            }
        }
    }
}

/// The opener, the cluster to begin with, and what is to be said.
type Opening = (Opener, Option<String>, Vec<String>);

/// Configured clusters. One that cannot be opened is in the way of none but itself: why is said when it is opened, unless there is no other.
fn configured(sessions: Vec<(String, Result<Session, ConfigError>)>, global: &Global, setup: &mut Setup) -> Result<Opening, Failure> {
    setup.clusters = sessions.iter().map(|(name, _)| name.clone()).collect();
    setup.current = setup.clusters.first().filter(|_| sessions.len() == 1).cloned();
    let whole: Vec<&Session> = sessions.iter().filter_map(|(_, session)| session.as_ref().ok()).collect();
    // Until one is opened, and says for itself.
    if let Some(session) = whole.first() {
        session.role.word().clone_into(&mut setup.role);
        setup.read_only = whole.iter().all(|s| s.read_only) || setup.wallboard;
    }
    // Nobody stands before a wallboard.
    let unattended = setup.wallboard;
    let mut notices = Vec::new();
    for session in whole {
        match open(global, session, unattended) {
            Ok((_, said)) => notices.extend(said),
            Err(why) if sessions.len() == 1 => return Err(why),
            Err(_) => {}
        }
    }
    let global = global.clone();
    let opener = move |name: &str| -> Result<Opened, String> {
        let found = sessions.iter().find(|(known, _)| known == name).map(|(_, session)| session.as_ref());
        let session = found.ok_or("it is not configured")?.map_err(ToString::to_string)?;
        let (ways, _) = wayfinder(&global, session, unattended)?;
        Ok(Opened { ways, armed: Armed::of(session, unattended) })
    };
    Ok((Box::new(opener), setup.current.clone(), notices))
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
