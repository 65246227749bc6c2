//! A guest's definition (libvirt's domain XML, formatdomain.html), as far as a move depends on it.

use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::GuestDefinition;
use crate::link::CommandLine;
use crate::probe::Raw;
use crate::probe::pacemaker::xml::{Doc, Tag, root_at};
use crate::probe::parts::lossy;

/// The file that the agent starts the guest from; passwords of consoles stay where they are.
const READ: &str = "exec as_root sed -e \"s/ passwd=['\\\"][^'\\\"]*['\\\"]//g\" -- \"$1\"";

/// The question.
pub fn command(config: &str) -> CommandLine {
    CommandLine::script(READ, [config]).privileged()
}

/// The same of a guest that has no such file: what libvirt keeps of it, by the read-only socket, which tells no passwords.
pub fn of_guest(uri: &str, guest: &str) -> CommandLine {
    CommandLine::new("virsh", ["-r", "-c", uri, "dumpxml", "--inactive", "--domain", guest]).privileged()
}

/// Reads it.
pub fn parse(raw: Raw<'_>) -> Result<GuestDefinition, Trouble> {
    let source = lossy(raw.stdout);
    let Some(at) = root_at(&source, &["domain"]) else {
        return Err(if raw.code == 0 { raw.garbled("no <domain> in it") } else { raw.refusal() });
    };
    let (mut doc, root) = Doc::open(raw, source.split_at(at).1)?;
    let mut found = GuestDefinition { kind: root.get("type"), cpu: cpu(source.split_at(at).1), ..GuestDefinition::default() };
    doc.children(&root, |doc, tag| {
        match tag.name() {
            "name" => found.name = doc.text(tag)?,
            "uuid" => found.uuid = Some(doc.text(tag)?),
            "memory" => {
                let unit = tag.get("unit");
                found.memory = bytes(&doc.text(tag)?, unit.as_deref());
            }
            "devices" => devices(doc, tag, &mut found)?,
            _ => {}
        }
        Ok(())
    })?;
    if found.name.is_empty() { Err(raw.garbled("the domain has no name")) } else { Ok(found) }
}

/// The `<cpu>` as it stands there, short of what no CPU is.
fn cpu(xml: &str) -> Option<String> {
    let start = xml.match_indices("<cpu").find(|(at, _)| xml.get(at + 4..).is_some_and(|r| r.starts_with([' ', '>', '/'])))?.0;
    let rest = xml.get(start..)?;
    let tag = rest.find('>')? + 1;
    let end = if rest.get(..tag)?.ends_with("/>") { tag } else { rest.find("</cpu>")? + "</cpu>".len() };
    rest.get(..end).filter(|text| text.len() <= 32 << 10).map(str::to_owned)
}

fn devices(doc: &mut Doc<'_>, list: &Tag<'_>, found: &mut GuestDefinition) -> Result<(), Trouble> {
    doc.children(list, |doc, device| match device.name() {
        "disk" => disk(doc, device, found),
        "interface" => interface(doc, device, device.get("type").as_deref() == Some("hostdev"), found),
        "hostdev" => interface(doc, device, true, found),
        _ => Ok(()),
    })
}

fn disk(doc: &mut Doc<'_>, device: &Tag<'_>, found: &mut GuestDefinition) -> Result<(), Trouble> {
    let (mut path, mut format) = (None, None);
    doc.children(device, |_, tag| {
        match tag.name() {
            "source" => path = tag.get("file").or_else(|| tag.get("dev")),
            "driver" => format = tag.get("type"),
            _ => {}
        }
        Ok(())
    })?;
    found.formats.extend(path.clone().zip(format));
    found.disks.extend(path);
    Ok(())
}

/// A NIC or a device of the host. One that is `passed` through ties the guest to its host, unless libvirt takes it off for a migration.
fn interface(doc: &mut Doc<'_>, device: &Tag<'_>, passed: bool, found: &mut GuestDefinition) -> Result<(), Trouble> {
    let mut transient = false;
    doc.children(device, |_, tag| {
        match tag.name() {
            "source" => found.bridges.extend(tag.get("bridge")),
            "teaming" => transient = tag.get("type").as_deref() == Some("transient"),
            _ => {}
        }
        Ok(())
    })?;
    found.passed_through += usize::from(passed && !transient);
    Ok(())
}

fn bytes(number: &str, unit: Option<&str>) -> Option<u64> {
    let factor: u64 = match unit.unwrap_or("KiB") {
        "b" | "bytes" => 1,
        "KB" => 1000,
        "k" | "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "M" | "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "G" | "GiB" => 1 << 30,
        "T" | "TiB" => 1 << 40,
        _ => return None,
    };
    number.trim().parse::<u64>().ok()?.checked_mul(factor)
}
