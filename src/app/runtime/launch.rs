//! From the command line to something that can be looked at: configured sessions, the demo, recordings.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::say;
use super::way::WayFinder;
use super::ways::wayfinder;
use crate::action::gate;
use crate::cli::{Demo, Global, Stack, WRONG_COMMAND_LINE, runs_a_cluster, runs_guests};
use crate::config::paths::Paths;
use crate::config::{self, Choice, Config, ConfigError, Session};
use crate::domain::stamp::Stamp;
use crate::domain::task::Action;
use crate::record::Recording;
use crate::sim::{Manager, Setup, Simulation};

/// The name of the demo's cluster.
pub(super) const DEMO: &str = "net-cluster";
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
#[allow(clippy::large_enum_variant, reason = "there is one, and it is moved once")]
pub enum Sessions {
    /// Configured clusters; one at a time.
    Configured(Config, Choice),
    /// A recording, with the text of it (it is read anew when it is opened anew).
    Recorded(String, String),
    /// The simulated cluster.
    Simulated(Simulation),
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
    let looks = || runs_a_cluster(&path) || runs_guests(std::env::var("LIBVIRT_DEFAULT_URI").ok().as_deref());
    // Only where nobody said what to look at is this machine searched for a cluster's tools.
    let here = config.clusters.is_empty() && global.hosts.is_empty() && looks();
    let choice = config::session(&global.asked(here), &config)?;
    Ok(Sessions::Configured(config, choice))
}

/// The one session that a command for pipes is about.
pub fn one(global: &Global) -> Result<WayFinder, Failure> {
    let Sessions::Configured(_, choice) = configured(global)? else { return Err(nothing()) };
    let (ways, notices) = open(global, &choice.one()?, true)?;
    for notice in notices {
        say::note(&notice);
    }
    Ok(ways)
}

/// As [`one`], with what the session may do.
pub fn session(global: &Global) -> Result<(WayFinder, Session), Failure> {
    let Sessions::Configured(_, choice) = configured(global)? else { return Err(nothing()) };
    let session = choice.one()?;
    let (ways, notices) = open(global, &session, true)?;
    for notice in notices {
        say::note(&notice);
    }
    Ok((ways, session))
}

/// Prints this operator's code for another one's action.
pub fn approve(global: &Global, action: &Action) -> Result<u8, Failure> {
    let Sessions::Configured(_, choice) = configured(global)? else { return Err(nothing()) };
    let session = choice.one()?;
    let wrong = |text: &str| Failure::Said(WRONG_COMMAND_LINE, text.to_owned());
    let me = session.me.as_ref().ok_or_else(|| wrong("who you are is not known: operator = \"...\" in config.toml"))?;
    let (_, secret) = session
        .operators
        .iter()
        .find(|(name, _)| name == me)
        .ok_or_else(|| wrong("you are none of this cluster's [[cluster.operator]]"))?;
    say::print(&format!("{}\n", gate::code(secret, &action.to_string(), gate::window(Stamp::now()))))?;
    say::note(&format!("for '{action}', good for two minutes at least, four at most"));
    Ok(0)
}

pub(super) fn open(global: &Global, session: &Session, unattended: bool) -> Result<(WayFinder, Vec<String>), Failure> {
    wayfinder(global, session, unattended).map_err(|text| Failure::Said(WRONG_COMMAND_LINE, text))
}

fn nothing() -> Failure {
    Failure::Said(WRONG_COMMAND_LINE, "there is no cluster to look at".to_owned())
}

/// The recording of `replay FILE`.
pub fn replay(file: &Path) -> Result<Sessions, Failure> {
    let wrong = |what: String| Failure::Said(WRONG_COMMAND_LINE, format!("{}: {what}", file.display()));
    let bytes = std::fs::read(file).map_err(|e| wrong(e.to_string()))?;
    let text = Recording::text(bytes).map_err(|e| wrong(e.to_string()))?;
    let recording = Recording::read(&text).map_err(|e| wrong(e.to_string()))?;
    let name = recording.cluster.unwrap_or_else(|| file.display().to_string());
    Ok(Sessions::Recorded(name, text))
}

/// The two-person rule for the demo: that of the cluster in a configuration that is named on the command line, so that it can be tried.
pub(super) fn demo_rule(global: &Global) -> Result<gate::Approval, Failure> {
    if global.config.is_none() {
        return Ok(gate::Approval::default());
    }
    let config = config(global)?;
    let wanted = global.cluster.as_deref().unwrap_or(DEMO);
    let cluster = config.clusters.iter().find(|c| c.name == wanted).or_else(|| config.clusters.first());
    let (actions, operators) = cluster.map(|c| (c.two_person.clone(), c.operators.clone())).unwrap_or_default();
    Ok(gate::Approval { actions, operators, me: config.operator.clone().unwrap_or_default() })
}

/// The cluster of `demo`.
pub fn demo(demo: &Demo) -> Result<Sessions, Failure> {
    Ok(Sessions::Simulated(simulate(demo)?))
}

/// As [`demo`], for pipes.
pub fn demo_ways(demo: &Demo) -> Result<WayFinder, Failure> {
    Ok(WayFinder::simulated(DEMO, &simulate(demo)?))
}

fn simulate(demo: &Demo) -> Result<Simulation, Failure> {
    let manager = match demo.stack {
        Stack::Pacemaker => Manager::Pacemaker,
        Stack::Rhcs => Manager::Rgmanager,
    };
    Ok(Simulation::start(&Setup::demo(manager, demo.seed, demo.story, Stamp::now()))?)
}

/// A new file for `record`: what is there is never overwritten, and nobody else may read it.
pub fn create(file: &Path) -> Result<File, Failure> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    made.map_err(|e| Failure::Said(WRONG_COMMAND_LINE, format!("cannot record to {}: {e}", file.display())))
}
