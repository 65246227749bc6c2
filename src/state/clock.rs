//! A node's clock beside ours.

use std::collections::VecDeque;

use crate::domain::observation::host::ClockSample;

/// How many samples are kept to choose the best from.
const WINDOW: usize = 16;
/// No calendar goes beyond the year 9999 (microseconds since the epoch).
const END_OF_TIME: i64 = 253_402_300_800_000_000;

/// The last samples of one node's clock.
#[derive(Clone, Debug, Default)]
pub(super) struct ClockWindow {
    samples: VecDeque<ClockSample>,
}

impl ClockWindow {
    /// Takes a sample. One that contradicts the best so far by more than both can err means that the clock was
    /// set: the older samples are forgotten.
    pub(super) fn add(&mut self, sample: ClockSample) {
        let sane = 0..END_OF_TIME;
        if ![sample.theirs, sample.sent, sample.received].iter().all(|s| sane.contains(&s.0)) || sample.round_trip_micros() < 0 {
            return;
        }
        if let Some((offset, error)) = self.best() {
            let apart = (sample.offset_micros() - offset).abs();
            if apart > error + sample.round_trip_micros() / 2 + 1_000 {
                self.samples.clear();
            }
        }
        if self.samples.len() == WINDOW {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// Theirs minus ours in microseconds, and by how much that may err: of the sample with the shortest round trip.
    pub(super) fn best(&self) -> Option<(i64, i64)> {
        let best = self.samples.iter().min_by_key(|s| s.round_trip_micros())?;
        Some((best.offset_micros(), best.round_trip_micros() / 2))
    }
}
