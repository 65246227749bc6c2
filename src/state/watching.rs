//! What only watching can tell of a service: since when it is as it is, and where it was before.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::cluster::{Service, ServiceState};
use crate::domain::stamp::Stamp;

/// What is remembered of one service.
#[derive(Clone, Debug)]
struct Memory {
    state: ServiceState,
    owner: Option<Arc<str>>,
    since: Option<Stamp>,
    last_owner: Option<Arc<str>>,
}

/// The memory of all services.
#[derive(Clone, Debug, Default)]
pub(super) struct Watching {
    services: HashMap<String, Memory>,
}

impl Watching {
    /// Remembers this picture of the services and completes it with what earlier ones told.
    pub(super) fn complete(&mut self, services: &mut [Service], at: Stamp) {
        let mut before = std::mem::take(&mut self.services);
        for service in services {
            let mut memory = before.remove(&service.id).unwrap_or_else(|| Memory {
                state: service.state,
                owner: service.owner.clone(),
                since: None,
                last_owner: None,
            });
            if memory.state != service.state {
                (memory.state, memory.since) = (service.state, Some(at));
            }
            if memory.owner != service.owner {
                memory.last_owner = memory.owner.take().or(memory.last_owner).filter(|last| service.owner.as_ref() != Some(last));
                memory.owner.clone_from(&service.owner);
            }
            // rgmanager knows its own history.
            if service.last_owner.is_none() {
                service.last_owner.clone_from(&memory.last_owner);
            }
            service.since = service.since.or(memory.since);
            self.services.insert(service.id.clone(), memory);
        }
    }
}
