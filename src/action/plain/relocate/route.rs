//! How a guest's memory gets from one libvirt to another: as Pacemaker's agent is configured for the services of the cluster, else by ssh.
//!
//! How guests get from node to node is the cluster's affair, not the guest's: what one VirtualDomain is configured with holds for all. The addresses are built as
//! the agent builds them (`qemu+TRANSPORT://HOST/system`), and the one that answers is taken.

use std::sync::Arc;

use crate::action::inquiry::{Query, What, libvirt_on};
use crate::action::whereabouts;
use crate::domain::cluster::{Cluster, ServiceKind, Stack};
use crate::domain::observation::simulation::PrimitiveConfig;

/// Words of `migrate_options` that are as good for a guest that is no service.
const TAKEN: [&str; 9] =
    ["--unsafe", "--postcopy", "--auto-converge", "--compressed", "--p2p", "--tunnelled", "--tls", "--parallel", "--abort-on-error"];

/// The question for the configuration of a guest that is a service.
pub(in crate::action::plain) fn like(cluster: &Cluster) -> Option<Query> {
    if cluster.stack != Some(Stack::Pacemaker) {
        return None;
    }
    let service = cluster.services.iter().find(|s| s.kind == ServiceKind::Vm)?;
    Some(Query::new(&whereabouts::post(cluster, None)?, What::Primitive(service.id.clone())))
}

/// See the module.
pub(super) struct Route<'a> {
    cluster: &'a Cluster,
    like: Option<&'a PrimitiveConfig>,
    to: &'a str,
}

impl<'a> Route<'a> {
    pub(super) const fn new(cluster: &'a Cluster, like: Option<&'a PrimitiveConfig>, to: &'a str) -> Self {
        Self { cluster, like, to }
    }

    fn attribute(&self, name: &str) -> Option<&'a str> {
        self.like.and_then(|c| c.attribute(name)).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The target's name, on the network for migrations where there is one: the suffix stands behind the first label.
    fn host(&self) -> String {
        let Some(suffix) = self.attribute("migration_network_suffix") else { return self.to.to_owned() };
        let (first, rest) = self.to.split_at(self.to.find('.').unwrap_or(self.to.len()));
        format!("{first}{suffix}{rest}")
    }

    /// Addresses of the target's libvirt, the likeliest first.
    pub(super) fn addresses(&self) -> Vec<String> {
        let local = libvirt_on(self.cluster, self.to);
        let (scheme, path) = local.split_once("://").unwrap_or(("qemu", "/system"));
        let user = self.attribute("migration_user").map(|user| format!("{user}@")).unwrap_or_default();
        let word = |w: &&str| w.bytes().all(|b| b.is_ascii_alphanumeric());
        // Without a word the agent takes libvirt's own default, which is TLS.
        let transports = match (self.like, self.attribute("migration_transport").filter(word)) {
            (_, Some("ssh")) => vec!["ssh"],
            (_, Some(transport)) => vec![transport, "ssh"],
            (Some(_), None) => vec!["tls", "ssh"],
            (None, None) => vec!["ssh", "tls", "tcp"],
        };
        let mut all: Vec<String> = self.attribute("remoteuri").map(|uri| uri.replace("%n", self.to)).into_iter().collect();
        for transport in transports {
            let batch = if transport == "ssh" { "?no_tty=1" } else { "" };
            all.push(format!("{scheme}+{transport}://{user}{}{path}{batch}", self.host()));
        }
        all
    }

    /// Words for virsh's `migrate`, from what the services have; and those that are left out.
    pub(super) fn options(&self) -> (Vec<&'a str>, Vec<&'a str>) {
        let words = self.attribute("migrate_options").unwrap_or_default().split_whitespace();
        words.filter(|word| !word.starts_with("--migrateuri")).partition(|word| TAKEN.contains(word))
    }

    /// Where QEMU sends to, if that is configured; else libvirt on the target names it.
    pub(super) fn data(&self) -> Option<String> {
        let options = self.attribute("migrate_options").unwrap_or_default();
        let named = options.split_whitespace().find_map(|word| word.strip_prefix("--migrateuri="));
        let uri = self.attribute("migrateuri").or(named).map(|uri| uri.replace("%n", &self.host()));
        uri.or_else(|| self.attribute("migration_network_suffix").map(|_| format!("tcp://{}", self.host())))
    }

    /// Of which service the configuration is.
    pub(super) fn whose(&self) -> Option<&'a str> {
        self.like.map(|c| c.id.as_str())
    }
}

/// The question whether the source reaches one of these addresses.
pub(super) fn reach(from: &Arc<str>, route: &Route<'_>) -> Query {
    Query::new(from, What::Reach(route.addresses()))
}
