//! The node itself and its daemons.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::domain::observation::Question as Q;

fuzz_target!(|data: &[u8]| {
    quorate_fuzz::family(&[Q::Tools, Q::Host, Q::Clock, Q::Watchdog, Q::Units, Q::Daemons], data);
});
