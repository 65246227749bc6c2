//! Folds observations into one picture of the cluster; alerts and events come out of it.
//!
//! [`Store`] keeps what every node said last, and folds only the sections that changed. Each section has a file:
//! who is who ([`identity`]), votes ([`quorum`]), [`members`], [`services`], [`storage`], [`network`], [`fences`]; what is Red Hat
//! Cluster Suite's own in [`rhcs`].
//! [`changes`] turns differences between successive pictures into events, [`timeline`] puts log lines and those
//! events on one clock.

mod alerts;
mod changes;
mod clock;
mod drift;
mod facts;
mod fences;
mod filesystems;
mod guest_history;
mod guests;
mod heads;
mod host;
mod identity;
mod links;
mod manager;
mod members;
mod network;
mod quorum;
mod rhcs;
mod services;
mod set_back;
mod speaker;
mod stale;
mod storage;
mod store;
mod stranded;
mod timeline;
mod vmware;
mod volumes;
mod watching;

pub use store::{NodeFacts, SessionFacts, Store};
