//! quorate: a terminal cockpit for clusters that keep virtual machines alive.
//!
//! The modules, in the order in which data passes through them:
//!
//! - [`domain`]: what a cluster is. Types and rules, no I/O.
//! - [`link`]: reaches a node and nothing else.
//! - [`probe`]: what to ask, and how the answers parse.
//! - [`watch`]: when to ask what; live streams; clock offsets.
//! - [`state`]: folds observations into one picture; alerts and events.
//! - [`action`]: the path back: inquiry, plan, gate, ticket, executor, journal.
//! - [`report`]: what pipes get.
//! - [`app`]: the pure update; `app::runtime` joins the halves.
//! - [`command`], [`keymap`], [`theme`], [`config`]: the tables that operators may change.
//! - [`view`]: draws. [`term`]: the terminal itself.
//! - [`sim`]: the simulated cluster of `quorate demo`.
//! - [`doctor`]: checks the way to every node. [`record`]: recordings and their replay.

pub mod action;
pub mod app;
pub mod cli;
pub mod command;
pub mod config;
pub mod doctor;
pub mod domain;
pub mod keymap;
pub mod link;
pub mod probe;
pub mod record;
pub mod report;
pub mod sim;
pub mod state;
pub mod term;
pub mod theme;
pub mod view;
pub mod watch;
