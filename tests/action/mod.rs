mod gate;
mod parse;
mod plans;
mod property;
mod rhcs;
mod second;
pub mod stage;
mod sudoers;
mod vmware;
