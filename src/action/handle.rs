//! What names a guest for virsh. It looks for an id before it looks for a name: a guest whose name is a number is named by its UUID, or another one would be hit.

use crate::domain::cluster::Cluster;
use crate::domain::guest::Guest;
use crate::domain::observation::simulation::GuestDefinition;

use super::plan::Refusal;

/// Whether virsh would take this name for an id (it reads it as strtol(3) does).
pub(super) fn is_number(name: &str) -> bool {
    name.trim_start().trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit())
}

/// Of a guest that libvirt has told of.
pub(super) fn of_guest(guest: &Guest) -> String {
    if is_number(&guest.name) { guest.uuid.clone() } else { guest.name.clone() }
}

/// Of the guest of a definition, as it is now; none: its UUID is not known. Where the definition has none libvirt made one up, and has told it.
pub(super) fn of_definition(definition: &GuestDefinition, cluster: &Cluster) -> Option<String> {
    lasting(definition).or_else(|| of_name(&definition.name, cluster))
}

/// The same, where it is also that of a guest that is made anew from this definition.
pub(super) fn lasting(definition: &GuestDefinition) -> Option<String> {
    if is_number(&definition.name) { definition.uuid.as_deref().map(dashed) } else { Some(definition.name.clone()) }
}

/// Of the guest of this name: by the UUID that the nodes have told, if it is one.
pub(super) fn of_name(name: &str, cluster: &Cluster) -> Option<String> {
    if !is_number(name) {
        return Some(name.to_owned());
    }
    let mut uuids = cluster.guests.iter().filter(|g| g.vmware.is_none() && g.name == name).map(|g| &g.uuid);
    let first = uuids.next()?;
    uuids.all(|uuid| uuid == first).then(|| first.clone())
}

/// Why nothing is done to it.
pub(super) fn missing(name: &str) -> Refusal {
    let why =
        format!("'{name}' is a number, which virsh takes for the id of whichever guest has it, and no UUID is known that names this one");
    Refusal::new("no-uuid", why, "libvirt on its node must answer, or its definition have a <uuid>")
}

/// A UUID as virsh takes it: libvirt reads it from a definition without its hyphens, too.
fn dashed(uuid: &str) -> String {
    let digits: String = uuid.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect();
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part));
    match parts {
        [Some(a), Some(b), Some(c), Some(d), Some(e)] if digits.len() == 32 => [a, b, c, d, e].join("-"),
        _ => uuid.to_owned(),
    }
}
