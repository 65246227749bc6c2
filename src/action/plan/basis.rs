//! What was true of a target when its plan was made: the gate refuses a plan whose target moved since.

use std::sync::Arc;

use crate::action::{named, plain, vmware};
use crate::domain::cluster::{Cluster, MemberStatus, ServiceState};
use crate::domain::task::Target;

/// The facts about a target that a plan rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A service: its state, where it runs, its flags.
    Service(ServiceState, Vec<Arc<str>>, Vec<&'static str>),
    /// A member: its status, and the services that run there.
    Node(MemberStatus, Vec<String>),
    /// A volume: its size, and where it is active.
    Volume(Option<u64>, Vec<Arc<str>>),
    /// A physical volume: its group and what is free.
    Pv(Option<String>, Option<u64>),
    /// A guest that is no service: where it is, and how.
    Guest(Vec<(Arc<str>, &'static str)>),
    /// The cluster: whether it is in maintenance.
    Cluster(Option<bool>),
    /// It is not there, or was not looked at.
    Nothing,
}

impl Basis {
    /// The facts as they are in a picture.
    pub fn of(target: &Target, cluster: &Cluster) -> Self {
        match target {
            Target::Service(id) => {
                if let Some(s) = cluster.service(id) {
                    return Self::Service(s.state, s.owners.clone(), s.flags.clone());
                }
                let rows = [plain::rows(cluster, id), vmware::lone(cluster, id)].concat();
                if rows.is_empty() {
                    return Self::Nothing;
                }
                Self::Guest(rows.iter().map(|g| (Arc::clone(&g.node), g.state.word())).collect())
            }
            Target::Node(name) => cluster.member(name).map_or(Self::Nothing, |m| {
                let here = |s: &&crate::domain::cluster::Service| s.owners.iter().any(|o| **o == **name);
                Self::Node(m.status, cluster.services.iter().filter(here).map(|s| s.id.clone()).collect())
            }),
            Target::Volume(v) => {
                let volume = named::volumes(cluster, v).into_iter().next();
                volume.map_or(Self::Nothing, |v| Self::Volume(v.size, v.active_on.clone()))
            }
            Target::Pv(path) => {
                let pv = named::pvs(cluster, path).into_iter().next();
                pv.map_or(Self::Nothing, |p| Self::Pv(p.vg.clone(), p.free))
            }
            Target::Cluster(_) => Self::Cluster(cluster.options.maintenance_mode),
            Target::Guest(_) => Self::Nothing,
        }
    }

    /// In words, for the sentence that says what moved.
    pub fn words(&self) -> String {
        let list = |names: &[Arc<str>]| if names.is_empty() { "nowhere".to_owned() } else { names.join(", ") };
        match self {
            Self::Service(state, owners, flags) if flags.is_empty() => format!("{} on {}", state.word(), list(owners)),
            Self::Service(state, owners, flags) => format!("{} on {} ({})", state.word(), list(owners), flags.join(", ")),
            Self::Node(status, services) => format!("{} with {} services", status.word(), services.len()),
            Self::Volume(size, nodes) => format!("{} bytes, active on {}", size.map_or("?".to_owned(), |s| s.to_string()), list(nodes)),
            Self::Pv(vg, free) => {
                let free = free.map_or("?".to_owned(), |f| f.to_string());
                format!("in {} with {free} bytes free", vg.as_deref().unwrap_or("no group"))
            }
            Self::Guest(places) => places.iter().map(|(node, state)| format!("{state} on {node}")).collect::<Vec<_>>().join(", "),
            Self::Cluster(on) => format!("maintenance {}", if *on == Some(true) { "on" } else { "off" }),
            Self::Nothing => "not there".to_owned(),
        }
    }
}
