//! What is the same storage on several nodes.

use super::Cluster;
use crate::domain::guest::volume_of;

/// Filesystems that several nodes see as one.
const SHARED: [&str; 8] = ["nfs", "gfs", "ocfs2", "ceph", "glusterfs", "fuse.gluster", "lustre", "cifs"];

impl Cluster {
    /// What a disk's path is on storage that several nodes share; none for what each node has for itself, or what nobody knows.
    pub fn shared_disk(&self, node: &str, path: &str) -> Option<String> {
        if let Some((vg, lv)) = volume_of(path) {
            let found = self.volumes.iter().find(|v| v.vg == vg && v.lv == lv && v.seen_by.iter().any(|n| &**n == node))?;
            return (found.seen_by.len() > 1).then(|| format!("{vg}/{lv}"));
        }
        if let Some(name) = path.strip_prefix("/dev/mapper/") {
            let map = self.maps.iter().find(|m| &*m.node == node && m.map.name == name)?;
            return map.map.wwid.clone();
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
}

fn within(path: &str, mount: &str) -> bool {
    path.strip_prefix(mount.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
}
