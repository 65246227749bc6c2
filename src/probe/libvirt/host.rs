//! The host as its libvirt knows it (<https://libvirt.org/formatcaps.html>).

use super::tree::Element;
use crate::domain::observation::guest::{VirtHost, VirtNetwork};
use crate::domain::text::clean;
use crate::link::libvirt::said::HostSaid;

/// Reads the answer.
pub fn read(said: &HostSaid) -> VirtHost {
    let capabilities = said.capabilities.as_deref().unwrap_or_default();
    let root = Element::read(capabilities);
    let nothing = Element::default();
    let host = root.child("host").unwrap_or(&nothing);
    let cpu = host.child("cpu").unwrap_or(&nothing);
    VirtHost {
        hostname: said.hostname.as_deref().map(clean),
        uri: said.uri.as_deref().map(clean),
        uuid: host.said("uuid"),
        driver: said.driver.as_deref().map(clean),
        hypervisor: said.hypervisor.map(version),
        version: said.library.map(version),
        arch: cpu.said("arch"),
        cpu_model: cpu.said("model"),
        cpu_vendor: cpu.said("vendor"),
        cpu_features: cpu.all("feature").filter_map(|f| f.get("name")).map(str::to_owned).collect(),
        cpu_xml: part(capabilities, "<cpu>", "</cpu>"),
        cpus: said.cpus,
        memory: said.memory,
        free_memory: said.free_memory,
        networks: said
            .networks
            .iter()
            .map(|n| VirtNetwork { name: clean(&n.name), bridge: n.bridge.as_deref().map(clean), active: n.active })
            .collect(),
    }
}

/// major * 1,000,000 + minor * 1,000 + release.
fn version(number: u32) -> String {
    format!("{}.{}.{}", number / 1_000_000, number / 1000 % 1000, number % 1000)
}

fn part(text: &str, from: &str, to: &str) -> Option<String> {
    let start = text.find(from)?;
    let end = text.get(start..)?.find(to)? + start + to.len();
    text.get(start..end).map(str::to_owned)
}
