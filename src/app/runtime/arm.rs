//! What makes a session one that can act: the journal and the executor, and who the operator is.

use crate::action::gate::{self, Approval};
use crate::action::{Executor, Intent, Journal};
use crate::app::act::Acting;
use crate::config::Session;
use crate::config::paths::Paths;
use crate::domain::role::Role;
use crate::domain::task::Action;
use crate::domain::text::clean;
use crate::link::mark::Nonce;
use crate::link::ssh_config::Surroundings;

/// The executor of a session; none in one that is read-only. An error says why nothing can be changed: without a journal nothing may be.
pub fn executor(session: &Session) -> Result<Option<Executor>, String> {
    if session.read_only || session.role == Role::Viewer {
        return Ok(None);
    }
    Ok(Some(Executor::new(journal("journal.jsonl", session.name.clone())?)))
}

/// Opens a journal in the state folder.
fn journal(file: &str, cluster: Option<String>) -> Result<Journal, String> {
    let paths = Paths::of_process().ok_or_else(|| "there is no home folder for the journal".to_owned())?;
    let folder = paths.state_folder().map_err(|e| format!("the journal's folder {} cannot be made: {e}", paths.state.display()))?;
    let file = folder.join(file);
    Journal::open(&file, cluster).map_err(|e| format!("the journal {} cannot be opened: {e}", file.display()))
}

/// A session of the cockpit: what it may do, and what can.
pub struct Armed {
    /// What the screen knows of it.
    pub acting: Acting,
    /// None in a session that may change nothing.
    pub executor: Option<Executor>,
}

impl Armed {
    /// A configured session.
    pub fn of(session: &Session, wallboard: bool) -> Self {
        let mut gate = gate_session(session);
        gate.read_only |= wallboard;
        if gate.read_only {
            return Self { acting: acting(gate, None), executor: None };
        }
        Self::with(gate, executor(session))
    }

    /// The simulated cluster: its operator may do everything to it. Its journal is a file of its own.
    pub fn simulated(cluster: &str, read_only: bool, second: Approval) -> Self {
        let gate = gate::Session { role: Role::Admin, read_only, second, ..gate::Session::default() };
        if read_only {
            return Self { acting: acting(gate, None), executor: None };
        }
        Self::with(gate, journal("demo-journal.jsonl", Some(cluster.to_owned())).map(|j| Some(Executor::new(j))))
    }

    /// What only shows what was: a recording.
    pub fn never() -> Self {
        let gate = gate::Session { role: Role::Viewer, read_only: true, ..gate::Session::default() };
        Self { acting: acting(gate, None), executor: None }
    }

    fn with(mut gate: gate::Session, executor: Result<Option<Executor>, String>) -> Self {
        match executor {
            Ok(executor) => {
                gate.read_only |= executor.is_none();
                Self { acting: acting(gate, None), executor }
            }
            Err(why) => {
                gate.read_only = true;
                Self { acting: acting(gate, Some(format!("{why}; without a journal nothing can be changed"))), executor: None }
            }
        }
    }
}

fn acting(gate: gate::Session, hindrance: Option<String>) -> Acting {
    let nonce = Nonce::fresh().map_or_else(|_| format!("{:06x}", std::process::id() & 0x00ff_ffff), |n| n.word().chars().take(6).collect());
    Acting { gate, from: seat(), nonce, hindrance }
}

/// Where the operator sits.
fn seat() -> String {
    let around = Surroundings::of_process();
    let client = around.env.get("SSH_CONNECTION").and_then(|c| c.split(' ').next()).filter(|c| !c.is_empty());
    clean(client.unwrap_or("local"))
}

/// An intent of the operator who runs this program.
pub fn intent(action: Action) -> Intent {
    let around = Surroundings::of_process();
    let tag = Nonce::fresh().map_or_else(|_| std::process::id().to_string(), |n| n.word().chars().take(8).collect());
    Intent { action, by: clean(&format!("{}@{}", around.user, around.host)), from: seat(), tag }
}

/// What the gate knows of a session.
pub fn gate_session(session: &Session) -> gate::Session {
    gate::Session {
        role: session.role,
        read_only: session.read_only,
        tasks: Vec::new(),
        others: Vec::new(),
        second: Approval {
            actions: session.two_person.clone(),
            operators: session.operators.clone(),
            me: session.me.clone().unwrap_or_default(),
        },
        typed: None,
        code: None,
    }
}
