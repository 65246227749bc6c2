//! From a command on the selected row to the dialog.

use super::choosing::{self, Choosing, Typed, Typing};
use super::dialog::{self, Dialog, Stage};
use super::{at_hand, barred};
use crate::action::gate::needed_role;
use crate::action::{named, plain, vmware};
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::rows::RowId;
use crate::app::update::notice;
use crate::command::Command;
use crate::domain::cluster::{Cluster, Stack};
use crate::domain::task::{Action, Daemon, NodeVerb, ServiceVerb};

/// What a command needs before it is an action.
enum Wish {
    /// Nothing.
    Ready(Action),
    /// A choice: title, what from; whether each is looked into.
    Choose(String, Vec<choosing::Choice>, bool),
    /// Something typed: title, what.
    Type(String, Typed),
}

/// Opens the dialog of a command that acts; in a session that may not act it says why.
pub fn open(model: &mut Model, command: Command) -> Vec<Effect> {
    if let Some(why) = barred::session(model) {
        notice(model, format!("{}: {why}", command.name()));
        return Vec::new();
    }
    let Some(wish) = wish(command, model) else {
        notice(model, format!("{}: it does not fit what is selected", command.name()));
        return Vec::new();
    };
    let sample = match &wish {
        Wish::Ready(action) => Some(action),
        Wish::Choose(_, choices, _) => choices.first().map(|c| &c.action),
        Wish::Type(..) => None,
    };
    if let Some(needed) = sample.map(needed_role).filter(|needed| *needed > model.setup.acting.gate.role) {
        notice(model, format!("{}: this needs the role {}", command.name(), needed.word()));
        return Vec::new();
    }
    match wish {
        Wish::Ready(action) => dialog::look(model, action),
        Wish::Choose(title, choices, ahead) => {
            if choices.is_empty() {
                notice(model, format!("{}: {}", command.name(), without_choice(command)));
                return Vec::new();
            }
            model.dialog = Some(Dialog::new(title, Stage::Choosing(Choosing::new(choices, ahead))));
            dialog::go_on(model)
        }
        Wish::Type(title, typed) => {
            model.dialog = Some(Dialog::new(title, Stage::Typing(Typing::new(typed))));
            model.dirty = true;
            Vec::new()
        }
    }
}

/// Why there is nothing to choose from.
const fn without_choice(command: Command) -> &'static str {
    match command {
        Command::Policy => "cluster.conf was not read yet, or does not have this service",
        Command::Answer => "no guest of it waits with a question",
        Command::Relocate => "there is no other node",
        Command::Evacuate => "no volume on it is known",
        _ => "there is nothing to choose from",
    }
}

/// Takes an action back: the reverse plan of a task.
pub fn take_back(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(why) = barred::session(model) {
        notice(model, format!("take-back: {why}"));
        return Vec::new();
    }
    dialog::look(model, action)
}

fn wish(command: Command, model: &Model) -> Option<Wish> {
    let cluster = &model.live;
    let selected = model.selected();
    match command {
        Command::MaintenanceOn => return Some(Wish::Ready(Action::Maintenance { on: true })),
        Command::MaintenanceOff => return Some(Wish::Ready(Action::Maintenance { on: false })),
        Command::Register if !matches!(selected, Some(RowId::Guest(..))) => {
            // A service whose script names a guest of VMware Server: that one.
            if let Some(RowId::Service(id)) = selected.filter(|row| names_vmx(row, cluster)) {
                return Some(Wish::Ready(Action::Register { guest: id, prefer: Vec::new() }));
            }
            return Some(Wish::Type("REGISTER a guest".to_owned(), Typed::Guest));
        }
        Command::ExpectedVotes => return Some(Wish::Type("EXPECTED VOTES".to_owned(), Typed::Votes)),
        _ => {}
    }
    let ready = |action: Action| Some(Wish::Ready(action));
    if let Some(id) = at_hand::moved_service(model) {
        return of_migration(command, id);
    }
    let selected = match selected? {
        RowId::Guest(node, uuid, name) => {
            let guest = model.shown.guests.iter().find(|g| g.node == node && g.uuid == uuid)?;
            match guest.managed_by.clone() {
                Some(service) => RowId::Service(service),
                None if command == Command::Register => {
                    return ready(Action::Register { guest: name, prefer: vec![node.to_string()] });
                }
                None if guest.vmware.is_some() && (command == Command::Answer || verb(command).is_some_and(plain::can)) => {
                    RowId::Service(vmware::id(cluster, guest))
                }
                None if guest.vmware.is_none() && moves(command) => RowId::Service(plain::id_of_all(cluster, guest)),
                None if guest.vmware.is_none() && verb(command).is_some_and(plain::can) => RowId::Service(plain::id(cluster, guest)),
                None => return None,
            }
        }
        other => other,
    };
    match (selected, command) {
        (RowId::Service(id), Command::Relocate) => Some(Wish::Choose(format!("RELOCATE {id}"), choosing::nodes(&id, cluster), true)),
        (RowId::Service(id), Command::Policy) if cluster.stack == Some(Stack::Rhcs) => {
            Some(Wish::Choose(format!("POLICY of {id}"), choosing::policies(&id, cluster), false))
        }
        (RowId::Service(id), Command::Answer) => Some(Wish::Choose(format!("ANSWER {id}"), choosing::answers(&id, cluster), true)),
        (RowId::Service(id), Command::Limit | Command::PostCopy | Command::CancelMigration) => of_migration(command, &id),
        (RowId::Service(id), command) => ready(Action::Service(verb(command)?, id)),
        // fence_node does what cluster.conf says: there is nothing to choose.
        (RowId::Member(name), Command::Fence) if cluster.stack == Some(Stack::Rhcs) => ready(Action::Fence {
            node: name.to_string(),
            how: cluster.member(&name)?.rhcs.as_ref().map(|r| r.fence_action()).unwrap_or_default(),
        }),
        (RowId::Member(name), Command::Fence) => Some(Wish::Choose(format!("FENCE {name}"), choosing::fencings(&name), false)),
        (RowId::Member(name), command) => ready(match daemon(command) {
            Some((daemon, start)) => Action::Daemon { node: name.to_string(), daemon, start },
            None => Action::Node(node_verb(command)?, name.to_string()),
        }),
        (RowId::Volume(vg, lv, uuid), Command::Grow) => {
            let row = cluster.volumes.iter().find(|v| v.vg == vg && v.lv == lv && v.uuid == uuid)?;
            let name = named::volume(cluster, row);
            Some(Wish::Type(format!("GROW {name}"), Typed::Size(name)))
        }
        (RowId::Pv(path, uuid), Command::Evacuate) => {
            let row = cluster.pvs.iter().find(|p| p.path == path && p.uuid == uuid)?;
            let title = format!("EVACUATE {}", named::pv(cluster, row));
            Some(Wish::Choose(title, choosing::volumes(row, cluster), false))
        }
        _ => None,
    }
}

/// Whether a row is a service with a guest of VMware Server behind it.
fn names_vmx(row: &RowId, cluster: &Cluster) -> bool {
    let RowId::Service(id) = row else { return false };
    cluster.service(id).and_then(|s| s.rhcs.as_ref()).is_some_and(|r| r.vmx.is_some())
}

/// What is done to a migration that is under way.
fn of_migration(command: Command, id: &str) -> Option<Wish> {
    match command {
        Command::Limit => Some(Wish::Type(format!("LIMIT the migration of {id}"), Typed::Limits(id.to_owned()))),
        Command::PostCopy => Some(Wish::Ready(Action::Service(ServiceVerb::PostCopy, id.to_owned()))),
        Command::CancelMigration => Some(Wish::Ready(Action::Service(ServiceVerb::Cancel, id.to_owned()))),
        _ => None,
    }
}

/// Whether it moves a guest, or is done to a move that is under way.
const fn moves(command: Command) -> bool {
    matches!(command, Command::Relocate | Command::Limit | Command::PostCopy | Command::CancelMigration)
}

const fn verb(command: Command) -> Option<ServiceVerb> {
    Some(match command {
        Command::Suspend => ServiceVerb::Suspend,
        Command::Resume => ServiceVerb::Resume,
        Command::Start => ServiceVerb::Start,
        Command::Stop => ServiceVerb::Stop,
        Command::StopForced => ServiceVerb::StopForced,
        Command::Restart => ServiceVerb::Restart,
        Command::Reset => ServiceVerb::Reset,
        Command::LeaveAlone => ServiceVerb::Freeze,
        Command::LookAfter => ServiceVerb::Unfreeze,
        Command::Cleanup => ServiceVerb::Cleanup,
        Command::Clear => ServiceVerb::Clear,
        Command::Unregister => ServiceVerb::Unregister,
        Command::Enable => ServiceVerb::Enable,
        Command::Disable => ServiceVerb::Disable,
        Command::Convalesce => ServiceVerb::Convalesce,
        _ => return None,
    })
}

const fn daemon(command: Command) -> Option<(Daemon, bool)> {
    Some(match command {
        Command::RgmanagerStart => (Daemon::Rgmanager, true),
        Command::RgmanagerStop => (Daemon::Rgmanager, false),
        Command::ClvmdStart => (Daemon::Clvmd, true),
        Command::ClvmdStop => (Daemon::Clvmd, false),
        _ => return None,
    })
}

const fn node_verb(command: Command) -> Option<NodeVerb> {
    Some(match command {
        Command::ConfirmFence => NodeVerb::ConfirmFence,
        Command::TestFence => NodeVerb::TestFence,
        Command::Standby => NodeVerb::Standby,
        Command::Unstandby => NodeVerb::Unstandby,
        Command::Drain => NodeVerb::Drain,
        Command::LeaveCluster => NodeVerb::Leave,
        Command::JoinCluster => NodeVerb::Join,
        Command::Reboot => NodeVerb::Reboot,
        Command::Kill => NodeVerb::Kill,
        _ => return None,
    })
}
