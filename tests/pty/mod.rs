//! The program in a pseudo-terminal, seen as the terminal shows it.

mod rig;
mod screens;
