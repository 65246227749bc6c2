//! What can happen, and what may be asked for in return.

use std::sync::Arc;

use crate::action::inquiry::Finding;
use crate::action::{Plan, Query, Refusal};
use crate::domain::cluster::Cluster;
use crate::domain::event::Event;
use crate::domain::node::NodeKey;
use crate::domain::observation::Trouble;
use crate::domain::secret::Secret;
use crate::domain::stamp::Stamp;
use crate::domain::task::{Task, TaskId};
use crate::keymap::Key;

/// Everything that can happen.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted (bracketed paste): never taken for keys.
    Paste(String),
    /// The terminal has another size.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// A new picture of the cluster.
    Picture(Arc<Cluster>),
    /// New events, in the order in which they came.
    Events(Vec<Event>),
    /// A node's link asks the operator.
    Prompt {
        /// Its name.
        id: u64,
        /// The node that asks.
        node: String,
        /// What.
        ask: Ask,
    },
    /// The link that asked no longer waits.
    PromptGone(u64),
    /// Another cluster is shown from now on; its picture comes.
    Cluster(String),
    /// A cluster could not be opened, and why: where none is shown, another one can be picked.
    Unopened(String),
    /// A sentence for the operator, from quorate itself; shown for a moment.
    Notice(String),
    /// One about trouble: shown longer.
    Complaint(String),
    /// The present.
    Tick(Stamp),
    /// What this session may do: it comes with its cluster.
    Acting(Box<super::act::Acting>),
    /// An answer to a question of an inquiry.
    Found(Box<Query>, Box<Result<Finding, Trouble>>),
    /// A task changed.
    Task(Box<Task>),
    /// What was confirmed is under way.
    Started(TaskId),
    /// The gate refused what was confirmed.
    Turned(Vec<Refusal>),
    /// The terminal has the focus again, or quorate comes back from ^Z: everything is drawn anew.
    FocusGained,
}

/// What a node's link asks. Texts are harmless already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A host key that known_hosts does not have.
    HostKey {
        /// As dialled.
        host: String,
        /// ssh-ed25519 ...
        kind: String,
        /// `SHA256:...`.
        fingerprint: String,
        /// The file it would be written to.
        file: String,
    },
    /// An encrypted identity file.
    Passphrase {
        /// The file.
        file: String,
        /// An earlier attempt was wrong.
        again: bool,
    },
}

/// What the operator said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Trust the host key and write it to known_hosts.
    Trust,
    /// Use this passphrase.
    Passphrase(Secret),
    /// No.
    Refuse,
}

/// Everything that may be asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Leave the terminal, stop the process (^Z), come back with [`Msg::FocusGained`].
    Suspend,
    /// Clear the terminal and draw every cell.
    ClearScreen,
    /// Put text into the operator's clipboard.
    Copy(String),
    /// Answer a prompt.
    AnswerPrompt {
        /// Which.
        id: u64,
        /// How.
        answer: Answer,
    },
    /// Show another configured cluster; confirmed by [`Msg::Cluster`].
    SwitchCluster(String),
    /// Try these nodes again now.
    Hurry(Vec<NodeKey>),
    /// Hand the terminal to a guest's serial console until the operator comes back.
    Console {
        /// The node whose libvirt has it.
        node: NodeKey,
        /// The guest.
        uuid: String,
        /// For people.
        name: String,
    },
    /// Ask these questions; each is answered by [`Msg::Found`].
    Inquire(Vec<Query>),
    /// Ask the manager anew: a decision rests on what it says.
    LookAgain,
    /// The operator has confirmed this plan: the gate decides, and answers with [`Msg::Started`] or [`Msg::Turned`].
    Act {
        /// The plan as it was read.
        plan: Box<Plan>,
        /// What was typed to confirm it; none: it was confirmed in a weaker way.
        typed: Option<String>,
        /// A second operator's code, where the gate wanted one.
        code: Option<String>,
    },
    /// Stop a task after the step that runs.
    StopTask(TaskId),
    /// Pull a cable of the simulated cluster, or plug it in.
    Cable {
        /// The member.
        node: String,
        /// The port.
        port: String,
        /// It goes in.
        plug: bool,
    },
    /// Load another theme by name and hand it to [`super::Model::set_theme`].
    SwitchTheme(String),
}
