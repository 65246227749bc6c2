//! iSCSI sessions.

use super::Raw;
use super::parts::{filled, lossy, may_have};
use crate::domain::observation::host::Tools;
use crate::domain::observation::storage::IscsiSession;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::link::CommandLine;

/// The command for a question of this family; none if no tool of the node can answer it.
///
/// `-P 3` prints the names of CHAP users too: they are read over and kept nowhere.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    let asked = question == Question::Iscsi && may_have(tools, "iscsiadm");
    asked.then(|| CommandLine::new("iscsiadm", ["-m", "session", "-P", "3"]).privileged())
}

/// iscsiadm(8): ISCSI_ERR_NO_OBJS_FOUND.
const NO_SESSIONS: i32 = 21;

/// Reads the answer to a question of this family: any print level of `iscsiadm -m session`.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    if question != Question::Iscsi {
        return Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family")));
    }
    let text = lossy(raw.stdout);
    let sessions = sessions(&text);
    let none = raw.code == NO_SESSIONS || said_none(&text) || said_none(&lossy(raw.stderr));
    if !sessions.is_empty() || none || (raw.code == 0 && text.trim().is_empty()) {
        return Ok(Observation::Iscsi(sessions));
    }
    Err(if raw.code == 0 { raw.garbled("line 1 on: no target and no session") } else { raw.refusal() })
}

fn said_none(text: &str) -> bool {
    text.to_lowercase().contains("no active sessions")
}

fn sessions(text: &str) -> Vec<IscsiSession> {
    let mut all: Vec<IscsiSession> = Vec::new();
    let mut target = String::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("Target: ") {
            target = name.split_whitespace().next().and_then(filled).unwrap_or_default();
        } else if let Some(portal) = line.strip_prefix("Current Portal: ") {
            all.push(IscsiSession { target: target.clone(), portal: address(portal), ..IscsiSession::default() });
        } else if let Some(session) = one_line(line) {
            all.push(session);
        } else if let Some(session) = all.last_mut() {
            detail(session, line);
        }
    }
    all
}

/// `10.77.2.250:3260,1`: the number behind the comma is the portal group, not part of the address.
fn address(portal: &str) -> String {
    let portal = portal.trim();
    filled(portal.split_once(',').map_or(portal, |(a, _)| a)).unwrap_or_default()
}

/// `tcp: [1] 10.0.0.1:3260,1 iqn.2026-01.lab:san (non-flash)`.
fn one_line(line: &str) -> Option<IscsiSession> {
    let (_, rest) = line.split_once(": [")?;
    let (sid, rest) = rest.split_once("] ")?;
    let mut words = rest.split_whitespace();
    let (portal, target) = (words.next()?, words.next()?);
    let session =
        IscsiSession { sid: Some(sid.trim().parse().ok()?), target: filled(target)?, portal: address(portal), ..IscsiSession::default() };
    Some(session)
}

fn detail(session: &mut IscsiSession, line: &str) {
    if let Some(disk) = line.strip_prefix("Attached scsi disk ") {
        session.devices.extend(disk.split_whitespace().next().and_then(filled));
        return;
    }
    let Some((key, value)) = line.split_once(": ") else {
        return;
    };
    match key {
        "SID" => session.sid = value.trim().parse().ok(),
        "iSCSI Connection State" => session.connection_state = filled(value),
        "iSCSI Session State" => session.session_state = filled(value),
        _ => {}
    }
}
