//! What makes a session one that can act: the journal and the executor, and who the operator is.

use crate::action::gate::{self, Approval};
use crate::action::{Executor, Intent, Journal};
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
    let paths = Paths::of_process().ok_or_else(|| "there is no home folder for the journal".to_owned())?;
    let folder = paths.state_folder().map_err(|e| format!("the journal's folder {} cannot be made: {e}", paths.state.display()))?;
    let file = folder.join("journal.jsonl");
    let journal =
        Journal::open(&file, session.name.clone()).map_err(|e| format!("the journal {} cannot be opened: {e}", file.display()))?;
    Ok(Some(Executor::new(journal)))
}

/// An intent of the operator who runs this program.
pub fn intent(action: Action) -> Intent {
    let around = Surroundings::of_process();
    let client = around.env.get("SSH_CONNECTION").and_then(|c| c.split(' ').next()).filter(|c| !c.is_empty());
    let from = client.map_or_else(|| "local".to_owned(), str::to_owned);
    let tag = Nonce::fresh().map_or_else(|_| std::process::id().to_string(), |n| n.word().chars().take(8).collect());
    Intent { action, by: clean(&format!("{}@{}", around.user, around.host)), from: clean(&from), tag }
}

/// What the gate knows of a session.
pub fn gate_session(session: &Session) -> gate::Session {
    gate::Session {
        role: session.role,
        read_only: session.read_only,
        tasks: Vec::new(),
        others: Vec::new(),
        second: Approval::default(),
        typed: None,
        code: None,
    }
}
