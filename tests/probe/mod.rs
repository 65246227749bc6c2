//! Tests of probe.

mod corosync;
mod pacemaker;
mod pacemaker_commands;
mod pacemaker_versions;
