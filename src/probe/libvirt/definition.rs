//! A guest's definition out of its XML (<https://libvirt.org/formatdomain.html>).

use std::hash::{DefaultHasher, Hash, Hasher};

use super::tree::Element;
use crate::domain::guest::{Definition, Disk, DiskKind, Nic, NicKind};
use crate::domain::redact;
use crate::domain::text::clean;
use crate::link::libvirt::said::DefinitionSaid;

/// Lines of XML that are kept.
const LINES: usize = 5000;
/// What happens to run, and what only names or explains: two definitions do not differ by it.
const VOLATILE: [&str; 6] = ["seclabel", "alias", "metadata", "title", "description", "currentMemory"];

/// Reads a definition.
pub fn definition(said: &DefinitionSaid) -> Definition {
    let live = Element::read(&said.xml);
    let kept = said.inactive.as_deref().map(Element::read);
    let nothing = Element::default();
    let devices = live.child("devices").unwrap_or(&nothing);
    let os = live.child("os").unwrap_or(&nothing);
    let persistent = said.persistent;
    Definition {
        uuid: clean(&said.uuid),
        name: live.said("name").unwrap_or_default(),
        title: live.said("title").or_else(|| live.said("description")),
        kind: live.get("type").unwrap_or_default().to_owned(),
        machine: os.of_child("type", "machine"),
        firmware: os.get("firmware").map(str::to_owned).or_else(|| os.child("loader").map(|_| "efi".to_owned())),
        boot: boot(os, devices),
        vcpus: live.child("vcpu").and_then(|v| v.get("current").or(Some(&v.text))?.parse().ok()),
        memory: live.child("memory").and_then(bytes),
        cpu: live.child("cpu").and_then(cpu),
        disks: devices.all("disk").map(disk).collect(),
        nics: devices.all("interface").map(nic).collect(),
        agent: agent(devices),
        console: devices.child("console").or_else(|| devices.child("serial")).is_some(),
        host_devices: host_devices(devices),
        persistent,
        autostart: said.autostart,
        saved: said.saved == Some(true),
        snapshots: said.snapshots.iter().map(|s| clean(s)).collect(),
        fingerprint: (persistent == Some(true)).then(|| fingerprint(kept.as_ref().unwrap_or(&live))),
        xml: said.xml.lines().take(LINES).map(redact::said).collect::<Vec<_>>().into(),
    }
}

/// `<memory unit='KiB'>`: the default unit is KiB.
fn bytes(element: &Element) -> Option<u64> {
    let number: u64 = element.text.parse().ok()?;
    let factor: u64 = match element.get("unit").unwrap_or("KiB") {
        "b" | "bytes" => 1,
        "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "M" | "MiB" => 1 << 20,
        "G" | "GiB" => 1 << 30,
        "T" | "TiB" => 1 << 40,
        _ => 1 << 10,
    };
    number.checked_mul(factor)
}

fn cpu(element: &Element) -> Option<String> {
    let mode = element.get("mode").unwrap_or_default();
    let said = match (mode, element.said("model")) {
        ("" | "custom", Some(model)) => model,
        (mode, Some(model)) => format!("{mode} {model}"),
        (mode, None) => mode.to_owned(),
    };
    (!said.is_empty()).then_some(said)
}

fn boot(os: &Element, devices: &Element) -> Vec<String> {
    let mut ordered: Vec<(u32, String)> = devices
        .children
        .iter()
        .filter_map(|device| {
            let order = device.child("boot")?.get("order")?.parse().ok()?;
            Some((order, device.of_child("target", "dev").unwrap_or_else(|| device.name.clone())))
        })
        .collect();
    ordered.sort();
    if ordered.is_empty() {
        return os.all("boot").filter_map(|b| b.get("dev")).map(str::to_owned).collect();
    }
    ordered.into_iter().map(|(_, device)| device).collect()
}

fn disk(element: &Element) -> Disk {
    let nothing = Element::default();
    let source = element.child("source").unwrap_or(&nothing);
    let (kind, path) = match element.get("type").unwrap_or("file") {
        "file" => (DiskKind::File, source.get("file").map(str::to_owned)),
        "block" => (DiskKind::Block, source.get("dev").map(str::to_owned)),
        "network" => (DiskKind::Network, served(source)),
        "volume" => (DiskKind::Volume, source.get("volume").map(|v| format!("{}/{v}", source.get("pool").unwrap_or_default()))),
        _ => (DiskKind::Other, source.attributes.first().map(|(_, value)| value.clone())),
    };
    Disk {
        target: element.of_child("target", "dev").unwrap_or_default(),
        device: element.get("device").unwrap_or("disk").to_owned(),
        kind,
        source: path,
        format: element.of_child("driver", "type"),
        read_only: element.child("readonly").is_some(),
        shareable: element.child("shareable").is_some(),
        cache: element.of_child("driver", "cache"),
        backing: backing(element),
    }
}

/// `protocol:name on host:port, ...`: the same name is another disk on another server.
fn served(source: &Element) -> Option<String> {
    let mut hosts: Vec<String> = source.all("host").filter_map(host).collect();
    hosts.sort();
    // An NBD server of one disk needs no name.
    let name = source.get("name").or_else(|| (!hosts.is_empty()).then_some(""))?;
    let servers = if hosts.is_empty() { String::new() } else { format!(" on {}", hosts.join(", ")) };
    Some(format!("{}:{name}{servers}", source.get("protocol").unwrap_or("network")))
}

/// A server, or the socket of one on the node itself.
fn host(element: &Element) -> Option<String> {
    let Some(name) = element.get("name") else { return element.get("socket").map(str::to_owned) };
    let name = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
    let port = element.get("port").map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{name}{port}"))
}

fn backing(disk: &Element) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = disk.child("backingStore");
    while let Some(store) = at.filter(|_| found.len() < 32) {
        if let Some((_, path)) =
            store.child("source").and_then(|s| s.attributes.iter().find(|(n, _)| matches!(n.as_str(), "file" | "dev" | "name")))
        {
            found.push(path.clone());
        }
        at = store.child("backingStore");
    }
    found
}

fn nic(element: &Element) -> Nic {
    let nothing = Element::default();
    let source = element.child("source").unwrap_or(&nothing);
    let (kind, name) = match element.get("type").unwrap_or_default() {
        "bridge" => (NicKind::Bridge, source.get("bridge")),
        "network" => (NicKind::Network, source.get("network")),
        "direct" => (NicKind::Direct, source.get("dev")),
        other => (NicKind::Other, Some(other)),
    };
    let tags = element.child("vlan").map(|v| v.all("tag").filter_map(|t| t.get("id")?.parse().ok()).collect());
    Nic {
        mac: element.of_child("mac", "address").map(|m| m.to_ascii_lowercase()),
        kind,
        source: name.map(str::to_owned),
        bridge: source.get("bridge").map(str::to_owned),
        device: element.of_child("target", "dev"),
        model: element.of_child("model", "type"),
        vlans: tags.unwrap_or_default(),
        down: element.of_child("link", "state").as_deref() == Some("down"),
    }
}

fn agent(devices: &Element) -> Option<bool> {
    let target = |c: &&Element| c.of_child("target", "name").as_deref() == Some("org.qemu.guest_agent.0");
    let channel = devices.all("channel").find(target)?;
    Some(channel.of_child("target", "state").as_deref() == Some("connected"))
}

/// What ties it to its host: also NICs that are passed through, but nothing that libvirt takes off for a migration.
fn host_devices(devices: &Element) -> Vec<String> {
    let passed = devices.all("interface").filter(|i| i.get("type") == Some("hostdev"));
    let all = devices.all("hostdev").chain(passed);
    all.filter(|d| d.of_child("teaming", "type").as_deref() != Some("transient")).map(host_device).collect()
}

fn host_device(element: &Element) -> String {
    let kind = if element.name == "interface" { "nic" } else { element.get("type").unwrap_or("device") };
    let address = element.child("source").and_then(|s| s.child("address"));
    let numbers =
        |a: &Element| a.attributes.iter().filter(|(n, _)| n != "type").map(|(_, v)| v.trim_start_matches("0x").to_owned()).collect();
    let parts: Vec<String> = address.map(numbers).unwrap_or_default();
    format!("{kind} {}", parts.join(":")).trim_end().to_owned()
}

fn fingerprint(root: &Element) -> u64 {
    let mut print = DefaultHasher::new();
    hash(root, true, &mut print);
    print.finish()
}

fn hash(element: &Element, root: bool, print: &mut DefaultHasher) {
    element.name.hash(print);
    element.text.hash(print);
    let mut attributes: Vec<&(String, String)> = element.attributes.iter().filter(|(name, _)| !(root && name == "id")).collect();
    attributes.sort();
    attributes.hash(print);
    for child in element.children.iter().filter(|c| !VOLATILE.contains(&c.name.as_str())) {
        hash(child, false, print);
    }
    // Where an element ends is part of it.
    0_u8.hash(print);
}
