//! Tests of view: characters and styles at several sizes, and the screenshots.

pub mod frames;
mod glance;
pub mod paint;
pub mod sample;
mod screenshots;
mod svg;
