//! A guest's configuration (`key = "value"`, one a line), as far as it is not secret.

use std::collections::BTreeMap;

use crate::domain::guest::{Definition, Disk, DiskKind, Nic, NicKind};
use crate::domain::observation::vmware::stem;
use crate::domain::text::clean;

/// Devices of one kind that are looked for.
const UNITS: u8 = 16;

/// Reads the lines of a configuration; none where there are none.
pub fn read<'a>(path: &str, lines: impl Iterator<Item = &'a str>) -> Option<Definition> {
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    let mut shown = Vec::new();
    for line in lines.take(400) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.trim().trim_matches('"');
        shown.push(clean(line.trim()));
        keys.insert(key.trim().to_ascii_lowercase(), clean(value));
    }
    if keys.is_empty() {
        return None;
    }
    let text = |key: &str| keys.get(key).filter(|v| !v.is_empty()).cloned();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some(Definition {
        uuid: text("uuid.bios").and_then(|u| uuid(&u)).unwrap_or_else(|| path.to_owned()),
        name: text("displayname").unwrap_or_else(|| stem(path).to_owned()),
        title: text("annotation"),
        kind: "vmware".to_owned(),
        machine: text("guestos"),
        vcpus: text("numvcpus").map_or(Some(1), |n| n.parse().ok()),
        memory: text("memsize").and_then(|m| m.parse::<u64>().ok()?.checked_mul(1 << 20)),
        disks: disks(&keys, folder),
        nics: (0..UNITS).filter_map(|n| nic(&keys, n)).collect(),
        persistent: Some(true),
        xml: shown.into(),
        ..Definition::default()
    })
}

/// `56 4d 2b 6e 12 9c 3a 4f-8a 1b 2c 3d 4e 5f 60 71` as UUIDs are written; none for anything else.
pub fn uuid(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase();
    let others = text.chars().filter(|c| !c.is_ascii_hexdigit()).all(|c| c == ' ' || c == '-');
    if digits.len() != 32 || !others {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Some(format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)))
}

fn is_on(keys: &BTreeMap<String, String>, key: &str) -> bool {
    keys.get(key).is_none_or(|v| !v.eq_ignore_ascii_case("false"))
}

fn disks(keys: &BTreeMap<String, String>, folder: &str) -> Vec<Disk> {
    let files = keys.iter().filter_map(|(key, file)| Some((key.strip_suffix(".filename")?, file)));
    files
        .filter(|(unit, _)| is_on(keys, &format!("{unit}.present")))
        .map(|(unit, file)| {
            let kind = keys.get(&format!("{unit}.devicetype")).map_or("", String::as_str);
            let optical = kind.contains("cdrom") || kind == "atapi-cdrom";
            let whole = if file.starts_with('/') || folder.is_empty() { file.clone() } else { format!("{folder}/{file}") };
            Disk {
                target: unit.to_owned(),
                device: if optical { "cdrom" } else { "disk" }.to_owned(),
                kind: if whole.starts_with("/dev/") { DiskKind::Block } else { DiskKind::File },
                source: Some(whole).filter(|_| !file.is_empty()),
                format: file.strip_suffix(".vmdk").map(|_| "vmdk".to_owned()),
                read_only: optical,
                ..Disk::default()
            }
        })
        .collect()
}

fn nic(keys: &BTreeMap<String, String>, number: u8) -> Option<Nic> {
    let key = |name: &str| format!("ethernet{number}.{name}");
    let text = |name: &str| keys.get(&key(name)).filter(|v| !v.is_empty()).cloned();
    if !keys.contains_key(&key("present")) || !is_on(keys, &key("present")) {
        return None;
    }
    let source = text("vnet").or_else(|| text("connectiontype")).unwrap_or_else(|| "bridged".to_owned());
    Some(Nic {
        mac: text("address").or_else(|| text("generatedaddress")),
        kind: NicKind::Other,
        source: Some(source),
        model: text("virtualdev"),
        ..Nic::default()
    })
}
