//! Joins the halves: links, watch and state on one side, update and view on the other.

pub mod act;
pub mod arm;
pub mod cockpit;
mod console;
pub mod doctor;
pub mod launch;
mod lever;
pub mod live;
pub mod log;
pub mod pipes;
pub mod say;
pub mod screen;
pub mod signals;
pub mod way;
pub mod ways;

pub use live::{Happening, Live};
pub use way::{Way, WayFinder, WayKind};
pub use ways::wayfinder;
