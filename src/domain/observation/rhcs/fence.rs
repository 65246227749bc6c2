//! The fence domain, what fenced remembers, and the groups of groupd, DLM and GFS.

use crate::domain::observation::manager::FenceStatus;
use crate::domain::stamp::Stamp;

/// fenced's domain and the groups of groupd, DLM and GFS, as one node sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupsView {
    /// `fence_tool ls` (RHEL 6), or groupd's fence group (RHEL 5). None: this node is in no fence domain, or nobody said.
    pub fence: Option<FenceDomain>,
    /// DLM and GFS groups.
    pub groups: Vec<Group>,
    /// Fencings that this node's fenced carried out and remembers, oldest first.
    pub fencings: Vec<Fencing>,
}

/// A fencing that ended, as the fenced that did it remembers it (`fence_tool dump`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fencing {
    /// Who was to be fenced.
    pub target: String,
    /// Success or failed.
    pub status: FenceStatus,
    /// When, by that node's clock.
    pub at: Stamp,
    /// What was tried, in order; empty where fenced does not say it (RHEL 5).
    pub attempts: Vec<Attempt>,
    /// It was not fenced: somebody said that it is off (`fence_ack_manual`).
    pub by_hand: bool,
}

/// One device that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which method of the node in cluster.conf, and which device of it, from 0.
    pub place: Option<(usize, usize)>,
    /// The fence agent.
    pub agent: String,
    /// `success`, `error from agent`, `error no method` ...
    pub result: String,
}

/// The fence domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FenceDomain {
    /// Ids of its members.
    pub members: Vec<u32>,
    /// How many nodes wait to be fenced; none where only groupd speaks.
    pub victims: Option<u32>,
    /// Who is being fenced now.
    pub victim_now: Option<u32>,
    /// The node that fences.
    pub master: Option<u32>,
    /// `none`, `quorum`, `messages`, `fencing`, or groupd's state (`FAIL_START_WAIT` ...).
    pub wait: String,
    /// Each node's record (`fence_tool ls -n`).
    pub nodes: Vec<FenceNode>,
}

/// A node's record in the fence domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FenceNode {
    /// Node id.
    pub id: u32,
    /// In the domain.
    pub member: bool,
    /// Waits to be fenced.
    pub victim: bool,
    /// Who fenced it last; none if nobody did.
    pub master: Option<u32>,
    /// How: `agent`, `override` (fence_ack_manual), `external` (fence_node), `member` (it came back by itself); none if it never was.
    pub how: Option<String>,
}

impl FenceDomain {
    /// Whether something is being fenced, or waits for it.
    pub fn is_busy(&self) -> bool {
        self.victims.is_some_and(|n| n > 0) || self.wait.starts_with("FAIL")
    }

    /// Whether a node that is not a member still has to be fenced. None: the domain does not tell.
    pub fn awaits(&self, id: u32) -> Option<bool> {
        let node = self.nodes.iter().find(|n| n.id == id);
        if self.victim_now == Some(id) || node.is_some_and(|n| n.victim) {
            return Some(true);
        }
        if self.members.contains(&id) && !self.wait.starts_with("FAIL") {
            return Some(false);
        }
        match (node, self.victims) {
            // While it waits for quorum, the domain counts its victims without marking them. That one was fenced once before says nothing:
            // fenced remembers that over its return.
            (Some(node), Some(count)) => Some(!node.member && count > self.marked()),
            (None, Some(0)) => Some(false),
            (None, Some(_)) => None,
            (_, None) => Some(self.wait.starts_with("FAIL")),
        }
    }

    fn marked(&self) -> u32 {
        u32::try_from(self.nodes.iter().filter(|n| n.victim).count()).unwrap_or(u32::MAX)
    }
}

/// A DLM lockspace or a GFS mount group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// `dlm`, `gfs`.
    pub kind: String,
    /// clvmd, rgmanager, a filesystem.
    pub name: String,
    /// Ids of its members.
    pub members: Vec<u32>,
    /// Why it stands still (`FAIL_ALL_STOPPED`, `kern_stop`, `wait_condition 1 fencing`); none if it works.
    pub blocked: Option<String>,
}
