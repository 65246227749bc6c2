//! The operator's ssh_config(5), read by quorate itself (as OpenSSH 9.x reads it): where a name leads and how to log in there.
//!
//! Nothing is executed: neither ProxyCommand nor `Match exec`. What would change who, where or how we authenticate
//! and is not honoured is named in [`Target::not_honoured`](super::Target::not_honoured), with file and line.

mod criteria;
mod directives;
mod expand;
mod glob;
mod lexer;
mod reading;
mod resolve;
mod surroundings;

pub use resolve::{ResolveError, Wish, resolve};
pub use surroundings::{Files, Surroundings};
