//! Bonds, their ports, and interfaces.

use std::sync::Arc;

use crate::domain::stamp::Stamp;

/// A bond's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum BondStatus {
    Up,
    Degraded,
    #[default]
    Down,
}

/// A bond on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bond {
    /// The member.
    pub node: Arc<str>,
    /// Name.
    pub name: String,
    /// Mode; empty where nobody told it.
    pub mode: String,
    /// up, degraded, down.
    pub status: BondStatus,
    /// Where the mode has one.
    pub active_port: Option<String>,
    /// The ports, by name.
    pub ports: Vec<Port>,
    /// 802.3ad: the partner's MAC address.
    pub partner: Option<String>,
    /// Bridge above it, if any.
    pub bridge: Option<String>,
    /// VLANs on top: (interface, id).
    pub vlans: Vec<(String, u16)>,
    /// When.
    pub at: Stamp,
}

impl Bond {
    /// Its mode, for people.
    pub fn mode_words(&self) -> &str {
        if self.mode.is_empty() { "mode unknown" } else { &self.mode }
    }
}

/// A port of a bond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Port {
    /// Name.
    pub name: String,
    /// Up.
    pub up: bool,
    /// Mb/s.
    pub speed_mbps: Option<u32>,
    /// full or half.
    pub duplex: Option<String>,
    /// Link failure count.
    pub failures: Option<u64>,
    /// 802.3ad: the partner's MAC address.
    pub partner: Option<String>,
}

/// An interface that is no bond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// The member.
    pub node: Arc<str>,
    /// Name.
    pub name: String,
    /// bridge, vlan, veth ...; none for hardware.
    pub kind: Option<String>,
    /// up, down, unknown, as the kernel's operstate in lower case.
    pub state: String,
    /// Bond or bridge above.
    pub master: Option<String>,
    /// VLAN id.
    pub vlan: Option<u16>,
    /// Lower interface.
    pub lower: Option<String>,
    /// Mb/s.
    pub speed_mbps: Option<u32>,
    /// full or half.
    pub duplex: Option<String>,
    /// MTU.
    pub mtu: Option<u32>,
    /// Addresses.
    pub addresses: Vec<String>,
    /// Counts as a NIC: a device behind it, or veth.
    pub is_nic: bool,
}
