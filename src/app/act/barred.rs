//! What keeps a session from acting at all, and what can be acted upon: for the palette and for the line at the bottom.

use super::at_hand;
use crate::action::plain;
use crate::app::model::Model;
use crate::app::rows::RowId;
use crate::app::screen::Screen;
use crate::command::Kind;
use crate::domain::cluster::Stack;
use crate::domain::role::Role;

/// Why nothing can be changed here; none: it can.
pub fn session(model: &Model) -> Option<&'static str> {
    let (setup, gate) = (&model.setup, &model.setup.acting.gate);
    if setup.wallboard || setup.read_only || gate.read_only {
        return Some(match (gate.role, &setup.acting.hindrance) {
            (_, Some(_)) => "nothing can be changed: no journal can be written",
            (Role::Viewer, _) => "the role viewer may only look",
            _ => "this session is read-only",
        });
    }
    if gate.role == Role::Viewer {
        return Some("the role viewer may only look");
    }
    // What a plan would send are the manager's commands, or libvirt's.
    model
        .live
        .stack
        .is_some_and(|stack| !matches!(stack, Stack::Pacemaker | Stack::Rhcs | Stack::Libvirt))
        .then_some("nothing runs here that quorate acts through")
}

/// Whether a guest that no service manages is selected, or is what the selected task moves.
pub fn alone(model: &Model) -> bool {
    if let Some(id) = at_hand::moved_service(model) {
        return !plain::rows(&model.live, id).is_empty();
    }
    match model.selected() {
        Some(RowId::Guest(node, uuid, _)) => {
            model.shown.guests.iter().any(|g| g.node == node && g.uuid == uuid && g.managed_by.is_none() && g.vmware.is_none())
        }
        _ => false,
    }
}

/// What kind of thing is selected, of those that can be acted upon.
pub fn kind(model: &Model) -> Option<Kind> {
    match model.screen() {
        Screen::Tasks => return model.tasks.selected().map(|_| Kind::Task),
        Screen::Task(_) => return Some(Kind::Task),
        _ => {}
    }
    match model.selected()? {
        RowId::Service(_) => Some(Kind::Service),
        RowId::Guest(node, uuid, _) => model.shown.guests.iter().any(|g| g.node == node && g.uuid == uuid).then_some(Kind::Service),
        RowId::Member(_) => Some(Kind::Member),
        RowId::Volume(..) => Some(Kind::Volume),
        RowId::Pv(..) => Some(Kind::Pv),
        _ => None,
    }
}
