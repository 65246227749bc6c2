//! Our own clock, where somebody sets it back: by hand, at the start of a time service, after a machine was resumed.

use super::Live;
use crate::domain::stamp::Stamp;

/// A clock that is merely kept in step goes back by less. Microseconds.
const STEP: i64 = 1_000_000;

impl Live {
    /// Takes the time in. True: it was set back. Then nothing that is known was seen later than now, what is waited for since a time that is
    /// still to come is waited for since now, and everything is asked anew: of nothing is it known how old it is.
    pub(super) fn follow_clock(&mut self, now: Stamp) -> bool {
        let before = std::mem::replace(&mut self.looked, now);
        if before.0.saturating_sub(now.0) < STEP {
            return false;
        }
        tracing::warn!("the clock was set back from {before} to {now}");
        self.store.set_back(now);
        self.watch.set_back(now);
        self.awaited.values_mut().for_each(|since| *since = now.min(*since));
        true
    }
}
