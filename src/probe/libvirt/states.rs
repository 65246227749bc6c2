//! States and their reasons (`virDomainState`, `virDomain*Reason`), in the words of `virsh domstate --reason`.

use crate::domain::guest::{GuestState, TORN};
use crate::domain::observation::guest::GuestRow;
use crate::domain::text::clean;
use crate::link::libvirt::said::RowSaid;

/// Reads a row.
pub fn row(said: &RowSaid) -> GuestRow {
    let (state, reason) = meaning(said.state, said.reason);
    // Paused on the way: 2 = VIR_DOMAIN_PAUSED_MIGRATION, 11 = STARTING_UP (the target waits), 12 = POSTCOPY; running: 10 = POSTCOPY. A post-copy that
    // failed (13; 11) is an end, and no way.
    let migrating = matches!((said.state, said.reason), (3, 2 | 11 | 12) | (1, 10));
    GuestRow { uuid: clean(&said.uuid), name: clean(&said.name), id: said.id, state, reason, migrating }
}

/// The state and the words for its reason.
pub const fn meaning(state: i64, reason: i64) -> (GuestState, Option<&'static str>) {
    match state {
        // Blocked on a resource is running too.
        1 | 2 => (GuestState::Running, running(reason)),
        3 => (GuestState::Paused, paused(reason)),
        // In shutdown, the guest still runs.
        4 => (GuestState::Running, Some("shutting down")),
        5 => (GuestState::Shutoff, shutoff(reason)),
        6 => (GuestState::Crashed, if reason == 1 { Some("panicked") } else { None }),
        // Suspended by its own power management.
        7 => (GuestState::Paused, Some("suspended by the guest's power management")),
        _ => (GuestState::Unknown, None),
    }
}

const fn running(reason: i64) -> Option<&'static str> {
    Some(match reason {
        1 => "booted",
        2 => "migrated",
        3 => "restored",
        4 => "from snapshot",
        5 => "unpaused",
        6 => "migration canceled",
        7 => "save canceled",
        8 => "event wakeup",
        9 => "crashed",
        10 => "post-copy",
        11 => TORN,
        _ => return None,
    })
}

const fn paused(reason: i64) -> Option<&'static str> {
    Some(match reason {
        1 => "user",
        2 => "migrating",
        3 => "saving",
        4 => "dumping",
        5 => "I/O error",
        6 => "watchdog",
        7 => "from snapshot",
        8 => "shutting down",
        9 => "creating snapshot",
        10 => "crashed",
        11 => "starting up",
        12 => "post-copy",
        13 => TORN,
        14 => "API error",
        _ => return None,
    })
}

const fn shutoff(reason: i64) -> Option<&'static str> {
    Some(match reason {
        1 => "shutdown",
        2 => "destroyed",
        3 => "crashed",
        4 => "migrated",
        5 => "saved",
        6 => "failed",
        7 => "from snapshot",
        8 => "daemon",
        _ => return None,
    })
}
