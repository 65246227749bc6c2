mod gate;
mod parse;
mod plans;
mod property;
pub mod stage;
