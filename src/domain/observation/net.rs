//! What the kernel says of interfaces.

/// `ip -d -j link` and addresses of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetView {
    /// Every interface, in the kernel's order.
    pub links: Vec<Nic>,
}

/// One interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nic {
    /// Interface index.
    pub index: Option<u32>,
    /// Name.
    pub name: String,
    /// `linkinfo.info_kind`: bond, bridge, vlan, veth, tun ...; none for hardware.
    pub kind: Option<String>,
    /// A bond or bridge that it belongs to.
    pub master: Option<String>,
    /// The lower interface of a VLAN (`link`).
    pub lower: Option<String>,
    /// VLAN id.
    pub vlan: Option<u16>,
    /// UP, DOWN, UNKNOWN, LOWERLAYERDOWN ...
    pub operstate: String,
    /// Carrier (LOWER_UP).
    pub carrier: Option<bool>,
    /// Administratively up.
    pub admin_up: bool,
    /// Loopback.
    pub loopback: bool,
    /// MAC address.
    pub address: Option<String>,
    /// MTU.
    pub mtu: Option<u32>,
    /// A device stands behind it (parentdev, parentbus).
    pub device: bool,
    /// Addresses with prefix length, where asked.
    pub addresses: Vec<String>,
    /// Bytes received, sent.
    pub bytes: Option<(u64, u64)>,
    /// Errors received, sent.
    pub errors: Option<(u64, u64)>,
    /// If it is a bond.
    pub bond: Option<BondRow>,
    /// If it is a port of a bond.
    pub port: Option<BondPort>,
}

/// A bond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BondRow {
    /// Name.
    pub name: String,
    /// active-backup, 802.3ad, balance-rr ...
    pub mode: String,
    /// Where the mode has one.
    pub active_port: Option<String>,
    /// MII state of the bond itself.
    pub mii_up: Option<bool>,
    /// Milliseconds.
    pub miimon: Option<u32>,
    /// 802.3ad: the partner's MAC address (all zero: no partner).
    pub partner: Option<String>,
    /// The ports (from /proc; those from `ip` are linked by `master`).
    pub ports: Vec<BondPort>,
}

/// A port of a bond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BondPort {
    /// Name.
    pub name: String,
    /// ACTIVE or BACKUP, from `ip`.
    pub state: Option<String>,
    /// MII state.
    pub mii_up: Option<bool>,
    /// Link failure count.
    pub failures: Option<u64>,
    /// Mb/s.
    pub speed_mbps: Option<u32>,
    /// full or half.
    pub duplex: Option<String>,
    /// 802.3ad: aggregator id.
    pub aggregator: Option<u32>,
    /// 802.3ad: the partner's MAC address.
    pub partner: Option<String>,
}

/// `/sys/class/net/*/speed` and `duplex`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkSpeed {
    /// Name.
    pub name: String,
    /// Mb/s; none where the driver does not know (-1, read error).
    pub speed_mbps: Option<u32>,
    /// full or half.
    pub duplex: Option<String>,
}
