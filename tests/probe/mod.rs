//! Tests of probe.

mod corosync;
mod host;
mod host_any_bytes;
mod host_scripts;
mod host_support;
mod iscsi;
mod libvirt;
mod log;
mod lvm;
mod lvm_filesystems;
mod multipath;
mod net;
mod net_bonding;
mod pacemaker;
mod pacemaker_commands;
mod pacemaker_constraints;
mod pacemaker_versions;
pub mod rhcs;
mod systemd;
mod vmware;
