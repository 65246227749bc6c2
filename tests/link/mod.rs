//! Tests of link: real shells, real sshd on loopback.

mod framing;
mod hops;
mod keys;
mod local;
mod rig;
mod trouble;
mod work;
//! Tests of link.

mod known_hosts;
mod ssh_config;
