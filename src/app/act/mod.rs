//! The hand on the lever, as the screen has it: from a command to a plan, from the plan to the operator's yes, and the tasks that come of it.
//!
//! Pure like everything here. Questions of the inquiry go out as effects, answers come back as messages; the planner and the gate's reasons are `action`'s own. What the
//! operator has confirmed leaves as [`super::Effect::Act`]; whether it may run the gate decides once more, with the picture of that moment.

pub mod at_hand;
pub mod barred;
pub mod choosing;
pub mod dialog;
pub mod look;
pub mod open;
pub mod others;
pub mod page;
pub mod reading;
pub mod refused;
pub mod tasks;
pub mod underway;

use crate::action::gate;

pub use crate::action::gate::safe;
pub use dialog::{Dialog, Stage};
pub use reading::Reading;

/// What a session brings to the lever.
#[derive(Clone, Debug, Default)]
pub struct Acting {
    /// What the gate knows of the session.
    pub gate: gate::Session,
    /// Where the operator sits: the SSH client's address, or `local`.
    pub from: String,
    /// Eight characters of chance: they name this session's actions in logs and fence histories.
    pub nonce: String,
    /// Why nothing can be changed though the role would allow it (no journal can be written), if so.
    pub hindrance: Option<String>,
}
