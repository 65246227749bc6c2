//! The memory balloons of guests: one on its way tells so every second.

use std::collections::BTreeMap;

use crate::link::libvirt::Heard;
use crate::link::libvirt::said::What;

/// Each guest's balloon, by UUID, as it was last told, KiB.
#[derive(Debug, Default)]
pub(super) struct Balloons(BTreeMap<String, u64>);

impl Balloons {
    /// Whether this is worth a line: all but a balloon that moved by no more than a hundredth since it was last told.
    pub fn is_news(&mut self, heard: &Heard) -> bool {
        let What::Balloon(now) = heard.what else { return true };
        let before = self.0.get(&heard.who.uuid).copied();
        let moved = before.is_none_or(|before| before.abs_diff(now) > before / 100);
        if moved {
            self.0.insert(heard.who.uuid.clone(), now);
        }
        moved
    }
}
