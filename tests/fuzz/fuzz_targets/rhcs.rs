//! clustat, cman_tool, fence_tool and group_tool, cluster.conf, mkqdisk, init scripts, VMware Server; and what changing commands say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::domain::observation::Question as Q;
use quorate::probe::Raw;
use quorate::probe::rhcs::{act, fence, inventory};
use quorate::probe::vmware;

fuzz_target!(|data: &[u8]| {
    quorate_fuzz::family(&[Q::Clustat, Q::Cman, Q::Groups, Q::ClusterConf, Q::QuorumDisk, Q::InitScripts, Q::Vmware, Q::VmwareStats], data);
    let raw = Raw { command: "fuzz", stdout: data, stderr: data, code: 1 };
    let _ = (act::outcome(raw), act::is_locked(raw), fence::fence_node_outcome(raw), fence::acknowledge_outcome(raw));
    let _ = (fence::power(raw), fence::cman_tool_outcome(raw), inventory::running_version(raw), inventory::nodes(raw));
    let _ = (vmware::act::parse_look("/a.vmx", raw), vmware::question(&String::from_utf8_lossy(data)));
    let _ = (inventory::domains(raw), inventory::rows(raw, "Name"), inventory::validation(raw), inventory::distribution(raw));
});
