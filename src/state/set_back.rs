//! Our clock was set back: the answers of the last hours seem to come from hours that are still to be.

use super::facts::Answers;
use crate::domain::stamp::Stamp;

/// Caps every slot; one that is not named here does not compile.
macro_rules! cap {
    ($answers:expr, $now:expr, $($slot:ident)*) => {{
        let Answers { $($slot),* } = $answers;
        $($slot.not_after($now);)*
    }};
}

impl Answers {
    /// Nothing was said later than this.
    pub(super) fn not_after(&mut self, now: Stamp) {
        cap!(self, now,
            tools manager constraints fence_history fence_devices quorum links link_stats cmap qdevice dlm watchdog units daemons
            lvs vgs pvs device_mapper filesystems multipath iscsi net bonding speeds guest_params guest_starts virt_host guests jobs
            clustat cman groups conf disks scripts vmware vmware_stats
        );
    }
}
