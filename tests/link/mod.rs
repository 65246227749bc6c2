//! Tests of link: real shells, real sshd on loopback; known_hosts and ssh_config.

mod burst;
mod framing;
mod hops;
mod keys;
mod known_hosts;
mod libvirt;
mod local;
mod old;
pub mod rig;
mod shells;
mod ssh_config;
mod trouble;
mod work;
