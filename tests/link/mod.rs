//! Tests of link.

mod known_hosts;
mod ssh_config;
