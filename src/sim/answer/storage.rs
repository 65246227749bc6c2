//! `lvs`, `vgs`, `pvs`, `dmsetup`, `multipathd`, `df`.

use std::fmt::Write as _;

use crate::sim::Manager;
use crate::sim::world::{Node, NodeAt, Volume, World};

/// The shared group.
pub const GROUP: &str = "vg_cluster";
const GROUP_UUID: &str = "ScvgO5-l2WM-XYJ7-RYpt-I0yp-XLr4-d8RlqZ";
/// Its physical volumes: the array's unit, and one of a new array that nearly nothing lies on yet.
pub const UNITS: [&str; 2] = ["/dev/mapper/netapp", "/dev/sdd"];
/// Bytes of each.
const UNIT_SIZE: u64 = 4 << 40;
const EXTENT: u64 = 4 << 20;
/// Bytes of the shared group.
const GROUP_SIZE: u64 = 2 * UNIT_SIZE;

/// An LVM UUID made of a number.
fn uuid(prefix: &str, number: usize) -> String {
    format!("{prefix}{number:04}-AbCd-EfGh-IjKl-MnOp-QrSt-UvWxYz")
}

/// Bytes that are free in the shared group.
pub fn free(world: &World) -> u64 {
    GROUP_SIZE.saturating_sub(world.volumes.iter().map(|v| v.size).sum())
}

/// Bytes that are free on one of its physical volumes.
pub fn free_on(world: &World, unit: usize) -> u64 {
    let here = |v: &Volume| if v.unit == unit { v.size - v.spilt } else { v.spilt };
    UNIT_SIZE.saturating_sub(world.volumes.iter().map(here).sum())
}

/// Shared volumes are active on every member: shared activation under lvmlockd, or clvmd's.
fn active(world: &World, node: NodeAt) -> bool {
    world.nodes.get(node).is_some_and(|n| n.clustered)
}

fn is_active(world: &World, node: NodeAt, volume: &Volume) -> bool {
    active(world, node) && volume.alone.is_none_or(|only| only == node)
}

fn open(world: &World, node: NodeAt, at: usize) -> bool {
    let mounted = world.mounts.iter().any(|m| m.volume == at);
    let used = (0..world.guests.len()).any(|g| world.runs_on(g) == Some(node) && world.guests.get(g).is_some_and(|g| g.volume == Some(at)));
    mounted || used
}

/// A report: as `--reportformat json` prints it, or, where LVM is too old for that, with separators in the columns' order.
fn report(world: &World, kind: &str, columns: &[&str], rows: &[Vec<String>]) -> String {
    if world.manager == Manager::Rgmanager {
        return rows.iter().fold(String::new(), |mut out, row| {
            let _ = writeln!(out, "  {}", row.join("|"));
            out
        });
    }
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = columns.iter().zip(row).map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        format!("                  {{{}}}", cells.join(", "))
    };
    let lines: Vec<String> = rows.iter().map(line).collect();
    format!(
        "  {{\n      \"report\": [\n          {{\n              \"{kind}\": [\n{}\n              ]\n          }}\n      ]\n  }}\n",
        lines.join(",\n")
    )
}

fn row<const N: usize>(cells: [&dyn std::fmt::Display; N]) -> Vec<String> {
    cells.iter().map(ToString::to_string).collect()
}

/// `lvs -a --units b --nosuffix`.
pub fn lvs(world: &World, node: NodeAt) -> String {
    // The order of `lvs -o` for LVM without JSON; the names are those of both.
    let columns =
        ["lv_name", "vg_name", "lv_attr", "lv_size", "vg_attr", "copy_percent", "move_pv", "lv_uuid", "origin", "snap_percent", "devices"];
    let mut first = [0; UNITS.len()];
    let mut rows = Vec::new();
    for (at, v) in world.volumes.iter().enumerate() {
        let attr = match (is_active(world, node, v), open(world, node, at)) {
            (true, true) => "-wi-ao----",
            (true, false) => "-wi-a-----",
            (false, _) => "-wi-------",
        };
        let mut devices = String::new();
        for (unit, bytes) in [(v.unit, v.size - v.spilt), (1 - v.unit, v.spilt)].into_iter().filter(|(_, bytes)| *bytes > 0) {
            let comma = if devices.is_empty() { "" } else { "," };
            let _ = write!(devices, "{comma}{}({})", UNITS[unit], first[unit]);
            first[unit] += bytes / EXTENT;
        }
        rows.push(row([&v.name, &GROUP, &attr, &v.size, &shared(world), &"", &"", &uuid("lv", at), &"", &"", &devices]));
    }
    for (at, (name, size)) in OWN.into_iter().enumerate() {
        let id = uuid(&format!("s{node}"), at);
        rows.push(row([&name, &"vg_sys", &"-wi-ao----", &size, &"wz--n-", &"", &"", &id, &"", &"", &"/dev/sda2(0)"]));
    }
    report(world, "lv", &columns, &rows)
}

/// The attributes of the shared group: under lvmlockd, or clustered by clvmd.
const fn shared(world: &World) -> &'static str {
    match world.manager {
        Manager::Pacemaker => "wz--ns",
        Manager::Rgmanager => "wz--nc",
    }
}

/// Volumes of each node's own group.
const OWN: [(&str, u64); 2] = [("root", 32 << 30), ("log", 16 << 30)];
const OWN_SIZE: u64 = 72 << 30;

/// `vgs --units b --nosuffix`.
pub fn vgs(world: &World, node: NodeAt) -> String {
    let mut columns = vec!["vg_name", "vg_attr", "vg_size", "vg_free", "pv_count", "lv_count", "vg_uuid"];
    let own: u64 = OWN.iter().map(|(_, size)| size).sum();
    let mut rows = [
        row([&GROUP, &shared(world), &GROUP_SIZE, &free(world), &UNITS.len(), &world.volumes.len(), &GROUP_UUID]),
        row([&"vg_sys", &"wz--n-", &OWN_SIZE, &(OWN_SIZE - own), &1, &OWN.len(), &uuid("vgs", node)]),
    ];
    // The LVM of clvmd's days has no such column.
    if world.manager == Manager::Pacemaker {
        columns.push("vg_lock_type");
        rows.iter_mut().zip(["dlm", ""]).for_each(|(row, lock)| row.push(lock.to_owned()));
    }
    report(world, "vg", &columns, &rows)
}

/// `pvs --units b --nosuffix`.
pub fn pvs(world: &World, node: NodeAt) -> String {
    let columns = ["pv_name", "vg_name", "pv_attr", "pv_size", "pv_free", "pv_uuid", "dev_size"];
    let own: u64 = OWN.iter().map(|(_, size)| size).sum();
    let unit = |at: usize| row([&UNITS[at], &GROUP, &"a--", &UNIT_SIZE, &free_on(world, at), &uuid("pv", at), &UNIT_SIZE]);
    let rows = [unit(0), unit(1), row([&"/dev/sda2", &"vg_sys", &"a--", &OWN_SIZE, &(OWN_SIZE - own), &uuid("pvs", node), &OWN_SIZE])];
    report(world, "pv", &columns, &rows)
}

fn mapped(group: &str, volume: &str) -> String {
    format!("{}-{}", group.replace('-', "--"), volume.replace('-', "--"))
}

/// `dmsetup info -c`, then `dmsetup table`.
pub fn device_mapper(world: &World, node: NodeAt) -> String {
    let mut info = String::from("netapp|mpath-360a98000572d4275|1|Active\n");
    let mut table = format!("netapp: 0 {} multipath 1 queue_if_no_path 0 1 1 service-time 0 2 2 8:16 1 1 8:32 1 1 \n", UNIT_SIZE / 512);
    let mut first = 2048;
    for (at, volume) in world.volumes.iter().enumerate().filter(|(_, v)| is_active(world, node, v)) {
        let (name, size) = (mapped(GROUP, &volume.name), here(volume, node) / 512);
        let id = format!("LVM-{}{}", GROUP_UUID.replace('-', ""), uuid("lv", at).replace('-', ""));
        let _ = writeln!(info, "{name}|{id}|{}|Active", u8::from(open(world, node, at)));
        let device = ["253:0", "8:48"][volume.unit];
        let _ = writeln!(table, "{name}: 0 {size} linear {device} {first}");
        first += size;
    }
    for (at, (name, size)) in OWN.into_iter().enumerate() {
        let mapped = mapped("vg_sys", name);
        let id = format!("LVM-{}{}", uuid("vgs", node).replace('-', ""), uuid(&format!("s{node}"), at).replace('-', ""));
        let _ = writeln!(info, "{mapped}|{id}|1|Active");
        let _ = writeln!(table, "{mapped}: 0 {} linear 8:2 {}", size / 512, 2048 + at);
    }
    format!("{info}@@quorate table\n{table}")
}

/// The size that a node's kernel has of a volume.
fn here(volume: &Volume, node: NodeAt) -> u64 {
    volume.stale.get(&node).copied().unwrap_or(volume.size)
}

/// `multipathd show maps json`.
pub fn multipath(world: &World, node: NodeAt) -> String {
    let Some(n) = world.nodes.get(node) else { return String::new() };
    if world.manager == Manager::Rgmanager {
        return listed(n);
    }
    let path = |at: usize| {
        let (dev, dev_t) = [("sdb", "8:16"), ("sdc", "8:32")].get(at).copied().unwrap_or(("sdb", "8:16"));
        let (dm, dev_state, check) =
            if n.paths.get(at) == Some(&true) { ("active", "running", "ready") } else { ("failed", "offline", "faulty") };
        format!(
            "{{\"dev\" : \"{dev}\", \"dev_t\" : \"{dev_t}\", \"dm_st\" : \"{dm}\", \"dev_st\" : \"{dev_state}\", \"chk_st\" : \"{check}\", \"checker\" : \"tur\", \"pri\" : 50, \"host_wwnn\" : \"0x20000024ff2c4d8{at}\", \"host_wwpn\" : \"0x21000024ff2c4d8{at}\", \"host_adapter\" : \"0000:04:00.{at}\", \"lun_hex\" : \"0x0000000000000000\", \"marginal_st\" : \"normal\"}}"
        )
    };
    let alive = n.paths.iter().filter(|p| **p).count();
    format!(
        "{{\n \"major_version\": 0,\n \"minor_version\": 1,\n \"maps\": [{{\n  \"name\" : \"netapp\", \"uuid\" : \"360a98000572d4275\", \"sysfs\" : \"dm-0\", \"failback\" : \"immediate\", \"queueing\" : \"5 chk\", \"paths\" : {alive}, \"write_prot\" : \"rw\", \"dm_st\" : \"active\", \"features\" : \"1 queue_if_no_path\", \"hwhandler\" : \"1 alua\", \"action\" : \"\", \"path_faults\" : {}, \"vend\" : \"NETAPP\", \"prod\" : \"LUN\", \"rev\" : \"811a\",\n  \"path_groups\": [{{\"selector\" : \"service-time 0\", \"pri\" : 50, \"dm_st\" : \"active\", \"marginal_st\" : \"normal\", \"group\" : 1, \"paths\": [{}, {}]}}]\n }}]\n}}\n",
        2 - alive,
        path(0),
        path(1),
    )
}

/// `multipath -ll`.
fn listed(n: &Node) -> String {
    let path = |at: usize| if n.paths.get(at) == Some(&true) { "active ready running" } else { "failed faulty offline" };
    format!(
        "netapp (360a98000572d4275) dm-0 NETAPP,LUN\nsize=4.0T features='1 queue_if_no_path' hwhandler='1 alua' wp=rw\n`-+- policy='round-robin 0' prio=50 status=active\n  |- 1:0:0:0 sdb 8:16 {}\n  `- 2:0:0:0 sdc 8:32 {}\n",
        path(0),
        path(1),
    )
}

/// df, and /proc/mounts.
pub fn filesystems(world: &World, node: NodeAt) -> String {
    let row = |source: &str, kind: &str, size: u64, used: u64, mount: &str| {
        format!("{source} {kind} {size} {used} {} {}% {mount}\n", size.saturating_sub(used), (used * 100).div_ceil(size.max(1)))
    };
    let used = 5 + (node as u64);
    let mut own = String::from("Filesystem     Type        1-blocks        Used   Available Capacity Mounted on\n");
    own.push_str(&row("/dev/mapper/vg_sys-root", "ext4", 32 << 30, used << 30, "/"));
    own.push_str(&row("/dev/mapper/vg_sys-log", "ext4", 16 << 30, 3 << 30, "/var/log"));
    let mut mounts = String::from("/dev/mapper/vg_sys-root / ext4 rw,relatime 0 0\n/dev/mapper/vg_sys-log /var/log ext4 rw,relatime 0 0\n");
    let mut more = String::new();
    for m in world.mounts.iter().filter(|_| active(world, node)) {
        let source = format!("/dev/mapper/{}", mapped(GROUP, world.volumes.get(m.volume).map_or("", |v| v.name.as_str())));
        let _ = writeln!(mounts, "{source} {} gfs2 rw,noatime 0 0", m.path);
        more.push_str("Filesystem     Type        1-blocks        Used   Available Capacity Mounted on\n");
        more.push_str(&row(&source, "gfs2", m.size, m.used, &m.path));
    }
    format!("{own}@@quorate mounts\n{mounts}@@quorate more\n{more}")
}
