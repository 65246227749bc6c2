//! Tests of view: characters and styles at several sizes, and the screenshots.

pub mod frames;
mod glance;
mod guests;
mod hostile;
mod lever;
pub mod paint;
mod room;
pub mod sample;
mod screenshots;
pub mod suite;
mod svg;
