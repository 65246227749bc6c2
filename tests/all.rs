//! All tests that need no cluster, in one binary (one link step).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod action;
mod config;
mod link;
mod probe;
mod program;
mod pty;
mod record;
mod sim;
mod state;
mod term;
mod update;
mod view;
mod watch;
