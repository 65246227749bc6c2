//! What must be said beside the worst alert while there is no quorum: who is missing since when, or who claims what.

use super::fresh;
use super::model::Model;
use super::words;
use crate::domain::alert::AlertCode;
use crate::domain::cluster::MemberStatus;
use crate::domain::stamp::Stamp;
use crate::theme::Role;

/// Whether quorum is lost or disputed, as far as that was seen lately.
pub fn is_on(model: &Model) -> bool {
    let q = &model.shown.quorum;
    let lost = model.pictured && q.answered && q.quorate != Some(true);
    lost && fresh::quorum(&model.shown, model.setup.now, model.setup.stale_after).is_none()
}

/// The line below the worst alert.
pub fn line(model: &Model) -> (Role, String) {
    let c = &model.shown;
    if c.quorum.partitions.len() > 1 {
        let sides: Vec<String> = c.quorum.partitions.iter().map(|p| side(model, p)).collect();
        return (Role::Crit, sides.join("  |  "));
    }
    let gone: Vec<&str> = c
        .members
        .iter()
        .filter(|m| matches!(m.status, MemberStatus::Offline | MemberStatus::Unclean))
        .map(|m| model.index.names.short(&m.name))
        .collect();
    if gone.is_empty() {
        return (Role::Warn, "every member is seen: votes are missing, or the cluster waits for all".to_owned());
    }
    let by: Vec<&str> = c.quorum.partitions.iter().flat_map(|p| &p.said_by).map(|s| model.index.names.short(&s.by)).collect();
    let agree = match by.len() {
        0 => String::new(),
        1 => format!(" ({} says so)", by[0]),
        _ => format!(" ({} agree)", by.join(", ")),
    };
    let since = first_missed(model).map_or_else(String::new, |at| format!(" since {}", super::alerts::since(model, at)));
    (Role::Crit, format!("{} not seen{since}{agree}", gone.join(" ")))
}

fn side(model: &Model, p: &crate::domain::cluster::Partition) -> String {
    let names = &model.index.names;
    let by: Vec<&str> = p.said_by.iter().map(|s| names.short(&s.by)).collect();
    let members: Vec<&str> = p.members.iter().map(|m| names.short(m)).collect();
    let verb = if by.len() == 1 { "sees" } else { "see" };
    let word = match p.quorate {
        Some(true) => "quorate",
        Some(false) => "not quorate",
        None => "no word of quorum",
    };
    format!("{} {verb} {}: {word}", by.join(" "), members.join(" "))
}

/// When the first of the members that are gone was missed.
fn first_missed(model: &Model) -> Option<Stamp> {
    let gone = |code| matches!(code, AlertCode::MemberOffline | AlertCode::MemberUnclean);
    model.shown.alerts.iter().filter(|a| gone(a.code)).map(|a| a.since).min().filter(|at| at.0 != 0)
}

/// Lines that the worst alert needs.
pub fn alert_lines(model: &Model) -> u16 {
    1 + u16::from(is_on(model) && words::roomy(model.setup.size))
}
