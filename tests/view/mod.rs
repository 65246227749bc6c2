//! Tests of view: characters and styles at several sizes, and the screenshots.

mod frames;
mod paint;
pub mod sample;
mod screenshots;
mod svg;
