//! What an action is about.

use std::fmt;

/// A logical volume by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeName {
    /// Volume group.
    pub vg: String,
    /// Logical volume.
    pub lv: String,
}

impl fmt::Display for VolumeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.vg, self.lv)
    }
}

/// What an action is about; its name is what an operator types to confirm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "named by what they are")]
pub enum Target {
    Service(String),
    Guest(String),
    Node(String),
    /// The whole cluster: confirmed by its name, or by the action's own word.
    Cluster(&'static str),
    Volume(VolumeName),
    Pv(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(name) | Self::Guest(name) | Self::Node(name) | Self::Pv(name) => f.write_str(name),
            Self::Cluster(word) => f.write_str(word),
            Self::Volume(volume) => write!(f, "{volume}"),
        }
    }
}

impl Target {
    /// What kind of thing it is, for messages.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Service(_) => "service",
            Self::Guest(_) => "guest",
            Self::Node(_) => "node",
            Self::Cluster(_) => "cluster",
            Self::Volume(_) => "volume",
            Self::Pv(_) => "physical volume",
        }
    }
}
