//! app

pub mod runtime;
