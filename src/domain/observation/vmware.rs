//! What VMware Server says of a node's guests.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::guest::Definition;

/// The tool that answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VmwareTool {
    /// `vmware-cmd` of VMware Server 1 and GSX.
    #[default]
    Cmd,
    /// `vmrun -T server` of VMware Server 2.
    Run,
}

/// All guests that are registered on a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VmwareList {
    /// Who answered.
    pub tool: VmwareTool,
    /// In the order in which they were listed.
    pub rows: Vec<VmwareRow>,
    /// Scripts of services (cluster.conf's `<script file=...>`) and the configuration that each of them names.
    pub scripts: Vec<(String, String)>,
}

/// A guest's state in VMware's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VmwareState {
    /// `on`.
    On,
    /// `off`.
    Off,
    /// `suspended`: its memory is in a file beside its configuration.
    Suspended,
    /// `stuck`: it waits for the answer to a question.
    Stuck,
    /// Not told, or not understood.
    #[default]
    Unknown,
}

impl VmwareState {
    /// All that `getstate` prints.
    pub const ALL: [Self; 4] = [Self::On, Self::Off, Self::Suspended, Self::Stuck];

    /// VMware's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Suspended => "suspended",
            Self::Stuck => "stuck",
            Self::Unknown => "unknown",
        }
    }

    /// The same in a sentence.
    pub const fn said(self) -> &'static str {
        if matches!(self, Self::On) { "running" } else { self.word() }
    }
}

/// A registered guest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VmwareRow {
    /// Its configuration: a path, or `[datastore] path` in VMware Server 2. What names it for VMware.
    pub vmx: String,
    /// Its state.
    pub state: VmwareState,
    /// Why its state is not known.
    pub trouble: Option<String>,
    /// What it waits for.
    pub question: Option<VmwareQuestion>,
    /// Out of its configuration, where that could be read.
    pub definition: Option<Arc<Definition>>,
}

impl VmwareRow {
    /// The name of its configuration's file, without `.vmx`.
    pub fn stem(&self) -> &str {
        stem(&self.vmx)
    }
}

/// The name of a configuration's file, without `.vmx`.
pub fn stem(vmx: &str) -> &str {
    let file = vmx.rsplit('/').next().unwrap_or(vmx);
    let file = file.rsplit("] ").next().unwrap_or(file);
    file.strip_suffix(".vmx").unwrap_or(file)
}

/// A question that a guest waits with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VmwareQuestion {
    /// `msg.uuid.moved`; none where VMware does not name it.
    pub message: Option<String>,
    /// What is asked.
    pub text: String,
    /// The answers: number and word.
    pub choices: Vec<(u32, String)>,
    /// The answer that an empty line stands for.
    pub default: Option<u32>,
}

impl VmwareQuestion {
    /// The number of an answer that is said by its number or its word.
    pub fn choice(&self, said: &str) -> Option<u32> {
        let said = said.trim();
        let word = |text: &str| text.trim().to_lowercase().replace(['_', '&', ' ', '-'], "");
        let by_number = said.parse().ok().filter(|n| self.choices.iter().any(|(number, _)| number == n));
        by_number.or_else(|| self.choices.iter().find(|(_, text)| !said.is_empty() && word(text) == word(said)).map(|(n, _)| *n))
    }

    /// Whether it is asked because the guest came from another node, and a new UUID would cost it its MAC addresses.
    pub fn is_about_uuid(&self) -> bool {
        self.message.as_deref().is_some_and(|m| m.starts_with("msg.uuid."))
    }

    /// The first sentence of what is asked.
    pub fn gist(&self) -> &str {
        self.text.split_inclusive(['.', '?', '\n']).next().unwrap_or_default().trim()
    }

    /// The answers in one line: `0 Create, 1 Keep`.
    pub fn answers(&self) -> String {
        self.choices.iter().map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
    }
}

/// A running guest's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VmwareSample {
    /// Its configuration.
    pub vmx: String,
    /// A counter that moves while the guest and VMware's Tools in it do.
    pub heartbeat: Option<u64>,
    /// Since it was switched on.
    pub uptime: Option<Duration>,
    /// Its process.
    pub pid: Option<u32>,
    /// VMware's own number for it.
    pub id: Option<u64>,
}
