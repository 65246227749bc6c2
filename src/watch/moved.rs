//! What a manager's answer makes stale elsewhere: a service that moved took its guest or its filesystem along, and neither tells by itself.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::Watch;
use crate::domain::observation::manager::{Primitive, Resource};
use crate::domain::observation::{Observation, Question};
use crate::domain::stamp::Stamp;

impl Watch {
    /// The manager answered: where its services are not where they were, what they carry is looked at.
    pub(super) fn follow_services(&mut self, answer: &Observation, now: Stamp) {
        let (manager, carried, print): (_, &[Question], _) = match answer {
            Observation::Manager(view) => (Question::CrmMon, &[Question::Filesystems], filesystems(&view.resources)),
            Observation::Clustat(view) => {
                let mut print = DefaultHasher::new();
                for group in view.groups.iter().flatten() {
                    (&group.name, &group.word, &group.owner).hash(&mut print);
                }
                (Question::Clustat, &[Question::Vmware, Question::Filesystems], print.finish())
            }
            _ => return,
        };
        if self.services.insert(manager, print).is_some_and(|before| before != print) {
            for node in self.nodes.values_mut() {
                for question in carried {
                    node.stale(*question, now);
                }
            }
        }
    }
}

/// A fingerprint of where Pacemaker has its filesystems.
fn filesystems(resources: &[Resource]) -> u64 {
    let mut print = DefaultHasher::new();
    let mut open: Vec<&Resource> = resources.iter().collect();
    while let Some(resource) = open.pop() {
        match resource {
            Resource::Primitive(Primitive { id, agent, role, nodes, .. }) if agent.ends_with(":Filesystem") => {
                (id, role, nodes).hash(&mut print);
            }
            Resource::Primitive(_) => {}
            Resource::Group { members: parts, .. } | Resource::Clone { instances: parts, .. } | Resource::Bundle { members: parts, .. } => {
                open.extend(parts);
            }
        }
    }
    print.finish()
}
