//! What the screen knows and how it changes: the pure [`update()`]. No I/O, no clock, no terminal.
//!
//! A [`Msg`] is everything that can happen, an [`Effect`] everything that may be asked for in return. What
//! `view` draws is in the [`Model`]; orders, filters and counts are cached there when a picture comes, so that
//! drawing costs what is visible and nothing more.

pub mod act;
pub mod alerts;
pub mod alike;
mod arrange;
pub mod ascii;
pub mod columns;
pub mod depend;
pub mod detail;
pub mod document;
pub mod emergency;
pub mod fencing;
pub mod filter;
pub mod foot;
pub mod fresh;
pub mod index;
pub mod keys;
pub mod layout;
pub mod line;
pub mod list;
pub mod model;
pub mod moves;
pub mod moving;
pub mod msg;
pub mod names;
pub mod order;
pub mod overlay;
pub mod perform;
pub mod prompts;
pub mod rows;
pub mod runtime;
pub mod screen;
pub mod sift;
pub mod sort;
pub mod timeline;
pub mod update;
pub mod wall;
pub mod words;

pub use model::{Model, Setup};
pub use msg::{Answer, Ask, Effect, Msg};
pub use update::update;
