//! Joins the halves: links, watch and state on one side, update and view on the other.

pub mod cockpit;
pub mod live;
pub mod pipes;
pub mod signals;
pub mod way;

pub use live::{Happening, Live};
pub use way::{Way, WayFinder, WayKind};
