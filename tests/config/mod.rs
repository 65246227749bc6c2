//! Tests of configuration, command line and doctor.

mod cli;
mod doctor;
mod mistakes;
mod place;
mod session;
