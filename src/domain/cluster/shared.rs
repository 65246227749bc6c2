//! What is the same storage on several nodes.

use super::{Cluster, PathMap};
use crate::domain::guest::volume_of;

/// Filesystems that several nodes see as one.
const SHARED: [&str; 8] = ["nfs", "gfs", "ocfs2", "ceph", "glusterfs", "fuse.gluster", "lustre", "cifs"];

impl Cluster {
    /// What a disk's path is on storage that several nodes share; none for what each node has for itself, or what nobody knows.
    pub fn shared_disk(&self, node: &str, path: &str) -> Option<String> {
        if let Some((vg, lv)) = volume_of(path)
            && let Some(found) = self.volumes.iter().find(|v| v.vg == vg && v.lv == lv && v.seen_by.iter().any(|n| &**n == node))
        {
            return (found.seen_by.len() > 1).then(|| format!("{vg}/{lv}"));
        }
        if path.starts_with("/dev/") {
            let (map, partition) = self.map_behind(node, path)?;
            let wwid = map.map.wwid.as_ref()?;
            return Some(if partition.is_empty() { wwid.clone() } else { format!("{wwid} partition {partition}") });
        }
        if path.contains(':') && !path.starts_with('/') {
            return Some(path.to_owned());
        }
        let mounts = self.filesystems.iter().filter(|f| &*f.node == node && within(path, &f.mount));
        let mount = mounts.max_by_key(|f| f.mount.len())?;
        SHARED.iter().any(|kind| mount.kind.starts_with(kind)).then(|| {
            let rest = path.strip_prefix(mount.mount.trim_end_matches('/')).unwrap_or(path);
            format!("{}{rest}", mount.source)
        })
    }

    /// The multipath map behind a device on a node, and the number of the partition that the device is of it; empty: it is all of it.
    pub fn map_behind<'a>(&'a self, node: &str, path: &'a str) -> Option<(&'a PathMap, &'a str)> {
        let name = ["/dev/mapper/", "/dev/mpath/", "/dev/disk/by-id/dm-name-"].iter().find_map(|folder| path.strip_prefix(*folder))?;
        let here = || self.maps.iter().filter(|m| &*m.node == node);
        let whole = here().find(|m| m.map.name == name).map(|map| (map, ""));
        whole.or_else(|| here().find_map(|map| Some((map, partition(&map.map.name, name)?))))
    }
}

/// The number of a partition of a map, as kpartx and udev name it: `mpatha1`, `mpath1p1`, `san1-part1`.
fn partition<'a>(map: &str, name: &'a str) -> Option<&'a str> {
    let rest = name.strip_prefix(map)?;
    let marked = ["-part", "_part", "p"].iter().find_map(|mark| rest.strip_prefix(*mark));
    // Behind a digit there is always a mark: mpath12 is no part of mpath1.
    let number = marked.or_else(|| Some(rest).filter(|_| !map.ends_with(|c: char| c.is_ascii_digit())))?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

fn within(path: &str, mount: &str) -> bool {
    path.strip_prefix(mount.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
}
