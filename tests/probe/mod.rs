//! Tests of probe.
