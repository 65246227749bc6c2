//! Interfaces and bonds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::domain::observation::Question as Q;

fuzz_target!(|data: &[u8]| {
    quorate_fuzz::family(&[Q::Net, Q::Bonding, Q::LinkSpeeds], data);
});
