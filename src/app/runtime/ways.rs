//! From command line and configuration to the ways of a session.

use crate::cli::Global;
use crate::config::{NodeConfig, Session};
use crate::domain::text::clean;
use crate::link::ssh_config::{Files, Surroundings, resolve};
use crate::link::{Become, Target};

use super::way::{Way, WayFinder, WayKind};

/// The ways to a session's nodes, and what ssh_config says that quorate does not honour. An ssh_config that cannot be followed (a loop of
/// jump hosts) is an error in words for the operator. `unattended`: nobody is there to be asked.
pub fn wayfinder(global: &Global, session: &Session, unattended: bool) -> Result<(WayFinder, Vec<String>), String> {
    let (around, files) = (Surroundings::of_process(), global.ssh_files());
    let mut first = Vec::new();
    let mut notices: Vec<String> = Vec::new();
    if session.local {
        first.push(Way { name: None, address: "localhost".to_owned(), kind: WayKind::Local(Become::None, libvirt_uri()) });
    }
    for node in &session.nodes {
        let target = target(global, node, unattended, &files, &around)?;
        for directive in target.not_honoured.iter().filter(|d| !is_stock(d)) {
            let text = format!("{}: not honoured: {directive}", node.place.host);
            if !notices.contains(&text) {
                notices.push(text);
            }
        }
        first.push(Way { name: node.name.clone(), address: node.place.host.clone(), kind: WayKind::Ssh(Box::new(target), Vec::new()) });
    }
    let (global, session) = (global.clone(), session.clone());
    let name = session.name.clone();
    let further = move |member: &str, addresses: &[String]| {
        let places = std::iter::once(member).chain(addresses.iter().map(String::as_str));
        let mut targets = places.filter_map(|place| {
            let target = target(&global, &session.further(member, place), unattended, &files, &around).ok()?;
            Some((place, target))
        });
        let (place, first) = targets.next()?;
        let (name, address) = (Some(member.to_owned()), place.to_owned());
        Some(Way { name, address, kind: WayKind::Ssh(Box::new(first), targets.map(|(_, target)| target).collect()) })
    };
    Ok((WayFinder::new(name, first, Box::new(further)), notices))
}

/// libvirt's own variable says which libvirt of this machine is meant, where it is not the system's qemu (`test:///default`, `qemu:///session`).
fn libvirt_uri() -> Option<String> {
    std::env::var("LIBVIRT_DEFAULT_URI").ok().filter(|uri| !uri.is_empty() && uri != "qemu:///system")
}

/// Debian and its kin ship `GSSAPIAuthentication yes` for every host, Red Hat's a list of ciphers and their like: nobody asked for it, and saying so at each start
/// would hide what somebody did ask for. (`doctor` lists it all the same.)
fn is_stock(directive: &str) -> bool {
    directive.starts_with("/etc/crypto-policies/") || directive.starts_with("/etc/ssh/") && directive.contains("GSSAPIAuthentication")
}

fn target(global: &Global, node: &NodeConfig, unattended: bool, files: &Files, around: &Surroundings) -> Result<Target, String> {
    resolve(&global.wish(node, around, unattended), files, around).map_err(|e| clean(&format!("{}: {e}", node.place.host)))
}
