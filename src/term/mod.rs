//! The terminal itself: entering and leaving it, reading what is typed, and writing frames with as few bytes as can be.
//!
//! Nothing else in quorate may write to the terminal while the cockpit is open.

pub mod caps;
pub mod guard;
pub mod input;
pub mod paint;
mod put;
pub mod size;

pub use caps::Caps;
pub use guard::{Guard, is_gone};
pub use input::Input;
pub use paint::{Painter, blank};
pub use put::put;
pub use size::sized;
