//! `doctor`: asks every node everything once and hands the answers to `doctor`'s judgement.

use std::io;

use super::live::{Happening, Live};
use super::pipes::LOOK;
use super::say;
use super::way::WayFinder;
use crate::doctor;
use crate::domain::role::Role;
use crate::link::Reply;

/// Prints the sudoers file of a role.
pub fn sudoers(role: Role) -> io::Result<()> {
    say::print(&doctor::sudoers::file(role))
}

/// Checks the way to every node; gives the exit status.
pub async fn run(ways: WayFinder) -> io::Result<u8> {
    let mut live = Live::start(ways, false);
    live.check();
    let limit = live.now().after(std::time::Duration::from_secs(15));
    while live.now() < limit && !live.looked_once() {
        for happening in live.step(limit.min(live.now().after(LOOK))).await {
            match happening {
                Happening::Prompt { node, id, .. } => live.reply(node, id, Reply::Refuse),
                Happening::Note(text) => say::note(&text),
                _ => {}
            }
        }
    }
    let mut text = Vec::new();
    let code = doctor::run(&live.checks(), &mut text)?;
    say::print(&String::from_utf8_lossy(&text))?;
    Ok(code)
}
