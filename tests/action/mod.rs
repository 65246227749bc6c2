mod gate;
mod parse;
mod plans;
mod property;
mod second;
pub mod stage;
mod sudoers;
