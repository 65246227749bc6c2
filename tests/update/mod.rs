//! Tests of the pure update, of commands, keymaps and themes.

mod commands;
mod keymaps;
mod property;
mod prompts;
mod steps;
mod themes;
mod timeline;
