//! What an action is about.

use std::fmt;
use std::str::FromStr;

/// A logical volume by name: `vg0/data`, or `vg0/data@n1` where each node has one of its own by that name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeName {
    /// Volume group.
    pub vg: String,
    /// Logical volume.
    pub lv: String,
    /// The node whose volume it is; none: the name alone is enough.
    pub node: Option<String>,
}

impl VolumeName {
    /// As LVM's tools take it.
    pub fn path(&self) -> String {
        format!("{}/{}", self.vg, self.lv)
    }
}

impl FromStr for VolumeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix("/dev/").unwrap_or(text);
        let (bare, node) = bare.rsplit_once('@').map_or((bare, None), |(bare, node)| (bare, Some(node.to_owned())));
        let named = bare.split_once('/').filter(|(vg, lv)| !vg.is_empty() && !lv.is_empty() && !lv.contains('/'));
        match named.filter(|_| node.as_ref().is_none_or(|node| !node.is_empty())) {
            Some((vg, lv)) => Ok(Self { vg: vg.to_owned(), lv: lv.to_owned(), node }),
            None => Err("expected a volume group and a logical volume, like vg0/data, or vg0/data@n1 where nodes have one each".to_owned()),
        }
    }
}

impl fmt::Display for VolumeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.vg, self.lv)?;
        self.node.as_ref().map_or(Ok(()), |node| write!(f, "@{node}"))
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
