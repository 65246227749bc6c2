//! corosync's tools, dlm_tool.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::domain::observation::Question as Q;

fuzz_target!(|data: &[u8]| {
    quorate_fuzz::family(&[Q::Quorum, Q::Links, Q::LinkStats, Q::Cmap, Q::Qdevice, Q::Dlm], data);
});
