//! What an inquiry before an action is told: the manager's simulation, a resource's configuration, a guest on a host.

/// What the manager would do, by `crm_simulate`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    /// In the manager's order.
    pub actions: Vec<SimStep>,
    /// Nodes that it would fence.
    pub fences: Vec<String>,
}

/// One action on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimStep {
    /// The resource, instance suffix included.
    pub resource: String,
    /// What.
    pub action: SimAction,
    /// Where it is.
    pub source: Option<String>,
    /// Where it goes.
    pub dest: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// The words of `crm_simulate`; promotions, demotions and reloads leave a resource where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "crm_simulate's own words")]
pub enum SimAction {
    Start,
    Stop,
    Move,
    Migrate,
    Recover,
    Restart,
    Leave,
}

/// A primitive as the CIB configures it, its template included. Attributes whose name or value may be a secret are not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrimitiveConfig {
    /// Its id.
    pub id: String,
    /// `ocf:heartbeat:VirtualDomain`.
    pub agent: String,
    /// The template that it is made of.
    pub template: Option<String>,
    /// Instance attributes: (name, value).
    pub attributes: Vec<(String, String)>,
    /// Meta attributes of its own: (name, value).
    pub meta: Vec<(String, String)>,
    /// Meta attributes that it has from elsewhere, the nearest first: (from where, name, value).
    pub inherited: Vec<(Origin, String, String)>,
    /// Operations: (name, timeout in seconds).
    pub timeouts: Vec<(String, u64)>,
    /// The timeout of the operations that have none (`op_defaults`), in seconds.
    pub default_timeout: Option<u64>,
}

/// Where a meta attribute comes from that is not the primitive's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Its template.
    Template,
    /// The group, clone or bundle that it is in.
    Container,
    /// `rsc_defaults`.
    Defaults,
}

impl PrimitiveConfig {
    /// An instance attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        find(&self.attributes, name)
    }

    /// A meta attribute as it counts: its own, or the nearest that it has from elsewhere.
    pub fn meta(&self, name: &str) -> Option<&str> {
        self.own(name).or_else(|| self.inherited(name).map(|(_, value)| value))
    }

    /// A meta attribute of its own.
    pub fn own(&self, name: &str) -> Option<&str> {
        find(&self.meta, name)
    }

    /// A meta attribute as it would count without its own: where the nearest is, and its value.
    pub fn inherited(&self, name: &str) -> Option<(Origin, &str)> {
        self.inherited.iter().find(|(_, key, _)| key == name).map(|(origin, _, value)| (*origin, value.as_str()))
    }

    /// An operation's timeout in seconds, where it is configured.
    pub fn timeout(&self, operation: &str) -> Option<u64> {
        self.timeouts.iter().find(|(name, _)| name == operation).map(|(_, secs)| *secs).or(self.default_timeout)
    }

    /// Whether its agent runs guests.
    pub fn is_guest(&self) -> bool {
        self.agent.ends_with(":VirtualDomain")
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// A guest's definition, as far as a move depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestDefinition {
    /// Its name for libvirt.
    pub name: String,
    /// Its UUID.
    pub uuid: Option<String>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Paths of its disks (files and devices).
    pub disks: Vec<String>,
    /// The formats of those of them that say one: path, format (raw, qcow2 ...).
    pub formats: Vec<(String, String)>,
    /// Bridges that its NICs need.
    pub bridges: Vec<String>,
    /// Devices of the host that are passed through: they cannot move while it runs.
    pub passed_through: usize,
    /// `kvm`, `qemu` (which emulates every CPU), `xen` ...
    pub kind: Option<String>,
    /// Its `<cpu>` as XML; none: libvirt's default, which every CPU has.
    pub cpu: Option<String>,
}

impl GuestDefinition {
    /// The mode of its CPU: `custom`, `host-model`, `host-passthrough`, `maximum`.
    pub fn cpu_mode(&self) -> &str {
        let tag = self.cpu.as_deref().and_then(|cpu| cpu.split('>').next()).unwrap_or_default();
        let mode = tag.split_once(" mode=").and_then(|(_, rest)| rest.get(1..)?.split(['\'', '"']).next());
        mode.unwrap_or("custom")
    }
}

/// Whether a host's CPU has what a guest's needs, by `virsh cpu-compare`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CpuFit {
    /// It has: identical, or a superset.
    Fits(String),
    /// It has not.
    Lacks(String),
}

/// A host as a place for a guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestPlace {
    /// inode, size and time of the definition's file; none: it is not there.
    pub config_file: Option<String>,
    /// Checksum of the definition's file.
    pub config_sum: Option<String>,
    /// Disks and bridges that are missing.
    pub missing: Vec<String>,
    /// Disks that are there, by their paths: what each is.
    pub disks: Vec<(String, DiskIs)>,
    /// Bytes that can be had.
    pub free_memory: Option<u64>,
    /// What libvirt says of the guest there.
    pub guest: GuestState,
}

/// What a disk is on a host: two hosts that have the same see one disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskIs {
    /// A file: its inode, and when it was written last (seconds).
    File(u64, i64),
    /// A device: the UUID that the device mapper has for it, or the unit's WWID; none: it has neither.
    Device(Option<String>),
}

impl DiskIs {
    /// Two looks at a file that a guest writes to are not of the same moment.
    const APART: u64 = 300;

    /// Whether both are one disk; none: nobody can tell.
    pub fn is_same(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::File(a, then), Self::File(b, now)) => Some(a == b && then.abs_diff(*now) <= Self::APART),
            (Self::Device(Some(a)), Self::Device(Some(b))) => Some(a == b),
            (Self::Device(_), Self::Device(_)) => None,
            _ => Some(false),
        }
    }
}

/// Which of a few addresses of one node's libvirt answers on another node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LibvirtWay {
    /// The first that answered, and the name of the host behind it.
    pub good: Option<(String, String)>,
    /// Those before it: address, why not.
    pub bad: Vec<(String, String)>,
}

/// A guest's state on one host, by libvirt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GuestState {
    /// libvirt knows it: state and reason (`running`, `booted`).
    Is(String, Option<String>),
    /// libvirt does not know it there.
    Absent,
    /// libvirt did not answer: why.
    Silent(String),
    /// Nobody asked.
    #[default]
    NotAsked,
}

/// A running job of a guest (`virsh domjobinfo`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestJob {
    /// Bytes altogether.
    pub total: Option<u64>,
    /// Bytes left.
    pub remaining: Option<u64>,
    /// Bytes that the guest dirties in a second.
    pub dirty_rate: Option<u64>,
    /// Bytes a second on the way.
    pub bandwidth: Option<u64>,
    /// How many times its memory was gone over.
    pub iteration: Option<u64>,
    /// Milliseconds that it would stand still at the end.
    pub downtime_ms: Option<u64>,
    /// Milliseconds since it began.
    pub elapsed_ms: Option<u64>,
    /// Pages that the guest had to wait for after it was switched to post-copy.
    pub postcopy_requests: Option<u64>,
}

impl GuestJob {
    /// Whether it is one that moves something.
    pub const fn is_moving(&self) -> bool {
        matches!(self.total, Some(1..))
    }

    /// Whether it will end by itself; none before anybody can tell.
    pub const fn converges(&self) -> Option<bool> {
        super::guest::converges(self.bandwidth, self.dirty_rate, self.iteration)
    }
}

/// A logical volume, as far as growing it depends on it. Bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeFacts {
    /// Its size.
    pub size: u64,
    /// The group's extent size.
    pub extent: u64,
    /// What is free in the group.
    pub free: u64,
    /// Over how many devices it lies: what carries data, and what carries copies and parity.
    pub stripes: u64,
    /// How many of them carry data of their own: it grows by whole stripes of these.
    pub data: u64,
    /// linear, striped, thin ...
    pub kind: String,
    /// lvs's attributes.
    pub attr: String,
}

impl VolumeFacts {
    /// A size rounded up to whole extents on each stripe; none where it is beyond all measure.
    pub fn rounded(&self, bytes: u64) -> Option<u64> {
        let unit = self.extent.checked_mul(self.data)?;
        bytes.div_ceil(unit).checked_mul(unit)
    }

    /// Whether it has this size already: no less, and no more than LVM may have added when it rounded up.
    pub fn has(&self, bytes: u64) -> bool {
        self.size.checked_sub(bytes).is_some_and(|more| more < self.extent.saturating_mul(self.stripes))
    }

    /// How many of its devices carry data of their own, by the type of its segments (lvmraid(7)).
    pub fn data_of(kind: &str, stripes: u64) -> u64 {
        let data = match kind {
            "mirror" | "raid1" => 1,
            "raid10" | "raid10_near" => stripes / 2,
            _ if kind.starts_with("raid4") || kind.starts_with("raid5") => stripes.saturating_sub(1),
            _ if kind.starts_with("raid6") => stripes.saturating_sub(2),
            _ => stripes,
        };
        data.max(1)
    }
}
