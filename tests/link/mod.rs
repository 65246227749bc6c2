//! Tests of link: real shells, real sshd on loopback.

mod framing;
mod hops;
mod keys;
mod local;
mod rig;
mod trouble;
mod work;
