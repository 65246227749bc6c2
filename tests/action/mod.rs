mod gate;
mod parse;
mod plans;
mod property;
mod stage;
