//! A condition in words, as a plan announces it.

use super::Condition;

impl Condition {
    /// As a plan announces it.
    pub fn words(&self) -> String {
        match self {
            Self::RunsOn(id, node) => format!("the manager has {id} started on {node} and nowhere else"),
            Self::Runs(id) => format!("the manager has {id} started"),
            Self::Stopped(id) => format!("the manager has {id} active nowhere"),
            Self::Left(id, node) => format!("{id} is no longer on {node}"),
            Self::Elsewhere(id, node) => format!("the manager has {id} started, and not on {node}"),
            Self::Fell(id, _) => format!("{id} is down with a new failure on record"),
            Self::AtRest(id) => format!("the manager has nothing under way for {id}"),
            Self::Managed(id, true) => format!("the manager looks after {id}"),
            Self::Managed(id, false) => format!("the manager leaves {id} alone"),
            Self::Clean(id) => format!("{id} has no failures on record"),
            Self::NoLeftovers(id) => format!("no cli-* constraint is left on {id}"),
            Self::Unmoved(id, node) => format!("no cli-* constraint of its move to {node} is left on {id}"),
            Self::Known(id, true) => format!("the manager knows {id}"),
            Self::Known(id, false) => format!("the manager no longer knows {id}"),
            Self::NoStray(id) => format!("the manager has nothing of {id} that its configuration lacks"),
            Self::Member(name, statuses) => {
                let words: Vec<&str> = statuses.iter().map(|s| s.word()).collect();
                format!("the manager has {name} {}", words.join(" or "))
            }
            Self::Empty(name) => format!("nothing that can move runs on {name}"),
            Self::Maintenance(on) => format!("the CIB has maintenance-mode {}", if *on { "on" } else { "off" }),
            Self::KeepsQuorum(name) => format!("the others have quorum without {name}"),
            Self::Fenced(name, how, _) => format!("the fence history has a successful {} of {name}", how.word()),
            Self::Interrupted(name, _) => format!("{name} leaves the membership, or its host has booted anew"),
            Self::Guest { query, guest, state } => match state {
                Some(state) => format!("libvirt on {} has {guest} {state}", query.node),
                None => format!("libvirt on {} has no {guest} running", query.node),
            },
            Self::AtOwner { service, guest, .. } => format!("libvirt has {guest} running where {service} is"),
            Self::Alone { guest, .. } => format!("libvirt has {guest} running on no other node"),
            Self::Vmware { query, guest, states: [] } => format!("VMware on {} has no {guest} registered", query.node),
            Self::Vmware { query, guest, states } => {
                let words: Vec<&str> = states.iter().map(|s| s.word()).collect();
                format!("VMware on {} has {guest} {}", query.node, words.join(" or "))
            }
            Self::Migrates(query, id) => format!("libvirt on {} has a migration of {id} under way", query.node),
            Self::Allows(query, limits) => format!("libvirt on {} has{limits} for its migration", query.node),
            Self::Size { what, bytes, .. } => format!("{what} has {bytes} bytes at least"),
            Self::Conf { query, version, .. } => {
                format!("{} runs version {version} of cluster.conf, and its file says what was planned", query.node)
            }
            Self::Filesystem(node, mount, bytes) => format!("{mount} on {node} has at least {bytes} bytes"),
            Self::PvEmpty(_, path) => format!("nothing is left on {path}"),
            Self::Flag(id, flag, on) => format!("rgmanager shows {id} {}{flag}", if *on { "" } else { "no longer " }),
            Self::InState(id, state) => format!("rgmanager has {id} {}", state.word()),
            Self::Turned(id, _) => format!("rgmanager has a newer transition of {id}"),
            Self::ManagerOn(name, on) => format!("{} on {name}", if *on { "rgmanager answers" } else { "no rgmanager is left" }),
            Self::ClvmdOn(name, on) => format!("cman has {} on {name}", if *on { "clvmd's port bound" } else { "no clvmd" }),
            Self::InDomain(name) => format!("the fence domain has {name} in it"),
            Self::NoVictim(name) => format!("fenced no longer waits for {name}"),
            Self::Expects(votes) => format!("cman expects {votes} votes"),
            Self::All(all) if all.iter().all(|one| matches!(one, Self::Runs(_))) => {
                let ids = all.iter().filter_map(|one| if let Self::Runs(id) = one { Some(id.as_str()) } else { None });
                format!("the manager has started: {}", ids.collect::<Vec<_>>().join(", "))
            }
            Self::All(all) => all.iter().map(Self::words).collect::<Vec<_>>().join("; "),
            Self::Any(all) => match all.as_slice() {
                [Self::Guest { guest, state: Some(state), .. }, _, ..] => {
                    format!("libvirt on one of {} nodes has {guest} {state}", all.len())
                }
                _ => all.iter().map(Self::words).collect::<Vec<_>>().join(", or "),
            },
        }
    }
}
