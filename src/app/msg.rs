//! What can happen, and what may be asked for in return.

use std::sync::Arc;

use crate::domain::cluster::Cluster;
use crate::domain::event::Event;
use crate::domain::node::NodeKey;
use crate::domain::secret::Secret;
use crate::domain::stamp::Stamp;
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
    /// One line for the operator, from quorate itself; shown for a while.
    Notice(String),
    /// The present.
    Tick(Stamp),
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Load another theme by name and hand it to [`super::Model::set_theme`].
    SwitchTheme(String),
}
