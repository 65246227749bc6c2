//! All tests that need no cluster, in one binary (one link step).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod probe;
mod state;
mod link;
mod config;
mod update;
mod view;
mod pty;
