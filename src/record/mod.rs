//! The flight recorder and its replay.
//!
//! A recording holds what nodes answered, as bytes between link and probe, with everything that looks like a password
//! taken out. Replayed, it goes through the same parsers, the same state and the same screens as a real cluster.

mod file;
mod libvirt;
mod player;
mod writer;

pub use file::{Entry, FORMAT, LibvirtEntry, ReadError, RecordedNode, Recording};
pub use player::play;
pub use writer::Recorder;
