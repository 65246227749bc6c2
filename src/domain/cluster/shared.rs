//! What is the same storage on several nodes.

use super::{Cluster, PathMap, Volume};
use crate::domain::guest::volume_of;

/// Filesystems that several nodes see as one.
const SHARED: [&str; 8] = ["nfs", "gfs", "ocfs2", "ceph", "glusterfs", "fuse.gluster", "lustre", "cifs"];

impl Cluster {
    /// What a disk's path is on storage that several nodes share; none for what each node has for itself, or what nobody knows.
    pub fn shared_disk(&self, node: &str, path: &str) -> Option<String> {
        if let Some(found) = self.volume_at(node, path) {
            return (found.seen_by.len() > 1).then(|| format!("{}/{}", found.vg, found.lv));
        }
        if path.starts_with("/dev/") {
            let (wwid, partition) = match self.map_behind(node, path) {
                Some((map, partition)) => (map.map.wwid.clone()?, partition),
                None => unit(path)?,
            };
            return Some(if partition.is_empty() { wwid } else { format!("{wwid} partition {partition}") });
        }
        if path.contains(':') && !path.starts_with('/') {
            return is_served_to_all(path).then(|| path.to_owned());
        }
        let mounts = self.filesystems.iter().filter(|f| &*f.node == node && within(path, &f.mount));
        let mount = mounts.max_by_key(|f| f.mount.len())?;
        SHARED.iter().any(|kind| mount.kind.starts_with(kind)).then(|| {
            let rest = path.strip_prefix(mount.mount.trim_end_matches('/')).unwrap_or(path);
            format!("{}{rest}", mount.source)
        })
    }

    /// The logical volume that a path on a node is.
    pub fn volume_at(&self, node: &str, path: &str) -> Option<&Volume> {
        if let Some((vg, lv)) = volume_of(path) {
            return self.volume_named(node, (vg.as_str(), lv.as_str()));
        }
        // Behind LVM- stand the UUIDs of group and volume, without their hyphens.
        let uuid = path.strip_prefix("/dev/disk/by-id/dm-uuid-LVM-")?.get(32..)?;
        let is = |v: &&Volume| v.uuid.as_deref().is_some_and(|u| u.chars().filter(|c| *c != '-').eq(uuid.chars()));
        self.volumes.iter().find(is)
    }

    /// The volume of this group and name as a node has it: another node may have one of the same name for itself.
    pub fn volume_named(&self, node: &str, (vg, lv): (&str, &str)) -> Option<&Volume> {
        self.volumes.iter().find(|v| v.vg == vg && v.lv == lv && v.seen_by.iter().any(|n| &**n == node))
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

/// What a link of udev's says of the unit behind it, written as multipath writes a WWID, and the number of its partition. Only what is
/// unique in the world: a name made of model and serial number is not (two virtual machines have the same QEMU disks), and the number of
/// a LUN may mean another unit for each host.
fn unit(path: &str) -> Option<(String, &str)> {
    let name = path.strip_prefix("/dev/disk/by-id/")?;
    if let Some(map) = name.strip_prefix("dm-uuid-") {
        let (partition, wwid) = map.strip_prefix("part").map_or(Some(("", map)), |rest| rest.split_once('-'))?;
        return Some((wwid.strip_prefix("mpath-")?.to_owned(), partition));
    }
    let (whole, partition) = name.split_once("-part").unwrap_or((name, ""));
    let is_naa = |digits: &str| digits.len() >= 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let naa = whole.strip_prefix("wwn-0x").or_else(|| whole.strip_prefix("scsi-3")).filter(|digits| is_naa(digits));
    let nvme = || whole.strip_prefix("nvme-").filter(|id| id.starts_with("eui.") || id.starts_with("uuid.")).map(str::to_owned);
    Some((naa.map(|digits| format!("3{digits}")).or_else(nvme)?, partition))
}

/// Whether a name that a server gives a disk is the same disk for all nodes: not where each node is its own server. Ceph alone needs no
/// server to be told.
fn is_served_to_all(source: &str) -> bool {
    let own = |host: &str| ["localhost", "127.", "[::1]", "/"].iter().any(|start| host.starts_with(*start));
    match source.rsplit_once(" on ") {
        Some((_, hosts)) => !hosts.split(", ").any(own),
        None => source.starts_with("rbd:"),
    }
}

fn within(path: &str, mount: &str) -> bool {
    path.strip_prefix(mount.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
}
