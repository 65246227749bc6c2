//! crm_mon, cibadmin, stonith_admin.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::domain::observation::Question as Q;

fuzz_target!(|data: &[u8]| {
    quorate_fuzz::family(&[Q::CrmMon, Q::Constraints, Q::GuestParams, Q::FenceHistory, Q::FenceDevices], data);
});
