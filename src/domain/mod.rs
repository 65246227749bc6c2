//! What a cluster is: types and rules, no I/O, no clock.
//!
//! Two layers of types live here. [`observation`] is what one node answered to one question, as it was
//! said. [`cluster`] is the folded picture that screens and reports read. `probe` makes observations out of
//! bytes, `state` folds them; nothing else may connect the two.

pub mod alert;
pub mod cluster;
pub mod event;
pub mod fault;
pub mod guest;
pub mod node;
pub mod observation;
pub mod place;
pub mod redact;
pub mod rhcs;
pub mod role;
pub mod rows;
pub mod secret;
pub mod size;
pub mod stamp;
pub mod task;
pub mod text;
