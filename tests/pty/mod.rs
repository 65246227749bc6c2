//! The program in a pseudo-terminal: what the terminal shows, and what is left behind on every way out.

mod dialogs;
mod held;
mod input;
mod leaving;
mod lever;
mod looks;
mod migration;
mod rhcs;
mod rig;
mod screens;
mod terminals;
mod vmware;
