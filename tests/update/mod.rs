//! Tests of the pure update, of commands, keymaps and themes.

mod commands;
mod keymaps;
pub mod lever;
mod prompts;
mod property;
mod sorting;
mod steps;
mod themes;
mod timeline;
