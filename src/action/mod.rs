//! The path back: everything that changes the cluster goes this way and no other.
//!
//! An [`Intent`] (who wants what) is first looked into ([`inquiry`]: read-only questions), then made a [`Plan`] (pure: the exact
//! commands, what they do to everything else, how success is proved). The [`gate`] alone decides whether it may run, and hands out a
//! [`Ticket`] for that very plan. The [`Executor`] takes tickets and nothing else; it alone can give a link a [`Change`], writes the
//! [`journal`] before each, and proves the end by planes that are not the command's own.
//!
//! Nothing here does I/O but the journal, and nothing reads a clock.

pub mod condition;
pub mod executor;
pub mod gate;
pub mod inquiry;
pub mod intent;
pub mod journal;
pub mod lock;
pub mod plan;
pub mod sight;
pub mod stack;

mod astray;
mod back;
mod cleanup;
mod commands;
pub mod conf;
mod evacuate;
mod fence;
mod freeze;
mod grow;
mod handle;
mod held;
mod maintenance;
mod migration;
pub mod named;
mod node;
pub mod plain;
mod register;
mod relocate;
mod rhcs;
mod run;
mod suspend;
mod unregister;
pub mod vmware;
mod whereabouts;

pub use condition::{Condition, Verdict};
pub use executor::{Executor, Out};
pub use gate::{Change, Session, Ticket};
pub use inquiry::{Findings, Query};
pub use intent::Intent;
pub use journal::Journal;
pub use plan::{Plan, Refusal};
