//! From command line and configuration to the ways of a session.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::cli::Global;
use crate::config::{NodeConfig, Session};
use crate::domain::text::clean;
use crate::link::ssh_config::{Files, Surroundings, resolve};
use crate::link::{Become, Target};

use super::way::{Way, WayFinder, WayKind};

/// The ways to a session's nodes, and what ssh_config says that quorate does not honour. An ssh_config that cannot be followed (a loop of
/// jump hosts) is the trouble of the nodes that it is about; where it is about all of them, an error in words for the operator.
/// `unattended`: nobody is there to be asked.
pub fn wayfinder(global: &Global, session: &Session, unattended: bool) -> Result<(WayFinder, Vec<String>), String> {
    let (around, files) = (Surroundings::of_process(), global.ssh_files());
    let mut first = Vec::new();
    let mut notices: Vec<String> = Vec::new();
    // Directives that were said of a node already are not said again of each member that turns up.
    let mut told = BTreeSet::new();
    let mut wrong: Option<String> = None;
    if session.local {
        first.push(Way { name: None, address: "localhost".to_owned(), kind: WayKind::Local(Become::None, libvirt_uri()) });
    }
    for node in &session.nodes {
        let kind = match target(global, node, unattended, &files, &around) {
            Ok(target) => {
                for directive in dishonoured(&target) {
                    let text = not_honoured(&node.place.host, directive);
                    if !notices.contains(&text) {
                        notices.push(text);
                    }
                    told.insert(directive.clone());
                }
                WayKind::Ssh(Box::new(target), Vec::new())
            }
            Err(why) => {
                wrong = wrong.or_else(|| Some(why.clone()));
                WayKind::Nowhere(why)
            }
        };
        first.push(Way { name: node.name.clone(), address: node.place.host.clone(), kind });
    }
    if let Some(why) = wrong
        && first.iter().all(|way| matches!(way.kind, WayKind::Nowhere(_)))
    {
        return Err(why);
    }
    let (global, session) = (global.clone(), session.clone());
    let name = session.name.clone();
    let told = RefCell::new(told);
    let further = move |member: &str, addresses: &[String]| {
        let places = std::iter::once(member).chain(addresses.iter().map(String::as_str));
        let found = places.map(|place| (place, target(&global, &session.further(member, place), unattended, &files, &around)));
        Some(way_of_member(member, found, &mut told.borrow_mut()))
    };
    Ok((WayFinder::new(name, first, Box::new(further)), notices))
}

/// The way to a member that turned up, at the first of these places to which there is one, then at the others; and what is to be said of it for
/// the first time.
fn way_of_member<'p>(
    member: &str,
    places: impl Iterator<Item = (&'p str, Result<Target, String>)>,
    told: &mut BTreeSet<String>,
) -> (Way, Vec<String>) {
    let mut notices = Vec::new();
    let mut wrong: Option<String> = None;
    let mut targets = Vec::new();
    for (place, target) in places {
        match target {
            Ok(target) => {
                let new = dishonoured(&target).filter(|directive| told.insert((*directive).clone()));
                notices.extend(new.map(|directive| not_honoured(place, directive)));
                targets.push((place, target));
            }
            Err(why) => wrong = wrong.or(Some(why)),
        }
    }
    let mut targets = targets.into_iter();
    let (address, kind) = match (targets.next(), wrong) {
        (Some((place, first)), _) => (place, WayKind::Ssh(Box::new(first), targets.map(|(_, target)| target).collect())),
        (None, why) => (member, WayKind::Nowhere(why.unwrap_or_default())),
    };
    (Way { name: Some(member.to_owned()), address: address.to_owned(), kind }, notices)
}

/// What is said at the start.
fn dishonoured(target: &Target) -> impl Iterator<Item = &String> {
    target.not_honoured.iter().filter(|directive| !is_stock(directive))
}

fn not_honoured(host: &str, directive: &str) -> String {
    format!("{host}: not honoured: {directive}")
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
