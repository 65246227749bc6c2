//! Where a node's libvirt listens, and which of its sockets is used.

use std::collections::BTreeSet;

use crate::domain::observation::guest::VirtSocket;

/// The sockets of one node.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    /// As the node told them; none: it has not.
    told: Option<Vec<VirtSocket>>,
    /// The one of the connection, or of the last attempt at one.
    used: Option<String>,
    /// Those that nobody served when they were tried; they are tried again when none is left.
    refused: BTreeSet<String>,
}

impl Sockets {
    /// The node told them; whether they are others than before.
    pub fn told(&mut self, sockets: &[VirtSocket]) -> bool {
        let changed = self.told.as_deref() != Some(sockets);
        if changed {
            self.told = Some(sockets.to_vec());
            self.refused.clear();
        }
        changed
    }

    /// Whether the node has told them.
    pub const fn are_known(&self) -> bool {
        self.told.is_some()
    }

    /// Whether the node said that it has none.
    pub fn are_none(&self) -> bool {
        self.told.as_ref().is_some_and(Vec::is_empty)
    }

    /// Those that this user may connect to; first those for looking only: watching needs no more.
    fn usable(&self) -> impl Iterator<Item = &VirtSocket> {
        let sockets = self.told.as_deref().unwrap_or_default();
        let usable = move |read_only: bool| sockets.iter().filter(move |s| s.usable && s.read_only == read_only);
        usable(true).chain(usable(false))
    }

    fn fresh(&self) -> Option<String> {
        self.usable().find(|s| !self.refused.contains(&s.path)).map(|s| s.path.clone())
    }

    /// The one for the next attempt.
    pub fn choose(&mut self) -> Option<String> {
        self.used = self.fresh();
        self.used.clone()
    }

    /// The attempt at the one that was chosen failed. Whether another is left to be tried: a daemon that is gone may leave its socket
    /// beside that of the one that runs.
    pub fn has_another(&mut self) -> bool {
        self.refused.extend(self.used.clone());
        let another = self.fresh().is_some();
        if !another {
            self.refused.clear();
        }
        another
    }

    /// The one for a connection that may write: of the daemon that is looked at, where it has one.
    pub fn writable(&self) -> Option<String> {
        let writable = || self.usable().filter(|s| !s.read_only);
        let looked_at = self.used.as_deref().map(|path| path.strip_suffix("-ro").unwrap_or(path));
        writable().find(|s| Some(s.path.as_str()) == looked_at).or_else(|| writable().next()).map(|s| s.path.clone())
    }
}
