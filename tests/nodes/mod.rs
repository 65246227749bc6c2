//! The binary against real sshd's on loopback whose tools are scripts that print what real tools printed.

mod cluster;
mod status;

pub use cluster::{Node, Nodes};
