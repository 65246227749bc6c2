//! LVM, device mapper, filesystems, multipath, iSCSI.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::domain::observation::Question as Q;

fuzz_target!(|data: &[u8]| {
    quorate_fuzz::family(&[Q::Lvs, Q::Vgs, Q::Pvs, Q::DeviceMapper, Q::Filesystems, Q::Multipath, Q::Iscsi], data);
});
