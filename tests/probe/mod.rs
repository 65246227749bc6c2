//! Tests of probe.

mod log;
